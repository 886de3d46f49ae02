"""How long somebody has waited, in hours in which somebody could have answered, and what is due because of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.hours import Hours, parse_hours
from bot.domain.requests import Request, RequestState

ALWAYS = parse_hours("Mon-Sun 00:00-24:00", UTC)
"""Where no hours are stated."""

ONE_DAY = timedelta(days=1)


def after_open(hours: Hours, since: datetime, wait: timedelta) -> datetime:
    """The first moment at which so much time within the hours has passed since `since`, in UTC."""
    left = wait
    if left <= timedelta():
        return since.astimezone(UTC)
    for start, end in hours.periods(since):
        if end - start >= left:
            return start + left
        left -= end - start
    raise AssertionError("periods never end")


@dataclass(frozen=True, slots=True)
class Patience:
    """How much time within the hours may pass: `remind` until the coordination room is told of a request that nobody
    has claimed, `escalate` until other rooms are, `lapse` until a claim that brings no answer ends."""

    remind: timedelta = timedelta(minutes=30)
    escalate: timedelta = timedelta(minutes=120)
    lapse: timedelta = timedelta(minutes=240)

    @property
    def soonest(self) -> timedelta:
        return min(self.remind, self.escalate, self.lapse / 2)


class Step(StrEnum):
    """What is done about somebody who waits. The values are what the request's history calls them."""

    REMIND = "reminded"
    NUDGE = "nudged"  # whoever has claimed it is told
    LAPSE = "lapsed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose member waits for an answer `since` then. `counted`: since when it is nobody's, or this helper's.

    `last` is when each thing happened to it last, by its name in the history.
    """

    claimed: bool
    since: datetime
    counted: datetime
    last: Mapping[str, datetime] = field(default_factory=dict)

    def done(self, step: str) -> datetime | None:
        """When a step was taken, in this turn."""
        at = self.last.get(step)
        return at if at is not None and at >= self.counted else None


_TURNS = {
    RequestState.OPEN: ("created", "reopened", "released", "lapsed"),
    RequestState.CLAIMED: ("claimed", "reopened"),
}


def waiting(request: Request, last: Mapping[str, datetime]) -> Waiting | None:
    """What there is to know of a request whose member waits; None where nobody waits for anything.

    `last`: when each thing happened to it last, by its name in the history.
    """
    if request.state is RequestState.CLOSED or not request.unanswered:
        return None
    since = request.waits_since or request.heard_at
    turns = [last[what] for what in _TURNS[request.state] if what in last]
    return Waiting(request.state is RequestState.CLAIMED, since, max([since, *turns]), last)


def due(case: Waiting, patience: Patience, hours: Hours) -> tuple[Step, datetime] | None:
    """What is to be said next in the coordination room about somebody who waits, and when; it lies within the hours.

    Nobody is reminded twice in one turn.
    """
    if not case.claimed and case.done(Step.REMIND) is None:
        step, at = Step.REMIND, after_open(hours, case.counted, patience.remind)
    elif case.claimed and (nudged := case.done(Step.NUDGE)) is None:
        step, at = Step.NUDGE, after_open(hours, case.counted, patience.lapse / 2)
    elif case.claimed and nudged is not None:
        # After an outage the reminder may have come late: there is the same time to answer all the same.
        step, at = Step.LAPSE, after_open(hours, nudged, patience.lapse / 2)
    else:
        return None
    return step, hours.next_opening(at)


def ask_at(case: Waiting, room: int, patience: Patience, hours: Hours, theirs: Hours) -> datetime | None:
    """When another room is asked for help with a request that nobody has claimed: within its own hours, once a day."""
    if case.claimed:
        return None
    at = after_open(hours, case.counted, patience.escalate)
    last = case.last.get(asked(room))
    return theirs.next_opening(at if last is None else max(at, last + ONE_DAY))


def asked(room: int) -> str:
    """What a request's history calls it that this room was asked for help."""
    return f"asked:{room}"
