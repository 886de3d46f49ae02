"""Timers: durable, named, one event in the inbox when due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select, update

from bot.events import Due
from bot.store.database.encoding import decode, encode
from bot.store.database.prepared import Prepared
from bot.store.tables import schedule

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


_PLANNED = Prepared(select(schedule.c.due_at).where(schedule.c.name == bindparam("timer")))
_MOVE = Prepared(update(schedule).where(schedule.c.id == bindparam("the_id")).values(due_at=bindparam("at")))


class Schedule:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def at(self, when: datetime, due: Due, lane: str = "") -> None:
        """Have `due` handled at `when`; a timer for the same thing and subject is moved."""
        row = self._tx.insert(schedule).values(
            name=f"{due.what}/{due.subject}", lane=lane or due.subject or due.what, due_at=when, body=encode(due)
        )
        self._tx.connection.execute(
            row.on_conflict_do_update(index_elements=["name"], set_={"due_at": row.excluded.due_at})
        )
        self._tx.stirred.add("schedule")

    def no_later(self, when: datetime, due: Due) -> None:
        """Have `due` handled at `when`, or earlier if that is planned already."""
        planned = self.planned(due.what, due.subject)
        if planned is None or planned > when:
            self.at(when, due)

    def planned(self, what: str, subject: str = "") -> datetime | None:
        """When a timer is due; None where there is none."""
        when: datetime | None = _PLANNED.scalar(self._tx.connection, {"timer": f"{what}/{subject}"})
        return when

    def overdue(self, what: str) -> list[str]:
        """The subjects of the timers of a kind whose time has come."""
        query = select(schedule.c.name).where(
            schedule.c.due_at <= self._tx.now, schedule.c.name.startswith(f"{what}/", autoescape=True)
        )
        names = self._tx.connection.execute(query.order_by(schedule.c.due_at)).scalars()
        return [name.removeprefix(f"{what}/") for name in names]

    def ensure(self, due: Due) -> None:
        """Have `due` handled soon, unless it is planned already."""
        if self.planned(due.what, due.subject) is None:
            self.at(self._tx.now, due)

    def cancel(self, what: str, subject: str = "") -> None:
        self._tx.connection.execute(delete(schedule).where(schedule.c.name == f"{what}/{subject}"))

    def release_due(self, limit: int = 100) -> None:
        """Move what is due to the inbox."""
        rows = self._tx.connection.execute(
            select(schedule.c.id, schedule.c.lane, schedule.c.body, schedule.c.due_at)
            .where(schedule.c.due_at <= self._tx.now)
            .order_by(schedule.c.due_at)
            .limit(limit)
        ).all()
        for id, lane, body, at in rows:
            self._tx.inbox.put(replace(decode(body, Due), at=at), lane)
            self._tx.connection.execute(delete(schedule).where(schedule.c.id == id))

    def set_back(self, by: timedelta, since: datetime) -> None:
        """The clock was set back: what is due after so many minutes still is. What is due before `since` is left."""
        columns = (schedule.c.id, schedule.c.due_at, schedule.c.body)
        rows = self._tx.connection.execute(select(*columns).where(schedule.c.due_at >= since)).all()
        moved = [{"the_id": row.id, "at": row.due_at - by} for row in rows if not decode(row.body, Due).calendar]
        if moved:
            _MOVE.run_each(self._tx.connection, moved)

    def next_at(self) -> datetime | None:
        when: datetime | None = self._tx.connection.execute(select(func.min(schedule.c.due_at))).scalar()
        return when
