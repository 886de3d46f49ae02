"""Networks and translation engines that are installed: built-in or somebody else's, all found by their entry points."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import entry_points
from typing import Any, TypeVar, cast

from bot.ports import Adapter, Engine

ADAPTERS = "schakel.adapters"
ENGINES = "schakel.engines"

Plugin = TypeVar("Plugin")


class UnknownKind(LookupError):
    """Nothing of that kind is installed; `installed` names what is."""

    def __init__(self, kind: str, installed: list[str]) -> None:
        super().__init__(kind)
        self.installed = installed


def adapter_class(kind: str) -> type[Adapter]:
    """Import the network of that kind. Raises UnknownKind, or whatever importing it raises."""
    return cast(type[Adapter], plugin(ADAPTERS, kind))


def engine_class(kind: str) -> type[Engine]:
    """Import the translation engine of that kind. Raises UnknownKind, or whatever importing it raises."""
    return cast(type[Engine], plugin(ENGINES, kind))


def installed(find: Callable[[str], type[Plugin]]) -> list[tuple[str, type[Plugin]]]:
    """Every network (`adapter_class`) or engine (`engine_class`) that is installed and can be loaded, by its kind."""
    found = []
    for kind in sorted({entry.name for entry in entry_points(group=ADAPTERS if find is adapter_class else ENGINES)}):
        with suppress(Exception):  # whatever a third party's package raises while it is imported
            found.append((kind, find(kind)))
    return found


def plugin(group: str, kind: str) -> type[Any]:
    """Import what is installed as that kind. Raises UnknownKind, or whatever importing it raises."""
    found = entry_points(group=group, name=kind)
    for entry in found:
        return cast(type[Any], entry.load())
    raise UnknownKind(kind, sorted({entry.name for entry in entry_points(group=group)}))
