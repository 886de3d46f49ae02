"""The Bot API test server on a clock of its own, and a client that calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.servers.botapi import BotApiServer
from tests.servers.botapi.clock import Clock
from tests.servers.botapi.second_opinion import CheckedClient


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[BotApiServer]:
    async with BotApiServer(clock=clock) as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def call(server: BotApiServer, session: aiohttp.ClientSession) -> CheckedClient:
    return CheckedClient(session, server)
