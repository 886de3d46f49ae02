"""The coordination room: claim, release, close, reopen, by command or by button."""

from __future__ import annotations

from collections.abc import Callable

from bot.actions import Action, Button, OnNetwork, Say, in_rows
from bot.content import Line, Sentence, say
from bot.domain import requests
from bot.domain.chats import KnownChat, Role
from bot.domain.requests import Request, RequestState, TransitionError
from bot.events import ChatGone
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.requests import below, cards, intake, notes, phone_shown, silence, threads
from handlers.situation import Actions, Doing, Situation
from handlers.spoken import folded, spoken

Change = Callable[[threads.About, Situation, Transaction], Actions]


def _doing(change: Change) -> Callable[[Doing, Situation, Transaction], Actions]:
    """A handler that finds the request and changes it, or says why not."""

    def handler(event: Doing, where: Situation, tx: Transaction) -> Actions:
        about = threads.about(where, tx)
        if isinstance(about, Sentence):
            return threads.tell(event, where, about)
        if isinstance(event, Message):
            tx.copies.came_in(where.chat.id, event.id, about.request.code)
        try:
            return change(about, where, tx)
        except TransitionError as error:
            name = below.name_of(tx, about.request.claimed_by)
            return threads.tell(event, where, say(error.reason, code=about.request.code, name=name), about.request)

    return handler


def _changed(tx: Transaction, request: Request, what: str, where: Situation, told: Sentence) -> Actions:
    """Keep it, remember that it happened, show it on the card and in the thread."""
    tx.requests.save(request)
    tx.requests.happened(request, what, where.person.id)
    return (*cards.refresh(tx, request), *below.in_thread(tx, request, Line(told)))


def _to_member(tx: Transaction, request: Request, told: Sentence, name: str | None = None) -> Actions:
    """Nothing is said where others have joined: not even that there is a request."""
    if not cards.in_private(tx, request):
        return ()
    return (Say(request.chat, (Line(told),), request.code, name),)


def _name(where: Situation) -> str | Sentence:
    return where.person.name or say("somebody")


# --- claim and release -----------------------------------------------------------------------------------------------


def _claim(about: threads.About, where: Situation, tx: Transaction) -> Actions:
    if about.request.claimed_by == where.person.id and about.request.state is RequestState.CLAIMED:
        raise TransitionError("request-is-yours")
    request = requests.claim(about.request, where.person.id)
    told = say("thread-claimed", code=request.code, name=_name(where))
    on_it = _to_member(tx, request, say("request-claimed", code=request.code), silence.on_it_name(tx, request))
    return (*_changed(tx, request, "claimed", where, told), *on_it, *phone_shown.hand_over(tx, request))


def _release(about: threads.About, where: Situation, tx: Transaction) -> Actions:
    request = requests.release(about.request)
    silence.let_go(tx, request)
    told = say("thread-released", code=request.code, name=_name(where))
    return (*phone_shown.take_away(tx, about.request), *_changed(tx, request, "released", where, told))


# --- closing and opening again ---------------------------------------------------------------------------------------


def _close(about: threads.About, where: Situation, tx: Transaction) -> Actions:
    said = where.choice.value if where.choice and where.choice.step == "outcome" else about.rest
    if about.request.state is RequestState.CLOSED:
        raise TransitionError("request-is-closed")
    outcome = spoken("outcome-", tx.policy.outcomes, tx.policy.language_in(where.chat)).get(folded(said))
    if outcome is None:
        return (_which_outcome(about.request, where, tx.policy.outcomes),)
    request = requests.close(about.request, outcome, tx.now)
    told = say("thread-closed", code=request.code, name=_name(where), outcome=say(f"outcome-{outcome}"))
    intake.over(tx, request)
    goodbye = _to_member(tx, request, say("request-closed", code=request.code))
    return (*phone_shown.take_away(tx, request), *_changed(tx, request, "closed", where, told), *goodbye)


def _which_outcome(request: Request, where: Situation, outcomes: tuple[str, ...]) -> Say:
    buttons = [Button(say(f"outcome-{outcome}"), "outcome", outcome) for outcome in outcomes]
    rows = in_rows(buttons, 2)
    question = say("which-outcome", code=request.code, outcomes=tuple(say(f"outcome-{one}") for one in outcomes))
    return Say(where.chat.id, (Line(question),), request.code, thread=below.card(request), buttons=rows)


def _reopen(about: threads.About, where: Situation, tx: Transaction) -> Actions:
    request = requests.reopen(about.request)
    told = say("thread-opened", code=request.code, name=_name(where))
    hello = _to_member(tx, request, say("request-open-again", code=request.code))
    return (*_changed(tx, request, "reopened", where, told), *hello, *phone_shown.hand_over(tx, request))


# --- the member is out of reach --------------------------------------------------------------------------------------


def member_gone(event: ChatGone, tx: Transaction) -> Actions:
    """A member has blocked the bot, or left the network: whoever wants to answer should know."""
    chat = tx.chats.get(event.chat)
    return member_unreachable(chat, tx) if chat.role == Role.PRIVATE else ()


def member_unreachable(chat: KnownChat, tx: Transaction) -> Actions:
    """Each open request of theirs says so."""
    return _reach_changed(chat, "member-unreachable", tx)


def member_back(chat: KnownChat, tx: Transaction) -> Actions:
    """They have let the bot in again. What failed meanwhile may not be right any more: helpers decide."""
    return _reach_changed(chat, "member-reachable", tx)


def _reach_changed(chat: KnownChat, told: str, tx: Transaction) -> Actions:
    sentence = say(told, network=tx.policy.network(chat.address.account))
    actions: list[Action] = []
    for request in tx.requests.of_chat(chat.id, open_only=True):
        actions += cards.refresh(tx, request)
        actions += below.in_thread(tx, request, Line(sentence, "bold"))
    return actions


# --- in the room, but not for it -------------------------------------------------------------------------------------


_HELP = (Line(say("help-coordination")), Line(say("help-answering")), Line(say("help-coordination-more")))


def help(event: Message, where: Situation, tx: Transaction) -> Actions:
    thread = OnNetwork(event.thread) if event.thread else None
    return (Say(where.chat.id, _HELP, where.subject, thread=thread, reply_to=OnNetwork(event.id)),)


def nearly(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Words that look like a command and are none: a note they are all the same, if they stand in a thread."""
    return (*notes.plain(event, where, tx), *unknown(event, where, tx))


def unknown(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A command that this room does not have."""
    return (Say(where.chat.id, (Line(say("unknown-command")), *_HELP), reply_to=OnNetwork(event.id)),)


claim = _doing(_claim)
release = _doing(_release)
close = _doing(_close)
reopen = _doing(_reopen)
