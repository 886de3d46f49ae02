"""The broadcasts' worker: stores what goes to many groups piece by piece, and lets everything else pass in between."""

from __future__ import annotations

import asyncio

from bot.serving.leases import HOUSE
from bot.store.database.writer import Writer


class Broadcasting:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._stirred = asyncio.Event()

    def wake(self) -> None:
        self._stirred.set()

    async def run(self) -> None:
        while True:
            self._stirred.clear()
            while await self._writer.run(lambda tx: tx.broadcasts.go_on(), HOUSE, alone=True):
                pass
            await self._stirred.wait()
