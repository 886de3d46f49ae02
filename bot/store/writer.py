"""The one writer: runs units of work, plain functions over a transaction, and groups those waiting into one commit."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.store.database import wipe
from bot.store.transaction import Transaction

T = TypeVar("T")
Unit = Callable[[Transaction], T]

_GROUP = 64  # units in one commit: enough to share the disk's flush, few enough to stay within milliseconds


@dataclass(slots=True)
class _Waiting(Generic[T]):
    unit: Unit[T]
    future: asyncio.Future[T]


class Writer:
    """A thread with the only writing connection.

    A unit touches nothing but its transaction and may run twice: when one unit of a group raises, the group is rolled
    back and each runs again alone, so that only the raising one is undone. There is no await inside a transaction;
    cancelling the task that waits for a unit does not stop the unit.
    """

    def __init__(
        self,
        engine: Engine,
        begin: Callable[[Connection], Transaction],
        wake: Callable[[frozenset[str]], None],
        committed: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`begin` makes a unit's transaction; `wake` hears, in the event loop, what the committed units stirred;
        `committed` hears, in the writer's thread, how many seconds each group took.

        "erased" and "rebuild" are for the writer itself: the traces of deleted rows are to be wiped from the files.
        """
        self._engine = engine
        self._begin = begin
        self._wake = wake
        self._committed = committed
        self._queue: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._connection: Connection | None = None  # the thread's own
        self._traces = {"erased"}  # what deleted rows may have left in the files, also before a crash; or "rebuild"
        self._closed = False
        self._thread.start()

    async def run(self, unit: Unit[T]) -> T:
        """The unit's result, once it is durable."""
        if self._closed:
            raise RuntimeError("the writer is closed")
        waiting: _Waiting[T] = _Waiting(unit, self._loop.create_future())
        self._queue.put(waiting)
        return await waiting.future

    async def close(self) -> None:
        """Finish what is waiting and stop."""
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        closing = False
        while not closing:
            group: list[_Waiting[Any]] = []
            first = self._queue.get()
            while first is not None:
                group.append(first)
                if len(group) >= _GROUP or self._queue.empty():
                    break
                first = self._queue.get()
            closing = first is None
            if group:
                self._commit(group)
        self._disconnect()

    def _commit(self, group: list[_Waiting[Any]]) -> None:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            began = monotonic()
            results, stirred = self._attempt(self._connection, group)
            self._committed(monotonic() - began)
        except BaseException as error:
            if isinstance(error, DBAPIError):
                self._disconnect()  # whatever state it is in: the next unit gets one that works, or hears why not
            if len(group) == 1:
                self._loop.call_soon_threadsafe(_fail, group[0].future, error)
            else:
                for waiting in group:
                    self._commit([waiting])
            return
        self._traces |= stirred & {"erased", "rebuild"}
        if self._traces:
            self._wipe(self._connection)
        self._loop.call_soon_threadsafe(self._resolve, group, results, stirred)

    def _wipe(self, connection: Connection) -> None:
        """What was erased is gone from the disk before anybody is told; where it cannot be now, after a later unit."""
        self._traces = set() if wipe(connection, rebuild="rebuild" in self._traces) else {"erased"}

    def _attempt(self, connection: Connection, group: list[_Waiting[Any]]) -> tuple[list[Any], frozenset[str]]:
        results: list[Any] = []
        stirred: set[str] = set()
        with connection.begin():
            for waiting in group:
                transaction = self._begin(connection)
                results.append(waiting.unit(transaction))
                stirred |= transaction.stirred
        return results, frozenset(stirred)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):  # it may be gone already
                connection.close()

    def _resolve(self, group: list[_Waiting[Any]], results: list[Any], stirred: frozenset[str]) -> None:
        for waiting, result in zip(group, results, strict=True):
            if not waiting.future.done():
                waiting.future.set_result(result)
        if stirred:
            self._wake(stirred)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
