"""Which accounts this process serves: all where it is alone with its database, else those whose lease it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.store.database import leases
from bot.store.database.leases import LeaseBook

HOUSE = ""
"""The lease of what belongs to no account: internal events, timers, translations."""

LASTS = timedelta(seconds=6)
_TURN = 1.0  # seconds between looks at the book
_CLOCKS_AGREE = timedelta(seconds=5)  # what was put off by one machine's clock is due by that of whoever takes over
_MARGIN = 1.0  # seconds by which this process stops before another may begin

_log = structlog.get_logger()


class Leases(Protocol):
    def holds(self, account: str) -> bool:
        """Whether this process may act for the account now. Costs nothing."""

    def has_taken(self, account: str) -> bool:
        """Whether this process has taken it, and has not heard of its loss: who acts for it has to be surer."""

    def knows(self) -> bool:
        """Whether it is known what this process may do; where the database cannot be asked, nothing is."""

    async def until_held(self, account: str) -> None: ...

    async def until_lost(self, account: str) -> None: ...

    async def until_known(self, account: str) -> None:
        """Until it is held, or it is known that another process holds it."""

    def doubt(self, account: str) -> None:
        """Its writing was refused: `until_held` does not count it as held before it has been looked at again."""

    async def run(self) -> None:
        """Keep and take leases until cancelled. Raises Newer where a later version is at work on the database."""

    async def give_back(self) -> None: ...


class Alone:
    """One process, which serves everything: SQLite, whose file is locked against a second one."""

    def holds(self, account: str) -> bool:
        return True

    def has_taken(self, account: str) -> bool:
        return True

    def knows(self) -> bool:
        return True

    async def until_held(self, account: str) -> None:
        pass

    async def until_known(self, account: str) -> None:
        pass

    async def until_lost(self, account: str) -> None:
        await asyncio.Event().wait()

    def doubt(self, account: str) -> None:
        pass

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def give_back(self) -> None:
        pass


class Shared:
    """Several processes on one database; each account is served by one of them, and the others stand by."""

    def __init__(self, book: LeaseBook, accounts: Collection[str], clock: Clock) -> None:
        self._book = book
        self._accounts = frozenset(accounts) | {HOUSE}
        self._clock = clock
        self._epochs: dict[str, int] = {}
        self._until = 0.0  # by our steady clock: what is held is surely held until then, and what is not is another's
        self._held = {account: asyncio.Event() for account in self._accounts}  # and not doubted
        self._lost = {account: asyncio.Event() for account in self._accounts}
        self._known = asyncio.Event()

    def holds(self, account: str) -> bool:
        return self.has_taken(account) and self.knows()

    def has_taken(self, account: str) -> bool:
        return account in self._epochs

    def knows(self) -> bool:
        return self._clock.steady() < self._until

    async def until_held(self, account: str) -> None:
        await self._held[account].wait()

    async def until_lost(self, account: str) -> None:
        await self._lost[account].wait()

    async def until_known(self, account: str) -> None:
        await self._known.wait()

    def doubt(self, account: str) -> None:
        self._held[account].clear()
        _log.warning("what it wanted to write was refused", account=account or "house")

    def fence(self, connection: Connection, accounts: frozenset[str]) -> frozenset[str]:
        """For the writer, in its thread: the accounts that are another process's now."""
        return leases.lost(connection, accounts, self._epochs)

    async def run(self) -> None:
        while True:
            await self._turn()
            await self._clock.sleep(_TURN)

    async def _turn(self) -> None:
        asked = self._clock.steady()
        held = dict(self._epochs)
        doubted = {account for account in held if not self._held[account].is_set()}
        try:
            kept = await asyncio.to_thread(self._book.renew, held)
            got = await asyncio.to_thread(self._book.take, self._accounts - kept)
            if got:
                await self._compare_clocks()
        except DBAPIError:  # the database is away: what is held ends by itself
            if self._clock.steady() < self._until:
                return
            kept, got = set(), {}
        else:
            self._until = asked + LASTS.total_seconds() - _MARGIN
        for account in held.keys() - kept:
            self._lose(account)
        for account in doubted & kept:
            self._held[account].set()
        for account, epoch in got.items():
            self._epochs[account] = epoch
            self._lost[account].clear()
            self._held[account].set()
            _log.info("serving", account=account or "house")
        self._known.set()

    async def _compare_clocks(self) -> None:
        ahead = await asyncio.to_thread(self._book.ahead, self._clock.now)
        if abs(ahead) > _CLOCKS_AGREE:
            _log.error("this machine's clock is not the database's: set both right", seconds=ahead.total_seconds())

    def _lose(self, account: str) -> None:
        del self._epochs[account]
        self._held[account].clear()
        self._lost[account].set()
        _log.warning("another process may serve it now", account=account or "house")

    async def give_back(self) -> None:
        held, self._epochs = self._epochs, {}
        with suppress(DBAPIError):  # they end by themselves
            await asyncio.to_thread(self._book.give_back, held)
