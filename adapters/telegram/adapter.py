"""The bot's account on Telegram as an adapter: the parts joined."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel
from telegram import Bot, User
from telegram.error import InvalidToken

from adapters.telegram import checking, fetching, inspecting, parsing, sending
from adapters.telegram.errors import receive_error
from adapters.telegram.parsing import Ourselves
from adapters.telegram.placing import Manner
from adapters.telegram.receiving import Receiver
from adapters.telegram.request import FILE_TIMEOUT, AiohttpRequest
from adapters.telegram.settings import TelegramSettings
from adapters.telegram.webhook import Webhook
from bot.incoming import Incoming, Raw
from bot.model import Attachment, Chat
from bot.outgoing import Outgoing, Receipt
from bot.ports import Account, Deliver, Home, Limits, NotSent, PutBack, Question

CONNECTIONS = 128  # more than the sender has in flight, beside receiving
_IN_A_CHANNEL = "admin=post_messages+edit_messages+delete_messages"  # core.telegram.org/api/links#bot-links
DOWNLOADS = 16  # at a time, on connections of their own


class TelegramAdapter:
    """One bot."""

    Settings: ClassVar[type[BaseModel]] = TelegramSettings
    listens_key: ClassVar[str] = "webhook_listen"
    questions: ClassVar[Sequence[Question]] = (
        Question(
            "token",
            "The token",
            "In Telegram write /newbot to @BotFather (with the blue tick). Give the bot a name that people will "
            "recognise, and a user name that ends in bot. It answers with a token, like 123456789:AbC… : copy it here.",
            secret=True,
        ),
    )
    # core.telegram.org/bots/faq: about 30 messages a second in all, one a second to a chat, 20 a minute to a group.
    # A little below them, so that the network's jitter cannot carry us over: a refusal costs more than it saves.
    limits = Limits(
        text=4096,
        unit="utf16",
        per_second=28,
        burst=2,
        chat_gap=1.0,
        group_window=(19, 60.0),
        idempotent=False,
        threads=False,
        buttons=True,
        knows_members=True,
        reactions=False,  # they reach only administrators, and ✅ is none of Telegram's
        withdraw_within=timedelta(hours=48),
        # core.telegram.org/bots/api: getFile, "Sending files", sendPhoto's caption
        download=20 * 2**20,
        upload=50 * 2**20,
        caption=1024,
    )

    def __init__(self, name: str, settings: BaseModel) -> None:
        if not isinstance(settings, TelegramSettings):
            raise TypeError("TelegramAdapter needs TelegramSettings")
        self._settings = settings
        self._token = settings.token.get_secret_value()
        # The number before the colon is the bot's own id.
        number = self._token.partition(":")[0]
        self._us = Ourselves(name, int(number) if number.isascii() and number.isdigit() else 0)
        self._request = AiohttpRequest(connections=CONNECTIONS)
        self._downloads = AiohttpRequest(connections=DOWNLOADS, pool_timeout=FILE_TIMEOUT)
        if settings.allow_paid_broadcast:
            # core.telegram.org/bots/api, sendMessage: up to 1,000 a second, 0.1 Star for each above 30
            self.limits = replace(self.limits, per_second=950, burst=30)
        self._manner = Manner(settings.allow_paid_broadcast, settings.protected)
        self._bot: Bot | None = None

    async def open(self, home: Home) -> Account:
        # At the debug level PTB logs the parameters of every call: people's words.
        logging.getLogger("telegram").setLevel(logging.INFO)
        if home.state is not None:  # what waits in the inbox can be read before Telegram answers
            self._us = replace(self._us, username=home.state.decode())
        await self._request.initialize()
        await self._downloads.initialize()
        bot = self._client(self._request)
        try:
            username = await self._log_in(bot)
            if home.state != username.encode():
                await home.save(username.encode())
        except BaseException:
            await self._shut_down()
            raise
        self._us = replace(self._us, username=username)
        self._bot = bot
        link = f"https://t.me/{username}"
        return Account(
            f"@{username}",
            f"{link}?start={{start}}",
            f"{link}?startgroup={{start}}",
            f"{link}?startchannel&{_IN_A_CHANNEL}",
        )

    async def _log_in(self, bot: Bot) -> str:
        """The bot's @name, without the @. Afterwards no webhook takes its updates elsewhere."""
        try:
            me = await self._who_am_i(bot)
            if self._settings.webhook_url is None and (await bot.get_webhook_info()).url:
                await bot.delete_webhook()  # without dropping what waits
        except Exception as error:
            raise receive_error(error) from None
        return me.username or ""

    async def _who_am_i(self, bot: Bot) -> User:
        with suppress(InvalidToken):
            return await bot.get_me()
        return await bot.get_me()  # one refusal can be a hiccup of Telegram's

    def _client(self, request: AiohttpRequest) -> Bot:
        address = self._settings.api_url
        return Bot(
            self._token,
            base_url=f"{address}/bot",
            base_file_url=f"{address}/file/bot",
            request=request,
            get_updates_request=request,
        )

    async def close(self) -> None:
        self._bot = None
        await self._shut_down()

    async def _shut_down(self) -> None:
        await self._request.shutdown()
        await self._downloads.shutdown()

    async def receive(self, cursor: str | None, deliver: Deliver) -> None:
        if self._bot is None:
            raise RuntimeError("open comes first")
        await self._receiver(self._bot).run(cursor, deliver)

    def _receiver(self, bot: Bot) -> Receiver | Webhook:
        """Ask Telegram for news, or have it brought."""
        url, listen = self._settings.webhook_url, self._settings.webhook_listen
        if url is None or listen is None:
            return Receiver(bot, self._request, self._settings.poll_timeout, lambda: datetime.now(UTC))
        return Webhook(bot, url, listen, lambda: datetime.now(UTC))

    def parse(self, raw: Raw) -> Sequence[Incoming]:
        return parsing.parse(raw, self._us)

    async def send(self, action: Outgoing) -> Receipt:
        if self._bot is None:
            raise NotSent("the account is not connected", whole_account=True)
        return await sending.perform(self._bot, action, self._manner)

    async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
        if self._bot is None:
            raise NotSent("the account is not connected")
        await fetching.fetch(self._client(self._downloads), self._downloads, attachment, into, most)

    @property
    def listens(self) -> str | None:
        return self._settings.webhook_listen

    async def check(self, state: bytes | None = None) -> list[str]:
        async with AiohttpRequest() as request:
            return await checking.check(self._client(request), self._settings)

    def put_back(self, folder: Path | None, state: bytes | None) -> PutBack:
        told = (
            "What the bot had heard already does not come once more: whoever has asked for help since the backup has "
            "to ask again. What was written while no bot ran comes now, as far as Telegram kept it (24 hours).",
        )
        return PutBack(state, told)

    async def inspect(self, chat: Chat, state: bytes | None) -> tuple[str, ...]:
        async with AiohttpRequest() as request:
            return await inspecting.inspect(self._client(request), chat)
