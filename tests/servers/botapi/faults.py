"""Faults to inject: what goes wrong, at which call, how often."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TooMany:
    """429. Nothing was done."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Status:
    """Another HTTP status with a page of HTML, as proxies send it. `applied`: the call took effect all the same."""

    status: int = 502
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Error:
    """Any Bot API error, e.g. a single 404. Nothing was done."""

    status: int
    description: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Do nothing until `release()` is called on the injected fault, or for `seconds`; then do it and answer.

    `applied`: do it at once, and only answer late.
    """

    seconds: float | None = None
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Take the request, do it (unless not `applied`), and reset the connection instead of answering."""

    applied: bool = True


@dataclass(frozen=True, slots=True)
class Truncate:
    """Do it, and break off in the middle of the answer."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Do it (unless not `applied`), and never answer."""

    applied: bool = True


@dataclass(frozen=True, slots=True)
class BadShape:
    """Do it, and answer 200 with something else than a Bot API answer."""

    body: bytes = b'{"ok":true}'


@dataclass(frozen=True, slots=True)
class RepeatUpdates:
    """For getUpdates: the updates of the answer before come again, ahead of the new ones."""


Fault = TooMany | Status | Error | Hold | Reset | Truncate | Hang | BadShape | RepeatUpdates
UNKNOWN_OUTCOME: tuple[Fault, ...] = (Reset(), Truncate(), Hang(), Status(502, applied=True), BadShape())
"""Faults after which the message stands in the chat and the bot cannot know it."""


@dataclass(eq=False, slots=True)
class Injected:
    """A fault that waits for its call. `hits` counts the calls that met it; `await met()` returns after the first."""

    fault: Fault
    method: str | None
    chat: int | None
    nth: int
    times: int | None
    hits: int = 0
    _seen: int = 0
    _met: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def met(self, timeout: float = 10.0) -> None:
        await asyncio.wait_for(self._met.wait(), timeout)

    def release(self) -> None:
        """Let the held call go on, and all that meet this fault later."""
        self._released.set()

    async def released(self) -> None:
        await self._released.wait()

    def meets(self, method: str, chat: int | None) -> bool:
        """Whether this call is the one; counts those that match."""
        # A fault for "every method" does not touch receiving, which would only confuse what is tested.
        if self.method != method and (self.method is not None or method == "getupdates"):
            return False
        if self.chat is not None and self.chat != chat:
            return False
        self._seen += 1
        if self._seen < self.nth or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        self._met.set()
        return True


@dataclass(eq=False, slots=True)
class Faults:
    """The queue of injected faults; a call meets the first that matches it."""

    injected: list[Injected] = field(default_factory=list)

    def add(
        self,
        fault: Fault,
        method: str | None = None,
        chat: int | None = None,
        *,
        nth: int = 1,
        times: int | None = 1,
    ) -> Injected:
        """Let the `nth` matching call and the `times - 1` after it meet the fault (None: all after it).

        Without `method` every call but getUpdates matches, without `chat` every chat.
        """
        injected = Injected(fault, method and method.lower(), chat, nth, times)
        self.injected.append(injected)
        return injected

    def meet(self, method: str, chat: int | None) -> Injected | None:
        return next((injected for injected in self.injected if injected.meets(method, chat)), None)

    def clear(self) -> None:
        """Forget all faults and let everything go that they hold."""
        for injected in self.injected:
            injected.release()
        self.injected.clear()
