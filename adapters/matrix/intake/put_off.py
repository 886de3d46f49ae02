"""What came of rooms whose earlier messages cannot be had just now, kept in the account's folder until they can."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from adapters.matrix.connection.homeserver import REQUEST_TIMEOUT, Failure, Json
from adapters.matrix.keeping import opened
from bot.incoming import Batch, Raw
from bot.ports import Deliver

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=30)
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds between attempts

Fetch = Callable[[str, Json, str, float], Awaitable[list[Raw]]]
"""All of a room since a cursor, given what the /sync from there on said of it, and the seconds to wait for an answer.
Raises Failure."""


class PutOff:
    """Room by room what each /sync said of it since, in order: none of it is handed over before what it follows."""

    def __init__(self, folder: Path) -> None:
        self._rooms: list[str] | None = None  # as they are kept, until that changes
        self._db = opened(
            folder / "put_off.db",
            "CREATE TABLE IF NOT EXISTS part (id INTEGER PRIMARY KEY, room TEXT NOT NULL, cursor TEXT NOT NULL, "
            "since INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (room, cursor)) STRICT",
        )

    def close(self) -> None:
        self._db.close()

    def keep(self, room_id: str, cursor: str, room: Json, now_ms: int) -> None:
        """What the answer to the /sync from `cursor` on said of the room; a later one from there has all of it."""
        row = (room_id, cursor, now_ms, json.dumps(room))
        self._rooms = None
        self._db.execute("INSERT OR REPLACE INTO part (room, cursor, since, body) VALUES (?, ?, ?, ?)", row)

    def rooms(self) -> list[str]:
        """Those of which something is kept."""
        if self._rooms is None:
            found = self._db.execute("SELECT room FROM part GROUP BY room ORDER BY min(id)")
            self._rooms = [room for (room,) in found]
        return self._rooms

    def first(self, room_id: str) -> tuple[int, str, Json] | None:
        """The oldest part of a room, and from which cursor on it is."""
        query = "SELECT id, cursor, body FROM part WHERE room = ? ORDER BY id LIMIT 1"
        row = self._db.execute(query, (room_id,)).fetchone()
        return None if row is None else (row[0], row[1], json.loads(row[2]))

    def forget(self, id: int) -> None:
        self._rooms = None
        self._db.execute("DELETE FROM part WHERE id = ?", (id,))

    def oldest_ms(self) -> int | None:
        """Since when anything is kept."""
        found: int | None = self._db.execute("SELECT min(since) FROM part").fetchone()[0]
        return found

    def forget_all(self) -> None:
        self._rooms = None
        self._db.execute("DELETE FROM part")

    def forget_old(self, now_ms: int) -> None:
        self._rooms = None
        kept_ms = int(KEPT_FOR.total_seconds() * 1000)
        self._db.execute("DELETE FROM part WHERE since < ?", (now_ms - kept_ms,))


class Latecomers:
    """Beside the stream, each room that waits for its earlier messages by itself."""

    def __init__(self, kept: PutOff, fetch: Fetch, now_ms: Callable[[], int]) -> None:
        self._kept = kept
        self._fetch = fetch
        self._now_ms = now_ms
        self._waits: dict[str, float] = {}
        self._at_work: set[str] = set()
        self._more = asyncio.Event()

    @property
    def rooms(self) -> set[str]:
        """Of which nothing new is to be handed over before what is put off."""
        return set(self._kept.rooms())

    def put_off(self, room_id: str, cursor: str, room: Json) -> None:
        """For what the answer to the /sync from `cursor` on said of the room it is too early."""
        self._kept.keep(room_id, cursor, room, self._now_ms())
        self._more.set()

    async def run(self, deliver: Deliver) -> None:
        """For ever. What `deliver` raises comes in a group."""
        self._more.set()
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._more.wait()
                self._more.clear()
                self._kept.forget_old(self._now_ms())
                for room_id in self.rooms - self._at_work:
                    self._at_work.add(room_id)
                    tasks.create_task(self._catch_up(room_id, deliver))

    async def _catch_up(self, room_id: str, deliver: Deliver) -> None:
        """Ask until they are there, then hand over all that has come since, in order."""
        try:
            while (part := self._kept.first(room_id)) is not None:
                id, cursor, room = part
                wait = self._waits.get(room_id, FIRST_WAIT)
                await asyncio.sleep(wait)
                try:
                    raws = await self._fetch(room_id, room, cursor, REQUEST_TIMEOUT)
                except Failure as failure:
                    self._waits[room_id] = min(2 * wait, LONGEST_WAIT)
                    log.info("a room's earlier messages still cannot be had (%s)", failure)
                    continue
                self._waits.pop(room_id, None)
                await deliver(Batch(tuple(raws), None))
                self._kept.forget(id)
        finally:
            self._at_work.discard(room_id)
