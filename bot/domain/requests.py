"""Requests: a member's call for help, its states and its transitions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

CATEGORIES = ("food", "shelter", "health", "violence", "papers", "money", "talk", "other")
SENSITIVE = ("violence", "papers", "talk")
"""What is written about these stands in the thread alone, not on lock screens; the operator can choose others."""
FOR_WHOM = ("me", "other")
ANSWER_BY = ("chat", "call")
OUTCOMES = ("helped", "referred", "no-contact", "not-possible", "other")

RECENT = timedelta(days=1)
"""After a longer silence nobody can be sure what new words are about."""


class RequestState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Request:
    """`chat` is the member's private chat, `language` what they are answered in, however the phone is used meanwhile.
    `reach` (how to reach the one it is for) and `area` are texts, in the member's words. Ids are the store's."""

    id: int
    number: int
    chat: int
    person: int | None
    state: RequestState
    language: str
    language_missing: bool
    category: str | None
    for_whom: str | None
    reach: int | None
    area: int | None
    answer_by: str | None
    claimed_by: int | None
    unanswered: bool
    outcome: str | None
    created_at: datetime
    heard_at: datetime
    closed_at: datetime | None
    waits_since: datetime | None = None  # the member's first message that nobody has answered
    notice: int | None = None  # asked about, its id
    phone: int | None = None  # a number to call, as a text: for whoever has claimed it, and nobody else

    @property
    def code(self) -> str:
        return f"K{self.number}"

    def speaks(self, language: str, missing: bool) -> Request:
        """The member has chosen a language; `missing`: theirs is not among ours."""
        return replace(self, language=language, language_missing=missing)


class TransitionError(Exception):
    """The request is not in a state for this; `reason` is a catalogue key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def claim(request: Request, person: int) -> Request:
    """Somebody takes care of it. Raises TransitionError when somebody else does, or it is closed."""
    if request.state is RequestState.CLOSED:
        raise TransitionError("request-is-closed")
    if request.claimed_by is not None and request.claimed_by != person:
        raise TransitionError("request-is-claimed")
    return replace(request, state=RequestState.CLAIMED, claimed_by=person)


def release(request: Request) -> Request:
    if request.state is not RequestState.CLAIMED:
        raise TransitionError("request-is-not-claimed")
    return replace(request, state=RequestState.OPEN, claimed_by=None)


def deserted(request: Request) -> Request:
    """Whoever looked after it is gone: it is nobody's, also when it is closed and opened again."""
    state = RequestState.OPEN if request.state is RequestState.CLAIMED else request.state
    return replace(request, state=state, claimed_by=None)


def close(request: Request, outcome: str | None, at: datetime) -> Request:
    if request.state is RequestState.CLOSED:
        raise TransitionError("request-is-closed")
    return replace(
        request, state=RequestState.CLOSED, outcome=outcome, closed_at=at, unanswered=False, waits_since=None
    )


def reopen(request: Request) -> Request:
    if request.state is not RequestState.CLOSED:
        raise TransitionError("request-is-not-closed")
    state = RequestState.CLAIMED if request.claimed_by is not None else RequestState.OPEN
    return replace(request, state=state, outcome=None, closed_at=None)


def heard(request: Request, at: datetime) -> Request:
    """The member has written: it is unanswered again, and a closed request opens."""
    if request.state is RequestState.CLOSED:
        request = reopen(request)
    since = request.waits_since if request.unanswered else None
    return replace(request, heard_at=at, unanswered=True, waits_since=since or at)


def answered(request: Request) -> Request:
    return replace(request, unanswered=False, waits_since=None)


def answer_taken_back(request: Request, others: bool) -> Request:
    """An answer is gone, and with it the answer the member was given, unless there are `others`."""
    if others or request.state is RequestState.CLOSED:
        return request
    return replace(request, unanswered=True, waits_since=request.waits_since or request.heard_at)


# --- which request words are about -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Continues:
    """The words go on with this request."""

    request: Request


@dataclass(frozen=True, slots=True)
class Unclear:
    """The words may go on with one of these requests, or be about something new: only the member knows."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Begins:
    """The words are about something new."""


def meant(
    requests: Sequence[Request], last_said: Mapping[int, datetime], now: datetime, spoken: Request | None = None
) -> Continues | Unclear | Begins:
    """What a member's words are about, who has made these requests. `last_said`: when anybody last spoke in each;
    `spoken`: the one that the bot spoke of last, if any: words are never taken for another's unasked."""
    open = tuple(request for request in requests if request.state is not RequestState.CLOSED)
    recent = [request for request in requests if now - last_said.get(request.id, request.heard_at) <= RECENT]
    if open and spoken is not None and spoken not in open:
        return Unclear((*open, spoken))  # it was closed since: that may be what they answer
    if open:
        return Continues(open[0]) if len(open) == 1 and open[0] in recent else Unclear(open)
    closed_lately = [r for r in requests if r in recent or (r.closed_at is not None and now - r.closed_at <= RECENT)]
    return Continues(requests[0]) if len(requests) == 1 and closed_lately else Begins()
