"""Which notice goes next when many wait, so that the last of them arrives as early as the limits allow.

Whichever chat needs the most time yet goes first (longest remaining chain): a group that gets 25 messages, at 20 a
minute, must begin before the thousands that get one. First come, first served would be up to 82 % slower. Before all of
them go the chats where something wrong stands: it is mended, or taken back, before others get what is right.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.pacing import Pacer, still_needs
from bot.ports import Limits


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is ready; `messages` it will take, as far as is known. `mends`: it changes or takes back what is
    there."""

    id: int
    chat: int
    group: bool
    messages: int
    mends: bool = False


@dataclass(slots=True)
class _Chain:
    """What waits for one chat, in order. `turn` counts up whenever its place in a heap is no longer true."""

    group: bool
    waiting: deque[Waiting] = field(default_factory=deque)
    messages: int = 0
    mends: int = 0  # how many of them do
    turn: int = 0


class Backlog:
    """A window of what waits, in memory: what is chosen here is claimed in the database, which knows best.

    A chat of which something was taken is not offered again before `landed`.
    """

    def __init__(self, limits: Limits, pacer: Pacer) -> None:
        self._limits = limits
        self._pacer = pacer
        self.clear()

    def clear(self) -> None:
        self._chains: dict[int, _Chain] = {}
        self._ready: list[
            tuple[bool, float, int, int, int]
        ] = []  # (mends nothing, -seconds needed, first id, turn, chat)
        self._blocked: list[tuple[float, int, int]] = []  # (free at, turn, chat)
        self.size = 0

    def add(self, waiting: Iterable[Waiting], now: float) -> None:
        changed: dict[int, _Chain] = {}
        for one in waiting:
            chain = self._chains.get(one.chat)
            if chain is None:
                chain = self._chains[one.chat] = _Chain(one.group)
            chain.waiting.append(one)
            chain.messages += one.messages
            chain.mends += one.mends
            changed[one.chat] = chain
            self.size += 1
        for chat, chain in changed.items():
            self._place(chat, chain, now)

    def take(self, most: int, now: float) -> list[Waiting]:
        """The deliveries to send now, at most one to a chat."""
        while self._blocked and self._blocked[0][0] <= now:
            _, turn, chat = heapq.heappop(self._blocked)
            chain = self._chains.get(chat)
            if chain is not None and chain.turn == turn:
                self._place(chat, chain, now)
        taken: list[Waiting] = []
        while self._ready and len(taken) < most:
            *_, turn, chat = heapq.heappop(self._ready)
            chain = self._chains.get(chat)
            if chain is None or chain.turn != turn:
                continue
            if self._pacer.free_at(chat) > now:  # something else has been sent there meanwhile
                self._place(chat, chain, now)
                continue
            chain.turn += 1
            taken.append(chain.waiting[0])
        return taken

    def put_back(self, waiting: Waiting, now: float) -> None:
        """It was taken and not sent: its chat is offered again."""
        chain = self._chains.get(waiting.chat)
        if chain is not None:
            self._place(waiting.chat, chain, now)

    def landed(self, id: int, chat: int, left: int, now: float) -> None:
        """Something was sent to the chat, `left` more messages of the same delivery are to follow."""
        chain = self._chains.get(chat)
        if chain is None:
            return
        if chain.waiting and chain.waiting[0].id == id:
            first = chain.waiting.popleft()
            chain.messages -= first.messages
            if left:
                chain.waiting.appendleft(replace(first, messages=left))
                chain.messages += left
            else:
                chain.mends -= first.mends
                self.size -= 1
        if chain.waiting:
            self._place(chat, chain, now)
        else:
            del self._chains[chat]

    def _place(self, chat: int, chain: _Chain, now: float) -> None:
        """Among those that can go, or among those whose chat is not free yet."""
        chain.turn += 1
        free = self._pacer.free_at(chat)
        if free > now:
            heapq.heappush(self._blocked, (free, chain.turn, chat))
        else:
            needed = still_needs(self._limits, chain.group, chain.messages)
            heapq.heappush(self._ready, (not chain.mends, -needed, chain.waiting[0].id, chain.turn, chat))
