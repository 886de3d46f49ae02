"""Counting what is open, by what may be told of it: numbers, codes, languages, and areas that several share. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.requests import Request, RequestState

ENOUGH = 3
"""So many must live in an area before it is named: one family in a small place is easily recognised."""


@dataclass(frozen=True, slots=True)
class Overview:
    """`areas` are texts that name one, each with how many requests come from there; `elsewhere` counts all others."""

    open: int
    oldest: Request | None
    unanswered: int
    unclaimed: int
    languages: tuple[tuple[str, int], ...]
    areas: tuple[tuple[int, int], ...]
    elsewhere: int


def overview(requests: Sequence[Request], areas: Mapping[int, str]) -> Overview:
    """Count what is not closed. `areas`: how each area's text is compared, by its id."""
    open = [request for request in requests if request.state is not RequestState.CLOSED]
    known = [request.area for request in open if request.area is not None and areas.get(request.area)]
    named = {name: n for name, n in Counter(areas[text] for text in known).most_common() if n >= ENOUGH}
    texts = {areas[text]: text for text in known}
    return Overview(
        open=len(open),
        oldest=min(open, key=lambda request: request.created_at, default=None),
        unanswered=sum(request.unanswered for request in open),
        unclaimed=sum(request.state is RequestState.OPEN for request in open),
        languages=tuple(Counter(request.language for request in open).most_common()),
        areas=tuple((texts[name], number) for name, number in named.items()),
        elsewhere=len(open) - sum(named.values()),
    )
