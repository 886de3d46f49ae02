"""What the bot tells of itself to whoever watches it: an uptime monitor, a Prometheus."""

from __future__ import annotations

import asyncio
import errno
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from adapters.operations import Endpoint
from bot.configuration.listening import bound
from bot.operation.watching import Watch, is_disk_full
from bot.ports import Down, NotOffered, NotSent, Refused, Unsupported
from bot.serving.leases import LASTS
from bot.store.database.opening import open_engine, open_reader
from bot.store.transaction import Transaction
from tests.databases import Postgres
from tests.handlers.conftest import scene_of
from tests.handlers.phrasebook import Phrasebook
from tests.world import World, world


@dataclass
class Watched:
    world: World
    engine: Phrasebook
    client: httpx.AsyncClient

    async def asks(self, path: str) -> tuple[int, dict[str, object]]:
        answer = await self.client.get(path)
        assert answer.headers["cache-control"] == "no-store"
        return answer.status_code, answer.json()

    async def metrics(self) -> dict[str, float]:
        """Every sample, as "name{label,label}"."""
        text = (await self.client.get("/metrics")).text
        return {
            f"{sample.name}{{{','.join(sample.labels.values())}}}": sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@asynccontextmanager
async def watching(w: World, engine: Phrasebook, within: float = 5.0, url: str | None = None) -> AsyncIterator[Watched]:
    """The endpoint over a running bot, as the program serves it. `url`: another database to look into."""
    listener = bound("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    reader = open_reader(url or w.app.parts.url)
    async with (
        Watch(w.app, reader, within) as watch,
        Endpoint(listener, watch.health, watch.connected, watch.numbers),
        httpx.AsyncClient(base_url=address) as client,
    ):
        yield Watched(w, engine, client)
    await reader.dispose()


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    engine = Phrasebook()
    async with world(tmp_path, engines=[engine]) as w, watching(w, engine) as found:
        yield found


async def test_a_bot_that_works_is_healthy_and_ready(watched: Watched) -> None:
    assert await watched.asks("/healthz") == (200, {"healthy": True, "wrong": {}})
    assert await watched.asks("/readyz") == (200, {"ready": True, "accounts": {"paper": "connected"}})
    assert (await watched.client.get("/")).status_code == 404


async def test_a_network_that_is_down_makes_it_healthy_and_not_ready(watched: Watched) -> None:
    """Which one, and why; once it holds again for a while, all is well."""
    w = watched.world
    w.network.falls(Down("the paper is wet"))
    while w.app.services[0].line.fault is None:  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(0)
    assert await watched.asks("/readyz") == (503, {"ready": False, "accounts": {"paper": "the paper is wet"}})
    assert (await watched.asks("/healthz"))[0] == 200
    assert (await watched.metrics())["schakel_connected{paper}"] == 0
    w.network.falls(None)
    for _ in range(40):
        await w.advance(timedelta(seconds=1))
    assert (await watched.asks("/readyz"))[0] == 200
    assert (await watched.metrics())["schakel_connected{paper}"] == 1


async def test_the_log_tells_of_each_outage_and_of_its_end(watched: Watched) -> None:
    w = watched.world
    with capture_logs() as logged:
        for _ in range(2):
            w.network.falls(Down("the paper is wet"))
            while w.app.services[0].line.fault is None:  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0)
            for _ in range(40):
                await w.advance(timedelta(seconds=1))
            w.network.falls(None)
            for _ in range(40):
                await w.advance(timedelta(seconds=1))
    told = [line["event"] for line in logged if line.get("account") == "paper"]
    assert told == ["not connected", "connected again"] * 2


async def test_the_log_tells_of_translations_that_failed_not_of_those_that_nobody_offers(watched: Watched) -> None:
    """Where no engine has the pair, each message would be a line, and nobody could do anything about it."""
    w = watched.world
    scene = scene_of(w, await w.paired("De Kamer", "coordination"), watched.engine)
    with capture_logs() as logged:
        watched.engine.fault = NotOffered("not these two")
        await scene.asks("Preciso de comida para os meus dois filhos")
        assert [line["event"] for line in logged if line["log_level"] == "warning"] == []
        watched.engine.fault = Unsupported("not this text")
        await scene.member.writes("Também preciso de fraldas")
        assert [line["event"] for line in logged if line["log_level"] == "warning"] == ["not translated"]


@pytest.mark.postgres
async def test_nothing_is_ready_while_nobody_can_tell_who_serves_it(tmp_path: Path, postgres: Postgres) -> None:
    """The database is away: no other process serves it either."""
    async with world(tmp_path, url=postgres.url) as w, watching(w, Phrasebook()) as watched:
        await asyncio.to_thread(postgres.crash)
        w.clock.advance(LASTS)
        told = "the database that tells who serves it cannot be used"
        assert await watched.asks("/readyz") == (503, {"ready": False, "accounts": {"paper": told}})
        assert (await watched.metrics())["schakel_connected{paper}"] == 0
        await asyncio.to_thread(postgres.start)
        async with asyncio.timeout(30):
            while (await watched.asks("/readyz"))[0] != 200:
                w.clock.advance(timedelta(seconds=1))


@pytest.mark.postgres
async def test_the_numbers_are_told_while_the_database_says_nothing(tmp_path: Path, postgres: Postgres) -> None:
    """Whoever gathers them would wait in vain, and hear nothing of the networks either; what waits is told again when
    it can be read."""
    async with world(tmp_path, url=postgres.url) as w, watching(w, Phrasebook(), within=0.5) as watched:
        assert "schakel_inbox_length{}" in await watched.metrics()
        postgres.falls_silent()
        try:
            w.clock.advance(LASTS)
            for _ in range(2):
                numbers = await watched.metrics()
                assert "schakel_connected{paper}" in numbers
                assert "schakel_inbox_length{}" not in numbers
        finally:
            postgres.speaks_again()
        async with asyncio.timeout(30):
            while "schakel_inbox_length{}" not in await watched.metrics():
                w.clock.advance(timedelta(seconds=1))


async def test_a_writer_that_stores_nothing_is_not_healthy(tmp_path: Path) -> None:
    """Somebody has to look, although the process lives; a second question waits for the same answer."""
    engine, go_on = Phrasebook(), threading.Event()
    async with world(tmp_path, engines=[engine]) as w, watching(w, engine, within=0.05) as watched:
        stuck = asyncio.create_task(w.app.unit(lambda tx: go_on.wait(60)))
        for _ in range(2):
            status, said = await watched.asks("/healthz")
            assert status == 503
            assert "stored nothing" in str(said["wrong"])
        go_on.set()
        await stuck
        while (await watched.asks("/healthz"))[0] != 200:
            pass


def waits_for(go_on: threading.Event, tx: Transaction) -> None:
    go_on.wait(60)


async def test_health_is_that_of_the_moment_also_after_a_look_that_had_no_answer(tmp_path: Path) -> None:
    """What is found out after the answer is no answer to the next question."""
    engine = Phrasebook()
    async with world(tmp_path, engines=[engine]) as w, watching(w, engine, within=0.05) as watched:
        for go_on in (threading.Event(), threading.Event()):
            stuck = asyncio.create_task(w.app.unit(partial(waits_for, go_on)))
            assert (await watched.asks("/healthz"))[0] == 503
            go_on.set()
            await stuck
            await w.app.unit(lambda tx: None)  # what was to be proven is done by now


async def test_a_data_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    """The numbers are there all the same."""

    def gone(folder: Path) -> int:
        raise FileNotFoundError

    engine = Phrasebook()
    async with world(tmp_path, engines=[engine], free=gone) as w, watching(w, engine) as watched:
        status, said = await watched.asks("/healthz")
        assert status == 503
        assert said == {"healthy": False, "wrong": {"disk": "the data folder cannot be found"}}
        assert (await watched.metrics())["schakel_disk_free_bytes{}"] == 0


async def test_a_database_that_takes_nothing_is_named(watched: Watched) -> None:
    """Also where reading still works."""

    def spoil(tx: Transaction) -> None:
        tx.connection.execute(
            text("CREATE TRIGGER no BEFORE UPDATE ON account BEGIN SELECT RAISE(FAIL, 'secret words'); END")
        )

    await watched.world.app.unit(spoil)
    status, said = await watched.asks("/healthz")
    assert status == 503
    assert said == {"healthy": False, "wrong": {"writer": "cannot store anything (IntegrityError)"}}


def test_a_full_disk_is_known_by_what_the_database_and_the_system_say(tmp_path: Path) -> None:
    """SQLite says so in a code of its own, the system in its own words, where a command's output goes into a file, say;
    another fault is another fault."""
    engine = open_engine(f"sqlite:///{tmp_path / 'full.db'}")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        connection.execute(text("PRAGMA max_page_count = 3"))
        with pytest.raises(OperationalError) as full:
            connection.execute(text("INSERT INTO t VALUES (zeroblob(100000))"))
        with pytest.raises(OperationalError) as other:
            connection.execute(text("SELECT nothing"))
    engine.dispose()
    assert is_disk_full(full.value)
    assert is_disk_full(ExceptionGroup("of workers", [ZeroDivisionError(), full.value]))
    assert not is_disk_full(other.value)
    assert not is_disk_full(ZeroDivisionError())
    with pytest.raises(OSError, match="No space") as no_room, open("/dev/full", "wb", buffering=0) as output:
        output.write(b"any words")
    assert is_disk_full(no_room.value)
    assert not is_disk_full(FileNotFoundError(errno.ENOENT, "x"))


async def test_a_disk_without_room_is_not_healthy(tmp_path: Path) -> None:
    """Before the write that fails: the bot stops then, and nobody can ask it any more."""
    engine = Phrasebook()
    async with world(tmp_path, engines=[engine], free=lambda folder: 10**6) as w, watching(w, engine) as watched:
        assert await watched.asks("/healthz") == (503, {"healthy": False, "wrong": {"disk": "the disk is full"}})


async def test_a_conversation_shows_in_the_numbers(watched: Watched) -> None:
    """What waits, what was sent and what became of it, how long people waited, how the engine and the disk fare."""
    w = watched.world
    scene = scene_of(w, await w.paired("De Kamer", "coordination"), watched.engine)
    await scene.asks("Preciso de comida para os meus dois filhos")
    await scene.in_thread("!r Morgen om 10:00 kunt u een pakket halen")
    before = await watched.metrics()
    assert before["schakel_sends_total{paper,sent}"] >= 4
    assert before["schakel_sends_total{paper,unknown}"] == 0
    assert before["schakel_send_wait_seconds_count{paper}"] >= 4
    assert before["schakel_event_lag_seconds_count{paper}"] >= 3
    assert before["schakel_translation_seconds_count{phrasebook}"] == 2
    assert before["schakel_commit_seconds_count{}"] > 0
    assert before["schakel_disk_free_bytes{}"] > 0
    assert before["schakel_poll_age_seconds{paper}"] >= 0
    assert before["schakel_outbox_length{paper,answer}"] == 0
    assert before["schakel_dead_letters{deliveries}"] == 0
    assert before["process_resident_memory_bytes{}"] > 0
    watched.engine.down = True
    w.network.broken[scene.member.private.id] = Refused("too odd")
    await scene.in_thread("!r Vandaag is er helaas niemand aanwezig")
    await w.advance(timedelta(minutes=5))
    after = await watched.metrics()
    assert after["schakel_translation_failures_total{phrasebook,unavailable}"] >= 1
    assert after["schakel_sends_total{paper,refused}"] == 1
    assert after["schakel_dead_letters{deliveries}"] == 1


async def test_the_wait_for_the_pace_is_from_when_a_message_could_have_gone(watched: Watched) -> None:
    """What was postponed, because the network wanted it, counts from when it was due."""
    w = watched.world
    member = w.somebody()
    w.network.faults = [NotSent("a pause", timedelta(minutes=10))]
    await member.writes("/help")
    for _ in range(11):
        await w.advance(timedelta(minutes=1))
    found = await watched.metrics()
    assert found["schakel_sends_total{paper,retried}"] == 1
    assert found["schakel_sends_total{paper,sent}"] == 1
    assert found["schakel_send_wait_seconds_sum{paper}"] < 120


async def test_no_number_tells_of_a_person_or_a_chat(watched: Watched) -> None:
    """Labels are accounts, engines, priorities and our own words."""
    w = watched.world
    scene = scene_of(w, await w.paired("De Kamer", "coordination"), watched.engine)
    await scene.asks("Preciso de comida para os meus dois filhos")
    text = (await watched.client.get("/metrics")).text
    for leak in ("Kamer", "Maria", "person-", "private-", "group-", "comida", "K1"):
        assert leak not in text
    labels = set(re.findall(r'="([^"]*)"', text)) - set(re.findall(r'le="([^"]*)"', text))
    assert labels <= {
        *("paper", "phrasebook", "press", "answer", "coordination", "notice", "coming"),
        *("deliveries", "events", "translations"),
        *("sent", "retried", "refused", "gone", "moved", "unknown", "unsupported"),
    }


async def test_the_numbers_are_told_when_the_database_cannot_be_read(tmp_path: Path) -> None:
    """What is known without it is worth knowing just then."""
    engine, nowhere = Phrasebook(), f"sqlite:///{tmp_path / 'no' / 'such.db'}"
    async with world(tmp_path, engines=[engine]) as w, watching(w, engine, url=nowhere) as watched:
        found = await watched.metrics()
        assert "schakel_inbox_length{}" not in found
        assert found["schakel_connected{paper}"] == 1
