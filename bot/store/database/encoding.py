"""Frozen values to bytes and back: JSON that names each dataclass, so that a stored value reads without its code."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Any, TypeVar

import msgspec

from bot import actions, content, events, incoming, model, outgoing

T = TypeVar("T")

_TEXT = re.compile(rb'"text":(\d+)')

# Incoming and outgoing values stood in `model` when they were first stored; what is stored keeps its name.
_CALLED = {
    model: "model",
    incoming: "model",
    outgoing: "model",
    content: "content",
    actions: "actions",
    events: "events",
}
_KNOWN: dict[str, type] = {
    f"{called}.{name}": value
    for module, called in _CALLED.items()
    for name, value in vars(module).items()
    if isinstance(value, type)
    and (is_dataclass(value) or issubclass(value, model.Value))
    and value.__module__ == module.__name__
    and value is not model.Value
}
_NAMES = {cls: name for name, cls in _KNOWN.items()}
_FIELDS = {cls: tuple(field.name for field in fields(cls)) for cls in _KNOWN.values() if is_dataclass(cls)}
_KINDS: dict[str, type[Enum]] = {"model.Span": model.SpanKind} | {
    f"model.{name}": model.ChatKind
    for name in ("Message", "Edited", "Pressed", "Reacted", "Unreacted", "Renamed", "Added", "Joined", "Removed")
}
"""Whose `kind` is a member of an enum."""


def encode(value: object) -> bytes:
    """`value` may be built of dataclasses of the modules that are named above, of tuples and plain values."""
    return msgspec.json.encode(_plain(value))


def decode(data: bytes, kind: type[T]) -> T:
    """The value that was encoded; TypeError when it is no `kind`."""
    value = _value(msgspec.json.decode(data))
    if not isinstance(value, kind):
        raise TypeError(f"a stored {type(value).__name__} where a {kind.__name__} was expected")
    return value


_LEAVES = frozenset((type(None), str, int, float, bool))
_BRANCHES = frozenset((list, dict))


def _plain(value: Any) -> Any:
    cls = type(value)
    if cls in _LEAVES:
        return value
    names = _FIELDS.get(cls)
    if names is not None:
        plain: dict[str, Any] = {"#": _NAMES[cls]}
        for name in names:
            item = getattr(value, name)
            plain[name] = item if type(item) in _LEAVES else _plain(item)
        return plain
    if isinstance(value, model.Value):
        return value  # it has its name with it
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return {"#": "datetime", "v": value.astimezone(UTC).isoformat()}
    if isinstance(value, (date, time)):
        return {"#": cls.__name__, "v": value.isoformat()}
    if isinstance(value, (str, int)):  # the members of an enum
        return value
    raise TypeError(f"a {cls.__name__} cannot be stored")


_MOMENTS = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat}


def _value(plain: Any) -> Any:
    cls = type(plain)
    if cls is list:
        return tuple([_value(item) for item in plain])
    if cls is not dict:
        return plain
    name = plain.pop("#", None)
    if name is None:
        return {key: _value(item) for key, item in plain.items()}
    if name in _MOMENTS:
        return _MOMENTS[name](plain["v"])
    for key, item in plain.items():
        if type(item) in _BRANCHES:
            plain[key] = _value(item)
    kinds = _KINDS.get(name)
    if kinds is not None:
        plain["kind"] = kinds(plain["kind"])
    return _KNOWN[name](**plain)


def texts_in(stored: bytes) -> list[int]:
    """The texts that a stored message shows."""
    return [int(id) for id in _TEXT.findall(stored)]
