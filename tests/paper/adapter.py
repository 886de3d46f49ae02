"""The adapter to the paper network: everything that bot.ports.Adapter asks for, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace as changed
from pydantic import BaseModel

from bot.incoming import NOTHING_NEW, Batch, Incoming, Raw
from bot.model import Attachment, Chat
from bot.outgoing import THERE, InspectChat, LookFor, OpenPrivate, Outgoing, Receipt, SendFile, SendText, SetCommands
from bot.ports import Account, Deliver, Home, Limits, Question, Refused, TooLarge
from bot.store.database.encoding import decode, encode
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
    download=20 * 2**20,
    upload=50 * 2**20,
    caption=1024,
    knows_members=True,
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
    upload=50 * 2**20,
    knows_members=True,
)


class PaperSettings(BaseModel):
    pass


class PaperAdapter:
    Settings: ClassVar[type[BaseModel]] = PaperSettings
    questions: ClassVar[Sequence[Question]] = ()

    def __init__(self, name: str, settings: BaseModel, network: Paper | None = None, limits: Limits = LIKE_MATRIX):
        self.limits = limits
        self._network = network or Paper(name)

    async def open(self, home: Home) -> Account:
        if self._network.down is not None:
            raise self._network.down
        return Account(
            "@bot:paper", "https://paper.example/?start={start}", "https://paper.example/group?start={start}"
        )

    async def close(self) -> None:
        pass

    async def receive(self, cursor: str | None, deliver: Deliver) -> None:
        place = int(cursor or 0)
        while True:
            self._network.changed.clear()
            if self._network.down is not None:
                raise self._network.down
            events = self._network.stream[place:]
            if events:
                raws = tuple(
                    Raw(str(place + number), event.chat.id, encode(event)) for number, event in enumerate(events)
                )
                place += len(events)
                await deliver(Batch(raws, str(place)))
            else:
                await deliver(NOTHING_NEW)
                await self._network.changed.wait()

    def parse(self, raw: Raw) -> Sequence[Incoming]:
        if raw.body == b"garbage":
            raise ValueError("not an event")
        return [decode(raw.body, object)]  # type: ignore[list-item]

    async def send(self, action: Outgoing) -> Receipt:
        await self._network.lets_through("menu" if isinstance(action, SetCommands) else action.chat.id)
        elsewhere = False
        if isinstance(action, (SendText, SendFile)) and self._network.is_missing(action.thread):
            action, elsewhere = changed(action, thread=None), True
        message = self._network.do(action, self.limits.idempotent)
        found: tuple[str, ...] = ()
        if isinstance(action, InspectChat):
            found = self._network.leaks.get(action.chat.id, ())
        elif isinstance(action, LookFor) and (action.chat.id, action.person) not in self._network.outside:
            found = (THERE,)
        elif isinstance(action, OpenPrivate) and action.person in self._network.inside:
            found = (self._network.opened[action.person].id,)
        return Receipt(message, found, elsewhere)

    async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
        await self._network.lets_through(attachment.key)
        if self._network.fetch_faults:
            raise self._network.fetch_faults.pop(0)
        data = self._network.files.get(attachment.key)
        if data is None:
            raise Refused("no such file")
        if len(data) > most:
            raise TooLarge("the file is too large")
        into.write_bytes(data)  # noqa: ASYNC240 - paper is quick

    async def check(self, state: bytes | None = None) -> list[str]:
        return []

    async def inspect(self, chat: Chat, state: bytes | None) -> tuple[str, ...]:
        if self._network.inspection_faults:
            raise self._network.inspection_faults.pop(0)
        return self._network.leaks.get(chat.id, ())
