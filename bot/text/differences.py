"""What changed between two texts, for people to see: taken out struck through, put in bold, cut to those places. Pure.

Words are compared, and single characters in the scripts that put no spaces between words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import regex

from bot.model import SpanKind, Text
from bot.text.graphemes import GRAPHEME

AROUND = 3
"""Words shown on either side of a change."""
LONGEST = 1500
"""Characters of the whole; a room wants to see that the number is right now, not to read everything twice."""
_MOST_COMPARED = 250_000
"""Pairs of words: comparing more would take longer than a unit of work may."""

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORDS = regex.compile(rf"(?=[{_UNSPACED}])\X|(?:(?![{_UNSPACED}])\S)+")


@dataclass(frozen=True, slots=True)
class _Word:
    """`spaced`: white space stood before it."""

    plain: str
    spaced: bool


def differences(before: str, after: str, around: int = AROUND, longest: int = LONGEST) -> Text:
    """The places where `after` differs from `before`, with `around` words beside each; empty where no word differs.

    What stands in neither style is in both texts; with `…` something that did not change is left out.
    """
    old, new = _words(before), _words(after)
    shown = _Shown()
    steps = _steps([word.plain for word in old], [word.plain for word in new])
    for number, (kind, a, b, c, d) in enumerate(steps):
        if kind != "equal":
            shown.add(old[a:b], SpanKind.STRIKE)
            shown.add(new[c:d], SpanKind.BOLD)
            continue
        first, last = number == 0, number == len(steps) - 1
        if first and last:
            return Text("")
        shown.context(new[c:d], 0 if first else around, 0 if last else around)
    return _cut(shown.text, longest)


class _Shown:
    """The text as it grows."""

    def __init__(self) -> None:
        self.text = Text("")

    def add(self, words: Sequence[_Word], style: SpanKind | None) -> None:
        piece = Text("".join((" " if word.spaced and at else "") + word.plain for at, word in enumerate(words)))
        self._append(piece.styled(style) if style else piece, spaced=bool(words) and (words[0].spaced or bool(style)))

    def context(self, words: Sequence[_Word], begin: int, end: int) -> None:
        """Words in both texts: so many at the beginning and the end of them, dots for those between."""
        if len(words) <= begin + end:
            self.add(words, None)
            return
        self.add(words[:begin], None)
        self._append(Text("…"), spaced=True)
        self.add(words[len(words) - end :], None)

    def _append(self, piece: Text, spaced: bool) -> None:
        if piece:
            self.text = self.text + Text(" " if spaced and self.text else "") + piece


def _words(text: str) -> list[_Word]:
    found = _WORDS.finditer(text)
    return [_Word(word[0], word.start() == 0 or text[word.start() - 1].isspace()) for word in found]


def _steps(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    """What makes the new words of the old ones, as SequenceMatcher tells it; what is the same at both ends is found
    first, so that only the middle of two long texts is compared."""
    begin = _alike(old, new)
    end = _alike(old[begin:][::-1], new[begin:][::-1])
    a, b, c, d = begin, len(old) - end, begin, len(new) - end
    steps = [("equal", 0, begin, 0, begin)] if begin else []
    if (b - a) * (d - c) > _MOST_COMPARED:
        steps.append(("replace", a, b, c, d))
    else:
        middle = SequenceMatcher(None, old[a:b], new[c:d], autojunk=False).get_opcodes()
        steps += [(kind, a + i, a + j, c + k, c + m) for kind, i, j, k, m in middle]
    return [*steps, ("equal", b, len(old), d, len(new))] if end else steps


def _alike(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(text: Text, longest: int) -> Text:
    if len(text.plain) <= longest:
        return text
    end = 0
    for found in GRAPHEME.finditer(text.plain):
        if found.end() >= longest:
            break
        end = found.end()
    return text[:end] + Text("…")
