"""Topics and menus as the store keeps them, and what stands in a topic."""

from __future__ import annotations

from bot.actions import CloseTopic, InTopic, Named, OpenTopic, Repost, Say
from bot.content import Verbatim
from bot.model import Chat
from bot.outgoing import CloseTopic as Closes
from bot.outgoing import EditText as Edits
from bot.outgoing import OpenTopic as Opens
from bot.outgoing import SendText, SetCommands
from bot.store.chats.menus import Place, digest
from bot.store.outbox.claimed import Claimed, Receipted
from bot.store.transaction import Transaction
from tests.databases import transaction
from tests.paper.adapter import LIKE_TELEGRAM
from tests.store.outbox.test_deliveries import claims, group, land, words

FOOD = InTopic("food")


def opening(tx: Transaction, chat: int) -> Claimed:
    """A topic is asked for, and the request is on its way."""
    tx.topics.asked(chat, "food")
    tx.deliveries.add(OpenTopic(chat, "food", (Verbatim("🍞"), Verbatim("Eten")), "topic:food"))
    (claimed,) = claims(tx, LIKE_TELEGRAM).claim(10, [])
    assert claimed.parts[0].action == Opens(Chat("paper", "g"), "🍞 Eten")
    return claimed


def opened(tx: Transaction, chat: int, id: str = "topic:5") -> None:
    claimed = opening(tx, chat)
    claims(tx, LIKE_TELEGRAM).sent([Receipted(claimed, claimed.parts[0], id)])


def threads(claimed: list[Claimed]) -> list[tuple[str | None, str | None]]:
    return [(p.action.thread, p.action.reply_to) for c in claimed for p in c.parts if isinstance(p.action, SendText)]


def test_what_is_said_in_a_topic_and_below_it_stands_there(database_url: str) -> None:
    with transaction(database_url) as tx:
        chat = group(tx)
        opened(tx, chat)
        tx.deliveries.add(Say(chat, words("card"), "K1", "K1/card", FOOD))
        tx.deliveries.add(Say(chat, words("below"), "K1", thread=Named("K1/card")))
        claimed = claims(tx, LIKE_TELEGRAM).claim(10, [])
        assert threads(claimed) == [("topic:5", None)]
        land(tx, claimed)
        assert threads(claims(tx, LIKE_TELEGRAM).claim(10, [])) == [("topic:5", f"m{claimed[0].id}-0")]


def test_what_has_not_gone_out_yet_is_said_in_its_topic_at_once(database_url: str) -> None:
    """And nowhere else."""
    with transaction(database_url) as tx:
        chat = group(tx)
        opened(tx, chat)
        tx.deliveries.add(Say(chat, words("card"), "K1", "K1/card"))
        tx.deliveries.add(Repost(chat, Named("K1/card"), FOOD, words("moved"), words("gone")))
        claimed = claims(tx, LIKE_TELEGRAM).claim(10, [])
        assert threads(claimed) == [("topic:5", None)]
        land(tx, claimed)
        assert claims(tx, LIKE_TELEGRAM).claim(10, []) == []


def test_what_has_gone_out_is_said_again_and_points_there(database_url: str) -> None:
    """First the new one, then the old one is changed: at no moment is there none."""
    with transaction(database_url) as tx:
        chat = group(tx)
        opened(tx, chat)
        tx.deliveries.add(Say(chat, words("card"), "K1", "K1/card"))
        (old,) = claims(tx, LIKE_TELEGRAM).claim(10, [])
        land(tx, [old])
        tx.deliveries.add(Repost(chat, Named("K1/card"), FOOD, words("moved"), words("see there")))
        (new,) = claims(tx, LIKE_TELEGRAM).claim(10, [])
        assert threads([new]) == [("topic:5", None)]
        land(tx, [new])
        (pointer,) = claims(tx, LIKE_TELEGRAM).claim(10, [])
        edit = pointer.parts[0].action
        assert isinstance(edit, Edits)
        assert (edit.message, edit.text.plain) == (f"m{old.id}-0", "see there")
        for id in (old.id, new.id):
            known = tx.copies.at(chat, f"m{id}-0")
            assert known is not None
            assert known.subject == "K1"


def test_a_topic_that_shows_itself_is_open_whatever_its_answer_was(database_url: str) -> None:
    """Somebody else's of another name is none of ours."""
    with transaction(database_url) as tx:
        chat = group(tx)
        claimed = opening(tx, chat)
        claims(tx, LIKE_TELEGRAM).refused(claimed, "no answer from the network")
        assert tx.topics.seen(chat, "topic:4", "Van ons") is None
        found = tx.topics.seen(chat, "topic:5", "🍞 Eten")
        assert found is not None
        assert (found.name, found.network_id) == ("food", "topic:5")
        assert tx.topics.seen(chat, "topic:6", "🍞 Eten") is None


def test_a_topic_that_is_gone_is_told_once_and_another_takes_its_place(database_url: str) -> None:
    with transaction(database_url) as tx:
        chat = group(tx)
        opened(tx, chat)
        tx.deliveries.add(Say(chat, words("card"), "K1", "K1/card", FOOD))
        card = tx.deliveries.named(chat, "K1/card")
        assert card is not None
        assert tx.deliveries.stands_in(card, FOOD)
        assert tx.topics.gone(chat, "topic:5") == "food"
        assert tx.topics.gone(chat, "topic:5") is None
        opened_anew = claims(tx, LIKE_TELEGRAM).claim(10, [])
        land(tx, opened_anew)
        opened(tx, chat, "topic:9")
        assert not tx.deliveries.stands_in(card, FOOD)


def test_only_a_topic_that_is_open_can_be_closed(database_url: str) -> None:
    with transaction(database_url) as tx:
        chat = group(tx)
        tx.deliveries.add(CloseTopic(chat, "food", closed=True, report="topic-closed"))
        assert claims(tx, LIKE_TELEGRAM).claim(10, []) == []
        opened(tx, chat)
        tx.deliveries.add(CloseTopic(chat, "food", closed=True, report="topic-closed"))
        (claimed,) = claims(tx, LIKE_TELEGRAM).claim(10, [])
        assert claimed.parts[0].action == Closes(Chat("paper", "g"), "topic:5", closed=True)


def test_what_a_network_was_told_of_a_menu_is_kept_until_it_is_taken_away(database_url: str) -> None:
    menu = SetCommands("paper", "room", None, (("claim", "Jij zorgt ervoor"),), Chat("paper", "g"))
    where = Place("room", "g", "")
    with transaction(database_url) as tx:
        for display in ("@one", "@another"):
            tx.menus.set(menu, digest(menu, display))
            assert tx.menus.announced("paper") == {where: digest(menu, display)}
        assert tx.menus.announced("other") == {}
        tx.menus.set(where.emptied("paper"), "")
        assert tx.menus.announced("paper") == {}
