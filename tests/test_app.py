"""The whole bot on each database: a request is asked, claimed and answered, across a stop and a start."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

from tests.paper import Paper
from tests.world import Clock, world


async def test_a_request_survives_a_restart_on_either_database(database_url: str, tmp_path: Path) -> None:
    """What was asked before the stop is answered after it, by the card that is already there."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, url=database_url, network=network, clock=clock) as w:
        room = await w.paired("Coördinatie", "coordination")
        member, coordinator = w.somebody("Ana", "nl"), w.somebody("Leïla", "nl")
        await member.writes("Goedemorgen, wij zoeken een slaapplaats voor vannacht.")
        await member.presses("Versturen")
        [card] = [shown for shown in coordinator.sees(room) if shown.plain.startswith("K1")]
    network.faults.clear()
    async with world(tmp_path, url=database_url, network=network, clock=clock) as w:
        member.world = coordinator.world = w
        await coordinator.presses("Ik zorg ervoor", room, card)
        await coordinator.writes("!r Kom om 20 uur naar het huis.", room, thread=card.id)
        assert any("Kom om 20 uur naar het huis." in words for words in member.reads())
        [card] = [shown for shown in coordinator.sees(room) if shown.plain.startswith("K1") and not shown.thread]
        assert "Leïla" in card.plain


async def test_names_that_cannot_be_looked_up_take_no_others_thread(tmp_path: Path) -> None:
    """The system's resolver hangs for half a minute, in a thread for each name, when its server is away; keeping leases
    and cleaning files needs threads, too."""
    answers = threading.Event()
    async with world(tmp_path):
        stuck = [asyncio.create_task(asyncio.to_thread(answers.wait, 60)) for _ in range(16)]
        async with asyncio.timeout(10):
            await asyncio.to_thread(answers.is_set)
        answers.set()
        await asyncio.gather(*stuck)


async def test_it_stops_while_the_database_is_away(tmp_path: Path) -> None:
    """Also where a sender is just asking what to send: nothing of that is durable, and the next start does it."""
    other = sqlite3.connect(tmp_path / "schakel.db", isolation_level=None)
    async with asyncio.timeout(20):
        async with world(tmp_path) as w:
            other.execute("BEGIN IMMEDIATE")
            w.app.senders[w.network.account].wake()
            while w.app.writer.trouble is None:  # noqa: ASYNC110 (nothing tells)
                await asyncio.sleep(0)
        other.close()
