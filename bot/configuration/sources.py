"""Where the configuration is written: in a file, and in the environment, which goes before it key by key."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.configuration.problems import ConfigError, Key, Problem, Values

PREFIX = "SCHAKEL_"
SEPARATOR = "__"

_RULES = "texts stand in quotes, and each key stands once"
_CURLY = re.compile("[\u2018-\u201f\u00ab\u00bb\u2032\u2033\u00b4`]")


def read(path: Path) -> tuple[str, Values]:
    """The file's text, and what it says. Raises ConfigError."""

    def failure(message: str) -> ConfigError:
        return ConfigError([Problem(str(path), "", message)])

    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise failure(
            "there is no such file here; go to the folder where it is, or name it with --config. `schakel init` asks "
            "for all that a new one needs"
        ) from None
    except UnicodeDecodeError:
        raise failure("is not UTF-8 text; save it as UTF-8 in your editor") from None
    except OSError as error:
        raise failure(f"cannot be read ({error.strerror}); check the name and the permissions") from None
    except tomllib.TOMLDecodeError as error:
        raise failure(f"is not valid TOML: {_misread(text, error) or error}; {_RULES}") from None


def _misread(text: str, error: tomllib.TOMLDecodeError) -> str | None:
    """What word processors and web pages make of quotes and blanks looks right, and is not."""
    at = re.search(r"at line (\d+)", str(error))
    if at is None:
        return None
    line = text.split("\n")[int(at[1]) - 1]
    if found := _CURLY.search(line):
        return f'a {found[0]} is no quote here: write it straight, as " (at line {at[1]})'
    if any(unicodedata.category(character) in ("Zs", "Cf") and character != " " for character in line):
        return f"what looks like a blank is none: delete it, and type it anew (at line {at[1]})"
    return None


def merged(file: Values, environ: Mapping[str, str]) -> Values:
    """The environment laid over the file, key by key."""

    class Sources(BaseSettings):
        model_config = SettingsConfigDict(extra="allow")

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: object, **__: object
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return _Environment(settings_cls, environ), InitSettingsSource(settings_cls, file)

    return dict(Sources().model_extra or {})


def given(environ: Mapping[str, str], at: Key) -> Values:
    """The keys of a section that the environment gives."""
    values = merged({}, environ)
    for part in at:
        found = values.get(part)
        values = found if isinstance(found, dict) else {}
    return values


def variables(environ: Mapping[str, str]) -> dict[Key, str]:
    """The variables that give a key, by that key. What is empty, or no text, counts as not given.

    Names without a double underscore are let be: orchestrators make some up that begin with a service's name.
    """
    return {
        tuple(name.removeprefix(PREFIX).lower().split(SEPARATOR)): name
        for name, value in environ.items()
        if name.startswith(PREFIX) and SEPARATOR in name.removeprefix(PREFIX) and value and _is_text(name + value)
    }


def unreadable(environ: Mapping[str, str]) -> list[Problem]:
    """Variables that were written in another encoding than this program reads."""
    names = [name for name, value in environ.items() if name.startswith(PREFIX) and not _is_text(name + value)]
    return [Problem("environment", name, "is not UTF-8 text; save it as UTF-8") for name in names if _is_text(name)]


def _is_text(given: str) -> bool:
    try:
        return bool(given.encode())
    except UnicodeEncodeError:  # bytes that Python could not read stand in it as halves of characters
        return False


def misspelt(environ: Mapping[str, str], sections: Sequence[str]) -> list[Problem]:
    """Variables with one underscore after a section where two belong, which would go unnoticed."""
    names = (name for name in environ if name.startswith(PREFIX) and SEPARATOR not in name)
    parts = ((name, *name.removeprefix(PREFIX).partition("_")) for name in names)
    return [
        Problem(
            "environment", name, f"is not understood; the section ends with two underscores: {PREFIX}{section}__{key}"
        )
        for name, section, _, key in parts
        if section.lower() in sections and key
    ]


class _Environment(PydanticBaseSettingsSource):
    """SCHAKEL_SECTION__KEY variables as nested values, all of them texts: what they mean is not known here."""

    def __init__(self, settings: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings)
        self.environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False  # fields are not asked for one by one: __call__ hands over whole sections

    def __call__(self) -> Values:
        values: Values = {}
        for key, name in sorted(variables(self.environ).items()):
            table = values
            for part in key[:-1]:
                if not isinstance(table.get(part), dict):
                    table[part] = {}
                table = table[part]
            table[key[-1]] = self.environ[name]
        return values
