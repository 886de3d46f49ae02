"""A power cut replayed: what was acknowledged has to be there, whatever the disk had taken of what was not flushed.

    python -m tests.benchmarks.powercut [CUTS]

The real store works in a process whose writes to its folder are logged in order, with their bytes (`powercut.c`), and
so is the moment of each acknowledgement. For each cut, at a random place in that log, the files are made as a disk may
have them then: of what was written before the last flush of a file everything; of what was written since, any sectors,
each as it was after any of its writes; what lies beyond the old end may be garbage; names of which the folder was not
flushed may be there or not. The store has to open that, whole, with every unit that was acknowledged before the cut.

With synchronous=NORMAL or OFF the same must find losses; otherwise it could not fail.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import event

from bot.actions import Say
from bot.catalogue import Catalogue
from bot.content import Verbatim
from bot.incoming import Batch, Raw
from bot.model import Chat, ChatKind
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate
from bot.store.database.writer import Writer
from bot.store.outbox.claimed import Claimed, Receipted
from bot.store.outbox.claims import Claims
from bot.store.transaction import Transaction
from tests.benchmarks.preload import compiled
from tests.databases import POLICY
from tests.paper.adapter import LIKE_MATRIX

DATABASE = "schakel.db"
ACCOUNT = "paper"
ROUNDS = 40  # of each task
TASKS = 24
SEED = 7


# --- the load: the real store in a process of its own ----------------------------------------------------------------


class Load:
    """Units as the inbox and the outbox run them, side by side; each is acknowledged once it has returned."""

    def __init__(self, writer: Writer, acks: int, rounds: int) -> None:
        self.writer = writer
        self._acks = acks
        self._rounds = rounds
        self._catalogue = Catalogue(POLICY.languages)

    def acknowledged(self, what: str, *names: object) -> None:
        os.write(self._acks, "".join(f"{what} {name}\n" for name in names).encode())

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for task in range(TASKS):
                tasks.create_task(self._receives(task))
                tasks.create_task(self._says(task))
            tasks.create_task(self._sends())

    async def _receives(self, task: int) -> None:
        for number in range(self._rounds):
            name = f"{task}-{number}"
            await self.writer.run(partial(_accept, name=name))
            self.acknowledged("event", name)

    async def _says(self, task: int) -> None:
        for number in range(self._rounds):
            name = f"said-{task}-{number}"
            await self.writer.run(partial(_say, task=task, name=name))
            self.acknowledged("said", name)

    async def _sends(self) -> None:
        sent = 0
        while sent < TASKS * self._rounds:
            claimed = await self.writer.run(self._claim)
            self.acknowledged("claimed", *(one.id for one in claimed))
            await asyncio.gather(*(self._delivers(one) for one in claimed))
            sent += len(claimed)
            # What was erased is wiped: the log is cut to nothing, and now and then the whole file is rebuilt.
            await self.writer.run(partial(_stir, what="rebuild" if sent % 5 == 0 else "erased"))

    async def _delivers(self, one: Claimed) -> None:
        await self.writer.run(partial(self._record, one))
        self.acknowledged("sent", one.id)

    def _claim(self, tx: Transaction) -> list[Claimed]:
        return Claims(tx, ACCOUNT, LIKE_MATRIX, self._catalogue).claim(16, ())

    def _record(self, one: Claimed, tx: Transaction) -> None:
        receipts = [Receipted(one, part, f"net-{one.id}-{part.position}") for part in one.parts]
        Claims(tx, ACCOUNT, LIKE_MATRIX, self._catalogue).sent(receipts)


def _accept(tx: Transaction, name: str) -> None:
    tx.inbox.accept(ACCOUNT, Batch((Raw(name, "chat", os.urandom(200)),), name))


def _say(tx: Transaction, task: int, name: str) -> None:
    chat = tx.chats.known(Chat(ACCOUNT, f"chat {task}"), ChatKind.PRIVATE)
    tx.deliveries.add(Say(chat.id, (Verbatim(f"{name} {os.urandom(100).hex()}"),), "K1", name))


def _stir(tx: Transaction, what: str) -> None:
    tx.stirred.add(what)


async def work(folder: Path, acks: Path, synchronous: str, rounds: int) -> None:
    """What the watched process does."""
    engine = open_engine(f"sqlite:///{folder / DATABASE}")
    event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA synchronous={synchronous}"))
    migrate(engine)
    tokens = (f"TOKEN{number:07}" for number in itertools.count())
    writer = Writer(engine, lambda c: Transaction(c, POLICY, datetime.now(UTC), lambda: next(tokens)), lambda _: None)
    told = os.open(acks, os.O_WRONLY | os.O_CREAT, 0o600)
    await Load(writer, told, rounds).run()
    await writer.close()
    engine.dispose()


# --- the log ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that was asked of the disk, or acknowledged; `powercut.c` lists the kinds."""

    kind: str
    file: int
    offset: int
    data: bytes


_HEAD = struct.Struct("=cIQI")


def records(log: Path) -> Iterator[Record]:
    with log.open("rb") as file:
        while head := file.read(_HEAD.size):
            kind, number, offset, length = _HEAD.unpack(head)
            yield Record(kind.decode(), number, offset, file.read(length))


# --- the disk --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class File:
    """What is on the disk for sure, and what was asked since, in order; `begun` of that before the flush under way."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Record] = field(default_factory=list)
    begun: int = 0

    def flushed(self) -> None:
        for record in self.pending[: self.begun]:
            apply(self.durable, record)
        del self.pending[: self.begun]
        self.begun = 0


def apply(content: bytearray, record: Record) -> None:
    if record.kind == "T":
        _resize(content, record.offset)
    else:
        _resize(content, max(len(content), record.offset + len(record.data)))
        content[record.offset : record.offset + len(record.data)] = record.data


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


@dataclass(slots=True)
class Disk:
    """The files of the folder and their names, as far as each is on the disk."""

    files: dict[int, File] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    pending: list[Callable[[dict[str, int]], object]] = field(default_factory=list)
    begun: int = 0
    acknowledged: list[str] = field(default_factory=list)

    def take(self, record: Record) -> None:
        match record.kind:
            case "N" if record.offset or record.file not in self.files:
                self.files[record.file] = File()
                self.pending.append(partial(_named, name=record.data.decode(), file=record.file))
            case "W" | "T":
                self.files[record.file].pending.append(record)
            case "b":
                self.files[record.file].begun = len(self.files[record.file].pending)
            case "e":
                self.files[record.file].flushed()
            case "U":
                self.pending.append(partial(_unnamed, name=record.data.decode()))
            case "M":
                old, new = record.data.decode().split("\0")
                self.pending.append(partial(_renamed, old=old, new=new))
            case "D":
                self.begun = len(self.pending)
            case "d":
                for change in self.pending[: self.begun]:
                    change(self.names)
                del self.pending[: self.begun]
                self.begun = 0
            case "A":
                self.acknowledged += record.data.decode().splitlines()

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """The files as they may be found: a different choice each time."""
        names = dict(self.names)
        for change in self.pending:
            if chance.random() < 0.5:
                change(names)
        kept, sector = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0)), chance.choice((512, 4096))
        garbage = chance.random() < 0.5
        return {name: _torn(self.files[file], kept, sector, garbage, chance) for name, file in names.items()}

    def at_the_end(self) -> dict[str, bytes]:
        """The files with everything that was asked for."""
        names = dict(self.names)
        for change in self.pending:
            change(names)
        result = {}
        for name, file in names.items():
            content = bytearray(self.files[file].durable)
            for record in self.files[file].pending:
                apply(content, record)
            result[name] = bytes(content)
        return result


def _named(names: dict[str, int], name: str, file: int) -> None:
    names[name] = file


def _unnamed(names: dict[str, int], name: str) -> None:
    names.pop(name, None)


def _renamed(names: dict[str, int], old: str, new: str) -> None:
    if old in names:
        names[new] = names.pop(old)


def _torn(file: File, kept: float, sector: int, garbage: bool, chance: random.Random) -> bytes:
    """What was flushed, with a part of what was not: single sectors, and the size from any moment."""
    content = bytearray(file.durable)
    for record in file.pending:
        if record.kind == "T":
            if chance.random() < kept:
                apply(content, record)
            continue
        end = record.offset + len(record.data)
        start = record.offset
        while start < end:
            until = min(end, (start // sector + 1) * sector)
            if chance.random() < kept:
                apply(content, Record("W", 0, start, record.data[start - record.offset : until - record.offset]))
            elif garbage and until > len(content) and chance.random() < kept:
                apply(content, Record("W", 0, start, chance.randbytes(until - start)))  # room was made, no more
            start = until
    return bytes(content)


# --- cutting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """`units` were acknowledged before a cut, counted at each; so many were lost, and so many databases broken."""

    cuts: int
    units: int
    lost: int
    broken: int


def logged(folder: Path, synchronous: str, rounds: int) -> Path:
    """Have the store work, watched; the log of it."""
    data, acks, log = folder / "data", folder / "acks", folder / "log"
    data.mkdir()
    watched = {"POWERCUT_FOLDER": str(data), "POWERCUT_ACKS": str(acks), "POWERCUT_LOG": str(log)}
    subprocess.run(
        [sys.executable, "-m", __spec__.name, "work", data, acks, synchronous, str(rounds)],
        env=os.environ | watched | {"LD_PRELOAD": str(compiled("powercut", folder))},
        check=True,
    )
    return log


def cut(folder: Path, cuts: int, synchronous: str, rounds: int = ROUNDS) -> Found:
    """Cut the power so many times at random moments of one run. Raises AssertionError where the log has a gap."""
    log = list(records(logged(folder, synchronous, rounds)))
    chance = random.Random(SEED)
    first = next(place for place, record in enumerate(log) if record.kind == "A")
    moments = sorted(chance.sample(range(first + 1, len(log)), cuts))
    disk, place, units, lost, broken = Disk(), 0, 0, 0, 0
    for moment in moments:
        while place < moment:
            disk.take(log[place])
            place += 1
        missing = _missing(folder, disk, chance)
        units += len(disk.acknowledged)
        lost += len(disk.acknowledged) if missing is None else missing
        broken += missing is None
    for record in log[place:]:
        disk.take(record)
    assert disk.at_the_end() == _files(folder / "data"), "the log is not all that was done"
    return Found(cuts, units, lost, broken)


def _missing(folder: Path, disk: Disk, chance: random.Random) -> int | None:
    """How many acknowledged units are not there any more; None: the database is broken."""
    found = folder / "found"
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir()
    for name, content in disk.after_a_cut(chance).items():
        (found / name).write_bytes(chance.randbytes(32768) if name.endswith("-shm") else content)
    try:
        there = _units(found / DATABASE)
    except sqlite3.DatabaseError:
        return None
    return len(set(disk.acknowledged) - there)


def _units(database: Path) -> set[str]:
    """Every unit whose work is in the database, opened as the bot does. Raises sqlite3.DatabaseError."""
    engine = open_engine(f"sqlite:///{database}")
    try:
        with closing(engine.raw_connection()) as connection:
            ask = connection.cursor().execute
            if ask("PRAGMA integrity_check").fetchall() != [("ok",)] or ask("PRAGMA foreign_key_check").fetchone():
                raise sqlite3.DatabaseError
            units = {f"event {name}" for (name,) in ask("SELECT event FROM inbox")}
            units |= {f"said {name}" for (name,) in ask("SELECT name FROM delivery")}
            units |= {f"claimed {id}" for (id,) in ask("SELECT id FROM delivery WHERE attempts > 0")}
            arrived = (
                "SELECT id FROM delivery d WHERE status = 2 AND EXISTS (SELECT 1 FROM copy WHERE delivery_id = d.id)"
            )
            return units | {f"sent {id}" for (id,) in ask(arrived)}
    finally:
        engine.dispose()


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def shown(synchronous: str, found: Found) -> str:
    how = "" if synchronous == "FULL" else f", with synchronous={synchronous}"
    return (
        f"A power cut replayed from a log of writes ({found.cuts} cuts{how}): {found.lost} acknowledged lost, of "
        f"{found.units}; {found.broken} databases broken"
    )


def main(cuts: int) -> int:
    """The figure, and two that have to be worse; 1 where that is not so."""
    found = {}
    for synchronous in ("FULL", "NORMAL", "OFF"):
        with tempfile.TemporaryDirectory(prefix="schakel-powercut-") as folder:
            found[synchronous] = cut(Path(folder), cuts, synchronous)
        print(shown(synchronous, found[synchronous]))  # noqa: T201 (the figures are its answer)
    well = not found["FULL"].lost and not found["FULL"].broken
    return 0 if well and found["NORMAL"].lost and found["OFF"].lost else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        asyncio.run(work(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
