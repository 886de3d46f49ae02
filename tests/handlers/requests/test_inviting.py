"""On networks where the bot can, it invites whoever is to have a number to a private chat, and says it there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.requests import RequestState
from bot.incoming import Added, Joined, Removed
from bot.model import Chat, ChatKind
from bot.outgoing import OpenPrivate, Outgoing
from bot.ports import Refused, Unknown
from bot.store.tables import delivery
from bot.store.transaction import Transaction
from tests.handlers.chats.test_leaving import until_so
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper.adapter import LIKE_MATRIX
from tests.world import Somebody, world

NUMBERS = {"K1": "0470 12 34 56", "K2": "0499 99 88 77"}
INVITING = replace(LIKE_MATRIX, opens_private=True)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with world(tmp_path, limits=INVITING) as w:
        yield scene_of(w, await w.paired("room", "coordination"), Phrasebook())


async def wants_a_call(scene: Scene, who: Somebody | None = None, code: str = "K1") -> None:
    member = who or scene.member
    await scene.asks(who=member)
    for key in ("button-skip", "button-skip", "wont-say", "answer-call"):
        await member.presses(sentence(key, "pt"))
    await member.writes(NUMBERS[code])


def invited(name: str = "Ann", code: str = "K1") -> str:
    return sentence("call-invited", name=name, code=code, command=f"!number {code}")


def numbers_in(scene: Scene, chat: Chat) -> list[str]:
    said = "\n".join(message.plain for message in scene.world.network.messages(chat))
    return [code for code, number in NUMBERS.items() if number in said]


def opened(scene: Scene) -> list[OpenPrivate]:
    return [action for action in scene.world.network.log if isinstance(action, OpenPrivate)]


async def test_whoever_claims_is_invited_and_reads_the_number_there(scene: Scene) -> None:
    """Not before they have come; the room hears of both, and never sees it."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    assert scene.thread()[-1] == invited()
    assert numbers_in(scene, scene.world.network.opened[scene.ann.person.id]) == []
    chat = await scene.ann.accepts()
    shown = scene.ann.sees(chat)[-1]
    assert shown.plain.split("\n") == [sentence("call-head", code="K1"), NUMBERS["K1"], sentence("call-hint")]
    assert scene.thread()[-1] == sentence("call-sent", code="K1", name="Ann")
    assert "0470" not in scene.room_reads()


async def test_what_they_write_there_is_no_call_for_help(scene: Scene) -> None:
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    chat = await scene.ann.accepts()
    await scene.ann.writes("Ik heb haar gesproken", chat)
    assert scene.ann.reads(chat)[-1] == sentence("helper-in-private")
    await scene.in_thread("!release")
    assert numbers_in(scene, chat) == []


async def test_one_chat_is_enough_for_all_their_numbers(scene: Scene) -> None:
    """Those that waited for them to come, and the next ones at once."""
    await wants_a_call(scene)
    await wants_a_call(scene, scene.world.somebody("Rui", language="pt"), "K2")
    await scene.in_thread("!claim")
    await scene.in_thread("!claim", code="K2")
    assert scene.thread("K2")[-1] == invited(code="K2")
    chat = await scene.ann.accepts()
    assert numbers_in(scene, chat) == ["K1", "K2"]
    await scene.in_thread("!release", code="K2")
    assert numbers_in(scene, chat) == ["K1"]
    before = len(opened(scene))
    await scene.in_thread("!claim", code="K2")
    assert numbers_in(scene, chat) == ["K1", "K2"]
    assert len(opened(scene)) == before


async def test_where_there_is_such_a_chat_the_number_is_said_at_once(scene: Scene) -> None:
    """Nobody has to accept anything."""
    network = scene.world.network
    network.opened[scene.ann.person.id] = scene.ann.private
    network.inside.add(scene.ann.person.id)
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    assert numbers_in(scene, scene.ann.private) == ["K1"]
    assert scene.thread()[-1] == sentence("call-sent", code="K1", name="Ann")
    assert invited() not in scene.thread()


async def test_a_chat_that_is_something_else_to_us_gets_no_number(scene: Scene) -> None:
    """The room where helpers work may have one helper, who is alone there with the bot."""
    network = scene.world.network
    network.opened[scene.ann.person.id] = scene.room
    network.inside.add(scene.ann.person.id)
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    assert numbers_in(scene, scene.room) == []
    assert scene.thread()[-1] == sentence("call-open-chat", name="Ann", code="K1", command="!number K1")


async def test_whoever_has_let_go_meanwhile_finds_nothing(scene: Scene) -> None:
    """Nor does anybody else who comes into a private chat."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    await scene.in_thread("!release")
    assert numbers_in(scene, await scene.ann.accepts()) == []
    await scene.in_thread("!claim", scene.bob)
    network = scene.world.network
    elsewhere = network.chat("elsewhere", ChatKind.PRIVATE, "")
    for who in (scene.ann, scene.world.somebody("Eve")):
        network.happens(Joined(elsewhere, ChatKind.PRIVATE, who.person, scene.world.clock.now()))
        await scene.world.settled()
    assert numbers_in(scene, elsewhere) == []
    assert numbers_in(scene, await scene.bob.accepts()) == ["K1"]


async def test_a_chat_with_others_in_it_gets_no_number(scene: Scene) -> None:
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    chat = scene.world.network.opened[scene.ann.person.id]
    scene.world.network.happens(Joined(chat, ChatKind.GROUP, scene.ann.person, scene.world.clock.now()))
    await scene.world.settled()
    assert numbers_in(scene, chat) == []


async def test_a_chat_that_somebody_else_has_made_gets_no_number_by_itself(scene: Scene) -> None:
    """Whoever made it may have left it so that it looks private, and be able to read there all the same."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    network = scene.world.network
    theirs = network.chat("theirs", ChatKind.PRIVATE, "")
    network.happens(Added(theirs, ChatKind.PRIVATE, scene.bob.person, scene.world.clock.now(), invited=True))
    network.happens(Joined(theirs, ChatKind.PRIVATE, scene.ann.person, scene.world.clock.now()))
    await scene.world.settled()
    assert numbers_in(scene, theirs) == []
    assert scene.thread().count(invited()) == 1
    assert numbers_in(scene, await scene.ann.accepts()) == ["K1"]


async def test_who_does_not_come_can_write_first_as_ever(scene: Scene) -> None:
    """The invitation is worth nothing then, and does no harm."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    await scene.ann.writes("!number K1")
    assert numbers_in(scene, scene.ann.private) == ["K1"]
    assert numbers_in(scene, await scene.ann.accepts()) == []


async def test_who_has_left_is_invited_anew(scene: Scene) -> None:
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    left = await scene.ann.accepts()
    network = scene.world.network
    del network.opened[scene.ann.person.id]
    network.inside.clear()
    network.happens(Removed(left, ChatKind.PRIVATE, scene.world.clock.now()))
    await scene.world.settled()
    await scene.in_thread("!number")
    assert scene.thread()[-1] == invited()
    assert numbers_in(scene, await scene.ann.accepts()) == ["K1"]


async def test_where_none_can_be_opened_the_way_there_is_told(scene: Scene) -> None:
    """As on networks where the bot cannot write first."""
    scene.world.network.before = _refusing
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    assert scene.thread()[-1] == sentence("call-open-chat", name="Ann", code="K1", command="!number K1")
    await scene.ann.writes("!number K1")
    assert numbers_in(scene, scene.ann.private) == ["K1"]


def _refusing(action: Outgoing) -> None:
    if isinstance(action, OpenPrivate):
        raise Refused("the account may open none")


async def test_an_answer_that_is_lost_is_asked_for_again(tmp_path: Path) -> None:
    """Also by a bot that died before it came. What was opened then is found."""
    async with world(tmp_path, limits=INVITING) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await wants_a_call(scene)

        def losing(action: Outgoing) -> None:
            if isinstance(action, OpenPrivate) and action.person not in w.network.opened:
                w.network.opened[action.person] = w.network.chat("first", ChatKind.PRIVATE, "")
                raise Unknown("the line broke")

        w.network.before = losing
        await scene.in_thread("!claim")
        assert invited() not in scene.thread()
    async with world(tmp_path, limits=INVITING, network=w.network, clock=w.clock) as again:
        scene = replace(scene, world=again, ann=replace(scene.ann, world=again))
        await again.advance(timedelta(minutes=1))
        await again.settled()
        assert scene.thread()[-1] == invited()
        assert (await scene.ann.accepts()).id == "first"
        assert numbers_in(scene, Chat(again.network.account, "first")) == ["K1"]


async def test_a_number_is_not_left_out_where_they_come_for_another_one_first(scene: Scene) -> None:
    """They write for one before the bot knows whether they are invited for the other."""
    await wants_a_call(scene)
    await wants_a_call(scene, scene.world.somebody("Rui", language="pt"), "K2")
    answered = scene.world.network.sticks(scene.room.id)
    async with asyncio.TaskGroup() as tasks:
        for code in ("K1", "K2"):
            tasks.create_task(scene.in_thread("!claim", code=code))
            await until_so(scene, partial(_is_claimed, code))
        tasks.create_task(scene.ann.writes("!number K2"))
        await until_so(scene, _looks)
        answered.set()
    said = [message.plain for message in scene.world.network.messages(scene.ann.private)]
    assert [sum(number in one for one in said) for number in NUMBERS.values()] == [1, 1]


def _looks(tx: Transaction) -> bool:
    return tx.connection.execute(select(delivery).filter_by(kind="look-for")).first() is not None


def _is_claimed(code: str, tx: Transaction) -> bool:
    request = tx.requests.by_code(code)
    return request is not None and request.state is RequestState.CLAIMED
