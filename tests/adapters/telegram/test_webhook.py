"""News by webhook: what Telegram is told, when, and what happens to the rest."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientConnectorError, ClientSession
from telegram import Bot

from adapters.telegram import TelegramAdapter
from adapters.telegram.receiving import FROM_THE_OLDEST
from adapters.telegram.request import AiohttpRequest
from adapters.telegram.webhook import HEADER, Webhook, path_of, secret_of
from bot.incoming import NOTHING_NEW, Batch, Edited, Message
from bot.ports import Account, Deliver, Down
from bot.serving.supervision import Line
from bot.store.database.writer import Writer
from tests.adapters.telegram.conftest import ACCOUNT, Inbox, Keeper, adapter_for
from tests.databases import Ticking, writer
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import Error
from tests.world import Clock


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    """Its pauses between two attempts are short."""
    async with BotApiServer(second=0.01) as server:
        yield server


@pytest.fixture
def port() -> int:
    """Free, as far as one can know."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def adapter(server: BotApiServer, tmp_path: Path, port: int) -> AsyncIterator[TelegramAdapter]:
    async with connected(server, tmp_path, port) as adapter:
        yield adapter


@asynccontextmanager
async def connected(server: BotApiServer, folder: Path, port: int | None = None) -> AsyncIterator[TelegramAdapter]:
    adapter = adapter_for(server, webhook=port)
    await adapter.open(Keeper(folder).home())
    yield adapter
    await adapter.close()


@asynccontextmanager
async def receiving(
    adapter: TelegramAdapter, cursor: str | None, deliver: Deliver
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(adapter.receive(cursor, deliver))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def inbox(server: BotApiServer, adapter: TelegramAdapter) -> AsyncIterator[Inbox]:
    """The adapter receives into it, and Telegram knows where."""
    inbox = Inbox(adapter)
    async with receiving(adapter, FROM_THE_OLDEST, inbox.deliver):
        await server.waits_for(lambda: server.calls_of("getWebhookInfo"))
        yield inbox


async def answer(server: BotApiServer, body: bytes | None = None, **other: str) -> tuple[int, bytes]:
    """What somebody gets who writes to the address; `path` and `secret` are right unless given."""
    url = server.bot.webhook
    if "path" in other:
        url = url.rpartition("/")[0] + "/" + other["path"]
    secret = other.get("secret", server.bot.webhook_secret)
    async with (
        ClientSession() as session,
        session.request(other.get("method", "POST"), url, data=body, headers={HEADER: secret}) as response,
    ):
        return response.status, await response.read()


def said(inbox: Inbox) -> list[str]:
    return [event.text.plain for event in inbox.events if isinstance(event, (Message, Edited))]


# --- what arrives --------------------------------------------------------------------------------------------------


async def test_what_people_write_in_one_chat_is_brought_in_order(server: BotApiServer, inbox: Inbox) -> None:
    """And no edit overtakes its message."""
    ana = server.user("Ana")
    for number in range(30):
        ana.writes(str(number))
    message = ana.private.last
    await inbox.holds(30)
    ana.edits(message, "29!")
    await inbox.holds(31)
    assert said(inbox) == [*(str(number) for number in range(30)), "29!"]
    await server.waits_for(lambda: not server.bot.queue.waiting)
    assert (server.bot.webhook_connections, server.bot.webhook_error) == (1, None)


async def test_everything_people_do_is_asked_for(server: BotApiServer, inbox: Inbox) -> None:
    """Also what Telegram brings only on request."""
    ana = server.user("Ana")
    ana.reacts(ana.writes("olá"), "👍")
    assert sorted(type(event).__name__ for event in await inbox.holds(2)) == ["Message", "Reacted"]


async def test_telegram_is_told_nothing_before_the_update_is_durable(
    server: BotApiServer, adapter: TelegramAdapter
) -> None:
    """As long as `deliver` has not returned, Telegram keeps it."""
    server.user("Ana").writes("een")
    delivering, durable = asyncio.Event(), asyncio.Event()

    async def deliver(batch: Batch) -> None:
        if batch.events:
            delivering.set()
            await durable.wait()

    async with receiving(adapter, FROM_THE_OLDEST, deliver):
        await asyncio.wait_for(delivering.wait(), 10)
        await server.waits_for(lambda: server.calls_of("getWebhookInfo"))
        assert len(server.bot.queue.waiting) == 1
        durable.set()
        await server.waits_for(lambda: not server.bot.queue.waiting)


async def test_what_could_not_be_stored_comes_again(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """Telegram gets 503; what `deliver` raises ends receiving, and nobody listens any more."""
    server.user("Ana").writes("een")

    async def fail(batch: Batch) -> None:
        if batch.events:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        async with asyncio.timeout(10):
            await adapter.receive(FROM_THE_OLDEST, fail)
    await server.waits_for(lambda: server.bot.webhook_error)
    with pytest.raises(ClientConnectorError):
        await answer(server)
    inbox = Inbox(adapter)
    async with receiving(adapter, FROM_THE_OLDEST, inbox.deliver):
        await inbox.holds(1)
        await server.waits_for(lambda: not server.bot.queue.waiting)
    assert said(inbox) == ["een"]


async def test_telegram_is_asked_to_come_again_when_nothing_can_be_stored(
    server: BotApiServer, adapter: TelegramAdapter
) -> None:
    """The answer is 503, as long as there is somebody to give it."""
    tried = asyncio.Event()

    async def fail(batch: Batch) -> None:
        if batch.events:
            await tried.wait()
            raise OSError("disk full")

    async with receiving(adapter, FROM_THE_OLDEST, fail):
        await server.waits_for(lambda: server.calls_of("getWebhookInfo"))
        server.user("Ana").writes("een")
        tried.set()
        error = await server.waits_for(lambda: server.bot.webhook_error)
    assert error is not None
    assert error[1] == "Wrong response from the webhook: 503 Service Unavailable"


async def test_who_does_not_know_both_secrets_gets_nothing(server: BotApiServer, inbox: Inbox) -> None:
    """Whichever is wrong, and whatever is asked, the answer is the same."""
    news = b'{"update_id": 7}'
    for wrong in ({"path": "x"}, {"path": ""}, {"secret": ""}, {"secret": "\u20ac"}, {"method": "GET"}):
        assert await answer(server, news, **wrong) == (404, b"")
    assert await answer(server, news, path=server.bot.webhook_secret, secret=path_of(server.token)) == (404, b"")
    assert inbox.raws == []
    assert await answer(server, news) == (200, b"")
    assert [raw.id for raw in inbox.raws] == ["7"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"update_id": "7"}', b'{"message": {}}', b"[" * 100_000])
async def test_what_is_no_update_is_refused(server: BotApiServer, inbox: Inbox, body: bytes) -> None:
    """And not kept."""
    assert await answer(server, body) == (400, b"")
    assert inbox.raws == []


def test_the_secrets_cannot_be_told_from_each_other_nor_the_token_from_them() -> None:
    """Two bots have different ones, and one bot the same after a restart."""
    known = {path_of("1:a"), secret_of("1:a"), path_of("1:b"), secret_of("1:b")}
    assert len(known) == 4
    assert path_of("1:a") in known


# --- kills, and from the one way to the other ------------------------------------------------------------------------


@pytest.fixture
async def store(tmp_path: Path, sqlite_template: str) -> AsyncIterator[Writer]:
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    async with writer(f"sqlite:///{tmp_path}/schakel.db", Ticking()) as made:
        yield made


async def kept(store: Writer) -> list[str]:
    return [arrived.event for arrived in await store.run(lambda tx: tx.inbox.waiting(1000, [ACCOUNT]))]


async def test_killed_after_storing_and_before_answering_it_keeps_the_update_once(
    server: BotApiServer, adapter: TelegramAdapter, store: Writer
) -> None:
    """Telegram brings it again, and the inbox knows it."""
    ana = server.user("Ana")
    ana.writes("een")
    stored = asyncio.Event()

    async def die(batch: Batch) -> None:
        await store.run(lambda tx: tx.inbox.accept(ACCOUNT, batch))
        if batch.events:
            stored.set()
            await asyncio.Event().wait()

    async with receiving(adapter, None, die):
        await asyncio.wait_for(stored.wait(), 10)
    assert len(server.bot.queue.waiting) == 1
    ana.writes("twee")
    inbox = Inbox(adapter)

    async def deliver(batch: Batch) -> None:
        await store.run(lambda tx: tx.inbox.accept(ACCOUNT, batch))
        await inbox.deliver(batch)

    async with receiving(adapter, FROM_THE_OLDEST, deliver):
        await inbox.holds(2)
        await server.waits_for(lambda: not server.bot.queue.waiting)
    assert said(inbox) == ["een", "twee"]
    assert await kept(store) == [raw.id for raw in inbox.raws]


async def test_from_polling_to_the_webhook_and_back_nothing_is_lost(
    server: BotApiServer, tmp_path: Path, port: int, store: Writer
) -> None:
    """Whatever Telegram has not been told stays with it, and the place in its stream is never a false one."""
    ana = server.user("Ana")
    for number, way in enumerate((None, port, None, port, None)):
        ana.writes(f"before {number}")
        async with connected(server, tmp_path, way) as adapter:
            inbox = Inbox(adapter)

            async def deliver(batch: Batch, into: Inbox = inbox) -> None:
                await store.run(lambda tx: tx.inbox.accept(ACCOUNT, batch))
                await into.deliver(batch)

            cursor = (await store.run(lambda tx: tx.accounts.get(ACCOUNT))).cursor
            async with receiving(adapter, cursor, deliver):
                await inbox.holds(1)
                ana.writes(f"while {number}")
                while f"while {number}" not in said(inbox):
                    await inbox.holds(len(inbox.events) + 1)
            if way is not None:
                assert (await store.run(lambda tx: tx.accounts.get(ACCOUNT))).cursor == FROM_THE_OLDEST
    assert len(await kept(store)) == 10
    assert server.bot.webhook == ""


async def test_stopped_it_does_not_listen_and_what_is_written_then_waits(
    server: BotApiServer, adapter: TelegramAdapter
) -> None:
    """Until it is there again."""
    inbox = Inbox(adapter)
    async with receiving(adapter, FROM_THE_OLDEST, inbox.deliver):
        await server.waits_for(lambda: server.calls_of("getWebhookInfo"))
    with pytest.raises(ClientConnectorError):
        await answer(server)
    server.user("Ana").writes("een")
    await server.waits_for(lambda: server.bot.webhook_error)
    async with receiving(adapter, FROM_THE_OLDEST, inbox.deliver):
        await inbox.holds(1)
    assert said(inbox) == ["een"]


async def test_a_line_whose_news_cannot_be_stored_comes_down_and_is_up_again(
    server: BotApiServer, tmp_path: Path, port: int, store: Writer
) -> None:
    """Like every other line, by itself."""
    server.user("Ana").writes("een")
    heard: list[str] = []
    arrived: list[str] = []

    async def deliver(batch: Batch) -> None:
        if batch.events and not heard[1:]:
            raise Down("nothing can be stored")
        arrived.extend(raw.id for raw in batch.events)

    async def settled(name: str, account: Account | None, final: bool) -> None:
        heard.append("connected" if account else "stopped" if final else "down")
        server.world.touch()

    adapter, clock = adapter_for(server, webhook=port), Clock()

    def deaf(name: str, so: bool) -> None:
        pass

    line = Line(ACCOUNT, adapter, store, tmp_path, "", deliver, clock, settled, deaf, deaf)
    serving = asyncio.create_task(line.run())
    await server.waits_for(lambda: heard == ["connected", "down"])
    async with asyncio.timeout(10):
        while not arrived:
            clock.advance(timedelta(seconds=1))
            await store.run(lambda tx: None)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await line.close()
    assert len(set(arrived)) == 1


# --- silence, and what can be wrong ----------------------------------------------------------------------------------


@pytest.fixture
async def bot(server: BotApiServer) -> AsyncIterator[Bot]:
    async with AiohttpRequest() as request:
        yield Bot(server.token, f"{server.url}/bot", request=request)


async def watched(bot: Bot, url: str, port: int, sleep: Callable[[float], Awaitable[None]]) -> tuple[Down, list[Batch]]:
    """Why it came down, and what it had handed over by then."""
    batches: list[Batch] = []

    async def deliver(batch: Batch) -> None:
        batches.append(batch)

    webhook = Webhook(bot, url, f"127.0.0.1:{port}", lambda: datetime.now(UTC), sleep)
    with pytest.raises(Down) as caught:
        async with asyncio.timeout(10):
            await webhook.run(FROM_THE_OLDEST, deliver)
    return caught.value, batches


async def test_silence_is_no_outage(server: BotApiServer, bot: Bot, port: int) -> None:
    """Telegram is asked now and then, and has nothing to tell. Somebody else's webhook is noticed."""
    looks = 0

    async def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 20:
            server.bot.webhook = "https://example.org/hook"

    failure, batches = await watched(bot, f"http://127.0.0.1:{port}", port, sleep)
    assert batches == [NOTHING_NEW] * 20
    assert "another program" in str(failure)


async def test_an_address_that_telegram_cannot_reach_is_an_outage(server: BotApiServer, bot: Bot, port: int) -> None:
    """Only when something waits: then it is known that it should have come, and not said that there is no more."""
    server.user("Ana").writes("een")

    async def sleep(seconds: float) -> None:
        await server.waits_for(lambda: server.bot.webhook_error)

    failure, batches = await watched(bot, "http://127.0.0.1:1", port, sleep)
    assert batches == []
    assert "`schakel check`" in str(failure)
    assert len(server.calls_of("getWebhookInfo")) in (3, 4)


async def test_what_stands_in_the_way_is_named(server: BotApiServer, adapter: TelegramAdapter, port: int) -> None:
    """An address that is taken, and one that Telegram does not want."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Down, match="webhook_listen"):
            await adapter.receive(FROM_THE_OLDEST, Inbox(adapter).deliver)
    server.faults.add(Error(400, "Bad Request: bad webhook: Failed to resolve host"), "setWebhook")
    with pytest.raises(Down, match="webhook_url") as caught:
        await adapter.receive(FROM_THE_OLDEST, Inbox(adapter).deliver)
    assert server.token not in str(caught.value)


async def test_checking_tells_why_nothing_is_brought(server: BotApiServer, adapter: TelegramAdapter) -> None:
    """Before the first start, and while all is well, it tells nothing."""
    assert await adapter.check() == []
    async with receiving(adapter, FROM_THE_OLDEST, Inbox(adapter).deliver):
        await server.waits_for(lambda: server.calls_of("getWebhookInfo")[1:])
    assert await adapter.check() == []
    server.user("Ana").writes("een")
    await server.waits_for(lambda: server.bot.webhook_error)
    (waits,) = await adapter.check()
    assert "1 waiting; it says: Connection refused" in waits
    server.bot.webhook = "https://example.org/hook"
    (another,) = await adapter.check()
    assert "another program" in another
    assert path_of(server.token) not in waits + another
