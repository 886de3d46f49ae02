"""Leases in the database: who takes an account over goes on where the last one has surely stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.actions import Say
from bot.catalogue import Catalogue
from bot.content import Verbatim
from bot.model import Chat, ChatKind
from bot.store.database import leases
from bot.store.database.leases import LeaseBook
from bot.store.database.opening import open_engine
from bot.store.database.schema import Newer, migrate, revisions, upgrade
from bot.store.database.units import NotServed
from bot.store.outbox.claimed import Claimed
from bot.store.outbox.claims import Claims
from bot.store.transaction import Transaction
from tests.databases import POLICY, Ticking, writer
from tests.paper.adapter import LIKE_MATRIX

pytestmark = pytest.mark.postgres


def claims(tx: Transaction) -> Claims:
    return Claims(tx, "paper", LIKE_MATRIX, Catalogue(POLICY.languages))


async def test_a_unit_in_which_its_process_slept_is_refused(migrated: Callable[[str], str]) -> None:
    """What it was claiming then is sent by whoever serves the account now, and does not stand there as being sent."""
    url = migrated("postgresql")
    engine = open_engine(url)
    sleeper = LeaseBook(engine, "sleeper", timedelta(0)).take(["paper"])
    other: dict[str, int] = {}
    claimed, awake = threading.Event(), threading.Event()

    def claims_and_sleeps(tx: Transaction) -> list[Claimed]:
        found = claims(tx).claim(1, [])
        claimed.set()
        awake.wait()
        return found

    async with (
        writer(url, Ticking(), fence=lambda connection, of: leases.lost(connection, of, sleeper)) as theirs,
        writer(url, Ticking(), fence=lambda connection, of: leases.lost(connection, of, other)) as ours,
    ):
        await ours.run(_says_something)
        claiming = asyncio.create_task(theirs.run(claims_and_sleeps, "paper"))
        await asyncio.to_thread(claimed.wait)
        other |= LeaseBook(engine, "other", timedelta(minutes=1)).take(["paper"])
        await ours.run(lambda tx: claims(tx).recover(), "paper")
        awake.set()
        with pytest.raises(NotServed):
            await claiming
        assert len(await ours.run(lambda tx: claims(tx).claim(1, []), "paper")) == 1
    engine.dispose()


def test_one_of_two_takes_what_nobody_holds(migrated: Callable[[str], str]) -> None:
    """And the other one nothing of it, before it has ended or was given back."""
    engine = open_engine(migrated("postgresql"))
    one, other = (LeaseBook(engine, owner, timedelta(minutes=1)) for owner in ("one", "other"))
    held = one.take(["", "paper"])
    assert held == {"": 1, "paper": 1}
    assert other.take(["", "paper", "tele"]) == {"tele": 1}
    one.give_back(held)
    assert other.take(["", "paper"]) == {"": 2, "paper": 2}
    assert one.renew(held) == set()
    engine.dispose()


@pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)
def test_what_an_older_version_serves_ends_when_the_schema_is_brought_further(empty_database_url: str) -> None:
    """It would write into tables that it does not know; who has brought them further takes over at once."""
    engine = open_engine(empty_database_url)
    with engine.begin() as connection:
        upgrade(connection, revisions()[1])
    older, newer = (LeaseBook(engine, owner, timedelta(minutes=1)) for owner in ("older", "newer"))
    held = older.take(["paper"])
    migrate(engine)
    with engine.connect() as connection:
        assert leases.lost(connection, held, held) == {"paper"}
    assert newer.take(["paper"])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Newer):
        older.renew(held)
    with pytest.raises(Newer):
        older.take(["paper"])
    engine.dispose()


def _says_something(tx: Transaction) -> None:
    to = tx.chats.known(Chat("paper", "p"), ChatKind.PRIVATE).id
    tx.deliveries.add(Say(to, (Verbatim("Morgen om 10 uur"),), subject="K1"))
