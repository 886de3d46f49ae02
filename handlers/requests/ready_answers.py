"""Ready answers: listed in a request's thread, filled, and sent to the member in their language without any engine."""

from __future__ import annotations

from bot.actions import Button, Buttons, in_rows
from bot.catalogue import SOURCE, clockless
from bot.content import Arg, Block, Gap, Line, Sentence, Verbatim, say
from bot.domain import ready
from bot.domain.notices import TranslationState
from bot.domain.ready import READY, ReadyAnswer
from bot.domain.requests import Request
from bot.incoming import Message
from bot.model import Text
from bot.store.transaction import Transaction
from handlers.requests import below, replies, threads
from handlers.situation import Actions, Doing, Situation

_PER_ROW = 5


def ready_typed(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`ready` lists them, `ready 3 Rue X 5 | 14:00` fills one and sends it."""
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    request = about.request
    if where.subject.startswith("K") and where.subject != request.code:
        return threads.tell(event, where, say("reply-two-requests", code=request.code, thread=where.subject))
    if (why_not := replies.refusal(tx, request)) is not None:
        return threads.tell(event, where, why_not, request)
    tx.copies.came_in(where.chat.id, event.id, request.code)
    if not about.rest:
        return _listed(tx, request, where)
    filled = understood(about.rest, tx)
    if filled is None:
        return threads.tell(event, where, _how(about.rest, tx.policy.language_in(where.chat), tx), request)
    text = write(filled, request, tx.policy.language_in(where.chat), tx)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)
    return replies.give(tx, request, text, where)


def pressed(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """[Ready answers] on the card."""
    return _list_or_send(event, where, tx, None)


def send(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """One of the list's buttons: it goes out at once, and its echo can take it back."""
    assert where.choice is not None
    return _list_or_send(event, where, tx, where.choice.value)


def _list_or_send(event: Doing, where: Situation, tx: Transaction, name: str | None) -> Actions:
    about = threads.about(where, tx)
    if isinstance(about, Sentence):
        return threads.tell(event, where, about)
    if (why_not := replies.refusal(tx, about.request)) is not None:
        return threads.tell(event, where, why_not, about.request)
    if name is None:
        return _listed(tx, about.request, where)
    return give(tx, about.request, name, where, tx.policy.language_in(where.chat))


def give(tx: Transaction, request: Request, name: str, where: Situation, language: str) -> Actions:
    """Send one without gaps; `language` is that of the room."""
    answer = next(one for one in READY if one.name == name)
    return replies.give(tx, request, write(_sentence(answer, {}, tx), request, language, tx), where)


# --- the list --------------------------------------------------------------------------------------------------------


def _listed(tx: Transaction, request: Request, where: Situation) -> Actions:
    language = tx.policy.language_in(where.chat)
    rows: list[Block] = [Verbatim(f"{number}. {_shown(one, language, tx)}") for number, one in enumerate(READY, 1)]
    content = (
        Line(say("ready-list", code=request.code, command="!ready 1"), "bold"),
        *rows,
        Gap(),
        Line(say("ready-how", example=_usage())),
    )
    return below.in_thread(tx, request, *content, buttons=_buttons())


def _buttons() -> Buttons:
    """Numbers only: the sentences would not fit, and stand above."""
    offered = [Button(str(number), "ready-send", one.name) for number, one in enumerate(READY, 1) if not one.gaps]
    return in_rows(offered, _PER_ROW)


def _shown(answer: ReadyAnswer, language: str, tx: Transaction) -> str:
    """The sentence with its gaps named."""
    gaps: dict[str, Arg] = {gap: say(f"gap-{gap}") for gap in answer.gaps}
    return _rendered(_sentence(answer, gaps, tx), language)[0].plain


def _usage(answer: ReadyAnswer | None = None) -> str:
    shown = answer or next(one for one in READY if len(one.gaps) > 1)
    return f"!ready {ready.usage(shown)}"


def _how(typed: str, language: str, tx: Transaction) -> Sentence:
    """What is wrong with what was typed behind the command."""
    found = ready.parse(typed)
    answer = None if found is None else found.answer
    if answer is None:
        return say("ready-unknown", command="!ready")
    return say("ready-gaps", text=_shown(answer, language, tx), example=_usage(answer))


# --- one of them -----------------------------------------------------------------------------------------------------


def understood(typed: str, tx: Transaction) -> Sentence | None:
    """The sentence that somebody means by `3 Rue X 5 | 14:00`; None where the gaps do not fit."""
    found = ready.parse(typed)
    answer = None if found is None else found.answer
    values = None if found is None or answer is None else ready.fill(answer, found.values)
    return None if answer is None or values is None else _sentence(answer, dict(values), tx)


def _sentence(answer: ReadyAnswer, values: dict[str, Arg], tx: Transaction) -> Sentence:
    return Sentence(answer.key, {**values, "number": tx.policy.emergency_number})


def write(sentence: Sentence, request: Request, language: str, tx: Transaction) -> int:
    """Keep it as a text in the room's language, with the translation that a person has written long ago."""
    words, written_in = _rendered(sentence, language)
    text = tx.texts.add(words, written_in)
    translated, really_in = _rendered(sentence, request.language)
    if really_in == request.language != written_in:
        tx.texts.put(text, request.language, TranslationState.HUMAN, translated, "conversation")
    return text


def _rendered(sentence: Sentence, language: str) -> tuple[Text, str]:
    """The sentence, and the language it is in: English where the catalogue does not have it in that one."""
    words = clockless().render(sentence, language)
    if language != SOURCE and words == clockless().render(sentence, SOURCE):
        return words, SOURCE
    return words, language
