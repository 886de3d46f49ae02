"""The instants at which a bot can die, watched from outside: nothing in the program knows of it.

A commit is called by what it writes ("sent"), a call by what it asks for ("SendText"); both have a before and an after.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import Any, NoReturn, Protocol

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from bot.events import Due
from bot.incoming import Batch
from bot.model import Attachment
from bot.outgoing import Outgoing, Receipt
from bot.ports import Account, Deliver, Home
from bot.store.accounts import Accounts
from bot.store.database import prepared
from bot.store.incoming import Inbox
from bot.store.outbox.claims import Claims
from bot.store.schedule import Schedule
from bot.store.texts.texts import Texts


class Moment(StrEnum):
    BEFORE = "before"
    UNREAD = "unread"  # the server was told to commit, and its answer never read; of PostgreSQL's commits alone
    AFTER = "after"


class Watch(Protocol):
    def dies(self, points: frozenset[str], moment: Moment) -> bool:
        """Whether the process dies at this moment, which is one of each of these points."""

    def die(self) -> NoReturn: ...


Named = Callable[[tuple[Any, ...], Any], str | None]
"""How to call what a method of the store has written, by its arguments and its result; None: nothing of its own."""


def _as(name: str) -> Named:
    return lambda arguments, result: name


def _if_any(name: str) -> Named:
    return lambda arguments, result: name if result else None


def _sent(arguments: tuple[Any, ...], result: Any) -> str:
    ended = any(one.part is one.claimed.parts[-1] for one in arguments[0])
    return "sent" if ended else "sent in part"


def _put(arguments: tuple[Any, ...], result: Any) -> str | None:
    return "timer" if isinstance(arguments[0], Due) else None


WRITES: tuple[tuple[type, str, Named], ...] = (
    (Inbox, "accept_all", _as("accept")),
    (Inbox, "take", _if_any("handle")),
    (Inbox, "handle", _if_any("handle at once")),
    (Inbox, "failed", _as("not handled")),
    (Inbox, "quarantine", _as("put aside")),
    (Inbox, "put", _put),
    (Inbox, "forget", _as("forget")),
    (Schedule, "ensure", _as("sweep")),
    (Texts, "done", _as("translated")),
    (Claims, "recover", _as("recover")),
    (Claims, "claim", _if_any("claim")),
    (Claims, "claim_these", _if_any("claim")),
    (Claims, "comings", _if_any("claim")),
    (Claims, "presses", _if_any("claim press")),
    (Claims, "begin", _as("begin")),
    (Claims, "sent", _sent),
    (Claims, "passed_over", _as("passed over")),
    (Claims, "without_file", _as("without file")),
    (Claims, "again", _as("again")),
    (Claims, "rest", _as("rest")),
    (Claims, "marked_again", _as("marked again")),
    (Claims, "moved", _as("moved")),
    (Claims, "gone", _as("gone")),
    (Claims, "refused", _as("refused")),
    (Accounts, "connected", _as("connected")),
    (Accounts, "failed", _as("not connected")),
    (Accounts, "keep_state", _as("keep state")),
)
"""The methods of the store that give a commit its name."""

_TOGETHER = {"claim at once": {"handle at once", "claim"}}
"""What is in one commit where nothing has to wait."""

_STATEMENTS = {"INSERT INTO lease": "lease", "UPDATE lease SET": "lease"}
"""What commits by itself, before its method returns."""


class _Written(threading.local):
    """What the transaction of a thread has written so far; each thread has one at a time."""

    def __init__(self) -> None:
        self.points: set[str] = set()
        self.statements: set[str] = set()

    def end(self) -> frozenset[str]:
        """The points that a commit is; what nobody has a name for is called by its statements."""
        together = {name for name, several in _TOGETHER.items() if several <= self.points}
        points = frozenset(self.points | together or self.statements)
        self.points, self.statements = set(), set()
        return points


@contextmanager
def watched(watch: Watch, adapters: Sequence[type[Any]] = (), engines: Sequence[type[Any]] = ()) -> Iterator[None]:
    """Let `watch` decide at every commit, and at every call of these classes."""
    written = _Written()
    with ExitStack() as stack:

        def wrap(owner: Any, name: str, made: Callable[[Any], Any]) -> None:
            real = getattr(owner, name)
            setattr(owner, name, made(real))
            stack.callback(setattr, owner, name, real)

        for owner, name, named in WRITES:
            wrap(owner, name, lambda real, named=named: _noting(real, named, written))  # type: ignore[misc]
        wrap(DefaultDialect, "do_commit", lambda real: _committing(real, written, watch))
        wrap(DefaultDialect, "do_rollback", lambda real: _rolling_back(real, written))
        wrap(prepared, "execute", lambda real: _noting_prepared(real, written))
        event.listen(Engine, "after_cursor_execute", note := _noting_statements(written))
        stack.callback(event.remove, Engine, "after_cursor_execute", note)
        for adapter in adapters:
            wrap(adapter, "open", lambda real: _opening(real, watch))
            wrap(adapter, "receive", lambda real: _receiving(real, watch))
            wrap(adapter, "send", lambda real: _sending(real, watch))
            wrap(adapter, "fetch", lambda real: _fetching(real, watch))
        for engine in engines:
            wrap(engine, "translate", lambda real: _translating(real, watch))
        yield


# --- commits ---------------------------------------------------------------------------------------------------------


def _noting(real: Callable[..., Any], named: Named, written: _Written) -> Callable[..., Any]:
    def noted(self: Any, *arguments: Any, **more: Any) -> Any:
        result = real(self, *arguments, **more)
        name = named((*arguments, *more.values()), result)
        if name is not None:
            written.points.add(name)
        return result

    return noted


def _noting_prepared(real: Callable[..., Any], written: _Written) -> Callable[..., Any]:
    note = _noting_statements(written)

    def noted(connection: Any, sql: str, values: Any, many: bool = False) -> Any:
        cursor = real(connection, sql, values, many)
        note(connection, cursor, sql)
        return cursor

    return noted


def _noting_statements(written: _Written) -> Callable[..., None]:
    def note(_connection: object, cursor: Any, statement: str, *_: object) -> None:
        words = statement.split(maxsplit=3)[:3]
        if words[0].upper() in ("INSERT", "UPDATE", "DELETE") and cursor.rowcount:
            beginning = " ".join(words)
            written.statements.add(_STATEMENTS.get(beginning, beginning))

    return note


def _committing(real: Callable[..., None], written: _Written, watch: Watch) -> Callable[..., None]:
    def commit(self: DefaultDialect, connection: Any) -> None:
        points = written.end()
        raw = connection.driver_connection
        if watch.dies(points, Moment.BEFORE):
            _die_with(raw, watch)
        if isinstance(raw, psycopg.Connection) and watch.dies(points, Moment.UNREAD):
            raw.pgconn.send_query(b"COMMIT")
            raw.pgconn.flush()
            raw.pgconn.finish()
            watch.die()
        real(self, connection)
        if watch.dies(points, Moment.AFTER):
            _die_with(raw, watch)

    return commit


def _die_with(connection: Any, watch: Watch) -> NoReturn:
    """What is not committed is not, and whoever is connected is no more."""
    try:
        watch.die()
    finally:
        connection.close()


def _rolling_back(real: Callable[..., None], written: _Written) -> Callable[..., None]:
    def rollback(self: DefaultDialect, connection: Any) -> None:
        written.end()
        real(self, connection)

    return rollback


# --- calls -----------------------------------------------------------------------------------------------------------


async def _call(watch: Watch, point: str, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    if watch.dies(frozenset({point}), Moment.BEFORE):
        watch.die()
    result = await call()
    if watch.dies(frozenset({point}), Moment.AFTER):
        watch.die()
    return result


def _opening(real: Callable[..., Any], watch: Watch) -> Callable[..., Coroutine[Any, Any, Account]]:
    async def opened(self: Any, home: Home) -> Account:
        account: Account = await _call(watch, "open", lambda: real(self, home))
        return account

    return opened


def _receiving(real: Callable[..., Any], watch: Watch) -> Callable[..., Coroutine[Any, Any, None]]:
    async def receive(self: Any, cursor: str | None, deliver: Deliver) -> None:
        async def delivered(batch: Batch) -> None:
            await _call(watch, "deliver", lambda: deliver(batch))  # type: ignore[arg-type, return-value]

        await real(self, cursor, delivered)

    return receive


def _sending(real: Callable[..., Any], watch: Watch) -> Callable[..., Coroutine[Any, Any, Receipt]]:
    async def send(self: Any, action: Outgoing) -> Receipt:
        receipt: Receipt = await _call(watch, type(action).__name__, lambda: real(self, action))
        return receipt

    return send


def _fetching(real: Callable[..., Any], watch: Watch) -> Callable[..., Coroutine[Any, Any, None]]:
    async def fetch(self: Any, attachment: Attachment, into: Any, most: int) -> None:
        await _call(watch, "fetch", lambda: real(self, attachment, into, most))

    return fetch


def _translating(real: Callable[..., Any], watch: Watch) -> Callable[..., Coroutine[Any, Any, list[str]]]:
    async def translate(self: Any, *arguments: Any) -> list[str]:
        said: list[str] = await _call(watch, "translate", lambda: real(self, *arguments))
        return said

    return translate
