"""What the page may ask for: the shapes of its requests, and what is refused before anything is done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

T = TypeVar("T")

BODY = 1_000_000  # bytes of one request at most: a text of 100,000 characters in any script, and room

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
Words = Annotated[str, msgspec.Meta(max_length=100_000)]


class ByPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every request names who acts."""

    person: Key


class ToSay(ByPerson, frozen=True):
    """`deed` names the attempt, so that a repeated request says nothing twice."""

    text: Words
    deed: Key
    thread: Number | None = None
    reply_to: Number | None = None


class ToSend(ByPerson, frozen=True):
    """What stands in the address when a file is sent. The body begins with the words under it, which are so many bytes
    of UTF-8; its own bytes follow."""

    deed: Key
    name: Annotated[str, msgspec.Meta(max_length=300)] = ""
    mime: Annotated[str, msgspec.Meta(max_length=100)] = ""
    words: Annotated[int, msgspec.Meta(ge=0, le=BODY)] = 0
    thread: Number | None = None
    reply_to: Number | None = None


class ToStart(ByPerson, frozen=True):
    start: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    deed: Key


class ToReword(ByPerson, frozen=True):
    message: Number
    text: Words


class ToTakeBack(ByPerson, frozen=True):
    message: Number


class ToPress(ByPerson, frozen=True):
    message: Number
    choice: Key
    page: Key
    deed: Key


class ToReact(ByPerson, frozen=True):
    message: Number
    emoji: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    on: bool


class ToPin(ByPerson, frozen=True):
    message: Number
    on: bool


class ToInvite(ByPerson, frozen=True):
    pass


async def read(request: Request, shape: type[T]) -> T:
    """The request's JSON. Raises HTTPException."""
    from_our_page(request, "application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY:
            raise HTTPException(413, "This is too long.")
    try:
        return msgspec.convert(json.loads(body), shape)  # json: a browser may well send half a surrogate pair
    except (ValueError, RecursionError):
        raise HTTPException(400, "This cannot be understood.") from None


async def begun(body: AsyncIterator[bytes], count: int) -> tuple[str, AsyncIterator[bytes]]:
    """The words that a body begins with, in `count` bytes, and what follows them. Raises HTTPException."""
    start = bytearray()
    while len(start) < count and (piece := await anext(body, None)) is not None:
        start += piece
    try:
        words = msgspec.convert(start[:count].decode(), Words)
    except ValueError:
        raise HTTPException(400, "This cannot be understood.") from None

    async def following() -> AsyncIterator[bytes]:
        yield bytes(start[count:])
        async for piece in body:
            yield piece

    return words, following()


def from_our_page(request: Request, kind: str) -> None:
    """Another site's page cannot send these types without our leave, which it never gets."""
    if request.headers.get("content-type", "").split(";")[0].strip() != kind:
        raise HTTPException(415, f"Send {kind}.")


def clean(text: str) -> str:
    """A text that can be stored and sent: half a surrogate pair, and NUL, become the replacement sign."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


def number_in(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
