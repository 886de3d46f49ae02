"""Copies: where messages ended up on their networks, ours and other people's, so that answers find their subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, literal, select, update

from bot.outgoing import SendText
from bot.store.database.encoding import decode
from bot.store.database.prepared import Prepared
from bot.store.database.statements import both
from bot.store.outbox import refs
from bot.store.tables import copy, delivery, part

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_TRANSACTION = re.compile(r"schakel-(?P<id>\d+)-(?P<position>\d+)-[0-9a-f]+")

LEFT_BEHIND = "left-behind:"
"""How the id of a message begins, in a copy and in what refers to it, whose chat has moved: no call reaches it, and the
new chat may give its old id to another."""

_CAME_IN = both(
    lambda into: (row := into(copy)).on_conflict_do_update(
        index_elements=["chat_id", "network_id"],
        set_={"text_id": func.coalesce(row.excluded.text_id, copy.c.text_id)},
        where=copy.c.delivery_id.is_(None),
    )
)

_ECHOED = Prepared(
    select(
        *(delivery.c[name] for name in ("id", "kind", "subject", "target", "created_at")),
        *(part.c.file, part.c.body),
    )
    .outerjoin(part, (part.c.delivery_id == delivery.c.id) & (part.c.position == bindparam("place")))
    .where(delivery.c.id == bindparam("the_id"), delivery.c.chat_id == bindparam("chat"))
)


def transaction_id(delivery_id: int, position: int, created_at: datetime) -> str:
    """What a network knows a part of a delivery by: the same at every attempt, and never another's, even after the
    database was made anew on the same account."""
    return f"schakel-{delivery_id}-{position}-{round(created_at.timestamp() * 1_000_000):x}"


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """A message in a chat, ours or somebody's, that we can speak of. `name` is our delivery's name."""

    subject: str
    delivery: int | None
    name: str | None
    text: int | None


class Copies:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def at(self, chat_id: int, network_id: str) -> KnownCopy | None:
        """What we know of a message in a chat, by the network's id."""
        row = self._tx.connection.execute(
            select(copy.c.subject, copy.c.delivery_id, delivery.c.name, copy.c.text_id)
            .outerjoin(delivery, delivery.c.id == copy.c.delivery_id)
            .where(copy.c.chat_id == chat_id, copy.c.network_id == network_id)
        ).first()
        return None if row is None else KnownCopy(*row)

    def echoed(self, chat_id: int, transaction: str, network_id: str) -> None:
        """Our own message came back to us, maybe before its receipt was kept: what answers it finds its subject.

        The delivery itself is settled by its sender, who repeats it with the same transaction id.
        """
        match = _TRANSACTION.fullmatch(transaction)
        if match is None:
            return
        position = int(match["position"])
        given = {"the_id": int(match["id"]), "chat": chat_id, "place": position}
        row = _ECHOED.first(self._tx.connection, given)
        if row is None or transaction != transaction_id(row.id, position, row.created_at):
            return
        # An edit can add a part to what was said; the body of one that has its receipt is gone, and its copy there.
        adds = row.kind == "edit" and row.body is not None and isinstance(decode(row.body, object), SendText)
        if row.kind == "say" or adds:
            self._tx.connection.execute(
                self._tx.insert(copy)
                .values(
                    chat_id=chat_id,
                    network_id=network_id,
                    subject=row.subject,
                    delivery_id=refs.delivery_id(row.target) if adds else row.id,
                    position=position,
                    file=bool(row.file),
                )
                .on_conflict_do_nothing()
            )

    def came_in(self, chat_id: int, network_id: str, subject: str, text: int | None = None) -> None:
        """Remember a message of somebody's, so that answers to it find their subject; `text` is what it says now."""
        row = {"chat_id": chat_id, "network_id": network_id, "subject": subject, "text_id": text}
        _CAME_IN.run(self._tx.connection, row)

    def has_come_in(self, chat_id: int, text: int) -> bool:
        """Whether a text is of a message that somebody wrote in that chat."""
        query = select(copy.c.id).where(copy.c.chat_id == chat_id, copy.c.text_id == text)
        return self._tx.connection.execute(query.limit(1)).first() is not None

    def leave_behind(self, chat_id: int, where: str) -> None:
        """The chat has moved from `where`: what was said there stays there."""
        self._tx.connection.execute(
            update(copy)
            .where(copy.c.chat_id == chat_id, ~copy.c.network_id.startswith(LEFT_BEHIND))
            .values(network_id=literal(f"{LEFT_BEHIND}{where}:") + copy.c.network_id)
        )

    def message_of(self, chat_id: int, text: int) -> str | None:
        """The message of somebody's in that chat that says a text, by the network's id."""
        query = select(copy.c.network_id).where(
            copy.c.chat_id == chat_id, copy.c.text_id == text, ~copy.c.network_id.startswith(LEFT_BEHIND)
        )
        found: str | None = self._tx.connection.execute(query.order_by(copy.c.id.desc()).limit(1)).scalar()
        return found

    def texts_about(self, chat_id: int, subject: str, but: str | None = None) -> list[int]:
        """What people's messages in that chat about a subject say now, all `but` one."""
        query = select(copy.c.text_id).where(copy.c.chat_id == chat_id, copy.c.subject == subject)
        if but is not None:
            query = query.where(copy.c.network_id != but)
        query = query.where(copy.c.text_id.is_not(None)).order_by(copy.c.id)
        return list(self._tx.connection.execute(query).scalars())

    def messages_of(self, chat_id: int, text: int) -> list[str]:
        """The messages in that chat, by the network's ids, that have a text together, the first one first."""
        query = select(copy.c.network_id).where(copy.c.chat_id == chat_id, copy.c.text_id == text)
        return list(self._tx.connection.execute(query.order_by(copy.c.id)).scalars())

    def reads_now(self, chat_id: int, network_id: str, text: int | None) -> None:
        """The writer has changed a message: this is its text now, or it has none that counts."""
        self._tx.connection.execute(
            update(copy).where(copy.c.chat_id == chat_id, copy.c.network_id == network_id).values(text_id=text)
        )

    def become(self, before: int, after: int) -> None:
        """What was said with one text is kept as another now."""
        self._tx.connection.execute(update(copy).where(copy.c.text_id == before).values(text_id=after))

    def belong(self, texts: Sequence[int], subject: str) -> None:
        """Messages that came in before anybody knew what about: these are about `subject`."""
        self._tx.connection.execute(update(copy).where(copy.c.text_id.in_(list(texts))).values(subject=subject))
