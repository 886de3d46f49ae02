"""The webhook: Telegram brings each update to an address of ours, and is told that we have it once it is stored.

What Telegram was not told it keeps for a day and brings again, so our place in its stream is its own business here: the
durable cursor is "from wherever Telegram is", and asking for news begins there when the operator goes back to it.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from aiohttp import web
from telegram import Bot, WebhookInfo
from telegram.error import BadRequest

from adapters.telegram import wire
from adapters.telegram.errors import receive_error
from adapters.telegram.receiving import ALLOWED, FROM_THE_OLDEST, are_updates, batch_of
from bot.configuration.listening import bound, host_and_port
from bot.incoming import NOTHING_NEW, Batch
from bot.ports import Deliver, Down

HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST = 4 * 2**20  # bytes; an update has no files in it
PATIENCE = 30.0  # seconds that the body of a request may take
CONNECTIONS = 1
"""What comes by several Telegram keeps in order only within one chat and one kind of update (the Bot API server's
source, WebhookActor.cpp): an edit could overtake its message."""
LOOK_EVERY = 40.0
"""Seconds between two looks at what Telegram says. Three of them tell that it cannot reach us, which is known before
the line would count as well again (bot/serving/supervision.py), and mostly not before Telegram has tried once more."""
_PATIENT_LOOKS = 3
_SOON = "2"  # seconds after which Telegram may bring again what was not stored

_OUT_OF_REACH = (
    "Telegram cannot bring news to webhook_url: `schakel check` shows what it says; without webhook_url and "
    "webhook_listen the bot asks for news by itself"
)


class Webhook:
    """`url` is where Telegram reaches us, `listen` where that arrives here; `now` gives the time of arrival."""

    def __init__(
        self,
        bot: Bot,
        url: str,
        listen: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._path, self._secret = path_of(bot.token), secret_of(bot.token)
        self.url = f"{url}/{self._path}"
        self._listen = listen
        self._now = now
        self._sleep = sleep
        self._arrived = 0

    async def run(self, cursor: str | None, deliver: Deliver) -> None:
        """Take in what is brought, for ever. Raises Down or Revoked; what `deliver` raises passes through."""
        if cursor != FROM_THE_OLDEST:
            # Asking again some day, we must not name a place that Telegram has left long ago: its numbers start anew.
            await deliver(Batch((), FROM_THE_OLDEST))
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        runner = web.AppRunner(self._app(deliver, failed), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        watching = asyncio.create_task(self._serve(runner, deliver))
        try:
            done, _ = await asyncio.wait({failed, watching}, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            watching.cancel()
            await runner.cleanup()
            failed.cancel()
            await asyncio.gather(failed, watching, return_exceptions=True)

    async def _serve(self, runner: web.AppRunner, deliver: Deliver) -> None:
        await web.SockSite(runner, self._listener()).start()
        await self._announce()
        await self._watch(deliver)

    # --- what Telegram is told ---------------------------------------------------------------------------------------

    def _listener(self) -> socket.socket:
        try:
            return bound(*host_and_port(self._listen))
        except OSError as error:
            raise Down(f"webhook_listen cannot be listened on ({error.strerror or 'no such address'})") from None

    async def _announce(self) -> None:
        try:
            await self._bot.set_webhook(
                self.url, secret_token=self._secret, allowed_updates=ALLOWED, max_connections=CONNECTIONS
            )
        except BadRequest:
            raise Down("Telegram does not take webhook_url: it needs an https:// address that it can find") from None
        except Exception as error:
            raise receive_error(error) from None

    async def _watch(self, deliver: Deliver) -> None:
        """Silence can mean that nobody writes, or that Telegram cannot reach us: it is asked."""
        arrived, in_vain = 0, 0
        while True:
            try:
                info = await self._bot.get_webhook_info()
            except Exception as error:
                raise receive_error(error) from None
            if not is_ours(info, self.url):
                raise Down("another program has changed the webhook of this bot; it is set again")
            stuck = complaint(info) is not None and self._arrived == arrived
            arrived, in_vain = self._arrived, in_vain + 1 if stuck else 0
            if in_vain == _PATIENT_LOOKS:
                raise Down(_OUT_OF_REACH)
            if not info.pending_update_count:
                await deliver(NOTHING_NEW)
            await self._sleep(LOOK_EVERY)

    # --- what it brings ----------------------------------------------------------------------------------------------

    def _app(self, deliver: Deliver, failed: asyncio.Future[None]) -> web.Application:
        async def brought(request: web.Request) -> web.Response:
            if not self._is_from_telegram(request):
                return web.Response(status=HTTPStatus.NOT_FOUND)
            try:
                async with asyncio.timeout(PATIENCE):
                    update = _read(await request.read())
            except TimeoutError:
                return web.Response(status=HTTPStatus.REQUEST_TIMEOUT)
            if update is None:
                return web.Response(status=HTTPStatus.BAD_REQUEST)
            self._arrived += 1
            try:
                await deliver(replace(batch_of([update], self._now()), cursor=None))
            except Exception as error:
                if not failed.done():
                    failed.set_exception(error)
                return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": _SOON})
            return web.Response()

        app = web.Application(client_max_size=LARGEST)
        app.router.add_route("*", "/{path:.*}", brought)
        return app

    def _is_from_telegram(self, request: web.Request) -> bool:
        """Whether it knows both secrets. How long the answer takes tells nothing about them."""
        path = request.match_info["path"].rpartition("/")[2]
        knows_path = hmac.compare_digest(path.encode(errors="replace"), self._path.encode())
        secret = request.headers.get(HEADER, "")
        knows_secret = hmac.compare_digest(secret.encode(errors="replace"), self._secret.encode())
        return knows_path & knows_secret & (request.method == "POST")


def _read(body: bytes) -> dict[str, object] | None:
    """The update; None for what is none."""
    with suppress(ValueError):
        update = wire.decode(body)
        if are_updates([update]):
            return update  # type: ignore[no-any-return]
    return None


def is_ours(info: WebhookInfo, url: str) -> bool:
    """Whether what is set begins with this address; Telegram writes the host's name in small letters."""
    return info.url.lower().startswith(url.lower())


def complaint(info: WebhookInfo) -> str | None:
    """What Telegram says about updates that it could not bring; None where none waits for that reason."""
    if not info.pending_update_count or info.last_error_date is None:
        return None
    return info.last_error_message or "no reason given"


def path_of(token: str) -> str:
    """The end of the address. Whoever knows the token may know it, and nobody else."""
    return _derived(token, b"the path of the webhook")


def secret_of(token: str) -> str:
    """What Telegram shows us with each update."""
    return _derived(token, b"the secret of the webhook")


def _derived(token: str, purpose: bytes) -> str:
    return hmac.digest(token.encode(), purpose, "sha256").hex()
