"""What was heard last, kept in the account's folder: by it a homeserver shows whether it was put back to a backup.

It takes an old place in the stream then, and goes on from wherever it is, without a word of what was said in between.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.matrix.connection.homeserver import Failure, Homeserver, path
from bot.incoming import Raw

_KEPT_EVERY_MS = 60_000  # what was heard since is heard again, and known
_MARGIN_MS = 600_000  # by how much clocks differ, and servers are late
_TRACES_MS = 2 * 86_400_000
"""For so long the core knows for certain what it has handled, also what another process has."""


@dataclass(frozen=True, slots=True)
class Event:
    room: str
    id: str
    at_ms: int  # when we heard it


class LastHeard:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "heard.json"
        self._last = self._read()
        self._kept_ms = 0

    def note(self, events: Sequence[Raw], now_ms: int) -> None:
        """They were heard, and handed over."""
        last = next((event for event in reversed(events) if event.id.startswith("$")), None)
        if last is None:
            return
        self._last = Event(last.chat, last.id, now_ms)
        if abs(now_ms - self._kept_ms) >= _KEPT_EVERY_MS:
            self._kept_ms = now_ms
            new = self._file.with_suffix(".new")
            with suppress(OSError):  # the disk is full, say: the one before serves as well
                new.write_text(json.dumps(asdict(self._last)))
                os.replace(new, self._file)

    async def is_gone(self, server: Homeserver) -> bool:
        """Whether the homeserver does not have it any more. Raises Failure."""
        if self._last is None:
            return False
        try:
            await server.call("GET", path("rooms", self._last.room, "event", self._last.id))
        except Failure as failure:
            if failure.errcode == "M_FORBIDDEN":
                return False  # we are out of the room
            if failure.errcode != "M_NOT_FOUND":
                raise
            return self._last.room in (await server.call("GET", path("joined_rooms"))).get("joined_rooms", [])
        return False

    def since_ms(self, now_ms: int, put_off_ms: int | None = None) -> int:
        """From when on there may be something that was not heard; `put_off_ms`: since when something is put off."""
        heard = [] if self._last is None else [self._last.at_ms]
        earliest = min([*heard, *([] if put_off_ms is None else [put_off_ms])], default=0)
        return max(earliest - _MARGIN_MS, now_ms - _TRACES_MS)

    def _read(self) -> Event | None:
        try:
            return Event(**json.loads(self._file.read_text()))
        except (OSError, ValueError, TypeError):
            return None  # nothing was heard yet, or the power was cut
