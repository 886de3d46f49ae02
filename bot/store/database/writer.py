"""The one writer: runs units of work, plain functions over a transaction, and groups those waiting into one commit."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.store.database.checkpoints import Checkpoints
from bot.store.database.faults import Verdict, is_too_slow, verdict
from bot.store.database.marks import Mark, Marks
from bot.store.database.opening import free_bytes, is_to_be_rebuilt, wipe, wish_rebuild
from bot.store.database.units import Awaited, Item, NotServed, T, Together, Unit, in_order
from bot.store.transaction import Transaction

Fence = Callable[[Connection, frozenset[str]], frozenset[str]]
"""Given the accounts that a group's units speak for: those of them that this process may not serve any more."""

_GROUP = 64  # units in one commit: enough to share the disk's flush, few enough to stay within milliseconds
_JOINING = 16  # more of them, which came while those ran: they share the flush, too
_RERUNS = 3  # of a group that was in another process's way, before its units try one by one
_TOO_SLOW = 2  # times that the database ended a unit for its silence; a process that was asleep sleeps once
_FEW = 8  # that share a commit
_HEAD_START = 3  # turns of the loop: a delivery's task, its adapter's and its HTTP client's
_REBUILDS_LATER = 60.0  # seconds after a start, or a rebuilding that failed: the disk may be too full for it
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds between attempts while the database cannot be used


class Writer:
    """A thread with the only writing connection.

    A unit touches nothing but its transaction and may run twice: when one unit of a group raises, the group is rolled
    back and each runs again alone, so that only the raising one is undone. There is no await inside a transaction;
    cancelling the task that waits for a unit does not stop the unit.

    While the database cannot be used (locked, full, restarting) units wait: whoever handed them in has not been told
    that they are done, so nothing is lost by it.
    """

    def __init__(
        self,
        engine: Engine,
        begin: Callable[[Connection], Transaction],
        wake: Callable[[frozenset[str]], None],
        fence: Fence | None = None,
        troubled: Callable[[BaseException | None], None] = lambda _: None,
        committed: Callable[[float], None] = lambda _: None,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """`begin` makes a unit's transaction; `wake` hears, in the event loop, what the committed units stirred;
        `troubled`, also there, of an error while the database cannot be used, and of None when it can be again;
        `committed`, in the writer's thread, of how many seconds each group took; `free` tells the bytes that the disk
        of a folder has left.

        "erased" and "rebuild" are for the writer itself: the traces of deleted rows are to be wiped from the files.
        """
        self._engine = engine
        self._shared = engine.dialect.name == "postgresql"  # other processes may be at work on it
        self._marks = Marks()
        self._begin = begin
        self._wake = wake
        self._fence = fence
        self._troubled = troubled
        self._committed = committed
        self._free = free
        self._queue: queue.SimpleQueue[Awaited[Any] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._connection: Connection | None = None  # the thread's own
        self._checkpoints = None if self._shared or not engine.url.database else Checkpoints(engine.url.database)
        self._traces = {"erased"}  # what deleted rows may have left in the files, also before a crash; or "rebuild"
        self._rebuilds_at = 0.0  # not before this moment
        self._closing = threading.Event()
        self._hurries = threading.Event()
        self._closed = False  # the last unit was taken up …
        self._held: deque[Awaited[Any]] = deque()  # … but for these long ones, which let others pass
        self._on_call: dict[str, Awaited[Any]] = {}  # by what is to be stirred
        self.trouble: BaseException | None = None
        self._thread.start()

    async def run(
        self,
        unit: Unit[T],
        account: str | None = None,
        alone: bool = False,
        hears: str | None = None,
        then: Callable[[T], None] | None = None,
    ) -> T:
        """The unit's result, once it is durable.

        `account`: it is written on behalf of that account. Raises NotServed where that is another process's now.
        `alone`: it is long, and gets a commit of its own after what waits beside it. `hears`: it runs
        after those that share its commit, to find what they bring; nobody is woken for what they have stirred of that
        ("" is never stirred). `then`: what is done with its result before anybody else hears of that commit.
        """
        return await self._wait_for(
            Awaited(self._loop.create_future(), account, unit, alone=alone, hears=hears, then=then)
        )

    async def run_together(self, together: Together[Item, T], item: Item, account: str | None = None) -> T:
        """As `run`, for one item of what can be done for many at once."""
        return await self._wait_for(Awaited(self._loop.create_future(), account, None, together, item))

    def on_call(
        self, unit: Unit[T], account: str, hears: str, then: Callable[[T], None] | None = None
    ) -> asyncio.Future[T]:
        """Keep a unit that is run as soon as another one stirs that, and in the same commit: whoever handed it in need
        not be woken first. One for each thing that can be stirred. `then` as for `run`."""
        assert hears not in self._on_call
        waiting = Awaited[T](self._loop.create_future(), account, unit, hears=hears, then=then)
        self._on_call[hears] = waiting
        return waiting.future

    def call_off(self, hears: str) -> None:
        """Cancel what is on call for that, unless it is being run already."""
        if (waiting := self._on_call.pop(hears, None)) is not None:
            waiting.future.cancel()

    async def _wait_for(self, waiting: Awaited[T]) -> T:
        if self._closing.is_set():
            raise RuntimeError("the writer is closed")
        self._queue.put(waiting)
        return await waiting.future

    def hurry(self) -> None:
        """It is to be closed soon: where the database cannot be used, units fail instead of waiting."""
        self._hurries.set()

    async def close(self) -> None:
        """Finish what is waiting, unless the database cannot be used, and stop."""
        self.hurry()
        self._closing.set()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # --- in the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (first := self._next()) is not None:
            self._commit([first] if first.alone else [first, *self._queued(_GROUP - 1)])
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._disconnect()

    def _next(self) -> Awaited[Any] | None:
        if self._held:
            return self._held.popleft()
        return None if self._closed else self._queue.get()

    def _queued(self, most: int) -> list[Awaited[Any]]:
        """What waits to be run at this moment, as far as the writer is not being closed: up to `most` units, and any
        number of items, which cost next to nothing beside others of their kind."""
        group: list[Awaited[Any]] = []
        units = 0
        while units < most and not self._closed:
            try:
                one = self._queue.get_nowait()
            except queue.Empty:
                break
            if one is None:
                self._closed = True
            elif one.alone:
                self._held.append(one)
            else:
                group.append(one)
                units += one.together is None
        return group

    def _commit(self, group: list[Awaited[Any]]) -> None:
        attempt = slow = 0
        while True:
            began = monotonic()
            try:
                results, unheard = self._attempt(group)
            except BaseException as error:
                attempt += 1
                slow += is_too_slow(error)
                gives_up = slow >= _TOO_SLOW  # it is one of the units, and would hold up all others for ever
                match verdict(error):
                    case Verdict.RERUN if attempt <= _RERUNS or len(group) == 1:
                        self._closing.wait(0.001 * 2 ** min(attempt, 7))
                        continue
                    case Verdict.WAIT if not gives_up and self._wait_out(error, attempt):
                        continue
                if len(group) == 1 or (verdict(error) is Verdict.WAIT and not gives_up):  # then it is no unit's fault
                    for waiting in group:
                        self._loop.call_soon_threadsafe(waiting.fail, error)
                else:
                    for waiting in group:
                        self._commit([waiting])
                return
            self._committed(monotonic() - began)
            self._well_again()
            self._loop.call_soon_threadsafe(self._resolve, group, results, unheard)
            return

    def _attempt(self, group: list[Awaited[Any]]) -> tuple[list[Any], frozenset[str]]:
        """Run the units and commit. The results, of which one that is NotServed is for its unit to raise; and what was
        stirred that somebody must be woken for."""
        anew = self._connection is None
        if self._connection is None:
            self._connection = self._engine.connect()
        connection = self._connection
        transaction = connection.begin()
        try:
            if anew:
                self._remember(connection)
            results, stirred, unheard = self._run_all(connection, group)
            if "rebuild" in stirred:
                wish_rebuild(connection)
            mark = self._leave_mark(connection, stirred)
        except BaseException as error:
            if isinstance(error, DBAPIError) and verdict(error) is not Verdict.RERUN:
                self._disconnect()  # whatever state it is in: the next unit gets one that works, or hears why not
            else:
                transaction.rollback()
            raise
        try:
            transaction.commit()
        except DBAPIError as error:
            if verdict(error) is Verdict.RERUN:
                transaction.rollback()  # else the connection would not begin another
                raise
            self._disconnect()
            if mark is None or not self._was_committed(mark):
                raise
        self._traces |= stirred & {"erased", "rebuild"}
        if self._connection is not None:
            self._tidy(self._connection)
        return results, unheard

    def _run_all(
        self, connection: Connection, group: list[Awaited[Any]]
    ) -> tuple[list[Any], frozenset[str], frozenset[str]]:
        """Run the group with those that come meanwhile and those on call, which belong to it from then on. The results
        in its order; what was stirred, and what of that no unit has looked for yet."""
        first, last = in_order(group)
        results, stirred = self._results(connection, first)
        # Not where others write: a unit must see what was committed, and maybe told, before it was handed in.
        if not self._shared and (joining := self._queued(_JOINING)):
            group += joining  # whatever becomes of it
            joining, joining_last = in_order(joining)
            more, also_stirred = self._results(connection, joining)
            results, stirred = results + more, stirred | also_stirred
            first, last = first + joining, last + joining_last
        called = [one for what in stirred if (one := self._on_call.pop(what, None)) is not None]
        group += called
        last += called
        more, unheard = self._results(connection, last)
        results, unheard = results + more, unheard | (stirred - {waiting.hears for waiting in last})
        stirred |= unheard
        group[:] = first + last  # as their results
        return results, stirred, unheard

    def _results(self, connection: Connection, group: list[Awaited[Any]]) -> tuple[list[Any], frozenset[str]]:
        lost = self._lost(connection, group)
        results: list[Any] = [None] * len(group)
        stirred: set[str] = set()
        batches: dict[Together[Any, Any], list[int]] = {}
        for place, waiting in enumerate(group):
            if waiting.account in lost:
                results[place] = NotServed(waiting.account)
            elif waiting.together is not None:
                batches.setdefault(waiting.together, []).append(place)
        # First what is known by now, so that what is chosen next in the same group is chosen with it in mind.
        for together, places in batches.items():
            transaction = self._begin(connection)
            done = together.do(transaction, [group[place].item for place in places])
            for place, result in zip(places, done, strict=True):
                results[place] = result
            stirred |= transaction.stirred
        for place, waiting in enumerate(group):
            if waiting.unit is not None and results[place] is None:
                transaction = self._begin(connection)
                results[place] = waiting.unit(transaction)
                stirred |= transaction.stirred
        return results, frozenset(stirred)

    def _lost(self, connection: Connection, group: list[Awaited[Any]]) -> frozenset[str]:
        if self._fence is None:
            return frozenset()
        accounts = frozenset(waiting.account for waiting in group if waiting.account is not None)
        return self._fence(connection, accounts) if accounts else frozenset()

    # --- several processes -------------------------------------------------------------------------------------------

    def _leave_mark(self, connection: Connection, stirred: frozenset[str]) -> Mark | None:
        """Tell the other processes, and note by what it can be found out later whether this was committed."""
        if not self._shared:
            return None
        return self._marks.leave(connection, ",".join(sorted({what.partition(":")[0] for what in stirred})))

    def _was_committed(self, mark: Mark) -> bool:
        """The connection broke at the commit: ask what became of it, as soon as somebody can be asked."""
        attempt = 0
        while True:
            try:
                found = self._marks.was_committed(self._engine, mark)
                if found is not None:
                    return found
            except DBAPIError as error:
                if not self._wait_out(error, attempt):
                    return False
            attempt += 1
            if self._hurries.wait(0.05):
                return False

    # --- trouble -----------------------------------------------------------------------------------------------------

    def _wait_out(self, error: BaseException, attempt: int) -> bool:
        """Wait until it may work again; False: the writer is being closed, and it will not."""
        self._disconnect()
        self._tell(error)
        return not self._hurries.wait(min(_FIRST_WAIT * 2 ** min(attempt, 10), _LONGEST_WAIT))

    def _well_again(self) -> None:
        if self.trouble is not None:
            self._tell(None)

    def _tell(self, error: BaseException | None) -> None:
        if type(error) is not type(self.trouble):
            self._loop.call_soon_threadsafe(self._troubled, error)
        self.trouble = error

    def _remember(self, connection: Connection) -> None:
        """A rebuilding that whoever wrote before has not come to; not at once: at a start people are waiting."""
        if "rebuild" not in self._traces and is_to_be_rebuilt(connection):
            self._traces.add("rebuild")
            self._rebuilds_at = monotonic() + _REBUILDS_LATER

    def _tidy(self, connection: Connection) -> None:
        rebuilds = "rebuild" in self._traces and monotonic() >= self._rebuilds_at
        if rebuilds or "erased" in self._traces:
            self._wipe(connection, rebuilds)
        elif self._checkpoints is not None:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            self._checkpoints.changed(raw.total_changes)

    def _wipe(self, connection: Connection, rebuilds: bool) -> None:
        """What was erased is gone from the disk before anybody is told; where it cannot be now, after a later unit."""
        left = wipe(connection, rebuild=rebuilds, free=self._free)
        if "rebuild" in left:
            self._rebuilds_at = monotonic() + _REBUILDS_LATER
        self._traces = left if rebuilds else left | (self._traces & {"rebuild"})

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):  # it may be gone already
                connection.invalidate()
                connection.close()

    def _resolve(self, group: list[Awaited[Any]], results: list[Any], stirred: frozenset[str]) -> None:
        """Where few have shared the commit, first what is to be done with a result, and some turns of the loop later
        everybody else: what was claimed is on its way to the network while they go on. With many of them that order
        would be more work, and nobody's gain."""
        done = list(zip(group, results, strict=True))
        first = [(waiting, result) for waiting, result in done if waiting.then is not None]
        others = [(waiting, result) for waiting, result in done if waiting.then is None]
        if len(group) > _FEW:
            self._tell_all(others, stirred)
        for waiting, result in first:
            waiting.tell(result)
        if len(group) <= _FEW:
            self._tell_all(others, stirred, after=_HEAD_START if first else 0)

    def _tell_all(self, done: list[tuple[Awaited[Any], Any]], stirred: frozenset[str], after: int = 0) -> None:
        """`after`: so many turns of the loop."""
        if after:
            self._loop.call_soon(self._tell_all, done, stirred, after - 1)
            return
        for waiting, result in done:
            waiting.tell(result)
        if stirred:
            self._wake(stirred)
