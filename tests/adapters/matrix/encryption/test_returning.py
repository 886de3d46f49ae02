"""Coming back from a backup on a real homeserver: as a new device that reads whatever the old one could."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix import MatrixAdapter
from adapters.matrix.encryption.returning import BEFORE_STORE
from bot.incoming import Unreadable
from bot.ports import Down, Revoked
from tests.adapters.matrix.conftest import ACCOUNT, Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.faults import faulty_proxy
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.synapse


@pytest.fixture
def core(synapse: Synapse, tmp_path: Path) -> Core:
    folder = tmp_path / "account"
    folder.mkdir()
    return Core(synapse, folder)


@dataclass(frozen=True)
class Backup:
    """What a backup has of an account."""

    folder: Path
    state: bytes | None
    cursor: str | None


def backup(core: Core) -> Backup:
    """Taken while the adapter runs, as `schakel backup` does."""
    folder = core.folder.with_name("backup")
    folder.mkdir()
    for name in ("olm.db", "undecrypted.db"):
        with sqlite3.connect(core.folder / name) as connection:
            connection.execute("VACUUM INTO ?", (str(folder / name),))
        connection.close()
    return Backup(folder, core.state, core.cursor)


def restore(core: Core, kept: Backup) -> tuple[str, ...]:
    """The disk is new: there is nothing but what the backup has."""
    shutil.rmtree(core.folder)
    shutil.copytree(kept.folder, core.folder)
    back = MatrixAdapter(ACCOUNT, core.settings).put_back(core.folder, kept.state)
    core.state, core.cursor = back.state, kept.cursor
    core.inbox.clear()
    core.batches.clear()
    return back.told


def devices(synapse: Synapse, core: Core) -> set[str]:
    answer: dict[str, Any] = synapse.administer("GET", f"/v2/users/{core.user}/devices")
    return {device["device_id"] for device in answer["devices"]}


def device(state: bytes | None) -> str:
    assert state is not None
    return str(json.loads(state)["id"])


async def test_a_new_device_reads_what_the_old_one_could_or_could_have_by_now(
    core: Core, synapse: Synapse, maria: MatrixUser, ahmed: MatrixUser
) -> None:
    """What was written since the backup, and while no bot ran: by old friends, and by somebody new, whose key waits on
    the homeserver for the old device. That one is logged out then."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        await maria.say(room, "before the backup")
        await core.hears(room, "before the backup")
        kept = backup(core)
        await maria.say(room, "after the backup")
        await core.hears(room, "after the backup")
        await core.says(room, "an answer after the backup", "t1")
        await maria.sees(room, "an answer after the backup")
    await maria.say(room, "is anybody there?")
    chat = await ahmed.create_room(core.user, encrypted=True, direct=True)
    await ahmed.say(chat, "we need a place to sleep")
    old = device(kept.state)
    told = restore(core, kept)
    assert any("new device" in sentence for sentence in told)
    async with core:
        await core.hears(room, "after the backup")
        await core.hears(room, "is anybody there?")
        await core.joins(chat)
        await core.hears(chat, "we need a place to sleep")
        await core.says(room, "we are back", "t2")
        await maria.sees(room, "we are back")
        await maria.say(room, "good")
        await core.hears(room, "good")
        assert devices(synapse, core) == {device(core.state)}
        assert device(core.state) != old
        assert not (core.folder / BEFORE_STORE).exists()
    async with core:  # and the next start is like any other
        await maria.say(room, "still there?")
        await core.hears(room, "still there?")


async def test_what_cannot_be_read_any_more_is_known_to_be_there(
    core: Core, synapse: Synapse, maria: MatrixUser
) -> None:
    """A key that came after the backup went with the disk: whoever used it can be asked to write again, and is read."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        kept = backup(core)
        lost = await maria.say(room, "after the backup")
        await core.hears(room, "after the backup")
    restore(core, kept)
    async with core:
        assert (await core.gets(Unreadable, room)).id == lost
        await maria.say(room, "once more, then")
        await core.hears(room, "once more, then")


async def test_a_return_that_is_interrupted_goes_on_where_it_was(
    core: Core, synapse: Synapse, maria: MatrixUser
) -> None:
    """The homeserver answers to the login and then breaks off: the keys of the old device are not lost by that."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        await maria.say(room, "before the backup")
        await core.hears(room, "before the backup")
        kept = backup(core)
    await maria.say(room, "is anybody there?")
    restore(core, kept)
    async with faulty_proxy(synapse.address) as proxy:
        settings = core.settings
        core.settings = settings.model_copy(update={"homeserver": proxy.address})
        proxy.fault("POST .*/logout", 502, {})
        with pytest.raises(Down):
            await core.start()
        await core.stop()
        core.settings = settings
    async with core:
        await core.hears(room, "is anybody there?")
        assert devices(synapse, core) == {device(core.state)}


async def test_a_return_without_the_old_device_works_with_what_the_backup_has(
    core: Core, synapse: Synapse, maria: MatrixUser
) -> None:
    """Somebody has logged it out, or its keys cannot be read: the bot goes on as a new device all the same."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        kept = backup(core)
        await maria.say(room, "after the backup")
        await core.hears(room, "after the backup")
    synapse.administer("DELETE", f"/v2/users/{core.user}/devices/{device(kept.state)}")
    (kept.folder / "olm.db").write_bytes(b"SQLite format 3\0 and then nothing")
    restore(core, kept)
    async with core:
        await maria.say(room, "is anybody there?")
        await core.hears(room, "is anybody there?")


async def test_a_return_needs_the_password_and_says_so(core: Core, maria: MatrixUser) -> None:
    """It could be deleted from the configuration after the first login."""
    async with core:
        kept = backup(core)
    core.settings = core.settings.model_copy(update={"password": None})
    told = restore(core, kept)
    assert any("password" in sentence for sentence in told)
    with pytest.raises(Revoked, match="password"):
        await core.start()


async def test_an_account_whose_folder_outlived_its_database_stays_the_device_that_it_is(
    core: Core, synapse: Synapse, maria: MatrixUser
) -> None:
    """Its keys are those of now, whatever the age of the rest."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        state, cursor = core.state, core.cursor
        await maria.say(room, "after the backup")
        await core.hears(room, "after the backup")
        before = devices(synapse, core)
    back = MatrixAdapter(ACCOUNT, core.settings).put_back(None, state)
    core.state, core.cursor = back.state, cursor
    core.inbox.clear()
    async with core:
        await core.hears(room, "after the backup")
        assert devices(synapse, core) == before
