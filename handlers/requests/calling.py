"""Calling a member: whoever has claimed the request asks for the number in private, and says how the call went."""

from __future__ import annotations

from datetime import timedelta

from bot import commands
from bot.content import Line, Sentence, say
from bot.domain import requests
from bot.domain.chats import Role
from bot.domain.ready import NOT_REACHED
from bot.domain.requests import Request, RequestState
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.requests import asking, below, cards, inviting, phone_shown, ready_answers, replies, threads
from handlers.situation import Actions, Doing, Situation

_TWICE = timedelta(minutes=1)  # two taps so close are one


def opened(payload: str, event: Message, where: Situation, tx: Transaction) -> Actions | None:
    """The link in the thread was followed; None for any other link."""
    if not payload.startswith(phone_shown.LINK):
        return None
    code = commands.code_in(payload.removeprefix(phone_shown.LINK), "K")
    return None if code is None else _asked(code, event, where, tx)


def number_in_private(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`number K7`, for networks whose links carry nothing."""
    assert where.command is not None
    code, _ = where.command.code("K")
    if code is None:
        return asking.tell(where, tx, say("which-code"), to=event)
    return _asked(code, event, where, tx)


def _asked(code: str, event: Message, where: Situation, tx: Transaction) -> Actions:
    """Everybody else hears the same, whether there is such a request, or a number, or not."""
    request = tx.requests.by_code(code)
    if request is None or not phone_shown.is_for(request, where.person.id):
        return asking.tell(where, tx, say("call-not-yours", code=code), to=event)
    inviting.belongs_to(tx, where.chat.id, where.person.id)
    return phone_shown.show_if_in_room(tx, request, where.chat, where.language)


def _is_claimers(request: Request, where: Situation) -> bool:
    return request.state is RequestState.CLAIMED and request.claimed_by == where.person.id


def number_in_room(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`number` below a card: again the way to the number, for whoever has claimed it."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    request = about.request
    tx.copies.came_in(where.chat.id, event.id, request.code)
    if not phone_shown.is_for(request, where.person.id):
        return threads.tell(event, where, say("call-not-yours", code=request.code), request)
    return (*phone_shown.take_away(tx, request), *phone_shown.hand_over(tx, request))


# --- how it went -----------------------------------------------------------------------------------------------------


def called(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """[Reached] or [Not reached], below the number."""
    assert where.choice is not None
    request = tx.requests.by_code(where.choice.subject)
    if request is None or where.chat.role != Role.PRIVATE or not _is_claimers(request, where):
        return threads.tell(event, where, say("call-not-yours", code=where.choice.subject))
    what = f"call-{where.choice.value}"
    before = tx.requests.history([request])[request.id].get(what)
    if before is not None and tx.now - before < _TWICE:
        return ()
    tx.requests.happened(request, what, where.person.id)
    told = cards.called(tx, request)
    assert told is not None
    noted = threads.tell(event, where, told)
    if where.choice.value == "reached":
        request = requests.answered(request)
        tx.requests.save(request)
        return (*noted, *below.in_thread(tx, request, Line(told)), *cards.refresh(tx, request))
    return (*noted, *below.in_thread(tx, request, Line(told)), *_not_reached(request, where, tx))


def _not_reached(request: Request, where: Situation, tx: Transaction) -> Actions:
    """The member hears that somebody tried."""
    room = tx.chats.coordination_room()
    if room is None or replies.refusal(tx, request) is not None:
        return cards.refresh(tx, request)
    return ready_answers.give(tx, request, NOT_REACHED, where, tx.policy.language_in(room))


# --- a helper's private chat -----------------------------------------------------------------------------------------


def from_a_helper(event: Message, where: Situation, tx: Transaction) -> Actions | None:
    """Words of a helper who asks for nothing: they are no plea, and belong in the room. None for everybody else."""
    if where.chat.person is None or tx.requests.of_chat(where.chat.id, open_only=True):
        return None
    if tx.dialogues.get(where.chat.id):
        return None
    return asking.tell(where, tx, say("helper-in-private"), to=event)
