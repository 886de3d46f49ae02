"""What cannot be decrypted waits for its key, and fills neither the disk nor the memory meanwhile."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix.connection.client import Client
from adapters.matrix.connection.homeserver import Homeserver
from adapters.matrix.encryption.undecrypted import KEPT_FOR, Undecrypted

NOW = 1_780_000_000_000
CONNECT = sqlite3.connect
LARGEST = 60_000  # bytes of what an event brings


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Undecrypted]:
    undecrypted = Undecrypted(tmp_path)
    yield undecrypted
    undecrypted.close()


def event(id: str, sent: int = NOW, size: int = 10) -> dict[str, Any]:
    return {"event_id": id, "sender": "@eve:b.be", "origin_server_ts": sent, "content": {"ciphertext": "x" * size}}


def ids(kept: Undecrypted) -> list[str]:
    return [event["event_id"] for _, event in kept.waiting()]


def test_who_writes_without_end_in_one_room_takes_no_place_from_another(
    kept: Undecrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each room the latest are kept."""
    monkeypatch.setattr("adapters.matrix.encryption.undecrypted.MOST", 3)
    kept.keep("!maria:a.be", event("$help"), NOW)
    for number in range(10):
        kept.keep("!eve:b.be", event(f"${number}"), NOW)
    assert ids(kept) == ["$help", "$7", "$8", "$9"]


def test_what_claims_to_be_of_the_future_does_not_stay_for_ever(kept: Undecrypted) -> None:
    """An event's time is what somebody's server says."""
    kept.keep("!eve:b.be", event("$1", sent=2 * NOW), NOW)
    kept.forget_old(NOW + int(KEPT_FOR.total_seconds() * 1000) + 1)
    assert ids(kept) == []


def test_what_is_forgotten_is_gone_from_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where SQLite was built to leave deleted rows where they are: its key may come, and stay."""

    def as_most_build_it(file: Path, isolation_level: None) -> sqlite3.Connection:
        db = CONNECT(file, isolation_level=isolation_level)
        db.execute("PRAGMA secure_delete = OFF")
        return db

    monkeypatch.setattr("sqlite3.connect", as_most_build_it)
    kept = Undecrypted(tmp_path)
    kept.keep("!maria:a.be", event("$help") | {"content": {"ciphertext": "AwgAEnACgAkL"}}, NOW)
    assert any(b"AwgAEnACgAkL" in file.read_bytes() for file in tmp_path.iterdir())
    kept.forget(["$help"])
    kept.close()
    assert not any(b"AwgAEnACgAkL" in file.read_bytes() for file in tmp_path.iterdir())


def test_all_of_them_are_never_in_memory_at_once(kept: Undecrypted) -> None:
    """A few hundred rooms of somebody's own would be more than a small server has."""
    for number in range(400):
        kept.keep(f"!{number}:b.be", event(f"${number}", size=LARGEST), NOW)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in kept.waiting()) == 400
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * 1024  # KB


@pytest.mark.parametrize("content", [None, [], {}, {"sender_key": "a"}, {"sender_key": ["a"], "session_id": {}}])
def test_no_key_is_known_for_what_names_none(tmp_path: Path, content: object) -> None:
    client = Client(Homeserver("http://127.0.0.1:9"), "@bot:a.be", "DEVICE", tmp_path, "secret")
    assert not client.has_key({"type": "m.room.encrypted", "content": content}, "!eve:b.be")
    client.close()
