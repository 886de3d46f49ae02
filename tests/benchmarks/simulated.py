"""Time that jumps from one thing that is due to the next, as soon as nothing more can happen at this moment."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.store.database.units import Together, Unit
from bot.store.database.writer import Writer

T = TypeVar("T")
Item = TypeVar("Item")

_BEGINNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_TURNS = 10  # of the event loop, in which whoever was woken has gone to sleep again or given the writer something to do


class SimulatedClock:
    """bot.outbox.Clock; `steady` counts from 0."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return _BEGINNING + timedelta(seconds=self._seconds)

    def steady(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + max(seconds, 0), next(self._order), future))
        await future

    def jump(self) -> bool:
        """To the next moment for which somebody sleeps, and wake all that sleep for it; False: nobody does."""
        woken = False
        while self._sleepers and (not woken or self._sleepers[0][0] <= self._seconds):
            at, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self._seconds = max(self._seconds, at)
                future.set_result(None)
                woken = True
        return woken


class CountingWriter(Writer):
    """Tells whether anybody has had it do something."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._count = 0
        self._under_way = 0
        self._done = asyncio.Event()

    async def run(self, unit: Unit[T], account: str | None = None, *given: Any, **named: Any) -> T:
        with self._counted():
            return await super().run(unit, account, *given, **named)

    async def run_together(self, together: Together[Item, T], item: Item, account: str | None = None) -> T:
        with self._counted():
            return await super().run_together(together, item, account)

    async def idle(self) -> None:
        """Until what was given to it is done, and what came of that."""
        seen = -1
        while seen != self._count or self._under_way:
            seen = self._count
            while self._under_way:
                self._done.clear()
                await self._done.wait()
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._count += 1
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._done.set()


async def pass_time(clock: SimulatedClock, writer: CountingWriter, until: Sequence[asyncio.Event]) -> None:
    """Let time go by until all of these have happened. Raises RuntimeError when nothing more would ever happen."""
    while not all(event.is_set() for event in until):
        await writer.idle()
        if not all(event.is_set() for event in until) and not clock.jump():
            raise RuntimeError("everybody waits for somebody else")
