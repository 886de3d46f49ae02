"""Why a delivery that has failed is not to be sent again, as the database sees it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_

from bot.domain.chats import Role
from bot.failing import ANOTHER_ROLE
from bot.store.database.encoding import texts_in
from bot.store.database.prepared import Row
from bot.store.outbox import refs
from bot.store.outbox.lanes import is_partly_there
from bot.store.tables import Id, Status, chat, delivery, event, notice

OUT_OF_REACH = "the bot was blocked or removed there"
ERASED = "its words were erased"
OVER = "the notice's last day has passed"

_later = delivery.alias("later")
_OWN = refs.to_delivery_in(delivery.c.id)
_ABOUT = case((delivery.c.kind == "edit", delivery.c.target), else_=_OWN)  # the message that it says, or changes
_SAYS = delivery.c.kind.in_(("say", "edit"))


def _is(subject: ColumnElement[Any]) -> ColumnElement[bool]:
    return literal("N") + func.cast(notice.c.number, delivery.c.subject.type) == subject


_WITHDRAWN = exists().where(_later.c.target == _ABOUT, _later.c.kind == "withdraw")
_OVERTAKEN = exists().where(
    _later.c.target == _ABOUT,
    _later.c.kind == "edit",
    _later.c.id > delivery.c.id,
    or_(
        and_(delivery.c.kind == "edit", _later.c.message_id > delivery.c.message_id),
        _later.c.status == Status.DONE,
        and_(_later.c.status != Status.DROPPED, is_partly_there()),  # the change says the rest, too
    ),
)
_changed = delivery.alias("changed")
_SAYS_NEWER = exists().where(  # what it changes had failed with it, and was changed itself since
    _changed.c.id == case((delivery.c.kind == "edit", func.cast(func.substr(delivery.c.target, 3), Id))),
    _changed.c.message_id > delivery.c.message_id,
)
_RECALLED = exists().where(
    event.c.subject == delivery.c.subject, event.c.what == "recalled", event.c.at > delivery.c.created_at
)
_OVER = exists().where(_is(delivery.c.subject), notice.c.expired_at > delivery.c.created_at)
_NOT_FOR_THEM = or_(
    chat.c.role == Role.NONE,
    and_(delivery.c.subject.like("K%"), chat.c.role.in_((Role.GROUP, Role.ORGANISATION))),
)


def is_not_for_them(row: Row) -> bool:
    """Whether what is on its way was meant for whoever was in its chat before: others have joined a member there, or
    another room is the coordination room now. What takes words away is done all the same.

    The row is one of Heads.ready: it has its chat and content.
    """
    if row.chat_role != Role.NONE or row.kind not in ("say", "edit"):
        return False
    return (row.kind == "say" and row.subject.startswith("K")) or bool(texts_in(row.content or b""))


OBSTACLE = case(
    (and_(_SAYS, delivery.c.message_id.is_(None)), ERASED),
    (and_(_SAYS, _WITHDRAWN), "it was withdrawn meanwhile"),
    (and_(_SAYS, or_(_OVERTAKEN, _SAYS_NEWER)), "something newer was said in its place"),
    (and_(_SAYS, _RECALLED), "the notice was withdrawn"),
    (and_(_SAYS, _OVER), OVER),
    (and_(_SAYS, _NOT_FOR_THEM), ANOTHER_ROLE),
    (and_(~chat.c.active, delivery.c.kind != "join"), OUT_OF_REACH),
    else_=None,
)
"""Of a `delivery` joined with its `chat`: the first reason that fits, NULL where there is none."""
