"""What a helper answers: it goes to the member, and the thread shows exactly what that is."""

from __future__ import annotations

from bot import requests
from bot.actions import Answer, OnNetwork, Say
from bot.content import Line, Sentence, Translated, say
from bot.model import Edited, Message, Pressed
from bot.requests import RequestState
from bot.store.tables import Role
from bot.store.transaction import Transaction
from handlers import asking, cards, intake, threads
from handlers.asking import Event
from handlers.situation import Actions, Situation


def reply(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`r TEXT`: what the member is told; the thread shows what that is, and how far."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        told = say("reply-needs-request") if about.key == "which-code" else about
        return threads.tell(event, where, told)
    request = about.request
    if where.subject.startswith("K") and where.subject != request.code:
        return threads.tell(event, where, say("reply-two-requests", code=request.code, thread=where.subject))
    if not any(character.isalnum() for character in about.rest):
        return threads.tell(event, where, say("reply-how", code=request.code), request)
    if request.state is RequestState.CLOSED:
        return threads.tell(event, where, say("reply-is-closed", code=request.code), request)
    if not cards.in_private(tx, request):
        return threads.tell(event, where, cards.unreachable(tx, request), request)
    intake.over(tx, request)
    words = threads.tail(event.text, about.rest)
    text = tx.texts.add(words, asking.guess(words.plain, tx) or tx.policy.working_language)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)
    line = tx.requests.line(tx.requests.say(request.id, "coordinator", text))[1]
    request = requests.answered(request)
    tx.requests.save(request)
    name = cards.reply_name(request, line.id)
    content = (Line(say("answer-head", code=request.code), "bold"), Translated(text))
    answer = Say(request.chat, content, request.code, name, report=f"reply:{line.id}")
    return (answer, *cards.echoed(tx, request, line), *cards.refresh(tx, request))


def edited(event: Edited, tx: Transaction) -> Actions:
    """A reply was changed after it was sent: the member has the old words, and its writer should know."""
    chat = tx.chats.at(event.chat)
    copy = None if chat is None or chat.role != Role.COORDINATION else tx.copies.at(chat.id, event.id)
    found = None if copy is None or copy.text is None else tx.requests.line_of_text(copy.text)
    if chat is None or found is None or found[1].author != "coordinator":
        return ()
    request, line = found
    if event.text.plain.rstrip().endswith(tx.texts.get(line.text).text.plain):
        return ()  # networks tell of an edit when a link's picture has come
    told = (Line(say("reply-edited", code=request.code)),)
    return (Say(chat.id, told, request.code, reply_to=OnNetwork(event.id)),)


def pressed(event: Event, where: Situation, tx: Transaction) -> Actions:
    """The Reply button: a reply is an act, so it is typed as one."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    how = say("reply-how", code=about.request.code)
    toast = (Answer(where.chat.id, event, how),) if isinstance(event, Pressed) else ()
    return (*toast, *cards.in_thread(tx, about.request, Line(how)))
