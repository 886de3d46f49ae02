"""What a member writes next: more about a request, something new, an answer, a change of what was said."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import commands
from bot.actions import Action, Button, OnNetwork, Say, in_rows
from bot.content import Line, Sentence, say
from bot.domain import requests
from bot.domain.chats import KnownChat, Role
from bot.domain.requests import Begins, Continues, Request, RequestState, Unclear
from bot.events import Due
from bot.incoming import Deleted, Edited, Message
from bot.model import ChatKind, Text
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from bot.text.words import has_words
from handlers.notices import questions
from handlers.requests import (
    asking,
    attached,
    below,
    calling,
    cards,
    intake,
    listening,
    opening,
    phone_given,
    phone_shown,
    threads,
)
from handlers.requests.asking import tell
from handlers.situation import Actions, Doing, Situation

UNSETTLED = "unsettled"
"""The timer of the question which request words are about."""
MOST_OPEN = 20
"""Requests of one chat: a whole house may share a telephone, but hundreds of cards are no cries for help."""
_BEHIND_A_CODE = " \t\n:;,.-–—"


def words(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Whatever is written, spoken or photographed in a private chat and is no command."""
    event, where = _naming_its_request(event, where, tx)
    if (told_helper := calling.from_a_helper(event, where, tx)) is not None:
        return told_helper
    if (number := phone_given.typed(event, where, tx)) is not None:
        return number
    event, kept = phone_given.kept_apart(event, where, tx)
    written = has_words(event.text.plain) or _is_sign_to_helpers(event, where, tx)
    refused = [*attached.too_large(event, tx)]
    if written and event.unsupported is not None:
        refused.append(say("words-arrived-only"))
    told = tell(where, tx, *refused, to=event) if refused else ()
    if written or attached.fitting(event, tx):
        return (*kept, *_about(event, where, tx), *told)
    if not told and event.unsupported is None:
        told = asking.unsent(event, where, tx)  # "?", says who has overlooked Send
    if not told:  # maybe the first that they hear of us, in a language that nobody has chosen
        told = tell(where, tx, say("words-please"), asking.danger(tx), to=event, buttons=(asking.GLOBE,))
    return (*kept, *told)


def _is_sign_to_helpers(event: Message, where: Situation, tx: Transaction) -> bool:
    """👍 and "?" answer helpers; nobody is listening yet, or any more, where nothing is open."""
    if not any(unicodedata.category(character)[0] in "PS" for character in event.text.plain):
        return False
    return any(
        request.state is not RequestState.CLOSED and where.subject in ("", request.code)
        for request in tx.requests.of_chat(where.chat.id)
    )


def _about(event: Message, where: Situation, tx: Transaction) -> Actions:
    mine = tx.requests.of_chat(where.chat.id)
    answered = next((request for request in mine if request.code == where.subject), None)
    if answered is not None:
        return go_on(answered, [asking.store(event, where, tx, answered.code)], where, tx, event)
    match asking.typed_button(event, where, tx):
        case "button-send":
            return send(event, where, tx)
        case "button-delete":
            return asking.delete(event, where, tx)
    state = tx.dialogues.get(where.chat.id)
    if "which" in state and _which_was_asked_last(tx, where.chat.id):
        return _which_typed(event, where, tx)
    alone = None if event.attachments else commands.code_in(event.text.plain, "K")
    if (named := next((request for request in mine if request.code == alone), None)) is not None:
        return tell(where, tx, say(f"my-{named.state.value}", code=named.code), to=event)
    if (asked := questions.typed(event, where, tx)) is not None:
        return asked
    spoken = _last_spoken_of(mine, where.chat.id, tx)
    if asking.held(tx, where.chat.id) is not None:
        text = asking.store(event, where, tx)
        if spoken is None or asking.is_last_spoken_of(tx, where.chat.id):
            return asking.hold([text], event, where, tx)
        return _ask_which(_candidates(mine, spoken), [*state.get("which", ()), text], where, tx)
    if "question" in state and not event.attachments and (taken := intake.typed(event, where, tx)) is not None:
        return taken
    match requests.meant(mine, _last_said(tx, mine), tx.now, spoken):
        case Continues(request):
            return go_on(request, [asking.store(event, where, tx, request.code)], where, tx, event)
        case Unclear(candidates):
            return _ask_which(candidates, [*state.get("which", ()), asking.store(event, where, tx)], where, tx)
        case Begins():
            return asking.hold([asking.store(event, where, tx)], event, where, tx)


def _naming_its_request(event: Message, where: Situation, tx: Transaction) -> tuple[Message, Situation]:
    """`K7 …` says which request the words are about, whatever was said last; an answer to a message says so, too."""
    if where.subject:
        return event, where
    code, rest = commands.Command("", event.text.plain.strip()).code("K")
    rest = rest.lstrip(_BEHIND_A_CODE)
    if not any(request.code == code for request in tx.requests.of_chat(where.chat.id)):
        return event, where
    if not rest and not event.attachments:
        return event, where  # the code alone says no more than which
    return replace(event, text=threads.tail(event.text, rest)), replace(where, subject=str(code))


def _last_spoken_of(mine: Sequence[Request], chat: int, tx: Transaction) -> Request | None:
    last = tx.deliveries.last_about(chat)
    return None if last is None else next((request for request in mine if request.code == last[1]), None)


def _candidates(mine: Sequence[Request], spoken: Request | None) -> list[Request]:
    """What words can be about, the newest first: what is open, and what was spoken of last."""
    return [request for request in mine if request.state is not RequestState.CLOSED or request == spoken]


def _last_said(tx: Transaction, mine: Sequence[Request]) -> dict[int, datetime]:
    """When somebody last spoke to the other side; notes are among coordinators."""
    return {
        request.id: max(
            (line.at for line in tx.requests.lines(request.id) if line.author != "note"), default=request.heard_at
        )
        for request in mine
    }


# --- going on --------------------------------------------------------------------------------------------------------


def send(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """Send: a request of its own; where so many are open that nobody else's could be seen, more of the last."""
    held, open = asking.held(tx, where.chat.id), tx.requests.of_chat(where.chat.id, open_only=True)
    if held is None or not held.texts or len(open) < MOST_OPEN:
        return asking.send(event, where, tx)
    tx.dialogues.put(where.chat.id, held=None)
    tx.copies.belong(held.texts, open[0].code)
    return go_on(open[0], held.texts, where, tx, None)


def go_on(request: Request, texts: Sequence[int], where: Situation, tx: Transaction, event: Message | None) -> Actions:
    """More words in a request; one that was closed opens again."""
    reopened = request.state is RequestState.CLOSED
    request = requests.heard(request, tx.now)
    tx.requests.save(request)
    shown: list[Action] = []
    for text in texts:
        _in_their_language(text, request, tx)
        line = tx.requests.say(request.id, "member", text)
        listening.listen(text, tx)
        shown += cards.heard(tx, request, line)
    told = [say("request-open-again" if reopened else "request-continues", code=request.code)]
    if reopened:
        tx.requests.happened(request, "reopened", where.person.id)
        shown += below.in_thread(tx, request, Line(say("thread-reopened", code=request.code)))
        shown += phone_shown.hand_over(tx, request)
    name, closed = opening.once_closed(tx, request)
    told += closed
    if tx.chats.coordination_room() is None:
        told.append(asking.nobody_reads(tx))
    return (*shown, _to_member(request, told, event, name))


def _to_member(request: Request, told: Sequence[Sentence], event: Message | None, name: str | None) -> Say:
    reply = None if event is None else OnNetwork(event.id)
    return Say(
        request.chat,
        tuple(Line(sentence) for sentence in told),
        request.code,
        name or attached.once(event),
        reply_to=reply,
    )


def _in_their_language(text: int, request: Request, tx: Transaction) -> None:
    """Words too short to tell are in the member's language; nobody knows it where it is missing."""
    known = tx.texts.get(text).language
    if request.language_missing and known is not None:
        tx.texts.set_language([text], None)
    elif not request.language_missing and known is None:
        tx.texts.set_language([text], request.language)


# --- about K7, or new? -----------------------------------------------------------------------------------------------


def _ask_which(candidates: Sequence[Request], texts: Sequence[int], where: Situation, tx: Transaction) -> Actions:
    if "which" not in tx.dialogues.get(where.chat.id):
        tx.schedule.at(tx.now + asking.FORGOTTEN_AFTER, Due(UNSETTLED, str(where.chat.id)))
    tx.dialogues.put(where.chat.id, which=list(texts))
    return (_which(candidates, where.chat.id, asking.language_of(where, tx)),)


def ask_again(event: Due, tx: Transaction) -> Actions:
    """Nobody has answered, and no helper has seen the words."""
    chat = int(event.subject)
    if "which" not in tx.dialogues.get(chat) or not asking.is_alone(event, tx):
        return ()
    mine = tx.requests.of_chat(chat)
    return (_which(_candidates(mine, _last_spoken_of(mine, chat, tx)), chat, tx.chats.get(chat).language),)


def _which(candidates: Sequence[Request], chat: int, language: str | None) -> Say:
    codes = [Button(request.code, "which", request.code) for request in candidates]
    question = say("which-request", codes=tuple(request.code for request in candidates))
    new = (Button(say("button-new"), "which", ""),)
    return Say(chat, (Line(question),), buttons=(*in_rows(codes, 3), new), language=language)


def _which_was_asked_last(tx: Transaction, chat: int) -> bool:
    """Whether the question was not followed by words for a new request, which go on first."""
    return (tx.choices.last_offered(chat, "which") or 0) > asking.spoken_of(tx, chat)


def _which_typed(event: Message, where: Situation, tx: Transaction) -> Actions:
    """The code as an answer, or still more words: then the question stands again below them."""
    code = None if event.attachments else commands.code_in(event.text.plain, "K")
    mine = tx.requests.of_chat(where.chat.id)
    if code is not None and any(request.code == code for request in mine):
        return _settle_which(code, where, tx)
    candidates = _candidates(mine, _last_spoken_of(mine, where.chat.id, tx))
    text = asking.store(event, where, tx)
    if not candidates:
        return asking.hold([text], event, where, tx)
    return _ask_which(candidates, [*tx.dialogues.get(where.chat.id)["which"], text], where, tx)


def which_chosen(event: Doing, where: Situation, tx: Transaction) -> Actions:
    assert where.choice is not None
    return _settle_which(where.choice.value, where, tx)


def _settle_which(code: str, where: Situation, tx: Transaction) -> Actions:
    texts: list[int] = tx.dialogues.get(where.chat.id).get("which", [])
    if not texts:
        return tell(where, tx, say("nothing-held"))
    tx.dialogues.put(where.chat.id, which=None)
    request = tx.requests.by_code(code) if code else None
    if request is None or request.chat != where.chat.id:
        return asking.hold(texts, None, where, tx)
    tx.copies.belong(texts, request.code)
    return go_on(request, texts, where, tx, None)


def taken_along(tx: Transaction, chat: int) -> list[int]:
    """`ask` answers the question which request words are about, if nothing was said since: they are about something
    new."""
    offered = tx.choices.latest(chat)
    if not any(choice.step == "which" for choice in offered.values()):
        return []
    texts: list[int] = tx.dialogues.get(chat).get("which", [])
    tx.dialogues.put(chat, which=None)
    return texts


def waiting(tx: Transaction, chat: int) -> list[int]:
    """All texts that nobody has seen yet."""
    now = asking.held(tx, chat)
    return [*(now.texts if now else ()), *tx.dialogues.get(chat).get("which", [])]


# --- second thoughts -------------------------------------------------------------------------------------------------


def edited(event: Edited, tx: Transaction) -> Actions:
    """A member has changed a message: what is held changes, and what helpers have seen is shown as changed."""
    chat = tx.chats.at(event.chat)
    copy = None if chat is None or event.kind is not ChatKind.PRIVATE else tx.copies.at(chat.id, event.id)
    if chat is None or copy is None or copy.text is None or attached.says_nothing(event, copy.text, tx):
        return ()
    event = replace(event, text=naming_nobody(event.text))
    words = _own_words(event.text, copy.subject)
    told = _refused(event, copy.text, chat, copy.subject, tx)
    if not copy.subject:
        words = phone_given.without_number(words, chat.id, tx)
        tx.texts.replace(copy.text, words, asking.guess(words.plain, tx))
        attached.renew(event, copy.text, tx)
        return told
    request = tx.requests.by_code(copy.subject)
    if request is None or request.chat != chat.id:
        return ()
    return (*_shown_as_changed(event, copy.text, words, request, tx), *told)


def _shown_as_changed(event: Edited, before: int, words: Text, request: Request, tx: Transaction) -> Actions:
    replaced, said = attached.is_replaced(event, before, tx), tx.texts.get(before).text.plain
    if not replaced and said == event.text.plain:
        return ()
    if (number := phone_given.edited(event, before, request, tx)) is not None:
        return number
    if before == request.phone:
        request, kept = phone_given.taken_back(event.id, request, tx)
    else:
        request, kept = phone_given.changed_among_words(words, before, event.id, request, tx)
    words = phone_given.without_number(words, request.chat, tx)
    if not replaced and said == words.plain:
        return kept  # networks tell of an edit when a link's picture has come
    if (answered := intake.edited(words, before, request, tx)) is not None:
        return (*kept, *answered)
    request, gone = intake.taken_back(before, request, tx)
    text = tx.texts.add(words, asking.guess(words.plain, tx))
    attached.go_on(event, before, text, tx)
    _in_their_language(text, request, tx)
    tx.copies.reads_now(request.chat, event.id, text)
    line = tx.requests.say(request.id, "member", text)
    if replaced:
        listening.listen(text, tx)
    if request.state is not RequestState.CLOSED:
        request = requests.heard(request, tx.now)
        tx.requests.save(request)
    return (*kept, *gone, *cards.changed(tx, request, line, replaced))


def _refused(event: Edited, before: int, chat: KnownChat, about: str, tx: Transaction) -> Actions:
    """Of the files that a changed message has now, what cannot be passed on."""
    refused = attached.too_large(event, tx) if attached.is_replaced(event, before, tx) else []
    if not refused:
        return ()
    held = asking.held(tx, chat.id)
    language = chat.language or (None if held is None else held.shown)
    content = tuple(Line(sentence) for sentence in refused)
    return (Say(chat.id, content, about, reply_to=OnNetwork(event.id), language=language),)


def _own_words(text: Text, about: str) -> Text:
    """What was written behind `ask` or `offer`, or behind the code of the request that it is about."""
    command = commands.parse(text.plain) or commands.Command("", text.plain.strip())
    code, rest = command.code("K")
    if command.name in ("ask", "offer"):
        words = command.argument
    else:
        words = rest.lstrip(_BEHIND_A_CODE) if code == about else ""
    return threads.tail(text, words) if words else text


def deleted(event: Deleted, tx: Transaction) -> Actions:
    """A message taken back before it was sent to anybody is gone; helpers are told of one they have seen."""
    chat = tx.chats.at(event.chat)
    copy = None if chat is None or chat.role != Role.PRIVATE else tx.copies.at(chat.id, event.id)
    if chat is None or copy is None or copy.text is None:
        return ()
    if not copy.subject:
        _unhold(copy.text, chat.id, tx)
        return ()
    request = tx.requests.by_code(copy.subject)
    if request is None:
        return ()
    if copy.text == request.phone:
        _, number = phone_given.taken_back(event.id, request, tx)
        return number
    request, number = phone_given.changed_among_words(Text(""), copy.text, event.id, request, tx)
    request, gone = intake.taken_back(copy.text, request, tx)
    if (said := tx.requests.line_of_text(copy.text)) is not None:
        tx.requests.withdraw(said[1].id)
    return (*number, *gone, *below.in_thread(tx, request, Line(say("thread-taken-back", code=request.code))))


def _unhold(text: int, chat: int, tx: Transaction) -> None:
    now, unclear = asking.held(tx, chat), tx.dialogues.get(chat).get("which", [])
    if text in unclear:
        tx.dialogues.put(chat, which=[other for other in unclear if other != text] or None)
    elif now is not None:
        asking.keep(tx, chat, replace(now, texts=tuple(other for other in now.texts if other != text)))
    tx.texts.delete([text])
