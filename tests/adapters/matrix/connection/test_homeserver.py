"""Requests to a homeserver that is away, slow, or says strange things."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web

from adapters.matrix.connection import homeserver
from adapters.matrix.connection.errors import send_error
from adapters.matrix.connection.homeserver import Failure, Homeserver
from bot.ports import NotSent


@asynccontextmanager
async def reached(address: str) -> AsyncIterator[Homeserver]:
    server = Homeserver(address)
    try:
        yield server
    finally:
        await server.close()


async def test_a_name_that_cannot_be_found_was_not_reached() -> None:
    """DNS is away: surely nothing was sent, to no room at all."""
    async with reached("http://nowhere.invalid") as server:
        with pytest.raises(Failure) as caught:
            await server.call("GET", "/_matrix/client/versions")
    error = send_error(caught.value, writing=True)
    assert isinstance(error, NotSent)
    assert error.whole_account


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10000000}', 10_000),
        ('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1e300}', 1_000_000),
        ('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": Infinity}', 1_000_000),
        ('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": NaN}', 7),
        ('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": -5}', 7),
        ('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": "soon"}', 7),
        ("<html>slow down</html>", 7),
    ],
)
async def test_a_pause_is_understood_or_taken_from_the_header(said: str, seconds: int) -> None:
    """Whatever a homeserver writes there, it is a time that can be waited for."""

    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=429, text=said, content_type="application/json", headers={"Retry-After": "7"})

    app = web.Application()
    app.router.add_get("/{path:.*}", refuse)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with reached(f"http://127.0.0.1:{runner.addresses[0][1]}") as server:
        with pytest.raises(Failure) as caught:
            await server.call("GET", "/")
    await runner.cleanup()
    assert caught.value.retry_after == timedelta(seconds=seconds)


async def test_a_homeserver_that_takes_no_more_of_a_file_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after the ten minutes that a large file may take on a slow line."""
    monkeypatch.setattr(homeserver, "STALLED", 0.2)
    leave = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a transport that is read from
        await leave.wait()
        writer.close()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65536)

    listening = await asyncio.start_server(deaf, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening, reached(address) as server, asyncio.timeout(10):
        with pytest.raises(Failure):
            await server.upload(endless(), 10**9, "image/png")
        leave.set()


async def test_a_file_that_stops_coming_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The rest of it may never come."""
    monkeypatch.setattr(homeserver, "STALLED", 0.2)
    leave = asyncio.Event()

    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
        await leave.wait()
        writer.close()

    listening = await asyncio.start_server(stalls, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening, reached(address) as server, asyncio.timeout(10):
        with pytest.raises(Failure):
            await server.download("/file", tmp_path_factory.mktemp("files") / "file", 10_000)
        leave.set()
