"""For `schakel check`: what is wrong with the bot's account, and what to do about it."""

from __future__ import annotations

import re

from telegram import Bot

from adapters.telegram.errors import receive_error

_TOKEN = re.compile(r"\d{3,16}:[A-Za-z0-9_-]{30,64}")

_SHAPE = (
    "The token is not complete: copy it again from @BotFather (it looks like 123456789:AA and some thirty more "
    "letters, digits, - and _)."
)
_WEBHOOK = (
    "A webhook is set for this bot, so another program may be using it; `schakel run` removes the webhook. If that "
    "program is still needed, make a bot of its own with @BotFather."
)
_NO_GROUPS = "The bot cannot be added to groups: send /setjoingroups to @BotFather, choose the bot, and Enable."
_READS_ALL = (
    "Privacy mode is off, so Telegram shows the bot everything that people write in community groups: send /setprivacy "
    "to @BotFather, choose the bot, and Enable. In the coordination room and the organisations' rooms, where it must "
    "read, make it an administrator."
)


async def check(bot: Bot, token: str) -> list[str]:
    """One sentence or two for each fault, never with the token in it."""
    if not _TOKEN.fullmatch(token):
        return [_SHAPE]
    try:
        me = await bot.get_me()
        webhook = await bot.get_webhook_info()
    except Exception as error:
        return [_sentence(str(receive_error(error)))]
    found = []
    if webhook.url:
        found.append(_WEBHOOK)
    if not me.can_join_groups:
        found.append(_NO_GROUPS)
    if me.can_read_all_group_messages:
        found.append(_READS_ALL)
    return found


def _sentence(reason: str) -> str:
    remedy = "" if ":" in reason else ": check the internet connection and `api_url`, and try again"
    return f"{reason[:1].upper()}{reason[1:]}{remedy}."
