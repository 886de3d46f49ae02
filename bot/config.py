"""The configuration: read from a TOML file and the environment, checked as a whole, and frozen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar, cast, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config_problems import ConfigError, Findings, Key, Problem, Values, no_such
from bot.hours import Hours, parse_hours
from bot.links import Names
from bot.listening import host_and_port, is_loopback
from bot.ports import Adapter, Engine, Transcriber
from bot.request_settings import ClosedDate, RequestSettings

__all__ = ["Config", "ConfigError", "Problem", "load"]

PREFIX = "SCHAKEL_"
SEPARATOR = "__"
SECTIONS = ("bot", "database", "adapters", "notices", "requests", "links", "translation", "operations")
ADAPTERS = "schakel.adapters"
ENGINES = "schakel.engines"
CONSENT = "members are told"

Plugin = TypeVar("Plugin")

# --- what comes out ------------------------------------------------------------------------------------------------


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

    def readers_in(self, language: str) -> str:
        """Who reads requests, in that language; where it is given per language but not in this, in the working one."""
        if isinstance(self.readers, str):
            return self.readers
        return self.readers.get(language, self.readers[self.working_language])

    @field_validator("languages")
    @classmethod
    def are_codes(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for code in languages:
            if not re.fullmatch("[a-z]{2,3}", code):
                raise ValueError(f'"{code}" is not a language code; write for example "nl" or "pt"')
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

    @field_validator("delete_after_days", mode="before")
    @classmethod
    def are_days(cls, days: object) -> object:
        # true would count as 1, and delete after a day what was meant to be kept
        if isinstance(days, bool) or (isinstance(days, int) and not 1 <= days <= 3650):
            raise ValueError("must be a number of days from 1 to 3650; write for example 30")
        return days

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
            return f"sqlite:///{_beside(info, Path(path))}{mark}{options}"
        if scheme == "postgresql" and rest:
            return url
        raise ValueError(
            'is no address of a database; write "sqlite:///data/schakel.db" or "postgresql://USER:PASSWORD@HOST/NAME"'
        )


class NoticeSettings(Section):
    """[notices]."""

    questions_threshold: int = 3

    @field_validator("questions_threshold", mode="before")
    @classmethod
    def is_a_number_of_readers(cls, readers: object) -> object:
        if isinstance(readers, bool) or (isinstance(readers, int) and not 1 <= readers <= 1000):
            raise ValueError("must be a number of readers from 1 to 1000; write for example 3")
        return readers


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


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    kind: str
    settings: BaseModel


@dataclass(frozen=True, slots=True)
class EngineConfig:
    kind: str
    settings: BaseModel


@dataclass(frozen=True, slots=True)
class Translation:
    """`notices` and `conversations` name engines in the order in which they are tried, `voices` those that write down
    what members say.

    `read_by`: who else reads what members and helpers write, or hears what they say, because an engine is theirs.
    """

    notices: tuple[str, ...] = ()
    conversations: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()
    engines: Mapping[str, EngineConfig] = field(default_factory=dict)
    voices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that is configured; every path in it is absolute."""

    bot: Bot
    database: Database
    adapters: Mapping[str, AdapterConfig]
    translation: Translation
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    requests: RequestSettings = field(default_factory=RequestSettings)
    links: LinkSettings = field(default_factory=LinkSettings)
    operations: Operations = field(default_factory=Operations)


# --- networks and engines that are installed -----------------------------------------------------------------------


class UnknownKind(LookupError):
    """Nothing of that kind is installed; `installed` names what is."""

    def __init__(self, kind: str, installed: list[str]) -> None:
        super().__init__(kind)
        self.installed = installed


def adapter_class(kind: str) -> type[Adapter]:
    """Import the network of that kind. Raises UnknownKind, or whatever importing it raises."""
    return cast(type[Adapter], _plugin(ADAPTERS, kind))


def engine_class(kind: str) -> type[Engine]:
    """Import the translation engine of that kind. Raises UnknownKind, or whatever importing it raises."""
    return cast(type[Engine], _plugin(ENGINES, kind))


def installed(find: Callable[[str], type[Plugin]]) -> list[tuple[str, type[Plugin]]]:
    """Every network (`adapter_class`) or engine (`engine_class`) that is installed and can be loaded, by its kind."""
    found = []
    for kind in sorted({entry.name for entry in entry_points(group=ADAPTERS if find is adapter_class else ENGINES)}):
        with suppress(Exception):  # whatever a third party's package raises while it is imported
            found.append((kind, find(kind)))
    return found


def given(environ: Mapping[str, str], at: Key) -> Values:
    """The keys of a section that the environment gives."""
    values = _Sources.merged({}, environ)
    for part in at:
        found = values.get(part)
        values = found if isinstance(found, dict) else {}
    return values


def _plugin(group: str, kind: str) -> type[Any]:
    found = entry_points(group=group, name=kind)
    for entry in found:
        return cast(type[Any], entry.load())
    raise UnknownKind(kind, sorted({entry.name for entry in entry_points(group=group)}))


# --- reading -------------------------------------------------------------------------------------------------------


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the file and the environment, which goes before the file. Imports only what is configured.

    Raises ConfigError with everything that is wrong, not only the first.
    """
    text, values = _read(path)
    merged = _Sources.merged(values, environ)
    findings = Findings(str(path), text, _variables(environ), merged)
    for name in sorted(merged.keys() - set(SECTIONS)):
        findings.report((name,), f"is not a section; {no_such(name, SECTIONS, 'the sections are')}")
    folder = path.absolute().parent
    bot = findings.validated(Bot, findings.table(("bot",)), ("bot",), context=folder)
    database = _database(findings, folder, bot)
    adapters = _adapters(findings)
    translation = _translation(findings)
    notices = findings.validated(NoticeSettings, findings.table(("notices",)), ("notices",))
    requests = findings.validated(RequestSettings, findings.table(("requests",)), ("requests",))
    links = findings.validated(LinkSettings, findings.table(("links",)), ("links",))
    operations = findings.validated(Operations, findings.table(("operations",)), ("operations",))
    problems = findings.problems + _misspelt(environ)
    if problems or not (bot and database and notices and requests and links and operations):
        raise ConfigError(problems)
    return Config(bot, database, adapters, translation, notices, requests, links, operations)


def _database(findings: Findings, folder: Path, bot: Bot | None) -> Database | None:
    default = {"url": f"sqlite:///{bot.data_dir if bot else folder}/schakel.db"}
    return findings.validated(Database, default | findings.table(("database",)), ("database",), context=folder)


def _adapters(findings: Findings) -> dict[str, AdapterConfig]:
    names = findings.table(("adapters",))
    if not names:
        findings.report(
            ("adapters",), "at least one network is needed; write for example a section [adapters.telegram]"
        )
    plugins = _plugins(findings, ("adapters",), names, ADAPTERS, "network")
    return {name: AdapterConfig(kind, settings) for name, kind, settings in plugins}


def _translation(findings: Findings) -> Translation:
    at = ("translation",)
    values = findings.table(at)
    values.pop("engines", None)
    names = findings.table((*at, "engines"))
    lists = findings.validated(EngineLists, values, at, also=("engines",)) or EngineLists()
    for key in ("notices", "conversations", "voices"):
        engines: tuple[str, ...] = getattr(lists, key)
        for engine in (engine for engine in engines if engine not in names):
            remedy = f"write a section [translation.engines.{engine}], or remove it here"
            meant = no_such(engine, names, "the engines are") if names else ""
            findings.report((*at, key), f'there is no engine "{engine}"; {meant if "did you" in meant else remedy}')
    plugins = _plugins(findings, (*at, "engines"), names, ENGINES, "translation engine")
    made = {name: EngineConfig(kind, settings) for name, kind, settings in plugins}
    for name in lists.voices:
        if name in made and not issubclass(engine_class(made[name].kind), Transcriber):
            findings.report(
                (*at, "voices"), f'the engine "{name}" cannot write down what somebody says; remove it here'
            )
    read_by = _read_by(made, (*lists.conversations, *lists.voices))
    if read_by and lists.consent is None:
        findings.report(
            (*at, "conversations" if _read_by(made, lists.conversations) else "voices"),
            f"{', '.join(read_by)} would read what people in need write; use an engine on a machine of your own, or, "
            f'if you have thought it over, add consent = "{CONSENT}" to [translation]: the bot then tells them first',
        )
    return Translation(lists.notices, lists.conversations, read_by, made, lists.voices)


def _read_by(engines: Mapping[str, EngineConfig], used: Iterable[str]) -> tuple[str, ...]:
    """Who reads along when these engines translate."""
    made = (engine_class(engines[name].kind)(name, engines[name].settings) for name in used if name in engines)
    return tuple(dict.fromkeys(engine.read_by for engine in made if engine.read_by is not None))


def _plugins(findings: Findings, at: Key, names: Values, group: str, what: str) -> Iterator[tuple[str, str, BaseModel]]:
    """Name, kind and settings of each table that is well, checked by the model of what is installed for its kind."""
    for name in names:
        here = (*at, name)
        if not re.fullmatch("[a-z](_?[a-z0-9])*", name):
            findings.report(here, "a name is made of small letters and digits, with single underscores between them")
            continue
        if not isinstance(names[name], dict):
            findings.report(here, f"must be a section of its own: [{'.'.join(here)}]")
            continue
        values = findings.table(here)
        kind = values.pop("kind", name)
        model = _settings_model(findings, group, kind, what, here)
        settings = findings.validated(model, values, here, also=("kind",)) if model else None
        if settings is not None:
            yield name, kind, settings


def _settings_model(findings: Findings, group: str, kind: object, what: str, here: Key) -> type[BaseModel] | None:
    key = (*here, "kind") if "kind" in findings.table(here) else here
    if not isinstance(kind, str):
        findings.report(key, "must be a text in quotes")
        return None
    try:
        model = getattr(_plugin(group, kind), "Settings", None)
    except UnknownKind as unknown:
        meant = no_such(kind, unknown.installed, "installed are")
        findings.report(key, f'no {what} of the kind "{kind}" is installed; {meant}')
        return None
    except Exception as error:  # whatever a third party's package raises while it is imported
        part = f" of {error.name}" if isinstance(error, ImportError) and error.name else ""
        findings.report(key, f'the {what} "{kind}" cannot be loaded ({type(error).__name__}{part}); reinstall it')
        return None
    if isinstance(model, type) and issubclass(model, BaseModel):
        return model
    findings.report(key, f'the {what} "{kind}" does not say how it is configured; it is not made for this version')
    return None


# --- the file and the environment ----------------------------------------------------------------------------------


def _read(path: Path) -> tuple[str, Values]:
    def failure(message: str) -> ConfigError:
        return ConfigError([Problem(str(path), "", message)])

    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise failure(
            "there is no such file; copy config.example.toml to this name and fill it in, or name yours with --config"
        ) from None
    except UnicodeDecodeError:
        raise failure("is not UTF-8 text; save it as UTF-8 in your editor") from None
    except OSError as error:
        raise failure(f"cannot be read ({error.strerror}); check the name and the permissions") from None
    except tomllib.TOMLDecodeError as error:
        raise failure(f"is not valid TOML: {error}; texts stand in quotes, and each key stands once") from None


class _Environment(PydanticBaseSettingsSource):
    """SCHAKEL_SECTION__KEY variables as nested values, all of them texts: what they mean is not known here."""

    def __init__(self, settings: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings)
        self.environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False  # fields are not asked for one by one: __call__ hands over whole sections

    def __call__(self) -> Values:
        values: Values = {}
        for key, name in sorted(_variables(self.environ).items()):
            table = values
            for part in key[:-1]:
                if not isinstance(table.get(part), dict):
                    table[part] = {}
                table = table[part]
            table[key[-1]] = self.environ[name]
        return values


class _Sources(BaseSettings):
    """The environment laid over the file, key by key."""

    model_config = SettingsConfigDict(extra="allow")

    @classmethod
    def merged(cls, file: Values, environ: Mapping[str, str]) -> Values:
        class Sources(_Sources):
            @classmethod
            def settings_customise_sources(
                cls, settings_cls: type[BaseSettings], *_: object, **__: object
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                return _Environment(settings_cls, environ), InitSettingsSource(settings_cls, file)

        return dict(Sources().model_extra or {})


def _variables(environ: Mapping[str, str]) -> dict[Key, str]:
    """The variables that give a key, by that key. What is empty counts as not given.

    Names without a double underscore are let be: orchestrators make some up that begin with a service's name.
    """
    return {
        tuple(name.removeprefix(PREFIX).lower().split(SEPARATOR)): name
        for name, value in environ.items()
        if name.startswith(PREFIX) and SEPARATOR in name.removeprefix(PREFIX) and value
    }


def _misspelt(environ: Mapping[str, str]) -> list[Problem]:
    """Variables with one underscore where two belong, which would go unnoticed."""
    names = (name for name in environ if name.startswith(PREFIX) and SEPARATOR not in name)
    parts = ((name, *name.removeprefix(PREFIX).partition("_")) for name in names)
    return [
        Problem(
            "environment", name, f"is not understood; the section ends with two underscores: {PREFIX}{section}__{key}"
        )
        for name, section, _, key in parts
        if section.lower() in SECTIONS and key
    ]


def _beside(info: ValidationInfo, path: Path) -> Path:
    """Relative paths start where the configuration file stands, not where the command was given."""
    return cast(Path, info.context) / path if info.context else path


def _or(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
