"""The Bot API test server goes wrong on request, in every way a client must survive, and enforces flood limits."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.botapi import BotApiServer
from tests.servers.botapi.clock import Clock
from tests.servers.botapi.faults import (
    UNKNOWN_OUTCOME,
    BadShape,
    Error,
    Fault,
    Hang,
    Hold,
    RepeatUpdates,
    Reset,
    Status,
    TooMany,
    Truncate,
)
from tests.servers.botapi.limits import FloodLimits, most_within
from tests.servers.botapi.people import Person
from tests.servers.botapi.second_opinion import CheckedClient, Refusal


@pytest.fixture
def ana(server: BotApiServer) -> Person:
    ana = server.user("Ana", "pt")
    ana.starts()
    return ana


# --- faults ---------------------------------------------------------------------------------------------------------


async def test_too_many_requests_for_one_chat_or_all(server: BotApiServer, call: CheckedClient, ana: Person) -> None:
    """429 names the wait, does nothing, and is over after as many calls as asked for."""
    rui = server.user("Rui")
    rui.starts()
    server.faults.add(TooMany(7), "sendMessage", chat=ana.id)
    await call("sendMessage", chat_id=rui.id, text="x")
    with pytest.raises(Refusal) as refusal:
        await call("sendMessage", chat_id=ana.id, text="x")
    assert refusal.value.description == "Too Many Requests: retry after 7"
    assert refusal.value.parameters == {"retry_after": 7}
    await call("sendMessage", chat_id=ana.id, text="x")
    server.faults.add(TooMany(1), times=2)
    for method in ("sendMessage", "getMe"):
        assert (await call.refused(method, chat_id=rui.id, text="x")).startswith("Too Many Requests")
    assert ana.private.texts() == rui.private.texts() == ["/start", "x"]


async def test_a_fault_can_wait_for_the_nth_call(server: BotApiServer, call: CheckedClient, ana: Person) -> None:
    """The calls before it pass."""
    fault = server.faults.add(Error(404, "Not Found"), "sendMessage", nth=3)
    for text in ("one", "two"):
        await call("sendMessage", chat_id=ana.id, text=text)
    assert await call.refused("sendMessage", chat_id=ana.id, text="three") == "Not Found"
    await call("sendMessage", chat_id=ana.id, text="four")
    assert fault.hits == 1
    assert ana.private.texts()[1:] == ["one", "two", "four"]


async def test_a_call_can_be_held_until_it_is_released(server: BotApiServer, call: CheckedClient, ana: Person) -> None:
    """Nothing happens before; or, on request, only the answer is late. Other calls pass."""
    for applied in (False, True):
        fault = server.faults.add(Hold(applied=applied), "sendMessage")
        sending = asyncio.create_task(call("sendMessage", chat_id=ana.id, text="held"))
        await fault.met()
        await call("getMe")
        if applied:
            await ana.private.waits_for(lambda messages: messages[-1].text == "held")
        else:
            assert ana.private.texts() == ["/start"]
        assert not sending.done()
        fault.release()
        assert (await sending)["text"] == "held"


async def test_what_is_held_is_done_though_the_client_has_gone(
    server: BotApiServer, call: CheckedClient, ana: Person
) -> None:
    """Telegram finishes what it took: a client's timeout says nothing."""
    fault = server.faults.add(Hold(), "sendMessage")
    sending = asyncio.create_task(call("sendMessage", chat_id=ana.id, text="late"))
    await fault.met()
    sending.cancel()
    fault.release()
    await ana.private.sees("late")


# What python-telegram-bot makes of each fault after which nobody knows.
RAISED: list[tuple[Fault, type[Exception]]] = [
    (Reset(), telegram.error.NetworkError),
    (Truncate(), telegram.error.NetworkError),
    (Hang(), telegram.error.TimedOut),
    (Status(502, applied=True), telegram.error.NetworkError),
    (Status(504, applied=True), telegram.error.NetworkError),
    (BadShape(), KeyError),
    (BadShape(b'{"ok":true,"result":[]}'), TypeError),
    (BadShape(b"<html>"), telegram.error.TelegramError),
]


@pytest.mark.parametrize(("fault", "raised"), RAISED)
async def test_a_message_can_arrive_though_its_sender_cannot_know(
    server: BotApiServer, ana: Person, fault: Fault, raised: type[Exception]
) -> None:
    """The send fails, the message stands there, and the next send passes."""
    server.faults.add(fault, "sendMessage")
    patience = 0.2 if isinstance(fault, Hang) else 30
    async with telegram.Bot(server.token, f"{server.url}/bot") as bot:
        with pytest.raises(raised):
            await bot.send_message(ana.id, "perhaps", read_timeout=patience)
        await bot.send_message(ana.id, "surely", read_timeout=30)
    assert ana.private.texts() == ["/start", "perhaps", "surely"]


def test_every_unknown_outcome_is_tried() -> None:
    """The list that others test with has nothing that is not tried here."""
    assert {type(fault) for fault in UNKNOWN_OUTCOME} == {type(fault) for fault, _ in RAISED}


@pytest.mark.parametrize("fault", [Status(502), Status(504), Reset(applied=False), TooMany(1)])
async def test_a_message_can_fail_for_certain(
    server: BotApiServer, session: aiohttp.ClientSession, ana: Person, fault: Fault
) -> None:
    """Where the fault strikes before the call takes effect, nothing stands in the chat."""
    server.faults.add(fault)
    url = f"{server.url}/bot{server.token}/sendMessage"
    try:
        async with session.post(url, json={"chat_id": ana.id, "text": "x"}) as response:
            assert response.status == getattr(fault, "status", 429)
    except aiohttp.ClientConnectionError:
        assert fault == Reset(applied=False)
    assert ana.private.texts() == ["/start"]


async def test_updates_can_come_twice(server: BotApiServer, call: CheckedClient, ana: Person) -> None:
    """With the id they had, though they were confirmed."""
    first = await call.updates()
    server.faults.add(RepeatUpdates(), "getUpdates")
    ana.writes("more")
    again = await call.updates()
    assert again[:1] == first
    assert [update["message"]["text"] for update in again] == ["/start", "more"]
    assert await call.updates() == []


async def test_update_ids_can_start_over(server: BotApiServer, call: CheckedClient, ana: Person) -> None:
    """After a week of silence they go on from anywhere, also from below."""
    await call("getUpdates")
    server.bot.queue.forget_all()
    server.bot.queue.next_id = 17
    ana.writes("after the holidays")
    assert [update["update_id"] for update in await call("getUpdates")] == [17]


async def test_an_offset_from_before_the_ids_began_anew_confirms_nothing(
    server: BotApiServer, call: CheckedClient, ana: Person
) -> None:
    """It is in the future, and as good as none."""
    before = server.bot.queue.next_id
    server.bot.queue.forget_all()
    server.bot.queue.next_id = 17
    ana.writes("after the holidays")
    for _ in range(2):
        assert [update["update_id"] for update in await call("getUpdates", offset=before)] == [17]
    assert await call("getUpdates", offset=18) == []


async def test_a_token_can_be_revoked_and_given_back(server: BotApiServer, call: CheckedClient) -> None:
    """A poll under way ends with 401."""
    poll = asyncio.create_task(call("getUpdates", timeout=50))
    await server.waits_for(lambda: server.calls)
    server.revoke()
    with pytest.raises(Refusal, match="Unauthorized"):
        await poll
    server.revoke(revoked=False)
    await call("getMe")


async def test_the_server_can_go_down_and_come_back(server: BotApiServer, call: CheckedClient, ana: Person) -> None:
    """Connections are refused meanwhile; address, chats and waiting updates are kept."""
    poll = asyncio.create_task(call("getUpdates", offset=server.bot.queue.next_id, timeout=50))
    await server.waits_for(lambda: server.calls)
    await server.stop()
    assert await poll == []
    ana.writes("while it was down")
    with pytest.raises(aiohttp.ClientConnectionError):
        await call("getMe")
    await server.start()
    assert [update["message"]["text"] for update in await call.updates()] == ["while it was down"]


async def test_a_hanging_call_does_not_keep_the_server_from_stopping(
    server: BotApiServer, call: CheckedClient, ana: Person
) -> None:
    """Stopping breaks off what hangs."""
    fault = server.faults.add(Hang(), "sendMessage")
    sending = asyncio.create_task(call("sendMessage", chat_id=ana.id, text="x"))
    await fault.met()
    await server.stop()
    with pytest.raises(aiohttp.ClientError):
        await sending


async def test_the_log_tells_what_was_called_when_and_what_became_of_it(
    server: BotApiServer, call: CheckedClient, clock: Clock, ana: Person
) -> None:
    """Every call with its time, parameters, status and fault."""
    await call("sendMessage", chat_id=ana.id, text="one")
    clock.time += 5
    server.faults.add(Status(502), "sendMessage")
    with pytest.raises(aiohttp.ContentTypeError):
        await call("sendMessage", chat_id=ana.id, text="two")
    first, second = server.calls_of("sendMessage")
    assert (first.params["text"], first.status, first.chat, first.fault) == ("one", 200, ana.id, None)
    assert (second.at - first.at, second.status, second.fault) == (5, 502, Status(502))


# --- flood limits ---------------------------------------------------------------------------------------------------


async def test_sends_that_come_too_fast_are_refused_when_limits_are_on(
    server: BotApiServer, call: CheckedClient, clock: Clock, ana: Person
) -> None:
    """A short burst to a person passes, then one a second; a group takes 20 a minute, edits included."""
    server.limits = FloodLimits()
    for _ in range(3):
        await call("sendMessage", chat_id=ana.id, text="x")
    assert await call.refused("sendMessage", chat_id=ana.id, text="x") == "Too Many Requests: retry after 1"
    clock.time += 1
    await call("sendMessage", chat_id=ana.id, text="x")
    group = server.group("Gente")
    group.adds_bot()
    sent = await call("sendMessage", chat_id=group.id, text="x")
    for number in range(19):
        await call("editMessageText", chat_id=group.id, message_id=sent["message_id"], text=str(number))
    refused = await call.refused("sendMessage", chat_id=group.id, text="x")
    assert refused == "Too Many Requests: retry after 60"
    await call("deleteMessage", chat_id=group.id, message_id=sent["message_id"])
    clock.time += 60
    await call("sendMessage", chat_id=group.id, text="x")
    assert server.limits.refused == 2


def test_a_bot_sends_thirty_messages_in_any_second() -> None:
    """The whole account's limit holds across chats."""
    limits = FloodLimits()
    assert [limits.admit(1, 100 + n, now=0.0) for n in range(30)] == [None] * 30
    assert limits.admit(1, 999, now=0.5) == 1
    assert limits.admit(2, 999, now=0.5) is None
    assert limits.admit(1, 999, now=1.0) is None


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(-2, 2)), max_size=80))
def test_whoever_waits_as_told_is_let_in(calls: list[tuple[float, int]]) -> None:
    """After retry_after seconds without other calls the same call passes; what passed never exceeds the limits."""
    limits, now, passed = FloodLimits(per_second=5, group_per_minute=4), 0.0, list[tuple[float, int]]()
    for gap, chat in calls:
        now += gap
        wait = limits.admit(1, chat or 3, now)
        if wait is not None:
            now += wait
            assert limits.admit(1, chat or 3, now) is None
        passed.append((now, chat or 3))
    assert most_within([at for at, _ in passed], 1.0) <= 5
    for group in (-1, -2):
        assert most_within([at for at, chat in passed if chat == group], 60.0) <= 4
