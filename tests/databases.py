"""Real databases for tests: SQLite in a file, and a real PostgreSQL server that is started once."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import make_url

from bot.store.database.opening import free_bytes, open_engine
from bot.store.database.schema import migrate
from bot.store.database.writer import Fence, Writer
from bot.store.transaction import Policy, Transaction

if TYPE_CHECKING:
    from pgserver.postgres_server import PostgresServer

POLICY = Policy(languages=("nl", "fr", "en", "pt", "tr", "ar"), working_language="nl", translates_conversations=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own."""
    pytest.importorskip("pgserver", reason="PostgreSQL is missing: install with `make dev`")
    with tempfile.TemporaryDirectory(prefix="schakel-pg-", ignore_cleanup_errors=True) as folder:
        server = _started(Path(folder))
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # it dies of no power cut, and each test writes hundreds
            connection.execute("SELECT pg_reload_conf()")
        yield str(server.get_uri())
        server.cleanup()


def _started(folder: Path) -> PostgresServer:
    """One at a time on this machine: the very first makes a user for all servers, and two at once would fail."""
    from pgserver import postgres_server

    with (Path(tempfile.gettempdir()) / "schakel-pg.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return postgres_server.get_server(folder, cleanup_mode="stop")


class Postgres:
    """A PostgreSQL server of a test's own, that may be crashed and started again; `url` is a migrated database."""

    def __init__(self, folder: Path) -> None:
        import pgserver

        self._pg_ctl = vars(pgserver)["pg_ctl"]  # it is made when the package is imported
        self._server = _started(folder)
        address = str(self._server.get_uri())
        _create(address, "schakel_own", None)
        self.url = _at(address, "schakel_own")
        _migrated(self.url)

    def does_nothing_by_itself(self) -> None:
        """From now on: nothing reaches the disk before a commit asks for it, and no housekeeping takes numbers."""
        with psycopg.connect(self.url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as connection:
            for setting in ("wal_writer_delay = '10s'", "autovacuum = off"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")

    def crash(self) -> None:
        """As by a power cut: what was not committed is gone, and connections break."""
        self._pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def falls_silent(self) -> None:
        """It takes connections, and says nothing more."""
        self._signal(signal.SIGSTOP)

    def speaks_again(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        of_all = int(self._server.get_pid() or 0)
        os.kill(of_all, number)
        for process in Path(f"/proc/{of_all}/task/{of_all}/children").read_text().split():
            os.kill(int(process), number)

    def stands_by(self) -> None:
        """Another server has its place: this one only follows, and can be read."""
        self.crash()
        (self._server.pgdata / "standby.signal").touch()
        self.start()

    def is_promoted(self) -> None:
        self._pg_ctl(["-w", "promote"], pgdata=self._server.pgdata, user=self._server.system_user)

    def stop(self) -> None:
        self._server.cleanup()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("pgserver", reason="PostgreSQL is missing: install with `make dev`")
    with tempfile.TemporaryDirectory(prefix="schakel-pg-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


_numbers = itertools.count(1)
_KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=_KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, once of each kind."""
    return database_of(request.param, request, tmp_path)


@pytest.fixture(params=_KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database without rows, once of each kind; copied, since migrating each time takes most of a test."""
    return database_of(request.param, request, tmp_path, request.getfixturevalue(f"{request.param}_template"))


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Makes a migrated database without rows, of the kind asked for, that stays as long as the tests run."""
    return lambda kind: database_of(
        kind, request, tmp_path_factory.mktemp("kept"), request.getfixturevalue(f"{kind}_template")
    )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("template") / "schakel.db"
    _migrated(f"sqlite:///{path}")
    return str(path)


@pytest.fixture(scope="session")
def postgresql_template(postgres_server: str) -> str:
    _create(postgres_server, "schakel_template", None)
    _migrated(_at(postgres_server, "schakel_template"))
    return "schakel_template"


def database_of(kind: str, request: pytest.FixtureRequest, folder: Path, template: str | None = None) -> str:
    """The address of a new database: of that kind, in the folder or on the server."""
    if kind == "sqlite":
        path = folder / "schakel.db"
        if template is not None:
            shutil.copy(template, path)
        return f"sqlite:///{path}"
    server: str = request.getfixturevalue("postgres_server")
    name = f"schakel_{next(_numbers)}"
    _create(server, name, template)
    return _at(server, name)


def copied(url: str, folder: Path) -> str:
    """A database like that one, which nobody may be using just now."""
    if url.startswith("sqlite:///"):
        path = folder / "schakel.db"
        shutil.copy(url.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"
    source, name = str(make_url(url).database), f"schakel_{next(_numbers)}"
    _create(url.replace(f"/{source}?", "/postgres?", 1), name, source)
    return url.replace(f"/{source}?", f"/{name}?", 1)


def _migrated(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def _create(server: str, name: str, template: str | None) -> None:
    copied = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{copied}'.encode())


def _at(server: str, name: str) -> str:
    """The server's address with another database."""
    return server.replace("/postgres?", f"/{name}?", 1)


class Ticking:
    """A clock for units: a microsecond later each time, further when told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at


@contextmanager
def transaction(url: str, policy: Policy = POLICY, clock: Ticking | None = None) -> Iterator[Transaction]:
    """One unit, committed at the end."""
    engine = open_engine(url)
    try:
        tokens = (f"TOKEN{number:07}" for number in _numbers)
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":  # which ends what stands still: no fault on a busy machine
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '1min'")
            yield Transaction(connection, policy, (clock or Ticking()).now(), lambda: next(tokens))
    finally:
        engine.dispose()


@asynccontextmanager
async def writer(
    url: str,
    clock: Ticking,
    woken: Callable[[frozenset[str]], None] = lambda _: None,
    committed: Callable[[float], None] = lambda _: None,
    fence: Fence | None = None,
    free: Callable[[Path], int] = free_bytes,
) -> AsyncIterator[Writer]:
    """The one writer."""
    engine = open_engine(url)
    tokens = (f"TOKEN{number:07}" for number in _numbers)
    made = Writer(
        engine,
        lambda c: Transaction(c, POLICY, clock.now(), lambda: next(tokens)),
        woken,
        fence,
        committed=committed,
        free=free,
    )
    try:
        yield made
    finally:
        await made.close()
        engine.dispose()
