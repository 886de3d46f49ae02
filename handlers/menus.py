"""The command menus that networks show, in every language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.catalogue import Catalogue
from bot.content import say
from bot.model import SetCommands

_MENUS: dict[Literal["private", "groups"], dict[str, str]] = {
    "private": {"ask": "menu-ask", "my": "menu-my", "lang": "menu-lang", "help": "menu-help"},
    "groups": {"help": "menu-help"},
}
"""Command and description. Groups see one for all: the rooms' own commands stay with those who know them."""


def menus(catalogue: Catalogue, account: str) -> Sequence[SetCommands]:
    """One menu for each language, and one in English for everybody else."""
    return [
        SetCommands(account, scope, language, _described(catalogue, commands, language or "en"))
        for scope, commands in _MENUS.items()
        for language in (None, *(code for code in catalogue.languages if len(code) == 2))
    ]


def _described(catalogue: Catalogue, commands: dict[str, str], language: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, catalogue.render(say(key), language).plain) for name, key in commands.items())
