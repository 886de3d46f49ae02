"""The optional questions after a request was sent: what, for whom, where, chat or call; every one can be skipped."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import Button, Buttons, Say, in_rows
from bot.content import Content, Gap, Line, say
from bot.domain.requests import ANSWER_BY, FOR_WHOM, RECENT, Request, RequestState
from bot.incoming import Message
from bot.model import Text
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from bot.text.words import has_words
from handlers.requests import cards
from handlers.situation import Actions, Doing, Situation

QUESTIONS = ("what", "who", "area", "how")
_BELONGS_TO = {"reach": "who", "phone": "how"}  # questions that some answers lead to
SKIP = "skip"
_LONGEST = {"area": 60, "reach": 200}  # characters; whoever writes more is telling, not answering


def begin(tx: Transaction, request: Request) -> Actions:
    return _ask(tx, request, QUESTIONS[0])


def chosen(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """A button below one of the questions."""
    assert where.choice is not None
    request = tx.requests.by_code(where.choice.subject)
    question = where.choice.step.removeprefix("intake-")
    if request is None or request.chat != where.chat.id:
        return ()
    changed = _answered(request, question, where.choice.value)
    tx.requests.save(changed)
    shown = _shown(tx, changed) if changed != request else ()
    if question == "who" and where.choice.value == "other":
        return (*shown, *_ask(tx, changed, "reach"))
    if question == "how" and where.choice.value == "call" and changed.phone is None:
        return (*shown, *_ask(tx, changed, "phone"))
    safety = _safety(tx, changed) if changed.category != request.category else ()
    return (*shown, *safety, *_next(tx, changed, question))


def typed(event: Message, where: Situation, tx: Transaction) -> Actions | None:
    """Words that answer the open question; None when they are more likely about the need itself."""
    state = tx.dialogues.get(where.chat.id)
    question, words = state.get("question"), event.text.plain.strip()
    longest = _LONGEST.get(question or "", 0)
    request = tx.requests.numbered(state.get("request", 0))
    if request is None or request.state is RequestState.CLOSED or tx.now - request.heard_at > RECENT:
        ended(tx, where.chat.id)
        return None
    if not _was_asked_last(question, request, tx) or not _answers(words, longest):
        return None
    text = tx.texts.add(naming_nobody(event.text), None)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)
    changed = replace(request, area=text) if question == "area" else replace(request, reach=text)
    tx.requests.save(changed)
    return (*_shown(tx, changed), *_next(tx, changed, str(question)))


def _answers(words: str, longest: int) -> bool:
    return len(words) <= longest and "\n" not in words and has_words(words)


def edited(words: Text, text: int, request: Request, tx: Transaction) -> Actions | None:
    """The member has changed what they typed in answer to a question; None where it is no answer, or no longer one."""
    question = _answered_by(text, request)
    if question is None or not _answers(words.plain.strip(), _LONGEST[question]):
        return None
    tx.texts.replace(text, words, None)
    return cards.answer_changed(tx, request)


def taken_back(text: int, request: Request, tx: Transaction) -> tuple[Request, Actions]:
    """The message that said this is gone, or tells something else now: where it answered a question, nobody goes by
    that any more."""
    question = _answered_by(text, request)
    if question is None:
        return request, ()
    tx.texts.replace(text, Text(""), None)  # what still waits to be shown somewhere shows nothing
    request = replace(request, area=None) if question == "area" else replace(request, reach=None)
    tx.requests.save(request)
    return request, cards.answer_gone(tx, request, question)


def _answered_by(text: int, request: Request) -> str | None:
    """The question that was answered by typing this."""
    return {request.area: "area", request.reach: "reach"}.get(text)


def _shown(tx: Transaction, request: Request) -> Actions:
    """On the card; where what is written is nobody else's business, below it."""
    return (*cards.refresh(tx, request), *cards.words_below(tx, request))


def _safety(tx: Transaction, request: Request) -> Actions:
    """Somebody is hurt or threatened: whom to call, and how not to be found out by whoever can see the phone."""
    if request.category != "violence":
        return ()
    # Where we can make private chats they are rooms: whoever deletes one has left it, and no message brings it back.
    rooms = tx.chats.get(request.chat).address.account in tx.policy.opens_private
    safe = say("safe-phone-room" if rooms else "safe-phone")
    danger = say("first-danger", number=tx.policy.emergency_number)
    return (Say(request.chat, (Line(danger, "bold"), Line(safe)), request.code),)


def over(tx: Transaction, request: Request) -> None:
    """Helpers have spoken: what is written from now on is for them, not an answer to a question that still stands."""
    if tx.dialogues.get(request.chat).get("request") == request.number:
        ended(tx, request.chat)


def _was_asked_last(question: str | None, request: Request, tx: Transaction) -> bool:
    """Whether nothing was said since: then words may be about that, and no helper is told of an answer."""
    offered = tx.choices.latest(request.chat).values()
    return any(choice.step == f"intake-{question}" and choice.subject == request.code for choice in offered)


def ended(tx: Transaction, chat: int) -> None:
    """No question stands open."""
    tx.dialogues.put(chat, request=None, question=None)


def _answered(request: Request, question: str, value: str) -> Request:
    given = None if value == SKIP else value
    match question:
        case "what":
            return replace(request, category=given)
        case "who":
            return replace(request, for_whom=given)
        case "how":
            return replace(request, answer_by=given)
        case _:
            return request


def _next(tx: Transaction, request: Request, question: str) -> Actions:
    """The question after this one, unless an earlier question was answered late."""
    question = _BELONGS_TO.get(question, question)
    state = tx.dialogues.get(request.chat)
    waiting = _BELONGS_TO.get(state.get("question", ""), state.get("question"))
    if state.get("request") != request.number or waiting != question:
        return (Say(request.chat, (Line(say("intake-noted")),), request.code),)
    following = QUESTIONS.index(question) + 1
    if following < len(QUESTIONS):
        return _ask(tx, request, QUESTIONS[following])
    ended(tx, request.chat)
    return (Say(request.chat, (Line(say("intake-thanks")),), request.code),)


def _ask(tx: Transaction, request: Request, question: str) -> Actions:
    tx.dialogues.put(request.chat, request=request.number, question=question)
    content: Content = (Line(say(f"intake-{question}"), "bold"),)
    if question == QUESTIONS[0]:
        content = (Line(say("intake-begin")), Gap(), *content)
    return (Say(request.chat, content, request.code, buttons=_buttons(tx, question)),)


def _buttons(tx: Transaction, question: str) -> Buttons:
    step = f"intake-{question}"
    values = {"what": tx.policy.categories, "who": FOR_WHOM, "how": ANSWER_BY}.get(question, ())
    keys = {"what": "need", "who": "for", "how": "answer"}
    offered = [Button(say(f"{keys[question]}-{value}"), step, value) for value in values]
    offered.append(Button(say("wont-say" if question == "area" else "button-skip"), step, SKIP))
    return in_rows(offered, 2)
