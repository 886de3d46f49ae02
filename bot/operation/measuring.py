"""What the bot measures of its own work: plain numbers, by account and by engine, never by chat or person."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import ClassVar, TypeVar

from pydantic import BaseModel

from bot.clock import Clock
from bot.ports import (
    Busy,
    Closed,
    Engine,
    EngineError,
    Gone,
    Heard,
    Marked,
    Moved,
    NotSent,
    Question,
    Rejected,
    SendError,
    Transcriber,
    Unavailable,
    Unknown,
    Unsupported,
)

T = TypeVar("T")

RESULTS = ("sent", "retried", "refused", "gone", "moved", "unknown")
"""What can become of one attempt to send something."""

_WAITS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
_CALLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_COMMITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


@dataclass(slots=True)
class Histogram:
    """How many of the values seen are at most each bound; the last count is of what is above them all."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def cumulated(self) -> list[tuple[float, int]]:
        """Each bound, infinity last, with how many values lie at or below it."""
        result, so_far = [], 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            so_far += count
            result.append((bound, so_far))
        return result


class Measures:
    """Counted since the start of the process."""

    def __init__(self, accounts: Sequence[str], engines: Sequence[str], clock: Clock) -> None:
        self._clock = clock
        self.sends: Counter[tuple[str, str]] = Counter({(a, result): 0 for a in accounts for result in RESULTS})
        self.waits = {account: Histogram(_WAITS) for account in accounts}
        self.lags = {account: Histogram(_WAITS) for account in accounts}
        self.heard_at: dict[str, float] = {}  # by the steady clock
        self.translations = {engine: Histogram(_CALLS) for engine in engines}
        self.translation_failures: Counter[tuple[str, str]] = Counter()
        self.commits = Histogram(_COMMITS)

    def sent(self, account: str, ready_at: datetime | None) -> None:
        """The network has taken something; `ready_at`: since when it could have gone, where that is known."""
        self.sends[account, "sent"] += 1
        if ready_at is not None:
            self.waits[account].add(self._since(ready_at))

    def not_sent(self, account: str, error: SendError) -> None:
        self.sends[account, result_of(error)] += 1

    def heard(self, account: str) -> None:
        """The network has answered, with news or without."""
        self.heard_at[account] = self._clock.steady()

    def silent_for(self, account: str) -> float | None:
        """Seconds since the network answered last; None where it has not since the start."""
        at = self.heard_at.get(account)
        return None if at is None else self._clock.steady() - at

    def handled(self, account: str, happened_at: datetime) -> None:
        """Something that people did then has had its effect now."""
        self.lags[account].add(self._since(happened_at))

    def translated(self, engine: str, seconds: float) -> None:
        self.translations[engine].add(seconds)

    def not_translated(self, engine: str, reason: str) -> None:
        self.translation_failures[engine, reason] += 1

    def committed(self, seconds: float) -> None:
        """Comes from the writer's thread."""
        self.commits.add(seconds)

    def _since(self, at: datetime) -> float:
        """People's clocks may be ahead of ours."""
        return max(0.0, (self._clock.now() - at).total_seconds())


def result_of(error: SendError) -> str:
    """One of RESULTS."""
    match error:
        case NotSent() | Closed():
            return "retried"
        case Gone():
            return "gone"
        case Moved():
            return "moved"
        case Unknown():
            return "unknown"
        case _:
            return "refused"


def reason_of(error: EngineError) -> str:
    """The class of a failed translation."""
    kinds = {Unsupported: "unsupported", Busy: "busy", Unavailable: "unavailable", Rejected: "rejected"}
    return next((name for kind, name in kinds.items() if isinstance(error, kind)), "unavailable")


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many wait in a queue, the oldest since then."""

    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Queues:
    """`outbox` by account and priority, only what is not empty; `failed` counts by kind what needs hands."""

    outbox: dict[tuple[str, int], Waiting]
    inbox: Waiting
    failed: dict[str, int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What can be told of a running bot. `connected`: by account, what is wrong with its line, None while it is well.

    `queues` is None where the database could not be read. `free`: bytes on the disk of the bot's folder.
    """

    measures: Measures
    connected: Mapping[str, str | None]
    queues: Queues | None
    free: int
    now: datetime


class MeasuredEngine:
    """An engine whose calls are counted and timed; otherwise it is the one within."""

    Settings: ClassVar[type[BaseModel]] = BaseModel
    questions: ClassVar[Sequence[Question]] = ()

    def __init__(
        self,
        within: Engine,
        measures: Measures,
        steady: Callable[[], float] = monotonic,
        accepted: Callable[[str, bool], None] = lambda engine, accepted: None,
    ) -> None:
        """`accepted` hears whether the engine takes us: it has answered, or it does not accept our key."""
        self.name = within.name
        self.read_by = within.read_by
        self._within = within
        self._measures = measures
        self._steady = steady
        self._accepted = accepted

    async def open(self) -> None:
        await self._within.open()

    async def close(self) -> None:
        await self._within.close()

    async def check(self) -> list[str]:
        return await self._within.check()

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        return await self._measured(self._within.translate(paragraphs, source, target))

    async def transcribe(self, recording: Path, mime: str, language: str | None) -> Heard:
        if not isinstance(self._within, Transcriber):
            raise Unsupported("the engine cannot write down what somebody says")
        return await self._measured(self._within.transcribe(recording, mime, language))

    async def _measured(self, call: Awaitable[T]) -> T:
        began = self._steady()
        try:
            given = await call
        except EngineError as error:
            self._measures.not_translated(self.name, reason_of(error))
            if isinstance(error, Rejected):
                self._accepted(self.name, False)
            raise
        except asyncio.CancelledError:
            self._measures.not_translated(self.name, "too slow")
            raise
        except Exception:
            self._measures.not_translated(self.name, "fault")
            raise
        self._measures.translated(self.name, self._steady() - began)
        self._accepted(self.name, True)
        return given
