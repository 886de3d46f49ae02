"""One gate per engine: so many calls at once, and none for a while when the engine fails or asks for a pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.ports import Busy, NotOffered, Rejected, Unavailable, Unsupported

FAILURES = 3
"""So many failures in a row close the gate."""
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
PAUSE_WHEN_TOLD = timedelta(seconds=60)
"""After "too many requests" without a time; LibreTranslate answers a caller who goes on with a ban."""
PAUSE_WHEN_REJECTED = timedelta(minutes=10)


class Stumbled(Unavailable):
    """The server is there, and has fallen over this text; over another it may not."""


class Gate:
    """Go through it with `async with gate(text):` around each call. Raises Busy while it is closed.

    After a pause one call goes through alone; how it fares decides for the others. A text over which the server
    stumbles, however often it is tried and into however many languages, counts as one failure.
    """

    def __init__(self, concurrency: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._clock = clock
        self._closed_until: float | None = None
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._over: set[object] = set()  # the texts over which it has stumbled since it went well
        self._trying = False

    @asynccontextmanager
    async def __call__(self, text: object = None) -> AsyncIterator[None]:
        self._refuse_while_closed()
        async with self._slots:
            self._refuse_while_closed()
            trial = self._trying = self._closed_until is not None
            try:
                yield
            except Busy as failure:
                self._close(failure.retry_after or PAUSE_WHEN_TOLD)
                raise
            except Rejected:
                self._close(PAUSE_WHEN_REJECTED)
                raise
            except Stumbled:
                if text is None or text not in self._over:
                    self._over.add(text)
                    self._failed()
                raise
            except Unavailable:
                self._failed()
                raise
            except NotOffered:  # known without asking: it tells nothing of how the server is
                raise
            except Unsupported:
                self._open()
                raise
            except (asyncio.CancelledError, Exception):  # whoever asked has waited long enough; or nobody foresaw it
                self._failed()
                raise
            else:
                self._open()
            finally:
                if trial:
                    self._trying = False

    def _refuse_while_closed(self) -> None:
        if self._closed_until is None:
            return
        left = self._closed_until - self._clock()
        if left > 0 or self._trying:
            raise Busy("the engine is given a rest", timedelta(seconds=max(left, 1.0)))

    def _open(self) -> None:
        self._failures, self._pause = 0, FIRST_PAUSE
        self._over.clear()
        self._closed_until = None

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._close(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _close(self, pause: timedelta) -> None:
        self._closed_until = max(self._closed_until or 0.0, self._clock() + pause.total_seconds())
