"""The Bot API over aiohttp, as python-telegram-bot's request object.

With PTB's own, on httpx, requests slow each other down; this one also tells what surely did not reach Telegram, lets
no word of an answer into a log, and reads waiting times without PTB's deprecation warning.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import msgspec
from telegram import TelegramObject
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from adapters.telegram import wire
from bot.ports import TooLarge

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput  # the one name for "a value, None, or not given" that PTB has

_PIECE = 64 * 1024  # bytes
_WHOLE = 60.0  # seconds more than for getting a connection and the answer, for all of a call without files
FILE_TIMEOUT = 600.0  # for the largest file on a slow line
_LONGEST_WAIT = 10**9  # seconds; more is no time that a clock could show
_RETRY_AFTER = re.compile(r"retry after (\d{1,12})")
_NOT_CONNECTED = (
    aiohttp.ClientConnectorError,  # refused, unreachable, no such name, TLS
    aiohttp.ConnectionTimeoutError,  # also when all connections stay busy
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What `do_request` needs of PTB's RequestData, which nobody but PTB can make."""

    parameters: dict[str, Any]
    contains_files: bool = False


def asked(values: Mapping[str, object]) -> RequestData:
    """The parameters of a call without files; those that are None are not asked for."""
    return cast("RequestData", _Asked({name: _plain(value) for name, value in values.items() if value is not None}))


class NeverSent(NetworkError):
    """Telegram has not seen the request."""


class NotReached(NeverSent):
    """There was no connection: no other request would have fared better."""


class FloodWait(RetryAfter):
    """Too many requests. PTB's own class warns of its own deprecation whenever it is made or read."""

    @property
    def retry_after(self) -> timedelta:
        return self._retry_after


class AiohttpRequest(BaseRequest):
    """Times are seconds. `connect_timeout` is for getting a connection, `pool_timeout` added for waiting for one.

    The read timeout leaves Telegram the 8 s and more for which it holds a call instead of refusing it.
    """

    __slots__ = ("_connect_timeout", "_connections", "_pool_timeout", "_read_timeout", "_session")

    def __init__(
        self,
        connections: int = 64,
        read_timeout: float | None = 60.0,
        connect_timeout: float | None = 10.0,
        pool_timeout: float | None = 5.0,
    ) -> None:
        self._connections = connections
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._pool_timeout = pool_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            answer = wire.decode(payload)
        except ValueError:
            raise TelegramError("Invalid server response") from None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Raises NeverSent, TimedOut, NetworkError or FloodWait. `write_timeout` counts as part of the reading."""
        if self._session is None:
            raise NotReached("The connection is closed")
        read = _given(read_timeout, self._read_timeout)
        getting = (_given(connect_timeout, self._connect_timeout), _given(pool_timeout, self._pool_timeout))
        # The reading begins when all is written: who takes a connection and reads nothing would hold it for ever.
        with_files = request_data is not None and request_data.contains_files
        timeout = aiohttp.ClientTimeout(
            total=_sum((*getting, read, FILE_TIMEOUT if with_files else _WHOLE)),
            connect=_sum(getting),
            sock_connect=getting[0],
            sock_read=read,
        )
        with _in_their_terms():
            async with self._session.request(
                method, url, timeout=timeout, allow_redirects=False, **_body(request_data)
            ) as response:
                status, payload = response.status, await response.read()
        self._look_at(status, payload)
        return status, payload

    async def download(self, url: str, into: Path, most: int) -> None:
        """Write a file piece by piece. Raises as do_request does, and TooLarge after `most` bytes."""
        if self._session is None:
            raise NotReached("The connection is closed")
        timeout = aiohttp.ClientTimeout(
            total=FILE_TIMEOUT, sock_read=self._read_timeout, sock_connect=self._connect_timeout
        )
        with _in_their_terms(), into.open("wb") as file:
            async with self._session.get(url, timeout=timeout, allow_redirects=False) as response:
                if response.status != HTTPStatus.OK:
                    raise NetworkError(f"HTTP {response.status}")
                left = most
                async for piece in response.content.iter_chunked(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise TooLarge("the file is larger than it was said to be")
                    file.write(piece)

    def _look_at(self, status: int, payload: bytes) -> None:
        """Raise what PTB cannot tell from the status: who refused, and for how long."""
        refused = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if not refused or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return
        try:
            answer = self.parse_json_payload(payload)
        except TelegramError:
            answer = {}
        if "error_code" not in answer:
            raise NeverSent("Something between here and Telegram refused the request")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise FloodWait(_wait(answer))


@contextmanager
def _in_their_terms() -> Iterator[None]:
    """aiohttp's errors as PTB's. Without their cause: aiohttp writes the address into some, with the token in it."""
    try:
        yield
    except _NOT_CONNECTED as error:
        raise NotReached(type(error).__name__) from None
    except asyncio.TimeoutError:  # noqa: UP041 - aiohttp's own subclass it by this name
        raise TimedOut from None
    except (aiohttp.ClientError, OSError) as error:
        raise NetworkError(type(error).__name__) from None


def _given(value: ODVInput[float], otherwise: float | None) -> float | None:
    return otherwise if value is BaseRequest.DEFAULT_NONE else value  # type: ignore[return-value]


def _sum(times: Iterable[float | None]) -> float | None:
    given = list(times)
    return None if None in given else sum(time for time in given if time is not None)


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": msgspec.json.encode(data.parameters), "headers": {"Content-Type": "application/json"}}
    form = aiohttp.FormData(data.json_parameters, quote_fields=False)  # names are shown as they are sent
    for name, (file_name, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime)
    return {"data": form}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.to_dict() if isinstance(value, TelegramObject) else value


def _wait(answer: dict[str, Any]) -> int:
    """Seconds. A server without `parameters` still says it in words."""
    parameters = answer.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if isinstance(wait, int) and wait > 0:
        return min(wait, _LONGEST_WAIT)
    said = _RETRY_AFTER.search(str(answer.get("description", "")))
    return min(max(1, int(said[1])), _LONGEST_WAIT) if said else 1
