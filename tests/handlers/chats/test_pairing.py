"""Pairing: codes that work once, chats that wait for one, rooms that keep their role, links for new groups."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.content import LanguageName, say
from bot.domain.chats import Pairing
from bot.incoming import Added, Message, Removed
from bot.model import Chat, ChatKind, Person, Text
from bot.ports import Account
from tests.handlers.conftest import sentence
from tests.handlers.house import SOUP, House
from tests.world import Somebody


async def role(house: House, chat: Chat) -> str:
    found = await house.world.app.unit(lambda tx: tx.chats.at(chat))
    return "" if found is None else found.role


async def follows(house: House, who: Somebody, chat: Chat, code: str) -> None:
    """The link of a button was followed: the bot is added, and the network says what the link carried."""
    await house.world.adds_bot(who, chat)
    await who.writes(f"/start {code}", chat, start=code)


# --- before ----------------------------------------------------------------------------------------------------------


async def test_an_unpaired_chat_gets_one_friendly_explanation_and_nothing_else(house: House) -> None:
    """In the language of whoever added the bot; then it keeps still."""
    chat = house.world.group("new")
    await house.world.adds_bot(house.rui, chat)
    explanation = house.rui.reads(chat)
    assert explanation == [
        "\n".join(
            [
                sentence("unpaired-hello", "pt"),
                sentence("unpaired-code", "pt", command="/pair …"),
                sentence("unpaired-leaves", "pt"),
            ]
        )
    ]
    await house.rui.writes("Quem és tu?", chat)
    await house.rui.writes("!notice food sopa", chat)
    await house.rui.writes("!help", chat)
    await house.world.adds_bot(house.rui, chat)
    assert house.rui.reads(chat) == explanation


async def test_what_to_write_is_what_the_bot_sees_there(house: House) -> None:
    """Telegram shows a bot that is no administrator nothing but slashes; Matrix apps take those for themselves."""
    chat = house.world.group("new")
    await house.world.adds_bot(house.rui, chat)
    assert sentence("unpaired-code", "pt", command="/pair …") in house.rui.reads(chat)[-1]
    matrix = Account("@bot:paper", "https://paper.example")
    await house.world.app.unit(lambda tx: tx.accounts.connected("paper", matrix))
    other = house.world.group("other")
    await house.world.adds_bot(house.rui, other)
    assert sentence("unpaired-code", "pt", command="!pair …") in house.rui.reads(other)[-1]


async def test_a_chat_whose_beginning_was_missed_is_told_at_the_first_message(house: House) -> None:
    chat = house.world.group("old")
    await house.an.writes("Hallo allemaal", chat)
    assert sentence("unpaired-hello") in house.an.reads(chat)[0]


async def test_an_invitation_is_accepted_before_anything_is_said(house: House) -> None:
    chat = house.world.group("invited")
    await house.world.adds_bot(house.an, chat, invited=True)
    assert house.world.network.joined == [chat.id]
    assert len(house.an.reads(chat)) == 1


async def test_the_bot_leaves_after_a_week_without_a_role(house: House) -> None:
    chat = house.world.group("new")
    await house.world.adds_bot(house.an, chat)
    await house.world.advance(timedelta(days=6, hours=23))
    assert house.world.network.left == []
    await house.world.advance(timedelta(hours=2))
    assert house.world.network.left == [chat.id]


async def test_a_paired_chat_is_not_left(house: House) -> None:
    chat = house.world.group("new")
    await house.world.adds_bot(house.an, chat)
    await house.an.writes(f"!pair {await house.world.pairing('group', 'Ons Huis', 'pt')}", chat)
    await house.world.advance(timedelta(days=8))
    assert house.world.network.left == []


async def test_a_chat_that_added_the_bot_again_has_a_new_week(house: House) -> None:
    chat = house.world.group("new")
    await house.world.adds_bot(house.an, chat)
    await house.world.advance(timedelta(days=8))
    assert house.world.network.left == [chat.id]
    await house.world.adds_bot(house.an, chat)
    assert len(house.an.reads(chat)) == 2
    await house.world.advance(timedelta(days=6))
    assert house.world.network.left == [chat.id]
    await house.world.advance(timedelta(days=2))
    assert house.world.network.left == [chat.id] * 2


# --- the code --------------------------------------------------------------------------------------------------------


async def test_a_code_gives_a_group_its_role(house: House) -> None:
    """It is told in its own language, and the organisation hears of it."""
    chat = house.world.group("Braga")
    await house.world.adds_bot(house.an, chat)
    await house.an.writes(f"/pair@bot {await house.world.pairing('group', 'Ons Huis', 'pt')}", chat)
    assert house.an.reads(chat)[-1] == sentence(
        "paired-group", "pt", organisation="Ons Huis", language=LanguageName("pt")
    )
    assert house.last() == sentence("group-new", group="Braga", language=LanguageName("pt"))


async def test_a_code_gives_rooms_their_roles(house: House) -> None:
    for kind, organisation in (("organisation", "Casa"), ("coordination", None)):
        chat = house.world.group(kind)
        await house.an.writes(f"!pair {(await house.world.pairing(kind, organisation)).lower()}.", chat)
        assert await role(house, chat) == kind
        key = sentence(f"paired-{kind}", organisation="Casa")
        assert any(said.startswith(key) for said in house.an.reads(chat))


async def test_the_link_of_a_button_brings_its_code_along(house: House) -> None:
    """As Telegram's startgroup does."""
    code = await house.world.pairing("group", "Ons Huis", "ar")
    chat = house.world.group("new")
    await follows(house, house.an, chat, code)
    assert await role(house, chat) == "group"


async def test_a_code_works_once(house: House) -> None:
    code = await house.world.pairing("group", "Ons Huis", "pt")
    first, second = house.world.group("one"), house.world.group("two")
    await house.an.writes(f"!pair {code}", first)
    await house.an.writes(f"!pair {code}", second)
    assert house.an.reads(second)[-1] == sentence("pair-wrong")
    assert await role(house, second) == ""


async def test_a_code_expires(house: House) -> None:
    code = await house.world.pairing("group", "Ons Huis", "pt")
    await house.world.advance(timedelta(days=1, hours=1))
    chat = house.world.group("new")
    await house.an.writes(f"!pair {code}", chat)
    assert house.an.reads(chat)[-1] == sentence("pair-wrong")


@pytest.mark.parametrize("typed", ["!pair", "!pair   ", "/pair `"])
async def test_a_missing_code_is_explained(house: House, typed: str) -> None:
    chat = house.world.group("new")
    await house.an.writes(typed, chat)
    assert house.an.reads(chat)[-1] == sentence("pair-how", command="/pair …")


async def test_a_code_is_not_for_a_private_chat(house: House) -> None:
    """It keeps its worth."""
    code = await house.world.pairing("coordination")
    await house.rui.writes(f"!pair {code}")
    assert house.rui.reads()[-1] == sentence("pair-in-private", "pt", command="/pair …")
    await house.an.writes(f"!pair {code}", house.world.group("new"))
    assert await house.world.app.unit(lambda tx: tx.chats.coordination_room()) is not None


async def test_a_group_can_change_its_language(house: House) -> None:
    await house.an.writes(f"!pair {await house.world.pairing('group', 'Ons Huis', 'tr')}", house.pt)
    found = await house.world.app.unit(lambda tx: tx.chats.at(house.pt))
    assert found is not None
    assert found.language == "tr"


async def test_a_room_keeps_what_it_is_and_the_code_its_worth(house: House) -> None:
    """A room of helpers never turns into a group."""
    code = await house.world.pairing("group", "Ons Huis", "pt")
    await house.an.writes(f"!pair {code}", house.room)
    assert house.an.reads(house.room)[-1] == sentence("pair-taken", role=say("role-organisation"))
    assert await role(house, house.room) == "organisation"
    assert await house.world.app.unit(lambda tx: tx.chats.offered_pairing(code)) is not None


async def test_a_group_never_turns_into_a_room(house: House) -> None:
    """Its members would read what others ask for; and a code that all of them have seen is worth nothing any more."""
    code = await house.world.pairing("coordination")
    await house.an.writes(f"!pair {code}", house.pt)
    assert house.an.reads(house.pt)[-1] == sentence("pair-shown", "pt")
    assert await role(house, house.pt) == "group"
    assert await house.world.app.unit(lambda tx: tx.chats.offered_pairing(code)) is None


@pytest.mark.parametrize("typed_in", ["organisation", "coordination"])
async def test_a_code_for_a_room_is_not_for_the_people_of_another(house: House, typed_in: str) -> None:
    """They have read it: it would give them everybody's requests, or another organisation's notices."""
    coordination = await house.world.paired("coordination", "coordination")
    room, code = coordination, await house.world.pairing("organisation", "Casa")
    if typed_in == "organisation":
        room, code = house.room, await house.world.pairing("coordination")
    await house.an.writes(f"!pair {code}", room)
    assert house.an.reads(room)[-1] == sentence("pair-shown")
    theirs = house.world.group("theirs")
    await house.an.writes(f"!pair {code}", theirs)
    assert house.an.reads(theirs)[-1] == sentence("pair-wrong")
    assert await role(house, coordination) == "coordination"


# --- what the bot must be allowed ------------------------------------------------------------------------------------


async def test_a_room_is_told_when_the_bot_cannot_read_it(house: House) -> None:
    """And thanked when it can; a group that only receives needs nothing."""
    chat = house.world.group("room2")
    network = house.world.network
    await house.an.writes(f"!pair {await house.world.pairing('organisation', 'Casa')}", chat)
    assert sentence("needs-administrator") in house.an.reads(chat)[-1]
    for administrator, key in ((True, "administrator-now"), (False, "needs-administrator")):
        network.happens(
            Added(chat, network.kinds[chat.id], house.an.person, house.world.clock.now(), administrator=administrator)
        )
        await house.world.settled()
        assert house.an.reads(chat)[-1] == sentence(key)
    group = house.world.group("group2")
    await house.an.writes(f"!pair {await house.world.pairing('group', 'Casa', 'nl')}", group)
    assert sentence("needs-administrator") not in house.an.reads(group)[-1]


# --- links for new groups --------------------------------------------------------------------------------------------


async def test_groups_gives_a_link_for_each_language(house: House) -> None:
    """Each with a code of its own, which is this organisation's."""
    await house.says("!groups")
    links = house.an.sees(house.room)[-1]
    assert links.plain == sentence("groups-link", network="Paper")
    assert links.labels == ["Nederlands", "français", "English", "português", "Türkçe", "العربية"]
    url = links.button("Türkçe").url
    assert url is not None
    assert url.startswith("https://paper.example/group?start=")
    code = url.partition("=")[2]
    offered = await house.world.app.unit(lambda tx: tx.chats.offered_pairing(code))
    notice_owner = await house.world.app.unit(lambda tx: tx.chats.organisation_named("Ons Huis").id)
    assert offered == Pairing("group", notice_owner, "tr")


async def test_groups_tells_which_there_are(house: House) -> None:
    await house.says("!groups")
    there = [sentence("groups-there", language=LanguageName(code), n=1) for code in ("ar", "nl", "pt")]
    assert house.answers()[0].split("\n") == there


async def test_where_links_add_no_bot_there_is_a_name_and_a_line_to_write(house: House) -> None:
    """On Matrix: invite the bot, and write the code."""
    matrix = Account("@bot:paper", "https://paper.example")
    await house.world.app.unit(lambda tx: tx.accounts.connected("paper", matrix))
    await house.says("!groups")
    told = house.last()
    assert told.startswith(sentence("groups-invite", network="Paper", name="@bot:paper"))
    code = next(line for line in told.split("\n") if "português" in line).split("!pair ")[1]
    chat = house.world.group("new")
    await house.an.writes(f"!pair {code}", chat)
    assert await role(house, chat) == "group"


async def test_where_links_add_the_bot_to_channels_their_codes_are_written_there(house: House) -> None:
    """A channel's link carries no code."""
    link = "https://paper.example/channel"
    here = Account("@bot", "https://paper.example/?start={start}", "https://paper.example/?group={start}", link)
    await house.world.app.unit(lambda tx: tx.accounts.connected("paper", here))
    await house.says("!groups")
    groups, channels = house.an.sees(house.room)[-2:]
    assert groups.plain == sentence("groups-link", network="Paper")
    assert channels.plain.startswith(sentence("groups-channel", network="Paper"))
    assert channels.button(sentence("button-add-to-channel")).url == link
    code = next(line for line in channels.plain.split("\n") if "português" in line).split("/pair ")[1]
    channel = channel_of(house)
    await posts(house, channel, f"/pair {code}")
    assert await role(house, channel) == "group"


async def test_a_group_that_joined_late_can_still_get_a_notice(house: House) -> None:
    """The whole way: a button, a group, a notice."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!groups")
    url = house.an.sees(house.room)[-1].button("Nederlands").url
    assert url is not None
    chat = house.world.group("late")
    await follows(house, house.an, chat, url.partition("=")[2])
    await house.says("!publish N1")
    assert SOUP in house.an.reads(chat)[-1]


async def test_a_stranger_thing_than_words_is_no_reason_to_fall_over(house: House) -> None:
    """A sticker in an unpaired chat, an empty start."""
    chat = house.world.group("new")
    network = house.world.network
    for text, start in (("", None), ("/start", None), ("/start x", "x")):
        network.happens(
            Message(
                chat,
                network.kinds[chat.id],
                house.an.person,
                network.id(),
                house.world.clock.now(),
                Text(text),
                start=start,
                unsupported="sticker",
            )
        )
        await house.world.settled()
    assert len(house.an.reads(chat)) == 2
    assert house.an.reads(chat)[-1] == sentence("pair-wrong")


# --- channels --------------------------------------------------------------------------------------------------------


def channel_of(house: House) -> Chat:
    """A channel to which the bot has just been added."""
    return house.world.network.chat("channel", ChatKind.CHANNEL, "Buurtnieuws")


async def posts(house: House, channel: Chat, words: str) -> str:
    """An administrator posts; who it is, nobody is told."""
    anonymous = Somebody(house.world, Person("paper", channel.id, "Buurtnieuws"), channel)
    return await anonymous.writes(words, channel)


async def paired_channel(house: House) -> Chat:
    channel = channel_of(house)
    await posts(house, channel, f"/pair {await house.world.pairing('group', 'Ons Huis', 'pt')}")
    return channel


async def test_a_channel_is_a_group_that_only_reads(house: House) -> None:
    """Its readers see who sends notices here from now on, and no code."""
    channel = await paired_channel(house)
    welcome = sentence("paired-group", "pt", organisation="Ons Huis", language=LanguageName("pt"))
    assert [shown.plain for shown in house.world.network.messages(channel)] == [welcome]
    assert sentence("group-new", group="Buurtnieuws", language=LanguageName("pt")) in house.answers()


async def test_what_is_posted_in_a_channel_before_and_after_concerns_nobody_here(house: House) -> None:
    """Hundreds would read what the bot has to say about it; a plain question gets the pointer."""
    channel = channel_of(house)
    await house.world.adds_bot(house.rui, channel)
    await posts(house, channel, "Bem-vindos!")
    assert house.rui.reads(channel) == []
    await posts(house, channel, f"/pair {await house.world.pairing('group', 'Ons Huis', 'pt')}")
    welcome = house.rui.sees(channel)[0]
    for words in ("Amanhã não há sopa", "/regras"):
        await posts(house, channel, words)
    anonymous = Somebody(house.world, Person("paper", channel.id, ""), channel)
    await anonymous.writes("como se disse acima", channel, reply_to=welcome.id)
    assert len(house.rui.sees(channel)) == 1
    await posts(house, channel, "/help")
    assert house.rui.reads(channel)[-1].startswith(sentence("group-pointer", "pt"))


async def test_a_channel_is_never_a_room(house: House) -> None:
    """All its readers would read what members write; the code is spent, for they have read it."""
    channel = channel_of(house)
    code = await house.world.pairing("coordination")
    await posts(house, channel, f"/pair {code}")
    assert await role(house, channel) == ""
    assert house.an.reads(channel) == [sentence("pair-shown")]
    assert await house.world.app.unit(lambda tx: tx.chats.offered_pairing(code)) is None


async def test_a_code_that_cannot_be_removed_from_a_channel_troubles_nobody(house: House) -> None:
    """The bot may lack the right; the code has no use any more."""
    channel = channel_of(house)
    code = await house.world.pairing("group", "Ons Huis", "pt")
    house.world.network.keeps = lambda chat, shown: True
    await posts(house, channel, f"/pair {code}")
    assert await role(house, channel) == "group"
    assert not await house.world.app.unit(lambda tx: tx.troubles.all())


async def test_who_owns_a_channel_hears_that_the_bot_may_not_post_there_any_more(house: House) -> None:
    channel = await paired_channel(house)
    house.world.network.happens(Removed(channel, ChatKind.CHANNEL, house.world.clock.now()))
    await house.world.settled()
    assert house.last() == sentence("group-gone", group="Buurtnieuws")
