"""Nothing is lost and nothing is said twice: restarts, kills, long absences, keys that come late."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.matrix import MatrixAdapter
from bot.incoming import NOTHING_NEW, Added, Batch, Deleted, Edited, Joined, Left, Message, Removed, Unreadable
from bot.model import ChatKind, Text
from bot.outgoing import JoinChat, SendText, Withdraw
from tests.adapters.matrix.conftest import ACCOUNT, Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.synapse


@pytest.fixture
async def core(synapse: Synapse, tmp_path: Path) -> Core:
    """An account that the test starts and stops itself, with timelines so short that every absence leaves a gap."""
    return Core(synapse, tmp_path, timeline=4)


async def test_a_restart_is_the_same_device(core: Core, maria: MatrixUser) -> None:
    """After the first login neither a password nor a new device is needed, and old keys still read new messages."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        await maria.say(room, "one")
        await core.hears(room, "one")
    state = core.state
    core.settings = core.settings.model_copy(update={"password": None})
    await maria.say(room, "two, under the same key")
    async with core:
        await core.hears(room, "two, under the same key")
        assert core.state == state
        await core.says(room, "still here", "t1")
        await maria.sees(room, "still here")
    assert maria.undecrypted == set()


async def test_what_was_written_while_the_bot_was_down_arrives(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """Sixty messages during an absence come in order and once, though the server shows only the last four unasked; and
    when all of them are handed over it is said that there is no more."""
    async with core:
        room = await room_with(core, maria, encrypted)
        await maria.say(room, "message 0")
        await core.hears(room, "message 0")
    await asyncio.gather(*(maria.say(room, f"message {number}") for number in range(1, 61)))
    core.batches.clear()
    async with core:
        await core.wait(lambda: NOTHING_NEW in core.batches)
        assert len(core.messages(room)) == 61
        await maria.wait(lambda: len(maria.seen(room)) == 61)
    assert core.said(room) == maria.bodies(room)
    assert sorted(core.said(room)) == sorted(f"message {number}" for number in range(61))
    assert sum(len(batch.events) for batch in core.batches) == 60


async def test_who_left_while_the_bot_was_down_is_told(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    """Also where so much was said since that the server does not show it unasked."""
    async with core:
        room = await room_with(core, maria, encrypted=False)
        await maria.invite(room, ahmed.id)
        await ahmed.wait(lambda: room in ahmed.invited_to())
        await ahmed.join(room)
        await core.gets(Joined, room)
    await ahmed.leave(room)
    await asyncio.gather(*(maria.say(room, f"message {number}") for number in range(10)))
    async with core:
        await core.wait(lambda: len(core.messages(room)) == 10)
    assert [event.person.id for event in core.events if isinstance(event, Left)] == [ahmed.id]


async def test_the_words_before_the_bot_joined_a_private_chat_are_fetched(core: Core, maria: MatrixUser) -> None:
    """Somebody who opens a private chat and writes a lot at once is heard from the first word, in order."""
    async with core:
        room = await maria.create_room(core.user, direct=True, encrypted=True)
        for number in range(10):
            await maria.say(room, f"message {number}")
        await core.joins(room)
        await core.hears(room, "message 9")
    assert not [event for event in core.events if isinstance(event, Unreadable)]
    assert core.said(room) == [f"message {number}" for number in range(10)]


async def test_the_first_start_replays_nothing(core: Core, maria: MatrixUser) -> None:
    """An account that was used before begins now; invitations that wait are seen."""
    async with core:
        room = await room_with(core, maria, encrypted=False)
        await maria.say(room, "long ago")
        await core.hears(room, "long ago")
    waiting = await maria.create_room(core.user, name="Waiting")
    core.cursor, core.inbox = None, {}
    async with core:
        await core.gets(Added, waiting)
        await maria.say(room, "now")
        await core.hears(room, "now")
    assert core.said(room) == ["now"]


async def test_a_batch_that_was_not_kept_comes_again(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """What `deliver` raises passes through; the next attempt brings the same events, readable ones included."""
    async with core:
        room = await room_with(core, maria, encrypted)
    await maria.say(room, "precious")

    class DiskFull(Exception):
        pass

    async def refuse(batch: Batch) -> None:
        raise DiskFull

    core.adapter = MatrixAdapter(ACCOUNT, core.settings, core.timeline)
    await core.adapter.open(core.home)
    for _ in range(2):
        with pytest.raises(DiskFull):
            await core.adapter.receive(core.cursor, refuse)
    await core.adapter.close()
    async with core:
        await core.hears(room, "precious")
    assert core.said(room) == ["precious"]


async def test_a_message_without_its_key_is_read_when_the_key_comes(core: Core, maria: MatrixUser) -> None:
    """It is delivered as unreadable, remembered over a restart, and delivered again under the same id."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        maria.hold_keys()
        written = await maria.say(room, "late")
        unreadable = await core.gets(Unreadable, room)
        assert unreadable.id == written
    async with core:
        await maria.release_keys()
        heard = await core.hears(room, "late")
    assert heard.id == written
    assert len([event for event in core.events if isinstance(event, Message | Unreadable)]) == 1


async def test_a_change_whose_key_comes_first_waits_for_what_it_changes(core: Core, maria: MatrixUser) -> None:
    """Else what is not so any more would be the last that is heard."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        maria.hold_keys()
        written = await maria.say(room, "at ten")
        late, maria.client.held = maria.client.held, None
        maria.client.invalidate_outbound_session(room)
        await maria.edit(room, written, "at eleven")
        await maria.say(room, "thank you")
        await core.hears(room, "thank you")
    async with core:
        await maria.say(room, "anybody?")
        await core.hears(room, "anybody?")
        maria.client.held = late
        await maria.release_keys()
        await core.gets(Edited, room)
        maria.client.invalidate_outbound_session(room)
        await maria.say(room, "at last")
        await core.hears(room, "at last")
    [readable] = [batch for batch in core.batches if written in {event.id for event in batch.events}][1:]
    heard = [core.adapter.parse(event) for event in readable.events]
    assert [(type(event), event.text.plain) for [event] in heard if isinstance(event, Message | Edited)] == [
        (Message, "at ten"),
        (Edited, "at eleven"),
    ]


async def test_what_was_taken_back_before_its_key_came_is_not_heard(core: Core, maria: MatrixUser) -> None:
    """The key brings to light only what still stands there."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        maria.hold_keys()
        written = await maria.say(room, "never mind")
        await maria.say(room, "late")
        await core.wait(lambda: len([event for event in core.events if isinstance(event, Unreadable)]) == 2)
        await maria.redact(room, written)
        await core.gets(Deleted, room)
        await maria.release_keys()
        await core.hears(room, "late")
    assert core.said(room) == ["late"]


async def test_a_repeated_transaction_makes_no_second_message(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """A new process that cannot know whether a message went out sends it again, and it stands there once."""
    async with core:
        room = await room_with(core, maria, encrypted)
        first = await core.says(room, "once", "t/1 ünïque?")
        await core.adapter.send(Withdraw(core.chat(room), first, "t2"))
    adapter = MatrixAdapter(ACCOUNT, core.settings)
    await adapter.open(core.home)
    again = await adapter.send(SendText(core.chat(room), Text("once"), "t/1 ünïque?"))
    await adapter.send(Withdraw(core.chat(room), first, "t2"))
    await adapter.send(SendText(core.chat(room), Text("end"), "t3"))
    await adapter.close()
    assert again.message == first
    await maria.sees(room, "end")
    assert maria.bodies(room) == ["", "end"]
    assert maria.undecrypted == set()


async def test_a_private_chat_stays_private_over_a_restart(core: Core, maria: MatrixUser) -> None:
    """That a named room is a direct chat is written into the account, where every later process finds it."""
    async with core:
        room = await maria.create_room(core.user, name="Maria and Schakel", direct=True)
        await core.joins(room)
        await maria.say(room, "one")
        assert (await core.hears(room, "one")).kind is ChatKind.PRIVATE
    async with core:
        await maria.say(room, "two")
        assert (await core.hears(room, "two")).kind is ChatKind.PRIVATE


async def test_a_kick_during_an_absence_is_told_with_the_last_words(core: Core, maria: MatrixUser) -> None:
    """What was said before the bot was put out of the room still arrives."""
    async with core:
        room = await room_with(core, maria, encrypted=False)
    for number in range(10):
        await maria.say(room, f"message {number}")
    await maria.kick(room, core.user)
    async with core:
        await core.wait(lambda: len(core.messages(room)) == 10)
    assert type(core.events[-1]).__name__ == "Removed"


async def test_being_put_out_and_invited_again_during_an_absence_is_told_in_that_order(
    core: Core, maria: MatrixUser
) -> None:
    """With what was said before, and nothing of what was said while we were out: then we are in the room, and not out
    of it."""
    async with core:
        room = await room_with(core, maria, encrypted=False)
    await maria.say(room, "before")
    await maria.kick(room, core.user)
    await maria.say(room, "meanwhile")
    await maria.invite(room, core.user)
    async with core:
        await core.wait(lambda: len([e for e in core.events if isinstance(e, Added) and e.invited]) == 2)
        await core.adapter.send(JoinChat(core.chat(room)))
        await core.wait(lambda: len([e for e in core.events if isinstance(e, Added)]) == 4)
        await maria.say(room, "after")
        await core.hears(room, "after")
    about = [type(event) for event in core.events if event.chat.id == room]
    assert about == [Added, Added, Message, Removed, Added, Added, Message]
    assert core.said(room) == ["before", "after"]
