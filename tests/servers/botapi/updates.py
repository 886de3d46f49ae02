"""One bot's queue of updates and the long polling on it, with Telegram's rules for offsets, age and rivals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.servers.botapi.errors import ApiError, terminated_by_other_poll

Json = dict[str, Any]

LONGEST_POLL = 50  # seconds; the Bot API server caps `timeout` there
KEPT = 24 * 3600  # seconds an update waits to be fetched …
CALLBACK_KEPT = 150  # … and a callback query
AHEAD = 10  # an offset so far beyond the next id is none that it has given: it is taken for no offset (TDLib's TQueue)
OPT_IN = frozenset({"chat_member", "message_reaction", "message_reaction_count"})  # only on request


@dataclass(frozen=True, slots=True)
class Update:
    id: int
    kind: str
    body: Json
    at: float

    def expired(self, now: float) -> bool:
        return now - self.at > (CALLBACK_KEPT if self.kind == "callback_query" else KEPT)

    def as_json(self) -> Json:
        return {"update_id": self.id, self.kind: self.body}


class UpdateQueue:
    """Updates that wait for their bot. `next_id` may be set, as Telegram restarts the ids after a quiet week."""

    def __init__(self, clock: Callable[[], float], first_id: int) -> None:
        self.next_id = first_id
        self._clock = clock
        self._waiting: list[Update] = []
        self._handed_out: list[Update] = []
        self._again: list[Update] = []
        self._poll: asyncio.Future[None] | None = None
        self._allowed: frozenset[str] | None = None  # None: every kind but those in OPT_IN
        self.stirred = asyncio.Event()  # set by the next update; then there is a new one

    def wants(self, kind: str) -> bool:
        return kind in self._allowed if self._allowed is not None else kind not in OPT_IN

    def put(self, kind: str, body: Json) -> int | None:
        """Queue an update and wake the poll; None where the bot did not ask for this kind."""
        if not self.wants(kind):
            return None
        update = Update(self.next_id, kind, body, self._clock())
        self.next_id += 1
        self._waiting.append(update)
        self._wake()
        self.stirred.set()
        self.stirred = asyncio.Event()
        return update.id

    def put_again(self) -> None:
        """Let the next answer begin with the updates of the latest one, though they are confirmed by then."""
        self._again = self._handed_out

    @property
    def updates(self) -> list[Update]:
        """What has not been confirmed yet, oldest first."""
        self._drop_expired()
        return list(self._waiting)

    @property
    def waiting(self) -> list[Json]:
        return [update.as_json() for update in self.updates]

    def brought(self, update: Update) -> None:
        """A webhook has taken it."""
        self._waiting = [other for other in self._waiting if other is not update]

    def forget_all(self) -> None:
        self._waiting.clear()

    def allow(self, kinds: list[str] | None) -> None:
        """The `allowed_updates` of a poll: None keeps the former setting, an empty list is the default set."""
        if kinds is not None:
            self._allowed = frozenset(kinds) or None

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Json]:
        """Answer getUpdates. Raises ApiError 409 in the older of two polls."""
        self.refuse_poll(terminated_by_other_poll())
        self._confirm(offset)
        self._repeat()
        if not self._waiting and timeout > 0:
            await self._wait(min(timeout, LONGEST_POLL))
        self._drop_expired()
        self._handed_out = self._waiting[:limit]
        return [update.as_json() for update in self._handed_out]

    def stop_polling(self) -> None:
        """End the pending poll, if any, with an empty answer."""
        self._wake()

    def refuse_poll(self, error: ApiError) -> None:
        """End the pending poll, if any, with this."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(error)

    def _confirm(self, offset: int) -> None:
        self._drop_expired()
        if offset < 0:
            self._waiting = self._waiting[offset:]
        elif 0 < offset <= self.next_id + AHEAD:
            self._waiting = [update for update in self._waiting if update.id >= offset]

    def _repeat(self) -> None:
        waiting = {update.id for update in self._waiting}
        self._waiting[:0] = [update for update in self._again if update.id not in waiting]
        self._again = []

    @property
    def is_asked(self) -> bool:
        """Somebody waits for the next update."""
        return self._poll is not None

    def _drop_expired(self) -> None:
        now = self._clock()
        if any(update.expired(now) for update in self._waiting):
            self._waiting = [update for update in self._waiting if not update.expired(now)]

    async def _wait(self, timeout: float) -> None:
        poll = self._poll = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(poll, timeout)
        except TimeoutError:
            pass
        finally:
            if self._poll is poll:
                self._poll = None

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
