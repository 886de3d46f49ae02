"""One account's sender: claim what can go, pace it, send it, and commit what the network answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from bot.actions import Priority
from bot.backlog import Backlog, Waiting
from bot.failing import (
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
)
from bot.measuring import Measures
from bot.media import Media
from bot.model import EditText, Outgoing, Receipt, SendFile, SendText, UnpinMessage, Withdraw
from bot.pacing import Pacer
from bot.ports import Adapter, NotSent, Refused, SendError, TooLarge, Unknown
from bot.rendering import Speaks
from bot.store.claims import Claimed, Claims, Part, Pause, Receipted, Remembered
from bot.store.transaction import Transaction
from bot.store.writer import NotServed, Together, Unit, Writer

T = TypeVar("T")

MAX_FETCHES = 20  # about an hour: a file that cannot be had for so long must not hold up what follows it
_IN_FLIGHT = 64
_LOOK_AGAIN = 0.2  # seconds
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LONGEST_PAUSE = timedelta(days=1)
_WINDOW, _CHUNK = 20_000, 4_000  # notices that wait in memory, and how many are read at a time
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
        self._backlog = Backlog(limits, self._pacer)
        self._read_up_to = 0  # the last delivery that the backlog has looked at
        self._read_all = False
        self._read_at: float | None = None
        self._lengths: dict[tuple[int, str], int] = {}
        self._resumed_at = _LONG_AGO  # when the last pause of the whole account ends
        self._stirred = asyncio.Event()
        self._in_flight: dict[asyncio.Task[None], Claimed] = {}
        self._claiming = asyncio.Lock()
        self._stopping = False
        self._sent = Together(self._record_sent)

    def wake(self) -> None:
        """There may be something to send."""
        self._read_all = False
        self._stirred.set()

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
                    self._in_flight[task] = one
                    task.add_done_callback(self._landed)
            if not claimed:
                await self._rest(now)

    async def stop(self, within: float) -> None:
        """Claim nothing more and let what is in the air land, for at most `within` seconds."""
        self._stopping = True
        self.wake()
        async with self._claiming:
            pass  # what is being claimed just now is in the air like the rest
        if self._in_flight:
            await asyncio.wait(list(self._in_flight), timeout=within)
        for task in list(self._in_flight):
            task.cancel()  # its part stays marked as being sent: the next start treats it as unsure
        await asyncio.gather(*self._in_flight, return_exceptions=True)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.pop(task, None)
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
        self._backlog = Backlog(self._adapter.limits, self._pacer)
        if before.paused_until is not None:
            self._pacer.pause(self._steady_at(before.paused_until))
        for chat, until in before.chats:
            self._pacer.pause_chat(chat, self._steady_at(until))

    def _steady_at(self, moment: datetime) -> float:
        """The steady clock's reading at a moment; whatever the other clock says, no pause is longer than a day."""
        left = min(moment - self._clock.now(), _LONGEST_PAUSE)
        return self._clock.steady() + left.total_seconds()

    async def _claim(self, now: float) -> list[Claimed]:
        limit = max(0, min(self._pacer.slots(now), _IN_FLIGHT - len(self._in_flight)))
        one_per_chat = bool(self._adapter.limits.chat_gap)
        busy = set(self._pacer.busy_chats(now))
        if one_per_chat:
            busy |= {claimed.chat for claimed in self._in_flight.values() if claimed.priority != Priority.PRESS}
        chosen = self._backlog.take(limit, now)
        reads = self._is_paced and not self._read_all and self._backlog.size < _WINDOW

        def unit(tx: Transaction) -> tuple[list[Claimed], list[Waiting], list[tuple[str, Exception]]]:
            tx.lanes.release_due(self._account)
            claims = self._claims(tx)
            taken = claims.presses()
            if limit:
                taken += claims.claim(limit, sorted(busy), one_per_chat, urgent=bool(chosen))
            if chosen and len(taken) < limit:
                occupied = {claimed.chat for claimed in taken}
                free = [notice.id for notice in chosen if notice.chat not in occupied]
                taken += claims.claim_these(free[: limit - len(taken)])
            more = claims.notices(self._read_up_to, _CHUNK, self._lengths) if reads else []
            return taken, more, claims.faults

        claimed, more, faults = await self._run(unit)
        for kind, fault in faults:
            self._failed(self._account, kind, Refused(f"it could not be made out ({type(fault).__name__})"))
        for one in claimed:
            if one.priority != Priority.PRESS:
                self._pacer.sent(one.chat, one.group, now)
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
            self._read_all = len(more) < _CHUNK
            self._read_up_to = more[-1].id if more else self._read_up_to
        if self._read_at is None or now - self._read_at > _READ_AGAIN:  # what became ready again in the midst of it
            self._backlog.clear()
            self._lengths.clear()
            self._read_up_to, self._read_all, self._read_at = 0, False, now

    async def _rest(self, since: float) -> None:
        """Sleep until something is stirred, a retry is due, or the pace allows the next message.

        Nothing could be claimed at `since`: what the pace has come to allow after that moment is not waited for.
        """
        due = await self._run(lambda tx: tx.lanes.next_due(self._account))
        now = self._clock.steady()
        waits = []
        if due is not None:
            waits.append((due - self._clock.now()).total_seconds())
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

    async def _deliver(self, claimed: Claimed) -> None:
        """Send the parts in order; each outcome is durable before the next part begins."""
        left: Claimed | None = claimed
        first = True
        try:
            while left is not None and left.parts:
                if not first and not self._goes_at_once(left):
                    await self._record(Claims.rest, left)
                    break
                left = await self._deliver_part(left, left.parts[0], first)
                first = False
        finally:
            to_follow = 0 if left is None else len(left.parts)
            self._backlog.landed(claimed.id, claimed.chat, to_follow, self._clock.steady())

    def _goes_at_once(self, claimed: Claimed) -> bool:
        """Whether a following part may go now: it is a message like any other."""
        now = self._clock.steady()
        if self._pacer.slots(now) < 1 or self._pacer.free_at(claimed.chat) > now:
            return False
        self._pacer.sent(claimed.chat, claimed.group, now)
        return True

    async def _deliver_part(self, claimed: Claimed, part: Part, first: bool) -> Claimed | None:
        """Send one part; what is still to be done then, None when the delivery has ended for now."""
        async with AsyncExitStack() as stack:
            try:
                action = await self._with_file(part.action, claimed.attempts, stack)
            except NotSent as failure:
                self._failed(self._account, claimed.kind, failure)
                at = self._clock.now() + (failure.retry_after or backoff(claimed.attempts))
                await self._record(Claims.again, claimed, part, at, part.unsure)
                return None
            except Refused as lost:
                return await self._without_file(claimed, part, lost)
            if not first or isinstance(action, SendFile):
                # Not before: what waits for its turn is surely not sent.
                await self._record(Claims.begin, claimed, part)
            return await self._send_part(claimed, part, action)

    async def _send_part(self, claimed: Claimed, part: Part, action: Outgoing) -> Claimed | None:
        repeatable = is_repeatable(action, self._adapter.limits.idempotent)
        if part.unsure and not repeatable:
            if claimed.resends >= MAX_RESENDS:
                await self._record(Claims.refused, claimed, NO_ANSWER)
                return None
            action = marked(action, claimed.subject)
            await self._record(Claims.marked_again, claimed)
            claimed = replace(claimed, resends=claimed.resends + 1)
        if part.unsure and isinstance(action, (SendText, SendFile)):
            action = replace(action, again=True)
        try:
            receipt = await self._send(action, claimed.attempts)
        except SendError as failure:
            if isinstance(failure, Refused) and isinstance(action, SendFile):
                return await self._without_file(claimed, part, failure)
            if not isinstance(failure, Refused) or not isinstance(action, (EditText, Withdraw, UnpinMessage)):
                await self._settle(claimed, part, failure, repeatable)
                return None
            # Whoever wanted the edit cannot mend it; the rest of the delivery still can be done.
            self._failed(self._account, claimed.kind, failure)
            await self._record(Claims.passed_over, claimed, part)
            return replace(claimed, parts=claimed.parts[1:])
        if self._measures is not None:
            ready_at = max(claimed.ready_at, self._resumed_at)
            self._measures.sent(self._account, ready_at if part.position == 0 else None)
        receipted = Receipted(claimed, part, receipt.message, receipt.findings)
        await self._writer.run_together(self._sent, receipted, self._account)
        return replace(claimed, parts=claimed.parts[1:])

    async def _with_file(self, action: Outgoing, attempt: int, stack: AsyncExitStack) -> Outgoing:
        """What is to be sent, with its file on the disk until `stack` ends. Raises NotSent or Refused."""
        if not isinstance(action, SendFile):
            return action
        if not self._adapter.limits.upload:
            raise Refused("the network takes no files")
        fetched = self._media.fetched(action.account, action.attachment, self._adapter.limits.upload)
        try:
            return replace(action, file=await stack.enter_async_context(fetched))
        except NotSent as failure:
            if attempt < MAX_FETCHES:
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
        decision = after_failure(failure, claimed.attempts, claimed.resends, repeatable, now)
        pause = self._pause(claimed.chat, failure, now, steady)
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

    def _pause(self, chat: int, failure: SendError, now: datetime, steady: float) -> Pause | None:
        """What the network wants to be left alone for, heeded from now on."""
        if not isinstance(failure, NotSent) or failure.retry_after is None:
            return None
        until = steady + failure.retry_after.total_seconds()
        if failure.whole_account:
            self._pacer.refused(until, steady)
            self._resumed_at = max(self._resumed_at, now + failure.retry_after)
        else:
            self._pacer.refused_chat(chat, until, steady)
        return Pause(now + failure.retry_after, failure.whole_account, self._pacer.learnt)
