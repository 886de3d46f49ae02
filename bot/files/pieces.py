"""Reading and copying files piece by piece, so that none is ever whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, TypeVar

T = TypeVar("T")

PIECE = 64 * 1024
MOST_PARTS = 100_000
"""Parts of a file whose places are remembered: a film or a moving picture has thousands; what has millions was made to
fill our memory."""


class Broken(ValueError):
    """The file is not what it begins like: what it holds cannot be told, so it must not be passed on."""


def at_most(count: int, parts: Iterator[T]) -> list[T]:
    """All of them. Raises Broken where there are more."""
    found = list(islice(parts, count + 1))
    if len(found) > count:
        raise Broken("too many parts")
    return found


def rest(source: BinaryIO, target: BinaryIO) -> None:
    """Copy all that follows."""
    while piece := source.read(PIECE):
        target.write(piece)


def exactly(source: BinaryIO, count: int) -> bytes:
    data = source.read(count)
    if len(data) != count:
        raise Broken("the file ends too early")
    return data


def copied(source: BinaryIO, target: BinaryIO, count: int) -> None:
    while count > 0:
        piece = exactly(source, min(count, PIECE))
        target.write(piece)
        count -= len(piece)


def skipped(source: BinaryIO, count: int) -> None:
    """Over something that must be there."""
    while count > 0:
        count -= len(exactly(source, min(count, PIECE)))


def zeros(target: BinaryIO, count: int) -> None:
    while count > 0:
        target.write(bytes(min(count, PIECE)))
        count -= PIECE
