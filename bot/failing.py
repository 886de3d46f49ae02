"""What a failed send means for its delivery: again, elsewhere, or never. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace as changed

from bot.model import Text
from bot.outgoing import OpenPrivate, OpenTopic, Outgoing, SendFile, SendText
from bot.ports import Closed, Gone, Moved, NotSent, SendError, Unknown

NO_ANSWER = "no answer from the network"
"""Why a delivery is given up that may have arrived all the same."""
ANOTHER_ROLE = "the chat has another role now"
"""Why what was meant for whoever was in a chat is not said there any more."""
MAX_RESENDS = 5  # of a message that may have arrived already, where a repetition is seen by people
MAX_KNOCKS = 288  # on a closed chat: a day of five minutes each
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
RESEND_WAITS = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 25, 125, 300))
"""Before each of them: the first is for a connection that broke, the last outlive an outage of some minutes."""

Failed = Callable[[str, str, SendError], None]
"""Hears of each failed send: the account, the kind of delivery, what was raised."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It was not sent: send it at `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Resend:
    """It may have been sent: send it again at `at`, recognisably where repeating it shows."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    to: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will not be sent. `gone`: nothing will be, to this chat."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Knock:
    """A group takes nothing now: try again at `at`. Anywhere else it is out of reach, and somebody must hear of it."""

    at: datetime
    reason: str


Decision = Retry | Resend | Move | GiveUp | Knock


def backoff(attempt: int) -> timedelta:
    """1 s, 2 s, 4 s, … at most 5 min; `attempt` counts from 1."""
    return min(FIRST_WAIT * (1 << min(attempt - 1, 16)), LONGEST_WAIT)


def after_failure(
    failure: SendError, attempt: int, resends: int, repeatable: bool, now: datetime, most: int = MAX_RESENDS
) -> Decision:
    """What a failed send means for its delivery.

    `attempt` counts from 1; `resends` counts how often it was said again already, and `most` how often it may be;
    `repeatable`: doing it twice has the effect of once. Waits grow from 1 s to 5 min unless the network named one.
    """
    match failure:
        case NotSent():
            # The pacing keeps to what the network named, however long that is.
            return Retry(now + min(failure.retry_after or backoff(attempt), LONGEST_WAIT))
        case Moved():
            return Move(failure.to)
        case Unknown():
            if repeatable:
                return Resend(now + backoff(attempt))
            return Resend(now + RESEND_WAITS[resends]) if resends < most else GiveUp(NO_ANSWER)
        case Closed() if attempt < MAX_KNOCKS:
            return Knock(now + LONGEST_WAIT, str(failure))  # no network says when it opens
        case Closed() | Gone():
            return GiveUp(str(failure), gone=True)
        case _:
            return GiveUp(str(failure))


def is_repeatable(action: Outgoing, idempotent: bool) -> bool:
    """Whether doing it twice leaves the chat as if it were done once."""
    if isinstance(action, OpenPrivate):
        return False  # no network has transactions for it: what was done is looked for, and found late or not at all
    return idempotent or not isinstance(action, (SendText, SendFile, OpenTopic))


def most_resends(action: Outgoing) -> int:
    """How often it is done again when it may have been done already, and would be seen twice."""
    return 0 if isinstance(action, OpenTopic) else MAX_RESENDS


def marked(action: Outgoing, subject: str) -> Outgoing:
    """A message said again, recognisable as such by its reader."""
    mark = f"↻ {subject}\n" if subject else "↻ "
    match action:
        case SendText():
            return changed(action, text=Text(mark) + action.text)
        case SendFile():
            return changed(action, caption=Text(mark) + action.caption)
        case _:
            return action
