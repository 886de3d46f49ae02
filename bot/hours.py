"""When helpers can be reached: reading "Mon-Fri 09:00-18:00", and asking it about a moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MIDNIGHT = 24 * 60

_SPAN = re.compile(r"([A-Z][a-z]{2})(?: ?- ?([A-Z][a-z]{2}))? +([0-9]{1,2}):([0-9]{2}) ?- ?([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """On these days of the week (Monday is 0), from `opens` to `closes`, in minutes after midnight.

    A span that closes before it opens ends on the day after.
    """

    days: frozenset[int]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours on the clock of one time zone. `text` is how the operator wrote them."""

    text: str
    spans: tuple[OpenSpan, ...]
    zone: tzinfo

    def open_at(self, when: datetime) -> bool:
        local = when.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        today, yesterday = local.weekday(), (local.weekday() - 1) % 7
        return any(
            (today in span.days and span.opens <= minute < span.closes)
            if span.opens < span.closes
            else (today in span.days and span.opens <= minute) or (yesterday in span.days and minute < span.closes)
            for span in self.spans
        )

    def next_opening(self, after: datetime) -> datetime:
        """The first moment from `after` on that is within the hours, in UTC; `after` itself when that is one."""
        if self.open_at(after):
            return after.astimezone(UTC)
        first = after.astimezone(self.zone).date()
        for day in (first + timedelta(days=n) for n in range(15)):
            starts = (_moment(day, s.opens, self.zone) for s in self.spans if day.weekday() in s.days)
            # A start may fall into the hour that a change to summer time skips: then it counts only if still open.
            later = [start for start in starts if start > after and self.open_at(start)]
            if later:
                return min(later)
        raise ValueError("these hours never open")


def parse_hours(text: str, zone: tzinfo) -> Hours:
    """Read spans separated by commas, each "Mon-Fri 09:00-18:00" or "Sat 10:00-13:00".

    Raises ValueError with a sentence that quotes the part that was not understood.
    """
    return Hours(text, tuple(_span(part.strip()) for part in text.split(",")), zone)


def _span(text: str) -> OpenSpan:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is not a time span')
    first, last, *clock = found.groups()
    for day in (first, last or first):
        if day not in DAYS:
            raise ValueError(f'"{day}" in "{text}" is not a day; the days are {", ".join(DAYS)}')
    opens, closes = _minutes(clock[0], clock[1]), _minutes(clock[2], clock[3])
    if opens is None or closes is None or opens in (closes, MIDNIGHT):
        raise ValueError(f'"{text}" has no valid times; they run from 00:00 to 24:00')
    start = DAYS.index(first)
    length = (DAYS.index(last or first) - start) % 7
    return OpenSpan(frozenset((start + n) % 7 for n in range(length + 1)), opens, closes)


def _minutes(hours: str, minutes: str) -> int | None:
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= MIDNIGHT else None


def _moment(day: date, minutes: int, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone).astimezone(UTC)
