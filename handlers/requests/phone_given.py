"""A number to call, as the member gives it: kept apart from the words that are for others, changed, taken back.

The request has one text with all of them, for the eyes of whoever has claimed it. A message that is a number has that
text as its own; of a message in which one stands among words, the others see the words with dots in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.actions import Button, Buttons, OnNetwork, Say
from bot.content import Line, say
from bot.domain import phones
from bot.domain.phone_lines import PhoneLines
from bot.domain.requests import RECENT, Request
from bot.incoming import Edited, Message
from bot.model import Text
from bot.store.transaction import Transaction
from handlers.requests import below, cards, intake, phone_shown
from handlers.situation import Actions, Situation

_LONGEST = 200  # characters; of whoever writes more, only the number is kept apart
_SHORT = 40  # characters in which some digits were meant as a number


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The request that a number would be for, and whether it was asked for just now."""

    request: Request
    asked: bool


# --- a new number ----------------------------------------------------------------------------------------------------


def typed(event: Message, where: Situation, tx: Transaction) -> Actions | None:
    """Words with a number in answer to the question for it; None for words about anything else."""
    awaited, words = _awaited(where, tx), event.text.plain.strip()
    if awaited is None or event.attachments:
        return None
    if phones.find(words) is None:
        return (_unclear(awaited.request, event),) if awaited.asked and _is_meant_as_number(words) else None
    if len(words) > _LONGEST or not (awaited.asked or phones.is_number(words)):
        return None
    request = awaited.request
    known = _known(request, tx)
    if phones.find(phones.masked(event.text, known.text.plain).plain) is None:
        return None  # the same number once more
    request, kept = _keep(known.added(event.text), request, tx)
    tx.copies.came_in(where.chat.id, event.id, request.code, request.phone)
    told = () if awaited.asked else _room_is_told(request, tx)
    thanks = Line(say("intake-phone-kept"))
    return (*kept, *told, Say(request.chat, (thanks,), request.code, reply_to=OnNetwork(event.id)))


def _awaited(where: Situation, tx: Transaction) -> _Awaited | None:
    """None where a number would be nothing but words. Another number than the one that we have is for the same eyes."""
    state, last = tx.dialogues.get(where.chat.id), tx.deliveries.last_about(where.chat.id)
    spoken_of = where.subject or ("" if last is None else last[1])
    mine = [r for r in tx.requests.of_chat(where.chat.id, open_only=True) if r.code == spoken_of]
    for request in mine:
        if _is_asked_for(request, tx):
            return _Awaited(request, asked=True) if tx.now - request.heard_at <= RECENT else None
    calls = [request for request in mine if request.answer_by == "call"]
    free = not {"held", "which"} & state.keys()
    return _Awaited(calls[0], asked=False) if len(calls) == 1 == len(mine) and free else None


def _is_asked_for(request: Request, tx: Transaction) -> bool:
    state = tx.dialogues.get(request.chat)
    return bool(state.get("question") == "phone" and state.get("request") == request.number)


def _is_meant_as_number(words: str) -> bool:
    return len(words) <= _SHORT and any(map(str.isdecimal, words))


def _unclear(request: Request, event: Message) -> Say:
    buttons: Buttons = ((Button(say("button-skip"), "intake-phone", intake.SKIP),),)
    told = Line(say("intake-phone-unclear"))
    return Say(request.chat, (told,), request.code, reply_to=OnNetwork(event.id), buttons=buttons)


def kept_apart(event: Message, where: Situation, tx: Transaction) -> tuple[Message, Actions]:
    """A long story with the number in it, a photo with it, or the number once more: the words go on without its digits.
    And what is to be done about a number that is new."""
    awaited, found = _awaited(where, tx), phones.numbers(event.text.plain)
    kept: Actions = ()
    more = bool(event.attachments) or len(event.text.plain.strip()) > _LONGEST
    if awaited is not None and awaited.asked and found and more:
        _, kept = _keep(PhoneLines(()).below(found), awaited.request, tx)
    return replace(event, text=without_number(event.text, where.chat.id, tx)), kept


def without_number(words: Text, chat: int, tx: Transaction) -> Text:
    """The member's words as others may see them."""
    for request in tx.requests.of_chat(chat):
        if request.phone is not None:
            words = phones.masked(words, tx.texts.get(request.phone).text.plain)
    return words


# --- a message changes, or goes --------------------------------------------------------------------------------------


def edited(event: Edited, before: int, request: Request, tx: Transaction) -> Actions | None:
    """The member has changed a message that is a number, with a slip of the finger maybe, or has made it one; None
    where it is none now."""
    if before != request.phone:
        return _made_one(event, request, tx) if _becomes_one(event, before, request, tx) else None
    if phones.find(event.text.plain) is None and not _is_slip(event.text.plain):
        return None
    known = _known(request, tx)
    changed = known.changed(event.text, _after(event.id, request, tx))
    if changed == known:
        return ()
    _, kept = _keep(changed, request, tx)
    return kept


def _is_slip(words: str) -> bool:
    return any(map(str.isdecimal, words)) and not any(map(str.isalpha, words))


def _becomes_one(event: Edited, before: int, request: Request, tx: Transaction) -> bool:
    """Whether a message that was something else is nothing but a new number now, or has one while it is asked for."""
    if request.answer_by != "call" or event.attachments or tx.attachments.of(before):
        return False
    if before in (request.area, request.reach) or phones.is_hidden(tx.texts.get(before).text.plain):
        return False
    others = without_number(event.text, request.chat, tx).plain
    if _is_asked_for(request, tx) and len(event.text.plain) <= _LONGEST:
        return phones.find(others) is not None
    return phones.is_number(others)


def _made_one(event: Edited, request: Request, tx: Transaction) -> Actions:
    """It is no more for the others than one that was typed."""
    known = _known(request, tx)
    if request.phone is None:
        request = replace(request, phone=tx.texts.add("", None))
    tx.copies.reads_now(request.chat, event.id, request.phone)
    request, kept = _keep(known.added(event.text, _after(event.id, request, tx)), request, tx)
    return (*kept, *_room_is_told(request, tx))


def taken_back(message: str, request: Request, tx: Transaction) -> tuple[Request, Actions]:
    """A message that is a number is gone, or has none any more; what the member has given in others stays."""
    left = _known(request, tx).without(_after(message, request, tx))
    tx.copies.reads_now(request.chat, message, None)
    return _keep(left, request, tx)


def changed_among_words(
    words: Text, before: int, message: str, request: Request, tx: Transaction
) -> tuple[Request, Actions]:
    """The member has changed, or taken back (then there are no `words`), a message in which the number stood among
    others, `before`: another number there takes its place, and none at all takes it back, unless it may stand among
    the words of another message as well. What messages say that are a number stays."""
    if request.phone is None or not phones.is_hidden(tx.texts.get(before).text.plain):
        return request, ()
    known = _known(request, tx)
    stays = known if _stands_among_words(request, tx, but=message) else known.of_messages(len(_messages(request, tx)))
    now = stays.below(phones.numbers(phones.masked(words, stays.text.plain).plain))
    return (request, ()) if now == known else _keep(now, request, tx)


# --- what we have ----------------------------------------------------------------------------------------------------


def _known(request: Request, tx: Transaction) -> PhoneLines:
    if request.phone is None:
        return PhoneLines(())
    known = tx.texts.get(request.phone).text
    if len(_messages(request, tx)) == 1 and not _stands_among_words(request, tx):
        return PhoneLines((known,))  # all of it is that message's: an earlier version kept its lines
    return PhoneLines.read(known)


def _messages(request: Request, tx: Transaction) -> list[str]:
    """Those that are numbers, the first one first."""
    return [] if request.phone is None else tx.copies.messages_of(request.chat, request.phone)


def _after(message: str, request: Request, tx: Transaction) -> int:
    """How many messages that are numbers came after this one."""
    messages = _messages(request, tx)
    return len(messages) - 1 - messages.index(message)


def _stands_among_words(request: Request, tx: Transaction, but: str | None = None) -> bool:
    """Whether a number may stand among the words of a message, `but` for this one."""
    said = tx.copies.texts_about(request.chat, request.code, but)
    return any(text != request.phone and phones.is_hidden(tx.texts.get(text).text.plain) for text in said)


def _keep(known: PhoneLines, request: Request, tx: Transaction) -> tuple[Request, Actions]:
    """That is what we have from now on: nobody goes by anything else any more."""
    if not known.lines:
        return _nothing_left(request, tx)
    if request.phone is None:
        request = replace(request, phone=tx.texts.add(known.text, None))
    else:
        tx.texts.replace(request.phone, known.text, None)
    tx.requests.save(request)
    if tx.dialogues.get(request.chat).get("question") == "phone":
        intake.ended(tx, request.chat)
    shown = (*phone_shown.take_away(tx, request), *phone_shown.hand_over(tx, request))
    return request, (*cards.refresh(tx, request), *shown)


def _nothing_left(before: Request, tx: Transaction) -> tuple[Request, Actions]:
    """The member has taken back all that they have given."""
    assert before.phone is not None
    request = replace(before, phone=None)
    tx.requests.save(request)
    tx.texts.delete([before.phone])
    return request, (*phone_shown.take_away(tx, before), *cards.refresh(tx, request))


def _room_is_told(request: Request, tx: Transaction) -> Actions:
    return below.in_thread(tx, request, Line(say("thread-number", code=request.code)))
