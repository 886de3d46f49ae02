"""What people do on the page, as it stands in the stream of raw events, and what that means to the core."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from adapters.web.files import Filed
from adapters.web.settings import BOT
from bot.incoming import Added, Deleted, Edited, Incoming, Message, Pinned, Pressed, Raw, Reacted, Unreacted
from bot.model import Chat, ChatKind, Person, Text

MENTION = re.compile(rf"@{BOT}\b", re.IGNORECASE)


class Who(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    name: str
    language: str | None = None


class Where(msgspec.Struct, frozen=True):
    id: str
    kind: ChatKind
    title: str


class Event(msgspec.Struct, frozen=True, tag_field="what", omit_defaults=True):
    """Every event says where, who and when."""

    chat: Where
    who: Who
    at: datetime


class Said(Event, frozen=True, tag="said"):
    """`start` is the payload of the link that opened the chat; `file` is what came with the words."""

    message: str
    text: str
    thread: str | None = None
    reply_to: str | None = None
    start: str | None = None
    file: Filed | None = None


class Reworded(Event, frozen=True, tag="reworded"):
    message: str
    text: str


class TakenBack(Event, frozen=True, tag="taken-back"):
    message: str


class ButtonPressed(Event, frozen=True, tag="pressed"):
    """`page` is the open page that hears the answer."""

    message: str
    choice: str
    page: str


class ReactionAdded(Event, frozen=True, tag="reacted"):
    message: str
    key: str


class ReactionTaken(Event, frozen=True, tag="unreacted"):
    message: str
    key: str


class MessagePinned(Event, frozen=True, tag="pinned"):
    """A message was put at the top of its chat, or (`pinned` False) taken from there."""

    message: str
    pinned: bool


class BotInvited(Event, frozen=True, tag="invited"):
    """`standing`: the bot is in the chat from the beginning and need not join it."""

    standing: bool = False


AnyEvent = Said | Reworded | TakenBack | ButtonPressed | ReactionAdded | ReactionTaken | MessagePinned | BotInvited

_decoder = msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    return msgspec.json.encode(event)


def decode(body: bytes) -> AnyEvent:
    """Raises ValueError for what is no event of ours."""
    try:
        event: AnyEvent = _decoder.decode(body)
    except msgspec.MsgspecError:
        raise ValueError("not an event of the web network") from None
    return event


def parse(account: str, raw: Raw) -> Sequence[Incoming]:
    event = decode(raw.body)
    chat = Chat(account, event.chat.id)
    kind = event.chat.kind
    person = Person(account, event.who.id, event.who.name, event.who.language)
    match event:
        case Said():
            return [
                Message(
                    chat,
                    kind,
                    person,
                    event.message,
                    event.at,
                    Text(event.text),
                    thread=event.thread,
                    reply_to=event.reply_to,
                    addressed=bool(MENTION.search(event.text)),
                    start=event.start,
                    attachments=() if event.file is None else (event.file.attachment(),),
                    title=event.chat.title if kind is ChatKind.GROUP else None,
                )
            ]
        case Reworded():
            return [Edited(chat, kind, person, event.message, event.at, Text(event.text))]
        case TakenBack():
            return [Deleted(chat, event.message, event.at, person)]
        case ButtonPressed():
            return [Pressed(chat, kind, person, event.message, event.choice, raw.id, event.at)]
        case ReactionAdded():
            return [Reacted(chat, kind, person, event.message, event.key, event.at)]
        case ReactionTaken():
            return [Unreacted(chat, kind, person, event.message, event.key, event.at)]
        case MessagePinned():
            return [Pinned(chat, event.message, event.at, event.pinned)]
        case BotInvited():
            return [Added(chat, kind, person, event.at, invited=not event.standing, title=event.chat.title)]
