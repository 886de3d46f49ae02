"""The server: Telegram's HTTP interface over a world of its own, with faults and flood limits on request."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.servers.botapi import methods
from tests.servers.botapi.calls import LoggedCall
from tests.servers.botapi.control import Control
from tests.servers.botapi.courier import Courier
from tests.servers.botapi.errors import ApiError, not_found, too_many_requests, unauthorized, webhook_is_active
from tests.servers.botapi.faults import (
    BadShape,
    Error,
    Faults,
    Hang,
    Hold,
    Injected,
    RepeatUpdates,
    Reset,
    Status,
    TooMany,
    Truncate,
)
from tests.servers.botapi.limits import COUNTED, FloodLimits
from tests.servers.botapi.params import Params, read_params
from tests.servers.botapi.people import People
from tests.servers.botapi.state import Bot, World

Json = dict[str, Any]

_WELL_FORMED = re.compile(r"[1-9]\d{2,15}:[A-Za-z0-9_-]{20,}")
_MAX_BODY = 50 * 2**20  # bytes, the Bot API's limit of uploads


class BotApiServer(People):
    """`async with BotApiServer() as server:` serves on 127.0.0.1 at a free port.

    `tokens`: the bots there are (None: any well-formed token is a bot). `clock` gives seconds since 1970; a test that
    sets it moves message dates, the age of updates and the flood limits. `limits` is off (None) until set. `second` is
    how long a second lasts for whoever brings updates to a webhook, and brings them again.
    """

    def __init__(
        self,
        *,
        tokens: Collection[str] | None = None,
        clock: Callable[[], float] = time.time,
        host: str = "127.0.0.1",
        port: int = 0,
        second: float = 1.0,
    ) -> None:
        self.world = World(clock)
        super().__init__(self.world)
        self.faults = Faults()
        self.limits: FloodLimits | None = None
        self.calls: list[LoggedCall] = []
        self.url = ""
        self._tokens = tokens
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._second = second
        self._couriers: dict[int, asyncio.Task[None]] = {}  # by bot
        self._closing = asyncio.Event()
        for token in tokens or ():
            self.world.add_bot(token)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; also again after `stop`, at the same address and with the world as it was."""
        self._closing.clear()
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://{self._host}:{self._port}"
        for bot in self.world.bots.values():
            await self._see_to_webhook(bot)

    async def stop(self) -> None:
        """Stop listening; calls that are held or hang end."""
        self._closing.set()
        for bot in self.world.bots.values():
            bot.queue.stop_polling()
        for courier in self._couriers.values():
            courier.cancel()
        await asyncio.gather(*self._couriers.values(), return_exceptions=True)
        self._couriers.clear()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/bot{token:[^/]+}/{method}", self._serve_call)
        app.router.add_route("GET", "/file/bot{token:[^/]+}/{path:.+}", self._serve_file)
        app.router.add_routes(Control(self, self).routes())
        app.router.add_route("*", "/{rest:.*}", _nothing_here)
        return app

    # --- what tests read --------------------------------------------------------------------------------------------

    def calls_of(self, method: str) -> list[LoggedCall]:
        return [call for call in self.calls if call.method == method.lower()]

    def revoke(self, bot: Bot | None = None, *, revoked: bool = True) -> None:
        """Every call with the bot's token is answered 401, until it is given back."""
        bot = bot or self.bot
        bot.revoked = revoked
        bot.queue.stop_polling()

    # --- a call -----------------------------------------------------------------------------------------------------

    async def _serve_call(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"].lower()
        try:
            bot = self._bot(token)
            params = await read_params(request)
        except ApiError as error:
            return _answer(error.status, error.as_json())
        call = LoggedCall(self.world.clock(), method, params.values, bot.id, params.number("chat_id"))
        self.calls.append(call)
        injected = self.faults.meet(method, call.chat)
        self.world.touch()
        if injected is None:
            return await self._do(call, bot, params)
        call.fault = injected.fault
        return await self._go_wrong(injected, request, call, bot, params)

    def _bot(self, token: str) -> Bot:
        if not _WELL_FORMED.fullmatch(token):
            raise not_found()
        bot = self.world.bots.get(token)
        if bot is None and self._tokens is None:
            bot = self.world.add_bot(token)
        if bot is None or bot.revoked:
            raise unauthorized()
        return bot

    async def _do(self, call: LoggedCall, bot: Bot, params: Params) -> web.Response:
        try:
            status, body = 200, {"ok": True, "result": await self._result(call, bot, params)}
        except ApiError as error:
            status, body = error.status, error.as_json()
            call.description = error.description
        call.status = status
        self.world.touch()
        return _answer(status, body)

    async def _result(self, call: LoggedCall, bot: Bot, params: Params) -> Any:
        if call.method == "getupdates":
            return await self._updates(bot, params)
        if self.limits is not None and call.method in COUNTED and call.chat is not None:
            paid = params.flag("allow_paid_broadcast")
            wait = self.limits.admit(bot.id, call.chat, self.world.clock(), paid=paid)
            if wait is not None:
                raise too_many_requests(wait)
        result = methods.perform(self.world, bot, call.method, params)
        if call.method in ("setwebhook", "deletewebhook"):
            await self._see_to_webhook(bot)
        return result

    async def _see_to_webhook(self, bot: Bot) -> None:
        """What waits is brought to where it is wanted now, and nowhere else any more."""
        former = self._couriers.pop(bot.id, None)
        if former is not None:
            former.cancel()
            await asyncio.gather(former, return_exceptions=True)
        if bot.webhook:
            self._couriers[bot.id] = asyncio.create_task(Courier(self.world, bot, self._second).run())

    async def _updates(self, bot: Bot, params: Params) -> list[Json]:
        if bot.webhook:
            raise webhook_is_active()
        if "allowed_updates" in params.values:
            bot.queue.allow([str(kind) for kind in params.array("allowed_updates")])
        limit = min(max(params.number("limit", 100) or 100, 1), 100)
        if self._closing.is_set():
            return []
        updates = await bot.queue.poll(params.number("offset", 0) or 0, limit, params.number("timeout", 0) or 0)
        if bot.revoked:
            raise unauthorized()
        return updates

    async def _serve_file(self, request: web.Request) -> web.Response:
        try:
            self._bot(request.match_info["token"])
        except ApiError as error:
            return _answer(error.status, error.as_json())
        path = request.match_info["path"]
        file = next((file for file in self.world.files.values() if file.path == path), None)
        if file is None:
            return _answer(404, not_found().as_json())
        return web.Response(body=file.body, content_type="application/octet-stream")

    # --- what goes wrong --------------------------------------------------------------------------------------------

    async def _go_wrong(
        self, injected: Injected, request: web.Request, call: LoggedCall, bot: Bot, params: Params
    ) -> web.StreamResponse:
        match injected.fault:
            case TooMany(seconds):
                return _refuse(call, too_many_requests(seconds))
            case Error(status, description):
                return _refuse(call, ApiError(status, description))
            case RepeatUpdates():
                bot.queue.put_again()
                return await self._do(call, bot, params)
            case Hold(seconds, applied):
                return await self._hold(injected, seconds, applied, call, bot, params)
            case Status(status, applied):
                await self._apply(applied, call, bot, params)
                call.status = status
                page = f"<html><head><title>{status}</title></head><body><center>nginx</center></body></html>"
                return web.Response(status=status, text=page, content_type="text/html")
            case BadShape(body):
                await self._do(call, bot, params)
                return web.Response(body=body, content_type="application/json")
            case Hang(applied):
                await self._apply(applied, call, bot, params)
                await self._closing.wait()
                return _broken_off(request, b"")
            case Reset(applied):
                await self._apply(applied, call, bot, params)
                return _broken_off(request, b"")
            case Truncate():
                return _broken_off(request, _half(await self._apply(True, call, bot, params)))

    async def _apply(self, applied: bool, call: LoggedCall, bot: Bot, params: Params) -> bytes:
        body = (await self._do(call, bot, params)).body if applied else b""
        call.status = None
        return body if isinstance(body, bytes) else b""

    async def _hold(
        self, injected: Injected, seconds: float | None, applied: bool, call: LoggedCall, bot: Bot, params: Params
    ) -> web.Response:
        answer = await self._do(call, bot, params) if applied else None
        waits = [asyncio.ensure_future(injected.released()), asyncio.ensure_future(self._closing.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return answer or await self._do(call, bot, params)


def _answer(status: int, body: Json) -> web.Response:
    # Like Telegram's, the answer is ASCII: everything else is escaped.
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def _refuse(call: LoggedCall, error: ApiError) -> web.Response:
    call.status, call.description = error.status, error.description
    return _answer(error.status, error.as_json())


def _half(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body[: len(body) // 2]


def _broken_off(request: web.Request, sent: bytes) -> web.StreamResponse:
    """End the connection after `sent`: orderly where something was sent, by a reset where nothing was."""
    if request.transport is not None:
        if sent:
            request.transport.write(sent)
            request.transport.close()
        else:
            request.transport.abort()
    return web.Response()  # goes nowhere: the connection is gone


async def _nothing_here(request: web.Request) -> web.Response:
    return _answer(404, not_found().as_json())
