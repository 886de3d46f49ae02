"""Chats that move, change their names, put the bot out and let it in again, on real networks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.endtoend.house import PATIENCE, House, said, sees
from tests.endtoend.house import house as open_house
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

SOUP = "Há sopa quente das 12:00 às 14:00 na Stationsstraat 5, para todas as pessoas do bairro."
LATER = "Há sopa quente das 13:00 às 15:00 na Stationsstraat 5, para todas as pessoas do bairro."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, synapse: Synapse) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house"), synapse) as made:
        yield made


async def test_a_notice_is_corrected_in_a_group_that_has_become_a_supergroup(house: House) -> None:
    """There the bot can reach none of its old messages, and their numbers are other people's."""
    await house.publisher.say(house.office, f"!notice general {SOUP}")
    await sees(house.publisher, house.office, house.id, "N1")
    await house.publisher.say(house.office, "!publish N1")
    before = await house.group.sees("12:00", PATIENCE)
    house.group.upgrades()
    for number in range(before.id):
        house.group.owner.writes(f"conversa {number}", house.group)
    await house.publisher.say(house.office, f"!correct N1 {LATER}")
    after = await house.group.sees("13:00", PATIENCE)
    assert after.chat is house.group.chat
    assert "12:00" in before.text
    assert sum(message.text.startswith("conversa") for message in house.group.messages()) == before.id


async def test_a_group_is_called_by_its_new_name_when_it_is_gone_and_back(house: House) -> None:
    house.group.renames("Vizinhos e amigos")
    house.group.removes_bot()
    gone = said("group-gone", group="Vizinhos e amigos")
    await sees(house.publisher, house.office, house.id, gone)
    house.group.adds_bot()
    await sees(house.publisher, house.office, house.id, said("group-back", group="Vizinhos e amigos"))


async def test_an_office_that_has_moved_goes_on_once_the_bot_is_invited(house: House) -> None:
    """Until then the coordinators know that it is out of reach."""
    house.office = await house.publisher.upgrade(house.office)
    await house.told(said("organisation-gone", organisation="Ons Huis"))
    await house.publisher.invite(house.office, house.id)
    await house.publisher.wait(lambda: house.joined(house.publisher, house.office), PATIENCE)
    await house.publisher.say(house.office, "!notices")
    await sees(house.publisher, house.office, house.id, "N1")


async def test_cards_follow_the_coordination_room_and_work_goes_on(house: House) -> None:
    """The bot is invited as soon as the room has moved, as apps do it; what came in between is there, too."""
    old = house.room
    house.room = await house.helper.upgrade(old)
    await house.ana.writes("Ainda estamos à espera, somos quatro pessoas.")
    await house.helper.invite(house.room, house.id)
    await house.helper.wait(lambda: house.joined(house.helper, house.room), PATIENCE)
    codes = [house.ana.code, house.maria.code, house.omar.code]
    await asyncio.gather(*(house.helper.wait(lambda code=code: house.card(code), PATIENCE) for code in codes))  # type: ignore[misc]
    await house.shows(house.ana.code, "somos quatro pessoas")
    await house.goes_on()
    await house.commands("!r Venez demain à 10 h", house.ana.code)
    await house.ana.until_read("Venez demain à 10 h")
