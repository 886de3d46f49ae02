"""What every message has, as python-telegram-bot wants it: where it stands, its buttons, its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters

from adapters.telegram.parsing import TOPIC
from adapters.telegram.wire import whole
from bot.model import Rows, SendFile, SendText, Text
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


def number(id: str) -> int:
    try:
        return int(id)
    except ValueError:
        raise Refused("no such chat or message can be on Telegram") from None
