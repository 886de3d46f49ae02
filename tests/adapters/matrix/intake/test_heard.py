"""A homeserver that is not where it was: put back to a backup, or with other places in its stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.matrix.intake.heard import LastHeard
from bot.incoming import Added, Raw
from bot.ports import Down
from tests.adapters.matrix.conftest import Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.faults import FaultyProxy, faulty_proxy
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import PYTHON, Synapse

pytestmark = pytest.mark.synapse


@pytest.fixture
def of_ours(tmp_path: Path) -> Iterator[Synapse]:
    """A homeserver that the test stops and puts back itself."""
    if not PYTHON.exists():
        pytest.skip("Synapse is not installed; install with: make parts")
    (tmp_path / "synapse").mkdir()
    server = Synapse(tmp_path / "synapse")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def proxy(of_ours: Synapse) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(of_ours.address) as proxy:
        yield proxy


async def test_what_was_said_since_a_homeserver_was_put_back_is_heard_once(
    of_ours: Synapse, proxy: FaultyProxy, tmp_path: Path, encrypted: bool
) -> None:
    """Also what was said before the bot came back: the homeserver has given those places in its stream away anew."""
    (tmp_path / "account").mkdir()
    core = Core(of_ours, tmp_path / "account", timeline=4)
    core.settings = core.settings.model_copy(update={"homeserver": proxy.address})
    async with MatrixUser(of_ours, "maria") as maria:
        async with core:
            room = await room_with(core, maria, encrypted)
            other = await room_with(core, maria, encrypted=False)
            await maria.say(room, "before")
            await core.hears(room, "before")
        of_ours.stop()
        of_ours.back_up()
        of_ours.start()
        async with core:
            await maria.say(room, "in no backup")
            await core.hears(room, "in no backup")
            proxy.fault(".", 502, "<html>bad gateway</html>", times=1_000_000)
            await maria.create_room(core.user)  # news: what was asked before that is answered
            with pytest.raises(Down):
                await core.wait(lambda: False)
        of_ours.stop()
        of_ours.put_back()
        of_ours.start()
        for number in range(12):
            await maria.say(room, f"message {number}")
            await maria.say(other, f"word {number}")
        proxy.faults.clear()
        async with core:
            await maria.say(room, "after")
            await core.hears(room, "after")
        assert core.said(room) == ["before", "in no backup", *(f"message {number}" for number in range(12)), "after"]
        assert core.said(other) == [f"word {number}" for number in range(12)]


async def test_a_place_in_the_stream_that_is_not_taken_any_more_is_no_loss(
    synapse: Synapse, tmp_path: Path, maria: MatrixUser, told: list[str]
) -> None:
    """An older version of the homeserver, or another one, may not read it: what was missed is looked for."""
    core = Core(synapse, tmp_path, timeline=4)
    async with core:
        room = await room_with(core, maria, encrypted=False)
        await maria.say(room, "before")
        await core.hears(room, "before")
        began = len(core.batches)
    for number in range(12):
        await maria.say(room, f"message {number}")
    waiting = await maria.create_room(core.user, name="Waiting")
    core.cursor = "t2-35_of_another_homeserver"
    async with core:
        await core.gets(Added, waiting)
        await core.hears(room, "message 11")
        assert core.cursor != "t2-35_of_another_homeserver"
        await maria.say(room, "after")
        await core.hears(room, "after")
    assert core.said(room) == ["before", *(f"message {number}" for number in range(12)), "after"]
    assert len([line for line in told if "put back" in line]) == 1
    assert len(core.batches) > began


async def test_a_bot_that_is_started_again_looks_for_nothing(
    synapse: Synapse, tmp_path: Path, maria: MatrixUser, told: list[str]
) -> None:
    """Also where it has left the room in which it heard something last."""
    core = Core(synapse, tmp_path)
    async with core:
        room = await room_with(core, maria, encrypted=False)
        await maria.say(room, "before")
        await core.hears(room, "before")
    async with core:
        await maria.kick(room, core.user)
        await core.wait(lambda: len(core.events) == 4)
    async with core:
        pass
    assert not [line for line in told if "put back" in line]


def test_what_was_heard_last_outlives_a_restart_and_a_power_cut(tmp_path: Path) -> None:
    """Nothing is looked for that may have been handled, and forgotten, before: another process may have served."""
    minute, day = 60_000, 86_400_000
    heard = LastHeard(tmp_path)
    assert heard.since_ms(4 * day) == 2 * day
    heard.note([Raw("$1", "!room", b""), Raw("invite:!other:s1", "!other", b"")], 3 * day)
    heard.note([Raw("leave:!other:s1", "!other", b"")], 4 * day)
    assert LastHeard(tmp_path).since_ms(3 * day + minute) == 3 * day - 10 * minute
    assert LastHeard(tmp_path).since_ms(3 * day + minute, 2 * day) == 2 * day - 10 * minute
    assert LastHeard(tmp_path).since_ms(9 * day) == 7 * day
    (tmp_path / "heard.json").write_text(json.dumps([]))
    assert LastHeard(tmp_path).since_ms(4 * day) == 2 * day
