"""Notes among helpers: what is typed below a card stays in the room."""

from __future__ import annotations

import re

from bot.content import Sentence, say
from bot.model import Message, Text
from bot.requests import Request
from bot.store.transaction import Transaction
from handlers import asking, threads
from handlers.situation import Actions, Situation

_LIKE_A_REPLY = re.compile(r"\s*r(eply)?[\s:,]+\w", re.IGNORECASE)  # the / was forgotten


def note(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`note TEXT`: what plain text in a thread is anyway, from wherever it is typed."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    if not about.rest:
        return threads.tell(event, where, say("note-how", code=about.request.code), about.request)
    _keep_note(event, threads.tail(event.text, about.rest), about.request, where, tx)
    if where.subject == about.request.code:
        return ()
    return threads.tell(event, where, say("note-kept", code=about.request.code))


def plain(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Words in a request's thread are a note; elsewhere in the room people talk among themselves."""
    request = tx.requests.by_code(where.subject) if where.subject.startswith("K") else None
    if request is None or not event.text:
        return ()
    _keep_note(event, event.text, request, where, tx)
    meant = _LIKE_A_REPLY.match(event.text.plain)
    return threads.tell(event, where, say("note-like-a-reply", code=request.code), request) if meant else ()


def _keep_note(event: Message, words: Text, request: Request, where: Situation, tx: Transaction) -> None:
    text = tx.texts.add(words, asking.guess(words.plain, tx))
    tx.requests.say(request.id, "note", text)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)
