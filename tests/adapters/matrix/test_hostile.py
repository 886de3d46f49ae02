"""What strangers can put into a room or send to the device does not stop the stream, and is seen as what it is."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from adapters.matrix.connection.client import Client
from adapters.matrix.connection.homeserver import Homeserver
from bot.incoming import Deleted, Edited, Message, MovedChat, Unreadable
from bot.model import Span, SpanKind, Text
from bot.outgoing import EditText, SendText
from tests.adapters.matrix.conftest import Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.matrixuser import MatrixUser

pytestmark = pytest.mark.synapse


async def put_raw(person: MatrixUser, path: str, body: object) -> int:
    """A request as no honest app would make it; the status of the answer."""
    headers = {"Authorization": f"Bearer {person.client.access_token}"}
    response = await person.client.send("PUT", f"/_matrix/client/v3/{path}/{uuid4().hex}", json.dumps(body), headers)
    status: int = response.status
    return status


def nested(depth: int) -> dict[str, Any]:
    inner: Any = "x"
    for _ in range(depth):
        inner = [inner]
    return {"msgtype": "m.text", "body": "x", "deep": inner}


ODD_EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("m.room.message", {}),
    ("m.room.message", {"msgtype": 5, "body": ["x"]}),
    ("m.room.message", {"msgtype": "m.text", "body": "x", "m.relates_to": "no"}),
    ("m.room.message", {"msgtype": "m.image", "body": "x", "url": {"no": 1}, "info": "no"}),
    ("m.room.message", nested(400)),
    ("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2"}),
    ("m.room.encrypted", {"algorithm": 3, "ciphertext": {}}),
    ("m.reaction", {"m.relates_to": {"event_id": 3}}),
    ("m.room.member", {"membership": "join"}),
    ("m.room.encryption", {"algorithm": "no state"}),
    ("org.example.☃", {"anything": [None, {}]}),
]


async def test_odd_events_do_not_stop_the_stream(core: Core, maria: MatrixUser) -> None:
    """Each that the server lets through is handed over, understood or not, and the next message is heard."""
    room = await room_with(core, maria, encrypted=False)
    known = len(core.inbox)
    path = f"rooms/{quote(room)}/send"
    let_through = [await put_raw(maria, f"{path}/{quote(kind)}", content) == 200 for kind, content in ODD_EVENTS]
    assert sum(let_through) > len(ODD_EVENTS) // 2
    await maria.say(room, "hello")
    await core.wait(lambda: any(b'"hello"' in raw.body for raw in core.inbox.values()))
    assert len(core.inbox) - known == sum(let_through) + 1
    for raw in core.inbox.values():
        with suppress(ValueError):
            core.adapter.parse(raw)


@pytest.mark.parametrize("odd", [{"avatar_url": 7}, {"displayname": ["Eve"]}])
def test_nobody_is_in_a_room_unseen(tmp_path: Path, odd: dict[str, Any]) -> None:
    """Whatever their own homeserver lets them write beside it: who is there reads along, so no chat is private."""
    client = Client(Homeserver("http://127.0.0.1:9"), "@bot:a.be", "DEVICE", tmp_path, "secret")

    def member(user: str, **content: object) -> dict[str, Any]:
        event = {"type": "m.room.member", "sender": user, "state_key": user, "event_id": f"${user}"}
        return event | {"origin_server_ts": 1, "content": {"membership": "join"} | content}

    state = [member("@bot:a.be"), member("@maria:a.be", displayname="Maria"), member("@eve:b.be", **odd)]
    client.absorb({"next_batch": "s1", "rooms": {"join": {"!room": {"state": {"events": state}}}}})
    users = client.rooms["!room"].users
    client.close()
    assert set(users) == {"@bot:a.be", "@maria:a.be", "@eve:b.be"}
    assert users["@maria:a.be"].display_name == "Maria"


ODD_SECRETS = [
    b"not JSON",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"{}",
    b'{"type": "m.room.message"}',
    b'{"type": "m.room.message", "content": [], "room_id": "!other"}',
    b'{"type": "m.room.encrypted", "content": {}, "room_id": "!other"}',
    b'{"type": "m.room.member", "content": {"membership": "leave"}, "state_key": "@x:y", "room_id": "!x"}',
    b'{"type": "x", "content": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
    b'{"type": "x", "content": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
]


async def test_odd_secrets_do_not_stop_the_stream(core: Core, maria: MatrixUser) -> None:
    """What an encrypted message holds is anybody's bytes: it stays unreadable or malformed, or means nothing."""
    room = await room_with(core, maria, encrypted=True)
    await maria.say(room, "before")
    await core.hears(room, "before")
    olm = maria.client.olm
    session = olm.outbound_group_sessions[room]
    known = len(core.inbox)
    for secret in ODD_SECRETS:
        event = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "sender_key": olm.account.identity_keys["curve25519"],
            "device_id": maria.client.device_id,
            "session_id": session.id,
            "ciphertext": session._session.encrypt(secret).to_base64(),
        }
        assert await put_raw(maria, f"rooms/{quote(room)}/send/m.room.encrypted", event) == 200
    await maria.say(room, "after")
    await core.wait(lambda: any(b'"after"' in raw.body for raw in core.inbox.values()))
    odd = list(core.inbox.values())[known:-1]
    assert len(odd) == len(ODD_SECRETS)
    for raw in odd:
        with suppress(ValueError):
            assert all(isinstance(meaning, Unreadable) for meaning in core.adapter.parse(raw))


async def test_what_is_encrypted_cannot_move_the_room_or_delete_what_others_say(core: Core, maria: MatrixUser) -> None:
    """Who may do that the homeserver decides, and it cannot see what is in there."""
    room = await room_with(core, maria, encrypted=True)
    await maria.say(room, "before")
    said = await core.gets(Message, room)
    known = len(core.inbox)
    olm = maria.client.olm
    session = olm.outbound_group_sessions[room]
    for kind, content in (
        ("m.room.tombstone", {"body": "", "replacement_room": "!theirs:example.org"}),
        ("m.room.redaction", {"redacts": said.id}),
    ):
        secret = json.dumps({"type": kind, "content": content, "room_id": room, "state_key": ""}).encode()
        event = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "sender_key": olm.account.identity_keys["curve25519"],
            "device_id": maria.client.device_id,
            "session_id": session.id,
            "ciphertext": session._session.encrypt(secret).to_base64(),
        }
        assert await put_raw(maria, f"rooms/{quote(room)}/send/m.room.encrypted", event) == 200
    await maria.say(room, "after")
    await core.hears(room, "after")
    meant = [event for raw in list(core.inbox.values())[known:] for event in core.adapter.parse(raw)]
    assert not [event for event in meant if isinstance(event, MovedChat | Deleted)]


async def test_nobody_changes_what_another_has_said(
    core: Core, maria: MatrixUser, ahmed: MatrixUser, encrypted: bool
) -> None:
    """A homeserver takes such a change from anybody in the room, and leaves it to the apps not to show it."""
    room = await room_with(core, maria, encrypted)
    await maria.invite(room, ahmed.id)
    await ahmed.join(room)
    await maria.say(room, "come at ten")
    said = await core.hears(room, "come at ten")
    await ahmed.edit(room, said.id, "stay away")
    await maria.edit(room, said.id, "come at eleven")
    await ahmed.say(room, "after")
    await core.hears(room, "after")
    changes = [event for event in core.events if isinstance(event, Edited)]
    assert [(change.person.id, change.text.plain) for change in changes] == [(maria.id, "come at eleven")]


async def test_a_room_that_moves_on_and_on_is_followed_at_once_only_the_first_time(
    core: Core, maria: MatrixUser
) -> None:
    """All others' messages wait for it; whose server takes its time could have them wait for ever."""
    room = await room_with(core, maria, encrypted=False)
    first, second = [await maria.create_room() for _ in range(2)]
    for new in (first, second):
        await maria.client.room_put_state(new, "m.room.join_rules", {"join_rule": "public"})
        tombstone = {"body": "", "replacement_room": new}
        await maria.client.room_put_state(room, "m.room.tombstone", tombstone)
        await core.gets(MovedChat, room, lambda moved, new=new: moved.to == core.chat(new))  # type: ignore[misc]
    await maria.wait(lambda: core.user in maria.members(first))
    await maria.say(room, "after")
    await core.hears(room, "after")
    assert core.user not in maria.members(second)


def test_only_the_last_that_a_room_says_of_where_it_is_now_is_remembered(tmp_path: Path) -> None:
    """However often it says so, and at whatever length: nobody fills our memory with it."""
    client = Client(Homeserver("http://127.0.0.1:9"), "@bot:a.be", "DEVICE", tmp_path, "secret")
    for room in ("!theirs:x", "!ours:x"):
        for number in range(100):
            content = {"replacement_room": f"{room}.{number}"}
            tombstone = {"type": "m.room.tombstone", "state_key": "", "sender": "@a:far.be", "content": content}
            joined = {room: {"timeline": {"events": []}, "state": {"events": [tombstone]}}}
            client.absorb({"next_batch": "s", "rooms": {"join": joined}})
    known = [room for room in ("!theirs:x", "!ours:x") for n in range(100) if client.by_way_of(f"{room}.{n}")]
    assert known == ["!theirs:x", "!ours:x"]
    assert client.by_way_of("!ours:x.99") == "far.be"
    client.close()


async def test_half_characters_in_an_encrypted_message_are_heard(core: Core, maria: MatrixUser) -> None:
    """A lone surrogate, which no homeserver would take in the open, arrives as a replacement character."""
    room = await room_with(core, maria, encrypted=True)
    await maria.say(room, "half \ud83d of it")
    heard = await core.gets(Message, room)
    assert heard.text == Text("half \ufffd of it")


ODD_WORDS_TO_THE_DEVICE: list[tuple[str, dict[str, Any]]] = [
    ("m.room_key", {}),
    ("m.room.encrypted", {"algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": "x", "sender_key": 3}),
    ("m.room.encrypted", {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x", "ciphertext": {"x": {}}}),
    ("m.room_key_request", {"action": "request", "body": {}, "request_id": "x", "requesting_device_id": "y"}),
    ("m.key.verification.start", {"from_device": "x", "method": "m.sas.v1", "transaction_id": "t"}),
    ("m.forwarded_room_key", {"room_id": 5}),
    ("m.dummy", {}),
    ("☃", {"a": 1}),
]


async def test_odd_words_to_the_device_do_not_stop_the_stream(core: Core, maria: MatrixUser) -> None:
    """Anybody can send anything to a device, without sharing a room; keys still come through."""
    room = await room_with(core, maria, encrypted=True)
    for kind, content in ODD_WORDS_TO_THE_DEVICE:
        messages = {"messages": {core.user: {"*": content}}}
        assert await put_raw(maria, f"sendToDevice/{quote(kind)}", messages) == 200
    await maria.say(room, "hello")
    await core.hears(room, "hello")


async def test_odd_words_of_ours_arrive(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """Whatever stands in a text goes out, and is shown as it is as far as it can be."""
    room = await room_with(core, maria, encrypted)
    words = ["\ud83d half", "a\x00b", "<b>not bold</b> & *not* this", "\u202eright to left"]
    for number, text in enumerate(words):
        await core.says(room, text, f"t{number}")
    await maria.sees(room, words[-1])
    assert maria.bodies(room) == ["? half", *words[1:]]
    assert {message.html for message in maria.seen(room)} == {None}


async def test_the_longest_text_fits(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """A text of as many bytes as the limits allow goes out, styled, in the script that needs most room."""
    room = await room_with(core, maria, encrypted)
    words = ("مساعدة " * core.adapter.limits.text)[: core.adapter.limits.text // 2]
    while len(words.encode()) > core.adapter.limits.text:
        words = words[:-1]
    text = Text(words).styled(SpanKind.BOLD)
    sent = await core.adapter.send(SendText(core.chat(room), text, "t1"))
    await core.adapter.send(EditText(core.chat(room), sent.message or "", text + Text("!"), "t2"))
    seen = await maria.wait(lambda: next((m for m in maria.seen(room) if m.edited), None))
    assert seen.body == words + "!"
    assert seen.html == f"<strong>{words}</strong>!"


async def test_a_long_text_of_many_styles_can_be_changed(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """What apps that know no edits show of it takes no room that the text needs."""
    room = await room_with(core, maria, encrypted)
    words = "😀" * (core.adapter.limits.text // 4)
    text = Text(words, tuple(Span(at, at + 5, SpanKind.BOLD) for at in range(0, 340 * 11, 11)))
    sent = await core.adapter.send(SendText(core.chat(room), text, "t1"))
    await core.adapter.send(EditText(core.chat(room), sent.message or "", text, "t2"))
    seen = await maria.wait(lambda: next((m for m in maria.seen(room) if m.edited), None))
    assert seen.body == words
    assert seen.html is not None
