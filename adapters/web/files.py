"""The files of the web network: each under a name that nobody can guess, next to the history that knows them."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from bot.files.attached import mime_of, name_of
from bot.model import Attachment
from bot.outgoing import SendFile

LARGEST = 20 * 2**20  # bytes; our own choice, the same as Telegram's for what a bot can fetch
PIECE = 64 * 1024
# What a browser shows by itself; everything else it is only given to keep. No SVG: it is a program.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
SOUNDS = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/webm", "audio/wav", "audio/x-m4a", "audio/aac"})
FILMS = frozenset({"video/mp4", "video/webm"})


class TooMuch(Exception):
    """More bytes than a file may have."""


class Filed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of a message: `key` is its name here, `name` the one that people see."""

    key: str
    kind: str
    name: str
    mime: str
    size: int
    seconds: int | None = None

    @property
    def shown_as(self) -> str:
        """How the page shows it: img, audio, video, or "" for a link."""
        for tag, mimes in (("img", PICTURES), ("audio", SOUNDS), ("video", FILMS)):
            if self.mime in mimes:
                return tag
        return ""

    def attachment(self) -> Attachment:
        return Attachment(self.kind, self.key, self.name, self.size, self.mime, self.seconds)


def kind_of(mime: str) -> str:
    """What somebody has sent: who sends a sound on the page has most likely spoken."""
    if mime in PICTURES - {"image/gif"}:
        return "photo"
    if mime in SOUNDS:
        return "voice"
    return "video" if mime in FILMS else "document"


class Shelf:
    """Where the bytes are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def path(self, key: str) -> Path:
        """Raises ValueError for what can be no key of ours."""
        if len(key) != 32 or not key.isascii() or not key.isalnum():
            raise ValueError("no key")
        return self._folder / key

    async def take(self, stream: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store what comes; its key and size. Raises TooMuch."""
        key, size = secrets.token_hex(16), 0
        try:
            with self.path(key).open("wb") as file:
                async for piece in stream:
                    size += len(piece)
                    if size > LARGEST:
                        raise TooMuch
                    file.write(piece)
        except BaseException:
            self.drop(key)
            raise
        return key, size

    async def copy(self, action: SendFile) -> Filed:
        """Keep what the bot sends."""
        assert action.file is not None
        of, key = action.attachment, secrets.token_hex(16)
        await asyncio.to_thread(shutil.copyfile, action.file, self.path(key))
        size = self.path(key).stat().st_size
        return Filed(key, of.kind, name_of(of), mime_of(of), size, of.seconds)

    def drop(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)
