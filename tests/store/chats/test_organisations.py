"""Organisations are known by their names, in any script."""

from __future__ import annotations

import pytest

from bot.store.tables import organisation
from tests.databases import transaction

TYPED = [
    ("De Brug", "de brug"),
    ("Élan", "élan"),
    ("Élan", "e\u0301LAN"),
    ("Дім", "ДІМ"),
    ("ΣΠΙΤΙ", "σπιτι"),
    ("Δρόμος", "ΔΡΌΜΟΣ"),
    ("İstanbul", "istanbul"),
    ("Isparta", "ısparta"),
    ("Straße", "STRASSE"),
    ("بيت", "\u2067بيت\u2069"),
    ("ABC", "ＡＢＣ"),
]


@pytest.mark.parametrize(("name", "typed"), TYPED)
def test_an_organisation_is_the_same_however_its_name_is_typed(database_url: str, name: str, typed: str) -> None:
    with transaction(database_url) as tx:
        made = tx.chats.organisation_named(name)
        assert made.name == name
        assert tx.chats.organisation_named(typed) == made
        assert tx.chats.organisations() == [made]


@pytest.mark.parametrize(("name", "typed"), TYPED)
def test_so_is_a_conversation(database_url: str, name: str, typed: str) -> None:
    with transaction(database_url) as tx:
        owner = tx.chats.organisation_named("De Brug").id
        made = tx.links.add(owner, name)
        assert tx.links.named(owner, typed) == made
        assert tx.links.named(owner, f"{typed} 2") is None


def test_names_that_are_two_already_stay_two(database_url: str) -> None:
    """Made before, when they were told apart."""
    names = ("e\u0301lan", "Élan", "élan")
    with transaction(database_url) as tx:
        for name in names:
            tx.connection.execute(tx.insert(organisation).values(name=name))
        assert [tx.chats.organisation_named(name).name for name in names] == [*names]
