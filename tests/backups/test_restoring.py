"""Restoring: nothing is changed before the backup is proved whole, and then all of it or nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from bot.backups import archive
from bot.backups.archive import ACCOUNTS, DATABASE, unpack
from bot.backups.restored import lines
from bot.backups.restoring import NotRestored, checked
from bot.backups.resuming import doubts
from bot.backups.stage import STAGE, finish
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate, revisions, upgrade
from tests.backups.conftest import ACCOUNT, NEW_PLACE, PLACE, House, dies_or_ends, fill, names
from tests.databases import transaction


def forge(house: House, change: Callable[[Path], object], **head: Any) -> None:
    """Make the backup anew, whole in itself, with something in it that no bot would write."""
    folder = house.file.parent / "opened"
    folder.mkdir()
    with house.file.open("rb") as source:
        known, rows = unpack(source, folder)
    change(folder)
    with house.file.open("wb") as into:
        archive.write(into, replace(known, **head), folder, rows)


def with_sql(*statements: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    return change


def shown(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and what is in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_damaged_backup_changes_nothing(home: House) -> None:
    """Cut short, or with one byte that is not as it was."""
    with transaction(home.url) as tx:
        fill(tx)
    home.backs_up()
    whole = home.file.read_bytes()
    bad = bytearray(whole)
    bad[len(bad) // 2] ^= 1
    for damaged in (whole[: len(whole) // 2], whole[:-4], bytes(bad)):
        home.file.write_bytes(damaged)
        with pytest.raises(NotRestored, match="damaged"):
            home.restores()
        assert shown(home.new) == {}


@pytest.mark.parametrize(
    ("change", "head", "said"),
    [
        (lambda _: None, {"format": archive.FORMAT + 1, "version": "7.1"}, "7.1"),
        (with_sql("UPDATE alembic_version SET version_num = '9999'"), {"schema": "9999", "version": "7.2"}, "7.2"),
        (with_sql("UPDATE alembic_version SET version_num = '9999'"), {}, "damaged"),
        (with_sql("DELETE FROM reader", "DELETE FROM line"), {}, "damaged"),
        (with_sql("PRAGMA foreign_keys=OFF", "UPDATE line SET request_id = 99"), {}, "table line"),
        (with_sql("DROP TABLE schedule"), {}, "damaged"),
        (with_sql("DROP TABLE alembic_version"), {}, "damaged"),
        (lambda folder: (folder / DATABASE).write_bytes(b"?" * 9000), {}, "damaged"),
    ],
    ids=["format", "schema", "lies", "rows", "references", "table", "version", "database"],
)
def test_a_backup_that_does_not_hold_together_changes_nothing(
    change: Callable[[Path], object], head: dict[str, Any], said: str, home: House
) -> None:
    """However well it is packed: of a later version, with rows missing, or with rows that refer to nothing."""
    with transaction(home.url) as tx:
        fill(tx)
    home.backs_up()
    forge(home, change, **head)
    with pytest.raises(NotRestored, match=said):
        home.restores()
    assert shown(home.new) == {}


def test_what_is_no_backup_is_called_so(home: House) -> None:
    """And what is not there, or is a folder."""
    with pytest.raises(NotRestored, match="no file"):
        home.restores()
    home.file.mkdir()
    with pytest.raises(NotRestored, match="no backup"):
        home.restores()
    home.file.rmdir()
    home.file.write_text("shopping list")
    with pytest.raises(NotRestored, match="no backup"):
        home.restores()


def test_checking_says_what_is_in_a_backup_and_leaves_no_trace(home: House) -> None:
    """It can be done while the bot runs."""
    home.writes("Ons Huis")
    home.backs_up()
    before = shown(home.data)
    head, rows = checked(home.file, home.data)
    assert rows["organisation"] == 1
    assert head.schema == revisions()[0]
    assert shown(home.data) == before
    home.file.write_bytes(home.file.read_bytes()[:-50])
    with pytest.raises(NotRestored, match="damaged"):
        checked(home.file, home.data)


# --- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", revisions())
def test_the_backup_of_an_older_version_is_brought_up_to_date(revision: str, place: House) -> None:
    """Of every version there ever was."""
    os.unlink(place.data / "schakel.db")
    engine = open_engine(place.url)
    with engine.begin() as connection:
        upgrade(connection, revision)
        connection.execute(text("INSERT INTO organisation (name) VALUES ('of old')"))
    engine.dispose()
    place.backs_up()
    place.restores()
    assert names(place.target) == ["of old"]
    engine = open_engine(place.target)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == revisions()[0]
    engine.dispose()


def test_an_account_makes_itself_fit_to_go_on(place: House) -> None:
    """With what was kept for it, in its folder and in the database; what it has to say reaches the operator."""
    place.writes("Ons Huis")
    (place.folder / "pen").write_text("blue")
    place.backs_up()
    restored = place.restores()
    assert shown(place.new / ACCOUNTS) == {f"{ACCOUNT}/old pen": b"blue"}
    with transaction(place.target) as tx:
        assert tx.accounts.state(ACCOUNT, NEW_PLACE) == b"new pen"
        assert tx.accounts.state(ACCOUNT, PLACE) is None
        assert list(doubts(tx).again) == [ACCOUNT]
    told = "\n".join(lines(restored, "schakel", place.clock.now()))
    assert f"{ACCOUNT}: Paper tells everything twice." in told
    assert "schakel run" in told


def test_a_folder_that_outlived_its_database_stays(place: House) -> None:
    """It is newer than any backup of it."""
    place.writes("Ons Huis")
    (place.folder / "pen").write_text("blue")
    place.backs_up()
    there = place.new / ACCOUNTS / ACCOUNT
    there.mkdir(parents=True)
    (there / "pen").write_text("red, since yesterday")
    restored = place.restores()
    assert shown(place.new / ACCOUNTS) == {f"{ACCOUNT}/pen": b"red, since yesterday"}
    with transaction(place.target) as tx:
        assert tx.accounts.state(ACCOUNT, NEW_PLACE) == b"pen"
    assert restored.kept == (ACCOUNT,)


def test_a_file_that_postgresql_stands_in_for_is_named(place: House) -> None:
    """People's words are in it for ever, unless somebody deletes it."""
    place.writes("Ons Huis")
    place.backs_up()
    file = place.new / "schakel.db"
    if place.target.startswith("postgresql"):
        file.write_bytes(b"SQLite format 3")
    told = "\n".join(lines(place.restores(), "schakel", place.clock.now()))
    assert (f"{file} is not used any more" in told) == place.target.startswith("postgresql")


def test_a_folder_of_another_machine_keeps_the_state_that_belongs_to_it(place: House) -> None:
    """Several have stood by for one database, each with keys of its own; one of them puts the database back."""
    place.writes("Ons Huis")
    with transaction(place.url) as tx:
        tx.accounts.keep_state(ACCOUNT, NEW_PLACE, b"their own pen")
    (place.folder / "pen").write_text("blue")
    place.backs_up()
    there = place.new / ACCOUNTS / ACCOUNT
    there.mkdir(parents=True)
    (there / "pen").write_text("green")
    place.restores()
    assert shown(place.new / ACCOUNTS) == {f"{ACCOUNT}/pen": b"green"}
    with transaction(place.target) as tx:
        assert tx.accounts.state(ACCOUNT, NEW_PLACE) == b"their own pen"
        assert tx.accounts.state(ACCOUNT, PLACE) == b"pen"


def test_what_the_folders_of_an_account_share_comes_back_as_it_was(place: House) -> None:
    """It belongs to none of them: it is neither thrown away with one, nor taken for its state."""
    place.writes("Ons Huis")
    with transaction(place.url) as tx:
        assert tx.accounts.share(ACCOUNT, b"ink") == b"ink"
    place.backs_up()
    place.restores()
    with transaction(place.target) as tx:
        assert tx.accounts.share(ACCOUNT, b"other ink") == b"ink"
        assert tx.accounts.state(ACCOUNT, NEW_PLACE) == b"new pen"


def test_the_folder_of_an_account_that_nobody_configured_stays_in_the_backup(home: House) -> None:
    """Old keys that lie about are put to use one day."""
    other = home.data / ACCOUNTS / "matrix"
    other.mkdir(parents=True)
    (other / "olm.db").write_text("keys")
    home.backs_up()
    restored = home.restores()
    assert restored.left == ("matrix",)
    assert not (home.new / ACCOUNTS / "matrix").exists()


def test_a_broken_database_is_moved_aside_with_its_log(home: House) -> None:
    """It may be all that there is of the last hours, for somebody who can read it."""
    home.writes("Ons Huis")
    home.backs_up()
    for name in ("schakel.db", "schakel.db-wal"):
        (home.new / name).write_bytes(b"broken " * 1000)
    with pytest.raises(NotRestored, match="--move-away"):
        home.restores()
    aside = home.restores(move_away=True).aside
    assert aside is not None
    assert shown(aside).items() >= dict.fromkeys(("schakel.db", "schakel.db-wal"), b"broken " * 1000).items()
    assert names(home.target) == ["Ons Huis"]


# --- killed in the middle --------------------------------------------------------------------------------------------


def test_a_kill_at_any_moment_leaves_nothing_or_all(place: House, full: bool) -> None:
    """What the next start of the bot finds is what was there before, or the backup; never a mixture, never neither."""
    place.writes("from the backup")
    (place.folder / "pen").write_text("from the backup")
    place.backs_up()
    seen, moment = set[bool](), 1
    while True:
        old = there_was_something(place)
        ended = dies_or_ends(lambda: place.restores(move_away=True), moment)
        assert ended in (None, 0)
        finish(place.target, place.new)
        found, folder = names(place.target), shown(place.new / ACCOUNTS)
        if found == ["from the backup"]:
            assert folder == {f"{ACCOUNT}/old pen": b"from the backup"}, moment
        else:
            assert found == ["from before"], moment
            assert folder == old, moment
        assert not (place.new / STAGE).exists()
        assert not list(place.new.glob("*.restoring*"))
        seen.add(found == ["from the backup"])
        if ended == 0:
            break
        begin_anew(place)
        moment += 1 if full else 4
    assert seen == {False, True}


@pytest.mark.postgres
def test_what_a_restore_has_done_is_not_judged_while_the_database_cannot_be_asked(home: House) -> None:
    """A server that is down at the next start must not cost the accounts their folders."""
    ready = home.new / STAGE / "contents" / ACCOUNTS / ACCOUNT
    ready.mkdir(parents=True)
    (ready / "pen").write_text("blue")
    (home.new / STAGE / "plan.json").write_text('{"token": "MARK", "aside": null}')
    with pytest.raises(OperationalError):
        finish("postgresql://nobody@127.0.0.1:9/x", home.new)
    assert shown(ready) == {"pen": b"blue"}


def there_was_something(place: House) -> dict[str, bytes]:
    """A database and an account's folder in the way of the backup; what is in the folder."""
    engine = open_engine(place.target)
    migrate(engine)
    engine.dispose()
    with transaction(place.target) as tx:
        tx.chats.organisation_named("from before")
    folder = place.new / ACCOUNTS / ACCOUNT
    folder.mkdir(parents=True)
    (folder / "pen").write_text("from before")
    return shown(place.new / ACCOUNTS)


def begin_anew(place: House) -> None:
    for path in place.new.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if place.target.startswith("postgresql"):
        engine = open_engine(place.target)
        with engine.begin() as connection:
            for schema in inspect(connection).get_schema_names():
                if schema == "public" or schema.startswith("before_restore"):
                    connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
