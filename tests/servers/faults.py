"""A proxy before a real server that answers wrongly, late, or not at all, as a test asks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web
from yarl import URL


@dataclass
class Fault:
    """What happens to the next `times` requests whose "METHOD /path" matches `request`, and that say `words`.

    With a `status` the proxy answers itself. With `until` the request waits for that, and then goes its way. With
    neither it reaches the server, and its answer is lost.
    """

    request: str
    status: int | None = None
    body: Any = None  # JSON, or HTML where it is a string
    times: int = 1
    words: str = ""
    until: asyncio.Event | None = None
    met: int = field(default=0, init=False)


class FaultyProxy:
    def __init__(self, server: str) -> None:
        self._server = server
        self.address = ""
        self.faults: list[Fault] = []
        self.requests: list[str] = []

    def fault(self, request: str, status: int | None = None, body: Any = None, times: int = 1) -> Fault:
        self.faults.append(Fault(request, status, body, times))
        return self.faults[-1]

    def hold(self, request: str, words: str = "") -> asyncio.Event:
        """Let all such requests hang until the event is set."""
        until = asyncio.Event()
        self.faults.append(Fault(request, times=1_000_000, words=words, until=until))
        return until

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.method} {request.raw_path}"
        self.requests.append(name)
        said = (await request.read()).decode(errors="replace")
        fault = next(
            (f for f in self.faults if f.met < f.times and f.words in said and re.search(f.request, name)), None
        )
        if fault is not None:
            fault.met += 1
            if fault.until is not None:
                await fault.until.wait()
                return await self._forwarded(request)
            if fault.status is not None:
                if isinstance(fault.body, str):
                    return web.Response(text=fault.body, status=fault.status, content_type="text/html")
                return web.json_response(fault.body or {}, status=fault.status)
        answer = await self._forwarded(request)
        if fault is not None:
            assert request.transport is not None
            request.transport.abort()
        return answer

    async def _forwarded(self, request: web.Request) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k in ("Authorization", "Content-Type")}
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                URL(self._server + request.raw_path, encoded=True),
                headers=headers,
                data=await request.read() or None,
            ) as answer,
        ):
            content_type = answer.headers.get("Content-Type", "application/json")
            return web.Response(body=await answer.read(), status=answer.status, headers={"Content-Type": content_type})


@asynccontextmanager
async def faulty_proxy(server: str) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(server)
    app = web.Application(client_max_size=100 * 2**20)
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield proxy
    finally:
        await runner.cleanup()
