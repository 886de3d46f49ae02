"""What every message has, as python-telegram-bot wants it: where it stands, its buttons, its text."""

from __future__ import annotations

from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters

from adapters.telegram.parsing import TOPIC
from adapters.telegram.wire import whole
from bot.model import Rows, Text
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


def placed(thread: str | None, reply_to: str | None, paid: bool = False) -> dict[str, Any]:
    """The forum topic, and the message that is answered: a thread elsewhere is a chain of replies. `paid`: it may go
    faster than is free of charge."""
    topic, root = None, None
    if thread is not None and thread.startswith(TOPIC):
        topic = number(thread.removeprefix(TOPIC))
    elif thread is not None:
        root = thread
    answered = reply_to or root
    return {
        "allow_paid_broadcast": paid or None,
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
