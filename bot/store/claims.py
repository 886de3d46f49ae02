"""From delivery to network and back: what exactly to do is fixed at the first claim, part by part, and every part's
state is durable, so that a crash resumes at the first part that nobody can vouch for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.exc import DBAPIError

from bot.events import FileLost
from bot.model import Chat, ChatKind, EditText, Outgoing, SendFile, SendText, SetCommands, Withdraw
from bot.ports import Limits
from bot.rendering import Speaks
from bot.store.encoding import decode, encode
from bot.store.plans import Plans, delivery_id, instead
from bot.store.tables import PartStatus, Status, copy, delivery, part

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_PARTS = select(part).where(part.c.delivery_id == bindparam("delivery")).order_by(part.c.position)
_SENT = (
    update(part)
    .where(part.c.id == bindparam("part"))
    .values(status=PartStatus.SENT, network_id=bindparam("receipt"), body=None)
)
_BEGUN = update(part).where(part.c.id == bindparam("part")).values(status=PartStatus.SENDING)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to do on the network. `unsure`: it was being done when nobody could say any more how it ended.

    `file`: it is a file, or stands in the place of one.
    """

    id: int
    position: int
    action: Outgoing
    unsure: bool
    file: bool = False


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
    language: str | None
    edits: int | None  # the delivery whose message it edits
    ready_at: datetime  # since when it could have gone
    parts: tuple[Part, ...]


class Claims:
    """The outbox's side of the deliveries of one account."""

    def __init__(self, tx: Transaction, account: str, limits: Limits, catalogue: Speaks) -> None:
        self._tx = tx
        self._account = account
        self._catalogue = catalogue
        self._plans = Plans(tx, account, limits, catalogue)
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
        if not isinstance(parts[0].action, SendFile):  # a file is fetched first: until then it is surely not sent
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
            row.language,
            delivery_id(row.target) if row.kind == "edit" else None,
            row.due_at or row.created_at,
            tuple(_addressed(part, to.address) for part in parts),
        )

    def _parts(self, row: Row[Any]) -> list[Part]:
        """What is still to be done of it; planned and written down if it is claimed for the first time."""
        if row.attempts == 0:
            actions = enumerate(self._plans.of(row))
            parts = [self._planned(row.id, place, action, isinstance(action, SendFile)) for place, action in actions]
            if row.resends and parts:  # it begins anew, and how it began before is not known
                parts[0] = replace(parts[0], unsure=True)
            return parts
        known = self._tx.connection.execute(_PARTS, {"delivery": row.id})
        return [
            Part(p.id, p.position, decode(p.body, object), p.status == PartStatus.SENDING, p.file)  # type: ignore[arg-type]
            for p in known
            if p.status != PartStatus.SENT
        ]

    def _planned(self, delivery_id: int, position: int, action: Outgoing, file: bool) -> Part:
        made = self._tx.connection.execute(
            self._tx.insert(part)
            .values(delivery_id=delivery_id, position=position, body=encode(action), file=file)
            .returning(part.c.id)
        )
        return Part(int(made.scalar_one()), position, action, unsure=False, file=file)

    # --- outcomes ----------------------------------------------------------------------------------------------------

    def begin(self, following: Part) -> None:
        """A part is about to be sent: one that is not the first, or a file that is here now."""
        self._sending(following.id)

    def sent(self, claimed: Claimed, done: Part, network_id: str | None, findings: tuple[str, ...] = ()) -> None:
        """The network has this part; with the last of them, all of the delivery."""
        self._tx.connection.execute(_SENT, {"part": done.id, "receipt": network_id})
        self._record_copy(claimed, done, network_id)
        if done.id == claimed.parts[-1].id:
            self._tx.lanes.finish(claimed.id, findings)

    def passed_over(self, claimed: Claimed, refused: Part) -> None:
        """The network will never do this part; what it was to change or take back is still there."""
        self._tx.connection.execute(_SENT, {"part": refused.id, "receipt": None})
        if refused.id == claimed.parts[-1].id:
            self._tx.lanes.finish(claimed.id)

    def _record_copy(self, claimed: Claimed, done: Part, network_id: str | None) -> None:
        withdrawn = claimed.kind == "withdraw" or isinstance(done.action, Withdraw)  # an edit can be all that is left
        match done.action:
            case SendText() | SendFile() if network_id is not None:
                of = claimed.id if claimed.edits is None else claimed.edits
                self._tx.connection.execute(
                    self._tx.insert(copy)
                    .values(
                        chat_id=claimed.chat,
                        network_id=network_id,
                        subject=claimed.subject,
                        delivery_id=of,
                        position=done.position,
                        file=done.file,
                    )
                    .on_conflict_do_nothing()
                )
            case Withdraw(message=message) | EditText(message=message) if withdrawn:
                self._tx.connection.execute(
                    delete(copy).where(copy.c.chat_id == claimed.chat, copy.c.network_id == message)
                )

    def without_file(self, claimed: Claimed, lost: Part, too_large: bool) -> Claimed:
        """A file will never get there: a line that says what it was takes its place, and its sender is told."""
        assert isinstance(lost.action, SendFile)
        actions = instead(lost.action, self._catalogue, claimed.language or self._tx.policy.working_language)
        values = {"body": encode(actions[0]), "status": PartStatus.TODO, "file": len(actions) == 1}
        self._tx.connection.execute(update(part).where(part.c.id == lost.id).values(**values))
        parts = [replace(one, action=actions[0], unsure=False, file=len(actions) == 1) if one == lost else one
                 for one in claimed.parts]  # fmt: skip
        if len(actions) > 1:
            parts.append(self._planned(claimed.id, claimed.parts[-1].position + 1, actions[1], file=True))
        told = FileLost(lost.action.text, claimed.chat, too_large)
        self._tx.inbox.put(told, lane=claimed.subject or f"chat:{claimed.chat}")
        return replace(claimed, parts=tuple(parts))

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

    def gone(self, claimed: Claimed, reason: str, not_there: Part | None = None) -> None:
        self.refused(claimed, reason, not_there)
        self._tx.lanes.chat_gone(claimed.chat, reason)

    def refused(self, claimed: Claimed, reason: str, not_there: Part | None = None) -> None:
        """It has failed for good. `not_there`: the part in hand, where it surely never arrived."""
        if not_there is not None:
            self._tx.connection.execute(update(part).where(part.c.id == not_there.id).values(status=PartStatus.TODO))
        self._tx.lanes.fail(claimed.id, reason)

    def _sending(self, part_id: int) -> None:
        self._tx.connection.execute(_BEGUN, {"part": part_id})

    def _set(self, id: int, **values: object) -> None:
        self._tx.connection.execute(update(delivery).where(delivery.c.id == id).values(**values))


def _addressed(part: Part, to: Chat) -> Part:
    """The part, to where the chat is now: it may have moved since the part was planned."""
    assert not isinstance(part.action, SetCommands)  # menus are no deliveries
    return replace(part, action=replace(part.action, chat=to))
