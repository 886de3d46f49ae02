"""A number to call reaches its helper on Matrix in a private, encrypted room, opened once, also if the bot dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.house import NUMBER, PATIENCE, OnMatrix, gives_number, said, sees
from tests.servers.faults import FaultyProxy, faulty_proxy
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600)]

CREATE = "POST /_matrix/client/v3/createRoom"


@pytest.fixture
async def proxy(synapse: Synapse) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(synapse.address) as proxy:
        yield proxy


async def in_room(user: MatrixUser, room: str, bot: str) -> None:
    await user.wait(lambda: bot in user.members(room), PATIENCE)


async def asked(proxy: FaultyProxy, request: str) -> None:
    """Until such a request has come."""
    while True:
        if any(came.startswith(request) for came in proxy.requests):
            return
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
async def test_whoever_claims_reads_the_number_in_a_private_room(
    tmp_path: Path, synapse: Synapse, proxy: FaultyProxy, dies: bool
) -> None:
    """Killed while the homeserver makes the room, the bot finds it afterwards: nobody is invited twice."""
    user, password = synapse.register("schakel")
    async with (
        MatrixUser(synapse, "helper") as helper,
        MatrixUser(synapse, "maria") as maria,
        RunningBot(tmp_path, settings(matrix=(proxy.address, user, password))) as bot,
    ):
        code = (await bot.asks("pair", role="coordination"))["code"]
        room = await helper.create_room(user, name="Coordination", encrypted=True)
        private = await maria.create_room(user, encrypted=True, direct=True)
        await asyncio.gather(in_room(helper, room, user), in_room(maria, private, user))
        await helper.say(room, f"!pair {code}")
        await sees(helper, room, user, said("paired-coordination"))
        await gives_number(OnMatrix(user, maria, private, "pt"))

        made = proxy.hold(CREATE) if dies else None
        await helper.say(room, "!claim K1")
        if made is not None:
            await asyncio.wait_for(asked(proxy, CREATE), PATIENCE)
            await bot.kill()
            made.set()
            await helper.wait(helper.invited_to, PATIENCE)
            await bot.start()
        await sees(helper, room, user, "!number K1")
        [opened] = await helper.wait(helper.invited_to, PATIENCE)
        await helper.join(opened)
        shown = await sees(helper, opened, user, NUMBER)

        assert shown.body.splitlines()[0] == said("call-head", code="K1")
        assert helper.client.rooms[opened].encrypted
        assert helper.undecrypted == set()
        assert helper.members(opened) == {helper.id, user}
        await sees(helper, room, user, said("call-sent", code="K1", name="?").rpartition("?")[2])
        assert not any("0470" in body for body in helper.bodies(room))
        assert sum(request.startswith(CREATE) for request in proxy.requests) == 1
        assert helper.invited_to() == []
