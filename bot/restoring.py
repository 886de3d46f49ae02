"""`schakel restore`: a backup is proved whole first, made ready beside what is there, and put in its place in one step.

The step is the database's: it becomes the new one at once. The accounts' folders follow; a command that is killed in
between leaves them ready, and the next start puts them where they belong (`finish`).
"""

from __future__ import annotations

import json
import os
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

from bot import archive
from bot.archive import ACCOUNTS, DATABASE, Head, NotABackup, TooNew
from bot.backup import reason
from bot.ports import Adapter, GoesBack, PutBack
from bot.store import placing, snapshots
from bot.store.database import open_engine, revisions
from bot.store.placing import InUse, file_of, is_occupied, is_restored, synced
from bot.store.resuming import Resumed, resume
from bot.store.snapshots import Damaged
from bot.store.tables import account, home
from bot.store.transaction import Policy, Transaction

STAGE = "restoring"
"""The folder in the data folder where everything is made ready."""

_PLAN = "plan.json"


class NotRestored(Exception):
    """Nothing was changed; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside` is where that is which was there before: a folder, and on PostgreSQL a schema of its name as well.

    `told`: what the operator has to know of each account. `kept`: accounts whose folders were there and stay;
    `left`: those that the configuration does not have.
    """

    head: Head
    rows: Mapping[str, int]
    resumed: Resumed
    aside: Path | None
    told: tuple[str, ...]
    kept: tuple[str, ...]
    left: tuple[str, ...]


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
    except NotABackup:
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
    contents = stage / "contents"
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
    _plan(stage, token, aside)
    ready = contents / DATABASE
    database = file_of(target.url)
    if database is not None:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        ready = database.with_name(f"{database.name}.{STAGE}")
        shutil.move(contents / DATABASE, ready)  # it may be on another disk
    try:
        placing.place(target.url, ready, aside)
    except Damaged as damage:
        raise NotRestored(f"{damage}. Nothing was changed") from None
    return Restored(head, rows, resumed, aside, told, kept, left)


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
    engine = open_engine(snapshots.address_of(contents / DATABASE))
    try:
        with engine.begin() as connection:
            known = set(connection.execute(select(account.c.name)).scalars())
            for name, adapter in target.adapters.items():
                if name not in known:
                    continue
                states = dict(
                    connection.execute(select(home.c.place, home.c.state).where(home.c.account == name)).all()
                )
                belongs_to = target.place if name in kept and target.place in states else place
                back = _back(adapter, None if name in kept else contents / ACCOUNTS / name, states.get(belongs_to))
                told += (f"{name}: {sentence}" for sentence in back.told)
                telling_again += [name] if back.tells_again else []
                gone = home.c.place.in_((belongs_to, target.place))
                connection.execute(delete(home).where(home.c.account == name, gone))
                if back.state is not None:
                    connection.execute(insert(home).values(account=name, place=target.place, state=back.state))
    finally:
        engine.dispose()
    return tuple(told), telling_again


def _back(adapter: Adapter, folder: Path | None, state: bytes | None) -> PutBack:
    if not isinstance(adapter, GoesBack):
        return PutBack(state)
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return adapter.put_back(folder, state)


def _resume(database: Path, target: Target, head: Head, token: str, telling_again: Sequence[str]) -> Resumed:
    engine = open_engine(snapshots.address_of(database))
    try:
        with engine.begin() as connection:
            tx = Transaction(connection, target.policy, target.now(), target.token)
            return resume(tx, head.made_at, token, telling_again)
    finally:
        engine.dispose()


def _check_room(file: Path, data_dir: Path) -> None:
    if file.is_file():
        needed, free = 12 * file.stat().st_size, shutil.disk_usage(data_dir).free  # text shrinks to a fifth or so
        if free < needed:
            raise NotRestored(f"the disk of {data_dir} may be too full: {needed >> 20} MB are needed for a while")


# --- what the operator has to know -----------------------------------------------------------------------------------


def about(head: Head, rows: Mapping[str, int], now: datetime) -> str:
    """What a backup is, in a line."""
    made, age = head.made_at.astimezone(), now - head.made_at
    old = f"{age.days} days" if age.days > 1 else f"{age.total_seconds() / 3600:.0f} hours"
    found = f"{rows.get('request', 0)} requests, {rows.get('notice', 0)} notices, {rows.get('chat', 0)} chats"
    return f"The backup is whole. It was made on {made:%d %B %Y at %H:%M %Z} ({old} ago): {found}."


def lines(restored: Restored, program: str, now: datetime) -> list[str]:
    """What is to be done and known before the bot is started; `program` is how the operator calls it."""
    resumed = restored.resumed
    told = [
        *restored.told,
        *(f"{name}: its folder was still there, is newer than the backup, and stays." for name in restored.kept),
        *(f"{name} is not in the configuration: its folder was left in the backup." for name in restored.left),
        "What happened after the backup is not in it: groups added since have to be added again, and codes used since "
        "are unknown. The bot tells its rooms so when it starts.",
        f"New requests begin at K{resumed.request}, new notices at N{resumed.notice}: no number is given twice.",
    ]
    if resumed.again:
        told.append(
            f"{resumed.again} messages that were on their way go out; those that may be there already begin with ↻."
        )
    if resumed.late:
        told.append(
            f"{resumed.late} copies of notices that were on their way are too old, and are not sent: their "
            "organisations see them as not known to have arrived."
        )
    told.append("What people have erased since the backup is back: ask the helpers' room, where each was told of.")
    if restored.aside is not None:
        told.append(
            f"What was there before is in {restored.aside} (in PostgreSQL: in the schema {restored.aside.name}). It "
            "holds people's words: delete it when you no longer need it."
        )
    return [
        about(restored.head, restored.rows, now),
        "It is in its place. Before you start the bot:",
        *(f"- {sentence}" for sentence in told),
        "- No other bot may run with these accounts any more.",
        f"Then: {program} run",
    ]


# --- the end, also after a kill --------------------------------------------------------------------------------------


def finish(url: str, data_dir: Path) -> bool:
    """Bring a restore that was interrupted to its end: all of it where the database is the new one, else nothing of it.

    Whether it was all. Raises OSError, and SQLAlchemyError where the database cannot be asked: then nothing is decided.
    """
    stage = data_dir / STAGE
    if not stage.exists():
        return False
    target = file_of(url)
    try:
        plan = json.loads((stage / _PLAN).read_text())
    except (OSError, ValueError):
        plan = None  # it had not come so far
    done = plan is not None and is_restored(url, plan["token"])
    if done:
        _move_accounts(stage / "contents" / ACCOUNTS, data_dir / ACCOUNTS, plan["aside"] and Path(plan["aside"]))
        _hand_over(data_dir, target)
    if target is not None:
        target.with_name(f"{target.name}.{STAGE}").unlink(missing_ok=True)
    shutil.rmtree(stage)
    return done


def _plan(stage: Path, token: str, aside: Path | None) -> None:
    """Once this is on the disk, the rest follows from whether the database bears the token."""
    for path in (*stage.rglob("*"), stage):
        synced(path)
    plan = stage / _PLAN
    fresh = plan.with_name("plan.new")
    fresh.write_text(json.dumps({"token": token, "aside": None if aside is None else str(aside)}))
    synced(fresh)
    fresh.replace(plan)
    synced(stage)
    synced(stage.parent)


def _move_accounts(ready: Path, accounts: Path, aside: Path | None) -> None:
    """Each account's folder to its place; with a database that was moved aside go the folders that belonged to it."""
    if aside is not None and not (aside / ACCOUNTS).exists():
        aside.mkdir(mode=0o700, exist_ok=True)
        if accounts.exists():
            accounts.rename(aside / ACCOUNTS)
        else:
            (aside / ACCOUNTS).mkdir(mode=0o700)
        synced(aside)
    accounts.mkdir(mode=0o700, exist_ok=True)
    for folder in sorted(ready.iterdir()) if ready.is_dir() else ():
        there = accounts / folder.name
        if there.exists():
            shutil.rmtree(there)  # it holds no file: such a one is not replaced
        folder.rename(there)
    synced(accounts)
    synced(accounts.parent)


def _hand_over(data_dir: Path, database: Path | None) -> None:
    """What root has put there belongs to whoever the data folder belongs to: the bot is seldom root."""
    if os.geteuid() != 0:
        return
    owner = data_dir.stat()
    for path in (data_dir / ACCOUNTS, *(data_dir / ACCOUNTS).rglob("*"), *([database] if database else [])):
        os.chown(path, owner.st_uid, owner.st_gid)
