"""One account at work: connected, receiving and sending, for as long as this process may serve it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from bot.outbox import Sender
from bot.serving.announcing import Announcer
from bot.serving.leases import Leases
from bot.serving.supervision import Line
from bot.store.database.units import NotServed


class Service:
    """`sender` is the one of the present term, None while another process serves the account."""

    def __init__(
        self,
        line: Line,
        sender: Callable[[], Sender],
        announcer: Announcer,
        leases: Leases,
        stop_within: float,
        caught_up: Callable[[], Awaitable[None]],
    ) -> None:
        """`sender` makes one. What is in the air when the term ends gets `stop_within` seconds to land. `caught_up`
        waits for what people did while nobody listened."""
        self.name = line.name
        self.sender: Sender | None = None
        self.line = line
        self._make_sender = sender
        self.announcer = announcer
        self._leases = leases
        self._stop_within = stop_within
        self._caught_up = caught_up

    async def run(self) -> None:
        await self._leases.until_known(self.name)
        if self.line.adapter.limits.encrypts and not self._leases.holds(self.name):
            await self.line.prepare()
        while True:
            await self._leases.until_held(self.name)
            self.sender = self._make_sender()
            self.sender.hold_notices()
            try:
                work = [
                    self.line.run(),
                    self.announcer.run(),
                    self._let_notices_go(self.sender),
                    self._send_when_up(self.sender),
                ]
                await while_held(self._leases, self.name, work, self._stop)
            finally:
                self.sender = None
                await self.line.close()

    async def _stop(self) -> None:
        """Nothing more is taken up; what is in the air lands."""
        if self.sender is not None:
            await self.sender.stop(self._stop_within)

    async def until_tried(self) -> None:
        """Until the account is connected, or is known not to be for now: its network is down, or another process has
        it."""
        await self._leases.until_known(self.name)
        if self._leases.holds(self.name):
            await self.line.tried.wait()

    async def until_heard(self) -> None:
        """Until the account has handed over what had happened before it was served; at once if another process has
        it."""
        await self._leases.until_known(self.name)
        if self._leases.holds(self.name):
            await self.line.heard.wait()

    async def _let_notices_go(self, sender: Sender) -> None:
        """Whoever took one back, or corrected it, while nobody listened did so before the groups that still wait."""
        await self._caught_up()
        sender.let_notices_go()

    async def _send_when_up(self, sender: Sender) -> None:
        await self.line.up.wait()
        await sender.run()


def _is_not_served(error: BaseException) -> bool:
    """Whether it only says that the lease seems lost."""
    return isinstance(error, NotServed) or (isinstance(error, BaseExceptionGroup) and error.split(NotServed)[1] is None)


async def while_held(
    leases: Leases,
    account: str,
    work: Sequence[Coroutine[Any, Any, None]],
    stop: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Do the work until the lease is lost, or one of it raises. `stop` is awaited while all but its last part, which
    it stops, has been cancelled.

    One that was refused as not served ends all of it, too: the rest alone would be half an account, for good if the
    lease is held after all. Whoever waits until it is held can begin anew.
    """
    tasks = [asyncio.create_task(one, name=f"{account or 'house'} {number}") for number, one in enumerate(work)]
    lost = asyncio.create_task(leases.until_lost(account), name=f"lease {account or 'house'}")
    pending: set[asyncio.Task[Any]] = {*tasks, lost}
    try:
        refused = False
        while not lost.done() and not refused:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if error := task.exception():
                    if not _is_not_served(error):
                        raise error  # a worker that died is a bug: everything stops, and nothing is lost by stopping
                    refused = True
        if not lost.done():
            leases.doubt(account)
    finally:
        for task in (*tasks[:-1], lost):
            task.cancel()
        if stop is not None:
            await stop()
        tasks[-1].cancel()
        await asyncio.gather(*tasks, lost, return_exceptions=True)
