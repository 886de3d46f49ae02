"""Writing down what somebody says in a recording: the engines in order, the first that understands it is taken."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from bot.ports import Busy, Engine, EngineError, Rejected, Transcriber, Unavailable
from bot.text.languages import normalise
from bot.translation.translating import AFTER_AN_OPERATOR, SOON, Result, share_of

_log = structlog.get_logger()

LONGEST = timedelta(minutes=10)
"""How long the engines may listen to one recording: on a small machine that takes longer than it lasts."""
_CODE = re.compile("[a-z]{2,3}")
_MOST = 20_000  # characters: more than anybody says in a file that is passed on


async def transcribe(
    recording: Path, mime: str, language: str | None, engines: Sequence[Engine], within: timedelta = LONGEST
) -> Result:
    """`language`: the speaker's, as far as it is known. No failure of an engine is raised."""
    failures: list[EngineError] = []
    try:
        async with asyncio.timeout(within.total_seconds()):
            ends = asyncio.get_running_loop().time() + within.total_seconds()
            for place, engine in enumerate(engines):
                try:
                    async with share_of(ends, len(engines) - place):
                        found = await _heard(engine, recording, mime, language)
                except EngineError as failure:
                    failures.append(failure)
                    continue
                if found.text:
                    return found
    except TimeoutError:
        failures.append(Unavailable("the engines took too long"))
    waits = [wait for failure in failures if (wait := _wait(failure)) is not None]
    said = "; ".join(dict.fromkeys(str(failure) for failure in failures)) or "no engine heard a word"
    return Result(None, None, (), min(waits, default=None), said)


async def _heard(engine: Engine, recording: Path, mime: str, language: str | None) -> Result:
    if not isinstance(engine, Transcriber):
        raise Unavailable("the engine cannot listen")
    try:
        heard = await engine.transcribe(recording, mime, language)
        # What it gives may be no words at all: that is its fault, and nobody else's.
        words = heard.text.replace("\x00", "").encode(errors="replace").decode().strip()[:_MOST]
        spoken = normalise(heard.language) if heard.language else ""
    except EngineError:
        raise
    except Exception as error:
        _log.error("an engine failed in a way of its own", engine=engine.name, error=error)
        raise Unavailable("the engine failed") from None
    # Some name a language in words ("portuguese"), which no engine could translate from.
    return Result(words, engine.name, (), None, None, spoken if _CODE.fullmatch(spoken) else None)


def _wait(failure: EngineError) -> timedelta | None:
    match failure:
        case Busy(retry_after=wait):
            return wait or SOON
        case Unavailable():
            return SOON
        case Rejected():
            return AFTER_AN_OPERATOR
    return None
