"""What people can type for one of a few values: its own name, and what their language calls it; or a button's words."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from bot.catalogue import clockless
from bot.content import Sentence, Verbatim, say


@cache
def spoken(prefix: str, values: tuple[str, ...], language: str) -> dict[str, str]:
    """The value for each word, in lower case: `helped` and, in Dutch, `geholpen` (the sentence outcome-helped)."""
    named = {clockless().render(say(f"{prefix}{value}"), language).plain.lower(): value for value in values}
    return named | {value: value for value in values}


def reads(words: str, label: Sentence | Verbatim, languages: tuple[str, ...]) -> bool:
    """Whether somebody has typed what stands on a button, in any of the languages and with whatever marks around it."""
    typed = _letters(words)
    return bool(typed) and typed in _wordings(label, languages)


@lru_cache(maxsize=1024)
def _wordings(label: Sentence | Verbatim, languages: tuple[str, ...]) -> frozenset[str]:
    if isinstance(label, Verbatim):
        return frozenset((_letters(label.plain),))
    return frozenset(_letters(clockless().render(label, language).plain) for language in languages)


def _letters(words: str) -> str:
    """What is compared: keyboards differ in accents, apostrophes and invisible signs. Whoever asks does not choose."""
    return "".join(sign for sign in folded(words) if unicodedata.category(sign)[0] in "LN" or sign in "?؟")


_SAME = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه"}
"""Letters that Arabic and Persian keyboards, and people in a hurry, write for each other."""


def folded(text: str) -> str:
    """Without capitals, accents and hamzas, each character in its place."""
    return "".join(map(_folded, text))


@lru_cache(4096)
def _folded(character: str) -> str:
    bare = (unicodedata.normalize("NFKD", character)[0].casefold() or " ")[0]
    return _SAME.get(bare, bare)
