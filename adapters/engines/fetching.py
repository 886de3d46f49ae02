"""Asking an engine's server over HTTP: a deadline for the whole exchange, a cap on the answer, no redirects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from adapters.engines.breaker import Stumbled
from bot.ports import Busy, Unavailable

LARGEST_ANSWER = 4_000_000
"""Bytes, after decompression: some hundred times the longest notice."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """What the server said. Raises Unavailable for anything but JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            pass  # the exception would carry the text
        raise Unavailable("the server's answer is not JSON")


class Server:
    """The HTTP side of an engine. Proxies and certificates named by the environment are not used."""

    def __init__(self, url: str, timeout: float, concurrency: int) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._concurrency = concurrency
        self._client: httpx.AsyncClient | None = None

    def open(self) -> None:
        """Unless it is open already."""
        self._client = self._client or httpx.AsyncClient(
            timeout=self._timeout,
            limits=httpx.Limits(max_connections=self._concurrency, max_keepalive_connections=self._concurrency),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def get(self, path: str) -> Answer:
        return await self._ask(self._connected().build_request("GET", self.url + path))

    async def post(self, path: str, *, as_json: object = None, form: Mapping[str, str] | None = None) -> Answer:
        request = self._connected().build_request("POST", self.url + path, json=as_json, data=form)
        return await self._ask(request)

    def _connected(self) -> httpx.AsyncClient:
        assert self._client is not None, "open() comes first"
        return self._client

    async def _ask(self, request: httpx.Request) -> Answer:
        """One answer, asked for once more when the connection failed or the server had a fault of its own.

        Raises Unavailable, or Busy where the server asks for a pause.
        """
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._once(request)
                if answer is None or answer.status >= 500:
                    answer = await self._once(request)
        except (TimeoutError, httpx.TimeoutException):
            raise Unavailable("the server did not answer in time") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"the server's answer cannot be read ({type(error).__name__})") from None
        if answer is None:
            raise Unavailable("the server cannot be reached")
        if answer.status == 429:
            raise Busy("the server asks for a pause", _retry_after(answer.headers))
        if answer.status == 500:
            raise Stumbled("the server has a fault (500)")
        if answer.status > 500:
            raise Unavailable(f"the server has a fault ({answer.status})")
        if 300 <= answer.status < 400:
            raise Unavailable(f"the server sends us elsewhere ({answer.status})")
        return answer

    async def _once(self, request: httpx.Request) -> Answer | None:
        """None where the connection failed."""
        try:
            response = await self._connected().send(request, stream=True)
        except httpx.TimeoutException:
            raise
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            return None
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise Unavailable("the server's answer is too large")
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers, bytes(body))


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("retry-after", "")
    return timedelta(seconds=min(int(value), 3600)) if value.isascii() and value.isdigit() else None
