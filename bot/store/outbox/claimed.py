"""What the outbox has in hand: the deliveries that it has claimed, part by part, and what the network said to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.outgoing import Outgoing
from bot.pacing import Rate

# Made for every message: msgspec makes them in a tenth of the time that a frozen dataclass takes.


class Part(msgspec.Struct, frozen=True):
    """One thing to do on the network. `unsure`: it was being done when nobody could say any more how it ended.

    `file`: it is a file, or stands in the place of one.
    """

    position: int
    action: Outgoing
    unsure: bool
    file: bool = False


class Claimed(msgspec.Struct, frozen=True):
    """A delivery being sent now, with the parts still to be done."""

    id: int
    kind: str
    chat: int
    group: bool
    priority: int
    attempts: int
    resends: int
    subject: str
    language: str | None
    edits: int | None  # the delivery whose message it edits
    name: str | None
    report: str | None
    ready_at: datetime  # since when it could have gone
    parts: tuple[Part, ...]
    closed: str | None = None  # why its chat took nothing when it was tried last


class Receipted(msgspec.Struct, frozen=True):
    """A part that the network has, under `network_id` where it is a message."""

    claimed: Claimed
    part: Part
    network_id: str | None
    findings: tuple[str, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """The network wants nothing before `until`, for the chat or from the whole account; `learnt` is how much it takes,
    as far as that is known from its refusals."""

    until: datetime
    whole_account: bool
    learnt: Rate | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the network said before the start: until when it wants nothing from the account, and for which chats; and
    how much it takes, as learnt."""

    paused_until: datetime | None
    chats: tuple[tuple[int, datetime], ...]
    learnt: Rate | None
