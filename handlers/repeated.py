"""What is said in a chat again and again about one thing: N1/progress/1, N1/progress/2, …"""

from __future__ import annotations

from bot.actions import Edit, Named, Say
from bot.store.transaction import Transaction


def times_said(tx: Transaction, chat: int, name: str) -> int:
    """`name`: without its number."""
    times = 0
    while tx.deliveries.named(chat, f"{name}/{times + 1}") is not None:
        times += 1
    return times


def last_name(tx: Transaction, chat: int, name: str) -> str | None:
    """What it was called the last time; None: it was never said."""
    times = times_said(tx, chat, name)
    return f"{name}/{times}" if times else None


def next_name(tx: Transaction, chat: int, name: str) -> str:
    return f"{name}/{times_said(tx, chat, name) + 1}"


def waits(tx: Transaction, chat: int, name: str) -> bool:
    """Whether what was said under a name has surely not got there yet."""
    said = tx.deliveries.named(chat, name)
    return said is not None and bool(tx.lanes.unsent(said.id))


def anew(tx: Transaction, said: Say) -> Say | Edit:
    """Say it once more under its name, which is the latest one's; instead of the one before where that still waits:
    after an outage of days nobody wants to read each day's."""
    assert said.name is not None
    if waits(tx, said.to, said.name):
        return Edit(said.to, Named(said.name), said.content, said.buttons, said.language, said.priority)
    tx.deliveries.let_go(said.to, said.name)
    return said
