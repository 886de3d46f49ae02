"""Rooms that leak: a room hears who else could read along in it, and the coordination room of each newcomer.

A private chat that somebody else has joined is private no longer.
"""

from __future__ import annotations

from bot.actions import Action, Inspect, OnNetwork, Priority, Say
from bot.content import Line, say
from bot.domain.chats import KnownChat, Role, called
from bot.domain.leaks import warnings
from bot.events import Outcome
from bot.incoming import Joined, Message
from bot.model import ChatKind
from bot.store.transaction import Transaction
from handlers.requests import phone_shown, triage
from handlers.situation import Actions, Situation, is_anothers

FOUND = "leaks"
"""The report of an inspection, with the message that it answers, if any, after a colon."""

_LOOKED_AT = (Role.COORDINATION, Role.ORGANISATION)


def look(event: Message, where: Situation) -> Action:
    """Have a look at a room that has just got its role."""
    return Inspect(where.chat.id, f"{FOUND}:{event.id}")


def look_again(chat: KnownChat) -> Actions:
    """Have a look at a room that has moved: Telegram makes a group a supergroup when it is made public, or its history
    visible, and a new version of a room need not be as closed as the old one."""
    return (Inspect(chat.id, FOUND),) if chat.role in _LOOKED_AT else ()


def found(event: Outcome, tx: Transaction) -> Actions:
    """Nothing found, nothing said; and nothing either where a network would not tell."""
    chat = tx.chats.get(event.chat)
    if event.failure is not None or chat.role not in _LOOKED_AT:
        return ()
    paired = (event.report or "").partition(":")[2]
    # What can be mended by nobody was said when the room got its role.
    said = warnings(event.findings, chat.role == Role.COORDINATION and bool(paired))
    if not said:
        return ()
    reply = OnNetwork(paired) if paired else None
    return (Say(chat.id, tuple(Line(sentence) for sentence in said), reply_to=reply),)


def joined(event: Joined, tx: Transaction) -> Actions:
    """Somebody who can read all requests from now on should be somebody whom the others let in."""
    chat = tx.chats.at(event.chat)
    # They may be two all the same: on Matrix whoever was invited counts before they come, or the member has left since.
    alone = event.kind is ChatKind.PRIVATE and (chat is None or not is_anothers(chat, event.person, tx))
    if chat is not None and chat.role == Role.PRIVATE and not alone:
        tx.chats.set_kind(chat.id, ChatKind.GROUP, Role.NONE.value)  # whoever has joined must not read the next answer
        chat = tx.chats.get(chat.id)
        return (*_numbers_taken(chat, tx), *triage.member_unreachable(chat, tx))
    if chat is None or chat.role != Role.COORDINATION:
        return ()
    sentence = say("newcomer", name=called(event.person.name) or event.person.id)
    return (Say(chat.id, (Line(sentence),), priority=Priority.COORDINATION),)


def _numbers_taken(chat: KnownChat, tx: Transaction) -> list[Action]:
    """What a helper was to read alone goes from where they are alone no longer; they can ask for it elsewhere."""
    theirs = () if chat.person is None else [r for r in tx.requests.open() if phone_shown.is_for(r, chat.person)]
    return [action for request in theirs for action in phone_shown.take_from(tx, request, chat)]
