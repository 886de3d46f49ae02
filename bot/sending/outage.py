"""Whether a network takes anything at all, found out at the price of one message at a time. Pure."""

from __future__ import annotations

SEVERAL = 3  # chats; in fewer it may be their own trouble that nobody knows what became of what was sent there
FIRST, LONGEST = 1.0, 30.0  # seconds between attempts; when the account receives again, nobody waits for the next


class Outage:
    """Times are seconds of a steady clock. `until`: nothing is tried before then; None: all is well."""

    def __init__(self) -> None:
        self.until: float | None = None
        self._wait = FIRST
        self._in_doubt: set[int] = set()

    def failed(self, chat: int, now: float, surely: bool) -> None:
        """A send came to nothing. `surely`: it never reached the network, or the network takes nothing from us."""
        if not surely:
            self._in_doubt.add(chat)
        if self.until is None and (surely or len(self._in_doubt) >= SEVERAL):
            self._put_off(now)

    def well(self) -> bool:
        """The network has taken something, or has had a word to say about it; whether that is news."""
        was_away = self.until is not None
        self.until, self._wait = None, FIRST
        self._in_doubt.clear()
        return was_away

    def slots(self, now: float) -> int | None:
        """How many messages may be tried now; None: as many as other limits allow."""
        return None if self.until is None else int(now >= self.until)

    def tried(self, now: float) -> None:
        """A message is on its way. While the network is away no other follows for a second, two, four, …"""
        if self.until is not None:
            self._put_off(now)

    def _put_off(self, now: float) -> None:
        self.until = now + self._wait
        self._wait = min(2 * self._wait, LONGEST)
