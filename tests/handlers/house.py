"""A house: an organisation with its room and its groups in three languages, and the people in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.notices import Notice
from bot.model import Chat
from bot.store.transaction import Transaction
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Shown
from tests.world import Somebody, World

SOUP = "Er is warme soep van 12:00 tot 14:00 in de Stationsstraat 5"
SOUP_PT = "Há sopa quente das 12:00 às 14:00 na Stationsstraat 5"
SOUP_AR = "يوجد حساء ساخن من 12:00 إلى 14:00 في Stationsstraat 5"
SOUP_TR = "Stationsstraat 5 adresinde 12:00 ile 14:00 arasında sıcak çorba var"
LATER = "Er is warme soep van 13:00 tot 15:00 in de Stationsstraat 5"
LATER_PT = "Há sopa quente das 13:00 às 15:00 na Stationsstraat 5"
MEALS = "Wij geven morgen 40 warme maaltijden aan wie honger heeft"
"""The engine says 400 in Portuguese."""
MEALS_PT = "Amanhã damos 400 refeições quentes a quem tem fome"


@dataclass
class House:
    """Ons Huis; its room is spoken to in Dutch. `an` writes notices there and has said before that she reads Portuguese
    and Arabic; `rui` reads in the Portuguese group."""

    world: World
    room: Chat
    nl: Chat
    pt: Chat
    ar: Chat
    an: Somebody
    rui: Somebody
    engine: Phrasebook

    async def says(self, words: str, reply_to: str | None = None, thread: str | None = None) -> str:
        """The publisher writes in the organisation's room."""
        return await self.an.writes(words, self.room, thread, reply_to)

    def answers(self, room: Chat | None = None) -> list[str]:
        """What the bot shows in the room."""
        return self.an.reads(room or self.room)

    def last(self, room: Chat | None = None) -> str:
        return self.answers(room)[-1]

    def card(self, room: Chat | None = None, code: str = "N1") -> Shown:
        return next(m for m in self.an.sees(room or self.room) if m.plain.startswith(f"Bericht {code} · "))

    def preview(self, language: str, room: Chat | None = None, code: str = "N1") -> Shown:
        """The newest preview; `language` as the room calls it."""
        head = f"{code} · in het {language}"
        return next(m for m in reversed(self.an.sees(room or self.room)) if m.plain.startswith(head))

    def progress(self, room: Chat | None = None, code: str = "N1") -> str:
        head = f"{code}: stand van zaken"
        return next(m.plain for m in reversed(self.an.sees(room or self.room)) if m.plain.startswith(head))

    async def later(self, seconds: float = 3) -> None:
        """Long enough for the numbers to be counted again."""
        await self.world.advance(timedelta(seconds=seconds))

    async def other(self, name: str = "Casa", *languages: str) -> tuple[Chat, dict[str, Chat]]:
        """Another organisation: its room, its groups by language."""
        room = await self.world.paired(f"{name} room", "organisation", name)
        groups = {code: await self.world.paired(f"{name} {code}", "group", name, code) for code in languages}
        await self.reads(self.an, "pt", "ar", organisation=name)
        return room, groups

    async def reads(self, who: Somebody, *languages: str, organisation: str = "Ons Huis") -> None:
        """Somebody has answered in that organisation's room that they read these languages."""

        def unit(tx: Transaction) -> None:
            for language in languages:
                tx.readers.add(tx.chats.person(who.person).id, tx.chats.organisation_named(organisation).id, language)

        await self.world.app.unit(unit)

    async def notice(self, number: int = 1) -> Notice:
        found = await self.world.app.unit(lambda tx: tx.notices.numbered(number))
        assert found is not None
        return found


async def house_in(w: World, engine: Phrasebook) -> House:
    room = await w.paired("room", "organisation", "Ons Huis")
    nl, pt, ar = [await w.paired(code, "group", "Ons Huis", code) for code in ("nl", "pt", "ar")]
    house = House(w, room, nl, pt, ar, w.somebody("An"), w.somebody("Rui", "pt"), engine)
    await house.reads(house.an, "pt", "ar")
    return house


async def until(true: Callable[[], bool]) -> None:
    """Let the bot work until something is so, for at most ten seconds."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 (nothing tells of what people see)
            await asyncio.sleep(0)
