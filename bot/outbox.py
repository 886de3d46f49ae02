"""One account's sender: claim what can go, pace it, send it, and commit what the network answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace as changed

from bot.clock import Clock
from bot.domain import links
from bot.failing import (
    LONGEST_WAIT,
    MAX_RESENDS,
    NO_ANSWER,
    Failed,
    GiveUp,
    Knock,
    Move,
    Resend,
    Retry,
    after_failure,
    backoff,
    is_repeatable,
    marked,
    most_resends,
)
from bot.files.media import Media
from bot.operation.measuring import Measures
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
from bot.ports import Adapter, Closed, NotSent, Refused, SendError, TooLarge, Unknown
from bot.sending.claiming import Claiming, Release
from bot.sending.turns import Turns
from bot.store.database.units import NotServed, Together, Unit
from bot.store.database.writer import Writer
from bot.store.outbox.claimed import Claimed, Part, Receipted
from bot.store.outbox.claims import Claims
from bot.store.transaction import Transaction
from bot.text.rendering import Speaks

T = TypeVar("T")
P = ParamSpec("P")

MAX_FETCHES = 20  # about an hour: a file that cannot be had for so long must not hold up what follows it
HURRIED = 6  # some minutes: people who talk to each other in linked chats wait no longer for one of their files
MAX_FAULTS = 5  # of our own, over one delivery
_COUNTED = 1_000  # deliveries of which it is remembered how often that happened
_LOOK_AGAIN = 0.2  # seconds
_PASSED_OVER = (EditText, Withdraw, PinMessage, UnpinMessage, SendReaction, TakeReaction)
"""What is only counted where the network refuses it: all that is said is there all the same."""


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
        holds: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_send`: whether the account is still this process's to speak for, asked right before each send. `holds`:
        whether its line to the network does; while it does not, no file is given up."""
        self._account = account
        self._media = media
        self._measures = measures
        self._adapter = adapter
        self._writer = writer
        self._catalogue = catalogue
        self._clock = clock
        self._failed = failed
        self._may_send = may_send
        self._holds = holds
        self._in_vain: dict[int, int] = {}  # by delivery: how often its file could not be had, in a row
        self._faults: dict[int, int] = {}  # by delivery: how often a fault of our own has left it in the air
        self._turns = Turns(adapter.limits, clock)
        limits, turns = adapter.limits, self._turns
        self._claiming = Claiming(account, limits, writer, self._claims, clock, turns, failed, self._send_off)
        self._claims_now = asyncio.Lock()
        self.in_flight = self._turns.in_flight
        self._stopping = False
        self._sent = Together(self._record_sent)

    def wake(self) -> None:
        """There may be something to send."""
        self._claiming.window.wake()
        self._turns.stirred.set()

    def hold_notices(self) -> None:
        """None goes before `let_notices_go`; what is said to people does."""
        self._claiming.holds_notices = True

    def let_notices_go(self) -> None:
        self._claiming.holds_notices = False
        self.wake()

    def reconnected(self, held: bool) -> None:
        """The network has answered after a failure, or (`held`) has gone on to for a while: what was put off because it
        could not be reached need not wait for its own time. What may have arrived already waits until it has held: it
        cannot be said again often."""
        self._turns.is_well()
        self._claiming.to_release.add(Release.ALL if held else Release.SURE)
        self.wake()

    async def run(self) -> None:
        self._claiming.remember(await self._run(lambda tx: self._claims(tx).recover()))
        while not self._stopping:
            self._turns.stirred.clear()
            if not self._may_send():
                await self._clock.sleep(_LOOK_AGAIN)
                continue
            now = self._clock.steady()
            async with self._claims_now:
                claimed = not self._stopping and await self._claiming.claim(now)
            if not claimed or self._claiming.exhausted or not self._claiming.room(now):
                while await self._rest(now):
                    now = self._clock.steady()

    def _send_off(self, claimed: Sequence[Claimed]) -> None:
        for one in claimed:
            task = asyncio.create_task(self._see_to(one))
            self.in_flight.add(task, one)
            task.add_done_callback(self._landed)

    async def _rest(self, since: float) -> bool:
        """Until there may be something to send; True: it was claimed when it came, and there is nothing more."""
        async with self._claims_now:
            claimed = await self._claiming.rest(since)
        return claimed and self._claiming.exhausted and not self._turns.stirred.is_set()

    async def stop(self, within: float) -> None:
        """Claim nothing more and let what is in the air land, for at most `within` seconds."""
        self._stopping = True
        self.wake()
        async with self._claims_now:
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
            _tell_of(error)

    def _claims(self, tx: Transaction) -> Claims:
        return Claims(tx, self._account, self._adapter.limits, self._catalogue)

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _see_to(self, claimed: Claimed) -> None:
        """Deliver it. What a bug, or a database that has lost its patience, leaves in the air is tried again; else its
        lane would wait until the bot is started again."""
        try:
            await self._deliver(claimed)
        except NotServed:
            raise
        except Exception as error:
            _tell_of(error)
            if self._counted(self._faults, claimed) <= MAX_FAULTS:
                await self._record(Claims.left, claimed, self._clock.now() + LONGEST_WAIT)
            else:
                await self._record(Claims.refused, claimed, f"a fault of Schakel itself ({type(error).__name__})")

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
                    self._claiming.think_again()
                left = await self._deliver_part(left, part, first)
                first = False
        finally:
            if left is None or left.parts:
                self._landed_in_window(claimed, 0 if left is None else len(left.parts))

    async def _deliver_part(self, claimed: Claimed, part: Part, first: bool) -> Claimed | None:
        """Send one part; what is still to be done then, None when the delivery has ended for now."""
        if isinstance(part.action, SendFile):
            return await self._deliver_file(claimed, part, part.action)
        if not first:
            await self._record(Claims.begin, claimed, part)
        return await self._send_part(claimed, part, part.action)

    async def _deliver_file(self, claimed: Claimed, part: Part, action: SendFile) -> Claimed | None:
        async with AsyncExitStack() as stack:
            try:
                action = await self._with_file(claimed, action, stack)
            except NotSent as failure:
                self._failed(self._account, claimed.kind, failure)
                wait = min(failure.retry_after or backoff(claimed.attempts), LONGEST_WAIT)
                await self._record(Claims.again, claimed, part, self._clock.now() + wait, part.unsure)
                return None
            except Refused as lost:
                return await self._without_file(claimed, part, lost)
            if not await self._turns.of_file(claimed):
                await self._record(Claims.rest, claimed)
                return None
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
            action = changed(action, again=True)
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
            if part is claimed.parts[-1]:
                self._landed_in_window(claimed, 0)
            await self._record(Claims.passed_over, claimed, part)
            return changed(claimed, parts=claimed.parts[1:])
        self._is_well()
        if isinstance(action, (SendText, SendFile)):
            self._turns.pacer.taken(claimed.chat)
        if self._measures is not None:
            ready_at = max(claimed.ready_at, self._turns.resumed_at)
            self._measures.sent(self._account, ready_at if part.position == 0 else None)
        receipted = Receipted(claimed, part, receipt.message, receipt.findings, receipt.elsewhere)
        if part is claimed.parts[-1]:
            # What goes next is claimed in the commit that says so of this one.
            self.in_flight.answered(claimed)
            self._landed_in_window(claimed, 0)
            self._turns.stirred.set()
        await self._writer.run_together(self._sent, receipted, self._account)
        return changed(claimed, parts=claimed.parts[1:])

    def _landed_in_window(self, claimed: Claimed, left: int) -> None:
        self._claiming.window.landed(claimed, left, self._clock.steady())

    async def _with_file(self, claimed: Claimed, action: SendFile, stack: AsyncExitStack) -> SendFile:
        """What is to be sent, with its file on the disk until `stack` ends. Raises NotSent or Refused."""
        self.in_flight.fetches(claimed)
        self._turns.stirred.set()  # meanwhile another may go in its place
        if not self._adapter.limits.upload:
            raise Refused("the network takes no files")
        most = self._adapter.limits.upload
        fetched = self._media.fetched(action.account, action.attachment, most, to=self._account)
        try:
            file = await stack.enter_async_context(fetched)
        except NotSent as failure:
            if await self._is_awaited(claimed):
                raise
            raise Refused("the file could not be had for a long time") from failure
        self._in_vain.pop(claimed.id, None)
        return changed(action, file=file)

    async def _is_awaited(self, claimed: Claimed) -> bool:
        """Whether a file that could not be had is to be tried again. How often its delivery came to nothing for other
        reasons does not count, nor what fails while nothing could be sent anyway: it may be our own connection."""
        if not self._holds():
            return True
        times = self._counted(self._in_vain, claimed)
        if times >= MAX_FETCHES:
            return False
        in_a_hurry = times >= HURRIED and links.is_of_one(claimed.subject)
        return not (in_a_hurry and await self._run(lambda tx: tx.lanes.has_more(claimed.chat, claimed.subject)))

    def _counted(self, times: dict[int, int], claimed: Claimed) -> int:
        """How often it has happened to the delivery now."""
        times[claimed.id] = times.pop(claimed.id, 0) + 1
        if len(times) > _COUNTED:
            del times[next(iter(times))]  # the oldest was taken back meanwhile, or went well
        return times[claimed.id]

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

    async def _record(self, outcome: Callable[Concatenate[Claims, P], None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Commit what became of a delivery."""
        await self._run(lambda tx: outcome(self._claims(tx), *args, **kwargs))

    async def _run(self, unit: Unit[T]) -> T:
        return await self._writer.run(unit, self._account)

    async def _settle(self, claimed: Claimed, part: Part, failure: SendError, repeatable: bool) -> None:
        self._failed(self._account, claimed.kind, failure)
        not_there = None if part.unsure or isinstance(failure, Unknown) else part
        most = most_resends(part.action)
        is_first = isinstance(failure, Closed) and claimed.closed is None  # whatever kept it from its chat before
        attempts = 1 if is_first else claimed.attempts
        decision = after_failure(failure, attempts, claimed.resends, repeatable, self._clock.now(), most)
        pause = self._turns.failed(claimed, failure)
        self._claiming.think_again()
        if not isinstance(failure, (NotSent, Unknown)):
            self._is_well()
        match decision:
            case Retry(at):
                await self._record(Claims.again, claimed, part, at, part.unsure, pause)
            case Resend(at):
                await self._record(Claims.again, claimed, part, at, unsure=True)
            case Knock(at, reason):
                await self._record(Claims.closed, claimed, part, at, reason, not_there)
            case Move(to):
                await self._record(Claims.moved, claimed, part, to)
            case GiveUp(reason, gone=True):
                await self._record(Claims.gone, claimed, reason, not_there)
            case GiveUp(reason):
                await self._record(Claims.refused, claimed, reason, not_there)

    def _is_well(self) -> None:
        """The network takes what we send, or answers with what it has against it."""
        if self._turns.is_well():
            self._claiming.to_release.add(Release.SURE)
            self._turns.stirred.set()


def _tell_of(error: BaseException) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "a delivery could not be recorded", "exception": error}
    )
