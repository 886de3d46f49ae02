"""Translating one text: protect, remember, ask the engines in order, check. It knows no database and no engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import regex
import structlog

from bot.ports import (
    NOT_OFFERED,
    Busy,
    Engine,
    EngineError,
    Keep,
    Marked,
    NotOffered,
    Rejected,
    Unavailable,
    Unsupported,
)
from bot.text import languages
from bot.translation.gate.checks import check
from bot.translation.gate.findings import Finding
from bot.translation.gate.kept import not_kept
from bot.translation.protecting import mark, paragraphs

Work = TypeVar("Work")

_log = structlog.get_logger()

MEMORY = "memory"
"""The engine of a text that was remembered as a whole."""
SOON = timedelta(seconds=30)
"""When to try again after a failure that passes, where the engine named no time."""
AFTER_AN_OPERATOR = timedelta(minutes=10)
"""When to try again where somebody has to do something first."""
_MANY_TIMES = 20
_FEW_CHARACTERS = 1_000
"""What an engine that goes round in circles brings is not worth the time that it takes to look through it."""


@dataclass(frozen=True, slots=True)
class Result:
    """A translation with its findings, or why there is none.

    `engine` made the text: None where there was nothing to translate, MEMORY where all of it was remembered.
    Without a text, `failure` says why in plain English, and `retry_after` when it is worth another try, if ever.
    """

    text: str | None
    engine: str | None
    findings: tuple[Finding, ...]
    retry_after: timedelta | None
    failure: str | None
    language: str | None = None  # in which it is, where that had to be found out


async def translate(
    text: str,
    source: str,
    target: str,
    engines: Sequence[Engine],
    remembered: Callable[[str], str | None],
    *,
    within: timedelta = timedelta(seconds=60),
) -> Result:
    """Translate a text. `remembered` gives the approved translation of a paragraph (as `paragraphs` cuts them).

    The first engine whose work shows nothing that blocks is taken; where all have some, the one with the fewest.
    White space and line breaks stay as they are. No failure of an engine is raised.
    """
    pieces = paragraphs(text)
    if languages.normalise(source) == languages.normalise(target):
        return Result(text, None, (), None, None)
    wanted = {place: piece for place, piece in enumerate(pieces) if _has_words(mark(piece))}
    if not wanted:
        return Result(text, None, (), None, None)
    known = {place: found for place, piece in wanted.items() if (found := remembered(piece)) is not None}
    todo = {place: mark(_clean(piece.strip())) for place, piece in wanted.items() if place not in known}
    if not todo:
        return Result(_assembled(pieces, known), MEMORY, (), None, None)
    draft, failures = await _best(engines, todo, source, target, within)
    if draft is None:
        return _failed(failures)
    return Result(_assembled(pieces, {**known, **draft.texts}), draft.engine, draft.findings, None, None)


# --- the engines, in order -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Draft:
    texts: Mapping[int, str]
    engine: str
    findings: tuple[Finding, ...]

    @property
    def blocks(self) -> int:
        return sum(finding.blocking for finding in self.findings)


async def _best(
    engines: Sequence[Engine], todo: Mapping[int, Marked], source: str, target: str, within: timedelta
) -> tuple[_Draft | None, list[EngineError]]:
    async def drafted(engine: Engine) -> _Draft:
        texts = await _asked(engine, todo, source, target)
        return _Draft(texts, engine.name, _findings(todo, texts, source, target))

    drafts, failures = await in_order(engines, within, drafted, lambda draft: not draft.blocks)
    return min(drafts, key=lambda draft: draft.blocks, default=None), failures


async def in_order(
    engines: Sequence[Engine],
    within: timedelta,
    ask: Callable[[Engine], Awaitable[Work]],
    enough: Callable[[Work], bool],
) -> tuple[list[Work], list[EngineError]]:
    """What the engines made, one after the other until one's work is enough or the time is over, and what failed."""
    made: list[Work] = []
    failures: list[EngineError] = []
    try:
        async with asyncio.timeout(within.total_seconds()):
            ends = asyncio.get_running_loop().time() + within.total_seconds()
            for place, engine in enumerate(engines):
                try:
                    async with _share_of(ends, len(engines) - place):
                        made.append(await ask(engine))
                except EngineError as failure:
                    failures.append(failure)
                    continue
                if enough(made[-1]):
                    break
    except TimeoutError:
        failures.append(Unavailable("the engines took too long"))
    return made, failures


@asynccontextmanager
async def _share_of(ends: float, engines: int) -> AsyncIterator[None]:
    """As much of the time until `ends` as is left for each of so many engines: one that hangs leaves the next its own.

    Raises Unavailable when it is over.
    """
    loop = asyncio.get_running_loop()
    if engines == 1:  # the last may take all
        yield
        return
    try:
        async with asyncio.timeout_at(loop.time() + (ends - loop.time()) / engines):
            yield
    except TimeoutError:
        raise Unavailable("the engine took too long") from None


async def _asked(engine: Engine, todo: Mapping[int, Marked], source: str, target: str) -> dict[int, str]:
    """What one engine makes of the paragraphs; where it lost a stretch, once more in the segments between them."""
    texts = dict(zip(todo, await _called(engine, list(todo.values()), source, target), strict=True))
    broken = {place: todo[place] for place, given in texts.items() if not_kept(_kept(todo[place]), given)}
    if broken:
        try:
            texts |= await _by_segments(engine, broken, source, target)
        except EngineError as failure:
            _log.info(
                "the segments could not be translated", engine=engine.name, error=failure
            )  # the check will say so
    return texts


async def _called(engine: Engine, marked: Sequence[Marked], source: str, target: str) -> list[str]:
    try:
        given = [_clean(text) for text in await engine.translate(marked, source, target)]
    except EngineError:
        raise
    except Exception as error:
        _log.error("an engine failed in a way of its own", engine=engine.name, error=error)
        raise Unavailable("the engine failed") from None
    if len(given) != len(marked):
        raise Unavailable("the engine gave another number of paragraphs back")
    if any(
        len(text) > _FEW_CHARACTERS + _MANY_TIMES * len(_plain(one)) for one, text in zip(marked, given, strict=True)
    ):
        raise Unavailable("the engine made the text many times as long")
    return given


async def _by_segments(engine: Engine, broken: Mapping[int, Marked], source: str, target: str) -> dict[int, str]:
    cut = {
        (place, at): part.strip()
        for place, marked in broken.items()
        for at, part in enumerate(marked)
        if isinstance(part, str) and _has_words((part,))
    }
    given = await _called(engine, [(segment,) for segment in cut.values()], source, target)
    segments = dict(zip(cut, given, strict=True))
    return {
        place: "".join(
            part.text if isinstance(part, Keep) else _in_place(part, segments.get((place, at)))
            for at, part in enumerate(marked)
        )
        for place, marked in broken.items()
    }


def _findings(todo: Mapping[int, Marked], texts: Mapping[int, str], source: str, target: str) -> tuple[Finding, ...]:
    """Each paragraph is checked alone, then all as a whole for what shows only in a longer text."""
    source, target = languages.normalise(source), languages.normalise(target)
    found = [
        finding
        for place, marked in todo.items()
        for finding in check(_plain(marked), texts[place], source, target, _kept(marked))
    ]
    if len(todo) > 1:
        codes = {finding.code for finding in found}
        if "unchanged" in codes:
            codes.add("wrong-language")  # it has been said already
        if "number-missing" in codes:
            codes.add("number-moved")
        whole = check("\n".join(map(_plain, todo.values())), "\n".join(texts[place] for place in todo), source, target)
        found += [finding for finding in whole if finding.code not in codes]
    return tuple(dict.fromkeys(found))


def _failed(failures: Sequence[EngineError]) -> Result:
    if failures and all(isinstance(failure, NotOffered) for failure in failures):
        return Result(None, None, (), None, NOT_OFFERED)
    reasons = [failure for failure in failures if not isinstance(failure, Unsupported)] or list(failures)
    said = "; ".join(dict.fromkeys(str(failure) for failure in reasons)) or "no engine is configured"
    return Result(None, None, (), again_after(failures), said)


def again_after(failures: Sequence[EngineError]) -> timedelta | None:
    """When another try is worth it, if ever: the failure that is likeliest to pass decides."""
    waits: list[timedelta] = []
    for failure in failures:
        match failure:
            case Busy(retry_after=wait):
                waits.append(wait or SOON)
            case Unavailable():
                waits.append(SOON)
            case Rejected():
                waits.append(AFTER_AN_OPERATOR)
    return min(waits, default=None)


# --- pieces of text ------------------------------------------------------------------------------------------------

_UNWANTED = regex.compile(r"[\p{Cc}\p{Cs}--\t]", regex.VERSION1)
"""Control characters and halves of characters: engines fall over them, and nobody reads them."""
_BREAKS = regex.compile(r"[\n\r\v\f\x85\u2028\u2029]+")
"""A paragraph has none; where an engine has made some, the words on both sides must not become one."""


def _clean(text: str) -> str:
    return _UNWANTED.sub("", _BREAKS.sub(" ", text.strip()))


def _has_words(marked: Marked) -> bool:
    return any(character.isalpha() for part in marked if isinstance(part, str) for character in part)


def _plain(marked: Marked) -> str:
    return "".join(part.text if isinstance(part, Keep) else part for part in marked)


def _kept(marked: Marked) -> list[str]:
    return [part.text for part in marked if isinstance(part, Keep)]


def _in_place(original: str, translated: str | None) -> str:
    """The translation with the white space that stood around the original."""
    if translated is None:
        return original
    start = len(original) - len(original.lstrip())
    return original[:start] + translated.strip() + original[len(original.rstrip()) :]


def _assembled(pieces: Sequence[str], translated: Mapping[int, str]) -> str:
    return "".join(_in_place(piece, translated.get(place)) for place, piece in enumerate(pieces))
