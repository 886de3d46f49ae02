"""The command menus that a network shows: what has changed since the last time is announced, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import structlog

from bot.clock import Clock
from bot.domain.chats import KnownChat
from bot.failing import Failed, backoff
from bot.outgoing import SetCommands
from bot.ports import NotSent, SendError, Unknown
from bot.serving.supervision import Line
from bot.store.chats.menus import ROOMS, Place, digest, place
from bot.store.database.writer import Writer
from bot.store.transaction import Transaction

_log = structlog.get_logger()

Menus = Callable[[str, Sequence[KnownChat]], Sequence[SetCommands]]
"""All the menus that an account shall have, given its rooms. Each of these has a language."""


class Announcer:
    """One account's menus, beside what people wait for: a network may be slow in taking dozens of them."""

    def __init__(self, line: Line, menus: Menus, writer: Writer, clock: Clock, failed: Failed) -> None:
        self._line = line
        self._menus = menus
        self._writer = writer
        self._clock = clock
        self._failed = failed
        self._stirred = asyncio.Event()

    def wake(self) -> None:
        """A chat has become a room, is none any more, or speaks another language."""
        self._stirred.set()

    async def run(self) -> None:
        await self._line.up.wait()
        while True:
            self._stirred.clear()
            for menu, said in await self._changes():
                await self._announce(menu, said)
            await self._stirred.wait()

    async def _changes(self) -> list[tuple[SetCommands, str]]:
        """The menus that are not there yet as they should be, with what is kept of each; empty ones for those that
        should be there no longer."""
        account = self._line.name

        def unit(tx: Transaction) -> tuple[list[KnownChat], dict[Place, str], str]:
            rooms = [
                replace(room, language=tx.policy.language_in(room))
                for role in ROOMS
                for room in tx.chats.with_role(role)
                if room.address.account == account
            ]
            return rooms, tx.menus.announced(account), tx.accounts.get(account).display

        rooms, there, display = await self._writer.run(unit, account)
        wanted = {place(menu): (menu, digest(menu, display)) for menu in self._menus(account, rooms)}
        changed = [(menu, said) for where, (menu, said) in wanted.items() if there.get(where) != said]
        return changed + [(where.emptied(account), "") for where in there if where not in wanted]

    async def _announce(self, menu: SetCommands, said: str) -> None:
        for attempt in count(1):
            try:
                await self._line.adapter.send(menu)
            except (NotSent, Unknown) as error:
                self._failed(self._line.name, "menu", error)
                told = error.retry_after if isinstance(error, NotSent) else None
                await self._sleep(told or backoff(attempt))
                continue
            except SendError as error:
                self._failed(self._line.name, "menu", error)
                if menu.commands:
                    return  # it is tried again when something has changed, or at the next start
            except Exception as error:  # a bug in an adapter must not stop the other networks
                _log.exception("a menu could not be announced", account=self._line.name, error=error)
                return
            await self._writer.run(lambda tx: tx.menus.set(menu, said), self._line.name)
            return

    async def _sleep(self, wait: timedelta) -> None:
        await self._clock.sleep(wait.total_seconds())
