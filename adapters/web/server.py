"""The web server that runs within the bot's own process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

import uvicorn

from adapters.web.site import Site


class Server(uvicorn.Server):
    """uvicorn within somebody else's program: signals are none of its business, and it sleeps while nobody asks."""

    def __init__(self, site: Site) -> None:
        self._stop = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                site.app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,  # addresses carry start payloads
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )

    def stop(self) -> None:
        self.should_exit = True
        self._stop.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # brings the clock in the headers up to date
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._stop.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
