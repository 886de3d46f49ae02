"""When the next message may go: a network's limits as arithmetic over given times. No clock, no sleeping."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field, replace

from bot.ports import Limits

_TOGETHER = 3  # chats that are refused within _SHORTLY: then it is the account that is too fast
_SHORTLY = 5.0  # seconds
_IN_SLOW_MODE = 20  # chats that are refused one after the other, each of which may deserve it
_ALL_QUIET = 60.0  # seconds at most for which chats that were not refused wait with those that were
_ROUNDING = 1e-7  # more than sums of seconds are off by
_LONGEST_GAP = 60.0  # seconds between messages that a homeserver's limit may ask for
_WELL, _MOST_WELL = 100, 1_000
"""Messages without a refusal, after which a learnt limit is loosened; twice as many each time that it was in vain."""
_LOOSER, _NO_LIMIT = 1.25, 50.0  # by how much; and from how many messages a second on it is forgotten


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `burst` messages at once, and `per_second` in the long run."""

    per_second: float
    burst: int


@dataclass(slots=True)
class _ChatPace:
    free_at: float = 0.0
    taken: bool = False  # the network has just taken a message for it
    window: deque[float] = field(default_factory=deque)  # the times of the latest messages to a group


class Pacer:
    """The limits of one account. Times are seconds of any steady clock, given by the caller and never going back.

    The whole account has a rate with a burst; a chat has a gap between messages; a group has an exact window (a token
    bucket of 20 a minute would let 39 out within one). A network's own word (`pause`) counts above all of them. Where
    the network's rate is not known it is learnt from its refusals (`learnt`), and loosened again when all goes well.
    """

    def __init__(self, limits: Limits, learnt: Rate | None = None) -> None:
        self._limits = limits
        self.learnt = learnt
        self._theoretical = 0.0  # when the bucket of the whole account would be full again (GCRA)
        self._paused_until = 0.0
        self._chats: dict[int, _ChatPace] = {}
        self._busy: list[tuple[float, int]] = []  # (free at, chat): may hold times that have been overtaken
        self._refused: deque[tuple[float, int]] = deque(maxlen=_TOGETHER)  # when, which chat
        self._in_a_row = 0  # chats that were refused, and nothing was taken
        self._since_refusal: deque[float] = deque(maxlen=_MOST_WELL)  # the times of what has gone since
        self._tighter: Rate | None = None  # what was learnt before it was loosened the last time
        self._well = _WELL
        self._set_rate()

    def _set_rate(self) -> None:
        known = Rate(self._limits.per_second, self._limits.burst) if self._limits.per_second else None
        rate = known or self.learnt
        self._increment = 1 / rate.per_second if rate else 0.0
        self._burst = max(rate.burst, 1) if rate else 1

    # --- the whole account -------------------------------------------------------------------------------------------

    def slots(self, now: float) -> int:
        """How many messages the whole account may send right now."""
        if now < self._paused_until:
            return 0
        if not self._increment:
            return 1_000
        behind = max(self._theoretical, now) - now
        return max(0, int(self._burst - behind / self._increment + 1e-6))

    def next_slot(self) -> float:
        """When the whole account may send again; it may at once where that has passed."""
        free = self._theoretical - (self._burst - 1) * self._increment if self._increment else 0.0
        return max(free, self._paused_until)

    def pause(self, until: float) -> None:
        """The network wants nothing from the whole account before `until`."""
        self._paused_until = max(self._paused_until, until)

    def refused(self, until: float, now: float) -> None:
        """The account was too fast, and shall wait until then. What it can do without being refused is learnt, unless
        the network has said it before."""
        first = now >= self._paused_until
        self.pause(until)
        wait = max(until - now, 0.05)
        # A long wait is a punishment, no rate; and what was in the air with the first refused one says nothing new.
        if self._limits.per_second or not first or wait > _LONGEST_GAP:
            return
        if self._tighter is not None:  # it was right before
            self._well = min(2 * self._well, _MOST_WELL)
            self._learn(self._tighter)
            return
        burst = sum(at > now - 10 * wait for at in self._since_refusal)
        known = self.learnt
        rate = Rate(1 / wait, max(1, min(burst, 20)))
        if known is not None:
            rate = Rate(min(rate.per_second, known.per_second), max(1, known.burst // 2))
        self._learn(rate)

    def _learn(self, rate: Rate | None) -> None:
        self.learnt, self._tighter = rate, None
        self._since_refusal.clear()
        self._set_rate()

    # --- one chat ----------------------------------------------------------------------------------------------------

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

    def pause_chat(self, chat: int, until: float) -> None:
        """The network wants nothing for this chat before `until`."""
        self._occupy(chat, self._chats.setdefault(chat, _ChatPace()), until)

    def refused_chat(self, chat: int, until: float, now: float) -> bool:
        """The chat has been written to too fast. When several are refused at once, it may be the account that was: it
        pauses too, but not for hours, since each of them may have deserved its own. Whether that is so.

        Of a chat that has just had a message it says nothing: it may be in slow mode, and Telegram does not tell which.
        """
        self.pause_chat(chat, until)
        pace = self._chats[chat]
        self._in_a_row += 1
        if pace.taken and self._in_a_row <= _IN_SLOW_MODE:
            pace.taken = False
            return False
        self._refused.append((now, chat))
        together = len({one for at, one in self._refused if at > now - _SHORTLY}) >= _TOGETHER
        if together:
            self.pause(min(until, now + _ALL_QUIET))
        return together

    # --- what has gone -----------------------------------------------------------------------------------------------

    def taken(self, chat: int) -> None:
        """The network has taken a message: what it refused before was not for the account's sake."""
        self._refused.clear()
        self._in_a_row = 0
        if chat in self._chats:
            self._chats[chat].taken = True

    def sent(self, chat: int, group: bool, now: float) -> None:
        """A message goes to the chat now."""
        self._theoretical = max(self._theoretical, now) + self._increment
        if not self._limits.per_second:
            self._since_refusal.append(now)
            if self.learnt is not None and len(self._since_refusal) >= self._well:
                before, rate = self.learnt, self.learnt.per_second * _LOOSER
                self._learn(replace(before, per_second=rate) if rate < _NO_LIMIT else None)
                self._tighter = before
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
        # Where the account's next slot comes at that very moment, the chat would miss it for a rounding.
        self._occupy(chat, pace, free - _ROUNDING)

    def _occupy(self, chat: int, pace: _ChatPace, until: float) -> None:
        pace.free_at = max(pace.free_at, until)
        heapq.heappush(self._busy, (pace.free_at, chat))
        if pace.window and self._limits.group_window:
            # Looked at once more when its window is empty, to be forgotten.
            heapq.heappush(self._busy, (pace.window[-1] + self._limits.group_window[1], chat))

    def _remembers(self, pace: _ChatPace, now: float) -> bool:
        window = self._limits.group_window
        return bool(pace.window) and window is not None and pace.window[-1] + window[1] > now


def still_needs(limits: Limits, group: bool, messages: int) -> float:
    """Seconds between the first and the last of so many messages to one chat, if nothing else held them up."""
    if messages <= 1:
        return 0.0
    if group and limits.group_window:
        most, seconds = limits.group_window
        return seconds * ((messages - 1) // most) + ((messages - 1) % most) * limits.chat_gap
    return (messages - 1) * limits.chat_gap
