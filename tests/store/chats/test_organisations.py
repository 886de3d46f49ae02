"""Organisations are known by their names, in any script."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.chats import Pairing
from bot.model import Chat, ChatKind
from bot.store.tables import organisation
from tests.databases import Ticking, transaction

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


def test_a_mistyped_organisation_goes_with_the_code_that_nobody_used(database_url: str) -> None:
    """What belongs to an organisation keeps it: a chat, a notice, a code that is still good."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        with_chat, with_link, mistyped, asked = [
            tx.chats.organisation_named(name).id for name in ("De Brug", "Casa", "De Burg", "New")
        ]
        tx.chats.pair(
            tx.chats.known(Chat("paper", "room"), ChatKind.GROUP).id, Pairing("organisation", with_chat, None)
        )
        tx.links.add(with_link, "street")
        tx.chats.new_pairing(Pairing("organisation", mistyped, None), timedelta(days=7))
        tx.chats.new_pairing(Pairing("organisation", asked, None), timedelta(days=30))
    for days, left in ((6, ["Casa", "De Brug", "De Burg", "New"]), (2, ["Casa", "De Brug", "New"])):
        clock.at += timedelta(days=days)
        with transaction(database_url, clock=clock) as tx:
            tx.chats.forget_pairings()
            tx.chats.forget_organisations()
            assert [one.name for one in tx.chats.organisations()] == left


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
