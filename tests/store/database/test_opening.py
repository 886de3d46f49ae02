"""The database opens and keeps what it acknowledged."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.store.database.opening import open_engine, open_reader
from bot.store.database.schema import migrate


@pytest.mark.parametrize(("query", "seconds"), [("", 10), ("?tcp_user_timeout=60000", 60)])
def test_a_server_that_says_nothing_more_is_soon_given_up(query: str, seconds: int) -> None:
    """Its machine has died, and nobody closes the connection: another server may have taken its place."""
    engine = open_engine(f"postgresql://schakel@db.example/schakel{query}")
    asked: dict[str, Any] = {}

    def connects(_dialect: object, _record: object, _arguments: object, given: dict[str, Any]) -> None:
        asked.update(given)
        raise ConnectionError

    event.listen(engine, "do_connect", connects)
    with pytest.raises(ConnectionError):
        engine.connect()
    assert int(asked["tcp_user_timeout"]) == seconds * 1000
    assert int(asked["keepalives_idle"]) + asked["keepalives_interval"] * asked["keepalives_count"] < 15
    assert int(asked["connect_timeout"]) < 10


def test_every_sqlite_commit_is_on_disk(tmp_path: Path) -> None:
    """synchronous=FULL in WAL mode: what is acknowledged survives a power cut."""
    engine = open_engine(f"sqlite:///{tmp_path / 'deep' / 'schakel.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    engine.dispose()


async def test_the_reader_cannot_write(empty_database_url: str) -> None:
    """Pages and lists read beside the writer and can break nothing."""
    engine = open_engine(empty_database_url)
    migrate(engine)
    engine.dispose()
    reader = open_reader(empty_database_url)
    async with reader.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM chat"))).scalar() == 0
        refused = None
        try:
            await connection.execute(text("INSERT INTO organisation (name) VALUES ('x')"))
        except Exception as error:  # each driver has its own
            refused = error
        assert refused is not None
    await reader.dispose()


def test_a_database_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """People's words are nobody else's on that machine."""
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'schakel.db'}")
    engine.connect().close()
    engine.dispose()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert sqlite3.sqlite_version_info >= (3, 35)
