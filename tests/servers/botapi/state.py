"""The test server's world: bots, people, chats, messages and files as plain objects that know no HTTP."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.servers.botapi.updates import UpdateQueue

Json = dict[str, Any]

GONE = frozenset({"left", "kicked"})
ADMINISTRATORS = frozenset({"creator", "administrator"})
ANSWER_WITHIN = 15.0  # seconds in which a button press can be answered


@dataclass(eq=False, slots=True)
class User:
    id: int
    first_name: str
    language_code: str | None = None
    last_name: str | None = None
    username: str | None = None
    is_bot: bool = False
    deactivated: bool = False


@dataclass(eq=False, slots=True)
class Bot:
    """`privacy`: in groups where it is no administrator it sees only what is meant for it (Telegram's default)."""

    token: str
    user: User
    queue: UpdateQueue
    privacy: bool = True
    revoked: bool = False
    webhook: str = ""
    webhook_secret: str = ""
    webhook_connections: int = 40
    webhook_error: tuple[int, str] | None = None  # when, and what Telegram says about it
    blocked_by: set[int] = field(default_factory=set)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)  # by scope and language
    menu_button: str = "default"  # in private chats: default, commands, web_app
    profile: dict[tuple[str, str], str] = field(default_factory=dict)  # name, description, … by language

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def username(self) -> str:
        return self.user.username or ""


@dataclass(eq=False, slots=True)
class Topic:
    id: int
    name: str
    icon_color: int = 7322096
    closed: bool = False


@dataclass(eq=False, slots=True)
class Chat:
    """A private chat (`user` and `bot` are set, and the id is the user's), a group, a supergroup or a channel."""

    id: int
    kind: str  # private, group, supergroup, channel
    title: str = ""
    is_forum: bool = False
    username: str | None = None  # of a public group
    visible_history: bool = False  # to newcomers; only a supergroup can hide it
    linked_chat: int | None = None  # the channel whose discussion group it is, or the other way round
    user: User | None = None
    bot: Bot | None = None
    members: dict[int, str] = field(default_factory=dict)  # user id → status
    withheld: dict[int, frozenset[str]] = field(default_factory=dict)  # user id → rights that an administrator lacks
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    general_closed: bool = False  # the topic "General", in which stands what stands in no other
    pinned: list[int] = field(default_factory=list)
    last_bot: int | None = None  # the bot that spoke last, which unaddressed commands go to
    moved_to: Chat | None = None
    moved_from: Chat | None = None
    begun: bool = True  # a private chat begins when the person first writes in it

    def status(self, user_id: int) -> str:
        return self.members.get(user_id, "left")

    def administers(self, user_id: int) -> bool:
        return self.status(user_id) in ADMINISTRATORS

    def may(self, user_id: int, right: str) -> bool:
        """Whether it is an administrator with that right ("can_post_messages", …)."""
        return self.administers(user_id) and right not in self.withheld.get(user_id, ())


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    data: str | None = None
    url: str | None = None


@dataclass(eq=False, slots=True)
class Message:
    """`content` holds the fields of the Bot API object that say what the message is: text and entities, a photo, …

    `sender` is who wrote it; `signed`: the channel that is shown instead.
    """

    chat: Chat
    id: int
    sender: User
    at: int
    content: Json
    reply_to: Message | None = None
    thread: int | None = None
    in_topic: bool = False
    keyboard: Json | None = None
    edited_at: int | None = None
    protected: bool = False
    link_preview: Json | None = None
    deleted: bool = False
    signed: Chat | None = None
    reactions: dict[int, list[str]] = field(default_factory=dict)  # by user
    meant_for: set[int] = field(default_factory=set)  # bots that saw it: a reply to it is meant for them too

    @property
    def text(self) -> str:
        return str(self.content.get("text", self.content.get("caption", "")))

    @property
    def entities(self) -> list[Json]:
        return self.content.get("entities") or self.content.get("caption_entities") or []

    @property
    def buttons(self) -> list[list[Button]]:
        rows = (self.keyboard or {}).get("inline_keyboard", [])
        return [[Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in rows]

    @property
    def labels(self) -> list[str]:
        """What stands on its buttons, row by row."""
        return [button.label for row in self.buttons for button in row]

    @property
    def edited(self) -> bool:
        return self.edited_at is not None

    def file(self, kind: str, world: World) -> StoredFile | None:
        """The file that the message is, if it is one of this kind; of a photo the largest."""
        shown = self.content.get(kind)
        shown = shown[-1] if isinstance(shown, list) else shown
        return None if shown is None else world.files[shown["file_id"]]

    @property
    def is_service(self) -> bool:
        return not self.content.keys().isdisjoint(SERVICE)


SERVICE = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "group_chat_created",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "forum_topic_created",
        "forum_topic_closed",
        "forum_topic_reopened",
        "forum_topic_edited",
    }
)


@dataclass(eq=False, slots=True)
class Press:
    """A button press; `answer` is the text shown to the presser, None as long as the bot has not answered."""

    id: str
    user: User
    message: Message
    data: str
    at: float
    answer: str | None = None
    alert: bool = False


@dataclass(eq=False, slots=True)
class StoredFile:
    id: str
    unique_id: str
    path: str
    body: bytes
    name: str | None = None
    mime: str | None = None


class World:
    """Everything the server knows. `clock` gives the time in seconds since 1970.

    Whoever waits for something to happen awaits `change()`, which returns after the next change.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.users: dict[int, User] = {}
        self.bots: dict[str, Bot] = {}
        self.groups: dict[int, Chat] = {}
        self.private_chats: dict[tuple[int, int], Chat] = {}  # by bot and user
        self.presses: dict[str, Press] = {}
        self.files: dict[str, StoredFile] = {}
        # Users' and supergroups' ids do not fit into 32 bits; message ids are unique within a supergroup only.
        self._user_ids = itertools.count(7_100_000_001)
        self._group_ids = itertools.count(4_100_000_001)
        self._supergroup_ids = itertools.count(1_002_100_000_001)
        self._message_ids = itertools.count(1)
        self._supergroup_message_ids: dict[int, Iterator[int]] = {}
        self._press_ids = itertools.count(4_382_000_000_000_000_001)
        self._file_ids = itertools.count(1)
        self.telegram = User(777000, "Telegram")  # which repeats a channel's posts in its discussion group
        self._update_ids = itertools.count(100_000_000, 100_000_000)
        self._changed: asyncio.Event = asyncio.Event()

    # --- noticing ---------------------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Wake everybody who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        await self._changed.wait()

    def now(self) -> int:
        return int(self.clock())

    # --- who --------------------------------------------------------------------------------------------------------

    def add_bot(self, token: str, username: str | None = None, first_name: str = "Schakel") -> Bot:
        user_id = int(token.partition(":")[0])
        user = User(user_id, first_name, username=username or f"schakel_{user_id}_bot", is_bot=True)
        bot = Bot(token, user, UpdateQueue(self.clock, next(self._update_ids)))
        self.bots[token] = bot
        self.users[user_id] = user
        return bot

    def add_user(
        self, first_name: str, language_code: str | None, last_name: str | None = None, username: str | None = None
    ) -> User:
        user = User(next(self._user_ids), first_name, language_code, last_name, username)
        self.users[user.id] = user
        return user

    def bot_of(self, user_id: int) -> Bot | None:
        return next((bot for bot in self.bots.values() if bot.id == user_id), None)

    # --- where ------------------------------------------------------------------------------------------------------

    def add_group(self, title: str, *, supergroup: bool, forum: bool = False) -> Chat:
        if supergroup:
            return self._add_large(title, "supergroup", forum)
        return self._add(Chat(-next(self._group_ids), "group", title))

    def add_channel(self, title: str) -> Chat:
        return self._add_large(title, "channel", False)

    def _add_large(self, title: str, kind: str, forum: bool) -> Chat:
        chat = self._add(Chat(-next(self._supergroup_ids), kind, title, is_forum=forum))
        self._supergroup_message_ids[chat.id] = itertools.count(1)
        return chat

    def _add(self, chat: Chat) -> Chat:
        self.groups[chat.id] = chat
        return chat

    def private_chat(self, bot: Bot, user: User) -> Chat:
        """The chat of the two, whether it has begun or not."""
        key = (bot.id, user.id)
        if key not in self.private_chats:
            self.private_chats[key] = Chat(user.id, "private", user=user, bot=bot, begun=False)
        return self.private_chats[key]

    def share_a_group(self, bot: Bot, user: User) -> bool:
        return any({bot.id, user.id} <= chat.members.keys() for chat in self.groups.values())

    # --- what -------------------------------------------------------------------------------------------------------

    def add_message(self, chat: Chat, sender: User, content: Json, **rest: Any) -> Message:
        ids = self._supergroup_message_ids.get(chat.id, self._message_ids)
        if chat.kind == "channel":
            rest["signed"] = chat
        message = Message(chat, next(ids), sender, self.now(), content, **rest)
        chat.messages[message.id] = message
        if sender.is_bot and not message.is_service:
            chat.last_bot = sender.id
        self.touch()
        return message

    def add_press(self, user: User, message: Message, data: str) -> Press:
        press = Press(str(next(self._press_ids)), user, message, data, self.clock())
        self.presses[press.id] = press
        return press

    def add_file(self, body: bytes, folder: str, name: str | None = None, mime: str | None = None) -> StoredFile:
        number = next(self._file_ids)
        suffix = "." + name.rpartition(".")[2] if name and "." in name else ""
        path = f"{folder}/file_{number}{suffix}"
        file = StoredFile(f"AgACAgIAAxkBAAI{number:06d}", f"AQAD{number:06d}", path, body, name, mime)
        self.files[file.id] = file
        return file
