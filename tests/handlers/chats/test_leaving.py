"""Whoever leaves the coordination room loses what it gave them: claims are open to the others, numbers are gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.chats import Role
from bot.domain.requests import RequestState
from bot.incoming import Added, Joined, MovedChat, Removed
from bot.model import Chat, ChatKind
from bot.outgoing import LookFor
from bot.ports import NotSent, Refused
from bot.store.tables import delivery
from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import Somebody, world

NUMBER = "0470 12 34 56"


async def wants_a_call(scene: Scene) -> None:
    """A member has given a number, which nobody has seen yet."""
    await scene.asks()
    for key in ("button-skip", "button-skip", "wont-say", "answer-call"):
        await scene.member.presses(sentence(key, "pt"))
    await scene.member.writes(NUMBER)


async def claimed(scene: Scene) -> None:
    """Ann has claimed it, and has read the number in private."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    await scene.ann.writes("!number K1")
    assert reads_number(scene.ann)


def reads_number(who: Somebody, chat: Chat | None = None) -> bool:
    return any("0470" in said for said in who.reads(chat))


def left(codes: str = "K1", name: str = "Ann") -> str:
    return sentence("helper-left", name=name, codes=codes)


async def state(scene: Scene, code: str = "K1") -> tuple[RequestState, int | None]:
    request = await scene.world.app.unit(lambda tx: tx.requests.by_code(code))
    assert request is not None
    return request.state, request.claimed_by


OPEN = (RequestState.OPEN, None)


# --- what goes -------------------------------------------------------------------------------------------------------


async def test_whoever_leaves_looks_after_nothing_any_more(scene: Scene) -> None:
    """One line says so; the card is free, and the next one can claim it."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.ann.leaves(scene.room)
    assert scene.room_reads().endswith(left())
    assert sentence("card-open", code="K1") in scene.card().plain
    await scene.in_thread("!claim", scene.bob)
    assert scene.thread()[-1] == sentence("thread-claimed", code="K1", name="Bob")


async def test_the_number_goes_from_where_they_have_read_it(scene: Scene) -> None:
    """And is not shown again, whatever they ask for."""
    await claimed(scene)
    await scene.ann.leaves(scene.room)
    assert not reads_number(scene.ann)
    for words, start in (("!number K1", None), ("/start", "c-K1")):
        await scene.ann.writes(words, start=start)
        assert scene.ann.reads()[-1] == sentence("call-not-yours", code="K1")
    assert not reads_number(scene.ann)


async def test_the_member_is_troubled_only_if_nobody_else_takes_it(scene: Scene) -> None:
    """As when somebody gives it back."""
    await scene.asks()
    await scene.in_thread("!claim")
    before = scene.member.reads()
    await scene.ann.leaves(scene.room)
    assert scene.member.reads() == before
    await scene.world.advance(timedelta(minutes=11))
    assert scene.member.reads()[-1] == sentence("request-looking", "pt", code="K1")


async def test_several_claims_are_one_line(scene: Scene) -> None:
    """Those of others stay theirs."""
    for number, who in enumerate((scene.ann, scene.ann, scene.bob), 1):
        await scene.asks(who=scene.world.somebody(f"Rui {number}", language="pt"))
        await scene.in_thread("!claim", who, f"K{number}")
    await scene.ann.leaves(scene.room)
    assert scene.room_reads().count(left("K1 en K2")) == 1
    assert (await state(scene, "K3"))[0] is RequestState.CLAIMED
    await scene.ann.leaves(scene.room)  # some networks tell it twice
    assert scene.room_reads().count(left("K1 en K2")) == 1


async def test_what_they_have_closed_is_nobodys_when_it_opens_again(scene: Scene) -> None:
    """Else whoever writes again would wait for somebody who is gone. Until then there is nothing to tell."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread("!close helped")
    said = scene.room_reads()
    await scene.ann.leaves(scene.room)
    assert scene.room_reads() == said
    await scene.in_thread("!reopen", scene.bob)
    assert await state(scene) == OPEN


async def test_whoever_had_claimed_nothing_leaves_in_silence(scene: Scene) -> None:
    await scene.asks()
    await scene.in_thread("!note gezien")
    said = scene.room_reads()
    await scene.ann.leaves(scene.room)
    await scene.world.somebody("Stranger").leaves(scene.room)
    assert scene.room_reads() == said


async def test_whoever_comes_back_can_claim_again_and_has_nothing_before(scene: Scene) -> None:
    await claimed(scene)
    await scene.ann.leaves(scene.room)
    await scene.ann.comes_back(scene.room)
    await scene.ann.writes("!number K1")
    assert not reads_number(scene.ann)
    await scene.in_thread("!claim")
    assert reads_number(scene.ann)


# --- what stays ------------------------------------------------------------------------------------------------------


async def test_leaving_another_room_takes_nothing(scene: Scene) -> None:
    """Neither an organisation's, nor what was the coordination room once."""
    await claimed(scene)
    office = await scene.world.paired("office", "organisation", "Ons Huis")
    await scene.ann.writes("hallo", office)
    await scene.ann.leaves(office)
    assert reads_number(scene.ann)
    new = scene.world.group("new")
    await scene.world.adds_bot(scene.ann, new)
    await scene.ann.writes(f"!pair {await scene.world.pairing('coordination')}", new)
    await scene.ann.leaves(scene.room)
    assert (await state(scene))[0] is RequestState.CLAIMED
    assert reads_number(scene.ann)


async def test_nobody_lets_go_where_it_is_the_bot_that_goes(scene: Scene) -> None:
    """Nor gets a number then: nobody can say who is in the room."""
    await claimed(scene)
    shown = len(scene.ann.sees())
    scene.world.network.happens(Removed(scene.room, ChatKind.GROUP, scene.world.clock.now()))
    await scene.world.settled()
    assert (await state(scene))[0] is RequestState.CLAIMED
    await scene.ann.writes("!number K1")
    assert scene.ann.reads()[shown:] == [sentence("call-not-sure", code="K1", name="Ann", command="!number K1")]


async def test_a_room_that_moves_keeps_its_helpers(scene: Scene) -> None:
    """A group that becomes a supergroup, and who is in it then."""
    await claimed(scene)
    network = scene.world.network
    to = network.chat("supergroup", ChatKind.GROUP, "room")
    network.happens(MovedChat(scene.room, to, scene.world.clock.now()))
    await scene.world.settled()
    await scene.ann.leaves(scene.room)  # the old one
    assert (await state(scene))[0] is RequestState.CLAIMED
    await scene.ann.writes("!number K1")
    assert reads_number(scene.ann)
    await scene.ann.leaves(to)
    assert await state(scene) == OPEN
    assert not reads_number(scene.ann)


# --- what the bot has not heard of -----------------------------------------------------------------------------------


async def test_a_number_is_for_whoever_is_in_the_room_as_the_network_has_it(scene: Scene) -> None:
    """Whoever is not is told so kindly, and all that they had is open to the others."""
    await claimed(scene)
    await scene.ann.leaves(scene.room, heard=False)
    await scene.ann.writes("!number K1")
    assert scene.ann.reads()[-1] == sentence("call-left")
    assert not reads_number(scene.ann)
    assert scene.room_reads().endswith(left())
    assert await state(scene) == OPEN


async def test_a_number_that_comes_later_goes_to_nobody_who_has_left(scene: Scene) -> None:
    """The member changes it meanwhile."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    await scene.ann.writes("!number K1")
    await scene.ann.leaves(scene.room, heard=False)
    given = next(m for m in scene.world.network.messages(scene.member.private) if m.plain == NUMBER)
    await scene.member.edits(given.id, "0499 99 88 77")
    assert not any("0499" in said or "0470" in said for said in scene.ann.reads())
    assert await state(scene) == OPEN


async def test_whoever_was_never_in_the_room_gets_no_number(scene: Scene) -> None:
    """The buttons of a public group can be pressed by anybody."""
    await wants_a_call(scene)
    eve = scene.world.somebody("Eve")
    scene.world.network.outside.add((scene.room.id, eve.person.id))
    await scene.in_thread("!claim", eve)
    await eve.writes("!number K1")
    assert not reads_number(eve)
    assert await state(scene) == OPEN


async def test_as_long_as_the_network_does_not_answer_there_is_no_number(scene: Scene) -> None:
    """It comes when it has."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    scene.world.network.looking_faults = [NotSent("the network is away")]
    await scene.ann.writes("!number K1")
    assert not reads_number(scene.ann)
    await scene.world.advance(timedelta(seconds=5))
    assert reads_number(scene.ann)


async def test_where_the_network_does_not_tell_there_is_no_number(scene: Scene) -> None:
    """Nor does anybody let go: it is only not known. Asked in private, the room need not hear of it."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    said, refused = scene.room_reads(), sentence("call-not-sure", code="K1", name="Ann", command="!number K1")
    scene.world.network.looking_faults = [Refused("only administrators are told")]
    await scene.ann.writes("!number K1")
    assert scene.ann.reads()[-1] == refused
    assert scene.room_reads() == said
    await scene.ann.writes("!number K1")
    assert reads_number(scene.ann)
    scene.world.network.looking_faults = [Refused("only administrators are told")]
    await scene.in_thread("!number")
    assert scene.thread()[-1] == refused
    assert not reads_number(scene.ann)
    assert (await state(scene))[0] is RequestState.CLAIMED


async def test_a_chat_that_others_join_before_the_answer_gets_no_number(scene: Scene) -> None:
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    network = scene.world.network
    answered = network.sticks(scene.room.id)
    asking = asyncio.create_task(scene.ann.writes("!number K1"))
    await until_so(scene, lambda tx: bool(tx.connection.execute(select(delivery).filter_by(kind="look-for")).first()))
    network.happens(Joined(scene.ann.private, ChatKind.GROUP, scene.bob.person, scene.world.clock.now()))
    await until_so(scene, lambda tx: tx.chats.known(scene.ann.private, ChatKind.PRIVATE).role != Role.PRIVATE)
    said = len(scene.thread())
    answered.set()
    await asking
    assert not reads_number(scene.ann)
    assert len(scene.thread()) > said  # how to come to it elsewhere


def _is_kept(number: str, tx: Transaction) -> bool:
    request = tx.requests.by_code("K1")
    assert request is not None
    assert request.phone is not None
    return tx.texts.get(request.phone).text.plain == number


async def test_a_number_changed_while_they_are_looked_for_is_shown_once(scene: Scene) -> None:
    """Else one would stay behind when it is changed again, or taken away."""
    await claimed(scene)
    given = next(m for m in scene.world.network.messages(scene.member.private) if m.plain == NUMBER)
    answered = scene.world.network.sticks(scene.room.id)
    changes = []
    for number in ("0470 00 00 01", "0470 00 00 02"):
        changes.append(asyncio.create_task(scene.member.edits(given.id, number)))
        await until_so(scene, partial(_is_kept, number))
    answered.set()
    await asyncio.gather(*changes)
    assert ["0470 00 00 02" in said for said in scene.ann.reads() if "0470" in said] == [True]
    await scene.in_thread("!release")
    assert not reads_number(scene.ann)


async def test_an_answer_about_the_room_before_gives_no_number(scene: Scene) -> None:
    """Another room is the coordination room by then: it is asked about that one."""
    await wants_a_call(scene)
    await scene.in_thread("!claim")
    answered = scene.world.network.sticks(scene.room.id)
    asking = asyncio.create_task(scene.ann.writes("!number K1"))
    await until_so(scene, lambda tx: bool(tx.connection.execute(select(delivery).filter_by(kind="look-for")).first()))
    new = scene.world.group("new")
    scene.world.network.outside.add((new.id, scene.ann.person.id))
    scene.world.network.looking_faults = [Refused("only administrators are told")]  # who is in the new one, at first
    pairing = asyncio.create_task(scene.bob.writes(f"!pair {await scene.world.pairing('coordination')}", new))
    await until_so(scene, lambda tx: tx.chats.known(new, ChatKind.GROUP).role == Role.COORDINATION)
    answered.set()
    await asyncio.gather(asking, pairing)
    assert not reads_number(scene.ann)


async def until_so(scene: Scene, question: Callable[[Transaction], bool]) -> None:
    """Let the bot work until something is so in the store, for at most ten seconds."""
    async with asyncio.timeout(10):
        while not await scene.world.app.unit(question):  # noqa: ASYNC110 (nothing tells of what is in the store)
            await asyncio.sleep(0)


async def test_in_a_new_room_only_those_who_are_in_it_keep_their_claims(scene: Scene) -> None:
    """Whoever is only in the one before can help no longer."""
    await claimed(scene)
    await scene.asks(who=scene.world.somebody("Rui", language="pt"))
    await scene.in_thread("!claim", scene.bob, "K2")
    new = scene.world.group("new")
    await scene.world.adds_bot(scene.bob, new)
    await scene.ann.leaves(new, heard=False)
    await scene.bob.writes(f"!pair {await scene.world.pairing('coordination')}", new)
    assert await state(scene) == OPEN
    assert not reads_number(scene.ann)
    assert (await state(scene, "K2"))[0] is RequestState.CLAIMED
    assert left() in "\n".join(scene.bob.reads(new))


async def test_a_bot_that_comes_back_asks_who_has_left_meanwhile(scene: Scene) -> None:
    """Whoever cannot be looked for keeps what they have."""
    await claimed(scene)
    await scene.asks(who=scene.world.somebody("Rui", language="pt"))
    await scene.in_thread("!claim", scene.bob, "K2")
    network, now = scene.world.network, scene.world.clock.now
    network.happens(Removed(scene.room, ChatKind.GROUP, now()))
    await scene.world.settled()
    await scene.ann.leaves(scene.room, heard=False)
    await scene.bob.leaves(scene.room, heard=False)
    network.looking_faults = [Refused("only administrators are told")]
    network.happens(Added(scene.room, ChatKind.GROUP, scene.bob.person, now(), administrator=True))
    await scene.world.settled()
    states = [(await state(scene, code))[0] for code in ("K1", "K2")]
    assert sorted(states) == [RequestState.CLAIMED, RequestState.OPEN]


@pytest.fixture(params=[LIKE_TELEGRAM, LIKE_MATRIX], ids=["telegram", "matrix"])
async def untold(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """On a network that cannot say who is in a chat."""
    async with world(tmp_path, limits=replace(request.param, knows_members=False)) as w:
        yield scene_of(w, await w.paired("room", "coordination"), Phrasebook())


async def test_where_nobody_can_be_looked_for_whoever_has_claimed_gets_the_number(untold: Scene) -> None:
    """Until the bot hears that they have left."""
    await claimed(untold)
    assert not any(isinstance(action, LookFor) for action in untold.world.network.log)
    await untold.ann.leaves(untold.room)
    assert not reads_number(untold.ann)
