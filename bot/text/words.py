"""What a text says whatever keyboard it was typed on, and if it says anything. Pure."""

from __future__ import annotations

import unicodedata

import regex

UNSEEN = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Marks of direction, and what has no width: they come along with what is copied."""

_OTHER_DIGIT = regex.compile(r"[\p{Nd}--0-9]", regex.VERSION1)
# `regex` knows some that Python does not know yet: their value is a riddle to us.


def has_words(text: str) -> bool:
    """Whether a letter or a digit stands in it, of whatever script."""
    return any(map(str.isalnum, text))


def without_marks(text: str) -> str:
    """What was copied from a text from right to left, without the marks of direction that come along. For numbers,
    codes, and to compare; in words that are shown some of what nobody sees joins or parts letters."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def western_digits(text: str) -> str:
    """The text with 0-9 for the digits of other scripts (Persian, Bengali); every character keeps its place."""
    return _OTHER_DIGIT.sub(lambda digit: str(int(digit[0])) if digit[0].isdecimal() else digit[0], text)
