"""The private chat that the bot opens with somebody: encrypted, one for each person, and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.incoming import Joined, Removed
from bot.model import ChatKind
from bot.outgoing import OpenPrivate, Receipt
from bot.ports import NotSent, Refused, Unknown
from tests.adapters.matrix.conftest import Core
from tests.servers.faults import FaultyProxy, faulty_proxy
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.synapse

CREATE = "POST /_matrix/client/v3/createRoom"
INVITED = Receipt()


@pytest.fixture
async def proxy(synapse: Synapse) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(synapse.address) as proxy:
        yield proxy


@pytest.fixture
async def core(synapse: Synapse, proxy: FaultyProxy, tmp_path: Path) -> AsyncIterator[Core]:
    core = Core(synapse, tmp_path)
    core.settings = core.settings.model_copy(update={"homeserver": proxy.address})
    async with core:
        yield core


async def opens(core: Core, person: MatrixUser) -> Receipt:
    return await core.adapter.send(OpenPrivate(core.chat("!wherever"), person.id))


async def comes(core: Core, person: MatrixUser) -> str:
    """Accepts the one invitation, and the core hears of it; the room."""
    [room] = await person.wait(person.invited_to)
    await person.join(room)
    await core.gets(Joined, room)
    return str(room)


async def restarted(core: Core) -> None:
    """As after a kill: what the adapter had in its memory is gone."""
    await core.stop()
    before = len(core.batches)
    await core.start()
    await core.wait(lambda: len(core.batches) > before)


async def test_somebody_is_invited_to_an_encrypted_room_without_a_name(core: Core, maria: MatrixUser) -> None:
    """It says nothing of what it is for; and nothing is ever said in it that is not encrypted."""
    assert await opens(core, maria) == INVITED
    room = await comes(core, maria)
    joined = await core.gets(Joined, room)
    assert (joined.kind, joined.person.id) == (ChatKind.PRIVATE, maria.id)
    await core.says(room, "the number", "t1")
    await maria.sees(room, "the number")

    answer = await maria.client.room_get_state(room)
    state = {event["type"]: event["content"] for event in answer.events}
    assert state["m.room.encryption"]["algorithm"] == "m.megolm.v1.aes-sha2"
    assert not {"m.room.name", "m.room.topic", "m.room.canonical_alias"} & state.keys()
    assert state["m.room.join_rules"]["join_rule"] == "invite"
    assert maria.client.rooms[room].encrypted
    assert maria.undecrypted == set()


async def test_there_is_one_for_each_person(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    """However often it is asked for, before they have come and afterwards, by this login of the bot's or the next."""
    assert [await opens(core, maria), await opens(core, maria)] == [INVITED, INVITED]
    await restarted(core)
    assert await opens(core, maria) == INVITED
    room = await comes(core, maria)
    assert await opens(core, maria) == Receipt(findings=(room,))
    await restarted(core)
    assert await opens(core, maria) == Receipt(findings=(room,))
    assert await opens(core, ahmed) == INVITED
    assert await comes(core, ahmed) != room
    assert maria.invited_to() == []


@pytest.mark.parametrize("dies", [False, True], ids=["goes on", "is killed"])
async def test_a_lost_answer_opens_no_second_one(core: Core, proxy: FaultyProxy, maria: MatrixUser, dies: bool) -> None:
    """The room is there, and nobody knows: it is found among all that the account is in."""
    proxy.fault(CREATE)
    with pytest.raises(Unknown):
        await opens(core, maria)
    if dies:
        await restarted(core)
    assert await opens(core, maria) == INVITED
    room = await comes(core, maria)
    assert await opens(core, maria) == Receipt(findings=(room,))
    await core.says(room, "the number", "t1")
    await maria.sees(room, "the number")


async def test_before_the_rooms_are_known_none_is_opened(core: Core, proxy: FaultyProxy, maria: MatrixUser) -> None:
    """The first answer of the homeserver tells which there are."""
    await core.stop()
    until = proxy.hold("GET /_matrix/client/v3/sync")
    try:
        await core.start()
        with pytest.raises(NotSent):
            await opens(core, maria)
    finally:
        until.set()
    assert not any(request.startswith(CREATE) for request in proxy.requests)


async def test_a_homeserver_that_lets_nobody_open_rooms_refuses(
    core: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    proxy.fault(CREATE, 403, {"errcode": "M_FORBIDDEN", "error": "secret words"})
    with pytest.raises(Refused, match="open a private chat"):
        await opens(core, maria)


async def test_the_private_chat_that_somebody_began_is_used(core: Core, maria: MatrixUser) -> None:
    """If it is encrypted, and nobody else is in it."""
    plain = await maria.create_room(core.user, direct=True)
    await core.joins(plain)
    encrypted = await maria.create_room(core.user, direct=True, encrypted=True)
    await core.joins(encrypted)
    assert await opens(core, maria) == Receipt(findings=(encrypted,))


async def test_a_room_with_others_or_for_others_is_not_used(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    """A private chat to which a third has been invited; a group to which nobody else has come yet."""
    shared = await maria.create_room(core.user, direct=True, encrypted=True)
    await core.joins(shared)
    await maria.invite(shared, ahmed.id)
    group = await maria.create_room(core.user, name="Neighbours", encrypted=True)
    await core.joins(group)
    await maria.say(group, "nobody here yet")
    await core.hears(group, "nobody here yet")
    assert await opens(core, maria) == INVITED
    assert await comes(core, maria) not in (shared, group)


async def test_nobody_else_can_be_brought_into_it(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    await opens(core, maria)
    room = await comes(core, maria)
    with pytest.raises(AssertionError, match="M_FORBIDDEN"):
        await maria.invite(room, ahmed.id)


@pytest.mark.parametrize("comes_first", [True, False], ids=["leaves", "declines"])
async def test_who_leaves_or_declines_is_invited_to_a_new_one(core: Core, maria: MatrixUser, comes_first: bool) -> None:
    """The core hears that nothing can be said to them there any more."""
    await opens(core, maria)
    [room] = await maria.wait(maria.invited_to)
    if comes_first:
        await maria.join(room)
        await core.gets(Joined, room)
    await maria.leave(room)
    assert (await core.gets(Removed, room)).kind is ChatKind.PRIVATE
    assert await opens(core, maria) == INVITED
    await maria.wait(lambda: [r for r in maria.invited_to() if r != room])


async def test_who_leaves_a_group_is_not_missed(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    """Also where only one stays with the bot."""
    group = await maria.create_room(core.user, ahmed.id, encrypted=True)
    await core.joins(group)
    await ahmed.join(group)
    await core.gets(Joined, group)
    await ahmed.leave(group)
    await maria.say(group, "gone")
    await core.hears(group, "gone")
    assert not any(isinstance(event, Removed) for event in core.events)
