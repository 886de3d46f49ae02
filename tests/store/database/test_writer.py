"""The writer: units are durable when they return, and one that raises undoes itself alone."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.store.database.faults import named
from bot.store.database.marks import Marks
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate
from bot.store.database.units import Together
from bot.store.database.writer import Writer
from bot.store.tables import organisation
from bot.store.transaction import Transaction
from tests.databases import POLICY, Postgres, Ticking, transaction, writer


def names(tx: Transaction) -> list[str]:
    return [found.name for found in tx.chats.organisations()]


def naming(name: str) -> Callable[[Transaction], int]:
    return lambda tx: tx.chats.organisation_named(name).id


async def test_a_unit_that_raises_undoes_itself_alone(database_url: str) -> None:
    """Units share a commit, not each other's fate."""

    def bad(tx: Transaction) -> None:
        tx.chats.organisation_named("half done")
        raise ZeroDivisionError

    async with writer(database_url, Ticking()) as made:
        results = await asyncio.gather(
            *(made.run(naming(f"good {n}")) for n in range(10)),
            made.run(bad),
            *(made.run(naming(f"good {n}")) for n in range(10, 20)),
            return_exceptions=True,
        )
        found = await made.run(names)
    assert isinstance(results[10], ZeroDivisionError)
    assert sorted(found) == sorted(f"good {n}" for n in range(20))


async def test_what_returned_is_there_after_a_restart(database_url: str) -> None:
    """The result of a unit is a promise."""
    async with writer(database_url, Ticking()) as made:
        await made.run(lambda tx: tx.chats.organisation_named("Ons Huis"))
    with transaction(database_url) as tx:
        assert names(tx) == ["Ons Huis"]


async def test_a_cancelled_wait_does_not_cut_a_unit_in_half(database_url: str) -> None:
    """Whoever stops waiting leaves a whole unit behind, or none."""

    def pair(tx: Transaction) -> None:
        tx.connection.execute(tx.insert(organisation).values(name="one"))
        tx.connection.execute(tx.insert(organisation).values(name="two"))

    async with writer(database_url, Ticking()) as made:
        waiting = asyncio.create_task(made.run(pair))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        count = await made.run(
            lambda tx: tx.connection.execute(select(func.count()).select_from(organisation)).scalar()
        )
    assert count in (0, 2)


class Held:
    """A unit that runs until it may go on."""

    def __init__(self) -> None:
        self.began, self.go_on = asyncio.Event(), threading.Event()
        self._loop = asyncio.get_running_loop()

    def unit(self, tx: Transaction) -> None:
        self._loop.call_soon_threadsafe(self.began.set)
        assert self.go_on.wait(10)


async def test_a_long_unit_lets_what_waits_beside_it_pass(database_url: str) -> None:
    """Nobody's message waits in the commit of a piece of a notice to ten thousand groups."""
    ran: list[str] = []
    held = Held()

    def unit(name: str) -> Callable[[Transaction], None]:
        def run(tx: Transaction) -> None:
            ran.append(name)

        return run

    async with writer(database_url, Ticking()) as made:
        blocking = asyncio.create_task(made.run(held.unit))
        await held.began.wait()
        waiting = [
            asyncio.create_task(made.run(unit(name), alone=name == "long")) for name in ("before", "long", "after")
        ]
        await asyncio.sleep(0)
        held.go_on.set()
        await asyncio.gather(blocking, *waiting)
    assert ran == ["before", "after", "long"]


async def test_what_comes_while_a_unit_runs_shares_its_commit_where_nobody_else_writes(tmp_path: Path) -> None:
    """On SQLite: the disk is flushed once for both."""
    seconds: list[float] = []
    held = Held()
    engine = open_engine(f"sqlite:///{tmp_path}/schakel.db")
    migrate(engine)
    made = Writer(
        engine,
        lambda c: Transaction(c, POLICY, Ticking().now(), lambda: ""),
        lambda _: None,
        committed=seconds.append,
    )
    running = asyncio.create_task(made.run(held.unit))
    await held.began.wait()
    joining = asyncio.create_task(made.run(naming("Ons Huis")))
    await asyncio.sleep(0)
    held.go_on.set()
    await asyncio.gather(running, joining)
    await made.close()
    engine.dispose()
    assert len(seconds) == 1


async def test_waiting_units_share_commits_and_wake_what_they_stir(database_url: str) -> None:
    """A hundred units stir the inbox; whoever handles it hears of it after they are durable."""
    woken: list[frozenset[str]] = []

    def stir(tx: Transaction) -> None:
        tx.stirred.add("inbox")

    async with writer(database_url, Ticking(), woken.append) as made:
        await asyncio.gather(*(made.run(stir) for _ in range(100)))
    assert 0 < len(woken) < 100
    assert set().union(*woken) == {"inbox"}


class Commits:
    """Units and what became of them: which shared a commit, and what was stirred that somebody must be woken for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.woken: list[frozenset[str]] = []
        self.ran: list[str] = []

    def writer(self, url: str) -> AbstractAsyncContextManager[Writer]:
        return writer(url, Ticking(), self.woken.append, self.seconds.append)

    def unit(self, name: str, *stirs: str) -> Callable[[Transaction], str]:
        """A unit that names an organisation, and returns that name."""

        def run(tx: Transaction) -> str:
            tx.chats.organisation_named(name)
            self.ran.append(name)
            tx.stirred.update(stirs)
            return name

        return run


async def test_a_unit_on_call_runs_in_the_commit_that_stirs_what_it_hears(database_url: str) -> None:
    """Whoever handed it in need not be woken for that; for all the rest, people are."""
    seen = Commits()
    async with seen.writer(database_url) as made:
        called = made.on_call(seen.unit("claim"), "paper", hears="outbox:paper")
        await made.run(seen.unit("another's", "outbox:other"))
        assert not called.done()
        assert await made.run(seen.unit("answer", "outbox:paper", "inbox")) == "answer"
        assert await called == "claim"
        made.call_off("outbox:paper")  # too late
        await made.run(seen.unit("later", "outbox:paper"))
        assert await made.run(names) == ["another's", "answer", "claim", "later"]
    assert seen.ran == ["another's", "answer", "claim", "later"]
    assert seen.woken == [frozenset({"outbox:other"}), frozenset({"inbox"}), frozenset({"outbox:paper"})]
    assert len(seen.seconds) == 4


async def test_a_unit_that_is_called_off_never_runs(database_url: str) -> None:
    seen = Commits()
    async with seen.writer(database_url) as made:
        called = made.on_call(seen.unit("claim"), "paper", hears="outbox:paper")
        made.call_off("outbox:paper")
        await made.run(seen.unit("answer", "outbox:paper"))
    assert called.cancelled()
    assert seen.ran == ["answer"]
    assert seen.woken == [frozenset({"outbox:paper"})]


async def test_a_unit_on_call_that_raises_takes_no_other_with_it(database_url: str) -> None:
    """It runs again alone, raises there, and has changed nothing."""
    seen = Commits()

    def bad(tx: Transaction) -> None:
        tx.chats.organisation_named("half done")
        raise ZeroDivisionError

    async with seen.writer(database_url) as made:
        called = made.on_call(bad, "paper", hears="outbox:paper")
        assert await made.run(seen.unit("answer", "outbox:paper")) == "answer"
        with pytest.raises(ZeroDivisionError):
            await called
        assert await made.run(names) == ["answer"]
    assert seen.woken == [frozenset({"outbox:paper"})]


async def test_a_unit_that_hears_runs_after_those_that_share_its_commit(database_url: str) -> None:
    """Each gets its own result; what the others stirred of that, it has seen; what it stirs itself wakes people."""
    seen, held = Commits(), Held()
    async with seen.writer(database_url) as made:
        blocking = asyncio.create_task(made.run(held.unit))
        await held.began.wait()
        waiting = [
            asyncio.create_task(made.run(seen.unit("claim"), hears="outbox:paper")),
            asyncio.create_task(made.run(seen.unit("answer", "outbox:paper"))),
            asyncio.create_task(made.run(seen.unit("another's", "outbox:other"), hears="outbox:other")),
            asyncio.create_task(made.run(seen.unit("news", "inbox"))),
        ]
        await asyncio.sleep(0)
        held.go_on.set()
        assert await asyncio.gather(blocking, *waiting) == [None, "claim", "answer", "another's", "news"]
    assert seen.ran == ["answer", "news", "claim", "another's"]
    assert seen.woken == [frozenset({"inbox", "outbox:other"})]


async def test_what_is_done_with_a_result_is_begun_before_anybody_else_hears(database_url: str) -> None:
    """What was claimed is on its way to the network while they go on."""
    seen, order = Commits(), list[str]()

    async def asks(made: Writer) -> None:
        order.append(await made.run(seen.unit("answer", "outbox:paper")))

    async def sends(name: str) -> None:
        order.append(f"{name} is sent")

    async with seen.writer(database_url) as made, asyncio.TaskGroup() as tasks:

        def send(name: str) -> None:
            order.append(name)
            tasks.create_task(sends(name))

        called = made.on_call(seen.unit("claim"), "paper", hears="outbox:paper", then=send)
        await asks(made)
        assert await called == "claim"
    assert order == ["claim", "claim is sent", "answer"]


async def test_what_cannot_be_done_with_a_result_is_heard_by_whoever_waits_for_it(database_url: str) -> None:
    seen = Commits()

    def fails(_: str) -> None:
        raise ZeroDivisionError

    async with seen.writer(database_url) as made:
        with pytest.raises(ZeroDivisionError):
            await made.run(seen.unit("claim"), then=fails)
        assert await made.run(names) == ["claim"]


async def test_nothing_is_done_with_a_result_that_nobody_waits_for_any_more(database_url: str) -> None:
    """Whoever asked for it has been stopped meanwhile."""
    seen, held, done = Commits(), Held(), list[str]()
    async with seen.writer(database_url) as made:
        blocking = asyncio.create_task(made.run(held.unit))
        await held.began.wait()
        claim = asyncio.create_task(made.run(seen.unit("claim"), then=done.append))
        await asyncio.sleep(0)
        claim.cancel()
        held.go_on.set()
        await blocking
    assert (seen.ran, done) == (["claim"], [])


async def test_a_closed_writer_takes_no_more_units(database_url: str) -> None:
    """After the last commit nothing can be lost in a queue that nobody reads."""
    async with writer(database_url, Ticking()) as made:
        pass
    with pytest.raises(RuntimeError):
        await made.run(names)


async def test_items_that_wait_together_are_done_in_one_call(database_url: str) -> None:
    """Each gets its own result, and one that raises takes no other with it."""
    calls: list[int] = []

    def do(tx: Transaction, numbers: Sequence[int]) -> list[int]:
        calls.append(len(numbers))
        return [tx.chats.organisation_named(f"number {12 // number}").id * 0 + number * 2 for number in numbers]

    double = Together(do)
    async with writer(database_url, Ticking()) as made:
        given = [1, 2, 3, 0, 4]
        results = await asyncio.gather(*(made.run_together(double, n) for n in given), return_exceptions=True)
        assert sorted(await made.run(names)) == ["number 12", "number 3", "number 4", "number 6"]
    assert [type(result) for result in results] == [int, int, int, ZeroDivisionError, int]
    assert [result for result in results if isinstance(result, int)] == [2, 4, 6, 8]


async def test_many_items_leave_room_in_their_commit_for_what_waits_behind_them(database_url: str) -> None:
    """What goes next is claimed with the outcomes of all that was in the air, also where each commit is dear."""
    seen, held = Commits(), Held()
    none: Together[int, None] = Together(lambda tx, items: [None] * len(items))
    async with seen.writer(database_url) as made:
        blocking = asyncio.create_task(made.run(held.unit))
        await held.began.wait()
        behind: list[asyncio.Task[Any]] = [asyncio.create_task(made.run_together(none, n)) for n in range(100)]
        behind.append(asyncio.create_task(made.run(seen.unit("next"))))
        await asyncio.sleep(0)
        held.go_on.set()
        await asyncio.gather(blocking, *behind)
    assert len(seen.seconds) <= 2


# --- the database is away --------------------------------------------------------------------------------------------


class Trouble:
    """Hears what the writer says of the database."""

    def __init__(self) -> None:
        self.heard: list[str | None] = []
        self.changed = asyncio.Event()

    def __call__(self, error: BaseException | None) -> None:
        self.heard.append(None if error is None else named(error))
        self.changed.set()

    async def comes(self) -> None:
        async with asyncio.timeout(10):
            await self.changed.wait()
        self.changed.clear()


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[tuple[Writer, Engine, Trouble]]:
    engine, trouble = open_engine(url), Trouble()
    made = Writer(
        engine, lambda c: Transaction(c, POLICY, Ticking().now(), lambda: ""), lambda _: None, troubled=trouble
    )
    try:
        yield made, engine, trouble
    finally:
        await made.close()
        engine.dispose()


async def test_units_wait_while_another_program_holds_the_file(tmp_path: Path, sqlite_template: str) -> None:
    """Nobody is told that it failed, since it did not; it is done when the file is free."""
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    other = sqlite3.connect(tmp_path / "schakel.db", isolation_level=None)
    async with watched(f"sqlite:///{tmp_path}/schakel.db") as (made, _, trouble):
        await made.run(names)
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(made.run(naming(f"name {n}"))) for n in range(5)]
        await trouble.comes()
        assert not any(task.done() for task in waiting)
        other.execute("ROLLBACK")
        await asyncio.gather(*waiting)
        await trouble.comes()
        assert len(await made.run(names)) == 5
    other.close()
    assert trouble.heard == ["another program holds the database's file", None]


async def test_units_wait_while_the_disk_is_full(tmp_path: Path, sqlite_template: str) -> None:
    """What was told to be durable is, what was not goes in when there is room."""
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    async with watched(f"sqlite:///{tmp_path}/schakel.db") as (made, engine, trouble):
        pages = await made.run(lambda tx: tx.connection.exec_driver_sql("PRAGMA page_count").scalar())
        most = [pages]

        def set_room(connection: Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={most[0]}")

        event.listen(engine, "begin", set_room)  # SQLite's own measure of a disk
        await made.run(naming("small"))
        large = asyncio.create_task(made.run(naming("large " * 100_000)))
        await trouble.comes()
        assert not large.done()
        most[0] = 1_000_000
        await large
        assert len(await made.run(names)) == 2
    assert trouble.heard == ["the disk is full", None]


@pytest.mark.parametrize("another", [False, True], ids=["nothing", "another file"])
async def test_units_wait_while_the_file_is_not_in_its_place(
    tmp_path: Path, sqlite_template: str, another: bool
) -> None:
    """What was written into a file that was moved away would be lost as soon as the bot stops."""
    place, away = tmp_path / "data", tmp_path / "away"
    place.mkdir()
    shutil.copy(sqlite_template, place / "schakel.db")
    async with watched(f"sqlite:///{place}/schakel.db") as (made, _, trouble):
        await made.run(naming("before"))
        place.rename(away)
        if another:
            place.mkdir()
            shutil.copy(sqlite_template, place / "schakel.db")
        waiting = asyncio.create_task(made.run(naming("meanwhile")))
        await trouble.comes()
        assert not waiting.done()
        if another:
            shutil.rmtree(place)
        assert not place.exists()
        away.rename(place)
        await waiting
    with transaction(f"sqlite:///{place}/schakel.db") as tx:
        assert names(tx) == ["before", "meanwhile"]
    assert trouble.heard == ["the database's file was moved or deleted", None]


async def test_units_wait_for_a_server_that_restarts(postgres: Postgres) -> None:
    """PostgreSQL is stopped in the middle of the work: every unit has its effect, and has it once."""
    async with watched(postgres.url) as (made, _, trouble):
        await made.run(names)

        def counts(tx: Transaction) -> None:
            tx.connection.execute(tx.insert(organisation).values(name=f"{len(names(tx))}"))

        async def many() -> None:
            for _ in range(50):
                await made.run(counts)

        working = asyncio.gather(*(many() for _ in range(8)))
        await asyncio.to_thread(postgres.crash)
        await asyncio.to_thread(postgres.start)
        await working
        assert len(await made.run(names)) == 400
    assert set(trouble.heard) <= {"the database cannot be reached", None}


async def test_units_wait_while_another_server_has_its_place(postgres: Postgres) -> None:
    """Where the address leads to a standby server for a while, nothing fails and nobody has to start the bot again."""
    async with watched(postgres.url) as (made, _, trouble):
        await made.run(naming("before"))
        await asyncio.to_thread(postgres.stands_by)
        waiting = asyncio.create_task(made.run(naming("after")))
        async with asyncio.timeout(20):
            while "the database can only be read: is it a standby server?" not in trouble.heard:
                await trouble.comes()
        assert not waiting.done()
        await asyncio.to_thread(postgres.is_promoted)
        await waiting
        assert await made.run(names) == ["after", "before"]


async def test_a_standby_server_is_not_asked_what_became_of_a_commit(postgres: Postgres) -> None:
    """It may not have heard of it yet: the unit would be done twice."""
    engine, marks = open_engine(postgres.url), Marks()
    with engine.begin() as connection:
        connection.execute(organisation.insert().values(name="once"))
        mark = marks.leave(connection, "")
    assert mark is not None
    assert marks.was_committed(engine, mark)
    engine.dispose()
    postgres.stands_by()
    assert marks.was_committed(engine, mark) is None
    postgres.is_promoted()
    assert marks.was_committed(engine, mark)
    engine.dispose()


async def test_a_writer_can_be_closed_while_nobody_knows_what_became_of_a_commit(postgres: Postgres) -> None:
    """It is not said to be done."""
    async with watched(postgres.url) as (made, engine, _):
        await made.run(names)
        event.listen(engine, "commit", lambda _: postgres.stands_by(), once=True)
        waiting = asyncio.create_task(made.run(naming("unknown")))
        await asyncio.to_thread(_until_it_stands_by, postgres)
    with pytest.raises(OperationalError):
        await waiting


def _until_it_stands_by(postgres: Postgres) -> None:
    while True:
        try:
            with psycopg.connect(postgres.url.replace("postgresql+psycopg:", "postgresql:")) as asked:
                if asked.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                    return
        except psycopg.OperationalError:
            continue


async def test_a_commit_whose_answer_was_lost_is_not_done_twice(postgres: Postgres) -> None:
    """The connection breaks after the server has committed: the server is asked what became of it."""
    async with watched(postgres.url) as (made, engine, _):
        broken: list[bool] = []

        def breaks(connection: Connection) -> None:
            if not broken:
                broken.append(True)
                raw = connection.connection.driver_connection
                assert isinstance(raw, psycopg.Connection)
                raw.commit()  # the server has it, and its answer never comes
                raw.pgconn.finish()

        await made.run(names)
        event.listen(engine, "commit", breaks)
        await made.run(lambda tx: tx.connection.execute(tx.insert(organisation).values(name="once")))
        assert await made.run(names) == ["once"]
        assert broken


async def test_a_unit_that_is_always_too_slow_fails_alone(postgres: Postgres) -> None:
    """PostgreSQL waits for nobody who says nothing in the middle of a unit: to run it again for ever would stop all."""
    async with watched(postgres.url) as (made, _, trouble):

        def too_slow(tx: Transaction) -> None:
            raw = tx.connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            tx.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 1")
            with psycopg.connect(postgres.url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as other:
                still_there = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
                while other.execute(still_there, (raw.info.backend_pid,)).fetchone():
                    pass
            tx.connection.exec_driver_sql("SELECT 1")

        async with asyncio.timeout(60):
            slow, other = await asyncio.gather(made.run(too_slow), made.run(naming("another")), return_exceptions=True)
        assert isinstance(slow, DBAPIError)
        assert isinstance(other, int)
        assert await made.run(names) == ["another"]
        assert made.trouble is None
    assert trouble.heard[-1] is None


async def test_a_commit_that_was_in_the_way_of_another_process_runs_again(postgres: Postgres) -> None:
    """That may show only when it is to be committed, after its last statement."""
    async with watched(postgres.url) as (made, engine, _):
        seen: list[list[str]] = []

        def unit(tx: Transaction) -> None:
            seen.append(names(tx))
            tx.connection.execute(tx.insert(organisation).values(name="ours"))

        def is_in_its_way(connection: Connection) -> None:
            if len(seen) == 1:
                with psycopg.connect(postgres.url.replace("postgresql+psycopg:", "postgresql:")) as other:
                    other.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
                    other.execute("SELECT name FROM organisation")
                    other.execute("INSERT INTO organisation (name) VALUES ('theirs')")

        event.listen(engine, "commit", is_in_its_way)
        await made.run(unit)
        assert sorted(await made.run(names)) == ["ours", "theirs"]
    assert seen == [[], ["theirs"]]


async def test_what_a_server_forgot_when_it_crashed_is_done_again(postgres: Postgres) -> None:
    """It crashed before it had written the unit down, and has given the number of its transaction to another since."""
    postgres.does_nothing_by_itself()
    async with watched(postgres.url) as (made, engine, _):
        numbers: list[str] = []

        def breaks(connection: Connection) -> None:
            if numbers:
                return
            numbers.append(str(connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()").scalar()))
            postgres.crash()
            postgres.start()
            with psycopg.connect(postgres.url.replace("postgresql+psycopg:", "postgresql:")) as other:
                other.execute("INSERT INTO organisation (name) VALUES ('another')")
                numbers.extend(str(value) for value in other.execute("SELECT pg_current_xact_id()").fetchone() or ())

        await made.run(names)
        event.listen(engine, "commit", breaks)
        await made.run(lambda tx: tx.connection.execute(tx.insert(organisation).values(name="once")))
        assert await made.run(names) == ["another", "once"]
    assert numbers[0] == numbers[1]


async def test_a_writer_can_be_closed_while_the_database_is_away(tmp_path: Path) -> None:
    """Stopping takes no longer than it does on good days; what waited was never said to be done."""
    engine = open_engine(f"sqlite:///{tmp_path}/schakel.db")
    trouble = Trouble()
    made = Writer(
        engine, lambda c: Transaction(c, POLICY, Ticking().now(), lambda: ""), lambda _: None, troubled=trouble
    )
    (tmp_path / "schakel.db").mkdir()  # nothing can be opened there
    waiting = asyncio.create_task(made.run(names))
    await trouble.comes()
    async with asyncio.timeout(4):
        await made.close()
    with pytest.raises(OperationalError):
        await waiting
    engine.dispose()


async def test_a_writer_that_is_closed_while_the_database_is_away_tries_once_for_all_that_wait(
    tmp_path: Path, sqlite_template: str
) -> None:
    """A file that is held costs a second each time: with one for each of many units no stop would end in time."""
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    other = sqlite3.connect(tmp_path / "schakel.db", isolation_level=None)
    async with watched(f"sqlite:///{tmp_path}/schakel.db") as (made, engine, trouble):
        await made.run(names)
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(made.run(naming("first")))]
        await trouble.comes()
        waiting += [asyncio.create_task(made.run(naming(f"name {n}"))) for n in range(20)]
        await asyncio.sleep(0)  # they are handed in
        made.hurry()
        tries: list[object] = []

        def counts(connection: object, _: object) -> None:
            tries.append(connection)

        event.listen(engine, "connect", counts)  # each begins with a fresh one
        assert {type(error) for error in await asyncio.gather(*waiting, return_exceptions=True)} == {OperationalError}
        assert len(tries) <= 2  # for the one that had begun to wait, and for those behind it
    other.close()
