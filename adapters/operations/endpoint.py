"""The address at which the bot tells how it is, served in its own event loop."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from adapters.operations.metrics import CONTENT_TYPE, exposition
from bot.operation.measuring import Numbers

_NO_STORE = {"Cache-Control": "no-store"}


class Endpoint:
    """Use as an async context manager. `health` and `connected` tell what is wrong, as bot.operation.watching does."""

    def __init__(
        self,
        listener: socket.socket,
        health: Callable[[], Awaitable[Mapping[str, str]]],
        connected: Callable[[], Mapping[str, str | None]],
        numbers: Callable[[], Awaitable[Numbers]],
    ) -> None:
        self._listener = listener
        self._health = health
        self._connected = connected
        self._numbers = numbers
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def __aenter__(self) -> Endpoint:
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()

    async def _healthz(self, request: web.Request) -> web.Response:
        wrong = await self._health()
        return _told({"healthy": not wrong, "wrong": dict(wrong)}, well=not wrong)

    async def _readyz(self, request: web.Request) -> web.Response:
        accounts = self._connected()
        ready = all(fault is None for fault in accounts.values())
        told = {name: fault or "connected" for name, fault in accounts.items()}
        return _told({"ready": ready, "accounts": told}, well=ready)

    async def _metrics(self, request: web.Request) -> web.Response:
        body = exposition(await self._numbers())
        return web.Response(body=body, headers=_NO_STORE | {"Content-Type": CONTENT_TYPE})


def _told(said: dict[str, object], *, well: bool) -> web.Response:
    return web.json_response(said, status=200 if well else 503, headers=_NO_STORE)
