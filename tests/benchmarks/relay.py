"""How long words take from one linked chat to others on a real Synapse, beside a bare client that says the same."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks.figures import Asked, Figure
from tests.endtoend.bridge import Bridge, bridge
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import PYTHON, Synapse

ALONE = 100
AT_ONCE = 100
KINDS = {"sealed": "an encrypted room", "plain": "a plain room"}

Say = Callable[[str], Awaitable[object]]


@dataclass
class Took:
    """`alone`: the median of the seconds that one message takes; `rate`: messages a second, said at once."""

    alone: float
    rate: float


def figures(runs: int) -> Iterator[Figure]:
    if not PYTHON.exists():
        sys.exit("Synapse is not installed; install with: make parts")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "synapse").mkdir()
        synapse = Synapse(place / "synapse")
        synapse.start()
        try:
            took = asyncio.run(_measured(place, synapse, runs))
        finally:
            synapse.stop()
    for kind, name in KINDS.items():
        ours, bare = took["ours", kind], took["bare", kind]
        what = f"a word from Telegram to {name}, through the bot; beside a bare client's own"
        alone = [one.alone * 1e3 for one in ours], [one.alone * 1e3 for one in bare]
        yield Figure(f"{what}, one at a time: p50", "ms", *alone, Asked(1.3, at_most=True))
        yield Figure(f"{what}, {AT_ONCE} at once", "/s", [one.rate for one in ours], [one.rate for one in bare])


async def _measured(place: Path, synapse: Synapse, runs: int) -> dict[tuple[str, str], list[Took]]:
    took: dict[tuple[str, str], list[Took]] = {(side, kind): [] for side in ("ours", "bare") for kind in KINDS}
    async with bridge(place, synapse) as made, _bare(made, synapse) as (bare, others):
        sides = {"ours": (made.rooms, _on_telegram(made)), "bare": (others, _in_both(bare, others))}
        for number in range(runs):
            for kind in KINDS:
                for side in sorted(sides, reverse=number % 2 == 0):
                    rooms, say = sides[side]
                    took[side, kind].append(await _took(made.user(kind), rooms[kind], say, f"{side} {number} {kind}"))
    return took


@asynccontextmanager
async def _bare(made: Bridge, synapse: Synapse) -> AsyncIterator[tuple[MatrixUser, dict[str, str]]]:
    """Somebody with nothing between their app and the homeserver, in two such rooms with the same readers."""
    async with MatrixUser(synapse, "bare") as bare:
        others = {}
        for kind in KINDS:
            reader = made.user(kind)
            others[kind] = await bare.create_room(reader.id, name=kind, encrypted=kind == "sealed")
            await reader.join(others[kind])
            await bare.wait(partial(_is_there, bare, others[kind], reader.id))
        yield bare, others


def _is_there(user: MatrixUser, room: str, who: str) -> bool:
    return who in user.members(room)


def _on_telegram(made: Bridge) -> Say:
    async def say(words: str) -> None:
        made.rui.writes(words, made.group)

    return say


def _in_both(bare: MatrixUser, rooms: dict[str, str]) -> Say:
    """The bot says it in both rooms, too."""

    async def say(words: str) -> None:
        await asyncio.gather(*(bare.say(room, words) for room in rooms.values()))

    return say


async def _took(reader: MatrixUser, room: str, say: Say, name: str) -> Took:
    def arrived(words: str) -> bool:
        return any(words in str((event.get("content") or {}).get("body")) for event in reader.events[room][-5:])

    times = []
    for number in range(ALONE + 10):
        words = f"{name} {number:04}."
        began = time.perf_counter()
        await say(words)
        await reader.wait(lambda words=words: arrived(words), 60)  # type: ignore[misc]
        times.append(time.perf_counter() - began)
    began = time.perf_counter()
    for number in range(AT_ONCE):
        await say(f"{name} at once {number:04}.")
    last = f"{name} at once {AT_ONCE - 1:04}."
    await reader.wait(lambda: arrived(last), 120)
    return Took(statistics.median(times[10:]), AT_ONCE / (time.perf_counter() - began))
