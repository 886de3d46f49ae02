"""The schema: brought to this version's at the start, whoever starts, and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import bot.store
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate, revisions
from bot.store.tables import metadata


def test_the_files_are_named_after_their_revisions() -> None:
    """What this version knows is read from there, without asking Alembic at every start."""
    folder = Path(bot.store.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    walked = ScriptDirectory.from_config(config).walk_revisions()
    assert revisions() == tuple(script.revision for script in walked)


def test_the_migrated_schema_is_the_one_the_tables_describe(empty_database_url: str) -> None:
    """Nobody who upgrades has another database than somebody who starts anew."""
    engine = open_engine(empty_database_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(empty_database_url: str) -> None:
    """A bot that starts for the second time finds everything as it was."""
    engine = open_engine(empty_database_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO organisation (name) VALUES ('Ons Huis')"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM organisation")).scalar() == 1
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)
def test_processes_that_start_at_once_take_turns(empty_database_url: str) -> None:
    """Who has waited for another finds the schema as that one has left it."""
    engine, both = open_engine(empty_database_url), [open_engine(empty_database_url) for _ in range(2)]
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
    )
    with ThreadPoolExecutor() as threads, engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("SELECT pg_advisory_lock(7244235)"))
        migrating = [threads.submit(migrate, one) for one in both]
        while connection.execute(waiting).scalar() != len(both):
            pass
        connection.execute(text("SELECT pg_advisory_unlock(7244235)"))
        for done in migrating:
            done.result()
    for one in (engine, *both):
        one.dispose()
