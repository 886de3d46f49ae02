"""The request object: what reaches Telegram, and what is said of what did not."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot, InputFile, MessageEntity, ReplyParameters
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from adapters.telegram import request as requesting
from adapters.telegram.request import AiohttpRequest, FloodWait, NeverSent

TOKEN = "123456:a-secret-token"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def answering(status: int, body: str | bytes) -> Handler:
    content = body.encode() if isinstance(body, str) else body

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, body=content)

    return answer


def refusing(status: int, description: str, **parameters: Any) -> Handler:
    error: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return answering(status, json.dumps(error | ({"parameters": parameters} if parameters else {})))


async def call(handler: Handler, **times: float) -> object:
    async with serving(handler) as address, AiohttpRequest(**times) as request:  # type: ignore[arg-type]
        return await request.post(f"{address}/bot{TOKEN}/sendMessage")


async def test_parameters_go_as_one_json_object() -> None:
    """Nested objects included."""
    seen: list[tuple[str, Any]] = []

    async def remember(request: web.Request) -> web.Response:
        seen.append((request.content_type, await request.json()))
        return web.json_response({"ok": True, "result": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "x"}}})

    async with serving(remember) as address, AiohttpRequest() as request:
        bot = Bot(TOKEN, base_url=f"{address}/bot", request=request, get_updates_request=request)
        await bot.send_message(
            5,
            "hé 👍",
            entities=[MessageEntity("bold", 0, 2)],
            reply_parameters=ReplyParameters(3, allow_sending_without_reply=True),
        )
    assert seen == [
        (
            "application/json",
            {
                "chat_id": 5,
                "text": "hé 👍",
                "entities": [{"type": "bold", "offset": 0, "length": 2}],
                "reply_parameters": {"message_id": 3, "allow_sending_without_reply": True},
            },
        )
    ]


async def test_files_go_as_a_form() -> None:
    """With their names."""
    seen: dict[str, Any] = {}

    async def remember(request: web.Request) -> web.Response:
        form = await request.post()
        file = form["document"]
        assert isinstance(file, web.FileField)
        seen.update(chat=form["chat_id"], name=file.filename, body=file.file.read())
        return web.json_response({"ok": True, "result": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "x"}}})

    async with serving(remember) as address, AiohttpRequest() as request:
        bot = Bot(TOKEN, base_url=f"{address}/bot", request=request, get_updates_request=request)
        await bot.send_document(5, b"inhoud", filename="brief.txt")
    assert seen == {"chat": "5", "name": "brief.txt", "body": b"inhoud"}


async def test_half_characters_in_an_answer_are_replaced() -> None:
    """What people write must not break what carries it."""
    assert await call(answering(200, r'{"ok": true, "result": ["a\ud83d", {"\udc00": 1}]}')) == [
        "a\ufffd",
        {"\ufffd": 1},
    ]


# --- what surely was not sent --------------------------------------------------------------------------------------


async def test_a_refused_connection_was_never_sent(unused_tcp_port: int) -> None:
    """Nobody listens there."""
    async with AiohttpRequest() as request:
        with pytest.raises(NeverSent):
            await request.post(f"http://127.0.0.1:{unused_tcp_port}/bot{TOKEN}/sendMessage")


async def test_a_name_that_does_not_exist_was_never_sent() -> None:
    """DNS says no."""
    async with AiohttpRequest() as request:
        with pytest.raises(NeverSent):
            await request.post(f"http://nowhere.invalid/bot{TOKEN}/sendMessage")


async def test_waiting_in_vain_for_a_free_connection_was_never_sent() -> None:
    """All connections are busy with other calls."""
    free, arrived = asyncio.Event(), asyncio.Event()

    async def hold(request: web.Request) -> web.Response:
        arrived.set()
        await free.wait()
        return web.json_response({"ok": True, "result": True})

    async with serving(hold) as address, AiohttpRequest(1, connect_timeout=0.1, pool_timeout=0.1) as request:
        held = asyncio.create_task(request.post(f"{address}/bot{TOKEN}/sendMessage"))
        await arrived.wait()
        with pytest.raises(NeverSent):
            await request.post(f"{address}/bot{TOKEN}/sendMessage")
        free.set()
        assert await held is True


async def test_a_closed_connection_object_sends_nothing() -> None:
    """It can be opened again, and opening and closing twice does no harm."""
    request = AiohttpRequest()
    await request.shutdown()
    with pytest.raises(NeverSent):
        await request.post(f"http://127.0.0.1/bot{TOKEN}/sendMessage")
    async with serving(answering(200, '{"ok": true, "result": true}')) as address:
        await request.initialize()
        await request.initialize()
        assert await request.post(f"{address}/bot{TOKEN}/sendMessage") is True
        await request.shutdown()


async def test_a_redirection_is_not_followed() -> None:
    """The page of a hotel's network would look like an answer."""

    async def redirect(request: web.Request) -> web.Response:
        if request.path == "/login":
            return web.Response(text="<html>welcome</html>")
        return web.Response(status=302, headers={"Location": "/login"})

    with pytest.raises(NeverSent):
        await call(redirect)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
async def test_a_refusal_that_is_not_telegrams_was_never_sent(status: int) -> None:
    """A proxy or a hotel's network in between: no reason to give up a chat or the account."""
    with pytest.raises(NeverSent):
        await call(answering(status, "<html>no</html>"))


# --- what Telegram refuses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "seconds"),
    [
        (refusing(429, "Too Many Requests: retry after 7", retry_after=7), 7),
        (refusing(429, "Too Many Requests: retry after 8"), 8),
        (refusing(429, "Too Many Requests"), 1),
    ],
)
async def test_too_many_requests_name_the_pause(handler: Handler, seconds: int) -> None:
    """In a parameter or in words."""
    with pytest.raises(RetryAfter) as caught:
        await call(handler)
    assert isinstance(caught.value, FloodWait)
    assert caught.value.retry_after == timedelta(seconds=seconds)


async def test_telegrams_own_refusals_are_ptbs_exceptions() -> None:
    """As with PTB's own request object."""
    with pytest.raises(BadRequest, match="Chat not found"):
        await call(refusing(400, "Bad Request: chat not found"))
    with pytest.raises(InvalidToken):
        await call(refusing(401, "Unauthorized"))


# --- what nobody knows ---------------------------------------------------------------------------------------------


async def test_no_answer_in_time_is_timed_out() -> None:
    """Telegram may have done it."""
    with pytest.raises(TimedOut):
        await call(_silent, read_timeout=0.1)


async def test_a_server_that_reads_nothing_is_left_in_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file is on its way, and the other side takes no more of it: no timeout of reading an answer has begun."""
    monkeypatch.setattr(requesting, "FILE_TIMEOUT", 0.2)
    (tmp_path / "large").write_bytes(bytes(30 * 2**20))
    leave = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a transport that is read from
        await leave.wait()
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    times = {"connect_timeout": 0.1, "pool_timeout": 0.1, "read_timeout": 0.1}
    async with server, AiohttpRequest(**times) as request, asyncio.timeout(10):  # type: ignore[arg-type]
        bot = Bot(TOKEN, base_url=f"{address}/bot", request=request, get_updates_request=request)
        with pytest.raises(TimedOut), (tmp_path / "large").open("rb") as content:
            await bot.send_document(5, InputFile(content, read_file_handle=False), read_timeout=0.1)
        leave.set()


async def _silent(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def _reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "500"})
    await response.prepare(request)
    await response.write(b'{"ok": true')
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.mark.parametrize("handler", [_reset, _truncated, answering(502, "<html>"), answering(500, "{}")])
async def test_a_broken_answer_is_a_network_error(handler: Handler) -> None:
    """Not one that says it was never sent, and not a timeout."""
    with pytest.raises(NetworkError) as caught:
        await call(handler)
    assert type(caught.value) is NetworkError


@pytest.mark.parametrize("body", ["<html>", "[]", "null", ""])
async def test_an_answer_that_is_no_answer_is_a_telegram_error(body: str) -> None:
    """Whatever the status says."""
    with pytest.raises(TelegramError, match="Invalid server response"):
        await call(answering(200, body))


# --- what is kept quiet --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "handler",
    [_reset, _truncated, answering(502, "geheim"), answering(200, "geheim"), answering(403, "geheim")],
)
async def test_no_token_and_no_answer_is_shown_or_logged(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    """Neither by an exception, nor by what is printed with it, nor by a library."""
    caplog.set_level(logging.INFO)
    with pytest.raises(TelegramError) as caught:
        await call(handler)
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "secret-token" not in shown
    assert "geheim" not in caplog.text


async def test_an_unreachable_server_is_named_without_the_token(unused_tcp_port: int) -> None:
    """aiohttp writes the whole address into some of its exceptions."""
    async with AiohttpRequest() as request:
        for address in (f"http://127.0.0.1:{unused_tcp_port}", "nonsense://x", "http://"):
            with pytest.raises(NeverSent) as caught:
                await request.post(f"{address}/bot{TOKEN}/getMe")
            assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_cancelling_ends_a_call_at_once() -> None:
    """Closing the program does not wait for Telegram."""
    arrived = asyncio.Event()

    async def hold(request: web.Request) -> web.StreamResponse:
        arrived.set()
        return await _silent(request)

    async with serving(hold) as address, AiohttpRequest() as request:
        calling = asyncio.create_task(request.post(f"{address}/bot{TOKEN}/getUpdates"))
        await arrived.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(calling, 1)
