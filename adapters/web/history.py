"""The web network's own memory: its messages as they are shown, and the stream of what people did, in one SQLite file.

Every method is one short transaction over a synchronous connection. One thread at a time may use it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
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
)
from adapters.web.files import Filed, Shelf
from adapters.web.records import Missing, NotTheWriter, Records, as_json
from adapters.web.settings import ChatSettings, PersonSettings
from adapters.web.shown import THE_BOT, ChatState, Part, Post
from bot.incoming import Raw
from bot.model import Text
from bot.outgoing import (
    EditText,
    PinMessage,
    SendFile,
    SendReaction,
    SendText,
    SetCommands,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)

KEPT = timedelta(days=1)  # how long an event stays after the core has it, should the core be put back to a backup

_entries = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class History:
    def __init__(self, file: Path, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._records = Records(self._db, clock, Shelf(file.parent / "files"))
        schema.bring_up_to_date(self._db, self._records.transaction, int(clock().timestamp() * 1000))

    def close(self) -> None:
        self._db.close()

    # --- what people do --------------------------------------------------------------------------------------------

    def begin(self, chats: Sequence[ChatSettings]) -> None:
        """Meet the chats that are new: the bot is in the groups among them from the beginning."""
        with self._records.transaction():
            for chat in chats:
                if self._records.meet(chat.id) and chat.kind == "group":
                    self._records.append(BotInvited(_where(chat), _who(chat.members[0]), self._clock(), standing=True))

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
        with self._records.once(f"page:{deed}") as done:
            if done.before is not None:
                self._records.drop(file)
                return done.before
            root = self._records.root(chat.id, thread)
            if reply_to is not None and self._records.row(chat.id, reply_to) is None:
                raise Missing  # what was only taken back may still be answered: they have read it
            message = self._records.insert(
                chat.id,
                person.id,
                person.name,
                Text(text),
                thread=root,
                reply_to=reply_to,
                followed_link=start is not None,
                file=file,
            )
            self._records.append(
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
        with self._records.transaction():
            self._records.must_be_by(chat.id, person.id, message)
            self._records.change(message, Text(text), ())
            self._records.append(Reworded(_where(chat), _who(person), self._clock(), message=str(message), text=text))

    def taken_back(self, chat: ChatSettings, person: PersonSettings, message: int) -> None:
        with self._records.transaction():
            self._records.must_be_by(chat.id, person.id, message)
            self._records.blank(message)
            self._records.append(TakenBack(_where(chat), _who(person), self._clock(), message=str(message)))

    def pressed(
        self, chat: ChatSettings, person: PersonSettings, message: int, choice: str, page: str, deed: str
    ) -> int:
        """The press's number, which an answer to it names. The choice may be one that was edited away meanwhile."""
        with self._records.once(f"page:{deed}") as done:
            if done.before is not None:
                return done.before
            self._records.visible(chat.id, message)
            event = ButtonPressed(
                _where(chat), _who(person), self._clock(), message=str(message), choice=choice, page=page
            )
            return done.now(self._records.append(event))

    def reacted(self, chat: ChatSettings, person: PersonSettings, message: int, emoji: str, on: bool) -> None:
        with self._records.transaction():
            self._records.visible(chat.id, message)
            if self._records.set_reaction(message, person.id, emoji, on):
                what = ReactionAdded if on else ReactionTaken
                self._records.append(what(_where(chat), _who(person), self._clock(), message=str(message), key=emoji))

    def pinned(self, chat: ChatSettings, person: PersonSettings, message: int, on: bool) -> None:
        with self._records.transaction():
            self._records.visible(chat.id, message)
            if self._records.set_pin(chat.id, message, on):
                self._records.append(
                    MessagePinned(_where(chat), _who(person), self._clock(), message=str(message), pinned=on)
                )

    def invited(self, chat: ChatSettings, person: PersonSettings) -> None:
        with self._records.transaction():
            if self._records.is_absent(chat.id):
                self._records.append(BotInvited(_where(chat), _who(person), self._clock()), anyway=True)

    # --- what the bot does -----------------------------------------------------------------------------------------

    def say(self, action: SendText | SendFile, file: Filed | None = None) -> int:
        text = action.text if isinstance(action, SendText) else action.caption
        with self._records.once(f"bot:{action.transaction}") as done:
            if done.before is not None:
                self._records.drop(file)
                return done.before
            root = self._records.root(action.chat.id, None if action.thread is None else _number(action.thread))
            reply_to = None if action.reply_to is None else _number(action.reply_to)
            if reply_to is not None and not self._records.row(action.chat.id, reply_to):
                reply_to = None  # what is answered is gone; the answer is still worth saying
            return done.now(
                self._records.insert(
                    action.chat.id, THE_BOT, "", text, choices=action.choices, thread=root, reply_to=reply_to, file=file
                )
            )

    def edit(self, action: EditText) -> None:
        with self._records.once(f"bot:{action.transaction}") as done:
            if done.before is None:
                message = _number(action.message)
                self._records.must_be_by(action.chat.id, THE_BOT, message)
                self._records.change(message, action.text, action.choices)
                done.now(message)

    def withdraw(self, action: Withdraw) -> None:
        with self._records.once(f"bot:{action.transaction}") as done:
            if done.before is None:
                message = _number(action.message)
                row = self._records.row(action.chat.id, message)
                if row is None:
                    raise Missing
                if row["person"] != THE_BOT:
                    raise NotTheWriter
                if row["withdrawn"] is None:
                    self._records.blank(message)
                done.now(message)

    def react(self, action: SendReaction | TakeReaction, stands: bool = True) -> None:
        with self._records.transaction():
            message = _number(action.message)
            self._records.visible(action.chat.id, message)
            self._records.set_reaction(message, THE_BOT, action.key, stands)

    def pin(self, action: PinMessage | UnpinMessage) -> None:
        with self._records.transaction():
            message = _number(action.message)
            if isinstance(action, PinMessage):
                self._records.visible(action.chat.id, message)
            self._records.set_pin(action.chat.id, message, isinstance(action, PinMessage))

    def be_absent(self, chat: str, absent: bool) -> None:
        with self._records.transaction():
            self._records.set_absent(chat, absent)

    def is_absent(self, chat: str) -> bool:
        return self._records.is_absent(chat)

    def set_commands(self, action: SetCommands) -> None:
        place = (action.chat.id if action.chat else action.scope, action.language or "")
        with self._records.transaction():
            self._db.execute("DELETE FROM command WHERE scope = ? AND language = ?", place)
            if action.commands:
                self._db.execute("INSERT INTO command VALUES (?, ?, ?)", (*place, as_json(action.commands)))

    # --- the stream ------------------------------------------------------------------------------------------------

    def events_after(self, cursor: int, limit: int) -> tuple[Raw, ...]:
        rows = self._db.execute("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (cursor, limit)).fetchall()
        return tuple(Raw(str(row["seq"]), row["chat"], row["body"]) for row in rows)

    def forget_events(self, cursor: int) -> None:
        """Drop the old events among those that the core has: the words in them stand in the core's own records."""
        with self._records.transaction():
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


def _where(chat: ChatSettings) -> Where:
    return Where(chat.id, chat.chat_kind, chat.title)


def _who(person: PersonSettings) -> Who:
    return Who(person.id, person.name, person.language)


def _number(message: str) -> int:
    """Our messages are named by numbers. Raises Missing for a name that cannot be ours."""
    if not (message.isascii() and message.isdecimal() and len(message) < 19):
        raise Missing
    return int(message)
