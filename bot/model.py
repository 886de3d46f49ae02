"""Frozen values that every part of Schakel speaks in; this module imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

# --- text ----------------------------------------------------------------------------------------------------------


class SpanKind(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    CODE = "code"
    PRE = "pre"
    QUOTE = "quote"
    SPOILER = "spoiler"
    LINK = "link"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that is shown differently. `start` and `end` count code points; `end` is exclusive.

    `value` is the address of a link, the person's network id of a mention, or the language of preformatted text.
    """

    start: int
    end: int
    kind: SpanKind
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text plus spans. Never markup: what a person types can break nothing."""

    plain: str
    spans: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.plain)

    def __add__(self, other: Text) -> Text:
        shift = len(self.plain)
        moved = tuple(Span(s.start + shift, s.end + shift, s.kind, s.value) for s in other.spans)
        return Text(self.plain + other.plain, self.spans + moved)

    def __getitem__(self, part: slice) -> Text:
        """A stretch of the text, with the spans that touch it cut to fit."""
        start, end, _ = part.indices(len(self.plain))
        kept = tuple(
            Span(max(s.start, start) - start, min(s.end, end) - start, s.kind, s.value)
            for s in self.spans
            if s.start < end and s.end > start
        )
        return Text(self.plain[start:end], kept)

    def styled(self, kind: SpanKind, value: str | None = None) -> Text:
        """The whole text under one more span."""
        return Text(self.plain, (Span(0, len(self.plain), kind, value), *self.spans)) if self.plain else self


def joined(texts: list[Text], separator: str) -> Text:
    """The texts one after another; empty ones are left out."""
    result = Text("")
    for text in texts:
        if text:
            result = result + Text(separator) + text if result else text
    return result


# --- who and where -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chat:
    """A group, channel, room or private chat: `id` is the network's own name for it, as text."""

    account: str
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a network. `language` is what the app says, which need not be the person's."""

    account: str
    id: str
    name: str = field(default="", repr=False)
    language: str | None = None


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that is not text. `kind`: photo, voice, audio, video, video_note, animation, document; `key` finds it
    again on its network, and may hold what decrypts it. `size` in bytes, `seconds` of sound or film, `width` and
    `height` in pixels. `waveform` is how loud a voice is along its length, from 0 to 1024; empty where nobody says."""

    kind: str
    key: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    size: int | None = None
    mime: str | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    waveform: tuple[int, ...] = ()


TOPIC = "topic:"
"""How a forum topic's id begins as `thread`, so that it is not taken for the id of a message."""


# --- what arrives --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """Something said in a chat.

    `thread` is the network id of the thread's first message (Matrix) or the topic's id (Telegram forum);
    `reply_to` the network id of the message answered. `addressed`: the bot is mentioned, or a command is meant for it.
    `start` is the payload of the link that was followed. `unsupported` names what the message is when it holds
    nothing that can be passed on ("story", "call", …), or more than its text says; that may be empty. `album` is what
    messages share that were sent as one (several photos). `forum`: the chat's messages are kept apart by topics;
    `topic` is what its own was called when it was opened, where the network says so.
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


@dataclass(frozen=True, slots=True)
class Edited:
    """A message whose text its writer has changed; `id` is the original message's."""

    chat: Chat
    kind: ChatKind
    person: Person
    id: str
    at: datetime
    text: Text


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


# --- what goes out -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: `id` is opaque, at most 64 bytes. With `url` it is a link and has no id."""

    id: str
    label: str
    url: str | None = None


Rows = tuple[tuple[Choice, ...], ...]


@dataclass(frozen=True, slots=True)
class SendText:
    """Say something. `transaction` makes a repetition harmless where the network can tell (Limits.idempotent).

    `again`: it may stand there already, said by this process or by another one. `role`: what the chat is to us
    ("coordination", "group", …), for a network that lets some chats forward less than others.
    """

    chat: Chat
    text: Text
    transaction: str
    choices: Rows = ()
    thread: str | None = None
    reply_to: str | None = None
    again: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class SendFile:
    """Pass on what came with somebody's message on `account`, with a caption of at most Limits.caption.

    `text` is the store's id of that message's text, no business of the network's. `file` is where the bytes are when
    it is sent, without what they said of the place and the device; the adapter only reads it.
    """

    chat: Chat
    account: str
    attachment: Attachment
    text: int
    caption: Text
    transaction: str
    choices: Rows = ()
    thread: str | None = None
    reply_to: str | None = None
    file: Path | None = None
    again: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class EditText:
    """Replace the text and the buttons of a message of ours. `caption`: it is a file, and the text is its caption."""

    chat: Chat
    message: str
    text: Text
    transaction: str
    choices: Rows = ()
    thread: str | None = None
    caption: bool = False


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Delete (redact) a message of ours."""

    chat: Chat
    message: str
    transaction: str


@dataclass(frozen=True, slots=True)
class PinMessage:
    """Put a message at the top of its chat, without a sound."""

    chat: Chat
    message: str


@dataclass(frozen=True, slots=True)
class UnpinMessage:
    """Take a message from the top of its chat, if somebody has put it there."""

    chat: Chat
    message: str


@dataclass(frozen=True, slots=True)
class OpenPrivate:
    """Have a private chat with somebody whom the account knows from `chat`: the one that is there, or a new one to
    which they are invited. Done again it finds what was done before, as far as the network shows it by then."""

    chat: Chat
    person: str


@dataclass(frozen=True, slots=True)
class OpenTopic:
    """Open a topic of at most 128 characters; the Receipt's message is its id, as a thread. Never to be repeated: a
    second one stands there for good."""

    chat: Chat
    title: str


@dataclass(frozen=True, slots=True)
class CloseTopic:
    """Close a topic of ours, or (`closed` False) have it open again."""

    chat: Chat
    topic: str
    closed: bool


@dataclass(frozen=True, slots=True)
class SendReaction:
    """The Receipt's `message` is the reaction's own id, where the network gives it one."""

    chat: Chat
    message: str
    key: str
    transaction: str


@dataclass(frozen=True, slots=True)
class TakeReaction:
    """Take our reaction back; `reaction` is its id, where the network gave it one."""

    chat: Chat
    message: str
    key: str
    transaction: str
    reaction: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerPress:
    """Answer a button press: a short note (at most 200 characters, may be empty) that only the presser sees."""

    chat: Chat
    press: str
    text: str


@dataclass(frozen=True, slots=True)
class JoinChat:
    chat: Chat


@dataclass(frozen=True, slots=True)
class LeaveChat:
    chat: Chat


@dataclass(frozen=True, slots=True)
class InspectChat:
    """Look who else could read along in a chat; the Receipt carries what is found."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class SetCommands:
    """The command menu of all private chats, of all groups, or of one room, which is `chat`.

    `commands` are (name, description) in `language`; None is for every other language. None at all take the menu away.
    """

    account: str
    scope: Literal["private", "groups", "room"]
    language: str | None
    commands: tuple[tuple[str, str], ...]
    chat: Chat | None = None


Outgoing = (
    SendText
    | SendFile
    | EditText
    | Withdraw
    | PinMessage
    | UnpinMessage
    | OpenPrivate
    | OpenTopic
    | CloseTopic
    | SendReaction
    | TakeReaction
    | AnswerPress
    | JoinChat
    | LeaveChat
    | InspectChat
    | SetCommands
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network has it. `message` is its id there, None where the action makes no message.

    `findings` of InspectChat: what lets others read along, named as in the catalogue ("public" for "leak-public"); of
    OpenPrivate: the chat's id, if nobody but the person is in it with us, nothing as long as they are only invited.
    `elsewhere`: the topic where it was to stand is not there any more, so it stands in the chat itself.
    """

    message: str | None = None
    findings: tuple[str, ...] = ()
    elsewhere: bool = False
