"""Requests to the homeserver's client-server API, and the one shape in which they fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from bot.ports import TooLarge

Json = dict[str, Any]

CONNECT_TIMEOUT = 10.0
REQUEST_TIMEOUT = 30.0
FILE_TIMEOUT = 600.0  # for the largest file on a slow line
STALLED = 60.0  # seconds in which nothing of a file moves
CONNECTIONS = 128  # more than the sender has in flight, beside receiving
DOWNLOADS = 16  # at a time, on connections of their own
LONGEST_WAIT = 10**9  # milliseconds; more is no time to wait


class Failure(Exception):
    """A request that did not end well.

    `status` is None where there was no answer; `reached` is False where the request cannot have arrived either.
    `errcode` is Matrix's own, "" where the answer was not the homeserver's (a proxy's page, broken JSON). `session` is
    there where the homeserver first wants to be shown who asks (specification, "User-Interactive Authentication").
    """

    def __init__(
        self,
        status: int | None,
        errcode: str = "",
        retry_after: timedelta | None = None,
        soft_logout: bool = False,
        reached: bool = True,
        session: str | None = None,
    ) -> None:
        super().__init__(f"HTTP {status} {errcode}".rstrip() if status else "no answer")
        self.status = status
        self.errcode = errcode
        self.retry_after = retry_after
        self.soft_logout = soft_logout
        self.reached = reached
        self.session = session


def path(*parts: str, version: str = "v3") -> str:
    """A path below /_matrix/client, every part quoted."""
    return f"/_matrix/client/{version}/" + "/".join(quote(part, safe="") for part in parts)


class Homeserver:
    """One homeserver, spoken to with one access token."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = address
        self.token = token
        self._sessions: dict[int, aiohttp.ClientSession] = {}  # by how many connections each may have

    async def close(self) -> None:
        while self._sessions:
            await self._sessions.popitem()[1].close()

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: dict[str, str] | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> Json:
        """The answer's JSON object. Raises Failure for everything else."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        data = None if body is None else encoded(body)
        return await self._answer(self._request(method, path, data, headers, query, timeout))

    async def upload(self, pieces: AsyncIterator[bytes], size: int, mime: str) -> str:
        """Store `size` bytes; the address under which they can be found. Raises Failure."""
        headers = {"Content-Type": mime, "Content-Length": str(size)}
        with _in_our_terms():
            async with asyncio.timeout(STALLED) as patience:
                watched = _watched(pieces, patience)
                request = self._request("POST", "/_matrix/media/v3/upload", watched, headers, None, FILE_TIMEOUT)
                answer = await self._answer(request)
        address = answer.get("content_uri")
        if not isinstance(address, str):
            raise Failure(200)
        return address

    async def download(self, path: str, into: Path, most: int) -> None:
        """Write an answer's bytes to a file, piece by piece. Raises Failure, or TooLarge after `most` bytes."""
        with _in_our_terms():
            async with self._request("GET", path, None, {}, None, FILE_TIMEOUT, DOWNLOADS) as response:
                if response.status != 200:
                    answer = _object(await response.read()) or {}
                    raise _failure(response.status, answer, response.headers.get("Retry-After"))
                with into.open("wb") as file:
                    async for piece in response.content.iter_chunked(65536):
                        most -= len(piece)
                        if most < 0:
                            raise TooLarge("the file is larger than it was said to be")
                        file.write(piece)

    async def _answer(self, request: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> Json:
        with _in_our_terms():
            async with request as response:
                content = await response.read()
        answer = _object(content)
        if response.status == 200 and answer is not None:
            return answer
        raise _failure(response.status, answer or {}, response.headers.get("Retry-After"))

    def _request(
        self,
        method: str,
        path: str,
        data: bytes | AsyncIterator[bytes] | None,
        headers: dict[str, str],
        query: dict[str, str] | None,
        timeout: float,
        connections: int = CONNECTIONS,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        session = self._sessions.get(connections)
        if session is None:
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections))
            self._sessions[connections] = session
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return session.request(
            method,
            URL(self.address + path, encoded=True).update_query(query or {}),
            data=data,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=timeout,
                connect=timeout if connections == DOWNLOADS else 2 * CONNECT_TIMEOUT,  # the name is looked up within it
                sock_connect=CONNECT_TIMEOUT,
                sock_read=STALLED if timeout == FILE_TIMEOUT else None,
            ),
        )


async def _watched(pieces: AsyncIterator[bytes], patience: asyncio.Timeout) -> AsyncIterator[bytes]:
    """The pieces; whoever does not take the next one for a while is left."""
    async for piece in pieces:
        patience.reschedule(asyncio.get_running_loop().time() + STALLED)
        yield piece


@contextmanager
def _in_our_terms() -> Iterator[None]:
    """aiohttp's errors as Failure."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        raise Failure(None, reached=False) from error
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        raise Failure(None, reached=not isinstance(error, aiohttp.ConnectionTimeoutError)) from error


def encoded(body: Json) -> bytes:
    """JSON in UTF-8. What UTF-8 cannot hold, half a surrogate pair, becomes a question mark."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _object(content: bytes) -> Json | None:
    try:
        answer = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        try:
            answer = json.loads(content)  # what people have sent may hold halves of characters
        except (ValueError, RecursionError):
            return None
    return answer if isinstance(answer, dict) else None


def _failure(status: int, answer: Json, header: str | None) -> Failure:
    errcode, session = answer.get("errcode"), answer.get("session")
    wait = answer.get("retry_after_ms")
    retry_after = None
    if isinstance(wait, int | float) and wait > 0:
        retry_after = timedelta(milliseconds=min(wait, LONGEST_WAIT))
    elif header is not None and header.isascii() and header.isdecimal():
        retry_after = timedelta(milliseconds=min(1000 * int(header[:12]), LONGEST_WAIT))
    return Failure(
        status,
        errcode if isinstance(errcode, str) else "",
        retry_after,
        soft_logout=answer.get("soft_logout") is True,
        session=session if status == 401 and isinstance(session, str) else None,
    )
