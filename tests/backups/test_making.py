"""Making a backup: what is in it, what is not, and what is left when it fails."""

from __future__ import annotations

import errno
import fcntl
import gzip
import os
import resource
import signal
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import text

from bot.backups import backup
from bot.backups.backup import NotMade, Source, make, reason
from bot.store.database.opening import open_engine
from tests.backups.conftest import ACCOUNT, House, dies_or_ends
from tests.databases import transaction


def left(house: House) -> list[str]:
    return sorted(os.listdir(house.file.parent))


def contents(house: House) -> dict[str, bytes]:
    with tarfile.open(house.file) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


def test_a_backup_is_for_its_owner_alone_and_nothing_else_is_left(home: House) -> None:
    """It holds people's words."""
    home.backs_up()
    assert left(home) == [home.file.name]
    assert home.file.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_never_overwritten(home: House) -> None:
    """It may be the only one."""
    home.file.write_text("the only one")
    with pytest.raises(NotMade, match="already"):
        home.backs_up()
    assert home.file.read_text() == "the only one"
    assert left(home) == [home.file.name]


def test_where_a_backup_cannot_be_made_it_says_why(home: House) -> None:
    """And there is no trace of the attempt."""
    with pytest.raises(NotMade, match="no folder"):
        make(Source(home.url, home.data), home.file.parent / "deep" / "x", home.clock.now)
    with pytest.raises(NotMade, match="no database yet"):
        make(Source(f"sqlite:///{home.data}/other.db", home.data), home.file, home.clock.now)
    (home.data / "empty.db").touch()  # `schakel check` has opened it, say
    with pytest.raises(NotMade, match="no database yet"):
        make(Source(f"sqlite:///{home.data}/empty.db", home.data), home.file, home.clock.now)
    with pytest.raises(NotMade, match="PostgreSQL cannot be reached"):
        make(Source("postgresql://nobody@127.0.0.1:9/x", home.data), home.file, home.clock.now)
    (home.folder / "olm.db").write_bytes(b"SQLite format 3\0" + b"?" * 5000)
    with pytest.raises(NotMade, match="cannot be read or copied"):
        home.backs_up()
    assert left(home) == []
    assert not (home.data / "other.db").exists()


def test_a_program_that_is_too_old_for_the_database_says_so(house: House) -> None:
    """One of several servers was updated, and another one makes the backups. A SQLite file is copied whatever it is."""
    engine = open_engine(house.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    if house.url.startswith("sqlite"):
        house.backs_up()
        return
    with pytest.raises(NotMade, match="later version of Schakel"):
        house.backs_up()
    assert left(house) == []


def test_a_place_where_this_user_may_make_nothing_is_named(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of root's, say: whether such a file is there already cannot be seen, or nothing can be written."""
    with pytest.raises(NotMade, match="too long"):
        make(Source(home.url, home.data), home.file.with_name("x" * 300), home.clock.now)
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs the tests may be root, who may do everything
    with pytest.raises(NotMade, match=f"may not write in {home.file.parent}"):
        home.backs_up()

    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "x", str(home.file))

    monkeypatch.setattr(Path, "stat", refuse)
    # Python takes what may not be looked at for what is not there, from 3.14 on.
    with pytest.raises(NotMade, match=f"this user may not (use {home.file}|write in {home.file.parent})"):
        home.backs_up()
    monkeypatch.undo()
    assert left(home) == []


def test_a_name_that_leads_nowhere_is_taken(home: House) -> None:
    """A link to what is gone: nobody finds out after the whole backup that it cannot have that name."""
    home.file.symlink_to(home.file.parent / "gone")
    with pytest.raises(NotMade, match="is there already"):
        home.backs_up()


def test_a_damaged_database_is_not_passed_off_as_a_backup(home: House) -> None:
    """Whoever relies on it must hear of it now, and not when it is needed."""
    with transaction(home.url) as tx:
        for number in range(500):
            tx.texts.add(f"text {number}", "en")
    with (home.data / "schakel.db").open("r+b") as file:
        file.seek(-9000, os.SEEK_END)
        file.write(os.urandom(8000))
    with pytest.raises(NotMade):
        home.backs_up()
    assert left(home) == []


def test_a_disk_that_cannot_be_used_is_named_with_what_to_do() -> None:
    """Whoever meets it first: one that is full is called so, and another's or a broken one as well."""
    folder = Path("/media/stick")
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    for error in (OSError(errno.ENOSPC, "x"), OSError(errno.EDQUOT, "x"), full):
        assert reason(error, folder) == "the disk of /media/stick is full"
    forbidden = reason(PermissionError(errno.EACCES, "x", "/data/y"), folder)
    assert forbidden == "this user may not use /data/y: do this as the user that it belongs to"
    assert "`dmesg` says whether it is broken" in reason(OSError(errno.EROFS, "x"), folder)
    assert "words" not in reason(OSError(errno.EIO, "words"), folder)
    assert reason(psycopg.errors.DiskFull("x"), folder) == "the disk of PostgreSQL is full: make room on its machine"


def test_a_write_that_fails_halfway_leaves_nothing(home: House) -> None:
    """However far it had come."""
    (home.folder / "large").write_bytes(os.urandom(3_000_000))

    def with_little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
        with pytest.raises(NotMade, match="cannot be read or written"):
            home.backs_up()

    assert dies_or_ends(with_little_room) == 0
    assert left(home) == []


@pytest.mark.parametrize("moment", range(2, 18, 4))
def test_what_a_killed_backup_left_goes_with_the_next(moment: int, home: House) -> None:
    """But not what another one is at work on."""
    home.writes("Ons Huis")
    (home.folder / "pen").write_text("blue")
    assert dies_or_ends(home.backs_up, moment) is None
    assert home.file.name not in left(home)
    busy = home.file.parent / f"{backup.PREFIX}busy"
    busy.mkdir()
    held = os.open(busy, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    home.backs_up()
    os.close(held)
    assert left(home) == sorted([busy.name, home.file.name])


def test_a_unit_in_the_middle_holds_up_no_backup(home: House) -> None:
    """And the backup holds up no unit: it reads what was there before."""
    home.writes("before")
    with closing(sqlite3.connect(home.data / "schakel.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO organisation (name) VALUES ('half done')")
        assert home.backs_up().rows["organisation"] == 1
        other.execute("COMMIT")


def test_the_accounts_folders_come_along_as_they_are_at_one_moment(home: House) -> None:
    """Keys in a database that is being written to, files of any kind; not what SQLite keeps beside, and no links."""
    (home.folder / "deep").mkdir()
    (home.folder / "deep" / "note.txt").write_text("نعم")
    (home.folder / "elsewhere").symlink_to("/etc/hostname")
    with closing(sqlite3.connect(home.folder / "keys.db", isolation_level=None)) as keys:
        keys.execute("PRAGMA journal_mode=WAL")
        keys.execute("CREATE TABLE key (name)")
        keys.execute("INSERT INTO key VALUES ('whole')")
        keys.execute("BEGIN IMMEDIATE")
        keys.execute("INSERT INTO key VALUES ('half')")
        home.backs_up()
    found = {name for name in contents(home) if name.startswith("accounts/")}
    assert found == {f"accounts/{ACCOUNT}/deep/note.txt", f"accounts/{ACCOUNT}/keys.db"}
    home.restores()
    with closing(sqlite3.connect(home.new / "accounts" / ACCOUNT / "keys.db")) as keys:
        assert keys.execute("SELECT name FROM key").fetchall() == [("whole",)]


def test_a_file_beside_the_accounts_folders_spoils_no_backup(home: House) -> None:
    """Somebody has left it there, an earlier backup say; it would be found out when the disk has died."""
    (home.folder / "pen").write_text("blue")
    (home.folder.parent / "earlier.tar.gz").write_bytes(b"?")
    home.backs_up()
    assert {name for name in contents(home) if name.startswith("accounts/")} == {f"accounts/{ACCOUNT}/pen"}
    home.restores()
    assert (home.new / "accounts" / ACCOUNT / "pen").read_text() == "blue"


def test_nothing_that_was_erased_before_is_in_a_backup(house: House) -> None:
    """Not in the database, not in the account's own, not even between the rows."""
    with transaction(house.url) as tx:
        gone = [tx.texts.add(f"a secret of number {number}", "en") for number in range(200)]
        tx.texts.add("what stays", "en")
    with transaction(house.url) as tx:
        tx.texts.delete(gone)
    with closing(sqlite3.connect(house.folder / "history.db", isolation_level=None)) as history:
        history.execute("CREATE TABLE message (body)")
        history.executemany("INSERT INTO message VALUES (?)", [(f"a secret of number {n}",) for n in range(200)])
        history.execute("DELETE FROM message")
    house.backs_up()
    assert b"a secret of" not in gzip.decompress(house.file.read_bytes())
    assert b"what stays" in gzip.decompress(house.file.read_bytes())
