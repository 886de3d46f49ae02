"""As little of HTTP/1.1 as aiohttp and httpx need, as fast as Python allows: the server must not be what is slow."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    method: bytes
    path: bytes
    query: bytes
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    status: int = 200


Answers = Callable[[Request], "Answer | asyncio.Future[Answer]"]


class Connection(asyncio.Protocol):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            method, target, _ = head.split(b"\r\n", 1)[0].split(b" ")
            path, _, query = target.partition(b"?")
            answer = self._answers(Request(method, path, query, body))
            if isinstance(answer, Answer):
                self._write(answer)
            else:
                answer.add_done_callback(lambda done: self._write(done.result()))

    def _write(self, answer: Answer) -> None:
        if self._transport is not None:
            self._transport.write(_HEAD % (answer.status, len(answer.body)) + answer.body)


async def serve(answers: Answers) -> tuple[asyncio.Server, str]:
    """Serve on a free port of this machine; the server and its address."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answers), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    return server, f"http://127.0.0.1:{port}"
