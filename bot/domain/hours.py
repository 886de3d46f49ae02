"""When helpers can be reached: reading "Mon-Fri 09:00-18:00", and asking it about a moment."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.text.words import western_digits, without_marks

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MIDNIGHT = 24 * 60

_SPAN = re.compile(r"([A-Z][a-z]{2})(?: ?- ?([A-Z][a-z]{2}))? +([0-9]{1,2}):([0-9]{2}) ?- ?([0-9]{1,2}):([0-9]{2})")
_DASH = re.compile("[\u2010-\u2015\u2212]")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """On these days of the week (Monday is 0), from `opens` to `closes`, in minutes after midnight.

    A span that closes before it opens ends on the day after.
    """

    days: frozenset[int]
    opens: int
    closes: int

    def first_and_last(self) -> tuple[int, int]:
        """The days in the order in which they follow each other: from Saturday to Monday."""
        first = next((day for day in sorted(self.days) if (day - 1) % 7 not in self.days), 0)
        return first, (first + len(self.days) - 1) % 7


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours on the clock of one time zone. `text` is how they were written; on the dates `closed` nobody
    comes, whatever the day of the week."""

    text: str
    spans: tuple[OpenSpan, ...]
    zone: tzinfo
    closed: frozenset[date] = frozenset()

    def open_at(self, when: datetime) -> bool:
        first, last = next(self.periods(when))
        return first <= when < last

    def next_opening(self, after: datetime) -> datetime:
        """The first moment from `after` on that is within the hours, in UTC; `after` itself when that is one."""
        return next(self.periods(after))[0]

    def open_on(self, day: date) -> bool:
        """Whether somebody is there at any time of that day."""
        start, end = _moment(day, 0, self.zone), _moment(day + _DAY, 0, self.zone)
        return next(self.periods(start))[0] < end

    def periods(self, after: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of time within the hours from a moment on, in UTC, in order; no two overlap.

        Raises ValueError where there is none for too long: the hours never open.
        """
        day = after.astimezone(self.zone).date() - _DAY
        reached, patience = after.astimezone(UTC), self._patience()
        waited = 0
        while waited < patience:
            waited += 1
            for start, end in self._on(day):
                if end > reached:
                    yield max(start, reached), end
                    reached, waited = end, 0
            day += _DAY
        raise ValueError("these hours never open")

    def _on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The stretches that begin on a day. One that goes on after midnight ends there when the next day is closed."""
        if day in self.closed:
            return []
        end_of_day = MIDNIGHT if day + _DAY in self.closed else 2 * MIDNIGHT
        found = []
        for span in self.spans:
            if day.weekday() in span.days:
                closes = span.closes if span.closes > span.opens else span.closes + MIDNIGHT
                start, end = _moment(day, span.opens, self.zone), _moment(day, min(closes, end_of_day), self.zone)
                # The hour that a change to summer time skips can swallow a whole stretch.
                found += [(start, end)] if start < end else []
        return sorted(found)

    def _patience(self) -> int:
        """Days after which a stretch must have come: each closed date can put it off by a week."""
        return 16 + 7 * len(self.closed)


def parse_hours(text: str, zone: tzinfo, closed: Collection[date] = ()) -> Hours:
    """Read spans separated by commas, each "Mon-Fri 09:00-18:00" or "Sat 10:00-13:00".

    Raises ValueError with a sentence that quotes the part that was not understood.
    """
    return Hours(text, tuple(_span(part.strip()) for part in _plain(text).split(",")), zone, frozenset(closed))


def _plain(text: str) -> str:
    """As it would be typed on an English keyboard: telephones make long dashes and other blanks of what is typed, and
    Arabic ones have a comma and digits of their own."""
    return western_digits(without_marks(unicodedata.normalize("NFKC", _DASH.sub("-", text)).replace("،", ",")))


def next_time(times: Collection[time], zone: tzinfo, after: datetime) -> datetime:
    """The first moment later than `after` at which the zone's clocks show one of these times, in UTC."""
    day = after.astimezone(zone).date()
    moments = (_moment(day + n * _DAY, at.hour * 60 + at.minute, zone) for n in range(3) for at in times)
    return min(moment for moment in moments if moment > after)


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
    """So many minutes after midnight on the zone's clocks; from 24:00 on it is the next day."""
    later, minutes = divmod(minutes, MIDNIGHT)
    there = datetime.combine(day + later * _DAY, time(minutes // 60, minutes % 60), zone)
    return there.astimezone(UTC)
