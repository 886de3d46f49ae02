"""Notes among helpers: what is typed below a card stays in the room, unless somebody sends it."""

from __future__ import annotations

import re

from bot import commands
from bot.actions import Button, OnNetwork, Ref, Say
from bot.content import Line, Sentence, say
from bot.domain import answering
from bot.domain.requests import Request, RequestState
from bot.files import kinds
from bot.incoming import Message
from bot.model import Text
from bot.store.requests import Line as Spoken
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from bot.text.words import has_words
from handlers.requests import asking, attached, below, replies, threads
from handlers.situation import Actions, Doing, Situation

_UNSEEN = r"\s\u200e\u200f\u2066-\u2069"  # spaces, and marks of direction
_LETTER = r"[^\W\d_A-Za-z]"  # of another alphabet: whoever has its keyboard at hand writes the r with it
_LIKE_A_REPLY = re.compile(
    rf"[{_UNSEEN}]*(?:(?:[!/]?[{_UNSEEN}]*r(eply)?|[!/\uff01\uff0f]{_LETTER})[{_UNSEEN}:,]+(?=\w)|[!/]r(?=#?k\d))",
    re.IGNORECASE,
)
"""The / was forgotten, or something stands behind it or behind the r that makes it no command, or nothing does."""
_CODE_FIRST = re.compile(rf"[{_UNSEEN}]*#?k\d+[{_UNSEEN}:,]+[!/]r(eply)?(?!\w)", re.IGNORECASE)


def note(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`note TEXT`: what plain text in a thread is anyway, from wherever it is typed."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    if not about.rest and not attached.fitting(event, tx):
        return threads.tell(event, where, say("note-how", code=about.request.code), about.request)
    _keep_note(event, threads.tail(event.text, about.rest), about.request, where, tx)
    if where.subject == about.request.code:
        return ()
    return threads.tell(event, where, say("note-kept", code=about.request.code))


def plain(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Words in a request's thread are a note; elsewhere in the room people talk among themselves."""
    if (along := replies.going_along(event, where, tx)) is not None:
        return along
    request = tx.requests.by_code(where.subject) if where.subject.startswith("K") else None
    if request is None and _names_somebody(event.text.plain):
        return threads.tell(event, where, say("reply-needs-request"))
    if request is None or not (event.text or event.attachments):
        return ()
    if not event.text and (refused := attached.too_large(event, tx)):
        return threads.tell(event, where, refused[0], request)
    doubtful = _may_be_meant_for_them(event, request, where, tx)
    line = _keep_note(event, event.text, request, where, tx)
    thread = None if event.thread is None else OnNetwork(event.thread)
    return only_a_note(where.chat.id, event.id, request, line, thread) if doubtful else ()


def _keep_note(event: Message, words: Text, request: Request, where: Situation, tx: Transaction) -> int:
    text = tx.texts.add(naming_nobody(words), asking.guess(words.plain, tx))  # it may be sent yet
    attached.keep(event, text, tx)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)
    return tx.requests.say(request.id, "note", text, where.person.id)


# --- a note that was meant for the member ----------------------------------------------------------------------------


def _may_be_meant_for_them(event: Message, request: Request, where: Situation, tx: Transaction) -> bool:
    """The member waits, and whoever talks with them writes: that looks sent to whoever has not learnt it yet.

    Said once in a train of thought. Others' notes are left in peace: they talk about the member, not to them. What is
    spoken or photographed, a place or a contact is offered always: not every app lets people write /r with it.
    """
    if attached.fitting(event, tx) or kinds.bears_no_words(event.text.plain):
        return request.state is not RequestState.CLOSED
    if looks_sent(event.text.plain):
        return True
    if not request.unanswered or request.state is RequestState.CLOSED:
        return False
    lines, me = tx.requests.lines(request.id), where.person.id
    talks = request.claimed_by == me or (request.claimed_by is None and answering.has_answered(lines, me))
    return talks and answering.begins_a_burst(lines, me, tx.now)


def _names_somebody(words: str) -> bool:
    """Whether it was meant as an answer to somebody, where nobody gets it: "r K7 …", "K7 /r …"."""
    named = looks_sent(words) and commands.Command("r", behind_the_r(words.strip())).code("K")[0] is not None
    return named or _CODE_FIRST.match(words) is not None


def only_a_note(room: int, message: str, request: Request, line: int, thread: Ref | None = None) -> Actions:
    """Say in reply to a message that the member has not seen it, with a button that sends it."""
    told = Line(say("note-only", code=request.code))
    buttons = ((Button(say("button-send-note"), "send-note", str(line)),),)
    return (Say(room, (told,), request.code, None, thread or below.card(request), OnNetwork(message), buttons),)


def send(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """[Send it]: the note goes to the member as it stands now, like any other answer."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    assert where.choice is not None
    if not tx.requests.has_line(int(where.choice.value)):
        return threads.tell(event, where, say("choice-unknown"), about.request)  # it was deleted meanwhile
    request, line = tx.requests.line(int(where.choice.value))
    if (why_not := replies.refusal(tx, request)) is not None:
        return threads.tell(event, where, why_not, request)
    code, meant = _meant(line, tx)
    if not has_words(meant) and not tx.attachments.of(line.text):
        return threads.tell(event, where, say("reply-how", code=request.code), request)
    if code not in (None, request.code):
        return threads.tell(event, where, say("reply-two-requests", code=code or "", thread=request.code), request)
    return replies.give(tx, request, _as_meant(line, tx), where)


def looks_sent(words: str) -> bool:
    """Whether somebody who wrote this may believe that the member reads it."""
    return _LIKE_A_REPLY.match(words) is not None


def behind_the_r(words: str) -> str:
    """What is meant for the member where the / was forgotten."""
    forgotten = _LIKE_A_REPLY.match(words)
    return words if forgotten is None else words[forgotten.end() :]


def _meant(line: Spoken, tx: Transaction) -> tuple[str | None, str]:
    """The code behind an r that a note begins with, if any, and what follows; of others all."""
    words = tx.texts.get(line.text).text.plain
    return commands.Command("r", behind_the_r(words.strip())).code("K") if looks_sent(words) else (None, words)


def _as_meant(line: Spoken, tx: Transaction) -> int:
    """The note's own text, with whatever came with it; without the r that stood before it."""
    known, (_, meant) = tx.texts.get(line.text), _meant(line, tx)
    if meant != known.text.plain:
        tx.texts.replace(line.text, threads.tail(known.text, meant), known.language)
    if tx.texts.get(line.text).language is None:
        tx.texts.set_language([line.text], tx.policy.working_language)
    return line.text
