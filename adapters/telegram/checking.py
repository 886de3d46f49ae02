"""For `schakel check`: what is wrong with the bot's account, and what to do about it."""

from __future__ import annotations

import re

from telegram import Bot, WebhookInfo

from adapters.telegram.errors import receive_error
from adapters.telegram.settings import TelegramSettings
from adapters.telegram.webhook import complaint, is_ours

_TOKEN = re.compile(r"\d{3,16}:[A-Za-z0-9_-]{30,64}")

_SHAPE = (
    "The token is not complete: copy it again from @BotFather (it looks like 123456789:AA and some thirty more "
    "letters, digits, - and _)."
)
_WEBHOOK = (
    "A webhook is set for this bot, so another program may be using it; `schakel run` removes the webhook. If that "
    "program is still needed, make a bot of its own with @BotFather."
)
_ANOTHER = (
    "A webhook with another address is set for this bot, so another program may be using it; `schakel run` puts "
    "webhook_url in its place. If that program is still needed, make a bot of its own with @BotFather."
)
_NOT_BROUGHT = (
    "Telegram could not bring news to webhook_url ({waiting}; it says: {said}). If the bot was running then, look at "
    "the proxy and its certificate; what waits for more than a day is lost. Without webhook_url and webhook_listen the "
    "bot asks for news by itself."
)
_PRINTABLE = re.compile(r"[^ -~]")
_LONGEST = 150  # characters of what Telegram says
_NO_GROUPS = "The bot cannot be added to groups: send /setjoingroups to @BotFather, choose the bot, and Enable."
_READS_ALL = (
    "Privacy mode is off, so Telegram shows the bot everything that people write in community groups: send /setprivacy "
    "to @BotFather, choose the bot, and Enable. In the coordination room and the organisations' rooms, where it must "
    "read, make it an administrator."
)


async def check(bot: Bot, settings: TelegramSettings) -> list[str]:
    """One sentence or two for each fault, never with the token in it."""
    if not _TOKEN.fullmatch(bot.token):
        return [_SHAPE]
    try:
        me = await bot.get_me()
        webhook = await bot.get_webhook_info()
    except Exception as error:
        return [_sentence(str(receive_error(error)))]
    found = []
    if settings.webhook_url is None and webhook.url:
        found.append(_WEBHOOK)
    if settings.webhook_url is not None:
        found += _brought(webhook, settings.webhook_url)
    if not me.can_join_groups:
        found.append(_NO_GROUPS)
    if me.can_read_all_group_messages:
        found.append(_READS_ALL)
    return found


def _brought(webhook: WebhookInfo, url: str) -> list[str]:
    """Whether Telegram brings news. Before the first start no webhook is set, and nothing is wrong with that."""
    if webhook.url and not is_ours(webhook, f"{url}/"):
        return [_ANOTHER]
    said = complaint(webhook)
    if not webhook.url or said is None:
        return []
    waiting = f"{webhook.pending_update_count} waiting"
    return [_NOT_BROUGHT.format(waiting=waiting, said=_PRINTABLE.sub("?", said)[:_LONGEST])]


def _sentence(reason: str) -> str:
    remedy = (
        ""
        if ":" in reason
        else ": check the internet connection, this machine's date and time, and `api_url`, and try again"
    )
    return f"{reason[:1].upper()}{reason[1:]}{remedy}."
