"""Telegram's JSON, and the shapes of those parts of an update that mean something to Schakel."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import msgspec

# --- JSON ----------------------------------------------------------------------------------------------------------

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def decode(body: bytes) -> Any:
    """What the JSON says. Half characters and broken UTF-8 become U+FFFD. Raises ValueError for what is no JSON."""
    try:
        try:
            return msgspec.json.decode(body)
        except ValueError:
            return _mended(json.loads(body.decode(errors="replace")))
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _mended(value: Any) -> Any:
    match value:
        case str():
            return whole(value)
        case list():
            return [_mended(item) for item in value]
        case dict():
            return {whole(key): _mended(item) for key, item in value.items()}
    return value


def whole(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which no encoding can write."""
    return _HALF_CHARACTER.sub("\ufffd", text)


# --- shapes --------------------------------------------------------------------------------------------------------

Seconds = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800)]  # since 1970, before the year 10000


class User(msgspec.Struct):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    language_code: str | None = None


class Chat(msgspec.Struct):
    id: int
    type: str
    title: str | None = None
    is_forum: bool = False


class Topic(msgspec.Struct):
    """A topic that was opened, or changed: then it has a name where that is another one now."""

    name: str | None = None


class Entity(msgspec.Struct):
    """`offset` and `length` count UTF-16 code units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    user: User | None = None
    language: str | None = None


class File(msgspec.Struct):
    """Photo size, voice, video, document, …: what they have in common."""

    file_id: str
    file_size: int | None = None
    file_name: str | None = None
    mime_type: str | None = None
    width: int = 0
    height: int = 0
    duration: int | None = None
    length: int = 0  # of a round video: its width and its height


class Sticker(File):
    """Animated ones are no picture that others could show; a thumbnail is."""

    is_animated: bool = False
    is_video: bool = False
    thumbnail: File | None = None


class LivePhoto(File):
    """A short film around a photo."""

    photo: list[File] = []


class Replied(msgspec.Struct):
    """The message that is answered, as far as it is quoted."""

    message_id: int
    sender: User | None = msgspec.field(default=None, name="from")
    forum_topic_created: Topic | None = None


class Message(msgspec.Struct):
    message_id: int
    date: Seconds
    chat: Chat
    sender: User | None = msgspec.field(default=None, name="from")
    sender_chat: Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    forward_origin: object = None
    reply_to_message: Replied | None = None
    edit_date: Seconds | None = None
    text: str | None = None
    entities: list[Entity] = []
    caption: str | None = None
    caption_entities: list[Entity] = []
    photo: list[File] = []
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    document: File | None = None
    media_group_id: str | None = None
    new_chat_members: list[User] = []
    left_chat_member: User | None = None
    new_chat_title: str | None = None
    pinned_message: Replied | None = None
    migrate_to_chat_id: int | None = None
    forum_topic_created: Topic | None = None
    forum_topic_edited: Topic | None = None


class Button(msgspec.Struct):
    """The message under whose button was pressed; of an old one only these fields are left."""

    message_id: int
    chat: Chat
    date: Seconds = 0


class Press(msgspec.Struct):
    """A callback query. `message` is missing under messages that another person sent through the bot."""

    id: str
    sender: User = msgspec.field(name="from")
    message: Button | None = None
    data: str | None = None


class Reaction(msgspec.Struct):
    type: str
    emoji: str | None = None


class Reactions(msgspec.Struct):
    """Somebody changed their reactions to a message. `actor_chat`: an anonymous administrator or a channel did."""

    chat: Chat
    message_id: int
    date: Seconds
    old_reaction: list[Reaction]
    new_reaction: list[Reaction]
    user: User | None = None
    actor_chat: Chat | None = None


class Membership(msgspec.Struct):
    """`is_member` and `can_send_messages` are there for the status "restricted", `can_post_messages` in channels,
    `can_manage_topics` in supergroups."""

    user: User
    status: str
    is_member: bool = True
    can_send_messages: bool = True
    can_post_messages: bool = True
    can_manage_topics: bool = False


class MembershipChange(msgspec.Struct):
    chat: Chat
    sender: User = msgspec.field(name="from")
    date: Seconds
    new_chat_member: Membership
