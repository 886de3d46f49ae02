"""One account's sender: claim what can go, pace it, send it, and commit what the network answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace as changed

from bot.actions import Priority
from bot.backlog import Waiting
from bot.clock import Clock
from bot.failing import (
    LONGEST_WAIT,
    MAX_RESENDS,
    NO_ANSWER,
    GiveUp,
    Move,
    Resend,
    Retry,
    after_failure,
    backoff,
    is_repeatable,
    marked,
    most_resends,
)
from bot.measuring import Measures
from bot.media import Media
from bot.outgoing import (
    EditText,
    Outgoing,
    PinMessage,
    Receipt,
    SendFile,
    SendReaction,
    SendText,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.pacing import Rate
from bot.ports import Adapter, NotSent, Refused, SendError, TooLarge, Unknown
from bot.rendering import Speaks
from bot.set_back import WallClock
from bot.store.claims import Claimed, Claims, Part, Receipted, Remembered
from bot.store.lanes import outbox
from bot.store.transaction import Transaction
from bot.store.writer import NotServed, Together, Unit, Writer
from bot.turns import Turns
from bot.window import Window

T = TypeVar("T")

MAX_FETCHES = 20  # about an hour: a file that cannot be had for so long must not hold up what follows it
_LOOK_AGAIN = 0.2  # seconds
_PASSED_OVER = (EditText, Withdraw, PinMessage, UnpinMessage, SendReaction, TakeReaction)
"""What is only counted where the network refuses it: all that is said is there all the same."""

Failed = Callable[[str, str, SendError], None]
"""Hears of each failed send: the account, the kind of delivery, what was raised."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a claim has found in the store; `more` notices came after those that were read, None: nobody looked."""

    claims: Claims
    claimed: list[Claimed]
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


class Sender:
    """Sends an account's deliveries until it is stopped; `stop` waits for those in the air."""

    def __init__(
        self,
        account: str,
        adapter: Adapter,
        writer: Writer,
        catalogue: Speaks,
        clock: Clock,
        failed: Failed,
        media: Media,
        may_send: Callable[[], bool] = lambda: True,
        measures: Measures | None = None,
    ) -> None:
        """`may_send`: whether the account is still this process's to speak for, asked right before each send."""
        self._account = account
        self._outbox = outbox(account)  # what is stirred when there is something to send
        self._media = media
        self._measures = measures
        self._adapter = adapter
        self._writer = writer
        self._catalogue = catalogue
        self._clock = clock
        self._failed = failed
        self._may_send = may_send
        self._turns = Turns(adapter.limits, clock)
        self._kept = self._turns.pacer.learnt  # what the next start will know of the network's limits
        self._window = Window(adapter.limits, self._turns.pacer)
        self._due: datetime | None = None  # when the next of what waits for its time is due
        self._exhausted = False  # the last claim has taken all that could go
        self.in_flight = self._turns.in_flight
        self._wall = WallClock()
        self._to_release: set[bool] = set()  # what was put off: only what surely has not arrived, or all
        self._claiming = asyncio.Lock()
        self._stopping = False
        self._sent = Together(self._record_sent)

    def wake(self) -> None:
        """There may be something to send."""
        self._window.wake()
        self._turns.stirred.set()

    def reconnected(self, held: bool) -> None:
        """The network has answered after a failure, or (`held`) has gone on to for a while: what was put off because it
        could not be reached need not wait for its own time. What may have arrived already waits until it has held: it
        cannot be said again often."""
        self._turns.is_well()
        self._to_release.add(held)
        self.wake()

    async def run(self) -> None:
        self._remember(await self._run(lambda tx: self._claims(tx).recover()))
        while not self._stopping:
            self._turns.stirred.clear()
            if not self._may_send():
                await self._clock.sleep(_LOOK_AGAIN)
                continue
            now = self._clock.steady()
            async with self._claiming:
                claimed = [] if self._stopping else await self._claim(now)
                self._send_off(claimed)
            if not claimed or self._exhausted or not self._room(now):
                while await self._rest(now):
                    now = self._clock.steady()

    def _send_off(self, claimed: Sequence[Claimed]) -> None:
        for one in claimed:
            task = asyncio.create_task(self._deliver(one))
            self.in_flight.add(task, one)
            task.add_done_callback(self._landed)

    def _room(self, now: float) -> int:
        """How many messages could go now, if they were there."""
        return min(self._turns.slots(now), self.in_flight.room().messages)

    async def _rest(self, since: float) -> bool:
        """Until there may be something to send. Where only what is not there yet is waited for, it is claimed in the
        commit that brings it; True: that has happened, and there is nothing more."""
        if not self._exhausted or self._to_release or not self._room(since):
            await self._turns.rest(since, self._due)
            return False
        async with self._claiming:
            look = self._look(since)
            claim = self._writer.on_call(look.unit, self._account, self._outbox)
            try:
                await self._turns.rest(since, self._due, claim)
            finally:
                self._think_again()
            if claim.cancelled():
                return False
            self._send_off(self._noted(look, await claim, self._clock.steady()))
            return self._exhausted and not self._turns.stirred.is_set()

    def _think_again(self) -> None:
        """What was to be claimed when it comes was right as things stood: now it might be too much."""
        self._writer.call_off(self._outbox)

    async def stop(self, within: float) -> None:
        """Claim nothing more and let what is in the air land, for at most `within` seconds."""
        self._stopping = True
        self.wake()
        async with self._claiming:
            pass  # what is being claimed just now is in the air like the rest
        self._turns.give_none()
        tasks = self.in_flight.tasks
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        for task in tasks:
            task.cancel()  # its part stays marked as being sent: the next start treats it as unsure
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, task: asyncio.Task[None]) -> None:
        if self.in_flight.landed(task):
            self._turns.stirred.set()
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, NotServed):
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a delivery could not be recorded", "exception": error, "task": task}
            )

    def _claims(self, tx: Transaction) -> Claims:
        return Claims(tx, self._account, self._adapter.limits, self._catalogue)

    def _remember(self, before: Remembered) -> None:
        self._turns.remember(before)
        self._kept = before.learnt
        self._window = Window(self._adapter.limits, self._turns.pacer)

    async def _claim(self, now: float) -> list[Claimed]:
        look = self._look(now, self._wall.set_back(self._clock.now(), now))
        hears = self._outbox if look.sees_all else None
        return self._noted(look, await self._writer.run(look.unit, self._account, hears=hears), now)

    def _look(self, now: float, back: timedelta | None = None) -> _Look:
        """What is to be claimed, as far as that depends on what only this process knows. `back`: by how much the clock
        on the wall was set back."""
        self._turns.give(now)
        if self._window.is_empty:
            self._window.wake()
        room = self.in_flight.room()
        limit = min(self._turns.slots(now), room.messages)
        busy = sorted(room.full.union(self._turns.pacer.busy_chats(now)))
        reads = self._window.may_read
        notices = self._window.at_once(room.notices)
        chosen = self._window.take(min(limit, notices), now)
        release, self._to_release = self._to_release, set()
        learnt, kept = self._turns.pacer.learnt, self._kept

        def unit(tx: Transaction) -> _Seen:
            if release:
                tx.lanes.release_put_off(
                    self._account, only_sure=not (True in release or self._adapter.limits.idempotent)
                )
            if back:
                tx.lanes.set_back(self._account, back)
            outlook = tx.lanes.look(self._account)
            if learnt != kept:
                tx.accounts.learnt(
                    self._account, *((None, None) if learnt is None else (learnt.per_second, learnt.burst))
                )
            claims = self._claims(tx)
            taken = claims.presses(room.presses) if room.presses and outlook.presses else []
            if limit:
                taken += claims.claim(limit, busy, self.in_flight.one_chat, 0 if chosen else notices)
            if chosen and len(taken) < limit:
                occupied = {claimed.chat for claimed in taken}
                free = [notice.id for notice in chosen if notice.chat not in occupied]
                taken += claims.claim_these(free[: limit - len(taken)])
            more = self._window.read(claims) if reads else None
            return _Seen(claims, taken, more, outlook.due)

        return _Look(unit, chosen, learnt, reads or not self._window.is_paced)

    def _noted(self, look: _Look, seen: _Seen, now: float) -> list[Claimed]:
        """What was claimed, once everything else knows of it."""
        self._due, self._kept = seen.due, look.learnt
        for kind, fault in seen.claims.faults:
            self._failed(self._account, kind, Refused(f"it could not be made out ({type(fault).__name__})"))
        if seen.claims.ended:
            self._turns.stirred.set()
        for one in seen.claimed:
            # A file is not on its way yet: it gets its turn when it is here.
            if one.priority != Priority.PRESS and not isinstance(one.parts[0].action, SendFile):
                self._turns.goes(one, now)
        self._window.note(look.chosen, seen.claimed, seen.more, now)
        self._exhausted = seen.claims.exhausted and self._window.is_empty and not self._window.may_read
        return seen.claimed

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _deliver(self, claimed: Claimed) -> None:
        """Send the parts in order; each outcome is durable before the next part begins."""
        left: Claimed | None = claimed
        first = True
        try:
            while left is not None and left.parts:
                part = left.parts[0]
                if not first and not isinstance(part.action, SendFile):
                    if not self._turns.goes_at_once(left):
                        await self._record(Claims.rest, left)
                        break
                    self._think_again()
                left = await self._deliver_part(left, part, first)
                first = False
        finally:
            if left is None or left.parts:
                to_follow = 0 if left is None else len(left.parts)
                self._window.landed(claimed, to_follow, self._clock.steady())

    async def _deliver_part(self, claimed: Claimed, part: Part, first: bool) -> Claimed | None:
        """Send one part; what is still to be done then, None when the delivery has ended for now."""
        async with AsyncExitStack() as stack:
            try:
                action = await self._with_file(claimed, part.action, stack)
            except NotSent as failure:
                self._failed(self._account, claimed.kind, failure)
                wait = min(failure.retry_after or backoff(claimed.attempts), LONGEST_WAIT)
                await self._record(Claims.again, claimed, part, self._clock.now() + wait, part.unsure)
                return None
            except Refused as lost:
                return await self._without_file(claimed, part, lost)
            if isinstance(action, SendFile) and not await self._turns.of_file(claimed):
                await self._record(Claims.rest, claimed)
                return None
            if not first or isinstance(action, SendFile):
                # Not before: what waits for its turn is surely not sent.
                await self._record(Claims.begin, claimed, part)
            return await self._send_part(claimed, part, action)

    async def _send_part(self, claimed: Claimed, part: Part, action: Outgoing) -> Claimed | None:
        repeatable = is_repeatable(action, self._adapter.limits.idempotent)
        if part.unsure and not repeatable:
            if claimed.resends >= most_resends(action):
                await self._record(Claims.refused, claimed, NO_ANSWER)
                return None
            action = marked(action, claimed.subject)
            await self._record(Claims.marked_again, claimed)
            claimed = changed(claimed, resends=claimed.resends + 1)
        if part.unsure and isinstance(action, (SendText, SendFile)):
            action = replace(action, again=True)
        try:
            receipt = await self._send(action, claimed.attempts)
        except SendError as failure:
            if isinstance(failure, Refused) and isinstance(action, SendFile):
                return await self._without_file(claimed, part, failure)
            if not isinstance(failure, Refused) or not isinstance(action, _PASSED_OVER):
                await self._settle(claimed, part, failure, repeatable)
                return None
            # Whoever wanted it cannot mend it; the rest of the delivery still can be done.
            self._failed(self._account, claimed.kind, failure)
            await self._record(Claims.passed_over, claimed, part)
            return changed(claimed, parts=claimed.parts[1:])
        self._is_well()
        if self._measures is not None:
            ready_at = max(claimed.ready_at, self._turns.resumed_at)
            self._measures.sent(self._account, ready_at if part.position == 0 else None)
        receipted = Receipted(claimed, part, receipt.message, receipt.findings, receipt.elsewhere)
        if part is claimed.parts[-1]:
            # What goes next is claimed in the commit that says so of this one.
            self.in_flight.answered(claimed)
            self._window.landed(claimed, 0, self._clock.steady())
            self._turns.stirred.set()
        await self._writer.run_together(self._sent, receipted, self._account)
        return changed(claimed, parts=claimed.parts[1:])

    async def _with_file(self, claimed: Claimed, action: Outgoing, stack: AsyncExitStack) -> Outgoing:
        """What is to be sent, with its file on the disk until `stack` ends. Raises NotSent or Refused."""
        if not isinstance(action, SendFile):
            return action
        self.in_flight.fetches(claimed)
        self._turns.stirred.set()  # meanwhile another may go in its place
        if not self._adapter.limits.upload:
            raise Refused("the network takes no files")
        most = self._adapter.limits.upload
        fetched = self._media.fetched(action.account, action.attachment, most, to=self._account)
        try:
            return replace(action, file=await stack.enter_async_context(fetched))
        except NotSent as failure:
            if claimed.attempts < MAX_FETCHES:
                raise
            raise Refused("the file could not be had for a long time") from failure

    async def _without_file(self, claimed: Claimed, part: Part, lost: Refused) -> Claimed:
        self._failed(self._account, claimed.kind, lost)
        too_large = isinstance(lost, TooLarge)
        return await self._run(lambda tx: self._claims(tx).without_file(claimed, part, too_large))

    async def _send(self, action: Outgoing, attempt: int) -> Receipt:
        if not self._may_send():
            raise NotSent("the account may be another process's by now")
        try:
            return await self._adapter.send(action)
        except SendError:
            raise
        except Exception as error:  # a bug in an adapter: nobody can say what became of it
            reason = f"a fault in the adapter ({type(error).__name__})"
            # What fails each time must not hold its lane for ever.
            raise (Unknown(reason) if attempt <= MAX_RESENDS else Refused(reason)) from error

    def _record_sent(self, tx: Transaction, receipts: Sequence[Receipted]) -> list[None]:
        self._claims(tx).sent(receipts)
        return [None] * len(receipts)

    async def _record(self, outcome: Callable[..., None], *arguments: object) -> None:
        """Commit what became of a delivery."""
        await self._run(lambda tx: outcome(self._claims(tx), *arguments))

    async def _run(self, unit: Unit[T]) -> T:
        return await self._writer.run(unit, self._account)

    async def _settle(self, claimed: Claimed, part: Part, failure: SendError, repeatable: bool) -> None:
        self._failed(self._account, claimed.kind, failure)
        not_there = None if part.unsure or isinstance(failure, Unknown) else part
        most = most_resends(part.action)
        decision = after_failure(failure, claimed.attempts, claimed.resends, repeatable, self._clock.now(), most)
        pause = self._turns.failed(claimed.chat, failure)
        self._think_again()
        if not isinstance(failure, (NotSent, Unknown)):
            self._is_well()
        match decision:
            case Retry(at):
                await self._record(Claims.again, claimed, part, at, part.unsure, pause)
            case Resend(at):
                await self._record(Claims.again, claimed, part, at, True)
            case Move(to):
                await self._record(Claims.moved, claimed, part, to)
            case GiveUp(reason, gone=True):
                await self._record(Claims.gone, claimed, reason, not_there)
            case GiveUp(reason):
                await self._record(Claims.refused, claimed, reason, not_there)

    def _is_well(self) -> None:
        """The network takes what we send, or answers with what it has against it."""
        if self._turns.is_well():
            self._to_release.add(False)
            self._turns.stirred.set()
