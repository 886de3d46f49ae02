"""Keeping an account on its network: connect, receive, and after an outage connect again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import structlog

from bot.clock import Clock
from bot.failing import backoff
from bot.incoming import Batch
from bot.ports import Account, Adapter, Deliver, Down, Home, Revoked
from bot.store.database.units import NotServed, Unit
from bot.store.database.writer import Writer

T = TypeVar("T")
_log = structlog.get_logger()

_HELD = 10.0  # seconds after an answer; a network that is down shows it sooner
_UNHEARD = 90.0  # seconds without any failure: some adapters do not tell of answers without news
_LONGEST_WAIT = timedelta(seconds=10)
"""Between attempts to connect: who writes when the network is back must not wait for our patience to end."""
_AFTER_A_FAULT = timedelta(minutes=1)
_LET_IN_AGAIN = timedelta(minutes=10)  # between looks whether an account is accepted again that was before
_TOO_LONG = 15 * 60.0  # seconds of failures: by then it passes by itself no more, or people should be told elsewhere
_LATE = 15.0  # seconds: who starts the bot learns by then that a network does not answer


class Line:
    """One account's line to its network. `up` is set while the account is accepted, `fault` says what is wrong."""

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
        back: Callable[[str, bool], None],
        away: Callable[[str, bool], None],
    ) -> None:
        """`folder` is the account's own, `place` what the store calls the data folder that it is in. `settled` hears
        each time the account is connected (with what it is) or not (None), and whether for good; `back`, when the
        network has answered again after a failure, and once more when it has held (True); `away`, that it has been out
        of reach for long, and that it is not, or no longer (False)."""
        self.name = name
        self.adapter = adapter
        self._writer = writer
        self._folder = folder
        self._place = place
        self._deliver = deliver
        self._clock = clock
        self._settled = settled
        self._back = back
        self._away = away
        self.tried = asyncio.Event()  # connected, or it is known that this does not work now
        self.heard = asyncio.Event()  # all that had happened before, or nobody tells for good
        self.up = asyncio.Event()
        self.fault: str | None = "not connected yet"  # None while all is well
        self._answered = asyncio.Event()  # since the last failure
        self._failures = 0  # in a row
        self._fell_at = 0.0  # of the steady clock

    async def run(self) -> None:
        """Until it is cancelled, or an account is not accepted that never was. Raises NotServed."""
        while True:
            self._answered.clear()
            try:
                if not self.up.is_set():
                    await self._open()
                await self._receive()
            except Revoked as error:
                wait = await self._refused(error)
                if wait is None:
                    return
            except NotServed:
                raise  # no fault of the network: the whole term ends
            except Down as error:
                wait = min(backoff(self._failures + 1), _AFTER_A_FAULT if error.anew else _LONGEST_WAIT)
                wait = max(wait, error.retry_after or wait)
                await self._report(str(error))
                if error.anew:
                    await self.close()
            except Exception as error:  # a bug in an adapter must not stop the other networks
                wait = min(backoff(self._failures + 1), _AFTER_A_FAULT)
                await self._report(f"a fault in the adapter ({type(error).__name__})")
                _log.exception("receiving failed", account=self.name, error=error)
            self._failures += 1
            if wait:
                await self._clock.sleep(wait.total_seconds())

    async def _refused(self, error: Revoked) -> timedelta | None:
        """When to ask again whether the account is accepted; None: not any more.

        One that was accepted is opened anew at once: it may have been a hiccup, or a login that only has to be renewed.
        Refused again, it stops. But nobody should have to get up at night because the network finds out that it was
        wrong: now and then it is asked, also by a bot that was started again meanwhile.
        """
        if self.up.is_set():
            await self.close()
            return backoff(self._failures) if self._failures else timedelta()
        await self._report(str(error), final=True)
        self.heard.set()
        _log.error("account is not accepted", account=self.name)
        return _LET_IN_AGAIN if await self._run(lambda tx: tx.accounts.get(self.name).display) else None

    async def prepare(self) -> None:
        """Log in once, so that what people encrypt from now on can be read here too; serving has not begun."""
        try:
            await self.adapter.open(await self._home())
        except (Down, Revoked) as error:
            _log.warning("not prepared to stand in", account=self.name, error=error)
        except Exception as error:  # a bug in an adapter must not stop the other networks
            _log.exception("not prepared to stand in", account=self.name, error=error)
        finally:
            await self._let_go()

    async def close(self) -> None:
        """Let go of the network. It may be run again."""
        self.up.clear()
        self.heard.clear()
        await self._let_go()

    async def _let_go(self) -> None:
        try:
            await self.adapter.close()
        except Exception as error:  # a bug in an adapter, or a full disk, must not stop the other networks
            _log.exception("closing failed", account=self.name, error=error)

    async def _receive(self) -> None:
        cursor = (await self._run(lambda tx: tx.accounts.get(self.name))).cursor
        recovery = asyncio.create_task(self._recovered())
        try:
            await self.adapter.receive(cursor, self._take)
        finally:
            recovery.cancel()

    async def _take(self, batch: Batch) -> None:
        await self._deliver(batch)
        if not batch.events:
            self.heard.set()
        if not self._answered.is_set():
            self._answered.set()
            if self._failures:
                self._back(self.name, False)

    async def _recovered(self) -> None:
        """A line that has held for a while is well again, and the next failure is a first one."""
        unheard = asyncio.create_task(self._clock.sleep(_UNHEARD))
        heard = asyncio.create_task(self._heard())
        try:
            await asyncio.wait((unheard, heard), return_when=asyncio.FIRST_COMPLETED)
        finally:
            unheard.cancel()
            heard.cancel()
        self._away(self.name, False)
        if self._failures:
            self._failures, self.fault = 0, None
            self._back(self.name, True)
            await self._run(lambda tx: tx.accounts.recovered(self.name))

    async def _heard(self) -> None:
        await self._answered.wait()
        await self._clock.sleep(_HELD)

    async def _open(self) -> None:
        late = asyncio.create_task(self._late())
        try:
            account = await self.adapter.open(await self._home())
        finally:
            late.cancel()
        await self._run(lambda tx: tx.accounts.connected(self.name, account))
        self.fault = None
        self.up.set()
        self.tried.set()
        await self._settled(self.name, account, False)

    async def _late(self) -> None:
        await self._clock.sleep(_LATE)
        if not self.tried.is_set():
            with suppress(NotServed):
                await self._report("the network has not answered yet")

    async def _home(self) -> Home:
        """What the store keeps for this data folder; nobody else's, so it needs no lease."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = await self._writer.run(lambda tx: tx.accounts.state(self.name, self._place))

        async def save(value: bytes) -> None:
            await self._writer.run(lambda tx: tx.accounts.keep_state(self.name, self._place, value))

        async def share(value: bytes) -> bytes:
            return await self._writer.run(lambda tx: tx.accounts.share(self.name, value))

        return Home(self._folder, state, save, share)

    async def _report(self, reason: str, final: bool = False) -> None:
        if not self._failures:
            self._fell_at = self._clock.steady()
        elif not final and self._clock.steady() - self._fell_at >= _TOO_LONG:
            self._away(self.name, True)
        if self.tried.is_set() and reason == self.fault and not final:
            return  # it is known, and every ten seconds would be too often to tell
        self.fault = reason
        self.tried.set()
        await self._run(lambda tx: tx.accounts.failed(self.name, reason))
        await self._settled(self.name, None, final)

    async def _run(self, unit: Unit[T]) -> T:
        return await self._writer.run(unit, self.name)
