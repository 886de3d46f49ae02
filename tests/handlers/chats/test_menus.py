"""The command menus."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.catalogue import Catalogue
from bot.domain.chats import KnownChat, Role
from bot.model import Chat, ChatKind
from bot.outgoing import SetCommands
from handlers import routes
from handlers.chats.menus import menus
from handlers.notices import writing
from handlers.private import member
from tests.world import POLICY

EVERY_LANGUAGE = "ar bg en es fa fr ku nl pl prs ps pt ro ru so sq ti tr uk ur"


def room(role: Role, language: str) -> KnownChat:
    added = datetime(2026, 11, 23, tzinfo=UTC)
    return KnownChat(1, Chat("telegram", "-1001"), ChatKind.GROUP, role, None, language, "", True, True, added, None)


def menu_of(role: Role, language: str) -> SetCommands:
    return menus(Catalogue(POLICY.languages), "telegram", [room(role, language)])[-1]


def test_every_language_has_its_menus_and_everybody_else_english() -> None:
    made = menus(Catalogue(POLICY.languages), "telegram", ())
    assert {(menu.scope, menu.language) for menu in made} == {
        (scope, language) for scope in ("private", "groups") for language in (None, *POLICY.languages)
    }
    portuguese = next(menu for menu in made if menu.scope == "private" and menu.language == "pt")
    assert dict(portuguese.commands)["ask"] == "Pedir ajuda"


def test_a_room_has_its_own_menu_in_its_own_language() -> None:
    """Whatever language the apps of its people are in."""
    menu = menu_of(Role.COORDINATION, "nl")
    assert (menu.scope, menu.chat, menu.language) == ("room", Chat("telegram", "-1001"), None)
    assert dict(menu.commands)["claim"] == "Jij zorgt ervoor"
    assert dict(menu_of(Role.ORGANISATION, "fr").commands)["notice"] == "Écrire une annonce"


@pytest.mark.parametrize("language", EVERY_LANGUAGE.split())
def test_what_a_menu_offers_is_told_in_every_language(language: str) -> None:
    """In a few words, which are those of the help; a command stands in its menu once."""
    catalogue = Catalogue((language,))
    rooms = [room(role, language) for role in (Role.COORDINATION, Role.ORGANISATION)]
    for menu in menus(catalogue, "telegram", rooms):
        names = [name for name, _ in menu.commands]
        assert len(set(names)) == len(names) <= 100
        for name, description in menu.commands:
            assert re.fullmatch("[a-z0-9_]{1,32}", name)
            assert 2 <= len(description) <= 256
            assert not re.search("[{}:፦\u2066-\u2069]$", description)


def test_what_a_menu_offers_is_understood() -> None:
    """Every command has a route where it is shown."""
    rooms = [room(role, "nl") for role in (Role.COORDINATION, Role.ORGANISATION)]
    shown = {"private": "private", "groups": "group"}
    for menu in menus(Catalogue(POLICY.languages), "telegram", rooms[:1]):
        role = shown.get(menu.scope, Role.COORDINATION)
        assert all(understood(name, role) for name, _ in menu.commands)
    assert all(understood(name, Role.ORGANISATION) for name, _ in menu_of(Role.ORGANISATION, "nl").commands)


def understood(name: str, role: str) -> bool:
    """Whether the first route that has the command is no answer that it belongs elsewhere."""
    fitting = [one for one in routes.MESSAGES if role in one.roles and (not one.commands or name in one.commands)]
    elsewhere = (member.elsewhere, writing.wrong_room)
    return bool(fitting) and not fitting[0].any_command and fitting[0].handler not in elsewhere


def test_rooms_do_not_change_the_other_menus() -> None:
    catalogue = Catalogue(POLICY.languages)
    one = room(Role.COORDINATION, "nl")
    assert menus(catalogue, "telegram", [one, replace(one, id=2)])[:-2] == menus(catalogue, "telegram", ())
