"""What exactly a delivery is on one network: the actions that say, edit, take back and answer it, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from bot.actions import ShownButtons
from bot.content import Attached, Content, Verbatim, say
from bot.files.attached import called
from bot.model import TOPIC, Chat, SpanKind, Text
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
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Limits
from bot.store.chats.reactions import is_same
from bot.store.chats.topics import LANE
from bot.store.database.prepared import Prepared, Row
from bot.store.outbox import messages, refs
from bot.store.outbox.copies import LEFT_BEHIND, transaction_id
from bot.store.outbox.lanes import SAID_AGAIN
from bot.store.tables import PartStatus, copy, delivery, part
from bot.store.texts.attachments import Kept
from bot.text.rendering import Lookups, Reading, Speaks, render
from bot.text.splitting import length, split

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_COPIES = Prepared(
    select(copy)
    .where(copy.c.delivery_id == bindparam("delivery"), ~copy.c.network_id.startswith(LEFT_BEHIND))
    .order_by(copy.c.position, copy.c.id)
)
_LEFT = Prepared(
    select(copy.c.id)
    .where(copy.c.delivery_id == bindparam("delivery"), copy.c.network_id.startswith(LEFT_BEHIND))
    .limit(1)
)
_OUR_REACTIONS = Prepared(
    select(delivery.c.argument, part.c.network_id, is_same(delivery.c.argument, bindparam("key")).label("is_it"))
    .join(part, part.c.delivery_id == delivery.c.id)
    .where(
        delivery.c.target == bindparam("of"),
        delivery.c.chat_id == bindparam("chat"),
        delivery.c.kind == "react",
        part.c.status != PartStatus.TODO,
    )
    .order_by(delivery.c.id.desc())
)

_STANDS_IN = Prepared(select(delivery.c.thread).where(delivery.c.id == bindparam("delivery")))

_TO_TOPIC, _TO_WHAT_IS_LEFT = refs.to_message(TOPIC), refs.to_message(LEFT_BEHIND)
_NOTHING = Text("…")  # no network takes a message of nothing
LONGEST_TITLE = 128  # characters of a topic's (core.telegram.org/bots/api#createforumtopic)
MARK_ROOM = 24  # what the mark of a message said again may take of the limit


class Plans:
    def __init__(self, tx: Transaction, account: str, limits: Limits, catalogue: Speaks) -> None:
        self._tx = tx
        self._account = account
        self._limits = limits
        self._catalogue = catalogue
        self._contents: dict[int, tuple[Content, ShownButtons]] = {}  # by their messages

    def of(self, row: Row) -> list[Outgoing]:
        """Empty where there is nothing to do any more. The row is one of Heads.ready: it has its chat and content."""
        to = Chat(row.account, row.network_id)
        match row.kind:
            case "say":
                return self._plan_say(row, to)
            case "edit":
                return self._plan_edit(row, to)
            case "withdraw":
                return self._plan_withdraw(row, to)
            case "pin":
                message = self._message_id(row.target)
                return [PinMessage(to, message)] if message else []
            case "unpin":
                return [UnpinMessage(to, message) for message in self._messages(row.target)]
            case "react":
                message = self._message_id(row.target)
                return [SendReaction(to, message, row.argument, self._transaction(row, 0))] if message else []
            case "unreact":
                return self._plan_unreact(row, to)
            case "answer":
                return [AnswerPress(to, row.argument, self._body(row)[0].plain[:200])]
            case "join":
                return [JoinChat(to)]
            case "leave":
                return [LeaveChat(to)]
            case "inspect":
                return [InspectChat(to)]
            case "look-for":
                return [LookFor(to, self._tx.chats.address_of(int(row.argument)).id)]
            case "open-private":
                return [OpenPrivate(to, self._tx.chats.address_of(int(row.argument)).id)]
            case "open-topic":
                title = " ".join(self._body(row)[0].plain.split())
                return [OpenTopic(to, title[:LONGEST_TITLE])]
            case "close-topic" | "reopen-topic":
                topic = self._tx.topics.get(row.chat_id, row.subject.removeprefix(LANE))
                closed = row.kind == "close-topic"
                return [CloseTopic(to, topic.network_id, closed)] if topic and topic.network_id else []
            case kind:
                raise ValueError(f"a delivery of kind {kind}")

    def _plan_say(self, row: Row, to: Chat) -> list[Outgoing]:
        """The words, then what came with them; a file takes the words along as its caption where they fit."""
        text, choices = self._body(row)
        files = self._files(row)
        thread, reply_to = self._thread(row)
        captioned = bool(files) and self._takes_words(files[0][1], text)
        pieces = [] if captioned or (files and not text) else self._split(text)
        plan: list[Outgoing] = [
            SendText(
                to,
                piece,
                self._transaction(row, position),
                choices if position == len(pieces) - 1 else (),
                thread,
                reply_to if position == 0 or thread is None else None,
                role=row.chat_role,
            )
            for position, piece in enumerate(pieces)
        ]
        for of, kept in files:
            first = captioned and not plan
            plan.append(
                SendFile(
                    to,
                    kept.account,
                    kept.attachment,
                    of,
                    text if first else Text(""),
                    self._transaction(row, len(plan)),
                    choices if first else (),
                    thread,
                    reply_to if not plan or thread is None else None,
                    role=row.chat_role,
                )
            )
        return plan

    def _plan_edit(self, row: Row, to: Chat) -> list[Outgoing]:
        """Edits part by part; parts too many are taken back, parts too few are said, as answers to the last one there.
        Files stay, or go. Where the chat has moved away from all of it, it is said anew."""
        if row.argument == SAID_AGAIN and not self._limits.idempotent:
            return []  # there it was said anew, with its mark
        copies = self._copies(refs.delivery_id(row.target))
        if not self._limits.edits or (not copies and not self._was_left(row.target)):
            return []
        keeps = any(isinstance(block, Attached) for block in self._content(row)[0])
        captioned = bool(keeps and copies and copies[0].file and self._limits.caption > 0)
        words = [c for c in copies if not c.file or (captioned and c is copies[0])]
        text, choices = self._body(row)
        pieces = self._split(text, self._limits.caption if captioned else self._limits.text)
        thread, reply_to = self._thread(row)
        last = words[-1].network_id if words else reply_to
        plan: list[Outgoing] = []
        for position, piece in enumerate(pieces):
            buttons = choices if position == len(pieces) - 1 else ()
            transaction = self._transaction(row, position)
            if position < len(words):
                caption = captioned and position == 0
                plan.append(EditText(to, words[position].network_id, piece, transaction, buttons, thread, caption))
            else:
                plan.append(SendText(to, piece, transaction, buttons, thread, last, role=row.chat_role))
        too_old = len(words) > len(pieces) and self._too_old(row.target)
        for extra in words[len(pieces) :]:
            transaction = self._transaction(row, len(plan))
            if too_old:  # what it says is no longer true, though it cannot go
                plan.append(EditText(to, extra.network_id, _NOTHING, transaction, (), thread))
            else:
                plan.append(Withdraw(to, extra.network_id, transaction))
        for file in (c for c in copies if c.file and not keeps):
            plan.append(Withdraw(to, file.network_id, self._transaction(row, len(plan))))
        return plan

    def _plan_withdraw(self, row: Row, to: Chat) -> list[Outgoing]:
        """Takes every part back. With a message of its own, that takes the place of what is too old for it."""
        if refs.is_to_message(row.target):
            return [Withdraw(to, message, self._transaction(row, 0)) for message in self._messages(row.target)]
        copies = self._copies(refs.delivery_id(row.target))
        instead = self._body(row)[0] if row.message_id is not None and self._too_old(row.target) else None
        return [
            Withdraw(to, c.network_id, self._transaction(row, n))
            if instead is None or c.file  # words can be replaced; a picture would stay
            else EditText(to, c.network_id, instead, self._transaction(row, n))
            for n, c in enumerate(copies)
        ]

    def _plan_unreact(self, row: Row, to: Chat) -> list[Outgoing]:
        """Where reactions have no ids, ours to a message is one: it may be another by now."""
        message = self._message_id(row.target)
        ours = _OUR_REACTIONS.all(self._tx.connection, {"of": row.target, "chat": row.chat_id, "key": row.argument})
        found = next((one for one in ours if one.is_it), None)
        if message is None or found is None or (found.network_id is None and found is not ours[0]):
            return []
        return [TakeReaction(to, message, found.argument, self._transaction(row, 0), found.network_id)]

    def _too_old(self, target: str) -> bool:
        """Whether the network no longer lets a delivery of ours be withdrawn."""
        within = self._limits.withdraw_within
        sent = self._tx.deliveries.row(refs.delivery_id(target)).done_at
        return within is not None and self._limits.edits and sent is not None and self._tx.now - sent >= within

    def _files(self, row: Row) -> list[tuple[int, Kept]]:
        """Each file with the text that it came with."""
        content, _ = self._content(row)
        texts = [block.text for block in content if isinstance(block, Attached)]
        return [(text, kept) for text in texts for kept in self._tx.attachments.of(text)]

    def _takes_words(self, kept: Kept, text: Text) -> bool:
        if kept.attachment.kind == "video_note":
            return False  # nowhere has a round video words
        return length(text, self._limits.unit) <= self._limits.caption - MARK_ROOM

    def _body(self, row: Row) -> tuple[Text, Rows]:
        content, buttons = self._content(row)
        text = self._render(content, row)
        if not buttons:
            return text, ()
        rows = tuple(
            tuple(
                Choice(b.id, (b.label.plain if isinstance(b.label, Verbatim) else self._label(b.label, row)), b.url)
                for b in shown
            )
            for shown in buttons
        )
        return text, rows

    def _content(self, row: Row) -> tuple[Content, ShownButtons]:
        """What it says; a notice to a thousand groups is one message."""
        found = self._contents.get(row.message_id)
        if found is None:
            found = self._contents[row.message_id] = messages.decoded(row.content)
        return found

    def _label(self, sentence: Any, row: Row) -> str:
        return self._catalogue.render(sentence, row.language).plain

    def _render(self, content: Content, row: Row) -> Text:
        return render(
            content, row.language, self._catalogue, Lookups(self._reading, partial(self._help_link, row.chat_id))
        )

    def _reading(self, text_id: int, language: str) -> Reading:
        text = self._tx.texts.get(text_id)
        found = self._tx.texts.translation(text_id, language)
        if found is None or found.result is None:
            return Reading(text.text, text.language)
        result = self._tx.texts.get(found.result).text
        return Reading(text.text, text.language, result, found.state, found.needs_a_person)

    def _help_link(self, chat: int, start: str) -> str | None:
        link = self._tx.accounts.get(self._account).private_link
        return link.replace("{start}", (start or "g-{chat}").replace("{chat}", str(chat))) or None

    def _split(self, text: Text, longest: int | None = None) -> list[Text]:
        return split(text, (longest or self._limits.text) - MARK_ROOM, self._limits.unit) or [_NOTHING]

    def _thread(self, row: Row) -> tuple[str | None, str | None]:
        """Thread and reply as this network has them: without threads, a chain of replies to the first message, in its
        topic if it stands in one."""
        if row.thread is None and row.reply_to is None:
            return None, None
        thread, reply_to = self._message_id(row.thread), self._message_id(row.reply_to)
        if thread is not None and not self._limits.threads and not thread.startswith(TOPIC):
            return self._topic_of(row.thread), reply_to or thread
        return thread, reply_to

    def _topic_of(self, ref: str) -> str | None:
        """The topic in which a delivery of ours stands, as a thread."""
        if not refs.is_to_delivery(ref):
            return None
        of = _STANDS_IN.scalar(self._tx.connection, {"delivery": refs.delivery_id(ref)})
        return refs.message_id(of) if of is not None and of.startswith(_TO_TOPIC) else None

    def _message_id(self, ref: str | None) -> str | None:
        messages = self._messages(ref)
        return messages[0] if messages else None

    def _messages(self, ref: str | None) -> list[str]:
        """All the messages that something of ours is in, or the one that came in."""
        if ref is None or ref.startswith(_TO_WHAT_IS_LEFT):
            return []
        if refs.is_to_message(ref):
            return [refs.message_id(ref)]
        return [found.network_id for found in self._copies(refs.delivery_id(ref))]

    def _was_left(self, ref: str) -> bool:
        """Whether there is something of ours that the chat has moved away from."""
        return _LEFT.first(self._tx.connection, {"delivery": refs.delivery_id(ref)}) is not None

    def _copies(self, delivery_id: int) -> Sequence[Row]:
        return _COPIES.all(self._tx.connection, {"delivery": delivery_id})

    @staticmethod
    def _transaction(row: Row, position: int) -> str:
        return transaction_id(row.id, position, row.created_at)


def instead(lost: SendFile, catalogue: Speaks, language: str) -> list[SendText]:
    """What is said where a file cannot be: its caption, if it had one, and what it was."""
    missing = catalogue.render(say("file-not-here", what=called(lost.attachment)), language).styled(SpanKind.ITALIC)
    to, thread, reply_to, role = lost.chat, lost.thread, lost.reply_to, lost.role
    words = SendText(to, lost.caption, lost.transaction, lost.choices, thread, reply_to, role=role)
    notice = SendText(to, missing, f"{lost.transaction}-instead", (), thread, reply_to, role=role)
    return [words, notice] if lost.caption else [notice]
