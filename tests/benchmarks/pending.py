"""How soon the first message goes out after a start with very much to send, beside a start with that message alone."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from adapters.telegram import TelegramAdapter
from bot.actions import Publish
from bot.app import App, Parts
from bot.content import Verbatim
from bot.domain.chats import Pairing
from bot.model import ChatKind
from bot.outgoing import Outgoing
from bot.store.transaction import Transaction
from tests.benchmarks.figures import Asked, Figure, in_turn
from tests.benchmarks.instant import ACCOUNT, Instant, chats, store
from tests.benchmarks.postgres import server
from tests.benchmarks.runs import OURS, Measured, run
from tests.databases import POLICY

GROUPS = 10_000
NOTICES = 10  # to each of them
PENDING = GROUPS * NOTICES
HERE = "tests.benchmarks.pending"
LANGUAGE = "fr"

Copy = Callable[[], AbstractContextManager[str]]
"""Each call is a context that gives the address of a fresh copy of a database."""


def figures(runs: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("much.db", "little.db")]
        much, little = (partial(_copied, file) for file in files)
        for file, notices in zip(files, (NOTICES, 0), strict=True):
            asyncio.run(_fill(f"sqlite:///{file}", notices))
        yield from _on("SQLite", runs, much, little)
    with server() as postgres, postgres.database() as full, postgres.database() as empty:
        for url, notices in ((full, NOTICES), (empty, 0)):
            asyncio.run(_fill(url, notices))
        yield from _on("PostgreSQL", runs, partial(postgres.copied, full), partial(postgres.copied, empty))


def _on(engine: str, runs: int, much: Copy, little: Copy) -> Iterator[Figure]:
    done = in_turn(runs, {"much": partial(_run, much), "little": partial(_run, little)})
    for name, since in (("run", "the start of App.run"), ("opening", "the opening of the database")):
        ours, theirs = ([one[name] * 1e3 for one in done[side]] for side in ("much", "little"))
        what = f"from {since} to the first send with {PENDING:,} pending on {engine}; beside one pending"
        yield Figure(what, "ms", ours, theirs, Asked(1.2, at_most=True) if name == "run" else None)


async def _fill(url: str, notices: int) -> None:
    """One group with one notice to be sent, and very many with so many."""

    def unit(tx: Transaction) -> None:
        first, *rest = chats(tx, GROUPS + 1, ChatKind.GROUP)
        alone, centre = (tx.chats.organisation_named(name).id for name in ("Alone", "Centre"))
        tx.chats.pair(first, Pairing("group", alone, LANGUAGE))
        for id in rest:
            tx.chats.pair(id, Pairing("group", centre, LANGUAGE))
        tx.broadcasts.publish(Publish(alone, LANGUAGE, (Verbatim("the first"),), "N1"))
        while tx.broadcasts.go_on():
            pass  # all of its pieces
        for number in range(notices):
            tx.broadcasts.publish(Publish(centre, LANGUAGE, (Verbatim(f"number {number}"),), f"N{number + 2}"))
            while tx.broadcasts.go_on():
                pass  # all of its pieces

    with tempfile.TemporaryDirectory() as folder:
        async with store(url, Path(folder)) as opened:
            await opened.writer.run(unit)


@contextmanager
def _copied(file: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(file, folder)
        os.sync()  # else the bot's first commits wait until the disk has the copy
        yield f"sqlite:///{copy}"


def _run(copy: Copy) -> Measured:
    with copy() as url, tempfile.TemporaryDirectory() as folder:
        return run(OURS, f"{HERE}:first_send", url=url, folder=folder)


def first_send(url: str, folder: str) -> Measured:
    """Seconds until the first message is handed to the network."""
    return asyncio.run(_first_send(url, Path(folder)))


async def _first_send(url: str, folder: Path) -> Measured:
    first: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def sent(_: Outgoing) -> None:
        if not first.done():
            first.set_result(time.perf_counter())

    parts = Parts(
        url=url,
        data_dir=folder,
        policy=POLICY,
        adapters={ACCOUNT: Instant(sent, TelegramAdapter.limits)},
        engines={"notice": (), "conversation": ()},
        handle=lambda event, tx: (),
    )
    opening = time.perf_counter()
    async with App(parts) as app:
        began = time.perf_counter()
        serving = asyncio.create_task(app.run())
        at = await first
        app.stop()
        await serving
    return {"run": at - began, "opening": at - opening}
