"""A coordination room with topics on Telegram: the program, a helper in the room, and somebody who asks for food."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.house import NEED, PATIENCE, said
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import Reset
from tests.servers.botapi.limits import FloodLimits
from tests.servers.botapi.people import Group
from tests.servers.botapi.state import Message

pytestmark = pytest.mark.timeout(300)

OPEN = said("card-open", code="K1")


def topic(room: Group) -> int:
    """The only one."""
    (id,) = room.chat.topics
    return id


async def card_in_topic(room: Group) -> Message:
    """The card, once it stands in a topic."""

    def there(shown: list[Message]) -> Message | None:
        cards = (m for m in shown if m.in_topic and m.text.startswith(OPEN) and m.labels)
        return next(cards, None)

    found = await room.waits_for(there, PATIENCE)
    assert found is not None
    return found


async def test_a_card_stands_in_its_topic_through_all_that_can_happen_to_it(tmp_path: Path) -> None:
    """The answer that the topic was opened is lost, the bot is killed, somebody deletes the topic."""
    async with BotApiServer() as telegram:
        telegram.limits = FloodLimits()
        lea, ana = telegram.user("Léa", "fr"), telegram.user("Ana", "pt")
        async with RunningBot(tmp_path, settings(telegram.url, token=telegram.token)) as bot:
            room = telegram.group("Coordination", [lea], forum=True)
            room.adds_bot(administrator=True)
            lea.writes(f"/pair {await bot.pairs('coordination')}", room)
            await room.sees(said("paired-coordination"), PATIENCE)
            lost = telegram.faults.add(Reset(), "createForumTopic")

            ana.writes(NEED["pt"])
            await ana.private.sees(said("first-held", "pt"), PATIENCE)
            ana.presses(said("button-send", "pt"))
            await room.sees(OPEN, PATIENCE)
            await ana.private.sees(said("intake-what", "pt"), PATIENCE)
            ana.presses(said("need-food", "pt"))
            card = await card_in_topic(room)
            assert lost.hits == 1
            assert room.chat.topics[topic(room)].name == f"🍞 {said('need-food')}"
            await room.sees(said("card-moved", code="K1", topic=said("need-food")), PATIENCE)

            lea.writes("/r Venez demain à dix heures", room, reply_to=card, topic=topic(room))
            await ana.private.sees("Venez demain à dix heures", PATIENCE)

            menus = {key[0] for key in telegram.bot.commands}
            assert menus == {"all_private_chats", "all_group_chats", f"chat:{room.id}"}
            told = sum(call.method == "setmycommands" for call in telegram.calls)
            await bot.kill()
            await bot.start()

            before = topic(room)
            room.deletes_topic(before)
            ana.writes("Somos quatro")
            lost_no_more = await room.sees("Somos quatro", PATIENCE)
            assert "K1" in lost_no_more.text
            assert (await card_in_topic(room)).thread != before
            assert topic(room) != before
            assert sum(call.method == "setmycommands" for call in telegram.calls) == told
            assert telegram.limits.refused == 0
            assert await bot.stop() == 0
