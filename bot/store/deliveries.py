"""Deliveries: what handlers asked to be said and done, lane by lane, until the network has it or never will.

A lane is a chat and within it a subject. One delivery of a lane is ahead (READY, WAITING, DEFERRED or SENDING); those
behind it are QUEUED, so that the query for what can be sent now reads heads of lanes only, however long they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, and_, bindparam, case, exists, func, literal, select, update

from bot.actions import (
    Action,
    Amend,
    Answer,
    Buttons,
    Edit,
    Join,
    Leave,
    Named,
    OnNetwork,
    Priority,
    Publish,
    React,
    Recall,
    RecallAll,
    Ref,
    Say,
    ShownButton,
)
from bot.chats import KnownChat
from bot.content import Content, Line, Translated, Verbatim
from bot.events import ChatGone, Outcome
from bot.notices import TranslationState
from bot.store.encoding import decode, encode
from bot.store.tables import UNFINISHED, Role, Status, chat, copy, delivery, message, part, translation

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_PRESS_LIVES = timedelta(seconds=15)  # Telegram stops showing the button's progress by then
_NOT_BEGUN = (Status.READY, Status.QUEUED, Status.DEFERRED, Status.WAITING)

_TRANSACTION = re.compile(r"schakel-(?P<id>\d+)-(?P<position>\d+)-[0-9a-f]+")


def transaction_id(delivery_id: int, position: int, created_at: datetime) -> str:
    """What a network knows a part of a delivery by: the same at every attempt, and never another's, even after the
    database was made anew on the same account."""
    return f"schakel-{delivery_id}-{position}-{round(created_at.timestamp() * 1_000_000):x}"


# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_NAMED = select(delivery).where(delivery.c.chat_id == bindparam("chat"), delivery.c.name == bindparam("name"))
_CONTENT = select(message.c.content).where(message.c.id == bindparam("message"))
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


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """A message in a chat, ours or somebody's, that we can speak of. `name` is our delivery's name."""

    subject: str
    delivery: int | None
    name: str | None
    text: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a subject's deliveries are, in numbers of chats."""

    sent: int
    waiting: int
    failed: int
    reasons: tuple[tuple[str, int], ...]  # why, how many


class Deliveries:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    # --- asking ----------------------------------------------------------------------------------------------------

    def add(self, action: Action) -> None:
        """Make an action into deliveries. Raises LookupError for an Edit or Recall of a name never said."""
        match action:
            case Say():
                self._say(action)
            case Edit():
                self._edit(action)
            case Recall():
                self._recall(action)
            case React():
                self._simple(action.to, "react", action.key, action.subject, target=self._ref(action.to, action.target))
            case Answer():
                self._answer(action)
            case Join():
                self._simple(action.to, "join")
            case Leave():
                self._simple(action.to, "leave")
            case Publish():
                self._publish(action)
            case Amend():
                self._amend(action)
            case RecallAll():
                self._recall_all(action)

    def _say(self, said: Say) -> None:
        if said.name is not None and (before := self.named(said.to, said.name)) is not None:
            if before.status != Status.FAILED:
                return
            self._set(before.id, name=None)  # it never got there: this one takes its place
        to = self._tx.chats.get(said.to)
        language = said.language or to.language or self._tx.policy.working_language
        pending = self._pending(said.content, language)
        body = None if said.buttons else self._message(said.content, (), to.id, None, said.subject)
        id = self._insert(
            to,
            kind="say",
            message_id=body,
            subject=said.subject,
            name=said.name,
            language=language,
            priority=said.priority,
            thread=self._ref(to.id, said.thread),
            reply_to=self._ref(to.id, said.reply_to),
            report=said.report,
            translation_id=pending,
            due_at=None if pending is None else self._tx.now + said.deadline,
        )
        if body is None:  # buttons belong to a delivery that is there
            self._set(id, message_id=self._message(said.content, said.buttons, to.id, id, said.subject))
        if not to.active:
            self.fail(id, "the chat is out of reach")

    def _edit(self, edit: Edit) -> None:
        target = self.named(edit.to, edit.target.name)
        if target is None:
            raise LookupError("an edit of what was never said")
        language = edit.language or target.language
        pending = self._pending(edit.content, language)
        body = self._message(edit.content, edit.buttons, edit.to, target.id, target.subject)
        later = {"message_id": body, "translation_id": pending, "language": language}
        if pending is not None:
            later["due_at"] = self._tx.now + timedelta(seconds=20)
        if self._not_begun(target.id):
            self._set(
                target.id, **(later if target.status in (Status.QUEUED, Status.WAITING) else {"message_id": body})
            )
            return
        waiting = self._tx.connection.execute(
            select(delivery.c.id)
            .where(delivery.c.target == f"d:{target.id}", delivery.c.kind == "edit", delivery.c.status.in_(_NOT_BEGUN))
            .where(delivery.c.chat_id == edit.to, delivery.c.subject == target.subject, ~_has_parts())
        ).scalar()
        if waiting is not None:
            # Only the latest matters: it takes the earlier one's place, without waiting for a translation again.
            self._set(waiting, message_id=body, translation_id=pending, language=language, report=edit.report)
            return
        self._insert(
            self._tx.chats.get(edit.to),
            kind="edit",
            subject=target.subject,
            message_id=body,
            language=language,
            priority=edit.priority,
            target=f"d:{target.id}",
            thread=target.thread,
            reply_to=target.reply_to,
            report=edit.report,
            translation_id=pending,
            # An edit does not wait: what is there now is better than what was there before.
            due_at=None if pending is None else self._tx.now,
        )

    def _recall(self, recall: Recall) -> None:
        target = self.named(recall.to, recall.target.name)
        if target is None:
            raise LookupError("a recall of what was never said")
        if self._not_begun(target.id):
            self._finish(target.id, Status.DROPPED)
            return
        self._simple(
            recall.to,
            "withdraw",
            subject=target.subject,
            target=f"d:{target.id}",
            priority=recall.priority,
            report=recall.report,
        )

    def _answer(self, answer: Answer) -> None:
        content: Content = () if answer.sentence is None else (Line(answer.sentence),)
        to = self._tx.chats.get(answer.to)
        language = answer.language or to.language or self._tx.policy.working_language
        self._insert(
            to,
            kind="answer",
            subject=f"press:{answer.press.press}",  # a lane of its own: nothing holds it up
            argument=answer.press.press,
            language=language,
            message_id=self._message(content, (), to.id, None, ""),
            priority=Priority.PRESS,
            expires_at=self._tx.now + _PRESS_LIVES,
        )

    def _simple(
        self,
        to: int,
        kind: str,
        argument: str | None = None,
        subject: str = "",
        target: str | None = None,
        priority: Priority = Priority.ANSWER,
        report: str | None = None,
    ) -> None:
        self._insert(
            self._tx.chats.get(to),
            kind=kind,
            argument=argument,
            subject=subject,
            target=target,
            priority=priority,
            report=report,
        )

    def _insert(self, to: KnownChat, *, subject: str, **values: Any) -> int:
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

    def _message(self, content: Content, buttons: Buttons, chat_id: int, of: int | None, subject: str) -> int:
        if buttons and of is not None:
            self._tx.choices.supersede(of)
        rows: list[tuple[ShownButton, ...]] = []
        offer, position = self._tx.token(), 0
        for row in buttons:
            shown: list[ShownButton] = []
            for button in row:
                label = Verbatim(button.label) if isinstance(button.label, str) else button.label
                if button.url is not None:
                    shown.append(ShownButton("", label, button.url))
                    continue
                position += 1
                assert of is not None
                id = self._tx.choices.offer(chat_id, of, subject, offer, position, button)
                shown.append(ShownButton(id, label))
            rows.append(tuple(shown))
        made = self._tx.connection.execute(
            self._tx.insert(message)
            .values(content=encode({"content": content, "buttons": tuple(rows)}))
            .returning(message.c.id)
        )
        return int(made.scalar_one())

    def body(self, message_id: int) -> tuple[Content, tuple[tuple[ShownButton, ...], ...]]:
        data = self._tx.connection.execute(_CONTENT, {"message": message_id}).scalar_one()
        value = decode(data, dict)
        return value["content"], value["buttons"]

    def _pending(self, content: Content, language: str) -> int | None:
        """The first translation that must come before the content can be said in that language; all are asked for."""
        first = None
        for block in content:
            if not isinstance(block, Translated):
                continue
            reader = block.into or language
            text = self._tx.texts.get(block.text)
            if text.language == reader:
                continue
            found = self._tx.texts.translation(block.text, reader)
            if found is None and text.language is not None and self._tx.policy.translates_conversations:
                found = self._tx.texts.want(block.text, reader, "conversation")
            if found is not None and found.state is TranslationState.WANTED and first is None:
                first = found.id
        return first

    def _ref(self, chat_id: int, ref: Ref | None) -> str | None:
        match ref:
            case None:
                return None
            case OnNetwork(id):
                return f"n:{id}"
            case Named(name):
                found = self.named(chat_id, name)
                return None if found is None else f"d:{found.id}"

    # --- to many -----------------------------------------------------------------------------------------------------

    def _publish(self, publish: Publish) -> None:
        body = self._message(publish.content, (), 0, None, publish.subject)
        name = publish.name or publish.subject
        lane = delivery.alias("lane")
        ahead = exists().where(
            lane.c.chat_id == chat.c.id, lane.c.subject == publish.subject, lane.c.status.in_(UNFINISHED)
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
                exists().where(part.c.delivery_id == original.c.id),
            )
            source = select(*columns.values()).select_from(chat.join(original, had)).where(*groups, ~told)
        self._tx.connection.execute(self._tx.insert(delivery).from_select(list(columns), source.order_by(chat.c.id)))
        self._tx.stirred.add("outbox")

    def _amend(self, amend: Amend) -> None:
        body = self._message(amend.content, (), 0, None, amend.subject)
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
        self._tx.connection.execute(
            update(delivery).where(said, delivery.c.status.in_(_NOT_BEGUN), ~_has_parts()).values(message_id=body)
        )
        original, pending = delivery.alias("original"), delivery.alias("pending")
        target = literal("d:") + func.cast(original.c.id, delivery.c.subject.type)
        self._tx.connection.execute(
            update(delivery)
            .where(
                delivery.c.chat_id.in_(groups),
                delivery.c.subject == amend.subject,
                delivery.c.kind == "edit",
                delivery.c.language == amend.language,
                delivery.c.status.in_(_NOT_BEGUN),
                ~_has_parts(),
            )
            .values(message_id=body)
        )
        ahead = exists().where(
            pending.c.chat_id == original.c.chat_id,
            pending.c.subject == amend.subject,
            pending.c.status.in_(UNFINISHED),
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
            original.c.status.not_in((Status.FAILED, Status.DROPPED)),
            original.c.message_id != body,  # what has not begun says it already
            ~edited,
        )
        self._tx.connection.execute(self._tx.insert(delivery).from_select(list(columns), source))
        self._tx.stirred.add("outbox")

    def _recall_all(self, recall: RecallAll) -> None:
        rows = self._tx.connection.execute(
            select(delivery.c.id, delivery.c.chat_id, delivery.c.name, delivery.c.kind, delivery.c.status)
            .where(delivery.c.subject == recall.subject, delivery.c.kind.in_(("say", "edit")))
            .where(
                delivery.c.chat_id.in_(select(chat.c.id).where(chat.c.role == Role.GROUP)),
                delivery.c.status.not_in((Status.FAILED, Status.DROPPED)),
            )
            .order_by(delivery.c.id.desc())
        ).all()
        for id, chat_id, name, kind, status in rows:
            if status in _NOT_BEGUN and self._not_begun(id):
                self._finish(id, Status.DROPPED)
            elif kind == "say" and name is not None:
                self._recall(Recall(chat_id, Named(name), priority=Priority.NOTICE))

    # --- looking -----------------------------------------------------------------------------------------------------

    def says(self, chat_id: int, name: str) -> Content | None:
        """What the delivery of that name says, or will once what is on its way has arrived; None if never said."""
        said = self.named(chat_id, name)
        if said is None:
            return None
        latest = select(delivery.c.message_id).where(
            (delivery.c.id == said.id) | ((delivery.c.target == f"d:{said.id}") & (delivery.c.kind == "edit")),
            delivery.c.chat_id == chat_id,
            delivery.c.status.not_in((Status.FAILED, Status.DROPPED)),
        )
        message_id = self._tx.connection.execute(latest.order_by(delivery.c.id.desc()).limit(1)).scalar()
        return None if message_id is None else self.body(message_id)[0]

    def named(self, chat_id: int, name: str) -> Row[Any] | None:
        """The delivery of that name in the chat."""
        return self._tx.connection.execute(_NAMED, {"chat": chat_id, "name": name}).first()

    def row(self, id: int) -> Row[Any]:
        return self._tx.connection.execute(select(delivery).where(delivery.c.id == id)).one()

    def copy(self, chat_id: int, network_id: str) -> KnownCopy | None:
        """What we know of a message in a chat, by the network's id."""
        row = self._tx.connection.execute(
            select(copy.c.subject, copy.c.delivery_id, delivery.c.name, copy.c.text_id)
            .outerjoin(delivery, delivery.c.id == copy.c.delivery_id)
            .where(copy.c.chat_id == chat_id, copy.c.network_id == network_id)
        ).first()
        return None if row is None else KnownCopy(*row)

    def echoed(self, chat_id: int, transaction: str, network_id: str) -> None:
        """Our own message came back to us, maybe before its receipt was kept: what answers it finds its subject.

        The delivery itself is settled by its sender, who repeats it with the same transaction id.
        """
        match = _TRANSACTION.fullmatch(transaction)
        if match is None:
            return
        row = self._tx.connection.execute(
            select(delivery).where(delivery.c.id == int(match["id"]), delivery.c.chat_id == chat_id)
        ).first()
        if (
            row is not None
            and row.kind == "say"
            and transaction == transaction_id(row.id, int(match["position"]), row.created_at)
        ):
            self._tx.connection.execute(
                self._tx.insert(copy)
                .values(
                    chat_id=chat_id,
                    network_id=network_id,
                    subject=row.subject,
                    delivery_id=row.id,
                    position=int(match["position"]),
                )
                .on_conflict_do_nothing()
            )

    def came_in(self, chat_id: int, network_id: str, subject: str, text: int | None = None) -> None:
        """Remember a message of somebody's, so that answers to it find their subject; `text` is what it says now."""
        row = self._tx.insert(copy).values(chat_id=chat_id, network_id=network_id, subject=subject, text_id=text)
        self._tx.connection.execute(
            row.on_conflict_do_update(
                index_elements=["chat_id", "network_id"],
                set_={"text_id": func.coalesce(row.excluded.text_id, copy.c.text_id)},
                where=copy.c.delivery_id.is_(None),
            )
        )

    def has_come_in(self, chat_id: int, text: int) -> bool:
        """Whether a text is of a message that somebody wrote in that chat."""
        query = select(copy.c.id).where(copy.c.chat_id == chat_id, copy.c.text_id == text)
        return self._tx.connection.execute(query.limit(1)).first() is not None

    def reads_now(self, chat_id: int, network_id: str, text: int) -> None:
        """The writer has changed a message: this is its text now."""
        self._tx.connection.execute(
            update(copy).where(copy.c.chat_id == chat_id, copy.c.network_id == network_id).values(text_id=text)
        )

    def belong(self, texts: Sequence[int], subject: str) -> None:
        """Messages that came in before anybody knew what about: these are about `subject`."""
        self._tx.connection.execute(update(copy).where(copy.c.text_id.in_(list(texts))).values(subject=subject))

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

    # --- a translation came ------------------------------------------------------------------------------------------

    def translated(self, translation_id: int) -> None:
        """Let go what waited for a translation, and edit it into what could not wait."""
        rows = self._tx.connection.execute(
            select(delivery).where(delivery.c.translation_id == translation_id).order_by(delivery.c.id)
        ).all()
        found = self._tx.texts.translation_by_id(translation_id)
        usable = found.result is not None
        for row in rows:
            if row.status in _NOT_BEGUN and self._not_begun(row.id):
                content, _ = self.body(row.message_id)
                pending = self._pending(content, row.language)
                self._set(row.id, translation_id=pending)
                if pending is None and row.status == Status.WAITING:
                    self._set(row.id, status=Status.READY, due_at=None)
                    self._tx.stirred.add("outbox")
            else:
                self._set(row.id, translation_id=None)
                if usable and row.status in (Status.DONE, Status.SENDING, Status.DEFERRED, Status.READY):
                    self._say_better(row)

    def _say_better(self, row: Row[Any]) -> None:
        """Edit a message to what it says now that its translation has come."""
        target = row.target if row.kind == "edit" else f"d:{row.id}"
        later = self._tx.connection.execute(
            select(delivery.c.id).where(
                delivery.c.chat_id == row.chat_id,
                delivery.c.target == target,
                delivery.c.kind == "edit",
                delivery.c.id > row.id,
            )
        ).first()
        if later is not None:
            return  # it says something newer already
        content, _ = self.body(row.message_id)
        pending = self._pending(content, row.language)
        self._insert(
            self._tx.chats.get(row.chat_id),
            kind="edit",
            subject=row.subject,
            message_id=row.message_id,
            language=row.language,
            priority=row.priority,
            target=target,
            thread=row.thread,
            reply_to=row.reply_to,
            translation_id=pending,
            due_at=None if pending is None else self._tx.now,
        )

    # --- finishing ---------------------------------------------------------------------------------------------------

    def finish(self, id: int) -> None:
        """The network has all of it."""
        row = self._finish(id, Status.DONE)
        if row.report is not None:
            self._outcome(row, None)

    def fail(self, id: int, reason: str) -> None:
        """It will never be delivered; whoever asked for it is told."""
        row = self._finish(id, Status.FAILED, failure=reason)
        if row.kind != "answer":
            self._outcome(row, reason)

    def drop(self, id: int) -> None:
        self._finish(id, Status.DROPPED)

    def chat_gone(self, chat_id: int, reason: str) -> None:
        """Stop writing to a chat: everything on its way there fails."""
        if not self._tx.chats.get(chat_id).active:
            return
        self._tx.chats.set_active(chat_id, False)
        self._tx.inbox.put(ChatGone(chat_id, reason), lane=f"chat:{chat_id}")
        self.fail_all(chat_id, reason)

    def fail_all(self, chat_id: int, reason: str) -> None:
        rows = self._tx.connection.execute(
            select(delivery.c.id).where(
                delivery.c.chat_id == chat_id,
                delivery.c.status.in_(UNFINISHED),
                delivery.c.kind.not_in(("join", "leave")),
            )
        ).all()
        for (id,) in rows:
            self.fail(id, reason)

    def _outcome(self, row: Row[Any], failure: str | None) -> None:
        self._tx.inbox.put(
            Outcome(row.chat_id, row.subject, row.name, row.report, failure, self._tx.now),
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
        self._set(head.id, status=Status.WAITING if waits else Status.READY)
        self._tx.stirred.add("outbox")

    def _not_begun(self, id: int) -> bool:
        """Whether nothing of a delivery can have reached the network."""
        row = self._tx.connection.execute(
            select(delivery.c.status, exists().where(part.c.delivery_id == delivery.c.id)).where(delivery.c.id == id)
        ).one()
        return row[0] in _NOT_BEGUN and not row[1]

    def _set(self, id: int, **values: object) -> None:
        self._tx.connection.execute(update(delivery).where(delivery.c.id == id).values(**values))

    def release_due(self, account: str) -> None:
        """What waited long enough is ready: retries at their time, and words whose translation is late."""
        changed = self._tx.connection.execute(
            update(delivery)
            .where(
                delivery.c.account == account,
                delivery.c.status.in_((Status.DEFERRED, Status.WAITING)),
                delivery.c.due_at <= self._tx.now,
            )
            .values(status=Status.READY, due_at=None)
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


def _has_parts() -> Any:
    return exists().where(part.c.delivery_id == delivery.c.id)
