"""When the next message may go: a network's limits as arithmetic over given times. No clock, no sleeping."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

from bot.ports import Limits


@dataclass(slots=True)
class _ChatPace:
    free_at: float = 0.0
    window: deque[float] = field(default_factory=deque)  # the times of the latest messages to a group


class Pacer:
    """The limits of one account. Times are seconds of any steady clock, given by the caller and never going back.

    The whole account has a rate with a burst; a chat has a gap between messages; a group has an exact window (a token
    bucket of 20 a minute would let 39 out within one). A network's own word (`pause`) counts above all of them.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._increment = 1 / limits.per_second if limits.per_second else 0.0
        self._burst = max(limits.burst, 1)
        self._theoretical = 0.0  # when the bucket of the whole account would be full again (GCRA)
        self._paused_until = 0.0
        self._chats: dict[int, _ChatPace] = {}
        self._busy: list[tuple[float, int]] = []  # (free at, chat): may hold times that have been overtaken

    def slots(self, now: float) -> int:
        """How many messages the whole account may send right now."""
        if now < self._paused_until:
            return 0
        if not self._increment:
            return 1_000
        behind = max(self._theoretical, now) - now
        return max(0, int(self._burst - behind / self._increment + 1e-6))

    def next_slot(self, now: float) -> float:
        """When the whole account may send again; `now` or earlier means at once."""
        free = self._theoretical - (self._burst - 1) * self._increment if self._increment else 0.0
        return max(free, self._paused_until)

    def free_at(self, chat: int) -> float:
        """When the chat may be written to."""
        pace = self._chats.get(chat)
        return 0.0 if pace is None else pace.free_at

    def busy_chats(self, now: float) -> list[int]:
        """The chats that may not be written to yet."""
        while self._busy and self._busy[0][0] <= now:
            _, chat = heapq.heappop(self._busy)
            pace = self._chats.get(chat)
            if pace is not None and pace.free_at <= now and not self._remembers(pace, now):
                del self._chats[chat]
        return [chat for chat, pace in self._chats.items() if pace.free_at > now]

    def next_free(self, now: float) -> float | None:
        """When the next busy chat is free, None when none is busy."""
        self.busy_chats(now)
        return self._busy[0][0] if self._busy else None

    def sent(self, chat: int, group: bool, now: float) -> None:
        """A message goes to the chat now."""
        self._theoretical = max(self._theoretical, now) + self._increment
        gap, window = self._limits.chat_gap, self._limits.group_window
        if not gap and not (group and window):
            return
        pace = self._chats.setdefault(chat, _ChatPace())
        free = now + gap
        if group and window:
            most, seconds = window
            pace.window.append(now)
            if len(pace.window) >= most:
                free = max(free, pace.window.popleft() + seconds)
        self._occupy(chat, pace, free)

    def pause_chat(self, chat: int, until: float) -> None:
        """The network wants nothing for this chat before `until`."""
        self._occupy(chat, self._chats.setdefault(chat, _ChatPace()), until)

    def pause(self, until: float) -> None:
        """The network wants nothing from the whole account before `until`."""
        self._paused_until = max(self._paused_until, until)

    def _occupy(self, chat: int, pace: _ChatPace, until: float) -> None:
        pace.free_at = max(pace.free_at, until)
        heapq.heappush(self._busy, (pace.free_at, chat))
        if pace.window and self._limits.group_window:
            # Looked at once more when its window is empty, to be forgotten.
            heapq.heappush(self._busy, (pace.window[-1] + self._limits.group_window[1], chat))

    def _remembers(self, pace: _ChatPace, now: float) -> bool:
        window = self._limits.group_window
        return bool(pace.window) and window is not None and pace.window[-1] + window[1] > now
