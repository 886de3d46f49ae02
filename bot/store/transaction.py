"""What a unit of work can touch: one synchronous transaction, with a place for each kind of thing in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.chats import KnownChat
from bot.domain.links import Names
from bot.domain.requests import CATEGORIES, OUTCOMES, SENSITIVE
from bot.domain.waiting import Patience
from bot.store.accounts import Accounts
from bot.store.chats.chats import Chats
from bot.store.chats.choices import Choices
from bot.store.chats.dialogues import Dialogues
from bot.store.chats.links import Links
from bot.store.chats.menus import Menus
from bot.store.chats.reactions import Reactions
from bot.store.chats.topics import Topics
from bot.store.erasing import Erasing
from bot.store.incoming import Inbox
from bot.store.outbox.broadcasts import Broadcasts
from bot.store.outbox.copies import Copies
from bot.store.outbox.dead_letters import DeadLetters
from bot.store.outbox.deliveries import Deliveries
from bot.store.outbox.heads import Heads
from bot.store.outbox.lanes import Lanes
from bot.store.requests import Requests
from bot.store.schedule import Schedule
from bot.store.texts.attachments import Attachments
from bot.store.texts.memory import Memory
from bot.store.texts.notices import Notices
from bot.store.texts.readers import Readers
from bot.store.texts.texts import Texts
from bot.store.troubles import Troubles


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator has decided, as far as handlers and queries need it."""

    languages: tuple[str, ...]
    working_language: str
    readers: dict[str, str] = field(default_factory=dict)  # by language; "" for all others
    hours: str = ""
    delete_after_days: int = 30
    not_authorities: bool = False
    emergency_number: str = "112"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Brussels"))
    translates_notices: bool = False  # an engine is configured
    translates_conversations: bool = False
    transcribes: bool = False  # an engine writes down what members say
    read_by: tuple[str, ...] = ()  # who else reads people's words, because an engine is theirs ("Google")
    closed: tuple[date, ...] = ()  # dates on which nobody is there
    categories: tuple[str, ...] = CATEGORIES
    sensitive: tuple[str, ...] = SENSITIVE  # categories whose words stand in the thread alone
    outcomes: tuple[str, ...] = OUTCOMES
    patience: Patience = field(default_factory=Patience)
    digest_at: tuple[time, ...] = ()
    names: Names = "initials"  # how whoever writes in a linked chat is called in the others
    questions_threshold: int = 3  # so many readers of a text who do not understand it: its publisher is told
    largest_files: dict[str, int] = field(default_factory=dict)  # by account: bytes that can be fetched there
    opens_private: tuple[str, ...] = ()  # accounts that can invite somebody to a private chat
    knows_members: tuple[str, ...] = ()  # accounts that can say whether somebody is in a chat
    unnumbered: tuple[str, ...] = ()  # accounts on whose network no number stands beside a choice
    copied_at: datetime | None = None  # of a backup that we go on from: what was on its way then may have arrived
    again: dict[str, datetime] = field(default_factory=dict)  # by account: what was written before may come once more
    networks: dict[str, str] = field(default_factory=dict)  # by account: what people call its network ("Telegram")

    def who_reads(self, language: str) -> str:
        """Who reads what people write, in that language if the operator has said it so."""
        return self.readers.get(language) or self.readers.get("") or self.readers.get(self.working_language, "")

    def language_in(self, room: KnownChat) -> str:
        """What is spoken in a room, whatever the app of whoever writes there is in."""
        return room.language or self.working_language

    def may_have_arrived(self, asked_at: datetime) -> bool:
        """Whether a message that was asked for then may have been sent by a bot that we know nothing of any more."""
        return self.copied_at is not None and asked_at <= self.copied_at

    def network(self, account: str) -> str:
        return self.networks.get(account) or account.capitalize()


class Transaction:
    """One unit's view of the store. `stirred` names what the core must look at once this is committed."""

    def __init__(self, connection: Connection, policy: Policy, now: datetime, token: Callable[[], str]) -> None:
        """`token` gives a fresh opaque name of 12 letters and digits."""
        self.connection = connection
        self.policy = policy
        self.now = now
        self.token = token
        self.stirred: set[str] = set()
        self.dialect = connection.dialect.name
        # Both dialects know ON CONFLICT in the same words, but SQLAlchemy keeps them apart.
        self.insert = postgresql.insert if self.dialect == "postgresql" else sqlite.insert

    @property
    def today(self) -> date:
        """By the clocks of the zone."""
        return self.now.astimezone(self.policy.zone).date()

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self)

    @cached_property
    def chats(self) -> Chats:
        return Chats(self)

    @cached_property
    def texts(self) -> Texts:
        return Texts(self)

    @cached_property
    def memory(self) -> Memory:
        return Memory(self)

    @cached_property
    def attachments(self) -> Attachments:
        return Attachments(self)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self)

    @cached_property
    def readers(self) -> Readers:
        return Readers(self)

    @cached_property
    def requests(self) -> Requests:
        return Requests(self)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self)

    @cached_property
    def lanes(self) -> Lanes:
        return Lanes(self)

    @cached_property
    def heads(self) -> Heads:
        return Heads(self)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self)

    @cached_property
    def broadcasts(self) -> Broadcasts:
        return Broadcasts(self)

    @cached_property
    def copies(self) -> Copies:
        return Copies(self)

    @cached_property
    def reactions(self) -> Reactions:
        return Reactions(self)

    @cached_property
    def links(self) -> Links:
        return Links(self)

    @cached_property
    def choices(self) -> Choices:
        return Choices(self)

    @cached_property
    def menus(self) -> Menus:
        return Menus(self)

    @cached_property
    def dialogues(self) -> Dialogues:
        return Dialogues(self)

    @cached_property
    def erasing(self) -> Erasing:
        return Erasing(self)

    @cached_property
    def topics(self) -> Topics:
        return Topics(self)

    @cached_property
    def troubles(self) -> Troubles:
        return Troubles(self)

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self)
