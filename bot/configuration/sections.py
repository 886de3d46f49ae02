"""What may stand in each section of the configuration, and the remedy for what may not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import cast, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.catalogue import has_name
from bot.configuration.listening import host_and_port, is_loopback
from bot.configuration.request_settings import ClosedDate
from bot.domain.hours import Hours, parse_hours
from bot.domain.links import Names
from bot.text.languages import normalise

CONSENT = "members are told"


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Bot(Section):
    """[bot]. The examples are what the remedy for a missing key shows."""

    languages: tuple[str, ...] = Field(examples=['languages = ["nl", "fr", "en"]'])
    working_language: str = Field(examples=['working_language = "nl"'])
    readers: str | dict[str, str] = Field(examples=['readers = "volunteers of our centre"'])
    time_zone: ZoneInfo = Field(default="Europe/Brussels", validate_default=True)
    closed: tuple[ClosedDate, ...] = ()
    hours: Hours = Field(examples=['hours = "Mon-Fri 09:00-18:00"'])
    delete_after_days: int = Field(examples=["delete_after_days = 30"])
    data_dir: Path = Field(default=Path("data"), validate_default=True)
    not_authorities: bool = False
    emergency_number: str = "112"

    @field_validator("languages")
    @classmethod
    def are_codes(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for code in languages:
            if not re.fullmatch("[a-z]{2,3}", code):
                raise ValueError(f'"{code}" is not a language code; write for example "nl" or "pt"')
            if (usual := normalise(code)) != code:
                raise ValueError(f'"{code}" is written "{usual}" here')
            if not has_name(code):
                raise ValueError(
                    f'nobody knows a language "{code}"; a country has another code than its language: '
                    'Ukrainian is "uk", Greek "el"'
                )
        if len(set(languages)) < len(languages):
            raise ValueError("a language stands in the list twice; remove one")
        if not languages:
            raise ValueError('the list is empty; write for example ["nl", "fr", "en"]')
        return languages

    @field_validator("working_language")
    @classmethod
    def is_one_of_ours(cls, language: str, info: ValidationInfo) -> str:
        languages = info.data.get("languages", (language,))
        if language not in languages:
            raise ValueError(f'"{language}" is not in bot.languages; add it there or choose one of {_or(languages)}')
        return language

    @field_validator("readers", mode="plain")
    @classmethod
    def are_named(cls, readers: object, info: ValidationInfo) -> str | dict[str, str]:
        if isinstance(readers, str) and readers.lstrip().startswith("{"):
            raise PydanticCustomError("dict_type", "a table")  # the environment knows only texts
        if isinstance(readers, str) and readers.strip():
            return readers.strip()
        if not isinstance(readers, dict) or not all(isinstance(w, str) and w.strip() for w in readers.values()):
            raise ValueError(
                'must say who reads requests: a text in quotes, or one per language: { nl = "…", en = "…" }'
            )
        languages = info.data.get("languages", tuple(readers))
        for code in readers:
            if code not in languages:
                raise ValueError(f'"{code}" is not in bot.languages; add it there or remove it here')
        working = info.data.get("working_language")
        if working and working not in readers:
            raise ValueError(f'has no text in the working language; add {working} = "…"')
        return {code: words.strip() for code, words in readers.items()}

    @field_validator("time_zone", mode="plain")
    @classmethod
    def is_known(cls, name: object) -> ZoneInfo:
        try:
            return ZoneInfo(str(name))
        except (KeyError, ValueError, OSError):  # no such zone, a path that leaves the folder of zones, a folder in it
            raise ValueError(f'"{name}" is not a time zone; write for example "Europe/Brussels"') from None

    @field_validator("hours", mode="plain")
    @classmethod
    def are_spans(cls, hours: object, info: ValidationInfo) -> Hours:
        remedy = 'write for example "Mon-Fri 09:00-18:00" or "Mon-Thu 09:00-17:00, Sat 10:00-12:30"'
        if not isinstance(hours, str):
            raise ValueError(f"must be a text in quotes; {remedy}")
        try:
            return parse_hours(hours, info.data.get("time_zone", ZoneInfo("UTC")), info.data.get("closed", ()))
        except ValueError as error:
            raise ValueError(f"{error}; {remedy}") from error

    @field_validator("delete_after_days", mode="wrap")
    @classmethod
    def are_days(cls, days: object, whole: ValidatorFunctionWrapHandler) -> int:
        # true would count as 1, and delete after a day what was meant to be kept
        number: int = whole(days)
        if isinstance(days, bool) or not 1 <= number <= 3650:
            raise ValueError("must be a number of days from 1 to 3650; write for example 30")
        return number

    @field_validator("data_dir")
    @classmethod
    def is_absolute(cls, folder: Path, info: ValidationInfo) -> Path:
        if folder.parts[:1] and folder.parts[0].startswith("~"):
            raise ValueError('"~" is not understood here; write the whole path')
        return _beside(info, folder)

    @field_validator("emergency_number", mode="before")
    @classmethod
    def can_be_called(cls, number: object) -> object:
        if not re.fullmatch(r"\+?[0-9][0-9 ]{1,14}", str(number)):
            raise ValueError('is not a telephone number; write for example "112"')
        return str(number)


class Database(Section):
    """[database]. `url` may hold a password."""

    url: str = Field(repr=False)

    @field_validator("url")
    @classmethod
    def is_one_we_know(cls, url: str, info: ValidationInfo) -> str:
        scheme, _, rest = url.partition("://")
        if scheme == "sqlite" and rest.startswith("/"):
            path, mark, options = rest[1:].partition("?")
            if path in ("", ":memory:"):
                raise ValueError('names no file; write for example "sqlite:///data/schakel.db"')
            folder = in_address(cast(Path, info.context)) if info.context else ""
            return f"sqlite:///{Path(folder, path)}{mark}{options}"
        if scheme == "postgresql" and rest:
            return _read_alike(url)
        raise ValueError(
            'is no address of a database; write "sqlite:///data/schakel.db" or "postgresql://USER:PASSWORD@HOST/NAME"'
        )


class NoticeSettings(Section):
    """[notices]."""

    questions_threshold: int = 3

    @field_validator("questions_threshold", mode="wrap")
    @classmethod
    def is_a_number_of_readers(cls, readers: object, whole: ValidatorFunctionWrapHandler) -> int:
        number: int = whole(readers)
        if isinstance(readers, bool) or not 1 <= number <= 1000:
            raise ValueError("must be a number of readers from 1 to 1000; write for example 3")
        return number


class LinkSettings(Section):
    """[links]. `names`: how whoever writes in a linked chat is called in the others."""

    names: Names = "initials"

    @field_validator("names", mode="before")
    @classmethod
    def is_a_way_to_call_people(cls, names: object) -> object:
        if names not in get_args(Names):
            raise ValueError(f'must be one of {", ".join(get_args(Names))}; write for example "initials"')
        return names


class Operations(Section):
    """[operations]. `listen`: where the bot tells how it is; None: nowhere."""

    open_to_network: bool = False
    listen: str | None = None

    @field_validator("listen")
    @classmethod
    def stays_on_this_machine(cls, listen: str | None, info: ValidationInfo) -> str | None:
        if listen is not None and not is_loopback(host_and_port(listen)[0]) and not info.data.get("open_to_network"):
            raise ValueError(
                "whoever reaches this address sees how busy the bot is; listen on 127.0.0.1, or add "
                "open_to_network = true if all on that network may"
            )
        return listen


class EngineLists(Section):
    """The keys of [translation] itself."""

    notices: tuple[str, ...] = ()
    conversations: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    consent: str | None = None

    @field_validator("consent")
    @classmethod
    def is_given_in_these_words(cls, consent: str | None) -> str | None:
        if consent not in (None, CONSENT):
            raise ValueError(f'must be exactly "{CONSENT}", or be left out')
        return consent


def in_address(folder: Path) -> str:
    """A folder's name as it stands in a database's address, where ? begins the options and %20 is a blank."""
    return str(folder).replace("%", "%25").replace("?", "%3F")


def _read_alike(url: str) -> str:
    """The address as PostgreSQL's library and SQLAlchemy both read it: a / in a password ends it for one of them."""
    try:
        return make_url(url).render_as_string(hide_password=False)
    except (ValueError, ArgumentError):
        raise ValueError(
            'cannot be read as an address; write "postgresql://USER:PASSWORD@HOST:PORT/NAME", a number as the port, '
            "and in the password %40 for @, %2F for / and %25 for %"
        ) from None


def _beside(info: ValidationInfo, path: Path) -> Path:
    """Relative paths start where the configuration file stands, not where the command was given."""
    return cast(Path, info.context) / path if info.context else path


def _or(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
