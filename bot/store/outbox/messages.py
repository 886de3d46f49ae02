"""What a message of ours says, with the buttons below it: one row, however many deliveries bring it somewhere."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from bot.actions import ShownButtons
from bot.content import Content
from bot.store.database.encoding import decode, encode
from bot.store.database.prepared import Prepared
from bot.store.database.statements import add
from bot.store.tables import message

_CONTENT = Prepared(select(message.c.content).where(message.c.id == bindparam("message")))


def store(connection: Connection, content: Content, buttons: ShownButtons = ()) -> int:
    """A new one; its id."""
    return add(connection, message, content=encode({"content": content, "buttons": buttons}))


def stored(connection: Connection, id: int) -> tuple[Content, ShownButtons]:
    return decoded(_CONTENT.one(connection, {"message": id})[0])


def decoded(data: bytes) -> tuple[Content, ShownButtons]:
    value = decode(data, dict)
    return value["content"], value["buttons"]
