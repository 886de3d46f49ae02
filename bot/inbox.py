"""The inbox's worker: each lane's events in order, each in one unit of work together with all that it causes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

from bot.actions import Action
from bot.events import OPERATOR, Internal, Quarantined
from bot.measuring import Measures
from bot.model import NOTHING_NEW, Batch, Incoming, Raw, Unreadable
from bot.ports import Deliver
from bot.store.encoding import decode
from bot.store.incoming import Arrived
from bot.store.transaction import Transaction
from bot.store.writer import Writer

Handle = Callable[[Incoming | Internal, Transaction], Iterable[Action]]
"""What happens when something arrives: it changes the domain through the transaction, and returns what to say."""

_WINDOW = 256  # events in hand at a time
_LANE = 32  # of them in one lane, before others are looked for: a lane can be held up for long
_RETRIES = (timedelta(milliseconds=100), timedelta(seconds=1), timedelta(seconds=5))
_FORGET_AFTER = timedelta(days=3)  # no network brings an event again after a day


class Parses(Protocol):
    def parse(self, raw: Raw) -> Sequence[Incoming]: ...


class Worker:
    """Handles what is in the inbox until its task is cancelled; a unit that is running then is still finished.

    `failed` hears of each event that could not be handled: its account and the error. `sleep` takes seconds.
    """

    def __init__(
        self,
        writer: Writer,
        adapters: Mapping[str, Parses],
        handle: Handle,
        failed: Callable[[str, Exception], None],
        sleep: Callable[[float], Awaitable[None]],
        measures: Measures | None = None,
    ) -> None:
        self._writer = writer
        self._adapters = adapters
        self._handle = handle
        self._failed = failed
        self._sleep = sleep
        self._measures = measures
        self._stirred = asyncio.Event()
        self._lanes: dict[str, deque[Arrived]] = {}
        self._in_hand: set[int] = set()

    def wake(self) -> None:
        """There may be something new."""
        self._stirred.set()

    def accept(self, account: str) -> Deliver:
        """What the account's adapter hands its batches to: it returns when they are durable."""

        async def deliver(batch: Batch) -> None:
            if batch != NOTHING_NEW:
                await self._writer.run(lambda tx: tx.inbox.accept(account, batch))
            if self._measures is not None:
                self._measures.heard(account)

        return deliver

    async def run(self) -> None:
        async with asyncio.TaskGroup() as lanes:
            while True:
                self._stirred.clear()
                full = [lane for lane, waiting in self._lanes.items() if len(waiting) >= _LANE]
                read = await self._writer.run(partial(self._read, not_in=full))
                new = [arrived for arrived in read if arrived.id not in self._in_hand]
                for arrived in new:
                    self._in_hand.add(arrived.id)
                    if arrived.lane in self._lanes:
                        self._lanes[arrived.lane].append(arrived)
                    else:
                        self._lanes[arrived.lane] = deque([arrived])
                        lanes.create_task(self._run_lane(arrived.lane))
                if not new or len(read) < _WINDOW:
                    await self._stirred.wait()

    def _read(self, tx: Transaction, not_in: Sequence[str]) -> list[Arrived]:
        return tx.inbox.waiting(limit=_WINDOW, accounts=("", *self._adapters), not_in=not_in)

    async def _run_lane(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            arrived = waiting.popleft()
            await self._settle(arrived)
            self._in_hand.discard(arrived.id)
        del self._lanes[lane]
        self._stirred.set()

    async def _settle(self, arrived: Arrived) -> None:
        """Handle one event, again if it fails, and put it aside if it always does: the lane goes on."""
        attempts = arrived.attempts
        while True:
            try:
                events = self._parse(arrived)
                await self._writer.run(partial(self._unit, arrived=arrived, events=events))
                self._measure(arrived.account, events)
                return
            except Exception as error:  # any fault of a handler or a parser is that event's alone
                self._failed(arrived.account, error)
                attempts += 1
                final = attempts > len(_RETRIES) or isinstance(error, ValueError)
                await self._writer.run(
                    partial(_give_up, arrived=arrived, error=type(error).__name__, attempts=attempts, final=final)
                )
                if final:
                    return
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
        if not tx.inbox.is_waiting(arrived.id):
            return
        for event in events:
            for action in self._handle(event, tx):
                tx.deliveries.add(action)
        if any(isinstance(event, Unreadable) for event in events):
            tx.inbox.unreadable(arrived)
        else:
            tx.inbox.handled(arrived.id)


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
