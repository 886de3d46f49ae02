"""Whoever shows where they are for a while: one of their places is said, and no more, also after a restart."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from adapters.matrix.connection.homeserver import Json
from adapters.matrix.events.kinds import BEACONS, LIVE
from adapters.matrix.keeping import opened

KEPT_FOR = timedelta(days=1)  # Element lets nobody do it for longer than eight hours
_LOOKS_EVERY_MS = 3_600_000
SHARED = "live:"
"""How the id begins under which a place is kept. All those of one share have the same, so that one is handled: the
first that came, or the newest of those that came before it was."""

_EVENT_ID = re.compile(r"\$[!-~]{1,254}")


class Shares:
    """Who began which, kept in the account's folder: what is said of a place stands for the event that began it, which
    people answer, and take back."""

    def __init__(self, folder: Path) -> None:
        self._tidied_ms = 0
        self._db = opened(
            folder / "live.db",
            "CREATE TABLE IF NOT EXISTS share (id TEXT PRIMARY KEY, room TEXT NOT NULL, sender TEXT NOT NULL, "
            "since INTEGER NOT NULL) STRICT",
        )

    def close(self) -> None:
        self._db.close()

    def note(self, room_id: str, event: Json, now_ms: int) -> None:
        """Remember it, if somebody begins to show where they are."""
        if event["type"] not in LIVE or "state_key" not in event or event.get("content", {}).get("live") is not True:
            return
        row = (event["event_id"], room_id, event["sender"], now_ms)
        self._db.execute("INSERT OR IGNORE INTO share VALUES (?, ?, ?, ?)", row)

    def forget_old(self, now_ms: int) -> None:
        """Asked again and again, it looks once an hour."""
        if abs(now_ms - self._tidied_ms) < _LOOKS_EVERY_MS:
            return
        self._tidied_ms = now_ms
        self._db.execute("DELETE FROM share WHERE since < ?", (now_ms - int(KEPT_FOR.total_seconds() * 1000),))

    def named(self, room_id: str, event: Json) -> tuple[Json, str | None]:
        """A place as an event that stands for its share, with the id under which to keep it; all else as it is.

        Of a share that is unknown, or somebody else's, it stands for itself: anybody can say that it belongs there.
        """
        share = _share(event)
        if share is None:
            return event, None
        row = (share, room_id, event["sender"])
        known = self._db.execute("SELECT 1 FROM share WHERE id = ? AND room = ? AND sender = ?", row).fetchone()
        return (event | {"event_id": share} if known else event), f"{SHARED}{room_id}:{event['sender']}:{share}"


def _share(event: Json) -> str | None:
    """The event that began what this place belongs to, as its sender says."""
    kind, content = event.get("type"), event.get("content")
    if not isinstance(kind, str) or kind not in BEACONS or not isinstance(content, dict):
        return None
    relation = content.get("m.relates_to")
    share = relation.get("event_id") if isinstance(relation, dict) else None
    return share if isinstance(share, str) and _EVENT_ID.fullmatch(share) else None
