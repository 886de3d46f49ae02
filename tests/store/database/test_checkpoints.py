"""The write-ahead log is brought into the database by a thread of its own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.database.checkpoints import Checkpoints

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


class Held(Checkpoints):
    """Begins when it is let, and says that it is about to."""

    def __init__(self, file: str) -> None:
        self.begins, self.may_begin = threading.Semaphore(0), threading.Semaphore(0)
        super().__init__(file)

    def _opened(self) -> sqlite3.Connection:
        self.begins.release()
        assert self.may_begin.acquire(timeout=10)
        return super()._opened()


def test_none_begins_before_something_was_committed_after_the_one_before_it(
    tmp_path: Path, written: sqlite3.Connection
) -> None:
    """Else it could find a log of which all is in the file, just when the writer begins it anew."""
    checkpoints = Held(str(tmp_path / "kept.db"))
    checkpoints.changed(PAGES)
    assert checkpoints.begins.acquire(timeout=10)
    checkpoints.changed(2 * PAGES)  # the one that has not begun yet will bring this in, too
    checkpoints.may_begin.release()
    while checkpoints.under_way:
        pass
    checkpoints.changed(3 * PAGES)  # committed, maybe, before that one had ended
    assert not checkpoints.under_way
    checkpoints.changed(4 * PAGES)
    assert checkpoints.begins.acquire(timeout=10)
    checkpoints.may_begin.release(2)
    checkpoints.close()
