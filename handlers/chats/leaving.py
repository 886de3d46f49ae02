"""Somebody is no longer in the coordination room: what it gave them, claims and numbers to call, goes with it."""

from __future__ import annotations

from bot.actions import Action, LookFor, Priority, Say
from bot.content import Line, say
from bot.domain import requests
from bot.domain.chats import Role
from bot.domain.requests import RequestState
from bot.events import Outcome
from bot.incoming import Left
from bot.store.transaction import Transaction
from handlers.requests import below, cards, phone_shown, silence
from handlers.situation import Actions, is_of

LOOKED_FOR = "helper"
"""The report of the look whether somebody who has claimed something is in the room, with whose it is after a colon."""


def left(event: Left, tx: Transaction) -> Actions:
    """Somebody has left a chat. What other rooms give them stays theirs."""
    chat, person = tx.chats.at(event.chat), tx.chats.known_person(event.person)
    if chat is not None and is_of(chat, event.person, tx):
        tx.lanes.chat_gone(chat.id, "they have left their private chat")  # whoever is invited there may come
    if chat is None or chat.role != Role.COORDINATION or person is None:
        return ()
    return _let_go(tx, person)


def look(tx: Transaction) -> Actions:
    """Look for whoever has claimed something: in a room that is new, or that the bot comes back to."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    actions: list[Action] = []
    for person in tx.requests.helpers():
        if tx.chats.address_of(person).account != room.address.account:
            actions += _let_go(tx, person)
        elif room.address.account in tx.policy.knows_members:
            actions.append(LookFor(room.id, person, f"{LOOKED_FOR}:{person}"))
    return actions


def found(event: Outcome, tx: Transaction) -> Actions:
    """Who is not in the room lets go; whoever cannot be looked for does not."""
    if event.failure is not None or event.findings or not tx.chats.is_coordination_room(event.chat):
        return ()
    return _let_go(tx, int((event.report or "").split(":")[1]))


def number_wanted(event: Outcome, tx: Transaction) -> Actions:
    """Whoever is to have a number was looked for in the room."""
    _, whose, code, where, language = (event.report or "").split(":")
    person, request, asked_in = int(whose), tx.requests.by_code(code), language or None
    chat = tx.chats.find(int(where))
    if request is None or not phone_shown.is_for(request, person):
        return ()  # let go of before the answer came
    if chat is None or chat.role != Role.PRIVATE:
        return phone_shown.hand_over(tx, request)  # others have joined before the answer came: elsewhere
    if not tx.chats.is_coordination_room(event.chat):
        return phone_shown.show_if_in_room(tx, request, chat, asked_in)
    if event.failure is not None:
        return phone_shown.not_sure(tx, request, chat, asked_in)
    if event.findings:
        return phone_shown.show(tx, request, chat, asked_in)
    told = () if asked_in is None else (Say(chat.id, (Line(say("call-left")),), language=asked_in),)
    return (*_let_go(tx, person), *told)


def _let_go(tx: Transaction, person: int) -> Actions:
    """All that they have claimed is open to the others, as if they had given it back."""
    actions: list[Action] = []
    codes: list[str] = []
    for request in tx.requests.of_helper(person):
        open = requests.deserted(request)
        tx.requests.save(open)
        if request.state is RequestState.CLAIMED:
            tx.requests.happened(request, "released", person)
            silence.let_go(tx, request)
            actions += (*phone_shown.take_away(tx, request), *cards.refresh(tx, open))
            codes.append(request.code)
    room = tx.chats.coordination_room()
    if codes and room is not None:
        told = Line(say("helper-left", name=below.name_of(tx, person), codes=tuple(codes)), "bold")
        actions.append(Say(room.id, (told,), priority=Priority.COORDINATION))
    return actions
