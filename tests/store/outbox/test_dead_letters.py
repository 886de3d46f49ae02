"""The dead-letter list: what stands in it, what comes out of it again, and what must not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.actions import Amend, Answer, Edit, Named, Publish, Recall, RecallAll, Say
from bot.catalogue import Catalogue
from bot.content import Translated, Verbatim
from bot.domain.chats import Pairing, Role
from bot.domain.notices import Category, recalled
from bot.incoming import Batch, Pressed, Raw
from bot.model import Chat, ChatKind, Person
from bot.operation import dead_letters
from bot.outgoing import EditText, SendText, Withdraw
from bot.ports import NOT_OFFERED
from bot.store.outbox.claimed import Claimed, Receipted
from bot.store.outbox.claims import Claims
from bot.store.outbox.dead_letters import NOT_THERE
from bot.store.outbox.obstacles import ERASED, OUT_OF_REACH
from bot.store.transaction import Transaction
from tests.databases import POLICY, Ticking, transaction
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM

CATALOGUE = Catalogue(POLICY.languages)
ACCOUNTS = ("paper",)


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@contextmanager
def unit(url: str, clock: Ticking) -> Iterator[Transaction]:
    with transaction(url, clock=clock) as tx:
        yield tx


def private(tx: Transaction, name: str = "p") -> int:
    return tx.chats.known(Chat("paper", name), ChatKind.PRIVATE).id


def group(tx: Transaction, organisation: int, name: str = "g") -> int:
    chat = tx.chats.known(Chat("paper", name), ChatKind.GROUP).id
    tx.chats.pair(chat, Pairing("group", organisation, "pt"))
    return chat


def words(said: str) -> tuple[Verbatim, ...]:
    return (Verbatim(said),)


def claims(tx: Transaction, like: object = LIKE_MATRIX) -> Claims:
    return Claims(tx, "paper", like, CATALOGUE)  # type: ignore[arg-type]


def claimed(tx: Transaction, like: object = LIKE_MATRIX) -> list[Claimed]:
    return claims(tx, like).claim(100, [])


def plain(found: list[Claimed]) -> list[str]:
    return [p.action.text.plain for c in found for p in c.parts if isinstance(p.action, (SendText, EditText))]


def land(tx: Transaction, one: Claimed) -> None:
    for part in one.parts:
        message = f"m{one.id}-{part.position}" if isinstance(part.action, SendText) else None
        claims(tx).sent([Receipted(one, part, message)])


def said_and_edited(tx: Transaction) -> list[str]:
    """A message goes out, and after it an edit of it; the words of both."""
    [said] = claimed(tx)
    land(tx, said)
    [edited] = claimed(tx)
    assert [type(part.action) for part in (*said.parts, *edited.parts)] == [SendText, EditText]
    return plain([said, edited])


def everything(tx: Transaction) -> list[str]:
    """Send until nothing is left; the words in the order in which they went out."""
    said: list[str] = []
    while found := claimed(tx):
        said += plain(found)
        for one in found:
            land(tx, one)
    return said


def refuse(tx: Transaction, reason: str = "too odd") -> list[int]:
    """The network takes nothing of what could go now; the ids."""
    found = claimed(tx)
    for one in found:
        claims(tx).refused(one, reason, one.parts[0])
    return [one.id for one in found]


def again(tx: Transaction, id: int) -> str | None:
    return tx.dead_letters.send_again(id, ACCOUNTS)


def test_what_was_refused_stands_in_the_list_and_goes_out_when_tried_again(database_url: str, clock: Ticking) -> None:
    """Where, about what, why and when; no word of it, and no chat."""
    with unit(database_url, clock) as tx:
        tx.deliveries.add(Say(private(tx, "somebody"), words("come at ten"), subject="K7", name="K7/reply/1"))
        [id] = refuse(tx)
        found = dead_letters.failed(tx)
        [letter] = found["deliveries"]
        assert {key: letter[key] for key in ("id", "account", "subject", "kind", "priority", "why", "attempts")} == {
            "id": f"d{id}",
            "account": "paper",
            "subject": "K7",
            "kind": "say",
            "priority": "answer",
            "why": "too odd",
            "attempts": 1,
        }
        assert "ten" not in str(found)
        assert "somebody" not in str(found)
        assert found["counts"] == {"deliveries": 1, "events": 0, "translations": 0}
        assert tx.dead_letters.by_account() == {"paper": 1}
    with unit(database_url, clock) as tx:
        assert again(tx, id) is None
        assert everything(tx) == ["come at ten"]
        assert dead_letters.failed(tx)["deliveries"] == []
        assert again(tx, id) == "it was delivered meanwhile"
        assert again(tx, id + 1) == NOT_THERE


def test_what_is_tried_again_goes_before_what_follows_it_in_its_lane(database_url: str, clock: Ticking) -> None:
    """What has begun already is not overtaken."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        for said in "abcd":
            tx.deliveries.add(Say(chat, words(said), subject="K1"))
        [a] = refuse(tx)
        assert again(tx, a) is None
        assert everything(tx) == ["a", "b", "c", "d"]
        for said in "efgh":
            tx.deliveries.add(Say(chat, words(said), subject="K1"))
        [e] = refuse(tx)
        [in_the_air] = claimed(tx)
        assert again(tx, e) is None
        assert claimed(tx) == []
        land(tx, in_the_air)
        assert everything(tx) == ["e", "g", "h"]


def test_a_delivery_goes_on_at_its_first_unfinished_part(database_url: str, clock: Ticking) -> None:
    """What is there is not said again; what may be there is said as unsure."""
    with unit(database_url, clock) as tx:
        tx.deliveries.add(Say(private(tx), words("Uma frase curta. " * 700), subject="K1"))
        [one] = claimed(tx, LIKE_TELEGRAM)
        assert len(one.parts) == 3
        claims(tx, LIKE_TELEGRAM).sent([Receipted(one, one.parts[0], "m1")])
        claims(tx, LIKE_TELEGRAM).begin(one, one.parts[1])
        claims(tx, LIKE_TELEGRAM).refused(one, "no answer from the network")
        assert again(tx, one.id) is None
        [after] = claimed(tx, LIKE_TELEGRAM)
        assert [(part.position, part.unsure) for part in after.parts] == [(1, True), (2, False)]
        assert after.resends == 0


def test_a_message_that_was_changed_meanwhile_says_what_it_says_now(database_url: str, clock: Ticking) -> None:
    """Nobody reads first what is wrong by now."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("wrong"), subject="K1", name="K1/card"))
        [id] = refuse(tx)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("right")))
        assert everything(tx) == []
        assert again(tx, id) is None
        assert everything(tx) == ["right"]


def test_a_change_that_was_overtaken_before_it_failed_does_not_come_back(database_url: str, clock: Ticking) -> None:
    """One that was made while the message was in the air, and came to nothing with it."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("first"), subject="K1", name="K1/card"))
        [one] = claimed(tx)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("second")))
        claims(tx).again(one, one.parts[0], tx.now, unsure=False)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("third")))
        tx.heads.release_due("paper")
        [id] = refuse(tx)
        assert again(tx, id) is None
        assert everything(tx) == ["third"]


def test_a_correction_that_was_overtaken_does_not_come_back_either(database_url: str, clock: Ticking) -> None:
    """The first was made while the copy was in the air, the second when it had failed."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        [one] = claimed(tx)
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        claims(tx).refused(one, "too odd", one.parts[0])
        assert everything(tx) == []
        tx.deliveries.add(Amend(owner, "pt", words("aviso 12"), "N1"))
        assert again(tx, one.id) is None
        assert everything(tx) == ["aviso 12"]


def test_a_copy_that_was_corrected_meanwhile_is_the_corrected_one(database_url: str, clock: Ticking) -> None:
    """The correction reaches what has failed, too."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        [id] = refuse(tx)
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        assert everything(tx) == []
        assert again(tx, id) is None
        assert everything(tx) == ["aviso 11"]


def test_a_correction_reaches_what_has_failed_in_a_group_that_is_out_of_reach(
    database_url: str, clock: Ticking
) -> None:
    """When the bot is there again, what is tried again is not what is wrong by then."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        chat = group(tx, owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        [one] = claimed(tx)
        claims(tx).gone(one, "the bot was removed", one.parts[0])
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        tx.chats.set_active(chat, True)
        assert again(tx, one.id) is None
        assert everything(tx) == ["aviso 11"]


def test_what_may_have_arrived_and_was_corrected_meanwhile_says_the_new_words_and_is_unsure(
    database_url: str, clock: Ticking
) -> None:
    """Telegram's reader sees that it may be the same, and never the wrong words after the right ones."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        [one] = claimed(tx, LIKE_TELEGRAM)
        claims(tx, LIKE_TELEGRAM).refused(one, "no answer from the network")
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        assert again(tx, one.id) is None
        [after] = claimed(tx, LIKE_TELEGRAM)
        assert plain([after]) == ["aviso 11"]
        assert [part.unsure for part in after.parts] == [True]


def test_what_a_network_may_have_with_older_words_is_edited_when_it_was_said_again(
    database_url: str, clock: Ticking
) -> None:
    """Matrix shows a transaction once: with the words that it had the first time."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        [one] = claimed(tx)
        claims(tx).again(one, one.parts[0], tx.now, unsure=True)
        tx.heads.release_due("paper")
        [one] = claimed(tx)
        claims(tx).refused(one, "the account may not write in this room")
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        assert again(tx, one.id) is None
        assert said_and_edited(tx) == ["aviso 11", "aviso 11"]


def test_so_it_is_where_it_was_changed_before_it_is_said_again(database_url: str, clock: Ticking) -> None:
    """That it has not begun anew yet does not mean that it is not there."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("wrong"), subject="K1", name="K1/card"))
        [one] = claimed(tx)
        claims(tx).refused(one, "the account may not write in this room")
        assert again(tx, one.id) is None
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("right")))
        assert said_and_edited(tx) == ["right", "right"]


def test_where_it_is_said_anew_its_mark_stays_until_it_is_changed(database_url: str, clock: Ticking) -> None:
    """Telegram has the new words in the repetition itself."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("hello"), subject="K1", name="K1/card"))
        [one] = claimed(tx)
        claims(tx).refused(one, "no answer from the network")
        assert again(tx, one.id) is None
        [said] = claimed(tx)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("changed")))
        land(tx, said)
        assert plain(claimed(tx, LIKE_TELEGRAM)) == ["changed"]
        tx.deliveries.change_again(said.id)
        assert claimed(tx, LIKE_TELEGRAM) == []


def test_what_is_there_in_part_and_was_corrected_is_completed_by_the_correction(
    database_url: str, clock: Ticking
) -> None:
    """The rest of the old words is not sent behind the new ones."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner)
        tx.deliveries.add(Publish(owner, "pt", words("Uma frase curta. " * 400), "N1"))
        [one] = claimed(tx, LIKE_TELEGRAM)
        claims(tx, LIKE_TELEGRAM).sent([Receipted(one, one.parts[0], "m1")])
        claims(tx, LIKE_TELEGRAM).refused(one, "too odd", one.parts[1])
        tx.deliveries.add(Amend(owner, "pt", words("Outra frase curta. " * 400), "N1"))
        assert dead_letters.failed(tx)["deliveries"] == []
        assert again(tx, one.id) == "something newer was said in its place"
        [correction] = claimed(tx, LIKE_TELEGRAM)
        assert [type(part.action) for part in correction.parts] == [EditText, SendText]


def test_what_is_there_in_part_is_withdrawn_with_the_rest(database_url: str, clock: Ticking) -> None:
    """A recall leaves no half of a notice behind."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner)
        tx.deliveries.add(Publish(owner, "pt", words("Uma frase curta. " * 400), "N1"))
        [one] = claimed(tx, LIKE_TELEGRAM)
        claims(tx, LIKE_TELEGRAM).sent([Receipted(one, one.parts[0], "m1")])
        claims(tx, LIKE_TELEGRAM).refused(one, "too odd", one.parts[1])
        tx.deliveries.add(RecallAll("N1"))
        assert again(tx, one.id) == "it was withdrawn meanwhile"
        [withdrawal] = claimed(tx, LIKE_TELEGRAM)
        assert [p.action.message for p in withdrawal.parts if isinstance(p.action, Withdraw)] == ["m1"]


def test_what_was_withdrawn_meanwhile_is_not_revived(database_url: str, clock: Ticking) -> None:
    """It needs nobody's hands either."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("taken back"), subject="K1", name="K1/reply/1"))
        [id] = refuse(tx)
        tx.deliveries.add(Recall(chat, Named("K1/reply/1")))
        assert dead_letters.failed(tx)["deliveries"] == []
        assert again(tx, id) == "it was withdrawn meanwhile"
        assert everything(tx) == []


def test_a_withdrawn_notice_is_not_revived_and_the_line_that_says_so_is(database_url: str, clock: Ticking) -> None:
    """Who had the notice has to hear that it is withdrawn; who had it not needs neither."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner, "first")
        notice = tx.notices.add(owner, private(tx, "room"), None, Category.FOOD, tx.texts.add("aviso", "pt"), "pt")
        tx.deliveries.add(Publish(owner, "pt", words("aviso"), "N1"))
        assert everything(tx) == ["aviso"]
        group(tx, owner, "second")
        tx.deliveries.add(Publish(owner, "pt", words("aviso"), "N1"))
        [copy] = refuse(tx)
    with unit(database_url, clock) as tx:
        tx.notices.save(recalled(notice))
        tx.notices.happened(notice, "recalled", None)
        tx.deliveries.add(RecallAll("N1"))
        tx.deliveries.add(Publish(owner, "pt", words("it is withdrawn"), "N1", "N1/recalled", "N1"))
        [withdrawal] = claimed(tx)
        land(tx, withdrawal)
        [line] = refuse(tx)
        assert [letter["id"] for letter in dead_letters.failed(tx)["deliveries"]] == [f"d{line}"]
        assert again(tx, copy) == "the notice was withdrawn"
        assert again(tx, line) is None
        assert everything(tx) == ["it is withdrawn"]


def test_a_notice_whose_last_day_has_passed_is_not_sent_any_more(database_url: str, clock: Ticking) -> None:
    """What holds no longer helps nobody."""
    with unit(database_url, clock) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, owner)
        notice = tx.notices.add(owner, private(tx, "room"), None, Category.FOOD, tx.texts.add("aviso", "pt"), "pt")
        tx.deliveries.add(Publish(owner, "pt", words("aviso"), "N1"))
        [id] = refuse(tx)
    with unit(database_url, clock) as tx:
        tx.notices.save(replace(notice, expired_at=tx.now))
        assert dead_letters.failed(tx)["deliveries"] == []
        assert again(tx, id) == "the notice's last day has passed"


def test_what_was_erased_is_not_revived(database_url: str, clock: Ticking) -> None:
    """There is nothing left that could be said."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("secret"), subject="K1"))
        [id] = refuse(tx)
        tx.lanes.set(id, message_id=None)
        assert dead_letters.failed(tx)["deliveries"] == []
        assert again(tx, id) == ERASED


def test_an_older_change_does_not_undo_a_newer_one(database_url: str, clock: Ticking) -> None:
    """Of two changes that failed only the last one is there to be tried again."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("card"), subject="K1", name="K1/card"))
        everything(tx)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("first")))
        [first] = refuse(tx)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("second")))
        [second] = refuse(tx)
        assert [letter["id"] for letter in dead_letters.failed(tx)["deliveries"]] == [f"d{second}"]
        assert again(tx, first) == "something newer was said in its place"
        assert again(tx, second) is None
        assert everything(tx) == ["second"]


def test_the_latest_change_is_made_when_it_is_tried_again_though_it_was_asked_for_first(
    database_url: str, clock: Ticking
) -> None:
    """It has taken up what was asked for after it."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("first"), subject="K1", name="K1/card"))
        assert everything(tx) == ["first"]
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("second")))
        [one] = claimed(tx)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("third")))
        claims(tx).again(one, one.parts[0], tx.now, unsure=False)
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("fourth")))
        tx.heads.release_due("paper")
        [one] = claimed(tx)
        claims(tx).gone(one, "bot was blocked by the user", one.parts[0])
        tx.chats.set_active(chat, True)
        assert again(tx, one.id) is None
        assert everything(tx) == ["fourth"]


def corrected_in_vain(tx: Transaction) -> tuple[int, int]:
    """A notice's copy and its correction have failed in a group that is back now; its organisation and the copy."""
    owner = tx.chats.organisation_named("Ons Huis").id
    chat = group(tx, owner)
    tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
    [one] = claimed(tx)
    tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
    claims(tx).gone(one, "the bot was removed", one.parts[0])
    tx.chats.set_active(chat, True)
    return owner, one.id


def test_a_change_that_failed_with_what_it_changes_does_not_undo_a_newer_one(database_url: str, clock: Ticking) -> None:
    """The group was out of reach; what the notice says now is in the copy itself."""
    with unit(database_url, clock) as tx:
        owner, copy = corrected_in_vain(tx)
        [first, change] = [letter.id for letter in tx.dead_letters.deliveries(10)]
        assert first == copy
        tx.deliveries.add(Amend(owner, "pt", words("aviso 12"), "N1"))
        assert again(tx, change) == "something newer was said in its place"
        assert again(tx, copy) is None
        assert everything(tx) == ["aviso 12"]


def test_what_others_have_does_not_keep_a_copy_from_being_sent_again(database_url: str, clock: Ticking) -> None:
    """A change says the rest of what is there in part; of this copy nothing is."""
    with unit(database_url, clock) as tx:
        tx.deliveries.add(Say(private(tx), words("hello")))
        assert everything(tx) == ["hello"]
        owner, copy = corrected_in_vain(tx)
        tx.deliveries.add(Amend(owner, "pt", words("aviso 12"), "N1"))
        assert [letter.id for letter in tx.dead_letters.deliveries(10)] == [copy]
        assert again(tx, copy) is None
        assert everything(tx) == ["aviso 12"]


def test_what_was_said_anew_under_its_name_is_not_said_twice(database_url: str, clock: Ticking) -> None:
    """A card that failed is posted again by itself; the one before is done with."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("card"), subject="K1", name="K1/card"))
        [id] = refuse(tx)
        tx.deliveries.add(Say(chat, words("card"), subject="K1", name="K1/card"))
        assert everything(tx) == ["card"]
        assert dead_letters.failed(tx)["deliveries"] == []
        assert again(tx, id) == "it has not failed"


def test_a_chat_out_of_reach_is_named_and_refused_until_it_is_back(database_url: str, clock: Ticking) -> None:
    """Nobody can do anything about it here, so it is not counted."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("hello"), subject="K1"))
        [one] = claimed(tx)
        claims(tx).gone(one, "bot was blocked by the user", one.parts[0])
        [letter] = dead_letters.failed(tx)["deliveries"]
        assert letter["obstacle"] == OUT_OF_REACH
        assert tx.dead_letters.counts()["deliveries"] == 0
        assert again(tx, one.id) == OUT_OF_REACH
        tx.chats.set_active(chat, True)
        assert again(tx, one.id) is None
        assert everything(tx) == ["hello"]


def test_a_chat_that_has_become_another_gets_nothing_of_before(database_url: str, clock: Ticking) -> None:
    """Others have joined a private chat, or another room is the helpers' now: they must not read what was meant for
    somebody else."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        tx.deliveries.add(Say(chat, words("for you alone"), subject="K1"))
        [id] = refuse(tx)
        for role in (Role.NONE, Role.GROUP, Role.ORGANISATION):
            tx.chats.set_kind(chat, ChatKind.GROUP, role)
            assert dead_letters.failed(tx)["deliveries"] == []
            assert again(tx, id) == "the chat has another role now"


def test_an_account_that_is_no_longer_configured_sends_nothing(database_url: str, clock: Ticking) -> None:
    """It would wait for ever."""
    with unit(database_url, clock) as tx:
        tx.deliveries.add(Say(private(tx), words("hello"), subject="K1"))
        [id] = refuse(tx)
        assert tx.dead_letters.send_again(id, ("other",)) == "its account is not in the configuration any more"


def test_answers_to_buttons_are_no_dead_letters(database_url: str, clock: Ticking) -> None:
    """After seconds they are worth nothing."""
    with unit(database_url, clock) as tx:
        chat = private(tx)
        press = Pressed(Chat("paper", "p"), ChatKind.PRIVATE, Person("paper", "x"), "m", "c", "press", clock.at)
        tx.deliveries.add(Answer(chat, press))
        [one] = claims(tx).presses()
        claims(tx).refused(one, "query is too old")
        assert dead_letters.failed(tx)["deliveries"] == []
        assert again(tx, one.id) == NOT_THERE


def test_what_failed_long_ago_leaves_the_list(database_url: str, clock: Ticking) -> None:
    """After `delete_after_days` nobody waits for it any more."""
    with unit(database_url, clock) as tx:
        tx.deliveries.add(Say(private(tx), words("hello"), subject="K1"))
        refuse(tx)
        assert len(dead_letters.failed(tx)["deliveries"]) == 1
    clock.at += timedelta(days=POLICY.delete_after_days, seconds=1)
    with unit(database_url, clock) as tx:
        assert dead_letters.failed(tx)["deliveries"] == []


def test_what_was_put_aside_can_be_handled_again(database_url: str, clock: Ticking) -> None:
    """It waits in its lane as it did before."""
    with unit(database_url, clock) as tx:
        tx.inbox.accept("paper", Batch((Raw("1", "chat", b"secret"), Raw("2", "chat", b"next")), "2"))
        first, second = tx.inbox.waiting(10, ("paper",))
        tx.inbox.quarantine(first.id, "ZeroDivisionError")
        found = dead_letters.failed(tx)
        [letter] = found["events"]
        assert letter["id"] == f"e{first.id}"
        assert (letter["account"], letter["why"]) == ("paper", "ZeroDivisionError")
        assert "secret" not in str(found)
        assert tx.dead_letters.handle_again(second.id, ACCOUNTS) == "it was not put aside"
        assert tx.dead_letters.handle_again(first.id, ()) is not None
        assert tx.dead_letters.handle_again(first.id, ACCOUNTS) is None
        assert [arrived.id for arrived in tx.inbox.waiting(10, ("paper",))] == [first.id, second.id]


def test_a_translation_that_failed_is_wanted_again(database_url: str, clock: Ticking) -> None:
    """Of a notice that is still in use; nobody waits for that of one that was withdrawn."""
    with unit(database_url, clock) as tx:
        owner, room = tx.chats.organisation_named("Ons Huis").id, private(tx, "room")
        text = tx.texts.add("Soep om 12 uur", "nl")
        notice = tx.notices.add(owner, room, None, Category.FOOD, text, "nl")
        wanted = tx.texts.want(text, "pt", "notice")
        tx.texts.done(wanted.id, None, None, [], "the server does not accept our key, or has banned us")
        [letter] = dead_letters.failed(tx)["translations"]
        assert (letter["id"], letter["from"], letter["to"]) == (f"t{wanted.id}", "nl", "pt")
        assert letter["why"].startswith("the server does not accept our key")
        assert letter["at"] is not None
        assert tx.dead_letters.translate_again(wanted.id) == "no translation engine is configured for it"
        tx.notices.save(recalled(notice))
        assert dead_letters.failed(tx)["translations"] == []


def test_what_no_engine_translates_is_named_once_and_counted_as_nothing_to_mend(
    database_url: str, clock: Ticking
) -> None:
    """An operator who reads thirty failures every day would overlook the one that matters. A new engine makes them."""
    with unit(database_url, clock) as tx:
        owner, room = tx.chats.organisation_named("Ons Huis").id, private(tx, "room")
        for words in ("Soep", "Brood"):
            text = tx.texts.add(words, "nl")
            tx.notices.add(owner, room, None, Category.FOOD, text, "nl")
            tx.texts.done(tx.texts.want(text, "ti", "notice").id, None, None, [], NOT_OFFERED)
        found = dead_letters.failed(tx)
        assert (found["translations"], found["counts"]["translations"]) == ([], 0)
        assert "No engine translates nl to ti: 2 texts stand as they were written." in dead_letters.lines(found, "x")
        assert [letter.why for letter in tx.dead_letters.translations(10)] == [NOT_OFFERED] * 2


@pytest.mark.parametrize("what", ["words", "area"])
def test_words_that_went_out_in_the_original_are_edited_when_their_translation_comes_after_all(
    database_url: str, clock: Ticking, what: str
) -> None:
    """The engine is there again; the helpers see it below what they have."""
    with unit(database_url, clock) as tx:
        member, room = private(tx), private(tx, "room")
        tx.chats.set_language(room, "nl")
        request = tx.requests.add(member, None, "pt")
        text = tx.texts.add("Preciso de comida", "pt")
        if what == "words":
            tx.requests.say(request.id, "member", text, None)
        else:
            tx.requests.save(replace(request, area=text))
        tx.deliveries.add(Say(room, (Translated(text),), subject=request.code))
        [wanted] = tx.texts.wanted("conversation", 5, [])
        tx.texts.done(wanted.id, None, None, [], "the engine failed")
        tx.deliveries.translated(wanted.id)
        [original] = everything(tx)
        assert original.startswith("Preciso de comida")
        assert [letter["id"] for letter in dead_letters.failed(tx)["translations"]] == [f"t{wanted.id}"]
    with unit(database_url, clock) as tx:
        assert tx.dead_letters.translate_again(wanted.id) is None
        [once_more] = tx.texts.wanted("conversation", 5, [])
        tx.texts.done(once_more.id, "Ik heb eten nodig", "engine", [])
        tx.deliveries.translated(once_more.id)
        [edited] = everything(tx)
        assert edited.startswith("Ik heb eten nodig")
        assert tx.dead_letters.translate_again(wanted.id) == "it has not failed"


def test_many_are_tried_again_in_pieces(database_url: str, clock: Ticking) -> None:
    """A bad day does not keep the writer from everybody else."""
    with unit(database_url, clock) as tx:
        for number in range(dead_letters.AT_ONCE + 5):
            tx.deliveries.add(Say(private(tx, f"p{number}"), words(f"{number}"), subject="K1"))
        while refuse(tx):
            pass
        first = dead_letters.retry_all(tx, ACCOUNTS, {})
        assert len(first["retried"]) == dead_letters.AT_ONCE
        second = dead_letters.retry_all(tx, ACCOUNTS, first["after"])
        assert len(second["retried"]) == 5
        assert second["after"] is None
        assert tx.dead_letters.counts()["deliveries"] == 0
