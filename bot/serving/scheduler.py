"""The scheduler's worker: moves timers that are due to the inbox."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.clock import Clock
from bot.domain.erasing import AWAY, SWEEP, sweeps_at
from bot.events import Due
from bot.serving.leases import HOUSE
from bot.set_back import WallClock
from bot.store.database.writer import Writer
from bot.store.transaction import Transaction

_NO_EARLIER = datetime(2026, 1, 1, tzinfo=UTC)  # is any day on which this runs
_LOOKS_EVERY = 30.0  # seconds, at the clock on the wall


class Scheduler:
    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._wall = WallClock()
        self._stirred = asyncio.Event()

    def wake(self) -> None:
        self._stirred.set()

    async def run(self) -> None:
        await self._writer.run(_set_right, HOUSE)
        while True:
            self._stirred.clear()
            back = self._wall.set_back(self._clock.now(), self._clock.steady())
            leapt = self._wall.put_forward > AWAY
            wait = await self._writer.run(partial(_release, back=back, leapt=leapt), HOUSE)
            try:
                async with asyncio.timeout(_LOOKS_EVERY if wait is None else min(wait, _LOOKS_EVERY)):
                    await self._stirred.wait()
            except TimeoutError:
                continue


def plan_sweep(tx: Transaction) -> None:
    """When the clock on the wall may be another than before."""
    tx.schedule.at(sweeps_at(tx.now, tx.schedule.planned(SWEEP)), Due(SWEEP))


def _set_right(tx: Transaction) -> None:
    """The clock was days ahead, and was set right while nobody served: what it has planned would wait for days. Unless
    it is wrong now: a machine without a battery begins in 1970, until somebody tells it the time."""
    last = tx.inbox.last_came()
    if last is not None and last - tx.now > AWAY and tx.now > _NO_EARLIER:
        _set_back(tx, last - tx.now, since=last)


def _set_back(tx: Transaction, by: timedelta, since: datetime) -> None:
    tx.schedule.set_back(by, since)
    tx.texts.set_back(by, since)


def _release(tx: Transaction, back: timedelta, leapt: bool) -> float | None:
    """Move what is due; the seconds until the next timer, None when there is none. `back`: by how much the clock on the
    wall was set back; `leapt`: it was put forward by days."""
    if leapt:
        plan_sweep(tx)
    if back:
        _set_back(tx, back, since=tx.now)
    tx.schedule.release_due()
    following = tx.schedule.next_at()
    return None if following is None else max(0.0, (following - tx.now).total_seconds())
