"""Putting a copy in the place of the database: all or nothing, and what was there is moved aside, never deleted."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, inspect, make_url, text

from bot.backups.snapshots import Damaged, columns, counts, kinds_of, opened, quoted
from bot.store.database.opening import engine_of
from bot.store.database.schema import Newer, prove_known, take_turns, upgrade
from bot.store.tables import event, metadata

RESTORED = "restored"
"""The subject of the mark that a database was put back."""

_OURS = {*metadata.tables, "alembic_version"}


class InUse(Exception):
    """Somebody else is at work on the database."""


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    address = make_url(url)
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def is_occupied(url: str) -> bool:
    """Whether there is anything that could be lost. A file that cannot be read is something, too.

    Raises SQLAlchemyError where there is no server to ask.
    """
    file = file_of(url)
    if file is not None:
        return file.exists() and _holds(file) is not False
    with engine_of(url) as engine, engine.connect() as connection:
        return any(_has_rows(connection, table) for table in _existing(connection))


def _holds(file: Path) -> bool | None:
    """Whether there are rows of ours in a SQLite file; None: it is broken. Raises InUse."""
    for table in metadata.tables:
        found = _asked(file, table, f"SELECT 1 FROM {quoted(table)} LIMIT 1")  # noqa: S608 (quoted)
        if found is not False:
            return found
    return False


def _asked(file: Path, table: str, query: str, *given: str) -> bool | None:
    """Whether a query finds something, where there is such a table; None: the file is broken. Raises InUse."""
    try:
        with closing(opened(file, "ro")) as connection:
            there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
            if connection.execute(there, (table,)).fetchone() is None:
                return False
            return connection.execute(query, given).fetchone() is not None
    except sqlite3.DatabaseError as error:
        if _is_busy(error):
            raise InUse from None
        return None


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_restored(url: str, token: str) -> bool:
    """Whether the copy with this mark is the database.

    Raises SQLAlchemyError where there is no server to ask, or InUse. A file that cannot be read is no such copy.
    """
    file = file_of(url)
    if file is not None:
        mark = "SELECT 1 FROM event WHERE subject = ? AND what = ?"
        return file.exists() and _asked(file, event.name, mark, RESTORED, token) is True
    with engine_of(url) as engine, engine.connect() as connection:
        if not inspect(connection).has_table(event.name):
            return False
        marked = event.select().where(event.c.subject == RESTORED, event.c.what == token)
        return connection.execute(marked).first() is not None


def place(url: str, copy: Path, aside: Path | None, sleep: Callable[[float], None] = time.sleep) -> None:
    """Make `copy` the database. What was there is in `aside` then, or in a schema of that folder's name.

    `copy` has this version's schema, and stands on the disk of the SQLite file that it shall become. `aside` is None
    where nothing is there. A kill leaves what was there before, or all of the new. Raises InUse, Damaged, Unfit,
    OSError, SQLAlchemyError, psycopg.Error.
    """
    file = file_of(url)
    if file is not None:
        _place_file(file, copy, aside)
        return
    with engine_of(url) as engine:
        _await_quiet(engine, sleep)
        _fill(engine, copy, aside.name if aside is not None else None)


# --- SQLite --------------------------------------------------------------------------------------------------------


def _place_file(file: Path, copy: Path, aside: Path | None) -> None:
    with closing(opened(copy)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # no log beside it: it is one file, until the bot opens it
    synced(copy)
    if file.exists():
        _make_way(file, aside)
    copy.replace(file)
    synced(file.parent)


def _make_way(file: Path, aside: Path | None) -> None:
    """The database that is there goes to the folder `aside`; without one only a whole database is replaced."""
    whole = _is_whole(file)
    if aside is None:
        if not whole:
            raise InUse
        return
    aside.mkdir(mode=0o700, exist_ok=True)
    if whole:
        os.link(file, aside / file.name)  # so that there is no moment without a database
    else:  # it is broken: its log may be all that is good of it, and goes with it
        for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
            with suppress(FileNotFoundError):
                file.with_name(name).rename(aside / name)
    synced(aside)


def _is_whole(file: Path) -> bool:
    """Have everything that stands in the database's log be in the file itself, and the log gone. False: it is broken.

    Raises InUse where somebody else has it open.
    """
    if _holds(file) is None:
        return False
    try:
        with closing(opened(file)) as connection:
            connection.execute("PRAGMA busy_timeout=1000")
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.DatabaseError as error:
        if _is_busy(error):
            raise InUse from None
        return False
    if mode != "delete":
        raise InUse
    return True


def synced(path: Path) -> None:
    """Have a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


def _await_quiet(engine: Engine, sleep: Callable[[float], None]) -> None:
    """Whoever has just hung up is counted for a moment still. Raises InUse."""
    for _ in range(_MOMENTS):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.exec_driver_sql(_OTHERS).scalar_one():
                return
        sleep(_MOMENT)
    raise InUse


def _fill(engine: Engine, copy: Path, aside: str | None) -> None:
    with engine.begin() as connection:
        for setting in ("idle_in_transaction_session_timeout = 0", "enable_seqscan = on"):
            connection.exec_driver_sql(f"SET LOCAL {setting}")
        take_turns(connection)
        if aside is not None:
            _move_tables(connection, aside)
        prove_known(connection)
        upgrade(connection)
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        with closing(opened(copy)) as source, raw.cursor() as target:
            for table in metadata.sorted_tables:
                _fill_table(source, target, table.name)
        for name, count in counts(copy).items():
            there = connection.execute(text(f"SELECT count(*) FROM {quoted(name)}")).scalar()  # noqa: S608 (quoted)
            if there != count:
                raise Damaged("PostgreSQL did not take all rows")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")  # it has never seen these tables, and would plan badly for a while


_MOMENTS, _MOMENT = 20, 0.1  # seconds
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)


def _move_tables(connection: Connection, aside: str) -> None:
    connection.exec_driver_sql(f"CREATE SCHEMA {quoted(aside)}")
    for table in _to_move(connection):
        connection.exec_driver_sql(f"ALTER TABLE {quoted(table)} SET SCHEMA {quoted(aside)}")


def _to_move(connection: Connection) -> list[str]:
    try:
        prove_known(connection)
    except Newer:  # it may have tables that are unknown here: left behind they would be in the way of its next start
        return inspect(connection).get_table_names()
    return list(_existing(connection))


def _fill_table(source: sqlite3.Connection, target: psycopg.Cursor[Any], table: str) -> None:
    names = columns(source, table)
    kinds = kinds_of(target, table, names)
    wanted = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    rows = source.execute(f"SELECT {', '.join(map(quoted, names))} FROM {quoted(table)}")  # noqa: S608 (quoted)
    truths = [place for place, kind in enumerate(kinds) if kind == _BOOL]
    with target.copy(wanted) as copy:
        copy.set_types(kinds)
        while batch := list(islice(rows, 1000)):
            for row in batch:
                copy.write_row(_as_postgresql(row, truths))
    if "id" in names and kinds[names.index("id")] in _WHOLE:
        target.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {} HAVING max(id) > 0").format(
                sql.Literal(quoted(table)), sql.Identifier(table)
            )
        )


_BOOL = psycopg.adapters.types["bool"].oid
_WHOLE = {psycopg.adapters.types[name].oid for name in ("int2", "int4", "int8")}


def _as_postgresql(row: tuple[Any, ...], truths: list[int]) -> list[Any]:
    """A row of SQLite's, which has no truth values, and takes the character 0 in a text."""
    values = [value.replace("\0", "") if isinstance(value, str) else value for value in row]
    for place in truths:
        values[place] = None if values[place] is None else bool(values[place])
    return values


# --- PostgreSQL's tables ---------------------------------------------------------------------------------------------


def _existing(connection: Connection) -> Iterator[str]:
    return (name for name in inspect(connection).get_table_names() if name in _OURS)


def _has_rows(connection: Connection, table: str) -> bool:
    if table not in metadata.tables:
        return False  # the mark of the schema's version
    return connection.execute(text(f"SELECT 1 FROM {quoted(table)} LIMIT 1")).first() is not None  # noqa: S608 (quoted)
