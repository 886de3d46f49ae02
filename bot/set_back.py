"""Noticing that somebody has set the clock on the wall back: a minute does not become an hour. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_NOTICED = timedelta(seconds=2)  # the rest is how clocks are kept right


class WallClock:
    """The clock on the wall beside one that never goes back."""

    def __init__(self) -> None:
        self._ahead: timedelta | None = None

    def set_back(self, now: datetime, steady: float) -> timedelta:
        """By how much it was set back since the last look. A clock that is put forward needs nothing: what comes early
        then is late by a machine that has slept."""
        ahead = timedelta(seconds=now.timestamp() - steady)
        before, self._ahead = self._ahead, ahead
        if before is None or before - ahead <= _NOTICED:
            return timedelta()
        return before - ahead
