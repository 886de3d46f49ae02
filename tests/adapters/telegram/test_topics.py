"""Topics of a forum: opened once, written in, closed; and what becomes of words whose topic is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram import Bot

from adapters.telegram.request import AiohttpRequest
from adapters.telegram.sending import perform
from bot.incoming import Added, Message
from bot.incoming import TopicOpened as Opened
from bot.model import Attachment, Chat, Text
from bot.outgoing import CloseTopic, OpenTopic, Receipt, SendFile, SendText
from bot.ports import Refused, Unknown
from tests.adapters.telegram.conftest import ACCOUNT, Inbox
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import UNKNOWN_OUTCOME, Fault
from tests.servers.botapi.people import Group


@pytest.fixture
async def bot(server: BotApiServer) -> AsyncIterator[Bot]:
    async with AiohttpRequest(read_timeout=0.3) as request:
        address = f"{server.url}/bot"
        yield Bot(server.token, base_url=address, request=request, get_updates_request=request)


@pytest.fixture
def forum(server: BotApiServer) -> Group:
    """The bot may manage its topics."""
    group = server.group("Hulp", forum=True)
    group.adds_bot(administrator=True)
    return group


def at(group: Group) -> Chat:
    return Chat(ACCOUNT, str(group.id))


async def opened(bot: Bot, group: Group, title: str = "🍞 Eten") -> str:
    receipt = await perform(bot, OpenTopic(at(group), title))
    assert receipt.message is not None
    return receipt.message


def words(group: Group, thread: str | None, reply_to: str | None = None) -> SendText:
    return SendText(at(group), Text("K7"), "t1", thread=thread, reply_to=reply_to)


async def test_a_topic_is_opened_and_written_in(bot: Bot, forum: Group) -> None:
    topic = await opened(bot, forum)
    number = int(topic.removeprefix("topic:"))
    assert forum.chat.topics[number].name == "🍞 Eten"
    receipt = await perform(bot, words(forum, topic))
    assert not receipt.elsewhere
    assert forum.texts(number)[-1] == "K7"


async def test_an_answer_stands_in_the_topic_with_what_it_answers(bot: Bot, forum: Group) -> None:
    """Also when that is gone."""
    topic = await opened(bot, forum)
    card = await perform(bot, words(forum, topic))
    await perform(bot, words(forum, topic, card.message))
    answer = forum.from_bot()[-1]
    assert (str(answer.thread), str(answer.reply_to.id if answer.reply_to else "")) == (topic[6:], card.message)
    forum.from_bot()[0].deleted = True
    await perform(bot, words(forum, topic, card.message))
    assert str(forum.from_bot()[-1].thread) == topic[6:]


async def test_a_topic_is_closed_and_opened_again(bot: Bot, forum: Group) -> None:
    """To do it in vain is no failure."""
    topic = await opened(bot, forum)
    for closed in (True, True, False, False):
        assert await perform(bot, CloseTopic(at(forum), topic, closed)) == Receipt()
        assert forum.chat.topics[int(topic[6:])].closed is closed


async def test_what_cannot_be_opened_is_refused(bot: Bot, forum: Group) -> None:
    """Without the right, or where there are no topics."""
    forum.withholds("can_manage_topics")
    with pytest.raises(Refused, match="not enough rights to create a topic"):
        await opened(bot, forum)
    forum.promotes_bot()
    forum.is_forum_no_longer()
    with pytest.raises(Refused, match="not a forum"):
        await opened(bot, forum)


@pytest.mark.parametrize("how", ["deleted", "closed"])
async def test_words_whose_topic_is_gone_stand_in_the_group_itself(
    how: str, bot: Bot, forum: Group, tmp_path: Path
) -> None:
    """And a file too. The receipt tells that the topic is not there; one that is only closed still is."""
    topic = await opened(bot, forum)
    card = await perform(bot, words(forum, topic))
    if how == "deleted":
        forum.deletes_topic(int(topic[6:]))
    else:
        forum.closes_topic(int(topic[6:]))
        forum.withholds("can_manage_topics")
    receipt = await perform(bot, words(forum, topic, card.message))
    assert receipt.elsewhere is (how != "closed")
    shown = forum.from_bot()[-1]
    assert (str(shown.id), shown.thread) == (receipt.message, None)
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"%PDF")
    file = Attachment("document", "key", "letter.pdf", 4, "application/pdf")
    sending = SendFile(at(forum), ACCOUNT, file, 1, Text("K7"), "t2", thread=topic, file=letter)
    receipt = await perform(bot, sending)
    assert receipt.elsewhere is (how != "closed")
    assert "document" in forum.from_bot()[-1].content


async def test_an_answer_to_what_stands_in_a_closed_topic_stands_in_the_group(bot: Bot, forum: Group) -> None:
    """An administrator can still write there; the bot is not told that it cannot."""
    topic = forum.opens_topic("Archief")
    asked = forum.owner.writes("/help", forum, topic=topic)
    forum.closes_topic(topic)
    forum.withholds("can_manage_topics")
    receipt = await perform(bot, words(forum, None, str(asked.id)))
    shown = forum.from_bot()[-1]
    assert (str(shown.id), shown.thread, receipt.elsewhere) == (receipt.message, None, False)


async def test_where_the_group_itself_is_closed_too_nothing_can_be_said(bot: Bot, forum: Group) -> None:
    """It is no reason to write no more in its other topics."""
    topic, other = await opened(bot, forum), await opened(bot, forum, "📄 Papieren")
    forum.closes_topic(int(topic[6:]))
    forum.closes_topic(None)
    forum.withholds("can_manage_topics")
    for thread in (None, topic):
        with pytest.raises(Refused, match="topic_closed"):
            await perform(bot, words(forum, thread))
    assert await perform(bot, words(forum, other)) == Receipt(str(forum.from_bot()[-1].id))


async def test_words_for_a_topic_of_what_is_no_forum_any_more_stand_in_the_group(bot: Bot, forum: Group) -> None:
    topic = await opened(bot, forum)
    card = await perform(bot, words(forum, topic))
    forum.is_forum_no_longer()
    for reply_to in (None, card.message):
        receipt = await perform(bot, words(forum, topic, reply_to))
        assert str(forum.from_bot()[-1].id) == receipt.message


async def test_a_message_that_is_refused_for_another_reason_is_not_said_elsewhere(bot: Bot, forum: Group) -> None:
    topic = await opened(bot, forum)
    with pytest.raises(Refused, match="too long"):
        await perform(bot, SendText(at(forum), Text("a" * 5000), "t1", thread=topic))


@pytest.mark.parametrize("fault", UNKNOWN_OUTCOME, ids=lambda fault: type(fault).__name__)
async def test_a_topic_of_which_no_answer_came_shows_itself(
    fault: Fault, server: BotApiServer, bot: Bot, forum: Group, inbox: Inbox
) -> None:
    """Telegram tells the bot of the topics that it has opened itself."""
    await inbox.holds(1)
    server.faults.add(fault, "createForumTopic")
    with pytest.raises(Unknown):
        await opened(bot, forum)
    (id,) = forum.chat.topics
    event = (await inbox.holds(2))[-1]
    assert isinstance(event, Opened)
    assert (event.chat, event.id, event.title) == (at(forum), f"topic:{id}", "🍞 Eten")


async def test_who_is_told_of_topics_and_of_the_right_to_them(server: BotApiServer, forum: Group, inbox: Inbox) -> None:
    """A change of rights tells both; that topics were switched off or on shows in the next message."""
    forum.withholds("can_manage_topics")
    forum.is_forum_no_longer()
    forum.owner.writes("hallo", forum)
    forum.becomes_forum()
    topic = forum.opens_topic("Van ons")
    forum.owner.writes("hallo", forum, topic=topic)
    events = await inbox.holds(4)
    assert [(one.forum, one.topics) for one in events if isinstance(one, Added)] == [(True, True), (True, False)]
    assert [(one.forum, one.thread) for one in events if isinstance(one, Message)] == [
        (False, None),
        (True, f"topic:{topic}"),
    ]
    assert not any(isinstance(one, Opened) for one in events)
