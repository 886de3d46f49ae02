"""Lanes, references and translations of what is to be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.actions import Amend, Edit, Join, Named, Publish, Recall, RecallAll, Say
from bot.catalogue import Catalogue
from bot.content import Translated, Verbatim
from bot.domain.chats import Pairing
from bot.domain.notices import StoredFinding
from bot.model import Chat, ChatKind
from bot.outgoing import EditText, SendText, Withdraw
from bot.ports import Limits
from bot.store.outbox import broadcasts
from bot.store.outbox.claimed import Claimed, Receipted
from bot.store.outbox.claims import Claims
from bot.store.transaction import Transaction
from tests.databases import POLICY, Ticking, transaction
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM

CATALOGUE = Catalogue(POLICY.languages)


def group(tx: Transaction, name: str = "g", language: str | None = "pt", organisation: int | None = None) -> int:
    chat = tx.chats.known(Chat("paper", name), ChatKind.GROUP).id
    if organisation is not None:
        tx.chats.pair(chat, Pairing("group", organisation, language))
    else:
        tx.chats.pair(chat, Pairing("coordination", None, language))
    return chat


def words(said: str) -> tuple[Verbatim, ...]:
    return (Verbatim(said),)


def claims(tx: Transaction, like: object = LIKE_MATRIX) -> Claims:
    return Claims(tx, "paper", like, CATALOGUE)  # type: ignore[arg-type]


def plain(claimed: list[Claimed]) -> list[str]:
    return [p.action.text.plain for c in claimed for p in c.parts if isinstance(p.action, (SendText, EditText))]


def land(tx: Transaction, claimed: list[Claimed]) -> None:
    """Everything claimed arrives."""
    for one in claimed:
        for part in one.parts:
            message = f"m{one.id}-{part.position}" if isinstance(part.action, SendText) else None
            claims(tx).sent([Receipted(one, part, message)])


def everything(tx: Transaction, like: object = LIKE_MATRIX) -> list[str]:
    """Claim and land until nothing is left; the words in the order in which they went out."""
    said: list[str] = []
    while claimed := claims(tx, like).claim(100, []):
        said += plain(claimed)
        land(tx, claimed)
    return said


def test_a_lane_keeps_its_order_and_others_pass(database_url: str) -> None:
    """Only the head of a lane can be claimed; another lane of the same chat does not wait for it."""
    with transaction(database_url) as tx:
        chat = group(tx)
        for subject, said in (("K1", "a"), ("K1", "b"), ("K2", "c"), ("K1", "d")):
            tx.deliveries.add(Say(chat, words(said), subject=subject))
        first = claims(tx).claim(10, [])
        assert plain(first) == ["a", "c"]
        assert claims(tx).claim(10, []) == []
        land(tx, first)
        assert everything(tx) == ["b", "d"]


def test_chats_are_joined_beside_all_that_is_said_those_first_that_were_tried_least(database_url: str) -> None:
    with transaction(database_url) as tx:
        chats = [group(tx, f"g{number}") for number in range(4)]
        for chat in chats:
            tx.deliveries.add(Join(chat))
        assert claims(tx).claim(10, []) == []
        [tried] = claims(tx).comings(1, [])
        claims(tx).again(tried, tried.parts[0], tx.now, unsure=True)
        tx.heads.release_due("paper")
        assert tx.heads.look("paper").comings
        assert [one.chat for one in claims(tx).comings(2, not_to=[chats[1]])] == chats[2:]
        assert [one.chat for one in claims(tx).comings(2, [])] == [chats[1], chats[0]]
        assert not tx.heads.look("paper").comings


def test_lanes_that_end_together_each_go_on(database_url: str) -> None:
    """What the network took of several at one moment is one statement; the next of each goes ahead."""
    with transaction(database_url) as tx:
        for number in range(3):
            chat = group(tx, f"g{number}")
            for lane, part in product("KN", "ab"):
                tx.deliveries.add(Say(chat, words(f"{number}{lane}{part}"), subject=f"{lane}1"))
        for part in "ab":
            claimed = claims(tx).claim(10, [])
            assert sorted(plain(claimed)) == [f"{number}{lane}{part}" for number, lane in product(range(3), "KN")]
            claims(tx).sent([Receipted(one, one.parts[0], f"m{one.id}") for one in claimed])


def test_a_name_is_said_once(database_url: str) -> None:
    """A unit that runs twice says nothing twice."""
    with transaction(database_url) as tx:
        chat = group(tx)
        for _ in range(2):
            tx.deliveries.add(Say(chat, words("once"), name="K1/card"))
        assert everything(tx) == ["once"]


def test_what_is_said_carries_what_its_chat_is_to_us(database_url: str) -> None:
    """Some networks let some chats forward less than others. A chat that loses its role is a chat like any other."""
    with transaction(database_url) as tx:
        private = tx.chats.known(Chat("paper", "ana"), ChatKind.PRIVATE).id
        room, other = group(tx, "room"), tx.chats.known(Chat("paper", "other"), ChatKind.GROUP).id
        for chat in (private, room, other):
            tx.deliveries.add(Say(chat, words("a")))
        sent = [part.action for claimed in claims(tx).claim(10, []) for part in claimed.parts]
    roles = {action.chat.id: action.role for action in sent if isinstance(action, SendText)}
    assert roles == {"ana": "private", "room": "coordination", "other": ""}


def test_changes_that_wait_can_be_dropped(database_url: str) -> None:
    """Where their words are deleted nothing of them is left to be sent, or to fail."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("first"), subject="L1", name="L1/1"))
        land(tx, claims(tx).claim(10, []))
        tx.deliveries.add(Say(chat, words("second"), subject="L1", name="L1/2"))
        tx.deliveries.add(Edit(chat, Named("L1/1"), words("changed")))
        tx.deliveries.drop_changes(chat, "L1/1")
        assert everything(tx) == ["second"]


def test_pending_edits_of_one_message_collapse_to_the_latest(database_url: str) -> None:
    """A room with eighty cards lives on twenty messages a minute."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("card"), subject="K1", name="K1/card"))
        land(tx, claims(tx).claim(10, []))
        for number in range(5):
            tx.deliveries.add(Edit(chat, Named("K1/card"), words(f"edit {number}")))
        assert everything(tx) == ["edit 4"]


def test_an_edit_of_what_has_not_gone_out_changes_it_before_it_goes(database_url: str) -> None:
    """People never see the wrong text first."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("wrong"), subject="N1", name="N1"))
        tx.deliveries.add(Edit(chat, Named("N1"), words("right")))
        assert everything(tx) == ["right"]


def test_a_change_made_while_it_was_on_its_way_does_not_come_after_a_later_one(database_url: str) -> None:
    """The network did not take it after all: what was to be edited in is in it, and overtaken by now."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("first"), subject="K1", name="K1"))
        [one] = claims(tx).claim(10, [])
        tx.deliveries.add(Edit(chat, Named("K1"), words("second")))
        claims(tx).again(one, one.parts[0], tx.now, unsure=False)
        tx.deliveries.add(Edit(chat, Named("K1"), words("third")))
        tx.heads.release_due("paper")
        assert everything(tx) == ["third"]


@pytest.mark.parametrize("like", [LIKE_MATRIX, LIKE_TELEGRAM], ids=["like Matrix", "like Telegram"])
def test_what_a_network_did_not_take_collapses_too(database_url: str, like: Limits) -> None:
    """Where a homeserver is tight, a card and its edit that were refused are one message, with the latest words."""
    with transaction(database_url) as tx:
        chat = group(tx)

        def refused() -> None:
            [one] = claims(tx, like).claim(10, [])
            claims(tx, like).again(one, one.parts[0], tx.now, unsure=False)
            tx.heads.release_due("paper")

        tx.deliveries.add(Say(chat, words("card"), subject="K1", name="K1/card"))
        refused()
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("claimed")))
        assert everything(tx, like) == ["claimed"]
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("answered")))
        refused()
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("closed " * 2_000)))
        assert " ".join(everything(tx, like)).split() == ["closed"] * 2_000
        assert [type(part.action) for one in claims(tx, like).claim(10, []) for part in one.parts] == []


def test_what_may_have_arrived_does_not_collapse(database_url: str) -> None:
    """Nobody knows what stands there: it is said again, and then what is newer."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("card"), subject="K1", name="K1/card"))
        land(tx, claims(tx).claim(10, []))
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("claimed")))
        [one] = claims(tx).claim(10, [])
        claims(tx).again(one, one.parts[0], tx.now, unsure=True)
        tx.heads.release_due("paper")
        tx.deliveries.add(Edit(chat, Named("K1/card"), words("closed")))
        assert everything(tx) == ["claimed", "closed"]


def test_a_recall_of_what_has_not_gone_out_means_that_it_never_will(database_url: str) -> None:
    """What was taken back in time is not said; what was said is withdrawn."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("early"), subject="N1", name="N1"))
        tx.deliveries.add(Recall(chat, Named("N1")))
        assert everything(tx) == []
        tx.deliveries.add(Say(chat, words("late"), subject="N2", name="N2"))
        assert everything(tx) == ["late"]
        tx.deliveries.add(Recall(chat, Named("N2")))
        [claimed] = claims(tx).claim(10, [])
        assert [type(part.action) for part in claimed.parts] == [Withdraw]


def test_a_long_text_goes_out_in_parts_and_an_edit_finds_them_all(database_url: str) -> None:
    """An edit that is longer says the rest; one that is shorter takes the rest back."""
    with transaction(database_url) as tx:
        chat = group(tx)
        sentence = "Uma frase curta. "
        tx.deliveries.add(Say(chat, words(sentence * 400), subject="N1", name="N1"))
        [claimed] = claims(tx, LIKE_TELEGRAM).claim(1, [])
        assert [type(part.action) for part in claimed.parts] == [SendText, SendText]
        land(tx, [claimed])
        tx.deliveries.add(Edit(chat, Named("N1"), words(sentence * 700)))
        [longer] = claims(tx, LIKE_TELEGRAM).claim(1, [])
        assert [type(part.action) for part in longer.parts] == [EditText, EditText, SendText]
        land(tx, [longer])
        tx.deliveries.add(Edit(chat, Named("N1"), words("short")))
        [shorter] = claims(tx, LIKE_TELEGRAM).claim(1, [])
        assert [type(part.action) for part in shorter.parts] == [EditText, Withdraw, Withdraw]


def test_words_wait_for_their_translation_and_hold_their_lane(database_url: str) -> None:
    """What follows in the lane does not overtake; the translation lets both go in order."""
    with transaction(database_url) as tx:
        chat = group(tx)
        text = tx.texts.add("Kom morgen om 10 uur", "nl")
        tx.deliveries.add(Say(chat, (Translated(text),), subject="K1"))
        tx.deliveries.add(Say(chat, words("next"), subject="K1"))
        assert everything(tx) == []
        [wanted] = tx.texts.wanted("conversation", 5, [])
        tx.texts.done(wanted.id, "Vem amanhã às 10 horas", "engine", [])
        tx.deliveries.translated(wanted.id)
        first, second = everything(tx)
        assert "Vem amanhã às 10 horas" in first
        assert "Kom morgen om 10 uur" in first
        assert second == "next"


def test_after_the_deadline_words_go_out_as_written_and_are_edited_later(database_url: str) -> None:
    """An answer is not held up by a slow engine."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        chat = group(tx)
        text = tx.texts.add("Kom morgen", "nl")
        tx.deliveries.add(Say(chat, (Translated(text),), subject="K1", deadline=timedelta(seconds=20)))
    clock.at += timedelta(seconds=21)
    with transaction(database_url, clock=clock) as tx:
        tx.heads.release_due("paper")
        [original] = everything(tx)
        assert original.startswith("Kom morgen")
        [wanted] = tx.texts.wanted("conversation", 5, [])
        tx.texts.done(wanted.id, "Vem amanhã", "engine", [])
        tx.deliveries.translated(wanted.id)
        [edited] = everything(tx)
        assert edited.startswith("Vem amanhã")


def test_words_that_are_changed_again_and_again_go_out_at_their_deadline(database_url: str) -> None:
    """Whoever keeps writing while no engine answers is read all the same."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        chat = group(tx)
        one = (Translated(tx.texts.add("Kom morgen", "nl")),)
        tx.deliveries.add(Say(chat, one, subject="K1", name="card", deadline=timedelta(seconds=20)))
        tx.deliveries.add(Say(chat, one, subject="K2", name="other", deadline=timedelta(seconds=20)))
    for _ in range(3):
        clock.at += timedelta(seconds=8)
        with transaction(database_url, clock=clock) as tx:
            more = (*one, Translated(tx.texts.add("Breng een tas mee", "nl")))
            tx.deliveries.add(Edit(chat, Named("card"), more))
    with transaction(database_url, clock=clock) as tx:
        tx.heads.release_due("paper")
        assert len(everything(tx)) == 2


def test_what_is_changed_to_words_that_need_no_translation_waits_for_none(database_url: str) -> None:
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, (Translated(tx.texts.add("Kom morgen", "nl")),), subject="K1", name="card"))
        assert everything(tx) == []
        tx.deliveries.add(Edit(chat, Named("card"), words("closed")))
        assert everything(tx) == ["closed"]


def test_a_translation_that_the_gate_found_wrong_is_not_shown(database_url: str) -> None:
    """The reader gets the words as they were written, and is told."""
    with transaction(database_url) as tx:
        chat = group(tx)
        text = tx.texts.add("Kom om 10 uur", "nl")
        tx.deliveries.add(Say(chat, (Translated(text),), subject="K1"))
        [wanted] = tx.texts.wanted("conversation", 5, [])
        tx.texts.done(wanted.id, "Vem às 11 horas", "engine", [StoredFinding("number-missing", True, "10")])
        tx.deliveries.translated(wanted.id)
        [said] = everything(tx)
        assert "11" not in said
        assert said.startswith("Kom om 10 uur")


def test_a_notice_reaches_every_group_of_its_language_once(database_url: str) -> None:
    """One statement for all groups; publishing again reaches only those that had not been told."""
    with transaction(database_url) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        for number in range(5):
            group(tx, f"pt{number}", "pt", owner)
        group(tx, "ar", "ar", owner)
        publish = Publish(owner, "pt", words("aviso"), "N1")
        tx.deliveries.add(publish)
        tx.deliveries.add(publish)
        assert everything(tx) == ["aviso"] * 5
        group(tx, "late", "pt", owner)
        tx.deliveries.add(publish)
        assert everything(tx) == ["aviso"]


def test_a_correction_changes_every_copy_and_a_recall_withdraws_them(database_url: str) -> None:
    """Copies that are out are edited, those on their way are changed, and only who had the old one is told."""
    with transaction(database_url) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, "one", "pt", owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        assert everything(tx) == ["aviso 10"]
        group(tx, "two", "pt", owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        tx.deliveries.add(Publish(owner, "pt", words("corrigido"), "N1", name="N1/corrected/1", reply_to="N1"))
        said = everything(tx)
        assert sorted(said) == ["aviso 11", "aviso 11", "corrigido"]
        tx.deliveries.add(RecallAll("N1"))
        withdrawn = claims(tx).claim(10, [])
        assert {type(part.action) for one in withdrawn for part in one.parts} == {Withdraw}


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two groups count as many."""
    monkeypatch.setattr(broadcasts, "_AT_ONCE", 2)


def many(tx: Transaction, count: int = 7) -> int:
    """An organisation with so many groups, among those of others."""
    owner, other = (tx.chats.organisation_named(name).id for name in ("Ons Huis", "Casa"))
    for number in range(count):
        group(tx, f"ours{number}", "pt", owner)
        group(tx, f"theirs{number}", "pt", other)
    return owner


def store_all(tx: Transaction) -> None:
    while tx.broadcasts.go_on():
        pass


@pytest.mark.usefixtures("two_at_once")
def test_a_notice_to_many_is_stored_piece_by_piece(database_url: str) -> None:
    """The first groups at once, the others when everybody else has had a turn."""
    with transaction(database_url) as tx:
        owner = many(tx)
        tx.deliveries.add(Publish(owner, "pt", words("aviso"), "N1"))
        assert everything(tx) == ["aviso"] * 2
        store_all(tx)
        assert everything(tx) == ["aviso"] * 5


@pytest.mark.usefixtures("two_at_once")
def test_a_correction_in_the_midst_reaches_all(database_url: str) -> None:
    """Who had the old text is told; who had none gets the new one, once."""
    with transaction(database_url) as tx:
        owner = many(tx)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        assert everything(tx) == ["aviso 10"] * 2
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        tx.deliveries.add(Publish(owner, "pt", words("corrigido"), "N1", name="N1/corrected/1", reply_to="N1"))
        store_all(tx)
        assert sorted(everything(tx)) == ["aviso 11"] * 7 + ["corrigido"] * 2


@pytest.mark.usefixtures("two_at_once")
def test_of_two_corrections_in_the_midst_only_the_latest_is_read(database_url: str) -> None:
    """Whoever got the latest text at once does not get the one before it afterwards."""
    with transaction(database_url) as tx:
        owner = many(tx)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        assert everything(tx) == ["aviso 10"] * 2
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        tx.deliveries.add(Amend(owner, "pt", words("aviso 12"), "N1"))
        said: list[str] = []
        while tx.broadcasts.go_on():
            said += everything(tx)
        assert said == ["aviso 12"] * 7


@pytest.mark.usefixtures("two_at_once")
def test_a_recall_in_the_midst_stops_what_has_not_gone_out(database_url: str) -> None:
    """Nobody gets a notice that was taken back before it came to them."""
    with transaction(database_url) as tx:
        owner = many(tx)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        assert everything(tx) == ["aviso 10"] * 2
        tx.broadcasts.go_on()
        tx.deliveries.add(RecallAll("N1"))
        tx.deliveries.add(Publish(owner, "pt", words("retirado"), "N1", name="N1/recalled", reply_to="N1"))
        store_all(tx)
        sent: list[type] = []
        while claimed := claims(tx).claim(10, []):
            sent += [type(part.action) for one in claimed for part in one.parts]
            land(tx, claimed)
        assert sorted(one.__name__ for one in sent) == ["SendText"] * 2 + ["Withdraw"] * 2


def test_a_line_about_a_line_that_still_waits_follows_it(database_url: str) -> None:
    """Whoever reads that the new text is coming also reads that it is there, however fast it came."""
    with transaction(database_url) as tx:
        owner = tx.chats.organisation_named("Ons Huis").id
        group(tx, "one", "pt", owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        assert everything(tx) == ["aviso 10"]
        group(tx, "two", "pt", owner)
        tx.deliveries.add(Publish(owner, "pt", words("aviso 10"), "N1"))
        coming = Publish(owner, "pt", words("em breve"), "N1", name="N1/correcting/1", reply_to="N1")
        there = Publish(owner, "pt", words("corrigido"), "N1", name="N1/corrected/1", reply_to="N1/correcting/1")
        for publish in (coming, there):
            tx.deliveries.add(publish)
        assert [said for said in everything(tx) if said != "aviso 10"] == ["em breve", "corrigido"]


def test_a_correction_touches_nothing_but_the_organisations_own_copies(database_url: str) -> None:
    """Neither another organisation's copies nor what else is edited under the same code in the same language."""
    with transaction(database_url) as tx:
        owner, other = (tx.chats.organisation_named(name).id for name in ("Ons Huis", "Casa"))
        group(tx, "ours", "pt", owner)
        group(tx, "theirs", "pt", other)
        room = tx.chats.known(Chat("paper", "room"), ChatKind.GROUP).id
        tx.chats.pair(room, Pairing("organisation", owner, "pt"))
        tx.deliveries.add(Say(room, words("N1"), subject="N1", name="N1/card"))
        for organisation in (owner, other):
            tx.deliveries.add(Publish(organisation, "pt", words("aviso 10"), "N1"))
        assert sorted(everything(tx)) == ["N1", "aviso 10", "aviso 10"]
        tx.deliveries.add(Edit(room, Named("N1/card"), words("N1 corrected")))
        tx.deliveries.add(Amend(owner, "pt", words("aviso 11"), "N1"))
        assert tx.deliveries.says(room, "N1/card") == words("N1 corrected")
        assert sorted(everything(tx)) == ["N1 corrected", "aviso 11"]


def test_a_chat_that_is_gone_fails_everything_on_its_way_there(database_url: str) -> None:
    """Whoever asked for it hears of it, and nothing is tried again."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("a"), subject="K1", report="reply"))
        tx.deliveries.add(Say(chat, words("b"), subject="K1"))
        [claimed] = claims(tx).claim(1, [])
        claims(tx).gone(claimed, "blocked")
        assert everything(tx) == []
        tx.deliveries.add(Say(chat, words("c"), subject="K1"))
        assert everything(tx) == []
        assert len(tx.inbox.waiting(10, ("",))) == 4  # three outcomes, and that the chat is gone


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "refused"])
def test_what_the_place_says_that_a_chat_has_left_does_not_count(gone: bool, database_url: str) -> None:
    """An old room is closed, or empties, while a message to it is in the air: it goes to the new one."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("a"), subject="K1"))
        [claimed] = claims(tx).claim(1, [])
        tx.chats.move(chat, "new")
        settle = claims(tx).gone if gone else claims(tx).refused
        settle(claimed, "the account is not in this room", claimed.parts[0])
        assert tx.chats.get(chat).active
        tx.heads.release_due("paper")
        [claimed] = claims(tx).claim(1, [])
        action = claimed.parts[0].action
        assert isinstance(action, SendText)
        assert (action.chat.id, action.text.plain) == ("new", "a")


def test_what_was_tried_for_months_is_tried_again(database_url: str) -> None:
    """However long a network is away: the count of attempts has an end, the attempts have none."""
    with transaction(database_url) as tx:
        tx.deliveries.add(Say(group(tx), words("a"), subject="K1"))
        [claimed] = claims(tx).claim(1, [])
        claims(tx).again(claimed, claimed.parts[0], tx.now, unsure=False)
        tx.lanes.set(claimed.id, attempts=2**15 - 1)
        tx.heads.release_due("paper")
        assert everything(tx) == ["a"]


def test_an_edit_of_what_was_never_said_is_a_mistake(database_url: str) -> None:
    """A handler that speaks of nothing is found in its tests."""
    with transaction(database_url) as tx, pytest.raises(LookupError):
        tx.deliveries.add(Edit(group(tx), Named("K9/card"), words("x")))


def test_of_edits_that_wait_behind_one_that_came_to_nothing_the_latest_counts(database_url: str) -> None:
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("first"), subject="K1", name="card"))
        assert everything(tx) == ["first"]
        tx.deliveries.add(Edit(chat, Named("card"), words("second")))
        [claimed] = claims(tx).claim(1, [])
        tx.deliveries.add(Edit(chat, Named("card"), words("third")))
        claims(tx).again(claimed, claimed.parts[0], tx.now, unsure=False)
        tx.deliveries.add(Edit(chat, Named("card"), words("fourth")))
        tx.heads.release_due("paper")
        assert everything(tx) == ["fourth"]


def test_an_answer_to_a_message_whose_receipt_is_not_kept_yet_finds_its_subject(database_url: str) -> None:
    """On Matrix our own echo comes before the answer, and tells which message it was."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("card"), subject="K7", name="K7/card"))
        [claimed] = claims(tx).claim(1, [])
        action = claimed.parts[0].action
        assert isinstance(action, SendText)
        tx.copies.echoed(chat, action.transaction, "$event")
        found = tx.copies.at(chat, "$event")
        assert found is not None
        assert (found.subject, found.name) == ("K7", "K7/card")
        tx.copies.echoed(chat, "somebody-else-s", "$other")
        assert tx.copies.at(chat, "$other") is None


def test_so_does_an_answer_to_what_an_edit_has_added(database_url: str) -> None:
    """The edit itself is an event of its own on Matrix, and no message."""
    with transaction(database_url) as tx:
        chat, short = group(tx), replace(LIKE_MATRIX, text=60)
        tx.deliveries.add(Say(chat, words("card"), subject="K7", name="K7/card"))
        everything(tx)
        tx.deliveries.add(Edit(chat, Named("K7/card"), words("One paragraph of some length.\n\nAnd one more of some.")))
        [claimed] = claims(tx, short).claim(1, [])
        changed, added = [part.action for part in claimed.parts]
        assert isinstance(changed, EditText)
        assert isinstance(added, SendText)
        tx.copies.echoed(chat, changed.transaction, "$edit")
        assert tx.copies.at(chat, "$edit") is None
        tx.copies.echoed(chat, added.transaction, "$added")
        found = tx.copies.at(chat, "$added")
        assert found is not None
        assert (found.subject, found.name) == ("K7", "K7/card")


def test_an_edit_of_what_is_about_to_go_is_still_translated_later(database_url: str) -> None:
    """It goes out as written, and is edited when its translation comes."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("soon"), subject="K1", name="K1"))
        text = tx.texts.add("goedemorgen", "nl")
        tx.deliveries.add(Edit(chat, Named("K1"), (Translated(text),)))
        [first] = everything(tx)
        assert first.startswith("goedemorgen")
        found = tx.texts.translation(text, "pt")
        assert found is not None
        tx.texts.done(found.id, "bom dia", "engine", ())
        tx.deliveries.translated(found.id)
        [better] = everything(tx)
        assert better.startswith("bom dia")


def test_a_change_that_was_overtaken_does_not_keep_a_translation_away(database_url: str) -> None:
    """It was made while the message was in the air, and the network did not take that."""
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(Say(chat, words("soon"), subject="K1", name="K1"))
        [claimed] = claims(tx).claim(1, [])
        tx.deliveries.add(Edit(chat, Named("K1"), words("very soon")))
        claims(tx).again(claimed, claimed.parts[0], tx.now, unsure=False)
        text = tx.texts.add("goedemorgen", "nl")
        tx.deliveries.add(Edit(chat, Named("K1"), (Translated(text),)))
        tx.heads.release_due("paper")
        [first] = everything(tx)
        assert first.startswith("goedemorgen")
        found = tx.texts.translation(text, "pt")
        assert found is not None
        tx.texts.done(found.id, "bom dia", "engine", ())
        tx.deliveries.translated(found.id)
        [better] = everything(tx)
        assert better.startswith("bom dia")


def test_a_translation_of_what_was_thrown_away_meanwhile_is_nothing(database_url: str) -> None:
    """The engine was still at work on words that their writer took back."""
    with transaction(database_url) as tx:
        text = tx.texts.add("goedemorgen", "nl")
        wanted = tx.texts.want(text, "pt", "conversation")
        tx.texts.delete([text])
        tx.texts.done(wanted.id, "bom dia", "engine", ())
        assert tx.texts.translation(text, "pt") is None


def test_a_second_translation_is_edited_in_though_the_first_one_failed(database_url: str) -> None:
    """One message with two people's words: what can be read in the reader's language is."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        chat = group(tx)
        one, two = tx.texts.add("Kom morgen", "nl"), tx.texts.add("Breng een tas mee", "nl")
        content = (Translated(one), Translated(two))
        tx.deliveries.add(Say(chat, content, subject="K1", deadline=timedelta(seconds=1)))
    clock.at += timedelta(seconds=2)
    with transaction(database_url, clock=clock) as tx:
        tx.heads.release_due("paper")
        assert len(everything(tx)) == 1
        first, second = sorted(tx.texts.wanted("conversation", 5, []), key=lambda wanted: wanted.id)
        tx.texts.done(first.id, None, None, [])
        tx.deliveries.translated(first.id)
        tx.texts.done(second.id, "Traz um saco", "engine", [])
        tx.deliveries.translated(second.id)
        [edited] = everything(tx)
        assert "Traz um saco" in edited
