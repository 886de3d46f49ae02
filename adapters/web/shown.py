"""The messages of the web network as they are shown now, read from its history."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from adapters.web.files import Filed
from bot.model import Text
from bot.outgoing import Rows

THE_BOT = ""  # the writer of the bot's own messages and reactions
LAST = 2**62  # above every number
SHOWN = 60  # a page shows that many messages of a chat at a time, each with its thread
ACTIVE = 100  # and the threads that the chat's latest so many replies stand in, however old
_text = msgspec.json.Decoder(Text)
_rows = msgspec.json.Decoder(Rows)
_filed = msgspec.json.Decoder(Filed)


@dataclass(frozen=True, slots=True)
class Quote:
    """A message that is spoken of elsewhere: in an answer, at the top of the chat. Its text is empty when it was taken
    back."""

    id: int
    person: str
    name: str = field(repr=False)
    text: Text = field(repr=False)
    file: str = field(default="", repr=False)  # the name of its file, if it has one


@dataclass(frozen=True, slots=True)
class Reaction:
    emoji: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """A message as it is shown now. `changed` is the number of its last change."""

    id: int
    chat: str
    person: str
    name: str = field(repr=False)
    at: datetime
    text: Text = field(repr=False)
    choices: Rows
    thread: int | None
    reply_to: Quote | None
    followed_link: bool
    edited: datetime | None
    withdrawn: datetime | None
    reactions: tuple[Reaction, ...]
    changed: int
    file: Filed | None = None
    pinned: bool = False

    @property
    def by_the_bot(self) -> bool:
        return self.person == THE_BOT


@dataclass(frozen=True, slots=True)
class Part:
    """Some messages of a chat; there are more before the one that `earlier` names."""

    posts: tuple[Post, ...]
    earlier: int | None


@dataclass(frozen=True, slots=True)
class ChatState:
    """Whether the bot has left a chat, and what stands at its top, the newest first."""

    chat: str
    absent: bool
    pins: tuple[Quote, ...]
    changed: int


def latest_change(db: sqlite3.Connection) -> int:
    """The number of the latest change."""
    return int(db.execute("SELECT last FROM number").fetchone()[0])


def latest(db: sqlite3.Connection, chat: str, before: int | None = None) -> Part:
    """The newest messages of the chat, or the newest before that one; each is followed by its thread.

    What is pinned, and the threads in which something was said lately, are among the newest however old they are.
    """
    roots = db.execute(
        "SELECT id FROM message WHERE chat = ? AND thread IS NULL AND id < ? ORDER BY id DESC LIMIT ?",
        (chat, LAST if before is None else before, SHOWN + 1),
    ).fetchall()
    shown = [int(row["id"]) for row in roots[:SHOWN]]
    earlier = shown[-1] if len(roots) > SHOWN else None
    if before is None and earlier:
        active = db.execute(
            "SELECT root FROM (SELECT thread AS root FROM message WHERE chat = :chat AND thread IS NOT NULL"
            " ORDER BY id DESC LIMIT :active) WHERE root < :earlier UNION"
            " SELECT coalesce(thread, id) AS root FROM message"
            " WHERE chat = :chat AND pinned IS NOT NULL AND root < :earlier",
            {"chat": chat, "active": ACTIVE, "earlier": earlier},
        )
        shown += [int(row["root"]) for row in active]
    rows = db.execute(
        "WITH shown (id) AS (SELECT value FROM json_each(?)) SELECT * FROM message"
        " WHERE id IN shown OR thread IN shown ORDER BY coalesce(thread, id), id",
        (msgspec.json.encode(shown).decode(),),
    ).fetchall()
    return Part(tuple(_post(db, row) for row in rows), earlier)


def changed_since(db: sqlite3.Connection, number: int, limit: int = 200) -> list[Post | ChatState]:
    """What is shown differently since the change with that number, in the order of the changes."""
    rows = db.execute("SELECT * FROM message WHERE changed > ? ORDER BY changed LIMIT ?", (number, limit))
    posts: list[Post | ChatState] = [_post(db, row) for row in rows.fetchall()]
    until = posts[-1].changed if len(posts) == limit else latest_change(db)
    chats = db.execute("SELECT id FROM chat WHERE changed > ? AND changed <= ?", (number, until)).fetchall()
    states = [state(db, row["id"]) for row in chats]
    return sorted([*posts, *states], key=lambda change: change.changed)


def state(db: sqlite3.Connection, chat: str) -> ChatState:
    row = db.execute("SELECT absent, changed FROM chat WHERE id = ?", (chat,)).fetchone()
    pins = db.execute("SELECT * FROM message WHERE chat = ? AND pinned IS NOT NULL ORDER BY pinned DESC", (chat,))
    return ChatState(chat, bool(row["absent"]), tuple(_quoted(pin) for pin in pins.fetchall()), row["changed"])


def _post(db: sqlite3.Connection, row: sqlite3.Row) -> Post:
    return Post(
        id=row["id"],
        chat=row["chat"],
        person=row["person"],
        name=row["name"],
        at=datetime.fromisoformat(row["at"]),
        text=_text.decode(row["body"]),
        choices=_rows.decode(row["choices"]),
        thread=row["thread"],
        reply_to=_quote(db, row["reply_to"]),
        followed_link=bool(row["followed_link"]),
        edited=_moment(row["edited"]),
        withdrawn=_moment(row["withdrawn"]),
        reactions=_reactions(db, row["id"]),
        changed=row["changed"],
        file=filed(row["file"]),
        pinned=row["pinned"] is not None,
    )


def filed(stored: str | None) -> Filed | None:
    return None if stored is None else _filed.decode(stored)


def _quote(db: sqlite3.Connection, message: int | None) -> Quote | None:
    if message is None:
        return None
    return _quoted(db.execute("SELECT * FROM message WHERE id = ?", (message,)).fetchone())


def _quoted(row: sqlite3.Row) -> Quote:
    file = filed(row["file"])
    return Quote(row["id"], row["person"], row["name"], _text.decode(row["body"]), file.name if file else "")


def _reactions(db: sqlite3.Connection, message: int) -> tuple[Reaction, ...]:
    people: dict[str, list[str]] = {}
    for row in db.execute("SELECT * FROM reaction WHERE message = ? ORDER BY emoji, person", (message,)):
        people.setdefault(row["emoji"], []).append(row["person"])
    return tuple(Reaction(emoji, tuple(who)) for emoji, who in people.items())


def _moment(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)
