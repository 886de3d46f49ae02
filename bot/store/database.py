"""Opening the database: SQLite in WAL mode with every commit on disk, or PostgreSQL; migrated at start."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store.prepared import execute

_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "busy_timeout=1000", "foreign_keys=ON", "secure_delete=ON"),
    "wal_autocheckpoint=16000",  # pages, 64 MB: it is done beside the writer (checkpoints.py), unless that fails
)


_STATEMENTS = 500  # that SQLite's driver keeps prepared: as many as there are

# Units are small and look rows up by index; a table that is read from end to end would be in every other unit's way.
# A process that sleeps in the middle of a unit holds up nobody for longer than a few seconds.
_SESSION = "-c enable_seqscan=off -c idle_in_transaction_session_timeout=3s -c tcp_keepalives_idle=5"

# A server that has died with its machine says nothing more: without these we would wait for its answer for a quarter of
# an hour or longer, while another one may have its place (postgresql.org/docs/current/libpq-connect.html).
_SILENCE = {
    "connect_timeout": 5,  # seconds, for each address
    "tcp_user_timeout": 10_000,  # milliseconds until what it has not acknowledged shows that it is gone
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def until_gone(address: URL) -> dict[str, Any]:
    """How long a PostgreSQL that says nothing counts as being there, as far as its address does not say it."""
    return {name: value for name, value in _SILENCE.items() if name not in address.query}


class Newer(Exception):
    """A later version has brought the schema further than this one knows."""

    def __init__(self) -> None:
        super().__init__("the database was used by a later version of Schakel: update this one")


def open_engine(url: str | URL) -> Engine:
    """The engine of the one writer. Commits survive a power cut (synchronous=FULL)."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database:
            Path(address.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = {"isolation_level": None, "check_same_thread": False, "cached_statements": _STATEMENTS}
        engine = create_engine(address, connect_args=options, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        if address.database:
            _stays_in_place(engine, address.database)
        event.listen(engine, "begin", lambda connection: execute(connection, "BEGIN IMMEDIATE", ()))
        return engine
    return create_engine(
        _with_driver(address),
        connect_args={"options": _SESSION, **until_gone(address)},
        isolation_level="SERIALIZABLE",
        pool_size=2,
        hide_parameters=True,
    )


def open_reader(url: str) -> AsyncEngine:
    """An engine for pages and lists that cannot write."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_async_engine(address.set(drivername="sqlite+aiosqlite"), hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _only_read)
        return engine
    return create_async_engine(
        _with_driver(address),
        connect_args={"options": "-c default_transaction_read_only=on", **until_gone(address)},
        pool_size=2,
        hide_parameters=True,
    )


def wipe(connection: Connection, *, rebuild: bool) -> bool:
    """Leave nothing of deleted rows in SQLite's files; outside any transaction. False: somebody is reading, try again.

    secure_delete overwrites what is deleted, but earlier versions stand in the write-ahead log until it is emptied.
    When rows move within the file, pieces of old ones can stay behind in its pages: only a `rebuild` is sure to
    leave none. PostgreSQL cleans its own files (autovacuum).
    """
    if connection.dialect.name != "sqlite":
        return True
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute("PRAGMA busy_timeout=100")  # units are waiting behind this
    try:
        if rebuild:
            raw.execute("VACUUM")
        busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return int(busy) == 0
    except sqlite3.Error:  # locked, or the disk is full: both may pass
        return False
    finally:
        raw.execute("PRAGMA busy_timeout=1000")


def migrate(engine: Engine) -> None:
    """Bring the schema to this version's, in one transaction; two starting at once take turns. Raises Newer."""
    if engine.dialect.name == "postgresql":
        # Who has waited must see what the other has done meanwhile.
        engine = engine.execution_options(isolation_level="READ COMMITTED")
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '5min'")  # it is no unit
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7244235)")
        if prove_known(connection) != revisions()[0]:
            upgrade(connection)


def prove_known(connection: Connection) -> str | None:
    """The schema's revision; None where there is none yet. Raises Newer where this version does not know it."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in revisions():
        raise Newer
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision, within the transaction of the connection."""
    with _migrations() as config:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@cache
def revisions() -> tuple[str, ...]:
    """Those of the schema that this version knows, the latest first."""
    with _migrations() as config:
        return tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


@contextmanager
def _migrations() -> Iterator[Config]:
    config = Config()
    with resources.as_file(resources.files("bot.store") / "migrations") as folder:
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        yield config


def _with_driver(address: URL) -> URL:
    return address.set(drivername="postgresql+psycopg")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _stays_in_place(engine: Engine, file: str) -> None:
    """SQLite goes on writing into a file that is moved or deleted under it, and nobody would find what it writes there.
    So only the file that was there first is written, and only while it is where it was; none is made in its place.
    """
    first: list[int] = []

    def note(*_: object) -> None:
        if not first:
            first.append(os.stat(file).st_ino)

    def moved() -> sqlite3.Error | None:
        try:
            if not first or os.stat(file).st_ino == first[0]:
                return None
        except OSError:
            pass
        error = sqlite3.OperationalError("the file was moved or deleted")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED  # SQLite's own word for it
        return error

    def before_connecting(*_: object) -> None:
        if (error := moved()) is not None:
            raise error

    def before_beginning(_: Connection) -> None:
        if (error := moved()) is not None:
            raise OperationalError(None, None, error)

    event.listen(engine, "do_connect", before_connecting)
    event.listen(engine, "connect", note)
    event.listen(engine, "begin", before_beginning)


def _only_read(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()
