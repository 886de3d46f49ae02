"""Topics of linked forums: each is a thread in the other chats, and what is said in that thread stands in the topic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.incoming import Added, Deleted, Edited, Message, MovedChat, Pinned, TopicNamed, TopicOpened
from bot.model import Chat, ChatKind, Text
from bot.outgoing import OpenTopic, Outgoing
from bot.ports import Limits, NotSent, Refused, Unknown
from bot.store.tables import linked_message, message
from bot.store.transaction import Transaction
from tests.paper import Paper, Shown
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.paper.network import Topic
from tests.world import POLICY, Clock, Somebody, World, world

FOOD, CHILDREN = "topic:901", "topic:902"


@dataclass
class Street:
    """A forum, in which An writes, is linked with another chat, in which Rui does; `more` hears both."""

    world: World
    forum: Chat
    other: Chat
    an: Somebody
    rui: Somebody
    more: list[Chat] = field(default_factory=list)

    @property
    def network(self) -> Paper:
        return self.world.network

    async def opens(self, topic: str, title: str, chat: Chat | None = None, told: bool = True) -> None:
        """Somebody opens a topic; `told`: the bot is there to see it."""
        to = chat or self.forum
        self.network.forums.add(to.id)
        self.network.topics[topic] = Topic(to.id, title)
        if told:
            await self.calls(topic, title, to)

    async def calls(self, topic: str, title: str, chat: Chat | None = None) -> None:
        self.network.happens(TopicNamed(chat or self.forum, topic, title, self.world.clock.now()))
        await self.world.settled()

    async def says(
        self,
        words: str,
        topic: str | None,
        reply_to: str | None = None,
        called: str | None = None,
        chat: Chat | None = None,
    ) -> str:
        """An writes in a topic of the forum, or of another one; `called`: what the network tells of its name."""
        to, id = chat or self.forum, self.network.id()
        self.network.written(to, Shown(id, self.an.person.id, Text(words), (), topic, reply_to))
        said = Message(
            to, ChatKind.GROUP, self.an.person, id, self.world.clock.now(), Text(words), topic, reply_to,
            title=self.network.titles[to.id], forum=True, topic=called,
        )  # fmt: skip
        self.network.happens(said)
        await self.world.settled()
        return id

    def passed_on(self, chat: Chat | None = None) -> list[Shown]:
        """What was said elsewhere, and the names of topics."""
        shown = self.an.sees(chat or self.other)
        return [one for one in shown if one.plain.startswith(("A.", "R.", "💬"))]

    def last(self, chat: Chat | None = None) -> Shown:
        return self.passed_on(chat)[-1]

    def root(self, name: str, chat: Chat | None = None) -> str:
        """The message under which a topic's messages stand."""
        (found,) = [one.id for one in self.passed_on(chat) if one.plain == f"💬 {name}"]
        return found

    async def joins(self, chat: Chat) -> None:
        """One more chat is linked."""

        def unit(tx: Transaction) -> None:
            here, known = tx.chats.at(chat), tx.chats.at(self.other)
            assert here is not None
            assert known is not None
            tx.chats.set_link(here.id, known.link)

        await self.world.app.unit(unit)

    async def may_open(self, chat: Chat) -> None:
        """The bot may manage topics in a chat that has some."""
        self.network.forums.add(chat.id)
        owner = self.world.somebody("Owner").person
        self.network.happens(
            Added(chat, ChatKind.GROUP, owner, self.world.clock.now(), administrator=True, forum=True, topics=True)
        )
        await self.world.settled()


async def street_in(w: World, titles: Sequence[str] = ("forum", "other")) -> Street:
    chats = [await w.paired(title, "group", "Ons Huis", "nl") for title in titles]

    def unit(tx: Transaction) -> None:
        of = tx.links.add(tx.chats.organisation_named("Ons Huis").id, "Straat")
        for chat in chats:
            known = tx.chats.at(chat)
            assert known is not None
            tx.chats.set_link(known.id, of.id)

    await w.app.unit(unit)
    w.network.forums.add(chats[0].id)
    return Street(w, chats[0], chats[1], w.somebody("An"), w.somebody("Rui"), chats[2:])


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """The other chat has threads, like a room on Matrix."""
    async with world(tmp_path, limits=LIKE_MATRIX) as w:
        yield await street_in(w)


@pytest.fixture
async def two_forums(tmp_path: Path) -> AsyncIterator[Street]:
    """The other chat is a forum, too."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        made = await street_in(w)
        await made.may_open(made.other)
        yield made


# --- a topic is a thread ---------------------------------------------------------------------------------------------


async def test_what_is_said_in_a_topic_stands_in_one_thread(street: Street) -> None:
    """Below its name, which is said once; what stands in no topic stands in no thread."""
    await street.opens(FOOD, "Eten")
    await street.opens(CHILDREN, "Kinderen")
    await street.says("Wie heeft er brood?", FOOD)
    await street.says("Wie past er morgen op?", CHILDREN)
    await street.says("Ik heb brood", FOOD)
    await street.says("Goedemorgen allemaal", None)
    food, children = street.root("Eten"), street.root("Kinderen")
    assert [one.thread for one in street.passed_on()] == [None, None, food, children, food, None]


async def test_an_answer_within_a_topic_is_one_within_the_thread(street: Street) -> None:
    await street.opens(FOOD, "Eten")
    asked = await street.says("Wie heeft er brood?", FOOD)
    copy = street.last()
    await street.says("Ik, kom maar langs", FOOD, reply_to=asked)
    assert (street.last().thread, street.last().reply_to) == (street.root("Eten"), copy.id)


async def test_what_is_said_in_the_thread_stands_in_the_topic(street: Street) -> None:
    """In answer to a certain message, too, where it is one."""
    await street.opens(FOOD, "Eten")
    asked = await street.says("Wie heeft er brood?", FOOD)
    copy, root = street.last(), street.root("Eten")
    await street.rui.writes("Ik heb er nog twee", street.other, thread=root)
    assert (street.last(street.forum).thread, street.last(street.forum).reply_to) == (FOOD, None)
    await street.rui.writes("Kom om tien uur", street.other, thread=root, reply_to=copy.id)
    assert (street.last(street.forum).thread, street.last(street.forum).reply_to) == (FOOD, asked)
    await street.rui.writes("Dag buren", street.other)
    assert street.last(street.forum).thread is None


async def test_who_knows_no_threads_answers_into_the_topic(street: Street) -> None:
    """By answering something that stands in it, or its name."""
    await street.opens(FOOD, "Eten")
    asked = await street.says("Wie heeft er brood?", FOOD)
    await street.rui.writes("Ik heb er nog twee", street.other, reply_to=street.last().id)
    assert (street.last(street.forum).thread, street.last(street.forum).reply_to) == (FOOD, asked)
    await street.rui.writes("Wie nog meer?", street.other, reply_to=street.root("Eten"))
    assert (street.last(street.forum).thread, street.last(street.forum).reply_to) == (FOOD, None)


async def test_in_a_group_without_topics_it_is_a_chain_of_replies(tmp_path: Path) -> None:
    """And whoever answers in it answers into the topic."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        street = await street_in(w)
        await street.opens(FOOD, "Eten")
        asked = await street.says("Wie heeft er brood?", FOOD)
        copy = street.last()
        assert (copy.thread, copy.reply_to) == (None, street.root("Eten"))
        await street.says("Graag vandaag nog", FOOD, reply_to=asked)
        assert (street.last().thread, street.last().reply_to) == (None, copy.id)
        await street.rui.writes("Ik heb er nog twee", street.other, reply_to=copy.id)
        assert (street.last(street.forum).thread, street.last(street.forum).reply_to) == (FOOD, asked)


async def test_what_answers_something_in_a_thread_stands_in_it_everywhere(tmp_path: Path) -> None:
    """Also in a thread that people have begun, and where whoever answers knows no threads."""
    async with world(tmp_path, limits=LIKE_MATRIX) as w:
        street = await street_in(w, ("forum", "other", "third"))
        (third,) = street.more
        begun = await street.rui.writes("Wie gaat er mee?", street.other)
        await street.rui.writes("Wij gaan om tien uur", street.other, thread=begun)
        root, inside = street.passed_on(third)
        assert inside.thread == root.id
        await street.says("Wij ook", None, reply_to=street.last(street.forum).id)
        assert (street.last(third).thread, street.last(third).reply_to) == (root.id, inside.id)
        assert street.last().thread == begun


# --- what a topic is called ------------------------------------------------------------------------------------------


async def test_a_topic_that_was_there_before_is_named_by_its_first_message(street: Street) -> None:
    await street.opens(FOOD, "Eten", told=False)
    await street.says("Wie heeft er brood?", FOOD, called="Eten")
    assert [one.plain.split("\n")[-1] for one in street.passed_on()] == ["💬 Eten", "Wie heeft er brood?"]
    assert street.last().thread == street.root("Eten")


async def test_a_topic_is_named_as_soon_as_its_name_is_known(street: Street) -> None:
    """An answer does not tell it; until then it is called like the group."""
    await street.opens(FOOD, "Eten", told=False)
    await street.says("Ik heb brood", FOOD, reply_to="77")
    root = street.root("forum")
    assert street.last().thread == root
    await street.says("Wie nog meer?", FOOD, called="Eten")
    assert street.root("Eten") == root


async def test_a_topic_that_is_called_otherwise_is_everywhere(street: Street) -> None:
    """What the network tells of how it was opened does not bring the old name back."""
    await street.opens(FOOD, "Eten")
    root = street.root("Eten")
    await street.calls(FOOD, "Eten en drinken")
    await street.says("Wie heeft er brood?", FOOD, called="Eten")
    assert street.root("Eten en drinken") == root == street.last().thread


async def test_among_several_chats_a_topic_says_whose_it_is(tmp_path: Path) -> None:
    async with world(tmp_path, limits=LIKE_MATRIX) as w:
        street = await street_in(w, ("forum", "other", "third"))
        await street.opens(FOOD, "Eten")
        assert [street.last(chat).plain for chat in (street.other, *street.more)] == ["💬 Eten · forum"] * 2


# --- after a long time -----------------------------------------------------------------------------------------------


def _left(tx: Transaction) -> tuple[int, int]:
    """Words of linked chats that are kept, and stored messages with a topic's name."""
    words = select(func.count()).select_from(linked_message).where(linked_message.c.text_id.is_not(None))
    contents = tx.connection.execute(select(message.c.content)).scalars()
    return tx.connection.execute(words).scalar_one(), sum(b"Eten" in content for content in contents)


@pytest.mark.parametrize("limits", [LIKE_MATRIX, LIKE_TELEGRAM], ids=["like-matrix", "like-telegram"])
async def test_a_topic_is_known_after_a_year_and_restarts(tmp_path: Path, limits: Limits) -> None:
    """Time deletes what was said and what the topic is called, but not which thread it is."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, limits=limits, network=network, clock=clock) as w:
        street = await street_in(w)
        await street.opens(FOOD, "Eten")
        asked = await street.says("Wie heeft er brood?", FOOD)
        copy, root = street.last(), street.root("Eten")
    async with world(tmp_path, limits=limits, network=network, clock=clock) as w:
        for _ in range(13):
            await w.advance(timedelta(days=POLICY.delete_after_days))
        assert await w.app.unit(_left) == (0, 0)
        street = Street(w, street.forum, street.other, w.somebody("An"), w.somebody("Rui"))
        thread = root if limits.threads else None
        await street.rui.writes("Ik heb er nog twee", street.other, thread, reply_to=copy.id)
        assert (street.last(street.forum).thread, street.last(street.forum).reply_to) == (FOOD, asked)
        await street.says("Wie nog meer?", FOOD, called="Eten")
        there = street.last()
        assert (there.thread, there.reply_to) == ((root, None) if limits.threads else (None, root))
        await street.calls(FOOD, "Drinken")
        assert street.root("Drinken") == root


async def test_a_chat_that_comes_later_hears_the_name_first(street: Street) -> None:
    await street.opens(FOOD, "Eten")
    await street.says("Wie heeft er brood?", FOOD)
    late = await street.world.paired("late", "group", "Ons Huis", "nl")
    await street.joins(late)
    await street.says("Ik heb brood", FOOD)
    name, said = street.passed_on(late)
    assert name.plain == "💬 Eten · forum"
    assert said.thread == name.id
    assert [one.plain for one in street.passed_on()].count("💬 Eten") == 1


# --- second thoughts -------------------------------------------------------------------------------------------------


async def test_a_chat_that_was_out_before_it_heard_the_name_hears_it_when_it_is_in_again(street: Street) -> None:
    street.network.broken[street.other.id] = NotSent("later")
    await street.opens(FOOD, "Eten")
    await street.says("Wie heeft er brood?", FOOD)

    def out_and_in(tx: Transaction) -> None:
        here = tx.chats.at(street.other)
        assert here is not None
        tx.chats.set_link(here.id, None)
        tx.chats.set_link(here.id, here.link)

    await street.world.app.unit(out_and_in)
    del street.network.broken[street.other.id]
    await street.says("En wie heeft er melk?", FOOD)
    assert street.last().plain.endswith("En wie heeft er melk?")
    assert street.last().thread == street.root("Eten")


async def test_changes_reactions_pins_and_withdrawals_find_what_stands_in_a_topic(street: Street) -> None:
    network, at = street.network, street.world.clock.now()
    await street.opens(FOOD, "Eten")
    asked = await street.says("Wie heeft er brood?", FOOD)
    copy, root = street.last(), street.root("Eten")
    answer = await street.rui.writes("Ik heb er nog twee", street.other, thread=root)
    there = street.last(street.forum)
    network.happens(Edited(street.forum, ChatKind.GROUP, street.an.person, asked, at, Text("Wie heeft er soep?")))
    network.happens(Pinned(street.other, copy.id, at))
    await street.rui.reacts("👍", copy.id, street.other)
    assert "soep" in next(one for one in street.passed_on() if one.id == copy.id).plain
    assert next(one for one in network.messages(street.forum) if one.id == asked).reactions == ("👍",)
    assert network.pinned == {(street.forum.id, asked)}
    network.happens(Deleted(street.other, answer, at))
    await street.world.settled()
    assert there.id not in [one.id for one in street.passed_on(street.forum)]


async def test_the_name_of_a_topic_is_nobody_s_words(street: Street) -> None:
    """What people do with the line is passed on to nobody, and nobody can take it back."""
    network = street.network
    await street.opens(FOOD, "Eten")
    root, before = street.root("Eten"), len(network.log)
    await street.rui.reacts("👍", root, street.other)
    network.happens(Pinned(street.other, root, street.world.clock.now()))
    await street.rui.writes("!delete", street.other, reply_to=root)
    assert len(network.log) == before + 1
    assert street.root("Eten") == root


# --- topics that go, forums that are none any more -------------------------------------------------------------------


async def test_what_is_said_to_a_topic_that_is_gone_stands_in_the_group_itself(street: Street) -> None:
    await street.opens(FOOD, "Eten")
    await street.says("Wie heeft er brood?", FOOD)
    street.network.deletes_topic(FOOD)
    await street.rui.writes("Ik heb er nog twee", street.other, thread=street.root("Eten"))
    assert street.last(street.forum).thread is None
    assert "nog twee" in street.last(street.forum).plain


async def test_a_forum_that_is_none_for_a_while_finds_its_topics_again(street: Street) -> None:
    await street.opens(FOOD, "Eten")
    await street.says("Wie heeft er brood?", FOOD)
    root, topic = street.root("Eten"), street.network.topics.pop(FOOD)
    street.network.forums.clear()
    await street.an.writes("Nu zonder onderwerpen", street.forum)
    assert street.last().thread is None
    await street.rui.writes("Ik heb er nog twee", street.other, thread=root)
    assert street.last(street.forum).thread is None
    street.network.topics[FOOD] = topic
    await street.says("Weer met onderwerpen", FOOD)
    await street.rui.writes("Dat is mooi", street.other, thread=root)
    assert (street.last().thread, street.last(street.forum).thread) == (root, FOOD)


async def test_a_forum_that_has_moved_begins_anew(street: Street) -> None:
    """Its topics stay behind; what is said in their threads is said in the new chat."""
    network = street.network
    await street.opens(FOOD, "Eten")
    root = street.root("Eten")
    new = network.chat("super", ChatKind.GROUP, "forum")
    network.happens(MovedChat(street.forum, new, street.world.clock.now()))
    await street.world.settled()
    await street.rui.writes("Ik heb er nog twee", street.other, thread=root)
    assert "nog twee" in street.last(new).plain
    street.forum = new
    await street.opens(FOOD, "Eten")
    await street.says("Wie heeft er brood?", FOOD)
    assert [one.plain for one in street.passed_on()].count("💬 Eten") == 2
    assert street.last().thread == street.passed_on()[-2].id


async def test_a_forum_that_joins_another_conversation_takes_its_topics_along(street: Street) -> None:
    """The chats of the old one are told nothing more."""
    await street.opens(FOOD, "Eten")
    root = street.root("Eten")
    elsewhere = await street.world.paired("elsewhere", "group", "Ons Huis", "nl")

    def join(tx: Transaction) -> None:
        of = tx.links.add(tx.chats.organisation_named("Ons Huis").id, "Markt")
        for chat in (street.forum, elsewhere):
            known = tx.chats.at(chat)
            assert known is not None
            tx.chats.set_link(known.id, of.id)

    await street.world.app.unit(join)
    before = street.passed_on()
    await street.says("Wie heeft er brood?", FOOD)
    assert street.last(elsewhere).thread == street.root("Eten", elsewhere)
    said = street.passed_on(street.forum)
    await street.rui.writes("Is daar nog iemand?", street.other, thread=root)
    assert street.passed_on() == before
    assert street.passed_on(street.forum) == said
    assert len(street.passed_on(elsewhere)) == 2


# --- two forums ------------------------------------------------------------------------------------------------------


def topics_of(street: Street, chat: Chat) -> list[str]:
    return [of.title for of in street.network.topics.values() if of.chat == chat.id]


async def test_a_topic_of_one_forum_is_opened_in_the_other(two_forums: Street) -> None:
    """What is said in either stands in the other; nothing goes before the topic is there."""
    street = two_forums
    await street.opens(FOOD, "Eten", told=False)
    asked = await street.says("Wie heeft er brood?", FOOD, called="Eten")
    (there,) = [id for id, of in street.network.topics.items() if of == Topic(street.other.id, "Eten")]
    (copy,) = street.passed_on()
    assert copy.thread == there
    await street.rui.writes("Ik heb er nog twee", street.other, thread=there, reply_to=copy.id)
    assert (street.last(street.forum).thread, street.last(street.forum).reply_to) == (FOOD, asked)
    await street.rui.writes("Wie nog meer?", street.other, thread=there)
    assert street.last(street.forum).thread == FOOD
    await street.calls(there, "Iets anders", street.other)
    await street.calls(FOOD, "Eten en drinken")
    assert topics_of(street, street.other) == ["Eten"]
    assert topics_of(street, street.forum) == ["Eten"]


async def test_a_topic_whose_name_nobody_knows_is_called_like_its_forum(two_forums: Street) -> None:
    """That is no name, whatever the network tells of how it was opened."""
    street = two_forums
    await street.opens(FOOD, "Eten", told=False)
    await street.says("Ik heb brood", FOOD, reply_to="77")
    there = street.last().thread
    await street.says("Ik ook", there, called="forum", chat=street.other)
    assert street.last(street.forum).thread == FOOD
    late = await street.world.paired("late", "group", "Ons Huis", "nl")
    await street.joins(late)
    await street.says("Wie nog meer?", FOOD, called="Eten")
    assert street.passed_on(late)[0].plain == "💬 Eten · forum"


async def test_where_the_bot_may_open_no_topic_there_is_a_chain_of_replies(two_forums: Street) -> None:
    """It asks once; and again when its rights have changed."""
    street, asked = two_forums, list[OpenTopic]()

    def refuse(action: Outgoing) -> None:
        if isinstance(action, OpenTopic):
            asked.append(action)
            raise Refused("not enough rights to create a topic")

    street.network.before = refuse
    for topic, title in ((FOOD, "Eten"), (CHILDREN, "Kinderen")):
        await street.opens(topic, title)
        await street.says(f"Over {title}", topic)
        assert (street.last().thread, street.last().reply_to) == (None, street.root(title))
    assert len(asked) == 1
    street.network.before = None
    await street.may_open(street.other)
    await street.opens("topic:903", "Werk")
    assert topics_of(street, street.other) == ["Werk"]


async def test_a_topic_of_which_no_answer_came_is_opened_once(two_forums: Street) -> None:
    """The network shows it to us all the same."""
    street, network = two_forums, two_forums.network

    def lose(action: Outgoing) -> None:
        if isinstance(action, OpenTopic):
            network.before = None
            network.do(action)
            raise Unknown("no answer")

    network.before = lose
    await street.opens(FOOD, "Eten")
    (there,) = [id for id, of in network.topics.items() if of.chat == street.other.id]
    network.happens(TopicOpened(street.other, there, "Eten", street.world.clock.now()))
    await street.says("Wie heeft er brood?", FOOD)
    assert street.last().thread == there
    await street.world.advance(timedelta(hours=1))
    await street.says("Nu nog?", FOOD)
    assert street.last().thread == there
    assert topics_of(street, street.other) == ["Eten"]


async def test_a_topic_that_was_never_opened_is_asked_for_again(two_forums: Street) -> None:
    """By what is said when the network would have shown it; before, it is said all the same."""
    street, network = two_forums, two_forums.network

    def lose(action: Outgoing) -> None:
        if isinstance(action, OpenTopic):
            network.before = None
            raise Unknown("no answer")

    network.before = lose
    await street.opens(FOOD, "Eten")
    await street.says("Wie heeft er brood?", FOOD)
    assert (street.last().thread, topics_of(street, street.other)) == (None, [])
    await street.world.advance(timedelta(minutes=11))
    await street.says("Wie nog meer?", FOOD)
    assert topics_of(street, street.other) == ["Eten"]
    assert street.last().thread is not None


async def test_a_topic_that_somebody_deletes_in_the_other_forum_is_not_opened_again(two_forums: Street) -> None:
    """They wanted it gone; what is said stands in the group itself."""
    street = two_forums
    await street.opens(FOOD, "Eten")
    (there,) = [id for id, of in street.network.topics.items() if of.chat == street.other.id]
    street.network.deletes_topic(there)
    for words in ("Wie heeft er brood?", "Wie nog meer?"):
        await street.says(words, FOOD)
        assert words in street.last().plain
        assert street.last().thread is None
    assert topics_of(street, street.other) == []
