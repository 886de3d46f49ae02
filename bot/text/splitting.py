"""Cutting a text into parts that each fit into one message of a network, where a reader would cut it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from typing import Literal

import regex

from bot.model import SpanKind, Text
from bot.text.graphemes import GRAPHEME

Unit = Literal["utf16", "bytes"]

_LARGEST = 4  # what one code point can take: bytes of UTF-8; in UTF-16 it is two units
_LINKS = frozenset({SpanKind.LINK, SpanKind.MENTION})
# Begun where a word begins, and without a second try: what is one long word would be read again from each letter.
_ADDRESS = regex.compile(r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+")
# No-break spaces (U+00A0, U+2007, U+202F) hold together what they stand between: "10 000", "pourquoi ?".
_BLANK = regex.compile(r"[\s--[\u00a0\u2007\u202f]]+", regex.VERSION1)
_SENTENCE_END = regex.compile(r"[.!?…؟۔।。！？][\"'»”’)\]]{0,3}")
_SENTENCE_END_WITHOUT_BLANK = regex.compile(r"[。！？][」』”’）]*")
_LONGEST_SENTENCE_END = 4


class _End(IntEnum):
    """What ends at a place where a text can be cut; the larger, the better the place."""

    WORD = 1
    SENTENCE = 2
    LINE = 3
    PARAGRAPH = 4


@dataclass(frozen=True, slots=True)
class _Cut:
    """One part may end at `end`, the next begin at `begin`; between the two is nothing but white space."""

    end: int
    begin: int


def split(text: Text, limit: int, unit: Unit) -> list[Text]:
    """The parts of the text, each at most `limit` long; the text itself where it fits.

    Cuts at the end of a paragraph, line, sentence or word: the best of them that leaves the part at least half full.
    Never cuts a user-perceived character, a link or a mention, unless it alone is longer than the limit. White space
    at a cut is left out, and around a text that must be cut; spans are cut to fit and go on in the next part.
    """
    if limit < _LARGEST:
        raise ValueError("a part must have room for any single character")
    if length(text, unit) <= limit:
        return [text]
    places = _Places(text, limit, unit)
    start, stop = places.ends()
    parts = []
    while places.length(start, stop) > limit:
        cut = places.best_cut(start)
        parts.append(text[start : cut.end])
        start = cut.begin
    parts.append(text[start:stop])
    return [part for part in parts if part.plain.strip()] or parts[:1]  # no network takes a message of nothing


def length(text: Text, unit: Unit) -> int:
    """How long a network finds the text."""
    if unit == "utf16":
        return len(text.plain.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.plain.encode("utf-8", "surrogatepass"))


def _size(char: str, unit: Unit) -> int:
    if unit == "utf16":
        return 2 if char > "\uffff" else 1
    return 1 if char < "\u0080" else 2 if char < "\u0800" else 3 if char <= "\uffff" else 4


class _Places:
    """Where a text can be cut. All positions count code points."""

    def __init__(self, text: Text, limit: int, unit: Unit) -> None:
        self._plain = text.plain
        self._limit = limit
        self._lengths = [0, *accumulate(_size(char, unit) for char in text.plain)]  # up to each position
        self._graphemes = [0, *(match.end() for match in GRAPHEME.finditer(text.plain))]
        self._free = self._free_places(text)
        self._cuts: dict[_End, list[_Cut]] = {kind: [] for kind in _End}
        for cut, ending in self._find_cuts():
            for kind in _End:
                if kind <= ending:  # the end of a paragraph is the end of a line too, and so on
                    self._cuts[kind].append(cut)

    def length(self, start: int, end: int) -> int:
        return self._lengths[end] - self._lengths[start]

    def ends(self) -> tuple[int, int]:
        """Where the text begins and ends without the white space around it."""
        start, stop = 0, len(self._plain)
        for match in _BLANK.finditer(self._plain):
            if match.start() == 0:
                start = self._grapheme_until(match.end())
            elif match.end() == stop:
                stop = self._grapheme_from(match.start())
        return start, stop

    def best_cut(self, start: int) -> _Cut:
        """The best place to end the part that begins at `start`."""
        full = bisect_right(self._lengths, self._lengths[start] + self._limit) - 1
        half = bisect_left(self._lengths, self._lengths[start] + self._limit // 2)
        for kind in sorted(_End, reverse=True):
            cut = self._last_cut(kind, full)
            if cut is not None and cut.end > start and (cut.end >= half or kind is _End.WORD):
                return cut
        return self._cut_in_a_word(start, full)

    def _last_cut(self, kind: _End, full: int) -> _Cut | None:
        index = bisect_right(self._cuts[kind], full, key=lambda cut: cut.end)
        return self._cuts[kind][index - 1] if index else None

    def _cut_in_a_word(self, start: int, full: int) -> _Cut:
        fitting = self._graphemes[bisect_right(self._graphemes, start) : bisect_right(self._graphemes, full)]
        end = next((place for place in reversed(fitting) if self._free[place]), None)
        if end is None:  # links within links, or a character that is longer than a message
            end = fitting[-1] if fitting else full
        return _Cut(end, end)

    # --- finding ----------------------------------------------------------------------------------------------------

    def _find_cuts(self) -> Iterator[tuple[_Cut, _End]]:
        found: dict[int, tuple[_Cut, _End]] = {}
        for match in _SENTENCE_END_WITHOUT_BLANK.finditer(self._plain):
            found[match.end()] = _Cut(match.end(), match.end()), _End.SENTENCE
        for match in _BLANK.finditer(self._plain):
            begin = self._grapheme_until(match.end())
            if begin > match.start():  # a blank that carries an accent is a character like any other
                found[match.start()] = _Cut(match.start(), begin), self._what_ends(match.start(), match.group())
        for place, cut_and_ending in sorted(found.items()):
            if self._free[place]:
                yield cut_and_ending

    def _what_ends(self, place: int, blank: str) -> _End:
        lines = blank.replace("\r\n", "\n").replace("\u2029", "\n\n").count("\n")
        if lines:
            return _End.PARAGRAPH if lines > 1 else _End.LINE
        before = self._plain[max(0, place - _LONGEST_SENTENCE_END) : place]
        ended = any(match.end() == len(before) for match in _SENTENCE_END.finditer(before))
        return _End.SENTENCE if ended else _End.WORD

    def _free_places(self, text: Text) -> bytearray:
        """1 between two graphemes, but 0 within a link, mention or written-out address that fits into one part."""
        free = bytearray(len(self._plain) + 1)
        for place in self._graphemes:
            free[place] = 1
        spans = ((span.start, min(span.end, len(self._plain))) for span in text.spans if span.kind in _LINKS)
        addresses = (match.span() for match in _ADDRESS.finditer(self._plain))
        for start, end in (*spans, *addresses):
            if start < end and self.length(start, end) <= self._limit:
                free[start + 1 : end] = bytes(end - start - 1)
        return free

    def _grapheme_until(self, place: int) -> int:
        return self._graphemes[bisect_right(self._graphemes, place) - 1]

    def _grapheme_from(self, place: int) -> int:
        return self._graphemes[bisect_left(self._graphemes, place)]
