"""Telegram's flood limits as buckets that refuse what comes too fast; pure arithmetic over the times given to it.

The numbers are core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: about 30 messages a second in
all, one a second to one chat (short bursts pass), 20 a minute to one group. Telegram does not publish the burst.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

# Edits and new topics count like messages; deleting and answering presses do not.
COUNTED = frozenset(
    {
        "sendmessage",
        "sendphoto",
        "senddocument",
        "sendvoice",
        "sendaudio",
        "sendvideo",
        "sendvideonote",
        "sendanimation",
        "editmessagecaption",
        "editmessagetext",
        "editmessagereplymarkup",
        "createforumtopic",
    }
)


@dataclass(slots=True)
class Window:
    """At most `most` events within any `seconds`."""

    most: int
    seconds: float
    _times: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        return 0.0 if len(self._times) < self.most else self._times[0] + self.seconds - now

    def take(self, now: float) -> None:
        self._times.append(now)


@dataclass(slots=True)
class Bucket:
    """`burst` events at once, refilled at `rate` a second."""

    rate: float
    burst: int
    _level: float | None = None
    _at: float = 0.0

    def wait(self, now: float) -> float:
        level = self._refilled(now)
        return 0.0 if level >= 1 else (1 - level) / self.rate

    def take(self, now: float) -> None:
        self._level, self._at = self._refilled(now) - 1, now

    def _refilled(self, now: float) -> float:
        if self._level is None:
            return float(self.burst)
        # A hair of tolerance: a client that waits exactly as long as told must pass.
        return min(self.burst, self._level + (now - self._at) * self.rate + 1e-9)


@dataclass(slots=True)
class FloodLimits:
    """`refused` counts what was refused, so that a test can demand that nothing was."""

    per_second: int = 30
    paid_per_second: int = 1000
    chat_burst: int = 3
    group_per_minute: int = 20
    refused: int = 0
    _bots: dict[tuple[int, bool], Window] = field(default_factory=dict)
    _chats: dict[tuple[int, int], Bucket] = field(default_factory=dict)
    _groups: dict[tuple[int, int], Window] = field(default_factory=dict)

    def admit(self, bot: int, chat: int, now: float, *, paid: bool = False) -> int | None:
        """Count one call; None if it may pass, else its `retry_after` in whole seconds. Refused calls cost nothing.

        `paid`: with allow_paid_broadcast, which has a limit of its own for the bot as a whole.
        """
        most = self.paid_per_second if paid else self.per_second
        limits: list[Window | Bucket] = [self._bots.setdefault((bot, paid), Window(most, 1.0))]
        key = (bot, chat)
        if chat > 0:
            limits.append(self._chats.setdefault(key, Bucket(1.0, self.chat_burst)))
        else:
            limits.append(self._groups.setdefault(key, Window(self.group_per_minute, 60.0)))
        wait = max(limit.wait(now) for limit in limits)
        if wait > 0:
            self.refused += 1
            return max(1, math.ceil(wait))
        for limit in limits:
            limit.take(now)
        return None


def most_within(times: list[float], seconds: float) -> int:
    """The largest number of the (sorted) times that lie within any `seconds`: what a client's pacing really did."""
    window: deque[float] = deque()
    most = 0
    for time in times:
        window.append(time)
        while window[0] <= time - seconds:
            window.popleft()
        most = max(most, len(window))
    return most
