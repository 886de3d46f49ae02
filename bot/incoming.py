"""What arrives from a network: its events as they came, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.model import Attachment, Chat, ChatKind, Person, Text


@dataclass(frozen=True, slots=True)
class Message:
    """Something said in a chat.

    `thread` is the network id of the thread's first message (Matrix) or the topic's id (Telegram forum);
    `reply_to` the network id of the message answered. `addressed`: the bot is mentioned, or a command is meant for it.
    `start` is the payload of the link that was followed. `unsupported` names what the message is when it holds
    nothing that can be passed on ("story", "call", …), or more than its text says; that may be empty. `album` is what
    messages share that were sent as one (several photos). `forum`: the chat's messages are kept apart by topics;
    `topic` is what its own was called when it was opened, where the network says so. `forwarded`: these are somebody
    else's words.
    """

    chat: Chat
    kind: ChatKind
    person: Person
    id: str
    at: datetime
    text: Text
    thread: str | None = None
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    addressed: bool = False
    start: str | None = None
    unsupported: str | None = None
    title: str | None = None
    album: str | None = None
    forum: bool = False
    topic: str | None = field(default=None, repr=False)
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A message that its writer has changed; `id` is the original message's. `attachments`: the files that it has now,
    none where the network says nothing of them."""

    chat: Chat
    kind: ChatKind
    person: Person
    id: str
    at: datetime
    text: Text
    attachments: tuple[Attachment, ...] = ()
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message that was taken back by its writer or a moderator (Telegram never tells); `person` is who did it.

    Where reactions have ids of their own it may be one of them: only the core knows which (see Unreacted).
    """

    chat: Chat
    id: str
    at: datetime
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed: `choice` is the opaque id it carried, `press` what an answer to it must name."""

    chat: Chat
    kind: ChatKind
    person: Person
    message: str
    choice: str
    press: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction was added to a message; `key` is the emoji, `id` the reaction's own id on a network where it has one
    (Matrix), by which it is taken back."""

    chat: Chat
    kind: ChatKind
    person: Person
    message: str
    key: str
    at: datetime
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Unreacted:
    """A reaction was taken back. `person` is who did that, as far as the network tells: on Matrix maybe a moderator.

    Where reactions have ids the core makes this of a Deleted, for messages that it knows.
    """

    chat: Chat
    kind: ChatKind
    person: Person | None
    message: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pinned:
    """Somebody has put a message at the top of its chat, or (`pinned` False; Telegram never tells) taken it from
    there."""

    chat: Chat
    message: str
    at: datetime
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class Renamed:
    """A chat has another title now."""

    chat: Chat
    kind: ChatKind
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """The bot was added to a chat, or invited (`invited`: it must join before it can speak), or may speak again.

    `forum`: the chat's messages are kept apart by topics; `topics`: the bot may open and close such.
    """

    chat: Chat
    kind: ChatKind
    person: Person
    at: datetime
    invited: bool = False
    title: str | None = None
    administrator: bool = False
    forum: bool = False
    topics: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody else has come into a chat where the bot is."""

    chat: Chat
    kind: ChatKind
    person: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody else has left a chat where the bot is, or was put out of it. Networks may tell it twice."""

    chat: Chat
    person: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """The bot was removed from a chat, banned, or blocked by the person."""

    chat: Chat
    kind: ChatKind
    at: datetime


@dataclass(frozen=True, slots=True)
class MovedChat:
    """A chat got a new id (supergroup upgrade, room upgrade)."""

    chat: Chat
    to: Chat
    at: datetime


@dataclass(frozen=True, slots=True)
class Echo:
    """The network shows us something of our own: the receipt of `transaction` (Matrix)."""

    chat: Chat
    transaction: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TopicOpened:
    """The network shows us a topic that we have opened; `id` is what messages in it have as their thread."""

    chat: Chat
    id: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TopicNamed:
    """Somebody has opened a topic, or it is called otherwise now; `id` is what messages in it have as their thread."""

    chat: Chat
    id: str
    title: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An encrypted message whose key is missing; the adapter delivers it again when the key comes."""

    chat: Chat
    kind: ChatKind
    id: str
    at: datetime


Incoming = (
    Message
    | Edited
    | Deleted
    | Pressed
    | Reacted
    | Unreacted
    | Pinned
    | Renamed
    | Added
    | Joined
    | Left
    | Removed
    | MovedChat
    | Echo
    | TopicOpened
    | TopicNamed
    | Unreadable
)


@dataclass(frozen=True, slots=True)
class Raw:
    """One event as a network gave it. `id` is unique within the account; `chat` is "" where the event has none."""

    id: str
    chat: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order of the network's stream, and the place in that stream after them; None: where it was."""

    events: tuple[Raw, ...]
    cursor: str | None


NOTHING_NEW = Batch((), None)
"""The network has answered, and has nothing to tell."""
