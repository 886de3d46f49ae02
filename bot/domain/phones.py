"""A telephone number in what somebody wrote, in whatever digits and with whatever between them. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from msgspec.structs import replace as changed

from bot.files.kinds import places
from bot.model import Text
from bot.text.words import has_words

_FEWEST, _MOST = 7, 15  # digits; at most 15 with the country, says ITU-T E.164
_SAME = 8
"""Digits at the end that make two numbers the same, with the country's before them or without."""

_LIKE_A_NUMBER = re.compile(r"\+?\(?\d(?:[\s()./\u2010-\u2015-]{0,3}\d)+")

_DOTS = re.compile(rf"•(?:[\s()./\u2010-\u2015-]{{0,3}}•){{{_FEWEST - 1},}}")
_BETWEEN = re.compile(
    r"[\s()./\u2010-\u2015-]*(?:\n|\s/|/\s)[\s()./\u2010-\u2015-]*|[\s()./\u2010-\u2015-]+(?=\(?[0٠۰])"
)
"""What may stand between two numbers: the end of a line, a stroke, anything before the nought of the next."""
_WHOLE = 9  # digits that a national number has at least
_FARTHEST = 61  # characters that the most digits take


def find(words: str) -> tuple[int, int] | None:
    """Where the first telephone number stands; None where there is none."""
    return next(iter(_all(words)), None)


def numbers(words: str) -> str:
    """All telephone numbers in it, and nothing else; empty where there is none."""
    return ", ".join(words[start:end] for start, end in _all(words))


def is_hidden(words: str) -> bool:
    """Whether a number stood here that is dots now (see `masked`)."""
    return _DOTS.search(words) is not None


def is_number(words: str) -> bool:
    """Whether there is a telephone number, or several, and nothing else."""
    found = _all(words)
    for start, end in reversed(found):
        words = words[:start] + words[end:]
    return bool(found) and not has_words(words)


def masked(text: Text, number: str) -> Text:
    """The text with every digit of this number as a dot; `number` may stand among other words, or be several."""
    known = {_digits(number[start:end])[-_SAME:] for start, end in _all(number)}
    if not known:
        return text
    plain = text.plain
    for start, end in _all(plain):
        if _digits(plain[start:end])[-_SAME:] in known:
            dots = "".join("•" if character.isdecimal() else character for character in plain[start:end])
            plain = plain[:start] + dots + plain[end:]
    return text if plain == text.plain else changed(text, plain=plain)


def _all(words: str) -> list[tuple[int, int]]:
    for start, end in places(words):  # degrees are as long as a number, and none
        words = f"{words[:start]}{'x' * (end - start)}{words[end:]}"
    found = (span for match in _LIKE_A_NUMBER.finditer(words) for span in _apart(words, *match.span()))
    return [(start, end) for start, end in found if _FEWEST <= len(_digits(words[start:end])) <= _MOST]


def _apart(words: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What is too long for one number is often two, of which none may be seen."""
    while end - start > _FARTHEST or len(_digits(words[start:end])) > _MOST:
        near = _BETWEEN.finditer(words, start, min(end, start + _FARTHEST))
        cut = next((one for one in near if _WHOLE <= len(_digits(words[start : one.start()])) <= _MOST), None)
        if cut is None:
            break
        yield start, cut.start()
        start = cut.end()
    yield start, end


def _digits(words: str) -> str:
    return "".join(str(unicodedata.decimal(character)) for character in words if character.isdecimal())
