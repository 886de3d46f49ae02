"""A few threads for a library that blocks: bounded in number, and never a reason why the program cannot end."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """`count` daemon threads; the interpreter's own pool would be waited for at the end, however long a call hangs."""

    def __init__(self, name: str, count: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._count = count
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    async def call(self, function: Callable[[], T]) -> T:
        """Run the function in one of the threads. Cancelled, it goes on there, and its result is dropped."""
        done: asyncio.Future[T] = self._loop.create_future()

        def job() -> None:
            if done.cancelled():
                return
            try:
                settle = partial(_succeed, done, function())
            except Exception as error:
                settle = partial(_fail, done, error)
            with suppress(RuntimeError):  # the loop has ended without us
                self._loop.call_soon_threadsafe(settle)

        self._jobs.put(job)
        return await done

    def close(self) -> None:
        """Let every thread end after the call it is in."""
        for _ in range(self._count):
            self._jobs.put(None)

    def _work(self) -> None:
        while job := self._jobs.get():
            job()


def _succeed(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
