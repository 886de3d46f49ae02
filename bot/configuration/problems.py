"""What is wrong with a configuration: every fault by file and key, with its remedy, and without a secret."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

Key = tuple[str, ...]
"""The place of a value: ("bot", "hours")."""
Values = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

SECRET = re.compile(r"(^|_)(token|password|passphrase|passwd|secret|key)s?(_|$)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `source` is the file, or "environment"; then `key` is the variable's name."""

    source: str
    key: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        start = f"{self.source}: {self.key}: " if self.key else f"{self.source}: "
        return start + self.message + (f" (line {self.line})" if self.line else "")


class ConfigError(Exception):
    """Everything that is wrong with the configuration, one line each. Holds no secret."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)


class Findings:
    """Checks the values of one configuration, table by table, and gathers what is wrong with them.

    `variables` says which keys were given by which environment variable.
    """

    def __init__(self, source: str, text: str, variables: Mapping[Key, str], values: Values) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._lines = _lines(text)
        self._variables = variables
        self._values = values
        self._secrets = set(_secrets(values))

    def report(self, key: Key, message: str) -> None:
        """Say that something is wrong with the key, wherever its value came from. A second word on it is not heard."""
        if any(piece in message for secret in self._secrets for piece in _pieces(secret)):
            message = "is not accepted; compare it with config.example.toml"
        variable = self._variable(key)
        if variable:
            problem = Problem("environment", variable, message)
        else:
            problem = Problem(self._source, ".".join(key), message, self._line(key))
        if (problem.source, problem.key) not in {(known.source, known.key) for known in self.problems}:
            self.problems.append(problem)

    def _variable(self, key: Key) -> str | None:
        """The variable that gave the key, or the table around it, or something in it that the file knows nothing of."""
        for length in range(len(key), 0, -1):
            if key[:length] in self._variables:
                return self._variables[key[:length]]
        if key in self._lines:
            return None
        return next((name for given, name in self._variables.items() if given[: len(key)] == key), None)

    def _line(self, key: Key) -> int | None:
        """The line of the key, or of the table around it: what is missing belongs there."""
        return next((self._lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self._lines), None)

    def table(self, at: Key) -> Values:
        """The table at that key, empty where there is none."""
        values: Any = self._values
        for depth, part in enumerate(at, start=1):
            values = values.get(part, {})
            if not isinstance(values, dict):
                self.report(at[:depth], f"must be a section: [{'.'.join(at[:depth])}]")
                return {}
        return dict(values)

    def validated(
        self, model: type[Model], values: Values, at: Key, *, also: Key = (), context: object = None
    ) -> Model | None:
        """The model made of the keys it knows in the table `at`, None where it cannot be made.

        `also` are keys of that table that others look at.
        """
        known = _keys(model) if model.model_config.get("extra") != "allow" else values.keys() | _keys(model)
        wanted = {name: value for name, value in values.items() if name in known}
        for name, field in model.model_fields.items():
            if _is_secret(name, field):
                self._secrets.update(_secrets(values.get(name), secret=True))
        meant: set[str] = set()
        for name in sorted(values.keys() - known):
            close = _close(name, (*known, *also))
            meant.update(close)
            self.report((*at, name), f"is not a key here; {_choice(close, (*known, *also), 'the keys here are')}")
        try:
            try:
                return model.model_validate(wanted, context=context)
            except ValidationError as error:
                spread = self._spread(wanted, error, at)
                if spread == wanted:
                    raise
                return model.model_validate(spread, context=context)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                place = _place(details, wanted)
                if not (details["type"] == "missing" and place and place[-1] in meant):
                    self.report((*at, *place), self._sentence(details, model, (*at, *place)))
            return None

    def _spread(self, values: Values, error: ValidationError, at: Key) -> Values:
        """The values with those lists and tables read that the environment, which knows only texts, gave as text."""
        result = dict(values)
        for details in error.errors(include_url=False):
            place = details["loc"]
            if len(place) == 1 and (*at, str(place[0])) in self._variables and isinstance(details["input"], str):
                if details["type"] in ("list_type", "tuple_type", "set_type", "frozen_set_type"):
                    result[str(place[0])] = _list(details["input"])
                elif details["type"] in ("dict_type", "model_type"):
                    result[str(place[0])] = _written(details["input"])
        return result

    def _sentence(self, error: ErrorDetails, model: type[BaseModel], key: Key) -> str:
        kind, context = error["type"], error.get("ctx", {})
        if kind == "missing":
            field = model.model_fields.get(key[-1])
            example = str(field.examples[0]) if field and field.examples else f"{key[-1]} = …"
            if _is_secret(key[-1], field):
                variable = "SCHAKEL_" + "__".join(key).upper()
                return f"is missing; write it under [{'.'.join(key[:-1])}], or give {variable} in the environment"
            return f"is missing; write under [{'.'.join(key[:-1])}] for example: {example}"
        if kind == "extra_forbidden":
            return "is not a key here; remove it"
        if kind in ("value_error", "assertion_error") and "error" in context:
            return str(context["error"])
        for start, words in _TYPES.items():
            if kind.startswith(start):
                return f"must be {words}"
        message = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
        return message[:1].lower() + message[1:]


_TYPES = {
    "string_type": "a text in quotes",
    "int_": "a whole number, without quotes",
    "float_": "a number, without quotes",
    "bool_": "true or false, without quotes",
    "list_": 'a list: ["…", "…"]',
    "tuple_": 'a list: ["…", "…"]',
    "set_": 'a list: ["…", "…"]',
    "dict_": "a table: { … = … }",
    "model_": "a table: { … = … }",
    "path_": "a path in quotes",
}
"""How pydantic's error types begin, and what we say of them."""


def no_such(name: str, known: Iterable[str], which: str) -> str:
    """The remedy for a name that does not exist: the one that was probably meant, or all there are."""
    names = tuple(known)
    return _choice(_close(name, names), names, which)


def _choice(close: Sequence[str], known: Sequence[str], which: str) -> str:
    return f'did you mean "{close[0]}"?' if close else f"{which}: {', '.join(sorted(known)) or 'none'}"


def _close(name: str, known: Sequence[str]) -> list[str]:
    return difflib.get_close_matches(name, known, 1)


def _keys(model: type[BaseModel]) -> set[str]:
    """The keys that fill the model's fields."""
    aliases = {field.alias for field in model.model_fields.values() if field.alias}
    return aliases | set(model.model_fields)


def _place(error: ErrorDetails, values: object) -> Key:
    """The part of pydantic's location that is a key of ours: what follows are list positions and names of types."""
    place: list[str] = []
    for part in error["loc"]:
        if not isinstance(values, dict) or not isinstance(part, str):
            break
        if part not in values and error["type"] != "missing":
            break
        place.append(part)
        values = values.get(part)
    return tuple(place)


def _list(text: str) -> object:
    return _written(text) if text.lstrip().startswith("[") else [part.strip() for part in text.split(",")]


def _written(text: str) -> object:
    """What a list or table says, in JSON or as the file has it; the text itself where it is neither."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


# --- secrets -------------------------------------------------------------------------------------------------------


def _is_secret(name: str, field: FieldInfo | None) -> bool:
    types = (field.annotation, *get_args(field.annotation)) if field else ()
    return bool(SECRET.search(name)) or SecretStr in types


def _secrets(values: object, secret: bool = False) -> Iterator[str]:
    """Every text that stands under a key named like a secret, and the passwords within addresses."""
    if isinstance(values, str):
        if secret:
            yield values
        yield from re.findall(r"://[^/:@]*:(.*)@", values)
    elif isinstance(values, dict):
        for name, value in values.items():
            yield from _secrets(value, secret or bool(SECRET.search(str(name).lower())))
    elif isinstance(values, list):
        for value in values:
            yield from _secrets(value, secret)


def _pieces(secret: str) -> Iterator[str]:
    """What must not stand in a message: the secret, and each part of it long enough to be told from a common word."""
    yield from (piece for piece in {secret, *re.findall(r"\w{4,}", secret)} if len(piece) >= 4)


# --- lines ---------------------------------------------------------------------------------------------------------

_HEADER = re.compile(r"\s*\[\s*([\w.\s\"'-]+?)\s*\]\s*(#.*)?")
_ENTRY = re.compile(r"\s*([\w.\"'-]+)\s*=")


def _lines(text: str) -> dict[Key, int]:
    """The line on which each key stands, where that is beyond doubt.

    The parser does not tell. A key that seems to stand twice (within a text of several lines, say) is left out.
    """
    found: dict[Key, list[int]] = {}
    table: Key = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            table = _parts(header[1])
            found.setdefault(table, []).append(number)
        elif entry := _ENTRY.match(line):
            found.setdefault((*table, *_parts(entry[1])), []).append(number)
    return {key: numbers[0] for key, numbers in found.items() if len(numbers) == 1}


def _parts(dotted: str) -> Key:
    return tuple(part.strip(" \"'") for part in dotted.split("."))
