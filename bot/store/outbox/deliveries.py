"""Deliveries: what handlers asked to be said and done, and what becomes of it when they think again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from bot.actions import (
    Action,
    Amend,
    Answer,
    Buttons,
    CloseTopic,
    Edit,
    Inspect,
    InTopic,
    Join,
    Leave,
    LookFor,
    Named,
    OnNetwork,
    OpenPrivate,
    OpenTopic,
    Pin,
    Priority,
    Publish,
    React,
    Recall,
    RecallAll,
    Ref,
    Repost,
    Say,
    Unpin,
    UnpinAll,
    Unreact,
)
from bot.content import Content, Line, Translated
from bot.domain.chats import KnownChat, Role
from bot.domain.notices import TranslationState
from bot.files.kinds import wordless
from bot.store.chats.reactions import is_same
from bot.store.chats.topics import LANE
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import unindexed
from bot.store.outbox import messages, refs
from bot.store.outbox.lanes import NOT_BEGUN, SAID_AGAIN, may_be_there, outbox
from bot.store.tables import Status, delivery, standing

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_PRESS_LIVES = timedelta(seconds=15)  # Telegram stops showing the button's progress by then
_PATIENCE = timedelta(seconds=20)  # with the translation of what is changed before it has gone

# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_NAMED = Prepared(select(delivery).where(delivery.c.chat_id == bindparam("chat"), delivery.c.name == bindparam("name")))
_BY_ID = Prepared(select(delivery).where(delivery.c.id == bindparam("the_id")))
_LAST_ABOUT = Prepared(
    select(delivery.c.id, delivery.c.subject)
    .where(
        delivery.c.chat_id == bindparam("chat"),
        delivery.c.kind == "say",
        delivery.c.status != Status.DROPPED,
        delivery.c.subject.like(bindparam("about")),
    )
    .order_by(delivery.c.id.desc())
    .limit(1)
)
_WAITING_EDIT = Prepared(
    select(delivery.c.id)
    .where(
        delivery.c.target == bindparam("of"),
        delivery.c.chat_id == bindparam("chat"),
        unindexed(delivery.c.subject) == bindparam("lane"),
        delivery.c.kind == "edit",
        standing(delivery.c.status, *NOT_BEGUN),
        ~may_be_there(),
    )
    .order_by(delivery.c.id)
)
_REACTED = Prepared(
    select(delivery.c.id)
    .where(
        delivery.c.target == bindparam("of"),
        delivery.c.chat_id == bindparam("chat"),
        delivery.c.kind == "react",
        is_same(delivery.c.argument, bindparam("key")),
    )
    .order_by(delivery.c.id.desc())
    .limit(1)
)


class Deliveries:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, action: Action) -> None:
        """Make an action into deliveries. Raises LookupError for an Edit or Recall of a name never said."""
        match action:
            case Say():
                self._say(action)
            case Edit():
                self._edit(action)
            case Repost():
                self._repost(action)
            case Recall():
                self.recall(action)
            case React():
                target = self.ref(action.to, action.target)
                self._simple(action.to, "react", argument=action.key, subject=action.subject, target=target)
            case Unreact():
                self._unreact(action)
            case Pin() | Unpin():
                kind = "pin" if isinstance(action, Pin) else "unpin"
                target = self.ref(action.to, action.target)
                priority = Priority.COORDINATION
                self._simple(action.to, kind, subject=action.subject, target=target, priority=priority)
            case Answer():
                self._answer(action)
            case Join():
                self._simple(action.to, "join", priority=Priority.COMING, report=action.report)
            case Leave():
                self._simple(action.to, "leave", priority=Priority.COMING)
            # In lanes of their own: they hold nothing up.
            case Inspect():
                self._simple(action.to, "inspect", subject="inspect", report=action.report)
            case LookFor(to, person, report):
                self._simple(to, "look-for", argument=str(person), subject=f"look-for/{person}", report=report)
            case OpenPrivate(to, person, report):
                self._simple(to, "open-private", argument=str(person), subject=f"private/{person}", report=report)
            case OpenTopic() | CloseTopic():
                self._topic(action)
            case Publish():
                self._tx.broadcasts.publish(action)
            case Amend():
                self._tx.broadcasts.amend(action)
            case RecallAll():
                self._tx.broadcasts.recall_all(action)
            case UnpinAll():
                self._tx.broadcasts.unpin_all(action)

    # --- asked for ---------------------------------------------------------------------------------------------------

    def _say(self, said: Say) -> None:
        if said.name is not None and (before := self.named(said.to, said.name)) is not None:
            if before.status != Status.FAILED:
                return
            # It never got there: this one takes its place.
            self._tx.lanes.set(before.id, name=None, status=Status.DROPPED)
        to = self._tx.chats.get(said.to)
        language = said.language or self._language(to, said.subject)
        pending = self.pending(said.content, language)
        body = None if said.buttons else messages.store(self._tx.connection, said.content)
        id = self._tx.lanes.insert(
            to,
            kind="say",
            message_id=body,
            subject=said.subject,
            name=said.name,
            language=language,
            priority=said.priority,
            thread=self.ref(to.id, said.thread),
            reply_to=self.ref(to.id, said.reply_to),
            report=said.report,
            translation_id=pending,
            due_at=None if pending is None else self._tx.now + said.deadline,
        )
        if said.buttons:  # they belong to a delivery that is there
            self._tx.lanes.set(id, message_id=self._message(said.content, said.buttons, to.id, id, said.subject))
        if not to.active:
            self._tx.lanes.fail(id, "the chat is out of reach")

    def _language(self, to: KnownChat, subject: str) -> str:
        """The chat's; in private, that of the request: whoever shares the phone may have chosen another since."""
        if to.role == Role.PRIVATE and subject.startswith("K"):
            request = self._tx.requests.by_code(subject)
            if request is not None and request.chat == to.id:
                return request.language
        return to.language or self._tx.policy.working_language

    def _answer(self, answer: Answer) -> None:
        content: Content = () if answer.sentence is None else (Line(answer.sentence),)
        to = self._tx.chats.get(answer.to)
        language = answer.language or to.language or self._tx.policy.working_language
        self._tx.lanes.insert(
            to,
            kind="answer",
            subject=f"press:{answer.press.press}",  # a lane of its own: nothing holds it up
            argument=answer.press.press,
            language=language,
            message_id=messages.store(self._tx.connection, content),
            priority=Priority.PRESS,
            expires_at=self._tx.now + _PRESS_LIVES,
        )

    def _topic(self, action: OpenTopic | CloseTopic) -> None:
        """One that is opened for a subject is called by its name; any other has a row and a lane of its own."""
        to, subject, name, body = self._tx.chats.get(action.to), f"{LANE}{action.name}", None, None
        if isinstance(action, CloseTopic):
            kind = "close-topic" if action.closed else "reopen-topic"
        else:
            kind, body = "open-topic", messages.store(self._tx.connection, action.title)
            if action.subject:
                subject, name = action.subject, action.name
        self._tx.lanes.insert(
            to,
            kind=kind,
            subject=subject,
            name=name,
            message_id=body,
            language=to.language or self._tx.policy.working_language,
            priority=Priority.COORDINATION,
            report=action.report,
        )

    def recall(self, recall: Recall) -> None:
        if isinstance(recall.target, OnNetwork):
            subject = f"withdraw:{recall.target.id}"  # a lane of its own: it holds nothing up
            target = self.ref(recall.to, recall.target)
        else:
            said = self.named(recall.to, recall.target.name)
            if said is None:
                raise LookupError("a recall of what was never said")
            if self._tx.lanes.unsent(said.id):
                self._tx.lanes.drop(said.id)
                return
            subject, target = said.subject, refs.to_delivery(said.id)
        priority, report = recall.priority, recall.report
        self._simple(recall.to, "withdraw", subject=subject, target=target, priority=priority, report=report)

    def drop_changes(self, chat_id: int, name: str) -> None:
        """What still waits to be changed of a message is not any more: its words go."""
        said = self.named(chat_id, name)
        if said is not None:
            of = {"of": refs.to_delivery(said.id), "chat": chat_id, "lane": said.subject}
            self._drop(_WAITING_EDIT.scalars(self._tx.connection, of))

    def _unreact(self, unreact: Unreact) -> None:
        target = self.ref(unreact.to, unreact.target)
        if target is None:
            return
        given = {"chat": unreact.to, "of": target, "key": unreact.key}
        latest = _REACTED.scalar(self._tx.connection, given)
        if latest is not None and self._tx.lanes.unsent(latest):
            self._tx.lanes.drop(latest)
            return
        self._simple(unreact.to, "unreact", argument=unreact.key, subject=unreact.subject, target=target)

    def _simple(
        self,
        to: int,
        kind: str,
        *,
        argument: str | None = None,
        subject: str = "",
        target: str | None = None,
        priority: Priority = Priority.ANSWER,
        report: str | None = None,
    ) -> None:
        """What says nothing."""
        self._tx.lanes.insert(
            self._tx.chats.get(to),
            kind=kind,
            argument=argument,
            subject=subject,
            target=target,
            priority=priority,
            report=report,
        )

    def _message(self, content: Content, buttons: Buttons, to: int, of: int, subject: str) -> int:
        """What the delivery `of` says; buttons belong to it."""
        shown = self._tx.choices.offer(to, of, subject, buttons) if buttons else ()
        return messages.store(self._tx.connection, content, shown)

    def ref(self, chat_id: int, ref: Ref | InTopic | None) -> str | None:
        """A message, or a topic, as a delivery's columns name it; None where it was never asked for."""
        match ref:
            case None:
                return None
            case OnNetwork(id):
                return refs.to_message(id)
            case InTopic(name):
                topic = self._tx.topics.get(chat_id, name)
                return None if topic is None or topic.network_id is None else refs.to_message(topic.network_id)
            case Named(name):
                found = self.named(chat_id, name)
                return None if found is None else refs.to_delivery(found.id)

    # --- changed -----------------------------------------------------------------------------------------------------

    def _edit(self, edit: Edit) -> None:
        target = self.named(edit.to, edit.target.name)
        if target is None:
            raise LookupError("an edit of what was never said")
        language = edit.language or target.language
        pending = self.pending(edit.content, language)
        body = self._message(edit.content, edit.buttons, edit.to, target.id, target.subject)
        said = {"message_id": body, "translation_id": pending, "language": language}
        of = {"of": refs.to_delivery(target.id), "chat": edit.to, "lane": target.subject}
        # More than one waits where what was in the air meanwhile came to nothing.
        waiting = _WAITING_EDIT.scalars(self._tx.connection, of)
        if self._tx.lanes.unsent(target.id):
            self._drop(waiting)
            self._say_instead(target, said)
        elif waiting:
            # Only the latest matters: it takes the earlier one's place, without waiting for a translation again.
            self._drop(waiting[1:])
            self._tx.lanes.plan_anew(waiting[0])
            self._tx.lanes.set(waiting[0], **said, report=edit.report, argument=None)
        else:
            # An edit does not wait: what is there now is better than what was there before.
            due_at = None if pending is None else self._tx.now
            self._change(target, **said, priority=edit.priority, report=edit.report, due_at=due_at)

    def _drop(self, overtaken: Sequence[int]) -> None:
        for id in overtaken:
            self._tx.lanes.drop(id)

    def _say_instead(self, target: Row, said: dict[str, Any]) -> None:
        """Nothing of the target is there yet: it says that from the beginning."""
        if said["translation_id"] is not None:
            deadline = self._tx.now + _PATIENCE
            said["due_at"] = deadline if target.due_at is None else min(target.due_at, deadline)
        elif target.status == Status.WAITING:
            said |= {"status": Status.READY, "due_at": self._tx.now}
        self._tx.lanes.plan_anew(target.id)
        self._tx.lanes.set(target.id, **said)
        if "due_at" in said:
            self._tx.stirred.add(outbox(target.account))
        if target.resends:  # it begins anew, and nobody knows how it began before
            self.change_again(target.id)

    def _change(self, said: Row, **values: Any) -> None:
        """Edit what a delivery has brought to what it says, or, as far as `values` tell, to something else."""
        like_it = {
            "message_id": said.message_id,
            "language": said.language,
            "priority": said.priority,
            "thread": said.thread,
            "reply_to": said.reply_to,
        }
        chat = self._tx.chats.get(said.chat_id)
        self._tx.lanes.insert(chat, kind="edit", subject=said.subject, target=_said_in(said), **like_it | values)

    def change_again(self, id: int) -> None:
        """Edit a message to what it says, when it has been said: the network may have it with other words."""
        self._change(self.row(id), argument=SAID_AGAIN)

    def _repost(self, moved: Repost) -> None:
        before = self.named(moved.to, moved.target.name)
        if before is None:
            raise LookupError("a repetition of what was never said")
        if self._tx.lanes.unsent(before.id):
            self._tx.lanes.set(before.id, thread=self.ref(moved.to, moved.thread))
            self._edit(Edit(moved.to, moved.target, moved.content, moved.buttons))
            return
        there = self.let_go(moved.to, moved.target.name)
        assert there is not None
        self._say(
            Say(
                moved.to,
                moved.content,
                before.subject,
                moved.target.name,
                moved.thread,
                buttons=moved.buttons,
                priority=moved.priority,
            )
        )
        self._edit(Edit(moved.to, Named(there), moved.instead, priority=moved.priority))

    def let_go(self, chat_id: int, name: str) -> str | None:
        """What was said under a name stays where it is, so that it can be said anew; its name from now on."""
        said = self.named(chat_id, name)
        if said is None:
            return None
        before = f"{name}/before/{said.id}"
        self._tx.lanes.set(said.id, name=before)
        return before

    # --- waiting for a translation -----------------------------------------------------------------------------------

    def pending(self, content: Content, language: str) -> int | None:
        """The first translation that must come before the content can be said in that language; all are asked for."""
        first = None
        for block in content:
            if not isinstance(block, Translated):
                continue
            reader = block.into or language
            text = self._tx.texts.get(block.text)
            if text.language == reader or wordless(text.text.plain):
                continue  # nothing to translate; a voice message may have no words
            found = self._tx.texts.translation(block.text, reader)
            if found is None and text.language is not None and self._tx.policy.translates_conversations:
                found = self._tx.texts.want(block.text, reader, "conversation")
            if found is not None and found.state is TranslationState.WANTED and first is None:
                first = found.id
        return first

    def translated(self, translation_id: int) -> None:
        """Let go what waited for a translation, and edit it into what could not wait."""
        rows = self._tx.connection.execute(
            select(delivery).where(delivery.c.translation_id == translation_id).order_by(delivery.c.id)
        ).all()
        found = self._tx.texts.translation_by_id(translation_id)
        usable = found.result is not None
        for row in rows:
            content, _ = messages.stored(self._tx.connection, row.message_id)
            pending = self.pending(content, row.language)
            self._tx.lanes.set(row.id, translation_id=pending)
            if row.status in NOT_BEGUN and self._tx.lanes.not_begun(row.id):
                if pending is None and row.status == Status.WAITING:
                    self._tx.lanes.set(row.id, status=Status.READY, due_at=self._tx.now)
                    self._tx.stirred.add("outbox")
            elif usable and row.status in (Status.DONE, Status.SENDING, Status.DEFERRED, Status.READY):
                self._tx.lanes.set(row.id, translation_id=None)  # the edit waits for what is still pending
                self._say_better(row)

    def _say_better(self, row: Row) -> None:
        """Edit a message to what it says now that its translation has come."""
        later = self._tx.connection.execute(
            select(delivery.c.id).where(
                delivery.c.chat_id == row.chat_id,
                delivery.c.target == _said_in(row),
                delivery.c.kind == "edit",
                delivery.c.id > row.id,
                delivery.c.status != Status.DROPPED,
            )
        ).first()
        if later is not None:
            return  # it says something newer already
        content, _ = messages.stored(self._tx.connection, row.message_id)
        pending = self.pending(content, row.language)
        self._change(row, translation_id=pending, due_at=None if pending is None else self._tx.now)

    # --- what is there -----------------------------------------------------------------------------------------------

    def named(self, chat_id: int, name: str) -> Any:
        """The delivery of that name in the chat; None: there is none."""
        return _NAMED.first(self._tx.connection, {"chat": chat_id, "name": name})

    def row(self, id: int) -> Any:
        return _BY_ID.one(self._tx.connection, {"the_id": id})

    def says(self, chat_id: int, name: str) -> Content | None:
        """What the delivery of that name says, or will once what is on its way has arrived; None if never said."""
        said = self.named(chat_id, name)
        if said is None:
            return None
        latest = select(delivery.c.message_id).where(
            (delivery.c.id == said.id)
            | ((delivery.c.target == refs.to_delivery(said.id)) & (delivery.c.kind == "edit")),
            delivery.c.chat_id == chat_id,
            delivery.c.status.not_in((Status.FAILED, Status.DROPPED)),
        )
        message_id = self._tx.connection.execute(latest.order_by(delivery.c.id.desc()).limit(1)).scalar()
        return None if message_id is None else messages.stored(self._tx.connection, message_id)[0]

    def is_behind(self, chat_id: int, name: str) -> bool:
        """Whether the chat surely does not show yet what the delivery of that name says now."""
        said = self.named(chat_id, name)
        if said is None:
            return False
        of = {"of": refs.to_delivery(said.id), "chat": chat_id, "lane": said.subject}
        return self._tx.lanes.unsent(said.id) or _WAITING_EDIT.first(self._tx.connection, of) is not None

    def last_about(self, chat_id: int, subject: str = "K%") -> tuple[int, str] | None:
        """The last thing said about a request in a chat, and which request that was ("K7"); or about this subject."""
        last = _LAST_ABOUT.first(self._tx.connection, {"chat": chat_id, "about": subject})
        return None if last is None else (last.id, last.subject)

    def stands_in(self, said: Row, topic: InTopic) -> bool:
        """Whether a delivery stands in the chat's topic of that name, or will."""
        return bool(said.thread == self.ref(said.chat_id, topic))


def _said_in(row: Row) -> str:
    """The message that a delivery brings, or changes."""
    return str(row.target) if row.kind == "edit" else refs.to_delivery(row.id)
