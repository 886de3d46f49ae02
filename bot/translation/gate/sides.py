"""One of the two texts that are compared: what has been compared is taken out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

from bot.text.words import western_digits
from bot.translation.gate.daynames import Name
from bot.translation.protecting import Kind, Stretch, stretches

MOST = 50
"""Of what seems lost so much is looked for in another form: a text that has lost more is in doubt anyway, and each look
reads all of it."""
WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’]*")
SENTENCE_END = regex.compile(r"(?<=[.!?؟۔።])\s+")
SENTENCE_OR_LINE_END = regex.compile(rf"{SENTENCE_END.pattern}|\n+")
TAKEN = "\ufffc"
ADDRESSES = (Kind.LINK, Kind.MAIL, Kind.NAME, Kind.TAG, Kind.PLACEHOLDER)
_ONLY_A_NUMBER = frozenset({"100", "101", "102", "103", "105", "106", "107", "110"})
"""Emergency numbers that are more often something else: "100 parcels"."""

_ROUND_THE_CLOCK = regex.compile(
    r"(?<=(?<!\d)24)\s?(?:h|heures?|u|uur)?\s?(?:/|sur|op)\s?24(?!\d)"
    r"|(?<=(?<!\d)7)\s?(?:j|jours?|d|dagen)?\s?(?:/|sur|op)\s?7(?!\d)"
)
"""In Belgium and France the number is said again: "24h/24 et 7j/7", where others write 24/7."""


class Side:
    """One of the two texts: its stretches, and what is left to compare (same length, Western digits)."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language
        self.left = _ROUND_THE_CLOCK.sub(lambda said: TAKEN * len(said[0]), western_digits(text))
        found = stretches(text)
        self.addresses = [stretch for stretch in found if stretch.kind in ADDRESSES]
        self.phones = [
            stretch for stretch in found if stretch.kind is Kind.PHONE and digits_of(stretch.text) not in _ONLY_A_NUMBER
        ]
        self.words = self._without(found)

    def _without(self, taken: Sequence[Stretch]) -> str:
        words = self.text
        for stretch in reversed(taken):
            words = words[: stretch.start] + " " + words[stretch.end :]
        return words

    def take(self, start: int, end: int) -> None:
        self.left = self.left[:start] + TAKEN * (end - start) + self.left[end:]


def digits_of(text: str) -> str:
    """Its digits, as Western ones."""
    return "".join(character for character in western_digits(text) if character in "0123456789")


def blanked(text: str, found: Iterable[Name]) -> str:
    """The text with blanks for the names found in it."""
    for name in found:
        text = text[: name.start] + " " * (name.end - name.start) + text[name.end :]
    return text
