"""Silence is noticed: nobody claims a request, other rooms are asked; nobody answers a member, the claim lapses.

One timer looks at all that is open. It reads from the requests themselves what is due, so it may come late, twice or
for nothing, and several requests become one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.actions import Action, Priority, Say
from bot.content import Arg, LanguageName, Line, Sentence, say
from bot.domain import requests
from bot.domain.chats import KnownChat, Role
from bot.domain.requests import Request, RequestState
from bot.domain.waiting import Step, Waiting, after_open, ask_at, asked, due, waiting
from bot.events import Due
from bot.store.transaction import Transaction
from handlers import repeated
from handlers.repeated import next_name, times_said
from handlers.requests import below, cards, opening, phone_shown
from handlers.situation import Actions

LOOKING = "looking-for-another"
"""The timer of a request that somebody has let go of."""

_ASKED = "asked"
"""What the latest list is called that another room was shown."""

_HANDED_OVER_WITHIN = timedelta(minutes=10)  # then the member need not hear that somebody else looks after it


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody who waits, and in which request."""

    request: Request
    waiting: Waiting


def look(event: Due, tx: Transaction) -> Actions:
    """Do what is due, and look again when the next thing will be."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()  # a room that is paired, or back, shows its requests: that starts the timer again
    cases = _cases(tx)
    actions = [*_in_the_room(tx, room, cases), *_ask_others(tx, room, cases)]
    following = _next(tx, room, _cases(tx))
    if following is not None:
        tx.schedule.no_later(following, Due(opening.SILENCE))
    return actions


def _cases(tx: Transaction) -> list[Case]:
    """Everybody who waits, the oldest request first."""
    open = tx.requests.open()
    history = tx.requests.history(open)
    found = ((request, waiting(request, history[request.id])) for request in open)
    return [Case(request, case) for request, case in found if case is not None]


def _next(tx: Transaction, room: KnownChat, cases: Sequence[Case]) -> datetime | None:
    """When the next thing is due. What could not be done now is not tried again at once."""
    hours, patience = opening.counted(tx, room), tx.policy.patience
    others = [(other.id, opening.counted(tx, other)) for other in _others(tx)]
    moments = [step[1] for case in cases if (step := due(case.waiting, patience, hours)) is not None]
    for case in cases:
        asks = (ask_at(case.waiting, id, patience, hours, theirs) for id, theirs in others)
        moments += [at for at in asks if at is not None]
    return min(moments, default=None)


# --- in the coordination room ----------------------------------------------------------------------------------------


def _in_the_room(tx: Transaction, room: KnownChat, cases: Sequence[Case]) -> list[Action]:
    actions: list[Action] = []
    reminded: list[Case] = []
    hours = opening.counted(tx, room)
    for case in cases:
        step = due(case.waiting, tx.policy.patience, hours)
        if step is None or step[1] > tx.now:
            continue
        tx.requests.happened(case.request, step[0].value, None)
        match step[0]:
            case Step.REMIND:
                reminded.append(case)
                actions += _in_thread(tx, case, "waiting-thread")
            case Step.NUDGE:
                actions += _nudge(tx, room, case)
            case Step.LAPSE:
                actions += _lapse(tx, case)
    return [*actions, *_at_room_level(tx, room, reminded)]


def _in_thread(tx: Transaction, case: Case, key: str) -> Actions:
    told = say(key, code=case.request.code, since=below.clock(tx, case.waiting.since))
    return below.in_thread(tx, case.request, Line(told, "bold"))


def _at_room_level(tx: Transaction, room: KnownChat, reminded: Sequence[Case]) -> Actions:
    """One line, however many there are: threads are easily overlooked."""
    if not reminded:
        return ()
    codes = tuple(case.request.code for case in reminded)
    since = min(case.waiting.since for case in reminded)
    told = Line(say("waiting-room", codes=codes, since=below.clock(tx, since)), "bold")
    return (Say(room.id, (told,), priority=Priority.COORDINATION),)


def _nudge(tx: Transaction, room: KnownChat, case: Case) -> Actions:
    """Whoever has claimed it is told once, and until when."""
    until = after_open(opening.counted(tx, room), tx.now, tx.policy.patience.lapse / 2)
    name, since = below.name_of(tx, case.request.claimed_by), below.clock(tx, case.waiting.since)
    told = say("claim-waits", code=case.request.code, name=name, since=since, until=below.clock(tx, until))
    return below.in_thread(tx, case.request, Line(told, "bold"))


def _lapse(tx: Transaction, case: Case) -> Actions:
    released = requests.release(case.request)
    tx.requests.save(released)
    told = _in_thread(tx, case, "claim-lapsed")
    return (*phone_shown.take_away(tx, case.request), *cards.refresh(tx, released), *told, *_looking(tx, released))


# --- in other rooms --------------------------------------------------------------------------------------------------


def _ask_others(tx: Transaction, room: KnownChat, cases: Sequence[Case]) -> list[Action]:
    """Ask the organisations whose hours it is for help with what nobody takes."""
    hours, patience = opening.counted(tx, room), tx.policy.patience
    actions: list[Action] = []
    names: dict[int, list[str]] = {}
    for other in _others(tx):
        theirs = opening.counted(tx, other)
        moments = [(case, ask_at(case.waiting, other.id, patience, hours, theirs)) for case in cases]
        waiting = [case for case, at in moments if at is not None and at <= tx.now]
        if not waiting:
            continue
        unread = repeated.waits(tx, other.id, _ASKED)
        for case in waiting:
            tx.requests.happened_again(case.request, asked(other.id))
            if not unread or asked(other.id) not in case.waiting.last:
                names.setdefault(case.request.id, []).append(_name(tx, other))
        if unread:  # one list of all, as it is now
            waiting = [case for case, at in moments if case in waiting or (at and asked(other.id) in case.waiting.last)]
        head = Line(say("asked-head"), "bold")
        rows = [Line(_row(tx, case)) for case in waiting]
        told = Say(other.id, (head, *rows), name=_ASKED, priority=Priority.COORDINATION)
        actions.append(repeated.anew(tx, told))
    for case in cases:
        if case.request.id in names:
            who = tuple(dict.fromkeys(names[case.request.id]))
            line = Line(say("asked-thread", code=case.request.code, organisations=who))
            name = f"{case.request.code}/{_ASKED}"
            actions.append(repeated.anew(tx, below.said(room, case.request, (line,), name)))
    return actions


def _others(tx: Transaction) -> list[KnownChat]:
    return tx.chats.with_role(Role.ORGANISATION)


def _name(tx: Transaction, room: KnownChat) -> str:
    return "" if room.organisation is None else tx.chats.organisation(room.organisation).name


def _row(tx: Transaction, case: Case) -> Sentence:
    """Nothing that somebody wrote, and not what it is about where that alone says too much."""
    request = case.request
    about: dict[str, Arg] = {
        "code": request.code,
        "language": LanguageName(request.language),
        "since": below.clock(tx, case.waiting.since),
    }
    if request.category is None or request.category in tx.policy.sensitive:
        return say("asked-row", **about)
    return say("asked-row-what", what=say(f"need-{request.category}"), **about)


# --- what the member was told ----------------------------------------------------------------------------------------


def let_go(tx: Transaction, request: Request) -> None:
    """Somebody has released it. Often another takes it at once: then the member need not be troubled."""
    tx.schedule.at(tx.now + _HANDED_OVER_WITHIN, Due(LOOKING, request.code))


def still_nobody(event: Due, tx: Transaction) -> Actions:
    request = tx.requests.by_code(event.subject)
    return () if request is None or request.state is not RequestState.OPEN else _looking(tx, request)


def _looking(tx: Transaction, request: Request) -> Actions:
    """Who was told that somebody looks after it hears that this is no longer so."""
    if not cards.in_private(tx, request) or tx.deliveries.named(request.chat, on_it_name(tx, request)) is None:
        return ()
    told = Line(say("request-looking", code=request.code))
    return (Say(request.chat, (told,), request.code, next_name(tx, request.chat, _looking_name(request))),)


def on_it_name(tx: Transaction, request: Request) -> str:
    """What the news that somebody looks after it is called: told once, and again after it was no longer true."""
    number = times_said(tx, request.chat, _looking_name(request))
    return f"{request.code}/claimed/{number}" if number else f"{request.code}/claimed"


def _looking_name(request: Request) -> str:
    return f"{request.code}/looking"
