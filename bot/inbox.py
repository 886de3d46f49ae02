"""The inbox's worker: each lane's events in order, each in one unit of work together with all that it causes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Protocol

from bot.actions import Action
from bot.events import OPERATOR, Internal, Quarantined
from bot.incoming import NOTHING_NEW, Batch, Incoming, Raw, Unreadable
from bot.operation.measuring import Measures
from bot.ports import Deliver
from bot.store.database.encoding import decode
from bot.store.database.units import NotServed, Together
from bot.store.database.writer import Writer
from bot.store.incoming import Arrived, lane_of
from bot.store.transaction import Transaction

Handle = Callable[[Incoming | Internal, Transaction], Iterable[Action]]
"""What happens when something arrives: it changes the domain through the transaction, and returns what to say."""

_READ_ALL = 50  # every so many looks begin at the oldest that waits, not at what is new
_WINDOW = 256  # events in hand at a time
_AT_ONCE = 8  # of them in one unit: it must stay within milliseconds
_LANE = 32  # of them in one lane, before others are looked for: a lane can be held up for long
_NOT_SERVED = timedelta(milliseconds=200)  # until it is tried again, or the lease is known to be lost
_RETRIES = (timedelta(milliseconds=100), timedelta(seconds=1), timedelta(seconds=5))
_FORGET_AFTER = timedelta(days=3)  # no network brings an event again after a day


class Parses(Protocol):
    def parse(self, raw: Raw) -> Sequence[Incoming]: ...


class Worker:
    """Handles what is in the inbox until its task is cancelled; a unit that is running then is still finished.

    `failed` hears of each event that could not be handled: its account and the error. `sleep` takes seconds. `serves`:
    whether an account ("" for what happens inside) is this process's to serve.
    """

    def __init__(
        self,
        writer: Writer,
        adapters: Mapping[str, Parses],
        handle: Handle,
        failed: Callable[[str, Exception], None],
        sleep: Callable[[float], Awaitable[None]],
        serves: Callable[[str], bool] = lambda _: True,
        measures: Measures | None = None,
    ) -> None:
        self._writer = writer
        self._adapters = adapters
        self._handle = handle
        self._failed = failed
        self._sleep = sleep
        self._serves = serves
        self._measures = measures
        self._stirred = asyncio.Event()
        self._lanes: dict[str, deque[Arrived]] = {}
        self._in_hand: set[int] = set()
        self._seen = 0  # the newest event that was read; all that wait before it are in hand, …
        self._left_out: set[str] = set()  # … but for these lanes: of them, only what came first is
        self._served: set[str] = set()  # the accounts for which that is so
        self._looks = 0
        self._reading = True  # until the first look is over, nobody knows what else there is
        self._is_behind = True  # there may be more than what was read
        self._changed = asyncio.Event()  # a lane or a look has come to its end
        self._lane_tasks: asyncio.TaskGroup | None = None

    def wake(self) -> None:
        """There may be something new."""
        self._stirred.set()

    def accept(self, account: str) -> Deliver:
        """What the account's adapter hands its batches to: it returns when they are durable."""

        async def deliver(batch: Batch) -> None:
            if batch != NOTHING_NEW and not await self._handled_at_once(account, batch):
                try:
                    self._came(await self._writer.run_together(_ACCEPT, (account, batch), account))
                except asyncio.CancelledError:
                    self._stirred.set()  # it is taken in all the same, maybe with others
                    raise
            if self._measures is not None:
                self._measures.heard(account)

        return deliver

    async def _handled_at_once(self, account: str, batch: Batch) -> bool:
        """What comes alone, and has nothing to wait for, is handled in the commit that keeps its trace; False: nothing
        has happened."""
        if len(batch.events) != 1 or self._reading or self._is_behind or self._left_out or self._stirred.is_set():
            return False
        [raw] = batch.events
        lane = lane_of(account, raw)
        if lane in self._lanes:
            return False
        self._lanes[lane] = deque()  # what follows in it waits
        try:
            events = self._adapters[account].parse(raw)
            if any(isinstance(event, Unreadable) for event in events):
                return False

            def unit(tx: Transaction) -> None:
                if tx.inbox.handle(account, batch):
                    self._act(tx, events)

            await self._writer.run(unit, account)
        except NotServed:
            raise
        except Exception:  # it is kept, to be tried again, and it is known then whose fault it is
            return False
        finally:
            if self._lanes[lane]:
                self._begin(lane)
            else:
                self._leave(lane)
        self._measure(account, events)
        return True

    def _came(self, arrived: Sequence[Arrived]) -> None:
        """Handle what has just arrived without looking for it, unless there may be more, which would come first."""
        if not arrived:
            return
        is_full = any(len(self._lanes.get(one.lane, ())) >= _LANE for one in arrived)
        if self._reading or self._is_behind or self._left_out or is_full or self._stirred.is_set():
            self._stirred.set()
        else:
            new = [one for one in arrived if one.id not in self._in_hand]
            self._is_behind = len(new) < len(arrived)  # what is in hand has been brought again, maybe readable
            self._take_up(new)

    def _take_up(self, new: Sequence[Arrived]) -> None:
        for arrived in new:
            self._in_hand.add(arrived.id)
            if arrived.lane in self._lanes:
                self._lanes[arrived.lane].append(arrived)
            else:
                self._lanes[arrived.lane] = deque([arrived])
                self._begin(arrived.lane)

    def _begin(self, lane: str) -> None:
        assert self._lane_tasks is not None
        self._lane_tasks.create_task(self._run_lane(lane))

    async def until_done(self) -> None:
        """Until all that has arrived is handled."""
        while self._reading or self._left_out or self._lanes or self._stirred.is_set():
            self._changed.clear()
            await self._changed.wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as self._lane_tasks:
            more = False  # the last look has not come to the end
            while True:
                self._reading = True
                self._stirred.clear()
                more = await self._look(goes_on=more)
                if not more:
                    self._reading = False
                    self._changed.set()
                    await self._stirred.wait()

    async def _look(self, goes_on: bool) -> bool:
        """Take up what has come since the last look; whether there is more. `goes_on`: that one had not seen all."""
        served = [account for account in ("", *self._adapters) if self._serves(account)]
        # Reading what is in hand again and again would cost more than all the rest. But an older event can be new again
        # when its key has come: every now and then all is read. So it is when an account is served that was not: what
        # others have left of it comes first.
        self._looks += not goes_on
        anew = not goes_on and not self._looks % _READ_ALL
        if anew or not self._in_hand or not self._served.issuperset(served):
            self._seen = 0
        self._served = set(served)
        # Of a lane of which something was left out, nothing newer is taken up before that.
        self._left_out.update(lane for lane, waiting in self._lanes.items() if len(waiting) >= _LANE)
        drained = [lane for lane in self._left_out if not self._lanes.get(lane)]
        most = _WINDOW + _AT_ONCE * len(drained)  # what they have in hand is among them
        after, not_in = self._seen, list(self._left_out)

        def unit(tx: Transaction) -> tuple[list[Arrived], list[Arrived]]:
            return (
                tx.inbox.waiting_in(drained, most, served) if drained else [],
                tx.inbox.waiting(_WINDOW, served, not_in, after),
            )

        older, read = await self._writer.run(unit)
        if len(older) < most:
            self._left_out.difference_update(drained)
        if read:
            self._seen = read[-1].id
        found = older + read
        given_back = self._left_out.difference(not_in)  # meanwhile, with what came first in it
        new = [one for one in found if one.id not in self._in_hand and one.lane not in given_back]
        self._take_up(new)
        more = len(older) >= most or len(read) >= _WINDOW
        self._is_behind = more or after > 0 or len(new) < len(found)
        return more

    async def _run_lane(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            some = [waiting.popleft() for _ in range(min(len(waiting), _AT_ONCE))]
            served = await self._settled_together(some) or await self._settled_each(some)
            if not served:  # all of it is for whoever serves the account now, in its order
                some += waiting
                waiting.clear()
                self._left_out.add(lane)
            self._in_hand.difference_update(arrived.id for arrived in some)
            if not served:
                await self._sleep(_NOT_SERVED.total_seconds())
        self._leave(lane)

    def _leave(self, lane: str) -> None:
        del self._lanes[lane]
        self._changed.set()
        if self._is_behind or self._left_out:
            self._stirred.set()

    async def _settled_together(self, some: Sequence[Arrived]) -> bool:
        """Handle what waits in a lane in one unit; False: nothing has happened, and each is to be settled alone."""
        if len(some) == 1 or any(arrived.attempts for arrived in some):
            return False

        def unit(tx: Transaction) -> None:
            for arrived, events in parsed:
                self._unit(tx, arrived, events)

        try:
            parsed = [(arrived, self._parse(arrived)) for arrived in some]
            await self._writer.run(unit, some[0].account)
            for arrived, events in parsed:
                self._measure(arrived.account, events)
        except Exception:  # whose fault it was shows when each is handled alone
            return False
        return True

    async def _settled_each(self, some: Sequence[Arrived]) -> bool:
        """Handle one after the other; False: the rest is another process's to handle."""
        for arrived in some:
            if not await self._settle(arrived):
                return False
        return True

    async def _settle(self, arrived: Arrived) -> bool:
        """Handle one event, again if it fails, and put it aside if it always does: the lane goes on. False: it is
        another process's to handle."""
        attempts = arrived.attempts
        while True:
            try:
                events = self._parse(arrived)
                await self._writer.run(partial(self._unit, arrived=arrived, events=events), arrived.account)
                self._measure(arrived.account, events)
                return True
            except NotServed:
                return False
            except Exception as error:  # any fault of a handler or a parser is that event's alone
                self._failed(arrived.account, error)
                attempts += 1
                final = attempts > len(_RETRIES) or isinstance(error, ValueError)
                give_up = partial(_give_up, arrived=arrived, error=type(error).__name__, attempts=attempts, final=final)
            with suppress(NotServed):
                await self._writer.run(give_up, arrived.account)
            if final:
                return True
            await self._sleep(_RETRIES[attempts - 1].total_seconds())

    def _parse(self, arrived: Arrived) -> Sequence[Incoming | Internal]:
        if arrived.account:
            chat = arrived.lane.partition(":")[2]
            return self._adapters[arrived.account].parse(Raw(arrived.event, chat, arrived.body))
        event = decode(arrived.body, object)
        assert isinstance(event, Internal)
        return [event]

    def _measure(self, account: str, events: Sequence[Incoming | Internal]) -> None:
        """How long ago people did what has its effect now; what cannot be read yet has none."""
        if self._measures is None or not account:
            return
        for event in events:
            if not isinstance(event, (Internal, Unreadable)):
                self._measures.handled(account, event.at)

    def _unit(self, tx: Transaction, arrived: Arrived, events: Sequence[Incoming | Internal]) -> None:
        """What the event changes, what it asks for, and that it is handled: all or nothing."""
        cannot_be_read = any(isinstance(event, Unreadable) for event in events)
        if not (tx.inbox.is_waiting(arrived.id) if cannot_be_read else tx.inbox.take(arrived.id)):
            return
        self._act(tx, events)
        if cannot_be_read:
            tx.inbox.unreadable(arrived)

    def _act(self, tx: Transaction, events: Sequence[Incoming | Internal]) -> None:
        for event in events:
            for action in self._handle(event, tx):
                tx.deliveries.add(action)


def _accept(tx: Transaction, batches: Sequence[tuple[str, Batch]]) -> list[Sequence[Arrived]]:
    """What has arrived is the first one's result: one commit has taken in all of it."""
    return [tx.inbox.accept_all(batches), *([()] * (len(batches) - 1))]


_ACCEPT = Together(_accept)


def _give_up(tx: Transaction, arrived: Arrived, error: str, attempts: int, final: bool) -> None:
    if not final:
        tx.inbox.failed(arrived.id, attempts, error)
        return
    tx.inbox.quarantine(arrived.id, error)
    if arrived.lane != OPERATOR:  # that it could not be told is not told
        tx.inbox.put(Quarantined(arrived.id, arrived.account), lane=OPERATOR)


def forget(tx: Transaction) -> None:
    """Drop the traces of events that no network can bring again."""
    tx.inbox.forget(_FORGET_AFTER)
