"""A network that answers at once, and a store with messages for it: what is measured then is what we add."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from bot.actions import Say
from bot.app import SystemClock, keep_what_is_there, random_token
from bot.catalogue import Catalogue
from bot.clock import Clock
from bot.content import Verbatim
from bot.files.media import Media
from bot.model import Chat, ChatKind
from bot.outbox import Sender
from bot.outgoing import Outgoing, Receipt
from bot.ports import Adapter, Limits, SendError
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate
from bot.store.database.writer import Writer
from bot.store.outbox.lanes import outbox
from bot.store.transaction import Transaction
from tests.databases import POLICY
from tests.paper import PaperAdapter
from tests.paper.adapter import LIKE_MATRIX

ACCOUNT = "instant"


class Instant(PaperAdapter):
    """`sent` hears of each message."""

    def __init__(self, sent: Callable[[Outgoing], None], limits: Limits = LIKE_MATRIX) -> None:
        super().__init__(ACCOUNT, PaperAdapter.Settings(), limits=limits)
        self._sent = sent
        self._numbers = itertools.count(1)

    async def send(self, action: Outgoing) -> Receipt:
        self._sent(action)
        return Receipt(f"m{next(self._numbers)}")


WriterType = TypeVar("WriterType", bound=Writer)


class Store(Generic[WriterType]):
    """A migrated database with its writer; `sender` makes the one that its units wake."""

    def __init__(self, url: str, folder: Path, clock: Clock, writer: type[WriterType]) -> None:
        self.clock = clock
        self._folder = folder
        self._senders: list[Sender] = []
        self._engine = open_engine(url)
        migrate(self._engine)
        self.writer = writer(self._engine, lambda c: Transaction(c, POLICY, clock.now(), random_token), self._wake)

    async def close(self) -> None:
        await self.writer.close()
        self._engine.dispose()

    def sender(self, adapter: Adapter) -> Sender:
        made = Sender(
            ACCOUNT,
            adapter,
            self.writer,
            Catalogue(POLICY.languages),
            self.clock,
            _failed,
            Media(self._folder / "media", {}),
        )
        self._senders.append(made)
        return made

    def _wake(self, stirred: frozenset[str]) -> None:
        if "outbox" in stirred or outbox(ACCOUNT) in stirred:
            for sender in self._senders:
                sender.wake()


@overload
def store(url: str, folder: Path) -> AbstractAsyncContextManager[Store[Writer]]: ...
@overload
def store(
    url: str, folder: Path, clock: Clock, writer: type[WriterType]
) -> AbstractAsyncContextManager[Store[WriterType]]: ...
@asynccontextmanager
async def store(
    url: str, folder: Path, clock: Clock | None = None, writer: type[Writer] = Writer
) -> AsyncIterator[Store[Any]]:
    made = Store(url, folder, clock or SystemClock(), writer)
    keep_what_is_there()  # as the program does
    try:
        yield made
    finally:
        await made.close()


def chats(tx: Transaction, count: int, kind: ChatKind = ChatKind.PRIVATE) -> list[int]:
    """So many chats that the bot knows; their ids in the store."""
    return [tx.chats.known(Chat(ACCOUNT, f"{kind}-{number}"), kind).id for number in range(count)]


def message(chat: int, number: int) -> Say:
    """Something to say, in a lane of the chat's own."""
    return Say(chat, (Verbatim(f"message number {number}"),), subject=f"K{chat}")


def _failed(account: str, kind: str, error: SendError) -> None:
    raise AssertionError(f"{account}: a {kind} was not sent") from error
