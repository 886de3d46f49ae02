"""A day's overview: at set hours, on demand; counted, and nothing personal in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.content import Arg, LanguageName, Sentence, say
from bot.ports import NotSent
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.world import POLICY, world


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Scene]:
    """The overview comes at nine and at five."""
    async with world(tmp_path, replace(POLICY, digest_at=(time(9), time(17)))) as w:
        yield scene_of(w, await w.paired("room", "coordination"), Phrasebook())


def counts(*pairs: tuple[Arg, int]) -> tuple[Sentence, ...]:
    return tuple(say("digest-count", what=what, number=number) for what, number in pairs)


def overviews(scene: Scene) -> list[str]:
    head = sentence("digest-head")
    return [text for text in scene.ann.reads(scene.room) if text.startswith(head)]


async def lives_in(scene: Scene, area: str, name: str = "X") -> None:
    """Somebody asks, and says where they live."""
    who = scene.world.somebody(name, "pt")
    await scene.asks(who=who)
    for key in ("button-skip", "button-skip"):
        await who.presses(sentence(key, "pt"))
    await who.writes(area)


async def test_at_a_set_hour_the_room_is_told_how_things_stand(day: Scene) -> None:
    """At five; and then at nine on the next morning."""
    await day.asks()
    await day.in_thread("!claim")
    await day.world.advance(timedelta(hours=6, minutes=59))
    assert overviews(day) == []
    await day.world.advance(timedelta(minutes=1))
    (told,) = overviews(day)
    assert told.split("\n") == [
        sentence("digest-head"),
        sentence("digest-open", number=1, code="K1", since=time(10)),
        sentence("digest-waiting", unanswered=1, unclaimed=0),
        sentence("digest-languages", counts=counts((LanguageName("pt"), 1))),
        sentence("digest-closed", number=0),
    ]
    await day.world.advance(timedelta(hours=16))
    assert len(overviews(day)) == 2


async def test_nothing_is_said_of_a_day_on_which_nothing_happens(day: Scene) -> None:
    """After all is closed it is said once how many, then nothing more."""
    await day.asks()
    await day.in_thread("!close helped")
    await day.world.advance(timedelta(hours=7))
    (told,) = overviews(day)
    assert told.split("\n") == [
        sentence("digest-head"),
        sentence("digest-nothing-open"),
        sentence("digest-closed", number=1),
    ]
    for _ in range(3):
        await day.world.advance(timedelta(hours=16))
        await day.world.advance(timedelta(hours=8))
    assert len(overviews(day)) == 1


async def test_on_days_on_which_nobody_is_there_nothing_is_said(day: Scene) -> None:
    """Saturday and Sunday pass; on Monday morning it is told again."""
    await day.world.advance(timedelta(days=4))  # Friday, 10:00
    await day.asks()
    await day.world.advance(timedelta(hours=7))
    assert len(overviews(day)) == 1
    for _ in range(4):
        await day.world.advance(timedelta(hours=12))
    assert len(overviews(day)) == 1
    await day.world.advance(timedelta(hours=16))
    assert len(overviews(day)) == 2


async def test_report_tells_the_same_at_any_time(scene: Scene) -> None:
    """Also where no hours are set for it."""
    await scene.ann.writes("!report", scene.room)
    assert sentence("digest-nothing-open") in overviews(scene)[0]
    await scene.asks()
    await scene.ann.writes("!report", scene.room)
    assert sentence("digest-open", number=1, code="K1", since=time(10)) in overviews(scene)[1]


async def test_an_area_is_named_only_when_three_share_it(scene: Scene) -> None:
    """However each of them spells it; where fewer live, somebody would be recognised."""
    for area in ("Molenbeek", "Jette", "molenbeek "):
        await lives_in(scene, area)
    await scene.ann.writes("!report", scene.room)
    assert "olenbeek" not in overviews(scene)[0]
    await lives_in(scene, "MOLENBEEK")
    await scene.ann.writes("!report", scene.room)
    elsewhere = say("digest-elsewhere")
    assert sentence("digest-areas", counts=counts(("MOLENBEEK", 3), (elsewhere, 1))) in overviews(scene)[1]
    assert "Jette" not in overviews(scene)[1]


async def test_after_an_outage_the_room_reads_the_latest_and_none_of_the_others(day: Scene) -> None:
    """Three weeks of the room's network: one overview, which counts what was closed since the last that was read."""
    network = day.world.network
    for name in ("X", "Y", "Z"):
        await day.asks(who=day.world.somebody(name, "pt"))
    await day.world.advance(timedelta(hours=7))
    assert len(overviews(day)) == 1
    network.broken[day.room.id] = NotSent("away")
    await day.in_thread("!close helped", code="K1")
    await day.world.advance(timedelta(hours=16))
    await day.in_thread("!close helped", code="K2")
    for _ in range(21):
        await day.world.advance(timedelta(hours=8))
        await day.world.advance(timedelta(hours=16))
    network.broken.clear()
    for _ in range(5):
        await day.world.advance(timedelta(minutes=5))
    assert len(overviews(day)) == 2
    assert sentence("digest-closed", number=2) in overviews(day)[-1]


async def test_what_was_never_read_and_is_not_so_any_more_is_not_read(day: Scene) -> None:
    """Whoever had asked has taken it back."""
    await day.asks()
    day.world.network.broken[day.room.id] = NotSent("away")
    await day.world.advance(timedelta(hours=7))
    await day.member.writes("!erase K1")
    await day.member.presses(sentence("button-erase", "pt", code="K1"))
    await day.world.advance(timedelta(hours=16))
    day.world.network.broken.clear()
    await day.world.advance(timedelta(minutes=5))
    assert overviews(day) == []


async def test_a_stopped_bot_tells_it_once_when_it_is_back(day: Scene) -> None:
    """Not once for each hour that was missed."""
    await day.asks()
    await day.world.advance(timedelta(days=3))
    assert len(overviews(day)) == 1
