"""Notices that wait for their time: when one goes out, and how the plan is made, seen and dropped."""

from __future__ import annotations

from datetime import datetime

from bot.content import Content, Line, say
from bot.domain.notices import PLANS, Notice
from bot.events import Due
from bot.store.transaction import Transaction

AS_READ, UNREAD_TOO = PLANS


def plan(tx: Transaction, notice: Notice, machine: bool, at: datetime, person: int) -> Content:
    """It goes out then, and at no other time; what the room is told."""
    drop(tx, notice)
    tx.schedule.at(at, Due(UNREAD_TOO if machine else AS_READ, notice.code, calendar=True))
    tx.notices.happened(notice, "planned", person)
    return (
        Line(say("planned", code=notice.code, at=at)),
        Line(say("planned-as-it-is")),
        *(() if machine else (Line(say("planned-held")),)),
        Line(say("planned-cancel", command=f"!publish {notice.code} cancel")),
    )


def planned(tx: Transaction, notice: Notice) -> datetime | None:
    """When it goes out; None when nothing is planned."""
    return tx.schedule.planned(AS_READ, notice.code) or tx.schedule.planned(UNREAD_TOO, notice.code)


def drop(tx: Transaction, notice: Notice) -> None:
    for timer in PLANS:
        tx.schedule.cancel(timer, notice.code)


def line(tx: Transaction, notice: Notice) -> Content:
    """What its card says of the plan."""
    at = planned(tx, notice)
    return () if at is None else (Line(say("card-planned", at=at)),)
