"""Finding the stretches of a text that a translation must leave alone: links, phone numbers, times, amounts, names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import phonenumbers
import regex
from linkify_it import LinkifyIt

from bot.ports import Keep, Marked
from bot.text.words import western_digits


class Kind(StrEnum):
    LINK = "link"
    MAIL = "mail"
    PHONE = "phone"
    DATE = "date"  # in digits only: 2026-03-12, 12/03/2026
    TIME = "time"
    AMOUNT = "amount"
    ACCOUNT = "account"  # a bank account (IBAN)
    NAME = "name"  # @somebody
    TAG = "tag"  # #something
    CODE = "code"  # K7, N3
    PLACEHOLDER = "placeholder"  # {name}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text; `start` and `end` count code points, `end` is exclusive."""

    start: int
    end: int
    kind: Kind
    text: str


def mark(paragraph: str) -> Marked:
    """The paragraph, cut so that every stretch to be kept stands alone. Joined again it is the paragraph."""
    pieces: list[str | Keep] = []
    end = 0
    for stretch in stretches(paragraph):
        if stretch.start > end:
            pieces.append(paragraph[end : stretch.start])
        pieces.append(Keep(stretch.text))
        end = stretch.end
    if end < len(paragraph):
        pieces.append(paragraph[end:])
    return tuple(pieces)


_LINE_BREAK = regex.compile(r"((?:\r\n|[\n\r\v\f\x85\u2028\u2029])+)")


def paragraphs(text: str) -> tuple[str, ...]:
    """The text cut at its line breaks, in turn a paragraph and the breaks after it. Joined again it is the text."""
    return tuple(_LINE_BREAK.split(text))


def stretches(text: str) -> tuple[Stretch, ...]:
    """What is to be kept, in order, without overlaps; where two finds overlap, the longer one stands."""
    found = [*_links(text), *_patterns(text), *_phones(text)]
    found.sort(key=lambda stretch: (stretch.start - stretch.end, stretch.start))
    taken = bytearray(len(text))
    chosen: list[Stretch] = []
    for stretch in found:
        if not any(taken[stretch.start : stretch.end]):
            taken[stretch.start : stretch.end] = b"\x01" * (stretch.end - stretch.start)
            chosen.append(stretch)
    return tuple(sorted(chosen, key=lambda stretch: stretch.start))


# --- links and e-mail addresses ------------------------------------------------------------------------------------

_CITIES_AND_OTHERS = ["brussels", "vlaanderen", "gent", "amsterdam", "frl", "paris", "bzh", "berlin", "koeln", "wien",
                      "london", "cat", "gal", "eus", "app", "chat", "dev", "help", "health", "care", "link", "page",
                      "site", "online", "support", "community", "social", "ngo", "ong", "international"]  # fmt: skip
_END_OF_LINK = regex.compile("[؟،۔؛。，、《》«»“”„]")
"""Marks of other scripts that linkify-it takes for a part of the address."""
_LONGEST_PIECE = 4000  # characters; linkify-it looks from each address to the end, and no address is longer
_PIECE = regex.compile(rf"(?s:.{{1,{_LONGEST_PIECE}}})(?=\s|\Z)|\S+")
_LIKE_A_LINK = regex.compile(r"[^\W_]\.[^\W_]|//|@")
_NEXT_SENTENCE = regex.compile(r"[\p{L}\d-]+\.\p{Lu}\p{Ll}+")
"""A full stop without the space after it ("open.De winkel") looks like a domain."""


@cache
def _linkify() -> LinkifyIt:
    return LinkifyIt().tlds(_CITIES_AND_OTHERS, True)


def _links(text: str) -> Iterator[Stretch]:
    for piece in _PIECE.finditer(text):
        if len(piece[0]) > _LONGEST_PIECE or not _LIKE_A_LINK.search(piece[0]):
            continue
        for match in _linkify().match(piece[0]) or ():
            address = _END_OF_LINK.split(match.raw, maxsplit=1)[0]
            if _NEXT_SENTENCE.fullmatch(address):
                continue
            kind = Kind.MAIL if match.schema == "mailto:" else Kind.LINK
            start = piece.start() + match.index
            yield Stretch(start, start + len(address), kind, address)


# --- phone numbers -------------------------------------------------------------------------------------------------

REGIONS = ("BE", "NL", "FR", "DE", "GB", "PT", "ES", "TR", "MA")
"""Whose national notation is understood; numbers that begin with + are found from everywhere."""
SHORT_CODES = ("112", "100", "101", "102", "103", "105", "106", "107", "110", "1712", "1722", "1733", "1813")
"""Numbers too short for phonenumbers: emergencies and help lines, of Belgium above all."""

_LONG_ENOUGH = regex.compile(r"(?:\d[\s().\-/\u2010-\u2015]{0,3}){7,}\d")
_SHORT = regex.compile(
    r"(?<![\p{Latin}\d.,:/+€$£-]|\d[\s\u00a0\u202f])(?:116[ .]?\d{3}|" + "|".join(SHORT_CODES) + r")"
    r"(?![\w€$£%‰°]|[.,:/-]\d|[\s\u00a0\u202f](?:[€$£%‰°]|\d{3}(?!\d)))"
)
_MOST_NUMBERS = 200  # that look like a phone number and are none: after them no more is looked for


def _phones(text: str) -> Iterator[Stretch]:
    western = western_digits(text)
    for match in _SHORT.finditer(western):
        yield Stretch(match.start(), match.end(), Kind.PHONE, text[match.start() : match.end()])
    if not _LONG_ENOUGH.search(western):
        return
    for region in REGIONS:
        # VALID: "possible" numbers are also dates
        valid = phonenumbers.Leniency.VALID
        for number in phonenumbers.PhoneNumberMatcher(western, region, leniency=valid, max_tries=_MOST_NUMBERS):
            yield Stretch(number.start, number.end, Kind.PHONE, text[number.start : number.end])


# --- what a pattern can tell ---------------------------------------------------------------------------------------

# Not any number of groups: a long row of such numbers would be read again from each of them.
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f.,'\u2019\u066c]\d{3}){1,5}(?:[.,\u066b]\d{1,2})?|\d+(?:[.,\u066b]\d{1,2})?"
_CURRENCY = r"[€$£₺₽₹¥]|\b(?:EUR|USD|GBP|CHF|TRY|MAD|BRL|RUB|UAH|PLN|RON|BGN)\b"
_CLOCK = (
    r"(?:[01]?\d|2[0-4])\s?[uhUH]\s?[0-5]\d|(?:[01]?\d|2[0-4])[:.][0-5]\d(?=\s?(?:uur|Uhr|h)\b)"
    r"|(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?|(?:[01]?\d|2[0-4])\s?[uhUH]"
)
_HALF_DAY = r"\s?(?:[ap]\.m\.|[ap]m\b|[AP]M\b|[AP]\.M\.)"
_ONE_TIME = rf"(?:(?:{_CLOCK})(?!\w)(?:{_HALF_DAY})?|(?:0?\d|1[0-2]){_HALF_DAY})"

_PATTERNS = tuple(
    (kind, regex.compile(pattern))
    for kind, pattern in (
        (Kind.PLACEHOLDER, r"\{\{?\s?[A-Za-z_]\w*\s?\}?\}"),
        (Kind.ACCOUNT, r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b(?<=\d)"),
        (Kind.DATE, r"(?<![\w/.-])(?:\d{4}-\d{2}-\d{2}|\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d{2}))(?![\w/-]|[.]\d)"),
        (
            Kind.TIME,
            rf"(?<![\p{{Latin}}\d.,:])(?:\d{{1,2}}\s?[-\u2013]\s?)?{_ONE_TIME}(?:\s?[-\u2013]\s?{_ONE_TIME})?(?![\w])",
        ),
        (Kind.AMOUNT, rf"(?:{_CURRENCY})\s?(?:{_NUMBER})(?![\d])|(?<![\d.,])(?:{_NUMBER})\s?(?:{_CURRENCY})"),
        (Kind.NAME, r"(?<![\w@/.])@[\w][\w.=/+-]*:[\w.-]+\.\w+|(?<![\w@/.])@\w(?:[\w.]*\w)?"),
        (Kind.TAG, r"(?<![\w#/&])#[\w.-]+:[\w.-]+\.\w+|(?<![\w#/&])#\w+"),
        (Kind.CODE, r"(?<![\w#@-])[KN]\d{1,6}(?![\w])"),
    )
)


def _patterns(text: str) -> Iterator[Stretch]:
    western = western_digits(text)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(western):
            yield Stretch(match.start(), match.end(), kind, text[match.start() : match.end()])
