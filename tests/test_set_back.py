"""Somebody sets the clock on the wall back by an hour, or puts it forward: nothing waits for that hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.actions import Say
from bot.content import Translated, Verbatim
from bot.events import Due
from bot.model import ChatKind
from bot.ports import NotSent
from bot.set_back import WallClock
from bot.store.transaction import Transaction
from tests.handlers.phrasebook import Phrasebook
from tests.paper.adapter import LIKE_TELEGRAM
from tests.world import MONDAY_MORNING, World, world

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
START = datetime(2026, 11, 23, tzinfo=UTC)


def test_only_a_step_back_is_noticed_and_only_once() -> None:
    """Not what keeps a clock right, nor a machine that has slept."""
    wall = WallClock()
    assert wall.set_back(START, 10.0) == timedelta()
    assert wall.set_back(START + 9.5 * SECOND, 20.0) == timedelta()
    assert wall.set_back(START + 20 * SECOND - HOUR, 30.0) == HOUR - timedelta(seconds=0.5)
    assert wall.set_back(START + 30 * SECOND - HOUR, 40.0) == timedelta()
    assert wall.set_back(START + 24 * HOUR, 50.0) == timedelta()
    assert wall.put_forward == 25 * HOUR - 40 * SECOND


async def due(w: World) -> dict[str, datetime | None]:
    found: dict[str, datetime | None] = await w.app.unit(
        lambda tx: {what: tx.schedule.planned(what) for what in ("minutes", "calendar")}
    )
    return found


async def test_a_timer_of_so_many_minutes_keeps_them_and_one_of_the_calendar_its_time(tmp_path: Path) -> None:
    """Half an hour after somebody asked is half an hour; midnight is midnight."""
    async with world(tmp_path) as w:
        at = w.clock.now() + timedelta(minutes=30)
        await w.app.unit(lambda tx: tx.schedule.at(at, Due("minutes")))
        await w.app.unit(lambda tx: tx.schedule.at(at, Due("calendar", calendar=True)))
        w.clock.set_back(HOUR)
        w.app.scheduler.wake()
        while (found := await due(w))["minutes"] == at:
            pass
        assert found["minutes"] is not None
        assert abs(found["minutes"] - (at - HOUR)) < SECOND
        assert found["calendar"] == at


@pytest.mark.parametrize("back", [timedelta(minutes=5), HOUR])
async def test_what_is_to_be_sent_again_in_a_second_is(tmp_path: Path, back: timedelta) -> None:
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        member = w.somebody()
        chat = await w.app.unit(lambda tx: tx.chats.known(member.private, ChatKind.PRIVATE).id)
        w.network.faults = [NotSent("refused")]
        await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Verbatim("come at ten"),))))
        await w.settled()
        w.clock.set_back(back)
        await w.advance(2 * SECOND)
        await w.until(lambda: member.reads() == ["come at ten"])


@pytest.mark.parametrize("whole_account", [False, True], ids=["chat", "account"])
async def test_a_pause_that_was_dated_by_a_wrong_clock_silences_nobody(tmp_path: Path, whole_account: bool) -> None:
    """The clock was weeks ahead when the network wanted half a minute, and is right when the bot starts again."""
    ahead = timedelta(weeks=3)
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        member = w.somebody()
        chat = await w.app.unit(lambda tx: tx.chats.known(member.private, ChatKind.PRIVATE).id)
        w.clock.set_back(-ahead)
        w.network.faults = [NotSent("Too Many Requests", timedelta(seconds=30), whole_account)]
        await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Verbatim("come at ten"),))))
        await w.settled()
    w.clock.set_back(ahead)
    async with world(tmp_path, limits=LIKE_TELEGRAM, network=w.network, clock=w.clock) as again:
        await again.advance(2 * SECOND)
        await again.until(lambda: [shown.plain for shown in again.network.shown[member.private.id]] == ["come at ten"])


async def test_a_timer_that_a_wrong_clock_has_set_keeps_its_minutes(tmp_path: Path) -> None:
    """The clock was weeks ahead, and was set right while the bot was stopped; after another start it is still so."""
    ahead = timedelta(weeks=3)
    async with world(tmp_path) as w:
        w.clock.set_back(-ahead)
        at = w.clock.now() + timedelta(minutes=30)
        await w.app.unit(lambda tx: tx.schedule.at(at, Due("minutes")))
        await w.app.unit(lambda tx: tx.schedule.at(at, Due("calendar", calendar=True)))
        await w.somebody().writes("Goedemorgen")
    w.clock.set_back(ahead)
    for _ in range(2):
        async with world(tmp_path, network=w.network, clock=w.clock) as again:
            await again.settled()
            found = await due(again)
            assert found["minutes"] is not None
            assert abs(found["minutes"] - (at - ahead)) < timedelta(minutes=1)
            assert found["calendar"] == at


async def test_a_clock_that_begins_in_1970_moves_no_timer(tmp_path: Path) -> None:
    """It is wrong now, not before: when it is set, each timer comes at its time."""
    behind = timedelta(days=20_000)
    async with world(tmp_path) as w:
        at = w.clock.now() + timedelta(minutes=30)
        await w.somebody().writes("Goedemorgen")
        await w.app.unit(lambda tx: tx.schedule.at(at, Due("minutes")))
    w.clock.set_back(behind)
    async with world(tmp_path, network=w.network, clock=w.clock) as again:
        await again.settled()
        assert (await due(again))["minutes"] == at


async def test_words_do_not_wait_longer_for_their_translation(tmp_path: Path) -> None:
    """They go out as they were written when their twenty seconds are over; the engine is asked again in half a minute,
    and the translation is added."""
    engine = Phrasebook()
    async with world(tmp_path, engines=[engine]) as w:
        member = w.somebody()
        chat = await w.app.unit(lambda tx: tx.chats.known(member.private, ChatKind.PRIVATE).id)
        engine.down = True
        words = "Preciso de comida para os meus dois filhos"

        def says(tx: Transaction) -> None:
            text = tx.texts.add(words, "pt")
            tx.deliveries.add(Say(chat, (Translated(text),), "K1", language="nl"))

        await w.app.unit(says)
        await w.settled()
        w.clock.set_back(HOUR)
        w.app.scheduler.wake()
        engine.down = False
        await w.advance(25 * SECOND)
        await w.until(lambda: any(words in text for text in member.reads()))
        await w.advance(10 * SECOND)
        await w.until(lambda: any("Ik heb eten nodig voor mijn twee kinderen" in text for text in member.reads()))


async def test_a_clock_put_forward_makes_nothing_late(tmp_path: Path) -> None:
    """Timers come early, and what they look at is as it is."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        member = w.somebody()
        chat = await w.app.unit(lambda tx: tx.chats.known(member.private, ChatKind.PRIVATE).id)
        w.clock.set_back(-HOUR)
        await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Verbatim("come at ten"),))))
        await w.settled()
        assert member.reads() == ["come at ten"]
        assert w.clock.now() > MONDAY_MORNING + HOUR
