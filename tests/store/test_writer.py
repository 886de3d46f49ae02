"""The writer: units are durable when they return, and one that raises undoes itself alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import OperationalError

from bot.store.tables import organisation
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from tests.databases import POLICY, Ticking, transaction, writer


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


async def test_waiting_units_share_commits_and_wake_what_they_stir(database_url: str) -> None:
    """A hundred units stir the inbox; whoever handles it hears of it after they are durable."""
    woken: list[frozenset[str]] = []

    def stir(tx: Transaction) -> None:
        tx.stirred.add("inbox")

    async with writer(database_url, Ticking(), woken.append) as made:
        await asyncio.gather(*(made.run(stir) for _ in range(100)))
    assert 0 < len(woken) < 100
    assert set().union(*woken) == {"inbox"}


async def test_a_closed_writer_takes_no_more_units(database_url: str) -> None:
    """After the last commit nothing can be lost in a queue that nobody reads."""
    async with writer(database_url, Ticking()) as made:
        pass
    with pytest.raises(RuntimeError):
        await made.run(names)


async def test_a_database_that_cannot_be_reached_is_said_to_whoever_asks(tmp_path: Path) -> None:
    """Nobody waits for ever for a writer that has gone; it goes on when the database is there."""
    folder = tmp_path / "not yet"
    engine = create_engine(f"sqlite:///{folder}/schakel.db")
    made = Writer(engine, lambda c: Transaction(c, POLICY, Ticking().now(), lambda: ""), lambda _: None)
    try:
        async with asyncio.timeout(10):
            with pytest.raises(OperationalError):
                await made.run(lambda tx: tx.connection.execute(select(1)).scalar())
            folder.mkdir()
            assert await made.run(lambda tx: tx.connection.execute(select(1)).scalar()) == 1
    finally:
        await made.close()
        engine.dispose()
