"""`privacy`, `mydata`, `stop`: what becomes of a person's words, as it is configured here and stands in the store."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import Say
from bot.content import Gap, LanguageName, Line, say
from bot.domain import erasing
from bot.domain.requests import RequestState
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.private.erasing import throw_away
from handlers.requests import asking, continuing
from handlers.requests.asking import language_of, tell
from handlers.situation import Actions, Situation


def privacy(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Who reads, on which network, whether a computer translates, when it is deleted, and what deleting cannot do."""
    language, policy = language_of(where, tx), tx.policy
    sentences = (
        say("privacy-kept"),
        say("privacy-code"),
        say("privacy-unsent", n=erasing.unsent_days(policy.delete_after_days)),
        say("privacy-erase"),
        say("privacy-cannot", network=policy.network(where.chat.address.account)),
    )
    read = [Line(sentence) for sentence in asking.who_reads(tx, where.chat, language)]
    return (Say(where.chat.id, (*read, Gap(), *map(Line, sentences)), language=language),)


def mydata(event: Message, where: Situation, tx: Transaction) -> Actions:
    """What is kept of them now: codes and days, for whoever else looks at this screen."""
    mine = list(reversed(tx.requests.of_chat(where.chat.id)))
    network = tx.policy.network(where.chat.address.account)
    kept = [say("mydata-account", network=network, language=LanguageName(language_of(where, tx)))]
    if mine:
        kept.append(say("mydata-requests", codes=tuple(request.code for request in mine)))
    for request in mine:
        if request.state is RequestState.CLOSED and request.closed_at is not None:
            last = request.closed_at + timedelta(days=tx.policy.delete_after_days)
            kept.append(say("mydata-closed", code=request.code, day=last.astimezone(tx.policy.zone).date()))
    if continuing.waiting(tx, where.chat.id):
        kept.append(say("mydata-held"))
    return tell(where, tx, *kept, say("privacy-erase"), to=event)


def stop(event: Message, where: Situation, tx: Transaction) -> Actions:
    """We only ever write about the member's own requests; what is held is thrown away."""
    thrown_away = (say("held-deleted"),) if throw_away(where, tx) else ()
    open = tx.requests.of_chat(where.chat.id, open_only=True)
    codes = tuple(request.code for request in reversed(open))
    told = say("stop-open", codes=codes) if codes else say("stop-nothing-open")
    return tell(where, tx, *thrown_away, told, say("stop-block"), to=event)
