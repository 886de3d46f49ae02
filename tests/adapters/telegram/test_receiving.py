"""Updates are handed over durably before Telegram is told; nothing is lost and nothing stands in the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram import TelegramAdapter
from adapters.telegram.receiving import batch_of
from bot.incoming import NOTHING_NEW, Batch, Message, Pressed
from bot.model import Chat, Text
from bot.outgoing import Choice, SendText
from bot.ports import Down, ReceiveError, Revoked
from tests.adapters.telegram.conftest import ACCOUNT, Inbox, Keeper, adapter_for
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import BadShape, Error, Fault, RepeatUpdates, Reset, Status, TooMany, Truncate


@pytest.fixture
async def other(server: BotApiServer, tmp_path: Path) -> AsyncIterator[TelegramAdapter]:
    """A second program with the same token."""
    adapter = adapter_for(server)
    await adapter.open(Keeper(tmp_path).home())
    yield adapter
    await adapter.close()


async def failure_of(adapter: TelegramAdapter) -> ReceiveError:
    """Why receiving ended."""
    with pytest.raises(ReceiveError) as caught:
        async with asyncio.timeout(10):
            await adapter.receive(None, Inbox(adapter).deliver)
    return caught.value


def said(inbox: Inbox) -> list[str]:
    return [event.text.plain for event in inbox.events if isinstance(event, Message)]


# --- what arrives --------------------------------------------------------------------------------------------------


async def test_everything_people_do_arrives_in_order(server: BotApiServer, inbox: Inbox) -> None:
    """Messages, presses, reactions, and what happens to the bot itself."""
    await server.waits_for(lambda: server.calls_of("getUpdates"))  # from now on Telegram knows what we want to hear
    ana = server.user("Ana", "pt")
    group = server.group("Bairro", [ana])
    group.adds_bot("g_1", administrator=True)
    question = ana.writes("Olá", group)
    ana.reacts(question, "👍")
    ana.edits(question, "Olá!")
    ana.starts("g_1")
    (await inbox.holds(6)).clear()
    await inbox.adapter.send(SendText(Chat(ACCOUNT, str(ana.id)), Text("?"), "t", ((Choice("c1", "Ja"),),)))
    ana.presses("Ja")
    group.upgrades()
    group.removes_bot()
    ana.blocks_bot()
    kinds = [type(event).__name__ for event in await inbox.holds(10)]
    expected = "Added Message Message Reacted Edited Message Pressed MovedChat Removed Removed"
    assert kinds == expected.split()


async def test_a_press_has_the_time_of_its_arrival(
    server: BotApiServer, adapter: TelegramAdapter, inbox: Inbox
) -> None:
    """Telegram does not say when a button was pressed."""
    ana = server.user("Ana")
    ana.starts()
    await adapter.send(SendText(Chat(ACCOUNT, str(ana.id)), Text("?"), "t", ((Choice("c1", "Ja"),),)))
    before = datetime.now(UTC).replace(microsecond=0)
    press = ana.presses("Ja")
    event = (await inbox.holds(2))[-1]
    assert isinstance(event, Pressed)
    assert (event.choice, event.press) == ("c1", press.id)
    assert before <= event.at <= datetime.now(UTC)


async def test_what_was_written_while_the_bot_was_away_arrives(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """At the very first start, and at every later one, where the cursor stands."""
    ana = server.user("Ana")
    ana.writes("een")
    cursor = None
    for text in ("twee", "drie"):
        inbox = Inbox(adapter)
        receiving = asyncio.create_task(adapter.receive(cursor, inbox.deliver))
        await inbox.holds(1)
        receiving.cancel()
        await asyncio.wait([receiving])
        cursor = inbox.batches[-1].cursor
        ana.writes(text)
    inbox = Inbox(adapter)
    receiving = asyncio.create_task(adapter.receive(cursor, inbox.deliver))
    await inbox.holds(1)
    receiving.cancel()
    assert said(inbox) == ["drie"]


async def test_more_than_a_hundred_at_once_arrive_in_order(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """Telegram gives a hundred at a time."""
    ana = server.user("Ana")
    for number in range(250):
        ana.writes(str(number))
    inbox = Inbox(adapter)
    receiving = asyncio.create_task(adapter.receive(None, inbox.deliver))
    await inbox.holds(250)
    receiving.cancel()
    assert said(inbox) == [str(number) for number in range(250)]
    assert [len(batch.events) for batch in inbox.batches] == [100, 100, 50]


async def test_what_nobody_understands_is_handed_over_and_passed(server: BotApiServer, inbox: Inbox) -> None:
    """The core keeps it; what comes after it arrives."""
    ana = server.user("Ana")
    server.receives({"hologram": {"chat": {"id": 5}}})
    server.receives({"message": {"message_id": "?", "chat": {"id": "x"}}})
    server.receives({"message": None})
    ana.writes("en verder")
    async with asyncio.timeout(10):
        while len(inbox.raws) < 4:
            await server.world.change()
    assert [raw.chat for raw in inbox.raws] == ["5", "", "", str(ana.id)]
    assert inbox.adapter.parse(inbox.raws[0]) == ()
    with pytest.raises(ValueError, match="int"):
        inbox.adapter.parse(inbox.raws[1])


async def test_half_a_character_stops_nothing(server: BotApiServer, inbox: Inbox) -> None:
    """It is replaced before it is kept, since no database could keep it."""
    ana = server.user("Ana")
    ana.starts()
    server.receives(
        {
            "message": {
                "message_id": 9,
                "date": 1,
                "chat": {"id": 5, "type": "private"},
                "from": {"id": 5},
                "text": "\ud83d",
            }
        }
    )
    await inbox.holds(2)
    assert said(inbox)[-1] == "\ufffd"
    inbox.raws[-1].body.decode()


# --- what is acknowledged ------------------------------------------------------------------------------------------


async def test_telegram_is_told_nothing_before_the_batch_is_durable(
    server: BotApiServer, adapter: TelegramAdapter
) -> None:
    """As long as `deliver` has not returned, Telegram keeps the updates."""
    ana = server.user("Ana")
    ana.writes("een")
    delivering, durable = asyncio.Event(), asyncio.Event()

    async def deliver(batch: Batch) -> None:
        delivering.set()
        await durable.wait()

    receiving = asyncio.create_task(adapter.receive(None, deliver))
    await asyncio.wait_for(delivering.wait(), 10)
    ana.writes("twee")
    assert len(server.bot.queue.waiting) == 2
    assert len(server.calls_of("getUpdates")) == 1
    durable.set()
    await server.waits_for(lambda: len(server.bot.queue.waiting) == 0)
    receiving.cancel()


async def test_what_could_not_be_kept_comes_again(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """What `deliver` raises passes through, and the next start receives the same."""
    server.user("Ana").writes("een")

    async def fail(batch: Batch) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await adapter.receive(None, fail)
    inbox = Inbox(adapter)
    receiving = asyncio.create_task(adapter.receive(None, inbox.deliver))
    await inbox.holds(1)
    receiving.cancel()
    assert said(inbox) == ["een"]


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["before", "after", "fine"]), max_size=12))
async def test_no_crash_loses_or_reorders_anything(crashes: list[str]) -> None:
    """Whether it crashes before or after the transaction, every event is in the inbox once, in order."""
    async with BotApiServer() as server:
        adapter = adapter_for(server)
        await adapter.open(Keeper(Path()).home())
        ana = server.user("Ana")
        kept: dict[str, bytes] = {}
        cursor: str | None = None
        plan = iter(crashes)
        done = asyncio.Event()

        async def deliver(batch: Batch) -> None:
            nonlocal cursor
            crash = next(plan, "fine")
            if crash == "before":
                raise KeyError(crash)
            kept.update((raw.id, raw.body) for raw in batch.events if raw.id not in kept)
            cursor = batch.cursor
            if len(kept) == 2 * len(crashes) + 1:
                done.set()
            elif crash == "after":
                raise KeyError(crash)

        async def living() -> None:
            while True:
                try:
                    await adapter.receive(cursor, deliver)
                except KeyError:
                    continue

        ana.writes("0")
        life = asyncio.create_task(living())
        for number in range(1, 2 * len(crashes) + 1):
            ana.writes(str(number))
            await asyncio.wait([asyncio.ensure_future(server.world.change())], timeout=0.001)
        await asyncio.wait_for(done.wait(), 10)
        life.cancel()
        await asyncio.wait([life])
        await adapter.close()
        texts = [json.loads(body)["message"]["text"] for body in kept.values()]
        assert texts == [str(number) for number in range(2 * len(crashes) + 1)]


async def test_a_repeated_update_keeps_its_id(server: BotApiServer, inbox: Inbox) -> None:
    """So that the inbox knows it again."""
    ana = server.user("Ana")
    ana.writes("een")
    await inbox.holds(1)
    await server.waits_for(lambda: server.bot.queue.is_asked)
    server.faults.add(RepeatUpdates(), "getUpdates")
    ana.writes("twee")
    await inbox.holds(3)
    ana.writes("drie")
    await inbox.holds(4)
    assert said(inbox) == ["een", "twee", "twee", "drie"]
    assert len({raw.id for raw in inbox.raws}) == 3


async def test_ids_that_start_anew_are_followed(server: BotApiServer, inbox: Inbox) -> None:
    """After a quiet week Telegram chooses them at random; the largest ever seen means nothing."""
    ana = server.user("Ana")
    ana.writes("een")
    await inbox.holds(1)
    await server.waits_for(lambda: server.bot.queue.is_asked)
    server.bot.queue.next_id = 5
    for text in ("twee", "drie", "vier"):
        ana.writes(text)
    await inbox.holds(4)
    assert said(inbox) == ["een", "twee", "drie", "vier"]


async def test_a_place_from_before_the_ids_began_anew_is_given_up(server: BotApiServer, inbox: Inbox) -> None:
    """Telegram takes it for none; what was written since comes, and is acknowledged."""
    ana = server.user("Ana")
    ana.writes("een")
    await inbox.holds(1)
    await server.waits_for(lambda: server.bot.queue.is_asked)
    server.bot.queue.next_id = 5
    ana.writes("twee")
    await inbox.holds(2)
    await server.waits_for(lambda: not server.bot.queue.waiting)
    assert said(inbox) == ["een", "twee"]


def test_the_cursor_follows_the_last_update() -> None:
    """Not the largest."""
    batch = batch_of([{"update_id": 900}, {"update_id": 5}], datetime.fromtimestamp(60, UTC))
    assert batch.cursor == "6"
    assert [raw.id for raw in batch.events] == ["900", "5"]


# --- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Status(502),
        Status(404),
        Reset(),
        Truncate(),
        TooMany(3),
        BadShape(b"<html>"),
        BadShape(b'{"ok":true}'),
        BadShape(b'{"ok":true,"result":true}'),
        BadShape(b'{"ok":true,"result":[{}]}'),
        BadShape(b'{"ok":true,"result":[null]}'),
        Error(500, "Internal Server Error"),
        Error(404, "Not Found"),
        Error(401, "Unauthorized"),
    ],
    ids=str,
)
async def test_a_hiccup_is_no_reason_to_give_up(server: BotApiServer, adapter: TelegramAdapter, fault: Fault) -> None:
    """Receiving can begin again where it was; even a refused token, refused only once."""
    ana = server.user("Ana")
    ana.writes("een")
    server.faults.add(fault, "getUpdates")
    assert isinstance(await failure_of(adapter), Down)
    inbox = Inbox(adapter)
    receiving = asyncio.create_task(adapter.receive(None, inbox.deliver))
    await inbox.holds(1)
    receiving.cancel()
    assert said(inbox) == ["een"]


async def test_a_pause_that_telegram_wants_is_named(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """So that nobody asks again before."""
    server.faults.add(TooMany(10_000), "getUpdates")
    failure = await failure_of(adapter)
    assert isinstance(failure, Down)
    assert failure.retry_after == timedelta(seconds=10_000)


async def test_the_first_answer_comes_at_once(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """Without news, too: after an outage it is known within a moment, not within a minute, that Telegram is back."""
    inbox = Inbox(adapter)
    receiving = asyncio.create_task(adapter.receive(None, inbox.deliver))
    await server.waits_for(lambda: inbox.batches)
    assert inbox.batches == [NOTHING_NEW]
    await server.waits_for(lambda: server.bot.queue.is_asked)
    assert [call.params["timeout"] for call in server.calls_of("getUpdates")] == ["0", "50"]
    receiving.cancel()


async def test_that_there_is_no_more_is_said_when_all_that_waited_is_handed_over(
    server: BotApiServer, adapter: TelegramAdapter
) -> None:
    """Which takes several answers; the last one is not waited for as for news."""
    ana = server.user("Ana")
    for number in range(150):
        ana.writes(f"bericht {number}")
    inbox = Inbox(adapter)
    receiving = asyncio.create_task(adapter.receive(None, inbox.deliver))
    await server.waits_for(lambda: NOTHING_NEW in inbox.batches)
    assert [len(batch.events) for batch in inbox.batches] == [100, 50, 0]
    assert {call.params["timeout"] for call in server.calls_of("getUpdates")[:3]} == {"0"}
    receiving.cancel()


async def test_an_unreachable_server_is_down(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """The connection breaks, and then nobody listens."""
    await server.stop()
    assert isinstance(await failure_of(adapter), Down)
    assert str(await failure_of(adapter)) == "Telegram cannot be reached"


async def test_a_token_that_is_taken_back_ends_it(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """Telegram says so twice; the operator must act."""
    server.revoke()
    failure = await failure_of(adapter)
    assert isinstance(failure, Revoked)
    assert "@BotFather" in str(failure)
    assert server.token not in str(failure)


async def test_a_second_program_with_the_token_is_named(
    server: BotApiServer, adapter: TelegramAdapter, other: TelegramAdapter
) -> None:
    """Telegram ends the older of two questions for news."""
    first = asyncio.create_task(failure_of(adapter))
    await server.waits_for(lambda: server.calls_of("getUpdates"))
    second = asyncio.create_task(other.receive(None, Inbox(other).deliver))
    failure = await first
    second.cancel()
    assert isinstance(failure, Down)
    assert "another program" in str(failure)


async def test_a_webhook_that_somebody_sets_is_removed_again(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """It is reported, and the next attempt receives."""
    server.bot.webhook = "https://example.org/hook"
    failure = await failure_of(adapter)
    assert isinstance(failure, Down)
    assert "webhook" in str(failure)
    assert server.bot.webhook == ""


async def test_receiving_stops_at_once_when_told_to(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """It does not wait for news."""
    receiving = asyncio.create_task(adapter.receive(None, Inbox(adapter).deliver))
    await server.waits_for(lambda: server.calls_of("getUpdates"))
    receiving.cancel()
    async with asyncio.timeout(1):
        await asyncio.wait([receiving])
    assert receiving.cancelled()


async def test_silence_is_followed_by_the_next_question(server: BotApiServer, inbox: Inbox) -> None:
    """An empty answer is no news."""
    await server.waits_for(lambda: server.calls_of("getUpdates"))
    server.bot.queue.stop_polling()
    await server.waits_for(lambda: server.bot.queue.is_asked)
    server.user("Ana").writes("een")
    await inbox.holds(1)
    assert server.calls_of("getUpdates")[1].params["timeout"] == "50"
