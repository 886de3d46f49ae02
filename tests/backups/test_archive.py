"""The file that a backup is: what comes out is what went in, or it says that it is damaged."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.backups.archive import CONTENTS, DATABASE, FORMAT, HEAD, Head, NotABackup, TooNew, unpack, write
from bot.backups.snapshots import Damaged

MADE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROWS = {"text": 3}


@pytest.fixture
def packed(tmp_path: Path) -> bytes:
    folder = tmp_path / "what went in"
    (folder / "accounts" / "matrix").mkdir(parents=True)
    (folder / DATABASE).write_bytes(random.Random(1).randbytes(50_000))
    (folder / "accounts" / "matrix" / "olm.db").write_bytes(b"keys" * 1000)
    (folder / "accounts" / "matrix" / "ونحن.txt").write_bytes(b"")
    into = io.BytesIO()
    write(into, Head("0.1.0", "0001", MADE, "here"), folder, ROWS)
    return into.getvalue()


def unpacked(data: bytes, folder: Path) -> tuple[Head, dict[str, int]]:
    folder.mkdir()
    return unpack(io.BytesIO(data), folder)


def forged(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    """An archive that somebody else has made."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as tar:
        for name, body in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = len(body), kind if name != HEAD else tarfile.REGTYPE
            tar.addfile(entry, io.BytesIO(body))
    return into.getvalue()


def head(**changes: Any) -> tuple[str, bytes]:
    value = {"version": "0.1.0", "schema": "0001", "made_at": MADE.isoformat(), "place": "", "format": FORMAT} | changes
    return HEAD, json.dumps(value).encode()


def test_what_comes_out_is_what_went_in(packed: bytes, tmp_path: Path) -> None:
    """Every file with every byte, readable by its owner alone; and what the backup says of itself."""
    out = tmp_path / "what came out"
    assert unpacked(packed, out) == (Head("0.1.0", "0001", MADE, "here"), ROWS)
    before = tmp_path / "what went in"
    names = {path.relative_to(before) for path in before.rglob("*") if path.is_file()}
    assert {path.relative_to(out) for path in out.rglob("*") if path.is_file()} == names
    for name in names:
        assert (out / name).read_bytes() == (before / name).read_bytes()
        assert (out / name).stat().st_mode & 0o777 == 0o600


def test_any_tool_opens_it(packed: bytes) -> None:
    """Should there be nobody left who knows Schakel."""
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        assert tar.getnames()[:2] == [HEAD, DATABASE]
        assert tar.getnames()[-1] == CONTENTS


def test_a_backup_that_breaks_off_is_damaged(packed: bytes, tmp_path: Path) -> None:
    """Wherever it does."""
    for number, length in enumerate(range(200, len(packed), 997)):
        with pytest.raises((Damaged, NotABackup)):
            unpacked(packed[:length], tmp_path / str(number))
    with pytest.raises(Damaged):
        unpacked(packed[:-1], tmp_path / "all but one byte")


def test_a_single_flipped_bit_is_found(packed: bytes, tmp_path: Path) -> None:
    """Wherever it is, but for the ten bytes in front that hold nothing of ours."""
    chosen = random.Random(2)
    for number in range(120):
        place = chosen.randrange(10, len(packed))
        bad = bytearray(packed)
        bad[place] ^= 1 << chosen.randrange(8)
        with pytest.raises((Damaged, NotABackup)):
            unpacked(bytes(bad), tmp_path / str(number))


def test_what_follows_the_end_is_no_part_of_a_backup(packed: bytes, tmp_path: Path) -> None:
    """Two files written over each other, say."""
    with pytest.raises(Damaged):
        unpacked(packed + b"more", tmp_path / "out")


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"SQLite format 3\0" * 100, gzip.compress(b"hello" * 1000, mtime=0)],
    ids=["nothing", "words", "a database", "packed words"],
)
def test_another_file_is_no_backup(data: bytes, tmp_path: Path) -> None:
    """Not damaged: the wrong one."""
    with pytest.raises(NotABackup):
        unpacked(data, tmp_path / "out")
    with pytest.raises(NotABackup):
        unpacked(forged(("letters/one.txt", b"hello")), tmp_path / "tar")


def test_the_backup_of_a_later_version_says_of_which(tmp_path: Path) -> None:
    """Whatever else is in it."""
    with pytest.raises(TooNew) as caught:
        unpacked(forged(head(format=FORMAT + 1, version="9.8", news=[]), ("new/thing", b"?")), tmp_path / "out")
    assert caught.value.version == "9.8"


@pytest.mark.parametrize(
    "name", ["../escaped", "/tmp/escaped", "accounts/../../escaped", "accounts/x", "config.toml", "accounts//m/x"]
)
def test_nothing_is_written_outside_the_places_of_a_backup(name: str, tmp_path: Path) -> None:
    """A backup may have been through other hands."""
    with pytest.raises(Damaged):
        unpacked(forged(head(), (name, b"x")), tmp_path / "out")
    assert not list(tmp_path.rglob("escaped"))


def test_a_link_is_no_part_of_a_backup(tmp_path: Path) -> None:
    """It could lead anywhere."""
    with pytest.raises(Damaged):
        unpacked(forged(head(), ("accounts/matrix/olm.db", b""), kind=tarfile.SYMTYPE), tmp_path / "out")


@pytest.mark.parametrize(
    "contents",
    [
        b"{}",
        b"[]",
        b"\xff",
        json.dumps({"files": {}, "rows": {}}).encode(),
        json.dumps({"files": {DATABASE: {"size": 1, "sha256": "0"}}, "rows": {}}).encode(),
        json.dumps({"files": {DATABASE: {}}, "rows": {}}).encode(),
        json.dumps({"files": [], "rows": []}).encode(),
    ],
)
def test_a_list_of_contents_that_does_not_fit_is_damage(contents: bytes, tmp_path: Path) -> None:
    """Also where every byte arrived as it was written."""
    with pytest.raises(Damaged):
        unpacked(forged(head(), (DATABASE, b"x"), (CONTENTS, contents)), tmp_path / "out")


@pytest.mark.parametrize("changes", [{"format": "x"}, {"made_at": "yesterday"}, {"made_at": "2026-11-23T09:00:00"}])
def test_a_garbled_beginning_is_damage(changes: dict[str, Any], tmp_path: Path) -> None:
    """It is ours, and broken."""
    with pytest.raises(Damaged):
        unpacked(forged(head(**changes)), tmp_path / "out")


def test_a_backup_is_not_held_in_memory(tmp_path: Path) -> None:
    """A house of ten years may have more of it than the server has."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    size = 20_000_000
    (folder / DATABASE).write_bytes(random.Random(3).randbytes(size))
    tracemalloc.start()
    try:
        with (tmp_path / "packed").open("wb") as into:
            write(into, Head("0.1.0", "0001", MADE), folder, {})
        with (tmp_path / "packed").open("rb") as source:
            unpack(source, out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size / 5
