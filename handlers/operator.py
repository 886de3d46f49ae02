"""What needs the operator's hands: the coordination room is told what it is, never what was said or by whom.

One message for each cause; once more when it is still so after a day; and one when it is well again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.actions import Named, Priority, Recall, Say
from bot.content import Line, Sentence, say
from bot.domain.chats import KnownChat, Role
from bot.events import OPERATOR, Due, HandledAgain, Outcome, Quarantined, SentAgain, Trouble, TroubleOver
from bot.failing import ANOTHER_ROLE, NO_ANSWER
from bot.store.transaction import Transaction
from bot.store.troubles import KnownTrouble
from handlers import repeated
from handlers.notices import progress
from handlers.requests import replies
from handlers.situation import Actions

BUSINESS = "trouble"
"""Its timer."""

_DAY = timedelta(days=1)
_ROOM_COMES = timedelta(hours=1)  # nobody can be told: it is tried again after so long
_TAKES_EFFECT = timedelta(minutes=1)  # what was tried again has had its chance then

_LASTING = {
    "account": "schakel check",
    "away": "schakel check",
    "engine": "schakel check",
    "limited": "schakel status",
    "disk": "schakel status",
}
"""What stands until it is mended, and where to look; anything else has happened, and stands in the dead-letter list."""
_LOOK_AT_FAILED = "schakel status --failed"


# --- what begins, and what is over -----------------------------------------------------------------------------------


def trouble(event: Trouble, tx: Transaction) -> Actions:
    return _arises(tx, event.cause)


def trouble_over(event: TroubleOver, tx: Transaction) -> Actions:
    found = tx.troubles.get(event.cause)
    return () if found is None else _is_well(tx, found)


def put_aside(event: Quarantined, tx: Transaction) -> Actions:
    """Something that arrived could not be handled."""
    return _arises(tx, f"put-aside/{event.account}")


def not_delivered(event: Outcome, tx: Transaction) -> Actions:
    """A delivery that nobody asked to hear of has failed."""
    chat = tx.chats.get(event.chat)
    if event.failure is None:
        return ()
    if chat.role == Role.GROUP and event.subject.startswith("N"):
        progress.copy_changed(event, tx)
        return ()
    if not chat.active or event.failure == ANOTHER_ROLE:
        return ()  # that the chat is gone, or what it is now, is told by itself
    return _arises(tx, _cause_of(chat))


def given_up(event: Outcome, tx: Transaction) -> Actions:
    """Nobody knows whether it arrived, and it is not said once more: whoever was told of it cannot mend it."""
    return _arises(tx, _cause_of(tx.chats.get(event.chat))) if event.failure == NO_ANSWER else ()


def sent_again(event: SentAgain, tx: Transaction) -> Actions:
    """Whoever was shown that it had failed sees that it is on its way."""
    _look_soon(tx, _cause_of(tx.chats.get(event.chat)))
    if event.subject.startswith("N"):
        progress.copy_changed(event, tx)
    return replies.settled(event, tx) if (event.report or "").startswith("reply:") else ()


def handled_again(event: HandledAgain, tx: Transaction) -> Actions:
    _look_soon(tx, f"put-aside/{event.account}")
    return ()


def _cause_of(chat: KnownChat) -> str:
    """People's chats are one cause: which of them it is does not matter to the room, and would be too much."""
    return f"not-delivered/{'' if chat.role == Role.PRIVATE else chat.id}"


# --- telling ---------------------------------------------------------------------------------------------------------


def due(event: Due, tx: Transaction) -> Actions:
    """Still so after a day; or nobody could be told before; or what was tried again has had its effect."""
    found = tx.troubles.get(event.subject)
    if found is None:
        return ()
    if found.kind in _LASTING or (found.told_at is None and _is_left(tx, found)):
        return _tell(tx, found)
    forgotten_at = _forgotten_at(tx, found)
    if _is_left(tx, found):
        tx.schedule.at(max(forgotten_at, tx.now + _DAY), event, lane=OPERATOR)
        return ()
    if tx.now < forgotten_at:
        return _is_well(tx, found)
    tx.troubles.over(found.cause)  # nobody has mended it: it is only too old to matter
    return ()


def _arises(tx: Transaction, cause: str) -> Actions:
    found = tx.troubles.arises(cause)
    if found.told_at is not None and tx.now - found.told_at < _DAY:
        return ()
    return _tell(tx, found)


def _tell(tx: Transaction, about: KnownTrouble) -> Actions:
    room, sentence = _room(tx, about), _sentence(tx, about)
    if room is None or sentence is None:
        tx.schedule.at(tx.now + _ROOM_COMES, Due(BUSINESS, about.cause), lane=OPERATOR)
        return ()
    waits = about.told and repeated.waits(tx, room.id, _name(about, about.told))
    if not waits:
        tx.troubles.told(about)
    again = tx.now + _DAY if about.kind in _LASTING else _forgotten_at(tx, about)
    tx.schedule.at(again, Due(BUSINESS, about.cause), lane=OPERATOR)
    if waits:
        return ()  # it says the same, when the room can be reached
    look = Line(say("operator-look", command=_LASTING.get(about.kind, _LOOK_AT_FAILED)), "italic")
    name = _name(about, about.told + 1)
    return (Say(room.id, (Line(sentence), look), name=name, priority=Priority.COORDINATION),)


def _is_well(tx: Transaction, about: KnownTrouble) -> Actions:
    tx.troubles.over(about.cause)
    tx.schedule.cancel(BUSINESS, about.cause)
    room, sentence = _room(tx, about), _sentence(tx, about)
    if room is None or sentence is None or not about.told:
        return ()
    unread: Actions = ()
    last = about.told
    if repeated.waits(tx, room.id, _name(about, last)):
        unread, last = (Recall(room.id, Named(_name(about, last))),), last - 1
    if not last:
        return unread  # nobody has heard of it
    before = Named(_name(about, last))
    said = (Line(sentence, "quote"), Line(say("operator-well"), "bold"))
    return (*unread, Say(room.id, said, reply_to=before, priority=Priority.COORDINATION))


def _look_soon(tx: Transaction, cause: str) -> None:
    if tx.troubles.get(cause) is not None:
        tx.schedule.at(tx.now + _TAKES_EFFECT, Due(BUSINESS, cause), lane=OPERATOR)


def _name(about: KnownTrouble, number: int) -> str:
    return f"trouble/{about.cause}/{int(about.since.timestamp() * 1_000_000)}/{number}"


def _forgotten_at(tx: Transaction, about: KnownTrouble) -> datetime:
    """When what has happened leaves the dead-letter list by itself."""
    return (about.told_at or tx.now) + timedelta(days=tx.policy.delete_after_days)


def _room(tx: Transaction, about: KnownTrouble) -> KnownChat | None:
    """The coordination room, if it can be told of this: not by an account about itself, nor a room about itself."""
    room = tx.chats.coordination_room()
    itself = [f"{kind}/{room.address.account}" for kind in ("account", "away")] if room else []
    if room is None or about.cause in (*itself, f"not-delivered/{room.id}"):
        return None
    return room


def _is_left(tx: Transaction, about: KnownTrouble) -> bool:
    """Whether what has happened still stands in the dead-letter list."""
    if about.kind == "put-aside":
        return tx.dead_letters.has_events(about.about)
    return tx.dead_letters.has_deliveries(int(about.about) if about.about else None)


def _sentence(tx: Transaction, about: KnownTrouble) -> Sentence | None:
    """What it is; None where it makes no sense any more."""
    match about.kind:
        case "account":
            return say("operator-account", network=tx.policy.network(about.about))
        case "away":
            return say("operator-away", network=tx.policy.network(about.about))
        case "engine":
            return say("operator-engine", engine=about.about)
        case "limited":
            return say("operator-limited", network=tx.policy.network(about.about))
        case "disk":
            return say("operator-disk")
        case "put-aside":
            return say("operator-put-aside", network=tx.policy.network(about.about) or "Schakel")
        case "not-delivered":
            return say("operator-not-delivered", chat=_where(tx, about.about))
        case _:
            return None


def _where(tx: Transaction, chat: str) -> str | Sentence:
    if not chat:
        return say("a-private-chat")
    found = tx.chats.find(int(chat))
    return (found and found.title) or say("a-group")
