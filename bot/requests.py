"""Requests: a member's call for help, its states and its transitions. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class RequestState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Request:
    """`chat` is the member's private chat. `reach` (how to reach the one it is for) and `area` are texts, in the
    member's words. Ids are the store's."""

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

    @property
    def code(self) -> str:
        return f"K{self.number}"


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


def close(request: Request, outcome: str | None, at: datetime) -> Request:
    if request.state is RequestState.CLOSED:
        raise TransitionError("request-is-closed")
    return replace(request, state=RequestState.CLOSED, outcome=outcome, closed_at=at, unanswered=False)


def reopen(request: Request) -> Request:
    if request.state is not RequestState.CLOSED:
        raise TransitionError("request-is-not-closed")
    state = RequestState.CLAIMED if request.claimed_by is not None else RequestState.OPEN
    return replace(request, state=state, outcome=None, closed_at=None)


def heard(request: Request, at: datetime) -> Request:
    """The member has written: it is unanswered again, and a closed request opens."""
    if request.state is RequestState.CLOSED:
        request = reopen(request)
    return replace(request, heard_at=at, unanswered=True)


def answered(request: Request) -> Request:
    return replace(request, unanswered=False)
