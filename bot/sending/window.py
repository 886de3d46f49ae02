"""The notices that wait, as far as they are in memory: read from the database piece by piece, as there is room."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.pacing import Pacer
from bot.ports import Limits
from bot.sending.backlog import Backlog, Waiting
from bot.store.outbox.claimed import Claimed
from bot.store.outbox.claims import Claims

_LARGEST, _PIECE = 20_000, 4_000  # notices in memory, and how many are read at a time …
_FIRST = 200  # … but for the first time: one goes at once, the others when thousands are read
_READ_AGAIN = 30.0  # seconds after which they are read anew


class Window:
    """`now` is a reading of the steady clock. Where a network has no pace, none is read: all go as they come."""

    def __init__(self, limits: Limits, pacer: Pacer) -> None:
        self.is_paced = bool(limits.per_second or limits.chat_gap or limits.group_window)
        self._backlog = Backlog(limits, pacer)
        self._read_up_to = 0  # the last delivery that was looked at
        self._read_all = False
        self._read_at: float | None = None
        self._piece = _FIRST
        self._lengths: dict[tuple[int, str], int] = {}

    @property
    def is_empty(self) -> bool:
        return not self._backlog.size

    @property
    def may_read(self) -> bool:
        """Whether there may be more, and room for it."""
        return self.is_paced and not self._read_all and self._backlog.size < _LARGEST

    def wake(self) -> None:
        """There may be more than was read."""
        self._read_all = False

    def at_once(self, room: int) -> int:
        """How many notices may go now, where there is room for so many."""
        return min(room, 1) if self.may_read and self._piece == _FIRST else room

    def take(self, most: int, now: float) -> list[Waiting]:
        """Those that go next; what the database then says of them is for `note`."""
        return self._backlog.take(most, now)

    def read(self, claims: Claims) -> list[Waiting]:
        """The next piece, in a unit of work."""
        return claims.notices(self._read_up_to, self._piece, self._lengths)

    def note(
        self,
        chosen: Sequence[Waiting],
        tried: Collection[int],
        claimed: Sequence[Claimed],
        more: Sequence[Waiting] | None,
        now: float,
    ) -> None:
        """Be as the database has just shown it; `tried` are those of the chosen that were to be claimed, by their ids;
        `more` is what came after what was read, None where nobody looked."""
        taken = {one.id for one in claimed}
        for notice in chosen:
            if notice.id not in tried:
                self._backlog.put_back(notice, now)  # something more urgent went first
            elif notice.id not in taken:
                self._backlog.landed(notice.id, notice.chat, 0, now)  # it is not to be sent any more
        if more is not None:
            self._backlog.add(more, now)
            self._read_all = len(more) < self._piece
            self._piece = _PIECE
            self._read_up_to = more[-1].id if more else self._read_up_to
        if self._read_at is None or now - self._read_at > _READ_AGAIN:  # what became ready again in the midst of it
            self._backlog.clear()
            self._lengths.clear()
            self._read_up_to, self._read_all, self._read_at = 0, False, now

    def landed(self, claimed: Claimed, left: int, now: float) -> None:
        """It was sent, or came to nothing; `left` more messages of it are to follow."""
        self._backlog.landed(claimed.id, claimed.chat, left, now)
