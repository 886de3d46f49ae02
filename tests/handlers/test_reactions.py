"""Reactions and pins: what people take back is told, and what the network refuses us is nobody's trouble."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.actions import OnNetwork, Pin, React, Say, Unpin, Unreact
from bot.content import Verbatim
from bot.incoming import Deleted, Pinned, Reacted, Renamed, Unreacted
from bot.model import Chat, ChatKind
from bot.ports import Refused
from bot.store.transaction import Transaction
from handlers import routes
from handlers.situation import Actions
from tests.handlers.conftest import Scene
from tests.paper import Paper
from tests.store.chats.test_reactions import left
from tests.world import Clock, World, world

THUMB = "👍"


@pytest.fixture
def taken_back(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Message and emoji of each reaction that a handler was told is no more."""
    told: list[tuple[str, str]] = []

    def listener(event: Unreacted, tx: Transaction) -> Actions:
        told.append((event.message, event.key))
        return ()

    monkeypatch.setattr(routes, "UNREACTED", (listener,))
    return told


async def known_message(w: World, room: Chat) -> str:
    """Something that somebody has said in a room, and that the store knows."""
    id = w.network.id()

    def unit(tx: Transaction) -> None:
        chat = tx.chats.at(room)
        assert chat is not None
        tx.copies.came_in(chat.id, id, "L1")

    await w.app.unit(unit)
    return id


async def test_a_reaction_is_known_when_it_is_taken_back_after_a_restart(
    tmp_path: Path, taken_back: list[tuple[str, str]]
) -> None:
    """Matrix names nothing but the reaction's id then; of what nobody knew nothing is made."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, network=network, clock=clock) as w:
        room, ann = await w.paired("room", "coordination"), w.somebody("Ann")
        message = await known_message(w, room)
        for at, id in ((message, "$reaction"), ("nobody knows this", "$other")):
            network.happens(Reacted(room, network.kinds[room.id], ann.person, at, THUMB, clock.now(), id))
        await w.settled()
    async with world(tmp_path, network=network, clock=clock) as w:
        for id in ("$other", "$reaction", "$reaction"):
            network.happens(Deleted(room, id, clock.now(), ann.person))
        await w.settled()
    assert taken_back == [(message, THUMB)]


async def test_a_network_may_say_itself_which_reaction_is_no_more(
    tmp_path: Path, taken_back: list[tuple[str, str]]
) -> None:
    async with world(tmp_path) as w:
        room, ann = await w.paired("room", "coordination"), w.somebody("Ann")
        message = await known_message(w, room)
        await ann.reacts(THUMB, message, room)
        assert await w.app.unit(lambda tx: left(tx, 1, message)) == [THUMB]
        w.network.happens(Unreacted(room, w.network.kinds[room.id], ann.person, message, THUMB, w.clock.now()))
        await w.settled()
        assert await w.app.unit(lambda tx: left(tx, 1, message)) == []
        assert taken_back == [(message, THUMB)]


async def test_what_is_refused_beside_what_is_said_holds_nothing_up(scene: Scene) -> None:
    """A chat may allow no reactions, and no pins: nobody is told, no list grows, and what follows goes out."""
    message = await scene.ann.writes("hello", scene.room)

    def refuse(action: object) -> None:
        if type(action).__name__ in ("SendReaction", "TakeReaction", "PinMessage", "UnpinMessage"):
            raise Refused("reaction_invalid")

    scene.world.network.before = refuse

    def unit(tx: Transaction) -> None:
        chat = tx.chats.at(scene.room)
        assert chat is not None
        at = OnNetwork(message)
        for action in (React(chat.id, at, THUMB), Unreact(chat.id, at, THUMB), Pin(chat.id, at), Unpin(chat.id, at)):
            tx.deliveries.add(action)
        tx.deliveries.add(React(chat.id, at, THUMB))
        tx.deliveries.add(Say(chat.id, (Verbatim("after all"),)))

    await scene.world.app.unit(unit)
    await scene.world.settled()
    assert scene.ann.reads(scene.room) == ["after all"]
    queues = await scene.world.app.unit(lambda tx: tx.lanes.queue_lengths())
    assert queues.get("paper", {"failed": 0})["failed"] == 0


async def test_our_reactions_and_pins_come_and_go(scene: Scene) -> None:
    message = await scene.ann.writes("hello", scene.room)

    async def asks(*kinds: type[Pin] | type[Unpin] | type[React] | type[Unreact]) -> None:
        def unit(tx: Transaction) -> None:
            chat = tx.chats.at(scene.room)
            assert chat is not None
            for kind in kinds:
                if kind is Pin or kind is Unpin:
                    tx.deliveries.add(kind(chat.id, OnNetwork(message)))
                elif kind is React or kind is Unreact:
                    tx.deliveries.add(kind(chat.id, OnNetwork(message), THUMB))

        await scene.world.app.unit(unit)
        await scene.world.settled()

    def reactions() -> tuple[str, ...]:
        return next(m.reactions for m in scene.world.network.messages(scene.room) if m.id == message)

    await asks(React, Pin)
    assert (reactions(), scene.world.network.pinned) == ((THUMB,), {(scene.room.id, message)})
    await asks(Unreact, Unpin)
    assert (reactions(), scene.world.network.pinned) == ((), set())


async def test_what_people_pin_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, bool]] = []

    def listener(event: Pinned, tx: Transaction) -> Actions:
        told.append((event.message, event.pinned))
        return ()

    monkeypatch.setattr(routes, "PINNED", (listener,))
    for pinned in (True, False):
        scene.world.network.happens(Pinned(scene.room, "7", scene.world.clock.now(), pinned))
    await scene.world.settled()
    assert told == [("7", True), ("7", False)]


async def test_a_title_is_one_short_line_whatever_stands_in_it(scene: Scene) -> None:
    """It stands within our sentences, in other chats too: what comes on a line of its own would be taken for ours."""
    network, title = scene.world.network, "Neighbours\n\u2028 Send your papers to @schakel_help" + 60_000 * "."
    network.happens(Renamed(scene.room, network.kinds[scene.room.id], title, scene.world.clock.now()))
    await scene.world.settled()
    network.titles[scene.room.id] = title
    await scene.ann.writes("hello", scene.room)
    kept = await scene.world.app.unit(lambda tx: tx.chats.known(scene.room, ChatKind.GROUP).title)
    assert kept is not None
    assert kept.startswith("Neighbours Send your papers to @schakel_help...")
    assert len(kept) == 128


async def test_a_title_is_kept_up_to_date(scene: Scene) -> None:
    """A private chat's is its member's name, and is kept nowhere."""
    await scene.member.writes("!help")
    for chat in (scene.room, scene.member.private, scene.world.group("unknown")):
        kind = scene.world.network.kinds[chat.id]
        scene.world.network.happens(Renamed(chat, kind, "A new title", scene.world.clock.now()))
    await scene.world.settled()

    def titles(tx: Transaction) -> list[str | None]:
        found = [tx.chats.at(chat) for chat in (scene.room, scene.member.private)]
        return [chat.title for chat in found if chat is not None]

    assert await scene.world.app.unit(titles) == ["A new title", None]


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("\u200b \u2060", "A title"),
        ("\u202eredrO\u202c", "redrO"),
        ("\u2066Markt\n\u2068plein\u2069", "Markt plein"),
        ("👩‍👧 می‌خواهم", "👩‍👧 می‌خواهم"),
    ],
)
async def test_a_title_can_be_seen_and_turns_nothing_round(scene: Scene, title: str, kept: str) -> None:
    """It stands within sentences of ours, and above what is said in linked chats."""
    for given in ("A title", title):
        scene.world.network.happens(Renamed(scene.room, ChatKind.GROUP, given, scene.world.clock.now()))
    await scene.world.settled()
    known = await scene.world.app.unit(lambda tx: tx.chats.at(scene.room))
    assert known is not None
    assert known.title == kept
