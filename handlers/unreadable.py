"""An encrypted message whose key did not come: its writer is asked to write again, instead of waiting for nothing."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import Say
from bot.content import Line, say
from bot.domain.chats import Role
from bot.events import Due
from bot.incoming import Unreadable
from bot.store.transaction import Transaction
from handlers.situation import Actions

BUSINESS = "unreadable"
_KEYS_COME_WITHIN = timedelta(minutes=1)


def arrived(event: Unreadable, tx: Transaction) -> Actions:
    """Keys often come a moment later: then the message is handled as if nothing had been."""
    chat = tx.chats.known(event.chat, event.kind)
    if chat.role not in (Role.NONE, Role.GROUP):
        tx.schedule.at(tx.now + _KEYS_COME_WITHIN, Due(BUSINESS, str(chat.id)))
    return ()


def due(event: Due, tx: Transaction) -> Actions:
    chat, since = tx.chats.find(int(event.subject)), tx.now - 2 * _KEYS_COME_WITHIN
    if chat is None or not tx.inbox.has_unreadable(f"{chat.address.account}:{chat.address.id}", since):
        return ()
    return (Say(chat.id, (Line(say("message-unreadable")),)),)
