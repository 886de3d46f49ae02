"""`schakel check`: everything is tried without starting, and each fault named with its remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import wiring
from bot.config import Config
from bot.store.database import open_engine

_PATIENCE = 30.0  # seconds that one account or engine may take to answer


async def check_all(config: Config, say: Callable[[str], object]) -> int:
    """Tell what was tried and what is wrong, line by line; the number of faults."""
    faults = _tell(say, "database", await asyncio.to_thread(_database, config.database.url))
    for name, adapter in wiring.adapters(config).items():
        faults += _tell(say, name, await _patiently(adapter.check()))
        await adapter.close()
    for name, engine in wiring.engines(config).items():
        await engine.open()
        faults += _tell(say, name, await _patiently(engine.check()))
        await engine.close()
    if not config.translation.notices:
        say("note: no engine translates notices; people do, or templates")
    return faults


def _tell(say: Callable[[str], object], name: str, problems: list[str]) -> int:
    for problem in problems:
        say(f"{name}: {problem}")
    if not problems:
        say(f"{name}: well")
    return len(problems)


async def _patiently(check: Coroutine[object, object, list[str]]) -> list[str]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check
    except TimeoutError:
        return [f"no answer within {_PATIENCE:.0f} seconds; is the address right, and the server up?"]


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
