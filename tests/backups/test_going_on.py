"""Going on from a backup: what may have happened since is neither said to the wrong person nor unseen twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from bot.actions import Priority, Publish, Say
from bot.backups.restored import lines
from bot.backups.resuming import doubts
from bot.catalogue import Catalogue
from bot.content import Verbatim, say
from bot.domain.chats import Pairing, Role
from bot.domain.notices import PLAN_IN_DOUBT, Category
from bot.events import Due, Outcome
from bot.incoming import Batch, Raw
from bot.model import Chat, ChatKind
from bot.outgoing import SendText
from bot.store.database.encoding import decode
from bot.store.outbox.claimed import Receipted
from bot.store.outbox.claims import Claims
from bot.store.tables import InboxStatus, Status, delivery, inbox
from bot.store.transaction import Transaction
from handlers.notices import planning
from tests.backups.conftest import ACCOUNT, House
from tests.databases import POLICY, transaction
from tests.paper.adapter import LIKE_TELEGRAM

CATALOGUE = Catalogue(POLICY.languages)
DAY = timedelta(days=1)


@contextmanager
def started(house: House) -> Iterator[Transaction]:
    """The bot on what was put back: it knows what nobody can be sure of."""
    with transaction(house.target, clock=house.clock) as tx:
        found = doubts(tx)
        tx.policy = replace(tx.policy, copied_at=found.copied_at, again=found.again)
        Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE).recover()
        yield tx


def sends(tx: Transaction) -> list[str]:
    """Let the network have what can go, in order; what may have arrived already with a question mark."""
    texts: list[str] = []
    claims = Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE)
    while claimed := claims.claim(50, ()):
        for one in claimed:
            claims.sent([Receipted(one, part, f"net-{one.id}-{part.position}") for part in one.parts])
            for part in one.parts:
                if isinstance(part.action, SendText):
                    texts.append(part.action.text.plain + (" ?" if part.unsure else ""))
    return texts


def a_house(tx: Transaction) -> tuple[int, int]:
    """A coordination room, an organisation with its room and two groups, and a member; her chat and the owner."""
    owner = tx.chats.organisation_named("Ons Huis").id
    roles = {
        "room": Pairing(Role.COORDINATION, None, "nl"),
        "office": Pairing(Role.ORGANISATION, owner, "nl"),
        "one": Pairing(Role.GROUP, owner, "pt"),
        "two": Pairing(Role.GROUP, owner, "pt"),
    }
    for name, pairing in roles.items():
        tx.chats.pair(tx.chats.known(Chat(ACCOUNT, name), ChatKind.GROUP, name).id, pairing)
    return tx.chats.known(Chat(ACCOUNT, "member"), ChatKind.PRIVATE).id, owner


def publishes(tx: Transaction, owner: int, valid_until: date | None = None) -> None:
    office = tx.chats.known(Chat(ACCOUNT, "office"), ChatKind.GROUP).id
    text = tx.texts.add("Pão na sexta-feira", "pt")
    notice = tx.notices.add(owner, office, None, Category.FOOD, text, "pt", valid_until=valid_until)
    tx.deliveries.add(Publish(owner, "pt", (Verbatim("Pão na sexta-feira"),), notice.code))


def without_rooms(texts: Sequence[str]) -> list[str]:
    """What was said to members and groups."""
    told = CATALOGUE.render(say("restored", at="AT"), "nl").plain.partition("AT")[0]
    return [text for text in texts if not text.startswith(told)]


def test_what_had_arrived_is_not_said_again_and_what_was_on_its_way_is_doubted(house: House) -> None:
    """It may have arrived after the backup: Matrix is asked whether it has, on Telegram it is marked."""
    with transaction(house.url, clock=house.clock) as tx:
        member, _ = a_house(tx)
        tx.deliveries.add(Say(member, (Verbatim("first"),), "K1"))
        assert sends(tx) == ["first"]
        tx.deliveries.add(Say(member, (Verbatim("second"),), "K1"))
        tx.deliveries.add(Say(member, (Verbatim("third"),), "K1"))
        tx.deliveries.add(Say(member, (Verbatim("about nothing"),)))
        assert Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE).claim(1, ())  # it is in the air
    house.backs_up()
    assert house.restores().resumed.again == 3
    with started(house) as tx:
        assert sorted(without_rooms(sends(tx))) == ["about nothing ?", "second ?", "third ?"]
        tx.deliveries.add(Say(member, (Verbatim("fourth"),), "K1"))
        assert sends(tx) == ["fourth"]


def test_of_a_long_message_the_part_that_was_next_is_doubted(home: House) -> None:
    """What the network had of it already is not said again."""
    with transaction(home.url, clock=home.clock) as tx:
        member, _ = a_house(tx)
        tx.deliveries.add(Say(member, (Verbatim("word " * 2000),), "K1"))
        claims = Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE)
        (claimed,) = claims.claim(1, ())
        claims.sent([Receipted(claimed, claimed.parts[0], "net-1")])
    home.backs_up()
    home.restores()
    with started(home) as tx:
        claimed_again = Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE).claim(50, ())
        (left,) = [one for one in claimed_again if one.chat == member]
        assert [(part.position, part.unsure) for part in left.parts] == [(1, True), (2, False)]


def test_notices_of_an_old_backup_are_not_sent_and_their_organisation_sees_it(home: House) -> None:
    """They have most likely arrived; answers to people go out all the same."""
    with transaction(home.url, clock=home.clock) as tx:
        member, owner = a_house(tx)
        publishes(tx, owner)
        tx.deliveries.add(Say(member, (Verbatim("an answer"),), "K1"))
    home.backs_up()
    home.clock.at += 2 * DAY
    restored = home.restores()
    assert restored.resumed.late == 2
    with started(home) as tx:
        assert without_rooms(sends(tx)) == ["an answer ?"]
        notice = tx.notices.numbered(1)
        assert notice is not None
        assert [(one.sent, one.waiting, one.failed) for one in tx.notices.copies(notice)] == [(0, 0, 2)]
        bodies = tx.connection.execute(select(inbox.c.body).where(inbox.c.status == InboxStatus.NEW)).scalars()
        assert [decode(body, Outcome).failure for body in bodies] == ["no answer from the network"] * 2
    assert "2 copies of notices" in "\n".join(lines(restored, "schakel", home.clock.now()))


@pytest.mark.parametrize(("age", "sent"), [(timedelta(hours=1), 251), (2 * DAY, 0)])
def test_of_a_notice_that_was_being_stored_the_rest_is_doubted_or_too_old_as_well(
    age: timedelta, sent: int, home: House
) -> None:
    """For the groups whose turn had not come when the backup was made, it had when the disk died."""
    with transaction(home.url, clock=home.clock) as tx:
        _, owner = a_house(tx)
        for name in (f"group {number}" for number in range(249)):
            tx.chats.pair(tx.chats.known(Chat(ACCOUNT, name), ChatKind.GROUP).id, Pairing(Role.GROUP, owner, "pt"))
        publishes(tx, owner)
    home.backs_up()
    home.clock.at += age
    home.restores()
    with started(home) as tx:
        while tx.broadcasts.go_on():
            pass
        texts = without_rooms(sends(tx))
        assert texts == ["Pão na sexta-feira ?"] * sent


def test_a_plan_whose_time_has_come_since_is_not_carried_out(home: House) -> None:
    """It was after the backup, or somebody had cancelled it. What is still to come goes out at its time."""
    with transaction(home.url, clock=home.clock) as tx:
        tx.schedule.at(tx.now + timedelta(hours=1), Due(planning.UNREAD_TOO, "N1", calendar=True))
        tx.schedule.at(tx.now + timedelta(hours=9), Due(planning.AS_READ, "N2", calendar=True))
    home.backs_up()
    home.clock.at += timedelta(hours=2)
    home.restores()
    with started(home) as tx:
        assert tx.schedule.planned(planning.UNREAD_TOO, "N1") is None
        assert tx.schedule.planned(PLAN_IN_DOUBT, "N1") is not None
        assert tx.schedule.planned(planning.AS_READ, "N2") is not None


def test_a_notice_that_holds_no_longer_is_not_sent(home: House) -> None:
    """However young the backup is."""
    with transaction(home.url, clock=home.clock) as tx:
        _, owner = a_house(tx)
        publishes(tx, owner, valid_until=home.clock.at.date())
    home.backs_up()
    home.clock.at += timedelta(hours=16)
    home.restores()
    with started(home) as tx:
        assert without_rooms(sends(tx)) == []


def test_no_number_is_given_twice(home: House) -> None:
    """K3 was somebody's after the backup: an answer to K3 must never reach anybody else."""
    with transaction(home.url, clock=home.clock) as tx:
        member, owner = a_house(tx)
        tx.requests.add(member, None, "pt")
        tx.requests.add(member, None, "pt")
        publishes(tx, owner)
    home.backs_up()
    with transaction(home.url, clock=home.clock) as tx:
        assert tx.requests.add(member, None, "pt").code == "K3"
    home.clock.at += DAY
    restored = home.restores()
    with started(home) as tx:
        assert tx.requests.by_code("K3") is None
        assert tx.requests.add(member, None, "pt").number == restored.resumed.request == 200
        assert tx.requests.add(member, None, "pt").number == 201
        publishes(tx, owner)
        publishes(tx, owner)
        assert [notice.number for notice in tx.notices.latest(owner)] == [201, 200, 1]
    assert restored.resumed.notice == 200


def test_the_rooms_hear_what_does_not_work_there_any_more(home: House) -> None:
    """From the bot itself: the operator may be asleep, and the helpers are not."""
    with transaction(home.url, clock=home.clock) as tx:
        a_house(tx)
    home.backs_up()
    made_at = home.clock.at
    home.clock.at += DAY
    restored = home.restores()
    with started(home) as tx:
        rows = select(delivery.c.chat_id, delivery.c.priority).where(delivery.c.status == Status.READY)
        told = {tx.chats.get(chat).role: priority for chat, priority in tx.connection.execute(rows)}
        assert told == {"coordination": Priority.COORDINATION, "organisation": Priority.COORDINATION}
        texts = sends(tx)
    made = CATALOGUE.render(say("restored", at=made_at), "nl").plain
    code = f"K{restored.resumed.request}"
    assert f"{made}\n{CATALOGUE.render(say('restored-requests', code=code), 'nl').plain}" in texts
    assert len(texts) == 2


def test_what_was_handled_before_the_backup_is_not_handled_again(home: House) -> None:
    """A network that tells it again finds that it is known; what it had not heard is taken."""
    with transaction(home.url, clock=home.clock) as tx:
        tx.inbox.accept(ACCOUNT, Batch((Raw("1", "member", b"x"),), "1"))
        tx.connection.execute(update(inbox).values(status=InboxStatus.HANDLED, body=None))
    home.backs_up()
    home.restores()
    with started(home) as tx:
        assert tx.accounts.get(ACCOUNT).cursor == "1"
        tx.inbox.accept(ACCOUNT, Batch((Raw("1", "member", b"x"), Raw("2", "member", b"y")), "2"))
        assert [arrived.event for arrived in tx.inbox.waiting(10, [ACCOUNT])] == ["2"]
