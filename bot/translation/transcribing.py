"""Writing down what somebody says in a recording: the engines in order, the first that understands it is taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from bot.ports import Engine, EngineError, Transcriber, Unavailable
from bot.text.languages import normalise
from bot.translation.translating import Result, again_after, in_order

_log = structlog.get_logger()

LONGEST = timedelta(minutes=10)
"""How long the engines may listen to one recording: on a small machine that takes longer than it lasts."""
_CODE = re.compile("[a-z]{2,3}")
_MOST = 20_000  # characters: more than anybody says in a file that is passed on


async def transcribe(
    recording: Path, mime: str, language: str | None, engines: Sequence[Engine], within: timedelta = LONGEST
) -> Result:
    """`language`: the speaker's, as far as it is known. No failure of an engine is raised."""
    found, failures = await in_order(
        engines, within, lambda engine: _heard(engine, recording, mime, language), lambda result: bool(result.text)
    )
    if found and found[-1].text:
        return found[-1]
    said = "; ".join(dict.fromkeys(str(failure) for failure in failures)) or "no engine heard a word"
    return Result(None, None, (), again_after(failures), said)


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
