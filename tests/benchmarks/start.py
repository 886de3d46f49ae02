"""How long the bot takes to be connected, and what it holds in memory then, beside the least that is possible.

Both log in to the same Synapse and the same Bot API test server with an existing database and device, in turn, so that
a slow moment of the machine meets both.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.figures import Asked, Figure
from tests.endtoend.bot import RunningBot, settings
from tests.servers.botapi import BotApiServer
from tests.servers.synapse import PYTHON, Synapse


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    megabytes: float


def resident(pid: int) -> float:
    """Megabytes of memory that the process has to itself (Linux: proc(5), Pss)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no Pss")


async def timed(bot: RunningBot) -> Sample:
    began = time.perf_counter()
    await bot.start()
    seconds = time.perf_counter() - began
    await asyncio.sleep(2)  # idle is what it is after the first sync
    sample = Sample(seconds, resident(bot.pid))
    await bot.stop()
    return sample


async def bare(*arguments: str) -> Sample:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.bare",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    seconds = time.perf_counter() - began
    await asyncio.sleep(2)
    sample = Sample(seconds, resident(process.pid))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    return sample


def figures(runs: int) -> Iterator[Figure]:
    if not PYTHON.exists():
        sys.exit("Synapse is not installed; install with: make parts")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what was imported once is compiled, as on other machines
    ours, theirs = asyncio.run(measured(runs))
    no_more = Asked(1.3, at_most=True)
    starts = [one.seconds for one in ours], [one.seconds for one in theirs]
    yield Figure("start to connected, beside a bare script", "s", starts[0], starts[1], no_more)
    held = [one.megabytes for one in ours], [one.megabytes for one in theirs]
    yield Figure("idle memory (Pss), beside a bare script", "MB", held[0], held[1], no_more)


async def measured(runs: int) -> tuple[list[Sample], list[Sample]]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "synapse").mkdir()
        synapse = Synapse(place / "synapse")
        synapse.start()
        try:
            async with BotApiServer() as telegram:
                return await compare(place, synapse, telegram, runs)
        finally:
            synapse.stop()


async def compare(
    place: Path, synapse: Synapse, telegram: BotApiServer, runs: int
) -> tuple[list[Sample], list[Sample]]:
    first, password = synapse.register("bot-ours")
    other, other_password = synapse.register("bot-bare")
    bot = RunningBot(place, settings(telegram.url, (synapse.address, first, password), token=telegram.token))
    arguments = (telegram.url, telegram.token, synapse.address, other, other_password, folder_of(place))
    await timed(bot)  # the first start makes the database and the device
    await bare(*arguments)
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(await timed(bot))
        theirs.append(await bare(*arguments))
    return ours, theirs


def folder_of(place: Path) -> str:
    folder = place / "bare"
    folder.mkdir()
    return str(folder)
