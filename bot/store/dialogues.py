"""What the bot is waiting for in a private chat: one small value a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, select

from bot.store.tables import dialogue

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


class Dialogues:
    """A dialogue is a dict of plain values. People's words are not in it, only the ids of their texts."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, chat: int) -> dict[str, Any]:
        """Empty where there is none."""
        state = self._tx.connection.execute(select(dialogue.c.state).where(dialogue.c.chat_id == chat)).scalar()
        return {} if state is None else msgspec.json.decode(state, type=dict[str, Any])

    def save(self, chat: int, state: dict[str, Any]) -> None:
        if not state:
            self._tx.connection.execute(delete(dialogue).where(dialogue.c.chat_id == chat))
            return
        row = self._tx.insert(dialogue).values(chat_id=chat, state=msgspec.json.encode(state))
        self._tx.connection.execute(
            row.on_conflict_do_update(index_elements=["chat_id"], set_={"state": row.excluded.state})
        )
