"""Messages both ways in real rooms, plain and encrypted."""

from __future__ import annotations

import pytest

from bot.model import (
    ChatKind,
    Echo,
)
from tests.adapters.matrix.conftest import Core
from tests.servers.matrixuser import MatrixUser

pytestmark = pytest.mark.synapse


async def room_with(core: Core, person: MatrixUser, encrypted: bool, name: str | None = "Neighbours") -> str:
    room = await person.create_room(core.user, name=name, encrypted=encrypted)
    await core.joins(room)
    await person.wait(lambda: core.user in person.members(room))
    return room


async def test_messages_go_both_ways(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """What a person writes arrives with its writer and its room; what the bot says is readable in the app."""
    room = await room_with(core, maria, encrypted)
    written = await maria.say(room, "Olá 👋 ajuda?")
    heard = await core.hears(room, "Olá 👋 ajuda?")
    assert (heard.id, heard.person.id, heard.kind, heard.title) == (written, maria.id, ChatKind.GROUP, "Neighbours")

    said = await core.says(room, "Bom dia", "t1")
    seen = await maria.sees(room, "Bom dia")
    assert (seen.id, seen.sender, seen.type) == (said, core.user, "m.notice")
    echo = await core.gets(Echo, room)
    assert (echo.transaction, echo.message) == ("t1", said)
    assert maria.undecrypted == set()
