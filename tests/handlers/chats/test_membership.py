"""The bot comes and goes, chats move and vanish; what nobody else looks after is told without a word of anybody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.content import LanguageName, say
from bot.incoming import Batch, MovedChat, Raw, Removed
from bot.model import Chat, ChatKind, Text
from bot.outgoing import JoinChat, Outgoing
from bot.ports import Gone, Moved, NotSent, Refused
from tests.handlers.conftest import Scene, sentence
from tests.handlers.house import LATER, LATER_PT, SOUP, SOUP_PT, SOUP_TR, House
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


# --- what a group missed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("invited", [True, False])
async def test_a_group_that_is_back_reads_no_longer_what_was_corrected_meanwhile(house: House, invited: bool) -> None:
    """And sees that it was: nobody looks at an old message again."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await loses(house, house.nl)
    await house.says(f"!correct N1 {LATER}")
    await house.world.adds_bot(house.an, house.nl, invited)
    copy, told = house.an.sees(house.nl)
    assert LATER in copy.plain
    assert (told.plain, told.reply_to) == (sentence("copy-corrected", code="N1"), copy.id)


async def test_a_group_that_is_back_waits_for_the_correction_like_the_others(house: House) -> None:
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says(SOUP_PT, house.preview("Portugees").id)
    await house.says("!publish N1")
    await house.world.paired("pt 2", "group", "Ons Huis", "pt")
    await loses(house, house.pt)
    await house.says(f"!correct N1 {LATER}")
    await house.world.adds_bot(house.an, house.pt)
    copy, told = house.rui.sees(house.pt)
    assert SOUP_PT not in copy.plain
    assert sentence("copy-being-corrected", "pt") in copy.plain
    assert told.plain == sentence("copy-correcting", "pt", code="N1")
    await house.says(LATER_PT, house.preview("Portugees").id)
    copy, _, told = house.rui.sees(house.pt)
    assert LATER_PT in copy.plain
    assert told.plain == sentence("copy-corrected", "pt", code="N1")


async def test_a_group_that_is_back_has_nothing_left_of_what_was_withdrawn(house: House) -> None:
    """Whether the withdrawal was on its way when the group went, or began after that."""
    for _ in range(2):
        await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await house.says("!publish N2")
    house.world.network.broken[house.nl.id] = NotSent("later")
    await house.says("!recall N1")
    await loses(house, house.nl)
    house.world.network.broken[house.nl.id] = Gone("not a member")
    await house.says("!recall N2")
    del house.world.network.broken[house.nl.id]
    await house.world.adds_bot(house.an, house.nl)
    assert house.an.reads(house.nl) == [sentence("copy-recalled", code=code) for code in ("N2", "N1")]


async def test_a_group_that_was_closed_for_a_day_is_back_when_somebody_writes_there(house: House) -> None:
    """No network tells of it."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    house.world.network.broken[house.nl.id] = Gone("nobody may write")
    await house.says(f"!correct N1 {LATER}")
    del house.world.network.broken[house.nl.id]
    await house.rui.writes("!help", house.nl)
    assert house.last() == sentence("group-back", group="nl")
    assert LATER in house.an.reads(house.nl)[0]


async def test_a_group_reads_its_copies_in_the_language_that_it_has_now(house: House) -> None:
    """Those that are translated; also what is corrected later."""
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says(SOUP_PT, house.preview("Portugees").id)
    await house.says("!publish N1")
    await pairs(house, house.nl, "Ons Huis", "pt")
    assert SOUP_PT in house.an.reads(house.nl)[0]
    await house.says(f"!correct N1 {LATER}")
    await house.says(LATER_PT, house.preview("Portugees").id)
    assert [LATER_PT in house.an.reads(chat)[0] for chat in (house.nl, house.pt)] == [True, True]


async def test_a_copy_stays_in_the_language_of_before_until_it_is_translated(house: House) -> None:
    """What it says is true all the same."""
    await house.says("!languages tr")
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await pairs(house, house.nl, "Ons Huis", "tr")
    await house.reads(house.an, "tr")
    assert SOUP in house.an.reads(house.nl)[0]
    await house.says("!publish N1")
    await house.says(SOUP_TR, house.preview("Turks").id)
    assert SOUP_TR in house.an.reads(house.nl)[0]


async def test_a_group_of_another_organisation_now_does_not_wait_for_a_correction_for_ever(house: House) -> None:
    """It keeps what it had from the one before, whose it is, and has that put right."""
    await house.other("Casa", "nl")
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says(SOUP_PT, house.preview("Portugees").id)
    await house.says("!publish N1")
    await house.world.paired("pt 2", "group", "Ons Huis", "pt")
    await pairs(house, house.pt, "Casa", "pt")
    await house.says(f"!correct N1 {LATER}")
    await house.says(LATER_PT, house.preview("Portugees").id)
    copy = house.rui.reads(house.pt)[0]
    assert LATER_PT in copy
    assert copy.startswith("Ons Huis\n")


async def test_publishing_again_reaches_a_group_that_did_not_get_its_copy(house: House) -> None:
    """Once, as it is by then, and nobody else a second time."""
    await house.world.paired("nl 2", "group", "Ons Huis", "nl")
    await house.says(f"!notice food {SOUP}")
    house.world.network.broken[house.nl.id] = NotSent("later")
    await house.says("!publish N1")
    await loses(house, house.nl)
    del house.world.network.broken[house.nl.id]
    await house.says(f"!correct N1 {LATER}")
    await house.world.adds_bot(house.an, house.nl)
    assert house.an.reads(house.nl) == []
    await house.says("!publish N1")
    await house.says("!publish N1")
    (copy,) = house.an.reads(house.nl)
    assert LATER in copy
    await house.later()
    assert sentence("progress-language", language=LanguageName("nl"), sent=2, waiting=0, failed=0) in house.progress()


async def pairs(house: House, chat: Chat, organisation: str, language: str) -> None:
    """The group is given another language or organisation."""
    await house.an.writes(f"!pair {await house.world.pairing('group', organisation, language)}", chat)


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
