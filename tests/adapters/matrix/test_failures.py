"""What a failing homeserver means for deliveries, for receiving, and for keys."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.matrix.connection.client import KEY_STORE
from bot.incoming import Added, MovedChat
from bot.model import Attachment, Text
from bot.outgoing import Choice, EditText, JoinChat, Outgoing, SendFile, SendText
from bot.ports import Down, NotSent, Refused, Revoked, SendError, Unknown
from tests.adapters.matrix.conftest import Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.faults import FaultyProxy, faulty_proxy
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.synapse

SEND = r"PUT /_matrix/client/v3/rooms/[^/]+/send/"


@pytest.fixture
async def proxy(synapse: Synapse) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(synapse.address) as proxy:
        yield proxy


@pytest.fixture
def stopped(synapse: Synapse, proxy: FaultyProxy, tmp_path: Path) -> Core:
    """An account behind the proxy that the test starts itself."""
    core = Core(synapse, tmp_path, timeline=4)
    core.settings = core.settings.model_copy(update={"homeserver": proxy.address})
    return core


@pytest.fixture
async def core(stopped: Core) -> AsyncIterator[Core]:
    async with stopped:
        yield stopped


async def test_a_lost_answer_is_unknown_and_repeating_it_is_harmless(
    core: Core, proxy: FaultyProxy, maria: MatrixUser, encrypted: bool
) -> None:
    """The connection breaks when the server has the message: sent again, it still stands there once."""
    room = await room_with(core, maria, encrypted)
    proxy.fault(SEND, times=2)  # the HTTP library itself tries once more
    with pytest.raises(Unknown):
        await core.says(room, "once", "t1")
    await core.says(room, "once", "t1")
    await core.says(room, "end", "t2")
    await maria.sees(room, "end")
    assert maria.bodies(room) == ["once", "end"]
    assert maria.undecrypted == set()


ANSWERS: list[tuple[int, Any, type[SendError]]] = [
    (400, {"errcode": "M_BAD_JSON", "error": "secret words"}, Refused),
    (413, {"errcode": "M_TOO_LARGE", "error": "secret words"}, Refused),
    (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "secret words", "soft_logout": True}, NotSent),
    (403, {"errcode": "M_RESOURCE_LIMIT_EXCEEDED", "error": "secret words"}, NotSent),
    (403, {"errcode": "M_CONSENT_NOT_GIVEN", "error": "secret words", "consent_uri": "secret"}, NotSent),
    (404, {"errcode": "M_UNRECOGNIZED", "error": "secret words"}, NotSent),
    (403, "<html>a proxy's idea</html>", Unknown),
    (404, "<html>a proxy's idea</html>", Unknown),
    (500, {"errcode": "M_UNKNOWN", "error": "secret words"}, Unknown),
    (502, "<html>bad gateway</html>", Unknown),
    (200, "<html>a hotel's login page</html>", Unknown),
]


async def test_what_an_answer_says_about_delivery(core: Core, proxy: FaultyProxy, maria: MatrixUser) -> None:
    """Each answer is one kind of failure, and what the server said is not repeated; the next message goes out."""
    room = await room_with(core, maria, encrypted=False)
    for status, body, expected in ANSWERS:
        proxy.fault(SEND, status, body)
        with pytest.raises(SendError) as caught:
            await core.says(room, "hello", "t1")
        assert type(caught.value) is expected, (status, body)
        assert "secret" not in str(caught.value)
    await core.says(room, "hello", "t1")


async def test_a_rate_limit_names_its_wait(core: Core, synapse: Synapse, maria: MatrixUser) -> None:
    """Synapse's own limit: not sent, the wait is the server's, it holds for the whole account, the remedy is named."""
    room = await room_with(core, maria, encrypted=False)
    synapse.limit(core.user, per_second=1, burst=1)
    with pytest.raises(NotSent, match="exempt") as caught:
        await asyncio.gather(*(core.says(room, "hello", f"t{number}") for number in range(3)))
    assert caught.value.whole_account
    assert caught.value.retry_after is not None
    assert timedelta(0) < caught.value.retry_after < timedelta(seconds=10)
    synapse.limit(core.user, per_second=0, burst=0)
    await core.says(room, "and now", "t9")


@pytest.mark.parametrize("broken", ["PUT .*/sendToDevice/", "POST .*/keys/claim", "POST .*/keys/query"])
@pytest.mark.parametrize(
    "answer",
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 5}),
        (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "x", "soft_logout": True}),
        (None, None),
    ],
    ids=["limit", "soft logout", "no answer"],
)
async def test_nothing_is_sent_that_somebody_could_not_read(
    core: Core, proxy: FaultyProxy, maria: MatrixUser, broken: str, answer: tuple[int | None, Any]
) -> None:
    """When handing out the room's key fails, the message waits; the next attempt gives everybody a key."""
    room = await maria.create_room(core.user, name="Neighbours", encrypted=True)
    proxy.fault(broken, *answer, times=1000)
    await core.joins(room)
    with pytest.raises(NotSent):
        await core.says(room, "readable", "t1")
    proxy.faults.clear()
    await core.says(room, "readable", "t1")
    await maria.sees(room, "readable")
    assert maria.undecrypted == set()


NO_KEYS: tuple[int, Any] = (200, {"one_time_keys": {}, "failures": {"away.example": {}}})


async def test_nothing_is_sent_that_nobody_could_read(core: Core, proxy: FaultyProxy, maria: MatrixUser) -> None:
    """Their server gives out no keys: the message waits until it does, instead of standing there unreadable."""
    room = await maria.create_room(core.user, encrypted=True, direct=True)
    proxy.fault("POST .*/keys/claim", *NO_KEYS, times=1000)
    await core.joins(room)
    with pytest.raises(NotSent):
        await core.says(room, "readable", "t1")
    proxy.faults.clear()
    await core.says(room, "readable", "t1")
    await maria.sees(room, "readable")
    assert maria.undecrypted == set()


async def test_who_could_not_be_given_a_key_has_the_next_one(
    core: Core, proxy: FaultyProxy, maria: MatrixUser, synapse: Synapse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a room with others nobody waits for them; they are tried again."""
    monkeypatch.setattr("adapters.matrix.connection.client._OWED_FIRST", 0.0)
    room = await room_with(core, maria, encrypted=True)
    await core.says(room, "before", "t0")
    async with MatrixUser(synapse, "late") as late:
        proxy.fault("POST .*/keys/claim", *NO_KEYS, times=1)
        await maria.invite(room, late.id)
        await late.wait(lambda: room in late.invited_to())
        await late.join(room)
        await core.wait(lambda: late.id in core.adapter._client.rooms[room].users)  # type: ignore[union-attr]
        await core.says(room, "for some", "t1")
        await maria.sees(room, "for some")
        await core.says(room, "for all", "t2")
        await late.sees(room, "for all")
        assert len(late.undecrypted) == 2  # what was said before they came, and before they could be given a key
        assert maria.undecrypted == set()


async def test_a_key_that_could_not_be_kept_comes_again(core: Core, maria: MatrixUser) -> None:
    """The disk is full, say: else nobody could ever read what is written with it."""
    room = await maria.create_room(core.user, name="Neighbours", encrypted=True)
    await core.joins(room)
    with closing(sqlite3.connect(core.folder / KEY_STORE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await maria.say(room, "hello")
        with pytest.raises(Down) as caught:
            await core.wait(lambda: False)
    assert caught.value.anew
    await core.stop()
    await core.start()
    await core.hears(room, "hello")


async def test_a_choice_that_cannot_be_offered_does_not_matter(
    core: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """The message stands without its reactions."""
    room = await room_with(core, maria, encrypted=False)
    proxy.fault("/send/m.reaction/", 500, {"errcode": "M_UNKNOWN", "error": "x"}, times=9)
    rows = ((Choice("a", "yes"), Choice("b", "no")),)
    receipt = await core.adapter.send(SendText(core.chat(room), Text("Really?"), "t1", rows))
    assert receipt.message
    assert proxy.faults[0].met == 1


async def test_edits_offer_only_what_is_not_offered_yet(core: Core, proxy: FaultyProxy, maria: MatrixUser) -> None:
    """The server is asked once for each number under a message, however often the message changes."""
    room = await room_with(core, maria, encrypted=False)
    rows = ((Choice("a", "yes"), Choice("b", "no")),)
    receipt = await core.adapter.send(SendText(core.chat(room), Text("Really?"), "t1", rows))
    more = (*rows, (Choice("c", "later"),))
    for number in range(3):
        edit = EditText(core.chat(room), str(receipt.message), Text(f"Really? {number}"), f"e{number}", more)
        await core.adapter.send(edit)
    assert sum("/send/m.reaction/" in request for request in proxy.requests) == 3
    await maria.wait(lambda: len(maria.seen(room)[-1].reactions) == 3)


async def test_a_gap_that_cannot_be_filled_holds_up_its_own_room_alone(
    stopped: Core, proxy: FaultyProxy, maria: MatrixUser, encrypted: bool
) -> None:
    """While the earlier messages of a room cannot be fetched nothing of it is handed over, also by the next process;
    then all is, in order. Other rooms never wait."""
    core = stopped
    async with core:
        room = await room_with(core, maria, encrypted)
        other = await room_with(core, maria, encrypted=False)
    for number in range(10):
        await maria.say(room, f"message {number}")
    fault = proxy.fault(rf"GET .*/rooms/{quote(room, safe='')}/messages", 502, "<html>bad gateway</html>", times=10_000)
    async with core:
        await maria.say(other, "one")
        await core.hears(other, "one")
    async with core:
        await maria.say(room, "message 10")
        await maria.say(other, "two")
        await core.hears(other, "two")
        assert fault.met
        assert core.said(room) == []
        proxy.faults.clear()
        await core.hears(room, "message 10")
    assert core.said(room) == [f"message {number}" for number in range(11)]


async def test_when_no_room_has_its_earlier_messages_the_homeserver_is_down(
    stopped: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """It is tried again from the same place, and nothing is lost by it."""
    core = stopped
    async with core:
        rooms = [await room_with(core, maria, encrypted=False) for _ in range(2)]
    for room in rooms:
        for number in range(10):
            await maria.say(room, f"message {number}")
    proxy.fault(r"GET .*/messages", 502, "<html>bad gateway</html>", times=2)
    with pytest.raises(Down):
        async with core:
            await core.wait(lambda: False)
    async with core:
        for room in rooms:
            await core.hears(room, "message 9")
            assert core.said(room) == [f"message {number}" for number in range(10)]


async def test_a_server_that_does_not_tell_its_users_devices_keeps_nobody_else_waiting(
    core: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """Messages to and from others go on, encrypted as they are."""
    room = await room_with(core, maria, encrypted=True)
    await core.says(room, "before", "t1")
    silent = proxy.hold("POST .*/keys/query", words="silent.example")
    assert core.adapter._client is not None
    core.adapter._client.olm.users_for_key_query.add("@nobody:silent.example")  # as when they join a room of ours
    async with asyncio.timeout(10):
        for number in range(3):
            await maria.say(room, f"hello {number}")
            await core.hears(room, f"hello {number}")
            await core.says(room, f"meanwhile {number}", f"m{number}")
    await maria.sees(room, "meanwhile 2")
    assert any(fault.met for fault in proxy.faults)
    silent.set()


LIMITED = (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 10_000_000})


async def test_each_limit_stops_what_it_limits(
    core: Core, proxy: FaultyProxy, maria: MatrixUser, tmp_path: Path
) -> None:
    """Who may not join more rooms, or upload more files, may still write; for how long is the homeserver's word."""
    room = await room_with(core, maria, encrypted=False)
    (tmp_path / "file").write_bytes(b"bytes")
    photo = Attachment("photo", "key", "a.png", 5, "image/png", None)
    file = SendFile(core.chat(room), "other", photo, 1, Text(""), "t2", file=tmp_path / "file")
    message = SendText(core.chat(room), Text("hello"), "t3")
    actions: list[tuple[str, Outgoing, bool]] = [
        ("POST .*/join/", JoinChat(core.chat(room)), False),
        ("POST .*/media/v3/upload", file, False),
        (SEND, message, True),
    ]
    for request, action, whole_account in actions:
        proxy.fault(request, *LIMITED)
        with pytest.raises(NotSent) as caught:
            await core.adapter.send(action)
        assert caught.value.retry_after == timedelta(seconds=10_000)
        assert caught.value.whole_account == whole_account, request


async def test_a_room_whose_server_is_away_can_still_be_joined_later(
    core: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """The homeserver has no better word for it than for a room that does not exist (Synapse, _try_destination_list)."""
    room = await maria.create_room(core.user, name="Neighbours")
    await core.gets(Added, room)
    proxy.fault("POST .*/join/", 502, {"errcode": "M_UNKNOWN", "error": "Failed to make_join via any server"})
    with pytest.raises(Unknown):
        await core.adapter.send(JoinChat(core.chat(room)))
    proxy.fault("POST .*/join/", 404, {"errcode": "M_UNKNOWN", "error": "no servers have been provided"})
    with pytest.raises(Refused):
        await core.adapter.send(JoinChat(core.chat(room)))
    await core.joins(room)


async def test_the_way_to_a_room_that_replaces_another_is_known_after_a_restart(
    stopped: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """Without a server that is in it our own cannot find it, and the core would give it up."""
    async with stopped as core:
        room = await room_with(core, maria, encrypted=False)
        new = await maria.upgrade(room)
        await core.gets(MovedChat, room)
    for number in range(5):
        await maria.say(room, f"message {number}")
    async with stopped as core:
        with pytest.raises(NotSent):
            await core.adapter.send(JoinChat(core.chat(new)))
        await core.hears(room, "message 4")
        with pytest.raises(Refused):
            await core.adapter.send(JoinChat(core.chat(new)))
    assert "server_name=localhost" in [request for request in proxy.requests if "/join/" in request][-1]


async def test_a_homeserver_that_limits_receiving_is_asked_when_it_says(stopped: Core, proxy: FaultyProxy) -> None:
    proxy.fault("GET .*/sync", *LIMITED)
    await stopped.start()
    with pytest.raises(Down) as caught:
        await stopped.wait(lambda: False)
    await stopped.stop()
    assert caught.value.retry_after == timedelta(seconds=10_000)


@pytest.mark.parametrize("body", [{}, {"next_batch": None}, {"rooms": {}}, "<html>a proxy's idea</html>"])
async def test_an_answer_that_is_not_the_homeservers_is_no_news(
    stopped: Core, proxy: FaultyProxy, body: object
) -> None:
    proxy.fault("GET .*/sync", 200, body)
    await stopped.start()
    with pytest.raises(Down):
        await stopped.wait(lambda: False)
    await stopped.stop()


async def test_an_invitation_that_a_strange_homeserver_has_spoilt_keeps_nobody_waiting(
    core: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """What it tells of the room our own hands on as it is (Synapse's issue 19943)."""
    room = await room_with(core, maria, encrypted=False)
    told: list[Any] = [
        None,
        {"type": ["m.room.encryption"], "state_key": "", "content": {}},
        {"type": "m.room.name", "state_key": "", "content": "Neighbours"},
        {"type": "m.room.name", "state_key": "", "content": {"name": {"no": 1}}},
        {"type": "m.room.member", "state_key": "@eve:x", "sender": "@eve:x"},
        {"type": "m.room.member", "state_key": "@eve:x", "sender": "@eve:x", "content": {"displayname": 5}},
        {
            "type": "m.room.member",
            "state_key": core.user,
            "sender": "@eve:x",
            "content": {"membership": "invite"},
            "unsigned": {"prev_content": 5},
        },
    ]
    answer = {"next_batch": core.cursor, "rooms": {"invite": {"!spoilt": {"invite_state": {"events": told}}}}}
    proxy.fault("GET .*/sync", 200, answer)
    await maria.say(room, "hello")
    await core.hears(room, "hello")
    await maria.say(room, "hello again")
    await core.hears(room, "hello again")
    invited = await core.gets(Added, "!spoilt")
    assert (invited.person.id, invited.title) == ("@eve:x", None)


async def test_a_homeserver_that_counts_is_spared_what_is_only_an_ease(
    core: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """After a refusal each reaction under a card would be a message less for people, who can type the number."""
    room = await room_with(core, maria, encrypted=False)
    proxy.fault(SEND, *LIMITED)
    rows = ((Choice("a", "yes"), Choice("b", "no")),)
    with pytest.raises(NotSent):
        await core.says(room, "Really?", "t1", choices=rows)
    await core.says(room, "Really?", "t1", choices=rows)
    assert not any("/send/m.reaction/" in request for request in proxy.requests)


async def test_an_account_that_was_refused_once_is_opened_anew_as_the_same_device(
    core: Core, maria: MatrixUser
) -> None:
    """With its keys: what the core does about a refusal that may be a hiccup costs nothing."""
    room = await room_with(core, maria, encrypted=True)
    await core.says(room, "before", "t1")
    await core.stop()
    await core.adapter.open(core.home)
    receiving = asyncio.create_task(core.adapter.receive(core.cursor, core.deliver))
    await maria.say(room, "still there?")
    await core.hears(room, "still there?")
    await core.says(room, "after", "t2")
    await maria.sees(room, "after")
    assert maria.undecrypted == set()
    receiving.cancel()
    await asyncio.wait([receiving])


async def test_what_is_on_its_way_when_the_account_is_opened_anew_is_unsure(
    core: Core, proxy: FaultyProxy, maria: MatrixUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said so: whoever waits for the answer would wait for ever, and what follows in its lane."""
    monkeypatch.setattr("adapters.matrix.adapter.CLOSING", 0.1)
    room = await room_with(core, maria, encrypted=False)
    answer = proxy.hold(SEND)
    sending = asyncio.create_task(core.says(room, "hello", "t1"))
    await maria.say(room, "anybody?")
    await core.hears(room, "anybody?")
    assert proxy.faults[-1].met
    await core.stop()
    with pytest.raises(Unknown):
        await sending
    answer.set()
    proxy.faults.clear()
    async with core:
        await core.says(room, "hello", "t1", again=True)
        await core.says(room, "end", "t2")
    await maria.sees(room, "end")
    assert maria.bodies(room) == ["anybody?", "hello", "end"]


async def test_a_homeserver_that_fails_at_the_login_has_refused_nobody(stopped: Core, proxy: FaultyProxy) -> None:
    """What it says of its own faults is what it says of a login that it does not know; only the status differs."""
    proxy.fault("POST .*/login", 500, {"errcode": "M_UNKNOWN", "error": "Internal server error"})
    with pytest.raises(Down):
        await stopped.start()
    await stopped.start()
    await stopped.stop()


async def test_a_refused_token_revokes_the_account(stopped: Core, proxy: FaultyProxy, maria: MatrixUser) -> None:
    """Receiving stops for good when the homeserver no longer accepts the login."""
    async with stopped:
        proxy.fault("GET .*/sync", 401, {"errcode": "M_UNKNOWN_TOKEN", "error": "x"})
        await maria.create_room(stopped.user)  # news: what was asked before that is answered
        with pytest.raises(Revoked):
            await stopped.wait(lambda: False)


async def test_chores_that_fail_do_not_stop_the_stream(core: Core, proxy: FaultyProxy, maria: MatrixUser) -> None:
    """Messages arrive while publishing and asking for keys goes wrong."""
    proxy.fault("POST .*/keys/", 500, {"errcode": "M_UNKNOWN", "error": "x"}, times=5)
    room = await room_with(core, maria, encrypted=True)
    await maria.say(room, "hello")
    await core.hears(room, "hello")


async def test_keys_whose_upload_was_not_confirmed_still_work(
    stopped: Core, proxy: FaultyProxy, maria: MatrixUser
) -> None:
    """A kill right after the server took the keys loses none: who uses one of them is understood."""
    core = stopped
    proxy.fault("POST .*/keys/upload")
    with pytest.raises(Down):
        await core.start()
    async with core:
        room = await room_with(core, maria, encrypted=True)
        await maria.say(room, "hello")
        await core.hears(room, "hello")


async def test_a_server_that_is_away_is_down(synapse: Synapse, tmp_path: Path) -> None:
    """Nothing was sent, receiving can be tried again, and opening too."""
    core = Core(synapse, tmp_path)
    async with faulty_proxy(synapse.address) as proxy:
        core.settings = core.settings.model_copy(update={"homeserver": proxy.address})
        await core.start()
        await core.wait(lambda: core.cursor)
    with pytest.raises(Down):
        await core.wait(lambda: False)
    with pytest.raises(NotSent):
        await core.says("!room", "hello", "t1")
    await core.stop()
    with pytest.raises(Down):
        await core.start()
    with pytest.raises(NotSent):
        await core.says("!room", "hello", "t1")
