"""A client that lets two libraries judge every answer of the server: aiogram's models and python-telegram-bot's.

So the server and the library the adapter uses cannot be wrong together.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import aiogram.methods
import telegram
from aiogram.types import Update
from aiohttp import ClientSession
from pydantic import BaseModel, TypeAdapter

from tests.servers.botapi.server import BotApiServer

Json = dict[str, Any]

UNDOCUMENTED = {"all_members_are_administrators"}  # Telegram still sends it with every basic group


class Refusal(Exception):
    """The server's error answer: status, description and parameters."""

    def __init__(self, answer: Json) -> None:
        super().__init__(answer["description"])
        self.status: int = answer["error_code"]
        self.description: str = answer["description"]
        self.parameters: Json = answer.get("parameters", {})


class CheckedClient:
    """Calls one bot's methods. Raises Refusal for an error, AssertionError for an answer that a library rejects."""

    def __init__(self, session: ClientSession, server: BotApiServer, token: str | None = None) -> None:
        self._session, self._url = session, f"{server.url}/bot{token or server.token}"
        self._next_update = 0

    async def __call__(self, method: str, **params: Any) -> Any:
        async with self._session.post(f"{self._url}/{method}", json=params) as response:
            answer = await response.json()
            assert answer["ok"] is (response.status == 200)
            if not answer["ok"]:
                assert response.status == answer["error_code"]
                raise Refusal(answer)
        judge(method, answer["result"])
        return answer["result"]

    async def refused(self, method: str, **params: Any) -> str:
        """The description of the error that the call must end in."""
        try:
            await self(method, **params)
        except Refusal as refusal:
            return refusal.description
        raise AssertionError("the call was not refused")

    async def updates(self, *, timeout: int = 0, **params: Any) -> list[Json]:
        """The next updates, which are confirmed by the next call of this."""
        updates: list[Json] = await self("getUpdates", offset=self._next_update, timeout=timeout, **params)
        if updates:
            self._next_update = updates[-1]["update_id"] + 1
        return updates


def judge(method: str, result: Any) -> None:
    """Assert that the result is what both libraries expect of the method, without a field that aiogram knows not."""
    parsed = _returned(method).validate_python(result)
    assert set(_unknown_fields(parsed)) <= UNDOCUMENTED
    if method == "getUpdates":
        for update in result:
            judge_update(update)
    elif isinstance(result, dict) and "message_id" in result:
        assert telegram.Message.de_json(dict(result), None).message_id == result["message_id"]


def judge_update(update: Json) -> None:
    """Both libraries must find in the update the one thing it is about."""
    (kind,) = update.keys() - {"update_id"}
    assert Update.model_validate(update).event_type == kind
    assert getattr(telegram.Update.de_json(dict(update), None), kind) is not None


@cache
def _returned(method: str) -> TypeAdapter[Any]:
    names = {name.lower(): name for name in aiogram.methods.__all__}
    return TypeAdapter(getattr(aiogram.methods, names[method.lower()]).__returning__)


def _unknown_fields(value: Any) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from value.model_extra or ()
        for name in type(value).model_fields:
            yield from _unknown_fields(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from _unknown_fields(item)
