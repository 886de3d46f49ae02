"""When something may go on one account: its network's pace and pauses, outages, and files that wait for their turn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from bot.actions import Priority
from bot.clock import Clock
from bot.pacing import Pacer
from bot.ports import LONGEST_PAUSE, Limits, NotSent, SendError, Unknown
from bot.sending.in_flight import ONE_CHAT, InFlight
from bot.sending.outage import Outage
from bot.store.outbox.claimed import Claimed, Pause, Remembered

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LONGEST_TURN = 60.0  # seconds that a file is kept here until its chat may be written to


class Turns:
    """`now` and `since` are readings of the steady clock. `stirred`: there may be something to send."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self.pacer = Pacer(limits)
        self.in_flight = InFlight(1 if limits.chat_gap else ONE_CHAT)
        self.stirred = asyncio.Event()
        self.resumed_at = _LONG_AGO  # when the last pause of the whole account ends
        self._outage = Outage()
        self._files: list[tuple[Claimed, asyncio.Future[bool]]] = []  # files that are here, and wait to be sent

    def remember(self, before: Remembered) -> None:
        """Go on with the pauses and the pace of the last run."""
        self.pacer = Pacer(self._limits, before.learnt)
        if before.paused_until is not None:
            self.pacer.pause(self._steady_at(before.paused_until))
        for chat, until in before.chats:
            self.pacer.pause_chat(chat, self._steady_at(until))

    def _steady_at(self, moment: datetime) -> float:
        """The steady clock's reading at a moment. No pause is longer than a day: where it seems so, the other clock was
        wrong, and the network is asked again instead of being left alone for a day after each start."""
        left = moment - self._clock.now()
        return self._clock.steady() + (left.total_seconds() if left <= LONGEST_PAUSE else 0.0)

    # --- messages ----------------------------------------------------------------------------------------------------

    def slots(self, now: float) -> int:
        """How many messages may go now, as far as the network's limits are concerned."""
        slots, tries = self.pacer.slots(now), self._outage.slots(now)
        return slots if tries is None else min(slots, tries)

    def goes(self, claimed: Claimed, now: float) -> None:
        self.pacer.sent(claimed.chat, claimed.group, now)
        self._outage.tried(now)

    def goes_at_once(self, claimed: Claimed) -> bool:
        """Whether a following part may go now: it is a message like any other."""
        now = self._clock.steady()
        if self.slots(now) < 1 or self.pacer.free_at(claimed.chat) > now:
            return False
        self.goes(claimed, now)
        return True

    async def rest(self, since: float, due: datetime | None, *until: asyncio.Future[Any]) -> None:
        """Sleep until something is stirred, what waits for its time is `due`, or the pace allows the next message; or
        one of `until` is done.

        Nothing could be claimed at `since`: what the pace has come to allow after that moment is not waited for.
        """
        now = self._clock.steady()
        waits = []
        if due is not None:
            waits.append((due - self._clock.now()).total_seconds())
        if self._outage.until is not None and self._outage.until > since:
            waits.append(self._outage.until - now)
        if (free := self.pacer.next_free(since)) is not None:
            waits.append(free - now)
        if (slot := self.pacer.next_slot()) > since:
            waits.append(slot - now)
        wait = min(waits, default=None)
        if wait is not None and wait <= 0:
            return
        sleeper = asyncio.create_task(self._clock.sleep(wait)) if wait is not None else None
        stirred = asyncio.create_task(self.stirred.wait())
        try:
            await asyncio.wait(
                [task for task in (sleeper, stirred, *until) if task is not None], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in (sleeper, stirred):
                if task is not None:
                    task.cancel()

    # --- files -------------------------------------------------------------------------------------------------------

    async def of_file(self, claimed: Claimed) -> bool:
        """Wait until a file that is here may be sent. False: that will take too long to keep it."""
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        entry = (claimed, turn)
        self._files.append(entry)
        self.stirred.set()
        try:
            return await turn
        finally:
            self._files.remove(entry)

    def give(self, now: float) -> None:
        """What has been fetched goes before what has not been claimed yet."""
        for claimed, turn in self._files:
            room = self.in_flight.room()
            free_at = max(self.pacer.free_at(claimed.chat), self.pacer.next_slot())
            if free_at - now > _LONGEST_TURN:
                _answer(turn, False)
            elif (
                not turn.done()
                and free_at <= now
                and self.slots(now)
                and room.messages
                and claimed.chat not in room.full
            ):
                self.in_flight.sends(claimed)
                self.goes(claimed, now)
                _answer(turn, True)

    def give_none(self) -> None:
        """Nothing more is sent."""
        for _, turn in self._files:
            _answer(turn, False)

    # --- what the network says ---------------------------------------------------------------------------------------

    def is_well(self) -> bool:
        """The network takes what we send, or answers with what it has against it; whether that is news."""
        return self._outage.well()

    def failed(self, claimed: Claimed, failure: SendError) -> Pause | None:
        """A send has come to this. What the network wants to be left alone for, heeded from now on."""
        now, steady = self._clock.now(), self._clock.steady()
        pause = self._pause(claimed, failure, now, steady)
        match failure:
            case NotSent(retry_after=None, whole_account=True):
                self._outage.failed(claimed.chat, steady, surely=True)
            case Unknown() if claimed.priority != Priority.COMING:
                self._outage.failed(claimed.chat, steady, surely=False)
        return pause

    def _pause(self, claimed: Claimed, failure: SendError, now: datetime, steady: float) -> Pause | None:
        if not isinstance(failure, NotSent) or failure.retry_after is None:
            return None
        until = steady + failure.retry_after.total_seconds()
        if failure.whole_account:
            self.pacer.refused(until, steady)
            self.resumed_at = max(self.resumed_at, now + failure.retry_after)
        elif claimed.priority == Priority.COMING:  # how often chats may be joined says nothing about messages
            self.pacer.pause_chat(claimed.chat, until)
        elif self.pacer.refused_chat(claimed.chat, until, steady):
            self._outage.failed(claimed.chat, steady, surely=True)
        return Pause(now + failure.retry_after, failure.whole_account, self.pacer.learnt)


def _answer(turn: asyncio.Future[bool], given: bool) -> None:
    if not turn.done():
        turn.set_result(given)
