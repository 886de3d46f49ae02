"""Lanes: what goes next, what waits behind it, and how a delivery ends.

A lane is a chat and within it a subject. One delivery of a lane is ahead (READY, WAITING, DEFERRED or SENDING); those
behind it are QUEUED, so that the query for what can be sent now reads heads of lanes only, however long they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, exists, func, select, update

from bot.actions import Priority
from bot.chats import KnownChat
from bot.events import ChatGone, Outcome
from bot.notices import TranslationState
from bot.store.tables import UNFINISHED, PartStatus, Status, delivery, part, translation

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

NOT_BEGUN = (Status.READY, Status.QUEUED, Status.DEFERRED, Status.WAITING)

# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_HEAD = (
    select(delivery.c.id, delivery.c.status, delivery.c.due_at, translation.c.state)
    .outerjoin(translation, translation.c.id == delivery.c.translation_id)
    .where(
        delivery.c.chat_id == bindparam("chat"),
        delivery.c.subject == bindparam("subject"),
        delivery.c.status.in_(UNFINISHED),
    )
    .order_by(delivery.c.status == Status.QUEUED, delivery.c.id)
    .limit(1)
)


class Lanes:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def insert(self, to: KnownChat, *, subject: str, **values: Any) -> int:
        """A new delivery at the end of its lane; its id."""
        ahead = self._tx.connection.execute(_HEAD, {"chat": to.id, "subject": subject}).first()
        if ahead is not None:
            status = Status.QUEUED
        elif values.get("translation_id") is not None and values["due_at"] > self._tx.now:
            status = Status.WAITING
        else:
            status = Status.READY
        made = self._tx.connection.execute(
            self._tx.insert(delivery)
            .values(
                account=to.address.account,
                chat_id=to.id,
                subject=subject,
                status=status,
                created_at=self._tx.now,
                **values,
            )
            .returning(delivery.c.id)
        )
        self._tx.stirred.add("outbox")
        return int(made.scalar_one())

    def finish(self, id: int, findings: tuple[str, ...] = ()) -> None:
        """The network has all of it."""
        row = self._finish(id, Status.DONE)
        if row.report is not None:
            self._outcome(row, None, findings)

    def fail(self, id: int, reason: str) -> None:
        """It will never be delivered; whoever asked for it is told."""
        row = self._finish(id, Status.FAILED, failure=reason)
        if row.kind != "answer":
            self._outcome(row, reason)

    def drop(self, id: int) -> None:
        self._finish(id, Status.DROPPED)

    def bring_back(self, id: int, **values: object) -> None:
        """What had ended goes out after all, ahead of what follows it in its lane and has not begun."""
        self.set(id, **values, status=Status.QUEUED, failure=None, done_at=None, due_at=None)
        row = self._tx.connection.execute(select(delivery).where(delivery.c.id == id)).one()
        ahead = self._tx.connection.execute(_HEAD, {"chat": row.chat_id, "subject": row.subject}).first()
        if ahead is not None and ahead.id > id and ahead.status != Status.QUEUED and self.unsent(ahead.id):
            self.set(ahead.id, status=Status.QUEUED)
        self._advance_lane(row.chat_id, row.subject)

    def chat_gone(self, chat_id: int, reason: str) -> None:
        """Stop writing to a chat: everything on its way there fails."""
        if not self._tx.chats.get(chat_id).active:
            return
        self._tx.chats.set_active(chat_id, False)
        self._tx.inbox.put(ChatGone(chat_id, reason), lane=f"chat:{chat_id}")
        self.fail_all(chat_id, reason)

    def fail_all(self, chat_id: int, reason: str) -> None:
        """Everything on its way to a chat fails, but for what is in the air: that finds out by itself."""
        rows = self._tx.connection.execute(
            select(delivery.c.id).where(
                delivery.c.chat_id == chat_id,
                delivery.c.status.in_(NOT_BEGUN),
                delivery.c.kind.not_in(("join", "leave")),
            )
        ).all()
        for (id,) in rows:
            self.fail(id, reason)

    def _outcome(self, row: Row[Any], failure: str | None, findings: tuple[str, ...] = ()) -> None:
        self._tx.inbox.put(
            Outcome(row.chat_id, row.subject, row.name, row.report, failure, self._tx.now, findings),
            lane=row.subject or f"chat:{row.chat_id}",
        )

    def _finish(self, id: int, status: Status, failure: str | None = None) -> Row[Any]:
        row = self._tx.connection.execute(
            update(delivery)
            .where(delivery.c.id == id)
            .values(status=status, failure=failure, done_at=self._tx.now, due_at=None)
            .returning(*delivery.c)
        ).one()
        self._advance_lane(row.chat_id, row.subject)
        return row

    def _advance_lane(self, chat_id: int, subject: str) -> None:
        """Put the next delivery of a lane ahead, if none is."""
        head = self._tx.connection.execute(_HEAD, {"chat": chat_id, "subject": subject}).first()
        if head is None or head.status != Status.QUEUED:
            return
        waits = head.state == TranslationState.WANTED.value and head.due_at is not None and head.due_at > self._tx.now
        if waits:
            self.set(head.id, status=Status.WAITING)
        else:
            self.set(head.id, status=Status.READY, due_at=self._tx.now)  # since when it could go
        self._tx.stirred.add("outbox")

    def not_begun(self, id: int) -> bool:
        """Whether nothing of a delivery can have reached the network."""
        row = self._tx.connection.execute(
            select(delivery.c.status, exists().where(part.c.delivery_id == delivery.c.id)).where(delivery.c.id == id)
        ).one()
        return row[0] in NOT_BEGUN and not row[1]

    def unsent(self, id: int) -> bool:
        """Whether the network has nothing of a delivery for sure: not begun, or all that was tried was not taken."""
        row = self._tx.connection.execute(
            select(
                delivery.c.status, exists().where(part.c.delivery_id == delivery.c.id, part.c.status != PartStatus.TODO)
            ).where(delivery.c.id == id)
        ).one()
        return row[0] in NOT_BEGUN and not row[1]

    def release_due(self, account: str) -> None:
        """What waited long enough is ready: retries at their time, and words whose translation is late."""
        changed = self._tx.connection.execute(
            update(delivery)
            .where(
                delivery.c.account == account,
                delivery.c.status.in_((Status.DEFERRED, Status.WAITING)),
                delivery.c.due_at <= self._tx.now,
            )
            .values(status=Status.READY)
        )
        if changed.rowcount:
            self._tx.stirred.add("outbox")

    def next_due(self, account: str) -> datetime | None:
        when: datetime | None = self._tx.connection.execute(
            select(func.min(delivery.c.due_at)).where(
                delivery.c.account == account, delivery.c.status.in_((Status.DEFERRED, Status.WAITING))
            )
        ).scalar()
        return when

    def ready(self, account: str, limit: int, not_to: Sequence[int]) -> list[Row[Any]]:
        """Heads of lanes that can go now, the most urgent first, but none to the chats `not_to`."""
        query = (
            select(delivery)
            .where(
                delivery.c.account == account,
                delivery.c.status == Status.READY,
                delivery.c.priority > Priority.PRESS,
            )
            .order_by(delivery.c.priority, delivery.c.id)
            .limit(limit)
        )
        if not_to:
            query = query.where(delivery.c.chat_id.not_in(not_to))
        return list(self._tx.connection.execute(query))

    def presses(self, account: str) -> list[Row[Any]]:
        """Answers to button presses that can go now."""
        query = select(delivery).where(
            delivery.c.account == account, delivery.c.status == Status.READY, delivery.c.priority == Priority.PRESS
        )
        return list(self._tx.connection.execute(query.order_by(delivery.c.id).limit(32)))

    def queue_lengths(self) -> dict[str, dict[str, int]]:
        """By account: how many deliveries are unfinished and how many failed."""
        result: dict[str, dict[str, int]] = {}
        rows = self._tx.connection.execute(
            select(delivery.c.account, delivery.c.status, func.count())
            .where(delivery.c.status.in_((*UNFINISHED, Status.FAILED)))
            .group_by(delivery.c.account, delivery.c.status)
        )
        for account, status, count in rows:
            counts = result.setdefault(account, {"waiting": 0, "failed": 0})
            counts["failed" if status == Status.FAILED else "waiting"] += count
        return result

    def set(self, id: int, **values: object) -> None:
        """Change a delivery's own columns."""
        self._tx.connection.execute(update(delivery).where(delivery.c.id == id).values(**values))


def has_parts() -> Any:
    """Whether something of a delivery may have reached the network."""
    return exists().where(part.c.delivery_id == delivery.c.id)


def is_partly_there(of: Any = delivery) -> Any:
    """Whether the network surely has some of a delivery."""
    return exists().where(part.c.delivery_id == of.c.id, part.c.status == PartStatus.SENT)
