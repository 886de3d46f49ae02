"""The running bot as it is seen from outside: whether it works, whether it is connected, and its numbers."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.app import App
from bot.operation.measuring import Numbers, Queues
from bot.store.outbox.queues import queues
from bot.store.tables import account
from bot.store.transaction import Transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_FRESH = timedelta(seconds=5)
"""So long a look at the queues is good enough: with a hundred thousand waiting it takes a tenth of a second."""


FULL = 16 * 2**20
"""Bytes: with less, the next message may be one too many."""


class Watch:
    """Use as an async context manager while the bot runs. Nothing that it tells names a chat or a person."""

    def __init__(self, app: App, reader: AsyncEngine, within: float = 5.0) -> None:
        """`reader` looks into the queues; `within`: the seconds in which the writer has to have done something, and the
        reader to have read."""
        self._app = app
        self._reader = reader
        self._within = within
        self._proof: asyncio.Task[dict[str, str]] | None = None
        self._looking: asyncio.Task[Queues | None] | None = None
        self._looked_at: datetime | None = None

    async def __aenter__(self) -> Watch:
        return self

    async def __aexit__(self, *error: object) -> None:
        tasks = [task for task in (self._proof, self._looking) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def health(self) -> Mapping[str, str]:
        """What is wrong, by part; empty: the process lives and what it is told is stored."""
        return self._disk_health() | await self._writer_health()

    def _disk_health(self) -> dict[str, str]:
        free = self._free()
        if free is None:
            return {"disk": "the data folder cannot be found"}
        return {"disk": "the disk is full"} if free < FULL else {}

    async def _writer_health(self) -> dict[str, str]:
        if self._proof is None or self._proof.done():  # a second look while the first one waits asks for nothing more
            self._proof = asyncio.create_task(self._proves(), name="proof")
        proof = self._proof
        await asyncio.wait((proof,), timeout=self._within)
        if not proof.done():
            return {"writer": f"has stored nothing for {self._within:.0f} seconds"}
        return proof.result()

    async def _proves(self) -> dict[str, str]:
        try:
            await self._app.unit(_something_written)
        except Exception as error:  # whatever it is, nothing is stored
            return {"writer": _said(error)}
        return {}

    def connected(self) -> Mapping[str, str | None]:
        """By account: None, or what is wrong with its line to the network; what another process serves is well."""
        services, leases = self._app.services, self._app.leases
        elsewhere = None if leases.knows() else "the database that tells who serves it cannot be used"
        return {one.name: one.line.fault if leases.holds(one.name) else elsewhere for one in services}

    async def numbers(self) -> Numbers:
        parts = self._app.parts
        free = self._free() or 0
        return Numbers(self._app.measures, self.connected(), await self._look(), free, parts.clock.now())

    def _free(self) -> int | None:
        """None: there is no such folder, or it cannot be looked at."""
        try:
            return self._app.parts.free(self._app.parts.data_dir)
        except OSError:
            return None

    async def _look(self) -> Queues | None:
        """None where the database cannot be read, or says nothing: the other numbers are there all the same."""
        now = self._app.parts.clock.now()
        fresh = self._looked_at is not None and timedelta() <= now - self._looked_at < _FRESH
        if self._looking is None or (self._looking.done() and not fresh):  # one that waits is waited for
            self._looking = asyncio.create_task(self._reads(now), name="look")
            self._looked_at = now
        looking = self._looking
        await asyncio.wait((looking,), timeout=self._within)
        return looking.result() if looking.done() else None

    async def _reads(self, now: datetime) -> Queues | None:
        failed_since = now - timedelta(days=self._app.policy.delete_after_days)
        try:
            async with self._reader.connect() as connection:
                return await queues(connection, failed_since)
        except (SQLAlchemyError, OSError):
            return None


def _something_written(tx: Transaction) -> None:
    """Reading would go well on a full disk, too."""
    tx.connection.execute(update(account).values(error=account.c.error))


def _said(error: BaseException) -> str:
    return "the disk is full" if is_disk_full(error) else f"cannot store anything ({type(error).__name__})"


def is_disk_full(error: BaseException) -> bool:
    """Whether this is how the database, or the system, says that there is no room left, also to several at once."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_disk_full(inner) for inner in error.exceptions)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, OSError):
        return cause.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == "53100"
