"""One account's sender: claim what can go, pace it, send it, and commit what the network answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from msgspec.structs import replace as changed

from bot.actions import Priority
from bot.backlog import Backlog, Waiting
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
from bot.in_flight import ONE_CHAT, InFlight
from bot.measuring import Measures
from bot.media import Media
from bot.outage import Outage
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
from bot.pacing import Pacer
from bot.ports import LONGEST_PAUSE, Adapter, NotSent, Refused, SendError, TooLarge, Unknown
from bot.rendering import Speaks
from bot.set_back import WallClock
from bot.store.claims import Claimed, Claims, Part, Pause, Receipted, Remembered
from bot.store.transaction import Transaction
from bot.store.writer import NotServed, Together, Unit, Writer

T = TypeVar("T")

MAX_FETCHES = 20  # about an hour: a file that cannot be had for so long must not hold up what follows it
_LOOK_AGAIN = 0.2  # seconds
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LONGEST_TURN = 60.0  # seconds that a file is kept here until its chat may be written to
_WINDOW, _CHUNK = 20_000, 4_000  # notices that wait in memory, and how many are read at a time …
_FIRST = 200  # … but for the first time: one goes at once, the others when thousands are read
_PASSED_OVER = (EditText, Withdraw, PinMessage, UnpinMessage, SendReaction, TakeReaction)
"""What is only counted where the network refuses it: all that is said is there all the same."""
_READ_AGAIN = 30.0  # seconds after which they are read anew


class Clock(Protocol):
    """Time as a parameter: `now` for people, `steady` in seconds for pacing."""

    def now(self) -> datetime: ...

    def steady(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


Failed = Callable[[str, str, SendError], None]
"""Hears of each failed send: the account, the kind of delivery, what was raised."""


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
        self._media = media
        self._measures = measures
        self._adapter = adapter
        self._writer = writer
        self._catalogue = catalogue
        self._clock = clock
        self._failed = failed
        self._may_send = may_send
        limits = adapter.limits
        self._is_paced = bool(limits.per_second or limits.chat_gap or limits.group_window)
        self._pacer = Pacer(limits)
        self._kept = self._pacer.learnt  # what the next start will know of the network's limits
        self._backlog = Backlog(limits, self._pacer)
        self._read_up_to = 0  # the last delivery that the backlog has looked at
        self._read_all = False
        self._read_at: float | None = None
        self._chunk = _FIRST
        self._lengths: dict[tuple[int, str], int] = {}
        self._resumed_at = _LONG_AGO  # when the last pause of the whole account ends
        self._stirred = asyncio.Event()
        self._due: datetime | None = None  # when the next of what waits for its time is due
        self._exhausted = False  # the last claim has taken all that could go
        self.in_flight = InFlight(1 if limits.chat_gap else ONE_CHAT)
        self._outage = Outage()
        self._wall = WallClock()
        self._turns: list[tuple[Claimed, asyncio.Future[bool]]] = []  # files that are here, and wait to be sent
        self._to_release: set[bool] = set()  # what was put off: only what surely has not arrived, or all
        self._claiming = asyncio.Lock()
        self._stopping = False
        self._sent = Together(self._record_sent)

    def wake(self) -> None:
        """There may be something to send."""
        self._read_all = False
        self._stirred.set()

    def reconnected(self, held: bool) -> None:
        """The network has answered after a failure, or (`held`) has gone on to for a while: what was put off because it
        could not be reached need not wait for its own time. What may have arrived already waits until it has held: it
        cannot be said again often."""
        self._outage.well()
        self._to_release.add(held)
        self.wake()

    async def run(self) -> None:
        self._remember(await self._run(lambda tx: self._claims(tx).recover()))
        while not self._stopping:
            self._stirred.clear()
            if not self._may_send():
                await self._clock.sleep(_LOOK_AGAIN)
                continue
            now = self._clock.steady()
            async with self._claiming:
                claimed = [] if self._stopping else await self._claim(now)
                for one in claimed:
                    task = asyncio.create_task(self._deliver(one))
                    self.in_flight.add(task, one)
                    task.add_done_callback(self._landed)
            if not claimed or self._exhausted or not min(self._slots(now), self.in_flight.room().messages):
                await self._rest(now)

    async def stop(self, within: float) -> None:
        """Claim nothing more and let what is in the air land, for at most `within` seconds."""
        self._stopping = True
        self.wake()
        async with self._claiming:
            pass  # what is being claimed just now is in the air like the rest
        for _, turn in self._turns:
            _answer(turn, False)
        tasks = self.in_flight.tasks
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        for task in tasks:
            task.cancel()  # its part stays marked as being sent: the next start treats it as unsure
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, task: asyncio.Task[None]) -> None:
        if self.in_flight.landed(task):
            self._stirred.set()
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, NotServed):
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a delivery could not be recorded", "exception": error, "task": task}
            )

    def _claims(self, tx: Transaction) -> Claims:
        return Claims(tx, self._account, self._adapter.limits, self._catalogue)

    def _remember(self, before: Remembered) -> None:
        """Go on with the pauses and the pace of the last run."""
        self._pacer = Pacer(self._adapter.limits, before.learnt)
        self._kept = before.learnt
        self._backlog = Backlog(self._adapter.limits, self._pacer)
        if before.paused_until is not None:
            self._pacer.pause(self._steady_at(before.paused_until))
        for chat, until in before.chats:
            self._pacer.pause_chat(chat, self._steady_at(until))

    def _steady_at(self, moment: datetime) -> float:
        """The steady clock's reading at a moment; whatever the other clock says, no pause is longer than a day."""
        left = min(moment - self._clock.now(), LONGEST_PAUSE)
        return self._clock.steady() + left.total_seconds()

    async def _claim(self, now: float) -> list[Claimed]:
        self._give_turns(now)
        room = self.in_flight.room()
        limit = min(self._slots(now), room.messages)
        busy = sorted(room.full.union(self._pacer.busy_chats(now)))
        reads = self._is_paced and not self._read_all and self._backlog.size < _WINDOW
        notices = min(room.notices, 1) if reads and self._chunk == _FIRST else room.notices
        chosen = self._backlog.take(min(limit, notices), now)
        release, self._to_release = self._to_release, set()
        learnt = self._pacer.learnt
        back = self._wall.set_back(self._clock.now(), now)

        def unit(tx: Transaction) -> tuple[list[Claimed], list[Waiting], Claims, datetime | None]:
            if release:
                tx.lanes.release_put_off(
                    self._account, only_sure=not (True in release or self._adapter.limits.idempotent)
                )
            if back:
                tx.lanes.set_back(self._account, back)
            outlook = tx.lanes.look(self._account)
            if learnt != self._kept:
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
            more = claims.notices(self._read_up_to, self._chunk, self._lengths) if reads else []
            return taken, more, claims, outlook.due

        claimed, more, claims, self._due = await self._run(unit)
        self._kept = learnt
        self._exhausted = claims.exhausted and not reads and not self._backlog.size
        for kind, fault in claims.faults:
            self._failed(self._account, kind, Refused(f"it could not be made out ({type(fault).__name__})"))
        if claims.ended:
            self._stirred.set()
        for one in claimed:
            # A file is not on its way yet: it gets its turn when it is here.
            if one.priority != Priority.PRESS and not isinstance(one.parts[0].action, SendFile):
                self._goes(one, now)
        self._note_waiting(chosen, claimed, more if reads else None, now)
        return claimed

    def _note_waiting(
        self, chosen: Sequence[Waiting], claimed: Sequence[Claimed], more: Sequence[Waiting] | None, now: float
    ) -> None:
        """Keep the backlog as the database has just shown it; `more` is what came after what was read, None where
        nobody looked."""
        taken = {one.id for one in claimed}
        occupied = {one.chat for one in claimed}
        for notice in chosen:
            if notice.id in taken:
                continue
            if notice.chat in occupied or len(claimed) >= len(chosen):
                self._backlog.put_back(notice, now)  # something more urgent went first
            else:
                self._backlog.landed(notice.id, notice.chat, 0, now)  # it is not to be sent any more
        if more is not None:
            self._backlog.add(more, now)
            self._read_all = len(more) < self._chunk
            self._chunk = _CHUNK
            self._read_up_to = more[-1].id if more else self._read_up_to
        if self._read_at is None or now - self._read_at > _READ_AGAIN:  # what became ready again in the midst of it
            self._backlog.clear()
            self._lengths.clear()
            self._read_up_to, self._read_all, self._read_at = 0, False, now

    async def _rest(self, since: float) -> None:
        """Sleep until something is stirred, a retry is due, or the pace allows the next message.

        Nothing could be claimed at `since`: what the pace has come to allow after that moment is not waited for.
        """
        now = self._clock.steady()
        waits = []
        if self._due is not None:
            waits.append((self._due - self._clock.now()).total_seconds())
        if self._outage.until is not None and self._outage.until > since:
            waits.append(self._outage.until - now)
        if (free := self._pacer.next_free(since)) is not None:
            waits.append(free - now)
        if (slot := self._pacer.next_slot(since)) > since:
            waits.append(slot - now)
        wait = min(waits, default=None)
        if wait is not None and wait <= 0:
            return
        sleeper = asyncio.create_task(self._clock.sleep(wait)) if wait is not None else None
        stirred = asyncio.create_task(self._stirred.wait())
        try:
            await asyncio.wait(
                [task for task in (sleeper, stirred) if task is not None], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in (sleeper, stirred):
                if task is not None:
                    task.cancel()

    # --- turns -------------------------------------------------------------------------------------------------------

    def _slots(self, now: float) -> int:
        """How many messages may go now, as far as the network's limits are concerned."""
        slots, tries = self._pacer.slots(now), self._outage.slots(now)
        return slots if tries is None else min(slots, tries)

    def _goes(self, claimed: Claimed, now: float) -> None:
        self._pacer.sent(claimed.chat, claimed.group, now)
        self._outage.tried(now)

    def _goes_at_once(self, claimed: Claimed) -> bool:
        """Whether a following part may go now: it is a message like any other."""
        now = self._clock.steady()
        if self._slots(now) < 1 or self._pacer.free_at(claimed.chat) > now:
            return False
        self._goes(claimed, now)
        return True

    async def _turn(self, claimed: Claimed) -> bool:
        """Wait until a file that is here may be sent. False: that will take too long to keep it."""
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        entry = (claimed, turn)
        self._turns.append(entry)
        self._stirred.set()
        try:
            return await turn
        finally:
            self._turns.remove(entry)

    def _give_turns(self, now: float) -> None:
        """What has been fetched goes before what has not been claimed yet."""
        for claimed, turn in self._turns:
            room = self.in_flight.room()
            free_at = max(self._pacer.free_at(claimed.chat), self._pacer.next_slot(now))
            if free_at - now > _LONGEST_TURN:
                _answer(turn, False)
            elif (
                not turn.done()
                and free_at <= now
                and self._slots(now)
                and room.messages
                and claimed.chat not in room.full
            ):
                self.in_flight.sends(claimed)
                self._goes(claimed, now)
                _answer(turn, True)

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _deliver(self, claimed: Claimed) -> None:
        """Send the parts in order; each outcome is durable before the next part begins."""
        left: Claimed | None = claimed
        first = True
        try:
            while left is not None and left.parts:
                part = left.parts[0]
                if not first and not isinstance(part.action, SendFile) and not self._goes_at_once(left):
                    await self._record(Claims.rest, left)
                    break
                left = await self._deliver_part(left, part, first)
                first = False
        finally:
            if left is None or left.parts:
                to_follow = 0 if left is None else len(left.parts)
                self._backlog.landed(claimed.id, claimed.chat, to_follow, self._clock.steady())

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
            if isinstance(action, SendFile) and not await self._turn(claimed):
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
            ready_at = max(claimed.ready_at, self._resumed_at)
            self._measures.sent(self._account, ready_at if part.position == 0 else None)
        receipted = Receipted(claimed, part, receipt.message, receipt.findings, receipt.elsewhere)
        if part is claimed.parts[-1]:
            # What goes next is claimed in the commit that says so of this one.
            self.in_flight.answered(claimed)
            self._backlog.landed(claimed.id, claimed.chat, 0, self._clock.steady())
            self._stirred.set()
        await self._writer.run_together(self._sent, receipted, self._account)
        return changed(claimed, parts=claimed.parts[1:])

    async def _with_file(self, claimed: Claimed, action: Outgoing, stack: AsyncExitStack) -> Outgoing:
        """What is to be sent, with its file on the disk until `stack` ends. Raises NotSent or Refused."""
        if not isinstance(action, SendFile):
            return action
        self.in_flight.fetches(claimed)
        self._stirred.set()  # meanwhile another may go in its place
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
        now, steady = self._clock.now(), self._clock.steady()
        not_there = None if part.unsure or isinstance(failure, Unknown) else part
        most = most_resends(part.action)
        decision = after_failure(failure, claimed.attempts, claimed.resends, repeatable, now, most)
        pause = self._pause(claimed.chat, failure, now, steady)
        match failure:
            case NotSent(retry_after=None, whole_account=True):
                self._outage.failed(claimed.chat, steady, surely=True)
            case Unknown():
                self._outage.failed(claimed.chat, steady, surely=False)
            case NotSent():
                pass
            case _:
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
        if self._outage.well():
            self._to_release.add(False)
            self._stirred.set()

    def _pause(self, chat: int, failure: SendError, now: datetime, steady: float) -> Pause | None:
        """What the network wants to be left alone for, heeded from now on."""
        if not isinstance(failure, NotSent) or failure.retry_after is None:
            return None
        until = steady + failure.retry_after.total_seconds()
        if failure.whole_account:
            self._pacer.refused(until, steady)
            self._resumed_at = max(self._resumed_at, now + failure.retry_after)
        elif self._pacer.refused_chat(chat, until, steady):
            self._outage.failed(chat, steady, surely=True)
        return Pause(now + failure.retry_after, failure.whole_account, self._pacer.learnt)


def _answer(turn: asyncio.Future[bool], given: bool) -> None:
    if not turn.done():
        turn.set_result(given)
