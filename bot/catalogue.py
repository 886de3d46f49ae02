"""The bot's own sentences, in the reader's language, and how a language writes names, numbers, dates and lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache, lru_cache
from gettext import c2py
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_datetime_format
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from bot.content import Arg, LanguageName, OpenHours, Said, Sentence, Weekday, say
from bot.domain.hours import MIDNIGHT, OpenSpan, parse_hours
from bot.model import Text

SOURCE = "en"
"""The language that has every sentence; a sentence missing elsewhere is shown in it."""

FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"


# --- languages -----------------------------------------------------------------------------------------------------

_BABEL_CODE = {"prs": "fa_AF"}
# Languages that Babel knows by another code.

_REGION = {"pt": "pt_PT", "en": "en_GB", "nl": "nl_BE", "fr": "fr_BE"} | _BABEL_CODE
# How dates and numbers are written: Babel's plain "pt" is Brazil's, its plain "en" that of the United States.

_OWN_NAME = {"prs": "دری", "ckb": "کوردی (سۆرانی)", "rom": "romani čhib"}
# Where Babel has no name, or one that the speakers would not look for.

_DAYS = {"ps": _BABEL_CODE["prs"]}
# Babel's Pashto days are learned words: its Saturday is the everyday word for a week. People say those of Dari.

_DATE = {"ps": "d MMMM y"}
# Babel's Pashto date begins with the year, and ends with the day beside the time.

_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

_ZERO = {"arab": 0x0660, "arabext": 0x06F0, "beng": 0x09E6, "deva": 0x0966, "mymr": 0x1040}
# The digit nought of the numbering systems that are not Latin. Babel knows which language counts how, but writes Latin.


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Babel's locale for one of our language codes ("pt", "prs", "pt-BR"); English for what nobody knows."""
    for code in (_REGION.get(language, language), language.partition("-")[0]):
        try:
            return Locale.parse(code.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_REGION[SOURCE])


@lru_cache(maxsize=256)
def is_rtl(language: str) -> bool:
    """Whether the language is written from right to left."""
    return locale_of(language).text_direction == "rtl"


def own_name(code: str) -> str:
    """What the language's speakers call it, with the capitals they write: "português", "Türkçe". Unknown: its code."""
    if code in _OWN_NAME:
        return _OWN_NAME[code]
    known = _parsed(code)
    return (known and known.get_display_name()) or code


def has_name(code: str) -> bool:
    """Whether it is the code of a language at all."""
    return language_name(code, SOURCE) != code


def language_name(code: str, reader: str) -> str:
    """What the language is called in the reader's language; its own name where the reader's has none."""
    names = locale_of(reader).languages
    known = _parsed(code)
    return (
        names.get(_BABEL_CODE.get(code, code).replace("-", "_"))
        or (known and known.get_display_name(locale_of(reader)))
        or own_name(code)
    )


@lru_cache(maxsize=256)
def _parsed(code: str) -> Locale | None:
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


# --- numbers, dates, lists -----------------------------------------------------------------------------------------


def write_number(value: int, language: str) -> str:
    return in_own_digits(format_decimal(value, locale=locale_of(language)), language)


def write_date(value: date, language: str, *, weekday: bool = False) -> str:
    """ "24 november 2026", with `weekday` "dinsdag 24 november 2026"."""
    if pattern := _DATE.get(language):
        day = f"{write_weekday(value.weekday(), language)} " if weekday else ""
        return day + in_own_digits(format_date(value, pattern, locale_of(language)), language)
    return in_own_digits(format_date(value, "full" if weekday else "long", locale_of(language)), language)


def write_time(value: time, language: str) -> str:
    """Always of 24 hours, as on every notice board in Europe: 14:05 in all languages that write a colon."""
    moment = datetime.combine(date(2000, 1, 1), value.replace(tzinfo=None))
    return in_own_digits(format_skeleton("Hm", moment, locale=locale_of(language)), language)


def write_weekday(day: int, language: str) -> str:
    """The name of a day of the week, as it is written within a sentence; Monday is 0."""
    return str(locale_of(_DAYS.get(language, language)).days["format"]["wide"][day])


def write_moment(value: datetime, language: str, zone: tzinfo) -> str:
    """Date and time of an aware datetime, as the clocks of the zone show it."""
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    there = value.astimezone(zone)
    pattern = str(get_datetime_format("medium", locale=locale_of(language))).replace("'", "")
    parts = {"{0}": write_time(there.time(), language), "{1}": write_date(there.date(), language)}
    return re.sub(r"\{[01]\}", lambda match: parts[match[0]], pattern)


def write_list(items: Iterable[str], language: str) -> str:
    """ "a, b en c"."""
    return format_list(list(items), locale=locale_of(language))


def in_own_digits(text: str, language: str) -> str:
    zero = _ZERO.get(locale_of(language).default_numbering_system)
    return text.translate({ord("0") + digit: zero + digit for digit in range(10)}) if zero else text


# --- direction -----------------------------------------------------------------------------------------------------

_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides, isolates
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def isolated(value: str, language: str) -> str:
    """A foreign word for a sentence of the language, so that the direction of neither disturbs the other.

    Direction controls inside the value are taken out: an open override would turn round what follows it. Where all
    is left to right nothing is added, so that such texts stay plain to search and to copy.
    """
    return _fenced(_CONTROLS.sub("", value), language)


def _fenced(value: str, language: str) -> str:
    if not is_rtl(language) and not any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in value):
        return value
    # An isolate ends with its line, so each line gets its own.
    return "\n".join(f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}" if line else line for line in value.split("\n"))


# --- sentences -----------------------------------------------------------------------------------------------------

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
_FILLED = re.compile(rf"{PLACEHOLDER.pattern}(\.?)")


def placeholders(message: str) -> list[str]:
    """The {names} of a message, in order. Raises ValueError for any other brace: a name is all that is allowed."""
    if "{" in (rest := PLACEHOLDER.sub("", message)) or "}" in rest:
        raise ValueError("a brace that is no placeholder")
    return PLACEHOLDER.findall(message)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One language's sentences: the forms of each key, and which form a count takes."""

    forms: dict[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def message(self, sentence: Sentence) -> str | None:
        """The form to use; None where it is missing, or asks for something the sentence does not bring."""
        forms = self.forms.get(sentence.key)
        if forms is None:
            return None
        form = forms[0]
        if len(forms) > 1:
            count = sentence.args.get("n")
            if not isinstance(count, int):
                return None
            index = self.plural(abs(count))
            form = forms[index] if index < len(forms) else ""
        try:
            wanted = placeholders(form)
        except ValueError:
            return None
        return form if form and all(name in sentence.args for name in wanted) else None


_COMMAND = re.compile(r"(?<![A-Za-z0-9/])[!/][a-z]+(?: (?:\{\w+\}|[A-Za-z0-9:.]+))*")
# What people are to type, with its arguments. Unfenced, its slash would stand at the wrong end among Arabic letters.

_NO_SHEET = _Sheet({}, lambda n: 0)


class Catalogue:
    """Renders sentences. `languages` are those the organisation works in; `zone` is where its clocks hang.

    Files are read when first needed, from `folder` if that is given. A language without a file, and a sentence that
    is missing or broken in a file, is shown in English; what is missing in English is a programming error (KeyError).
    """

    def __init__(self, languages: Sequence[str], zone: tzinfo = UTC, folder: Traversable | None = None) -> None:
        self.languages = tuple(languages)
        self._zone = zone
        self._folder = folder or files("translations") / "catalogue"
        self._sheets: dict[str, _Sheet] = {}

    def render(self, sentence: Sentence, language: str) -> Text:
        return Text(self._rendered(sentence, language))

    def _rendered(self, sentence: Sentence, language: str) -> str:
        for code in dict.fromkeys((language, language.partition("-")[0], SOURCE)):
            message = self._sheet(code).message(sentence)
            if message is not None:
                return self._filled(message, sentence.args, code)
        raise KeyError(sentence.key)

    def _filled(self, message: str, args: dict[str, Arg], language: str) -> str:
        if is_rtl(language):
            message = _COMMAND.sub(lambda match: f"{FIRST_STRONG_ISOLATE}{match[0]}{POP_ISOLATE}", message)

        def filled(match: re.Match[str]) -> str:
            value = self._written(args[match[1]], language)
            return value if value.endswith(".") else value + match[2]  # "24 ноября 2026 г." has its full stop

        return _FILLED.sub(filled, message)

    def _written(self, value: Arg, language: str) -> str:
        match value:
            case str():
                return isolated(value, language)
            case int():
                return write_number(value, language)
            case datetime():
                return write_moment(value, language, self._zone)
            case date():
                return write_date(value, language)
            case time():
                return write_time(value, language)
            case Sentence():
                return _fenced(self._rendered(value, language), language)
            case Said():
                raise TypeError("somebody's words are looked up before a sentence is rendered")
            case Weekday(day):
                return write_weekday(day, language)
            case OpenHours(text):
                spans = parse_hours(text, self._zone).spans
                return _fenced(write_list((self._span(span, language) for span in spans), language), language)
            case LanguageName(code=code, own=own):
                return isolated(own_name(code) if own else language_name(code, language), language)
            case tuple():
                return write_list((self._written(item, language) for item in value), language)

    def _span(self, span: OpenSpan, language: str) -> str:
        """Days and times; what is open all day long needs no times."""
        first, last = (Weekday(day) for day in span.first_and_last())
        days: Arg = first if first == last else say("day-range", start=first, end=last)
        if span.closes - span.opens == MIDNIGHT:
            return self._written(days, language)
        times = say("time-range", start=_clock(span.opens), end=_clock(span.closes))
        return f"{self._written(days, language)} {self._written(times, language)}"

    def _sheet(self, language: str) -> _Sheet:
        sheet = self._sheets.get(language)
        if sheet is None:
            path = self._folder / f"{language}.po"
            known = _CODE.fullmatch(language) and path.is_file()  # a code is a file's name only when it looks like one
            sheet = self._sheets[language] = _read(path) if known else _NO_SHEET
        return sheet


@cache
def clockless() -> Catalogue:
    """For sentences that tell no moment; each file is read once, whoever asks."""
    return Catalogue(())


def _clock(minutes: int) -> time:
    """Minutes after midnight as a time; 24:00 is midnight."""
    return time(minutes % MIDNIGHT // 60, minutes % 60)


def available() -> list[str]:
    """The languages that have a file."""
    folder = files("translations") / "catalogue"
    return sorted(entry.name.removesuffix(".po") for entry in folder.iterdir() if entry.name.endswith(".po"))


def _read(path: Traversable) -> _Sheet:
    with path.open("rb") as file:
        catalog = read_po(file, ignore_obsolete=True)
    forms: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:  # the header; a sentence whose English has changed since
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if strings and all(strings):
            forms[key] = strings
    return _Sheet(forms, c2py(catalog.plural_expr))
