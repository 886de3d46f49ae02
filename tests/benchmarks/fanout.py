"""One notice to many groups: how fast it is written down, and how long everybody else's commits wait meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bot.actions import Publish
from bot.content import Verbatim
from bot.domain.chats import Pairing
from bot.inbox import Worker
from bot.incoming import Batch, Raw
from bot.model import ChatKind
from bot.ports import Deliver
from bot.store.database.writer import Writer
from bot.store.transaction import Transaction
from tests.benchmarks.figures import Asked, Figure, in_turn
from tests.benchmarks.instant import ACCOUNT, chats, store
from tests.benchmarks.postgres import server
from tests.benchmarks.runs import OURS, ROOT, Measured, run

GROUPS = 10_000
NOTICES = 20
QUIET = 4.0  # seconds
EVERY = 0.005  # seconds between live commits
HERE = "tests.benchmarks.fanout"
LANGUAGE = "fr"


def figures(runs: int) -> Iterator[Figure]:
    yield from _on("SQLite", runs, _file)
    with server() as postgres:
        yield from _on("PostgreSQL", runs, postgres.database)


def _on(engine: str, runs: int, database: Callable[[], AbstractContextManager[str]]) -> Iterator[Figure]:
    done = in_turn(runs, {side: partial(_run, side, database) for side in ("ours", "executemany")})
    what = f"one notice to {GROUPS:,} groups on {engine}"
    ours, theirs = _all(done["ours"], "rate"), _all(done["executemany"], "rate")
    yield Figure(f"{what}; beside whole messages with executemany", "groups/s", ours, theirs, Asked(5))
    meanwhile, quiet = _all(done["ours"], "meanwhile", 1e3), _all(done["ours"], "quiet", 1e3)
    bound = Asked(5, at_most=True)
    yield Figure(f"{what}: p99 of other commits meanwhile; beside their quiet p99", "ms", meanwhile, quiet, bound)


def _all(measured: Sequence[Measured], name: str, times: float = 1) -> list[float]:
    return [one[name] * times for one in measured]


def notice() -> str:
    """What an organisation writes: a few sentences."""
    lines = (ROOT / "tests" / "samples" / "notices.jsonl").read_text().splitlines()
    return "\n\n".join(json.loads(line)[LANGUAGE] for line in lines[:4])


# --- ours ----------------------------------------------------------------------------------------------------------


def ours(url: str, folder: str) -> Measured:
    """Groups a second for which a notice is written down, and the p99 in seconds of commits before and meanwhile."""
    return asyncio.run(_ours(url, Path(folder)))


async def _ours(url: str, folder: Path) -> Measured:
    numbers = itertools.count(1)
    async with store(url, folder) as opened:
        organisation = await opened.writer.run(_groups)

        async def publish() -> float:
            began = time.perf_counter()
            await opened.writer.run(partial(_publish, organisation=organisation, number=next(numbers)))
            while await opened.writer.run(lambda tx: tx.broadcasts.go_on(), alone=True):
                pass  # piece by piece, as the broadcasts' worker does
            return time.perf_counter() - began

        await publish()  # the first one compiles the statements
        alone = [await publish() for _ in range(NOTICES)]
        live = Live(opened.writer)
        async with asyncio.timeout(300):
            quiet = await live.until(asyncio.create_task(asyncio.sleep(QUIET)))
            meanwhile: list[float] = []
            for _ in range(NOTICES):
                meanwhile += await live.until(asyncio.create_task(publish()))
    return {"rate": GROUPS / statistics.median(alone), "quiet": p99(quiet), "meanwhile": p99(meanwhile)}


def _groups(tx: Transaction) -> int:
    organisation = tx.chats.organisation_named("Centre").id
    for id in chats(tx, GROUPS, ChatKind.GROUP):
        tx.chats.pair(id, Pairing("group", organisation, LANGUAGE))
    return organisation


def _publish(tx: Transaction, organisation: int, number: int) -> None:
    tx.broadcasts.publish(Publish(organisation, LANGUAGE, (Verbatim(notice()),), f"N{number}"))


class Live:
    """Messages that arrive at their own pace, whatever the store has to do, each kept by itself."""

    def __init__(self, writer: Writer) -> None:
        self._numbers = itertools.count(1)
        self._deliver: Deliver = Worker(writer, {}, lambda event, tx: (), _not_handled, asyncio.sleep).accept(ACCOUNT)

    async def until(self, done: asyncio.Task[Any]) -> list[float]:
        """Seconds until each of those that arrive before `done` is durable; it returns when all are."""
        arriving: list[asyncio.Task[float]] = []
        at = time.perf_counter()
        while not done.done():
            arriving.append(asyncio.create_task(self._arrives(at)))
            at += EVERY
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
        return list(await asyncio.gather(*arriving))

    async def _arrives(self, at: float) -> float:
        """`at`: when it should have begun."""
        number = next(self._numbers)
        raw = Raw(str(number), f"chat-{number % 64}", f"message number {number}".encode())
        await self._deliver(Batch((raw,), str(number)))
        return time.perf_counter() - at


def p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def _not_handled(account: str, error: Exception) -> None:
    raise AssertionError(account) from error


# --- whole messages ------------------------------------------------------------------------------------------------

_TABLE = """CREATE TABLE outgoing (id {id} PRIMARY KEY, account text NOT NULL, chat_id bigint NOT NULL,
    subject text NOT NULL, language text NOT NULL, priority int NOT NULL, status int NOT NULL,
    created_at bigint NOT NULL, body text NOT NULL)"""
_INDEXES = (
    "CREATE INDEX outgoing_ready ON outgoing (account, priority, id) WHERE status = 0",
    "CREATE UNIQUE INDEX outgoing_once ON outgoing (chat_id, subject)",
)
_INSERT = (
    "INSERT INTO outgoing (account, chat_id, subject, language, priority, status, created_at, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def executemany(url: str, folder: str) -> Measured:
    """Groups a second with a whole message for each, in a table with as few indexes as an outbox can have."""
    took = _into_sqlite(Path(folder)) if url.startswith("sqlite") else _into_postgresql(url)
    return {"rate": GROUPS / statistics.median(took[1:])}


def _into_sqlite(folder: Path) -> list[float]:
    with closing(sqlite3.connect(folder / "whole.db", isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        connection.execute(_TABLE.format(id="INTEGER"))
        for index in _INDEXES:
            connection.execute(index)
        took = []
        for number in range(NOTICES + 1):
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, _messages(number))
            connection.execute("COMMIT")
            took.append(time.perf_counter() - began)
    return took


def _into_postgresql(url: str) -> list[float]:
    with psycopg.connect(url) as connection:
        connection.execute(_TABLE.format(id="bigint GENERATED BY DEFAULT AS IDENTITY").encode())
        for index in _INDEXES:
            connection.execute(index.encode())
        connection.commit()
        took = []
        insert = _INSERT.replace("?", "%s").encode()
        for number in range(NOTICES + 1):
            began = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(insert, _messages(number))
            took.append(time.perf_counter() - began)
    return took


def _messages(number: int) -> list[tuple[object, ...]]:
    body, now = notice(), time.time_ns() // 1000
    return [(ACCOUNT, group, f"N{number}", LANGUAGE, 3, 0, now, body) for group in range(GROUPS)]


# --- both ----------------------------------------------------------------------------------------------------------


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/bench.db"


def _run(side: str, database: Callable[[], AbstractContextManager[str]]) -> Measured:
    with database() as url, tempfile.TemporaryDirectory() as folder:
        return run(OURS, f"{HERE}:{side}", url=url, folder=folder)
