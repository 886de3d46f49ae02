"""Word lists as people would write them down, made into patterns: "stop* zonder" finds "stopped" and "zonder"."""

from __future__ import annotations

import regex


def pattern(words: str) -> str:
    """A regular expression for any of the words, which are separated by blanks.

    `*` stands for any letters, `_` for a blank within one entry. In Arabic script the letters that are written on to
    the next word (and, so, in, for, the) may come first.
    """
    return whole_words(alternatives(words))


def alternatives(words: str) -> str:
    """The same without what must stand around it, for `whole_words` of several such lists."""
    return "|".join(
        regex.escape(word).replace(r"\*", r"[\p{L}\p{M}]*").replace("_", r"\s+")
        for word in sorted(words.split(), key=len, reverse=True)
    )


def whole_words(either: str) -> str:
    arabic = r"(?:[وفبلك]{0,2}(?:ال|ل)?(?=\p{Arabic}))?" if regex.search(r"\p{Arabic}", either) else ""
    return rf"(?<![\p{{L}}\p{{M}}]){arabic}(?:{either})(?![\p{{L}}\p{{M}}])"


def compiled(words: str, *others: str) -> regex.Pattern[str]:
    """The pattern of the words and of other regular expressions, whatever the case."""
    return regex.compile("|".join((pattern(words), *others)), regex.IGNORECASE)
