"""What a database has to know that comes out of a backup, before anybody goes on with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select, update

from bot.actions import Priority, Say
from bot.content import Line, Verbatim, say
from bot.failing import marked
from bot.resuming import LATELY, is_too_late, next_number
from bot.store.encoding import decode, encode
from bot.store.placing import RESTORED
from bot.store.tables import PASSED_OVER, UNFINISHED, PartStatus, Role, delivery, event, message, part

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_AGAIN = "again:"
UNSURE = "no answer from the network"
"""Why a delivery has failed of which nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """`request` and `notice` are the numbers that come next. `again` messages on their way go out (again), marked;
    `late` copies of notices do not."""

    request: int
    notice: int
    again: int
    late: int


def resume(tx: Transaction, made_at: datetime, token: str, telling_again: Collection[str] = ()) -> Resumed:
    """Prepare a database that was copied at `made_at` to be gone on with now; `token` marks that it was.

    `telling_again` are the accounts whose networks bring once more what was written since.
    """
    request = _pass_over(tx, "K", tx.requests.last_number(), made_at)
    notice = _pass_over(tx, "N", tx.notices.last_number(), made_at)
    late = _give_up_late_notices(tx, made_at)
    again = _mark_what_is_on_its_way(tx)
    _tell_rooms(tx, made_at, request, notice)
    for what in (token, *(f"{_AGAIN}{account}" for account in telling_again)):
        tx.connection.execute(tx.insert(event).values(subject=RESTORED, what=what, at=tx.now))
    return Resumed(request, notice, again, late)


def told_again(tx: Transaction) -> dict[str, datetime]:
    """By account: what was written there before that moment may have been handled before a restore."""
    marks = select(event.c.what, func.max(event.c.at)).where(
        event.c.subject == RESTORED, event.c.what.startswith(_AGAIN)
    )
    return {what.removeprefix(_AGAIN): at for what, at in tx.connection.execute(marks.group_by(event.c.what))}


def _tell_rooms(tx: Transaction, made_at: datetime, request: int, notice: int) -> None:
    """Whoever works in a room learns what does not work there any more, and hears it from the bot."""
    consequences = (
        (Role.COORDINATION, say("restored-requests", code=f"K{request}")),
        (Role.ORGANISATION, say("restored-notices", code=f"N{notice}")),
    )
    for role, consequence in consequences:
        for room in tx.chats.with_role(role):
            told = (Line(say("restored", at=made_at)), Line(consequence))
            tx.deliveries.add(Say(room.id, told, priority=Priority.COORDINATION))


# --- numbers -------------------------------------------------------------------------------------------------------


def _pass_over(tx: Transaction, letter: str, last: int, made_at: datetime) -> int:
    """Leave out the numbers that may have been given since; the one that comes next."""
    given = select(func.count(), func.min(event.c.at)).where(
        event.c.what == "created", event.c.subject.like(f"{letter}%"), event.c.at >= made_at - LATELY
    )
    lately, first = tx.connection.execute(given).one()
    days = (made_at - first).days if first is not None else 0
    following = next_number(last, int(lately), days, max(tx.now - made_at, tx.now - tx.now))
    if following > last + 1:
        row = {"subject": f"{letter}{following - 1}", "what": PASSED_OVER, "at": tx.now}
        tx.connection.execute(tx.insert(event).values(**row))
    return following


# --- what was on its way -------------------------------------------------------------------------------------------


def _give_up_late_notices(tx: Transaction, made_at: datetime) -> int:
    """Copies of notices that are too old, or hold no longer: their organisation is told that nobody knows of them."""
    rows = tx.connection.execute(_on_their_way().where(delivery.c.priority == Priority.NOTICE)).all()
    late = is_too_late(made_at, tx.now)
    today = tx.now.astimezone(tx.policy.zone).date()
    gone = [row.id for row in rows if late or _is_over(tx, row.subject, today)]
    for id in gone:
        tx.lanes.fail(id, UNSURE)
    return len(gone)


def _is_over(tx: Transaction, code: str, today: date) -> bool:
    number = code.removeprefix("N")
    notice = tx.notices.numbered(int(number)) if number.isdecimal() else None
    return notice is not None and notice.valid_until is not None and notice.valid_until < today


def _mark_what_is_on_its_way(tx: Transaction) -> int:
    """It may have arrived after the backup: it goes out, recognisable as what may be there already."""
    bodies: dict[tuple[int, str], int] = {}
    rows = tx.connection.execute(_on_their_way()).all()
    for row in rows:
        parts = tx.connection.execute(select(part).where(part.c.delivery_id == row.id)).all()
        for one in parts:
            if one.status != PartStatus.SENT:
                body = encode(marked(decode(one.body, object), row.subject))  # type: ignore[arg-type]
                tx.connection.execute(update(part).where(part.c.id == one.id).values(body=body, status=PartStatus.TODO))
        if not parts:
            key = (row.message_id, row.subject)
            if key not in bodies:
                bodies[key] = _marked_message(tx, row)
            tx.lanes.set(row.id, message_id=bodies[key])
    return len(rows)


def _marked_message(tx: Transaction, row: Row[Any]) -> int:
    """A message of its own: others that say the same have arrived."""
    content = tx.connection.execute(select(message.c.content).where(message.c.id == row.message_id)).scalar_one()
    value = decode(content, dict)
    value["content"] = (Verbatim(f"↻ {row.subject}".rstrip()), *value["content"])
    made = tx.connection.execute(tx.insert(message).values(content=encode(value)).returning(message.c.id))
    return int(made.scalar_one())


def _on_their_way() -> Any:
    return select(delivery).where(
        delivery.c.kind == "say", delivery.c.status.in_(UNFINISHED), delivery.c.message_id.is_not(None)
    )
