"""The bytes of files on their way from one network to another: fetched when they are sent, made harmless, and gone
from the disk right after."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic

from bot.files.metadata import clean
from bot.model import Attachment
from bot.ports import LARGEST_FILE, Adapter, NotSent, Refused, SendError, TooLarge, Unknown

SMALL = 10 * 2**20
"""Bytes: what takes no more room than this finds some, whatever large files hang."""
ROOM = 2 * LARGEST_FILE + 2 * SMALL
"""Bytes that files on their way to one account may take on the disk at a time; each is there twice while it is made
harmless. An account's own, so that files to a network that is slow leave room for those to another."""
_MISTAKEN = 2**20  # bytes that a file may be larger than its sender's app says


class Media:
    """`folder` is this service's own: what is found in it at the start is thrown away."""

    def __init__(self, folder: Path, adapters: Mapping[str, Adapter], steady: Callable[[], float] = monotonic) -> None:
        self._folder = folder
        self._steady = steady
        self._adapters = adapters
        self._taken: Counter[str] = Counter()  # by the account that the files go to
        self._paused: dict[str, float] = {}  # by the account that has the files: until when it gives none out
        self._free = asyncio.Condition()

    def begin(self) -> None:
        """Make the folder, empty and ours alone. Where it leads to a disk of its own it stays in its place."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._folder.iterdir():
            with suppress(OSError):
                left.unlink()

    @asynccontextmanager
    async def fetched(self, account: str, attachment: Attachment, most: int, to: str) -> AsyncIterator[Path]:
        """The file, for as long as it is needed on its way `to` an account. Raises NotSent (try again), TooLarge or
        Refused."""
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
        async with self._reserved(to, min(2 * most, ROOM - 2 * SMALL)):
            try:
                await self._fetch(account, source, attachment, raw, most)
                await _cleaned(raw, kept)
                yield kept
            finally:
                for left in (raw, kept):
                    with suppress(OSError):  # on a disk that can only be read, say: the next start throws it away
                        left.unlink(missing_ok=True)

    @asynccontextmanager
    async def _reserved(self, to: str, size: int) -> AsyncIterator[None]:
        """Room for that many bytes on the disk."""
        most = ROOM if size <= SMALL else ROOM - 2 * SMALL
        async with self._free:
            await self._free.wait_for(lambda: self._taken[to] + size <= most)
            self._taken[to] += size
        try:
            yield
        finally:
            async with self._free:
                self._taken[to] -= size
                self._free.notify_all()

    async def _fetch(self, account: str, source: Adapter, attachment: Attachment, into: Path, most: int) -> None:
        """What fails here says nothing about the chat that the file goes to."""
        left = self._paused.get(account, 0.0) - self._steady()
        if left > 0:
            raise NotSent("the network that has the file wants a pause", timedelta(seconds=left))
        try:
            await source.fetch(attachment, into, most)
        except NotSent as error:
            if error.retry_after is not None:
                self._paused[account] = self._steady() + error.retry_after.total_seconds()
            raise NotSent(str(error), error.retry_after) from error
        except Refused:
            raise
        except Unknown as error:
            raise NotSent(str(error)) from error
        except SendError as error:
            raise Refused(str(error)) from error
        except Exception as error:  # a bug in an adapter, or the disk is full
            raise NotSent(f"the file could not be fetched ({type(error).__name__})") from error


async def _cleaned(raw: Path, kept: Path) -> None:
    try:
        await asyncio.to_thread(_made_harmless, raw, kept)
    except OSError as error:  # the disk is full
        raise NotSent(f"the file could not be kept ({type(error).__name__})") from error
    except Exception as error:  # whatever a stranger has put into it
        raise Refused("the file is broken") from error


def _made_harmless(raw: Path, kept: Path) -> None:
    with raw.open("rb") as source, kept.open("xb") as target:
        clean(source, target)
    raw.unlink(missing_ok=True)
