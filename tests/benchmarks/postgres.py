"""A PostgreSQL server for benchmarks, with every commit on disk, and a database of its own for each run."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

import psycopg
from pgserver import postgres_server


class Server:
    def __init__(self, address: str) -> None:
        self._address = address
        self._numbers = itertools.count(1)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of an empty database, which is gone afterwards."""
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
            try:
                yield self._address.replace("/postgres?", f"/{name}?", 1)
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
                connection.execute(
                    "CHECKPOINT"
                )  # what this side has left to be written, the next one must not wait for

    def copied(self, url: str) -> AbstractContextManager[str]:
        """The address of a copy of a database that nobody is connected to."""
        return self.database(urlsplit(url).path.removeprefix("/"))

    def analyse(self, url: str) -> None:
        """So that what is planned suits what is in it; a server does that by itself after a minute."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ANALYZE")


@contextmanager
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="schakel-pg-", ignore_cleanup_errors=True) as folder:
        started = postgres_server.get_server(folder, cleanup_mode="stop")
        address = str(started.get_uri())
        with psycopg.connect(address) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                row = connection.execute(f"SHOW {setting}".encode()).fetchone()
                assert row == ("on",), f"{setting} is off: commits would not be on disk"
        try:
            yield Server(address)
        finally:
            started.cleanup()
