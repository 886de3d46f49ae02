"""The command menus that networks show: of private chats and groups in every language, of each room in its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from bot.catalogue import Catalogue
from bot.content import Sentence, say
from bot.domain.chats import KnownChat, Role
from bot.outgoing import SetCommands

Commands = tuple[tuple[str, str], ...]

_PRIVATE = "ask my offer lang privacy mydata erase stop help"
_COORDINATION = "claim r ready note close list find release reopen undo number report hours lang help"
_ORGANISATION = "notice template publish correct recall pass ok languages copy status notices groups lang help"
_GROUPS = "help"
"""What may be done in a community group; a room shows its own menu instead."""

_OWN = {"ask": "menu-ask", "my": "menu-my", "offer": "menu-offer", "lang": "menu-lang", "help": "menu-help"}
_OWN |= {"erase": "button-erase-all"}
"""Commands with a description of their own; the others are told in the help of their place, and taken from there."""
_HELP = ("help-private", "help-coordination", "help-answering", "help-coordination-more")
"""What lists commands: "claim: you look after it", or "/report (how it stands)"."""
_TOLD = re.compile(
    r"(?:^/?(?P<first>[a-z]+)\b[^:፦\n]*[:፦]\s*(?P<line>.+)$)|(?:/(?P<within>[a-z]+) \((?P<brackets>[^)]+)\))", re.M
)
_MARKS = re.compile("[\u200e\u200f\u2066-\u2069]")  # of direction


def menus(catalogue: Catalogue, account: str, rooms: Sequence[KnownChat]) -> Sequence[SetCommands]:
    """One menu for each language, one in English for everybody else, and one for each room."""
    places: dict[Literal["private", "groups"], str] = {"private": _PRIVATE, "groups": _GROUPS}
    everywhere = [
        SetCommands(account, scope, language, described(catalogue, names, language or "en"))
        for scope, names in places.items()
        for language in (None, *(code for code in catalogue.languages if len(code) == 2))
    ]
    return everywhere + [_room(catalogue, room) for room in rooms]


def _room(catalogue: Catalogue, room: KnownChat) -> SetCommands:
    names = _COORDINATION if room.role == Role.COORDINATION else _ORGANISATION
    commands = described(catalogue, names, room.language or "en")
    return SetCommands(room.address.account, "room", None, commands, room.address)


def described(catalogue: Catalogue, names: str, language: str) -> Commands:
    """Commands, with spaces between, each with a few words of what it does."""
    told = _told(catalogue, language)
    return tuple((name, _capital(told[name], language)) for name in names.split())


@lru_cache(maxsize=64)  # each network asks for the same
def _told(catalogue: Catalogue, language: str) -> dict[str, str]:
    return dict(_found(catalogue, language))


def _found(catalogue: Catalogue, language: str) -> Iterator[tuple[str, str]]:
    for key in _HELP:
        for found in _TOLD.finditer(_plain(catalogue, say(key), language)):
            yield (found["first"] or found["within"], (found["line"] or found["brackets"]).strip())
    for name in _ORGANISATION.split():
        if name not in _OWN:  # "Write a notice: {command}"
            yield name, _plain(catalogue, say(f"help-{name}", command=""), language).strip(" :፦\u00a0")
    for name, key in _OWN.items():
        yield name, _plain(catalogue, say(key), language)


def _plain(catalogue: Catalogue, sentence: Sentence, language: str) -> str:
    return _MARKS.sub("", catalogue.render(sentence, language).plain)


def _capital(said: str, language: str) -> str:
    first = "İ" if language in ("tr", "az") and said.startswith("i") else said[:1].upper()
    return first + said[1:]
