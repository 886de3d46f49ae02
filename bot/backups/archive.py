"""The file that a backup is: a compressed tar that begins with what it is and ends with what must be in it.

    schakel-backup.json      the Head: format, version, schema, time
    schakel.db               the database, as one SQLite file
    accounts/NAME/…          each account's folder
    contents.json            the size and SHA-256 of each of them, and the rows of each table

`tar xzf` opens it anywhere, and any SQLite program reads the database, should there be nobody who knows Schakel.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from bot.backups.snapshots import Damaged

FORMAT = 1
HEAD, DATABASE, ACCOUNTS, CONTENTS = "schakel-backup.json", "schakel.db", "accounts", "contents.json"
_LARGEST_JSON = 2**26
_PIECE = 2**18
_LEVEL = 6  # of 9; level 9 takes twice as long for a hundredth less


class NotABackup(Exception):
    """The file is something else."""


class TooNew(Exception):
    """A later version made it. `version` is that version."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself.

    `schema` is the revision of its database, `made_at` when that was copied; `place` is what the store calls the data
    folder whose accounts' folders are in it.
    """

    version: str
    schema: str
    made_at: datetime
    place: str = ""
    format: int = FORMAT


def private(path: str, flags: int) -> int:
    """An opener of files that nobody else may read."""
    return os.open(path, flags, 0o600)


# --- writing -------------------------------------------------------------------------------------------------------


def write(into: BinaryIO, head: Head, folder: Path, rows: Mapping[str, int]) -> None:
    """Write an archive of what is in `folder`: the database, and accounts. `rows` counts those of each table.

    Nothing larger than a piece is held in memory. Raises OSError.
    """
    files: dict[str, dict[str, Any]] = {}
    with (
        gzip.GzipFile(fileobj=into, mode="wb", compresslevel=_LEVEL, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        _add_json(tar, HEAD, {**asdict(head), "made_at": head.made_at.isoformat()}, head.made_at)
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            with path.open("rb") as file:
                summed = _Summed(file)
                tar.addfile(_entry(name, path.stat().st_size, head.made_at), summed)
            files[name] = {"size": path.stat().st_size, "sha256": summed.digest}
        _add_json(tar, CONTENTS, {"files": files, "rows": dict(rows)}, head.made_at)


def _files(folder: Path) -> list[Path]:
    """The database first."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(found, key=lambda path: (path != folder / DATABASE, path))


def _entry(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(at.timestamp())
    return entry


def _add_json(tar: tarfile.TarFile, name: str, value: object, at: datetime) -> None:
    body = json.dumps(value, indent=1).encode()
    tar.addfile(_entry(name, len(body), at), io.BytesIO(body))


class _Summed(io.RawIOBase):
    """A file whose checksum is known when it has been read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sum = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._sum.hexdigest()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._sum.update(piece)
        return piece


# --- reading -------------------------------------------------------------------------------------------------------


def unpack(source: BinaryIO, folder: Path) -> tuple[Head, dict[str, int]]:
    """Write what is in an archive into an empty folder; what it says of itself, and the rows that must be there.

    Every byte has been read and compared when it returns. Raises NotABackup, TooNew, Damaged, OSError.
    """
    try:
        with gzip.GzipFile(fileobj=source, mode="rb") as packed:
            try:
                tar = tarfile.open(fileobj=packed, mode="r|")  # noqa: SIM115 (what it reads from is closed)
            except (tarfile.TarError, gzip.BadGzipFile):
                raise NotABackup from None
            head, found, contents = _unpack(tar, folder)
            while packed.read(_PIECE):
                pass  # its own checksum stands at the end
    except tarfile.TarError:
        raise Damaged("it breaks off or is garbled in the middle") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Damaged("it breaks off, or some of its bytes are not as they were written") from None
    if contents is None:
        raise Damaged("it breaks off: its end is missing")
    try:
        expected = {name: (of["size"], of["sha256"]) for name, of in contents["files"].items()}
        rows = {str(table): int(count) for table, count in contents["rows"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Damaged("its list of contents is garbled") from None
    if found != expected or DATABASE not in found:
        raise Damaged("its files are not those that its list of contents names")
    return head, rows


def _unpack(tar: tarfile.TarFile, folder: Path) -> tuple[Head, dict[str, tuple[int, str]], dict[str, Any] | None]:
    head = _head(tar, tar.next())
    found: dict[str, tuple[int, str]] = {}
    contents = None
    for entry in _following(tar):
        if entry.name == CONTENTS:
            contents = _json(tar, entry)
            continue
        if contents is not None or not _is_ours(entry) or entry.name in found:
            raise Damaged("there is something in it that is no part of a backup")
        path = folder / entry.name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        found[entry.name] = (entry.size, _extract(tar, entry, path))
    return head, found, contents


def _following(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (entry := tar.next()) is not None:
        yield entry


def _is_ours(entry: tarfile.TarInfo) -> bool:
    """Whether it is a file in one of our places; a name that leads elsewhere is not."""
    path = PurePosixPath(entry.name)
    plain = str(path) == entry.name and not path.is_absolute() and ".." not in path.parts and "\0" not in entry.name
    known = entry.name == DATABASE or (path.parts[0] == ACCOUNTS and len(path.parts) > 2)
    return entry.isfile() and plain and known


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> str:
    source = tar.extractfile(entry)
    assert source is not None
    summed = hashlib.sha256()
    with open(path, "xb", opener=private) as file:
        while piece := source.read(_PIECE):
            summed.update(piece)
            file.write(piece)
    return summed.hexdigest()


def _head(tar: tarfile.TarFile, entry: tarfile.TarInfo | None) -> Head:
    if entry is None or entry.name != HEAD:
        raise NotABackup
    value = _json(tar, entry)
    try:
        if int(value["format"]) > FORMAT:
            raise TooNew(str(value["version"]))
        made_at = datetime.fromisoformat(value["made_at"])
        head = Head(str(value["version"]), str(value["schema"]), made_at, str(value["place"]), int(value["format"]))
    except (KeyError, TypeError, ValueError):
        raise Damaged("its beginning is garbled") from None
    if made_at.tzinfo is None:
        raise Damaged("its beginning is garbled")
    return head


def _json(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> dict[str, Any]:
    source = tar.extractfile(entry)
    if source is None or entry.size > _LARGEST_JSON:
        raise Damaged("it is garbled")
    try:
        value = json.loads(source.read())
    except (ValueError, RecursionError):
        raise Damaged("it is garbled") from None
    if not isinstance(value, dict):
        raise Damaged("it is garbled")
    return value
