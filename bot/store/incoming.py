"""The inbox: what arrived, kept before the network is told, handled in order within each lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, delete, insert, or_, select, update

from bot.events import Internal
from bot.incoming import Batch, Raw
from bot.store.database.encoding import encode
from bot.store.database.prepared import Prepared
from bot.store.database.statements import Among, both, change, over_lists, unindexed
from bot.store.tables import InboxStatus, inbox, standing

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


def lane_of(account: str, raw: Raw) -> str:
    """What comes from one chat is handled in its order."""
    return f"{account}:{raw.chat}"


def _accepting(into: Callable[[Table], Any]) -> Any:
    """What came before is not kept twice; what was unreadable is replaced, even if nobody has found out yet that it
    was."""
    row = into(inbox)
    return row.on_conflict_do_update(
        index_elements=["account", "event"],
        set_={"body": row.excluded.body, "status": InboxStatus.NEW},
        where=or_(inbox.c.status == InboxStatus.NEW, inbox.c.status == InboxStatus.UNREADABLE),
    )


def _handling(into: Callable[[Table], Any]) -> Any:
    row = into(inbox)
    return row.on_conflict_do_update(
        index_elements=["account", "event"],
        set_={"body": None, "status": InboxStatus.HANDLED},
        where=or_(inbox.c.status == InboxStatus.NEW, inbox.c.status == InboxStatus.UNREADABLE),
    ).returning(inbox.c.id)


_ACCEPT = both(_accepting)
_HANDLE = both(_handling)
_PUT = Prepared(insert(inbox))
_ARRIVED = (inbox.c.id, inbox.c.account, inbox.c.event, inbox.c.lane, inbox.c.body, inbox.c.attempts)
_ACCEPT_ONE = both(lambda into: _accepting(into).returning(*_ARRIVED))
_FEW = 32  # of which each is accepted by itself: that costs less than to look for it afterwards


def _waiting(among: Among) -> Any:
    return (
        select(*_ARRIVED)
        .where(standing(inbox.c.status, InboxStatus.NEW), inbox.c.id > bindparam("after"))
        .where(among(unindexed(inbox.c.account), "accounts"))
        .order_by(inbox.c.id)
        .limit(bindparam("most"))
    )


_WAITING = over_lists(_waiting)
_WAITING_ELSEWHERE = over_lists(lambda among: _waiting(among).where(~among(inbox.c.lane, "lanes")))
_WAITING_IN = over_lists(lambda among: _waiting(among).where(among(inbox.c.lane, "lanes")))
_TAKE = Prepared(
    update(inbox)
    .where(inbox.c.id == bindparam("the_id"), inbox.c.status == InboxStatus.NEW)
    .values(status=InboxStatus.HANDLED, body=None)
)


class Inbox:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def accept(self, account: str, batch: Batch) -> None:
        """Keep a batch and the place after it."""
        if self.accept_all([(account, batch)]):
            self._tx.stirred.add("inbox")

    def accept_all(self, batches: Sequence[tuple[str, Batch]]) -> list[Arrived]:
        """Keep batches, each of an account, and the places after them. Where few have arrived, they are what it
        returns, for whoever handles them; many are to be looked for ("inbox" is stirred)."""
        rows = [
            self._row(account, raw.id, lane_of(account, raw), raw.body, InboxStatus.NEW)
            for account, batch in batches
            for raw in batch.events
        ]
        arrived: list[Arrived] = []
        if len(rows) <= _FEW:
            arrived = [Arrived(*found) for row in rows for found in _ACCEPT_ONE.all(self._tx.connection, row)]
        else:
            _ACCEPT.run_each(self._tx.connection, rows)
            self._tx.stirred.add("inbox")
        self._advance(batches)
        return arrived

    def handle(self, account: str, batch: Batch) -> bool:
        """Of a batch with one event, which the same unit handles, keep only the trace that it was seen, and the place
        after it; False: it was handled before."""
        [raw] = batch.events
        row = self._row(account, raw.id, lane_of(account, raw), None, InboxStatus.HANDLED)
        self._advance([(account, batch)])
        return _HANDLE.first(self._tx.connection, row) is not None

    def _row(self, account: str, event: str, lane: str, body: bytes | None, status: InboxStatus) -> dict[str, object]:
        return {
            "account": account,
            "event": event,
            "lane": lane,
            "body": body,
            "received_at": self._tx.now,
            "status": status,
        }

    def _advance(self, batches: Sequence[tuple[str, Batch]]) -> None:
        cursors = {account: batch.cursor for account, batch in batches if batch.cursor is not None}
        for account, cursor in cursors.items():
            self._tx.accounts.advance(account, cursor)

    def put(self, event: Internal, lane: str) -> None:
        """Hand something to the handlers, after this unit and in order within `lane`."""
        _PUT.run(self._tx.connection, self._row("", self._tx.token(), lane, encode(event), InboxStatus.NEW))
        self._tx.stirred.add("inbox")

    def waiting(self, limit: int, accounts: Sequence[str], not_in: Sequence[str] = (), after: int = 0) -> list[Arrived]:
        """The oldest unhandled events of these accounts after the event `after`, but none in the lanes `not_in`."""
        given: dict[str, object] = {"accounts": list(accounts), "most": limit, "after": after}
        if not_in:
            rows = _WAITING_ELSEWHERE.all(self._tx.connection, given | {"lanes": list(not_in)})
        else:
            rows = _WAITING.all(self._tx.connection, given)
        return [Arrived(*row) for row in rows]

    def waiting_in(self, lanes: Sequence[str], limit: int, accounts: Sequence[str]) -> list[Arrived]:
        """The oldest unhandled events of these accounts in these lanes."""
        given = {"accounts": list(accounts), "lanes": list(lanes), "most": limit, "after": 0}
        return [Arrived(*row) for row in _WAITING_IN.all(self._tx.connection, given)]

    def take(self, id: int) -> bool:
        """Mark an event as handled, in the unit that handles it; False: it is handled already.

        The words go where they belong: only the trace that the event was seen remains.
        """
        return _TAKE.run(self._tx.connection, {"the_id": id}) == 1

    def is_waiting(self, id: int) -> bool:
        status = self._tx.connection.execute(select(inbox.c.status).where(inbox.c.id == id)).scalar()
        return status == InboxStatus.NEW

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

    def last_came(self) -> datetime | None:
        """When something arrived last, or happened inside."""
        when: datetime | None = self._tx.connection.execute(
            select(inbox.c.received_at).order_by(inbox.c.id.desc()).limit(1)
        ).scalar()
        return when

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
        change(self._tx.connection, inbox, id, **values)
