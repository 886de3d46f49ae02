"""The adapter to the paper network: everything that bot.ports.Adapter asks for, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from bot.model import Attachment, Batch, Incoming, Outgoing, Raw, Receipt
from bot.ports import Account, Deliver, Home, Limits, Refused
from bot.store.encoding import decode, encode
from tests.paper.network import Paper

LIKE_TELEGRAM = Limits(
    text=4096,
    unit="utf16",
    per_second=0,
    burst=1,
    chat_gap=0,
    group_window=None,
    idempotent=False,
    buttons=True,
)
LIKE_MATRIX = Limits(
    text=40_000,
    unit="bytes",
    per_second=0,
    burst=1,
    chat_gap=0,
    group_window=None,
    idempotent=True,
    threads=True,
    reactions=True,
)


class PaperSettings(BaseModel):
    pass


class PaperAdapter:
    Settings: ClassVar[type[BaseModel]] = PaperSettings

    def __init__(self, name: str, settings: BaseModel, network: Paper | None = None, limits: Limits = LIKE_MATRIX):
        self.limits = limits
        self._network = network or Paper(name)

    async def open(self, home: Home) -> Account:
        return Account(
            "@bot:paper", "https://paper.example/?start={start}", "https://paper.example/group?start={start}"
        )

    async def close(self) -> None:
        pass

    async def receive(self, cursor: str | None, deliver: Deliver) -> None:
        place = int(cursor or 0)
        while True:
            self._network.changed.clear()
            events = self._network.stream[place:]
            if events:
                raws = tuple(
                    Raw(str(place + number), event.chat.id, encode(event)) for number, event in enumerate(events)
                )
                place += len(events)
                await deliver(Batch(raws, str(place)))
            else:
                await self._network.changed.wait()

    def parse(self, raw: Raw) -> Sequence[Incoming]:
        if raw.body == b"garbage":
            raise ValueError("not an event")
        return [decode(raw.body, object)]  # type: ignore[list-item]

    async def send(self, action: Outgoing) -> Receipt:
        return Receipt(self._network.do(action))

    async def fetch(self, attachment: Attachment, into: Path) -> None:
        raise Refused("nothing is attached to paper")

    async def check(self) -> list[str]:
        return []
