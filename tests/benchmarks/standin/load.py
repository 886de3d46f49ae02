"""Messages on their way through a bot: so many at a time, each timed from one network to the other."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Callable

_NUMBER = re.compile(rb"message number (\d+)")


def words(number: int) -> str:
    return f"message number {number}"


class Load:
    """`release` makes a message with these words appear on the one network; `arrived` hears what the other was sent."""

    def __init__(self, messages: int, at_once: int, release: Callable[[int], None]) -> None:
        self.done: asyncio.Future[dict[str, float]] = asyncio.get_running_loop().create_future()
        self._messages = messages
        self._release = release
        self._released: dict[int, float] = {}
        self._took: list[float] = []
        self._next = 0
        self._again = 0
        self._began = time.perf_counter()
        for _ in range(min(at_once, messages)):
            self._another()

    def _another(self) -> None:
        number, self._next = self._next, self._next + 1
        self._released[number] = time.perf_counter()
        self._release(number)

    def arrived(self, body: bytes) -> None:
        """Another is let go for each that has arrived."""
        found = _NUMBER.search(body)
        began = self._released.pop(int(found[1]), None) if found else None
        if began is None:
            self._again += 1
            return
        now = time.perf_counter()
        self._took.append(now - began)
        if self._next < self._messages:
            self._another()
        elif not self._released:
            self.done.set_result(
                {
                    "rate": self._messages / (now - self._began),
                    "p50": statistics.median(self._took),
                    "p99": statistics.quantiles(self._took, n=100)[98],
                    "again": self._again,
                }
            )
