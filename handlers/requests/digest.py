"""A day's overview in the coordination room: at set hours, and whenever somebody types `report`."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.actions import Named, OnNetwork, Priority, Recall, Say
from bot.content import Arg, Content, LanguageName, Line, Said, Sentence, say
from bot.domain.chats import KnownChat
from bot.domain.overview import Overview, overview
from bot.domain.requests import Request, RequestState
from bot.events import Due
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers import repeated
from handlers.requests import below, opening
from handlers.situation import Actions, Situation
from handlers.spoken import folded

_BEFORE_THE_FIRST = timedelta(days=1)
_NAME = "digest"


def due(event: Due, tx: Transaction) -> Actions:
    """At a set hour of a day on which somebody is there; silence when nothing is open and nothing has happened."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()  # a room that is paired, or back, starts the timer again
    opening.plan_digest(tx)
    if not opening.counted(tx, room).open_on(tx.today):
        return ()
    found, closed = _counted(tx, room)
    waits = repeated.waits(tx, room.id, _NAME)
    if not found.open and not closed:
        return (Recall(room.id, Named(_NAME)),) if waits else ()
    if not waits:
        tx.requests.overview_told()
    told = Say(room.id, _content(tx, found, closed), name=_NAME, priority=Priority.COORDINATION)
    return (repeated.anew(tx, told),)


def report(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`report`: the same on demand."""
    thread = OnNetwork(event.thread) if event.thread else None
    content = _content(tx, *_counted(tx, where.chat))
    return (Say(where.chat.id, content, where.subject, thread=thread, reply_to=OnNetwork(event.id)),)


def _counted(tx: Transaction, room: KnownChat) -> tuple[Overview, int]:
    """What is open, and how many were closed since the room was told last."""
    everything = tx.requests.all()
    unread = tx.deliveries.named(room.id, _NAME) if repeated.waits(tx, room.id, _NAME) else None
    since = tx.requests.last_overview(unread and unread.created_at) or tx.now - _BEFORE_THE_FIRST
    areas = {r.area: _area(tx, r.area) for r in everything if r.area is not None and r.state is not RequestState.CLOSED}
    closed = sum(_closed_since(request, since) for request in everything)
    return overview(everything, areas), closed


def _closed_since(request: Request, since: datetime) -> bool:
    return request.state is RequestState.CLOSED and request.closed_at is not None and request.closed_at > since


def _area(tx: Transaction, text: int) -> str:
    """How an area is compared: spelled the same but for capitals, accents and spaces."""
    return " ".join(folded(tx.texts.get(text).text.plain).split())


def _content(tx: Transaction, found: Overview, closed: int) -> Content:
    lines: list[Sentence] = [say("digest-nothing-open")]
    if found.oldest is not None:
        since = below.clock(tx, found.oldest.created_at)
        lines = [
            say("digest-open", number=found.open, code=found.oldest.code, since=since),
            say("digest-waiting", unanswered=found.unanswered, unclaimed=found.unclaimed),
            say("digest-languages", counts=_counts([(LanguageName(code), n) for code, n in found.languages])),
        ]
    if found.areas:
        areas: list[tuple[Arg, int]] = [(Said(text), number) for text, number in found.areas]
        elsewhere: list[tuple[Arg, int]] = [(say("digest-elsewhere"), found.elsewhere)] if found.elsewhere else []
        lines.append(say("digest-areas", counts=_counts([*areas, *elsewhere])))
    lines.append(say("digest-closed", number=closed))
    return (Line(say("digest-head"), "bold"), *(Line(sentence) for sentence in lines))


def _counts(counts: list[tuple[Arg, int]]) -> tuple[Arg, ...]:
    return tuple(say("digest-count", what=what, number=number) for what, number in counts)
