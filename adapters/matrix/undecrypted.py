"""Encrypted events whose key has not come yet, kept in the account's folder until it does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from adapters.matrix.homeserver import Json

KEPT_FOR = timedelta(days=30)


class Undecrypted:
    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "undecrypted.db", isolation_level=None)
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, room TEXT NOT NULL, sent INTEGER NOT NULL, "
            "body TEXT NOT NULL) STRICT"
        )

    def close(self) -> None:
        self._db.close()

    def keep(self, room_id: str, event: Json) -> None:
        row = (event["event_id"], room_id, event["origin_server_ts"], json.dumps(event))
        self._db.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)", row)

    def waiting(self) -> list[tuple[str, Json]]:
        """Room and event, the oldest first."""
        rows = self._db.execute("SELECT room, body FROM event ORDER BY sent, rowid")
        return [(room, json.loads(body)) for room, body in rows]

    def forget(self, event_ids: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM event WHERE id = ?", [(event_id,) for event_id in event_ids])

    def forget_old(self, now_ms: int) -> None:
        kept_ms = int(KEPT_FOR.total_seconds() * 1000)
        self._db.execute("DELETE FROM event WHERE sent < ?", (now_ms - kept_ms,))
