"""The dates in digits that a text has: 12/03, 2026-03-12, 12.3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from bot.translation.gate.daynames import JANUARY

_IN_DIGITS = regex.compile(
    r"(?<![\w/.-])(?:(?P<year>(?:19|20)\d\d)-(?P<second>[01]?\d)-(?P<first>[0-3]?\d)"
    r"|(?P<first>[0-3]?\d)(?:/(?P<second>[0-3]?\d)(?:/(?:20)?\d\d)?|(?P<between>[.-])(?P<second>[0-3]?\d)(?P=between)(?:20)?\d\d"
    r"|\.(?P<second>[01]?\d)\.(?!\d)|-(?P<second>0\d|1[0-2])))(?![\w/-]|[.]\d)"
)
_MONTH_FIRST = frozenset(("en", "so"))
"""Where 12/03 may be the third of December."""


@dataclass(frozen=True, slots=True)
class InDigits:
    """A date in digits, at `start`..`end`: what it says first and second (the day and the month, as most people write),
    and where each of them stands. Not `sure`: the first may be the month."""

    start: int
    end: int
    first: int
    second: int
    places: tuple[tuple[int, int], tuple[int, int]]
    sure: bool

    def months(self) -> Iterator[tuple[int, tuple[int, int]]]:
        """The months that it may tell (January is 101), the likelier first, each with where it stands."""
        if 1 <= self.second <= 12:
            yield JANUARY - 1 + self.second, self.places[1]
        if 1 <= self.first <= 12 and (self.second > 12 or not self.sure):
            yield JANUARY - 1 + self.first, self.places[0]


def dates_in_digits(text: str, language: str) -> list[InDigits]:
    """The dates in a text with Western digits, in order; among them 1/2, which may be a half."""
    found = []
    for match in _IN_DIGITS.finditer(text):
        first, second = int(match["first"]), int(match["second"])
        sure = bool(match["year"]) or language not in _MONTH_FIRST or max(first, second) > 12 or first == second
        places = (match.span("first"), match.span("second"))
        found.append(InDigits(*match.span(), first, second, places, sure))
    return found
