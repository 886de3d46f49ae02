"""Requests to the homeserver's client-server API, and the one shape in which they fail."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

Json = dict[str, Any]

CONNECT_TIMEOUT = 10.0
REQUEST_TIMEOUT = 30.0


class Failure(Exception):
    """A request that did not end well.

    `status` is None where there was no answer; `reached` is False where the request cannot have arrived either.
    `errcode` is Matrix's own, "" where the answer was not the homeserver's (a proxy's page, broken JSON).
    """

    def __init__(
        self,
        status: int | None,
        errcode: str = "",
        retry_after: timedelta | None = None,
        soft_logout: bool = False,
        reached: bool = True,
    ) -> None:
        super().__init__(f"HTTP {status} {errcode}".rstrip() if status else "no answer")
        self.status = status
        self.errcode = errcode
        self.retry_after = retry_after
        self.soft_logout = soft_logout
        self.reached = reached


def path(*parts: str) -> str:
    """A path below /_matrix/client/v3, every part quoted."""
    return "/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in parts)


class Homeserver:
    """One homeserver, spoken to with one access token."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = address
        self.token = token
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

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
        try:
            async with self._request(method, path, body, query, timeout) as response:
                content = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise Failure(None, reached=False) from error
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise Failure(None, reached=not isinstance(error, aiohttp.ConnectionTimeoutError)) from error
        answer = _object(content)
        if response.status == 200 and answer is not None:
            return answer
        raise _failure(response.status, answer or {}, response.headers.get("Retry-After"))

    async def download(self, path: str, into: Path) -> None:
        """Write an answer's bytes to a file, piece by piece. Raises Failure."""
        try:
            async with self._request("GET", path, None, None, 300.0) as response:
                if response.status != 200:
                    answer = _object(await response.read()) or {}
                    raise _failure(response.status, answer, response.headers.get("Retry-After"))
                with into.open("wb") as file:
                    async for piece in response.content.iter_chunked(65536):
                        file.write(piece)
        except aiohttp.ClientConnectorError as error:
            raise Failure(None, reached=False) from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise Failure(None) from error

    def _request(
        self, method: str, path: str, body: Json | None, query: dict[str, str] | None, timeout: float
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = encoded(body)
        return self._session.request(
            method,
            URL(self.address + path, encoded=True).update_query(query or {}),
            data=data,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_TIMEOUT),
        )


def encoded(body: Json) -> bytes:
    """JSON in UTF-8. What UTF-8 cannot hold, half a surrogate pair, becomes a question mark."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _object(content: bytes) -> Json | None:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _failure(status: int, answer: Json, header: str | None) -> Failure:
    errcode = answer.get("errcode")
    wait = answer.get("retry_after_ms")
    retry_after = None
    if isinstance(wait, int | float):
        retry_after = timedelta(milliseconds=wait)
    elif header is not None and header.isdecimal():
        retry_after = timedelta(seconds=int(header))
    return Failure(
        status,
        errcode if isinstance(errcode, str) else "",
        retry_after,
        soft_logout=answer.get("soft_logout") is True,
    )
