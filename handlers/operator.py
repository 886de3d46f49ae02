"""What went wrong and nobody else looks after: the coordination room is told where it was, never what was said."""

from __future__ import annotations

from bot.actions import Priority, Say
from bot.content import Line, Sentence, say
from bot.events import Outcome, Quarantined, SentAgain
from bot.store.tables import Role
from bot.store.transaction import Transaction
from handlers import echoes, progress
from handlers.situation import Actions


def put_aside(event: Quarantined, tx: Transaction) -> Actions:
    """Something that arrived could not be handled."""
    return _tell(tx, "put-aside", say("operator-put-aside", network=tx.policy.network(event.account)))


def not_delivered(event: Outcome, tx: Transaction) -> Actions:
    """A delivery that nobody asked to hear of has failed."""
    chat = tx.chats.get(event.chat)
    if event.failure is None:
        return ()
    if chat.role == Role.GROUP and event.subject.startswith("N"):
        progress.copy_changed(event, tx)
        return ()
    if not chat.active or chat.role == Role.COORDINATION:
        return ()  # that the chat is gone is told by itself; and the coordinators cannot be told that they are not told
    where = say("a-private-chat") if chat.role == Role.PRIVATE else chat.title or say("a-group")
    return _tell(tx, "not-delivered", say("operator-not-delivered", chat=where))


def sent_again(event: SentAgain, tx: Transaction) -> Actions:
    """Whoever was shown that it had failed sees that it is on its way."""
    if event.subject.startswith("N"):
        progress.copy_changed(event, tx)
    return echoes.reply_settled(event, tx) if (event.report or "").startswith("reply:") else ()


def _tell(tx: Transaction, what: str, sentence: Sentence) -> Actions:
    """At most once an hour, so that a bad day does not bury the requests."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    name = f"{what}/{int(tx.now.timestamp()) // 3600}"
    return (Say(room.id, (Line(sentence),), name=name, priority=Priority.COORDINATION),)
