"""The running bot: one task group of receivers, inbox worker, translators, senders and scheduler over one store."""

from __future__ import annotations

import asyncio
import gc
import secrets
import signal
import string
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from bot import inbox
from bot.backups.resuming import doubts
from bot.catalogue import Catalogue
from bot.clock import Clock
from bot.domain.chats import KnownChat
from bot.domain.erasing import SWEEP
from bot.events import Due
from bot.files.media import Media
from bot.operation.measuring import MeasuredEngine, Measures
from bot.operation.troubles import Watcher
from bot.outbox import Sender
from bot.outgoing import SetCommands
from bot.ports import Account, Adapter, NotSent, SendError
from bot.ports import Engine as TranslationEngine
from bot.sending.broadcasting import Broadcasting
from bot.serving.announcing import Announcer
from bot.serving.leases import HOUSE, LASTS, Alone, Leases, Shared
from bot.serving.scheduler import Scheduler, plan_sweep
from bot.serving.service import Service, while_held
from bot.serving.supervision import Line
from bot.store.database import marks
from bot.store.database.faults import is_moved
from bot.store.database.leases import LeaseBook
from bot.store.database.listening import listen
from bot.store.database.opening import free_bytes, open_engine
from bot.store.database.schema import migrate
from bot.store.database.units import Unit
from bot.store.database.writer import Fence, Writer
from bot.store.outbox.lanes import outbox
from bot.store.transaction import Policy, Transaction
from bot.text import languages
from bot.translation.translators import Translators

T = TypeVar("T")
_log = structlog.get_logger()

_ALPHABET = string.ascii_uppercase + "23456789"
_STOP_WITHIN = 2.0  # seconds that sends in the air get at the end; all in all stopping must not take 5
_HOUSEKEEPING = 3600.0
_CATCHES_UP_WITHIN = 60.0  # seconds: what is due waits no longer for a network that is away
_THREADS = 32  # a few hang for half a minute each while names cannot be looked up; the rest is for all else


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def random_token() -> str:
    """12 letters and digits that nobody guesses (61 bits) and nobody misreads."""
    number, letters = secrets.randbits(96), []
    for _ in range(12):
        number, digit = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    return "".join(letters)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a bot is put together from. `engines` by purpose; `menus`: all the command menus that an account shall have,
    given the rooms that it serves."""

    url: str
    data_dir: Path
    policy: Policy
    adapters: Mapping[str, Adapter]
    engines: Mapping[str, Sequence[TranslationEngine]]
    handle: inbox.Handle
    menus: Callable[[Catalogue, str, Sequence[KnownChat]], Sequence[SetCommands]] = lambda catalogue, account, rooms: ()
    clock: Clock = field(default_factory=SystemClock)
    token: Callable[[], str] = random_token
    place: str = ""  # what the store calls this data folder, where several processes have one each
    free: Callable[[Path], int] = free_bytes


_NEW = 10_000  # things made and not thrown away by themselves between two looks; some megabytes at most


def keep_what_is_there() -> None:
    """After a start: what is there by now stays. To go through all of it for what can be thrown away would stop
    everything for a tenth of a second, again and again. What is made later is looked through less often: hardly any of
    it has to be found so, and each look cost a message a tenth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW, 10, 10)


class App:
    """Use as an async context manager around `run`; the store can be reached through `unit` meanwhile."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.catalogue = Catalogue(parts.policy.languages, zone=parts.policy.zone)
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()
        self.services: list[Service] = []
        largest = {name: adapter.limits.download for name, adapter in parts.adapters.items()}
        inviting = tuple(name for name, adapter in parts.adapters.items() if adapter.limits.opens_private)
        knowing = tuple(name for name, adapter in parts.adapters.items() if adapter.limits.knows_members)
        unnumbered = tuple(name for name, adapter in parts.adapters.items() if adapter.limits.buttons)
        self.policy = replace(
            parts.policy,
            largest_files=largest,
            opens_private=inviting,
            knows_members=knowing,
            unnumbered=unnumbered,
        )
        self.media = Media(parts.data_dir / "media", parts.adapters, parts.clock.steady)
        engines = {id(engine): engine for purpose in parts.engines.values() for engine in purpose}
        self.measures = Measures(list(parts.adapters), [e.name for e in engines.values()], parts.clock)
        measured = {
            id: MeasuredEngine(engine, self.measures, parts.clock.steady, self._accepted)
            for id, engine in engines.items()
        }
        self.engines = {
            purpose: [measured[id(engine)] for engine in chosen] for purpose, chosen in parts.engines.items()
        }

    async def __aenter__(self) -> App:
        async with self._stack:  # what was opened before something fails is closed
            await self._open()
            self._stack = self._stack.pop_all()
        return self

    async def _open(self) -> None:
        parts = self.parts
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
        self._engine: Engine = open_engine(parts.url)
        self._stack.callback(self._engine.dispose)
        await asyncio.to_thread(migrate, self._engine)
        self.leases, fence = self._join()
        self.writer = Writer(
            self._engine, self._begin, self._wake, fence, self._troubled, self.measures.committed, parts.free
        )
        self._stack.push_async_callback(self.writer.close)
        known = await self.writer.run(doubts)
        self.policy = replace(self.policy, copied_at=known.copied_at, again=known.again)
        self.inbox = inbox.Worker(
            self.writer,
            parts.adapters,
            parts.handle,
            self._not_handled,
            parts.clock.sleep,
            self.leases.holds,
            self.measures,
        )
        self.translators = Translators(self.writer, self.engines, self.media, self._not_translated)
        self.scheduler = Scheduler(self.writer, parts.clock)
        self.broadcasting = Broadcasting(self.writer)
        self.troubles = Watcher(
            self.writer,
            parts.clock,
            lambda: parts.free(parts.data_dir),
            self.leases,
            parts.adapters,
            self.measures.translations,
        )
        for engine in {id(engine): engine for engines in parts.engines.values() for engine in engines}.values():
            await engine.open()
            self._stack.push_async_callback(engine.close)
        self.media.begin()
        self.services += [self._service(name, adapter) for name, adapter in parts.adapters.items()]

    def _join(self) -> tuple[Leases, Fence | None]:
        """The right to serve: everything where the database is this process's alone."""
        if self._engine.dialect.name != "postgresql":
            return Alone(), None
        book = LeaseBook(self._engine, self.parts.token(), LASTS)
        shared = Shared(book, self.parts.adapters, self.parts.clock)
        return shared, shared.fence

    def _service(self, name: str, adapter: Adapter) -> Service:
        parts = self.parts

        def sender() -> Sender:
            self.inbox.wake()  # what has arrived for the account is this process's to handle now
            return Sender(
                name,
                adapter,
                self.writer,
                self.catalogue,
                parts.clock,
                self._not_sent,
                self.media,
                lambda: self.leases.holds(name) and line.up.is_set(),
                self.measures,
                lambda: line.fault is None,
            )

        folder, deliver = parts.data_dir / "accounts" / name, self.inbox.accept(name)
        line = Line(
            name, adapter, self.writer, folder, parts.place, deliver, parts.clock, self._settled, self._back, self._away
        )
        menus = partial(parts.menus, self.catalogue)
        announcer = Announcer(line, menus, self.writer, parts.clock, self._not_sent)
        return Service(line, sender, announcer, self.leases, _STOP_WITHIN, self._caught_up)

    @property
    def senders(self) -> dict[str, Sender]:
        """Those at work, by account."""
        return {service.name: service.sender for service in self.services if service.sender is not None}

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def unit(self, unit: Unit[T]) -> T:
        """Run a unit of work in the store."""
        return await self.writer.run(unit)

    def stop(self) -> None:
        """End `run`: intake first, then what is in the air, the writer last."""
        self._stop.set()

    def stop_on_signals(self, stop: Callable[[], None] | None = None) -> None:
        """Ctrl-C, the system, or the closing of its terminal end `run` from now on, or do what else is given."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` wants it to outlive its terminal
                asyncio.get_running_loop().add_signal_handler(number, stop or self.stop)

    async def run(self, ready: Callable[[], Awaitable[None]] | None = None) -> None:
        """Serve until `stop`. `ready` is called once every account has connected, or is known not to for now."""
        work: dict[str, Coroutine[Any, Any, None]] = {
            "leases": self.leases.run(),
            "inbox": self.inbox.run(),
            "house": self._keep_house(),
            "troubles": self.troubles.run(),
            **{service.name: service.run() for service in self.services},
        }
        if isinstance(self.leases, Shared):
            work["listener"] = listen(self.parts.url, self._wake, self.parts.clock.sleep)
        tasks = [asyncio.create_task(one, name=name) for name, one in work.items()]
        # The first message must not wait in the writer's thread for the language model to be read.
        warm = asyncio.create_task(asyncio.to_thread(languages.load))
        if ready is not None:
            tasks.append(asyncio.create_task(self._announce(ready, warm), name="ready"))
        stopped = asyncio.create_task(self._stop.wait(), name="stop")
        pending: set[asyncio.Task[object]] = {*tasks, stopped}
        try:
            while not stopped.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()  # a worker that died is a bug: everything stops, and nothing is lost by stopping
        finally:
            self.writer.hurry()  # what is to be ended here may wait for the database
            for task in (*tasks, stopped):
                task.cancel()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)
            await self.leases.give_back()

    async def _keep_house(self) -> None:
        """What belongs to no account: events from inside, translations, timers."""
        while True:
            await self.leases.until_held(HOUSE)
            self.inbox.wake()
            work = [
                self.broadcasting.run(),
                self.translators.run(),
                self._keep_time(),
                self._housekeeping(),
            ]
            await while_held(self.leases, HOUSE, work)

    async def _keep_time(self) -> None:
        """What became due while nobody listened waits for what people did meanwhile: whoever has cancelled a plan,
        answered or pressed Send in time was in time."""
        await self.writer.run(plan_sweep, HOUSE)
        await self._caught_up()
        await self.scheduler.run()

    async def _caught_up(self) -> None:
        """Until what happened before this process served is handled, or a network is away for too long."""
        caught_up = asyncio.create_task(self._catch_up())
        late = asyncio.create_task(self.parts.clock.sleep(_CATCHES_UP_WITHIN))
        try:
            await asyncio.wait((caught_up, late), return_when=asyncio.FIRST_COMPLETED)
        finally:
            caught_up.cancel()
            late.cancel()

    async def _catch_up(self) -> None:
        for service in self.services:
            await service.until_heard()
        await self.inbox.until_done()

    async def _announce(self, ready: Callable[[], Awaitable[None]], warm: asyncio.Task[None]) -> None:
        for service in self.services:
            await service.until_tried()
        await warm
        keep_what_is_there()
        await ready()

    async def _housekeeping(self) -> None:
        while True:
            await self.writer.run(inbox.forget, HOUSE)
            await self.writer.run(lambda tx: tx.schedule.ensure(Due(SWEEP)), HOUSE)
            await self.writer.run(marks.forget, HOUSE)
            await self.parts.clock.sleep(_HOUSEKEEPING)

    def _begin(self, connection: Connection) -> Transaction:
        return Transaction(connection, self.policy, self.parts.clock.now(), self.parts.token)

    def _wake(self, stirred: frozenset[str]) -> None:
        if "inbox" in stirred:
            self.inbox.wake()
        for account, sender in self.senders.items():
            if "outbox" in stirred or outbox(account) in stirred:
                sender.wake()
        if "menus" in stirred:
            for service in self.services:
                service.announcer.wake()
        if "translation" in stirred:
            self.translators.wake()
        if "broadcast" in stirred:
            self.broadcasting.wake()
        if "schedule" in stirred:
            self.scheduler.wake()

    def _troubled(self, error: BaseException | None) -> None:
        if error is None:
            _log.info("the database works again")
        else:
            _log.error("the database cannot be used: everything waits until it can", error=error)
            if is_moved(error):
                _log.critical("its file was moved or deleted: stop, and put it back, or restore a backup")

    async def _settled(self, account: str, connected: Account | None, final: bool) -> None:
        if connected is not None:
            self.troubles.over(f"account/{account}")
            _log.info("connected", account=account)
        else:
            if final:
                self.troubles.begins(f"account/{account}")
            _log.warning("not connected", account=account)

    def _back(self, account: str, held: bool) -> None:
        if held:
            _log.info("connected again", account=account)
        sender = self.senders.get(account)
        if sender is not None:
            sender.reconnected(held)

    def _away(self, account: str, away: bool) -> None:
        if away:
            self.troubles.begins(f"away/{account}")
        else:
            self.troubles.over(f"away/{account}")

    def _not_sent(self, account: str, kind: str, error: SendError) -> None:
        self.measures.not_sent(account, error)
        if isinstance(error, NotSent) and error.whole_account and error.retry_after is not None:
            self.troubles.limited(account, error.retry_after)
        _log.warning("not sent", account=account, kind=kind, error=error)

    def _accepted(self, engine: str, accepted: bool) -> None:
        if accepted:
            self.troubles.over(f"engine/{engine}")
        else:
            self.troubles.begins(f"engine/{engine}")

    def _not_handled(self, account: str, error: Exception) -> None:
        _log.error("not handled", account=account, error=error)

    def _not_translated(self, purpose: str) -> None:
        _log.warning("not translated", kind=purpose)
