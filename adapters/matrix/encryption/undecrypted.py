"""Encrypted events whose key has not come yet, kept in the account's folder until it does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from adapters.matrix.connection.homeserver import Json
from adapters.matrix.keeping import opened

KEPT_FOR = timedelta(days=30)
MOST = 200  # of one room: more than anybody writes before their key comes, who does not mean to fill the disk


class Undecrypted:
    def __init__(self, folder: Path) -> None:
        self._db = opened(
            folder / "undecrypted.db",
            "CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, room TEXT NOT NULL, sent INTEGER NOT NULL, "
            "body TEXT NOT NULL) STRICT",
            "CREATE INDEX IF NOT EXISTS ix_event_room ON event (room)",
        )

    def close(self) -> None:
        self._db.close()

    def keep(self, room_id: str, event: Json, now_ms: int) -> None:
        row = (event["event_id"], room_id, min(event["origin_server_ts"], now_ms), json.dumps(event))
        self._db.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)", row)
        self._db.execute(
            "DELETE FROM event WHERE room = ?1 AND rowid NOT IN "
            "(SELECT rowid FROM event WHERE room = ?1 ORDER BY rowid DESC LIMIT ?2)",
            (room_id, MOST),
        )

    def has(self, event_id: str | None) -> bool:
        return self._db.execute("SELECT 1 FROM event WHERE id = ?", (event_id,)).fetchone() is not None

    def waiting(self) -> Iterator[tuple[str, Json]]:
        """Room and event, the oldest first: one after the other, as all of them may be more than there is memory."""
        for (rowid,) in self._db.execute("SELECT rowid FROM event ORDER BY sent, rowid").fetchall():
            for room, body in self._db.execute("SELECT room, body FROM event WHERE rowid = ?", (rowid,)).fetchall():
                yield room, json.loads(body)  # unless it was forgotten meanwhile

    def forget(self, event_ids: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM event WHERE id = ?", [(event_id,) for event_id in event_ids])

    def forget_old(self, now_ms: int) -> None:
        kept_ms = int(KEPT_FOR.total_seconds() * 1000)
        self._db.execute("DELETE FROM event WHERE sent < ?", (now_ms - kept_ms,))
