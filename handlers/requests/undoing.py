"""Taking an answer back: what has not reached the member never does, and what has is replaced by a word about it."""

from __future__ import annotations

from bot.actions import Edit, Named, Priority, Recall, Say
from bot.content import Line, Sentence, say
from bot.domain import answering, requests
from bot.domain.requests import Request
from bot.incoming import Message
from bot.store.requests import Line as Spoken
from bot.store.tables import Status
from bot.store.transaction import Transaction
from handlers.requests import cards, echoes, threads
from handlers.situation import Actions, Doing, Situation


def undo(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`undo`: whoever types it takes back the last answer they gave in this request."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    tx.copies.came_in(where.chat.id, event.id, about.request.code)
    line = answering.last_answer(tx.requests.lines(about.request.id), where.person.id)
    if line is None:
        return threads.tell(event, where, say("undo-nothing", code=about.request.code), about.request)
    return take_back(tx, about.request, line)


def pressed(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """[Undo] below an answer's echo: it names the very answer, so anybody in the room may be the one who sees it."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    assert where.choice is not None
    request, line = tx.requests.line(int(where.choice.value))
    if line.withdrawn_at is not None:
        return threads.tell(event, where, say("undo-nothing", code=request.code), request)
    return take_back(tx, request, line)


def take_back(tx: Transaction, request: Request, line: Spoken, replaced: bool = False) -> Actions:
    """The member should not go by an answer. `replaced`: another follows at once, and speaks for itself."""
    sent = tx.deliveries.named(request.chat, echoes.reply_name(request, line.id))
    tx.requests.withdraw(line.id)
    tx.requests.save(requests.answer_taken_back(request, others=echoes.is_answered(tx, request)))
    shown: Actions = ()
    if sent is not None and tx.lanes.unsent(sent.id):
        tx.deliveries.recall(Recall(request.chat, Named(sent.name)))
    elif sent is not None and sent.status not in (Status.FAILED, Status.DROPPED):
        shown = _in_the_members_chat(tx, request, line, replaced)
    request, line = tx.requests.line(line.id)
    return (*shown, *echoes.refresh_echo(tx, request, line), *cards.refresh(tx, request))


def _in_the_members_chat(tx: Transaction, request: Request, line: Spoken, replaced: bool) -> Actions:
    """The words are taken away; and since nobody looks at what they have read already, a message says so."""
    name = echoes.reply_name(request, line.id)
    content = (Line(say("answer-head", code=request.code), "bold"), Line(say("answer-taken-back"), "italic"))
    edit = Edit(request.chat, Named(name), content, priority=Priority.ANSWER)
    if replaced or not cards.in_private(tx, request):
        return (edit,)
    told = Line(say("answer-taken-back-told", code=request.code))
    return (edit, Say(request.chat, (told,), request.code, f"{name}/taken-back"))
