"""What no engine could translate for a while is asked for again by itself, as long as somebody may read it."""

from __future__ import annotations

from datetime import timedelta

from bot.events import Due, Translated
from bot.store.transaction import Transaction
from handlers.situation import Actions

BUSINESS = "translate-again"
"""Its timer."""
_EVERY = timedelta(minutes=15)


def failed(event: Translated, tx: Transaction) -> Actions:
    """The engine may be back at midnight, when nobody is there to try again. To listen takes a small machine minutes:
    a recording that is too much for it must not keep it from all others."""
    if event.passes and event.purpose != "voice" and tx.dead_letters.has_translation(event.translation):
        tx.schedule.at(tx.now + _EVERY, Due(BUSINESS, str(event.translation)))
    return ()


def due(event: Due, tx: Transaction) -> Actions:
    translation = int(event.subject)
    if tx.dead_letters.has_translation(translation):
        tx.dead_letters.translate_again(translation, once=True)
    return ()
