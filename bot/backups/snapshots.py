"""A copy of the database as of one moment, taken while others write to it: one SQLite file, whatever it comes from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from bot.store.database.opening import engine_of
from bot.store.database.schema import Newer, migrate, revisions, upgrade

_BATCH = 2000  # rows in hand at a time
_PATIENCE = 30.0  # seconds for somebody's lock on a file; a writer has it for milliseconds


class NoDatabase(Exception):
    """There is no database, or none of ours; the message says which."""


class Damaged(Exception):
    """A copy is not what it should be; the message says how, without quoting anything of it."""


def take(url: str, into: Path) -> None:
    """Write a copy to a new file. Raises NoDatabase, Newer (on PostgreSQL), sqlite3.Error, psycopg.Error.

    On both databases this reads one snapshot and holds up no writer. It is over quickly, so that what writers leave
    behind meanwhile (SQLite's log, PostgreSQL's dead rows) stays small; nothing slow may happen in it.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if not address.database or not Path(address.database).exists():
            raise NoDatabase("there is no database yet")
        copy_file(Path(address.database), into)
        with closing(opened(into)) as copy:
            if not columns(copy, "alembic_version"):  # whoever looks whether it can be opened makes an empty one
                raise NoDatabase("there is no database yet")
    else:
        _from_postgresql(url, into)


def copy_file(source: Path, into: Path) -> None:
    """Copy a SQLite database that others may be using. Nothing that was deleted from it comes along."""
    with closing(opened(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(into),))


def opened(file: Path, mode: str = "rw") -> sqlite3.Connection:
    """A connection to a SQLite file that is there: it is never made. Raises sqlite3.Error.

    With "ro" nothing is changed in it, nor in its log, however broken they are.
    """
    return sqlite3.connect(f"file:{quote(str(file))}?mode={mode}", uri=True, isolation_level=None, timeout=_PATIENCE)


def address_of(file: Path) -> URL:
    """What `open_engine` takes for a SQLite file, whatever characters are in its name."""
    return URL.create("sqlite", database=str(file))


# --- from PostgreSQL -----------------------------------------------------------------------------------------------


def _from_postgresql(url: str, into: Path) -> None:
    with psycopg.connect(url) as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        source.read_only = True
        revision = _revision(source)
        if revision not in revisions():
            raise Newer  # its tables cannot be made here
        source.rollback()
        _make(into, revision)  # before the snapshot is taken: it takes a while
        with closing(opened(into)) as target:
            # A file that nobody has yet: no care is needed, and the indexes are made afterwards.
            indexes = target.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''").fetchall()
            for name, _ in indexes:
                target.execute(f"DROP INDEX {quoted(name)}")
            target.execute("PRAGMA journal_mode=OFF")
            target.execute("PRAGMA synchronous=OFF")
            target.execute("BEGIN")
            if _revision(source) != revision:
                raise NoDatabase("the database is just being brought up to date")
            for table in tables(target):
                _copy_table(source, target, table)
            source.rollback()  # the snapshot is not held any longer
            for _, statement in indexes:
                target.execute(statement)
            target.execute("COMMIT")


def _revision(connection: psycopg.Connection[Any]) -> str:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    if row is None:
        raise NoDatabase("there is no database yet")
    return str(row[0])


def _make(file: Path, revision: str) -> None:
    """An empty database of that schema."""
    with engine_of(address_of(file)) as engine, engine.begin() as connection:
        upgrade(connection, revision)


def _copy_table(source: psycopg.Connection[Any], target: sqlite3.Connection, table: str) -> None:
    names = columns(target, table)
    wanted = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table))
    insert = f"INSERT INTO {quoted(table)} VALUES ({', '.join('?' * len(names))})"  # noqa: S608 (quoted)
    with source.cursor() as cursor:
        kinds = kinds_of(cursor, table, names)
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(wanted)) as copy:
            copy.set_types(kinds)
            rows = iter(copy.rows())
            while batch := list(islice(rows, _BATCH)):
                target.executemany(insert, batch)


def kinds_of(cursor: psycopg.Cursor[Any], table: str, names: Sequence[str]) -> list[int]:
    """PostgreSQL's own numbers for the types of columns."""
    query = sql.SQL("SELECT {} FROM {} LIMIT 0").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table)
    )
    return [column.type_code for column in cursor.execute(query).description or ()]


# --- what is in a copy ---------------------------------------------------------------------------------------------


def schema(copy: Path) -> str:
    """The revision of the copy's schema. Raises Damaged."""
    with _reading(copy) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None:
            raise Damaged("the database in it does not say of which version it is")
        return str(row[0])


def counts(copy: Path) -> dict[str, int]:
    """The rows of each table. Raises Damaged."""
    with _reading(copy) as connection:
        return {
            table: int(connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()[0])  # noqa: S608 (quoted)
            for table in tables(connection)
        }


def examine(copy: Path) -> None:
    """Read all of a copy. Raises Damaged where it holds together nowhere: pages, indexes, references."""
    with _reading(copy) as connection:
        if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise Damaged("the database in it is damaged")
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise Damaged(f"rows of the table {broken[0]} refer to what is not there")


@contextmanager
def _reading(copy: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(opened(copy)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise Damaged(f"the database in it cannot be read ({type(error).__name__})") from None


def tables(connection: sqlite3.Connection) -> list[str]:
    """Every table that holds something of ours; not the mark of the schema's version."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [name for (name,) in connection.execute(query) if name != "alembic_version"]


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def bring_up_to_date(copy: Path) -> None:
    """Migrate a copy to this version's schema. Raises Damaged where its rows do not allow it."""
    with engine_of(address_of(copy)) as engine:
        migrate(engine)
    examine(copy)
