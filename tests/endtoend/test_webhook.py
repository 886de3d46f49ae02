"""The program with news by webhook: `kill -9` loses nothing there either, and the way back to asking is open."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.test_commandline import free_port
from tests.servers.botapi import BotApiServer

pytestmark = pytest.mark.timeout(300)

PEOPLE, KILLS = 12, 3


def stored(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data" / "schakel.db")) as database:
        return [event for (event,) in database.execute("SELECT event FROM inbox WHERE account = 'telegram'")]


async def test_killed_while_news_is_brought_it_handles_each_update_once(tmp_path: Path) -> None:
    """What Telegram was told is stored, the rest is brought again; afterwards the bot asks for news again."""
    port = free_port()
    async with BotApiServer(second=0.05) as telegram:
        asking: dict[str, Any] = settings(telegram.url, token=telegram.token)
        hook = {"webhook_url": f"http://127.0.0.1:{port}/telegram", "webhook_listen": f"127.0.0.1:{port}"}
        brought = asking | {"adapters": {"telegram": asking["adapters"]["telegram"] | hook}}
        first = telegram.bot.queue.next_id
        people = [telegram.user(f"Member {number}", "fr") for number in range(PEOPLE)]
        async with RunningBot(tmp_path, brought) as bot:
            for number in range(KILLS):
                for person in people:
                    person.writes(f"/privacy {number}")
                await telegram.waits_for(lambda: len(telegram.bot.queue.waiting) <= PEOPLE // 2)
                await bot.kill()
                await bot.start()
            await telegram.waits_for(lambda: not telegram.bot.queue.waiting)
            for person in people:
                await person.private.waits_for(lambda seen: sum(m.sender.is_bot for m in seen) >= KILLS, timeout=120)
            assert await bot.stop() == 0
            for person in people:
                person.writes("/help")
        async with RunningBot(tmp_path, asking):
            await telegram.waits_for(lambda: not telegram.bot.queue.waiting)
        assert telegram.bot.webhook == ""
        every = [str(number) for number in range(first, telegram.bot.queue.next_id)]
        assert sorted(stored(tmp_path)) == every
