"""How near a broadcast comes to the shortest time that the limits allow, and how long an answer waits meanwhile."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from adapters.telegram import TelegramAdapter
from bot.actions import Priority, Publish, Say
from bot.app import SystemClock
from bot.clock import Clock
from bot.content import Verbatim
from bot.domain.chats import Pairing
from bot.model import ChatKind
from bot.outgoing import Outgoing, SendText
from bot.ports import Limits
from bot.store.database.units import Unit
from bot.store.database.writer import Writer
from bot.store.transaction import Transaction
from tests.benchmarks.figures import Asked, Figure, in_turn
from tests.benchmarks.instant import Instant, Store, chats, store
from tests.benchmarks.runs import OURS, Measured, run
from tests.benchmarks.simulated import CountingWriter, SimulatedClock, pass_time

TELEGRAM = TelegramAdapter.limits
# Telegram's paid broadcasts: core.telegram.org/bots/faq. The burst is worth as long as that of the ordinary pace.
FAST = replace(TELEGRAM, per_second=1000, burst=round(TELEGRAM.burst / TELEGRAM.per_second * 1000))
BROADCAST = 20_000
ANSWERS = 300
SOON = Asked(3, at_most=True, absolute=True)  # slots
HERE = "tests.benchmarks.broadcast"
LANGUAGE = "fr"
ORGANISATION = "Centre"
Durable = Callable[[Unit[None]], Awaitable[float]]
"""Runs a unit, and tells when it was durable."""


@dataclass(frozen=True, slots=True)
class Chats:
    """So many chats of a kind, each with so many messages; with `parts` they are the parts of one long text."""

    count: int
    messages: int
    group: bool
    parts: bool = False


CASES: dict[str, tuple[Chats, ...]] = {
    "1,000 groups, 1 message each": (Chats(1_000, 1, True),),
    "200 groups, 25 each": (Chats(200, 25, True),),
    "100 groups, 1 text of 25 parts": (Chats(100, 25, True, parts=True),),
    "5,000 private chats, 1 each": (Chats(5_000, 1, False),),
    "300 groups, 25 each, and 5,000 private chats, 1 each": (Chats(300, 25, True), Chats(5_000, 1, False)),
    "3,000 private chats, 1 each, then 5 groups, 60 each": (Chats(3_000, 1, False), Chats(5, 60, True)),
    "2,000 groups, 1 each, then 20 private chats, 100 each": (Chats(2_000, 1, True), Chats(20, 100, False)),
}


# --- the optimum ---------------------------------------------------------------------------------------------------


def shortest(case: Sequence[Chats], limits: Limits) -> float:
    """Seconds that nobody can undercut between a broadcast's beginning and its last message.

    The message with the i-th earliest release cannot go before its release, and those after it need a slot each.
    """
    releases = sorted(
        release(number, chats_.group, limits)
        for chats_ in case
        for number in range(chats_.messages)
        for _ in range(chats_.count)
    )
    after = range(len(releases) - 1, -1, -1)
    free = limits.burst - 1
    return max(at + max(0, left - free) / limits.per_second for at, left in zip(releases, after, strict=True))


def release(number: int, group: bool, limits: Limits) -> float:
    """When the chat's own limits let its message go at the earliest; `number` counts from 0."""
    if not group or limits.group_window is None:
        return number * limits.chat_gap
    most, seconds = limits.group_window
    return seconds * (number // most) + (number % most) * limits.chat_gap


# --- filling -------------------------------------------------------------------------------------------------------


def fill(tx: Transaction, case: Sequence[Chats], limits: Limits) -> None:
    """The broadcast as it stands in the outbox: notices in groups, the like in private chats."""
    place = 0
    for number, chats_ in enumerate(case):
        kind = ChatKind.GROUP if chats_.group else ChatKind.PRIVATE
        ids = chats(tx, place + chats_.count, kind)[place:]
        place += chats_.count
        texts = [Verbatim(f"message number {number}") for number in range(chats_.messages)]
        if chats_.parts:
            line = "x" * (limits.text - 1)
            texts = [Verbatim("\n".join([line] * chats_.messages))]
        if chats_.group:
            organisation = tx.chats.organisation_named(f"{ORGANISATION} {number}").id
            for id in ids:
                tx.chats.pair(id, Pairing("group", organisation, LANGUAGE))
            for notice, text in enumerate(texts):
                tx.broadcasts.publish(Publish(organisation, LANGUAGE, (text,), f"N{number * 1000 + notice + 1}"))
                while tx.broadcasts.go_on():
                    pass  # all of its pieces
        else:
            for notice, text in enumerate(texts):
                for id in ids:  # each notice is a lane of its own, as in groups
                    tx.deliveries.add(Say(id, (text,), subject=f"N{notice + 1}", priority=Priority.NOTICE))


class Sent:
    """What was sent when; `all` is set once the whole broadcast was, and `answered` with the last live answer."""

    def __init__(self, clock: Clock, messages: int, answers: int) -> None:
        self.all, self.answered = asyncio.Event(), asyncio.Event()
        self.live: dict[str, float] = {}
        self.last = 0.0
        self._clock = clock
        self._left = messages
        self._answers = answers
        if not answers:
            self.answered.set()

    def __call__(self, action: Outgoing) -> None:
        assert isinstance(action, SendText)
        if action.text.plain.startswith("answer"):
            self.live[action.chat.id] = self._clock.steady()
            if len(self.live) == self._answers:
                self.answered.set()
            return
        self.last = self._clock.steady()
        self._left -= 1
        if not self._left:
            self.all.set()


class Noting(Writer):
    """Says of a unit when its commit was over: whoever waits for it may hear of that later."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._ran: list[list[float]] = []
        self._committed = self._note

    async def durable(self, unit: Unit[None]) -> float:
        """Run it; the steady clock's reading when it was durable."""
        at: list[float] = []

        def noted(tx: Transaction) -> None:
            unit(tx)
            self._ran.append(at)

        await self.run(noted)
        return at[-1]

    def _note(self, _: float) -> None:
        for at in self._ran:
            at.append(SystemClock().steady())
        self._ran.clear()


# --- measuring -----------------------------------------------------------------------------------------------------


def simulated(case: str) -> Measured:
    """Seconds of simulated time from the sender's start to the last message, and the shortest possible."""

    async def measure(folder: Path) -> Measured:
        clock = SimulatedClock()
        async with store(f"sqlite:///{folder}/bench.db", folder, clock, CountingWriter) as opened:
            sent = Sent(clock, sum(chats_.count * chats_.messages for chats_ in CASES[case]), 0)
            await opened.writer.run(partial(fill, case=CASES[case], limits=TELEGRAM))
            async with sending(opened, Instant(sent, TELEGRAM)):
                await pass_time(clock, opened.writer, [sent.all])
        return {"took": sent.last, "shortest": shortest(CASES[case], TELEGRAM)}

    return _in_folder(measure)


def simulated_live() -> Measured:
    """The waits of live answers at Telegram's own pace, in slots."""

    async def measure(folder: Path) -> Measured:
        clock = SimulatedClock()
        async with store(f"sqlite:///{folder}/bench.db", folder, clock, CountingWriter) as opened:
            sent = Sent(clock, BROADCAST, ANSWERS)
            await opened.writer.run(partial(fill, case=[Chats(BROADCAST, 1, True)], limits=TELEGRAM))
            async with sending(opened, Instant(sent, TELEGRAM)):

                async def durable(unit: Unit[None]) -> float:
                    await opened.writer.run(unit)
                    return clock.steady()

                live = asyncio.create_task(answers(opened, clock, durable, BROADCAST / TELEGRAM.per_second))
                await pass_time(clock, opened.writer, [sent.all, sent.answered])
        return waits(await live, sent, TELEGRAM.per_second)

    return _in_folder(measure)


def timed(answers_: int) -> Measured:
    """A broadcast at 1,000 messages a second in real time: what it took, and what live answers waited meanwhile."""

    async def measure(folder: Path) -> Measured:
        clock = SystemClock()
        async with store(f"sqlite:///{folder}/bench.db", folder, clock, Noting) as opened:
            sent = Sent(clock, BROADCAST, answers_)
            case = [Chats(BROADCAST, 1, True)]
            await opened.writer.run(partial(fill, case=case, limits=FAST))
            began = clock.steady()
            async with sending(opened, Instant(sent, FAST)):
                within = BROADCAST / FAST.per_second
                live = asyncio.create_task(answers(opened, clock, opened.writer.durable, within, answers_))
                await asyncio.gather(sent.all.wait(), sent.answered.wait())
        took = {"took": sent.last - began, "shortest": shortest(case, FAST)}
        return took | (waits(await live, sent, FAST.per_second) if answers_ else {})

    return _in_folder(measure)


@asynccontextmanager
async def sending(opened: Store[Any], adapter: Instant) -> AsyncIterator[None]:
    sender = opened.sender(adapter)
    running = asyncio.create_task(sender.run())
    yield
    await sender.stop(10)
    await running


async def answers(
    opened: Store[Any], clock: Clock, durable: Durable, within: float, count: int = ANSWERS
) -> dict[str, float]:
    """Answer people in private now and then while the broadcast goes on; when each answer was in the outbox."""
    chance = random.Random(4)
    people = await opened.writer.run(lambda tx: [tx.chats.get(id) for id in chats(tx, count)])
    asked = {}
    at = sorted(chance.uniform(0.01, 0.95) * within for _ in people)
    began = clock.steady()
    for moment, person in zip(at, people, strict=True):
        await clock.sleep(moment - (clock.steady() - began))
        said = Say(person.id, (Verbatim("answer"),), subject="K1")
        asked[person.address.id] = await durable(partial(_add, said))
    return asked


def _add(said: Say, tx: Transaction) -> None:
    tx.deliveries.add(said)


def waits(asked: dict[str, float], sent: Sent, per_second: float) -> Measured:
    """In slots of the account's rate, since the answer was durable."""
    slots = [(sent.live[chat] - at) * per_second for chat, at in asked.items()]
    return {"p50": statistics.median(slots), "p99": statistics.quantiles(slots, n=100, method="inclusive")[98]}


def _in_folder(measure: Callable[[Path], Coroutine[Any, Any, Measured]]) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder)))


# --- figures -------------------------------------------------------------------------------------------------------


def figures(runs: int) -> Iterator[Figure]:
    yield from _simulated()
    yield from _timed(runs)


def _simulated() -> Iterator[Figure]:
    """Each once, and side by side: what they find does not depend on the machine."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        live = pool.submit(run, OURS, f"{HERE}:simulated_live")
        cases = {case: pool.submit(run, OURS, f"{HERE}:simulated", case=case) for case in CASES}
        for case, done in cases.items():
            measured = done.result()
            what = f"broadcast at Telegram's pace, simulated: {case}; beside the shortest possible"
            yield Figure(what, "s", [measured["took"]], [measured["shortest"]], Asked(1.001, at_most=True))
        measured = live.result()
    what = f"live answer in a broadcast to {BROADCAST:,} at Telegram's pace, simulated: wait"
    yield Figure(f"{what}, p99", "slots", [measured["p99"]], (), SOON)
    yield Figure(f"{what}, p50", "slots", [measured["p50"]])


def _timed(runs: int) -> Iterator[Figure]:
    alone = in_turn(runs, {"ours": partial(run, OURS, f"{HERE}:timed", answers_=0)})["ours"]
    what = f"broadcast to {BROADCAST:,} at 1,000/s, real time; beside the shortest possible"
    bound = Asked(1.01, at_most=True)
    yield Figure(what, "s", [one["took"] for one in alone], [one["shortest"] for one in alone], bound)
    live = in_turn(runs, {"ours": partial(run, OURS, f"{HERE}:timed", answers_=ANSWERS)})["ours"]
    what = f"live answer in a broadcast to {BROADCAST:,} at 1,000/s, real time: wait"
    yield Figure(f"{what}, p99", "slots", [one["p99"] for one in live], (), SOON)
    yield Figure(f"{what}, p50", "slots", [one["p50"] for one in live])
