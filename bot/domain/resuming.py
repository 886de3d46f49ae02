"""Going on from a backup: how much may have happened since it was made, of which it knows nothing. Pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

LATELY = timedelta(days=30)
"""What tells how busy a bot was before its backup."""

TOO_LATE = timedelta(days=1)
"""A notice that was on its way longer ago has most likely arrived; groups are not to be told all of it again."""

_MARGIN = 3  # times as busy as before
_MOMENT = timedelta(hours=1)


def next_number(last: int, lately: int, days: float, since: timedelta) -> int:
    """The number with which to go on, so that none is given twice of those that were given after the backup.

    `last` is the highest that the backup knows, `lately` how many were given in its last `days`, `since` its age. A
    number given twice would bring an answer to the wrong person; one that is never given costs nothing.
    """
    expected = lately / max(days, 1.0) * (since / timedelta(days=1))
    step = 10 if since < _MOMENT else 100
    return math.ceil((last + step + math.ceil(_MARGIN * expected)) / step) * step


def is_too_late(made_at: datetime, now: datetime) -> bool:
    """Whether what a backup has on its way to groups is not to be sent any more."""
    return now - made_at >= TOO_LATE
