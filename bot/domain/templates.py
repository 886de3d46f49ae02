"""Common notices that are already translated: a coordinator fills in the place and the day, every language follows."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from bot.catalogue import PLACEHOLDER, clockless, isolated, placeholders, write_date
from bot.content import say
from bot.domain.notices import Category
from bot.text.words import has_words, western_digits, without_marks

Kind = Literal["place", "time", "date", "phone", "link", "text", "number"]

MOST_CHARACTERS = 300
"""The longest value of a slot: more is a notice of its own."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of time, each end written as 14:00; the end may lie after midnight."""

    start: str
    end: str


Value = str | date | Hours
"""What a slot is filled with, once it has been understood."""


class TemplateError(Exception):
    """A template cannot be filled. `missing` and `invalid` are slots it has, `unknown` are words it does not know.

    What people typed is in `unknown` only, never in the message.
    """

    def __init__(self, missing: Iterable[str] = (), unknown: Iterable[str] = (), invalid: Iterable[str] = ()) -> None:
        self.missing, self.unknown, self.invalid = tuple(missing), tuple(unknown), tuple(invalid)
        said = {"missing": ", ".join(self.missing), "invalid": ", ".join(self.invalid)}
        parts = [f"{what}: {slots}" for what, slots in said.items() if slots]
        super().__init__("; ".join([*parts, f"unknown: {len(self.unknown)}"] if self.unknown else parts))


@dataclass(frozen=True, slots=True)
class Slot:
    """A gap in a template. `example` is a value that fits, shown to whoever fills it."""

    name: str
    kind: Kind
    example: str


@dataclass(frozen=True, slots=True)
class Template:
    """A notice with gaps. `title`, `text` and `review` are per language; `slots` stand in the order to ask for them."""

    name: str
    category: Category
    slots: tuple[Slot, ...]
    title: Mapping[str, str]
    text: Mapping[str, str]
    review: Mapping[str, str]

    def usage(self, today: date) -> str:
        """What to write after `!template`, filled with the examples. The first of their days is `today` in a week."""
        days = {slot.name: read_date(slot.example) for slot in self.slots if slot.kind == "date"}
        first = min(days.values(), default=today)
        shown = {name: f"{today + _WEEK + (day - first):%d/%m/%Y}" for name, day in days.items()}
        values = {slot.name: shown.get(slot.name, slot.example) for slot in self.slots}
        return " ".join([self.name, *(f'{name}="{v}"' if " " in v else f"{name}={v}" for name, v in values.items())])

    def over(self, values: Mapping[str, str], today: date) -> tuple[str, ...]:
        """The days that have passed, as they were typed: it can go on since such a day, not happen or end on it.

        `values` are such that `fill` takes them.
        """
        days = [values[slot.name] for slot in self.slots if slot.kind == "date" and slot.name != "from"]
        return tuple(typed for typed in days if isinstance(day := read_value(typed, "date"), date) and day < today)

    def fill(self, values: Mapping[str, str]) -> dict[str, str]:
        """The notice in every language of the template. Raises TemplateError, naming every slot at fault at once."""
        known = {slot.name for slot in self.slots}
        filled: dict[str, Value] = {}
        invalid = []
        for slot in self.slots:
            if slot.name in values:
                try:
                    filled[slot.name] = read_value(values[slot.name], slot.kind)
                except ValueError:
                    invalid.append(slot.name)
        missing = [slot.name for slot in self.slots if slot.name not in values]
        unknown = [name for name in values if name not in known]
        if missing or unknown or invalid:
            raise TemplateError(missing, unknown, invalid)
        return {language: self._written(language, filled) for language in self.text}

    def _written(self, language: str, filled: Mapping[str, Value]) -> str:
        kinds = {slot.name: slot.kind for slot in self.slots}
        return PLACEHOLDER.sub(lambda gap: write_value(filled[gap[1]], kinds[gap[1]], language), self.text[language])


# --- what may stand in a slot --------------------------------------------------------------------------------------

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_CLOCK = r"(\d{1,2})\s*(?:[:.]\s*(\d{2})|[uh]\s*(\d{2})?)?"  # 14:00, 14.00, 14, 14u, 14h30
_TIME = re.compile(rf"{_CLOCK}(?:\s*(?:[-\u2010-\u2015]|tot|to|à|a|até)\s*{_CLOCK})?", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d\s()./-]+")


def read_value(value: str, kind: Kind) -> Value:
    """What was typed, understood. Raises ValueError (without the value) where it does not fit the kind.

    Digits of other scripts become Latin ones, so that a number is the same number in every language.
    """
    plain = " ".join("".join(char for char in value if _is_printed(char)).split())
    if not plain or len(plain) > MOST_CHARACTERS:
        raise ValueError("empty or too long")
    match kind:
        case "date":
            return read_date(_latin_digits(plain))
        case "time":
            return read_time(_latin_digits(plain))
        case "phone":
            return _phone(_latin_digits(plain))
        case "number":
            return _number(_latin_digits(plain))
        case "link":
            return _link(plain)
        case "place" | "text":
            if not has_words(plain):
                raise ValueError("no words")
            return plain


def _is_printed(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in ("Cc", "Cs")  # control characters, half characters


def write_value(value: Value, kind: Kind, language: str) -> str:
    """The value as it stands in a text of the language.

    Names, addresses and phone numbers are fenced off, so that they stay readable in right-to-left text. A link is not:
    it stands alone on its line, and apps would take the marks into the address that they open.
    """
    match value:
        case date():
            return write_date(value, language, weekday=True)
        case Hours(start=start, end=end):
            # Right-to-left readers would read a dash the other way round; their sentence has words for it.
            return clockless().render(say("time-range", start=start, end=end), language).plain
        case str():
            return isolated(value, language) if kind in ("place", "text", "phone") else value


def read_date(value: str) -> date:
    """2026-11-24, or the day first as in Europe: 24/11/2026, 24-11-2026, 24.11.2026. Raises ValueError."""
    if match := _YEAR_FIRST.fullmatch(value):
        year, month, day = match.groups()
    elif match := _DAY.fullmatch(value):
        day, month, year = match.groups()
    else:
        raise ValueError("not a date")
    return date(int(year), int(month), int(day))


def coming(day: int, month: int, today: date) -> date:
    """The next such day, without a year. Raises ValueError."""
    found = date(today.year, month, day)
    return found if found >= today else found.replace(year=today.year + 1)


def read_time(value: str) -> str | Hours:
    """A time as "14:00", or a stretch of time, in any of the ways people write them: 14u, 9h30-12h, 14.00 – 16.00."""
    match = _TIME.fullmatch(value)
    if match is None:
        raise ValueError("not a time")
    hour, minute, minute_, until_hour, until_minute, until_minute_ = match.groups()
    start = _clock(hour, minute or minute_)
    return start if until_hour is None else Hours(start, _clock(until_hour, until_minute or until_minute_))


def _clock(hour: str, minute: str | None) -> str:
    hours, minutes = int(hour), int(minute or 0)
    if hours * 60 + minutes > 24 * 60 or minutes > 59:
        raise ValueError("not a time")
    return f"{hours:02}:{minutes:02}"


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value) or not 3 <= sum(char.isdigit() for char in value) <= 15:  # 15: ITU-T E.164
        raise ValueError("not a phone number")
    return value


def _number(value: str) -> str:
    if not re.fullmatch("[0-9]{1,9}", value):
        raise ValueError("not a number")
    return str(int(value))


def _link(value: str) -> str:
    parts = urlsplit(value)
    host = parts.hostname or ""
    # A name before "@" serves only to make an address look like another one.
    if parts.scheme not in ("http", "https") or "." not in host.strip(".") or "@" in parts.netloc:
        raise ValueError("not a link")
    if without_marks(value) != value or any(char.isspace() or char in '<>"{}' for char in value):
        raise ValueError("not a link")
    return value


def _latin_digits(value: str) -> str:
    """Without the marks of direction around a number that was copied from a text from right to left."""
    return western_digits(without_marks(value))


# --- the chat command ----------------------------------------------------------------------------------------------

_NAME = r"[A-Za-z][A-Za-z0-9-]*"
_LINE = re.compile(rf"\s*({_NAME})\s*:\s*(.*)")
_START = re.compile(rf"(?:^|(?<=\s))({_NAME})\s*=\s*")
_QUOTES = {'"': '"', "“": "”", "„": "”“", "«": "»", "”": "”"}
_CLOSING = {opening: re.compile(rf"[{ends}](?!\S)") for opening, ends in _QUOTES.items()}
# Telephones turn straight quotes into those of the language. No single ones: "’s-Gravenstraat" begins with one.


def parse_fill(argument: str) -> tuple[str, dict[str, str]]:
    """What follows `!template`: a template's name and the values of its slots, as they were typed.

    Written as `food-parcels place="Rue X 12" date=2026-11-24`, or with one `slot: value` on each line, or both mixed.
    Of nothing, the name is "". Words that belong to no slot, and a slot given twice, raise TemplateError; whether the
    template and its slots exist is not known here.
    """
    head, *lines = argument.strip().splitlines() or [""]
    name, *first = head.split(None, 1) or [""]
    values: dict[str, str] = {}
    for line in [*first, *lines]:
        for slot, value in [match.groups()] if (match := _LINE.fullmatch(line)) else _pairs(line):
            if slot.lower() in values:
                raise TemplateError(invalid=[slot.lower()])
            values[slot.lower()] = _unquoted(value)
    return name.lower(), values


def _pairs(line: str) -> list[tuple[str, str]]:
    """The `slot=value` pairs of a line; a value without quotes ends where the next pair begins."""
    pairs = []
    at = 0
    while line[at:].strip():
        start = _START.search(line, at)
        if start is None or line[at : start.start()].strip():
            raise TemplateError(unknown=[line[at : start.start() if start else None].strip()])
        end = _end_of_value(line, start.end())
        pairs.append((start[1], line[start.end() : end]))
        at = end
    return pairs


def _end_of_value(line: str, start: int) -> int:
    closing = _CLOSING.get(line[start : start + 1])
    end = closing.search(line, start + 1) if closing else None
    if end is not None:
        return end.end()
    following = _START.search(line, start)
    return following.start() if following else len(line)


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[-1] in _QUOTES.get(value[0], ""):
        return value[1:-1].strip()
    return value


# --- the files -----------------------------------------------------------------------------------------------------


def load(folder: Traversable | None = None) -> dict[str, Template]:
    """Every template by its name, in alphabetical order. Raises ValueError that names the file and what is wrong."""
    folder = folder or files("translations") / "templates"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    return {template.name: template for template in map(_read, paths)}


@cache
def ready_made() -> Mapping[str, Template]:
    """Schakel's own templates, read when first needed."""
    return load()


def _read(path: Traversable) -> Template:
    try:
        return _template(path.name.removesuffix(".toml"), tomllib.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name}: something is missing or of the wrong kind ({error})") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _template(name: str, data: dict[str, Any]) -> Template:
    slots = tuple(Slot(slot, about["kind"], about["example"]) for slot, about in data["slots"].items())
    category = Category(data["category"])
    for slot in slots:
        if slot.kind not in get_args(Kind):
            raise ValueError(f"slot {slot.name}: the kind is one of {', '.join(get_args(Kind))}")
    texts = {language: text.strip() for language, text in data["text"].items()}
    for language, text in texts.items():
        if set(placeholders(text)) != {slot.name for slot in slots}:
            raise ValueError(f"text {language}: every slot must stand in it, and nothing else in braces")
        if language not in data["title"]:
            raise ValueError(f"title {language} is missing")
    review = {language: data.get("review", {}).get(language, "unreviewed") for language in texts}
    return Template(name, category, slots, data["title"], texts, review)
