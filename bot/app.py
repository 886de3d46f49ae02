"""The running bot: one task group of receivers, inbox worker, translators, senders and scheduler over one store."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import string
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine

from bot import inbox, languages
from bot.catalogue import Catalogue
from bot.erasing import SWEEP
from bot.events import Due
from bot.measuring import MeasuredEngine, Measures
from bot.media import Media
from bot.model import SetCommands
from bot.outbox import Clock, Sender
from bot.ports import Account, Adapter, NotSent, SendError
from bot.ports import Engine as TranslationEngine
from bot.scheduler import Scheduler
from bot.store.database import migrate, open_engine
from bot.store.transaction import Policy, Transaction
from bot.store.writer import Unit, Writer
from bot.supervision import Line
from bot.translators import Translators
from bot.troubles import Watcher

T = TypeVar("T")
_log = structlog.get_logger()

_ALPHABET = string.ascii_uppercase + "23456789"
_STOP_WITHIN = 2.0  # seconds that sends in the air get at the end; all in all stopping must not take 5
_HOUSEKEEPING = 3600.0


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def random_token() -> str:
    """12 letters and digits that nobody guesses (58 bits) and nobody misreads."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def free_bytes(folder: Path) -> int:
    """What the disk of that folder has left."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Parts:
    """What a bot is put together from. `engines` by purpose; `menus` are the command menus to announce."""

    url: str
    data_dir: Path
    policy: Policy
    adapters: Mapping[str, Adapter]
    engines: Mapping[str, Sequence[TranslationEngine]]
    handle: inbox.Handle
    menus: Callable[[Catalogue, str], Sequence[SetCommands]] = lambda catalogue, account: ()
    clock: Clock = field(default_factory=SystemClock)
    token: Callable[[], str] = random_token
    free: Callable[[Path], int] = free_bytes


class App:
    """Use as an async context manager around `run`; the store can be reached through `unit` meanwhile."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.catalogue = Catalogue(parts.policy.languages, zone=parts.policy.zone)
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()
        self.lines: list[Line] = []
        self.senders: dict[str, Sender] = {}
        largest = {name: adapter.limits.download for name, adapter in parts.adapters.items()}
        self.policy = replace(parts.policy, largest_files=largest)
        self.media = Media(parts.data_dir / "media", parts.adapters)
        engines = {id(engine): engine for purpose in parts.engines.values() for engine in purpose}
        self.measures = Measures(list(parts.adapters), [e.name for e in engines.values()], parts.clock.now)
        measured = {
            id: MeasuredEngine(engine, self.measures, parts.clock.steady, self._accepted)
            for id, engine in engines.items()
        }
        self.engines = {
            purpose: [measured[id(engine)] for engine in chosen] for purpose, chosen in parts.engines.items()
        }

    async def __aenter__(self) -> App:
        parts = self.parts
        self._engine: Engine = open_engine(parts.url)
        self._stack.callback(self._engine.dispose)
        await asyncio.to_thread(migrate, self._engine)
        self.writer = Writer(self._engine, self._begin, self._wake, self.measures.committed)
        self._stack.push_async_callback(self.writer.close)
        self.inbox = inbox.Worker(
            self.writer, parts.adapters, parts.handle, self._not_handled, parts.clock.sleep, self.measures
        )
        self.translators = Translators(self.writer, self.engines, self._not_translated)
        self.scheduler = Scheduler(self.writer)
        configured = [*parts.adapters, *self.measures.translations]
        self.troubles = Watcher(self.writer, parts.clock, lambda: parts.free(parts.data_dir), configured)
        for engine in {id(engine): engine for engines in parts.engines.values() for engine in engines}.values():
            await engine.open()
            self._stack.push_async_callback(engine.close)
        self.media.begin()
        for name, adapter in parts.adapters.items():
            folder = parts.data_dir / "accounts" / name
            deliver = self.inbox.accept(name)
            self.lines.append(Line(name, adapter, self.writer, folder, deliver, parts.clock, self._settled))
            self.senders[name] = Sender(
                name, adapter, self.writer, self.catalogue, parts.clock, self._not_sent, self.media, self.measures
            )
            self._stack.push_async_callback(adapter.close)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def unit(self, unit: Unit[T]) -> T:
        """Run a unit of work in the store."""
        return await self.writer.run(unit)

    def stop(self) -> None:
        """End `run`: intake first, then what is in the air, the writer last."""
        self._stop.set()

    async def run(self, ready: Callable[[], Awaitable[None]] | None = None) -> None:
        """Serve until `stop`. `ready` is called once every account has connected, or is known not to for now."""
        tasks = [asyncio.create_task(line.run(), name=f"receive {line.name}") for line in self.lines]
        tasks += [
            asyncio.create_task(self.inbox.run(), name="inbox"),
            asyncio.create_task(self.translators.run(), name="translators"),
            asyncio.create_task(self.scheduler.run(), name="scheduler"),
            asyncio.create_task(self.troubles.run(), name="troubles"),
            asyncio.create_task(self._housekeeping(), name="housekeeping"),
        ]
        tasks += [asyncio.create_task(self._send_when_up(line), name=f"send {line.name}") for line in self.lines]
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
            for task in tasks:
                if not task.get_name().startswith("send "):
                    task.cancel()
            await asyncio.gather(*(sender.stop(_STOP_WITHIN) for sender in self.senders.values()))
            for task in (*tasks, stopped):
                task.cancel()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)

    async def _send_when_up(self, line: Line) -> None:
        await line.up.wait()
        try:
            for menu in self.parts.menus(self.catalogue, line.name):
                await line.adapter.send(menu)
        except SendError as error:
            self._not_sent(line.name, "menu", error)
        await self.senders[line.name].run()

    async def _announce(self, ready: Callable[[], Awaitable[None]], warm: asyncio.Task[None]) -> None:
        for line in self.lines:
            await line.tried.wait()
        await warm
        await ready()

    async def _housekeeping(self) -> None:
        while True:
            await self.writer.run(inbox.forget)
            await self.writer.run(lambda tx: tx.schedule.ensure(Due(SWEEP)))
            await self.parts.clock.sleep(_HOUSEKEEPING)

    def _begin(self, connection: Connection) -> Transaction:
        return Transaction(connection, self.policy, self.parts.clock.now(), self.parts.token)

    def _wake(self, stirred: frozenset[str]) -> None:
        if "inbox" in stirred:
            self.inbox.wake()
        if "outbox" in stirred:
            for sender in self.senders.values():
                sender.wake()
        if "translation" in stirred:
            self.translators.wake()
        if "schedule" in stirred:
            self.scheduler.wake()

    async def _settled(self, account: str, connected: Account | None, final: bool) -> None:
        if connected is not None:
            self.troubles.over(f"account/{account}")
            _log.info("connected", account=account)
        else:
            if final:
                self.troubles.begins(f"account/{account}")
            _log.warning("not connected", account=account)

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

    def _not_translated(self, purpose: str, reason: str) -> None:
        _log.warning("not translated", kind=purpose)
