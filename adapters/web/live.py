"""The history, worked on by one thread, and everybody who waits for it to grow: open pages and the core."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from adapters.web.files import Shelf
from adapters.web.history import History

P = ParamSpec("P")
T = TypeVar("T")

TOASTS = 8  # a page that does not listen keeps the latest few


@dataclass(slots=True, eq=False)
class Listener:
    """Somebody who waits for changes. `page` names an open page; short notes for it alone wait in `toasts`."""

    page: str = ""
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    toasts: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=TOASTS))


class Live:
    def __init__(self, file: Path, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "web-history")
        self._listeners: set[Listener] = set()
        self.shelf = Shelf(file.parent / "files")
        self._history: History | None = None
        self.closing = False

    async def open(self) -> None:
        self._history = await asyncio.get_running_loop().run_in_executor(self._thread, History, self._file, self._clock)

    async def close(self) -> None:
        if self._history is not None:
            await self.read(History.close)
        self._thread.shutdown()

    async def read(self, work: Callable[Concatenate[History, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        assert self._history is not None, "open comes first"
        done = partial(work, self._history, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, done)

    async def write(self, work: Callable[Concatenate[History, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it durably, then wake everybody. A caller that is cancelled meanwhile leaves the work whole."""
        try:
            return await self.read(work, *args, **kwargs)
        finally:
            self.wake()

    def wake(self) -> None:
        for listener in self._listeners:
            listener.woken.set()

    def end(self) -> None:
        """Let every waiting page go."""
        self.closing = True
        self.wake()

    @contextmanager
    def listening(self, page: str = "") -> Iterator[Listener]:
        listener = Listener(page)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def toast(self, page: str, chat: str, text: str) -> None:
        """A short note for one open page; if it is closed by now, nobody misses it."""
        for listener in self._listeners:
            if listener.page == page:
                listener.toasts.append((chat, text))
                listener.woken.set()
