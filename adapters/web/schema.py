"""The tables of the web network's own memory, and how those of an older version become these."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager

# `number.last` gives every message, event and change its number. It starts at the clock, so that a history that was
# lost and begun anew never gives a number again that the core has already seen.
SCHEMA = """
CREATE TABLE number (last INTEGER NOT NULL);
CREATE TABLE chat (id TEXT PRIMARY KEY, absent INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE event (seq INTEGER PRIMARY KEY, chat TEXT NOT NULL, at REAL NOT NULL, body BLOB NOT NULL);
CREATE TABLE message (
    id INTEGER PRIMARY KEY, chat TEXT NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL,
    body TEXT NOT NULL, choices TEXT NOT NULL, thread INTEGER REFERENCES message, reply_to INTEGER REFERENCES message,
    followed_link INTEGER NOT NULL, edited TEXT, withdrawn TEXT, changed INTEGER NOT NULL, file TEXT, pinned INTEGER
);
CREATE INDEX message_by_change ON message (changed);
CREATE INDEX message_by_chat ON message (chat, id);
CREATE INDEX message_by_thread ON message (thread) WHERE thread IS NOT NULL;
CREATE INDEX message_by_pin ON message (chat, pinned) WHERE pinned IS NOT NULL;
CREATE TABLE reaction (
    message INTEGER NOT NULL REFERENCES message, person TEXT NOT NULL, emoji TEXT NOT NULL,
    PRIMARY KEY (message, person, emoji)
) WITHOUT ROWID;
CREATE TABLE done (deed TEXT PRIMARY KEY, result INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE command (scope TEXT, language TEXT, entries TEXT NOT NULL, PRIMARY KEY (scope, language)) WITHOUT ROWID;
PRAGMA user_version = 3;
"""
LATER = (
    """
ALTER TABLE message ADD COLUMN file TEXT;
PRAGMA user_version = 2;
""",
    """
ALTER TABLE message ADD COLUMN pinned INTEGER;
CREATE INDEX message_by_pin ON message (chat, pinned) WHERE pinned IS NOT NULL;
PRAGMA user_version = 3;
""",
)


def bring_up_to_date(db: sqlite3.Connection, transaction: Callable[[], AbstractContextManager[None]], now: int) -> None:
    """`now` is where the numbers begin in a history that is new: milliseconds since 1970."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        with transaction():
            _execute(db, SCHEMA)
            db.execute("INSERT INTO number VALUES (?)", (now,))
        return
    for step in LATER[version - 1 :]:
        with transaction():
            _execute(db, step)


def _execute(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        db.execute(statement)
