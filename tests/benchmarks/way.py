"""The whole way of a message, from one network to the other, beside a forwarder that keeps nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import nio
from pydantic import SecretStr
from telegram import Bot, Message

from adapters.matrix import MatrixAdapter
from adapters.matrix.settings import MatrixSettings
from adapters.telegram import TelegramAdapter
from adapters.telegram.request import AiohttpRequest
from adapters.telegram.settings import TelegramSettings
from bot import incoming
from bot.actions import Action, Say
from bot.app import App, Parts
from bot.content import Verbatim
from bot.events import Internal
from bot.inbox import Handle
from bot.incoming import Incoming
from bot.model import Chat, ChatKind
from bot.store.transaction import Transaction
from tests.benchmarks.figures import Asked, Figure, all_of, in_turn
from tests.benchmarks.runs import OURS, Measured, run
from tests.benchmarks.standin import standin
from tests.benchmarks.standin.matrix import DEVICE, USER, room
from tests.benchmarks.standin.telegram import TOKEN, chat
from tests.databases import POLICY

CHATS = 100
IN_FLIGHT = 32
MESSAGES = 4_000
ALONE = 500
HERE = "tests.benchmarks.way"
OTHER = {"telegram": "Telegram to Matrix", "matrix": "Matrix to Telegram"}


def figures(runs: int) -> Iterator[Figure]:
    for origin, direction in OTHER.items():
        yield from _many(runs, origin, direction)
        yield from _alone(runs, origin, direction)


def _many(runs: int, origin: str, direction: str) -> Iterator[Figure]:
    what = f"the whole way, {direction}, {IN_FLIGHT} in flight; beside a bare forwarder"
    ours, theirs = _both(runs, origin, MESSAGES, IN_FLIGHT)
    yield Figure(what, "/s", all_of(ours, "rate"), all_of(theirs, "rate"), Asked(0.6))
    yield Figure(f"{what}: CPU a message", "µs", all_of(ours, "cpu"), all_of(theirs, "cpu"))


def _alone(runs: int, origin: str, direction: str) -> Iterator[Figure]:
    what = f"the whole way, {direction}, one at a time"
    ours, theirs = _both(runs, origin, ALONE, 1)
    took, bare = all_of(ours, "p50", 1e3), all_of(theirs, "p50", 1e3)
    allowed = [1.5 * other + 3 * own["commit"] * 1e3 for other, own in zip(bare, ours, strict=True)]
    commit_ = statistics.median(all_of(ours, "commit", 1e3))
    bound = f"1.5 × a bare forwarder's + 3 commits of {commit_:.2f} ms"
    yield Figure(f"{what}: p50, beside {bound}", "ms", took, allowed, Asked(1, at_most=True))
    yield Figure(f"{what}: p50, beside a bare forwarder", "ms", took, bare)
    yield Figure(f"{what}: CPU a message", "µs", all_of(ours, "cpu"), all_of(theirs, "cpu"))


def _both(runs: int, origin: str, messages: int, at_once: int) -> tuple[list[Measured], list[Measured]]:
    sides = ("ours", "forwarder")
    done = in_turn(runs, {side: partial(_run, side, origin, messages, at_once) for side in sides})
    return done["ours"], done["forwarder"]


# --- ours ----------------------------------------------------------------------------------------------------------


def ours(address: str, origin: str, messages: int, at_once: int) -> Measured:
    """What it takes through the bot, and `commit`: seconds that one small commit takes on the same disk."""
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(_ours(Path(folder), address, origin, messages, at_once))
        return measured | {"commit": commit(Path(folder))}


async def _ours(folder: Path, address: str, origin: str, messages: int, at_once: int) -> Measured:
    telegram = TelegramAdapter("telegram", TelegramSettings(token=SecretStr(TOKEN), api_url=address))
    # Its pace is another figure's business. This value is the object's own.
    telegram.limits = replace(telegram.limits, per_second=0, chat_gap=0, group_window=None)
    matrix = MatrixAdapter("matrix", MatrixSettings(homeserver=address, user=USER, password=SecretStr("secret")))
    pairs: dict[tuple[str, str], int] = {}
    parts = Parts(
        url=f"sqlite:///{folder / 'bench.db'}",
        data_dir=folder,
        policy=POLICY,
        adapters={"telegram": telegram, "matrix": matrix},
        engines={"notice": (), "conversation": ()},
        handle=relay(pairs),
    )
    ready = asyncio.Event()

    async def announce() -> None:
        ready.set()

    async with App(parts) as app:
        pairs |= await app.unit(_meet)
        serving = asyncio.create_task(app.run(announce))
        await ready.wait()
        measured = await _go(address, origin, messages, at_once)
        app.stop()
        await serving
    return measured


def _meet(tx: Transaction) -> dict[tuple[str, str], int]:
    """For each chat the one that belongs to it on the other network, by its id in the store."""
    pairs: dict[tuple[str, str], int] = {}
    for number in range(CHATS):
        sides = Chat("telegram", str(chat(number)["id"])), Chat("matrix", room(number))
        known = [tx.chats.known(side, ChatKind.GROUP).id for side in sides]
        for side, other in zip(sides, reversed(known), strict=True):
            pairs[side.account, side.id] = other
    return pairs


def relay(pairs: Mapping[tuple[str, str], int]) -> Handle:
    """A handler that says in the one chat what was written in the other."""

    def handle(event: Incoming | Internal, tx: Transaction) -> Iterable[Action]:
        if not isinstance(event, incoming.Message):
            return []
        to = pairs[event.chat.account, event.chat.id]
        return [Say(to, (Verbatim(event.text.plain),), subject=f"relay-{to}")]

    return handle


def commit(folder: Path) -> float:
    """Seconds until one row is durable: SQLite as the bot has it, without anything around it; the median of 500."""
    connection = sqlite3.connect(folder / "commit.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kept (what TEXT)")
    times = []
    for number in range(500):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO kept VALUES (?)", (f"message number {number}",))
        connection.execute("COMMIT")
        times.append(time.perf_counter() - began)
    connection.close()
    return statistics.median(times)


# --- the forwarder -------------------------------------------------------------------------------------------------


def forwarder(address: str, origin: str, messages: int, at_once: int) -> Measured:
    """What it takes with the same clients and nothing else."""
    return asyncio.run(_forwarder(address, origin, messages, at_once))


async def _forwarder(address: str, origin: str, messages: int, at_once: int) -> Measured:
    request = AiohttpRequest()
    client = nio.AsyncClient(address, USER, config=nio.AsyncClientConfig(encryption_enabled=False))
    client.restore_login(USER, DEVICE, "token")
    bot = Bot(TOKEN, base_url=f"{address}/bot", request=request, get_updates_request=request)
    forward = Forwarder(bot, client)
    async with bot:
        loops = [asyncio.create_task(loop) for loop in (forward.to_matrix(), forward.to_telegram())]
        measured = await _go(address, origin, messages, at_once)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
    await client.close()
    return measured


class Forwarder:
    def __init__(self, bot: Bot, client: nio.AsyncClient) -> None:
        self._bot = bot
        self._client = client
        self._rooms = {chat(number)["id"]: room(number) for number in range(CHATS)}
        self._chats = {room_id: chat_id for chat_id, room_id in self._rooms.items()}
        self._free = asyncio.Semaphore(IN_FLIGHT)
        self._sending: set[asyncio.Task[None]] = set()

    async def to_matrix(self) -> None:
        offset = None
        while True:
            for update in await self._bot.get_updates(offset, limit=100, timeout=50):
                offset = update.update_id + 1
                if update.message is not None:
                    self._begin(self._say_on_matrix(update.message))

    async def to_telegram(self) -> None:
        await self._client.sync(full_state=True)
        while True:
            answer = await self._client.sync(timeout=30_000)
            for room_id, joined in answer.rooms.join.items():
                for event in joined.timeline.events:
                    if isinstance(event, nio.RoomMessageText) and event.sender != USER:
                        self._begin(self._say_on_telegram(room_id, event))

    def _begin(self, sending: Any) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _say_on_matrix(self, message: Message) -> None:
        async with self._free:
            content = {"msgtype": "m.text", "body": message.text}
            answer = await self._client.room_send(self._rooms[message.chat.id], "m.room.message", content)
            assert isinstance(answer, nio.RoomSendResponse), answer

    async def _say_on_telegram(self, room_id: str, event: nio.RoomMessageText) -> None:
        async with self._free:
            await self._bot.send_message(self._chats[room_id], event.body)


# --- both ----------------------------------------------------------------------------------------------------------


async def _go(address: str, origin: str, messages: int, at_once: int) -> Measured:
    """Warm up, send them all through, and add what CPU that took here."""
    timeout = aiohttp.ClientTimeout(total=300)  # whoever hangs has failed
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def go(count: int) -> Measured:
            where = f"{address}/go?from={origin}&messages={count}&at_once={at_once}"
            async with session.post(where) as answer:
                measured: Measured = await answer.json()
                return measured

        await go(messages // 10)
        began = time.process_time()
        measured = await go(messages)
        return measured | {"cpu": (time.process_time() - began) / messages * 1e6}


def _run(side: str, origin: str, messages: int, at_once: int, echo: bool = True) -> Measured:
    with standin(CHATS, echo) as address:
        given = {"address": address, "origin": origin, "messages": messages, "at_once": at_once}
        return run(OURS, f"{HERE}:{side}", **given)
