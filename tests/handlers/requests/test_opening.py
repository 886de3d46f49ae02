"""Nobody home: when somebody reads is said to members, in their language, and set in rooms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from bot.content import OpenHours, Sentence, Weekday, say
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.world import POLICY, world

NINE = time(9)


def opens(when: Sentence, language: str = "pt") -> str:
    return sentence("nobody-now", language, when=when)


TOMORROW = opens(say("opens-tomorrow", day=Weekday(1), time=NINE))


async def test_in_the_evening_the_first_screen_says_when_somebody_reads(scene: Scene) -> None:
    """Before anything is written."""
    await scene.world.advance(timedelta(hours=12))  # 22:00 in Brussels
    await scene.member.writes("/start")
    assert TOMORROW in scene.member.reads()[0]
    assert "amanhã (terça-feira) a partir das 09:00" in scene.member.reads()[0]


async def test_in_the_hours_nothing_is_said_of_closing(scene: Scene) -> None:
    """The hours alone, with the days in the reader's language."""
    await scene.member.writes("/start")
    assert sentence("first-hours", "pt", hours=OpenHours("Mon-Fri 09:00-18:00")) in scene.member.reads()[0]
    assert "segunda-feira – sexta-feira 09:00–18:00" in scene.member.reads()[0]
    assert TOMORROW not in scene.member_reads()


@pytest.mark.parametrize(
    ("hours", "when"),
    [
        (12, say("opens-tomorrow", day=Weekday(1), time=NINE)),
        (15, say("opens-today", day=Weekday(1), time=NINE)),  # after midnight
        (4 * 24 + 12, say("opens-weekday", day=Weekday(0), time=NINE)),  # on Friday evening
    ],
)
async def test_the_day_is_named_as_one_says_it(scene: Scene, hours: int, when: Sentence) -> None:
    """Today, tomorrow, on Monday."""
    await scene.world.advance(timedelta(hours=hours))
    await scene.asks()
    assert opens(when) in scene.member.reads()[1]


async def test_on_a_holiday_nobody_is_there(tmp_path: Path) -> None:
    """A date that the operator has closed; more than a week ahead the date itself is said."""
    closed = tuple(date(2026, 11, 23) + timedelta(days=n) for n in range(14))
    async with world(tmp_path, replace(POLICY, closed=closed)) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await scene.asks()
        when = say("opens-on", day=Weekday(0), date=date(2026, 12, 7), time=NINE)
        assert opens(when) in scene.member.reads()[1]
        await w.advance(timedelta(hours=5))
        assert len([m for m in scene.ann.sees(scene.room) if not m.buttons]) == 0


async def test_who_goes_on_at_night_is_told_once(scene: Scene) -> None:
    """Once for each request and closed time; at Send it was said already."""
    await scene.asks()
    await scene.world.advance(timedelta(hours=12))
    for words in ("Ainda estamos à espera aqui em casa", "Por favor ajudem a minha família"):
        await scene.member.writes(words)
    assert [TOMORROW in text for text in scene.member.reads()[-2:]] == [True, False]
    await scene.world.advance(timedelta(hours=23))
    await scene.member.writes("Ainda estamos à espera aqui em casa")
    assert opens(say("opens-tomorrow", day=Weekday(2), time=NINE)) in scene.member.reads()[-1]


async def test_after_send_at_night_it_is_not_said_again(scene: Scene) -> None:
    """The member knows."""
    await scene.world.advance(timedelta(hours=12))
    await scene.asks()
    for key in ("button-skip", "button-skip", "wont-say", "button-skip"):
        await scene.member.presses(sentence(key, "pt"))
    await scene.member.writes("Ainda estamos à espera aqui em casa")
    assert scene.member_reads().count(TOMORROW) == 2  # on the first screen, and at Send


# --- the hours of a room ---------------------------------------------------------------------------------------------


async def test_a_room_says_its_own_hours(scene: Scene) -> None:
    """Members are told these from then on; `default` takes them back."""
    await scene.ann.writes("!hours", scene.room)
    usual = sentence("hours-default", hours=OpenHours("Mon-Fri 09:00-18:00"))
    assert scene.ann.reads(scene.room)[-1] == usual
    await scene.ann.writes("!hours mon-thu 13:00-17:00", scene.room)
    own = sentence("hours-own", hours=OpenHours("Mon-Thu 13:00-17:00"))
    assert scene.ann.reads(scene.room)[-1].split("\n") == [own, sentence("hours-back", command="!hours default")]
    assert "maandag – donderdag 13:00–17:00" in own
    await scene.member.writes("/start")
    assert opens(say("opens-today", day=Weekday(0), time=time(13))) in scene.member.reads()[0]
    await scene.ann.writes("!hours default", scene.room)
    assert scene.ann.reads(scene.room)[-1] == usual


@pytest.mark.parametrize("typed", ["always", "ma-vr 9:00-18:00", "Mon-Fri 9-18", "Mon 25:00-26:00", "-", "Mon-Fri"])
async def test_hours_that_nobody_understands_get_an_example(scene: Scene, typed: str) -> None:
    """And nothing changes."""
    await scene.ann.writes(f"!hours {typed}", scene.room)
    example = "!hours Mon-Fri 09:00-18:00, Sat 10:00-12:30"
    assert scene.ann.reads(scene.room)[-1] == sentence("hours-how", example=example)
    rooms = await scene.world.app.unit(lambda tx: [chat.hours for chat in tx.chats.with_role("coordination")])
    assert rooms == [None]


async def test_the_rooms_own_hours_are_those_that_count(scene: Scene) -> None:
    """Where nobody is there before the afternoon, nobody is reminded before it."""
    await scene.asks()
    await scene.ann.writes("!hours Mon-Fri 14:00-18:00", scene.room)
    before = len(scene.ann.reads(scene.room))
    await scene.world.advance(timedelta(hours=4))
    assert len(scene.ann.reads(scene.room)) == before
    await scene.world.advance(timedelta(minutes=31))
    assert len(scene.ann.reads(scene.room)) == before + 2


async def test_without_hours_nothing_is_promised(tmp_path: Path) -> None:
    """Nobody has said when they are there: then nobody is told a time, and all time counts."""
    async with world(tmp_path, replace(POLICY, hours="")) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await w.advance(timedelta(hours=12))
        await scene.ann.writes("!hours", scene.room)
        assert sentence("hours-none") in scene.ann.reads(scene.room)[-1]
        await scene.asks()
        assert sentence("helpers-see-it", "pt") in scene.member.reads()[1]
        await w.advance(timedelta(minutes=31))
        assert "K1" in scene.ann.reads(scene.room)[-1]
