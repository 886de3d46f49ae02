"""Lanes: what is ahead, what waits behind it, and how a delivery ends.

A lane is a chat and within it a subject. One delivery of a lane is ahead (READY, WAITING, DEFERRED or SENDING); those
behind it are QUEUED, so that the query for what can be sent now reads heads of lanes only, however long they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import (
    BindParameter,
    String,
    Update,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from bot.domain.chats import KnownChat
from bot.domain.notices import TranslationState
from bot.events import ChatGone, Outcome
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import ForMany, change
from bot.store.outbox import refs
from bot.store.outbox.copies import LEFT_BEHIND
from bot.store.tables import (
    AHEAD,
    UNFINISHED,
    Id,
    PartStatus,
    Status,
    delivery,
    part,
    standing,
    translation,
)

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


def outbox(account: str) -> str:
    """What is stirred where one account has something to send; "outbox" alone is for all of them."""
    return f"outbox:{account}"


SAID_AGAIN = "said-again"
"""The argument of an edit that only makes sure of the words of a message that was said again."""
NOT_BEGUN = (Status.READY, Status.QUEUED, Status.DEFERRED, Status.WAITING)


def has_parts() -> Any:
    """Whether it was fixed what exactly to do for a delivery."""
    return exists().where(part.c.delivery_id == delivery.c.id)


def may_be_there() -> Any:
    """Whether something of a delivery may have reached the network."""
    return exists().where(part.c.delivery_id == delivery.c.id, part.c.status != PartStatus.TODO)


def is_partly_there(of: Any = delivery) -> Any:
    """Whether the network surely has some of a delivery."""
    # Also within another EXISTS it is about that delivery, and not about any there is.
    return exists().where(part.c.delivery_id == of.c.id, part.c.status == PartStatus.SENT).correlate_except(part)


_HEAD = Prepared(
    select(delivery.c.id).where(
        delivery.c.chat_id == bindparam("chat"),
        delivery.c.subject == bindparam("subject"),
        standing(delivery.c.status, *AHEAD),
    )
)
_HAS_BEGUN = Prepared(select(delivery.c.status, has_parts()).where(delivery.c.id == bindparam("the_id")))
_IS_TRIED = Prepared(select(delivery.c.status, may_be_there()).where(delivery.c.id == bindparam("the_id")))
_INSERT = Prepared(insert(delivery).returning(delivery.c.id))
_FINISH = ForMany(
    lambda given: (
        update(delivery)
        .where(delivery.c.id == given.the_id)
        .values(status=bindparam("became"), failure=bindparam("why"), done_at=bindparam("at"), due_at=None)
    ),
    the_id=Id,
)


def _advance(given: Any) -> Update:
    """The next of a lane goes ahead, if none is: it waits for its translation, or is ready."""

    def in_lane(found: Any, *at: Status) -> Any:
        """Not EXISTS, nor a join: PostgreSQL would look at all that stands there, in whichever lane."""
        one = delivery.alias()
        standing_there = (one.c.chat_id == given.chat, one.c.subject == given.lane, standing(one.c.status, *at))
        return select(found(one.c.id)).where(*standing_there).scalar_subquery()

    first, none_ahead = in_lane(func.min, Status.QUEUED), in_lane(func.count, *AHEAD) == 0
    if isinstance(given.chat, BindParameter):  # row by row: SQLite would make a table of the one
        is_next = (delivery.c.id == first) & none_ahead
    else:
        is_next = delivery.c.id.in_(select(first).where(given.chat.is_not(None), none_ahead))
    waits = (delivery.c.due_at > bindparam("at")) & exists().where(
        translation.c.id == delivery.c.translation_id, translation.c.state == TranslationState.WANTED.value
    )
    return (
        update(delivery)
        .where(is_next)
        .values(
            status=case((waits, int(Status.WAITING)), else_=int(Status.READY)),
            due_at=case((waits, delivery.c.due_at), else_=bindparam("at")),  # since when it could go
        )
    )


_ADVANCE = ForMany(_advance, chat=Id, lane=String())


class Finished(msgspec.Struct, frozen=True):
    """A delivery of which the network has all, and what its report needs."""

    id: int
    chat_id: int
    subject: str
    name: str | None
    report: str | None
    findings: tuple[str, ...] = ()


class Lanes:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def insert(self, to: KnownChat, *, subject: str, **values: Any) -> int:
        """A new delivery at the end of its lane; its id."""
        ahead = _HEAD.first(self._tx.connection, {"chat": to.id, "subject": subject})
        if ahead is not None:
            status = Status.QUEUED
        elif values.get("translation_id") is not None and values["due_at"] > self._tx.now:
            status = Status.WAITING
        else:
            status = Status.READY
        row = {
            "account": to.address.account,
            "chat_id": to.id,
            "subject": subject,
            "status": status,
            "created_at": self._tx.now,
            **values,
        }
        if status != Status.QUEUED:
            self._tx.stirred.add(outbox(to.address.account))
        return int(_INSERT.one(self._tx.connection, row)[0])

    def finish(self, finished: Sequence[Finished]) -> None:
        """The network has all of each of these."""
        rows = [{"the_id": one.id} for one in finished]
        _FINISH.run(self._tx.connection, rows, became=Status.DONE, why=None, at=self._tx.now)
        for one in finished:
            if one.report is not None:
                self._outcome(one, None, one.findings)
        self.advance({(one.chat_id, one.subject) for one in finished})

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
        row = self._tx.deliveries.row(id)
        ahead = _HEAD.scalar(self._tx.connection, {"chat": row.chat_id, "subject": row.subject})
        if ahead is not None and ahead > id and self.unsent(ahead):
            self.set(ahead, status=Status.QUEUED)
        self.advance({(row.chat_id, row.subject)})

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

    def drop_all(self, chat_id: int) -> None:
        """Nothing that waits for a chat is to be done any more."""
        waiting = select(delivery.c.id).where(delivery.c.chat_id == chat_id, delivery.c.status.in_(NOT_BEGUN))
        for id in self._tx.connection.execute(waiting).scalars().all():
            self.drop(id)

    def drop_words(self, chat_id: int, subject: str) -> None:
        """Nothing more is said in a lane, but for what the network may have already. What was not may be said anew."""
        waiting = select(delivery.c.id).where(
            delivery.c.chat_id == chat_id,
            delivery.c.subject == subject,
            delivery.c.kind == "say",
            delivery.c.status.in_(NOT_BEGUN),
            ~may_be_there(),
        )
        for id in self._tx.connection.execute(waiting).scalars().all():
            self.drop(id)
            self.set(id, name=None)

    def leave_behind(self, chat_id: int, where: str) -> None:
        """The chat has moved from `where`: the messages of people that unfinished deliveries speak of stay there."""
        left_behind = refs.to_message(f"{LEFT_BEHIND}{where}:")
        for column in (delivery.c.target, delivery.c.thread, delivery.c.reply_to):
            self._tx.connection.execute(
                update(delivery)
                .where(
                    delivery.c.chat_id == chat_id,
                    delivery.c.status.in_(UNFINISHED),
                    column.startswith(refs.MESSAGE),
                    ~column.startswith(refs.to_message(LEFT_BEHIND)),
                )
                .values({column: literal(left_behind) + func.substr(column, len(refs.MESSAGE) + 1)})
            )

    def _outcome(self, of: Finished | Row, failure: str | None, findings: tuple[str, ...] = ()) -> None:
        self._tx.inbox.put(
            Outcome(of.chat_id, of.subject, of.name, of.report, failure, self._tx.now, findings),
            lane=of.subject or f"chat:{of.chat_id}",
        )

    def _finish(self, id: int, status: Status, failure: str | None = None) -> Row:
        _FINISH.run(self._tx.connection, [{"the_id": id}], became=status, why=failure, at=self._tx.now)
        row = self._tx.deliveries.row(id)
        self.advance({(row.chat_id, row.subject)})
        return row

    def has_more(self, chat: int, subject: str) -> bool:
        """Whether anything waits behind the head of a lane."""
        queued = select(delivery.c.id).where(
            delivery.c.chat_id == chat, delivery.c.subject == subject, standing(delivery.c.status, Status.QUEUED)
        )
        return self._tx.connection.execute(queued.limit(1)).first() is not None

    def advance(self, lanes: set[tuple[int, str]]) -> None:
        """Put the next delivery of each lane ahead, where none is."""
        rows = [{"chat": chat, "lane": lane} for chat, lane in sorted(lanes)]
        if rows and _ADVANCE.run(self._tx.connection, rows, at=self._tx.now):
            self._tx.stirred.add("outbox")

    def not_begun(self, id: int) -> bool:
        """Whether nothing of a delivery was tried, or even fixed."""
        row = _HAS_BEGUN.one(self._tx.connection, {"the_id": id})
        return row[0] in NOT_BEGUN and not row[1]

    def unsent(self, id: int) -> bool:
        """Whether the network has nothing of a delivery for sure: not begun, or all that was tried was not taken."""
        row = _IS_TRIED.one(self._tx.connection, {"the_id": id})
        return row[0] in NOT_BEGUN and not row[1]

    def plan_anew(self, id: int) -> None:
        """What it was going to do is not true any more; nothing of it has reached the network."""
        self._tx.connection.execute(delete(part).where(part.c.delivery_id == id))
        self.set(id, attempts=0)

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
        change(self._tx.connection, delivery, id, **values)
