"""Reactions that people have put to messages we know: what is taken back can be told, and what still stands."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, literal, select

from bot.incoming import Reacted, Unreacted
from bot.store.tables import copy, reaction
from bot.text.graphemes import IN_COLOUR

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


def is_same(key: ColumnElement[str], other: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Whether two reactions are one emoji, however the app of each has written it."""
    return func.replace(key, IN_COLOUR, "") == func.replace(other, IN_COLOUR, "")


class Reactions:
    """They go with the row of their message's copy."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def added(self, chat_id: int, event: Reacted) -> None:
        """Remember a reaction to a message that we know."""
        to = select(copy.c.id, literal(_mark(event)), literal(event.key)).where(
            copy.c.chat_id == chat_id, copy.c.network_id == event.message
        )
        rows = self._tx.insert(reaction).from_select(["copy_id", "mark", "key"], to)
        self._tx.connection.execute(rows.on_conflict_do_nothing())

    def removed(self, chat_id: int, event: Unreacted) -> None:
        """The network says which it was."""
        of = select(copy.c.id).where(copy.c.chat_id == chat_id, copy.c.network_id == event.message).scalar_subquery()
        self._tx.connection.execute(delete(reaction).where(reaction.c.copy_id == of, reaction.c.mark == _mark(event)))

    def taken_back(self, chat_id: int, id: str) -> tuple[str, str] | None:
        """The reaction with that id on the network is no more: to which message it was, and its emoji. None: that is
        no reaction we know."""
        row = self._tx.connection.execute(
            select(reaction.c.id, copy.c.network_id, reaction.c.key)
            .join(copy, copy.c.id == reaction.c.copy_id)
            .where(reaction.c.mark == id, copy.c.chat_id == chat_id)
        ).first()
        if row is None:
            return None
        self._tx.connection.execute(delete(reaction).where(reaction.c.id == row.id))
        return row.network_id, row.key


def _mark(event: Reacted | Unreacted) -> str:
    """The reaction's own id; where it has none, something that says whether it is the same, and not whose."""
    if isinstance(event, Reacted) and event.id is not None:
        return event.id
    who = "" if event.person is None else event.person.id
    told = "\0".join((event.chat.account, event.chat.id, event.message, who, event.key))
    return blake2b(told.encode(), digest_size=12).hexdigest()
