"""What time deletes: requests some days after they were closed, words never sent, and the traces of both.

Every hour all that is due is looked for in the store, so nothing has to be remembered when a request opens again.
"""

from __future__ import annotations

from bot.actions import Action, Edit, Say
from bot.content import Line, say
from bot.domain import erasing
from bot.domain.chats import Role
from bot.domain.requests import Request
from bot.events import Due, Outcome
from bot.store.tables import Status
from bot.store.transaction import Transaction
from handlers.requests import asking, below
from handlers.situation import Actions

PURGED = "purged"
"""The report of the card's last edit."""

_REQUESTS = 10  # at a time: others are waiting for the writer
_ROWS = 200


def sweep(event: Due, tx: Transaction) -> Actions:
    """Delete what is due; what is too much for one unit goes on at once in the next."""
    days = tx.policy.delete_after_days
    before = erasing.purge_closed_before(tx.now, days)
    orphans = tx.erasing.remove_orphans()
    closed = tx.requests.closed_before(before, _REQUESTS)
    actions = [action for request in closed for action in _purge(request, tx)]
    told = _drop_unsent(tx)
    old = tx.erasing.remove_old(before, _ROWS)
    texts = tx.texts.forget_orphans(before, _ROWS, [*tx.dialogues.texts(), *tx.erasing.offered()])
    linked = tx.links.forget(before, _ROWS)
    others = tx.erasing.remove_put_aside(before)
    if not told:  # whoever is to be told something has to be known
        others += tx.erasing.forget_empty_chats(_ROWS)
    others += tx.erasing.forget_people()
    tx.chats.forget_pairings()
    tx.chats.forget_organisations()
    unfinished = bool(told) or len(closed) == _REQUESTS or _ROWS in (old, texts, linked)
    tx.schedule.at(tx.now if unfinished else tx.now + erasing.SWEEPS_EVERY, event)
    if closed or old or texts or orphans or linked or others:
        tx.erasing.wipe()
    return [*actions, *told]


def _purge(request: Request, tx: Transaction) -> list[Action]:
    """Its contents go; the helpers' card says that they did, and no more."""
    tx.erasing.forget(request, "purged")
    room = tx.chats.coordination_room()
    card = below.card(request)
    shown = None if room is None else tx.deliveries.named(room.id, card.name)
    if room is None or shown is None or shown.status not in (Status.DONE, Status.SENDING):
        tx.erasing.remove_about([request.code])
        return []
    told = say("card-purged", code=request.code, n=tx.policy.delete_after_days)
    return [Edit(room.id, card, (Line(told, "italic"),), report=f"{PURGED}:{request.code}")]


def purged(event: Outcome, tx: Transaction) -> Actions:
    """The card says it, or never will: nothing speaks of the request any more."""
    tx.erasing.remove_about([event.subject])
    return ()


def _drop_unsent(tx: Transaction) -> list[Action]:
    """Words that were written days ago and never sent, and screens that nobody has answered. Who believes that helpers
    have the words is told."""
    before = erasing.drop_unsent_before(tx.now, tx.policy.delete_after_days)
    told: list[Action] = []
    for id, texts in tx.dialogues.unsent_since(before):
        chat, held = tx.chats.get(id), asking.held(tx, id)
        if texts and chat.active and chat.role == Role.PRIVATE:
            said = (Line(say("held-deleted")), Line(say("nothing-held")))
            told.append(Say(id, said, language=chat.language or (held.shown if held else None)))
        tx.dialogues.put(id, held=None, which=None)
        tx.texts.delete(texts)
    return told
