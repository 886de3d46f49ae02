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
    """A thread with connections of its own. Where it cannot do its work the log grows, until the writer does it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._due = threading.Event()
        self._closing = False
        self._done = 0
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def changed(self, rows: int) -> None:
        """So many rows were changed since the writer's connection was opened."""
        if not 0 <= rows - self._done < _ROWS:
            self._done = rows
            self._due.set()

    def close(self) -> None:
        """Do what is due, and stop."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing or self._due.is_set():
            self._due.wait()
            self._due.clear()
            with suppress(sqlite3.Error), closing(self._opened()) as connection:  # the disk is full, say
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _opened(self) -> sqlite3.Connection:
        """Never made anew: that is the writer's to do."""
        return sqlite3.connect(f"{Path(self._file).absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
