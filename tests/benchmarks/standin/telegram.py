"""The Bot API, as far as getUpdates and sendMessage."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from tests.benchmarks.standin.http import Answer, Request
from tests.benchmarks.standin.load import words

TOKEN = "123456789:AAbenchbenchbenchbenchbenchbenchbench"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
SAM = {"id": 987654321, "is_bot": False, "first_name": "Sam", "language_code": "fr"}
NO_WEBHOOK = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
_AT_MOST = 100  # updates in one answer


def chat(number: int) -> dict[str, Any]:
    return {"id": -1_000_000_000_000 - number, "type": "supergroup", "title": f"Group {number}"}


class BotApi:
    """`sent` hears the body of each sendMessage."""

    def __init__(self, chats: int, sent: Callable[[bytes], None]) -> None:
        self._chats = chats
        self._sent = sent
        self._updates: list[dict[str, Any]] = []
        self._first = 1  # the number of the oldest update that is kept
        self._message = 0
        self._waiting: asyncio.Future[Answer] | None = None
        self.asked = asyncio.Event()  # for news, for the first time

    def answer(self, request: Request) -> Answer | asyncio.Future[Answer]:
        method = request.path.rpartition(b"/")[2]
        if method == b"sendMessage":
            answer = self._said()
            self._sent(request.body)
            return answer
        if method == b"getUpdates":
            return self._news(request)
        return _ok({b"getMe": BOT, b"getWebhookInfo": NO_WEBHOOK}.get(method, True))

    def release(self, number: int) -> None:
        """Sam writes in one of the chats."""
        update = self._first + len(self._updates)
        message = {
            "message_id": update,
            "date": int(time.time()),
            "chat": chat(number % self._chats),
            "from": SAM,
            "text": words(number),
        }
        self._updates.append({"update_id": update, "message": message})
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            asyncio.get_running_loop().call_soon(lambda: waiting.set_result(self._kept()))

    def _said(self) -> Answer:
        self._message += 1
        said = {"message_id": self._message, "date": 1_795_000_000, "chat": chat(0), "from": BOT, "text": "said"}
        return _ok(said)

    def _news(self, request: Request) -> Answer | asyncio.Future[Answer]:
        """Those before the offset are forgotten. Who asks waits until there is something."""
        given = parse_qs(request.query.decode())
        if request.body:
            sent = request.body.decode()
            given |= {k: [str(v)] for k, v in json.loads(sent).items()} if sent.startswith("{") else parse_qs(sent)
        if "offset" in given:
            kept = int(given["offset"][0])
            del self._updates[: max(0, kept - self._first)]
            self._first = max(self._first, kept)
        self.asked.set()
        if self._updates:
            return self._kept()
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    def _kept(self) -> Answer:
        return _ok(self._updates[:_AT_MOST])


def _ok(result: object) -> Answer:
    return Answer(json.dumps({"ok": True, "result": result}).encode())
