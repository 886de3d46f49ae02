"""A line to a network: what it does about outages, pauses and refusals, and how soon it is back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incoming import NOTHING_NEW, Batch
from bot.ports import Account, Deliver, Down, Home, Revoked
from bot.serving.supervision import Line
from bot.store.database.writer import Writer
from tests.databases import Ticking, writer
from tests.paper import PaperAdapter
from tests.world import Clock

SECOND = timedelta(seconds=1)


class Network(PaperAdapter):
    """Answers as a test says: each opening and each receiving meets the next trouble, None is none."""

    def __init__(self) -> None:
        super().__init__("paper", PaperAdapter.Settings())
        self.opening: list[Exception | None] = []
        self.receiving: list[Exception | None] = []
        self.opened = self.asked = 0
        self.answers, self.falls = asyncio.Event(), asyncio.Event()
        self.answers.set()
        self.trouble: Exception = Down("fallen")
        self.closing: list[Exception] = []  # what the next closings raise

    async def close(self) -> None:
        if self.closing:
            raise self.closing.pop(0)

    async def open(self, home: Home) -> Account:
        self.opened += 1
        await self.answers.wait()
        if self.opening and (error := self.opening.pop(0)):
            raise error
        return Account("@bot", "https://example.org")

    async def receive(self, cursor: str | None, deliver: Deliver) -> None:
        self.asked += 1
        if self.receiving and (error := self.receiving.pop(0)):
            raise error
        await self.answers.wait()
        await deliver(NOTHING_NEW)
        await self.falls.wait()
        self.falls.clear()
        raise self.trouble


@dataclass
class Kept:
    """A line at work, and what it tells."""

    line: Line
    network: Network
    clock: Clock
    made: Writer
    heard: list[str] = field(default_factory=list)
    away: list[bool] = field(default_factory=list)
    serving: asyncio.Task[None] | None = None

    async def settles(self) -> None:
        """Let it do what it can do at this moment."""
        for _ in range(20):
            await self.made.run(lambda tx: None)

    async def begins(self) -> None:
        self.serving = asyncio.create_task(self.line.run())
        await self.settles()

    async def passes(self, time: timedelta, step: timedelta = SECOND) -> None:
        for _ in range(int(time / step)):
            self.clock.advance(step)
            await self.settles()


@pytest.fixture
async def kept(tmp_path: Path, sqlite_template: str) -> AsyncIterator[Kept]:
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    network, clock = Network(), Clock()
    async with writer(f"sqlite:///{tmp_path}/schakel.db", Ticking()) as made:

        async def deliver(batch: Batch) -> None:
            pass

        async def settled(name: str, account: Account | None, final: bool) -> None:
            found.heard.append("connected" if account else "stopped" if final else "down")

        def back(name: str, held: bool) -> None:
            found.heard.append("held" if held else "back")

        def away(name: str, is_away: bool) -> None:
            found.away.append(is_away)

        line = Line("paper", network, made, tmp_path / "paper", "", deliver, clock, settled, back, away)
        found = Kept(line, network, clock, made)
        yield found
        if found.serving is not None:
            found.serving.cancel()
            await asyncio.gather(found.serving, return_exceptions=True)


async def test_what_has_to_be_opened_anew_is(kept: Kept) -> None:
    """As often as it takes; a network that is only down keeps what it has."""
    await kept.begins()
    kept.network.receiving = [
        Down("the folder is full", anew=True),
        Down("the folder is full", anew=True),
        Down("away"),
    ]
    kept.network.falls.set()
    await kept.passes(timedelta(seconds=30))
    assert (kept.network.opened, kept.network.asked) == (3, 5)
    assert kept.line.up.is_set()


@pytest.mark.parametrize("trouble", [Down("the folder is full", anew=True), Revoked("no such token")])
async def test_what_cannot_be_closed_as_it_should_stops_nothing(kept: Kept, trouble: Exception) -> None:
    """On a disk that is full, say: the account is opened anew all the same, and the other networks go on."""
    await kept.begins()
    kept.network.trouble, kept.network.closing = trouble, [OSError("no space left"), RuntimeError("not open")]
    kept.network.falls.set()
    await kept.passes(timedelta(minutes=1))
    assert kept.serving is not None
    assert not kept.serving.done()
    assert (kept.network.opened, len(kept.network.closing)) == (2, 1)
    assert kept.line.up.is_set()


async def test_after_a_long_outage_it_is_back_within_ten_seconds(kept: Kept) -> None:
    """However long it was: whoever writes then does not wait for five minutes."""
    await kept.begins()
    kept.network.receiving = [Down("away")] * 10_000
    kept.network.falls.set()
    await kept.passes(timedelta(minutes=20), timedelta(seconds=5))
    assert 100 < kept.network.asked < 130
    kept.network.receiving = []
    await kept.passes(10 * SECOND)
    assert kept.heard[-1] == "back"
    assert kept.heard.count("down") == 2  # when it fell, and why it cannot get up; not at each attempt


async def test_an_outage_that_lasts_is_told(kept: Kept) -> None:
    """After a quarter of an hour, also of a network that lets us in and then falls again; and when it has held."""
    await kept.begins()
    kept.network.receiving = [Down("away")] * 10_000
    kept.network.falls.set()
    await kept.passes(timedelta(minutes=14), timedelta(seconds=5))
    assert True not in kept.away
    await kept.passes(timedelta(minutes=2), timedelta(seconds=5))
    assert kept.away[-1]
    kept.network.receiving = []
    await kept.passes(30 * SECOND)
    assert not kept.away[-1]


async def test_a_network_that_often_falls_is_not_away(kept: Kept) -> None:
    await kept.begins()
    for _ in range(20):
        kept.network.falls.set()
        await kept.passes(timedelta(minutes=1), timedelta(seconds=5))
    assert True not in kept.away


async def test_it_is_well_again_when_it_has_answered_and_held(kept: Kept) -> None:
    """Not while a question for news merely hangs."""
    await kept.begins()
    kept.network.answers.clear()
    kept.network.falls.set()
    await kept.passes(30 * SECOND)
    assert kept.line.fault == "fallen"
    assert kept.heard == ["connected", "down"]
    kept.network.answers.set()
    await kept.settles()
    assert kept.heard[2:] == ["back"]
    assert kept.line.fault == "fallen"
    await kept.passes(11 * SECOND)
    assert kept.heard[2:] == ["back", "held"]
    assert kept.line.fault is None


@pytest.mark.parametrize("wait", [30, 10_000])
async def test_a_network_that_names_a_pause_is_not_asked_before(kept: Kept, wait: int) -> None:
    """Receiving is limited as sending is."""
    await kept.begins()
    kept.network.trouble = Down("too many requests", timedelta(seconds=wait))
    kept.network.falls.set()
    await kept.settles()
    await kept.passes(timedelta(seconds=wait - 1), timedelta(seconds=(wait - 1) / 20))
    assert kept.network.asked == 1
    await kept.passes(2 * SECOND)
    assert kept.network.asked == 2


async def test_one_refusal_stops_nothing(kept: Kept) -> None:
    """The account is opened anew at once, which renews a login that has only expired."""
    await kept.begins()
    kept.network.trouble = Revoked("no such token")
    kept.network.falls.set()
    await kept.settles()
    assert (kept.network.opened, kept.network.asked) == (2, 2)
    assert "stopped" not in kept.heard
    assert kept.line.up.is_set()


async def test_refusals_that_go_on_while_opening_works_are_no_storm(kept: Kept) -> None:
    await kept.begins()
    kept.network.receiving = [Revoked("no such token")] * 1000
    kept.network.falls.set()
    await kept.passes(timedelta(minutes=10), timedelta(seconds=5))
    assert kept.network.opened < 15


async def test_an_account_that_is_not_accepted_any_more_stops_and_is_asked_for_now_and_then(kept: Kept) -> None:
    """Once in ten minutes: whoever has set it right need not start the bot again."""
    await kept.begins()
    kept.network.trouble = Revoked("no such token")
    kept.network.opening = [Revoked("no such token")] * 3
    kept.network.falls.set()
    await kept.settles()
    assert kept.heard == ["connected", "stopped"]
    assert not kept.line.up.is_set()
    await kept.passes(timedelta(minutes=21), timedelta(minutes=1))
    assert kept.network.opened == 4
    assert kept.heard[-1] == "stopped"
    await kept.passes(timedelta(minutes=10), timedelta(minutes=1))
    assert "connected" in kept.heard[2:]
    assert kept.line.up.is_set()


async def test_an_account_that_was_accepted_before_the_bot_was_started_again_is_asked_for_too(kept: Kept) -> None:
    """The machine was restarted in the middle of it; nobody should have to do that once more."""
    await kept.made.run(lambda tx: tx.accounts.connected("paper", Account("@bot", "https://example.org")))
    kept.network.opening = [Revoked("no such token")] * 3
    await kept.begins()
    await kept.passes(timedelta(minutes=25), timedelta(minutes=1))
    assert kept.heard == ["stopped"] * 3
    await kept.passes(timedelta(minutes=10), timedelta(minutes=1))
    assert kept.heard[3] == "connected"
    assert kept.line.up.is_set()


async def test_an_account_that_was_never_accepted_is_not_asked_for_again(kept: Kept) -> None:
    """A wrong password, again and again, may lock the account."""
    kept.network.opening = [Revoked("wrong password")] * 10
    await kept.begins()
    await kept.passes(timedelta(hours=1), timedelta(minutes=5))
    assert kept.heard == ["stopped"]
    assert kept.network.opened == 1


async def test_who_starts_the_bot_learns_soon_that_a_network_does_not_answer(kept: Kept) -> None:
    """It is taken for down, and connected when it answers after all."""
    kept.network.answers.clear()
    await kept.begins()
    await kept.passes(14 * SECOND)
    assert not kept.line.tried.is_set()
    await kept.passes(2 * SECOND)
    assert kept.line.tried.is_set()
    assert kept.heard == ["down"]
    kept.network.answers.set()
    await kept.settles()
    assert kept.heard == ["down", "connected"]
