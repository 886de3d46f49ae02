"""Erasing a request: first its contents, then, when the networks have answered, the last rows that speak of it.

In between stand only what withdrawing needs: deliveries without words and the network's ids of their copies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, or_, select, union, update

from bot.actions import Priority
from bot.content import Content
from bot.domain.chats import KnownChat, Role
from bot.domain.erasing import AT_NIGHT, COMPACT, SETTLES_WITHIN, Erasure, Remains
from bot.domain.hours import next_time
from bot.domain.requests import Request
from bot.events import Due
from bot.store.database.encoding import texts_in
from bot.store.outbox import messages, refs
from bot.store.outbox.lanes import NOT_BEGUN
from bot.store.tables import (
    UNFINISHED,
    InboxStatus,
    Status,
    chat,
    choice,
    copy,
    delivery,
    dialogue,
    event,
    inbox,
    line,
    message,
    part,
    person,
    referring,
    request,
    schedule,
)

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

REPORT = "erase"
"""What withdrawals of an erasure report as, and its timer."""

SEND_CHANGE = "send-change"
"""The step of a button that sends a changed answer. Its value is LINE:TEXT, the line and what it would say."""

_DAYS_THAT_STAY = ("created", "claimed", "released", "closed", "reopened")
"""Of a request's history. That somebody was reminded, or called, is nobody's business any more."""

_ASKED_ONCE = ("answer", "inspect", "look-for", "open-private")
"""Deliveries that nobody speaks of any more once the network has answered."""

TOLD = "erased"
"""What the last sentence reports as."""


class Erasing:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def file_size(self) -> int:
        """Bytes of SQLite's file; 0 on PostgreSQL, which cleans its own."""
        if self._tx.connection.dialect.name != "sqlite":
            return 0
        pages, size = (
            self._tx.connection.exec_driver_sql(f"PRAGMA page_{what}").scalar_one() for what in ("count", "size")
        )
        return int(pages * size)

    def wipe(self) -> None:
        """Have the traces of what this unit deletes wiped out: of the log at once, of the pages in the coming night."""
        self._tx.stirred.add("erased")
        tonight = next_time((AT_NIGHT,), self._tx.policy.zone, self._tx.now)
        self._tx.schedule.no_later(tonight, Due(COMPACT, calendar=True))

    # --- contents, at once ---------------------------------------------------------------------------------------

    def forget(self, gone: Request, why: str) -> list[int]:
        """Remove a request with all that was said in it. What has not gone out never will.

        What stays for now are its deliveries and copies, empty; for good, that there was one, and the days of its
        changes. The deliveries elsewhere that showed some of its words.
        """
        texts = self._texts(gone)
        elsewhere = self._showing(texts)
        about = or_(delivery.c.subject == gone.code, delivery.c.id.in_(elsewhere))
        self._empty(about)
        self._tx.connection.execute(delete(choice).where(choice.c.subject == gone.code))
        self._tx.connection.execute(delete(line).where(line.c.request_id == gone.id))
        self._tx.connection.execute(delete(request).where(request.c.id == gone.id))
        if self._tx.dialogues.get(gone.chat).get("request") == gone.number:
            self._tx.dialogues.put(gone.chat, request=None, question=None)
        self._tx.texts.delete(texts)
        for room in self.rooms_of(gone):
            self._tx.dialogues.forget_parts(room)
        self._tx.connection.execute(
            delete(schedule).where((schedule.c.lane == gone.code) | schedule.c.name.like(f"%/{gone.code}"))
        )
        self._tx.connection.execute(
            update(inbox)
            .where(inbox.c.account == "", inbox.c.lane == gone.code, inbox.c.status == InboxStatus.NEW)
            .values(status=InboxStatus.HANDLED, body=None)
        )
        self._only_days(gone.code, why)
        self.wipe()
        return elsewhere

    def _texts(self, gone: Request) -> list[int]:
        """Everything anybody wrote in the request: its lines, what was answered, what was typed about it."""
        columns = (request.c.reach_text_id, request.c.area_text_id, request.c.phone_text_id)
        fields = self._tx.connection.execute(select(*columns).where(request.c.id == gone.id)).one()
        lines = select(line.c.text_id).where(line.c.request_id == gone.id)
        typed = select(copy.c.text_id).where(copy.c.subject == gone.code, copy.c.text_id.is_not(None))
        found = [id for query in (lines, typed) for id in self._tx.connection.execute(query).scalars()]
        return sorted({*found, *self.offered(gone.code), *(id for id in fields if id is not None)})

    def offered(self, code: str = "K%") -> list[int]:
        """What answers in a request were changed to, or in any, that nobody has sent: only a button knows these
        texts."""
        query = select(choice.c.value).where(choice.c.subject.like(code), choice.c.step == SEND_CHANGE)
        return [int(value.partition(":")[2]) for value in self._tx.connection.execute(query).scalars()]

    def _showing(self, texts: Collection[int]) -> list[int]:
        """Deliveries about nothing in particular that show some of these texts: lists, what was found."""
        looked_for = set(self._tx.texts.with_results(texts))
        rooms = (Role.PRIVATE, Role.COORDINATION, Role.ORGANISATION, Role.NONE)  # the last: it was one of them before
        rows = self._tx.connection.execute(
            select(delivery.c.id, message.c.content)
            .join(message, message.c.id == delivery.c.message_id)
            .join(chat, chat.c.id == delivery.c.chat_id)
            .where(delivery.c.subject == "", chat.c.role.in_(rooms))
        )
        return [id for id, content in rows if not looked_for.isdisjoint(texts_in(content))]

    def _empty(self, about: ColumnElement[bool]) -> None:
        """Deliveries lose what they say; those that the network has nothing of are dropped."""
        rows = self._tx.connection.execute(select(delivery.c.id, delivery.c.message_id, delivery.c.status).where(about))
        found = rows.all()
        ids = [row.id for row in found]
        self._tx.connection.execute(
            update(delivery)
            .where(delivery.c.id.in_(ids))
            .values(message_id=None, translation_id=None, report=None, failure=None)
        )
        self._tx.connection.execute(update(part).where(part.c.delivery_id.in_(ids)).values(body=None))
        self._tx.connection.execute(delete(choice).where(choice.c.delivery_id.in_(ids)))
        for row in found:
            if row.status in NOT_BEGUN:
                self._tx.lanes.drop(row.id)
        self._drop_messages({row.message_id for row in found})

    def _only_days(self, code: str, why: str) -> None:
        """Of what happened stays that it did, and on which day: numbers are never given twice, and can be counted."""
        passing = (event.c.subject == code) & event.c.what.not_in(_DAYS_THAT_STAY)
        self._tx.connection.execute(delete(event).where(passing))
        rows = self._tx.connection.execute(select(event.c.id, event.c.at).where(event.c.subject == code)).all()
        for id, at in rows:
            day = at.replace(hour=0, minute=0, second=0, microsecond=0)
            self._tx.connection.execute(update(event).where(event.c.id == id).values(person_id=None, at=day))
        today = self._tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._tx.connection.execute(self._tx.insert(event).values(subject=code, what=why, at=today))

    # --- what the networks show ----------------------------------------------------------------------------------

    def rooms_of(self, gone: Request) -> list[int]:
        """The rooms of helpers in which something was said about a request."""
        said = select(delivery.c.chat_id).where(delivery.c.subject == gone.code).distinct()
        rooms = select(chat.c.id).where(chat.c.id.in_(said), chat.c.role == Role.COORDINATION).order_by(chat.c.id)
        return list(self._tx.connection.execute(rooms).scalars())

    def take_back(self, erasure: Erasure, elsewhere: Sequence[int], instead: Callable[[str, str], Content]) -> None:
        """Have every message withdrawn that an erasure is about, ours and people's own; `elsewhere` are deliveries.

        `instead`, of the chat's role and the code: what takes the place of our messages that are too old for it.
        """
        about: list[ColumnElement[bool]] = [copy.c.subject.in_(erasure.codes), copy.c.delivery_id.in_(elsewhere)]
        if self.is_everything(erasure):
            about.append(copy.c.chat_id == erasure.chat)
        pending = select(delivery.c.chat_id, delivery.c.subject, delivery.c.id).where(
            delivery.c.subject.in_(erasure.codes) | delivery.c.id.in_(elsewhere),
            delivery.c.kind == "say",
            delivery.c.status == Status.SENDING,
        )
        rows = self._tx.connection.execute(
            select(copy.c.chat_id, copy.c.subject, copy.c.delivery_id, copy.c.network_id).where(or_(*about))
        ).all()
        targets = [
            (c, s, refs.to_message(network_id) if d is None else refs.to_delivery(d)) for c, s, d, network_id in rows
        ]
        targets += [(c, s, refs.to_delivery(d)) for c, s, d in self._tx.connection.execute(pending)]
        for chat_id, subject, target in dict.fromkeys(targets):
            to = self._tx.chats.get(chat_id)
            if to.active:  # elsewhere nothing can be done: it counts as what was not removed
                self._withdraw(to, subject, target, instead(to.role, subject), erasure)

    def _withdraw(self, to: KnownChat, subject: str, target: str, instead: Content, erasure: Erasure) -> None:
        body = messages.store(self._tx.connection, instead) if refs.is_to_delivery(target) else None
        self._tx.lanes.insert(
            to,
            kind="withdraw",
            subject=subject,
            target=target,
            message_id=body,
            language=to.language or self._tx.policy.working_language,
            priority=Priority.COORDINATION,
            report=f"{REPORT}:{erasure.name}",
        )

    # --- the end of an erasure -----------------------------------------------------------------------------------

    def is_everything(self, erasure: Erasure) -> bool:
        """Whether the chat has no other request, and nothing is held for it."""
        others = select(request.c.id).where(request.c.chat_id == erasure.chat)
        nothing_else = self._tx.connection.execute(others.limit(1)).first() is None
        return nothing_else and not self._tx.dialogues.get(erasure.chat)

    def is_under_way(self, erasure: Erasure) -> bool:
        """Whether something of it was to be withdrawn and was not told of yet."""
        return self._tx.connection.execute(select(delivery.c.id).where(self._of(erasure)).limit(1)).first() is not None

    def is_settled(self, erasure: Erasure) -> bool:
        """Whether the networks have answered to all of it, or have had the time to."""
        rows = self._tx.connection.execute(select(delivery.c.status, delivery.c.created_at).where(self._of(erasure)))
        return all(status not in UNFINISHED or self._tx.now - at >= SETTLES_WITHIN for status, at in rows)

    def _of(self, erasure: Erasure) -> ColumnElement[bool]:
        # Where they stand is said as well: no index knows of reports, and each answer of a network looks for them.
        there = delivery.c.subject.in_((*erasure.codes, "")) | (delivery.c.chat_id == erasure.chat)
        return there & (delivery.c.report == f"{REPORT}:{erasure.name}")

    def remains(self, erasure: Erasure) -> Remains:
        """The messages that are still there, as far as we know of them."""
        about: list[ColumnElement[bool]] = [
            copy.c.subject.in_(erasure.codes),
            copy.c.delivery_id.in_(self._withdrawn(erasure)),
        ]
        if self.is_everything(erasure):
            about.append(copy.c.chat_id == erasure.chat)
        rows = self._tx.connection.execute(
            select(copy.c.chat_id == erasure.chat, func.count()).where(or_(*about)).group_by(copy.c.chat_id)
        ).all()
        return Remains(sum(n for here, n in rows if here), sum(n for here, n in rows if not here))

    def _withdrawn(self, erasure: Erasure) -> list[int]:
        """The deliveries that were to be withdrawn."""
        targets = self._tx.connection.execute(select(delivery.c.target).where(self._of(erasure))).scalars()
        return [refs.delivery_id(target) for target in targets if refs.is_to_delivery(target)]

    def end(self, erasure: Erasure) -> None:
        """Remove the last rows of what was erased. What is in the air just now goes with a later sweep."""
        late = delivery.c.status.in_(NOT_BEGUN)
        for id in self._tx.connection.execute(select(delivery.c.id).where(self._of(erasure), late)).scalars().all():
            self._tx.lanes.drop(id)
        withdrawn = self._withdrawn(erasure)
        everything = self.is_everything(erasure)
        own = delivery.c.chat_id == erasure.chat if everything else delivery.c.subject.in_(erasure.codes)
        gone = (delivery.c.subject.in_(erasure.codes), delivery.c.id.in_(withdrawn), self._of(erasure), own)
        self.remove(or_(*gone))
        self._tx.connection.execute(update(delivery).where(self._of(erasure)).values(report=None))
        incoming: ColumnElement[bool] = copy.c.subject.in_(erasure.codes)
        if everything:
            incoming |= copy.c.chat_id == erasure.chat
        self._tx.connection.execute(delete(copy).where(copy.c.delivery_id.is_(None), incoming))

    def forget_told(self, chat_id: int) -> None:
        """The last sentence has arrived, or never will."""
        last = (delivery.c.kind == "answer") | (delivery.c.report == f"{TOLD}:{chat_id}")
        self.remove((delivery.c.chat_id == chat_id) & last)

    def remove(self, which: ColumnElement[bool], limit: int | None = None) -> int:
        """Delete deliveries with all that hangs on them, but none that is in the air; how many there were."""
        query = select(delivery.c.id, delivery.c.message_id).where(which, delivery.c.status.not_in(UNFINISHED))
        rows = self._tx.connection.execute(query.limit(limit) if limit else query).all()
        ids = [row.id for row in rows]
        for table, column in ((copy, copy.c.delivery_id), (choice, choice.c.delivery_id), (part, part.c.delivery_id)):
            self._tx.connection.execute(delete(table).where(column.in_(ids)))
        self._tx.connection.execute(delete(delivery).where(delivery.c.id.in_(ids)))
        self._drop_messages({row.message_id for row in rows})
        if rows:
            self.wipe()
        return len(rows)

    def _drop_messages(self, ids: Iterable[int | None]) -> None:
        used = select(delivery.c.id).where(delivery.c.message_id == message.c.id).exists()
        gone = [id for id in ids if id is not None]
        self._tx.connection.execute(delete(message).where(message.c.id.in_(gone), ~used))

    # --- what time has made useless ------------------------------------------------------------------------------

    def remove_orphans(self) -> int:
        """Remove deliveries and messages about requests that are no more, where something has cut their end short."""
        codes = {f"K{number}" for number in self._tx.connection.execute(select(request.c.number)).scalars()}
        known = set(self._subjects(delivery.c.subject)) | set(self._subjects(copy.c.subject))
        gone = sorted(known - codes)
        lately = delivery.c.done_at >= self._tx.now - 2 * SETTLES_WITHIN
        busy = delivery.c.status.in_(UNFINISHED) | lately
        removed = 0
        for start in range(0, len(gone), 100):
            some = gone[start : start + 100]
            at_work = select(delivery.c.subject).where(delivery.c.subject.in_(some), busy).distinct()
            left = sorted({*some} - {*self._tx.connection.execute(at_work).scalars()})
            self.remove_about(left)
            removed += len(left)
        return removed

    def _subjects(self, column: ColumnElement[str]) -> Sequence[str]:
        """The codes of requests that stand there."""
        # Not only LIKE: on SQLite it looks through all that there is.
        query = select(column).where(column >= "K", column < "L", column.like("K%")).distinct()
        return self._tx.connection.execute(query).scalars().all()

    def remove_about(self, codes: Sequence[str]) -> None:
        """Remove the last rows of requests that are no more."""
        self.remove(delivery.c.subject.in_(codes))
        self._tx.connection.execute(delete(copy).where(copy.c.subject.in_(codes), copy.c.delivery_id.is_(None)))

    def remove_old(self, before: datetime, limit: int) -> int:
        """Remove what was said in private chats and in the helpers' room about no request, in an organisation's room
        about nothing at all, and in chats that were never paired and left; answers to presses, looks for somebody."""
        chats = select(chat.c.id).where(
            chat.c.role.in_((Role.PRIVATE, Role.COORDINATION)) | ((chat.c.role == Role.NONE) & ~chat.c.active)
        )
        talking = select(dialogue.c.chat_id)
        no_request = (delivery.c.subject == "") | delivery.c.subject.like("N%")  # a notice that was read in private
        said = no_request & delivery.c.chat_id.in_(chats) & delivery.c.chat_id.not_in(talking)
        # There somebody may press a button after months, and what has a name is said once.
        rooms = select(chat.c.id).where(chat.c.role == Role.ORGANISATION)
        pressable = select(choice.c.id).where(choice.c.delivery_id == delivery.c.id).exists()
        told = (delivery.c.subject == "") & delivery.c.chat_id.in_(rooms) & delivery.c.name.is_(None) & ~pressable
        old = (delivery.c.done_at < before) & (said | told | delivery.c.kind.in_(_ASKED_ONCE))
        removed = self.remove(old, limit)
        useless = copy.c.delivery_id.is_(None) & copy.c.text_id.is_(None) & (copy.c.subject == "")
        self._tx.connection.execute(delete(copy).where(useless))
        return removed

    def remove_unsaid(self) -> int:
        """Remove what no delivery says any more: it was changed before it had gone out. How many there were."""
        said = [select(column).where(column == message.c.id).exists() for column in referring(message)]
        return self._tx.connection.execute(delete(message).where(*(~one for one in said))).rowcount

    def forget_empty_chats(self, limit: int) -> int:
        """Forget private chats, and chats that were never paired and left, in which nothing is left."""
        empty = select(chat.c.id).where(
            (chat.c.role == Role.PRIVATE) | ((chat.c.role == Role.NONE) & ~chat.c.active),
            *(~select(c).where(c == chat.c.id).exists() for c in referring(chat) if c.table not in (copy, choice)),
        )
        return sum(self._forget_chat(id) for id in self._tx.connection.execute(empty.limit(limit)).scalars().all())

    def remove_put_aside(self, before: datetime) -> int:
        """Remove what could not be handled, or read, for so long that nobody will any more."""
        stuck = inbox.c.status.in_((InboxStatus.QUARANTINED, InboxStatus.UNREADABLE))
        return self._tx.connection.execute(delete(inbox).where(stuck, inbox.c.received_at < before)).rowcount

    # --- chats and people of whom nothing else is left -----------------------------------------------------------

    def forget_chat(self, id: int) -> bool:
        """Remove a private chat in which nothing is left, with the traces of its network address, and its person."""
        gone = self._forget_chat(id)
        if gone:
            self.forget_people()
        return gone

    def _forget_chat(self, id: int) -> bool:
        row = self._tx.connection.execute(select(chat).where(chat.c.id == id)).first()
        if row is None or row.role not in (Role.NONE, Role.PRIVATE) or not self._is_bare(id):
            return False
        self._tx.connection.execute(delete(choice).where(choice.c.chat_id == id))
        self._tx.connection.execute(delete(copy).where(copy.c.chat_id == id))
        self._tx.connection.execute(delete(chat).where(chat.c.id == id))
        self._tx.chats.forgotten(id)
        self._tx.connection.execute(delete(schedule).where(schedule.c.name.in_((f"unreadable/{id}", f"unpaired/{id}"))))
        lane = f"{row.account}:{row.network_id}"
        self._tx.connection.execute(
            update(inbox)
            .where(inbox.c.lane == lane, inbox.c.status == InboxStatus.HANDLED)
            .values(lane=f"{row.account}:")
        )
        self._tx.connection.execute(
            delete(inbox).where(
                inbox.c.lane == lane, inbox.c.status.in_((InboxStatus.QUARANTINED, InboxStatus.UNREADABLE))
            )
        )
        self.wipe()
        return True

    def _is_bare(self, chat_id: int) -> bool:
        refers = [column for column in referring(chat) if column.table not in (copy, choice)]
        used = (self._tx.connection.execute(select(c).where(c == chat_id).limit(1)).first() for c in refers)
        return all(row is None for row in used)

    def forget_people(self) -> int:
        """Remove everybody to whom nothing refers any more; how many there were."""
        # Not EXISTS: SQLite would look through the whole history for each person.
        used = union(*(select(column).where(column.is_not(None)) for column in referring(person)))
        return self._tx.connection.execute(delete(person).where(person.c.id.not_in(used))).rowcount
