"""Two processes on one PostgreSQL: when the one that serves falls asleep or dies, the other goes on where it was."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix.encryption.identity import Standing, standing
from tests.databases import Postgres
from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.load import answers, asked, check, everybody_asks, everything_arrives, questions
from tests.servers.botapi import BotApiServer
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.postgres, pytest.mark.timeout(600)]

MEMBERS, EACH = 4, 6
PATIENCE = 60.0


async def test_another_process_goes_on(tmp_path: Path, synapse: Synapse, postgres: Postgres) -> None:
    """Nothing is lost, nothing is said twice on Matrix, in an encrypted room; who was only asleep finds that it is not
    served any more, and writes nothing."""
    user, password = synapse.register("bot")
    async with BotApiServer() as telegram, MatrixUser(synapse, "coordinator") as coordinator:
        wanted = settings(telegram.url, (synapse.address, user, password), token=telegram.token)
        wanted["database"] = {"url": postgres.url}
        folders = [tmp_path / "one", tmp_path / "other"]
        for folder in folders:
            folder.mkdir()
        async with RunningBot(folders[0], wanted) as one, RunningBot(folders[1], wanted) as other:
            while len(synapse.administer("GET", f"/v2/users/{user}/devices")["devices"]) < 2:  # noqa: ASYNC110 (nothing tells)
                await asyncio.sleep(0.1)  # who stands by logs in, to be written to as well
            room = await coordinator.create_room(user, name="Coordination", encrypted=True)
            await coordinator.wait(lambda: user in coordinator.members(room))
            await coordinator.say(room, f"!pair {(await other.asks('pair', role='coordination'))['code']}")
            await coordinator.wait(lambda: any(m.sender == user for m in coordinator.seen(room)), timeout=PATIENCE)
            members = [telegram.user(f"Member {number}", "fr") for number in range(MEMBERS)]
            cards = await everybody_asks(members, coordinator, room)
            load = asyncio.gather(questions(members, EACH), answers(coordinator, room, cards, EACH))

            def arrived(number: int) -> bool:
                """Whether the question of the last member with that number stands in the room."""
                words = asked(MEMBERS - 1, number)
                return any(words in message.body for message in coordinator.seen(room))

            await coordinator.wait(lambda: arrived(0), PATIENCE)
            os.kill(one.pid, signal.SIGSTOP)
            await coordinator.wait(lambda: arrived(EACH - 1), PATIENCE)  # by the other
            os.kill(one.pid, signal.SIGCONT)
            await load
            await everything_arrives(members, coordinator, room, EACH)
            check(members, coordinator, user, room, EACH)

            members[0].writes("Bonjour, encore une question.")
            await other.kill()
            await coordinator.wait(
                lambda: any("encore une question" in message.body for message in coordinator.seen(room)), PATIENCE
            )
            assert await one.stop() == 0
    check(members, coordinator, user, room, EACH)
    of_the_bot: dict[str, Any] = {"device_keys": {user: []}}
    keys = synapse.call("POST", "/_matrix/client/v3/keys/query", of_the_bot, coordinator.client.access_token)
    assert [standing(keys, user, device) for device in keys["device_keys"][user]] == [Standing.SIGNED] * 2
    assert "another process may serve it now" in one.log.read_text()
    assert sum("encore une question" in message.body for message in coordinator.seen(room)) == 1
