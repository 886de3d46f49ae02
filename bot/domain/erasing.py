"""Erasing at a member's wish and deleting when the time has come: what is meant, when, and what is said. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.content import Sentence, say

SETTLES_WITHIN = timedelta(hours=1)
"""What the networks have not taken back by then is counted as what could not be removed."""

UNSENT_FOR = timedelta(days=3)
"""How long words are held that were never sent, where requests are kept longer than that."""

SWEEP = "sweep"
"""The timer of deleting what is due."""

SWEEPS_EVERY = timedelta(hours=1)

AWAY = timedelta(days=1)
"""After so long nobody knows whether that time has passed, or the clock is wrong."""


def sweeps_at(now: datetime, planned: datetime | None) -> datetime:
    """When a bot that starts, or whose clock was set, deletes what is due. Where that should have happened long ago it
    was away, or its clock is wrong: there is some time to set it right, since what is deleted is gone. It is never
    farther away than it ever should be: it may have been planned by a clock that was wrong."""
    if planned is None:
        return now
    return now + SWEEPS_EVERY if planned < now - AWAY else min(planned, now + SWEEPS_EVERY)


COMPACT = "compact"
"""The timer of what wipes the traces of deleted rows out of the database's pages."""

AT_NIGHT = time(4)
"""When that is done, unless somebody has erased: it may take many seconds, in which nobody is answered."""


_A_MINUTE_S = 64 * 2**20  # bytes: they are rebuilt in well under a second
_LONGEST_REST = timedelta(hours=1)


def rest_after(size: int) -> timedelta:
    """How long a database's file of so many bytes is not rebuilt again, so that this takes a hundredth of the time."""
    return min(timedelta(minutes=size / _A_MINUTE_S), _LONGEST_REST)


@dataclass(frozen=True, slots=True)
class Erasure:
    """Requests of one private chat that are being erased; `chat` is its id in the store, `codes` may be empty."""

    chat: int
    codes: tuple[str, ...]

    @property
    def name(self) -> str:
        """As timers and reports carry it."""
        return f"{self.chat} {' '.join(self.codes)}".strip()

    @classmethod
    def named(cls, name: str) -> Erasure:
        chat, *codes = name.split(" ")
        return cls(int(chat), tuple(codes))


@dataclass(frozen=True, slots=True)
class Remains:
    """Messages that the networks did not take back: in the member's own chat, and in the helpers' rooms."""

    here: int
    rooms: int


def told_at_the_end(remains: Remains, everything: bool, codes: tuple[str, ...]) -> list[Sentence]:
    """What the member hears: what is gone, what could not be removed, and how they can remove the rest."""
    told = [say("erased-all") if everything else say("erased", codes=codes)]
    if remains.here:
        told.append(say("erased-not-here", n=remains.here))
    if remains.rooms:
        told.append(say("erased-not-rooms", n=remains.rooms))
    told.append(say("erased-your-app"))
    return told


def purge_closed_before(now: datetime, delete_after_days: int) -> datetime:
    """Requests closed at that moment or before are deleted now."""
    return now - timedelta(days=delete_after_days)


def drop_unsent_before(now: datetime, delete_after_days: int) -> datetime:
    """Words written before and never sent are deleted now."""
    return now - min(UNSENT_FOR, timedelta(days=delete_after_days))


def unsent_days(delete_after_days: int) -> int:
    return min(UNSENT_FOR.days, delete_after_days)
