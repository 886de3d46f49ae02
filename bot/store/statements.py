"""Statements that are built once: building one takes SQLAlchemy three to five times as long as running it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, Update, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

Upsert = sqlite.Insert | postgresql.Insert


def change(connection: Connection, table: Table, id: int | str, **values: object) -> None:
    """Set columns of the row with that id."""
    connection.execute(_changing(table, tuple(values)), {"the_id": id, **values})


def add(connection: Connection, table: Table, **values: object) -> int:
    """A new row; its id."""
    return int(connection.execute(_adding(table), values).scalar_one())


def both(build: Callable[[Callable[[Table], Any]], Upsert]) -> dict[str, Upsert]:
    """An upsert for each database, by its dialect's name: they know the same words, SQLAlchemy keeps them apart."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


@cache
def _changing(table: Table, columns: tuple[str, ...]) -> Update:
    given: dict[str, Any] = {column: bindparam(column) for column in columns}
    return update(table).where(table.c.id == bindparam("the_id")).values(given)


@cache
def _adding(table: Table) -> Insert:
    return insert(table).returning(table.c.id)
