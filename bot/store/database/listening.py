"""Hearing what other processes on the same PostgreSQL have stirred, as soon as they have committed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import psycopg
from sqlalchemy import make_url

from bot.store.database.marks import CHANNEL
from bot.store.database.opening import until_gone

EVERYTHING = frozenset({"inbox", "outbox", "translation", "schedule", "broadcast", "menus"})
_LOOK = 10.0  # seconds after which everybody looks without having been called: what was said while nobody listened
_AGAIN = 1.0  # seconds until a broken connection is made anew


async def listen(url: str, heard: Callable[[frozenset[str]], None], sleep: Callable[[float], Awaitable[None]]) -> None:
    """Tell `heard` what was stirred, for ever."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    silence = until_gone(make_url(url))
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(address, autocommit=True, **silence)
            async with connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                while True:
                    heard(EVERYTHING)
                    async for told in connection.notifies(timeout=_LOOK):
                        heard(frozenset(told.payload.split(",")))
        except psycopg.Error:
            await sleep(_AGAIN)
