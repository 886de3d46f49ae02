"""What stands in the operator's way just now, and whether the coordination room has been told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from bot.store.database.prepared import Row
from bot.store.tables import trouble

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class KnownTrouble:
    """`cause` is a kind and whose it is ("account/telegram"); `told`: how often the room was told, `told_at`: when."""

    cause: str
    since: datetime
    told: int
    told_at: datetime | None

    @property
    def kind(self) -> str:
        return self.cause.partition("/")[0]

    @property
    def about(self) -> str:
        return self.cause.partition("/")[2]


class Troubles:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, cause: str) -> KnownTrouble | None:
        row = self._tx.connection.execute(select(trouble).where(trouble.c.cause == cause)).first()
        return None if row is None else _trouble(row)

    def arises(self, cause: str) -> KnownTrouble:
        """It is there from now on, unless it was already."""
        self._tx.connection.execute(
            self._tx.insert(trouble).values(cause=cause, since=self._tx.now).on_conflict_do_nothing()
        )
        found = self.get(cause)
        assert found is not None
        return found

    def told(self, about: KnownTrouble) -> None:
        """The room has been told once more."""
        self._tx.connection.execute(
            update(trouble).where(trouble.c.cause == about.cause).values(told=about.told + 1, told_at=self._tx.now)
        )

    def over(self, cause: str) -> None:
        self._tx.connection.execute(delete(trouble).where(trouble.c.cause == cause))

    def all(self) -> list[KnownTrouble]:
        return [_trouble(row) for row in self._tx.connection.execute(select(trouble).order_by(trouble.c.since))]


def _trouble(row: Row) -> KnownTrouble:
    return KnownTrouble(row.cause, row.since, row.told, row.told_at)
