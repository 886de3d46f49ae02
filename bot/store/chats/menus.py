"""Which command menus a network has been told, so that only what changes is told again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, select

from bot.domain.chats import Role
from bot.model import Chat
from bot.outgoing import SetCommands
from bot.store.database.statements import both
from bot.store.tables import menu

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

ROOMS = (Role.COORDINATION, Role.ORGANISATION)
"""The chats that have a menu of their own."""

_SET = both(
    lambda into: (row := into(menu)).on_conflict_do_update(
        index_elements=["account", "scope", "chat", "language"], set_={"digest": row.excluded.digest}
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a menu is shown: `chat` is the network's id of the room that has it, "" for a menu of many chats;
    `language` "" for every other language."""

    scope: Literal["private", "groups", "room"]
    chat: str
    language: str

    def emptied(self, account: str) -> SetCommands:
        """Takes the menu away."""
        room = Chat(account, self.chat) if self.chat else None
        return SetCommands(account, self.scope, self.language or None, (), room)


def place(announced: SetCommands) -> Place:
    return Place(announced.scope, announced.chat.id if announced.chat else "", announced.language or "")


def digest(announced: SetCommands, display: str) -> str:
    """What is kept of a menu. `display`: the bot's own name; another bot has no menu yet."""
    return hashlib.sha256(repr((display, announced.commands)).encode()).hexdigest()[:32]


class Menus:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def announced(self, account: str) -> dict[Place, str]:
        """The digests of the menus that the network has."""
        rows = self._tx.connection.execute(select(menu).where(menu.c.account == account))
        return {Place(row.scope, row.chat, row.language): row.digest for row in rows}

    def set(self, announced: SetCommands, said: str) -> None:
        """The network has it now. Of one that was taken away nothing is kept."""
        where = place(announced)
        row = {"account": announced.account, "scope": where.scope, "chat": where.chat, "language": where.language}
        if announced.commands:
            _SET.run(self._tx.connection, row | {"digest": said})
        else:
            self._tx.connection.execute(delete(menu).where(*(menu.c[name] == value for name, value in row.items())))
