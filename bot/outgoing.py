"""What a network is asked to do, and what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from bot.model import Attachment, Chat, Text, Value


class Choice(Value, frozen=True):
    """A button: `id` is opaque, at most 64 bytes. With `url` it is a link and has no id."""

    id: str
    label: str
    url: str | None = None


Rows = tuple[tuple[Choice, ...], ...]


class SendText(Value, frozen=True):
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


class SendFile(Value, frozen=True):
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


class EditText(Value, frozen=True):
    """Replace the text and the buttons of a message of ours. `caption`: it is a file, and the text is its caption."""

    chat: Chat
    message: str
    text: Text
    transaction: str
    choices: Rows = ()
    thread: str | None = None
    caption: bool = False


class Withdraw(Value, frozen=True):
    """Delete (redact) a message of ours."""

    chat: Chat
    message: str
    transaction: str


class PinMessage(Value, frozen=True):
    """Put a message at the top of its chat, without a sound."""

    chat: Chat
    message: str


class UnpinMessage(Value, frozen=True):
    """Take a message from the top of its chat, if somebody has put it there."""

    chat: Chat
    message: str


class OpenPrivate(Value, frozen=True):
    """Have a private chat with somebody whom the account knows from `chat`: the one that is there, or a new one to
    which they are invited. Done again it finds what was done before, as far as the network shows it by then."""

    chat: Chat
    person: str


class OpenTopic(Value, frozen=True):
    """Open a topic of at most 128 characters; the Receipt's message is its id, as a thread. Never to be repeated: a
    second one stands there for good."""

    chat: Chat
    title: str


class CloseTopic(Value, frozen=True):
    """Close a topic of ours, or (`closed` False) have it open again."""

    chat: Chat
    topic: str
    closed: bool


class SendReaction(Value, frozen=True):
    """The Receipt's `message` is the reaction's own id, where the network gives it one."""

    chat: Chat
    message: str
    key: str
    transaction: str


class TakeReaction(Value, frozen=True):
    """Take our reaction back; `reaction` is its id, where the network gave it one."""

    chat: Chat
    message: str
    key: str
    transaction: str
    reaction: str | None = None


class AnswerPress(Value, frozen=True):
    """Answer a button press: a short note (at most 200 characters, may be empty) that only the presser sees."""

    chat: Chat
    press: str
    text: str


class JoinChat(Value, frozen=True):
    chat: Chat


class LeaveChat(Value, frozen=True):
    chat: Chat


class InspectChat(Value, frozen=True):
    """Look who else could read along in a chat; the Receipt carries what is found."""

    chat: Chat


class LookFor(Value, frozen=True):
    """Look whether somebody is in a chat now; the Receipt carries what is found."""

    chat: Chat
    person: str


class SetCommands(Value, frozen=True):
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
    | LookFor
    | SetCommands
)


THERE = "there"
"""What a LookFor finds of somebody who is in the chat."""


class Receipt(Value, frozen=True):
    """The network has it. `message` is its id there, None where the action makes no message.

    `findings` of InspectChat: what lets others read along, named as in the catalogue ("public" for "leak-public"); of
    OpenPrivate: the chat's id, if nobody but the person is in it with us, nothing as long as they are only invited; of
    LookFor: THERE, nothing where they are not.
    `elsewhere`: the topic where it was to stand is not there any more, so it stands in the chat itself.
    """

    message: str | None = None
    findings: tuple[str, ...] = ()
    elsewhere: bool = False
