"""Who reads what: the languages whose translations an organisation can judge, said with `languages` or a button."""

from __future__ import annotations

import re

from bot import languages
from bot.catalogue import language_name, own_name
from bot.content import LanguageName, say
from bot.model import Message
from bot.notices import NoticeState
from bot.store.transaction import Transaction
from handlers import previews, reviewing
from handlers.previews import Preview
from handlers.rooms import Doing, Meant, note, tell
from handlers.situation import Actions, Situation


def register(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`languages pt tr`: those whose translations this organisation can judge."""
    assert where.command is not None
    assert where.chat.organisation is not None
    organisation = tx.chats.organisation(where.chat.organisation)
    words = [word for word in re.split(r"[\s,;]+", where.command.argument) if word]
    known = {word: _language(word, where, tx) for word in words}
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
    """The button below a preview, or below a translation whose writer was asked."""
    assert where.choice is not None
    assert where.chat.organisation is not None
    language, text, *kept = where.choice.value.split("/")
    organisation = tx.chats.organisation(where.chat.organisation)
    reads = list(dict.fromkeys([*organisation.reads, language]))
    tx.chats.set_reads(organisation.id, reads)
    shown = _refresh_previews(tx, organisation.id, [language])
    if not kept:
        return (*note(event, where, say("languages-are", languages=tuple(map(LanguageName, reads)))), *shown)
    found = reviewing.reviewable(where, Preview(where.choice.subject, language, int(text)), tx)
    if not isinstance(found, Meant):
        return (*tell(event, where, found), *shown)
    taken = reviewing.take(event, where, found, language, tx.texts.get(int(kept[0])).text, tx)
    made = tx.texts.translation(found.notice.text, language)
    if made is not None and made.result is not None:
        tx.copies.become(int(kept[0]), made.result)  # an edit of the message is still an edit of the translation
    return (*shown, *taken)


def _refresh_previews(tx: Transaction, organisation: int, codes: list[str]) -> Actions:
    """The buttons of previews that can be approved now, or no longer."""
    notices = [notice for notice in tx.notices.concerning(organisation) if notice.state is not NoticeState.RECALLED]
    return [action for notice in notices for action in previews.refresh(tx, notice, dict.fromkeys(codes))]


def _language(word: str, where: Situation, tx: Transaction) -> str | None:
    """A code ("pt", "por"), or the name of a language we work in, in its own words or in the room's."""
    code = languages.normalise(word)
    if languages.knows(code):
        return code
    room = where.chat.language or tx.policy.working_language
    for known in tx.policy.languages:
        if word.casefold() in (own_name(known).casefold(), language_name(known, room).casefold()):
            return known
    return None
