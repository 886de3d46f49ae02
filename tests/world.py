"""A small world for conversations: the real bot on a real database, with people on the paper network around it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import func, select

from bot.actions import Priority
from bot.app import App, Parts
from bot.catalogue import Catalogue
from bot.domain.chats import KnownChat, Pairing
from bot.domain.erasing import SWEEP
from bot.incoming import Added, Edited, Joined, Left, Message, Pressed, Reacted, Removed
from bot.model import Attachment, Chat, ChatKind, Person, Text
from bot.outgoing import SetCommands
from bot.ports import Engine, Limits
from bot.store.database.opening import free_bytes, open_engine
from bot.store.database.schema import migrate
from bot.store.tables import InboxStatus, Status, account, broadcast, chat, delivery, inbox
from bot.store.transaction import Policy, Transaction
from handlers.dispatching import handle
from tests.paper import Paper, PaperAdapter, Shown
from tests.paper.adapter import LIKE_MATRIX

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self._now = MONDAY_MORNING
        self._set_back = timedelta()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)  # so that no two things happen at once
        return self._now

    def steady(self) -> float:
        return (self._now + self._set_back).timestamp()

    def set_back(self, by: timedelta) -> None:
        """Somebody sets the clock on the wall; no time passes."""
        self._now -= by
        self._set_back += by
        self._sleepers = [(at - by, order, future) for at, order, future in self._sleepers]

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), future))
        await future

    def advance(self, by: timedelta) -> None:
        self._now += by
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)


@dataclass
class Somebody:
    """A person on the paper network. `private` is their chat with the bot."""

    world: World
    person: Person
    private: Chat

    async def writes(
        self,
        text: str,
        chat: Chat | None = None,
        thread: str | None = None,
        reply_to: str | None = None,
        start: str | None = None,
        unsupported: str | None = None,
        addressed: bool = False,
    ) -> str:
        """Write in a chat (the private one unless given) and wait until the bot has done all it does; the id."""
        to = chat or self.private
        network = self.world.network
        id = network.id()
        network.written(to, Shown(id, self.person.id, Text(text), (), thread, reply_to))
        network.happens(
            Message(
                chat=to,
                kind=network.kinds[to.id],
                person=self.person,
                id=id,
                at=self.world.clock.now(),
                text=Text(text),
                thread=thread,
                reply_to=reply_to,
                addressed=addressed or text.startswith(("!", "/")),
                start=start,
                unsupported=unsupported,
                title=network.titles[to.id],
                forum=to.id in network.forums,
            )
        )
        await self.world.settled()
        return id

    async def sends(
        self,
        kind: str,
        data: bytes = b"bytes",
        caption: str = "",
        chat: Chat | None = None,
        thread: str | None = None,
        reply_to: str | None = None,
        name: str | None = None,
        seconds: int | None = None,
        size: int | None = None,
        mime: str | None = None,
        album: str | None = None,
    ) -> str:
        """Send something that is not text, maybe with words under it; the id."""
        to = chat or self.private
        network = self.world.network
        id = network.id()
        network.files[f"file-{id}"] = data
        network.written(to, Shown(id, self.person.id, Text(caption), (), thread, reply_to))
        network.happens(
            Message(
                chat=to,
                kind=network.kinds[to.id],
                person=self.person,
                id=id,
                at=self.world.clock.now(),
                text=Text(caption),
                thread=thread,
                reply_to=reply_to,
                attachments=(Attachment(kind, f"file-{id}", name, size or len(data), mime, seconds),),
                addressed=caption.startswith(("!", "/")),
                title=network.titles[to.id],
                album=album,
                forum=to.id in network.forums,
            )
        )
        await self.world.settled()
        return id

    async def presses(self, label: str, chat: Chat | None = None, message: Shown | None = None) -> None:
        """Press the newest button of that label in a chat."""
        to = chat or self.private
        shown = message or next(m for m in reversed(self.world.network.messages(to)) if label in m.labels)
        self.world.network.happens(
            Pressed(
                chat=to,
                kind=self.world.network.kinds[to.id],
                person=self.person,
                message=shown.id,
                choice=shown.button(label).id,
                press=self.world.network.id(),
                at=self.world.clock.now(),
            )
        )
        await self.world.settled()

    async def reacts(self, key: str, message: str, chat: Chat) -> None:
        kind = self.world.network.kinds[chat.id]
        self.world.network.happens(Reacted(chat, kind, self.person, message, key, self.world.clock.now()))
        await self.world.settled()

    async def edits(
        self,
        message: str,
        text: str,
        chat: Chat | None = None,
        file: tuple[str, bytes] | None = None,
        size: int | None = None,
    ) -> None:
        """Change the words of a message; it has this file (its kind and bytes) now."""
        to, network = chat or self.private, self.world.network
        came: tuple[Attachment, ...] = ()
        if file is not None:
            kind, data = file
            key = f"file-{network.id()}"
            network.files[key] = data
            came = (Attachment(kind, key, None, size or len(data)),)
        now = self.world.clock.now()
        network.happens(Edited(to, network.kinds[to.id], self.person, message, now, Text(text), came))
        await self.world.settled()

    async def accepts(self) -> Chat:
        """Join the private chat to which the bot has invited them."""
        chat = self.world.network.opened[self.person.id]
        self.world.network.inside.add(self.person.id)
        self.world.network.happens(Joined(chat, ChatKind.PRIVATE, self.person, self.world.clock.now()))
        await self.world.settled()
        return chat

    async def leaves(self, chat: Chat, heard: bool = True) -> None:
        """Leave a room, or be put out of it; where the bot has not `heard` of it, only the network knows."""
        self.world.network.outside.add((chat.id, self.person.id))
        if heard:
            self.world.network.happens(Left(chat, self.person, self.world.clock.now()))
        await self.world.settled()

    async def comes_back(self, chat: Chat) -> None:
        network = self.world.network
        network.outside.discard((chat.id, self.person.id))
        network.happens(Joined(chat, network.kinds[chat.id], self.person, self.world.clock.now()))
        await self.world.settled()

    async def blocks_the_bot(self) -> None:
        self.world.network.happens(Removed(self.private, ChatKind.PRIVATE, self.world.clock.now()))
        await self.world.settled()

    def sees(self, chat: Chat | None = None) -> list[Shown]:
        """What the bot shows in a chat now, oldest first."""
        return [m for m in self.world.network.messages(chat or self.private) if m.by is None]

    def reads(self, chat: Chat | None = None) -> list[str]:
        """The words of what the bot shows in a chat."""
        return [message.plain for message in self.sees(chat)]


class World:
    def __init__(self, app: App, network: Paper, clock: Clock, serving: asyncio.Task[None]) -> None:
        self.serving = serving
        self.app = app
        self.network = network
        self.clock = clock
        self._people = itertools.count(1)

    def somebody(self, name: str = "Sam", language: str | None = None) -> Somebody:
        id = f"person-{next(self._people)}"
        private = self.network.chat(f"private-{id}", ChatKind.PRIVATE, name)
        return Somebody(self, Person(self.network.account, id, name, language), private)

    def group(self, title: str) -> Chat:
        """A group the bot knows nothing of yet."""
        return self.network.chat(f"group-{title}", ChatKind.GROUP, title)

    async def adds_bot(self, who: Somebody, chat: Chat, invited: bool = False) -> None:
        kind, title = self.network.kinds[chat.id], self.network.titles[chat.id]
        self.network.happens(Added(chat, kind, who.person, self.clock.now(), invited, title))
        await self.settled()

    async def pairing(self, role: str, organisation: str | None = None, language: str | None = None) -> str:
        """A one-time code, as the command line gives it."""

        def unit(tx: Transaction) -> str:
            owner = tx.chats.organisation_named(organisation).id if organisation else None
            return tx.chats.new_pairing(Pairing(role, owner, language), timedelta(days=1))

        return await self.app.unit(unit)

    async def paired(self, title: str, role: str, organisation: str | None = None, language: str | None = None) -> Chat:
        """A group with a role already, paired behind the scenes."""
        chat = self.group(title)

        def unit(tx: Transaction) -> None:
            owner = tx.chats.organisation_named(organisation).id if organisation else None
            known = tx.chats.known(chat, ChatKind.GROUP, title)
            tx.chats.set_administrator(known.id, True)
            tx.chats.pair(known.id, Pairing(role, owner, language))

        await self.app.unit(unit)
        return chat

    async def settled(self) -> None:
        """Until the bot has nothing more to do at this moment."""
        while True:
            if self.serving.done():
                self.serving.result()  # whatever ended the bot ends the test
            seen = len(self.network.stream)
            cursor = await self.app.unit(lambda tx: tx.accounts.get(self.network.account).cursor)
            busy = await self.app.unit(_busy)
            if int(cursor or 0) >= seen and not busy and seen == len(self.network.stream):
                return

    async def swept(self) -> None:
        """Until the bot has thrown away what is too old, which it does first when it has heard all."""
        async with asyncio.timeout(30):
            while (following := await self.app.unit(lambda tx: tx.schedule.planned(SWEEP))) is None or (
                following <= self.clock.now()
            ):
                await self.settled()

    async def until(self, true: Callable[[], bool]) -> None:
        """Let the bot work until something is so, for at most ten seconds: some things it finds out when it looks."""
        async with asyncio.timeout(10):
            while not true():
                await self.settled()

    async def advance(self, by: timedelta) -> None:
        """Let time pass, and the bot do what was due."""
        self.clock.advance(by)
        self.app.scheduler.wake()
        self.app.translators.wake()
        for sender in self.app.senders.values():
            sender.wake()
        await self.app.unit(lambda tx: tx.schedule.release_due())
        await self.settled()


def _busy(tx: Transaction) -> bool:
    raised = tx.connection.execute(select(inbox.c.error).where(inbox.c.status == InboxStatus.NEW, inbox.c.attempts > 0))
    assert (error := raised.scalar()) is None, f"a handler raised {error}"
    waiting = select(func.count()).where(inbox.c.status == InboxStatus.NEW)
    paused = delivery.c.chat_id.in_(select(chat.c.id).where(chat.c.paused_until > tx.now)) | delivery.c.account.in_(
        select(account.c.name).where(account.c.paused_until > tx.now)
    )
    moving = select(func.count()).where(
        delivery.c.status.in_((Status.READY, Status.SENDING)) | (delivery.c.due_at <= tx.now),
        ~paused | (delivery.c.priority == Priority.PRESS),  # presses are answered whatever the network wants
    )
    wanted = tx.texts.next_wanted_at(["conversation", "notice", "voice"], [])
    stored = select(func.count()).select_from(broadcast)
    return bool(
        tx.connection.execute(stored).scalar_one()
        or tx.connection.execute(waiting).scalar_one()
        or tx.connection.execute(moving).scalar_one()
        or (wanted is not None and wanted <= tx.now)
    )


POLICY = Policy(
    languages=("nl", "fr", "en", "pt", "tr", "ar"),
    working_language="nl",
    readers={"": "volunteers of the centre"},
    hours="Mon-Fri 09:00-18:00",
)


@cache
def _without_rows() -> bytes:
    """A migrated database's file: migrating takes longer than most of these tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schakel.db"
        engine = open_engine(f"sqlite:///{file}")
        migrate(engine)
        engine.dispose()
        return file.read_bytes()


def parts_of(
    folder: Path,
    url: str,
    network: Paper,
    clock: Clock,
    limits: Limits,
    engines: Sequence[Engine] | Mapping[str, Sequence[Engine]] = (),
    policy: Policy = POLICY,
    others: Sequence[Paper] = (),
) -> Parts:
    """What a bot on the paper network, and on the `others`, is put together from."""
    return Parts(
        url=url,
        data_dir=folder,
        policy=replace(
            policy,
            translates_notices=bool(engines),
            translates_conversations=bool(engines),
            transcribes=isinstance(engines, Mapping) and "voice" in engines,
        ),
        adapters={n.account: PaperAdapter(n.account, PaperAdapter.Settings(), n, limits) for n in (network, *others)},
        engines=engines if isinstance(engines, Mapping) else {"notice": engines, "conversation": engines},
        handle=handle,
        clock=clock,
    )


@asynccontextmanager
async def world(
    folder: Path,
    policy: Policy = POLICY,
    engines: Sequence[Engine] | Mapping[str, Sequence[Engine]] = (),
    limits: Limits = LIKE_MATRIX,
    url: str | None = None,
    network: Paper | None = None,
    clock: Clock | None = None,
    free: Callable[[Path], int] = free_bytes,
    others: Sequence[Paper] = (),
    menus: Callable[[Catalogue, str, Sequence[KnownChat]], Sequence[SetCommands]] = lambda *_: (),
) -> AsyncIterator[World]:
    """The bot at work; a second world on the same folder and network is the bot started again. It has accounts on the
    `others`, too."""
    clock, network = clock or Clock(), network or Paper()
    if url is None and not (folder / "schakel.db").exists():
        (folder / "schakel.db").write_bytes(_without_rows())
    parts = replace(
        parts_of(folder, url or f"sqlite:///{folder / 'schakel.db'}", network, clock, limits, engines, policy, others),
        free=free,
        menus=menus,
    )
    ready = asyncio.Event()

    async def announce() -> None:
        ready.set()

    async with App(parts) as app:
        serving = asyncio.create_task(app.run(announce))
        await ready.wait()
        try:
            made = World(app, network, clock, serving)
            if network.down is None:
                await made.swept()
            yield made
        finally:
            app.stop()
            await serving
