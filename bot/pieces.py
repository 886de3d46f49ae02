"""Reading and copying files piece by piece, so that none is ever whole in memory."""

from __future__ import annotations

from typing import BinaryIO

PIECE = 64 * 1024


class Broken(ValueError):
    """The file is not what it begins like: what it holds cannot be told, so it must not be passed on."""


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
