"""Reactions to messages that are known: which was taken back, and whether anybody's still stands."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace as changed
from sqlalchemy import select

from bot.actions import Named, OnNetwork, Pin, React, Say, Unpin, Unreact
from bot.incoming import Reacted, Unreacted
from bot.model import Chat, ChatKind, Person
from bot.outgoing import PinMessage, SendReaction, TakeReaction, UnpinMessage
from bot.store.outbox.claimed import Receipted
from bot.store.tables import copy, reaction
from bot.store.transaction import Transaction
from tests.databases import transaction
from tests.store.outbox.test_deliveries import claims, everything, group, words

ANA, RUI = Person("paper", "ana"), Person("paper", "rui")


def reacted(tx: Transaction, by: Person, id: str | None = None, message: str = "m1", key: str = "👍") -> Reacted:
    return Reacted(Chat("paper", "g"), ChatKind.GROUP, by, message, key, tx.now, id)


def taken(tx: Transaction, by: Person) -> Unreacted:
    return Unreacted(Chat("paper", "g"), ChatKind.GROUP, by, "m1", "👍", tx.now)


def left(tx: Transaction, chat: int, to: str) -> list[str]:
    """The emojis of the reactions to a message that are there still."""
    query = select(reaction.c.key).join(copy, copy.c.id == reaction.c.copy_id)
    return list(tx.connection.execute(query.where(copy.c.chat_id == chat, copy.c.network_id == to)).scalars())


def test_a_reaction_with_an_id_is_found_by_it_once(database_url: str) -> None:
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.copies.came_in(chat, "m1", "L1")
        tx.reactions.added(chat, reacted(tx, ANA, "$r"))
        tx.reactions.added(chat, reacted(tx, ANA, "$r"))
        assert tx.reactions.taken_back(group(tx, "elsewhere"), "$r") is None
        assert tx.reactions.taken_back(chat, "$r") == ("m1", "👍")
        assert tx.reactions.taken_back(chat, "$r") is None


def test_a_reaction_without_an_id_is_its_writers(database_url: str) -> None:
    """One that is taken back leaves the others'."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.copies.came_in(chat, "m1", "L1")
        for person in (ANA, RUI, RUI):
            tx.reactions.added(chat, reacted(tx, person))
        for person, stands in ((RUI, True), (RUI, True), (ANA, False)):
            tx.reactions.removed(chat, taken(tx, person))
            assert bool(left(tx, chat, "m1")) is stands


def test_of_reactions_to_messages_nobody_knows_nothing_is_kept(database_url: str) -> None:
    """Nor once the message is known no more."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.reactions.added(chat, reacted(tx, ANA, "$r"))
        assert tx.reactions.taken_back(chat, "$r") is None
        tx.copies.came_in(chat, "m1", "K1")
        tx.reactions.added(chat, reacted(tx, ANA, "$r"))
        tx.erasing.remove_about(["K1"])
        assert not left(tx, chat, "m1")
        assert tx.reactions.taken_back(chat, "$r") is None


# --- our own ---------------------------------------------------------------------------------------------------------


def said(tx: Transaction) -> int:
    chat = group(tx)
    tx.deliveries.add(Say(chat, words("hello"), name="hello"))
    everything(tx)
    return chat


def goes(tx: Transaction, reaction: str | None = None) -> list[object]:
    """Everything that is asked for now; reactions get that id."""
    done: list[object] = []
    while True:
        now = claims(tx)
        claimed = now.claim(10, [])
        if not claimed and not now.ended:
            return done
        for one in claimed:
            for part in one.parts:
                action: Any = part.action
                done.append(changed(action, transaction="") if hasattr(action, "transaction") else action)
                now.sent([Receipted(one, part, reaction if isinstance(action, SendReaction) else None)])


def test_our_reaction_is_taken_back_by_its_id(database_url: str) -> None:
    """The latest of that emoji, however it is written; and it can be put there anew."""
    with transaction(database_url) as tx:
        chat, to = said(tx), Chat("paper", "g")
        message = "m1-0"
        for id in ("$r1", "$r2"):
            tx.deliveries.add(React(chat, Named("hello"), "👍"))
            assert goes(tx, id) == [SendReaction(to, message, "👍", "")]
            tx.deliveries.add(Unreact(chat, Named("hello"), "👍\ufe0f"))
            assert goes(tx) == [TakeReaction(to, message, "👍", "", id)]


def test_a_reaction_that_has_not_gone_out_never_does(database_url: str) -> None:
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(React(chat, OnNetwork("m7"), "👍"))
        tx.deliveries.add(Unreact(chat, OnNetwork("m7"), "👍"))
        assert goes(tx) == []


def test_a_reaction_that_another_took_the_place_of_is_not_taken_back(database_url: str) -> None:
    """Where reactions have no ids a bot has one to a message, and would take the wrong one."""
    with transaction(database_url) as tx:
        chat, to = group(tx), Chat("paper", "g")
        for key in ("👍", "❤"):
            tx.deliveries.add(React(chat, OnNetwork("m7"), key))
        goes(tx)
        for key in ("👍", "🔥", "❤"):
            tx.deliveries.add(Unreact(chat, OnNetwork("m7"), key))
        assert goes(tx) == [TakeReaction(to, "m7", "❤", "")]


def test_one_message_is_pinned_and_unpinned(database_url: str) -> None:
    """Ours by its name, anybody's by its id; what was never said cannot be."""
    with transaction(database_url) as tx:
        chat, to = said(tx), Chat("paper", "g")
        for action in (Pin(chat, Named("hello")), Pin(chat, OnNetwork("m7")), Pin(chat, Named("never"))):
            tx.deliveries.add(action)
        for target in (Named("hello"), OnNetwork("m7"), Named("never")):
            tx.deliveries.add(Unpin(chat, target))
        assert goes(tx) == [
            PinMessage(to, "m1-0"),
            PinMessage(to, "m7"),
            UnpinMessage(to, "m1-0"),
            UnpinMessage(to, "m7"),
        ]
