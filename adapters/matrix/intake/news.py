"""What is new in a room: its events since a place in the stream, with those that an answer of /sync leaves out."""

from __future__ import annotations

import logging
from collections.abc import Callable

from adapters.matrix.connection.homeserver import Failure, Homeserver, Json, path
from adapters.matrix.events.raw import Me

log = logging.getLogger(__name__)

PAGE = "100"
PAGES_BACK = 10  # how far to look for what was written in a private chat before we joined it


class News:
    def __init__(self, server: Homeserver, me: Me, is_direct: Callable[[str], bool]) -> None:
        """`is_direct`: whether a room is a private chat."""
        self._server = server
        self._me = me
        self._is_direct = is_direct

    async def since(self, room_id: str, room: Json, cursor: str, within: float) -> list[Json]:
        """The room's events since the cursor, none left out, and none from before we were meant to see them."""
        timeline = room.get("timeline", {})
        events: list[Json] = timeline.get("events", [])
        before = timeline.get("prev_batch")
        if timeline.get("limited") and self._joined(events) is None:
            events = [*await self._gap(room_id, cursor, before, within), *events]
            before = cursor
        joined = self._joined(events)
        if joined is None:
            return events
        if not self._is_direct(room_id):
            return events[joined:]
        # Who opens a private chat with us writes at once, before we have joined: that is the first cry for help.
        earlier = await self._since_invitation(room_id, events[:joined], before, within)
        return [events[joined], *earlier, *events[joined + 1 :]]

    async def lately(self, room_id: str, room: Json, since_ms: int, within: float) -> list[Json]:
        """The room's events since a time, a thousand at most, and none from before we were meant to see them: where no
        place in the stream leads to them."""
        timeline = room.get("timeline", {})
        events: list[Json] = timeline.get("events", [])
        before = timeline.get("prev_batch")
        for _ in range(PAGES_BACK):
            began = self._joined(events) is not None or (events and events[0]["origin_server_ts"] < since_ms)
            if began or before is None:
                break
            page = await self._page(room_id, {"dir": "b", "from": before}, within)
            events = [*reversed(page.get("chunk", [])), *events]
            before = page.get("end")
        start = self._joined(events) or 0
        if self._is_direct(room_id):
            invited = last_place(events[:start], lambda event: changes_own(self._me, event, "invite"))
            start = start if invited is None else invited + 1
        return [event for event in events[start:] if event["origin_server_ts"] >= since_ms]

    async def _gap(self, room_id: str, cursor: str, until: str, within: float) -> list[Json]:
        """What the server left out of a long timeline, oldest first."""
        events: list[Json] = []
        token = cursor
        while True:
            page = await self._page(room_id, {"dir": "f", "from": token, "to": until}, within)
            events += page.get("chunk", [])
            end = page.get("end")
            if not end or end in (token, until):
                return events
            token = end

    async def _since_invitation(
        self, room_id: str, events: list[Json], before: str | None, within: float
    ) -> list[Json]:
        """What stands between our invitation and `events`' end; nothing where no invitation is found."""
        for _ in range(PAGES_BACK):
            invited = last_place(events, lambda event: changes_own(self._me, event, "invite"))
            if invited is not None:
                return events[invited + 1 :]
            if before is None:
                break
            page = await self._page(room_id, {"dir": "b", "from": before}, within)
            events = [*reversed(page.get("chunk", [])), *events]
            before = page.get("end")
        return []

    async def _page(self, room_id: str, query: dict[str, str], within: float) -> Json:
        where = path("rooms", room_id, "messages")
        try:
            return await self._server.call("GET", where, query=query | {"limit": PAGE}, timeout=within)
        except Failure as failure:
            if failure.errcode in ("M_FORBIDDEN", "M_NOT_FOUND"):  # we were put out of the room: no more to be had
                log.warning("a room's earlier messages are out of reach (%s)", failure.errcode)
                return {}
            raise

    def _joined(self, events: list[Json]) -> int | None:
        """Where we came into the room, if it is in these events."""
        return last_place(events, lambda event: changes_own(self._me, event, "join"))


def changes_own(me: Me, event: Json, *memberships: str) -> bool:
    """Whether the event changes our own membership to one of these."""
    if event.get("type") != "m.room.member" or event.get("state_key") != me.id:
        return False
    now = event.get("content", {}).get("membership")
    return now in memberships and event.get("unsigned", {}).get("prev_content", {}).get("membership") != now


def last_place(events: list[Json], wanted: Callable[[Json], bool]) -> int | None:
    return max((i for i, event in enumerate(events) if wanted(event)), default=None)
