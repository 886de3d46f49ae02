"""What the bot is waiting for in a chat: one small value each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, delete, func, select

from bot.store.database.prepared import Prepared
from bot.store.tables import delivery, dialogue, text_table

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


_STATE = Prepared(select(dialogue.c.state).where(dialogue.c.chat_id == bindparam("chat")))


class Dialogues:
    """A dialogue is a dict of plain values. People's words are not in it, only the ids of their texts."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, chat: int) -> dict[str, Any]:
        """Empty where there is none."""
        state = _STATE.scalar(self._tx.connection, {"chat": chat})
        return {} if state is None else msgspec.json.decode(state, type=dict[str, Any])

    def save(self, chat: int, state: dict[str, Any]) -> None:
        if not state:
            self._tx.connection.execute(delete(dialogue).where(dialogue.c.chat_id == chat))
            return
        row = self._tx.insert(dialogue).values(chat_id=chat, state=msgspec.json.encode(state))
        self._tx.connection.execute(
            row.on_conflict_do_update(index_elements=["chat_id"], set_={"state": row.excluded.state})
        )

    def put(self, chat: int, **changes: Any) -> None:
        """Change some of its values, None for those that are to go; the rest stays: several people may be writing."""
        state = self.get(chat) | changes
        self.save(chat, {name: value for name, value in state.items() if value is not None})

    def forget_parts(self, chat: int) -> None:
        """What is kept of messages that an app has cut goes."""
        texts = _parts(self.get(chat))
        self.put(chat, cut=None, joined=None)
        self._tx.texts.delete(texts)

    def texts(self) -> list[int]:
        """All texts that are held."""
        return [text for _, state in self._all() for text in _held(state)]

    def unsent_since(self, before: datetime) -> list[tuple[int, list[int]]]:
        """Private chats where nothing was written since `before` and words are held, or a first screen still stands;
        with the texts held."""
        old: list[tuple[int, list[int]]] = []
        for chat_id, state in self._all():
            texts = _held(state)
            if "which" not in state and "held" not in state:
                continue
            screen = (state.get("held") or {}).get("screen")
            written = select(func.max(text_table.c.created_at)).where(text_table.c.id.in_(texts))
            shown = select(delivery.c.created_at).where(delivery.c.chat_id == chat_id, delivery.c.name == screen)
            moments = [self._tx.connection.execute(query).scalar() for query in (written, shown)]
            if all(moment is None or moment < before for moment in moments):
                old.append((chat_id, texts))
        return old

    def _all(self) -> list[tuple[int, dict[str, Any]]]:
        rows = self._tx.connection.execute(select(dialogue.c.chat_id, dialogue.c.state))
        return [(chat_id, msgspec.json.decode(state, type=dict[str, Any])) for chat_id, state in rows]


def _held(state: dict[str, Any]) -> list[int]:
    return [*(state.get("held") or {}).get("texts", ()), *state.get("which", ()), *_parts(state)]


def _parts(state: dict[str, Any]) -> list[int]:
    waiting = [state["cut"]["text"]] if "cut" in state else []
    return [*waiting, *(text for parts in state.get("joined", {}).values() for _, _, text in parts)]
