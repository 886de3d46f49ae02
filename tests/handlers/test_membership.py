"""The bot comes and goes, chats move and vanish; what nobody else looks after is told without a word of anybody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.content import say
from bot.incoming import Batch, MovedChat, Raw, Removed
from bot.model import Chat, ChatKind, Text
from bot.outgoing import JoinChat, Outgoing
from bot.ports import Gone, Moved, NotSent, Refused
from tests.handlers.conftest import Scene, sentence
from tests.handlers.house import LATER, SOUP, House
from tests.world import World


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


async def moves(world: World, chat: Chat, to: str = "super") -> Chat:
    """It has another id now, and begins to number its messages anew."""
    new = world.network.chat(to, world.network.kinds[chat.id], world.network.titles[chat.id])
    world.network.happens(MovedChat(chat, new, world.clock.now()))
    await world.settled()
    return new


async def test_the_bot_goes_where_its_chat_goes(house: House) -> None:
    """It joins without being asked; to chats that are nothing to it, it does not follow."""
    new = await moves(house.world, house.nl)
    await moves(house.world, house.world.group("stranger"), "strange")
    assert house.world.network.joined == [new.id]
    assert house.answers() == []


async def test_whoever_owns_a_group_hears_that_its_successor_does_not_let_the_bot_in(house: House) -> None:
    """Until somebody invites it."""

    def refuse(action: Outgoing) -> None:
        if isinstance(action, JoinChat):
            raise Refused("no invitation")

    house.world.network.before = refuse
    new = await moves(house.world, house.nl)
    assert house.answers() == [sentence("group-gone", group="nl")]
    house.world.network.before = None
    await house.world.adds_bot(house.an, new, invited=True)
    await house.world.adds_bot(house.an, new)
    assert house.last() == sentence("group-back", group="nl")
    assert house.world.network.joined == [new.id]


async def test_a_correction_reaches_a_group_that_has_moved_since(house: House) -> None:
    """What was said before stays where it was, so it is said anew; not in the place of what has its number now."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    before = house.an.sees(house.nl)[0]
    new = await moves(house.world, house.nl)
    house.world.network.written(new, replace(before, by="rui", text=Text("what somebody else says")))
    await house.says(f"!correct N1 {LATER}")
    await house.world.advance(timedelta(minutes=5))
    shown = house.world.network.messages(new)
    assert shown[0].plain == "what somebody else says"
    assert LATER in shown[1].plain
    await house.says("!recall N1 mistake")
    await house.world.advance(timedelta(minutes=5))
    shown = house.world.network.messages(new)
    assert shown[0].plain == "what somebody else says"
    assert not any(LATER in message.plain for message in shown)


async def test_what_answers_a_number_that_was_given_anew_is_not_about_the_old(house: House) -> None:
    """A group that becomes a supergroup counts its messages from one again."""
    await house.says(f"!notice food {SOUP}")
    card = house.card()
    known = house.world.app.unit
    assert await known(lambda tx: tx.copies.at(1, card.id)) is not None
    await moves(house.world, house.room)
    assert await known(lambda tx: tx.copies.at(1, card.id)) is None


async def test_a_chat_that_was_met_under_its_new_id_gives_way(house: House) -> None:
    """Somebody has added the bot there before it was known what it is; nothing it would have said there is said."""
    new = house.world.network.chat("super", ChatKind.GROUP, "nl")
    house.world.network.broken[new.id] = NotSent("not now")
    await house.world.adds_bot(house.rui, new, invited=True)
    house.world.network.broken.clear()
    await moves(house.world, house.nl)
    await house.world.advance(timedelta(days=8))
    assert house.an.reads(new) == []
    assert house.world.network.joined == [new.id]
    assert house.world.network.left == []
    assert house.answers() == []


@pytest.mark.parametrize("found_out", ["told", "when writing there"])
async def test_no_chat_takes_the_place_of_one_that_has_a_role(house: House, found_out: str) -> None:
    """Whoever has a room of their own on Matrix can say that any other replaces it."""
    theirs = house.world.group("theirs")
    if found_out == "told":
        await house.world.adds_bot(house.rui, theirs)
        house.world.network.happens(MovedChat(theirs, house.nl, house.world.clock.now()))
    else:
        house.world.network.broken[theirs.id] = Moved(house.nl.id)
        await house.world.adds_bot(house.rui, theirs)
        await house.rui.writes("!help", theirs)
    await house.world.settled()
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    assert SOUP in house.an.reads(house.nl)[0]
    assert len(house.an.reads(house.nl)) == 1


async def test_cards_follow_their_room(scene: Scene) -> None:
    """Those of open requests; what is in their threads stays to be read where it was, and work goes on."""
    await scene.asks()
    old = scene.card()
    scene.room = await moves(scene.world, scene.room)
    assert scene.card().labels == old.labels
    await scene.in_thread("!r Kom morgen")
    assert "Kom morgen" in scene.member_reads()
    await scene.ann.presses(sentence("button-claim"), scene.room)
    assert "Ann" in scene.card().plain


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
