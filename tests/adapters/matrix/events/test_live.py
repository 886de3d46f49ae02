"""Somebody shows where they are for a while: their first place arrives, and what belongs to it belongs together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.matrix.events.live import Shares
from bot.incoming import Deleted, Message, Raw
from tests.adapters.matrix.conftest import Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.matrixuser import MatrixUser

BEGIN, PLACE, FIELD = "org.matrix.msc3672.beacon_info", "org.matrix.msc3672.beacon", "org.matrix.msc3488.location"


async def begins(person: MatrixUser, room: str, ts: int = 1) -> str:
    content = {"description": "Maria's way", "live": True, "timeout": 900_000, "org.matrix.msc3488.ts": ts}
    answer = await person.client.room_put_state(room, BEGIN, content, person.id)
    return str(answer.event_id)


async def is_at(person: MatrixUser, room: str, share: str, longitude: str) -> str:
    relation = {"rel_type": "m.reference", "event_id": share}
    return await person.put(room, PLACE, {FIELD: {"uri": f"geo:50.8467,{longitude};u=9"}, "m.relates_to": relation})


def places(core: Core, room: str) -> list[tuple[str, str]]:
    """What is handled of places, if each is handled as it comes: as the message of which event."""
    kept: dict[str, Raw] = {}
    for batch in core.batches:
        kept = {raw.id: raw for raw in batch.events if raw.chat == room} | kept
    messages = [event for raw in kept.values() for event in core.adapter.parse(raw) if isinstance(event, Message)]
    return [(m.id, m.text.plain.splitlines()[0]) for m in messages if m.text.plain.startswith("📍")]


@pytest.mark.synapse
async def test_the_first_place_of_each_share_is_said(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """Once, also after a restart in the midst of it; it is taken back like the share that people see."""
    room = await room_with(core, maria, encrypted)
    share = await begins(maria, room)
    await is_at(maria, room, share, "4.1")
    await core.wait(lambda: places(core, room))
    await is_at(maria, room, share, "4.2")
    await maria.say(room, "look")
    await core.hears(room, "look")
    await core.stop()
    await core.start()
    await is_at(maria, room, share, "4.3")
    again = await begins(maria, room, ts=2)
    await is_at(maria, room, again, "5")
    await maria.redact(room, share)
    assert (await core.gets(Deleted, room)).id == share
    first, second = "📍🛰 50.84670, 4.10000 (±9 m)", "📍🛰 50.84670, 5.00000 (±9 m)"
    assert sorted(places(core, room)) == sorted([(share, first), (again, second)])
    assert [m for m in core.messages(room) if m.unsupported] == []


@pytest.mark.synapse
async def test_a_place_that_can_be_read_late_is_said_late(core: Core, maria: MatrixUser) -> None:
    """All of them can then, and it is still one alone, the newest; what could not be read waits no longer."""
    room = await room_with(core, maria, encrypted=True)
    share = await begins(maria, room)
    maria.hold_keys()
    unread = [await is_at(maria, room, share, longitude) for longitude in ("4.1", "4.2", "4.3")]
    last = await maria.say(room, "look")
    await core.wait(lambda: last in core.inbox)
    await maria.release_keys()
    await core.hears(room, "look")
    assert places(core, room) == [(share, "📍🛰 50.84670, 4.30000 (±9 m)")]
    assert [core.adapter.parse(core.inbox[event]) for event in unread] == [()] * 3


def place(sender: str, share: object) -> dict[str, Any]:
    content = {FIELD: {"uri": "geo:1,2"}, "m.relates_to": {"rel_type": "m.reference", "event_id": share}}
    return {"type": PLACE, "event_id": "$own", "sender": sender, "content": content}


def test_nobody_says_a_place_for_somebody_else(tmp_path: Path) -> None:
    """It would take the place of their message. Of a share that nobody knows it is said, too: we may have come late."""
    shares = Shares(tmp_path)
    begin = {"type": BEGIN, "state_key": "@maria:a.be", "sender": "@maria:a.be", "event_id": "$begin"}
    shares.note("!room", begin | {"content": {"live": True}}, 0)
    for room, sender, share, stands_for in (
        ("!room", "@maria:a.be", "$begin", "$begin"),
        ("!room", "@eve:a.be", "$begin", "$own"),
        ("!other", "@maria:a.be", "$begin", "$own"),
        ("!room", "@maria:a.be", "$unknown", "$own"),
    ):
        event, id = shares.named(room, place(sender, share))
        assert (event["event_id"], id) == (stands_for, f"live:{room}:{sender}:{share}")
    shares.close()


@pytest.mark.parametrize("share", [None, 1, "", "$\ud800", "$\x00", "$" + "x" * 300, ["$begin"]])
def test_a_place_that_belongs_to_nothing_stays_what_it_is(tmp_path: Path, share: object) -> None:
    """Nothing that a stranger's app writes may stop the stream."""
    shares = Shares(tmp_path)
    odd = place("@maria:a.be", share)
    assert shares.named("!room", odd) == (odd, None)
    for broken in (odd | {"content": None}, odd | {"type": ["m.beacon"]}, odd | {"content": {"m.relates_to": "x"}}):
        assert shares.named("!room", broken) == (broken, None)
    shares.close()


def test_a_share_is_forgotten_after_a_day(tmp_path: Path) -> None:
    """Who shows where they are is kept no longer than it is needed."""
    shares = Shares(tmp_path)
    day = 24 * 3600 * 1000
    for number, at in (("1", 0), ("2", day + 1)):
        begin = {"type": BEGIN, "state_key": "@maria:a.be", "sender": "@maria:a.be", "event_id": f"${number}"}
        shares.note("!room", begin | {"content": {"live": True}}, at)
    shares.forget_old(day + 1)
    found = [shares.named("!room", place("@maria:a.be", share))[0]["event_id"] for share in ("$1", "$2")]
    assert found == ["$own", "$2"]
    shares.close()
