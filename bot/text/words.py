"""Whether a text says anything. Pure."""

from __future__ import annotations


def has_words(text: str) -> bool:
    """Whether a letter or a digit stands in it, of whatever script."""
    return any(map(str.isalnum, text))
