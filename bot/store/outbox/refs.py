"""References: what a delivery edits, withdraws, answers or stands below, as its columns say it. That is a delivery of
ours, or somebody's message by the network's id."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal

from bot.store.tables import delivery

_DELIVERY = "d:"
MESSAGE = "n:"
"""How a reference to a message begins."""


def to_delivery(id: int) -> str:
    return f"{_DELIVERY}{id}"


def to_message(network_id: str) -> str:
    return f"{MESSAGE}{network_id}"


def to_delivery_in(column: ColumnElement[int]) -> ColumnElement[str]:
    """As `to_delivery`, of the id in a column."""
    return literal(_DELIVERY) + func.cast(column, delivery.c.subject.type)


def is_to_delivery(ref: str) -> bool:
    return ref.startswith(_DELIVERY)


def is_to_message(ref: str) -> bool:
    return ref.startswith(MESSAGE)


def delivery_id(ref: str) -> int:
    """Raises ValueError for a reference to a message."""
    return int(ref.removeprefix(_DELIVERY))


def message_id(ref: str) -> str:
    return ref.removeprefix(MESSAGE)
