"""Units of work, and whoever waits for what comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.store.transaction import Transaction

T = TypeVar("T")
Item = TypeVar("Item")
Unit = Callable[[Transaction], T]
"""What is done in one transaction. It touches nothing else, and may run twice."""


class NotServed(Exception):
    """The account is another process's now: what was to be written for it is that one's to write."""


@dataclass(frozen=True, slots=True, eq=False)
class Together(Generic[Item, T]):
    """A unit that does for many what it does for one: those that wait at the same moment are done in one call.

    `do` returns a result for each item, in their order.
    """

    do: Callable[[Transaction, Sequence[Item]], Sequence[T]]


@dataclass(slots=True, eq=False)
class Awaited(Generic[T]):
    """A unit that was handed in, or an item for one that is done for many; see `Writer.run`."""

    future: asyncio.Future[T]
    account: str | None
    unit: Unit[T] | None = None
    together: Together[Any, T] | None = None
    item: Any = None
    alone: bool = False
    hears: str | None = None
    then: Callable[[T], None] | None = None

    def tell(self, result: T | NotServed) -> None:
        """It is done; in the event loop."""
        if self.future.done():
            return
        try:
            if isinstance(result, NotServed):
                raise result
            if self.then is not None:
                self.then(result)
            self.future.set_result(result)
        except Exception as error:
            self.future.set_exception(error)

    def fail(self, error: BaseException) -> None:
        """It cannot be done; in the event loop."""
        if not self.future.done():
            self.future.set_exception(error)


def in_order(group: Sequence[Awaited[Any]]) -> tuple[list[Awaited[Any]], list[Awaited[Any]]]:
    """Those that run first, and those that look for what these have brought."""
    return [one for one in group if one.hears is None], [one for one in group if one.hears is not None]
