"""A translation engine that knows a few sentences by heart, and can be slow, wrong or down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from bot.ports import EngineError, Keep, Marked, Question, Unavailable, Unsupported

SENTENCES = {
    "Preciso de comida para os meus dois filhos": {"nl": "Ik heb eten nodig voor mijn twee kinderen"},
    "Ainda estamos à espera aqui em casa": {"nl": "Wij wachten hier thuis nog steeds"},
    "Morgen om 10:00 kunt u een pakket halen": {"pt": "Amanhã às 10:00 pode vir buscar um cabaz"},
    "Bel ons op het nummer 02 511 22 33 alstublieft": {"pt": "Ligue-nos para o número 02 511 99 99 por favor"},
    "Vandaag is er helaas niemand aanwezig": {"pt": "Hoje infelizmente não está ninguém"},
    "Er is warme soep van 12:00 tot 14:00 in de Stationsstraat 5": {
        "pt": "Há sopa quente das 12:00 às 14:00 na Stationsstraat 5",
        "ar": "يوجد حساء ساخن من 12:00 إلى 14:00 في Stationsstraat 5",
    },
    "Er is warme soep van 13:00 tot 15:00 in de Stationsstraat 5": {
        "pt": "Há sopa quente das 13:00 às 15:00 na Stationsstraat 5",
        "ar": "يوجد حساء ساخن من 13:00 إلى 15:00 في Stationsstraat 5",
    },
    "Wij geven morgen 40 warme maaltijden aan wie honger heeft": {
        "pt": "Amanhã damos 400 refeições quentes a quem tem fome",
        "ar": "نقدم غدا 40 وجبة ساخنة لكل من يشعر بالجوع",
    },
}


class _Settings(BaseModel):
    pass


class Phrasebook:
    """`down`: it cannot be reached, and is asked again half a minute later. `fault`: what it has against all that it is
    asked. `gate`: it answers when that is set."""

    Settings: ClassVar[type[BaseModel]] = _Settings
    questions: ClassVar[Sequence[Question]] = ()
    read_by: str | None = None

    def __init__(self, name: str = "phrasebook", settings: BaseModel | None = None) -> None:
        self.name = name
        self.down = False
        self.fault: EngineError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[str] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        if self.down:
            raise Unavailable("the book is lost")
        if self.fault is not None:
            raise self.fault
        await self.gate.wait()
        return [self._one(paragraph, target) for paragraph in paragraphs]

    def _one(self, paragraph: Marked, target: str) -> str:
        words = "".join(piece.text if isinstance(piece, Keep) else piece for piece in paragraph)
        self.asked.append(words)
        known = SENTENCES.get(words, {}).get(target)
        if known is None:
            raise Unsupported("not in the book")
        return known

    async def check(self) -> list[str]:
        return []
