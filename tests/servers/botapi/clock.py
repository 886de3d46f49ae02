"""A clock that a test sets."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """Seconds since 1970, standing still until somebody moves `time`."""

    def __init__(self, start: datetime = datetime(2026, 3, 1, tzinfo=UTC)) -> None:
        self.time = start.timestamp()

    def __call__(self) -> float:
        return self.time
