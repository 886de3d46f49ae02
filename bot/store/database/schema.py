"""The schema: which version a database has, and bringing it to this program's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7244235)"


class Unfit(Exception):
    """The database is none that this program can use; the message says what to do."""


class Newer(Unfit):
    """A later version has brought the schema further than this one knows."""

    def __init__(self) -> None:
        super().__init__("the database was used by a later version of Schakel: update this one")


class WrongLetters(Unfit):
    """It was made with an encoding in which most of the world cannot be written."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the database cannot keep every language ({name}): make one with CREATE DATABASE … ENCODING 'UTF8' "
            "TEMPLATE template0"
        )


def migrate(engine: Engine) -> None:
    """Bring the schema to this version's, in one transaction; two starting at once take turns. Raises Unfit."""
    if engine.dialect.name == "postgresql":
        # Who has waited must see what the other has done meanwhile.
        engine = engine.execution_options(isolation_level="READ COMMITTED")
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '5min'")  # it is no unit
            take_turns(connection)
        if prove_known(connection) != revisions()[0]:
            upgrade(connection)
            if connection.dialect.name == "postgresql":
                # Whoever serves with the version of before does not know these tables: nothing more of it is taken.
                connection.exec_driver_sql("UPDATE lease SET epoch = epoch + 1, until = 0")


def take_turns(connection: Connection) -> None:
    """On PostgreSQL: nobody else changes the schema until this transaction ends."""
    connection.exec_driver_sql(_ONE_AT_A_TIME)


def prove_known(connection: Connection) -> str | None:
    """The schema's revision; None where there is none yet. Raises Unfit: Newer where this version does not know it."""
    if connection.dialect.name == "postgresql":
        letters = str(connection.exec_driver_sql("SHOW server_encoding").scalar())
        if letters != "UTF8":
            raise WrongLetters(letters)
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision is not None and revision not in revisions():
        raise Newer
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision, within the transaction of the connection."""
    from alembic import command  # a tenth of a start's imports, and hardly any start needs them
    from alembic.config import Config

    with _migrations() as folder:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        command.upgrade(config, revision)


@cache
def revisions() -> tuple[str, ...]:
    """Those of the schema that this version knows, the latest first: each file is named after its own."""
    with _migrations() as folder:
        files = (folder / "versions").glob("*.py")
        return tuple(sorted((file.name.partition("_")[0] for file in files), reverse=True))


@contextmanager
def _migrations() -> Iterator[Path]:
    with resources.as_file(resources.files("bot.store") / "migrations") as folder:
        yield folder
