"""How long the queues are, read beside the writer: for whoever watches the bot from outside."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.measuring import Queues, Waiting
from bot.store.dead_letters import counting
from bot.store.tables import UNFINISHED_SQL, delivery, inbox

# The conditions stand in the statements as they stand in the partial indexes: that is what makes them cheap, however
# much has been delivered and handled already.
_OUTBOX = (
    select(delivery.c.account, delivery.c.priority, func.count(), func.min(delivery.c.created_at))
    .where(UNFINISHED_SQL)
    .group_by(delivery.c.account, delivery.c.priority)
)
_INBOX = select(func.count()).select_from(inbox).where(text("status = 0"))
_INBOX_OLDEST = select(inbox.c.received_at).where(text("status = 0")).order_by(inbox.c.id).limit(1)


async def queues(connection: AsyncConnection, failed_since: datetime) -> Queues:
    """One look at all of them. What failed before `failed_since` does not count any more."""
    outbox = {
        (account, priority): Waiting(count, since)
        for account, priority, count, since in await connection.execute(_OUTBOX)
    }
    waiting = Waiting(
        (await connection.execute(_INBOX)).scalar_one(), (await connection.execute(_INBOX_OLDEST)).scalar()
    )
    failed = {kind: (await connection.execute(query)).scalar_one() for kind, query in counting(failed_since).items()}
    return Queues(outbox, waiting, failed)
