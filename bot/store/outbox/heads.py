"""Heads of lanes: what can be sent now, and what waits for its time. Nothing behind them is looked at, however long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, ScalarSelect, bindparam, exists, select, update

from bot.actions import Priority
from bot.failing import LONGEST_WAIT
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import over_lists
from bot.store.outbox.lanes import outbox
from bot.store.tables import PartStatus, Status, chat, delivery, message, part, standing

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_OURS = delivery.c.account == bindparam("the_account")
_CAN_GO = (_OURS, standing(delivery.c.status, Status.READY))
_PUT_OFF = (_OURS, standing(delivery.c.status, Status.DEFERRED, Status.WAITING))

# --- what waits for its time -----------------------------------------------------------------------------------------

_RELEASE = Prepared(
    update(delivery)
    .where(
        *_PUT_OFF,
        # Nobody waits for long: what is due much later was put off before the clock was set back.
        (delivery.c.due_at <= bindparam("at")) | (delivery.c.due_at > bindparam("never")),
    )
    .values(status=Status.READY)
)
_RELEASING = update(delivery).where(_OURS, standing(delivery.c.status, Status.DEFERRED)).values(status=Status.READY)
_RELEASE_ALL = Prepared(_RELEASING)
_RELEASE_SURE = Prepared(
    _RELEASING.where(~exists().where(part.c.delivery_id == delivery.c.id, part.c.status == PartStatus.SENDING))
)
_WAITING_UNTIL = Prepared(select(delivery.c.id, delivery.c.due_at).where(*_PUT_OFF))


def _end(of: Column[Any], *where: ColumnElement[bool], last: bool = False) -> ScalarSelect[Any]:
    """The first or last value in an index. Not min and max, nor EXISTS: PostgreSQL reads all of it then, as long as it
    believes that hardly anything is there."""
    found = select(of).where(*where, of.is_not(None)).order_by(of.desc() if last else of)
    return found.limit(1).scalar_subquery()


_LOOK = Prepared(
    select(
        *(_end(delivery.c.due_at, *_PUT_OFF, last=last) for last in (False, True)),
        *(_end(delivery.c.priority, *_CAN_GO, last=last) for last in (False, True)),
    )
)

# --- what can go now -------------------------------------------------------------------------------------------------

_SHOWN = [
    delivery.c[name]
    for name in (
        *("id", "account", "chat_id", "subject", "name", "kind", "message_id", "argument", "language", "priority"),
        *("attempts", "resends", "target", "thread", "reply_to", "report", "created_at", "due_at", "expires_at"),
        "failure",
    )
]
_TO_SEND = (
    select(
        *_SHOWN,
        *(chat.c.network_id, chat.c.kind.label("chat_kind"), chat.c.role.label("chat_role"), chat.c.paused_until),
        message.c.content,
    )
    .join(chat, chat.c.id == delivery.c.chat_id)
    .outerjoin(message, message.c.id == delivery.c.message_id)
    .where(*_CAN_GO)
    .order_by(delivery.c.priority, delivery.c.id)
    .limit(bindparam("most"))
)
_IN_LANES = _TO_SEND.where(delivery.c.priority.between(Priority.ANSWER, Priority.NOTICE))
_READY = Prepared(_IN_LANES)
# One range, or SQLite looks through all notices that wait for what is before them.
_URGENT_IN_LANES = _TO_SEND.where(delivery.c.priority.between(Priority.ANSWER, Priority.NOTICE - 1))
_URGENT = Prepared(_URGENT_IN_LANES)
_READY_ELSEWHERE = over_lists(lambda among: _IN_LANES.where(~among(delivery.c.chat_id, "busy")))
_URGENT_ELSEWHERE = over_lists(lambda among: _URGENT_IN_LANES.where(~among(delivery.c.chat_id, "busy")))
_PRESSES = Prepared(_TO_SEND.where(delivery.c.priority == Priority.PRESS))
_COMINGS = over_lists(
    lambda among: (
        _TO_SEND.where(delivery.c.priority == Priority.COMING, ~among(delivery.c.chat_id, "busy"))
        .order_by(None)
        .order_by(delivery.c.attempts, delivery.c.id)
    )
)
_THESE = _TO_SEND.where(delivery.c.id.in_(bindparam("these", expanding=True)))
_NOTICES = Prepared(
    select(
        *(delivery.c[name] for name in ("id", "chat_id", "kind", "message_id", "language", "attempts")),
        chat.c.kind.label("chat_kind"),
    )
    .join(chat, chat.c.id == delivery.c.chat_id)
    .where(*_CAN_GO, delivery.c.priority == Priority.NOTICE, delivery.c.id > bindparam("after"))
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of an account: when the next delivery that was put off or waits is due, whether a press is to be answered, and
    whether a chat is to be joined or left."""

    due: datetime | None
    presses: bool
    comings: bool


class Heads:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def look(self, account: str) -> Outlook:
        """What waits for its time, and what goes beside the others; what has waited long enough is released."""
        given = {"the_account": account}
        due, last, first_in, last_in = _LOOK.one(self._tx.connection, given)
        if due is not None and (due <= self._tx.now or last > self._tx.now + 2 * LONGEST_WAIT):
            self.release_due(account)
            due, _, first_in, last_in = _LOOK.one(self._tx.connection, given)
        return Outlook(due, presses=first_in == Priority.PRESS, comings=last_in == Priority.COMING)

    def release_due(self, account: str) -> None:
        """What waited long enough is ready: retries at their time, and words whose translation is late."""
        given = {"the_account": account, "at": self._tx.now, "never": self._tx.now + 2 * LONGEST_WAIT}
        if _RELEASE.run(self._tx.connection, given):
            self._tx.stirred.add(outbox(account))

    def release_put_off(self, account: str, only_sure: bool) -> None:
        """The network can be reached again: what was put off is ready; `only_sure`: but for what may be there."""
        release = _RELEASE_SURE if only_sure else _RELEASE_ALL
        if release.run(self._tx.connection, {"the_account": account}):
            self._tx.stirred.add(outbox(account))

    def set_back(self, account: str, by: timedelta) -> None:
        """The clock was set back: what waits for so many seconds still does."""
        rows = _WAITING_UNTIL.all(self._tx.connection, {"the_account": account})
        for id, due_at in rows:
            self._tx.lanes.set(id, due_at=due_at - by)

    def ready(self, account: str, limit: int, not_to: Sequence[int], urgent: bool = False) -> list[Row]:
        """Heads of lanes that can go now, the most urgent first, but none to the chats `not_to`; each with where its
        chat is, and with what it says. `urgent`: no notices."""
        given: dict[str, object] = {"the_account": account, "most": limit}
        if not_to:
            elsewhere = _URGENT_ELSEWHERE if urgent else _READY_ELSEWHERE
            return elsewhere.all(self._tx.connection, given | {"busy": list(not_to)})
        return (_URGENT if urgent else _READY).all(self._tx.connection, given)

    def these(self, account: str, ids: Sequence[int]) -> list[Row]:
        """Of these deliveries, those that can go now."""
        given = {"the_account": account, "these": list(ids), "most": len(ids)}
        return list(self._tx.connection.execute(_THESE, given))

    def notices(self, account: str, after: int, limit: int) -> list[Row]:
        """Notices that can go now, by their ids, from the one after `after` on."""
        given = {"the_account": account, "after": after, "most": limit}
        return _NOTICES.all(self._tx.connection, given)

    def presses(self, account: str, limit: int) -> list[Row]:
        """Answers to button presses that can go now."""
        return _PRESSES.all(self._tx.connection, {"the_account": account, "most": limit})

    def comings(self, account: str, limit: int, not_to: Sequence[int]) -> list[Row]:
        """Chats that can be joined or left now, but none of `not_to`: those that were tried least come first."""
        return _COMINGS.all(self._tx.connection, {"the_account": account, "most": limit, "busy": list(not_to)})
