"""A translation that is too short or too long, or says a sentence twice."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bot.translation.gate.findings import Finding
from bot.translation.gate.sides import SENTENCE_OR_LINE_END, Side

_CHARACTERS = {
    "en": 1.0, "fr": 1.22, "nl": 1.12, "de": 1.15, "es": 1.17, "pt": 1.10, "it": 1.15, "ro": 1.15, "pl": 1.08,
    "tr": 1.02, "ar": 0.90, "fa": 0.95, "ur": 1.00, "ps": 0.98, "ru": 1.12, "uk": 1.08, "bg": 1.10, "so": 1.12,
    "ti": 0.68, "am": 0.65, "he": 0.80, "zh": 0.32, "ja": 0.45, "ko": 0.52,
}  # fmt: skip
"""How many characters a text takes, where English takes one (medians of TICO-19 where it has the language)."""
_SHORT_TEXT = 40
_INVENTED = 3.5  # times as long as usual


def doubts(before: Side, after: Side) -> Iterator[Finding]:
    yield from _another_length(before, after)
    yield from _repeated(before, after)


def _another_length(before: Side, after: Side) -> Iterator[Finding]:
    """A translation much shorter or longer than usual has probably lost or invented something."""
    expected = len(before.text.strip()) * _CHARACTERS.get(after.language, 1.0) / _CHARACTERS.get(before.language, 1.0)
    if len(before.text.strip()) < _SHORT_TEXT:  # a few words may well take more or less room: but not any amount of it
        if len(after.text.strip()) > _INVENTED * max(expected, _SHORT_TEXT):
            yield Finding("length", blocking=True)
        return
    ratio = len(after.text.strip()) / expected
    if not 0.5 < ratio < 2.0:
        yield Finding("length", blocking=not 0.3 < ratio < _INVENTED)


_SHORTEST_REPEATED = 12
"""Letters of a sentence that hardly anybody says twice."""


_SAID = regex.compile(r"\p{L}[\p{L}\p{M}'’]*|\d+")
"""Call 112, and call 101, are two things."""


def _repeated(before: Side, after: Side) -> Iterator[Finding]:
    """Engines that run in a circle say a sentence again; so may the source."""
    if _said_again(before.text) is None and (said := _said_again(after.text)):
        yield Finding("repeated", blocking=True, detail=said)


def _said_again(text: str) -> str | None:
    seen = set()
    for sentence in SENTENCE_OR_LINE_END.split(text):
        words = " ".join(_SAID.findall(sentence.casefold()))
        if len(words) >= _SHORTEST_REPEATED:
            if words in seen:
                return sentence
            seen.add(words)
    return None
