"""When a notice is to go out, as a publisher types it: `18:00`, `at 2026-12-01 9:00`, `om 24/12 14u30`. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.domain.templates import coming, read_date
from bot.text.clocktimes import times
from bot.text.words import western_digits, without_marks

_DATE = re.compile(r"\b(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([/.-])\d{1,2}\1\d{4}|(\d{1,2})/(\d{1,2}))\b(?![/:.]\d)")
_LITTLE = frozenset(
    ("at", "on", "om", "op", "um", "am", "à", "a", "le", "às", "as", "em", "no", "dia", "saat", "saatte", "günü", "في")
) | {"الساعة", "ساعة", "el", "las", "la", "ora", "o", "в", "о", "alle", "il"}
"""Words that people put before a day or a time. Any other word may mean something that we do not understand."""
_FARTHEST = timedelta(days=366)


class MomentError(Exception):
    """`reason` is a catalogue key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_moment(words: str, now: datetime, zone: tzinfo) -> datetime:
    """The moment meant, in UTC, by the clocks of the zone. A time that has passed today is tomorrow's.

    Raises MomentError for what is not understood, is over, or is more than a year away.
    """
    typed = western_digits(without_marks(unicodedata.normalize("NFKC", words)))
    day, rest = _day(typed, now.astimezone(zone).date())
    found = times(rest)
    if len(found) != 1 or not _means_nothing(rest[: found[0].start] + " " + rest[found[0].end :]):
        raise MomentError("when-unclear")
    clock = time(*divmod(found[0].minutes, 60))
    here = now.astimezone(zone).date()
    moment = _moment(day or here, clock, zone)
    if moment <= now and day is None:
        moment = _moment(here + timedelta(days=1), clock, zone)
    if moment <= now:
        raise MomentError("when-over")
    if moment > now + _FARTHEST:
        raise MomentError("when-far")
    return moment


def end_of(day: date, zone: tzinfo) -> datetime:
    """The moment, in UTC, when that day is over by the clocks of the zone."""
    return _moment(day + timedelta(days=1), time(), zone)


def _day(typed: str, today: date) -> tuple[date | None, str]:
    """The day that is named, if one is, and the words without it. Without a year, the next such day."""
    match = _DATE.search(typed)
    if match is None:
        return None, typed
    rest = typed[: match.start()] + " " + typed[match.end() :]
    try:
        if match[2] is None:
            return read_date(match[0]), rest
        return coming(int(match[2]), int(match[3]), today), rest
    except ValueError:
        raise MomentError("when-unclear") from None


def _means_nothing(rest: str) -> bool:
    return all(word.lower() in _LITTLE for word in re.split(r"[\s.,;:]+", rest) if word)


def _moment(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
