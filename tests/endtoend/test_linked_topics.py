"""Linked forums on Telegram: each topic is a thread in the rooms on Matrix, and a topic in another forum."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.bridge import Bridge, bridge
from tests.endtoend.house import PATIENCE, said
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import Reset
from tests.servers.botapi.people import Group, Person
from tests.servers.botapi.state import Message
from tests.servers.matrixuser import Seen
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.timeout(300)

MEALS, CHILDREN = "💬 Repas · Voisins", "💬 Enfants · Voisins"


async def on_matrix(made: Bridge, place: str, words: str) -> Seen:
    """The message that ends with these words, once it stands in a room."""

    def there() -> Seen | None:
        shown = made.user(place).seen(made.rooms[place])
        return next((one for one in shown if one.sender == made.id and one.body.endswith(words)), None)

    found = await made.user(place).wait(there, PATIENCE)
    assert isinstance(found, Seen)
    return found


async def on_telegram(group: Group, words: str) -> Message:
    return await group.sees(words, PATIENCE)


@pytest.mark.synapse
async def test_two_topics_are_two_threads_through_all_that_can_happen_to_them(tmp_path: Path, synapse: Synapse) -> None:
    """In an encrypted room and a plain one; the bot is killed, a topic renamed, another one deleted."""
    async with bridge(tmp_path, synapse, forum=True) as made:
        rui, mia, leo, group = made.rui, made.mia, made.leo, made.group
        sealed, plain = made.rooms["sealed"], made.rooms["plain"]
        meals, children = group.opens_topic("Repas"), group.opens_topic("Enfants")
        asked = rui.writes("Qui a du pain ?", group, topic=meals)
        rui.writes("Qui garde les enfants ?", group, topic=children)
        rui.writes("Bonjour à tous", group)

        for place in ("sealed", "plain"):
            for name, words in ((MEALS, "Qui a du pain ?"), (CHILDREN, "Qui garde les enfants ?")):
                root = await on_matrix(made, place, name)
                assert root.thread is None
                assert (await on_matrix(made, place, words)).thread == root.id
            assert (await on_matrix(made, place, "Bonjour à tous")).thread is None

        root, copy = await on_matrix(made, "sealed", MEALS), await on_matrix(made, "sealed", "Qui a du pain ?")
        await mia.say(sealed, "Il m'en reste deux", thread=root.id, reply_to=copy.id)
        there = await on_telegram(group, "Il m'en reste deux")
        assert (there.thread, there.in_topic, there.reply_to) == (meals, True, asked)
        rui.writes("Merci beaucoup", group, topic=meals, reply_to=there)
        thanks, answered = [await on_matrix(made, "plain", words) for words in ("Merci beaucoup", "deux")]
        assert (thanks.thread, thanks.reply_to) == ((await on_matrix(made, "plain", MEALS)).id, answered.id)

        await made.dies()

        root = await on_matrix(made, "plain", CHILDREN)
        await leo.say(plain, "Moi, demain", thread=root.id)
        there = await on_telegram(group, "Moi, demain")
        assert (there.thread, there.in_topic) == (children, True)
        assert (await on_matrix(made, "sealed", "Moi, demain")).thread == (await on_matrix(made, "sealed", CHILDREN)).id
        rui.writes("À quelle heure ?", group, topic=children)
        assert (await on_matrix(made, "plain", "À quelle heure ?")).thread == root.id
        rui.edits(asked, "Qui a du pain frais ?")
        assert (await on_matrix(made, "plain", "Qui a du pain frais ?")).thread is not None

        before = await on_matrix(made, "plain", MEALS)
        group.renames_topic(meals, "Repas du soir")
        assert (await on_matrix(made, "plain", "💬 Repas du soir · Voisins")).id == before.id
        group.deletes_topic(children)
        await mia.say(sealed, "Trop tard ?", thread=(await on_matrix(made, "sealed", CHILDREN)).id)
        assert not (await on_telegram(group, "Trop tard ?")).in_topic
        assert await made.bot.stop() == 0


def topic(group: Group, name: str) -> int | None:
    return next((id for id, of in group.chat.topics.items() if of.name == name), None)


async def link_code(somebody: Person, office: Group) -> str:
    """For one more chat of the conversation."""
    asked = somebody.writes("/link quartier", office)

    def answer(shown: list[Message]) -> Message | None:
        return next((one for one in shown if one.id > asked.id and "!link" in one.text), None)

    found = await office.waits_for(answer, PATIENCE)
    assert found is not None
    return found.text.split("!link ")[1].split()[0]


async def test_a_topic_of_one_forum_is_one_in_the_other(tmp_path: Path) -> None:
    """The answer that it was opened is lost, the bot is killed: it is opened once, and both hear each other in it."""
    async with BotApiServer() as telegram:
        rui, mia = telegram.user("Rui", "fr"), telegram.user("Mia", "fr")
        async with RunningBot(tmp_path, settings(telegram.url, token=telegram.token)) as bot:
            office = telegram.group("Ons Huis", [rui], supergroup=True)
            forums = [telegram.group(name, [rui, mia], forum=True) for name in ("Voisins", "Parents")]
            for group, role in ((office, "organisation"), *((forum, "group") for forum in forums)):
                given = await bot.asks("pair", role=role, organisation="Ons Huis", language="fr")
                group.adds_bot(given["code"], administrator=True)
            for forum in forums:
                rui.writes(f"/link {await link_code(rui, office)}", forum)
                await forum.sees(said("link-names-initials", "fr"), PATIENCE)
            one, other = forums
            lost = telegram.faults.add(Reset(), "createForumTopic")
            meals = one.opens_topic("Repas")
            await other.waits_for(lambda _: topic(other, "Repas"), PATIENCE)
            assert lost.hits == 1
            rui.writes("Qui a du pain ?", one, topic=meals)
            await other.sees("Qui a du pain ?", PATIENCE)

            await bot.kill()
            await bot.start()

            asked = rui.writes("Qui en veut ?", one, topic=meals)
            seen = await other.sees("Qui en veut ?", PATIENCE)
            assert (seen.thread, seen.in_topic) == (topic(other, "Repas"), True)
            mia.writes("Il m'en reste deux", other, topic=topic(other, "Repas"), reply_to=seen)
            there = await one.sees("Il m'en reste deux", PATIENCE)
            assert (there.thread, there.in_topic, there.reply_to) == (meals, True, asked)
            assert [of.name for of in other.chat.topics.values()] == ["Repas"]
            assert await bot.stop() == 0
