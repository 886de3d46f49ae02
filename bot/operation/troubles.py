"""Noticing what needs the operator's hands outside any conversation: that it begins, and that it is over."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.clock import Clock
from bot.events import OPERATOR, Trouble, TroubleOver
from bot.serving.leases import HOUSE, Alone, Leases
from bot.store.database.writer import Writer
from bot.store.transaction import Transaction

_log = structlog.get_logger()

LOW = 256 * 2**20
"""Bytes: with less on the disk somebody should make room, while there is still some to say so in."""
ENOUGH = 2 * LOW

_LOOKS_EVERY = 60.0
_OF_AN_ACCOUNT = ("account", "away", "limited")
_OF_WHOEVER_SERVES = ("account", "away")


class Slowness:
    """How much of the last minutes went into waiting for a network's limit on a whole account. Pure."""

    WINDOW, HARD, QUIET = timedelta(minutes=10), timedelta(minutes=5), timedelta(minutes=30)

    def __init__(self, since: datetime | None = None) -> None:
        """`since`: it was hard by then, and nobody knows what was waited."""
        self._since = since
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
            return self._since is None or now - self._since >= self.QUIET
        began, wait = self._pauses[-1]
        return now - (began + wait) >= self.QUIET


class Watcher:
    """Hears from the running parts what is wrong and what is well.

    Where several processes are on one database, whoever serves an account now speaks for it, and whoever has the house
    for the engines: what began while another one had them is theirs to end.
    """

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        free: Callable[[], int],
        leases: Leases,
        accounts: Collection[str],
        engines: Collection[str],
    ) -> None:
        """`free` tells the bytes that the disk has left; `accounts` and `engines` are those of the configuration."""
        self._writer = writer
        self._clock = clock
        self._free = free
        self._leases = leases
        self._accounts = accounts
        self._engines = engines
        self._held: set[str] = set()  # of the accounts and the house, at the last look
        self._taken: set[str] = set()  # of those, since what stands was read
        self._ends_disk = False  # what stands about a disk is about this one's, or nobody's any more
        self._slowness: dict[str, Slowness] = {}
        self._news: deque[tuple[str, bool]] = deque()
        self._looked = False  # since then
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
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_now_and_then(), name="look")
            standing: set[str] = set()
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                if self._looked:
                    self._looked = False
                    standing = await self._writer.run(_standing)
                    self._take_over(standing)
                while self._news:
                    cause, there = self._news.popleft()
                    if not there and cause.partition("/")[0] in _OF_WHOEVER_SERVES:
                        standing = await self._writer.run(_standing)  # it began while another process had the account
                    if there != (cause in standing):
                        standing ^= {cause}
                        await self._tell(cause, there)

    def _take_over(self, standing: set[str]) -> None:
        """See to what began before this process was there to end it."""
        taken, self._taken = self._taken, set()
        for kind, _, about in (cause.partition("/") for cause in standing):
            if HOUSE in taken and self._belongs_to_nobody(kind, about):
                self.over(f"{kind}/{about}")
            elif kind == "limited" and about in self._held:
                self._slowness.setdefault(about, Slowness(self._clock.now()))

    def _belongs_to_nobody(self, kind: str, about: str) -> bool:
        """Whether it is of what is not configured any more. An account may be another process's."""
        if kind == "engine":
            return about not in self._engines
        return kind in _OF_AN_ACCOUNT and about not in self._accounts and isinstance(self._leases, Alone)

    async def _tell(self, cause: str, there: bool) -> None:
        kind = cause.partition("/")[0]
        _log.warning("hands are needed" if there else "hands are needed no more", kind=kind)
        event = Trouble(cause) if there else TroubleOver(cause)
        await self._writer.run(partial(_put, event=event))

    async def _look_now_and_then(self) -> None:
        while True:
            held = {account for account in (*self._accounts, HOUSE) if self._leases.has_taken(account)}
            self._taken |= held - self._held
            self._ends_disk |= bool(held - self._held)
            self._held = held
            with suppress(OSError):  # a disk that does not tell stops no bot
                self._look_at_disk(self._free())
            for account in self._slowness.keys() - held:
                del self._slowness[account]
            for account, slowness in self._slowness.items():
                if slowness.is_over(self._clock.now()):
                    self.over(f"limited/{account}")
            self._looked = True
            self._stirred.set()
            await self._clock.sleep(_LOOKS_EVERY)

    def _look_at_disk(self, free: int) -> None:
        if free < LOW:
            self._ends_disk = True
            self.begins("disk")
        elif free >= ENOUGH and self._ends_disk:
            self._ends_disk = False
            self.over("disk")


def _standing(tx: Transaction) -> set[str]:
    return {known.cause for known in tx.troubles.all()}


def _put(tx: Transaction, event: Trouble | TroubleOver) -> None:
    tx.inbox.put(event, lane=OPERATOR)
