"""The getUpdates loop: what was handed over durably is acknowledged, and nothing else.

PTB's own loop acknowledges updates before they are handled, so it is not used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from telegram import Bot
from telegram.error import Conflict, InvalidToken

from adapters.telegram.errors import receive_error
from adapters.telegram.parsing import RECEIVED
from adapters.telegram.request import AiohttpRequest
from bot.incoming import NOTHING_NEW, Batch, Raw
from bot.ports import Deliver, Down, ReceiveError

ALLOWED = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
)
FROM_THE_OLDEST = ""
"""The cursor of whoever does not know the place: Telegram gives all that it was not told we have."""
_GRACE = 15.0  # seconds that an answer may come later than asked for


class Receiver:
    """`poll_timeout`: for how many seconds Telegram holds a question for news; `now` gives the time of arrival."""

    def __init__(self, bot: Bot, request: AiohttpRequest, poll_timeout: int, now: Callable[[], datetime]) -> None:
        self._bot = bot
        self._request = request
        self._poll_timeout = poll_timeout
        self._now = now

    async def run(self, cursor: str | None, deliver: Deliver) -> None:
        """Without a cursor Telegram gives all it has kept, which is what was written while we were away.

        At first each question is answered at once: then it is known soon that Telegram is there, and has told all.
        """
        patience = 0
        while True:
            updates = await self._poll(cursor, patience)
            if not updates:
                patience = self._poll_timeout
            batch = batch_of(updates, self._now()) if updates else NOTHING_NEW
            await deliver(batch)
            cursor = batch.cursor or cursor

    async def _poll(self, cursor: str | None, patience: int) -> list[dict[str, Any]]:
        asked = {"timeout": patience, "limit": 100, "allowed_updates": msgspec.json.encode(ALLOWED)}
        query = urlencode(asked | ({"offset": cursor} if cursor else {}))
        try:
            answer = await self._request.post(
                f"{self._bot.base_url}/getUpdates?{query}", read_timeout=patience + _GRACE
            )
        except Exception as error:
            raise await self._what_is_wrong(error) from None
        if not are_updates(answer):
            raise Down("Telegram gives no clear answer")
        return answer  # type: ignore[return-value]

    async def _what_is_wrong(self, error: Exception) -> ReceiveError:
        if isinstance(error, InvalidToken):
            # One refusal can be a hiccup of Telegram's, and stopping the account for it would be worse.
            again = await self._second_opinion()
            return Down("Telegram refused the token once") if again is None else again
        failure = receive_error(error)
        if isinstance(error, Conflict) and "webhook" in str(failure):
            await self._remove_webhook()
        return failure

    async def _second_opinion(self) -> ReceiveError | None:
        try:
            await self._bot.get_me()
        except Exception as error:
            return receive_error(error)
        return None

    async def _remove_webhook(self) -> None:
        try:
            await self._bot.delete_webhook()
        except Exception as error:
            raise receive_error(error) from None


def batch_of(updates: list[dict[str, Any]], now: datetime) -> Batch:
    """The updates as events, and the offset after them. Never the largest id: ids restart after a quiet week."""
    stamp = {RECEIVED: int(now.timestamp())}
    events = tuple(
        Raw(str(update["update_id"]), _chat(update), msgspec.json.encode(update | stamp)) for update in updates
    )
    return Batch(events, str(updates[-1]["update_id"] + 1))


def _chat(update: dict[str, Any]) -> str:
    """The chat that the update is about, "" where it names none."""
    for body in update.values():
        for holder in (body, body.get("message")) if isinstance(body, dict) else ():
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return str(chat["id"])
    return ""


def are_updates(answer: object) -> bool:
    return isinstance(answer, list) and all(
        isinstance(update, dict) and isinstance(update.get("update_id"), int) for update in answer
    )
