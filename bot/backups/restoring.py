"""`schakel restore`: a backup is proved whole first, made ready beside what is there, and put in its place in one step.

The step is the database's: it becomes the new one at once. The accounts' folders follow; a command that is killed in
between leaves them ready, and the next start puts them where they belong (`bot.backups.stage`).
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import psycopg
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from bot.backups import archive, placing, snapshots
from bot.backups.archive import ACCOUNTS, DATABASE, Head, NotABackup, TooNew
from bot.backups.backup import reason
from bot.backups.placing import InUse, file_of, is_occupied
from bot.backups.restored import Restored
from bot.backups.resuming import Resumed, resume
from bot.backups.snapshots import Damaged
from bot.backups.stage import CONTENTS, STAGE, beside, finish, write_plan
from bot.ports import Adapter, GoesBack, PutBack
from bot.store.database.opening import engine_of
from bot.store.database.schema import Unfit, revisions
from bot.store.tables import account, home
from bot.store.transaction import Policy, Transaction


class NotRestored(Exception):
    """Nothing was changed; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup is put back, and what goes on with it. `place` is what the store calls the data folder."""

    url: str
    data_dir: Path
    place: str
    policy: Policy
    adapters: Mapping[str, Adapter]
    now: Callable[[], datetime]
    token: Callable[[], str]


# --- proving ---------------------------------------------------------------------------------------------------------


def examine(file: Path, folder: Path) -> tuple[Head, dict[str, int]]:
    """Unpack a backup into an empty folder and prove it whole. Raises NotRestored."""
    try:
        with file.open("rb") as source:
            return _examined(source, folder)
    except (NotABackup, IsADirectoryError):
        raise NotRestored(f"{file} is no backup of Schakel's") from None
    except TooNew as newer:
        raise NotRestored(_too_new(file, newer.version)) from None
    except Damaged as damage:
        raise NotRestored(f"{file} is damaged: {damage}. Nothing was changed; take another backup") from None
    except FileNotFoundError:
        raise NotRestored(f"there is no file {file}") from None
    except OSError as error:
        raise NotRestored(reason(error, folder.parent)) from error


def checked(file: Path, data_dir: Path) -> tuple[Head, dict[str, int]]:
    """Prove a backup whole, and leave no trace of it. Raises NotRestored."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_room(file, data_dir)
        with tempfile.TemporaryDirectory(prefix=".schakel-check-", dir=data_dir) as folder:
            return examine(file, Path(folder))
    except OSError as error:
        raise NotRestored(reason(error, data_dir)) from error


def _examined(source: BinaryIO, folder: Path) -> tuple[Head, dict[str, int]]:
    head, rows = archive.unpack(source, folder)
    database = folder / DATABASE
    snapshots.examine(database)
    if snapshots.schema(database) != head.schema or snapshots.counts(database) != rows:
        raise Damaged("the database in it is not the one that its list of contents speaks of")
    if head.schema not in revisions():
        raise TooNew(head.version)
    return head, rows


def _too_new(file: Path, version: str) -> str:
    return f"{file} was made by a later version of Schakel ({version}): update this one first. Nothing was changed"


# --- restoring -------------------------------------------------------------------------------------------------------


def restore(file: Path, target: Target, move_away: bool) -> Restored:
    """Put a backup in the place of the database and the accounts' folders. Nobody else is at work on them.

    Raises NotRestored: then everything is as it was.
    """
    try:
        if finish(target.url, target.data_dir):
            raise NotRestored("a restore that was interrupted is now complete: start the bot")
        try:
            return _restored(file, target, move_away)
        finally:
            finish(target.url, target.data_dir)
    except InUse:
        raise NotRestored("somebody else is at work on the database: stop every bot and program that uses it") from None
    except (sqlite3.Error, psycopg.Error, SQLAlchemyError, OSError) as error:
        raise NotRestored(reason(error, target.data_dir)) from error


def _restored(file: Path, target: Target, move_away: bool) -> Restored:
    occupied = is_occupied(target.url)
    if occupied and not move_away:
        raise NotRestored(
            "there is a database already, and it is not empty. To put the backup in its place, add --move-away: "
            "what is there now is kept aside"
        )
    _check_room(file, target.data_dir)
    stage = target.data_dir / STAGE
    contents = stage / CONTENTS
    stage.mkdir(mode=0o700)
    contents.mkdir(mode=0o700)
    head, rows = examine(file, contents)
    try:
        snapshots.bring_up_to_date(contents / DATABASE)
    except Damaged as damage:
        raise NotRestored(f"the backup cannot be brought up to this version: {damage}") from None
    token = target.token()
    aside = _aside(target) if occupied else None
    kept, left = _sort_out(contents / ACCOUNTS, target, occupied)
    told, telling_again = _put_back(contents, head.place, target, kept)
    resumed = _resume(contents / DATABASE, target, head, token, telling_again)
    write_plan(stage, token, aside)
    ready = contents / DATABASE
    database = file_of(target.url)
    if database is not None:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        ready = beside(database)
        shutil.move(contents / DATABASE, ready)
    try:
        placing.place(target.url, ready, aside)
    except (Damaged, Unfit) as fault:
        raise NotRestored(f"{fault}. Nothing was changed") from None
    before = target.data_dir / DATABASE
    unused = before if database is None and before.exists() else None
    return Restored(head, rows, resumed, aside, told, kept, left, unused)


def _aside(target: Target) -> Path:
    return target.data_dir / f"before_restore_{target.now():%Y%m%d_%H%M%S}"


def _sort_out(accounts: Path, target: Target, occupied: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which accounts' folders are not taken from the backup: those that are there and stay, and those of nobody."""
    names = sorted(path.name for path in accounts.iterdir()) if accounts.is_dir() else []
    left = tuple(name for name in names if name not in target.adapters)
    # A folder that outlived its database is newer than any backup of it.
    there = () if occupied else tuple(name for name in target.adapters if _has_files(target.data_dir / ACCOUNTS / name))
    for name in {*left, *there}:
        shutil.rmtree(accounts / name, ignore_errors=True)
    return there, left


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))


def _put_back(contents: Path, place: str, target: Target, kept: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Let each account make itself fit to go on; what the operator has to know of it, and which tell things again.

    The accounts' folders are those of the data folder `place`. One that stays may be another one's.
    """
    told: list[str] = []
    telling_again: list[str] = []
    with engine_of(snapshots.address_of(contents / DATABASE)) as engine, engine.begin() as connection:
        known = set(connection.execute(select(account.c.name)).scalars())
        for name, adapter in target.adapters.items():
            if name not in known:
                continue
            states = dict(connection.execute(select(home.c.place, home.c.state).where(home.c.account == name)).all())
            belongs_to = target.place if name in kept and target.place in states else place
            back = _back(adapter, None if name in kept else contents / ACCOUNTS / name, states.get(belongs_to))
            told += (f"{name}: {sentence}" for sentence in back.told)
            telling_again += [name] if back.tells_again else []
            gone = home.c.place.in_((belongs_to, target.place))
            connection.execute(delete(home).where(home.c.account == name, gone))
            if back.state is not None:
                connection.execute(insert(home).values(account=name, place=target.place, state=back.state))
    return tuple(told), telling_again


def _back(adapter: Adapter, folder: Path | None, state: bytes | None) -> PutBack:
    if not isinstance(adapter, GoesBack):
        return PutBack(state)
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return adapter.put_back(folder, state)


def _resume(database: Path, target: Target, head: Head, token: str, telling_again: Sequence[str]) -> Resumed:
    with engine_of(snapshots.address_of(database)) as engine, engine.begin() as connection:
        tx = Transaction(connection, target.policy, target.now(), target.token)
        return resume(tx, head.made_at, token, telling_again)


def _check_room(file: Path, data_dir: Path) -> None:
    if file.is_file():
        needed, free = 12 * file.stat().st_size, shutil.disk_usage(data_dir).free  # text shrinks to a fifth or so
        if free < needed:
            raise NotRestored(f"the disk of {data_dir} may be too full: {needed >> 20} MB are needed for a while")
