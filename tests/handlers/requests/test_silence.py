"""Silence is noticed: reminders, other rooms, claims that lapse; within the hours, and never twice."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.content import Arg, LanguageName, say
from bot.model import Chat
from bot.ports import NotSent
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Paper
from tests.world import Clock, world

TEN = time(10)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.fixture
async def other(scene: Scene) -> Chat:
    """The room of an organisation, spoken to in French."""
    return await scene.world.paired("Casa room", "organisation", "Casa", "fr")


def room_line(*codes: str, since: time = TEN) -> str:
    return sentence("waiting-room", codes=codes, since=since)


def at_room_level(scene: Scene) -> list[str]:
    return [m.plain for m in scene.ann.sees(scene.room) if m.thread is None and m.reply_to is None and not m.buttons]


# --- nobody claims it ------------------------------------------------------------------------------------------------


async def test_a_request_that_nobody_claims_is_reminded_of_once(scene: Scene) -> None:
    """In its thread, and where everybody sees it."""
    await scene.asks()
    await scene.world.advance(minutes(29))
    assert at_room_level(scene) == []
    await scene.world.advance(minutes(1))
    assert at_room_level(scene) == [room_line("K1")]
    assert scene.thread() == [sentence("waiting-thread", code="K1", since=TEN)]
    for _ in range(8):
        await scene.world.advance(minutes(30))
    assert at_room_level(scene) == [room_line("K1")]


async def test_several_requests_make_one_line(scene: Scene) -> None:
    """A busy morning does not bury the room."""
    people = [scene.member, scene.world.somebody("Rui", "pt"), scene.world.somebody("Ana", "pt")]
    for who in people:
        await scene.asks(who=who)
    await scene.world.advance(minutes(31))
    assert at_room_level(scene) == [room_line("K1", "K2", "K3")]


@pytest.mark.parametrize("done", ["!claim", "!r Morgen om 10:00 kunt u een pakket halen", "!close helped"])
async def test_what_somebody_looks_after_is_not_reminded_of(scene: Scene, done: str) -> None:
    """Claimed, answered or closed: nobody waits for somebody to take it."""
    await scene.asks()
    await scene.in_thread(done)
    await scene.world.advance(minutes(60))
    assert at_room_level(scene) == []


async def test_nights_and_weekends_do_not_count(scene: Scene) -> None:
    """Written on Friday evening, reminded of on Monday morning."""
    await scene.world.advance(timedelta(days=4, hours=12))
    await scene.asks()
    await scene.world.advance(timedelta(hours=59))  # until Monday, 09:00
    assert at_room_level(scene) == []
    await scene.world.advance(minutes(31))
    assert len(at_room_level(scene)) == 1


async def test_the_clock_survives_a_restart(tmp_path: Path) -> None:
    """The timer is kept, and a restart says nothing twice."""
    clock, network = Clock(), Paper()
    async with world(tmp_path, network=network, clock=clock) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await scene.asks()
    clock.advance(minutes(31))
    for _ in range(2):
        async with world(tmp_path, network=network, clock=clock) as w:
            scene.world = w
            await w.advance(minutes(1))
            assert [m for m in at_room_level(scene) if m == room_line("K1")] == [room_line("K1")]


async def test_let_go_it_is_reminded_of_again(scene: Scene) -> None:
    """Half an hour after it was released."""
    await scene.asks()
    await scene.world.advance(minutes(31))
    await scene.in_thread("!claim")
    await scene.in_thread("!release")
    await scene.world.advance(minutes(29))
    assert at_room_level(scene) == [room_line("K1")]
    await scene.world.advance(minutes(2))
    assert at_room_level(scene) == [room_line("K1"), room_line("K1")]


# --- other rooms -----------------------------------------------------------------------------------------------------


async def test_after_two_hours_other_rooms_are_asked(scene: Scene, other: Chat) -> None:
    """With a code, a language, what it is about and since when; with nothing that anybody wrote, and no name."""
    await scene.asks()
    await scene.member.presses(sentence("need-food", "pt"))
    await scene.world.advance(minutes(119))
    assert scene.ann.reads(other) == []
    await scene.world.advance(minutes(1))
    (asked,) = scene.ann.reads(other)
    about: dict[str, Arg] = {"code": "K1", "language": LanguageName("pt"), "since": TEN}
    assert asked.split("\n") == [
        sentence("asked-head", "fr"),
        sentence("asked-row-what", "fr", what=say("need-food"), **about),
    ]
    assert scene.thread()[-1] == sentence("asked-thread", code="K1", organisations=("Casa",))


async def test_what_is_sensitive_is_not_named_elsewhere(scene: Scene, other: Chat) -> None:
    """That somebody is hurt at home is nobody's business in another room."""
    await scene.asks()
    await scene.member.presses(sentence("need-violence", "pt"))
    await scene.world.advance(minutes(121))
    (asked,) = scene.ann.reads(other)
    assert asked.split("\n")[1:] == [
        sentence("asked-row", "fr", code="K1", language=LanguageName("pt"), since=TEN),
    ]


async def test_other_rooms_are_asked_at_most_once_a_day(scene: Scene, other: Chat) -> None:
    """Still waiting the next day, it is asked once more."""
    await scene.asks()
    for _ in range(16):
        await scene.world.advance(minutes(30))
    assert len(scene.ann.reads(other)) == 1
    await scene.world.advance(timedelta(hours=18))
    assert len(scene.ann.reads(other)) == 2


async def test_a_room_that_could_not_be_reached_is_shown_one_list(scene: Scene, other: Chat) -> None:
    """After three weeks, with what is still nobody's; and no list for each day of them."""
    people = [scene.member, scene.world.somebody("Rui", "pt"), scene.world.somebody("Ana", "pt")]
    for who in people[:2]:
        await scene.asks(who=who)
    scene.world.network.broken[other.id] = NotSent("away")
    for day in range(21):
        await scene.world.advance(timedelta(hours=5))
        if day == 1:
            await scene.in_thread("!close helped")
        if day == 2:
            await scene.asks(who=people[2])
        await scene.world.advance(timedelta(hours=19))
    scene.world.network.broken.clear()
    await scene.world.advance(minutes(5))
    [asked] = scene.ann.reads(other)
    assert [code for code in ("K1", "K2", "K3") if code in asked] == ["K2", "K3"]
    assert scene.thread("K2").count(sentence("asked-thread", code="K2", organisations=("Casa",))) == 1
    await scene.world.advance(timedelta(days=1))
    assert len(scene.ann.reads(other)) == 2


async def test_a_thread_that_could_not_be_reached_says_once_who_was_asked(scene: Scene, other: Chat) -> None:
    await scene.asks()
    scene.world.network.broken[scene.room.id] = NotSent("away")
    for _ in range(10):
        await scene.world.advance(timedelta(hours=5))
        await scene.world.advance(timedelta(hours=19))
    scene.world.network.broken.clear()
    await scene.world.advance(minutes(5))
    assert len(scene.ann.reads(other)) > 5
    assert scene.thread().count(sentence("asked-thread", code="K1", organisations=("Casa",))) == 1


async def test_another_room_is_asked_in_its_own_hours(scene: Scene, other: Chat) -> None:
    """Where people are there in the afternoon, it is asked in the afternoon."""
    await scene.ann.writes("!hours Mon-Fri 14:00-18:00", other)
    before = len(scene.ann.reads(other))
    await scene.asks()
    await scene.world.advance(minutes(121))
    assert len(scene.ann.reads(other)) == before
    await scene.world.advance(minutes(120))
    assert len(scene.ann.reads(other)) == before + 1


async def test_what_somebody_looks_after_is_asked_nowhere(scene: Scene, other: Chat) -> None:
    """Whoever has claimed it does not need the others."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.world.advance(minutes(125))
    assert scene.ann.reads(other) == []


# --- a claim that brings no answer -----------------------------------------------------------------------------------


async def test_a_silent_claim_is_reminded_of_and_lapses(scene: Scene) -> None:
    """Card, thread and member are told; then the request counts as nobody's again."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.world.advance(minutes(121))
    assert scene.thread()[-1] == sentence("claim-waits", code="K1", name="Ann", since=TEN, until=time(14, 1))
    assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name="Ann"))
    await scene.world.advance(minutes(121))
    assert scene.card().plain.startswith(sentence("card-open", code="K1"))
    assert sentence("claim-lapsed", code="K1", since=TEN) in scene.thread()
    assert scene.member.reads()[-1] == sentence("request-looking", "pt", code="K1")
    await scene.world.advance(minutes(31))
    assert at_room_level(scene) == [room_line("K1")]


async def test_an_answer_keeps_the_claim(scene: Scene) -> None:
    """Whoever answers in time is not reminded."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread("!r Morgen om 10:00 kunt u een pakket halen")
    for _ in range(4):
        await scene.world.advance(minutes(100))
    assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name="Ann"))
    assert not any("Ann:" in said for said in scene.thread())


async def test_writing_again_does_not_start_the_clock_anew(scene: Scene) -> None:
    """Who asks every hour waits no longer for it."""
    await scene.asks()
    await scene.in_thread("!claim")
    for _ in range(6):
        await scene.world.advance(minutes(50))
        await scene.member.writes("Ainda estamos à espera aqui em casa")
    assert scene.card().plain.startswith(sentence("card-open", code="K1"))


async def test_who_takes_a_lapsed_request_makes_it_true_again(scene: Scene) -> None:
    """The member hears each time what is so."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.world.advance(minutes(121))
    await scene.world.advance(minutes(121))
    await scene.in_thread("!claim", scene.bob)
    told = [text for text in scene.member.reads() if "K1" in text][-3:]
    claimed = sentence("request-claimed", "pt", code="K1")
    assert told == [claimed, sentence("request-looking", "pt", code="K1"), claimed]


async def test_a_member_hears_of_a_release_unless_another_takes_it_at_once(scene: Scene) -> None:
    """They were told that somebody is on it: when that is over for good, they are told, too."""
    await scene.asks()
    looking = sentence("request-looking", "pt", code="K1")
    await scene.in_thread("!claim")
    await scene.in_thread("!release")
    await scene.in_thread("!claim", scene.bob)
    await scene.world.advance(minutes(11))
    assert looking not in scene.member.reads()
    await scene.in_thread("!release", scene.bob)
    await scene.world.advance(minutes(11))
    assert scene.member.reads()[-1] == looking


async def test_without_a_room_nobody_is_reminded(scene: Scene) -> None:
    """And when a room is there again, the clock goes on."""
    await scene.asks()
    new = scene.world.group("new")
    code = await scene.world.pairing("coordination")
    await scene.world.adds_bot(scene.ann, new)
    await scene.ann.writes(f"!pair {code}", new)
    await scene.world.advance(minutes(31))
    assert room_line("K1") in scene.ann.reads(new)
    assert room_line("K1") not in scene.ann.reads(scene.room)
