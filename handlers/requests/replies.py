"""What a helper answers: it goes to the member, and the thread shows exactly what that is."""

from __future__ import annotations

from bot.actions import Action, Answer, Say
from bot.commands import Command
from bot.content import Line, Sentence, Translated, say
from bot.domain import answering, requests
from bot.domain.requests import Request, RequestState
from bot.events import Outcome, SentAgain
from bot.incoming import Message, Pressed
from bot.model import Text
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from bot.text.words import has_words
from handlers.requests import asking, attached, below, cards, echoes, intake, threads
from handlers.situation import Actions, Doing, Situation


def reply(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`r TEXT`: what the member is told; the thread shows what that is, and how far."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        told = say("reply-needs-request") if about.key == "which-code" else about
        return threads.tell(event, where, told)
    if event.forwarded:  # an example from elsewhere, or what was said last week
        return threads.tell(event, where, say("reply-needs-request"))
    request = about.request
    if where.subject.startswith("K") and where.subject != request.code:
        return threads.tell(event, where, say("reply-two-requests", code=request.code, thread=where.subject))
    other = Command("r", about.rest).code("K")[0]
    if other not in (None, request.code) and tx.requests.by_code(str(other)) is not None:  # /r K1 K2 …
        return threads.tell(event, where, say("reply-two-requests", code=str(other), thread=request.code))
    if not has_words(about.rest) and not event.attachments:
        return threads.tell(event, where, say("reply-how", code=request.code), request)
    if event.album is not None:
        tx.dialogues.put(where.chat.id, answering=[event.album, request.code])
    return _told(event, threads.tail(event.text, about.rest), request, where, tx)


def going_along(event: Message, where: Situation, tx: Transaction) -> Actions | None:
    """Of several photos sent as one only one has the words, and so the command; None for whatever is none of these."""
    album, code = tx.dialogues.get(where.chat.id).get("answering", (None, ""))
    request = tx.requests.by_code(code) if event.album is not None and event.album == album else None
    return None if request is None else _told(event, event.text, request, where, tx)


def _told(event: Message, words: Text, request: Request, where: Situation, tx: Transaction) -> Actions:
    if refused := attached.too_large(event, tx):
        return threads.tell(event, where, refused[0], request)
    if (why_not := refusal(tx, request)) is not None:
        return threads.tell(event, where, why_not, request)
    text = store(words, tx)
    attached.keep(event, text, tx)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)
    return give(tx, request, text, where)


def store(words: Text, tx: Transaction) -> int:
    """A helper's words as a text; where nobody can tell the language, it is the one they work in. Which account belongs
    to a colleague who is mentioned is no business of the member's."""
    return tx.texts.add(naming_nobody(words), asking.guess(words.plain, tx) or tx.policy.working_language)


def refusal(tx: Transaction, request: Request) -> Sentence | None:
    """Why the member can be told nothing now."""
    if request.state is RequestState.CLOSED:
        return say("reply-is-closed", code=request.code)
    return None if cards.in_private(tx, request) else cards.unreachable(tx, request)


def give(tx: Transaction, request: Request, text: int, where: Situation) -> Actions:
    """Whoever acts tells the member a text: every answer goes this way."""
    intake.over(tx, request)
    beside = _others(tx, request, where)
    line = tx.requests.line(tx.requests.say(request.id, "coordinator", text, where.person.id))[1]
    request = requests.answered(request)
    tx.requests.save(request)
    name = echoes.reply_name(request, line.id)
    content = (Line(say("answer-head", code=request.code), "bold"), Translated(text), *attached.files(tx, text))
    answer = Say(request.chat, content, request.code, name, report=f"reply:{line.id}")
    return (answer, *echoes.echoed(tx, request, line), *beside, *cards.refresh(tx, request))


def settled(event: Outcome | SentAgain, tx: Transaction) -> Actions:
    """A reply has reached the member, or never will, or is on its way once more. Who got none still waits for one."""
    request, line = tx.requests.line(int((event.report or "").partition(":")[2]))
    shown = echoes.refresh_echo(tx, request, line)
    now = request
    if echoes.is_answered(tx, request):
        now = requests.answered(request)
    elif echoes.never_arrived(tx, request, line):
        now = requests.answer_taken_back(request, others=False)
    if now == request:
        return shown
    tx.requests.save(now)
    return (*shown, *cards.refresh(tx, now))


def _others(tx: Transaction, request: Request, where: Situation) -> Actions:
    """Somebody else has just answered, or is looking after it: the member may hear two different things."""
    lines, me = tx.requests.lines(request.id), where.person.id
    told: list[Action] = []
    other = answering.just_answered(lines, me, tx.now)
    if other is not None:
        told += below.in_thread(tx, request, Line(say("reply-too", code=request.code, name=below.name_of(tx, other))))
    claimed_at = tx.requests.history([request])[request.id].get("claimed")
    theirs = request.claimed_by not in (None, me)
    if theirs and other != request.claimed_by and not answering.has_answered(lines, me, claimed_at):
        name = below.name_of(tx, request.claimed_by)
        told += below.in_thread(tx, request, Line(say("reply-claimed", code=request.code, name=name)))
    return told


def pressed(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """The Reply button: a reply is an act, so it is typed as one."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    how = say("reply-how", code=about.request.code)
    toast = (Answer(where.chat.id, event, how),) if isinstance(event, Pressed) else ()
    return (*toast, *below.in_thread(tx, about.request, Line(how)))
