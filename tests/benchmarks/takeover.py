"""How long nobody serves after `kill -9`: two processes on one PostgreSQL, and a member whose words the other one
brings into the encrypted coordination room."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Asked, Figure
from tests.benchmarks.postgres import server
from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.load import everybody_asks
from tests.servers.botapi import BotApiServer
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import PYTHON, Synapse

PATIENCE = 120.0


def figures(runs: int) -> Iterator[Figure]:
    if not PYTHON.exists():
        sys.exit("Synapse is not installed; install with: make parts")
    with tempfile.TemporaryDirectory() as folder, server() as postgres, postgres.database() as url:
        place = Path(folder)
        (place / "synapse").mkdir()
        synapse = Synapse(place / "synapse")
        synapse.start()
        try:
            took = asyncio.run(measured(place, url, synapse, runs))
        finally:
            synapse.stop()
    what = "kill -9 of the process that serves, until another has brought a member's next words into an encrypted room"
    yield Figure(what, "s", took, asked=Asked(10, at_most=True, absolute=True))


async def measured(place: Path, url: str, synapse: Synapse, runs: int) -> list[float]:
    """Seconds, kill by kill. Who was killed is started again and stands by for the next one."""
    user, password = synapse.register("bot")
    took = []
    async with BotApiServer() as telegram, MatrixUser(synapse, "coordinator") as coordinator:
        wanted = settings(telegram.url, (synapse.address, user, password), token=telegram.token)
        wanted["database"] = {"url": url}
        for name in ("one", "other"):
            (place / name).mkdir()
        async with RunningBot(place / "one", wanted) as serving, RunningBot(place / "other", wanted) as standing_by:
            while len(synapse.administer("GET", f"/v2/users/{user}/devices")["devices"]) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            room = await coordinator.create_room(user, name="Coordination", encrypted=True)
            await coordinator.wait(lambda: user in coordinator.members(room))
            code = (await standing_by.asks("pair", role="coordination"))["code"]
            await coordinator.say(room, f"!pair {code}")
            await coordinator.wait(lambda: any(m.sender == user for m in coordinator.seen(room)), timeout=PATIENCE)
            member = telegram.user("Member", "fr")
            await everybody_asks([member], coordinator, room)
            for number in range(runs):
                words = f"Bonjour, question {number:02} de la famille 00."
                began = time.perf_counter()
                await serving.kill()
                member.writes(words)
                await coordinator.wait(
                    lambda words=words: any(words in m.body for m in coordinator.seen(room)),  # type: ignore[misc]
                    PATIENCE,
                )
                took.append(time.perf_counter() - began)
                await serving.start()
                await asyncio.sleep(3)  # it logs in beforehand, as it would on a quiet day
                serving, standing_by = standing_by, serving
    return took
