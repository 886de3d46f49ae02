"""When somebody is there: told to members, set in rooms with `hours`, and the clock that waiting runs on."""

from __future__ import annotations

from datetime import datetime

from bot.content import OpenHours, Sentence, Weekday, say
from bot.domain.chats import KnownChat
from bot.domain.hours import Hours, next_time, parse_hours
from bot.domain.requests import Request
from bot.domain.waiting import ALWAYS, after_open
from bot.events import Due
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.rooms import tell
from handlers.situation import Actions, Situation

SILENCE = "silence"
"""The timer of what is due because somebody waits."""

DIGEST = "digest"
"""The timer of the overview at set hours."""

_DEFAULT = "default"


def stated(tx: Transaction, room: KnownChat | None) -> Hours | None:
    """The room's own hours, else the operator's; None where nobody has said."""
    text = (room and room.hours) or tx.policy.hours
    return parse_hours(text, tx.policy.zone, tx.policy.closed) if text else None


def counted(tx: Transaction, room: KnownChat | None) -> Hours:
    """The hours in which waiting counts: without any, always."""
    return stated(tx, room) or ALWAYS


# --- what members are told -------------------------------------------------------------------------------------------


def told(tx: Transaction) -> list[Sentence]:
    """For the first screen: the hours, and when somebody reads again if nobody does now."""
    hours = stated(tx, tx.chats.coordination_room())
    if hours is None:
        return []
    lines = [say("first-hours", hours=OpenHours(hours.text))]
    return lines if hours.open_at(tx.now) else [*lines, nobody_now(tx, hours.next_opening(tx.now))]


def closed_until(tx: Transaction) -> datetime | None:
    """When somebody is there again; None when somebody is there now, or nobody has said when."""
    hours = stated(tx, tx.chats.coordination_room())
    return None if hours is None or hours.open_at(tx.now) else hours.next_opening(tx.now)


def nobody_now(tx: Transaction, until: datetime) -> Sentence:
    return say("nobody-now", when=when(until, tx))


def closed_name(tx: Transaction, request: Request) -> str | None:
    """What the message is called that tells a member that nobody is there: one for each request and closed time."""
    until = closed_until(tx)
    return None if until is None else f"{request.code}/closed/{int(until.timestamp())}"


def once_closed(tx: Transaction, request: Request) -> tuple[str | None, list[Sentence]]:
    """Outside the hours: what to add to what a member is told, unless they know it, and what to call that message."""
    until, name = closed_until(tx), closed_name(tx, request)
    if until is None or name is None or tx.deliveries.named(request.chat, name) is not None:
        return None, []
    return name, [nobody_now(tx, until)]


def when(at: datetime, tx: Transaction) -> Sentence:
    """A moment to come, as one says it: tomorrow, on Monday. The day is named too, for whoever reads it later."""
    there = at.astimezone(tx.policy.zone)
    ahead = (there.date() - tx.today).days
    if ahead > 6:
        return say("opens-on", day=Weekday(there.weekday()), date=there.date(), time=there.time())
    key = {0: "opens-today", 1: "opens-tomorrow"}.get(ahead, "opens-weekday")
    return say(key, day=Weekday(there.weekday()), time=there.time())


# --- `hours` ---------------------------------------------------------------------------------------------------------


def hours(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`hours`: when somebody is in this room; `hours Mon-Fri 09:00-18:00` says so, `hours default` takes it back."""
    typed = " ".join(where.argument.split())
    if not typed:
        return tell(event, where, *_shown(tx, where.chat))
    if typed.lower() == _DEFAULT:
        return _set(event, where, tx, None)
    try:
        new = parse_hours(typed.title(), tx.policy.zone, tx.policy.closed)
        new.next_opening(tx.now)
    except ValueError:
        return tell(event, where, say("hours-how", example="!hours Mon-Fri 09:00-18:00, Sat 10:00-12:30"))
    return _set(event, where, tx, new.text)


def _set(event: Message, where: Situation, tx: Transaction, text: str | None) -> Actions:
    tx.chats.set_hours(where.chat.id, text)
    if tx.chats.coordination_room() is not None:
        tx.schedule.no_later(tx.now, Due(SILENCE))  # what was planned by the old hours is planned again
    return tell(event, where, *_shown(tx, tx.chats.get(where.chat.id)))


def _shown(tx: Transaction, room: KnownChat) -> list[Sentence]:
    now = stated(tx, room)
    if now is None:
        return [say("hours-none"), say("hours-how", example="!hours Mon-Fri 09:00-18:00")]
    said = [say("hours-own" if room.hours else "hours-default", hours=OpenHours(now.text))]
    return [*said, say("hours-back", command=f"!hours {_DEFAULT}")] if room.hours and tx.policy.hours else said


# --- the timers ------------------------------------------------------------------------------------------------------


def watch(tx: Transaction, room: KnownChat) -> None:
    """Something about a request has changed: look in time whether somebody waits too long, and tell of the day."""
    soonest = after_open(counted(tx, room), tx.now, tx.policy.patience.soonest)
    tx.schedule.no_later(soonest, Due(SILENCE))
    plan_digest(tx)


def plan_digest(tx: Transaction) -> None:
    if tx.policy.digest_at:
        tx.schedule.no_later(next_time(tx.policy.digest_at, tx.policy.zone, tx.now), Due(DIGEST, calendar=True))
