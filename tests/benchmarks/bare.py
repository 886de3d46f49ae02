"""The least that a bot on both networks must do at its start, with the same libraries: import, open, log in, sync.

    python -m tests.benchmarks.bare API_URL TOKEN HOMESERVER USER PASSWORD FOLDER

Prints `ready` when it is connected, and then waits for its input to close.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path

import aiosqlite  # noqa: F401 - what the bot imports is imported here, used or not
import babel.messages.pofile  # noqa: F401
import jinja2  # noqa: F401
import linkify_it  # noqa: F401
import nio
import phonenumbers  # noqa: F401
import py3langid.langid
import pydantic_settings  # noqa: F401
import sqlalchemy
import structlog  # noqa: F401
import telegram
import typer  # noqa: F401
from nio.store import SqliteStore


async def main(api_url: str, token: str, homeserver: str, user: str, password: str, folder: str) -> None:
    place = Path(folder)
    engine = sqlalchemy.create_engine(f"sqlite:///{place / 'bare.db'}")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
    py3langid.langid.classify("bonjour")  # loads the model
    bot = telegram.Bot(token, base_url=f"{api_url}/bot")
    saved = place / "device"
    config = nio.AsyncClientConfig(store=SqliteStore, store_name="bare-olm.db", pickle_key="bare")
    client = nio.AsyncClient(homeserver, user, store_path=str(place), config=config)

    async def matrix() -> None:
        if saved.exists():
            device, access_token = saved.read_text().split()
            client.restore_login(user, device, access_token)
        else:
            answer = await client.login(password)
            assert isinstance(answer, nio.LoginResponse), answer
            saved.write_text(f"{answer.device_id} {answer.access_token}")
        await client.sync(0, full_state=True)

    await asyncio.gather(bot.initialize(), matrix())
    print("ready", flush=True)  # noqa: T201 - this is its answer
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await client.close()
    await bot.shutdown()


if __name__ == "__main__":
    assert sqlite3.threadsafety >= 1
    asyncio.run(main(*sys.argv[1:]))
