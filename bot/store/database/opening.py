"""Opening the database: SQLite in WAL mode with every commit on disk, or PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from bot.store.database.prepared import execute

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "busy_timeout=1000", "foreign_keys=ON", "secure_delete=ON"),
    "wal_autocheckpoint=16000",  # pages, 64 MB: it is done beside the writer (checkpoints.py), unless that fails
)

_TO_BE_REBUILT = 1  # the number that SQLite keeps in a file for whoever uses it; 0 where nobody has set it

_SPARED = 64 * 2**20  # bytes that a rebuilding leaves to others on the disk

_STATEMENTS = 500  # that SQLite's driver keeps prepared: as many as there are

# Units are small and look rows up by index; a table that is read from end to end would be in every other unit's way.
# A process that sleeps in the middle of a unit holds up nobody for longer than a few seconds.
_SESSION = "-c enable_seqscan=off -c idle_in_transaction_session_timeout=3s -c tcp_keepalives_idle=5"

_LETTERS = {"client_encoding": "UTF8"}  # whatever the environment says

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
        connect_args={"options": _SESSION, **_LETTERS, **until_gone(address)},
        isolation_level="SERIALIZABLE",
        pool_size=2,
        hide_parameters=True,
    )


@contextmanager
def engine_of(url: str | URL) -> Iterator[Engine]:
    """The same, for as long as the context is open."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def open_reader(url: str) -> AsyncEngine:
    """An engine for pages and lists that cannot write."""
    from sqlalchemy.ext.asyncio import create_async_engine  # it imports all of the ORM, and only monitors read

    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_async_engine(address.set(drivername="sqlite+aiosqlite"), hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _only_read)
        return engine
    return create_async_engine(
        _with_driver(address),
        connect_args={"options": "-c default_transaction_read_only=on", **_LETTERS, **until_gone(address)},
        pool_size=2,
        hide_parameters=True,
    )


def wish_rebuild(connection: Connection) -> None:
    """Have SQLite's file rebuilt by `wipe`, whoever opens it then; within the transaction that makes it necessary."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {_TO_BE_REBUILT}")


def is_to_be_rebuilt(connection: Connection) -> bool:
    """Whether that was wished, and was not done since."""
    if connection.dialect.name != "sqlite":
        return False
    return bool(connection.exec_driver_sql("PRAGMA user_version").scalar_one() == _TO_BE_REBUILT)


def free_bytes(folder: Path) -> int:
    """What the disk of that folder has left."""
    return shutil.disk_usage(folder).free


def wipe(connection: Connection, *, rebuild: bool, free: Callable[[Path], int] = free_bytes) -> set[str]:
    """Leave nothing of deleted rows in SQLite's files; outside any transaction. What of it is still to be done
    ("erased", "rebuild"): somebody is reading, say, or the disk is too full.

    secure_delete overwrites what is deleted, but earlier versions stand in the write-ahead log until it is emptied.
    When rows move within the file, pieces of old ones can stay behind in its pages: only a `rebuild` is sure to
    leave none. PostgreSQL cleans its own files (autovacuum).
    """
    if connection.dialect.name != "sqlite":
        return set()
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute("PRAGMA busy_timeout=100")  # units are waiting behind this
    left = {"erased", "rebuild"} if rebuild else {"erased"}
    try:
        if not _empties_log(raw):
            return left
        file = connection.engine.url.database
        if rebuild and (not file or _has_room(raw, free(Path(file).absolute().parent))):
            try:
                raw.execute("VACUUM")
                left.discard("rebuild")
                raw.execute("PRAGMA user_version = 0")
            finally:
                # Also of what one that failed has left in it: later there may be no room for that.
                emptied = _empties_log(raw)
            if not emptied:
                return left
        return left - {"erased"}
    except (sqlite3.Error, OSError):  # locked, or the disk is full: both may pass
        return left
    finally:
        raw.execute("PRAGMA busy_timeout=1000")


def _empties_log(connection: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the file, and give its room back; False: somebody is reading."""
    return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def _has_room(connection: sqlite3.Connection, free: int) -> bool:
    """Whether the disk takes what a rebuilding writes: all that there is, beside the file and then into the log."""
    pages, unused, size = (
        connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
    )
    return bool(free >= 2 * (pages - unused) * size + _SPARED)


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
