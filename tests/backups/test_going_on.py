"""Going on from a backup: what may have happened since is neither said to the wrong person nor unseen twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select, update

from bot.actions import Amend, Priority, Publish, Say
from bot.catalogue import Catalogue
from bot.chats import Pairing
from bot.content import Verbatim, say
from bot.events import Outcome
from bot.model import Batch, Chat, ChatKind, Raw, SendText
from bot.notices import Category
from bot.restoring import lines
from bot.store.claims import Claims, Receipted
from bot.store.encoding import decode
from bot.store.tables import InboxStatus, Role, Status, delivery, inbox
from bot.store.transaction import Transaction
from tests.backups.conftest import ACCOUNT, House
from tests.databases import POLICY, transaction
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM

CATALOGUE = Catalogue(POLICY.languages)
DAY = timedelta(days=1)


def sends(tx: Transaction, limit: int = 50) -> list[str]:
    """Let the network have what can go; what people see of it, in order."""
    texts: list[str] = []
    claims = Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE)
    while claimed := claims.claim(limit, (), one_per_chat=False):
        for one in claimed:
            claims.sent([Receipted(one, part, f"net-{one.id}-{part.position}") for part in one.parts])
            texts += [part.action.text.plain for part in one.parts if isinstance(part.action, SendText)]
        if limit == 1:
            break
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


def test_what_had_arrived_is_not_said_again_and_what_was_on_its_way_is_marked(house: House) -> None:
    """It may have arrived after the backup: whoever reads it twice sees that it is the same."""
    with transaction(house.url, clock=house.clock) as tx:
        member, _ = a_house(tx)
        tx.deliveries.add(Say(member, (Verbatim("first"),), "K1"))
        assert sends(tx) == ["first"]
        tx.deliveries.add(Say(member, (Verbatim("second"),), "K1"))
        tx.deliveries.add(Say(member, (Verbatim("third"),), "K1"))
        tx.deliveries.add(Say(member, (Verbatim("about nothing"),)))
        assert Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE).claim(1, (), one_per_chat=False)  # it is in the air
    house.backs_up()
    restored = house.restores()
    assert restored.resumed.again == 3
    with transaction(house.target, clock=house.clock) as tx:
        claims = Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE)
        claims.recover()
        for one in claims.claim(50, (), one_per_chat=False):
            assert not any(part.unsure for part in one.parts), "it would get a second mark"
            claims.sent([Receipted(one, part, f"net-{one.id}") for part in one.parts])
            if one.chat == member and one.subject == "K1":
                assert [part.action.text.plain for part in one.parts if isinstance(part.action, SendText)] == [
                    "↻ K1\nsecond"
                ]
        assert without_rooms(sends(tx)) == ["↻ K1\nthird"]


def test_nothing_is_marked_that_others_have_had_already(home: House) -> None:
    """A notice that half of its groups have: those that have it, and what corrects it, are left alone."""
    with transaction(home.url, clock=home.clock) as tx:
        _, owner = a_house(tx)
        publishes(tx, owner)
        assert sends(tx, limit=1) == ["Pão na sexta-feira"]
    home.backs_up()
    home.restores()
    with transaction(home.target, clock=home.clock) as tx:
        assert without_rooms(sends(tx)) == ["↻ N1\nPão na sexta-feira"]
        tx.deliveries.add(Amend(owner, "pt", (Verbatim("Pão no sábado"),), "N1"))
        claims = Claims(tx, ACCOUNT, LIKE_MATRIX, CATALOGUE)
        edits = [part.action for one in claims.claim(50, (), one_per_chat=False) for part in one.parts]
        assert len(edits) == 2
        assert "↻" not in repr(edits)


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
    with transaction(home.target, clock=home.clock) as tx:
        assert without_rooms(sends(tx)) == ["↻ K1\nan answer"]
        notice = tx.notices.numbered(1)
        assert notice is not None
        assert [(one.sent, one.waiting, one.failed) for one in tx.notices.copies(notice)] == [(0, 0, 2)]
        bodies = tx.connection.execute(select(inbox.c.body).where(inbox.c.status == InboxStatus.NEW)).scalars()
        assert [decode(body, Outcome).failure for body in bodies] == ["no answer from the network"] * 2
    assert "2 copies of notices" in "\n".join(lines(restored, "schakel", home.clock.now()))


def test_a_notice_that_holds_no_longer_is_not_sent(home: House) -> None:
    """However young the backup is."""
    with transaction(home.url, clock=home.clock) as tx:
        _, owner = a_house(tx)
        publishes(tx, owner, valid_until=home.clock.at.date())
    home.backs_up()
    home.clock.at += timedelta(hours=16)
    home.restores()
    with transaction(home.target, clock=home.clock) as tx:
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
    with transaction(home.target, clock=home.clock) as tx:
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
    with transaction(home.target, clock=home.clock) as tx:
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
    with transaction(home.target, clock=home.clock) as tx:
        assert tx.accounts.get(ACCOUNT).cursor == "1"
        tx.inbox.accept(ACCOUNT, Batch((Raw("1", "member", b"x"), Raw("2", "member", b"y")), "2"))
        assert [arrived.event for arrived in tx.inbox.waiting(10, [ACCOUNT])] == ["2"]
