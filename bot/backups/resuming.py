"""What a database has to know that comes out of a backup, before anybody goes on with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select, update

from bot.actions import Priority, Say
from bot.backups.placing import RESTORED
from bot.content import Line, say
from bot.domain.chats import Role
from bot.domain.notices import PLAN_IN_DOUBT, PLANS
from bot.domain.resuming import LATELY, is_too_late, next_number
from bot.events import Due
from bot.failing import NO_ANSWER
from bot.store.tables import PASSED_OVER, UNFINISHED, PartStatus, broadcast, delivery, event, lease, part

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_EPOCHS = 1_000_000  # more than can have passed since the backup
_COPIED, _AGAIN = "copied", "again:"


@dataclass(frozen=True, slots=True)
class Doubts:
    """What was asked for before `copied_at` and has not been sent may have been. What was written on an account before
    `again` may have been handled."""

    copied_at: datetime | None
    again: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Resumed:
    """`request` and `notice` are the numbers that come next. `again` messages go out that were on their way, and may
    have arrived; `late` copies of notices do not."""

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
    last = tx.connection.execute(select(func.max(delivery.c.created_at))).scalar()  # a moment after it had begun
    copied_at = max(made_at, last or made_at)
    _store_the_rest(tx, copied_at)
    late = _give_up_late_notices(tx, made_at)
    again = _doubt_what_is_on_its_way(tx)
    _drop_plans(tx)
    _tell_rooms(tx, made_at, request, notice)
    # Whoever still sleeps somewhere with a lease of before must not take it for one of now.
    tx.connection.execute(update(lease).values(epoch=lease.c.epoch + _EPOCHS, until=made_at))
    marks = {token: tx.now, _COPIED: copied_at} | {f"{_AGAIN}{account}": tx.now for account in telling_again}
    for what, at in marks.items():
        tx.connection.execute(tx.insert(event).values(subject=RESTORED, what=what, at=at))
    return Resumed(request, notice, again, late)


def doubts(tx: Transaction) -> Doubts:
    """What nobody can be sure of since the last restore, if there ever was one."""
    marks = select(event.c.what, func.max(event.c.at)).where(event.c.subject == RESTORED).group_by(event.c.what)
    found = dict(tx.connection.execute(marks).all())
    again = {what.removeprefix(_AGAIN): at for what, at in found.items() if what.startswith(_AGAIN)}
    return Doubts(found.get(_COPIED), again)


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
    following = next_number(last, int(lately), days, max(tx.now - made_at, timedelta()))
    if following > last + 1:
        row = {"subject": f"{letter}{following - 1}", "what": PASSED_OVER, "at": tx.now}
        tx.connection.execute(tx.insert(event).values(**row))
    return following


# --- what was planned ----------------------------------------------------------------------------------------------


def _drop_plans(tx: Transaction) -> None:
    """Notices whose time has come since: they have gone out, or were cancelled, or are for somebody to send now."""
    for plan in PLANS:
        for code in tx.schedule.overdue(plan):
            tx.schedule.cancel(plan, code)
            tx.schedule.at(tx.now, Due(PLAN_IN_DOUBT, code))


# --- what was on its way -------------------------------------------------------------------------------------------


def _store_the_rest(tx: Transaction, asked_at: datetime) -> None:
    """Of notices that were being stored piece by piece: what stands for itself can be given up, or doubted."""
    before = tx.connection.execute(select(func.max(delivery.c.id))).scalar()
    unfinished = select(broadcast.c.subject).where(broadcast.c.kind == "publish").distinct()
    for subject in tx.connection.execute(unfinished).scalars().all():
        while tx.broadcasts.go_on(subject):
            pass
    rest = update(delivery).where(delivery.c.id > (before or 0))
    tx.connection.execute(rest.values(created_at=asked_at))


def _give_up_late_notices(tx: Transaction, made_at: datetime) -> int:
    """Copies of notices that are too old, or hold no longer: their organisation is told that nobody knows of them."""
    rows = tx.connection.execute(_on_their_way().where(delivery.c.priority == Priority.NOTICE)).all()
    late = is_too_late(made_at, tx.now)
    gone = [row.id for row in rows if late or tx.notices.is_over(row.subject)]
    for id in gone:
        tx.lanes.fail(id, NO_ANSWER)
    return len(gone)


def _doubt_what_is_on_its_way(tx: Transaction) -> int:
    """Nobody can say whether it arrived after the backup. What nobody had planned by then is doubted when it is."""
    rows = tx.connection.execute(_on_their_way()).all()
    ahead = part.alias("ahead")
    first = ~exists().where(
        ahead.c.delivery_id == part.c.delivery_id,
        ahead.c.position < part.c.position,
        ahead.c.status != PartStatus.SENT,
    )
    waiting = part.c.delivery_id.in_(_on_their_way().with_only_columns(delivery.c.id))
    doubted = update(part).where(waiting, part.c.status == PartStatus.TODO, first)
    tx.connection.execute(doubted.values(status=PartStatus.SENDING))
    return len(rows)


def _on_their_way() -> Any:
    return select(delivery).where(
        delivery.c.kind == "say", delivery.c.status.in_(UNFINISHED), delivery.c.message_id.is_not(None)
    )
