"""Who else could read along in a group: what Telegram says of its name, its history and its channel."""

from __future__ import annotations

from telegram import Bot

from adapters.telegram.errors import send_error
from adapters.telegram.placing import number
from bot.model import Chat


async def inspect(bot: Bot, chat: Chat) -> tuple[str, ...]:
    """Raises a SendError. Groups are never encrypted end to end: what is written there lies in Telegram's cloud."""
    address = number(chat.id)
    try:
        group = await bot.get_chat(address)
        found = []
        if group.username or group.active_usernames:
            found.append("public")
        if group.linked_chat_id is not None:
            found.append("channel")
        if group.has_visible_history:  # told to administrators alone
            found.append("history")
    except Exception as error:
        raise send_error(error) from None
    return (*found, "cloud")
