"""The web network's own memory: its messages as they are shown, and the stream of what people did, in one SQLite file.

Every method is one short transaction over a synchronous connection. One thread at a time may use it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from adapters.web import schema, shown
from adapters.web.events import (
    AnyEvent,
    BotInvited,
    ButtonPressed,
    MessagePinned,
    ReactionAdded,
    ReactionTaken,
    Reworded,
    Said,
    TakenBack,
    Where,
    Who,
    decode,
    encode,
)
from adapters.web.files import Filed, Shelf
from adapters.web.settings import ChatSettings, PersonSettings
from adapters.web.shown import THE_BOT, ChatState, Part, Post
from bot.model import (
    EditText,
    PinMessage,
    Raw,
    Rows,
    SendFile,
    SendReaction,
    SendText,
    SetCommands,
    TakeReaction,
    Text,
    UnpinMessage,
    Withdraw,
)

KEPT = timedelta(days=1)  # how long an event stays after the core has it, should the core be put back to a backup

_entries = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class Missing(LookupError):
    """There is no such message in this chat, or it was taken back."""


class NotTheWriter(PermissionError):
    """Only who wrote a message can change it."""


class History:
    def __init__(self, file: Path, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self.shelf = Shelf(file.parent / "files")
        schema.bring_up_to_date(self._db, self._transaction, int(clock().timestamp() * 1000))

    def close(self) -> None:
        self._db.close()

    # --- what people do --------------------------------------------------------------------------------------------

    def begin(self, chats: Sequence[ChatSettings]) -> None:
        """Meet the chats that are new: the bot is in the groups among them from the beginning."""
        with self._transaction():
            for chat in chats:
                if self._db.execute("SELECT 1 FROM chat WHERE id = ?", (chat.id,)).fetchone():
                    continue
                self._db.execute("INSERT INTO chat (id, changed) VALUES (?, ?)", (chat.id, self._next()))
                if chat.kind == "group":
                    self._append(BotInvited(_where(chat), _who(chat.members[0]), self._clock(), standing=True))

    def said(
        self,
        chat: ChatSettings,
        person: PersonSettings,
        text: str,
        deed: str,
        thread: int | None = None,
        reply_to: int | None = None,
        start: str | None = None,
        file: Filed | None = None,
    ) -> int:
        with self._once(f"page:{deed}") as done:
            if done.before is not None:
                self._drop(file)
                return done.before
            root = self._root(chat.id, thread)
            if reply_to is not None:
                self._visible(chat.id, reply_to)
            message = self._insert(
                chat.id, person.id, person.name, Text(text), (), root, reply_to, start is not None, file
            )
            self._append(
                Said(
                    _where(chat),
                    _who(person),
                    self._clock(),
                    message=str(message),
                    text=text,
                    thread=None if root is None else str(root),
                    reply_to=None if reply_to is None else str(reply_to),
                    start=start,
                    file=file,
                )
            )
            return done.now(message)

    def reworded(self, chat: ChatSettings, person: PersonSettings, message: int, text: str) -> None:
        with self._transaction():
            self._own(chat.id, person.id, message)
            self._change(message, Text(text), ())
            self._append(Reworded(_where(chat), _who(person), self._clock(), message=str(message), text=text))

    def taken_back(self, chat: ChatSettings, person: PersonSettings, message: int) -> None:
        with self._transaction():
            self._own(chat.id, person.id, message)
            self._blank(message)
            self._append(TakenBack(_where(chat), _who(person), self._clock(), message=str(message)))

    def pressed(
        self, chat: ChatSettings, person: PersonSettings, message: int, choice: str, page: str, deed: str
    ) -> int:
        """The press's number, which an answer to it names. The choice may be one that was edited away meanwhile."""
        with self._once(f"page:{deed}") as done:
            if done.before is not None:
                return done.before
            self._visible(chat.id, message)
            event = ButtonPressed(
                _where(chat), _who(person), self._clock(), message=str(message), choice=choice, page=page
            )
            return done.now(self._append(event))

    def reacted(self, chat: ChatSettings, person: PersonSettings, message: int, emoji: str, on: bool) -> None:
        with self._transaction():
            self._visible(chat.id, message)
            if self._set_reaction(message, person.id, emoji, on):
                what = ReactionAdded if on else ReactionTaken
                self._append(what(_where(chat), _who(person), self._clock(), message=str(message), key=emoji))

    def pinned(self, chat: ChatSettings, person: PersonSettings, message: int, on: bool) -> None:
        with self._transaction():
            self._visible(chat.id, message)
            if self._set_pin(chat.id, message, on):
                self._append(MessagePinned(_where(chat), _who(person), self._clock(), message=str(message), pinned=on))

    def invited(self, chat: ChatSettings, person: PersonSettings) -> None:
        with self._transaction():
            if self._absent(chat.id):
                self._append(BotInvited(_where(chat), _who(person), self._clock()), anyway=True)

    # --- what the bot does -----------------------------------------------------------------------------------------

    def say(self, action: SendText | SendFile, file: Filed | None = None) -> int:
        text = action.text if isinstance(action, SendText) else action.caption
        with self._once(f"bot:{action.transaction}") as done:
            if done.before is not None:
                self._drop(file)
                return done.before
            root = self._root(action.chat.id, None if action.thread is None else _number(action.thread))
            reply_to = None if action.reply_to is None else _number(action.reply_to)
            if reply_to is not None and not self._row(action.chat.id, reply_to):
                reply_to = None  # what is answered is gone; the answer is still worth saying
            return done.now(
                self._insert(action.chat.id, THE_BOT, "", text, action.choices, root, reply_to, False, file)
            )

    def edit(self, action: EditText) -> None:
        with self._once(f"bot:{action.transaction}") as done:
            if done.before is None:
                message = _number(action.message)
                self._own(action.chat.id, THE_BOT, message)
                self._change(message, action.text, action.choices)
                done.now(message)

    def withdraw(self, action: Withdraw) -> None:
        with self._once(f"bot:{action.transaction}") as done:
            if done.before is None:
                message = _number(action.message)
                row = self._row(action.chat.id, message)
                if row is None:
                    raise Missing
                if row["person"] != THE_BOT:
                    raise NotTheWriter
                if row["withdrawn"] is None:
                    self._blank(message)
                done.now(message)

    def react(self, action: SendReaction | TakeReaction, stands: bool = True) -> None:
        with self._transaction():
            message = _number(action.message)
            self._visible(action.chat.id, message)
            self._set_reaction(message, THE_BOT, action.key, stands)

    def pin(self, action: PinMessage | UnpinMessage) -> None:
        with self._transaction():
            message = _number(action.message)
            if isinstance(action, PinMessage):
                self._visible(action.chat.id, message)
            self._set_pin(action.chat.id, message, isinstance(action, PinMessage))

    def be_absent(self, chat: str, absent: bool) -> None:
        with self._transaction():
            self._db.execute(
                "UPDATE chat SET absent = ?, changed = ? WHERE id = ? AND absent <> ?",
                (absent, self._next(), chat, absent),
            )

    def is_absent(self, chat: str) -> bool:
        return self._absent(chat)

    def set_commands(self, action: SetCommands) -> None:
        place = (action.chat.id if action.chat else action.scope, action.language or "")
        with self._transaction():
            self._db.execute("DELETE FROM command WHERE scope = ? AND language = ?", place)
            if action.commands:
                self._db.execute("INSERT INTO command VALUES (?, ?, ?)", (*place, _json(action.commands)))

    # --- the stream ------------------------------------------------------------------------------------------------

    def events_after(self, cursor: int, limit: int) -> tuple[Raw, ...]:
        rows = self._db.execute("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (cursor, limit)).fetchall()
        return tuple(Raw(str(row["seq"]), row["chat"], row["body"]) for row in rows)

    def forget_events(self, cursor: int) -> None:
        """Drop the old events among those that the core has: the words in them stand in the core's own records."""
        with self._transaction():
            self._db.execute(
                "DELETE FROM event WHERE seq <= ? AND at < ?", (cursor, (self._clock() - KEPT).timestamp())
            )

    def event(self, seq: int) -> AnyEvent | None:
        row = self._db.execute("SELECT body FROM event WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else decode(row["body"])

    # --- the page --------------------------------------------------------------------------------------------------

    def now(self) -> int:
        return shown.latest_change(self._db)

    def latest(self, chat: str, before: int | None = None) -> Part:
        return shown.latest(self._db, chat, before)

    def state(self, chat: str) -> ChatState:
        return shown.state(self._db, chat)

    def changed_since(self, number: int) -> list[Post | ChatState]:
        return shown.changed_since(self._db, number)

    def file(self, chat: str, key: str) -> Filed | None:
        """The file of a message that stands in the chat."""
        row = self._db.execute("SELECT file FROM message WHERE chat = ? AND file ->> 'key' = ?", (chat, key)).fetchone()
        return None if row is None else shown.filed(row["file"])

    def commands(self, chat: str, scope: str, language: str | None) -> tuple[tuple[str, str], ...]:
        """The chat's own command menu, else the one in the language, else the one for every other language."""
        row = self._db.execute(
            "SELECT entries FROM command WHERE scope IN (:chat, :scope) AND language IN (:language, '') "
            "ORDER BY scope = :chat DESC, language DESC LIMIT 1",
            {"chat": chat, "scope": scope, "language": language or ""},
        ).fetchone()
        return () if row is None else _entries.decode(row["entries"])

    # --- within a transaction --------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _once(self, deed: str) -> Iterator[_Once]:
        """A transaction whose effect happens once for each name of a deed."""
        with self._transaction():
            row = self._db.execute("SELECT result FROM done WHERE deed = ?", (deed,)).fetchone()
            yield _Once(self._db, deed, None if row is None else row["result"])

    def _next(self) -> int:
        return int(self._db.execute("UPDATE number SET last = last + 1 RETURNING last").fetchone()[0])

    def _append(self, event: AnyEvent, anyway: bool = False) -> int:
        """Add to the stream, unless the bot has left the chat: then it hears nothing of it."""
        seq = self._next()
        if anyway or not self._absent(event.chat.id):
            self._db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?)", (seq, event.chat.id, event.at.timestamp(), encode(event))
            )
        return seq

    def _insert(
        self,
        chat: str,
        person: str,
        name: str,
        text: Text,
        choices: Rows,
        thread: int | None,
        reply_to: int | None,
        followed_link: bool,
        file: Filed | None,
    ) -> int:
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
                _json(text),
                _json(choices),
                thread,
                reply_to,
                followed_link,
                number,
                None if file is None else _json(file),
            ),
        )
        return number

    def _change(self, message: int, text: Text, choices: Rows) -> None:
        """A text that is the same after all (only the buttons changed) is not marked as edited."""
        self._db.execute(
            "UPDATE message SET edited = CASE WHEN body = :body THEN edited ELSE :at END, body = :body,"
            " choices = :choices, changed = :changed WHERE id = :id",
            {
                "body": _json(text),
                "choices": _json(choices),
                "at": self._clock().isoformat(),
                "changed": self._next(),
                "id": message,
            },
        )
        self._touch_pins(message)

    def _blank(self, message: int) -> None:
        """Take a message back: its words and its file go, its place stays."""
        self._drop(shown.filed(self._db.execute("SELECT file FROM message WHERE id = ?", (message,)).fetchone()[0]))
        self._touch_pins(message)
        self._db.execute(
            "UPDATE message SET withdrawn = ?, body = ?, choices = '[]', changed = ?, file = NULL, pinned = NULL"
            " WHERE id = ?",
            (self._clock().isoformat(), _json(Text("")), self._next(), message),
        )
        self._db.execute("DELETE FROM reaction WHERE message = ?", (message,))
        for row in self._db.execute("SELECT id FROM message WHERE reply_to = ?", (message,)).fetchall():
            self._touch(row["id"])

    def _drop(self, file: Filed | None) -> None:
        if file is not None:
            self.shelf.drop(file.key)

    def _set_reaction(self, message: int, person: str, emoji: str, on: bool) -> bool:
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

    def _set_pin(self, chat: str, message: int, on: bool) -> bool:
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

    def _touch_chat(self, chat: str) -> None:
        self._db.execute("UPDATE chat SET changed = ? WHERE id = ?", (self._next(), chat))

    def _touch(self, message: int) -> None:
        self._db.execute("UPDATE message SET changed = ? WHERE id = ?", (self._next(), message))

    def _row(self, chat: str, message: int) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM message WHERE id = ? AND chat = ?", (message, chat)
        ).fetchone()
        return row

    def _visible(self, chat: str, message: int) -> sqlite3.Row:
        row = self._row(chat, message)
        if row is None or row["withdrawn"] is not None:
            raise Missing
        return row

    def _own(self, chat: str, person: str, message: int) -> None:
        if self._visible(chat, message)["person"] != person:
            raise NotTheWriter

    def _root(self, chat: str, thread: int | None) -> int | None:
        """The thread's first message; threads do not branch. A thread whose first message was taken back goes on."""
        if thread is None:
            return None
        row = self._row(chat, thread)
        if row is None:
            raise Missing
        return thread if row["thread"] is None else int(row["thread"])

    def _absent(self, chat: str) -> bool:
        row = self._db.execute("SELECT absent FROM chat WHERE id = ?", (chat,)).fetchone()
        return bool(row and row["absent"])


@dataclass(slots=True)
class _Once:
    """`before` is what the deed gave when it was done already."""

    _db: sqlite3.Connection
    _deed: str
    before: int | None

    def now(self, result: int) -> int:
        self._db.execute("INSERT INTO done VALUES (?, ?)", (self._deed, result))
        return result


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _where(chat: ChatSettings) -> Where:
    return Where(chat.id, chat.chat_kind, chat.title)


def _who(person: PersonSettings) -> Who:
    return Who(person.id, person.name, person.language)


def _number(message: str) -> int:
    """Our messages are named by numbers. Raises Missing for a name that cannot be ours."""
    if not (message.isascii() and message.isdecimal() and len(message) < 19):
        raise Missing
    return int(message)
