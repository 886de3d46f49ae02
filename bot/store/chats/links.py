"""Linked chats: which hear each other, and what was said in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, bindparam, delete, literal, select, update

from bot.actions import Ref
from bot.content import Translated, Verbatim
from bot.domain.chats import KnownChat, Role, is_same_name
from bot.domain.links import NOBODY, KnownLink, LinkedMessage, fingerprint, named
from bot.model import Attachment, Person
from bot.outgoing import OpenTopic
from bot.store.chats.reactions import is_same
from bot.store.database.encoding import decode, texts_in
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import both, change
from bot.store.outbox import messages, refs
from bot.store.outbox.copies import LEFT_BEHIND
from bot.store.tables import (
    UNFINISHED,
    PartStatus,
    Status,
    attachment,
    chat,
    copy,
    delivery,
    link,
    linked_message,
    message,
    part,
    reaction,
)

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_AT = Prepared(
    select(linked_message).where(
        linked_message.c.chat_id == bindparam("chat"), linked_message.c.network_id == bindparam("network")
    )
)
_BY_ID = Prepared(select(linked_message).where(linked_message.c.id == bindparam("id")))
_SPOKE = both(lambda into: into(linked_message).on_conflict_do_nothing().returning(linked_message))
_CHATS = Prepared(select(chat.c.id).where(chat.c.link_id == bindparam("link"), chat.c.active).order_by(chat.c.id))
_LATELY = Prepared(
    select(message.c.content)
    .join(delivery, delivery.c.message_id == message.c.id)
    .where(
        delivery.c.subject == bindparam("lane"), delivery.c.kind == "say", delivery.c.created_at >= bindparam("since")
    )
    .order_by(delivery.c.id.desc())
    .limit(100)
)
_NEWEST = 100  # messages among which those of the last minutes are looked for


class Links:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    # --- which chats -----------------------------------------------------------------------------------------------

    def get(self, id: int) -> KnownLink:
        return _link(self._tx.connection.execute(select(link).where(link.c.id == id)).one())

    def of(self, organisation: int) -> list[KnownLink]:
        query = select(link).where(link.c.organisation_id == organisation).order_by(link.c.id)
        return [_link(row) for row in self._tx.connection.execute(query)]

    def named(self, organisation: int, name: str) -> KnownLink | None:
        """The organisation's conversation of that name, however it is typed."""
        alike = [one for one in self.of(organisation) if is_same_name(one.name, name)]
        return next((one for one in alike if one.name == name), alike[0] if alike else None)

    def add(self, organisation: int, name: str) -> KnownLink:
        row = self._tx.insert(link).values(organisation_id=organisation, name=name).returning(link)
        return _link(self._tx.connection.execute(row).one())

    def chats(self, id: int) -> list[KnownChat]:
        """The chats that can be reached now."""
        found = _CHATS.scalars(self._tx.connection, {"link": id})
        return [self._tx.chats.get(one) for one in found]

    def members(self, id: int) -> list[int]:
        """All its chats, those out of reach as well."""
        return list(self._tx.connection.execute(select(chat.c.id).where(chat.c.link_id == id)).scalars())

    # --- what was said ---------------------------------------------------------------------------------------------

    def spoke(
        self,
        to: KnownLink,
        chat_id: int,
        network_id: str,
        person: Person | None,
        text: int,
        root: LinkedMessage | None = None,
    ) -> LinkedMessage | None:
        """Remember what somebody has said, in the thread of `root` if any; None where that was done before."""
        row = _SPOKE.first(
            self._tx.connection,
            {
                "link_id": to.id,
                "chat_id": chat_id,
                "network_id": network_id,
                "text_id": text,
                "writer": NOBODY if person is None else fingerprint(person, network_id),
                "at": self._tx.now,
                "root_id": None if root is None else root.id,
            },
        )
        return None if row is None else _message(row)

    def written(self, chat_id: int, network_id: str) -> LinkedMessage | None:
        """What a person has written in that chat."""
        row = _AT.first(self._tx.connection, {"chat": chat_id, "network": network_id})
        return None if row is None else _message(row)

    def meant(self, where: KnownChat, network_id: str) -> LinkedMessage | None:
        """What a message in a linked chat says, be it a person's own or the bot's copy of it."""
        own = self.written(where.id, network_id)
        if own is not None or where.link is None:
            return own
        copied = self._tx.copies.at(where.id, network_id)
        id = None if copied is None else named(where.link, copied.name)
        if id is None:
            return None
        return self.by_id(id)

    def stands_in(self, of: LinkedMessage) -> list[int]:
        """The chats to which it was passed on, also those that have left the conversation since."""
        query = (
            select(chat.c.id)
            .join(delivery, delivery.c.chat_id == chat.c.id)
            .where(chat.c.role.in_((Role.GROUP, Role.ORGANISATION)), delivery.c.name == of.name)
        )
        return list(self._tx.connection.execute(query.order_by(chat.c.id)).scalars())

    def latest_in(self, where: KnownChat, limit: int) -> list[LinkedMessage]:
        """What was passed on to a linked chat last, the newest first."""
        if where.link is None:
            return []
        query = select(delivery.c.name).where(
            delivery.c.subject == f"L{where.link}",
            delivery.c.chat_id == where.id,
            delivery.c.kind == "say",
            delivery.c.name.is_not(None),
        )
        names = self._tx.connection.execute(query.order_by(delivery.c.id.desc()).limit(limit)).scalars()
        ids = [named(where.link, name) for name in names]
        found = [self.by_id(id) for id in ids if id is not None]
        return [message for message in found if message is not None]

    def not_taken_back(self, where: KnownChat) -> list[str]:
        """What was taken back while that chat was out of reach, by its names there; each is told once."""
        lanes = [] if where.organisation is None else [of.subject for of in self.of(where.organisation)]
        query = select(delivery.c.id, delivery.c.target).where(
            delivery.c.subject.in_(lanes),
            delivery.c.chat_id == where.id,
            delivery.c.kind == "withdraw",
            delivery.c.status == Status.FAILED,
        )
        names = []
        for id, target in self._tx.connection.execute(query.order_by(delivery.c.id)).all():
            self._tx.lanes.drop(id)
            names.append(self._tx.deliveries.row(refs.delivery_id(target)).name)
        return names

    def by_id(self, id: int) -> LinkedMessage | None:
        row = _BY_ID.first(self._tx.connection, {"id": id})
        return None if row is None else _message(row)

    def of_text(self, text: int) -> LinkedMessage | None:
        row = self._tx.connection.execute(select(linked_message).where(linked_message.c.text_id == text)).first()
        return None if row is None else _message(row)

    def reads_now(self, of: LinkedMessage, text: int, person: Person) -> None:
        """Its writer has changed it."""
        writer = fingerprint(person, of.network_id)
        change(self._tx.connection, linked_message, of.id, text_id=text, writer=writer)

    def said_lately(self, of: KnownLink, within: timedelta) -> list[tuple[str, list[str]]]:
        """What was passed on: the line above it, and its words in every language in which somebody reads them."""
        lately = _LATELY.scalars(self._tx.connection, {"lane": of.subject, "since": self._tx.now - within})
        told: dict[int, str] = {}
        for content in dict.fromkeys(bytes(one) for one in lately):
            blocks, _ = messages.decoded(content)
            heads = [block.plain for block in blocks if isinstance(block, Verbatim)]
            texts = [block.text for block in blocks if isinstance(block, Translated)]
            told |= {text: heads[0] for text in texts if heads}
        # What was taken back while it was on its way has no words any more, though it may be said still.
        return [(head, words) for text, head in told.items() if (words := self._words(text))]

    def files_lately(self, of: KnownLink, within: timedelta) -> list[tuple[LinkedMessage, list[Attachment]]]:
        """What was said with files alone, the newest first, with them."""
        said = select(linked_message).where(
            linked_message.c.link_id == of.id,
            linked_message.c.at >= self._tx.now - within,
            linked_message.c.text_id.in_(select(attachment.c.text_id)),
        )
        rows = self._tx.connection.execute(said.order_by(linked_message.c.id.desc()).limit(_NEWEST)).all()
        alone = [row for row in rows if not self._tx.texts.get(row.text_id).text]
        return [(_message(row), [kept.attachment for kept in self._tx.attachments.of(row.text_id)]) for row in alone]

    def _words(self, text: int) -> list[str]:
        stored = (self._tx.texts.find(one) for one in (text, *self._tx.texts.results(text)))
        return [one.text.plain for one in stored if one is not None]

    def leave_behind(self, chat_id: int, where: str) -> None:
        """A chat has moved from `where`: what was said there stays there, and its number may be given anew."""
        self._tx.connection.execute(
            update(linked_message)
            .where(linked_message.c.chat_id == chat_id, ~linked_message.c.network_id.startswith(LEFT_BEHIND))
            .values(network_id=literal(f"{LEFT_BEHIND}{where}:") + linked_message.c.network_id)
        )

    def has_reacted(self, to: int, target: Ref, key: str) -> bool:
        """Whether that reaction was passed on to a message, and not taken back since."""
        query = select(delivery.c.kind).where(
            delivery.c.target == self._tx.deliveries.ref(to, target),
            delivery.c.chat_id == to,
            delivery.c.kind.in_(("react", "unreact")),
            is_same(delivery.c.argument, key),
            delivery.c.status != Status.DROPPED,
        )
        latest = self._tx.connection.execute(query.order_by(delivery.c.id.desc()).limit(1)).scalar()
        return latest == "react"

    def reaction_stands(self, to: LinkedMessage, key: str) -> bool:
        """Whether anybody's reaction of that emoji to the message is left, in whatever chat."""
        query = select(reaction.c.id).where(reaction.c.copy_id.in_(self._copies(to)), is_same(reaction.c.key, key))
        return self._tx.connection.execute(query.limit(1)).first() is not None

    def _copies(self, of: LinkedMessage) -> Select[int]:
        """The message itself, and what stands of it elsewhere."""
        chats = select(chat.c.id).where(chat.c.link_id == of.link)
        said = select(delivery.c.id).where(delivery.c.chat_id.in_(chats), delivery.c.name == of.name)
        itself = (copy.c.chat_id == of.chat) & (copy.c.network_id == of.network_id)
        return select(copy.c.id).where(itself | copy.c.delivery_id.in_(said))

    # --- topics ----------------------------------------------------------------------------------------------------

    def topic(self, to: KnownLink, chat_id: int, network_id: str) -> LinkedMessage:
        """The topic of one of its chats, made when it is new. It belongs to the conversation of which its chat is one
        now."""
        known = self.written(chat_id, network_id)
        if known is None:
            known = self.spoke(to, chat_id, network_id, None, self._tx.texts.add("", None))
            assert known is not None
        elif known.link != to.id:
            change(self._tx.connection, linked_message, known.id, link_id=to.id)
            known = replace(known, link=to.id)
        return known

    def topic_name(self, of: LinkedMessage) -> str | None:
        """What a topic is called; "" where nobody has said, None once time has deleted it."""
        return None if of.text is None else self._tx.texts.get(of.text).text.plain

    def call_topic(self, of: LinkedMessage, name: str) -> LinkedMessage:
        text = self._tx.texts.add(name, None)
        change(self._tx.connection, linked_message, of.id, text_id=text)
        return replace(of, text=text)

    def has_opened(self, asked: int) -> bool:
        """Whether the topic that a delivery asks for is there."""
        return self._tx.connection.execute(select(copy.c.id).where(copy.c.delivery_id == asked)).first() is not None

    def topic_opened(self, chat_id: int, network_id: str, title: str) -> None:
        """The network shows us a topic that we have opened; it may be all that tells us so."""
        asked = (
            select(delivery.c.id, delivery.c.subject, part.c.body)
            .join(part, part.c.delivery_id == delivery.c.id)
            .where(
                delivery.c.chat_id == chat_id,
                delivery.c.kind == "open-topic",
                delivery.c.name.is_not(None),
                part.c.status == PartStatus.SENDING,
                ~select(copy.c.id).where(copy.c.delivery_id == delivery.c.id).exists(),
            )
            .order_by(delivery.c.id)
        )
        for row in self._tx.connection.execute(asked).all():
            action = decode(row.body, object)
            if isinstance(action, OpenTopic) and action.title == title:
                there = {"chat_id": chat_id, "network_id": network_id, "subject": row.subject, "delivery_id": row.id}
                self._tx.connection.execute(self._tx.insert(copy).values(there).on_conflict_do_nothing())
                return

    # --- forgetting ------------------------------------------------------------------------------------------------

    def forget(self, before: datetime, limit: int) -> int:
        """Delete the words of what was said before, and the names above them; which copy is whose stays, so that
        answers and changes still find their way. How much there was."""
        old = select(linked_message).where(linked_message.c.at < before, linked_message.c.text_id.is_not(None))
        words = [_message(row) for row in self._tx.connection.execute(old.limit(limit))]
        for one in words:
            self.forget_words(one)
        subjects = [f"L{id}" for id in self._tx.connection.execute(select(link.c.id)).scalars()]
        said = delivery.c.subject.in_(subjects) & (delivery.c.done_at < before) & delivery.c.message_id.is_not(None)
        query = select(delivery.c.id, delivery.c.message_id).where(said).limit(limit)
        heads = self._tx.connection.execute(query).all()
        self._forget_bodies(heads)
        return max(len(words), len(heads))

    def forget_words(self, of: LinkedMessage) -> None:
        """Delete what a message says, wherever it was passed on to; what has gone out on the networks stays there."""
        if of.text is not None:
            change(self._tx.connection, linked_message, of.id, text_id=None, writer=NOBODY)
        self._tx.connection.execute(delete(reaction).where(reaction.c.copy_id.in_(self._copies(of))))
        chats = select(chat.c.id).where(chat.c.link_id == of.link)
        said = select(delivery.c.id).where(delivery.c.chat_id.in_(chats), delivery.c.name == of.name)
        ids = self._tx.connection.execute(said).scalars().all()
        ours = delivery.c.id.in_(ids) | delivery.c.target.in_([refs.to_delivery(id) for id in ids])
        settled = delivery.c.status.not_in(UNFINISHED) & delivery.c.message_id.is_not(None)
        query = select(delivery.c.id, delivery.c.message_id).where(ours, settled)
        rows = self._tx.connection.execute(query).all()
        bodies = select(message.c.content).where(message.c.id.in_([body for _, body in rows]))
        before = {id for body in self._tx.connection.execute(bodies).scalars() for id in texts_in(body)}
        self._forget_bodies(rows)
        self._tx.texts.delete(before if of.text is None else {*before, of.text})  # it may have been changed

    def _forget_bodies(self, rows: Sequence[Row]) -> None:
        bodies = [body for _, body in rows]
        self._tx.connection.execute(
            update(delivery).where(delivery.c.id.in_([id for id, _ in rows])).values(message_id=None)
        )
        used = select(delivery.c.id).where(delivery.c.message_id == message.c.id).exists()
        self._tx.connection.execute(delete(message).where(message.c.id.in_(bodies), ~used))


def _link(row: Row) -> KnownLink:
    return KnownLink(row.id, row.organisation_id, row.name)


def _message(row: Row) -> LinkedMessage:
    return LinkedMessage(
        row.id,
        row.link_id,
        row.chat_id,
        row.network_id,
        row.text_id,
        row.writer,
        row.root_id,
    )
