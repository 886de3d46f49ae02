"""Noticing what needs the operator's hands outside any conversation: that it begins, and that it is over."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.clock import Clock
from bot.events import OPERATOR, Trouble, TroubleOver
from bot.store.database.writer import Writer
from bot.store.transaction import Transaction

_log = structlog.get_logger()

LOW = 256 * 2**20
"""Bytes: with less on the disk somebody should make room, while there is still some to say so in."""
ENOUGH = 2 * LOW

_LOOKS_EVERY = 60.0
_OF_THE_CONFIGURATION = ("account", "away", "engine", "limited")
_OF_WHOEVER_SERVES = ("account", "away")


class Slowness:
    """How much of the last minutes went into waiting for a network's limit on a whole account. Pure."""

    WINDOW, HARD, QUIET = timedelta(minutes=10), timedelta(minutes=5), timedelta(minutes=30)

    def __init__(self) -> None:
        self._pauses: deque[tuple[datetime, timedelta]] = deque()

    def paused(self, at: datetime, wait: timedelta) -> bool:
        """The network wants a pause. Whether it is hard on us: half of the time has gone into waiting."""
        self._pauses.append((at, wait))
        while self._pauses[0][0] < at - self.WINDOW:
            self._pauses.popleft()
        return sum((pause for _, pause in self._pauses), timedelta()) >= self.HARD

    def is_over(self, now: datetime) -> bool:
        """It has wanted none for a while."""
        if not self._pauses:
            return True
        began, wait = self._pauses[-1]
        return now - (began + wait) >= self.QUIET


class Watcher:
    """Hears from the running parts what is wrong and what is well.

    `free` tells the bytes that the disk has left; `configured` names the accounts and engines that there are, None
    where other processes may have others.
    """

    def __init__(self, writer: Writer, clock: Clock, free: Callable[[], int], configured: Sequence[str] | None) -> None:
        self._writer = writer
        self._clock = clock
        self._free = free
        self._configured = configured
        self._slowness: dict[str, Slowness] = {}
        self._news: deque[tuple[str, bool]] = deque()
        self._stirred = asyncio.Event()

    def begins(self, cause: str) -> None:
        """It is there, maybe for a while already."""
        self._hear(cause, True)

    def over(self, cause: str) -> None:
        """It is well, maybe as it always was."""
        self._hear(cause, False)

    def limited(self, account: str, wait: timedelta) -> None:
        """A network wants a pause of the whole account."""
        if self._slowness.setdefault(account, Slowness()).paused(self._clock.now(), wait):
            self.begins(f"limited/{account}")

    def _hear(self, cause: str, there: bool) -> None:
        self._news.append((cause, there))
        self._stirred.set()

    async def run(self) -> None:
        standing = await self._writer.run(_standing)
        for kind, _, about in (cause.partition("/") for cause in standing):
            if self._configured is not None and kind in _OF_THE_CONFIGURATION and about not in self._configured:
                self.over(f"{kind}/{about}")
            elif kind == "limited":
                self._slowness.setdefault(about, Slowness())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_now_and_then(), name="look")
            while True:
                self._stirred.clear()
                while self._news:
                    cause, there = self._news.popleft()
                    if not there and cause.partition("/")[0] in _OF_WHOEVER_SERVES:
                        standing = await self._writer.run(_standing)  # it began while another process had the account
                    if there != (cause in standing):
                        standing ^= {cause}
                        await self._tell(cause, there)
                await self._stirred.wait()

    async def _tell(self, cause: str, there: bool) -> None:
        kind = cause.partition("/")[0]
        _log.warning("hands are needed" if there else "hands are needed no more", kind=kind)
        event = Trouble(cause) if there else TroubleOver(cause)
        await self._writer.run(partial(_put, event=event))

    async def _look_now_and_then(self) -> None:
        while True:
            with suppress(OSError):  # a disk that does not tell stops no bot
                free = self._free()
                if free < LOW:
                    self.begins("disk")
                elif free >= ENOUGH:
                    self.over("disk")
            for account, slowness in self._slowness.items():
                if slowness.is_over(self._clock.now()):
                    self.over(f"limited/{account}")
            await self._clock.sleep(_LOOKS_EVERY)


def _standing(tx: Transaction) -> set[str]:
    return {known.cause for known in tx.troubles.all()}


def _put(tx: Transaction, event: Trouble | TroubleOver) -> None:
    tx.inbox.put(event, lane=OPERATOR)
