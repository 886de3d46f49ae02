"""An engine that hears what is written in the bytes of a recording, and can be deaf, down, or slow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.ports import Heard, Marked, Unsupported
from tests.handlers.phrasebook import Phrasebook


class Ear(Phrasebook):
    """`says`: the language that it tells; `failure`: what it raises, once; `gives`: what it answers instead of words,
    once each."""

    def __init__(self, name: str = "ear", says: str | None = "pt") -> None:
        super().__init__(name)
        self.says = says
        self.failure: Exception | None = None
        self.gives: tuple[Heard, ...] = ()
        self.heard: list[tuple[str, str | None]] = []
        self.files: list[Path] = []

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        raise Unsupported("it only listens")

    async def transcribe(self, recording: Path, mime: str, language: str | None) -> Heard:
        self.heard.append((mime, language))
        self.files.append(recording)
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        if self.gives:
            given, *rest = self.gives
            self.gives = tuple(rest)
            return given
        await self.gate.wait()
        words = await asyncio.to_thread(recording.read_bytes)
        return Heard(words.decode(), self.says)
