"""A reader of a notice does not understand it, or has a question: answered in private, from the link below the copy."""

from __future__ import annotations

import re

from bot import commands
from bot.actions import Button, Buttons, Say
from bot.content import Block, Content, Gap, LanguageName, Line, Words, say
from bot.domain.notices import Notice, NoticeState, Standing
from bot.incoming import Message
from bot.store.transaction import Transaction
from bot.text.words import has_words
from handlers.chats import groups
from handlers.notices import feedback, progress
from handlers.notices.notice_text import label, over
from handlers.requests import asking
from handlers.rooms import numbered
from handlers.situation import Actions, Doing, Situation

_PAYLOAD = re.compile(r"q-N(\d{1,9})(?:-g(\d{1,15}))?")


# --- the way in ------------------------------------------------------------------------------------------------------


def opened(payload: str, where: Situation, tx: Transaction) -> Actions | None:
    """The link below a copy was followed; None when it is no such link, or of a notice that is not public."""
    match = _PAYLOAD.fullmatch(payload)
    notice = None if match is None else _public(tx, f"N{int(match[1])}")
    if match is None or notice is None:
        return None
    return show(notice, groups.language_of(match[2] or "", tx), where, tx)


def typed(event: Message, where: Situation, tx: Transaction) -> Actions | None:
    """Words that begin with the code of a notice, or answer its screen, are a question about it; None for others."""
    code, words = commands.Command("", event.text.plain.strip()).code("N")
    code = code or (where.subject if where.subject.startswith("N") else None)
    notice = None if code is None else _public(tx, code)
    if notice is None:
        return None
    if not has_words(words) and not event.attachments:
        return show(notice, None, where, tx)
    asking.turn_to(notice, None, where, tx)
    return asking.hold([asking.store(event, where, tx)], event, where, tx)


def _public(tx: Transaction, code: str) -> Notice | None:
    notice = numbered(tx, code)
    return None if notice is None or notice.never_out else notice


# --- the screen ------------------------------------------------------------------------------------------------------


def show(notice: Notice, hint: str | None, where: Situation, tx: Transaction) -> Actions:
    """The notice as it was published, in the reader's language if it was, with two buttons."""
    if not tx.requests.of_chat(where.chat.id, open_only=True):
        asking.turn_to(notice, hint, where, tx)  # whoever waits for no answer writes about this next
    language = where.chat.language or hint or asking.language_of(where, tx)
    by = tx.chats.organisation(notice.organisation).name
    head: list[Block] = [Line(say("about-notice", code=notice.code, organisation=by), "bold")]
    if notice.state is NoticeState.RECALLED:
        content: Content = (*head, Line(say("copy-recalled", code=notice.code)))
        return (Say(where.chat.id, content, notice.code, buttons=_ask(language), language=language),)
    reads, text = _text(tx, notice, language, hint)
    content = (*head, *over(notice), Gap(), *text)
    return (Say(where.chat.id, content, notice.code, buttons=_buttons(reads), language=language),)


def _text(tx: Transaction, notice: Notice, language: str, hint: str | None) -> tuple[str, Content]:
    """What was published for them: in their own language, else in their group's, else as it was written."""
    for code in dict.fromkeys((language, hint or language)):
        translation = None if code == notice.language else tx.texts.translation(notice.text, code)
        if code == notice.language:
            return code, (Words(notice.text),)
        if translation is not None and translation.result is not None and _is_out(tx, notice, code):
            return code, (Words(translation.result), Gap(), Line(label(tx, notice, translation), "italic"))
    original = Line(say("copy-original", language=LanguageName(notice.language)), "italic")
    return notice.language, (original, Words(notice.text, "quote"))


def _is_out(tx: Transaction, notice: Notice, language: str) -> bool:
    reached = tx.notices.reached(notice.id)
    return any(progress.way(tx, notice, organisation, language) is Standing.READY for organisation in reached)


def _buttons(language: str) -> Buttons:
    """One below the other: both are long. `language`: of the text that is shown."""
    return ((Button(say("button-not-understood"), "not-understood", language, lasting=True),), *_ask(language))


def _ask(language: str) -> Buttons:
    return ((Button(say("button-question"), "question", language, lasting=True),),)


# --- the answers -----------------------------------------------------------------------------------------------------


def not_understood(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """Counted once for each chat and notice. That the button was used is all that is kept of who it was."""
    assert where.choice is not None
    notice = _public(tx, where.choice.subject)
    if notice is None:
        return ()
    told: Actions = ()
    if not tx.choices.was_made(where.chat.id, notice.code, where.choice.step):
        tx.choices.use(where.choice)
        told = feedback.not_understood(tx, notice, where.choice.value)
    content = (Line(say("not-understood-thanks")), Line(say("not-understood-ask")))
    language = _language(tx, where)
    return (*told, Say(where.chat.id, content, notice.code, buttons=_ask(where.choice.value), language=language))


def question(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """What they write next is about this notice."""
    assert where.choice is not None
    notice = _public(tx, where.choice.subject)
    if notice is None:
        return ()
    asking.turn_to(notice, None, where, tx)
    said = (Line(say("question-write", code=notice.code)),)
    return (Say(where.chat.id, said, notice.code, language=_language(tx, where)),)


def _language(tx: Transaction, where: Situation) -> str:
    now = asking.held(tx, where.chat.id)
    return where.chat.language or (now and (now.shown or now.hint)) or where.language
