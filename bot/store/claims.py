"""From delivery to network and back: what exactly to do is fixed at the first claim, part by part, and every part's
state is durable, so that a crash resumes at the first part that nobody can vouch for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.exc import DBAPIError

from bot.content import Content, Verbatim
from bot.model import (
    AnswerPress,
    Chat,
    ChatKind,
    Choice,
    EditText,
    JoinChat,
    LeaveChat,
    Outgoing,
    Rows,
    SendReaction,
    SendText,
    SetCommands,
    Text,
    Withdraw,
)
from bot.ports import Limits
from bot.rendering import Lookups, Reading, Speaks, render
from bot.splitting import split
from bot.store.copies import transaction_id
from bot.store.encoding import decode, encode
from bot.store.tables import PartStatus, Status, copy, delivery, part

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_PARTS = select(part).where(part.c.delivery_id == bindparam("delivery")).order_by(part.c.position)
_COPIES = select(copy).where(copy.c.delivery_id == bindparam("delivery")).order_by(copy.c.position)
_SENT = (
    update(part)
    .where(part.c.id == bindparam("part"))
    .values(status=PartStatus.SENT, network_id=bindparam("receipt"), body=None)
)
_BEGUN = update(part).where(part.c.id == bindparam("part")).values(status=PartStatus.SENDING)

_MARK_ROOM = 24  # what the mark of a message said again may take of the limit


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to do on the network. `unsure`: it was being done when nobody could say any more how it ended."""

    id: int
    position: int
    action: Outgoing
    unsure: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery being sent now, with the parts still to be done."""

    id: int
    kind: str
    chat: int
    group: bool
    priority: int
    attempts: int
    resends: int
    subject: str
    edits: int | None  # the delivery whose message it edits
    parts: tuple[Part, ...]


class Claims:
    """The outbox's side of the deliveries of one account."""

    def __init__(self, tx: Transaction, account: str, limits: Limits, catalogue: Speaks) -> None:
        self._tx = tx
        self._account = account
        self._limits = limits
        self._catalogue = catalogue
        self.faults: list[tuple[str, Exception]] = []  # the kinds of what could not be made out, and why

    # --- claiming ----------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """After a start: what was being sent is ready again; its part in hand stays marked as unsure."""
        self._tx.connection.execute(
            update(delivery)
            .where(delivery.c.account == self._account, delivery.c.status == Status.SENDING)
            .values(status=Status.READY)
        )
        self._tx.stirred.add("outbox")

    def claim(self, limit: int, not_to: Sequence[int], one_per_chat: bool) -> list[Claimed]:
        """Take up to `limit` deliveries to send now, none to the chats `not_to`."""
        taken: list[Claimed] = []
        chats: set[int] = set(not_to)
        for row in self._tx.lanes.ready(self._account, limit, not_to):
            if one_per_chat and row.chat_id in chats:
                continue
            claimed = self._take(row)
            if claimed is not None:
                taken.append(claimed)
                chats.add(row.chat_id)
        return taken

    def presses(self) -> list[Claimed]:
        """Take the answers to button presses: outside all lanes and pacing, worthless when late."""
        taken = (self._take(row) for row in self._tx.lanes.presses(self._account))
        return [claimed for claimed in taken if claimed is not None]

    def _take(self, row: Row[Any]) -> Claimed | None:
        """Mark it as being sent. What is too late, or has nothing to do any more, ends here."""
        try:
            parts = [] if row.expires_at is not None and row.expires_at <= self._tx.now else self._parts(row)
        except DBAPIError:
            raise  # the whole unit's
        except Exception as fault:  # a bug, or something it refers to is gone: it must not hold up the others
            self.faults.append((row.kind, fault))
            self._tx.lanes.fail(row.id, f"it could not be made out ({type(fault).__name__})")
            return None
        if not parts:
            self._tx.lanes.drop(row.id)
            return None
        to = self._tx.chats.get(row.chat_id)
        self._set(row.id, status=Status.SENDING, attempts=row.attempts + 1, due_at=None)
        self._sending(parts[0].id)
        return Claimed(
            row.id,
            row.kind,
            row.chat_id,
            to.kind is not ChatKind.PRIVATE,
            row.priority,
            row.attempts + 1,
            row.resends,
            row.subject,
            _delivery_id(row.target) if row.kind == "edit" else None,
            tuple(_addressed(part, to.address) for part in parts),
        )

    def _parts(self, row: Row[Any]) -> list[Part]:
        """What is still to be done of it; planned and written down if it is claimed for the first time."""
        if row.attempts == 0:
            return [self._planned(row, position, action) for position, action in enumerate(self._plan(row))]
        known = self._tx.connection.execute(_PARTS, {"delivery": row.id})
        return [
            Part(p.id, p.position, decode(p.body, object), p.status == PartStatus.SENDING)  # type: ignore[arg-type]
            for p in known
            if p.status != PartStatus.SENT
        ]

    def _planned(self, row: Row[Any], position: int, action: Outgoing) -> Part:
        made = self._tx.connection.execute(
            self._tx.insert(part)
            .values(delivery_id=row.id, position=position, body=encode(action))
            .returning(part.c.id)
        )
        return Part(int(made.scalar_one()), position, action, unsure=False)

    # --- planning: what exactly a delivery is, on this network -------------------------------------------------------

    def _plan(self, row: Row[Any]) -> list[Outgoing]:
        to = self._tx.chats.get(row.chat_id).address
        match row.kind:
            case "say":
                return self._plan_say(row, to)
            case "edit":
                return self._plan_edit(row, to)
            case "withdraw":
                copies = self._copies(_delivery_id(row.target))
                return [Withdraw(to, c.network_id, self._transaction(row, c.position)) for c in copies]
            case "react":
                message = self._message_id(row.target)
                return [SendReaction(to, message, row.argument, self._transaction(row, 0))] if message else []
            case "answer":
                return [AnswerPress(to, row.argument, self._body(row)[0].plain[:200])]
            case "join":
                return [JoinChat(to)]
            case "leave":
                return [LeaveChat(to)]
            case kind:
                raise ValueError(f"a delivery of kind {kind}")

    def _plan_say(self, row: Row[Any], to: Chat) -> list[Outgoing]:
        text, choices = self._body(row)
        pieces = self._split(text)
        thread, reply_to = self._thread(row)
        return [
            SendText(
                to,
                piece,
                self._transaction(row, position),
                choices if position == len(pieces) - 1 else (),
                thread,
                reply_to if position == 0 or thread is None else None,
            )
            for position, piece in enumerate(pieces)
        ]

    def _plan_edit(self, row: Row[Any], to: Chat) -> list[Outgoing]:
        """Edits part by part; parts too many are taken back, parts too few are said."""
        copies = self._copies(_delivery_id(row.target))
        if not copies or not self._limits.edits:
            return []
        text, choices = self._body(row)
        pieces = self._split(text)
        thread, reply_to = self._thread(row)
        plan: list[Outgoing] = []
        for position, piece in enumerate(pieces):
            buttons = choices if position == len(pieces) - 1 else ()
            transaction = self._transaction(row, position)
            if position < len(copies):
                plan.append(EditText(to, copies[position].network_id, piece, transaction, buttons, thread))
            else:
                plan.append(SendText(to, piece, transaction, buttons, thread, reply_to))
        for extra in copies[len(pieces) :]:
            plan.append(Withdraw(to, extra.network_id, self._transaction(row, extra.position)))
        return plan

    def _body(self, row: Row[Any]) -> tuple[Text, Rows]:
        content, buttons = self._tx.deliveries.body(row.message_id)
        text = self._render(content, row)
        rows = tuple(
            tuple(
                Choice(b.id, (b.label.plain if isinstance(b.label, Verbatim) else self._label(b.label, row)), b.url)
                for b in shown
            )
            for shown in buttons
        )
        return text, rows

    def _label(self, sentence: Any, row: Row[Any]) -> str:
        return self._catalogue.render(sentence, row.language).plain

    def _render(self, content: Content, row: Row[Any]) -> Text:
        def reading(text_id: int, language: str) -> Reading:
            text = self._tx.texts.get(text_id)
            found = self._tx.texts.translation(text_id, language)
            if found is None or found.result is None:
                return Reading(text.text, text.language)
            return Reading(
                text.text, text.language, self._tx.texts.get(found.result).text, found.state, found.needs_a_person
            )

        def help_link(start: str) -> str | None:
            account = self._tx.accounts.get(self._account)
            return account.private_link.replace("{start}", start or f"g-{row.chat_id}") or None

        return render(content, row.language, self._catalogue, Lookups(reading, help_link))

    def _split(self, text: Text) -> list[Text]:
        return split(text, self._limits.text - _MARK_ROOM, self._limits.unit) or [Text("…")]

    def _thread(self, row: Row[Any]) -> tuple[str | None, str | None]:
        """Thread and reply as this network has them: without threads, a chain of replies to the first message."""
        thread, reply_to = self._message_id(row.thread), self._message_id(row.reply_to)
        if thread is not None and not self._limits.threads and not thread.startswith("topic:"):
            return None, reply_to or thread
        return thread, reply_to

    def _message_id(self, ref: str | None) -> str | None:
        if ref is None:
            return None
        if ref.startswith("n:"):
            return ref[2:]
        copies = self._copies(_delivery_id(ref))
        return copies[0].network_id if copies else None

    def _copies(self, delivery_id: int) -> Sequence[Row[Any]]:
        return self._tx.connection.execute(_COPIES, {"delivery": delivery_id}).all()

    @staticmethod
    def _transaction(row: Row[Any], position: int) -> str:
        return transaction_id(row.id, position, row.created_at)

    # --- outcomes ----------------------------------------------------------------------------------------------------

    def begin(self, following: Part) -> None:
        """A part that is not the first is about to be sent."""
        self._sending(following.id)

    def sent(self, claimed: Claimed, done: Part, network_id: str | None) -> None:
        """The network has this part; with the last of them, all of the delivery."""
        self._tx.connection.execute(_SENT, {"part": done.id, "receipt": network_id})
        self._record_copy(claimed, done, network_id)
        if done == claimed.parts[-1]:
            self._tx.lanes.finish(claimed.id)

    def _record_copy(self, claimed: Claimed, done: Part, network_id: str | None) -> None:
        match done.action:
            case SendText() if network_id is not None:
                of = claimed.id if claimed.edits is None else claimed.edits
                self._tx.connection.execute(
                    self._tx.insert(copy)
                    .values(
                        chat_id=claimed.chat,
                        network_id=network_id,
                        subject=claimed.subject,
                        delivery_id=of,
                        position=done.position,
                    )
                    .on_conflict_do_nothing()
                )
            case Withdraw(message=message):
                self._tx.connection.execute(
                    delete(copy).where(copy.c.chat_id == claimed.chat, copy.c.network_id == message)
                )

    def again(self, claimed: Claimed, in_hand: Part, at: datetime, unsure: bool) -> None:
        """Try again at `at`. `unsure`: the part in hand may have arrived."""
        if not unsure:
            self._tx.connection.execute(update(part).where(part.c.id == in_hand.id).values(status=PartStatus.TODO))
        self._set(claimed.id, status=Status.DEFERRED, due_at=at)
        self._tx.stirred.add("outbox")

    def marked_again(self, claimed: Claimed) -> None:
        """A part is about to be said a second time, recognisably."""
        self._set(claimed.id, resends=claimed.resends + 1)

    def moved(self, claimed: Claimed, in_hand: Part, to: str) -> None:
        """The chat has a new id: it changes everywhere, and this goes there."""
        self._tx.chats.move(claimed.chat, to)
        self.again(claimed, in_hand, self._tx.now, unsure=False)

    def gone(self, claimed: Claimed, reason: str) -> None:
        self._tx.lanes.fail(claimed.id, reason)
        self._tx.lanes.chat_gone(claimed.chat, reason)

    def refused(self, claimed: Claimed, reason: str) -> None:
        self._tx.lanes.fail(claimed.id, reason)

    def _sending(self, part_id: int) -> None:
        self._tx.connection.execute(_BEGUN, {"part": part_id})

    def _set(self, id: int, **values: object) -> None:
        self._tx.connection.execute(update(delivery).where(delivery.c.id == id).values(**values))


def _delivery_id(ref: str) -> int:
    return int(ref.removeprefix("d:"))


def _addressed(part: Part, to: Chat) -> Part:
    """The part, to where the chat is now: it may have moved since the part was planned."""
    assert not isinstance(part.action, SetCommands)  # menus are no deliveries
    return replace(part, action=replace(part.action, chat=to))
