"""Two places for one house: where its backup is made, and where it is put back."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, LargeBinary, String, Table, insert, select

from bot.backups import backup
from bot.backups.archive import ACCOUNTS
from bot.backups.backup import Source
from bot.backups.restored import Restored
from bot.backups.restoring import Target, restore
from bot.ports import PutBack
from bot.store.tables import Instant, metadata
from bot.store.transaction import Transaction
from tests.databases import POLICY, Ticking, database_of, transaction
from tests.paper.adapter import PaperAdapter, PaperSettings

ACCOUNT = "paper"
PLACE, NEW_PLACE = "here", "there"  # what the store calls the two data folders
_tokens = itertools.count(1)
_postgres = pytest.mark.postgres


class Returning(PaperAdapter):
    """A network to which one comes back with another pen."""

    def put_back(self, folder: Path | None, state: bytes | None) -> PutBack:
        if folder is not None and (folder / "pen").exists():
            (folder / "pen").rename(folder / "old pen")
        told = ("Paper tells everything twice.",)
        return PutBack(b"new pen" if folder is not None else state, told, tells_again=True)


class House:
    """A database and a data folder with a backup to be made of them, and others into which it is put back."""

    def __init__(self, folder: Path, url: str, target: str) -> None:
        self.url, self.target = url, target
        self.data, self.new = folder / "data", folder / "new"
        self.clock = Ticking()
        self.file = folder / "stick" / "house.tar.gz"
        self.file.parent.mkdir()

    @property
    def folder(self) -> Path:
        """The account's, where the backup is made."""
        path = self.data / ACCOUNTS / ACCOUNT
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    @property
    def there(self) -> Target:
        """Where it is put back."""
        adapters = {ACCOUNT: Returning(ACCOUNT, PaperSettings())}
        return Target(
            self.target, self.new, NEW_PLACE, POLICY, adapters, self.clock.now, lambda: f"TOKEN{next(_tokens)}"
        )

    def writes(self, name: str) -> None:
        """Something for the backup to have: an organisation, and the account's state."""
        with transaction(self.url, clock=self.clock) as tx:
            tx.chats.organisation_named(name)
            tx.accounts.get(ACCOUNT)
            tx.accounts.keep_state(ACCOUNT, PLACE, b"pen")

    def backs_up(self) -> backup.Made:
        return backup.make(Source(self.url, self.data, PLACE), self.file, self.clock.now)

    def restores(self, move_away: bool = False) -> Restored:
        return restore(self.file, self.there, move_away)


def _house(source: str, target: str, request: pytest.FixtureRequest, folder: Path) -> House:
    (folder / "data").mkdir(mode=0o700)
    (folder / "new").mkdir(mode=0o700)
    url = database_of(source, request, folder / "data", request.getfixturevalue(f"{source}_template"))
    return House(folder, url, database_of(target, request, folder / "new"))


@pytest.fixture(
    params=[
        ("sqlite", "sqlite"),
        pytest.param(("sqlite", "postgresql"), marks=_postgres),
        pytest.param(("postgresql", "sqlite"), marks=_postgres),
        pytest.param(("postgresql", "postgresql"), marks=_postgres),
    ],
    ids="-to-".join,
)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """From a database of either kind into an empty one of either kind."""
    source, target = request.param
    return _house(source, target, request, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=_postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """From SQLite into an empty database of either kind, for what has nothing to do with where a backup comes from."""
    return _house("sqlite", request.param, request, tmp_path)


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """On SQLite alone, for what has nothing to do with the kind of database."""
    return _house("sqlite", "sqlite", request, tmp_path)


# --- what is in a database -------------------------------------------------------------------------------------------


def fill(tx: Transaction) -> None:
    """Three rows in every table, with what each column can hold."""
    for table in metadata.sorted_tables:
        for number in range(1, 4):
            tx.connection.execute(insert(table).values(a_row(table, number)))


def a_row(table: Table, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.c:
        if column.foreign_keys:
            row[column.name] = None if column.nullable and number == 2 else number
        elif column.nullable and number == 3:
            row[column.name] = None
        elif isinstance(column.type, LargeBinary):
            row[column.name] = bytes(range(256)) * number
        elif isinstance(column.type, Boolean):
            row[column.name] = number == 1
        elif isinstance(column.type, String):
            row[column.name] = f"نص {number} \"'\\\t\n✅ {table.name}"
        elif isinstance(column.type, Instant):
            row[column.name] = datetime(2026, 11, number, 9, 30, 15, 123456, tzinfo=UTC)
        else:
            row[column.name] = number
    return row


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with transaction(url) as tx:
        return {
            table.name: sorted((tuple(row) for row in tx.connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def names(url: str) -> list[str]:
    """Of the organisations, which stand for whatever a database holds."""
    return sorted(row[1] for row in everything(url)["organisation"])


# --- dying -----------------------------------------------------------------------------------------------------------

_DEEDS = ("os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "shutil.", "sqlite3.connect", "fcntl.")


def dies_or_ends(deed: Callable[[], object], moment: int | None = None) -> int | None:
    """Do it in a process of its own, which is killed before the so-many-th thing that it does to the disk.

    None: it was killed. Otherwise it came to its end first: with 0 or, where it raised, 1.
    """
    child = os.fork()
    if child == 0:
        try:
            if moment is not None:
                sys.addaudithook(_killer(moment))
            deed()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _killer(moment: int) -> Callable[[str, tuple[object, ...]], None]:
    counted = itertools.count(1)

    def hook(event: str, _: tuple[object, ...]) -> None:
        if event.startswith(_DEEDS) and next(counted) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook
