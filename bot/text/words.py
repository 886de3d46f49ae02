"""Whether a text says anything. Pure."""

from __future__ import annotations

import unicodedata


def has_words(text: str) -> bool:
    """Whether a letter or a digit stands in it, of whatever script."""
    return any(map(str.isalnum, text))


def without_marks(text: str) -> str:
    """What was copied from a text from right to left, without the marks of direction that come along: for numbers and
    codes, not for words, in which some of what nobody sees joins or parts letters."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
