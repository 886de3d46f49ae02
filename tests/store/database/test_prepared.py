"""Statements that the database's driver gets as they are: values and errors are the same as by SQLAlchemy."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, NoResultFound

from bot.store.database.faults import Verdict, verdict
from bot.store.database.prepared import Prepared
from bot.store.database.statements import both
from bot.store.tables import InboxStatus, account, chat, inbox
from tests.databases import transaction

AT = datetime(2026, 3, 1, 12, 30, 15, 123_456, UTC)
ARRIVED = {"account": "a", "event": "1", "lane": "l", "body": b"\x00\xff", "received_at": AT, "status": InboxStatus.NEW}
PUT = Prepared(insert(inbox).returning(inbox.c.id))
GET = Prepared(select(inbox).where(inbox.c.event == bindparam("the_event")))


def test_values_come_back_as_they_were_and_as_sqlalchemy_gives_them(database_url: str) -> None:
    with transaction(database_url) as tx:
        id = PUT.one(tx.connection, ARRIVED).id
        found = GET.one(tx.connection, {"the_event": "1"})
        assert (found.id, found.body, found.received_at, found.status) == (id, b"\x00\xff", AT, InboxStatus.NEW)
        assert tuple(found) == tuple(tx.connection.execute(select(inbox)).one())


def test_a_new_row_has_what_is_given_and_what_the_table_says_otherwise(database_url: str) -> None:
    put = Prepared(insert(chat).returning(chat.c.active, chat.c.forum, chat.c.title))
    given = {"account": "a", "network_id": "1", "kind": "private", "added_at": AT}
    with transaction(database_url) as tx:
        assert put.one(tx.connection, given) == (True, False, None)
        assert put.one(tx.connection, {**given, "network_id": "2", "active": False, "title": "t"}) == (
            False,
            False,
            "t",
        )


def test_one_name_stands_for_one_value_wherever_it_is_asked_for(database_url: str) -> None:
    """Also where only one of the places says of what type it is."""
    move = Prepared(
        update(inbox).values(
            received_at=case((inbox.c.received_at > bindparam("at"), inbox.c.received_at), else_=bindparam("at"))
        )
    )
    later = AT.replace(hour=13)
    with transaction(database_url) as tx:
        PUT.one(tx.connection, ARRIVED)
        assert move.run(tx.connection, {"at": later}) == 1
        assert GET.one(tx.connection, {"the_event": "1"}).received_at == later


def test_each_of_many_rows_is_changed_and_counted(database_url: str) -> None:
    mark = Prepared(
        update(inbox).where(inbox.c.event == bindparam("which")).values(status=bindparam("to"), error=bindparam("why"))
    )
    with transaction(database_url) as tx:
        for number in ("1", "2", "3"):
            PUT.one(tx.connection, {**ARRIVED, "event": number})
        changed = mark.run_each(
            tx.connection, [{"which": "1"}, {"which": "3"}], {"to": InboxStatus.HANDLED, "why": None}
        )
        assert changed == 2
        states = Prepared(select(inbox.c.status).order_by(inbox.c.id)).scalars(tx.connection)
        assert states == [InboxStatus.HANDLED, InboxStatus.NEW, InboxStatus.HANDLED]


def test_an_upsert_says_what_each_database_understands(database_url: str) -> None:
    keep = both(
        lambda into: (row := into(account)).on_conflict_do_update(
            index_elements=["name"], set_={"cursor": row.excluded.cursor}
        )
    )
    cursor = Prepared(select(account.c.cursor).where(account.c.name == bindparam("the_name")))
    with transaction(database_url) as tx:
        for value in ("1", "2"):
            keep.run(tx.connection, {"name": "a", "cursor": value})
        assert cursor.scalar(tx.connection, {"the_name": "a"}) == "2"
        assert cursor.scalar(tx.connection, {"the_name": "b"}) is None


def test_where_no_row_is_there_the_first_is_none_and_the_one_is_an_error(database_url: str) -> None:
    with transaction(database_url) as tx:
        assert GET.first(tx.connection, {"the_event": "1"}) is None
        assert GET.all(tx.connection, {"the_event": "1"}) == []
        with pytest.raises(NoResultFound):
            GET.one(tx.connection, {"the_event": "1"})


def test_what_the_driver_raises_is_raised_as_by_sqlalchemy(database_url: str) -> None:
    with transaction(database_url) as tx:
        PUT.run(tx.connection, ARRIVED)
        with pytest.raises(IntegrityError) as raised:
            PUT.run(tx.connection, ARRIVED)
    assert verdict(raised.value) is Verdict.RAISE


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_broke_is_waited_for(database_url: str) -> None:
    with pytest.raises(DBAPIError) as raised:
        _ask_over_a_broken_connection(database_url)
    assert verdict(raised.value) is Verdict.WAIT


def _ask_over_a_broken_connection(url: str) -> None:
    with transaction(url) as tx:
        raw = tx.connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        raw.pgconn.finish()
        GET.first(tx.connection, {"the_event": "1"})
