"""What a publisher types after `!notice`: [CATEGORY] [lang:xx] [until:DATE] TEXT. Pure.

`lang:` and `until:` may stand on a last line of their own instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.domain.notices import Category
from bot.domain.templates import coming, read_date
from bot.text import languages
from bot.text.words import without_marks

MOST_CHARACTERS = 20_000
"""Five messages on Telegram: nobody reads more than that on a phone."""

_OPTION = re.compile(r"(lang|until)\s?[:\uff1a]\s?(\S+)(?:\s+|$)", re.IGNORECASE)
_OPTIONS_ALONE = re.compile(r"(?:(?:lang\s?:\s?[A-Za-z-]+|until\s?:\s?\d\S*)\s*)+", re.IGNORECASE)
_UNTIL_BEHIND = re.compile(r"\buntil\s?:\s?\d[\d/.-]*\W*$", re.IGNORECASE)
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})")


@dataclass(frozen=True, slots=True)
class Draft:
    """`text` is what is left when the options are taken off the beginning, and the end."""

    text: str
    category: Category | None = None
    language: str | None = None
    valid_until: date | None = None

    @property
    def may_want_a_day(self) -> bool:
        """Whether the text ends with what would be its last day in another place."""
        return self.valid_until is None and _UNTIL_BEHIND.search(self.text) is not None


class DraftError(Exception):
    """An option that cannot be. `reason` is a catalogue key, `what` the word that was typed (never in the message)."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.what = what


def parse(argument: str, today: date, names: Mapping[str, Category]) -> Draft:
    """Read the options, in any order. `names` are the categories' names in the room's language, in lower case.

    `food Parcels…`, `Food: parcels…` and `Food lang:en …` name a category, `Food is given out…` and `Eten: …` in Dutch
    do what they look like: the first word is the text's own unless it is typed as an option. Raises DraftError.
    """
    draft = Draft(argument.strip())
    while (following := _option(draft, today) or _category(draft, names)) is not None:
        draft = following
    return _last_line(draft, today)


def options(argument: str, today: date) -> Draft:
    """Read `lang:` and `until:` alone, in any order. Raises DraftError."""
    draft = Draft(argument.strip())
    while (following := _option(draft, today)) is not None:
        draft = following
    return _last_line(draft, today)


def _last_line(draft: Draft, today: date) -> Draft:
    text, _, last = draft.text.rpartition("\n")
    if not text.strip() or not _OPTIONS_ALONE.fullmatch(last.strip()):
        return draft
    draft = replace(draft, text=last.strip())
    while (following := _option(draft, today)) is not None:
        draft = following
    return replace(draft, text=text.rstrip())


def _option(draft: Draft, today: date) -> Draft | None:
    match = _OPTION.match(draft.text)
    if match is None:
        return None
    rest, value = draft.text[match.end() :], without_marks(match[2])
    if match[1].lower() == "lang":
        code = languages.normalise(value)
        if not languages.knows(languages.engine_code(code)):
            raise DraftError("language-unknown", value)
        return replace(draft, text=rest, language=code)
    return replace(draft, text=rest, valid_until=read_until(value, today))


def read_until(value: str, today: date) -> date:
    """A day that is still to come; without a year, the next such day. Raises DraftError."""
    value = value.rstrip(",;")
    try:
        short = _DAY_AND_MONTH.fullmatch(value)
        day = coming(int(short[1]), int(short[2]), today) if short else read_date(value)
    except ValueError:
        raise DraftError("until-unclear", value) from None
    if day < today:
        raise DraftError("until-past", value)
    return day


def _category(draft: Draft, names: Mapping[str, Category]) -> Draft | None:
    if draft.category is not None:
        return None
    known = {category.value: category for category in Category}
    for name, category in {**names, **known}.items():
        match = re.match(rf"{re.escape(name)}(?P<end>\s*:\s*|\s*\n\s*|\s*$|\s+)", draft.text, re.IGNORECASE)
        if match is None:
            continue
        rest = draft.text[match.end() :]
        typed_as_option = (name in known and draft.text.startswith(name)) or _OPTION.match(rest)
        if typed_as_option or match["end"].strip(" \t") or not rest:
            return replace(draft, text=rest, category=category)
    return None
