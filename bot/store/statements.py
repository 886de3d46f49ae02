"""Statements that are built once: building one takes SQLAlchemy three to five times as long as running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Executable,
    Insert,
    Table,
    Update,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

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


class RowByRow:
    """A statement as SQLite's driver takes it for many rows: SQLAlchemy is asked once what it is and how values are
    handed over, and not again for each row."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        """`columns`: of new rows, those that are given."""
        driver = sqlite.dialect(paramstyle="named")
        compiled = statement.compile(dialect=driver, column_keys=columns)  # type: ignore[attr-defined]
        self._sql = str(compiled)
        given = {name for parameter, name in compiled.bind_names.items() if parameter.required}
        ways = compiled._bind_processors  # nothing public tells how a type hands its values to the driver
        self._ways: dict[str, Callable[[Any], Any]] = dict(ways)
        self._fixed = self._handed_over({name: value for name, value in compiled.params.items() if name not in given})

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]], same: Mapping[str, object]) -> int:
        """How many rows of the table it has changed. `same` is the same for all."""
        fixed = {**self._fixed, **self._handed_over(same)}
        return connection.exec_driver_sql(self._sql, [fixed | self._handed_over(row) for row in rows]).rowcount

    def _handed_over(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(values)
        for name, way in self._ways.items():
            if name in found:
                found[name] = way(found[name])
        return found


class ForMany:
    """A statement for many rows at once: row by row on SQLite, where that costs little; on PostgreSQL as one statement
    over arrays, since there each row would be an answer of its own."""

    def __init__(self, build: Callable[[Any], Executable], **given: TypeEngine[Any]) -> None:
        """`build` makes the statement from what is given for each row, by its name as an attribute."""
        by_row = build(SimpleNamespace(**{name: bindparam(name, type_=type) for name, type in given.items()}))
        self._by_row = RowByRow(by_row)
        self._at_once = build(_given(given))
        self._names = tuple(given)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]], **same: object) -> int:
        """Run it for the rows; `same` is the same for all. How many rows of the table it has changed."""
        if connection.dialect.name == "postgresql":
            return connection.execute(self._at_once, _arrays(self._names, rows) | same).rowcount
        return self._by_row.run(connection, rows, same)


class AddMany:
    """New rows of a table, in one statement on PostgreSQL. `anew`: those that are there already stay as they are."""

    def __init__(self, table: Table, *columns: str, anew: bool = False) -> None:
        self._names = columns
        into = sqlite.insert(table)
        self._by_row = RowByRow(into.on_conflict_do_nothing() if anew else into, columns)
        given = select(*_given({name: table.c[name].type for name in columns}))
        at_once = postgresql.insert(table).from_select(columns, given)
        self._at_once = at_once.on_conflict_do_nothing() if anew else at_once

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(self._at_once, _arrays(self._names, rows))
        else:
            self._by_row.run(connection, rows, {})


def _given(types: Mapping[str, TypeEngine[Any]]) -> Any:
    arrays = [bindparam(name, type_=ARRAY(type)) for name, type in types.items()]
    columns = [column(name, type) for name, type in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived().c


def _arrays(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    return {name: [row[name] for row in rows] for name in names}
