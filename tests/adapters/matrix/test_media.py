"""Files that people send can be fetched."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Message
from bot.ports import Refused
from tests.adapters.matrix.conftest import Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.matrixuser import MatrixUser

pytestmark = pytest.mark.synapse

PICTURE = bytes(range(256)) * 500


async def test_a_file_comes_out_as_it_went_in(core: Core, maria: MatrixUser, encrypted: bool, tmp_path: Path) -> None:
    """What is told of the file is enough to fetch it, and to decrypt it where the room is encrypted."""
    room = await room_with(core, maria, encrypted)
    await maria.send_file(room, "cat.png", PICTURE, "image/png", "m.image")
    (file,) = (await core.gets(Message, room)).attachments
    assert (file.kind, file.name, file.size, file.mime) == ("photo", "cat.png", len(PICTURE), "image/png")
    await core.adapter.fetch(file, tmp_path / "cat.png")
    assert (tmp_path / "cat.png").read_bytes() == PICTURE


async def test_a_file_that_is_not_there_is_refused(core: Core, maria: MatrixUser, tmp_path: Path) -> None:
    """A wrong address, or a wrong key, is no file, and leaves nothing behind."""
    room = await room_with(core, maria, encrypted=True)
    await maria.send_file(room, "cat.png", PICTURE, "image/png", "m.image")
    (file,) = (await core.gets(Message, room)).attachments
    where = json.loads(file.key)
    wrong = [where | {"url": "mxc://localhost/nothing"}, where | {"hashes": {"sha256": "x"}}]
    for key in wrong:
        with pytest.raises(Refused):
            await core.adapter.fetch(replace(file, key=json.dumps(key)), tmp_path / "cat.png")
        assert not (tmp_path / "cat.png").exists()
