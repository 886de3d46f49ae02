"""Groups, their members and their topics."""

from __future__ import annotations

from typing import Any

from tests.servers.botapi import access, events, wire
from tests.servers.botapi.errors import bad_request
from tests.servers.botapi.methods.call import Call
from tests.servers.botapi.state import Chat, Topic

Json = dict[str, Any]


def get_chat(call: Call) -> Json:
    chat = call.chat()
    return wire.full_chat_json(chat, chat.administers(call.bot.id))


def get_chat_member(call: Call) -> Json:
    chat, user = call.chat(), access.user_named(call.world, call.params)
    return wire.member_json(chat, user, chat.status(user.id))


def get_chat_administrators(call: Call) -> list[Json]:
    chat = call.chat()
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    users = (call.world.users[user_id] for user_id in chat.members if chat.administers(user_id))
    shown = (wire.member_json(chat, user, chat.status(user.id)) for user in users)
    return [member for member in shown if not member["user"]["is_bot"] or member["user"]["id"] == call.bot.id]


def get_chat_member_count(call: Call) -> int:
    chat = call.chat()
    return (
        2 if chat.kind == "private" else sum(chat.status(user_id) not in ("left", "kicked") for user_id in chat.members)
    )


def leave_chat(call: Call) -> bool:
    chat = call.chat()
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    call.world.add_message(chat, call.bot.user, {"left_chat_member": wire.user_json(call.bot.user)})
    events.tell_member(call.world, chat, call.bot.user, call.bot.user, "left")
    return True


def create_forum_topic(call: Call) -> Json:
    chat, name = _forum(call, "create a topic"), call.params.text("name").strip()
    if not name:
        raise bad_request("topic name must be non-empty")
    if len(name) > 128:
        raise bad_request("TOPIC_TITLE_INVALID")
    colour = call.params.number("icon_color", 7322096) or 7322096
    content = {"forum_topic_created": {"name": name, "icon_color": colour}}
    message = call.world.add_message(chat, call.bot.user, content, in_topic=True)
    message.thread = message.id
    topic = chat.topics[message.id] = Topic(message.id, name, colour)
    events.tell_message(call.world, message)
    return wire.topic_json(topic)


def close_forum_topic(call: Call) -> bool:
    return _open_or_close(call, closed=True)


def reopen_forum_topic(call: Call) -> bool:
    return _open_or_close(call, closed=False)


def _open_or_close(call: Call, *, closed: bool) -> bool:
    chat = _forum(call, "manage topics")
    topic = access.topic_named(chat, call.params)
    if topic.closed is closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    content: Json = {"forum_topic_closed" if closed else "forum_topic_reopened": {}}
    message = call.world.add_message(chat, call.bot.user, content, thread=topic.id, in_topic=True)
    events.tell_message(call.world, message)
    return True


def _forum(call: Call, purpose: str) -> Chat:
    chat = call.chat()
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not chat.may(call.bot.id, "can_manage_topics"):
        raise bad_request(f"not enough rights to {purpose}")
    return chat
