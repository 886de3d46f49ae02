"""The inbox: what arrived, kept before the network is told, handled in order within each lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from bot.events import Internal
from bot.model import Batch
from bot.store.encoding import encode
from bot.store.tables import InboxStatus, inbox

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event waiting to be handled; `account` is "" for an internal one."""

    id: int
    account: str
    event: str
    lane: str
    body: bytes = field(repr=False)
    attempts: int


class Inbox:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def accept(self, account: str, batch: Batch) -> None:
        """Keep a batch and the place after it. What came before is not kept twice; what was unreadable is replaced,
        even if nobody has found out yet that it was."""
        for raw in batch.events:
            row = self._tx.insert(inbox).values(
                account=account,
                event=raw.id,
                lane=f"{account}:{raw.chat}",
                body=raw.body,
                received_at=self._tx.now,
                status=InboxStatus.NEW,
            )
            self._tx.connection.execute(
                row.on_conflict_do_update(
                    index_elements=["account", "event"],
                    set_={"body": row.excluded.body, "status": InboxStatus.NEW},
                    where=inbox.c.status.in_((InboxStatus.NEW, InboxStatus.UNREADABLE)),
                )
            )
        if batch.cursor is not None:
            self._tx.accounts.advance(account, batch.cursor)
        self._tx.stirred.add("inbox")

    def put(self, event: Internal, lane: str) -> None:
        """Hand something to the handlers, after this unit and in order within `lane`."""
        self._tx.connection.execute(
            self._tx.insert(inbox).values(
                account="",
                event=self._tx.token(),
                lane=lane,
                body=encode(event),
                received_at=self._tx.now,
                status=InboxStatus.NEW,
            )
        )
        self._tx.stirred.add("inbox")

    def waiting(self, limit: int, accounts: Sequence[str], not_in: Sequence[str] = ()) -> list[Arrived]:
        """The oldest unhandled events of these accounts, but none in the lanes `not_in`."""
        columns = (inbox.c.id, inbox.c.account, inbox.c.event, inbox.c.lane, inbox.c.body, inbox.c.attempts)
        query = (
            select(*columns)
            .where(inbox.c.status == InboxStatus.NEW, inbox.c.account.in_(accounts))
            .order_by(inbox.c.id)
            .limit(limit)
        )
        if not_in:
            query = query.where(inbox.c.lane.not_in(not_in))
        return [Arrived(*row) for row in self._tx.connection.execute(query)]

    def is_waiting(self, id: int) -> bool:
        status = self._tx.connection.execute(select(inbox.c.status).where(inbox.c.id == id)).scalar()
        return status == InboxStatus.NEW

    def handled(self, id: int) -> None:
        """The words have gone where they belong: only the trace that the event was seen remains."""
        self._set(id, status=InboxStatus.HANDLED, body=None)

    def unreadable(self, arrived: Arrived) -> None:
        """It waits for its key, unless it was brought again, readable, since it was read."""
        self._tx.connection.execute(
            update(inbox)
            .where(inbox.c.id == arrived.id, inbox.c.body == arrived.body)
            .values(status=InboxStatus.UNREADABLE)
        )

    def has_unreadable(self, lane: str, since: datetime) -> bool:
        """Whether something of that lane came after `since` and still cannot be read."""
        query = select(inbox.c.id).where(
            inbox.c.lane == lane, inbox.c.received_at >= since, inbox.c.status == InboxStatus.UNREADABLE
        )
        return self._tx.connection.execute(query.limit(1)).first() is not None

    def failed(self, id: int, attempts: int, error: str) -> None:
        self._set(id, attempts=attempts, error=error)

    def quarantine(self, id: int, error: str) -> None:
        self._set(id, status=InboxStatus.QUARANTINED, error=error)

    def forget(self, older_than: timedelta) -> int:
        """Forget that events were seen once no network can bring them again; how many there were."""
        gone = self._tx.connection.execute(
            delete(inbox).where(inbox.c.received_at < self._tx.now - older_than, inbox.c.status == InboxStatus.HANDLED)
        )
        return gone.rowcount

    def _set(self, id: int, **values: object) -> None:
        self._tx.connection.execute(update(inbox).where(inbox.c.id == id).values(**values))
