"""Broadcasts: the same to many groups, some hundred of them in one statement.

A unit that stored ten thousand deliveries at once would hold up every answer meanwhile. So the first groups get theirs
in the unit that publishes, and the others in units of their own, one after the other; what is still to be stored is a
row that says how far it is. Of one subject one thing is stored at a time, in the order in which it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, exists, insert, literal, or_, select, update

from bot.actions import Amend, Priority, Publish, RecallAll, UnpinAll
from bot.domain.chats import Role
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import add, change
from bot.store.outbox import messages, refs
from bot.store.outbox.lanes import NOT_BEGUN, has_parts, is_partly_there, may_be_there
from bot.store.tables import AHEAD, Id, Status, broadcast, chat, delivery, part, standing

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


_Columns = dict[str, ColumnElement[Any]]


_AT_ONCE = 100
"""Groups in one unit: some milliseconds."""


_OLDEST = Prepared(select(broadcast).order_by(broadcast.c.id).limit(1))
_OLDEST_OF = Prepared(
    select(broadcast).where(broadcast.c.subject == bindparam("subject")).order_by(broadcast.c.id).limit(1)
)


@dataclass(frozen=True, slots=True)
class Piece:
    """What is done for the groups after one chat up to and with another; `None`: for all that are left."""

    after: int | ColumnElement[int]
    upto: int | ColumnElement[int] | None

    @property
    def here(self) -> ColumnElement[bool]:
        above: ColumnElement[bool] = chat.c.id > self.after
        return above if self.upto is None else above & (chat.c.id <= self.upto)


class Broadcasts:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    # --- beginning and going on --------------------------------------------------------------------------------------

    def publish(self, publish: Publish) -> None:
        self._begin(
            "publish",
            publish.subject,
            organisation_id=publish.organisation,
            language=publish.language,
            message_id=messages.store(self._tx.connection, publish.content),
            name=publish.name or publish.subject,
            reply_to=publish.reply_to,
        )

    def amend(self, amend: Amend) -> None:
        body = messages.store(self._tx.connection, amend.content)
        # Groups that have not got it yet shall get what it says now, and none what an earlier correction said.
        self._tx.connection.execute(
            update(broadcast)
            .where(
                or_(
                    and_(broadcast.c.kind == "publish", broadcast.c.name == amend.subject),
                    broadcast.c.kind == "amend",
                ),
                broadcast.c.subject == amend.subject,
                broadcast.c.organisation_id == amend.organisation,
                broadcast.c.language == amend.language,
            )
            .values(message_id=body)
        )
        self._begin(
            "amend", amend.subject, organisation_id=amend.organisation, language=amend.language, message_id=body
        )

    def recall_all(self, recall: RecallAll) -> None:
        self._tx.connection.execute(delete(broadcast).where(broadcast.c.subject == recall.subject))
        self._begin("recall", recall.subject)

    def _begin(self, kind: str, subject: str, **values: object) -> None:
        pending = self._tx.connection.execute(select(broadcast.c.id).where(broadcast.c.subject == subject)).first()
        add(self._tx.connection, broadcast, kind=kind, subject=subject, after=0, **values)
        if pending is None:
            self.go_on(subject)
        self._tx.stirred.add("broadcast")

    def go_on(self, subject: str | None = None) -> bool:
        """Store the next piece of the oldest broadcast (of that subject); False: there is none."""
        connection = self._tx.connection
        row = _OLDEST.first(connection) if subject is None else _OLDEST_OF.first(connection, {"subject": subject})
        if row is None:
            return False
        piece = self._piece(row)
        {"publish": self._publish, "amend": self._amend, "recall": self._recall}[row.kind](row, piece)
        self._tx.stirred.add("outbox")
        if piece.upto is None:
            self._tx.connection.execute(delete(broadcast).where(broadcast.c.id == row.id))
        else:
            change(self._tx.connection, broadcast, row.id, after=piece.upto)
        return True

    def _piece(self, row: Row) -> Piece:
        """The next groups that it can be about."""
        connection = self._tx.connection
        if row.kind == "publish":
            return Piece(row.after, _PIECE.scalar(connection, _given(row) | {"skipped": _AT_ONCE - 1}))
        query = select(chat.c.id).where(chat.c.id > row.after, *_groups(row)).order_by(chat.c.id)
        return Piece(row.after, connection.execute(query.offset(_AT_ONCE - 1).limit(1)).scalar())

    # --- a piece -----------------------------------------------------------------------------------------------------

    def _publish(self, row: Row, piece: Piece) -> None:
        given = _given(row) | {"upto": piece.upto, "now": self._tx.now}
        _publishing(replies=row.reply_to is not None, last=piece.upto is None).run(self._tx.connection, given)

    def _amend(self, row: Row, piece: Piece) -> None:
        groups = select(chat.c.id).where(piece.here, *_groups(row))
        said = and_(
            delivery.c.chat_id.in_(groups),
            delivery.c.subject == row.subject,
            delivery.c.name == row.subject,
            delivery.c.kind == "say",
            delivery.c.language == row.language,
        )
        changes = and_(
            delivery.c.chat_id.in_(groups),
            delivery.c.subject == row.subject,
            delivery.c.kind == "edit",
            delivery.c.language == row.language,
        )
        untouched = and_(delivery.c.status.in_(NOT_BEGUN), ~has_parts())
        # What a closed group has not taken says the new words when it opens, not first the old ones.
        self._plan_anew(or_(said, changes))
        # What failed may be sent again one day, and must not say then what is wrong now.
        nothing_there = and_(delivery.c.status == Status.FAILED, ~is_partly_there())
        now_says = {"message_id": row.message_id}
        self._tx.connection.execute(update(delivery).where(said, or_(untouched, nothing_there)).values(now_says))
        self._tx.connection.execute(update(delivery).where(changes, untouched).values(**now_says, argument=None))
        original, pending = delivery.alias("original"), delivery.alias("pending")
        edited = exists().where(
            pending.c.chat_id == original.c.chat_id,
            pending.c.subject == row.subject,
            pending.c.kind == "edit",
            pending.c.message_id == row.message_id,
        )
        columns = self._new(row.subject, "edit", original.c.chat_id, original.c.id)
        columns |= {"account": original.c.account, "message_id": literal(row.message_id)}
        columns["language"] = original.c.language
        source = select(*columns.values()).where(
            original.c.chat_id.in_(groups.where(chat.c.active)),
            original.c.subject == row.subject,
            original.c.name == row.subject,
            original.c.kind == "say",
            original.c.language == row.language,
            or_(
                original.c.status.not_in((Status.FAILED, Status.DROPPED)),
                and_(original.c.status == Status.FAILED, is_partly_there(original)),  # this says the rest, too
            ),
            original.c.message_id != row.message_id,  # what has not begun says it already
            ~edited,
        )
        self._tx.connection.execute(self._tx.insert(delivery).from_select(list(columns), source))

    def _plan_anew(self, which: ColumnElement[bool]) -> None:
        """What was tried in vain, and surely is not there, is as if nobody had begun it."""
        tried = and_(which, delivery.c.status.in_(NOT_BEGUN), has_parts(), ~may_be_there())
        ids = self._tx.connection.execute(select(delivery.c.id).where(tried)).scalars().all()
        if ids:
            self._tx.connection.execute(delete(part).where(part.c.delivery_id.in_(ids)))
            self._tx.connection.execute(update(delivery).where(delivery.c.id.in_(ids)).values(attempts=0))

    def _recall(self, row: Row, piece: Piece) -> None:
        groups = select(chat.c.id).where(piece.here, *_groups(row))
        ours = and_(delivery.c.chat_id.in_(groups), delivery.c.subject == row.subject)
        unsent = and_(delivery.c.kind.in_(("say", "edit")), ~may_be_there())
        self._tx.connection.execute(
            update(delivery)
            .where(ours, delivery.c.status.in_(NOT_BEGUN), unsent)
            .values(status=Status.DROPPED, done_at=self._tx.now, due_at=None)
        )
        original = delivery.alias("original")
        columns = self._new(row.subject, "withdraw", original.c.chat_id, original.c.id)
        # Several can be withdrawn in one lane: they go one after the other.
        columns |= {"account": original.c.account, "status": literal(int(Status.QUEUED))}
        source = select(*columns.values()).where(
            original.c.chat_id.in_(groups),
            original.c.subject == row.subject,
            original.c.kind == "say",
            original.c.name.is_not(None),
            or_(original.c.status.not_in((Status.FAILED, Status.DROPPED)), is_partly_there(original)),
        )
        self._tx.connection.execute(
            self._tx.insert(delivery).from_select(list(columns), source.order_by(original.c.id.desc()))
        )
        queued = select(delivery.c.chat_id).where(ours, standing(delivery.c.status, Status.QUEUED)).distinct()
        self._tx.lanes.advance({(id, row.subject) for id in self._tx.connection.execute(queued).scalars()})

    def _new(self, subject: str, kind: str, to: ColumnElement[int], target: ColumnElement[int]) -> _Columns:
        now = literal(self._tx.now, delivery.c.created_at.type)
        return _columns(literal(subject), now, kind, to) | {"target": refs.to_delivery_in(target)}

    # --- in one statement --------------------------------------------------------------------------------------------

    def unpin_all(self, unpin: UnpinAll) -> None:
        """Nobody knows in which groups it is pinned, so all that have it are asked."""
        copy = delivery.alias("copy")
        columns = self._new(unpin.subject, "unpin", copy.c.chat_id, copy.c.id) | {"account": copy.c.account}
        source = (
            select(*columns.values())
            .select_from(copy.join(chat, chat.c.id == copy.c.chat_id))
            .where(chat.c.role == Role.GROUP, chat.c.active)
            .where(copy.c.subject == unpin.subject, copy.c.name == unpin.subject, copy.c.kind == "say")
            .where(copy.c.status == Status.DONE)
        )
        self._tx.connection.execute(self._tx.insert(delivery).from_select(list(columns), source))
        self._tx.stirred.add("outbox")


# --- statements ------------------------------------------------------------------------------------------------------


def _groups(of: Row) -> list[ColumnElement[bool]]:
    """The groups that a broadcast is about."""
    if of.kind == "recall":
        return [chat.c.role == Role.GROUP]
    groups = [chat.c.role == Role.GROUP, chat.c.organisation_id == of.organisation_id]
    if of.kind == "amend":  # also those out of reach: what has failed there may be sent again when they are back
        return groups
    return [*groups, chat.c.active, chat.c.language == of.language]


def _told(of: Row) -> ColumnElement[bool]:
    told = delivery.alias("told")
    return exists().where(told.c.chat_id == chat.c.id, told.c.name == of.name)


def _columns(subject: ColumnElement[str], now: ColumnElement[Any], kind: str, to: ColumnElement[int]) -> _Columns:
    """What every new delivery has, whatever it says."""
    lane = delivery.alias("lane")
    ahead = exists().where(lane.c.chat_id == to, lane.c.subject == subject, standing(lane.c.status, *AHEAD))
    return {
        "chat_id": to,
        "subject": subject,
        "kind": literal(kind),
        "priority": literal(int(Priority.NOTICE)),
        "status": case((ahead, int(Status.QUEUED)), else_=int(Status.READY)),
        "created_at": now,
    }


_COLUMNS = ("after", "subject", "organisation_id", "language", "message_id", "name", "reply_to")
_NOTICE = SimpleNamespace(kind="publish", **{name: bindparam(name, type_=broadcast.c[name].type) for name in _COLUMNS})
"""Any notice that is being published, in place of the row that says of one how far it is."""

_PIECE = Prepared(
    select(chat.c.id)
    .where(chat.c.id > _NOTICE.after, *_groups(_NOTICE))
    .order_by(chat.c.id)
    .offset(bindparam("skipped", type_=Id))
    .limit(1)
)


def _given(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in _COLUMNS}


@cache
def _publishing(replies: bool, last: bool) -> Prepared:
    """The deliveries for the groups of a piece; `replies`: to an earlier one of each group; `last`: it is the last."""
    piece = Piece(_NOTICE.after, None if last else bindparam("upto", type_=Id))
    columns = _columns(_NOTICE.subject, bindparam("now", type_=delivery.c.created_at.type), "say", chat.c.id)
    columns |= {"account": chat.c.account, "message_id": _NOTICE.message_id}
    columns |= {"name": _NOTICE.name, "language": _NOTICE.language}
    groups = [piece.here, *_groups(_NOTICE), ~_told(_NOTICE)]
    source = select(*columns.values()).where(*groups)
    if replies:
        original = delivery.alias("original")
        columns["reply_to"] = refs.to_delivery_in(original.c.id)
        had = and_(
            original.c.chat_id == chat.c.id,
            original.c.name == _NOTICE.reply_to,
            original.c.status != Status.FAILED,
            original.c.status != Status.DROPPED,
            # A copy that nobody has begun to send is amended; a line about it is said, and goes before this one.
            or_(original.c.name != _NOTICE.subject, exists().where(part.c.delivery_id == original.c.id)),
        )
        source = select(*columns.values()).select_from(chat.join(original, had)).where(*groups)
    return Prepared(insert(delivery).from_select(list(columns), source.order_by(chat.c.id)))
