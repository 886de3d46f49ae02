"""A bot connected to the Bot API test server, and what it has received."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.telegram import TelegramAdapter
from adapters.telegram.settings import TelegramSettings
from bot.incoming import Batch, Incoming, Raw
from bot.ports import Home
from tests.servers.botapi import BotApiServer

ACCOUNT = "telegram"


@dataclass
class Inbox:
    """Takes batches as the core does, and remembers them."""

    adapter: TelegramAdapter
    batches: list[Batch] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self, batch: Batch) -> None:
        self.batches.append(batch)
        self._changed.set()

    @property
    def raws(self) -> list[Raw]:
        return [raw for batch in self.batches for raw in batch.events]

    @property
    def events(self) -> list[Incoming]:
        return [event for raw in self.raws for event in self.adapter.parse(raw)]

    async def holds(self, count: int) -> list[Incoming]:
        """The events, once there are as many."""
        async with asyncio.timeout(10):
            while len(self.events) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.events


@dataclass
class Keeper:
    """Keeps what the core keeps for an account."""

    folder: Path
    state: bytes | None = None

    async def save(self, state: bytes) -> None:
        self.state = state

    def home(self) -> Home:
        return Home(self.folder, self.state, self.save)


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        yield server


def adapter_for(server: BotApiServer, poll_timeout: int = 50, webhook: int | None = None) -> TelegramAdapter:
    """`webhook`: the port at which news is brought."""
    settings = TelegramSettings(
        token=SecretStr(server.token),
        api_url=server.url,
        poll_timeout=poll_timeout,
        webhook_url=None if webhook is None else f"http://127.0.0.1:{webhook}/telegram",
        webhook_listen=None if webhook is None else f"127.0.0.1:{webhook}",
    )
    return TelegramAdapter(ACCOUNT, settings)


@pytest.fixture
async def adapter(server: BotApiServer, tmp_path: Path) -> AsyncIterator[TelegramAdapter]:
    adapter = adapter_for(server)
    await adapter.open(Keeper(tmp_path).home())
    yield adapter
    await adapter.close()


@pytest.fixture
async def inbox(adapter: TelegramAdapter) -> AsyncIterator[Inbox]:
    """The adapter receives into it."""
    inbox = Inbox(adapter)
    receiving = asyncio.create_task(adapter.receive(None, inbox.deliver))
    yield inbox
    receiving.cancel()
    await asyncio.wait([receiving])
