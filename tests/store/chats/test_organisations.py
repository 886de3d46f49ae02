"""Organisations are known by their names, in any script."""

from __future__ import annotations

import pytest

from tests.databases import transaction


@pytest.mark.parametrize(
    ("name", "typed"), [("De Brug", "de brug"), ("Élan", "élan"), ("Дім", "ДІМ"), ("ΣΠΙΤΙ", "σπιτι"), ("بيت", "بيت")]
)
def test_an_organisation_is_the_same_whatever_its_capitals(database_url: str, name: str, typed: str) -> None:
    with transaction(database_url) as tx:
        made = tx.chats.organisation_named(name)
        assert made.name == name
        assert tx.chats.organisation_named(typed) == made
        assert tx.chats.organisations() == [made]
