"""What every message has, as python-telegram-bot wants it: where it stands, its buttons, its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters

from adapters.telegram.wire import whole
from bot.model import TOPIC, Text
from bot.outgoing import Rows, SendFile, SendText
from bot.ports import Refused


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    if not any(rows):
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(whole(choice.label), url=choice.url)
                if choice.url
                else InlineKeyboardButton(whole(choice.label), callback_data=choice.id)
                for choice in row
            ]
            for row in rows
            if row
        ]
    )


@dataclass(frozen=True, slots=True)
class Manner:
    """How the operator wants things said. `paid`: faster than is free of charge; `protected`: the roles of chats from
    which nothing can be forwarded or copied."""

    paid: bool = False
    protected: frozenset[str] = frozenset()


FREELY = Manner()


def placed(action: SendText | SendFile, manner: Manner) -> dict[str, Any]:
    """The forum topic, and the message that is answered: a thread elsewhere is a chain of replies."""
    thread, reply_to = action.thread, action.reply_to
    topic, root = None, None
    if thread is not None and thread.startswith(TOPIC):
        topic = number(thread.removeprefix(TOPIC))
    elif thread is not None:
        root = thread
    answered = reply_to or root
    return {
        "allow_paid_broadcast": manner.paid or None,
        "protect_content": action.role in manner.protected or None,
        "message_thread_id": topic,
        "reply_parameters": None
        if answered is None
        else ReplyParameters(number(answered), allow_sending_without_reply=True),
    }


def writable(text: Text) -> Text:
    return Text(whole(text.plain), text.spans)


# What TDLib takes out of a text (clean_input_string), and what it then takes for none (is_empty_string).
_NOTHING = re.compile(
    "[\x00- \u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f\u2800\u3000\ufeff\ufffc\u0333\u033f\u030a]*"
)


def sayable(text: Text) -> Text:
    """The text, with dots for one in which Telegram would see nothing, and refuse it."""
    return Text("…") if _NOTHING.fullmatch(text.plain) else writable(text)


def number(id: str) -> int:
    try:
        return int(id)
    except ValueError:
        raise Refused("no such chat or message can be on Telegram") from None
