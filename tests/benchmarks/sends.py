"""Telegram sends a second with python-telegram-bot: on our request object, and on its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial

from telegram import Bot
from telegram.request import BaseRequest

from adapters.telegram.request import AiohttpRequest
from tests.benchmarks.figures import Asked, Figure, all_of, in_turn
from tests.benchmarks.runs import OURS, Measured, run
from tests.benchmarks.standin import standin
from tests.benchmarks.standin.telegram import TOKEN, chat

IN_FLIGHT = 30
MESSAGES = 3_000
HERE = "tests.benchmarks.sends"


def figures(runs: int) -> Iterator[Figure]:
    for at_once, asked in ((IN_FLIGHT, Asked(3)), (1, None)):
        done = in_turn(runs, {side: partial(_run, side, at_once) for side in ("ours", "stock")})
        what = f"Telegram sends, {at_once} in flight"
        ours, theirs = all_of(done["ours"], "rate"), all_of(done["stock"], "rate")
        beside = "python-telegram-bot on httpx, as it comes"
        yield Figure(f"{what}; beside {beside}", "/s", ours, theirs, asked)
        if asked:
            yield Figure(f"{what}, in all", "/s", ours, (), Asked(1_000, absolute=True))
        cpu = all_of(done["ours"], "cpu"), all_of(done["stock"], "cpu")
        yield Figure(f"{what}: CPU a message; beside {beside}", "µs", *cpu)


def _run(side: str, at_once: int) -> Measured:
    with standin(chats=1) as address:
        return run(OURS, f"{HERE}:{side}", address=address, at_once=at_once)


def ours(address: str, at_once: int) -> Measured:
    request = AiohttpRequest()
    return asyncio.run(_sent(address, at_once, request))


def stock(address: str, at_once: int) -> Measured:
    return asyncio.run(_sent(address, at_once, None))


async def _sent(address: str, at_once: int, request: BaseRequest | None) -> Measured:
    bot = Bot(TOKEN, base_url=f"{address}/bot", request=request, get_updates_request=request)
    to = chat(0)["id"]

    async def send(count: int) -> None:
        for number in range(count):
            await bot.send_message(to, f"message number {number}")

    async with bot:
        await asyncio.gather(*(send(5) for _ in range(at_once)))  # everybody is connected
        began, cpu = time.perf_counter(), time.process_time()
        each = MESSAGES // at_once
        await asyncio.gather(*(send(each) for _ in range(at_once)))
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"rate": each * at_once / took, "cpu": cpu / (each * at_once) * 1e6}
