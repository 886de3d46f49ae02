"""In which topic of the coordination room a card stands, where the room has topics: that of what is needed."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import Action, CloseTopic, InTopic, OpenTopic
from bot.content import Content, Line, Verbatim, say
from bot.domain.chats import KnownChat
from bot.domain.requests import Request, RequestState
from bot.events import Due
from bot.store.transaction import Transaction
from handlers.situation import Actions

OPENED = "topic"
"""The report of a topic that is to be opened, with what it is for after a colon."""
CLOSED = "topic-closed"
"""The report of one that is to be closed, or opened again."""
QUIET = "topic-quiet"
"""The timer of a topic in which no request may be open any more."""

_REST = timedelta(days=1)
"""Notes are still written when a request has just been closed, and the next one may come today."""
_SIGNS = {
    "food": "🍞",
    "shelter": "🛏️",
    "health": "🩺",
    "violence": "🛟",
    "papers": "📄",
    "money": "💶",
    "talk": "💬",
}


def title(name: str) -> Content:
    """What a topic is called: a sign that the eye finds, and the words that members choose from."""
    label = Line(say(f"need-{name}"))
    return (Verbatim(_SIGNS[name]), label) if name in _SIGNS else (label,)


def wanted(room: KnownChat, request: Request) -> str | None:
    """What its topic is for; None: it stands in the room itself, with all that is new or something else."""
    return request.category if room.has_topics and request.category not in (None, "other") else None


def place(tx: Transaction, room: KnownChat, request: Request) -> tuple[InTopic | None, Actions]:
    """The topic in which a request's card is to stand now, if any, and what has to be done for it first.

    A topic that is not there yet is asked for: until it is, the card stands in the room itself, where it is seen.
    """
    name = wanted(room, request)
    if name is None:
        return None, ()
    topic = tx.topics.get(room.id, name)
    if topic is None:
        tx.topics.asked(room.id, name)
        return None, (OpenTopic(room.id, name, title(name), f"{OPENED}:{name}"),)
    if topic.network_id is None:
        return None, ()
    return InTopic(name), _awake(tx, room, request, name)


def _awake(tx: Transaction, room: KnownChat, request: Request, name: str) -> list[Action]:
    """A topic has to be open for whoever wants to write below an open request."""
    topic = tx.topics.get(room.id, name)
    if topic is None or not topic.closed or request.state is RequestState.CLOSED:
        return []
    tx.topics.set_closed(topic.id, False)
    return [CloseTopic(room.id, name, closed=False, report=CLOSED)]


def rest(tx: Transaction, room: KnownChat, request: Request) -> None:
    """A request is closed: when it was the last one in its topic, that can be closed, too, after a while."""
    name = wanted(room, request)
    if name is not None:
        tx.schedule.at(tx.now + _REST, Due(QUIET, f"{room.id}/{name}"))
