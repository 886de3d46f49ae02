"""Durable commits of what arrives, with many chats busy, beside transactions of aiosqlite; and what SQLAlchemy costs.

All sides run the statements that the store itself runs: they are taken down while it accepts one event.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import sqlite3
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import Connection

from bot.app import SystemClock, random_token
from bot.inbox import Worker
from bot.incoming import Batch, Raw
from bot.store.database import prepared
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate
from bot.store.transaction import Transaction
from tests.benchmarks.figures import Asked, Figure, all_of, in_turn
from tests.benchmarks.instant import ACCOUNT, store
from tests.benchmarks.runs import OURS, Measured, run
from tests.databases import POLICY

BUSY = 64  # chats, each with one event after the other
EVENTS = 12_800
GROUP = 64  # as many in one commit as the store's writer takes
HERE = "tests.benchmarks.inbound"
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "secure_delete=ON")


def figures(runs: int) -> Iterator[Figure]:
    done = in_turn(runs, {side: partial(_run, side) for side in ("ours", "with_aiosqlite", "with_sqlite3")})
    rates = {side: all_of(measured, "rate") for side, measured in done.items()}
    what = f"durable commits of what arrives, {BUSY} chats busy"
    yield Figure(f"{what}; beside transactions of aiosqlite", "/s", rates["ours"], rates["with_aiosqlite"], Asked(8))
    yield Figure(f"{what}; beside raw sqlite3 in a writer of the same kind", "/s", rates["ours"], rates["with_sqlite3"])
    cpu = {side: all_of(measured, "cpu") for side, measured in done.items()}
    yield Figure(f"{what}: CPU of one; beside raw sqlite3", "µs", cpu["ours"], cpu["with_sqlite3"])


def _run(side: str) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        return run(OURS, f"{HERE}:{side}", folder=folder)


def batch(chat: str, number: int) -> Batch:
    body = f'{{"chat": "{chat}", "text": "message number {number}"}}'.encode()
    return Batch((Raw(f"event {number}", chat, body),), str(number))


async def _busy(accept: Callable[[Batch], Awaitable[None]]) -> Measured:
    """Each chat hands over its next event once the last one is durable."""
    numbers = itertools.count()

    async def chat(name: str) -> None:
        for _ in range(EVENTS // BUSY):
            await accept(batch(name, next(numbers)))

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(chat(f"chat {number}") for number in range(BUSY)))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"rate": EVENTS / took, "cpu": cpu / EVENTS * 1e6}


# --- ours ----------------------------------------------------------------------------------------------------------


def ours(folder: str) -> Measured:
    return asyncio.run(_ours(Path(folder)))


async def _ours(folder: Path) -> Measured:
    async with store(f"sqlite:///{folder}/bench.db", folder) as opened:
        worker = Worker(opened.writer, {}, lambda event, tx: [], lambda account, error: None, asyncio.sleep)
        return await _busy(worker.accept(ACCOUNT))


# --- the same statements without the store -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statements:
    """What the store runs to keep a batch: words, and values to be replaced by a batch's own."""

    taken: tuple[tuple[str, tuple[Any, ...]], ...]
    stand_ins: tuple[Any, ...]

    def of(self, arrived: Batch) -> Iterator[tuple[str, tuple[Any, ...]]]:
        values = dict(zip(self.stand_ins, _values(arrived), strict=True))
        for words, given in self.taken:
            yield words, tuple(values.get(value, value) for value in given)


def _values(arrived: Batch) -> tuple[Any, ...]:
    raw = arrived.events[0]
    return raw.id, f"{ACCOUNT}:{raw.chat}", raw.body, arrived.cursor


def taken_down(folder: Path) -> Statements:
    """The statements, from a store of its own, whose migrated file is left for others."""
    engine = open_engine(f"sqlite:///{folder}/bench.db")
    migrate(engine)
    taken: list[tuple[str, tuple[Any, ...]]] = []

    def take(connection: Connection, sql: str, values: Any, many: bool = False) -> Any:
        taken.append((sql, tuple(values[0] if many else values)))
        return execute(connection, sql, values, many)

    arrived = batch("a chat", 1_000_000)
    with engine.connect() as connection:
        began = connection.begin()
        execute, prepared.execute = prepared.execute, take
        Transaction(connection, POLICY, SystemClock().now(), random_token).inbox.accept(ACCOUNT, arrived)
        prepared.execute = execute
        began.rollback()
    engine.dispose()
    return Statements(tuple(taken), _values(arrived))


def with_aiosqlite(folder: str) -> Measured:
    """Each event in a transaction of its own; they take turns on the one connection that writes."""
    return asyncio.run(_with_aiosqlite(Path(folder)))


async def _with_aiosqlite(folder: Path) -> Measured:
    statements = taken_down(folder)
    turn = asyncio.Lock()
    async with aiosqlite.connect(folder / "bench.db", isolation_level=None) as connection:
        for pragma in _PRAGMAS:
            await connection.execute(f"PRAGMA {pragma}")

        async def accept(arrived: Batch) -> None:
            async with turn:
                await connection.execute("BEGIN IMMEDIATE")
                for words, given in statements.of(arrived):
                    await connection.execute(words, given)
                await connection.execute("COMMIT")

        return await _busy(accept)


def with_sqlite3(folder: str) -> Measured:
    """A thread that runs what is waiting in one commit, as the store's writer does, with nothing above sqlite3."""
    return asyncio.run(_with_sqlite3(Path(folder)))


async def _with_sqlite3(folder: Path) -> Measured:
    writer = RawWriter(folder / "bench.db", taken_down(folder))
    measured = await _busy(writer.accept)
    await asyncio.to_thread(writer.close)
    return measured


Waiting = tuple[Batch, "asyncio.Future[None]"]


class RawWriter:
    def __init__(self, path: Path, statements: Statements) -> None:
        self._path = path
        self._statements = statements
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    async def accept(self, arrived: Batch) -> None:
        future = self._loop.create_future()
        self._queue.put((arrived, future))
        await future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        while (first := self._queue.get()) is not None:
            group = [first]
            while len(group) < GROUP and not self._queue.empty():
                following = self._queue.get()
                assert following is not None  # it is closed after everybody has been answered
                group.append(following)
            self._commit(connection, group)
        connection.close()

    def _commit(self, connection: sqlite3.Connection, group: list[Waiting]) -> None:
        """The rows in one call, and the cursor once, as the store does it."""
        connection.execute("BEGIN IMMEDIATE")
        each = [list(self._statements.of(arrived)) for arrived, _ in group]
        for place, (words, given) in enumerate(each[-1]):
            if place == 0:
                connection.executemany(words, [statements[0][1] for statements in each])
            else:
                connection.execute(words, given)
        connection.execute("COMMIT")
        self._loop.call_soon_threadsafe(_tell, group)


def _tell(group: list[Waiting]) -> None:
    for _, future in group:
        future.set_result(None)
