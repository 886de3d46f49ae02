"""A coordination room with topics: each card stands in the topic of what is needed, and no word is lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incoming import Added, TopicOpened
from bot.model import Chat
from bot.outgoing import OpenTopic, SendText
from bot.ports import Refused, Unknown
from bot.store.transaction import Transaction
from handlers.requests import cards
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Shown
from tests.paper.adapter import LIKE_TELEGRAM
from tests.world import World, world

FOOD, SHELTER = f"🍞 {sentence('need-food')}", f"🛏️ {sentence('need-shelter')}"


async def rights(w: World, room: Chat, *, topics: bool, administrator: bool = True) -> None:
    """What the network tells when the bot's rights in the room are changed."""
    kind, forum = w.network.kinds[room.id], room.id in w.network.forums
    who = w.somebody("Owner").person
    w.network.happens(Added(room, kind, who, w.clock.now(), administrator=administrator, forum=forum, topics=topics))
    await w.settled()


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[Scene]:
    """A room without topics."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        yield scene_of(w, await w.paired("room", "coordination"), Phrasebook())


@pytest.fixture
async def forum(plain: Scene) -> Scene:
    """A room in which the bot may open topics."""
    plain.world.network.forums.add(plain.room.id)
    await rights(plain.world, plain.room, topics=True)
    return plain


async def needs(scene: Scene, what: str, words: str = "Preciso de ajuda para os meus dois filhos") -> None:
    await scene.asks(words)
    await scene.member.presses(sentence(f"need-{what}", "pt"))


def topic(scene: Scene, title: str = FOOD) -> str:
    """The id of the topic of that title."""
    (found,) = [id for id, of in scene.world.network.topics.items() if of.title == title]
    return found


def within(scene: Scene, title: str | None = FOOD) -> list[Shown]:
    """What the bot shows in a topic; without a title what stands in none."""
    thread = None if title is None else topic(scene, title)
    return [shown for shown in scene.ann.sees(scene.room) if shown.thread == thread]


def heads(shown: list[Shown]) -> list[str]:
    return [one.plain.split("\n")[0] for one in shown]


OPEN = sentence("card-open", code="K1")


# --- where a card stands ---------------------------------------------------------------------------------------------


async def test_a_card_goes_to_the_topic_of_what_is_needed(forum: Scene) -> None:
    """It begins where everybody looks; a line there says where it went."""
    await forum.asks()
    assert heads(within(forum, None)) == [OPEN]
    await forum.member.presses(sentence("need-food", "pt"))
    assert heads(within(forum)) == [OPEN]
    moved = sentence("card-moved", code="K1", topic=sentence("need-food"))
    assert [shown.plain for shown in within(forum, None)] == [moved]
    assert within(forum, None)[0].labels == []


async def test_who_looks_for_a_code_finds_it_in_its_topic(forum: Scene) -> None:
    """Below the card, where its conversation is."""
    await needs(forum, "food")
    await forum.ann.writes("!find K1", forum.room)
    found = within(forum)[-1]
    assert found.plain.startswith("K1 · ")
    assert found.reply_to == forum.card().id


async def test_one_topic_is_opened_for_all_requests_of_a_kind(forum: Scene) -> None:
    for _ in range(3):
        await needs(forum, "food")
        await forum.member.writes("/ask")
    await needs(forum, "shelter")
    assert [of.title for of in forum.world.network.topics.values()] == [FOOD, SHELTER]
    assert heads(within(forum)) == [sentence("card-open", code=f"K{number}") for number in (1, 2, 3)]
    assert heads(within(forum, SHELTER)) == [sentence("card-open", code="K4")]


async def test_what_is_something_else_or_not_said_stays_in_the_room_itself(forum: Scene) -> None:
    await needs(forum, "other")
    await forum.member.writes("/ask")
    await forum.asks()
    await forum.member.presses(sentence("button-skip", "pt"))
    assert heads(within(forum, None)) == [OPEN, sentence("card-open", code="K2")]
    assert not forum.world.network.topics


async def test_who_says_something_else_later_has_the_card_moved_again(forum: Scene) -> None:
    await needs(forum, "food")
    card = forum.card()

    def another(tx: Transaction) -> None:
        request = tx.requests.numbered(1)
        assert request is not None
        changed = replace(request, category="shelter")
        tx.requests.save(changed)
        for action in cards.refresh(tx, changed):
            tx.deliveries.add(action)

    await forum.world.app.unit(another)
    await forum.world.settled()
    assert heads(within(forum, SHELTER)) == [OPEN]
    assert forum.card().id != card.id
    assert heads(within(forum)) == [sentence("card-moved", code="K1", topic=sentence("need-shelter"))]


async def test_without_topics_a_card_stays_where_it_is(plain: Scene) -> None:
    await needs(plain, "food")
    assert heads(within(plain, None)) == [OPEN]
    assert not any(isinstance(action, OpenTopic) for action in plain.world.network.log)


# --- what is said below it -------------------------------------------------------------------------------------------


async def test_what_is_said_below_a_card_stands_in_its_topic(forum: Scene) -> None:
    """And what helpers write below it there is about its request."""
    await needs(forum, "food")
    await forum.member.writes("Somos quatro")
    await forum.ann.writes("!r Kom om tien uur", forum.room, topic(forum), forum.card().id)
    assert "Kom om tien uur" in forum.member_reads()
    said = [one for one in within(forum) if one.reply_to == forum.card().id]
    assert len(said) >= 2
    assert any("Somos quatro" in one.plain for one in said)
    await forum.ann.writes("!list", forum.room, topic(forum))
    assert "K1" in within(forum)[-1].plain


async def test_a_conversation_moves_with_its_card(forum: Scene) -> None:
    """Nobody has to look for half of it elsewhere; who is just answering below the old card is understood, too."""
    await forum.asks("Preciso de comida " + "para os meus filhos " * 60)
    old = forum.card()
    await forum.member.sends("photo", b"a letter")
    await forum.ann.writes("!r Ik kijk ernaar", forum.room, reply_to=old.id)
    await forum.bob.writes("Ik ken haar", forum.room, reply_to=old.id)
    await forum.member.presses(sentence("need-food", "pt"))
    there = within(forum)
    assert "\n".join(one.plain for one in there).count("para os meus filhos para") > 0
    assert [one.file.data for one in there if one.file] == [b"a letter"]
    for words in ("Ik kijk ernaar", "Ik ken haar"):
        assert any(words in one.plain for one in there)
    await forum.bob.writes("!claim", forum.room, reply_to=old.id)
    assert heads(within(forum))[0] == sentence("card-claimed", code="K1", name="Bob")
    await forum.ann.writes("!r Tot morgen", forum.room, topic(forum), there[-1].id)
    assert "Tot morgen" in forum.member_reads()


async def test_what_nobody_may_see_at_a_glance_stays_below_its_card(forum: Scene) -> None:
    await needs(forum, "violence", "O meu marido bate-me todas as noites")
    there = within(forum, f"🛟 {sentence('need-violence')}")
    assert "bate-me" not in there[0].plain
    assert sum("bate-me" in one.plain for one in there[1:]) == 1
    assert "bate-me" not in "\n".join(one.plain for one in within(forum, None))


async def test_words_in_a_topic_that_answer_nothing_are_no_note(forum: Scene) -> None:
    """People talk among themselves there, as in the room itself."""
    await needs(forum, "food")
    before = len(within(forum))
    await forum.bob.writes("Wie heeft vandaag dienst?", forum.room, topic(forum))
    assert len(within(forum)) == before
    assert "dienst" not in forum.member_reads()


# --- topics that rest, go, or cannot be had --------------------------------------------------------------------------


async def test_a_topic_is_closed_a_day_after_its_last_request_and_opened_for_the_next(forum: Scene) -> None:
    await needs(forum, "food")
    await forum.ann.writes("!close helped", forum.room, topic(forum), forum.card().id)
    await forum.world.advance(timedelta(hours=23))
    assert not forum.world.network.topics[topic(forum)].closed
    await forum.world.advance(timedelta(hours=2))
    assert forum.world.network.topics[topic(forum)].closed
    await forum.member.writes("/ask")
    await needs(forum, "food", "Preciso outra vez de comida")
    assert not forum.world.network.topics[topic(forum)].closed
    assert heads(within(forum))[-1] == sentence("card-open", code="K2")


async def test_a_topic_with_an_open_request_is_not_closed(forum: Scene) -> None:
    await needs(forum, "food")
    await forum.member.writes("/ask")
    await needs(forum, "food", "Preciso outra vez de comida")
    await forum.ann.writes("!close K1 helped", forum.room)
    await forum.world.advance(timedelta(days=2))
    assert not forum.world.network.topics[topic(forum)].closed


async def test_a_topic_that_somebody_deletes_is_opened_anew_with_its_open_requests(forum: Scene) -> None:
    """The next word shows that it is gone, and is not lost with it."""
    await needs(forum, "food")
    await forum.member.writes("Somos quatro")
    forum.world.network.deletes_topic(topic(forum))
    await forum.member.writes("Ainda precisamos")
    there = within(forum)
    assert heads(there)[0] == OPEN
    for words in ("Somos quatro", "Ainda precisamos"):
        assert any(words in one.plain for one in there)
    assert any("Ainda precisamos" in one.plain for one in within(forum, None))
    await forum.ann.writes("!r Tot morgen", forum.room, topic(forum), forum.card().id)
    assert "Tot morgen" in forum.member_reads()


async def test_a_room_that_becomes_a_forum_is_put_in_order(plain: Scene) -> None:
    """Nothing but its next message tells of it."""
    await needs(plain, "food")
    await plain.member.writes("/ask")
    await needs(plain, "shelter")
    await rights(plain.world, plain.room, topics=True)
    plain.world.network.forums.add(plain.room.id)
    await plain.bob.writes("Nu met onderwerpen", plain.room)
    assert heads(within(plain)) == [OPEN]
    assert heads(within(plain, SHELTER)) == [sentence("card-open", code="K2")]


async def test_a_room_that_is_a_forum_no_longer_has_its_cards_in_the_room(forum: Scene) -> None:
    """What is said below the older ones is said all the same."""
    await needs(forum, "food")
    network = forum.world.network
    network.forums.clear()
    network.topics.clear()
    await forum.bob.writes("Weer zonder onderwerpen", forum.room)
    await forum.member.writes("Somos quatro")
    assert any("Somos quatro" in one.plain for one in within(forum, None))
    await forum.member.writes("/ask")
    await needs(forum, "shelter")
    assert heads(within(forum, None))[-1] == sentence("card-open", code="K2")
    assert not network.topics


async def test_a_room_where_the_bot_may_open_no_topics_hears_of_it(plain: Scene) -> None:
    """Once; until then everything stands where it did before."""
    plain.world.network.forums.add(plain.room.id)
    await rights(plain.world, plain.room, topics=False)
    await rights(plain.world, plain.room, topics=False)
    assert plain.ann.reads(plain.room) == [sentence("needs-topics")]
    await needs(plain, "food")
    assert heads(within(plain, None))[1:] == [OPEN]
    await rights(plain.world, plain.room, topics=True)
    assert heads(within(plain)) == [OPEN]


async def test_a_topic_that_is_refused_is_asked_for_no_more(forum: Scene) -> None:
    """Until the bot's rights change."""
    refusals: list[OpenTopic] = []

    def refuse(action: object) -> None:
        if isinstance(action, OpenTopic):
            refusals.append(action)
            raise Refused("not enough rights to create a topic")

    forum.world.network.before = refuse
    for _ in range(2):
        await needs(forum, "food")
        await forum.member.writes("/ask")
    assert len(refusals) == 1
    assert heads(within(forum, None)) == [OPEN, sentence("needs-topics"), sentence("card-open", code="K2")]
    forum.world.network.before = None
    await rights(forum.world, forum.room, topics=True)
    assert heads(within(forum)) == [OPEN, sentence("card-open", code="K2")]


async def test_a_topic_of_which_no_answer_came_is_never_opened_twice(forum: Scene) -> None:
    """The network shows it to us all the same."""
    lost: list[OpenTopic] = []

    def lose(action: object) -> None:
        if isinstance(action, OpenTopic):
            lost.append(action)
            network.before = None
            network.do(action)
            raise Unknown("no answer")

    network = forum.world.network
    network.before = lose
    await needs(forum, "food")
    assert heads(within(forum, None)) == [OPEN]
    network.happens(TopicOpened(forum.room, topic(forum), FOOD, forum.world.clock.now()))
    await forum.world.settled()
    assert heads(within(forum)) == [OPEN]
    await forum.world.advance(timedelta(hours=1))
    assert len(network.topics) == len(lost) == 1


async def test_a_topic_that_was_never_opened_is_asked_for_again(forum: Scene) -> None:
    """The network would have shown it by then."""
    network = forum.world.network

    def lose(action: object) -> None:
        if isinstance(action, OpenTopic):
            network.before = None
            raise Unknown("no answer")

    network.before = lose
    await needs(forum, "food")
    assert not network.topics
    assert not [action for action in network.log if isinstance(action, SendText) and action.thread]
    await forum.world.advance(timedelta(minutes=11))
    assert heads(within(forum)) == [OPEN]


async def test_a_new_coordination_room_begins_with_its_own_topics(forum: Scene) -> None:
    await needs(forum, "food")
    code = await forum.world.pairing("coordination")
    other = forum.world.group("other")
    forum.world.network.forums.add(other.id)
    await rights(forum.world, other, topics=True)
    await forum.ann.writes(f"!pair {code}", other)
    titles = [(of.chat, of.title) for of in forum.world.network.topics.values()]
    assert titles == [(forum.room.id, FOOD), (other.id, FOOD)]
    shown = [one for one in forum.ann.sees(other) if one.thread]
    assert heads(shown) == [OPEN]
