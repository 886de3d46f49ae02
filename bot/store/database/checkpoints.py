"""Bringing SQLite's write-ahead log into the database beside the writer: no unit waits for that."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

_ROWS = 600
"""Changed until it is worth it. More would spare work, as a page that is changed again and again is brought in once;
but what goes to the disk then holds up the writer's own flush."""


class Checkpoints:
    """A thread with connections of its own. Where it cannot do its work the log grows, until the writer does it.

    A checkpoint that finds all of the log in the database already, at the moment when a commit begins the log anew, can
    make SQLite before 3.51.3 lose what is committed next (sqlite.org/wal.html#walresetbug). So none begins before
    something was committed that the one before it cannot have seen.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._due = threading.Event()
        self._closing = False
        self._done: int | None = 0  # rows; None: a checkpoint has ended since the writer was heard
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    @property
    def under_way(self) -> bool:
        return self._due.is_set()

    def changed(self, rows: int) -> None:
        """Something was committed; so many rows were changed since the writer's connection was opened."""
        if self.under_way:
            return
        if self._done is None or rows < self._done:
            self._done = rows  # the last checkpoint may have brought in all of that
        elif rows - self._done >= _ROWS:
            self._due.set()

    def close(self) -> None:
        """Do what is due, and stop."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing or self._due.is_set():
            self._due.wait()
            with suppress(sqlite3.Error), closing(self._opened()) as connection:  # the disk is full, say
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._done = None
            self._due.clear()

    def _opened(self) -> sqlite3.Connection:
        """Never made anew: that is the writer's to do."""
        return sqlite3.connect(f"{Path(self._file).absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
