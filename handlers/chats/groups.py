"""A word to the bot in a community group: one neutral pointer to the private chat; nothing is kept or quoted."""

from __future__ import annotations

from datetime import datetime

from bot.actions import Say
from bot.content import HelpLink, Line, say
from bot.domain.chats import KnownChat, Role
from bot.incoming import Message
from bot.model import ChatKind
from bot.store.transaction import Transaction
from handlers.situation import Actions, Situation

_ONE_EVERY = 300  # seconds: the pointer that stands there serves whoever asks next


def pointer(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Silence unless the bot is spoken to. The answer is no reply to a message: that would point at its writer."""
    to_us = where.answered is not None and where.answered.delivery is not None
    if event.kind is ChatKind.CHANNEL:  # whatever is posted there is for its readers, but for a plain question to us
        to_us = where.command is not None and where.command.name in ("help", "start")
    elif event.addressed:
        to_us = True
    return point(where.chat, tx) if to_us else ()


def point(chat: KnownChat, tx: Transaction) -> Actions:
    """The way to a private chat, so often at most."""
    name = f"pointer/{_slot(tx.now)}"
    return (Say(chat.id, (Line(say("group-pointer")), HelpLink("help-link")), name=name),)


def language_of(id: str, tx: Transaction) -> str | None:
    """The language of the group with that id, as a link below a notice carries it: a good first guess."""
    if not (id.isascii() and id.isdigit()):
        return None
    group = next((chat for chat in tx.chats.with_role(Role.GROUP) if chat.id == int(id)), None)
    return group.language if group is not None and group.language in tx.policy.languages else None


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // _ONE_EVERY
