"""Engines that listen are asked in order, and none of their failures is raised."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import Busy, EngineError, Heard, Rejected, Unavailable, Unsupported
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


@pytest.mark.parametrize("given", [None, Heard(None), Heard(7), Heard("tenho fome", ["pt"])], ids=str)  # type: ignore[arg-type]
async def test_what_gives_something_else_than_words_has_failed(recording: Path, given: Heard) -> None:
    """And brings nobody down with it."""
    confused, other = Ear("confused"), Ear()
    confused.gives = (given,)
    result = await transcribe(recording, "audio/ogg", None, [confused, other])
    assert (result.text, result.engine) == ("tenho fome", "ear")


@pytest.mark.parametrize("says", ["portuguese", "Portuguese (Brazil)", "?", ""])
async def test_a_language_that_is_no_code_is_not_known(recording: Path, says: str) -> None:
    result = await transcribe(recording, "audio/ogg", None, [Ear(says=says)])
    assert (result.text, result.language) == ("tenho fome", None)


async def test_an_engine_that_hangs_leaves_the_next_its_share_of_the_time(recording: Path) -> None:
    slow = Ear("slow")
    slow.gate.clear()
    result = await transcribe(recording, "audio/ogg", None, [slow, Ear()], within=timedelta(seconds=1))
    assert (result.text, result.engine) == ("tenho fome", "ear")
