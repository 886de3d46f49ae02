"""The rows of the web network's own memory: messages as they stand, the stream, and what was done already.

Events, messages and changes are numbered with the same numbers, so that a page can ask for what is new.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from adapters.web import shown
from adapters.web.events import AnyEvent, encode
from adapters.web.files import Filed, Shelf
from bot.model import Text
from bot.outgoing import Rows


class Missing(LookupError):
    """There is no such message in this chat, or it was taken back."""


class NotTheWriter(PermissionError):
    """Only who wrote a message can change it."""


class Records:
    """Whatever writes belongs into a `transaction`, or into `once`."""

    def __init__(self, db: sqlite3.Connection, clock: Callable[[], datetime], shelf: Shelf) -> None:
        self._db = db
        self._clock = clock
        self._shelf = shelf

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def once(self, deed: str) -> Iterator[Once]:
        """A transaction whose effect happens once for each name of a deed."""
        with self.transaction():
            row = self._db.execute("SELECT result FROM done WHERE deed = ?", (deed,)).fetchone()
            yield Once(self._db, deed, None if row is None else row["result"])

    def _next(self) -> int:
        return int(self._db.execute("UPDATE number SET last = last + 1 RETURNING last").fetchone()[0])

    def meet(self, chat: str) -> bool:
        """Whether the chat is new."""
        if self._db.execute("SELECT 1 FROM chat WHERE id = ?", (chat,)).fetchone():
            return False
        self._db.execute("INSERT INTO chat (id, changed) VALUES (?, ?)", (chat, self._next()))
        return True

    def append(self, event: AnyEvent, anyway: bool = False) -> int:
        """Add to the stream, unless the bot has left the chat: then it hears nothing of it."""
        seq = self._next()
        if anyway or not self.is_absent(event.chat.id):
            self._db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?)", (seq, event.chat.id, event.at.timestamp(), encode(event))
            )
        return seq

    def insert(
        self,
        chat: str,
        person: str,
        name: str,
        text: Text,
        *,
        choices: Rows = (),
        thread: int | None,
        reply_to: int | None,
        followed_link: bool = False,
        file: Filed | None,
    ) -> int:
        """A message; its number."""
        number, at = self._next(), self._clock().isoformat()
        self._db.execute(
            "INSERT INTO message (id, chat, person, name, at, body, choices, thread, reply_to, followed_link, changed,"
            " file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                chat,
                person,
                name,
                at,
                as_json(text),
                as_json(choices),
                thread,
                reply_to,
                followed_link,
                number,
                None if file is None else as_json(file),
            ),
        )
        return number

    def change(self, message: int, text: Text, choices: Rows) -> None:
        """A text that is the same after all (only the buttons changed) is not marked as edited."""
        self._db.execute(
            "UPDATE message SET edited = CASE WHEN body = :body THEN edited ELSE :at END, body = :body,"
            " choices = :choices, changed = :changed WHERE id = :id",
            {
                "body": as_json(text),
                "choices": as_json(choices),
                "at": self._clock().isoformat(),
                "changed": self._next(),
                "id": message,
            },
        )
        self._touch_pins(message)
        self._touch_answers(message)

    def blank(self, message: int) -> None:
        """Take a message back: its words and its file go, its place stays."""
        self.drop(shown.filed(self._db.execute("SELECT file FROM message WHERE id = ?", (message,)).fetchone()[0]))
        self._touch_pins(message)
        self._db.execute(
            "UPDATE message SET withdrawn = ?, body = ?, choices = '[]', changed = ?, file = NULL, pinned = NULL"
            " WHERE id = ?",
            (self._clock().isoformat(), as_json(Text("")), self._next(), message),
        )
        self._db.execute("DELETE FROM reaction WHERE message = ?", (message,))
        self._touch_answers(message)

    def drop(self, file: Filed | None) -> None:
        if file is not None:
            self._shelf.drop(file.key)

    def set_absent(self, chat: str, absent: bool) -> None:
        self._db.execute(
            "UPDATE chat SET absent = ?, changed = ? WHERE id = ? AND absent <> ?",
            (absent, self._next(), chat, absent),
        )

    def set_reaction(self, message: int, person: str, emoji: str, on: bool) -> bool:
        """Whether that changed anything."""
        if on:
            done = self._db.execute("INSERT OR IGNORE INTO reaction VALUES (?, ?, ?)", (message, person, emoji))
        else:
            done = self._db.execute(
                "DELETE FROM reaction WHERE message = ? AND person = ? AND emoji = ?", (message, person, emoji)
            )
        if done.rowcount:
            self._touch(message)
        return bool(done.rowcount)

    def set_pin(self, chat: str, message: int, on: bool) -> bool:
        """Whether that changed anything. The number of a pin tells which is the newest."""
        done = self._db.execute(
            "UPDATE message SET pinned = ? WHERE id = ? AND chat = ? AND (pinned IS NULL) = ?",
            (self._next() if on else None, message, chat, on),
        )
        if done.rowcount:
            self._touch(message)
            self._touch_chat(chat)
        return bool(done.rowcount)

    def _touch_pins(self, message: int) -> None:
        """What stands at the top of the chat speaks of the message as well."""
        row = self._db.execute("SELECT chat FROM message WHERE id = ? AND pinned IS NOT NULL", (message,)).fetchone()
        if row is not None:
            self._touch_chat(row["chat"])

    def _touch_answers(self, message: int) -> None:
        """They quote its words."""
        for row in self._db.execute("SELECT id FROM message WHERE reply_to = ?", (message,)).fetchall():
            self._touch(row["id"])

    def _touch_chat(self, chat: str) -> None:
        self._db.execute("UPDATE chat SET changed = ? WHERE id = ?", (self._next(), chat))

    def _touch(self, message: int) -> None:
        self._db.execute("UPDATE message SET changed = ? WHERE id = ?", (self._next(), message))

    def row(self, chat: str, message: int) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM message WHERE id = ? AND chat = ?", (message, chat)
        ).fetchone()
        return row

    def visible(self, chat: str, message: int) -> sqlite3.Row:
        """Raises Missing."""
        row = self.row(chat, message)
        if row is None or row["withdrawn"] is not None:
            raise Missing
        return row

    def must_be_by(self, chat: str, person: str, message: int) -> None:
        """Raises Missing, or NotTheWriter."""
        if self.visible(chat, message)["person"] != person:
            raise NotTheWriter

    def root(self, chat: str, thread: int | None) -> int | None:
        """The thread's first message; threads do not branch. A thread whose first message was taken back goes on.

        Raises Missing.
        """
        if thread is None:
            return None
        row = self.row(chat, thread)
        if row is None:
            raise Missing
        return thread if row["thread"] is None else int(row["thread"])

    def is_absent(self, chat: str) -> bool:
        row = self._db.execute("SELECT absent FROM chat WHERE id = ?", (chat,)).fetchone()
        return bool(row and row["absent"])


@dataclass(slots=True)
class Once:
    """`before` is what the deed gave when it was done already."""

    _db: sqlite3.Connection
    _deed: str
    before: int | None

    def now(self, result: int) -> int:
        self._db.execute("INSERT INTO done VALUES (?, ?)", (self._deed, result))
        return result


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
