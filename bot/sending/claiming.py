"""What of an account's deliveries goes next: claimed in the store, as far as its pace and its room allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial

from bot.actions import BESIDE
from bot.clock import Clock
from bot.failing import Failed
from bot.outgoing import SendFile
from bot.pacing import Rate
from bot.ports import Limits, Refused
from bot.sending.backlog import Waiting
from bot.sending.turns import Turns
from bot.sending.window import Window
from bot.set_back import WallClock
from bot.store.database.units import Unit
from bot.store.database.writer import Writer
from bot.store.outbox.claimed import Claimed, Remembered
from bot.store.outbox.claims import Claims
from bot.store.outbox.lanes import outbox
from bot.store.transaction import Transaction

_AMONG = 64
"""Deliveries of which those are chosen that go next, where the network's pace lets only few of them go."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a claim has found in the store; `tried` are the chosen notices for which there was room; `more` notices came
    after those that were read, None: nobody looked."""

    claims: Claims
    claimed: list[Claimed]
    tried: Sequence[int]
    more: list[Waiting] | None
    due: datetime | None


@dataclass(frozen=True, slots=True)
class _Look:
    """A claim that is yet to be run. `chosen`: the notices that go next; `learnt`: the pace that it writes down;
    `sees_all`: also notices that are new by then."""

    unit: Unit[_Seen]
    chosen: list[Waiting]
    learnt: Rate | None
    sees_all: bool


class Release(Enum):
    """What need not wait for its own time any more, of all that was put off as the network could not be reached."""

    SURE = "what surely has not arrived"
    ALL = "all"


class Claiming:
    """`now` and `since` are readings of the steady clock."""

    def __init__(
        self,
        account: str,
        limits: Limits,
        writer: Writer,
        claims: Callable[[Transaction], Claims],
        clock: Clock,
        turns: Turns,
        failed: Failed,
        send_off: Callable[[Sequence[Claimed]], None],
    ) -> None:
        """`send_off` gets what was claimed, at once."""
        self._account = account
        self._outbox = outbox(account)  # what is stirred when there is something to send
        self._limits = limits
        self._writer = writer
        self._claims = claims
        self._clock = clock
        self._turns = turns
        self._failed = failed
        self._send_off = send_off
        self._kept = turns.pacer.learnt  # what the next start will know of the network's limits
        self.window = Window(limits, turns.pacer)
        self.exhausted = False  # the last claim has taken all that could go
        self.to_release: set[Release] = set()
        self.holds_notices = False
        self._due: datetime | None = None  # when the next of what waits for its time is due
        self._wall = WallClock()

    def remember(self, before: Remembered) -> None:
        """Go on as the last run left it."""
        self._turns.remember(before)
        self._kept = before.learnt
        self.window = Window(self._limits, self._turns.pacer)

    def room(self, now: float) -> int:
        """How many messages could go now, if they were there."""
        return min(self._turns.slots(now), self._turns.in_flight.room().messages)

    async def claim(self, now: float) -> bool:
        """Take what can go now; whether there was anything."""
        look = self._look(now, self._wall.set_back(self._clock.now(), now))
        hears = self._outbox if look.sees_all else ""
        then = partial(self._note, look, lambda: now)
        return bool((await self._writer.run(look.unit, self._account, hears=hears, then=then)).claimed)

    async def rest(self, since: float) -> bool:
        """Wait until there may be something to send. Where only what is not there yet is waited for, it is taken in
        the commit that brings it; whether it was."""
        if not self.exhausted or self.to_release or not self.room(since):
            await self._turns.rest(since, self._due)
            return False
        look = self._look(since)
        then = partial(self._note, look, self._clock.steady)
        claim = self._writer.on_call(look.unit, self._account, self._outbox, then)
        try:
            await self._turns.rest(since, self._due, claim)
        finally:
            self.think_again()
        return not claim.cancelled() and bool((await claim).claimed)

    def think_again(self) -> None:
        """What was to be claimed when it comes was right as things stood: now it might be too much."""
        self._writer.call_off(self._outbox)

    def _look(self, now: float, back: timedelta | None = None) -> _Look:
        """What is to be claimed, as far as that depends on what only this process knows. `back`: by how much the clock
        on the wall was set back."""
        self._turns.give(now)
        if self.window.is_empty:
            self.window.wake()
        room = self._turns.in_flight.room()
        limit = min(self._turns.slots(now), room.messages)
        among = _AMONG if limit < room.messages else limit
        busy = sorted(room.full.union(self._turns.pacer.busy_chats(now)))
        reads = self.window.may_read and not self.holds_notices
        notices = 0 if self.holds_notices else self.window.at_once(room.notices)
        chosen = self.window.take(min(limit, notices), now)
        release, self.to_release = self.to_release, set()
        learnt, kept = self._turns.pacer.learnt, self._kept

        def unit(tx: Transaction) -> _Seen:
            if release:
                only_sure = Release.ALL not in release and not self._limits.idempotent
                tx.heads.release_put_off(self._account, only_sure)
            if back:
                tx.heads.set_back(self._account, back)
            outlook = tx.heads.look(self._account)
            if learnt != kept:
                tx.accounts.learnt(
                    self._account, *((None, None) if learnt is None else (learnt.per_second, learnt.burst))
                )
            claims = self._claims(tx)
            taken = claims.presses(room.presses) if room.presses and outlook.presses else []
            taken += claims.comings(room.comings, busy) if room.comings and outlook.comings else []
            if limit:
                one_chat, no_talk = self._turns.in_flight.one_chat, {notice.chat for notice in chosen}
                taken += claims.claim(limit, busy, one_chat, 0 if chosen else notices, among, no_talk)
            occupied = {claimed.chat for claimed in taken}
            free = [notice.id for notice in chosen if notice.chat not in occupied]
            tried = free[: max(0, limit - len(taken))]
            taken += claims.claim_these(tried)
            more = self.window.read(claims) if reads else None
            return _Seen(claims, taken, tried, more, outlook.due)

        return _Look(unit, chosen, learnt, reads or not self.window.is_paced)

    def _note(self, look: _Look, clock: Callable[[], float], seen: _Seen) -> None:
        """Send off what was claimed, once everything else knows of it."""
        now = clock()
        self._due, self._kept = seen.due, look.learnt
        for kind, fault in seen.claims.faults:
            self._failed(self._account, kind, Refused(f"it could not be made out ({type(fault).__name__})"))
        if seen.claims.ended or not {one.id for one in seen.claimed}.issuperset(seen.tried):
            self._turns.stirred.set()  # something else may go in its place
        for one in seen.claimed:
            # A file is not on its way yet: it gets its turn when it is here.
            if one.priority not in BESIDE and not isinstance(one.parts[0].action, SendFile):
                self._turns.goes(one, now)
        self.window.note(look.chosen, seen.tried, seen.claimed, seen.more, now)
        self.exhausted = seen.claims.exhausted and self.window.is_empty and not self.window.may_read
        self._send_off(seen.claimed)
