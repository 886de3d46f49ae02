"""The bytes of files on their way from one network to another: fetched when they are sent, made harmless, and gone
from the disk right after."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.metadata import clean
from bot.model import Attachment
from bot.pieces import Broken
from bot.ports import LARGEST_FILE, Adapter, NotSent, Refused, SendError, TooLarge, Unknown

ROOM = 4 * LARGEST_FILE
"""Bytes that all files together may take on the disk at a time; each is there twice while it is made harmless."""
_MISTAKEN = 2**20  # bytes that a file may be larger than its sender's app says


class Media:
    """`folder` is this service's own: what is found in it at the start is thrown away."""

    def __init__(self, folder: Path, adapters: Mapping[str, Adapter]) -> None:
        self._folder = folder
        self._adapters = adapters
        self._room = ROOM
        self._free = asyncio.Condition()

    def begin(self) -> None:
        """Make the folder, empty and ours alone."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True)

    @asynccontextmanager
    async def fetched(self, account: str, attachment: Attachment, most: int) -> AsyncIterator[Path]:
        """The file, for as long as it is needed. Raises NotSent (try again), TooLarge or Refused."""
        source = self._adapters.get(account)
        if source is None:
            raise Refused("the account that has the file is no longer configured")
        most = min(most, source.limits.download, LARGEST_FILE)
        if attachment.size is not None and attachment.size > most:
            raise TooLarge("the file is too large")
        if attachment.size is not None:
            most = min(most, attachment.size + _MISTAKEN)  # whoever says less than it is fills no disk
        kept = self._folder / secrets.token_hex(16)
        raw = kept.with_suffix(".raw")
        async with self._reserved(min(2 * most, ROOM)):
            try:
                await _fetch(source, attachment, raw, most)
                await asyncio.to_thread(_made_harmless, raw, kept)
                yield kept
            finally:
                raw.unlink(missing_ok=True)
                kept.unlink(missing_ok=True)

    @asynccontextmanager
    async def _reserved(self, size: int) -> AsyncIterator[None]:
        """Room for that many bytes on the disk."""
        async with self._free:
            await self._free.wait_for(lambda: self._room >= size)
            self._room -= size
        try:
            yield
        finally:
            async with self._free:
                self._room += size
                self._free.notify_all()


async def _fetch(source: Adapter, attachment: Attachment, into: Path, most: int) -> None:
    """What fails here says nothing about the chat that the file goes to."""
    try:
        await source.fetch(attachment, into, most)
    except NotSent as error:
        raise NotSent(str(error), error.retry_after) from error
    except Refused:
        raise
    except Unknown as error:
        raise NotSent(str(error)) from error
    except SendError as error:
        raise Refused(str(error)) from error
    except Exception as error:  # a bug in an adapter, or the disk is full
        raise NotSent(f"the file could not be fetched ({type(error).__name__})") from error


def _made_harmless(raw: Path, kept: Path) -> None:
    try:
        with raw.open("rb") as source, kept.open("xb") as target:
            clean(source, target)
    except Broken as error:
        raise Refused("the file is broken") from error
    raw.unlink(missing_ok=True)
