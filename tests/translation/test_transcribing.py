"""Engines that listen are asked in order, and none of their failures is raised."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import Busy, EngineError, Rejected, Unavailable, Unsupported
from bot.translation.transcribing import transcribe
from bot.translation.translating import AFTER_AN_OPERATOR, SOON
from tests.handlers.ear import Ear
from tests.handlers.phrasebook import Phrasebook


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "voice"
    file.write_bytes(b"tenho fome \x00 ")
    return file


def failing(failure: Exception) -> Ear:
    ear = Ear("failing")
    ear.failure = failure
    return ear


async def test_the_first_that_hears_words_is_taken(recording: Path) -> None:
    """One that fails or cannot listen is passed over; the language is spelt as ours."""
    engines = [failing(Unavailable("down")), failing(ZeroDivisionError()), Phrasebook(), Ear(says="por_BR")]
    result = await transcribe(recording, "audio/ogg", None, engines)
    assert (result.text, result.engine, result.language, result.failure) == ("tenho fome", "ear", "pt", None)


@pytest.mark.parametrize(
    ("failure", "again"),
    [
        (Busy("a pause", timedelta(seconds=7)), timedelta(seconds=7)),
        (Unavailable("down"), SOON),
        (Rejected("the key"), AFTER_AN_OPERATOR),
        (Unsupported("no such sound"), None),
    ],
)
async def test_a_failure_says_whether_to_try_again(recording: Path, failure: EngineError, again: timedelta) -> None:
    result = await transcribe(recording, "audio/ogg", None, [failing(failure)])
    assert (result.text, result.retry_after, result.failure) == (None, again, str(failure))


async def test_where_nobody_speaks_there_is_nothing_to_try_again(recording: Path) -> None:
    await asyncio.to_thread(recording.write_bytes, b" ")
    result = await transcribe(recording, "audio/ogg", None, [Ear()])
    assert (result.text, result.retry_after) == (None, None)


async def test_an_engine_that_never_ends_is_left(recording: Path) -> None:
    slow = Ear()
    slow.gate.clear()
    result = await transcribe(recording, "audio/ogg", None, [slow], within=timedelta(seconds=0.01))
    assert (result.text, result.retry_after) == (None, SOON)
