"""The adapter on a real homeserver, with what the core would keep for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest
from pydantic import SecretStr

from adapters.matrix import MatrixAdapter
from adapters.matrix.settings import MatrixSettings
from bot.incoming import Added, Batch, Incoming, Message, Raw
from bot.model import Chat, Text
from bot.operation.logs import LibraryGate
from bot.outgoing import JoinChat, SendText
from bot.ports import Account, Home
from tests.servers.matrixuser import WAIT, MatrixUser
from tests.servers.synapse import Synapse

ACCOUNT = "matrix"
E = TypeVar("E", bound=Incoming)


class Core:
    """An account with an adapter that can be stopped and started again: its inbox, its cursor, its home."""

    def __init__(self, server: Synapse, folder: Path, timeline: int = 100) -> None:
        self.user, password = server.register("schakel")
        self.settings = MatrixSettings(homeserver=server.address, user=self.user, password=SecretStr(password))
        self.folder = folder
        self.timeline = timeline
        self.state: bytes | None = None
        self.shared: bytes | None = None
        self.cursor: str | None = None
        self.inbox: dict[str, Raw] = {}  # the newest body of each event, in the order of their first arrival
        self.batches: list[Batch] = []
        self.adapter = MatrixAdapter(ACCOUNT, self.settings, timeline)
        self._news = asyncio.Condition()
        self._receiving: asyncio.Task[None] | None = None

    async def start(self) -> Account:
        self.adapter = MatrixAdapter(ACCOUNT, self.settings, self.timeline)
        return await self.go_on()

    async def go_on(self) -> Account:
        """Open the same adapter, which may have been open before."""
        account = await self.adapter.open(self.home)
        self._receiving = asyncio.create_task(self.adapter.receive(self.cursor, self.deliver))
        return account

    async def receiving_ends(self) -> None:
        """By itself; raises what it ends with."""
        assert self._receiving is not None
        async with asyncio.timeout(WAIT):
            await self._receiving

    async def stop(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)
            self._receiving = None
        await self.adapter.close()

    async def __aenter__(self) -> Self:
        await self.start()
        await self.wait(lambda: self.cursor)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def home(self) -> Home:
        return Home(self.folder, self.state, self.save, self.share)

    async def save(self, state: bytes) -> None:
        self.state = state

    async def share(self, value: bytes) -> bytes:
        self.shared = self.shared or value
        return self.shared

    async def deliver(self, batch: Batch) -> None:
        async with self._news:
            self.batches.append(batch)
            self.inbox |= {raw.id: raw for raw in batch.events}
            self.cursor = batch.cursor or self.cursor
            self._news.notify_all()

    @property
    def events(self) -> list[Incoming]:
        return [event for raw in self.inbox.values() for event in self.adapter.parse(raw)]

    def chat(self, room: str) -> Chat:
        return Chat(ACCOUNT, room)

    def messages(self, room: str) -> list[Message]:
        return [e for e in self.events if isinstance(e, Message) and e.chat.id == room]

    def said(self, room: str) -> list[str]:
        return [message.text.plain for message in self.messages(room)]

    async def wait(self, condition: Callable[[], Any], timeout: float = WAIT) -> Any:
        """Until the condition holds; it is tried again after every batch. Its value."""

        async def until() -> Any:
            async with self._news:
                while not (value := condition()):
                    await self._news.wait()
                return value

        waiting = asyncio.create_task(until())
        receiving = {self._receiving} if self._receiving else set()
        done, _ = await asyncio.wait({waiting, *receiving}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if waiting in done:
            return waiting.result()
        waiting.cancel()
        for task in done:
            task.result()  # receiving has ended: say why
        raise TimeoutError

    async def gets(self, kind: type[E], room: str, which: Callable[[E], bool] = lambda _: True) -> E:
        """Wait for an event of this kind in the room."""
        found: E = await self.wait(
            lambda: next((e for e in self.events if isinstance(e, kind) and e.chat.id == room and which(e)), None)
        )
        return found

    async def hears(self, room: str, words: str) -> Message:
        """Wait for a message with these words."""
        return await self.gets(Message, room, lambda message: message.text.plain == words)

    async def joins(self, room: str) -> None:
        """Wait for the invitation, accept it, and wait until that is known."""
        await self.gets(Added, room, lambda added: added.invited)
        await self.adapter.send(JoinChat(self.chat(room)))
        await self.gets(Added, room, lambda added: not added.invited)

    async def says(self, room: str, words: str, transaction: str, **more: Any) -> str:
        receipt = await self.adapter.send(SendText(self.chat(room), Text(words), transaction, **more))
        assert receipt.message is not None
        return receipt.message


@pytest.fixture
async def core(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Core]:
    async with Core(synapse, tmp_path) as core:
        yield core


@pytest.fixture
async def maria(synapse: Synapse) -> AsyncIterator[MatrixUser]:
    async with MatrixUser(synapse, "maria") as user:
        yield user


@pytest.fixture
async def ahmed(synapse: Synapse) -> AsyncIterator[MatrixUser]:
    async with MatrixUser(synapse, "ahmed") as user:
        yield user


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"])
def encrypted(request: pytest.FixtureRequest) -> bool:
    value: bool = request.param
    return value


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The warnings as an operator gets to see them."""
    warnings: list[str] = []
    gate = LibraryGate(lambda line: warnings.append(line["event"]))
    gate.setLevel(logging.WARNING)
    logger = logging.getLogger("adapters.matrix")
    logger.addHandler(gate)
    yield warnings
    logger.removeHandler(gate)
