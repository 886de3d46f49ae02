"""Broadcasts: the same to many groups, in statements whose number does not grow with theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, exists, func, literal, or_, select, update

from bot.actions import (
    Amend,
    Named,
    Priority,
    Publish,
    Recall,
    RecallAll,
    UnpinAll,
)
from bot.store.lanes import NOT_BEGUN, has_parts, is_partly_there
from bot.store.tables import AHEAD, UNFINISHED, Role, Status, chat, delivery, part, standing

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a subject's deliveries are, in numbers of chats."""

    sent: int
    waiting: int
    failed: int
    reasons: tuple[tuple[str, int], ...]  # why, how many


class Broadcasts:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def publish(self, publish: Publish) -> None:
        body = self._tx.deliveries.message(publish.content, (), 0, None, publish.subject)
        name = publish.name or publish.subject
        lane = delivery.alias("lane")
        ahead = exists().where(
            lane.c.chat_id == chat.c.id, lane.c.subject == publish.subject, standing(lane.c.status, *AHEAD)
        )
        told = exists().where(lane.c.chat_id == chat.c.id, lane.c.name == name)
        columns = {
            "account": chat.c.account,
            "chat_id": chat.c.id,
            "subject": literal(publish.subject),
            "name": literal(name),
            "kind": literal("say"),
            "message_id": literal(body),
            "language": literal(publish.language),
            "priority": literal(int(Priority.NOTICE)),
            "status": case((ahead, int(Status.QUEUED)), else_=int(Status.READY)),
            "created_at": literal(self._tx.now, delivery.c.created_at.type),
        }
        groups = (
            chat.c.role == Role.GROUP,
            chat.c.organisation_id == publish.organisation,
            chat.c.language == publish.language,
            chat.c.active,
        )
        source = select(*columns.values()).where(*groups, ~told)
        if publish.reply_to is not None:
            original = delivery.alias("original")
            columns["reply_to"] = literal("d:") + func.cast(original.c.id, delivery.c.subject.type)
            had = and_(
                original.c.chat_id == chat.c.id,
                original.c.name == publish.reply_to,
                original.c.status.not_in((Status.FAILED, Status.DROPPED)),
                # A copy that nobody has begun to send is amended; a line about it is said, and goes before this one.
                or_(original.c.name != publish.subject, exists().where(part.c.delivery_id == original.c.id)),
            )
            source = select(*columns.values()).select_from(chat.join(original, had)).where(*groups, ~told)
        self._tx.connection.execute(self._tx.insert(delivery).from_select(list(columns), source.order_by(chat.c.id)))
        self._tx.stirred.add("outbox")

    def amend(self, amend: Amend) -> None:
        body = self._tx.deliveries.message(amend.content, (), 0, None, amend.subject)
        groups = select(chat.c.id).where(
            chat.c.role == Role.GROUP, chat.c.organisation_id == amend.organisation, chat.c.active
        )
        said = and_(
            delivery.c.chat_id.in_(groups),
            delivery.c.subject == amend.subject,
            delivery.c.name == amend.subject,
            delivery.c.kind == "say",
            delivery.c.language == amend.language,
        )
        untouched = and_(delivery.c.status.in_(NOT_BEGUN), ~has_parts())
        # What failed may be sent again one day, and must not say then what is wrong now.
        nothing_there = and_(delivery.c.status == Status.FAILED, ~is_partly_there())
        self._tx.connection.execute(update(delivery).where(said, or_(untouched, nothing_there)).values(message_id=body))
        original, pending = delivery.alias("original"), delivery.alias("pending")
        target = literal("d:") + func.cast(original.c.id, delivery.c.subject.type)
        self._tx.connection.execute(
            update(delivery)
            .where(
                delivery.c.chat_id.in_(groups),
                delivery.c.subject == amend.subject,
                delivery.c.kind == "edit",
                delivery.c.language == amend.language,
                delivery.c.status.in_(NOT_BEGUN),
                ~has_parts(),
            )
            .values(message_id=body)
        )
        ahead = exists().where(
            pending.c.chat_id == original.c.chat_id,
            pending.c.subject == amend.subject,
            standing(pending.c.status, *AHEAD),
        )
        edited = exists().where(
            pending.c.chat_id == original.c.chat_id,
            pending.c.subject == amend.subject,
            pending.c.kind == "edit",
            pending.c.message_id == body,
        )
        columns = {
            "account": original.c.account,
            "chat_id": original.c.chat_id,
            "subject": original.c.subject,
            "kind": literal("edit"),
            "message_id": literal(body),
            "language": original.c.language,
            "priority": literal(int(Priority.NOTICE)),
            "status": case((ahead, int(Status.QUEUED)), else_=int(Status.READY)),
            "target": target,
            "created_at": literal(self._tx.now, delivery.c.created_at.type),
        }
        source = select(*columns.values()).where(
            original.c.chat_id.in_(groups),
            original.c.subject == amend.subject,
            original.c.name == amend.subject,
            original.c.kind == "say",
            original.c.language == amend.language,
            or_(
                original.c.status.not_in((Status.FAILED, Status.DROPPED)),
                and_(original.c.status == Status.FAILED, is_partly_there(original)),  # this says the rest, too
            ),
            original.c.message_id != body,  # what has not begun says it already
            ~edited,
        )
        self._tx.connection.execute(self._tx.insert(delivery).from_select(list(columns), source))
        self._tx.stirred.add("outbox")

    def recall_all(self, recall: RecallAll) -> None:
        rows = self._tx.connection.execute(
            select(delivery.c.id, delivery.c.chat_id, delivery.c.name, delivery.c.kind, delivery.c.status)
            .where(delivery.c.subject == recall.subject, delivery.c.kind.in_(("say", "edit")))
            .where(
                delivery.c.chat_id.in_(select(chat.c.id).where(chat.c.role == Role.GROUP)),
                or_(delivery.c.status.not_in((Status.FAILED, Status.DROPPED)), is_partly_there()),
            )
            .order_by(delivery.c.id.desc())
        ).all()
        for id, chat_id, name, kind, status in rows:
            if status in NOT_BEGUN and self._tx.lanes.not_begun(id):
                self._tx.lanes.drop(id)
            elif kind == "say" and name is not None:
                self._tx.deliveries.recall(Recall(chat_id, Named(name), priority=Priority.NOTICE))

    def unpin_all(self, unpin: UnpinAll) -> None:
        """One statement: nobody knows in which groups it is pinned, so all that have it are asked."""
        copy, ahead = delivery.alias("copy"), delivery.alias("ahead")
        waits = exists().where(
            ahead.c.chat_id == copy.c.chat_id, ahead.c.subject == unpin.subject, standing(ahead.c.status, *AHEAD)
        )
        columns = {
            "account": copy.c.account,
            "chat_id": copy.c.chat_id,
            "subject": copy.c.subject,
            "kind": literal("unpin"),
            "priority": literal(int(Priority.NOTICE)),
            "status": case((waits, int(Status.QUEUED)), else_=int(Status.READY)),
            "target": literal("d:") + func.cast(copy.c.id, delivery.c.subject.type),
            "created_at": literal(self._tx.now, delivery.c.created_at.type),
        }
        source = (
            select(*columns.values())
            .select_from(copy.join(chat, chat.c.id == copy.c.chat_id))
            .where(chat.c.role == Role.GROUP, chat.c.active)
            .where(copy.c.subject == unpin.subject, copy.c.name == unpin.subject, copy.c.kind == "say")
            .where(copy.c.status == Status.DONE)
        )
        self._tx.connection.execute(self._tx.insert(delivery).from_select(list(columns), source))
        self._tx.stirred.add("outbox")

    def progress(self, subject: str) -> Progress:
        """Of what was published under a subject: a chat counts once, by its first delivery."""
        rows = self._tx.connection.execute(
            select(delivery.c.status, delivery.c.failure, func.count())
            .where(delivery.c.subject == subject, delivery.c.name == subject, delivery.c.kind == "say")
            .group_by(delivery.c.status, delivery.c.failure)
        ).all()
        sent = sum(count for status, _, count in rows if status == Status.DONE)
        failed = [(reason or "", count) for status, reason, count in rows if status == Status.FAILED]
        waiting = sum(count for status, _, count in rows if status in UNFINISHED)
        return Progress(sent, waiting, sum(count for _, count in failed), tuple(failed))
