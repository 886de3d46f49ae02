"""What a network is told of the command menus, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.catalogue import Catalogue
from bot.domain.chats import KnownChat, Pairing, Role
from bot.model import Chat
from bot.outgoing import SetCommands
from bot.ports import Gone, Refused
from bot.store.transaction import Transaction
from handlers.chats.menus import menus
from tests.databases import transaction
from tests.paper import Paper
from tests.world import World, world


def told(network: Paper) -> list[SetCommands]:
    return [action for action in network.log if isinstance(action, SetCommands)]


def of_rooms(catalogue: Catalogue, account: str, rooms: Sequence[KnownChat]) -> Sequence[SetCommands]:
    return [menu for menu in menus(catalogue, account, rooms) if menu.chat]


async def hears(w: World, count: int) -> list[SetCommands]:
    """What the network has been told, once that is so much; nothing more comes then."""
    await w.until(lambda: len(told(w.network)) >= count)
    await w.settled()
    return told(w.network)


async def change(w: World, room: Chat, *, role: Role = Role.COORDINATION, language: str = "nl") -> None:
    def unit(tx: Transaction) -> None:
        known = tx.chats.at(room)
        assert known is not None
        tx.chats.pair(known.id, Pairing(role, None, language))

    await w.app.unit(unit)


async def test_a_start_with_nothing_new_tells_a_network_nothing(tmp_path: Path) -> None:
    """Once it has been told all of it."""
    network = Paper()
    async with world(tmp_path, network=network, menus=menus) as w:
        room = await w.paired("Hulp", "coordination", language="nl")
        there = await hears(w, 2 * (1 + len(w.app.parts.policy.languages)) + 1)
        assert there[-1].chat == room
    async with world(tmp_path, network=network, menus=menus) as w:
        await change(w, room, language="fr")  # this it is told, and so it would have been told of others before
        assert [menu.chat for menu in (await hears(w, len(there) + 1))[len(there) :]] == [room]


async def test_a_start_with_other_menus_tells_what_is_other(tmp_path: Path) -> None:
    """A language that is no longer spoken has no menu any more."""
    network = Paper()
    dutch = SetCommands("paper", "private", "nl", (("help", "Hulp"),))
    french = SetCommands("paper", "private", "fr", (("help", "Aide"),))
    better = SetCommands("paper", "private", "nl", (("help", "Wat deze bot kan"),))
    async with world(tmp_path, network=network, menus=lambda *_: [dutch, french]) as w:
        await hears(w, 2)
    async with world(tmp_path, network=network, menus=lambda *_: [better]) as w:
        assert (await hears(w, 4))[2:] == [better, SetCommands("paper", "private", "fr", ())]


async def test_a_room_has_its_menu_as_long_as_it_is_one(tmp_path: Path) -> None:
    """From pairing on, in its language, under whatever id its network knows it by."""
    async with world(tmp_path, menus=of_rooms) as w:
        room = await w.paired("Hulp", "coordination", language="nl")
        assert dict((await hears(w, 1))[0].commands)["claim"] == "Jij zorgt ervoor"
        await change(w, room, language="fr")
        assert dict((await hears(w, 2))[1].commands)["claim"] == "Vous vous en occupez"
        moved = Chat("paper", "supergroup")

        def move(tx: Transaction) -> None:
            known = tx.chats.at(room)
            assert known is not None
            tx.chats.move(known.id, moved.id)

        await w.app.unit(move)
        there, gone = (await hears(w, 4))[2:]
        assert (there.chat, bool(there.commands)) == (moved, True)
        assert (gone.chat, gone.commands) == (room, ())
        await change(w, moved, role=Role.NONE)
        assert [(menu.chat, menu.commands) for menu in (await hears(w, 5))[4:]] == [(moved, ())]


async def test_a_menu_that_is_refused_is_told_again_at_the_next_start(tmp_path: Path) -> None:
    """One that shall go, but cannot be reached, is gone."""
    network = Paper()
    menu = SetCommands("paper", "private", None, (("help", "Help"),))
    network.faults = [Refused("not like this")]
    async with world(tmp_path, network=network, menus=lambda *_: [menu]) as w:
        await w.until(lambda: not network.faults)
        assert told(network) == []
    async with world(tmp_path, network=network, menus=lambda *_: [menu]) as w:
        assert await hears(w, 1) == [menu]
    network.faults = [Gone("blocked")]
    async with world(tmp_path, network=network, menus=lambda *_: ()) as w:
        await w.until(lambda: not network.faults)
        assert await w.app.unit(lambda tx: tx.menus.announced("paper")) == {}


@pytest.mark.postgres
async def test_a_change_that_nobody_was_told_of_is_found_out(tmp_path: Path, migrated: Callable[[str], str]) -> None:
    """Another process has made it, while the line on which they tell each other such things was broken."""
    url = migrated("postgresql")
    async with world(tmp_path, url=url, menus=of_rooms) as w:
        room = await w.paired("Hulp", "coordination", language="nl")
        before = len(await hears(w, 1))
        with transaction(url) as tx:
            known = tx.chats.at(room)
            assert known is not None
            tx.chats.pair(known.id, Pairing(Role.COORDINATION, None, "fr"))
            tx.connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            )

        def is_told() -> bool:
            w.clock.advance(timedelta(seconds=1))
            return len(told(w.network)) > before

        await w.until(is_told)
