"""The coordination room: claim, release, reply, note, close, reopen, by command or by button."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot import requests
from bot.actions import Action, Answer, Button, Named, OnNetwork, Say
from bot.chats import KnownChat
from bot.content import Line, Sentence, Translated, say
from bot.events import ChatGone
from bot.model import Edited, Message, Pressed, Text
from bot.requests import OUTCOMES, Request, RequestState, TransitionError
from bot.store.tables import Role
from bot.store.transaction import Transaction
from handlers import asking, cards, intake
from handlers.asking import Event
from handlers.situation import Actions, Situation
from handlers.spoken import spoken


@dataclass(frozen=True, slots=True)
class About:
    """A request that a command or a button speaks of, and what else was typed."""

    request: Request
    rest: str


_LIKE_A_REPLY = re.compile(r"\s*r(eply)?[\s:,]+\w", re.IGNORECASE)  # the / was forgotten

Change = Callable[[About, Situation, Transaction], Actions]


def _about(where: Situation, tx: Transaction) -> About | Sentence:
    """By the code typed, else by the thread; otherwise what to tell."""
    if where.chat.role != Role.COORDINATION:
        return say("only-in-coordination")  # a button in what was the coordination room once
    if where.choice is not None:
        found = tx.requests.by_code(where.choice.subject)
        return say("which-code") if found is None else About(found, "")
    assert where.command is not None
    code, rest = where.command.code("K")
    if code is None and not where.subject.startswith("K"):
        return say("which-code", command=where.command.name)
    found = tx.requests.by_code(code or where.subject)
    return say("no-such-request", code=code or where.subject) if found is None else About(found, rest)


def _doing(change: Change) -> Callable[[Event, Situation, Transaction], Actions]:
    """A handler that finds the request and changes it, or says why not."""

    def handler(event: Event, where: Situation, tx: Transaction) -> Actions:
        about = _about(where, tx)
        if isinstance(about, Sentence):
            return _tell(event, where, about)
        if isinstance(event, Message):
            tx.copies.came_in(where.chat.id, event.id, about.request.code)
        try:
            return change(about, where, tx)
        except TransitionError as error:
            name = cards.name_of(tx, about.request.claimed_by)
            return _tell(event, where, say(error.reason, code=about.request.code, name=name), about.request)

    return handler


def _tell(event: Event, where: Situation, sentence: Sentence, request: Request | None = None) -> Actions:
    """Answer whoever asked: the presser alone, else in reply."""
    if isinstance(event, Pressed):
        return (Answer(where.chat.id, event, sentence),)
    subject = where.subject if request is None else request.code
    reply = OnNetwork(event.id) if isinstance(event, Message) else OnNetwork(event.message)
    thread = OnNetwork(event.thread) if isinstance(event, Message) and event.thread else None
    return (Say(where.chat.id, (Line(sentence),), subject, thread=thread, reply_to=reply),)


def _changed(tx: Transaction, request: Request, what: str, where: Situation, told: Sentence) -> Actions:
    """Keep it, remember that it happened, show it on the card and in the thread."""
    tx.requests.save(request)
    tx.requests.happened(request, what, where.person.id)
    return (*cards.refresh(tx, request), *cards.in_thread(tx, request, Line(told)))


def _to_member(tx: Transaction, request: Request, told: Sentence, name: str | None = None) -> Actions:
    """Nothing is said where others have joined: not even that there is a request."""
    if not cards.in_private(tx, request):
        return ()
    return (Say(request.chat, (Line(told),), request.code, name),)


def _name(where: Situation) -> str | Sentence:
    return where.person.name or say("somebody")


# --- claim and release -----------------------------------------------------------------------------------------------


def _claim(about: About, where: Situation, tx: Transaction) -> Actions:
    if about.request.claimed_by == where.person.id and about.request.state is RequestState.CLAIMED:
        raise TransitionError("request-is-yours")
    request = requests.claim(about.request, where.person.id)
    told = say("thread-claimed", code=request.code, name=_name(where))
    on_it = _to_member(tx, request, say("request-claimed", code=request.code), f"{request.code}/claimed")
    return (*_changed(tx, request, "claimed", where, told), *on_it)


def _release(about: About, where: Situation, tx: Transaction) -> Actions:
    request = requests.release(about.request)
    return _changed(tx, request, "released", where, say("thread-released", code=request.code, name=_name(where)))


# --- closing and opening again ---------------------------------------------------------------------------------------


def _close(about: About, where: Situation, tx: Transaction) -> Actions:
    said = where.choice.value if where.choice and where.choice.step == "outcome" else about.rest.lower()
    if about.request.state is RequestState.CLOSED:
        raise TransitionError("request-is-closed")
    outcome = spoken("outcome-", OUTCOMES, where.language).get(said)
    if outcome is None:
        return (_which_outcome(about.request, where),)
    request = requests.close(about.request, outcome, tx.now)
    told = say("thread-closed", code=request.code, name=_name(where), outcome=say(f"outcome-{outcome}"))
    intake.over(tx, request)
    goodbye = _to_member(tx, request, say("request-closed", code=request.code))
    return (*_changed(tx, request, "closed", where, told), *goodbye)


def _which_outcome(request: Request, where: Situation) -> Say:
    buttons = [Button(say(f"outcome-{outcome}"), "outcome", outcome) for outcome in OUTCOMES]
    rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    question = say("which-outcome", code=request.code, outcomes=tuple(say(f"outcome-{one}") for one in OUTCOMES))
    return Say(where.chat.id, (Line(question),), request.code, thread=Named(f"{request.code}/card"), buttons=rows)


def _reopen(about: About, where: Situation, tx: Transaction) -> Actions:
    request = requests.reopen(about.request)
    told = say("thread-opened", code=request.code, name=_name(where))
    hello = _to_member(tx, request, say("request-open-again", code=request.code))
    return (*_changed(tx, request, "reopened", where, told), *hello)


# --- replies and notes -----------------------------------------------------------------------------------------------


def reply(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`r TEXT`: what the member is told; the thread shows what that is, and how far."""
    about = _about(where, tx)
    if isinstance(about, Sentence):
        told = say("reply-needs-request") if about.key == "which-code" else about
        return _tell(event, where, told)
    request = about.request
    if where.subject.startswith("K") and where.subject != request.code:
        return _tell(event, where, say("reply-two-requests", code=request.code, thread=where.subject))
    if not any(character.isalnum() for character in about.rest):
        return _tell(event, where, say("reply-how", code=request.code), request)
    if request.state is RequestState.CLOSED:
        return _tell(event, where, say("reply-is-closed", code=request.code), request)
    if not cards.in_private(tx, request):
        return _tell(event, where, cards.unreachable(tx, request), request)
    intake.over(tx, request)
    words = _tail(event.text, about.rest)
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


def note(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`note TEXT`: what plain text in a thread is anyway, from wherever it is typed."""
    about = _about(where, tx)
    if isinstance(about, Sentence):
        return _tell(event, where, about)
    if not about.rest:
        return _tell(event, where, say("note-how", code=about.request.code), about.request)
    _keep_note(event, _tail(event.text, about.rest), about.request, where, tx)
    if where.subject == about.request.code:
        return ()
    return _tell(event, where, say("note-kept", code=about.request.code))


def plain(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Words in a request's thread are a note; elsewhere in the room people talk among themselves."""
    request = tx.requests.by_code(where.subject) if where.subject.startswith("K") else None
    if request is None or not event.text:
        return ()
    _keep_note(event, event.text, request, where, tx)
    meant = _LIKE_A_REPLY.match(event.text.plain)
    return _tell(event, where, say("note-like-a-reply", code=request.code), request) if meant else ()


def _keep_note(event: Message, words: Text, request: Request, where: Situation, tx: Transaction) -> None:
    text = tx.texts.add(words, asking.guess(words.plain, tx))
    tx.requests.say(request.id, "note", text)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)


def _tail(text: Text, words: str) -> Text:
    """The end of a message that these words are, with its spans."""
    end = len(text.plain.rstrip())
    return text[end - len(words) : end]


# --- buttons that only explain ---------------------------------------------------------------------------------------


def reply_pressed(event: Event, where: Situation, tx: Transaction) -> Actions:
    """The Reply button: a reply is an act, so it is typed as one."""
    about = _about(where, tx)
    if isinstance(about, Sentence):
        return _tell(event, where, about)
    how = say("reply-how", code=about.request.code)
    toast = (Answer(where.chat.id, event, how),) if isinstance(event, Pressed) else ()
    return (*toast, *cards.in_thread(tx, about.request, Line(how)))


# --- the member is out of reach --------------------------------------------------------------------------------------


def member_gone(event: ChatGone, tx: Transaction) -> Actions:
    """A member has blocked the bot, or left the network: whoever wants to answer should know."""
    chat = tx.chats.get(event.chat)
    if chat.role != Role.PRIVATE:
        return ()
    told = say("member-unreachable", network=tx.policy.network(chat.address.account))
    actions: list[Action] = []
    for request in tx.requests.of_chat(chat.id, open_only=True):
        actions += cards.refresh(tx, request)
        actions += cards.in_thread(tx, request, Line(told, "bold"))
    return actions


def member_back(chat: KnownChat, tx: Transaction) -> Actions:
    """They have let the bot in again."""
    return [action for request in tx.requests.of_chat(chat.id, open_only=True) for action in cards.refresh(tx, request)]


# --- in the room, but not for it -------------------------------------------------------------------------------------


def help(event: Message, where: Situation, tx: Transaction) -> Actions:
    return _tell(event, where, say("help-coordination"))


def unknown(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A command that this room does not have."""
    return (
        Say(
            where.chat.id, (Line(say("unknown-command")), Line(say("help-coordination"))), reply_to=OnNetwork(event.id)
        ),
    )


claim = _doing(_claim)
release = _doing(_release)
close = _doing(_close)
reopen = _doing(_reopen)
