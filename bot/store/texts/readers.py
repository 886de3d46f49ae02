"""Who has said that they read a language: their approval of it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store.tables import person, reader

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


class Readers:
    """What a person has said in the room of one organisation counts there."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def reads(self, person: int, organisation: int, language: str) -> bool:
        row = self._tx.connection.execute(
            select(reader.c.at).where(
                reader.c.person_id == person, reader.c.organisation_id == organisation, reader.c.language == language
            )
        ).first()
        return row is not None

    def add(self, person: int, organisation: int, language: str) -> None:
        self._tx.connection.execute(
            self._tx.insert(reader)
            .values(person_id=person, organisation_id=organisation, language=language, at=self._tx.now)
            .on_conflict_do_nothing()
        )

    def remove(self, person: int, organisation: int, language: str) -> None:
        self._tx.connection.execute(
            delete(reader).where(
                reader.c.person_id == person, reader.c.organisation_id == organisation, reader.c.language == language
            )
        )

    def names(self, organisation: int, language: str) -> list[str]:
        """Those of the organisation who read a language, as their room knows them; the longest-standing first."""
        rows = self._tx.connection.execute(
            select(person.c.name)
            .join(reader, reader.c.person_id == person.c.id)
            .where(reader.c.organisation_id == organisation, reader.c.language == language, person.c.name != "")
            .order_by(reader.c.at)
        )
        return [name for (name,) in rows]
