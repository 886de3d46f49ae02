"""Who has answered whom: when two helpers' words collide, and when a note was likely meant for the member. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

AT_ONCE = timedelta(minutes=2)
"""Whoever answers so soon after somebody else cannot have seen it."""

BURST = timedelta(minutes=5)
"""Notes that follow each other faster are one train of thought: a word about the first of them is enough."""


class Said(Protocol):
    """A line of a request's conversation; `author` is member, coordinator (an answer) or note."""

    @property
    def author(self) -> str: ...
    @property
    def person(self) -> int | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


Line = TypeVar("Line", bound=Said)


def _answers(lines: Sequence[Line]) -> list[Line]:
    """What the member has been told, and not been told to forget."""
    return [line for line in lines if line.author == "coordinator" and line.withdrawn_at is None]


def just_answered(lines: Sequence[Said], person: int, now: datetime) -> int | None:
    """Another helper whose answer is so fresh that this one cannot have seen it."""
    others = [line.person for line in _answers(lines) if line.person != person and now - line.at <= AT_ONCE]
    return next((other for other in reversed(others) if other is not None), None)


def has_answered(lines: Sequence[Said], person: int, since: datetime | None = None) -> bool:
    return any(line.person == person and (since is None or line.at >= since) for line in _answers(lines))


def last_answer(lines: Sequence[Line], person: int) -> Line | None:
    """What this helper told the member last."""
    return next((line for line in reversed(_answers(lines)) if line.person == person), None)


def is_answered(lines: Sequence[Said]) -> bool:
    """Whether an answer stands after the member's last words."""
    said = [line for line in lines if line.author == "member" or line in _answers(lines)]
    return bool(said) and said[-1].author == "coordinator"


def begins_a_burst(lines: Sequence[Said], person: int, now: datetime) -> bool:
    """Whether a note written now is this helper's first about the member's last words, or the first in a while."""
    for line in reversed(lines):
        if line.author == "member" or now - line.at > BURST:
            return True
        if line.author == "note" and line.person == person:
            return False
    return True
