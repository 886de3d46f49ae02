"""`schakel backup`: everything that belongs together, copied as of one moment into one file, beside the running bot.

The bot has no part in it. It may not write where the operator wants the file, and it has better things to do; the
database is read like any other reader does, and a command that fails or is killed harms nobody.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psycopg
from sqlalchemy.exc import DBAPIError

from bot.backups import archive, snapshots
from bot.backups.archive import ACCOUNTS, DATABASE
from bot.backups.placing import file_of, synced
from bot.backups.snapshots import Damaged, NoDatabase
from bot.store.database.schema import Newer

PREFIX = ".schakel-backup-"
_SQLITE = b"SQLite format 3\0"
_BESIDE_SQLITE = ("-wal", "-shm", "-journal")
_ROOM = 32 * 2**20  # bytes to be left on a disk on which a bot may have to write


class NotMade(Exception):
    """There is no backup; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup as it stands on the disk: its bytes, and the rows of each table."""

    size: int
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Source:
    """What a backup is made of. `place` is what the store calls the data folder."""

    url: str
    data_dir: Path
    place: str = ""


def make(source: Source, file: Path, now: Callable[[], datetime], copied: Callable[[], object] = lambda: None) -> Made:
    """Make a backup, readable by its owner alone. Raises NotMade, and then nothing of it is left.

    `copied` is called when nobody is held up any more, and there is all the time in the world for the rest.
    """
    try:
        _check_place(file)
        with _workshop(file.parent) as folder:
            return _made(source, file, folder, now, copied)
    except (NoDatabase, Newer) as error:
        raise NotMade(str(error)) from error
    except Damaged as error:
        raise NotMade(f"{error}: keep all of {source.data_dir} as it is, and the backups that you have") from error
    except (sqlite3.Error, psycopg.Error, OSError) as error:
        raise NotMade(reason(error, file.parent)) from error


def _check_place(file: Path) -> None:
    """Raises NotMade where no file of that name can be made, or OSError where this user may not even look."""
    if file.exists() or file.is_symlink():
        raise NotMade(f"{file} is there already, and backups are never overwritten: choose another name")
    if not file.parent.is_dir():
        raise NotMade(f"there is no folder {file.parent}")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise NotMade(f"this user may not write in {file.parent}: choose another folder")


def _made(source: Source, file: Path, folder: Path, now: Callable[[], datetime], copied: Callable[[], object]) -> Made:
    _check_room(source, folder)
    contents = folder / "contents"
    contents.mkdir(mode=0o700)
    made_at = now()
    snapshots.take(source.url, contents / DATABASE)
    # After the database: keys and histories that are newer than it are what a crash leaves, too; older ones are not.
    _copy_accounts(source.data_dir / ACCOUNTS, contents / ACCOUNTS)
    copied()
    snapshots.examine(contents / DATABASE)
    rows = snapshots.counts(contents / DATABASE)
    head = archive.Head(version("schakel"), snapshots.schema(contents / DATABASE), made_at, source.place)
    packed = folder / "packed"
    with open(packed, "xb", opener=archive.private) as into:
        archive.write(into, head, contents, rows)
        into.flush()
        os.fsync(into.fileno())
    size = packed.stat().st_size
    _name(packed, file)
    return Made(size, rows)


# --- the accounts' folders -----------------------------------------------------------------------------------------


def _copy_accounts(source: Path, into: Path) -> None:
    """Every file of every account; those that are SQLite databases as of one moment, each for itself."""
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_symlink() or not path.is_file() or _belongs_to_another(path):
            continue
        if path.parent == source:
            continue  # somebody has put it there: it is no account's, and a restore takes nothing that is not
        target = into / path.relative_to(source)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # it has just been taken back
            if _is_sqlite(path):
                snapshots.copy_file(path, target)
            else:
                shutil.copyfile(path, target)


def _belongs_to_another(path: Path) -> bool:
    """Whether it is what SQLite keeps beside a database: that comes along in the copy."""
    return path.name.endswith(_BESIDE_SQLITE) and path.with_name(path.name.rpartition("-")[0]).exists()


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


# --- the disk ------------------------------------------------------------------------------------------------------


@contextmanager
def _workshop(beside: Path) -> Iterator[Path]:
    """A folder for what is not finished, gone at the end; those of commands that were killed go as well."""
    for left in beside.glob(f"{PREFIX}*"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside))
    try:
        with _held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder as long as this process lives. Raises OSError where another one does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _check_room(source: Source, folder: Path) -> None:
    """Raises NotMade rather than to fill a disk on which a bot may have to write."""
    needed = 2 * (_size_of_database(source.url) + _size_of(source.data_dir / ACCOUNTS)) + _ROOM
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NotMade(
            f"the disk of {folder.parent} is too full: {_mb(needed)} MB are needed for a while, {_mb(free)} MB are free"
        )


def _size_of_database(url: str) -> int:
    file = file_of(url)
    if file is not None:
        return _size_of(file)
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0


def _size_of(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def _mb(size: int) -> int:
    return -(-size // 2**20)


def _name(packed: Path, file: Path) -> None:
    """Give a finished file its name, in one step, unless something has got it meanwhile."""
    try:
        os.link(packed, file)
    except FileExistsError:
        raise NotMade(f"{file} has come into being meanwhile, and backups are never overwritten") from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        if file.exists():  # a stick's file system: it has no second names
            raise NotMade(f"{file} has come into being meanwhile, and backups are never overwritten") from None
        packed.rename(file)
    synced(file.parent)


def is_of_the_disk(error: OSError, folder: Path) -> bool:
    """Whether it is nobody's mistake in the program: whoever looks after the server can put it right."""
    of_the_disk = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
    return error.errno in of_the_disk or _is_no_folder(error, folder)


def _is_no_folder(error: Exception, folder: Path) -> bool:
    """Whether `folder` could not be made: where a file is, or where nobody can make one (below /proc)."""
    code, place = getattr(error, "errno", None), getattr(error, "filename", None)
    on_the_way = place is not None and Path(place) in (folder, *folder.parents)
    return code in (errno.EEXIST, errno.ENOTDIR) or (code == errno.ENOENT and on_the_way)


def reason(error: Exception, folder: Path) -> str:
    """What to call a fault of a disk or a database in a line for the operator. No word of anybody's is in it."""
    code = getattr(error, "errno", None)
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (errno.ENOSPC, errno.EDQUOT) or kind == sqlite3.SQLITE_FULL:
        return f"the disk of {folder} is full"
    if code == errno.EROFS:
        return f"the disk of {folder} can only be read: `dmesg` says whether it is broken; else mount it to be written"
    if code == errno.ENAMETOOLONG:
        return "the name of the file is too long: choose a shorter one"
    if code in (errno.EACCES, errno.EPERM):
        place = getattr(error, "filename", None) or folder
        return f"this user may not use {place}: do this as the user that it belongs to"
    if _is_no_folder(error, folder):
        return f"{getattr(error, 'filename', None) or folder} is no folder, and one is needed there"
    if isinstance(error, DBAPIError) and isinstance(error.orig, Exception):
        return reason(error.orig, folder)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "PostgreSQL does not allow its user this: let it own the database"
    if isinstance(error, psycopg.errors.DiskFull):
        return "the disk of PostgreSQL is full: make room on its machine"
    if isinstance(error, psycopg.OperationalError):
        return "PostgreSQL cannot be reached, or does not let this user in: is its address right, and does it run?"
    if isinstance(error, psycopg.Error):
        return f"PostgreSQL refuses something ({type(error).__name__})"
    if isinstance(error, sqlite3.Error):
        return f"a database cannot be read or copied ({getattr(error, 'sqlite_errorname', type(error).__name__)})"
    return f"a file cannot be read or written ({errno.errorcode.get(code or 0, type(error).__name__)})"
