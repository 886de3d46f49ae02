"""Noticing that somebody has set the clock on the wall: a minute does not become an hour. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_NOTICED = timedelta(seconds=2)  # the rest is how clocks are kept right


class WallClock:
    """The clock on the wall beside one that never goes back."""

    def __init__(self) -> None:
        self._ahead: timedelta | None = None
        self.put_forward = timedelta()  # between the last two looks, or the machine has slept for as long

    def set_back(self, now: datetime, steady: float) -> timedelta:
        """By how much it was set back since the last look. A clock that is put forward needs nothing: what comes early
        then is late by a machine that has slept."""
        ahead = timedelta(seconds=now.timestamp() - steady)
        before, self._ahead = self._ahead, ahead
        moved = timedelta() if before is None else ahead - before
        self.put_forward = max(moved, timedelta())
        return -moved if moved < -_NOTICED else timedelta()
