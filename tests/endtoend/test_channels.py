"""A channel on Telegram as a community group: the program, an organisation, and hundreds who only read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.content import LanguageName
from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.house import PATIENCE, said
from tests.endtoend.test_linked_topics import link_code
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.channels import Channel
from tests.servers.botapi.limits import FloodLimits
from tests.servers.botapi.people import Group, Person

pytestmark = pytest.mark.timeout(300)

SOUP = "Demain il y a de la soupe chaude pour tout le monde, de 12:00 à 14:00, rue de la Gare 5."
LATER = "Demain il y a de la soupe chaude pour tout le monde, de 13:00 à 15:00, rue de la Gare 5."


async def organised(telegram: BotApiServer, bot: RunningBot, an: Person) -> Group:
    """The organisation's room, where the bot is an administrator."""
    room = telegram.group("Ons Huis", [an], supergroup=True)
    room.adds_bot(administrator=True)
    an.writes(f"/pair {await bot.pairs('organisation', '--organisation', 'Ons Huis')}", room)
    await room.sees(said("paired-organisation", organisation="Ons Huis"), PATIENCE)
    return room


async def paired(channel: Channel, room: Group, an: Person) -> None:
    """As `groups` explains it in the organisation's room."""
    an.writes("/groups", room)
    told = await room.sees(said("groups-channel", network="Telegram"), PATIENCE)
    (button,) = [button for row in told.buttons for button in row]
    assert button.url is not None
    channel.adds_bot(button.url)
    line = next(line for line in told.text.split("\n") if "français" in line)
    code = re.search(r"/pair \w+", line)
    assert code is not None
    channel.owner.writes(code[0], channel)
    welcome = said("paired-group", organisation="Ons Huis", language=LanguageName("fr"))
    await channel.sees(welcome, PATIENCE)


async def test_a_channel_receives_notices_their_corrections_and_their_end(tmp_path: Path) -> None:
    """It is paired by the code that an administrator posts, which is removed; its discussion group stays what it is."""
    async with BotApiServer() as telegram:
        telegram.limits = FloodLimits()
        an, rui = telegram.user("An", "fr"), telegram.user("Rui", "fr")
        async with RunningBot(tmp_path, settings(telegram.url, token=telegram.token)) as bot:
            room = await organised(telegram, bot, an)
            channel = Channel(telegram, "Nouvelles", rui)
            talk = telegram.group("On en parle", [rui], supergroup=True)
            talk.adds_bot(administrator=True)
            channel.links(talk)
            hello = await talk.sees(said("unpaired-hello"), PATIENCE)
            await paired(channel, room, an)
            await channel.waits_for(lambda shown: not any("/pair" in m.text for m in shown), PATIENCE)

            an.writes(f"/notice food {SOUP}", room)
            await room.sees("N1", PATIENCE)
            an.writes("/publish N1", room)
            notice = await channel.sees(SOUP, PATIENCE)
            links = [entity["url"] for entity in notice.entities if entity["type"] == "text_link"]
            assert all(link.startswith(f"https://t.me/{telegram.bot.username}?start=") for link in links)
            assert len(links) == 2
            an.writes(f"/correct N1 {LATER}", room)
            await channel.waits_for(lambda _: LATER in notice.text, PATIENCE)
            an.writes("/recall N1", room)
            await channel.waits_for(lambda shown: notice not in shown, PATIENCE)

            rui.writes("/regles", channel)
            assert [message for message in talk.from_bot() if message is not hello] == []

            channel.allows("can_edit_messages")
            await room.sees(said("group-gone", group="Nouvelles"), PATIENCE)
            channel.allows("can_post_messages")
            await room.sees(said("group-back", group="Nouvelles"), PATIENCE)
            assert telegram.limits.refused == 0
            assert await bot.stop() == 0


async def test_what_a_linked_channel_says_is_corrected_everywhere(tmp_path: Path) -> None:
    """Who reads it in a group would else go on reading the old hour."""
    async with BotApiServer() as telegram:
        an, rui = telegram.user("An", "fr"), telegram.user("Rui", "fr")
        async with RunningBot(tmp_path, settings(telegram.url, token=telegram.token)) as bot:
            room = await organised(telegram, bot, an)
            channel, group = Channel(telegram, "Nouvelles", rui), telegram.group("Voisins", [rui], supergroup=True)
            await paired(channel, room, an)
            given = await bot.asks("pair", role="group", organisation="Ons Huis", language="fr")
            group.adds_bot(given["code"], administrator=True)
            for chat in (channel, group):
                rui.writes(f"/link {await link_code(an, room)}", chat)
                await chat.sees(said("link-names-initials", "fr"), PATIENCE)
            post = rui.writes(SOUP, channel)
            copy = await group.sees(SOUP, PATIENCE)
            rui.edits(post, LATER)
            await group.waits_for(lambda _: LATER in copy.text, PATIENCE)
            assert await bot.stop() == 0
