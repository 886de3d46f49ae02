"""The web as a network: chats on one page, served by this process itself."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from adapters.web.events import ButtonPressed, parse
from adapters.web.files import LARGEST
from adapters.web.history import History
from adapters.web.live import Live
from adapters.web.records import Missing, NotTheWriter
from adapters.web.server import Server
from adapters.web.settings import BOT, ChatSettings, Settings
from adapters.web.site import Site
from bot.configuration.listening import bound, is_loopback
from bot.incoming import NOTHING_NEW, Batch, Incoming, Raw
from bot.model import Attachment, Chat, Text
from bot.outgoing import (
    AnswerPress,
    CloseTopic,
    EditText,
    InspectChat,
    JoinChat,
    LeaveChat,
    LookFor,
    OpenPrivate,
    OpenTopic,
    Outgoing,
    PinMessage,
    Receipt,
    SendFile,
    SendReaction,
    SendText,
    SetCommands,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Account, Deliver, Down, Gone, Home, Limits, NotSent, Question, Refused, TooLarge

BATCH = 100
ALIVE = 60.0  # seconds after which a quiet page says that it is there
TIDIES_EVERY = timedelta(hours=1)  # it may run for months without a restart
LONGEST = 20_000  # UTF-16 units; our own choice, generous to whoever pastes a whole brochure


def utc_now() -> datetime:
    return datetime.now(UTC)


class WebAdapter:
    Settings: ClassVar[type[BaseModel]] = Settings
    listens_key: ClassVar[str] = "listen"
    questions: ClassVar[Sequence[Question]] = ()
    limits = Limits(
        text=LONGEST,
        unit="utf16",
        per_second=0,
        burst=100,
        chat_gap=0,
        group_window=None,
        idempotent=True,
        threads=True,
        buttons=True,
        reactions=True,
        download=LARGEST,
        upload=LARGEST,
        caption=LONGEST,
    )

    def __init__(self, name: str, settings: BaseModel, clock: Callable[[], datetime] = utc_now) -> None:
        assert isinstance(settings, Settings)
        self._name = name
        self._settings = settings
        self._clock = clock
        self._live: Live | None = None
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.address = ""  # where the page is, once open

    async def open(self, home: Home) -> Account:
        try:
            listener = bound(self._settings.host, self._settings.port)
        except OSError:
            raise Down("the address is taken, or not one of this machine") from None
        try:
            live = Live(home.folder / "history.db", self._clock)
            await live.open()
        except BaseException:
            listener.close()
            raise
        await live.write(History.begin, self._settings.chats)
        self.address = _address(self._settings.host, listener.getsockname()[1])
        self._live = live
        self._server = Server(Site(self._settings, live, _hosts(self._settings.host)))
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name=f"{self._name}: pages")
        private = next((chat.id for chat in self._settings.chats if chat.kind == "private"), None)
        link = self.address if private is None else f"{self.address}?start={{start}}#{private}"
        return Account(f"@{BOT}", link)

    async def close(self) -> None:
        if self._live is None or self._server is None or self._serving is None:
            return
        live, serving = self._live, self._serving
        live.end()
        self._server.stop()
        self._live = self._server = self._serving = None
        try:
            await serving
        finally:
            await live.close()

    async def receive(self, cursor: str | None, deliver: Deliver) -> None:
        live, serving = self._live, self._serving
        if live is None or serving is None:
            raise Down("not connected")
        after = int(cursor) if cursor else 0
        tidied: datetime | None = None
        with live.listening() as listener:
            while not serving.done() and not live.closing:
                listener.woken.clear()
                now = self._clock()
                if tidied is None or abs(now - tidied) >= TIDIES_EVERY:
                    await live.read(History.forget_events, after)
                    tidied = now
                while not live.closing and (events := await live.read(History.events_after, after, BATCH)):
                    after = int(events[-1].id)
                    await deliver(Batch(events, str(after)))
                await deliver(NOTHING_NEW)
                waiting = asyncio.create_task(listener.woken.wait())
                try:
                    await asyncio.wait((waiting, serving), timeout=ALIVE, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waiting.cancel()
        raise Down("the pages are no longer served")

    def parse(self, raw: Raw) -> Sequence[Incoming]:
        return parse(self._name, raw)

    async def send(self, action: Outgoing) -> Receipt:
        live = self._live
        if live is None:
            raise NotSent("not connected")
        if isinstance(action, SetCommands):
            await live.write(History.set_commands, action)
            return Receipt()
        chat = self._settings.chat(action.chat.id)
        if chat is None:
            raise Gone("there is no such chat")
        try:
            return await self._send(live, chat, action)
        except Missing:
            raise Refused("there is no such message") from None
        except NotTheWriter:
            raise Refused("the message is not ours") from None

    async def _send(self, live: Live, chat: ChatSettings, action: Outgoing) -> Receipt:
        if not isinstance(action, JoinChat) and await live.read(History.is_absent, chat.id):
            raise Gone("the bot has left this chat")
        match action:
            case SendText():
                _fits(action.text)
                return Receipt(str(await live.write(History.say, action)))
            case SendFile():
                if action.file is None:
                    raise Refused("there is no file to send")
                filed = await live.shelf.copy(action)
                return Receipt(str(await live.write(History.say, action, filed)))
            case EditText():
                _fits(action.text)
                await live.write(History.edit, action)
                return Receipt(action.message)
            case Withdraw():
                await live.write(History.withdraw, action)
            case PinMessage() | UnpinMessage():
                await live.write(History.pin, action)
            case SendReaction():
                await live.write(History.react, action)
            case TakeReaction():
                await live.write(History.react, action, False)
            case AnswerPress():
                await self._answer(live, action)
            case JoinChat():
                await live.write(History.be_absent, chat.id, False)
            case LeaveChat():
                await live.write(History.be_absent, chat.id, True)
            case InspectChat():
                pass  # who reaches the page reads everything; `check` warns of it
            case LookFor():
                raise Refused("the page does not know who looks at it")
            case OpenPrivate():
                raise Refused("the page opens no chats by itself")
            case OpenTopic() | CloseTopic():
                raise Refused("the page has no topics")
            case SetCommands():
                raise AssertionError("has no chat")
        return Receipt()

    async def _answer(self, live: Live, action: AnswerPress) -> None:
        press = int(action.press) if action.press.isdecimal() else 0
        event = await live.read(History.event, press)
        if not isinstance(event, ButtonPressed):
            raise Refused("there is no such button press")
        if action.text:
            live.toast(event.page, event.chat.id, action.text)

    async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
        if self._live is None:
            raise NotSent("not connected")
        try:
            kept = self._live.shelf.path(attachment.key)
            if (await asyncio.to_thread(kept.stat)).st_size > most:
                raise TooLarge("the file is too large")
            await asyncio.to_thread(shutil.copyfile, kept, into)
        except (FileNotFoundError, ValueError):
            raise Refused("there is no such file any more") from None

    async def inspect(self, chat: Chat, state: bytes | None) -> tuple[str, ...]:
        return ()

    @property
    def listens(self) -> str | None:
        return self._settings.listen

    async def check(self, state: bytes | None = None) -> list[str]:
        if is_loopback(self._settings.host):
            return []
        return [
            f"Everybody who reaches {self._settings.listen} can speak as anyone in the web chats: "
            f"set `listen` in [adapters.{self._name}] to 127.0.0.1 unless you mean that."
        ]


def _fits(text: Text) -> None:
    if not text.plain.strip():
        raise Refused("the text is empty")
    if len(text.plain.encode("utf-16-le", "surrogatepass")) // 2 > LONGEST:
        raise Refused("the text is too long")


def _address(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def _hosts(host: str) -> list[str]:
    """The names under which a browser may ask for us; any name once others than this machine may ask."""
    return ["127.0.0.1", "localhost", "[::1]", "::1", host] if is_loopback(host) else ["*"]
