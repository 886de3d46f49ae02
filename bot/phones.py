"""A telephone number in what somebody wrote, in whatever digits and with whatever between them. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from bot.kinds import places
from bot.model import Text

_FEWEST, _MOST = 7, 15  # digits; at most 15 with the country, says ITU-T E.164
_SAME = 8
"""Digits at the end that make two numbers the same, with the country's before them or without."""

_LIKE_A_NUMBER = re.compile(r"\+?\(?\d(?:[\s()./\u2010-\u2015-]{0,3}\d)+")


def find(words: str) -> tuple[int, int] | None:
    """Where the first telephone number stands; None where there is none."""
    return next(iter(_all(words)), None)


def is_number(words: str) -> bool:
    """Whether there is a telephone number and nothing else."""
    return (found := find(words)) is not None and not any(
        character.isalnum() for character in words[: found[0]] + words[found[1] :]
    )


def masked(text: Text, number: str) -> Text:
    """The text with every digit of this number as a dot; `number` may stand among other words."""
    known = find(number)
    if known is None:
        return text
    digits = _digits(number[slice(*known)])
    plain = text.plain
    for start, end in _all(plain):
        if _digits(plain[start:end])[-_SAME:] == digits[-_SAME:]:
            dots = "".join("•" if character.isdecimal() else character for character in plain[start:end])
            plain = plain[:start] + dots + plain[end:]
    return text if plain == text.plain else replace(text, plain=plain)


def _all(words: str) -> list[tuple[int, int]]:
    for start, end in places(words):  # degrees are as long as a number, and none
        words = f"{words[:start]}{'x' * (end - start)}{words[end:]}"
    found = (match.span() for match in _LIKE_A_NUMBER.finditer(words))
    return [(start, end) for start, end in found if _FEWEST <= len(_digits(words[start:end])) <= _MOST]


def _digits(words: str) -> str:
    return "".join(str(unicodedata.decimal(character)) for character in words if character.isdecimal())
