"""Statements prepared once: SQLAlchemy Core makes the words and says how values are handed over, the database's driver
gets them as they are. To execute a small statement through SQLAlchemy costs five times what SQLite needs for it."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Insert
from sqlalchemy.exc import DBAPIError, NoResultFound

Convert = Callable[[Any], Any]

Row = Any
"""A row with its columns as attributes: a named tuple, or SQLAlchemy's own where a statement was not prepared."""


class Prepared:
    """A statement whose values are given by the names of its parameters, for a new row by those of its columns.

    What the driver raises is raised as SQLAlchemy's DBAPIError. A statement over a list of values (`expanding`) cannot
    be prepared: its words differ with the length.
    """

    def __init__(self, statement: Executable | Mapping[str, Executable]) -> None:
        """`statement`: one for both databases, or by the name of the dialect."""
        self._statement = statement
        self._for: dict[tuple[str, ...], _Words] = {}

    def all(self, connection: Connection, given: Mapping[str, object] | None = None) -> list[Row]:
        words, cursor = self._execute(connection, given or {})
        return words.rows(cursor, cursor.fetchall())

    def first(self, connection: Connection, given: Mapping[str, object] | None = None) -> Row | None:
        """The first row; None: there is none."""
        words, cursor = self._execute(connection, given or {})
        found = cursor.fetchone()
        return None if found is None else words.rows(cursor, (found,))[0]

    def one(self, connection: Connection, given: Mapping[str, object] | None = None) -> Row:
        """The first row; NoResultFound: there is none."""
        found = self.first(connection, given)
        if found is None:
            raise NoResultFound("No row was found when one was required")
        return found

    def scalar(self, connection: Connection, given: Mapping[str, object] | None = None) -> Any:
        """The first column of the first row; None: there is no row."""
        found = self.first(connection, given)
        return None if found is None else found[0]

    def scalars(self, connection: Connection, given: Mapping[str, object] | None = None) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.all(connection, given)]

    def run(self, connection: Connection, given: Mapping[str, object] | None = None) -> int:
        """How many rows it has changed."""
        return int(self._execute(connection, given or {})[1].rowcount)

    def run_each(
        self, connection: Connection, rows: Sequence[Mapping[str, object]], same: Mapping[str, object] | None = None
    ) -> int:
        """Run it for each of the rows, of which there is at least one; `same` is the same for all. How many rows of the
        table it has changed."""
        if len(rows) == 1:
            return self.run(connection, {**rows[0], **(same or {})})
        words = self._words(connection.dialect, (*rows[0], *(same or {})))
        return int(execute(connection, words.sql, words.values_of(rows, same or {}), many=True).rowcount)

    def _execute(self, connection: Connection, given: Mapping[str, object]) -> tuple[_Words, Any]:
        words = self._words(connection.dialect, given)
        return words, execute(connection, words.sql, words.values(given))

    def _words(self, dialect: Dialect, names: Iterable[str]) -> _Words:
        key = (dialect.name, *names)
        words = self._for.get(key)
        if words is None:
            statement = self._statement[dialect.name] if isinstance(self._statement, Mapping) else self._statement
            words = self._for[key] = _Words(statement, dialect, key[1:])
        return words


class _Words:
    """A statement as the driver of one database takes it."""

    def __init__(self, statement: Executable, dialect: Dialect, given: Sequence[str]) -> None:
        columns = None
        if isinstance(statement, Insert) and statement.select is None:
            columns = [name for name in given if name in statement.table.c]
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)  # type: ignore[attr-defined]
        self.sql = str(compiled)
        assert "[POSTCOMPILE_" not in self.sql, "a statement over a list cannot be prepared"
        names: list[str] = compiled.positiontup or list(compiled.bind_names.values())
        self._names = tuple(names)
        self._in_order = bool(compiled.positiontup)
        self._convert: dict[str, Convert] = {}
        self._fixed: dict[str, Any] = {}
        for parameter, name in compiled.bind_names.items():  # one name can stand for several, not all with their type
            convert = parameter.type.dialect_impl(dialect).bind_processor(dialect)
            if not parameter.required:
                value = compiled.params[name]
                self._fixed[name] = _plain(value if convert is None else convert(value))
            elif convert is not None:
                self._convert[name] = convert
        self._plan = tuple(
            (name, self._convert.get(name), name not in self._fixed, self._fixed.get(name)) for name in self._names
        )
        shown: Sequence[Any] = getattr(statement, "exported_columns", None) or ()
        row: Any = namedtuple("Row", [str(one.key) for one in shown], rename=True)  # type: ignore[misc]
        self._row: Callable[[Iterable[Any]], Any] = row._make
        self._impls = [one.type.dialect_impl(dialect) for one in shown]
        self._dialect = dialect
        self._converted: tuple[tuple[int, Convert], ...] | None = None  # the driver says its types with the first row

    def values(self, given: Mapping[str, Any]) -> Any:
        """What the driver is handed: in the order of the words, or by name."""
        ordered = [
            ((given[name] if convert is None else convert(given[name])) if asked else fixed)
            for name, convert, asked, fixed in self._plan
        ]
        return ordered if self._in_order else dict(zip(self._names, ordered, strict=True))

    def values_of(self, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any]) -> list[Any]:
        columns: list[Iterable[Any]] = []
        for name, convert, asked, fixed in self._plan:
            if not asked:
                columns.append(repeat(fixed, len(rows)))
            elif name in same:
                columns.append(repeat(same[name] if convert is None else convert(same[name]), len(rows)))
            elif convert is None:
                columns.append([row[name] for row in rows])
            else:
                columns.append([convert(row[name]) for row in rows])
        ordered = list(zip(*columns, strict=True))
        return ordered if self._in_order else [dict(zip(self._names, values, strict=True)) for values in ordered]

    def rows(self, cursor: Any, found: Sequence[Sequence[Any]]) -> list[Row]:
        if self._converted is None:
            given = zip(self._impls, cursor.description, strict=True)
            converts = [impl.result_processor(self._dialect, described[1]) for impl, described in given]
            self._converted = tuple((place, convert) for place, convert in enumerate(converts) if convert is not None)
        if not self._converted:
            return [self._row(row) for row in found]
        made = []
        for row in found:
            values = list(row)
            for place, convert in self._converted:
                values[place] = convert(values[place])
            made.append(self._row(values))
        return made


def execute(connection: Connection, sql: str, values: Any, many: bool = False) -> Any:
    """The driver's cursor, once it has executed the statement. Raises DBAPIError."""
    driver: Any = connection.connection.driver_connection
    try:
        cursor = driver.cursor()
        if many:
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
        return cursor
    except Exception as error:
        dialect = connection.dialect
        base: Any = dialect.loaded_dbapi.Error
        if not isinstance(error, base):
            raise
        lost = dialect.is_disconnect(error, driver, None)
        raise DBAPIError.instance(
            sql, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect
        ) from error


def _plain(value: Any) -> Any:
    """Members of an enum as what they stand for: the driver looks longer at them."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
