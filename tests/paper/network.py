"""The paper network itself: chats, what is shown in them, and the stream of what people did. It outlives any bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.files.attached import name_of
from bot.incoming import Incoming
from bot.model import Chat, ChatKind, Text
from bot.outgoing import (
    AnswerPress,
    Choice,
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
    Rows,
    SendFile,
    SendReaction,
    SendText,
    SetCommands,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Refused


@dataclass(frozen=True, slots=True)
class File:
    """What came with a message, as it arrived."""

    kind: str
    name: str
    data: bytes
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as people see it now. `by` is None for the bot."""

    id: str
    by: str | None
    text: Text
    buttons: Rows = ()
    thread: str | None = None
    reply_to: str | None = None
    edits: int = 0
    reactions: tuple[str, ...] = ()
    file: File | None = None

    @property
    def plain(self) -> str:
        """The words alone, without the invisible marks around names."""
        return self.text.plain.replace("\u2068", "").replace("\u2069", "")

    @property
    def labels(self) -> list[str]:
        return [choice.label for row in self.buttons for choice in row]

    def button(self, label: str) -> Choice:
        return next(choice for row in self.buttons for choice in row if choice.label == label)


@dataclass(frozen=True, slots=True)
class Topic:
    chat: str
    title: str
    closed: bool = False


@dataclass
class Paper:
    """`faults` are raised by the next sends, one each, before anything is done; `keeps`: what cannot be withdrawn."""

    account: str = "paper"
    stream: list[Incoming] = field(default_factory=list)
    shown: dict[str, list[Shown]] = field(default_factory=dict)
    kinds: dict[str, ChatKind] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    toasts: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    pinned: set[tuple[str, str]] = field(default_factory=set)  # by people: chat and message
    refusing_to_unpin: Exception | None = None
    leaks: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by chat: what an inspection finds
    inspection_faults: list[Exception] = field(default_factory=list)  # for the next inspections
    outside: set[tuple[str, str]] = field(default_factory=set)  # chat and person: those who have left it
    looking_faults: list[Exception] = field(default_factory=list)  # for the next looks whether somebody is in a chat
    log: list[Outgoing] = field(default_factory=list)
    transactions: dict[str, str] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    broken: dict[str, Exception] = field(default_factory=dict)  # by chat: what comes of all that is sent there
    down: Exception | None = None  # what opening and receiving raise
    stuck: dict[str, asyncio.Event] = field(default_factory=dict)  # by chat, by file, "menu": nothing is answered there
    keeps: Callable[[str, Shown], bool] = lambda chat, message: False
    files: dict[str, bytes] = field(default_factory=dict)  # what people have sent, by key
    fetch_faults: list[Exception] = field(default_factory=list)
    file_faults: list[Exception] = field(default_factory=list)  # for the next files that are sent
    forums: set[str] = field(default_factory=set)  # chats whose messages are kept apart by topics
    topics: dict[str, Topic] = field(default_factory=dict)  # by their ids, as threads
    opened: dict[str, Chat] = field(default_factory=dict)  # by person: the private chat that the bot has opened
    inside: set[str] = field(default_factory=set)  # those who are in it, and not only invited
    before: Callable[[Outgoing], None] | None = None  # sees all that is sent, and may raise
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _next: int = 0

    def id(self) -> str:
        self._next += 1
        return str(self._next)

    def chat(self, id: str, kind: ChatKind, title: str) -> Chat:
        self.kinds[id] = kind
        self.titles[id] = title
        self.shown.setdefault(id, [])
        return Chat(self.account, id)

    def happens(self, event: Incoming) -> None:
        """People did something."""
        self.stream.append(event)
        self.changed.set()

    def falls(self, down: Exception | None) -> None:
        """The line to the network breaks, or can be mended."""
        self.down = down
        self.changed.set()

    def sticks(self, what: str) -> asyncio.Event:
        """What is sent to that chat, or fetched of that file, hangs until the event is set."""
        return self.stuck.setdefault(what, asyncio.Event())

    async def lets_through(self, what: str) -> None:
        if what in self.stuck:
            await self.stuck[what].wait()

    def written(self, chat: Chat, shown: Shown) -> None:
        self.shown[chat.id].append(shown)

    def messages(self, chat: Chat) -> list[Shown]:
        return list(self.shown[chat.id])

    def deletes_topic(self, id: str) -> None:
        """Somebody deletes a topic, with all that stands in it."""
        of = self.topics.pop(id)
        self.shown[of.chat] = [shown for shown in self.shown[of.chat] if shown.thread != id]

    def is_missing(self, thread: str | None) -> bool:
        """Whether a thread is a topic that is not there."""
        return thread is not None and thread.startswith("topic:") and thread not in self.topics

    def do(self, action: Outgoing, idempotent: bool = True) -> str | None:
        """What the bot wants; where the network is `idempotent`, the same transaction id has its effect once."""
        if self.before is not None:
            self.before(action)
        if self.faults:
            raise self.faults.pop(0)
        if not isinstance(action, SetCommands) and action.chat.id in self.broken:
            raise self.broken[action.chat.id]
        if isinstance(action, OpenTopic) and action.chat.id not in self.forums:
            raise Refused("the chat is not a forum")
        if isinstance(action, SendFile) and self.file_faults:
            raise self.file_faults.pop(0)
        if isinstance(action, InspectChat) and self.inspection_faults:
            raise self.inspection_faults.pop(0)
        if isinstance(action, LookFor) and self.looking_faults:
            raise self.looking_faults.pop(0)
        self.log.append(action)
        match action:
            case SendText():
                if action.transaction not in self.transactions or not idempotent:
                    id = self.id()
                    self.transactions[action.transaction] = id
                    message = Shown(id, None, action.text, action.choices, action.thread, action.reply_to)
                    self.shown[action.chat.id].append(message)
                return self.transactions[action.transaction]
            case SendFile():
                if action.transaction not in self.transactions or not idempotent:
                    id = self.id()
                    self.transactions[action.transaction] = id
                    shown = Shown(
                        id, None, action.caption, action.choices, action.thread, action.reply_to, file=_arrived(action)
                    )
                    self.shown[action.chat.id].append(shown)
                return self.transactions[action.transaction]
            case EditText():
                assert action.caption == any(m.file for m in self.shown[action.chat.id] if m.id == action.message)
                self._change(
                    action.chat,
                    action.message,
                    lambda m: replace(m, text=action.text, buttons=action.choices, edits=m.edits + 1),
                )
            case Withdraw():
                if any(m.id == action.message and self.keeps(action.chat.id, m) for m in self.shown[action.chat.id]):
                    raise Refused("message can't be deleted")
                self.shown[action.chat.id] = [m for m in self.shown[action.chat.id] if m.id != action.message]
            case PinMessage():
                self.pinned.add((action.chat.id, action.message))
            case UnpinMessage():
                if self.refusing_to_unpin is not None:
                    raise self.refusing_to_unpin
                self.pinned.discard((action.chat.id, action.message))
            case SendReaction():
                self._change(action.chat, action.message, lambda m: replace(m, reactions=(*m.reactions, action.key)))
            case TakeReaction():
                self._change(
                    action.chat,
                    action.message,
                    lambda m: replace(m, reactions=tuple(key for key in m.reactions if key != action.key)),
                )
            case AnswerPress():
                self.toasts.append((action.chat.id, action.text))
            case LeaveChat():
                self.left.append(action.chat.id)
            case JoinChat():
                self.joined.append(action.chat.id)
            case OpenPrivate(person=person):
                if person not in self.opened:
                    self.opened[person] = self.chat(f"opened-{self.id()}", ChatKind.PRIVATE, "")
            case OpenTopic():
                self.topics[f"topic:{self.id()}"] = Topic(action.chat.id, action.title)
                return [*self.topics][-1]
            case CloseTopic():
                self.topics[action.topic] = replace(self.topics[action.topic], closed=action.closed)
            case SetCommands() | InspectChat() | LookFor():
                pass
        return None

    def _change(self, chat: Chat, message: str, change: Callable[[Shown], Shown]) -> None:
        self.shown[chat.id] = [change(m) if m.id == message else m for m in self.shown[chat.id]]


def _arrived(action: SendFile) -> File:
    assert action.file is not None
    of = action.attachment
    return File(of.kind, name_of(of), action.file.read_bytes(), of.seconds)
