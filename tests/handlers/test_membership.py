"""The bot comes and goes, chats move and vanish; what nobody else looks after is told without a word of anybody's."""

from __future__ import annotations

from datetime import timedelta

from bot.content import say
from bot.model import Batch, Chat, ChatKind, MovedChat, Raw, Removed
from bot.ports import Gone, NotSent, Refused
from tests.handlers.conftest import sentence
from tests.handlers.house import SOUP, House


async def loses(house: House, chat: Chat) -> None:
    """The bot is thrown out."""
    house.world.network.happens(Removed(chat, house.world.network.kinds[chat.id], house.world.clock.now()))
    await house.world.settled()


# --- coming and going ------------------------------------------------------------------------------------------------


async def test_an_organisation_hears_of_a_group_that_is_gone_and_back(house: House) -> None:
    """It receives nothing meanwhile, and keeps its role."""
    await loses(house, house.nl)
    assert house.answers() == [sentence("group-gone", group="nl")]
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    assert house.an.reads(house.nl) == []
    await house.world.adds_bot(house.an, house.nl)
    assert house.last() == sentence("group-back", group="nl")
    await house.says("!publish N1")
    assert len(house.an.reads(house.nl)) == 1


async def test_the_coordinators_hear_of_a_room_that_is_gone(house: House) -> None:
    coordination = await house.world.paired("coordination", "coordination")
    await loses(house, house.room)
    assert house.an.reads(coordination) == [sentence("organisation-gone", organisation="Ons Huis")]


async def test_organisations_hear_that_nobody_reads_requests(house: House) -> None:
    coordination = await house.world.paired("coordination", "coordination")
    await loses(house, coordination)
    assert house.last() == sentence("coordination-gone")


async def test_a_group_that_the_network_says_is_gone_is_gone_too(house: House) -> None:
    """However it is found out, its organisation hears of it once."""
    await house.says(f"!notice food {SOUP}")
    house.world.network.faults += [NotSent("the answer can wait"), Gone("kicked")]
    await house.says("!publish N1")
    await loses(house, house.nl)
    assert house.answers().count(sentence("group-gone", group="nl")) == 1


async def test_a_chat_that_moves_stays_what_it_is(house: House) -> None:
    """A group becomes a supergroup: notices go to its new address."""
    new = house.world.network.chat("super", ChatKind.GROUP, "nl")
    house.world.network.happens(MovedChat(house.nl, new, house.world.clock.now()))
    await house.world.settled()
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    assert SOUP in house.an.reads(new)[0]


async def test_a_chat_that_nobody_knew_can_move_and_go(house: House) -> None:
    """Nothing happens, and the next event is handled."""
    stranger, new = house.world.group("stranger"), house.world.group("new")
    house.world.network.happens(MovedChat(stranger, new, house.world.clock.now()))
    await loses(house, stranger)
    await house.says(f"!notice food {SOUP}")
    assert house.card()


def _told(what: str) -> str:
    """What happened, and where to look."""
    return f"{what}\n{sentence('operator-look', command='schakel status --failed')}"


# --- what nobody else looks after ------------------------------------------------------------------------------------


async def test_what_cannot_be_handled_is_told_to_the_coordinators_without_a_word_of_it(house: House) -> None:
    """Once, and again when more is put aside after a day; the lane goes on."""
    coordination = await house.world.paired("coordination", "coordination")
    for number in range(3):
        await house.world.app.inbox.accept("paper")(_garbage(house, number))
        await house.world.settled()
    told = _told(sentence("operator-put-aside", network="Paper"))
    assert house.an.reads(coordination) == [told]
    await house.world.advance(timedelta(hours=24))
    await house.world.app.inbox.accept("paper")(_garbage(house, 3))
    await house.world.settled()
    assert house.an.reads(coordination) == [told, told]


async def test_a_message_that_failed_and_nobody_asked_about_is_told(house: House) -> None:
    """Where it should have gone, not what it said."""
    coordination = await house.world.paired("coordination", "coordination")
    house.world.network.faults.append(Refused("too odd"))
    await house.says("!help")
    assert house.an.reads(coordination) == [_told(sentence("operator-not-delivered", chat="room"))]
    house.world.network.faults.append(Refused("too odd"))
    await house.rui.writes("!bla")
    private = sentence("operator-not-delivered", chat=say("a-private-chat"))
    assert house.an.reads(coordination)[-1] == _told(private)


async def test_that_the_coordinators_cannot_be_told_is_not_told_to_them(house: House) -> None:
    """No message about a message about a message."""
    coordination = await house.world.paired("coordination", "coordination")
    house.world.network.faults += [Refused("too odd")] * 2
    await house.says("!help")
    assert house.an.reads(coordination) == []


def _garbage(house: House, number: int) -> Batch:
    cursor = str(len(house.world.network.stream))
    return Batch((Raw(f"garbage-{number}", house.room.id, b"garbage"),), cursor)
