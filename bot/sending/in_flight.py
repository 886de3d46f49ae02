"""What is being sent just now, and how much more may be: whatever is slow must not take the place of all the rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from bot.actions import BESIDE, Priority
from bot.outgoing import SendFile
from bot.store.outbox.claimed import Claimed

MOST = 64
NOTICES = 48
"""Of them; the others are kept for people who wait for an answer."""
ONE_CHAT = 10
"""Of them; a homeserver gets no faster with more."""
PRESSES = 32
"""Beside them. Who cannot be answered in 15 s is not waiting any more."""
COMINGS = 8
"""Beside them. Rooms of a server that lets us wait must be in nobody's way, however many there are."""
FETCHES = 64
"""Beside them, of files: they wait for another network, and take nobody's place here."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many more there may be: `messages`, and of them `notices`; `presses`; `comings`; and none to the chats
    `full`."""

    messages: int
    notices: int
    presses: int
    comings: int
    full: frozenset[int]


_ALL = Room(MOST, NOTICES, PRESSES, COMINGS, frozenset())


class InFlight:
    """`one_chat`: how many messages there may be at a time to one chat."""

    def __init__(self, one_chat: int = ONE_CHAT) -> None:
        self.one_chat = one_chat
        self._tasks: dict[asyncio.Task[None], Claimed] = {}
        self._fetching: set[int] = set()
        self._answered: set[int] = set()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return list(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: asyncio.Task[None], claimed: Claimed) -> None:
        self._tasks[task] = claimed
        if isinstance(claimed.parts[0].action, SendFile):
            self._fetching.add(claimed.id)

    def answered(self, claimed: Claimed) -> None:
        """The network has all of it: another may go while its outcome is being written down."""
        self._answered.add(claimed.id)

    def landed(self, task: asyncio.Task[None]) -> bool:
        """Its outcome is durable, or it came to nothing. Whether its place becomes free only now."""
        claimed = self._tasks.pop(task)
        if claimed.id in self._fetching and all(other.id != claimed.id for other in self._tasks.values()):
            self._fetching.discard(claimed.id)  # else it has been claimed again already
        free = claimed.id not in self._answered
        self._answered.discard(claimed.id)
        return free

    def fetches(self, claimed: Claimed) -> None:
        """Its file is being fetched, or waits for its turn: nothing of it is on its way to the network."""
        self._fetching.add(claimed.id)

    def sends(self, claimed: Claimed) -> None:
        self._fetching.discard(claimed.id)

    def room(self) -> Room:
        elsewhere = self._fetching | self._answered
        sending = [claimed for claimed in self._tasks.values() if claimed.id not in elsewhere]
        if not sending and len(self._fetching) <= FETCHES:
            return _ALL
        of = Counter(claimed.priority for claimed in sending)
        to = Counter(claimed.chat for claimed in sending if claimed.priority not in BESIDE)
        return Room(
            messages=max(0, MOST - to.total() - max(0, len(self._fetching) - FETCHES)),
            notices=max(0, NOTICES - of[Priority.NOTICE]),
            presses=max(0, PRESSES - of[Priority.PRESS]),
            comings=max(0, COMINGS - of[Priority.COMING]),
            full=frozenset(chat for chat, count in to.items() if count >= self.one_chat),
        )
