"""The write-ahead log is brought into the database by a thread of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.checkpoints import Checkpoints

PAGES = 1_000


@pytest.fixture
def written(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database whose rows all stand in the log yet."""
    with closing(sqlite3.connect(tmp_path / "kept.db", isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE kept (what BLOB)")
        connection.executemany("INSERT INTO kept VALUES (?)", [(bytes(4_000),)] * PAGES)
        yield connection


def test_what_stands_in_the_log_comes_into_the_file(tmp_path: Path, written: sqlite3.Connection) -> None:
    """While the writer has its connection open, and need not do it itself."""
    file = tmp_path / "kept.db"
    assert file.stat().st_size < 4_000 * PAGES
    checkpoints = Checkpoints(str(file))
    checkpoints.changed(PAGES)
    checkpoints.close()
    assert file.stat().st_size > 4_000 * PAGES
