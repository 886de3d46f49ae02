"""`kill -9` under load, both ways between Telegram and Matrix: nothing is lost, nothing is doubled unseen.

`make torture` kills ten times during 300 messages each way; `make test` three times during 30.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.load import answers, check, everybody_asks, everything_arrives, questions
from tests.servers.botapi import BotApiServer
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse


@dataclass(frozen=True)
class Load:
    """`members` who ask `each` so many questions and get as many answers, while the bot dies `kills` times."""

    members: int
    each: int
    kills: int


SHORT, FULL = Load(4, 6, 2), Load(20, 15, 10)

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(900)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With `--full` also where nothing is encrypted."""
    rooms = {"encrypted": True} | ({"plain": False} if metafunc.config.getoption("--full") else {})
    metafunc.parametrize("encrypted", rooms.values(), ids=rooms.keys())


async def test_nothing_is_lost_to_kill_9(encrypted: bool, full: bool, tmp_path: Path, synapse: Synapse) -> None:
    """Every question from Telegram reaches the room and every answer its member, each once and in order."""
    load = FULL if full else SHORT
    user, password = synapse.register(f"bot-{'e' if encrypted else 'p'}")
    async with BotApiServer() as telegram, MatrixUser(synapse, "coordinator") as coordinator:
        wanted = settings(telegram.url, (synapse.address, user, password), token=telegram.token)
        async with RunningBot(tmp_path, wanted) as bot:
            room = await coordinator.create_room(user, name="Coordination", encrypted=encrypted)
            await coordinator.wait(lambda: user in coordinator.members(room))
            await coordinator.say(room, f"!pair {(await bot.asks('pair', role='coordination'))['code']}")
            await coordinator.wait(lambda: any(m.sender == user for m in coordinator.seen(room)), timeout=120)
            members = [telegram.user(f"Member {number}", "fr") for number in range(load.members)]
            cards = await everybody_asks(members, coordinator, room)
            asking = asyncio.create_task(questions(members, load.each))
            answering = asyncio.create_task(answers(coordinator, room, cards, load.each))
            await killing(bot, load.kills, asyncio.gather(asking, answering))
            await everything_arrives(members, coordinator, room, load.each)
    check(members, coordinator, user, room, load.each)


async def killing(bot: RunningBot, kills: int, load: asyncio.Future[tuple[None, None]]) -> None:
    """Deaths at moments that nobody chose, the last ones maybe after the load has ended."""
    moments = random.Random(7)
    for _ in range(kills):
        await asyncio.sleep(moments.uniform(0.3, 2.5))
        await bot.kill()
        await bot.start()
    await load
