"""Numbers and commands that are read from left to right among letters that run from right to left. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from msgspec.structs import replace as changed

from bot.files import kinds
from bot.model import SpanKind, Text

LEFT_TO_RIGHT_ISOLATE = "\u2066"
POP_ISOLATE = "\u2069"

_BETWEEN = r"[ \u00a0\u202f()./\u2010-\u2015-]{0,3}"
_BEGINS = r"(?<![A-Za-z\d:.,/+=&@_-])"
_FROM_LEFT = re.compile(
    r"(?P<address>(?:https?://|www\.)\S+)"
    rf"|{kinds.WHERE.pattern}"
    rf"|{_BEGINS}(?:\+\(?\d|\(?[0٠۰]\d)(?:{_BETWEEN}\d){{5,44}}(?![\d:])"  # with the country's, or a nought; or several
    rf"|{_BEGINS}(?<!\d )\d{{2,3}}(?: \d{{2,3}}){{2,4}}(?![\d:])(?! \d)"  # 612 34 56 78
    r"|(?<![A-Za-z0-9_/!<>])[/!][a-z]+(?: [A-Za-z0-9]+)*(?![\w/<>])"  # a command with what is said to it
)
_DAY = re.compile(r"\(?\d{1,2}([/.-])\d{1,2}\1(?:19|20)\d\d(?!\d)")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""The blocks that Unicode keeps for scripts from right to left (their signs and digits among them)."""
_ISOLATES = ("\u2066", "\u2067", "\u2068")
_TO_COPY = (SpanKind.CODE, SpanKind.PRE)  # whoever copies it would copy the marks as well


def from_left(words: str) -> Iterator[tuple[int, int]]:
    """Where the numbers of telephones and places stand, and commands: a sign before a word would be shown behind it."""
    found = (match for match in _FROM_LEFT.finditer(words) if not match["address"])
    return (match.span() for match in found if not _DAY.match(match.group()))


def in_reading_order(text: Text) -> Text:
    """The text with its commands, and the numbers of telephones and places, fenced off, if any letter in it runs from
    right to left.

    Among such letters every app shows 0470 12 34 56 as 56 34 12 0470, and /erase as erase/: Unicode keeps the digits of
    a group in their order, not the groups. A text without such letters stays as it is, easy to search and to copy.
    """
    plain = text.plain
    if plain.isascii() or not _RIGHT_TO_LEFT.search(plain):
        return text
    copied = bytearray(len(plain))
    for span in text.spans:
        if span.kind in _TO_COPY:
            copied[span.start : span.end] = b"\x01" * len(copied[span.start : span.end])
    fenced = [
        (start, end)
        for start, end in from_left(plain)
        if plain[start - 1 : start] not in _ISOLATES
        if not any(copied[start:end])
    ]
    parts, at = [], 0
    for start, end in fenced:
        parts += [plain[at:start], LEFT_TO_RIGHT_ISOLATE, plain[start:end], POP_ISOLATE]
        at = end
    # Marks stand within the styles of their number: a quote that ended before the mark would begin another line.
    starts, ends = [start for start, _ in fenced], [end for _, end in fenced]
    spans = tuple(
        changed(
            span,
            start=span.start + bisect_left(starts, span.start) + bisect_right(ends, span.start),
            end=span.end + bisect_left(starts, span.end) + bisect_right(ends, span.end),
        )
        for span in text.spans
    )
    return Text("".join((*parts, plain[at:])), spans)
