"""One bot after another on the same files and the same network: each lives until it dies, and the next goes on."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import Pool

from bot.app import App
from bot.inbox import Handle
from bot.outgoing import EditText, Outgoing, SendFile, SendText
from bot.ports import Engine, Limits, Refused, SendError, Unknown
from bot.store.database.encoding import decode
from bot.store.tables import AHEAD, InboxStatus, PartStatus, Status
from bot.store.transaction import Transaction
from tests.crashing.instants import Moment
from tests.paper import Paper
from tests.world import Clock, World, parts_of

_AHEAD = ", ".join(str(int(status)) for status in AHEAD)  # a lane with anything left has one ahead
_STILL = 3  # looks at a bot that does nothing until time may pass
_STEP = timedelta(seconds=0.5)


class Died(BaseException):
    """The process is no more: nothing in it may catch this."""


class Fate:
    """Dies at the planned instants, one after the other; from then on everything that would have an effect does."""

    def __init__(self, plan: Sequence[tuple[str, Moment]] = ()) -> None:
        self.plan = list(plan)
        self.dead = False
        self.deaths = 0
        self.passed: Counter[tuple[str, Moment]] = Counter()

    def dies(self, points: frozenset[str], moment: Moment) -> bool:
        if self.dead:
            return True
        self.passed.update((point, moment) for point in points)
        self.dead = self._strikes(points, moment)
        self.deaths += self.dead
        return self.dead

    def _strikes(self, points: frozenset[str], moment: Moment) -> bool:
        if not self.plan or self.plan[0][1] is not moment or self.plan[0][0] not in points:
            return False
        del self.plan[0]
        return True

    def die(self) -> NoReturn:
        raise Died


class Chance(Fate):
    """Dies `most` times, at instants that nobody chose."""

    def __init__(self, seed: int, most: int) -> None:
        super().__init__()
        self._random = Random(seed)
        self._most = most

    def _strikes(self, points: frozenset[str], moment: Moment) -> bool:
        return bool(points) and self.deaths < self._most and self._random.random() < 0.03


@dataclass(frozen=True)
class Arrival:
    """A message that the network took, and shows under `id`. `marked`: it says that it may be a repetition."""

    transaction: str
    id: str
    marked: bool


@dataclass
class Rough(Paper):
    """A paper network that keeps what it was sent, and fails now and then.

    `once`: what the first messages with certain words in them meet; after an Unknown it has arrived all the same.
    `keeps_words`: chats in which nothing can be edited. `unanswered`: transactions whose sender was not told what
    became of them.
    """

    once: dict[str, list[SendError]] = field(default_factory=dict)
    keeps_words: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    arrived: list[Arrival] = field(default_factory=list)

    def copied(self) -> Rough:
        """Another network on which the same has happened."""
        made = replace(self, changed=asyncio.Event())  # an event belongs to the loop that waited for it
        for name, value in vars(made).items():
            if isinstance(value, (list, dict, set)):
                setattr(made, name, value.copy())
        made.shown = {chat: list(messages) for chat, messages in made.shown.items()}
        return made

    def do(self, action: Outgoing, idempotent: bool = True) -> str | None:
        failure = self._failure(action)
        if failure is not None and not isinstance(failure, Unknown):
            raise failure
        before = self._next
        id = super().do(action, idempotent)
        if isinstance(action, (SendText, SendFile)) and id is not None and self._next > before:
            words = action.text if isinstance(action, SendText) else action.caption
            self.arrived.append(Arrival(action.transaction, id, words.plain.startswith("↻")))
        if failure is not None:
            self.unanswered.add(getattr(action, "transaction", ""))
            raise failure
        return id

    def _failure(self, action: Outgoing) -> SendError | None:
        if isinstance(action, EditText) and action.chat.id in self.keeps_words:
            return Refused("message can't be edited")
        words = action.text.plain if isinstance(action, SendText) else ""
        met = next((failures for sign, failures in self.once.items() if sign in words and failures), None)
        return None if met is None else met.pop(0)


class Lives(World):
    """People who do not wait for the bot, and a bot that dies and is started again while they go on."""

    network: Rough

    def __init__(
        self,
        folder: Path,
        url: str,
        network: Rough,
        clock: Clock,
        limits: Limits,
        engines: Sequence[Engine],
        handle: Handle,
        fate: Fate,
    ) -> None:
        self.network = network
        self.clock = clock
        self.fate = fate
        self.unsure: set[str] = set()  # transactions that were in the air when a bot died
        self._people = itertools.count(1)
        self._parts = replace(parts_of(folder, url, network, clock, limits, engines), handle=handle)
        self._limits = limits
        self._is_alive = False

    async def settled(self) -> None:
        """Nobody waits."""

    async def quiet(self) -> None:
        """Until nothing is left to be done, whoever has to do it. Time passes when it is all that is waited for."""
        still = 0
        before: object = None
        while True:
            try:
                if not self._is_alive:
                    await self._begin()
                found = await self.app.unit(_standing)
                if self.serving.done():
                    self.serving.result()
            except BaseException:
                if not self.fate.dead:
                    raise
                await self._bury()  # whatever a dead one stumbles over
                continue
            now = (found, len(self.network.stream), len(self.network.log))
            still = still + 1 if now == before else 0
            before = now
            if found.cursor < len(self.network.stream) or found.is_busy or still < _STILL:
                continue
            if not found.unfinished:
                return
            self._time_passes()

    def _time_passes(self) -> None:
        self.clock.advance(_STEP)
        self.app.scheduler.wake()
        self.app.translators.wake()
        for sender in self.app.senders.values():
            sender.wake()

    async def _begin(self) -> None:
        name = self.network.account
        adapter = parts_of(Path(), "", self.network, self.clock, self._limits).adapters[name]
        self.app = App(replace(self._parts, adapters={name: adapter}))
        ready = asyncio.Event()

        async def announce() -> None:
            ready.set()

        self._is_alive = True
        self._connections: list[Any] = []
        event.listen(Pool, "connect", self._connected)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._fault)
        self._threads = ThreadPoolExecutor()
        loop.set_default_executor(self._threads)
        await self.app.__aenter__()
        self.serving = asyncio.create_task(self.app.run(announce))
        connected = asyncio.create_task(ready.wait())
        await asyncio.wait({self.serving, connected}, return_when=asyncio.FIRST_COMPLETED)
        connected.cancel()
        if self.serving.done():
            self.serving.result()

    def _connected(self, connection: Any, _record: object) -> None:
        self._connections.append(connection)

    def _fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not self.fate.deaths:  # the tasks of who died end in many ways, some of them long after
            loop.default_exception_handler(context)

    async def _bury(self) -> None:
        """Nothing of it is left but what it has written and sent."""
        self.serving.cancel()
        await asyncio.wait({self.serving})
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        await asyncio.to_thread(self._threads.shutdown)
        await self.app.__aexit__()
        event.remove(Pool, "connect", self._connected)
        for connection in self._connections:
            connection.close()  # as the system does for a process that is no more
        self._is_alive = False
        self.fate.dead = False
        self.unsure |= await asyncio.to_thread(_in_the_air, self._parts.url)

    async def stop(self) -> None:
        if self._is_alive:
            self.app.stop()
            await self.serving
            await self.app.__aexit__()
            event.remove(Pool, "connect", self._connected)
            self._is_alive = False


def _in_the_air(url: str) -> set[str]:
    """The transactions of the parts of which the store does not know what became; and no lease lasts for ever."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    connection = engine.raw_connection()  # nobody dies of this
    cursor = connection.cursor()
    cursor.execute("UPDATE lease SET until = 0")
    cursor.execute(f"SELECT body FROM part WHERE status = {PartStatus.SENDING:d}")
    bodies = [row[0] for row in cursor.fetchall()]
    connection.commit()
    connection.close()
    engine.dispose()
    return {getattr(decode(body, object), "transaction", "") for body in bodies}


@dataclass(frozen=True)
class Standing:
    cursor: int
    is_busy: bool  # it is at work, and needs no more time to pass
    unfinished: int


def _standing(tx: Transaction) -> Standing:
    wanted = tx.texts.next_wanted_at(["conversation", "notice"], [])
    cursor, new, tried, sending, left = tx.connection.execute(_STANDING, {"account": "paper"}).one()
    return Standing(
        int(cursor or 0),
        bool(sending or (new and not tried) or (wanted is not None and wanted <= tx.now)),
        left + new + (wanted is not None),
    )


_STANDING = text(
    "SELECT (SELECT cursor FROM account WHERE name = :account),"
    f" (SELECT count(*) FROM inbox WHERE status = {InboxStatus.NEW:d}),"
    f" (SELECT count(*) FROM inbox WHERE status = {InboxStatus.NEW:d} AND attempts > 0),"
    f" (SELECT count(*) FROM delivery WHERE status IN ({_AHEAD}) AND status = {Status.SENDING:d}),"
    f" (SELECT count(*) FROM delivery WHERE status IN ({_AHEAD}))"
)
