"""Every table of the store. Texts stand once in `text` and are referred to; what names a person stands in columns
of its own (`person`, `chat`), apart from what happened, so that both can be encrypted later."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
    or_,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970: sorts, indexes and compares alike on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value.timestamp() * 1_000_000)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


SERVER_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
"""PostgreSQL's own clock, as an Instant is kept."""


class InboxStatus(IntEnum):
    NEW = 0
    HANDLED = 1
    QUARANTINED = 2  # failed again and again; the operator has been told
    UNREADABLE = 3  # encrypted, the key has not come yet


class Status(IntEnum):
    """Where a delivery stands. Within a lane one is ahead; those behind it are QUEUED."""

    READY = 0
    SENDING = 1
    DONE = 2
    DEFERRED = 3  # again at due_at
    QUEUED = 4
    WAITING = 5  # for a translation, until due_at
    FAILED = 6
    DROPPED = 7  # too late to be of use, or overtaken


def standing(column: ColumnElement[int], *at: IntEnum) -> ColumnElement[bool]:
    """The condition that a row stands at one of these, in plain numbers and in the words of the partial indexes: they
    serve nothing else."""
    return or_(*(column == literal_column(str(int(one))) for one in at))


AHEAD = (Status.READY, Status.SENDING, Status.DEFERRED, Status.WAITING)
"""One delivery of a lane stands at one of these, as long as any is unfinished."""
UNFINISHED = (*AHEAD, Status.QUEUED)
# Not IN: SQLite makes a table of the list, and looks into it, for each row that an index may have to know of.
_AHEAD_SQL = "(status = 0 OR status = 1 OR status = 3 OR status = 5)"
_PUT_OFF_SQL = "(status = 3 OR status = 5)"
_FAILED_SQL = "status = 6"


class PartStatus(IntEnum):
    TODO = 0
    SENDING = 1  # found like this after a restart, nobody knows whether it arrived
    SENT = 2


PASSED_OVER = "passed-over"
"""What happened to the last of the numbers that may have been given after a backup: they are never given again."""
_PASSED_OVER_SQL = f"what = '{PASSED_OVER}'"


EVERYWHERE = "*"
"""The place, in `home`, of what all the data folders of an account share; no folder has this name."""


def _partial(name: str, *columns: str, only: str, unique: bool = False) -> Index:
    """An index of the rows for which that holds, alike on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(only), postgresql_where=text(only))


def _id() -> Column[int]:
    return Column("id", Id, Identity(always=False), primary_key=True)


account = Table(
    "account",
    metadata,
    Column("name", String, primary_key=True),
    Column("cursor", String),
    Column("display", String, nullable=False, server_default=""),
    Column("private_link", String, nullable=False, server_default=""),
    Column("group_link", String),
    Column("error", String),
    Column("error_at", Instant),
    Column("paused_until", Instant),  # as the network has said
    Column("rate", Float),  # messages a second, and at once, as learnt from its refusals
    Column("burst", Integer),
    Column("channel_link", String),
)

home = Table(
    "home",  # the adapter's own state of an account, for each data folder: a device's keys are where its files are
    metadata,
    Column("account", String, primary_key=True),
    Column("place", String, primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

lease = Table(
    "lease",  # which process serves an account, where several share the database; "" is what belongs to no account
    metadata,
    Column("account", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("until", Instant, nullable=False),
)

commit_mark = Table(
    "commit_mark",  # what each writer's last commit was, where several share the database
    metadata,
    Column("writer", String, primary_key=True),
    Column("token", String, nullable=False),
    Column("at", Instant, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("account", String, nullable=False),  # "" for what happens inside
    Column("event", String, nullable=False),
    Column("lane", String, nullable=False),  # what is handled in order
    Column("body", LargeBinary),  # emptied when handled
    Column("received_at", Instant, nullable=False),
    Column("status", SmallInteger, nullable=False, server_default="0"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("error", String),
    UniqueConstraint("account", "event"),
    _partial("ix_inbox_new", "id", only="status = 0"),
    _partial("ix_inbox_put_aside", "id", only="status = 2"),
    Index("ix_inbox_received_at", "received_at"),
)

organisation = Table(
    "organisation",
    metadata,
    _id(),
    Column("name", String, nullable=False, unique=True),
    Column("reads", String, nullable=False, server_default=""),  # language codes it can approve, space between
)

link = Table(
    "link",  # chats that hear each other: one conversation on several networks, in several languages
    metadata,
    _id(),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False),
    Column("name", String, nullable=False),
)

chat = Table(
    "chat",
    metadata,
    _id(),
    Column("account", String, nullable=False),
    Column("network_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("role", String, nullable=False, server_default=""),
    Column("organisation_id", ForeignKey("organisation.id")),
    Column("language", String),
    Column("title", String),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("administrator", Boolean, nullable=False, server_default=text("false")),
    Column("hours", String),  # when somebody is there, as it was written; the operator's where None
    Column("person_id", ForeignKey("person.id")),  # of a helper's private chat: whose it is
    Column("added_at", Instant, nullable=False),
    Column("explained_at", Instant),
    Column("paused_until", Instant),  # as the network has said
    Column("link_id", BigInteger, ForeignKey("link.id")),
    Column("forum", Boolean, nullable=False, server_default=text("false")),  # it has topics
    Column("topics", Boolean, nullable=False, server_default=text("false")),  # the bot may open and close them
    UniqueConstraint("account", "network_id"),
    Index("ix_chat_role", "role", "organisation_id", "language", "id"),
    _partial("ix_chat_link_id", "link_id", only="link_id IS NOT NULL"),
    _partial("ix_chat_person_id", "person_id", only="person_id IS NOT NULL"),
)

person = Table(
    "person",
    metadata,
    _id(),
    Column("account", String, nullable=False),
    Column("network_id", String, nullable=False),
    Column("name", String, nullable=False, server_default=""),
    Column("app_language", String),
    UniqueConstraint("account", "network_id"),
)

reader = Table(
    "reader",  # who has said that they read a language, and so may approve it
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id"), primary_key=True),
    Column("language", String, primary_key=True),
    Column("at", Instant, nullable=False),
)

topic = Table(
    "topic",  # what the bot has opened in a room that has topics, by what it is for
    metadata,
    _id(),
    Column("chat_id", ForeignKey("chat.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("network_id", String),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("asked_at", Instant, nullable=False),
    UniqueConstraint("chat_id", "name"),
)

menu = Table(
    "menu",  # the command menus that a network has been told
    metadata,
    Column("account", String, primary_key=True),
    Column("scope", String, primary_key=True),  # private, groups, room
    Column("chat", String, primary_key=True),  # the room's id on its network, "" for a menu of many chats
    Column("language", String, primary_key=True),  # "" for every other language
    Column("digest", String, nullable=False),
)

pairing = Table(
    "pairing",
    metadata,
    _id(),
    Column("code_hash", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("organisation_id", ForeignKey("organisation.id")),
    Column("language", String),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("link_id", BigInteger, ForeignKey("link.id")),
)

text_table = Table(
    "text",
    metadata,
    _id(),
    Column("body", LargeBinary, nullable=False),
    Column("language", String),
    Column("created_at", Instant, nullable=False),
)

attachment = Table(
    "attachment",  # what came with a text, or instead of words: then the text is empty
    metadata,
    _id(),
    Column("text_id", ForeignKey("text.id"), nullable=False),
    Column("position", SmallInteger, nullable=False, server_default="0"),
    Column("account", String, nullable=False),  # which network has the bytes
    Column("kind", String, nullable=False),
    Column("key", LargeBinary, nullable=False),  # finds the bytes again, and may hold what decrypts them
    Column("name", String),
    Column("size", BigInteger),
    Column("mime", String),
    Column("seconds", Integer),
    Column("width", Integer),
    Column("height", Integer),
    Column("waveform", LargeBinary),  # how loud a voice is along its length, as JSON
    Index("ix_attachment_text_id", "text_id"),
)

translation = Table(
    "translation",
    metadata,
    _id(),
    Column("text_id", ForeignKey("text.id"), nullable=False),
    Column("language", String, nullable=False),
    Column("result_id", ForeignKey("text.id")),
    Column("state", String, nullable=False),  # wanted, machine, reviewed, human, failed
    Column(
        "purpose", String, nullable=False
    ),  # notice, conversation, voice: then it has no language, and is in its own
    Column("engine", String),
    Column("findings", LargeBinary),
    Column("organisation_id", ForeignKey("organisation.id")),  # whose reviewer approved or wrote it
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("due_at", Instant),
    Column("failure", String),  # why there is none, in plain English
    Column("failed_at", Instant),
    UniqueConstraint("text_id", "language"),
    Index("ix_translation_result_id", "result_id"),
    _partial("ix_translation_wanted", "due_at", only="state = 'wanted'"),
    _partial("ix_translation_failed", "id", only="state = 'failed'"),
)

memory = Table(
    "memory",
    metadata,
    _id(),
    Column("source_language", String, nullable=False),
    Column("target_language", String, nullable=False),
    Column("source_hash", LargeBinary, nullable=False),
    Column("target", String, nullable=False),
    Column("organisation_id", ForeignKey("organisation.id")),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("source_language", "target_language", "source_hash"),
)

message = Table(
    "message",
    metadata,
    _id(),
    Column("content", LargeBinary, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    _id(),
    Column("account", String, nullable=False),
    Column("chat_id", ForeignKey("chat.id"), nullable=False),
    Column("subject", String, nullable=False, server_default=""),  # with the chat: the lane
    Column("name", String),  # what later deliveries call it
    Column("kind", String, nullable=False),
    Column("message_id", ForeignKey("message.id")),
    Column("argument", String),  # a reaction's emoji, a press to answer
    Column("language", String),
    Column("priority", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("due_at", Instant),
    Column("expires_at", Instant),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("resends", SmallInteger, nullable=False, server_default="0"),
    Column("target", String),  # what it edits, withdraws or reacts to (see refs.py)
    Column("thread", String),
    Column("reply_to", String),
    Column("translation_id", ForeignKey("translation.id")),  # waited for, or still to be edited in
    Column("report", String),  # handed to the handler of its outcome
    Column("failure", String),  # why it failed; while it waits, why its chat takes nothing now
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    _partial("uq_delivery_name", "chat_id", "name", unique=True, only="name IS NOT NULL"),
    _partial("ix_delivery_ready", "account", "priority", "id", only="status = 0"),
    _partial("ix_delivery_due", "account", "due_at", only=_PUT_OFF_SQL),
    _partial("ix_delivery_ahead", "chat_id", "subject", only=_AHEAD_SQL),
    _partial("ix_delivery_queued", "chat_id", "subject", "id", only="status = 4"),
    _partial("ix_delivery_sending", "account", only="status = 1"),
    _partial("ix_delivery_failed", "account", "id", only=_FAILED_SQL),
    # Not with the status: each message would move in it three times. With the kind, SQLite thinks it dearer than the
    # indexes of what is ahead and of what is queued, and does not look through all that a lane has ever had.
    Index("ix_delivery_subject", "subject", "chat_id", "kind"),
    Index("ix_delivery_chat_id", "chat_id"),
    Index("ix_delivery_message_id", "message_id"),
    _partial("ix_delivery_target", "target", only="target IS NOT NULL"),
    _partial("ix_delivery_translation", "translation_id", only="translation_id IS NOT NULL"),
)

BEFORE_A_CLOSED_CHAT = (standing(delivery.c.status, *AHEAD), delivery.c.failure.is_not(None))
"""What a delivery meets that waits because nobody may write in its chat now."""

broadcast = Table(
    "broadcast",  # what goes to many groups and has not reached all of them in the store yet
    metadata,
    _id(),
    Column("kind", String, nullable=False),  # publish, amend, recall
    Column("subject", String, nullable=False),
    Column("organisation_id", ForeignKey("organisation.id")),
    Column("language", String),
    Column("message_id", ForeignKey("message.id")),
    Column("name", String),
    Column("reply_to", String),
    Column("after", BigInteger, nullable=False, server_default="0"),  # the last chat that is done
)

part = Table(
    "part",
    metadata,
    _id(),
    Column("delivery_id", ForeignKey("delivery.id"), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("body", LargeBinary),  # what to do, rendered; emptied when sent
    Column("file", Boolean, nullable=False, server_default=text("false")),  # or what stands in the place of one
    Column("status", SmallInteger, nullable=False, server_default="0"),
    Column("network_id", String),
    UniqueConstraint("delivery_id", "position"),
)

copy = Table(
    "copy",
    metadata,
    _id(),
    Column("chat_id", ForeignKey("chat.id"), nullable=False),
    Column("network_id", String, nullable=False),
    Column("subject", String, nullable=False, server_default=""),
    Column("delivery_id", ForeignKey("delivery.id")),  # None: it came in
    Column("position", SmallInteger, nullable=False, server_default="0"),
    Column("file", Boolean, nullable=False, server_default=text("false")),  # its words, if any, are a caption
    Column("text_id", ForeignKey("text.id")),
    UniqueConstraint("chat_id", "network_id"),
    Index("ix_copy_delivery_id", "delivery_id"),
    _partial("ix_copy_text_id", "text_id", only="text_id IS NOT NULL"),
)

reaction = Table(
    "reaction",  # somebody's, to a message that we know; it goes with the message's row
    metadata,
    _id(),
    Column("copy_id", ForeignKey("copy.id", ondelete="CASCADE"), nullable=False),
    Column("mark", String, nullable=False),  # its id on the network; where it has none, what tells it from others
    Column("key", String, nullable=False),  # the emoji
    UniqueConstraint("copy_id", "mark"),
    Index("ix_reaction_mark", "mark"),
)

choice = Table(
    "choice",
    metadata,
    Column("id", String, primary_key=True),
    Column("chat_id", ForeignKey("chat.id"), nullable=False),
    Column("offer", String, nullable=False),  # the choices offered together: one of them counts
    Column("position", SmallInteger, nullable=False),
    Column("delivery_id", ForeignKey("delivery.id")),
    Column("subject", String, nullable=False),
    Column("step", String, nullable=False),
    Column("value", String, nullable=False),
    Column("label", LargeBinary, nullable=False),
    Column("lasting", Boolean, nullable=False),  # may be pressed again and again (Claim)
    Column("used_at", Instant),
    Index("ix_choice_offer", "offer"),
    Index("ix_choice_delivery_id", "delivery_id", "position"),
    Index("ix_choice_chat_id", "chat_id", "subject"),
)

notice = Table(
    "notice",
    metadata,
    _id(),
    Column("number", Integer, nullable=False, unique=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False),
    Column("chat_id", ForeignKey("chat.id"), nullable=False),
    Column("person_id", ForeignKey("person.id")),
    Column("category", String, nullable=False),
    Column("state", String, nullable=False),  # draft, published, recalled
    Column("text_id", ForeignKey("text.id"), nullable=False),  # the source, as it stands now
    Column("language", String, nullable=False),
    Column("template", String),
    Column("machine", Boolean, nullable=False, server_default=text("false")),  # published with unreviewed translations
    Column("valid_until", String),  # a date, YYYY-MM-DD
    Column("created_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("corrected_at", Instant),
    Column("expired_at", Instant),
    Index("ix_notice_text_id", "text_id"),
)

audience = Table(
    "audience",
    metadata,
    Column("notice_id", ForeignKey("notice.id"), primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id"), primary_key=True),
    Column("at", Instant, nullable=False),
)

request = Table(
    "request",
    metadata,
    _id(),
    Column("number", Integer, nullable=False, unique=True),
    Column("chat_id", ForeignKey("chat.id"), nullable=False),
    Column("person_id", ForeignKey("person.id")),
    Column("state", String, nullable=False),  # open, claimed, closed
    Column("language", String, nullable=False),
    Column("language_missing", Boolean, nullable=False, server_default=text("false")),
    Column("category", String),
    Column("for_whom", String),
    Column("reach_text_id", ForeignKey("text.id")),
    Column("area_text_id", ForeignKey("text.id")),
    Column("phone_text_id", ForeignKey("text.id")),  # for a call back; shown to whoever has claimed it, nowhere else
    Column("notice_id", ForeignKey("notice.id")),  # asked about
    Column("answer_by", String),
    Column("claimed_by", ForeignKey("person.id")),
    Column("unanswered", Boolean, nullable=False, server_default=text("true")),
    Column("outcome", String),
    Column("created_at", Instant, nullable=False),
    Column("heard_at", Instant, nullable=False),  # the member's last message
    Column("waits_since", Instant),  # the member's first message that nobody has answered
    Column("closed_at", Instant),
    Index("ix_request_chat_id", "chat_id"),
    Index("ix_request_state", "state"),
)

line = Table(
    "line",
    metadata,
    _id(),
    Column("request_id", ForeignKey("request.id"), nullable=False),
    Column("author", String, nullable=False),  # member, coordinator (a reply), note
    Column("person_id", ForeignKey("person.id")),
    Column("text_id", ForeignKey("text.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Index("ix_line_request_id", "request_id"),
    Index("ix_line_text_id", "text_id"),
)

linked_message = Table(
    "linked_message",  # what was said in a linked chat, as long as somebody may still speak of it; not by whom
    metadata,
    _id(),
    Column("link_id", ForeignKey("link.id"), nullable=False),
    Column("chat_id", ForeignKey("chat.id"), nullable=False),
    Column("network_id", String, nullable=False),
    Column("text_id", ForeignKey("text.id")),  # None: time has deleted the words
    Column("writer", Integer, nullable=False),  # tells its writer from others; -1 with the words gone
    Column("at", Instant, nullable=False),
    Column("root_id", BigInteger, ForeignKey("linked_message.id")),  # the first message of its thread, or its topic
    UniqueConstraint("chat_id", "network_id"),
    Index("ix_linked_message_link_id", "link_id", "id"),
    Index("ix_linked_message_text_id", "text_id"),
)

event = Table(
    "event",
    metadata,
    _id(),
    Column("subject", String, nullable=False),
    Column("what", String, nullable=False),
    Column("person_id", ForeignKey("person.id")),
    Column("at", Instant, nullable=False),
    Index("ix_event_subject", "subject"),
    _partial("ix_event_passed_over", "id", only=_PASSED_OVER_SQL),
)

dialogue = Table(
    "dialogue",
    metadata,
    Column("chat_id", ForeignKey("chat.id"), primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    _id(),
    Column("name", String, nullable=False, unique=True),
    Column("lane", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_schedule_due_at", "due_at"),
)


trouble = Table(
    "trouble",  # what needs the operator's hands now
    metadata,
    Column("cause", String, primary_key=True),  # account/telegram, engine/libretranslate, disk, …
    Column("since", Instant, nullable=False),
    Column("told", Integer, nullable=False, server_default="0"),  # how often the coordination room was told
    Column("told_at", Instant),
)


def referring(to: Table) -> list[Column[int]]:
    """Every column of any table that refers to a row of this one."""
    return [column for table in metadata.sorted_tables for column in table.c if column.references(to.c.id)]
