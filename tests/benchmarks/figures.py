"""Figures: what both sides took in turn, and the row of the table that comes of it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.benchmarks.runs import Measured

T = TypeVar("T")

HEAD = "| what | Schakel | beside it | ratio: median (min–max) | asked for | |\n|---|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Asked:
    """A bound that the issue sets: on the ratio, or with `absolute` on our own figure."""

    bound: float
    at_most: bool = False
    absolute: bool = False

    def __str__(self) -> str:
        unit = "" if self.absolute else " ×"
        return f"{'≤' if self.at_most else '≥'} {self.bound:,g}{unit}"

    def met(self, figure: float) -> bool:
        return figure <= self.bound if self.at_most else figure >= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, run by run; `theirs` is empty where there is only a bound of our own."""

    what: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float] = ()
    asked: Asked | None = None

    @property
    def ratios(self) -> list[float]:
        """Pair by pair: a slow moment of the machine meets both."""
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)] if self.theirs else []

    @property
    def met(self) -> bool | None:
        if self.asked is None:
            return None
        return self.asked.met(statistics.median(self.ours if self.asked.absolute else self.ratios))

    def row(self) -> str:
        """A line of the table."""
        theirs = f"{shown(statistics.median(self.theirs))} {self.unit}" if self.theirs else ""
        verdict = {None: "", True: "met", False: "**missed**"}[self.met]
        cells = [
            self.what,
            f"{shown(statistics.median(self.ours))} {self.unit}",
            theirs,
            spread(self.ratios) if self.theirs else spread(self.ours),
            str(self.asked or ""),
            verdict,
        ]
        return f"| {' | '.join(cells)} |"


def spread(values: Sequence[float]) -> str:
    return f"{shown(statistics.median(values))} ({shown(min(values))}–{shown(max(values))})"


def shown(value: float) -> str:
    """A number with as many digits as it deserves: "12,345", "12.3", "1.23"."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def all_of(measured: Sequence[Measured], name: str, times: float = 1) -> list[float]:
    """One of the values, run by run."""
    return [one[name] * times for one in measured]


def in_turn(runs: int, sides: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Each side `runs` times, one after the other, every other round the other way round."""
    results: dict[str, list[T]] = {name: [] for name in sides}
    for number in range(runs):
        names = list(sides)
        for name in names if number % 2 == 0 else reversed(names):
            results[name].append(sides[name]())
    return results
