"""A web network on a free port, people who use it over HTTP, and a core that keeps what it is given."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from adapters.web import WebAdapter
from adapters.web.adapter import utc_now
from adapters.web.settings import Settings
from bot.incoming import Batch, Incoming
from bot.model import Chat, Text
from bot.outgoing import AnswerPress, EditText, Receipt, Rows, SendText
from bot.ports import Account, Home

NUMBERS = itertools.count()  # no two deeds of a test run have the same name, not even across a restart


async def save(state: bytes) -> None:
    raise AssertionError("the web network keeps no state of this kind")


@dataclass
class Core:
    """Receives like the real one: durable once `deliver` returns, the cursor with it."""

    adapter: WebAdapter
    batches: list[Batch] = field(default_factory=list)
    cursor: str | None = None
    grown: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def deliver(self, batch: Batch) -> None:
        async with self.grown:
            self.batches.append(batch)
            self.cursor = batch.cursor or self.cursor
            self.grown.notify_all()

    @property
    def incoming(self) -> list[Incoming]:
        return [event for batch in self.batches for raw in batch.events for event in self.adapter.parse(raw)]

    async def until(self, enough: Callable[[list[Incoming]], bool]) -> list[Incoming]:
        async with asyncio.timeout(10), self.grown:
            await self.grown.wait_for(lambda: enough(self.incoming))
        return self.incoming

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[Core]:
        task = asyncio.create_task(self.adapter.receive(self.cursor, self.deliver))
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@dataclass
class Web:
    """An open adapter with its account, and a browser without a screen."""

    adapter: WebAdapter
    account: Account
    http: httpx.AsyncClient

    async def post(self, chat: str, what: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/api/chats/{chat}/{what}", json=body)

    async def write(self, chat: str, person: str, text: str, **more: Any) -> str:
        answer = await self.post(chat, "messages", person=person, text=text, deed=f"p{next(NUMBERS)}", **more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def press(self, chat: str, person: str, message: str, choice: str, page: str) -> str:
        answer = await self.post(
            chat,
            "presses",
            person=person,
            message=int(message),
            choice=choice,
            page=page,
            deed=f"p{next(NUMBERS)}",
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def say(self, chat: str, text: str | Text, *, choices: Rows = (), thread: str | None = None) -> str:
        whole = Text(text) if isinstance(text, str) else text
        action = SendText(Chat("web", chat), whole, f"t{next(NUMBERS)}", choices=choices, thread=thread)
        receipt = await self.adapter.send(action)
        assert receipt.message is not None
        return receipt.message

    async def change(self, chat: str, message: str, text: str, *, choices: Rows = ()) -> Receipt:
        action = EditText(Chat("web", chat), message, Text(text), f"t{next(NUMBERS)}", choices=choices)
        return await self.adapter.send(action)

    async def answer(self, chat: str, press: str, text: str) -> Receipt:
        return await self.adapter.send(AnswerPress(Chat("web", chat), press, text))

    @asynccontextmanager
    async def events(self, page: str = "", **params: str) -> AsyncIterator[Stream]:
        headers = {"Last-Event-ID": params.pop("last")} if "last" in params else {}
        async with self.http.stream("GET", "/events", params={"page": page, **params}, headers=headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            lines = response.aiter_lines()
            while await anext(lines):  # up to the end of the first block: from here on it listens
                pass
            yield Stream(lines)


@dataclass
class Stream:
    lines: AsyncIterator[str]

    async def next(self) -> tuple[str, dict[str, Any], str]:
        """The next event: its name, its data, its id."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self.lines:
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    return fields["event"], msgspec.json.decode(fields["data"]), fields.get("id", "")
        raise AssertionError("the stream ended")


@asynccontextmanager
async def web_network(
    folder: Path, settings: Settings | None = None, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[Web]:
    adapter = WebAdapter("web", settings or Settings(listen="127.0.0.1:0"), clock)
    account = await adapter.open(Home(folder, None, save))
    try:
        async with httpx.AsyncClient(base_url=adapter.address) as http:
            yield Web(adapter, account, http)
    finally:
        await adapter.close()


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with web_network(tmp_path) as opened:
        yield opened


@pytest.fixture
def core(web: Web) -> Core:
    return Core(web.adapter)
