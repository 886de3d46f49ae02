"""The configuration: read from a TOML file and the environment, checked as a whole, and frozen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from bot.configuration.problems import ConfigError, Findings, Key, Problem, Values, no_such
from bot.configuration.request_settings import RequestSettings
from bot.configuration.sections import (
    CONSENT,
    Bot,
    Database,
    EngineLists,
    LinkSettings,
    NoticeSettings,
    Operations,
    in_address,
)
from bot.configuration.sources import merged, misspelt, read, unreadable, variables
from bot.plugins import ADAPTERS, ENGINES, UnknownKind, engine_class, plugin
from bot.ports import OneLogin, Transcriber

__all__ = ["Config", "ConfigError", "Problem", "load"]

SECTIONS = ("bot", "database", "adapters", "notices", "requests", "links", "translation", "operations")


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


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the file and the environment, which goes before the file. Imports only what is configured.

    Raises ConfigError with everything that is wrong, not only the first.
    """
    try:
        return _loaded(path, environ)
    except RecursionError:
        raise ConfigError([Problem(str(path), "", "holds tables or lists too deep within one another")]) from None


def _loaded(path: Path, environ: Mapping[str, str]) -> Config:
    text, values = read(path)
    all_values = merged(values, environ)
    findings = Findings(str(path), text, variables(environ), all_values)
    for name in sorted(all_values.keys() - set(SECTIONS)):
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
    problems = findings.problems + misspelt(environ, SECTIONS) + unreadable(environ)
    if problems or not (bot and database and notices and requests and links and operations):
        raise ConfigError(problems)
    return Config(bot, database, adapters, translation, notices, requests, links, operations)


def _database(findings: Findings, folder: Path, bot: Bot | None) -> Database | None:
    default = {"url": f"sqlite:///{in_address(bot.data_dir if bot else folder)}/schakel.db"}
    return findings.validated(Database, default | findings.table(("database",)), ("database",), context=folder)


def _adapters(findings: Findings) -> dict[str, AdapterConfig]:
    names = findings.table(("adapters",))
    if not names:
        findings.report(
            ("adapters",), "at least one network is needed; write for example a section [adapters.telegram]"
        )
    plugins = _plugins(findings, ("adapters",), names, ADAPTERS, "network")
    accounts = {name: AdapterConfig(kind, settings) for name, kind, settings in plugins}
    _find_shared(findings, accounts)
    return accounts


def _find_shared(findings: Findings, accounts: Mapping[str, AdapterConfig]) -> None:
    """Report each account that has the login of one before it: one would get the other's messages, or both answer."""
    first: dict[tuple[str, object], str] = {}
    for name, account in accounts.items():
        if isinstance(account.settings, OneLogin):
            key = account.settings.login_key
            had = first.setdefault((account.kind, getattr(account.settings, key)), name)
            if had != name:
                findings.report(
                    ("adapters", name, key),
                    f"[adapters.{had}] has the same one, and two accounts cannot share a login; write another one, or "
                    "remove one of the two sections",
                )


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
        model = getattr(plugin(group, kind), "Settings", None)
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
