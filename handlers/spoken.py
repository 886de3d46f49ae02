"""What people can type for one of a few values: its own name, and what their language calls it; or a button's words."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from bot.catalogue import clockless
from bot.content import Sentence, Verbatim, say


@cache
def spoken(prefix: str, values: tuple[str, ...], language: str) -> dict[str, str]:
    """The value for each word, `folded`: `helped` and, in Dutch, `geholpen` (the sentence outcome-helped)."""
    return {folded(word): value for word, value in named(prefix, values, language).items()}


@cache
def named(prefix: str, values: tuple[str, ...], language: str) -> dict[str, str]:
    """The same in lower case, and with accents as signs of their own as well."""
    words = {clockless().render(say(f"{prefix}{value}"), language).plain.lower(): value for value in values}
    return {
        unicodedata.normalize(form, word): value
        for form in ("NFC", "NFD")
        for word, value in (words | {value: value for value in values}).items()
    }


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


_SAME = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ı": "i"}
"""Letters that Arabic and Persian keyboards, and people in a hurry, write for each other; and the Turkish I, whose
small letter has no dot."""
_TATWEEL = "ـ"


def folded(text: str) -> str:
    """Without capitals, accents, hamzas and vowel marks, and without what nobody sees."""
    return "".join(map(_folded, text))


def place(words: str, text: str) -> int | None:
    """Where the `folded` words stand first in a text as it was written, if they do."""
    found = folded(text).find(words)
    if found < 0:
        return None
    length = 0
    for at, character in enumerate(text):
        length += len(_folded(character))
        if length > found:
            return at
    return len(text)


@lru_cache(4096)
def _folded(character: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(_SAME.get(sign, sign) for sign in map(_western, apart) if not _is_mark(sign))


def _western(sign: str) -> str:
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign


def _is_mark(sign: str) -> bool:
    return unicodedata.combining(sign) != 0 or unicodedata.category(sign) == "Cf" or sign == _TATWEEL
