"""Bringing updates to a webhook, as the Bot API server's WebhookActor does it."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from urllib.parse import urlsplit

import aiohttp

from tests.servers.botapi.state import Bot, World
from tests.servers.botapi.updates import Update

HEADER = "X-Telegram-Bot-Api-Secret-Token"
PATIENCE = 60.0  # seconds for an answer
LONGEST_PAUSE = 60.0
LONGEST_ASKED_PAUSE = 3600.0

Lane = tuple[str, int]  # the kind of update and its chat (a press has its person instead)


class Courier:
    """One bot's. Order is kept within a lane; a lane whose update is not taken waits, and the others go on.

    `second` is how long a second of its pauses lasts. Only addresses on this machine are reached.
    """

    def __init__(self, world: World, bot: Bot, second: float) -> None:
        self._world = world
        self._bot = bot
        self._second = second
        self._lanes: dict[Lane, asyncio.Task[None]] = {}
        self._connections = asyncio.Semaphore(bot.webhook_connections)

    async def run(self) -> None:
        """Until it is cancelled."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as lanes:
            while True:
                stirred = self._bot.queue.stirred
                for update in self._bot.queue.updates:
                    lane = (update.kind, _chat(update))
                    if lane not in self._lanes or self._lanes[lane].done():
                        self._lanes[lane] = lanes.create_task(self._bring_all_of(lane, session))
                await stirred.wait()

    async def _bring_all_of(self, lane: Lane, session: aiohttp.ClientSession) -> None:
        queue, failures = self._bot.queue, 0
        while update := next((update for update in queue.updates if (update.kind, _chat(update)) == lane), None):
            async with self._connections:
                pause = await self._bring(update, session, failures)
            if pause is None:
                queue.brought(update)
                failures = 0
            else:
                failures += 1
            self._world.touch()
            await asyncio.sleep((pause or 0.0) * self._second)

    async def _bring(self, update: Update, session: aiohttp.ClientSession, failures: int) -> float | None:
        """None when it was taken, otherwise for how long to wait before it is brought again."""
        bot = self._bot
        pause = min(2.0**failures, LONGEST_PAUSE) if failures else 0.0
        if urlsplit(bot.webhook).hostname not in ("127.0.0.1", "localhost"):
            return self._failed("Connection timed out", LONGEST_PAUSE)
        headers = {"Content-Type": "application/json"} | ({HEADER: bot.webhook_secret} if bot.webhook_secret else {})
        body = json.dumps(update.as_json()).encode()
        try:
            async with session.post(bot.webhook, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.read()
        except aiohttp.ClientConnectorError:
            return self._failed("Connection refused", pause)
        except (aiohttp.ClientError, TimeoutError):
            return self._failed("Webhook connection closed", pause)
        if 200 <= answer.status < 300:
            return None
        with suppress(KeyError, ValueError):
            pause = min(float(answer.headers["Retry-After"]), LONGEST_ASKED_PAUSE)
        return self._failed(f"Wrong response from the webhook: {answer.status} {answer.reason}", pause)

    def _failed(self, words: str, pause: float) -> float:
        self._bot.webhook_error = (self._world.now(), words)
        return pause


def _chat(update: Update) -> int:
    body = update.body if isinstance(update.body, dict) else {}
    about = body.get("from" if update.kind == "callback_query" else "chat")
    return int(about["id"]) if isinstance(about, dict) else 0
