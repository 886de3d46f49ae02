"""Serving on a shared database: what ended because a lease seemed lost begins anew where it is held after all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import column, table, update

from bot.domain.erasing import SWEEP
from bot.events import Due
from bot.serving.leases import HOUSE
from bot.store.database.opening import open_engine
from bot.store.database.schema import Newer
from bot.store.tables import lease
from bot.store.transaction import Transaction
from tests.world import Clock, World, world

pytestmark = pytest.mark.postgres

TURN = timedelta(seconds=1)

alembic_version = table("alembic_version", column("version_num"))


@pytest.fixture
async def served(tmp_path: Path, migrated: Callable[[str], str]) -> AsyncIterator[World]:
    async with world(tmp_path, url=migrated("postgresql")) as w:
        yield w


@contextmanager
def seeming_lost(w: World, account: str) -> Iterator[None]:
    """Whatever is written meanwhile finds that the account is another process's."""
    engine = open_engine(w.app.parts.url)

    def raise_epoch(by: int) -> None:
        with engine.begin() as connection:
            connection.execute(update(lease).where(lease.c.account == account).values(epoch=lease.c.epoch + by))

    raise_epoch(1)
    yield
    raise_epoch(-1)
    engine.dispose()


async def does_what_it_can(w: World) -> None:
    """Let the bot do what it can do at this moment."""
    for _ in range(40):
        await w.app.unit(lambda tx: None)


async def test_an_account_whose_receiving_was_refused_is_served_again(served: World) -> None:
    """What was written meanwhile is answered."""
    member = served.somebody("Ana", "nl")
    with seeming_lost(served, served.network.account):
        writing = asyncio.create_task(member.writes("Goedemorgen"))
        await does_what_it_can(served)
    served.clock.advance(TURN)
    async with asyncio.timeout(10):
        await writing
    assert member.reads()


async def test_an_account_whose_sending_was_refused_is_served_again(served: World) -> None:
    """What is said after that is sent."""
    member = served.somebody("Ana", "nl")
    with seeming_lost(served, served.network.account):
        served.app.senders[served.network.account].wake()
        await does_what_it_can(served)
    served.clock.advance(TURN)
    async with asyncio.timeout(10):
        await member.writes("Goedemorgen")
    assert member.reads()


async def test_the_work_of_the_house_that_was_refused_is_done_again(served: World) -> None:
    """What was due meanwhile is done."""
    with seeming_lost(served, HOUSE):
        due = await served.app.unit(_sweep_now)
        await does_what_it_can(served)
    served.clock.advance(TURN)
    async with asyncio.timeout(10):
        while await served.app.unit(lambda tx: tx.schedule.planned(SWEEP)) in (due, None):
            await served.settled()


async def test_nothing_is_begun_again_before_the_leases_have_been_looked_at(served: World) -> None:
    """Else a process that does not know yet what it has lost would go to the network again and again."""
    account = served.network.account
    with seeming_lost(served, account):
        served.app.senders[account].wake()
        await does_what_it_can(served)
        assert served.app.leases.holds(account)
        assert served.app.senders == {}
        served.clock.advance(TURN)
        await served.until(lambda: not served.app.leases.holds(account))
        assert served.app.senders == {}


def _sweep_now(tx: Transaction) -> datetime:
    tx.schedule.at(tx.now, Due(SWEEP))
    return tx.now


async def test_it_stops_when_a_later_version_has_begun_on_its_database(
    tmp_path: Path, migrated: Callable[[str], str]
) -> None:
    """Whoever looks after it has updated one server, and is told to update this one."""

    async def is_served() -> None:
        async with world(tmp_path, url=migrated("postgresql")) as w:
            further = update(alembic_version).values(version_num="9999")
            await w.app.unit(lambda tx: tx.connection.execute(further).rowcount)
            w.clock.advance(TURN)
            async with asyncio.timeout(10):
                await asyncio.wait((w.serving,))

    with pytest.raises(Newer):
        await is_served()


class Ahead(Clock):
    """The time of the machine on which the database is, and so much more."""

    def __init__(self, by: timedelta) -> None:
        super().__init__()
        self._by = by

    def now(self) -> datetime:
        return datetime.now(UTC) + self._by


async def test_a_clock_that_is_not_the_databases_is_told(
    tmp_path: Path, migrated: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is put off by it waits for hours when a machine with the right time takes over, or goes too early."""
    told = "this machine's clock is not the database's"
    async with world(tmp_path, url=migrated("postgresql"), clock=Ahead(timedelta())):
        pass
    assert told not in capsys.readouterr().out
    async with world(tmp_path, url=migrated("postgresql"), clock=Ahead(timedelta(hours=3))) as w, asyncio.timeout(10):
        while told not in capsys.readouterr().out:
            await w.app.unit(lambda tx: None)
