"""Who reads what: the languages an organisation checks, said with `languages` or a button; and each person's own."""

from __future__ import annotations

import re

from bot.actions import Action
from bot.content import LanguageName, Line, Sentence, say
from bot.domain.notices import NoticeState
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.notices import previews, reviewing
from handlers.notices.previews import Preview
from handlers.rooms import Meant, edit, language_named, note, tell
from handlers.situation import Actions, Doing, Situation

# --- the organisation ------------------------------------------------------------------------------------------------


def register(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`languages pt tr`: those whose translations this organisation can judge."""
    assert where.chat.organisation is not None
    organisation = tx.chats.organisation(where.chat.organisation)
    words = [word for word in re.split(r"[\s,;]+", where.argument) if word]
    known = {word: language_named(word, where, tx) for word in words}
    unknown = tuple(word for word, code in known.items() if code is None)
    if unknown:
        return tell(event, where, say("languages-unknown", words=unknown, example="!languages pt tr"))
    if not words:
        names = tuple(LanguageName(code) for code in organisation.reads)
        now = say("languages-are", languages=names) if names else say("languages-none")
        return tell(event, where, now, say("languages-how", example="!languages pt tr"))
    reads = list(dict.fromkeys(code for code in known.values() if code))
    tx.chats.set_reads(organisation.id, reads)
    said = say("languages-are", languages=tuple(LanguageName(code) for code in reads))
    return (*tell(event, where, said), *_refresh_previews(tx, organisation.id, [*reads, *organisation.reads]))


def we_read(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """The button below a preview: somebody of the organisation can check this language. Who does is asked then."""
    assert where.choice is not None
    assert where.chat.organisation is not None
    language = where.choice.value.partition("/")[0]
    shown = _checks_now(tx, where.chat.organisation, language)
    reads = tx.chats.organisation(where.chat.organisation).reads
    return (*note(event, where, say("languages-are", languages=tuple(map(LanguageName, reads)))), *shown)


def _checks_now(tx: Transaction, organisation: int, language: str) -> Actions:
    reads = tx.chats.organisation(organisation).reads
    if language in reads:
        return ()
    tx.chats.set_reads(organisation, [*reads, language])
    return _refresh_previews(tx, organisation, [language])


def _refresh_previews(tx: Transaction, organisation: int, codes: list[str]) -> Actions:
    """The buttons of previews that can be approved now, or no longer."""
    notices = [notice for notice in tx.notices.concerning(organisation) if notice.state is not NoticeState.RECALLED]
    return [action for notice in notices for action in previews.refresh(tx, notice, dict.fromkeys(codes))]


# --- the person ------------------------------------------------------------------------------------------------------


def answered(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """Yes or no to the question whether they read it: only whoever was asked can say."""
    assert where.choice is not None
    assert where.chat.organisation is not None
    answer, person, language, text, kept = where.choice.value.split("/")
    if where.person.id != int(person) and not _is_the_chat(int(person), where, tx):
        return note(event, where, say("reads-not-you", name=tx.chats.person_by_id(int(person)).name or "…"))
    preview = Preview(where.choice.subject, language, int(text))
    if answer == "no":
        return _no(event, where, preview, tx)
    tx.readers.add(where.person.id, where.chat.organisation, language)
    closed = _close(where, tx, say("reads-yes", name=where.person.name or "…", language=LanguageName(language)))
    if not kept:
        return (*closed, *reviewing.approve(event, where, preview, tx))
    shown = _checks_now(tx, where.chat.organisation, language)
    found = reviewing.reviewable(where, preview, tx)
    if not isinstance(found, Meant):
        return (*closed, *tell(event, where, found), *shown)
    taken = reviewing.take(event, where, found, language, tx.texts.get(int(kept)).text, tx)
    made = tx.texts.translation(found.notice.text, language)
    if made is not None and made.result is not None:
        tx.copies.become(int(kept), made.result)  # an edit of the message is still an edit of the translation
    return (*closed, *shown, *taken)


def _is_the_chat(person: int, where: Situation, tx: Transaction) -> bool:
    """Whether somebody was asked who had written in the chat's own name, as Telegram lets administrators do. They press
    in their own, so anybody there can answer for themselves."""
    return tx.chats.address_of(person).id == where.chat.address.id


def _no(event: Doing, where: Situation, preview: Preview, tx: Transaction) -> Actions:
    """Nothing is approved; whoever could is named."""
    assert where.chat.organisation is not None
    language = LanguageName(preview.language)
    tx.readers.remove(where.person.id, where.chat.organisation, preview.language)
    names = tuple(tx.readers.names(where.chat.organisation, preview.language))
    who = say("readers-are", names=names, language=language) if names else say("readers-none", language=language)
    closed = _close(where, tx, say("reads-no", name=where.person.name or "…", language=language))
    return (*closed, *tell(event, where, say("reads-nothing-done"), who, subject=preview.code))


def _close(where: Situation, tx: Transaction, said: Sentence) -> tuple[Action, ...]:
    """The question shows its answer, and no buttons."""
    name = where.answered.name if where.answered else None
    return () if name is None else edit(tx, where.chat, name, (Line(said),))
