"""How long the queues are, read beside the writer: for whoever watches the bot from outside."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select, text

from bot.operation.measuring import Queues, Waiting
from bot.store.outbox.dead_letters import counting
from bot.store.tables import AHEAD, Status, delivery, inbox, standing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


def _waiting(*at: Status) -> Select[Any]:
    return (
        select(delivery.c.account, delivery.c.priority, func.count(), func.min(delivery.c.created_at))
        .where(standing(delivery.c.status, *at))
        .group_by(delivery.c.account, delivery.c.priority)
    )


# The conditions stand in the statements as they stand in the partial indexes: that is what makes them cheap, however
# much has been delivered and handled already.
_OUTBOX = (  # those ahead in their lanes, and those behind
    _waiting(*AHEAD).union_all(_waiting(Status.QUEUED))
)
_INBOX = select(func.count()).select_from(inbox).where(text("status = 0"))
_INBOX_OLDEST = select(inbox.c.received_at).where(text("status = 0")).order_by(inbox.c.id).limit(1)


async def queues(connection: AsyncConnection, failed_since: datetime) -> Queues:
    """One look at all of them. What failed before `failed_since` does not count any more."""
    outbox: dict[tuple[str, int], Waiting] = {}
    for account, priority, count, since in await connection.execute(_OUTBOX):
        there = outbox.get((account, priority), Waiting(0, since))
        outbox[account, priority] = Waiting(there.count + count, min(since, there.since or since))
    waiting = Waiting(
        (await connection.execute(_INBOX)).scalar_one(), (await connection.execute(_INBOX_OLDEST)).scalar()
    )
    failed = {kind: (await connection.execute(query)).scalar_one() for kind, query in counting(failed_since).items()}
    return Queues(outbox, waiting, failed)
