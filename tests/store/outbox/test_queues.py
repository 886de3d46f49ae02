"""How long the queues are, read beside the writer."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from bot.actions import Priority, Say
from bot.content import Verbatim
from bot.incoming import Batch, Raw
from bot.model import Chat, ChatKind
from bot.operation.measuring import Queues, Waiting
from bot.store.database.opening import open_reader
from bot.store.outbox.lanes import Finished
from bot.store.outbox.queues import _INBOX, _INBOX_OLDEST, _OUTBOX, queues
from tests.databases import Ticking, transaction

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def look(url: str) -> Queues:
    reader = open_reader(url)
    try:
        async with reader.connect() as connection:
            return await queues(connection, LONG_AGO)
    finally:
        await reader.dispose()


async def test_what_waits_is_counted_by_account_and_priority_with_the_oldest(database_url: str) -> None:
    """What waits behind another in its lane counts, and what is done does not."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        first = tx.now
        for account, count, priority in (
            ("a", 3, Priority.ANSWER),
            ("a", 2, Priority.NOTICE),
            ("b", 1, Priority.NOTICE),
        ):
            chat = tx.chats.known(Chat(account, "1"), ChatKind.PRIVATE).id
            for _ in range(count):
                tx.deliveries.add(Say(chat, (Verbatim("x"),), subject="K1", priority=priority))
        [done, *_] = tx.heads.ready("a", 1, ())
        tx.lanes.finish([Finished(done.id, done.chat_id, done.subject, None, None)])
    with transaction(database_url, clock=clock) as tx:
        second = tx.now
        chat = tx.chats.known(Chat("b", "1"), ChatKind.PRIVATE).id
        tx.deliveries.add(Say(chat, (Verbatim("x"),), subject="K2", priority=Priority.ANSWER))
        tx.inbox.accept("a", Batch((Raw("1", "c", b"x"), Raw("2", "c", b"x")), "2"))
        tx.inbox.take(tx.inbox.waiting(1, ("a",))[0].id)
    found = await look(database_url)
    assert found.outbox == {
        ("a", 1): Waiting(2, first),
        ("a", 3): Waiting(2, first),
        ("b", 3): Waiting(1, first),
        ("b", 1): Waiting(1, second),
    }
    assert found.inbox == Waiting(1, second)
    assert found.failed == {"deliveries": 0, "events": 0, "translations": 0}


async def test_looking_costs_what_waits_and_not_what_is_done(sqlite_template: str) -> None:
    """Each statement goes through a partial index: a year of delivered messages is not read."""
    reader = open_reader(f"sqlite:///{sqlite_template}")
    try:
        async with reader.connect() as connection:
            for query in (_OUTBOX, _INBOX, _INBOX_OLDEST):
                sql = str(query.compile(reader.sync_engine, compile_kwargs={"literal_binds": True}))
                plan = (await connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))).all()
                reads = [step.detail for step in plan if step.detail.startswith(("SCAN", "SEARCH"))]
                assert reads
                assert all("INDEX ix_" in read for read in reads), reads
    finally:
        await reader.dispose()
