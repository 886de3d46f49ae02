"""What a backup costs the units that run beside it: `python -m tests.benchmarks.backing_up [sqlite|postgresql]`."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import insert

from bot.backups import backup
from bot.backups.restoring import Target, restore
from bot.incoming import Batch, Raw
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate
from bot.store.database.writer import Writer
from bot.store.tables import chat, delivery, message
from bot.store.transaction import Transaction
from tests.databases import POLICY

MESSAGES = 300_000
WRITERS = 8
SECONDS = 5.0


def furnish(url: str) -> None:
    """As many messages as a busy house has in years."""
    engine = open_engine(url)
    migrate(engine)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        chats = [{"account": "a", "network_id": str(n), "kind": "private", "added_at": now} for n in range(1000)]
        connection.execute(insert(chat), chats)
        for start in range(0, MESSAGES, 10_000):
            ids = range(start + 1, start + 10_001)
            connection.execute(
                insert(message), [{"id": n, "content": f"{n} wonderful words ".encode() * 10} for n in ids]
            )
            rows = [
                {"account": "a", "chat_id": 1 + n % 1000, "kind": "say", "message_id": n, "priority": 3, "status": 2}
                | {"created_at": now, "done_at": now}
                for n in ids
            ]
            connection.execute(insert(delivery), rows)
    engine.dispose()


def arrives(tx: Transaction, number: str) -> None:
    tx.inbox.accept("a", Batch((Raw(number, "chat", b"x" * 300),), number))


async def latencies(url: str, until: asyncio.Event) -> list[float]:
    """Seconds that each unit took, from when it was handed in until it was durable."""
    engine = open_engine(url)
    numbers, taken = itertools.count(), list[float]()
    made = Writer(engine, lambda c: Transaction(c, POLICY, datetime.now(UTC), lambda: ""), lambda _: None)

    async def writes() -> None:
        while not until.is_set():
            number = f"{time.time_ns()}-{next(numbers)}"
            began = time.perf_counter()
            await made.run(partial(arrives, number=number))
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(0.005)

    try:
        await asyncio.gather(*(writes() for _ in range(WRITERS)))
    finally:
        await made.close()
        engine.dispose()
    return taken


def makes(url: str, folder: Path, number: int) -> None:
    backup.make(
        backup.Source(url, folder / "data"),
        folder / f"{number}.tar.gz",
        lambda: datetime.now(UTC),
        partial(os.nice, 10),
    )


async def beside_a_backup(url: str, folder: Path, number: int) -> tuple[list[float], float]:
    """The latencies while another process makes a backup, and how long that took."""
    until = asyncio.Event()
    writing = asyncio.create_task(latencies(url, until))
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    process = multiprocessing.get_context("spawn").Process(target=makes, args=(url, folder, number))
    process.start()
    await asyncio.to_thread(process.join)
    took = time.perf_counter() - began
    until.set()
    assert process.exitcode == 0
    return await writing, took


async def alone(url: str) -> list[float]:
    until = asyncio.Event()
    writing = asyncio.create_task(latencies(url, until))
    await asyncio.sleep(SECONDS)
    until.set()
    return await writing


def shown(name: str, taken: list[float]) -> str:
    cuts = statistics.quantiles(taken, n=100)
    return (
        f"{name}: {len(taken)} units, p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms, "
        f"longest {max(taken) * 1000:.0f} ms"
    )


def main(kind: str) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "data").mkdir()
        url = f"sqlite:///{folder}/data/schakel.db"
        if kind == "postgresql":
            from pgserver import postgres_server

            url = str(postgres_server.get_server(folder / "pg", cleanup_mode="stop").get_uri())
        furnish(url)
        for number in range(3):
            print(shown("alone", asyncio.run(alone(url))))  # noqa: T201
            taken, took = asyncio.run(beside_a_backup(url, folder, number))
            size = (folder / f"{number}.tar.gz").stat().st_size
            print(shown(f"beside a backup of {took:.1f} s ({size / 2**20:.0f} MB)", taken))  # noqa: T201
        began = time.perf_counter()
        (folder / "new").mkdir()
        to = Target(
            f"sqlite:///{folder}/new/schakel.db", folder / "new", "", POLICY, {}, lambda: datetime.now(UTC), lambda: "x"
        )
        restore(folder / "0.tar.gz", to, move_away=False)
        print(f"restored into SQLite in {time.perf_counter() - began:.1f} s")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "sqlite")
