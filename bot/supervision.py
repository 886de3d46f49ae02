"""Keeping an account on its network: connect, receive, and after an outage connect again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import structlog

from bot.failing import backoff
from bot.outbox import Clock
from bot.ports import Account, Adapter, Deliver, Down, Home, Revoked
from bot.store.writer import NotServed, Unit, Writer

T = TypeVar("T")
_log = structlog.get_logger()

_HELD = 10.0  # seconds; a network that is down shows it sooner


class Line:
    """One account's line to its network. `connected` is set once it was up, `ended` when it is given up for good."""

    def __init__(
        self,
        name: str,
        adapter: Adapter,
        writer: Writer,
        folder: Path,
        place: str,
        deliver: Deliver,
        clock: Clock,
        settled: Callable[[str, Account | None, bool], Awaitable[None]],
    ) -> None:
        """`folder` is the account's own, `place` what the store calls the data folder that it is in. `settled` hears
        each time the account is connected (with what it is) or not (None), and whether for good."""
        self.name = name
        self.adapter = adapter
        self._writer = writer
        self._folder = folder
        self._place = place
        self._deliver = deliver
        self._clock = clock
        self._settled = settled
        self.tried = asyncio.Event()  # connected, or it is known that this does not work now
        self.up = asyncio.Event()
        self.fault: str | None = "not connected yet"  # None while all is well
        self._failures = 0  # in a row

    async def run(self) -> None:
        """Until it is cancelled, or the account is not accepted, or is another process's to serve."""
        while True:
            try:
                if not self.up.is_set():
                    await self._open()
                await self._receive()
            except Revoked as error:
                self.up.clear()
                await self._report(str(error), final=True)
                _log.error("account is not accepted", account=self.name)
                return
            except NotServed:
                return
            except Down as error:
                await self._report(str(error))
            except Exception as error:  # a bug in an adapter must not stop the other networks
                await self._report(f"a fault in the adapter ({type(error).__name__})")
                _log.exception("receiving failed", account=self.name, error=error)
            self._failures += 1
            await self._clock.sleep(backoff(self._failures).total_seconds())

    async def prepare(self) -> None:
        """Log in once, so that what people encrypt from now on can be read here too; serving has not begun."""
        try:
            await self.adapter.open(await self._home())
        except (Down, Revoked) as error:
            _log.warning("not prepared to stand in", account=self.name, error=error)
        except Exception as error:  # a bug in an adapter must not stop the other networks
            _log.exception("not prepared to stand in", account=self.name, error=error)
        finally:
            await self.adapter.close()

    async def close(self) -> None:
        """Let go of the network. It may be run again."""
        self.up.clear()
        await self.adapter.close()

    async def _receive(self) -> None:
        cursor = (await self._run(lambda tx: tx.accounts.get(self.name))).cursor
        recovery = asyncio.create_task(self._recovered())
        try:
            await self.adapter.receive(cursor, self._deliver)
        finally:
            recovery.cancel()

    async def _recovered(self) -> None:
        """A line that has held for a while is well again, and the next failure is a first one."""
        await self._clock.sleep(_HELD)
        if self._failures:
            self._failures, self.fault = 0, None
            await self._run(lambda tx: tx.accounts.recovered(self.name))

    async def _open(self) -> None:
        account = await self.adapter.open(await self._home())
        await self._run(
            lambda tx: tx.accounts.connected(self.name, account.name, account.private_link, account.group_link)
        )
        self.fault = None
        self.up.set()
        self.tried.set()
        await self._settled(self.name, account, False)

    async def _home(self) -> Home:
        """What the store keeps for this data folder; nobody else's, so it needs no lease."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = await self._writer.run(lambda tx: tx.accounts.state(self.name, self._place))

        async def save(value: bytes) -> None:
            await self._writer.run(lambda tx: tx.accounts.keep_state(self.name, self._place, value))

        return Home(self._folder, state, save)

    async def _report(self, reason: str, final: bool = False) -> None:
        self.fault = reason
        self.tried.set()
        await self._run(lambda tx: tx.accounts.failed(self.name, reason))
        await self._settled(self.name, None, final)

    async def _run(self, unit: Unit[T]) -> T:
        return await self._writer.run(unit, self.name)
