"""Below a request's card: how the room is spoken to there, with times and names as its people know them."""

from __future__ import annotations

from datetime import datetime, time

from bot.actions import Buttons, Named, Priority, Say
from bot.content import Block, Content, Sentence, say
from bot.domain.chats import KnownChat
from bot.domain.requests import Request
from bot.store.transaction import Transaction
from handlers.situation import Actions


def in_thread(
    tx: Transaction, request: Request, *content: Block, name: str | None = None, buttons: Buttons = ()
) -> Actions:
    """Say something below the card."""
    room = tx.chats.coordination_room()
    return () if room is None else (said(room, request, content, name, buttons),)


def said(room: KnownChat, request: Request, content: Content, name: str | None, buttons: Buttons = ()) -> Say:
    priority = Priority.COORDINATION
    return Say(room.id, content, request.code, name, card(request), buttons=buttons, priority=priority)


def name_of(tx: Transaction, person: int | None) -> str | Sentence:
    """A coordinator's name: they see each other in the room anyway."""
    name = "" if person is None else tx.chats.person_by_id(person).name
    return name or say("somebody")


def clock(tx: Transaction, at: datetime) -> datetime | time:
    """The clock time, with the date when it was not today."""
    there = at.astimezone(tx.policy.zone)
    return there.time() if there.date() == tx.today else at


def card(request: Request) -> Named:
    """What the room is shown first of a request; its thread begins with it."""
    return Named(f"{request.code}/card")
