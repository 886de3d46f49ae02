"""Saying something: sendMessage, and what every kind of message shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers.botapi import access, events, wire
from tests.servers.botapi.errors import bad_request
from tests.servers.botapi.formatting import LONGEST_CAPTION, LONGEST_TEXT, formatted, is_empty, utf16_length
from tests.servers.botapi.keyboards import inline_keyboard
from tests.servers.botapi.methods.call import Call
from tests.servers.botapi.params import Params

Json = dict[str, Any]


def send_message(call: Call) -> Json:
    return send(call, lambda: text_content(call.params))


def send(call: Call, content: Callable[[], Json]) -> Json:
    """Post a message where the parameters say; `content` is made once the chat is known to be within reach."""
    chat, params = call.chat(), call.params
    said = content()
    reply_to = access.replied(chat, params)
    thread, in_topic = access.thread_of(chat, params.number("message_thread_id"), reply_to)
    access.may_write_in(call.bot, chat, thread)
    message = call.world.add_message(
        chat,
        call.bot.user,
        said,
        reply_to=reply_to or (chat.messages.get(thread or 0) if in_topic else None),
        thread=thread,
        in_topic=in_topic,
        keyboard=inline_keyboard(params.parsed("reply_markup")),
        protected=params.flag("protect_content"),
        link_preview=params.object("link_preview_options") or None,
    )
    events.repeat_in_discussion(call.world, message)
    return wire.message_json(message)


def text_content(params: Params) -> Json:
    return _words(params, "text", "entities", LONGEST_TEXT, "message is too long")


def caption_content(params: Params) -> Json:
    if is_empty(params.text("caption")):
        return {}
    return _words(params, "caption", "caption_entities", LONGEST_CAPTION, "message caption is too long")


def _words(params: Params, name: str, entities_name: str, longest: int, too_long: str) -> Json:
    if params.text("parse_mode"):
        raise bad_request("unsupported parse_mode")
    text, entities = formatted(params.text(name), params.objects(entities_name))
    if is_empty(text):
        raise bad_request("message text is empty")
    if utf16_length(text) > longest:
        raise bad_request(too_long)
    return {name: text} | ({entities_name: entities} if entities else {})
