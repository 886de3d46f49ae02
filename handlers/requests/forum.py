"""What becomes of the coordination room's topics: they are there, cannot be had, are gone again, or at rest."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import Action, CloseTopic, Say
from bot.content import Line, say
from bot.events import Due, Outcome, TopicGone
from bot.failing import NO_ANSWER
from bot.incoming import TopicOpened
from bot.store.transaction import Transaction
from handlers.requests import cards, topics
from handlers.situation import Actions

MISSING = "topic-missing"
"""The timer of a topic of which nobody knows whether it was opened."""

_SHOWS_ITSELF = timedelta(minutes=10)
"""Within which the network shows us a topic that it has opened, though its answer was lost."""


def begins(event: Due, tx: Transaction) -> Actions:
    """The room has topics: every open request goes to its own."""
    return _arrange(tx, int(event.subject), None)


def settled(event: Outcome, tx: Transaction) -> Actions:
    """A topic was opened, or could not be."""
    name = (event.report or "").partition(":")[2]
    topic, room = tx.topics.get(event.chat, name), tx.chats.get(event.chat)
    if topic is None:
        return ()
    if topic.network_id is not None:
        return _arrange(tx, event.chat, name)
    if event.failure == NO_ANSWER:
        tx.schedule.at(tx.now + _SHOWS_ITSELF, Due(MISSING, f"{event.chat}/{name}"))
        return ()
    tx.topics.forget(event.chat, name)
    if not room.has_topics:
        return ()  # it was said already
    tx.chats.set_topics(event.chat, forum=room.forum, allowed=False)
    return (Say(event.chat, (Line(say("needs-topics")),)),) if room.active else ()


def seen(event: TopicOpened, tx: Transaction) -> Actions:
    """The network shows a topic of ours, maybe before or instead of its answer."""
    chat = tx.chats.at(event.chat)
    topic = None if chat is None else tx.topics.seen(chat.id, event.id, event.title)
    return () if topic is None else _arrange(tx, topic.chat, topic.name)


def missing(event: Due, tx: Transaction) -> Actions:
    """It would have been seen by now: it was not opened, and is asked for once more."""
    room, _, name = event.subject.partition("/")
    topic = tx.topics.get(int(room), name)
    if topic is None or topic.network_id is not None:
        return ()
    tx.topics.forget(int(room), name)
    return _arrange(tx, int(room), name)


def gone(event: TopicGone, tx: Transaction) -> Actions:
    """Somebody has deleted a topic, with all that stood in it: it is opened anew, and its open requests stand there."""
    name = tx.topics.gone(event.chat, event.topic)
    return () if name is None else _arrange(tx, event.chat, name)


def quiet(event: Due, tx: Transaction) -> Actions:
    """Nothing is left to do in a topic: it is closed, and whoever looks at the list sees where something is."""
    room, _, name = event.subject.partition("/")
    topic = tx.topics.get(int(room), name)
    if topic is None or topic.closed or not tx.chats.get(int(room)).has_topics:
        return ()
    if any(request.category == name for request in tx.requests.open()):
        return ()
    tx.topics.set_closed(topic.id, True)
    return (CloseTopic(int(room), name, closed=True, report=topics.CLOSED),)


def rested(event: Outcome, tx: Transaction) -> Actions:
    """Whether a topic is closed is no matter of life: nobody is told when it could not be."""
    return ()


def _arrange(tx: Transaction, room: int, name: str | None) -> Actions:
    """Every open request, or those of a topic, where it belongs."""
    if not tx.chats.is_coordination_room(room):
        return ()
    actions: list[Action] = []
    for request in tx.requests.open():
        if name is None or request.category == name:
            actions += cards.refresh(tx, request)
    return actions
