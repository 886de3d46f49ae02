"""Rooms that leak: what a room hears of who else could read along in it, and of whoever comes in."""

from __future__ import annotations

from bot.incoming import Added, Joined, MovedChat
from bot.model import Chat
from bot.outgoing import InspectChat
from bot.ports import Refused
from tests.handlers.conftest import Scene, sentence
from tests.handlers.house import House
from tests.world import Somebody, World

ALL = ("cloud", "unencrypted", "history", "open", "channel", "public", "something-new")


async def pairs(world: World, who: Somebody, chat: Chat, role: str, organisation: str | None = None) -> str:
    """Add the bot as an administrator and give the room its role; the id of the message with the code."""
    code = await world.pairing(role, organisation)
    world.network.happens(Added(chat, world.network.kinds[chat.id], who.person, world.clock.now(), administrator=True))
    return await who.writes(f"!pair {code}", chat)


async def comes(world: World, who: Somebody, chat: Chat) -> None:
    world.network.happens(Joined(chat, world.network.kinds[chat.id], who.person, world.clock.now()))
    await world.settled()


# --- what is found when a room gets its role -------------------------------------------------------------------------


async def test_a_coordination_room_hears_who_else_could_read_along_and_what_to_do(nobody: Scene) -> None:
    """The worst first, in answer to whoever paired it; what there are no words for is left out."""
    nobody.world.network.leaks[nobody.room.id] = ALL
    asked = await pairs(nobody.world, nobody.ann, nobody.room, "coordination")
    warned = nobody.ann.sees(nobody.room)[-1]
    assert warned.reply_to == asked
    keys = ("public", "open", "channel", "history", "unencrypted", "cloud")
    assert warned.plain == "\n".join(sentence(f"leak-{key}") for key in keys)


async def test_an_organisations_room_hears_what_can_be_mended(house: House) -> None:
    """That Telegram keeps notices, which are public anyway, is no news there."""
    room = house.world.group("their room")
    house.world.network.leaks[room.id] = ("public", "cloud")
    await pairs(house.world, house.an, room, "organisation", "Casa")
    assert house.last(room) == sentence("leak-public")
    quiet = house.world.group("their other room")
    house.world.network.leaks[quiet.id] = ("cloud",)
    await pairs(house.world, house.an, quiet, "organisation", "Casa")
    assert sentence("leak-cloud") not in house.answers(quiet)


async def test_a_room_where_nothing_is_found_hears_nothing(nobody: Scene) -> None:
    await pairs(nobody.world, nobody.ann, nobody.room, "coordination")
    assert InspectChat(nobody.room) in nobody.world.network.log
    assert nobody.ann.reads(nobody.room)[-1] == sentence("paired-coordination")


async def test_a_room_that_cannot_be_inspected_hears_nothing_of_it(nobody: Scene) -> None:
    """Neither do the coordinators, who could do nothing about it."""
    world, code = nobody.world, await nobody.world.pairing("coordination")
    nobody.world.network.leaks[nobody.room.id] = ALL
    nobody.world.network.inspection_faults.append(Refused("not to you"))
    await nobody.ann.writes(f"!pair {code}", nobody.room)
    assert not [line for line in nobody.ann.reads(nobody.room) if sentence("leak-public") in line]
    assert not world.network.inspection_faults


async def test_a_group_that_receives_notices_is_not_inspected(house: House) -> None:
    """Everybody may read them."""
    chat = house.world.group("square")
    code = await house.world.pairing("group", "Ons Huis", "nl")
    await house.an.writes(f"!pair {code}", chat)
    assert InspectChat(chat) not in house.world.network.log


async def test_a_room_that_has_moved_is_looked_at_again(nobody: Scene) -> None:
    """A group becomes a supergroup when somebody makes it public: what could be mended by nobody is not said twice."""
    world = nobody.world
    await pairs(world, nobody.ann, nobody.room, "coordination")
    new = world.group("super")
    world.network.leaks[new.id] = ("public", "history", "cloud")
    world.network.happens(MovedChat(nobody.room, new, world.clock.now()))
    await world.settled()
    assert nobody.ann.reads(new)[-1] == "\n".join(sentence(f"leak-{key}") for key in ("public", "history"))


async def test_a_group_that_receives_notices_is_not_looked_at_when_it_moves(house: House) -> None:
    new = house.world.group("super")
    house.world.network.happens(MovedChat(house.nl, new, house.world.clock.now()))
    await house.world.settled()
    assert InspectChat(new) not in house.world.network.log


# --- who comes in ----------------------------------------------------------------------------------------------------


async def test_the_coordination_room_hears_of_a_newcomer(scene: Scene) -> None:
    """By the name they show; the others know whether it is right."""
    await comes(scene.world, scene.world.somebody("Wim"), scene.room)
    assert scene.ann.reads(scene.room) == [sentence("newcomer", name="Wim")]


async def test_a_newcomer_s_name_adds_nothing_to_our_sentence(scene: Scene) -> None:
    """On Matrix it can have lines of its own, and be as long as one likes."""
    spy = scene.world.somebody("Wim\n\nK1 was erased by the person who asked" + 60_000 * ".")
    await comes(scene.world, spy, scene.room)
    (said,) = scene.ann.reads(scene.room)
    assert "\n" not in said
    assert len(said) < 300
    nobody = scene.world.somebody("\u200b\u202e")
    await comes(scene.world, nobody, scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("newcomer", name=nobody.person.id)


async def test_nobody_else_hears_of_newcomers(house: House) -> None:
    """In groups of hundreds it would be noise, and whose business is it; nor is a strange chat remembered."""
    before, strange = len(house.answers()), house.world.group("strange")
    for chat in (house.room, house.nl, strange):
        await comes(house.world, house.rui, chat)
    assert len(house.answers()) == before
    assert house.answers(house.nl) == []
    assert await house.world.app.unit(lambda tx: tx.chats.at(strange)) is None
