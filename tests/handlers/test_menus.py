"""The command menus."""

from __future__ import annotations

import re

from bot.catalogue import Catalogue
from handlers import routes
from handlers.menus import menus
from tests.world import POLICY


def test_every_language_has_its_menus_and_everybody_else_english() -> None:
    made = menus(Catalogue(POLICY.languages), "telegram")
    assert {(menu.scope, menu.language) for menu in made} == {
        (scope, language) for scope in ("private", "groups") for language in (None, *POLICY.languages)
    }
    portuguese = next(menu for menu in made if menu.scope == "private" and menu.language == "pt")
    assert dict(portuguese.commands)["ask"] == "Pedir ajuda"


def test_what_a_menu_offers_is_understood() -> None:
    """Every command has a route where it is shown, and a name that networks take."""
    for menu in menus(Catalogue(POLICY.languages), "telegram"):
        for name, description in menu.commands:
            roles = {"private"} if menu.scope == "private" else {"group"}
            fits = [one for one in routes.MESSAGES if one.roles & roles and (not one.commands or name in one.commands)]
            assert fits
            assert re.fullmatch("[a-z0-9_]{1,32}", name)
            assert 1 <= len(description) <= 256
