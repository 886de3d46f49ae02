"""The topics that the bot has opened in rooms whose network keeps messages apart by topics (Telegram's forums)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, literal, select

from bot.outgoing import OpenTopic
from bot.store.database.encoding import decode
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import add, change
from bot.store.tables import PartStatus, delivery, part, topic

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_NAMED = Prepared(select(topic).where(topic.c.chat_id == bindparam("chat"), topic.c.name == bindparam("name")))

LANE = "topic/"
"""How the subject of what is done with a topic begins; its name follows."""


@dataclass(frozen=True, slots=True)
class KnownTopic:
    """`name` is what it is for ("food"); `network_id` is None until the network has opened it."""

    id: int
    chat: int
    name: str
    network_id: str | None
    closed: bool


class Topics:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, chat_id: int, name: str) -> KnownTopic | None:
        return _known(_NAMED.first(self._tx.connection, {"chat": chat_id, "name": name}))

    def asked(self, chat_id: int, name: str) -> None:
        """It is to be opened; once, for a second one would stand there for good."""
        add(self._tx.connection, topic, chat_id=chat_id, name=name, asked_at=self._tx.now)

    def opened(self, chat_id: int, name: str, network_id: str) -> None:
        known = self.get(chat_id, name)
        if known is not None:
            change(self._tx.connection, topic, known.id, network_id=network_id)

    def seen(self, chat_id: int, network_id: str, title: str) -> KnownTopic | None:
        """The network shows us a topic that we have opened; it may be all that tells us so."""
        waiting = (
            select(topic.c.name, part.c.body)
            .join(delivery, delivery.c.id == part.c.delivery_id)
            .join(topic, (topic.c.chat_id == delivery.c.chat_id) & (literal(LANE) + topic.c.name == delivery.c.subject))
            .where(
                delivery.c.chat_id == chat_id,
                delivery.c.kind == "open-topic",
                topic.c.network_id.is_(None),
                part.c.status != PartStatus.SENT,
                part.c.body.is_not(None),
            )
        )
        for row in self._tx.connection.execute(waiting).all():
            action = decode(row.body, object)
            if isinstance(action, OpenTopic) and action.title == title:
                self.opened(chat_id, row.name, network_id)
                return self.get(chat_id, row.name)
        return None

    def set_closed(self, id: int, closed: bool) -> None:
        change(self._tx.connection, topic, id, closed=closed)

    def gone(self, chat_id: int, network_id: str) -> str | None:
        """Somebody has deleted it; what it was for."""
        where = (topic.c.chat_id == chat_id, topic.c.network_id == network_id)
        name: str | None = self._tx.connection.execute(delete(topic).where(*where).returning(topic.c.name)).scalar()
        return name

    def forget(self, chat_id: int, name: str | None = None) -> None:
        """That topic of the chat's, or all, are nothing to us any more."""
        which = () if name is None else (topic.c.name == name,)
        self._tx.connection.execute(delete(topic).where(topic.c.chat_id == chat_id, *which))


def _known(row: Row | None) -> KnownTopic | None:
    if row is None:
        return None
    return KnownTopic(row.id, row.chat_id, row.name, row.network_id, row.closed)
