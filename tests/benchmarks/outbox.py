"""Messages a second through the outbox, each with its own outcome on disk, beside job queues on the same database."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bot.store.transaction import Transaction
from tests.benchmarks.figures import Asked, Figure, in_turn
from tests.benchmarks.instant import Instant, chats, message, store
from tests.benchmarks.postgres import Server, server
from tests.benchmarks.runs import OURS, RIVALS, Measured, run

MESSAGES = 20_000
ORDERED_CHATS = 500
HERE = "tests.benchmarks.outbox"


def drain(url: str, folder: str, messages: int, chats_: int = 0) -> Measured:
    """Messages a second from the sender's start until the last outcome is durable.

    `chats_`: over how many the messages are spread beforehand; 0: that is done already.
    """
    return asyncio.run(_drain(url, Path(folder), messages, chats_))


async def _drain(url: str, folder: Path, messages: int, chats_: int) -> Measured:
    done = asyncio.Event()
    left = messages

    def sent(_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    async with store(url, folder) as opened:
        if chats_:
            await opened.writer.run(partial(_spread, messages=messages, chats_=chats_))
        sender = opened.sender(Instant(sent))
        began, cpu = time.perf_counter(), time.process_time()
        running = asyncio.create_task(sender.run())
        await done.wait()
        await sender.stop(10)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        await running
    return {"rate": messages / took, "cpu": cpu / messages * 1e6}


def fill(url: str, folder: str, messages: int, chats_: int) -> Measured:
    """The messages, to be drained from copies of the database."""
    asyncio.run(_fill(url, Path(folder), messages, chats_))
    return {}


async def _fill(url: str, folder: Path, messages: int, chats_: int) -> None:
    async with store(url, folder) as opened:
        await opened.writer.run(partial(_spread, messages=messages, chats_=chats_))


def _spread(tx: Transaction, messages: int, chats_: int) -> None:
    ids = chats(tx, chats_)
    for number in range(messages):
        tx.deliveries.add(message(ids[number % chats_], number))


def sqlite(runs: int) -> Iterator[Figure]:
    """Each message to a chat of its own, then many in the order of each chat, then all in one chat's."""
    fastest, many = 4, 64  # threads: tried from 1 to 64 on 2 cores; as many as we have in flight
    sides: dict[str, Callable[[], Measured]] = {
        "apart": partial(_ours, MESSAGES, MESSAGES),
        "ordered": partial(_ours, MESSAGES, ORDERED_CHATS),
        "huey": partial(_rival, "with_huey", MESSAGES, fastest),
        "huey 64": partial(_rival, "with_huey", MESSAGES, many),
        "persist-queue": partial(_rival, "with_persist_queue", MESSAGES, fastest),
        "persist-queue 64": partial(_rival, "with_persist_queue", MESSAGES, many),
    }
    rates = _rates(in_turn(runs, sides))
    for ours, shape in (("apart", "each to a chat of its own"), ("ordered", f"in order in each of {ORDERED_CHATS}")):
        for theirs, words, asked in (
            ("huey 64", "huey, 64 threads", 3),
            ("huey", f"huey, {fastest} threads", 3),
            ("persist-queue 64", "persist-queue, 64 threads", 10),
            ("persist-queue", f"persist-queue, {fastest} threads", 10),
        ):
            what = f"outbox on SQLite, {shape}; beside {words}"
            yield Figure(what, "/s", rates[ours], rates[theirs], Asked(asked))
    alone = 2_000
    rates = _rates(in_turn(runs, {"ours": partial(_ours, alone, 1), "huey": partial(_rival, "with_huey", alone, 1)}))
    yield Figure("outbox on SQLite, one at a time; beside huey, 1 thread", "/s", rates["ours"], rates["huey"])


def postgresql(runs: int) -> Iterator[Figure]:
    """As on SQLite. procrastinate gets fewer messages, which does it good: it looks through its queue for each."""
    fewer, alone, many = MESSAGES // 5, 500, 64
    with server() as postgres, ExitStack() as stack:
        apart, ordered, single = (
            stack.enter_context(_filled(postgres, messages, chats_))
            for messages, chats_ in ((MESSAGES, MESSAGES), (MESSAGES, ORDERED_CHATS), (alone, 1))
        )
        sides: dict[str, Callable[[], Measured]] = {
            "apart": partial(_ours_there, postgres, apart, MESSAGES),
            "without lock": partial(_procrastinate, postgres, fewer, many, 0),
            "ordered": partial(_ours_there, postgres, ordered, MESSAGES),
            "lock": partial(_procrastinate, postgres, fewer, many, ORDERED_CHATS),
        }
        rates = _rates(in_turn(runs, sides))
        what, beside = "outbox on PostgreSQL", f"beside procrastinate, {many} jobs at once"
        for ours, theirs, shape, words, asked in (
            ("apart", "without lock", "each to a chat of its own", beside, 10),
            ("ordered", "lock", f"in order in each of {ORDERED_CHATS}", f"{beside}, with `lock`", 15),
        ):
            yield Figure(f"{what}, {shape}; {words}", "/s", rates[ours], rates[theirs], Asked(asked))
        sides = {
            "ours": partial(_ours_there, postgres, single, alone),
            "theirs": partial(_procrastinate, postgres, alone, 1, 0),
        }
        rates = _rates(in_turn(runs, sides))
        yield Figure(f"{what}, one at a time; beside procrastinate", "/s", rates["ours"], rates["theirs"])


def _rates(measured: dict[str, list[Measured]]) -> dict[str, list[float]]:
    return {side: [one["rate"] for one in many] for side, many in measured.items()}


def _ours(messages: int, chats_: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        return run(
            OURS, f"{HERE}:drain", url=f"sqlite:///{folder}/bench.db", folder=folder, messages=messages, chats_=chats_
        )


def _rival(name: str, messages: int, workers: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        return run(RIVALS, f"tests.benchmarks.rivals.{name}:drain", folder=folder, messages=messages, workers=workers)


@contextmanager
def _filled(postgres: Server, messages: int, chats_: int) -> Iterator[str]:
    with postgres.database() as url, tempfile.TemporaryDirectory() as folder:
        run(OURS, f"{HERE}:fill", url=url, folder=folder, messages=messages, chats_=chats_)
        postgres.analyse(url)
        yield url


def _ours_there(postgres: Server, filled: str, messages: int) -> Measured:
    with postgres.copied(filled) as url, tempfile.TemporaryDirectory() as folder:
        return run(OURS, f"{HERE}:drain", url=url, folder=folder, messages=messages)


def _procrastinate(postgres: Server, messages: int, workers: int, chats_: int) -> Measured:
    name = "tests.benchmarks.rivals.with_procrastinate:drain"
    with postgres.database() as url:
        return run(RIVALS, name, url=url, messages=messages, workers=workers, chats=chats_)
