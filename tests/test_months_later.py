"""What was said months ago is still known by its place: answers, changes and threads find it, whatever was swept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.actions import Edit, Named, OnNetwork, React, Recall, Say, Unreact
from bot.content import Verbatim
from bot.model import Chat
from bot.ports import Limits
from bot.store.outbox.copies import KnownCopy
from bot.store.transaction import Transaction
from tests.paper import Paper, Shown
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import Clock, World, world

LIKE = {"like-telegram": LIKE_TELEGRAM, "like-matrix": LIKE_MATRIX}
A_YEAR = 13  # months


@pytest.fixture(params=list(LIKE.values()), ids=list(LIKE))
def limits(request: pytest.FixtureRequest) -> Limits:
    found: Limits = request.param
    return found


async def long_after(w: World) -> None:
    for _ in range(A_YEAR):
        await w.advance(timedelta(days=30))


def bots(network: Paper, chat: Chat) -> list[Shown]:
    return [message for message in network.messages(chat) if message.by is None]


@pytest.mark.parametrize("role", ["group", "organisation", "coordination"])
async def test_what_was_said_about_something_is_found_after_a_year(limits: Limits, role: str, tmp_path: Path) -> None:
    """Ours and people's, in a thread or a chain of answers, on the next start of the bot."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, limits=limits, network=network, clock=clock) as w:
        room = await w.paired("room", role, "Ons Huis" if role != "coordination" else None, "nl")
        written = await w.somebody("An").writes("the beginning", room)
        network.shown[room.id] = [message for message in network.messages(room) if message.by is not None]

        def begin(tx: Transaction) -> int:
            chat = tx.chats.at(room)
            assert chat is not None
            tx.copies.came_in(chat.id, written, "L1")
            root = OnNetwork(written)
            for name in ("first", "second"):
                said = Say(chat.id, (Verbatim(name),), subject="L1", name=f"L1/{name}", thread=root)
                tx.deliveries.add(said)
            tx.deliveries.add(React(chat.id, root, "👍", "L1"))
            return chat.id

        chat = await w.app.unit(begin)
        await long_after(w)
    async with world(tmp_path, limits=limits, network=network, clock=clock) as w:
        first, second = bots(network, room)
        where = (written, None) if limits.threads else (None, written)
        assert {(shown.thread, shown.reply_to) for shown in (first, second)} == {where}

        def known(tx: Transaction) -> list[KnownCopy | None]:
            return [tx.copies.at(chat, id) for id in (written, first.id, second.id)]

        found = await w.app.unit(known)
        assert [(one.subject, one.name) for one in found if one] == [
            ("L1", None),
            ("L1", "L1/first"),
            ("L1", "L1/second"),
        ]

        def go_on(tx: Transaction) -> None:
            tx.deliveries.add(Edit(chat, Named("L1/first"), (Verbatim("changed"),)))
            tx.deliveries.add(Recall(chat, Named("L1/second")))
            tx.deliveries.add(Unreact(chat, OnNetwork(written), "👍", "L1"))
            tx.deliveries.add(Say(chat, (Verbatim("third"),), subject="L1", thread=OnNetwork(written)))

        await w.app.unit(go_on)
        await w.settled()
        shown = bots(network, room)
        assert [message.plain for message in shown] == ["changed", "third"]
        assert (shown[1].thread if limits.threads else shown[1].reply_to) == written
        assert all(message.reactions == () for message in network.messages(room))


async def test_what_was_said_about_nothing_goes_with_time_where_people_are_helped(tmp_path: Path) -> None:
    """In private and in the helpers' room, after the days that the operator has set; of what people wrote there about
    nothing, its place is forgotten with the next sweep."""
    async with world(tmp_path) as w:
        rooms = {role: await w.paired(role, role, None, "nl") for role in ("coordination", "group")}

        def say(tx: Transaction) -> None:
            for role, room in rooms.items():
                chat = tx.chats.at(room)
                assert chat is not None
                tx.deliveries.add(Say(chat.id, (Verbatim("hello"),), name="hello"))
                tx.copies.came_in(chat.id, f"written in {role}", "")

        await w.app.unit(say)
        await w.settled()
        await long_after(w)

        def known(tx: Transaction) -> list[tuple[bool, bool]]:
            chats = [chat for room in rooms.values() if (chat := tx.chats.at(room)) is not None]
            return [
                (
                    tx.deliveries.named(chat.id, "hello") is not None,
                    tx.copies.at(chat.id, f"written in {chat.role}") is not None,
                )
                for chat in chats
            ]

        assert await w.app.unit(known) == [(False, False), (True, False)]
