"""Linked chats as the store keeps them: what stands where, and what a chat that is out still hears."""

from __future__ import annotations

from bot.actions import Named, Recall, Say
from bot.domain.links import KnownLink, LinkedMessage
from bot.model import Person, Text
from bot.store.transaction import Transaction
from tests.databases import transaction
from tests.store.outbox.test_deliveries import claims, everything, group, words

ANA = Person("paper", "ana", "Ana")


def linked(tx: Transaction) -> tuple[KnownLink, int, int]:
    """A conversation of two groups."""
    centre = tx.chats.organisation_named("Centre").id
    of = tx.links.add(centre, "Market")
    chats = group(tx, "here", "nl", centre), group(tx, "there", "nl", centre)
    for chat in chats:
        tx.chats.set_link(chat, of.id)
    return of, *chats


def said(tx: Transaction, of: KnownLink, here: int, there: int, id: str) -> LinkedMessage:
    """Ana has said something in one, and it is on its way to the other."""
    message = tx.links.spoke(of, here, id, ANA, tx.texts.add(Text(id), "nl"))
    assert message is not None
    tx.deliveries.add(Say(there, words(id), of.subject, message.name))
    return message


def test_what_is_on_its_way_to_a_chat_that_is_out_stays_behind(database_url: str) -> None:
    """What stands there is found, so that it can be taken back."""
    with transaction(database_url) as tx:
        of, here, there = linked(tx)
        first = said(tx, of, here, there, "m1")
        everything(tx)
        second = said(tx, of, here, there, "m2")
        tx.chats.set_link(there, None)
        assert claims(tx).claim(10, []) == []
        assert [tx.links.stands_in(one) for one in (first, second)] == [[there], []]


def test_what_could_not_be_taken_back_is_told_once(database_url: str) -> None:
    """When the chat is within reach again."""
    with transaction(database_url) as tx:
        of, here, there = linked(tx)
        message = said(tx, of, here, there, "m1")
        everything(tx)
        tx.deliveries.add(Recall(there, Named(message.name)))
        tx.lanes.fail_all(there, "the chat is out of reach")
        known = tx.chats.get(there)
        assert tx.links.not_taken_back(known) == [message.name]
        assert tx.links.not_taken_back(known) == []


def test_what_was_passed_on_last_is_found_first(database_url: str) -> None:
    """In a chat that hears others; what waits for it counts, too."""
    with transaction(database_url) as tx:
        of, here, there = linked(tx)
        messages = [said(tx, of, here, there, id) for id in ("m1", "m2", "m3")]
        assert tx.links.latest_in(tx.chats.get(there), 2) == messages[:0:-1]
        tx.chats.set_link(there, None)
        assert tx.links.latest_in(tx.chats.get(there), 2) == []
