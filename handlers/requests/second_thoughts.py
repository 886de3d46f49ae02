"""A helper changes a message after it was sent: a note is what it says now, an answer asks before it goes out anew."""

from __future__ import annotations

from dataclasses import replace

from bot import commands
from bot.actions import Button, Edit, Named, OnNetwork, Recall, Say
from bot.content import Line, Sentence, say
from bot.domain.chats import Role
from bot.domain.requests import RECENT, Request, RequestState
from bot.incoming import Deleted, Edited
from bot.model import Text
from bot.store.erasing import SEND_CHANGE
from bot.store.requests import Line as Spoken
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from bot.text.words import has_words
from handlers.requests import asking, attached, below, cards, echoes, notes, ready_answers, replies, threads, undoing
from handlers.situation import Actions, Doing, Situation


def edited(event: Edited, tx: Transaction) -> Actions:
    """The member has an answer's old words until somebody sends the change."""
    chat = tx.chats.at(event.chat)
    copy = None if chat is None or chat.role != Role.COORDINATION else tx.copies.at(chat.id, event.id)
    found = None if copy is None or copy.text is None else tx.requests.line_of_text(copy.text)
    if chat is not None and chat.role == Role.COORDINATION and found is None:
        return _not_sent(event, chat.id)
    if chat is None or found is None or attached.says_nothing(event, found[1].text, tx):
        return ()
    request, line = found
    event = replace(event, text=naming_nobody(event.text))
    replaced = attached.is_replaced(event, line.text, tx)
    if line.author == "note" and line.person in (None, tx.chats.known_person(event.person)):  # Matrix shows no other's
        before = tx.texts.get(line.text).text.plain
        tx.texts.replace(line.text, event.text, asking.guess(event.text.plain, tx))
        attached.renew(event, line.text, tx)
        if notes.looks_sent(event.text.plain) and not notes.looks_sent(before):
            return notes.only_a_note(chat.id, event.id, request, line.id)
    if line.author != "coordinator" or line.withdrawn_at is not None:
        return ()
    _, code, rest = _read(event.text)
    if not replaced and code in (None, request.code) and rest == tx.texts.get(line.text).text.plain.strip():
        return ()  # networks tell of an edit when a link's picture has come
    language = tx.policy.language_in(chat)
    too_large = attached.too_large(event, tx) if replaced else []
    changed = too_large[0] if too_large else _changed(event, request, language, tx)
    if isinstance(changed, Sentence):
        return (Say(chat.id, (Line(changed),), request.code, reply_to=OnNetwork(event.id)),)
    attached.go_on(event, line.text, changed, tx)
    return _offered(chat.id, event.id, request, line, changed, tx)


def _not_sent(event: Edited, room: int) -> Actions:
    """What was no answer becomes none by being changed, as when the code was forgotten: it has to be written anew."""
    command = commands.parse(event.text.plain)
    if command is None or command.name not in ("r", "reply"):
        return ()
    return (Say(room, (Line(say("reply-needs-request")),), reply_to=OnNetwork(event.id)),)


def deleted(event: Deleted, tx: Transaction) -> Actions:
    """A note that was taken back is found, shown and sent no more; an answer is taken back by `undo` alone, and whoever
    thinks otherwise is asked."""
    chat = tx.chats.at(event.chat)
    copy = None if chat is None or chat.role != Role.COORDINATION else tx.copies.at(chat.id, event.id)
    found = None if copy is None or copy.text is None else tx.requests.line_of_text(copy.text)
    if chat is None or found is None:
        return ()
    request, line = found
    if line.author == "coordinator":
        return _offer_undo(chat.id, request, line) if _may_be_a_mistake(request, line, tx) else ()
    if line.author != "note":
        return ()
    name = cards.line_name(request, line)
    shown = [] if tx.deliveries.named(chat.id, name) is None else [Recall(chat.id, Named(name))]
    tx.requests.forget_line(line.id)
    tx.texts.replace(line.text, Text(""), None)  # what still waits to be shown somewhere shows nothing
    tx.attachments.forget([line.text])
    return shown


def _may_be_a_mistake(request: Request, line: Spoken, tx: Transaction) -> bool:
    """Whether an answer was deleted that the member goes by. Who tidies the room deletes what is long over."""
    over = request.state is RequestState.CLOSED or tx.now - line.at > RECENT or line.withdrawn_at is not None
    return not over and not echoes.never_arrived(tx, request, line)


def _offer_undo(room: int, request: Request, line: Spoken) -> Actions:
    content = (Line(say("reply-deleted", code=request.code)),)
    buttons = ((Button(say("button-undo"), "undo", str(line.id)),),)
    return (Say(room, content, request.code, thread=below.card(request), buttons=buttons),)


def _read(words: Text) -> tuple[str, str | None, str]:
    """The command that a message is, if any, the code behind it, and what follows."""
    command = commands.parse(words.plain)
    if command is None:
        return "", None, notes.behind_the_r(words.plain.strip())
    return command.name, *command.code("K")


def _changed(event: Edited, request: Request, language: str, tx: Transaction) -> int | Sentence:
    """The text that the answer has become; otherwise what to tell."""
    command, code, rest = _read(event.text)
    if code not in (None, request.code):
        return say("reply-two-requests", code=code or "", thread=request.code)
    if command == "ready":
        sentence = ready_answers.understood(rest, tx)
        return (
            say("reply-how", code=request.code)
            if sentence is None
            else ready_answers.write(sentence, request, language, tx)
        )
    if not has_words(rest) and not event.attachments:
        return say("reply-how", code=request.code)
    return replies.store(threads.tail(event.text, rest), tx)


def _offered(room: int, message: str, request: Request, line: Spoken, text: int, tx: Transaction) -> Actions:
    """One offer for each answer: what it would send is always the latest."""
    name = f"{request.code}/change/{line.id}"
    content = (Line(say("reply-changed", code=request.code)),)
    buttons = ((Button(say("button-send-change"), SEND_CHANGE, f"{line.id}:{text}"),),)
    if tx.deliveries.named(room, name) is not None:
        return (Edit(room, Named(name), content, buttons),)
    return (Say(room, content, request.code, name, below.card(request), OnNetwork(message), buttons),)


def send(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """[Send the change]: the old answer is taken back, and the new one goes the way of every answer."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    assert where.choice is not None
    line_id, text = (int(number) for number in where.choice.value.split(":"))
    request, line = tx.requests.line(line_id)
    if line.withdrawn_at is not None:
        return threads.tell(event, where, say("undo-nothing", code=request.code), request)
    if (why_not := replies.refusal(tx, request)) is not None:
        return threads.tell(event, where, why_not, request)
    back = undoing.take_back(tx, request, line, replaced=True)
    if not tx.attachments.of(text):
        tx.attachments.copy(line.text, text)  # the change was offered by an earlier version
    tx.copies.become(line.text, text)
    return (*back, *replies.give(tx, tx.requests.line(line_id)[0], text, where))
