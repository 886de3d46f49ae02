"""What an update means: a pure function of the stored JSON and of who we are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from adapters.telegram import attached, wire
from adapters.telegram.entities import to_text, words
from bot.incoming import (
    Added,
    Edited,
    Incoming,
    Joined,
    Left,
    Message,
    MovedChat,
    Pinned,
    Pressed,
    Raw,
    Reacted,
    Removed,
    Renamed,
    TopicNamed,
    TopicOpened,
    Unreacted,
)
from bot.model import TOPIC, Chat, ChatKind, Person, Text, joined

RECEIVED = "received_at"
"""Our own addition to the update: when it came, in seconds since 1970. Telegram does not say when a button was
pressed."""

T = TypeVar("T")

_KINDS = {
    "private": ChatKind.PRIVATE,
    "group": ChatKind.GROUP,
    "supergroup": ChatKind.GROUP,
    "channel": ChatKind.CHANNEL,
}
_COMMAND = re.compile(r"(/[A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{3,64}))?(?![\w@/])")
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Ourselves:
    """The account's name in the configuration, and the bot's id and @name; the name is known once we have connected."""

    account: str
    id: int
    username: str | None = None


def parse(raw: Raw, us: Ourselves) -> tuple[Incoming, ...]:
    """Raises ValueError for what is no update, or one whose known parts are not as documented."""
    update = wire.decode(raw.body)
    if not isinstance(update, dict):
        raise ValueError("an update must be an object")
    return tuple(event for kind, read in _READERS.items() if kind in update for event in read(update, kind, us))


def _as(shape: type[T], update: Mapping[str, Any], kind: str) -> T:
    # msgspec's errors name the place and the types, never the values.
    return msgspec.convert(update[kind], shape)


# --- messages ------------------------------------------------------------------------------------------------------


def _message(update: Mapping[str, Any], kind: str, us: Ourselves) -> Iterator[Incoming]:
    message = _as(wire.Message, update, kind)
    chat = Chat(us.account, str(message.chat.id))
    if message.migrate_to_chat_id is not None:
        yield MovedChat(chat, Chat(us.account, str(message.migrate_to_chat_id)), _time(message.date))
        return
    if message.new_chat_title is not None:
        yield Renamed(chat, _kind(message.chat), message.new_chat_title, _time(message.date))
        return
    if message.pinned_message is not None:
        if _writer(message, us) is not None:  # by a person: what bots put there is their own business
            yield Pinned(chat, str(message.pinned_message.message_id), _time(message.date))
        return
    yield from _topics(message, chat, us)
    newcomers = [_person(user, us) for user in message.new_chat_members]
    yield from (Joined(chat, _kind(message.chat), who, _time(message.date)) for who in newcomers if who is not None)
    if message.left_chat_member is not None and (gone := _person(message.left_chat_member, us)) is not None:
        yield Left(chat, gone, _time(message.date))
    yield from _said(message, update[kind], chat, us)


def _said(message: wire.Message, fields: Mapping[str, Any], chat: Chat, us: Ourselves) -> Iterator[Message]:
    """What a person has written or sent, if this is no service message. `fields`: all of it, as Telegram brings it."""
    person = _writer(message, us)
    text = _text(message, us)
    if person is None or text is None:
        return
    attachments = attached.files(message) or attached.picture(fields)
    other = None if message.text or attachments else attached.other(message, fields)
    if message.text is None and not attachments and other is None:
        return  # the title changed, …
    told = Text("") if other is None else attached.told(other, fields, message.sender)
    if told:
        text, other = joined([told, text], "\n\n"), None
    start = _start(text.plain)
    yield Message(
        chat=chat,
        kind=_kind(message.chat),
        person=person,
        id=str(message.message_id),
        at=_time(message.date),
        text=Text("") if start else text,
        thread=_thread(message),
        reply_to=_reply_to(message),
        attachments=attachments,
        addressed=_is_addressed(message, text, us),
        start=start,
        unsupported=other,
        title=message.chat.title,
        album=message.media_group_id,
        forum=message.chat.is_forum,
        topic=_topic_name(message),
        forwarded=message.forward_origin is not None,
    )


def _topics(message: wire.Message, chat: Chat, us: Ourselves) -> Iterator[Incoming]:
    """A topic was opened, by ourselves or by others, or has another name now."""
    at = _time(message.date)
    if (opened := message.forum_topic_created) is not None and opened.name:
        ours = message.sender is not None and message.sender.id == us.id
        yield (TopicOpened if ours else TopicNamed)(chat, f"{TOPIC}{message.message_id}", opened.name, at)
    if (changed := message.forum_topic_edited) is not None and changed.name and (topic := _thread(message)):
        yield TopicNamed(chat, topic, changed.name, at)


def _edited(update: Mapping[str, Any], kind: str, us: Ourselves) -> Iterator[Incoming]:
    message = _as(wire.Message, update, kind)
    person, text = _writer(message, us), _text(message, us)
    if person is None or text is None:
        return
    files = attached.files(message) or attached.picture(update[kind])
    if not text and not files:
        text = attached.written(update[kind], message.sender)
    if not text and not files:
        return  # only words and files are followed: a moving location comes as edits too
    at = _time(message.edit_date or message.date)
    chat = Chat(us.account, str(message.chat.id))
    forwarded = message.forward_origin is not None  # of which is told when a link's picture has come
    yield Edited(chat, _kind(message.chat), person, str(message.message_id), at, text, files, forwarded)


def _writer(message: wire.Message, us: Ourselves) -> Person | None:
    """Who speaks; None for bots, and for Telegram itself, which repeats every post of a channel in its discussion
    group. Behind a channel or an anonymous administrator stands a person."""
    if message.is_automatic_forward:
        return None
    if message.sender_chat is not None:
        return Person(us.account, str(message.sender_chat.id), message.sender_chat.title or "")
    return _person(message.sender, us)


def _text(message: wire.Message, us: Ourselves) -> Text | None:
    """The words, without our name behind a command; None for a command to another bot."""
    if message.text is not None:
        text = to_text(message.text, message.entities)
    else:
        text = to_text(message.caption or "", message.caption_entities)
    command = _COMMAND.match(text.plain)
    if command is None or command[2] is None:
        return text
    if us.username is not None and command[2].casefold() != us.username.casefold():
        return None
    return text[: command.end(1)] + text[command.end() :]


def _start(plain: str) -> str | None:
    """The payload of a followed link, which the app sends as an argument of /start."""
    command, _, payload = plain.partition(" ")
    return payload if command == "/start" and _PAYLOAD.fullmatch(payload) else None


def _thread(message: wire.Message) -> str | None:
    """Only topics: elsewhere Telegram's thread id merely repeats what the chain of replies says."""
    if message.message_thread_id is None or not message.is_topic_message:
        return None
    return f"{TOPIC}{message.message_thread_id}"


def _topic_name(message: wire.Message) -> str | None:
    """Of what answers nothing in a topic Telegram says how that was opened; of no change of the name since."""
    replied = message.reply_to_message
    if replied is None or replied.forum_topic_created is None or _replied(message) is not None:
        return None
    return replied.forum_topic_created.name


def _reply_to(message: wire.Message) -> str | None:
    replied = _replied(message)
    return None if replied is None else str(replied.message_id)


def _replied(message: wire.Message) -> wire.Replied | None:
    """What is answered. In a topic, everything else formally answers the message that opened the topic."""
    replied = message.reply_to_message
    opens_topic = replied and message.is_topic_message and replied.message_id == message.message_thread_id
    return None if opens_topic else replied


def _is_addressed(message: wire.Message, text: Text, us: Ourselves) -> bool:
    if _COMMAND.match(text.plain):
        return True
    replied = _replied(message)
    if replied is not None and replied.sender is not None and replied.sender.id == us.id:
        return True
    return any(_names_us(entity, message, us) for entity in (*message.entities, *message.caption_entities))


def _names_us(entity: wire.Entity, message: wire.Message, us: Ourselves) -> bool:
    if entity.type == "text_mention":
        return entity.user is not None and entity.user.id == us.id
    if entity.type != "mention" or us.username is None:
        return False
    said = words(message.text if message.text is not None else message.caption or "", entity)
    return said.casefold() == f"@{us.username}".casefold()


# --- the rest ------------------------------------------------------------------------------------------------------


def _pressed(update: Mapping[str, Any], kind: str, us: Ourselves) -> Iterator[Incoming]:
    press = _as(wire.Press, update, kind)
    person = _person(press.sender, us)
    if press.message is None or press.data is None or person is None:
        return
    received = update.get(RECEIVED)
    at = _time(msgspec.convert(received if received is not None else press.message.date, wire.Seconds))
    chat = press.message.chat
    message = str(press.message.message_id)
    yield Pressed(Chat(us.account, str(chat.id)), _kind(chat), person, message, press.data, press.id, at)


def _reacted(update: Mapping[str, Any], kind: str, us: Ourselves) -> Iterator[Incoming]:
    reactions = _as(wire.Reactions, update, kind)
    if reactions.actor_chat is not None:
        person: Person | None = Person(us.account, str(reactions.actor_chat.id), reactions.actor_chat.title or "")
    else:
        person = _person(reactions.user, us)
    if person is None:
        return
    before, now = _emoji(reactions.old_reaction), _emoji(reactions.new_reaction)
    chat, at = Chat(us.account, str(reactions.chat.id)), _time(reactions.date)
    where, message = _kind(reactions.chat), str(reactions.message_id)
    yield from (Unreacted(chat, where, person, message, key, at) for key in before if key not in now)
    yield from (Reacted(chat, where, person, message, key, at) for key in now if key not in before)


def _emoji(reactions: list[wire.Reaction]) -> list[str]:
    """Those that anybody could choose; an emoji of somebody's own says nothing to us."""
    return [reaction.emoji for reaction in reactions if reaction.type == "emoji" and reaction.emoji]


def _membership(update: Mapping[str, Any], kind: str, us: Ourselves) -> Iterator[Incoming]:
    """Our own place in a chat. Blocking the bot "kicks" it from the private chat; muted it may as well be gone."""
    change = _as(wire.MembershipChange, update, kind)
    new = change.new_chat_member
    chat, at, where = Chat(us.account, str(change.chat.id)), _time(change.date), _kind(change.chat)
    speaks = new.is_member and new.can_send_messages and (where is not ChatKind.CHANNEL or new.can_post_messages)
    if new.status in ("left", "kicked") or not speaks:
        yield Removed(chat, where, at)
        return
    administrator = new.status in ("administrator", "creator")
    yield Added(
        chat,
        where,
        _named(change.sender, us),
        at,
        title=change.chat.title,
        administrator=administrator,
        forum=change.chat.is_forum,
        topics=administrator and new.can_manage_topics,
    )


def _others_membership(update: Mapping[str, Any], kind: str, us: Ourselves) -> Iterator[Incoming]:
    """Of others: that they are out. Administrators hear of it, also in groups so large that nothing stands there."""
    change = _as(wire.MembershipChange, update, kind)
    new, person = change.new_chat_member, _person(change.new_chat_member.user, us)
    if person is not None and (new.status in ("left", "kicked") or not new.is_member):
        yield Left(Chat(us.account, str(change.chat.id)), person, _time(change.date))


_READERS: Mapping[str, Callable[[Mapping[str, Any], str, Ourselves], Iterator[Incoming]]] = {
    "message": _message,
    "channel_post": _message,
    "edited_message": _edited,
    "edited_channel_post": _edited,
    "callback_query": _pressed,
    "message_reaction": _reacted,
    "my_chat_member": _membership,
    "chat_member": _others_membership,
}


def _kind(chat: wire.Chat) -> ChatKind:
    try:
        return _KINDS[chat.type]
    except KeyError:
        raise ValueError("a chat of an unknown type") from None


def _person(user: wire.User | None, us: Ourselves) -> Person | None:
    return None if user is None or user.is_bot else _named(user, us)


def _named(user: wire.User, us: Ourselves) -> Person:
    name = f"{user.first_name} {user.last_name}".strip()
    return Person(us.account, str(user.id), name, user.language_code)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
