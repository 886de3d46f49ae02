"""Statements that are built once: building one takes SQLAlchemy three to five times as long as running it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    String,
    Table,
    TypeDecorator,
    any_,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from bot.store.database.prepared import Prepared

Upsert = sqlite.Insert | postgresql.Insert


def change(connection: Connection, table: Table, id: int | str, **values: object) -> None:
    """Set columns of the row with that id."""
    _changing(table, tuple(values)).run(connection, {"the_id": id, **values})


def add(connection: Connection, table: Table, **values: object) -> int:
    """A new row; its id."""
    return int(_adding(table).one(connection, values)[0])


def both(build: Callable[[Callable[[Table], Any]], Upsert]) -> Prepared:
    """An upsert for each database: they know the same words, SQLAlchemy keeps them apart."""
    return Prepared({"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)})


@cache
def _changing(table: Table, columns: tuple[str, ...]) -> Prepared:
    given: dict[str, Any] = {column: bindparam(column) for column in columns}
    return Prepared(update(table).where(table.c.id == bindparam("the_id")).values(given))


@cache
def _adding(table: Table) -> Prepared:
    return Prepared(insert(table).returning(table.c.id))


class _Listed(TypeDecorator[Any]):
    """A list as one value."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json.dumps(value)


Among = Callable[[ColumnElement[Any], str], ColumnElement[bool]]
"""The condition that a column has one of the values of the parameter of that name, which is a list."""


def over_lists(build: Callable[[Among], Executable]) -> Prepared:
    """A statement whose words are the same however long its lists are. SQLite does not see what is in them: where they
    could lead it to rows, it may choose another index than with the values."""

    def listed(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        return column.in_(select(func.json_each(bindparam(name, type_=_Listed())).table_valued("value").c.value))

    def array(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        return column == any_(bindparam(name, type_=ARRAY(column.type)))

    return Prepared({"sqlite": build(listed), "postgresql": build(array)})


def unindexed(column: ColumnElement[str]) -> ColumnElement[str]:
    """The column's value, for a condition that many rows meet beside one that few do: without it, SQLite, which keeps
    no count of either, looks through all of the many."""
    return column.concat("")


class ForMany:
    """A statement for many rows at once: row by row on SQLite, where that costs little; on PostgreSQL as one statement
    over arrays, since there each row would be an answer of its own."""

    def __init__(self, build: Callable[[Any], Executable], **given: TypeEngine[Any]) -> None:
        """`build` makes the statement from what is given for each row, by its name as an attribute."""
        by_row = build(SimpleNamespace(**{name: bindparam(name, type_=type) for name, type in given.items()}))
        self._statement = Prepared({"sqlite": by_row, "postgresql": build(_given(given))})
        self._names = tuple(given)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]], **same: object) -> int:
        """Run it for the rows; `same` is the same for all. How many rows of the table it has changed."""
        return _run(self._statement, connection, self._names, rows, same)


class AddMany:
    """New rows of a table, in one statement on PostgreSQL. `anew`: those that are there already stay as they are."""

    def __init__(self, table: Table, *columns: str, anew: bool = False) -> None:
        given = select(*_given({name: table.c[name].type for name in columns}))
        made: dict[str, Any] = {
            "sqlite": sqlite.insert(table),
            "postgresql": postgresql.insert(table).from_select(columns, given),
        }
        self._statement = Prepared({name: one.on_conflict_do_nothing() if anew else one for name, one in made.items()})
        self._names = columns

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        _run(self._statement, connection, self._names, rows, {})


def _run(
    statement: Prepared,
    connection: Connection,
    names: Sequence[str],
    rows: Sequence[Mapping[str, object]],
    same: Mapping[str, object],
) -> int:
    if connection.dialect.name == "postgresql":
        arrays = {name: [row[name] for row in rows] for name in names}
        return statement.run(connection, {**arrays, **same})
    return statement.run_each(connection, rows, same)


def _given(types: Mapping[str, TypeEngine[Any]]) -> Any:
    arrays = [bindparam(name, type_=ARRAY(type)) for name, type in types.items()]
    columns = [column(name, type) for name, type in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived().c
