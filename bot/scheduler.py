"""The scheduler's worker: moves timers that are due to the inbox."""

from __future__ import annotations

import asyncio

from bot.leases import HOUSE
from bot.store.transaction import Transaction
from bot.store.writer import Writer


class Scheduler:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._stirred = asyncio.Event()

    def wake(self) -> None:
        self._stirred.set()

    async def run(self) -> None:
        while True:
            self._stirred.clear()
            wait = await self._writer.run(_release, HOUSE)
            try:
                async with asyncio.timeout(wait):
                    await self._stirred.wait()
            except TimeoutError:
                continue


def _release(tx: Transaction) -> float | None:
    """Move what is due; the seconds until the next timer, None when there is none."""
    tx.schedule.release_due()
    following = tx.schedule.next_at()
    return None if following is None else max(0.0, (following - tx.now).total_seconds())
