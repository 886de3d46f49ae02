"""A backup and its restore, on both databases and from either to the other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import String, func, insert, inspect, select, text

from bot.backups.archive import ACCOUNTS
from bot.backups.restoring import NotRestored
from bot.incoming import Batch, Raw
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate
from bot.store.tables import metadata
from bot.store.transaction import Transaction
from tests.backups.conftest import ACCOUNT, House, a_row, everything, fill, names
from tests.databases import transaction, writer


def test_every_row_comes_back(house: House) -> None:
    """Words of every script, bytes, instants to the microsecond, truth values, and nothing."""
    with transaction(house.url) as tx:
        fill(tx)
    before = everything(house.url)
    made = house.backs_up()
    assert dict(made.rows) == {name: len(rows) for name, rows in before.items()}
    house.restores()
    after = everything(house.target)
    for name, rows in before.items():
        if name == "event":  # what a restore adds
            assert set(rows) < set(after[name])
        elif name == "lease":  # nobody has one any more
            assert [row[:2] for row in rows] == [row[:2] for row in after[name]]
        else:
            assert rows == after[name], name
    assert everything(house.url) == before


def test_what_is_new_after_a_restore_gets_ids_of_its_own(house: House) -> None:
    """They go on behind the rows that came."""
    with transaction(house.url) as tx:
        fill(tx)
    house.backs_up()
    house.restores()
    with transaction(house.target) as tx:
        for table in metadata.sorted_tables:
            if "id" not in table.c or isinstance(table.c.id.type, String):
                continue
            highest = tx.connection.execute(select(func.max(table.c.id))).scalar_one()
            row = {name: value for name, value in a_row(table, 1).items() if name != "id"}
            for column in table.c:  # what may have to be unique
                if isinstance(column.type, String) and not column.foreign_keys:
                    row[column.name] = f"new {column.name}"
                elif column.name in ("number", "position"):
                    row[column.name] = 4711
            row |= {"text_id": 2} if table.name == "translation" else {}
            made = tx.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
            assert made == highest + 1, table.name


def test_an_empty_database_is_a_place_for_a_backup(place: House) -> None:
    """Somebody has started the bot once before they thought of the backup."""
    place.writes("Ons Huis")
    place.backs_up()
    engine = open_engine(place.target)
    migrate(engine)
    engine.dispose()
    place.restores()
    assert names(place.target) == ["Ons Huis"]


def test_what_is_there_already_is_never_lost(place: House) -> None:
    """Nothing happens without --move-away; with it the old rows are kept aside, all of them."""
    place.writes("in the backup")
    place.backs_up()
    place.restores()
    with transaction(place.target) as tx:
        tx.chats.organisation_named("since then")
    there = place.new / ACCOUNTS / ACCOUNT
    there.mkdir(parents=True, exist_ok=True)
    (there / "pen").write_text("of then")
    before = everything(place.target)
    with pytest.raises(NotRestored, match="--move-away"):
        place.restores()
    assert everything(place.target) == before
    aside = place.restores(move_away=True).aside
    assert aside is not None
    assert names(place.target) == ["in the backup"]
    assert (aside / ACCOUNTS / ACCOUNT / "pen").read_text() == "of then"
    if place.target.startswith("sqlite"):
        assert everything(f"sqlite:///{aside}/schakel.db") == before
    else:
        with psycopg.connect(place.target) as connection:
            kept = connection.execute(f'SELECT name FROM "{aside.name}".organisation ORDER BY id'.encode()).fetchall()
            assert kept == [("in the backup",), ("since then",)]


def test_what_a_later_version_has_added_is_kept_aside_as_well(place: House) -> None:
    """Whoever goes back to the version of before and then updates again makes the same tables anew."""
    place.backs_up()
    place.restores()
    engine = open_engine(place.target)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE of_later (words TEXT)"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    place.restores(move_away=True)
    engine = open_engine(place.target)
    with engine.begin() as connection:
        assert not inspect(connection).has_table("of_later")
        connection.execute(text("CREATE TABLE of_later (words TEXT)"))
    engine.dispose()


def test_the_schema_after_a_restore_is_the_one_after_a_fresh_start(place: House) -> None:
    """With the same indexes and constraints, also beside tables that were moved aside."""
    place.backs_up()
    place.restores()
    place.restores(move_away=True)
    engine = open_engine(place.target)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    engine.dispose()


def unit(number: int) -> Callable[[Transaction], None]:
    """A change in two places."""

    def run(tx: Transaction) -> None:
        tx.inbox.accept(ACCOUNT, Batch((Raw(f"{number}", "chat", b"x"),), str(number)))
        tx.chats.organisation_named(f"{number}")

    return run


async def test_a_backup_is_of_one_moment_while_the_bot_writes(house: House) -> None:
    """Each unit is in it whole or not at all, and every one that was acknowledged before is in it."""
    done: list[int] = []
    stopping = asyncio.Event()

    async with writer(house.url, house.clock) as made:

        async def writes(start: int) -> None:
            for number in itertools.count(start, 8):
                await made.run(unit(number))
                done.append(number)
                if stopping.is_set():
                    return

        async with asyncio.TaskGroup() as writing:
            for start in range(8):
                writing.create_task(writes(start))
            while len(done) < 100:  # noqa: ASYNC110 (the load has no end of its own)
                await asyncio.sleep(0.001)
            acknowledged = set(done)
            await asyncio.to_thread(house.backs_up)
            stopping.set()
    house.restores()
    rows = everything(house.target)
    events = {int(row[2]) for row in rows["inbox"] if row[1] == ACCOUNT}
    assert events == {int(name) for name in names(house.target)}
    assert acknowledged <= events


def test_a_restore_keeps_out_of_the_way_of_whoever_uses_the_database(place: House) -> None:
    """A bot on another machine, or somebody's own program."""
    place.backs_up()
    place.restores()
    engine = open_engine(place.target)
    with engine.connect() as connection:
        if place.target.startswith("postgresql"):
            connection.execute(text("SET idle_in_transaction_session_timeout = 0"))  # however slow this machine is
        connection.execute(text("SELECT 1 FROM organisation"))
        with pytest.raises(NotRestored, match="somebody else"):
            place.restores(move_away=True)
    engine.dispose()
    place.restores(move_away=True)


def test_a_restore_leaves_no_copy_of_peoples_words_behind(place: House) -> None:
    """All that was only needed for it is gone; the rest is where it belongs, for its owner alone."""
    place.writes("Ons Huis")
    (place.folder / "pen").write_text("blue")
    place.backs_up()
    place.restores()
    found = {path.relative_to(place.new).as_posix() for path in place.new.rglob("*") if path.is_file()}
    database = {"schakel.db"} if place.target.startswith("sqlite") else set()
    assert found == database | {f"{ACCOUNTS}/{ACCOUNT}/old pen"}
    for path in place.new.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
