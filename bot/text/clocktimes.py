"""Reading clock times as people write them in many languages: 14:00, 14u30, 14h30, 2 pm, 2 da tarde."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import regex


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day found at `start`..`end`. `halved`: it was told with morning or afternoon. `either`: by a clock of
    twelve hours, without them."""

    start: int
    end: int
    minutes: int
    halved: bool
    either: bool = False

    def same(self, other: Time) -> bool:
        return (self.minutes - other.minutes) % (720 if self.either or other.either else 1440) == 0


_MORNING = (
    r"a\.?\s?m\b\.?|in the morning|du matin|(?:'s|’s) ?(?:ochtends|morgens)|da manhã|de la mañana|sabah\w*"
    r"|صباحا?ً?|ص(?!\w)"
)
_AFTERNOON = (
    r"p\.?\s?m\b\.?|in the (?:afternoon|evening)|at night|de l['’]après-midi|du soir"
    r"|(?:'s|’s) ?(?:middags|avonds|namiddags)|da (?:tarde|noite)|de la (?:tarde|noche)|öğleden sonra|akşam\w*"
    r"|بعد الظهر|ظهرا?ً?|مساءً?|عصرا?ً?|م(?!\w)"
)
_NOON_WORDS = r"(?:\s?(?:heures|heure|uur|horas|hora|o['’]clock))?"
_HALF = rf"(?:{_NOON_WORDS}\s?(?:(?P<am>{_MORNING})|(?P<pm>{_AFTERNOON})))"
# Not \d in what is read: `regex` knows digits that Python does not know yet, and int() falls over them.
_CLOCK = (
    r"(?<![\p{Latin}\d.,:])(?:"  # in Arabic "and", "at" and "until" are written on to the number
    rf"(?P<h>[01]?[0-9]|2[0-4])\s?[:uhUH]\s?(?P<m>[0-5][0-9])(?::[0-5]\d)?(?![\d]){_HALF}?"
    rf"|(?P<h>[01]?[0-9]|2[0-4])[.](?P<m>[0-5][0-9])(?:\s?(?:uur|Uhr|h)\b|(?=\s?{_HALF})){_HALF}?"
    rf"|(?P<h>[01]?[0-9]|2[0-4])\s?[uhUH](?!\w){_HALF}?"
    rf"|(?P<h>0?[0-9]|1[0-2]){_HALF}"
    rf"|(?P<half>half past|half|halb)\s(?P<h>[1-9]|1[0-2])(?!\d|[.,:/-]\d){_HALF}?"
    r")"
)
_HALF_BEFORE = ("nl", "de")
"""Where "half 9" is half past eight; in English it is half past nine."""
_HALF_OF_DAY = (
    rf"{_MORNING}|{_AFTERNOON}|\b(?:morning|afternoon|evening|noon|matin|après-midi|soir|midi|ochtend|middag|avond"
    r"|manhã|tarde|noite|mañana|noche|sabah|öğle|akşam|صباح|الظهر|مساء)"
)


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    """Not at every start, of which it would take a fiftieth."""
    return regex.compile(pattern, regex.IGNORECASE)


def times(text: str, language: str = "") -> list[Time]:
    """The times of day in a text with Western digits, in order. What "half 9" is, only the language can tell."""
    found = []
    for match in _compiled(_CLOCK).finditer(text):
        if match["half"] and not language:
            continue
        hour, minute = int(match["h"]), int(match["m"] or 0)
        if match["pm"] and hour < 12:
            hour += 12
        elif match["am"] and hour == 12:
            hour = 0
        if match["half"]:
            minute = -30 if language in _HALF_BEFORE else 30
        halved = bool(match["am"] or match["pm"])
        either = bool(match["half"]) and not halved
        found.append(Time(match.start(), match.end(), (hour * 60 + minute) % 1440, halved, either))
    return found


def explained(time: Time, text: str) -> list[tuple[int, int]] | None:
    """Where plain numbers in the text say that time ("14 horas", "saat 14.30", "the 2 in the afternoon")."""
    hour, minute = divmod(time.minutes, 60)
    hours = {hour, 24} if hour == 0 else {hour}
    if time.either:
        hours |= {(hour + 12) % 24}
    if time.halved or _compiled(_HALF_OF_DAY).search(text):
        hours |= {(hour - 1) % 12 + 1}
    for value in sorted(hours, reverse=True):
        if minute:
            pattern = rf"(?<!\d)0?{value}(?:[.,:٫]|\D{{1,12}}?){minute:02}(?!\d)"
        else:
            pattern = rf"(?<![\d])0?{value}(?:[.:]00)?(?![\d]|[.,]\d)"
        found = regex.search(pattern, text)
        if found:
            return [found.span()]
    return None
