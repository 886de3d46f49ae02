"""What gathers in the store over months and is of no use to anybody goes; what somebody may still speak of stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions import Button, Edit, LookFor, Named, Say
from bot.content import Verbatim
from bot.domain.chats import Pairing, Role
from bot.model import Chat, ChatKind, Person
from bot.store.tables import delivery, event, message, pairing
from bot.store.transaction import Transaction
from tests.databases import Ticking, transaction
from tests.store.test_erasing import ACCOUNT, a_request, private, send_all

DAYS = timedelta(days=30)


def chat(tx: Transaction, name: str, role: str) -> int:
    known = tx.chats.known(Chat(ACCOUNT, name), ChatKind.GROUP, name)
    tx.chats.set_kind(known.id, ChatKind.GROUP, role)
    return known.id


def said(tx: Transaction) -> list[tuple[str, str]]:
    """What is kept of deliveries: what kind, about what."""
    rows = tx.connection.execute(select(delivery.c.kind, delivery.c.subject).order_by(delivery.c.id))
    return [(kind, subject) for kind, subject in rows]


def test_codes_that_give_nothing_any_more_go(database_url: str) -> None:
    """Those that were used, and those whose day is over."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        codes = [tx.chats.new_pairing(Pairing("group", None, "pt"), timedelta(days=n)) for n in (1, 1, 30)]
        tx.chats.use_pairing(codes[0])
    clock.at += timedelta(days=2)
    with transaction(database_url, clock=clock) as tx:
        tx.chats.forget_pairings()
        assert len(tx.connection.execute(select(pairing.c.id)).all()) == 1
        assert [tx.chats.offered_pairing(code) is not None for code in codes] == [False, False, True]


@pytest.mark.parametrize("role", [Role.PRIVATE, Role.COORDINATION, Role.ORGANISATION])
def test_what_was_said_in_a_room_about_nothing_goes_after_its_days(database_url: str, role: str) -> None:
    """In an organisation's room too, where it is asked for help each day. What has a name is said once, and what has
    buttons can be pressed there after months."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        room = chat(tx, "room", role)
        tx.deliveries.add(Say(room, (Verbatim("help is needed"),)))
        tx.deliveries.add(Say(room, (Verbatim("a notice's own"),), subject="N1"))
        tx.deliveries.add(Say(room, (Verbatim("once"),), name="L1/echo"))
        tx.deliveries.add(Say(room, (Verbatim("press"),), buttons=((Button("Press", "unlink", "1"),),)))
        send_all(tx)
        before = len(said(tx))
    clock.at += DAYS
    with transaction(database_url, clock=clock) as tx:
        tx.erasing.remove_old(tx.now, 100)
        kept = said(tx)
        assert before == 4
        assert len(kept) == (3 if role == Role.ORGANISATION else 0)


def test_whom_the_bot_has_looked_for_is_not_remembered(database_url: str) -> None:
    """Neither that somebody was to have the number of a request that is long gone."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        room = chat(tx, "room", Role.COORDINATION)
        helper = tx.chats.person(Person(ACCOUNT, "helper", "Ann", "nl")).id
        tx.deliveries.add(LookFor(room, helper, f"number:{helper}:K1:7:nl"))
        send_all(tx)
    clock.at += DAYS
    with transaction(database_url, clock=clock) as tx:
        tx.erasing.remove_old(tx.now, 100)
        assert said(tx) == []


def test_a_group_that_was_never_paired_and_is_left_is_forgotten(database_url: str) -> None:
    """With the words that explained what it could be. One that the bot is still in is not."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        for name in ("left", "stays"):
            group = chat(tx, name, Role.NONE)
            tx.deliveries.add(Say(group, (Verbatim("give me a code"),)))
        send_all(tx)
        tx.chats.set_active(1, False)
    clock.at += DAYS
    with transaction(database_url, clock=clock) as tx:
        tx.erasing.remove_old(tx.now, 100)
        tx.erasing.forget_empty_chats(100)
        assert tx.chats.at(Chat(ACCOUNT, "left")) is None
        assert tx.chats.at(Chat(ACCOUNT, "stays")) is not None


def test_what_was_changed_before_it_went_out_is_not_kept(database_url: str) -> None:
    """Nobody says it any more, and it may name somebody."""
    with transaction(database_url) as tx:
        room = chat(tx, "room", Role.COORDINATION)
        tx.deliveries.add(Say(room, (Verbatim("Ann looks after it"),), "K1", "K1/card"))
        tx.deliveries.add(Edit(room, Named("K1/card"), (Verbatim("Bob looks after it"),)))
        tx.erasing.remove_unsaid()
        contents = tx.connection.execute(select(message.c.content)).scalars().all()
        assert [b"Bob" in content for content in contents] == [True]
        assert len(send_all(tx)) == 1


def test_of_a_request_stay_the_days_that_were_promised(database_url: str) -> None:
    """Not how often others were asked for help with it, nor that somebody was called."""
    with transaction(database_url) as tx:
        request = a_request(tx)
        for what in ("claimed", "reminded", "asked:3", "call-reached", "closed"):
            tx.requests.happened(request, what, None)
        tx.erasing.forget(request, "purged")
        rows = tx.connection.execute(select(event.c.what).order_by(event.c.id)).scalars().all()
        assert rows == ["created", "claimed", "closed", "purged"]


def test_what_happens_every_day_is_kept_once(database_url: str) -> None:
    """A request that nobody takes is looked at each time with all that ever happened to it. Of the overviews that were
    told the one before the last is kept, too: the last may not have got there yet."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        request = tx.requests.add(private(tx), None, "pt")
    for _ in range(5):
        clock.at += timedelta(days=1)
        with transaction(database_url, clock=clock) as tx:
            tx.requests.happened_again(request, "asked:3")
            tx.requests.overview_told()
    with transaction(database_url, clock=clock) as tx:
        assert sorted(tx.requests.history([request])[request.id]) == ["asked:3", "created"]
        assert tx.requests.last_overview() is not None
        assert len(tx.connection.execute(select(event.c.id)).all()) == 4
