"""`schakel check`: everything is tried without starting, and each fault named with its remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import wiring
from bot.config import Config
from bot.ports import Adapter, Engine
from bot.store.database import open_engine

_PATIENCE = 30.0  # seconds that one account or engine may take to answer


async def check_all(config: Config, print_line: Callable[[str], object]) -> int:
    """Tell what was tried and what is wrong, line by line; the number of faults."""
    faults = _tell(print_line, "database", await asyncio.to_thread(_database, config.database.url))
    for name, plugin in (wiring.adapters(config) | wiring.engines(config)).items():
        faults += _tell(print_line, name, await tried(plugin))
    if not config.translation.notices:
        print_line("note: no engine translates notices; people do, or templates")
    return faults


def _tell(print_line: Callable[[str], object], name: str, problems: list[str]) -> int:
    for problem in problems:
        print_line(f"{name}: {problem}")
    if not problems:
        print_line(f"{name}: well")
    return len(problems)


async def tried(plugin: Adapter | Engine) -> list[str]:
    """What is wrong with a network or an engine, one sentence each; too long a silence is a fault as well."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await plugin.check()
    except TimeoutError:
        return [f"no answer within {_PATIENCE:.0f} seconds; is the address right, and the server up?"]
    finally:
        await plugin.close()


def _database(url: str) -> list[str]:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        return [f"cannot be opened ({type(error).__name__}); look at database.url, and whether the server runs"]
    finally:
        engine.dispose()
    return []
