"""Reviewing: a reader approves a translation, or replies to its preview with a better one."""

from __future__ import annotations

from bot.content import Content, LanguageName, Line, Sentence, Words, say
from bot.domain.chats import Role
from bot.domain.drafts import MOST_CHARACTERS
from bot.domain.notices import Notice, Standing, TranslationState, paired_paragraphs
from bot.domain.rights import Act, may_translate
from bot.incoming import Message, Reacted
from bot.model import Text
from bot.store.transaction import Transaction
from bot.text.differences import differences
from bot.text.mentions import naming_nobody
from bot.text.words import has_words
from handlers import findings
from handlers.notices import notice_text, previews, publishing, reader_question
from handlers.notices.previews import Preview
from handlers.notices.progress import way
from handlers.rooms import Meant, checked, language_named, meant, note, reply, tell, why
from handlers.situation import Actions, Doing, Situation

_YES = frozenset("✅✔☑")
_LONGEST = 2 * MOST_CHARACTERS  # some languages need more letters than others


# --- approving -------------------------------------------------------------------------------------------------------


def ok(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`ok N1 pt`; below a preview `ok` is enough."""
    found = meant(Act.REVIEW, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    below = previews.named(where.answered.name if where.answered else None)
    word = found.rest.strip(" .,;")
    language = language_named(word, where, tx) if word else below.language if below else None
    if language is None or language not in _offered(tx, found):
        return tell(event, where, say("ok-how", command=f"!ok {found.notice.code} …"), subject=found.notice.code)
    text = below.text if below and not found.rest else found.notice.text
    newest = previews.of(found.notice, language)
    if text == found.notice.text and tx.deliveries.is_behind(where.chat.id, newest.name):
        return tell(event, where, say("preview-outdated"), subject=found.notice.code)  # they have read the one before
    return approve(event, where, Preview(found.notice.code, language, text), tx)


def _offered(tx: Transaction, found: Meant) -> set[str]:
    """The languages that there is something to approve in."""
    known = {translation.language for translation in tx.texts.translations(found.notice.text)}
    return known | set(previews.languages_of(tx, found.notice, found.organisation.id))


def approve_pressed(event: Doing, where: Situation, tx: Transaction) -> Actions:
    assert where.choice is not None
    language, _, text = where.choice.value.partition("/")
    return approve(event, where, Preview(where.choice.subject, language, int(text)), tx)


def reacted(event: Reacted, where: Situation, tx: Transaction) -> Actions:
    """✅ on a preview; any other reaction is talk among people."""
    preview = previews.named(where.answered.name if where.answered else None)
    if preview is None or where.chat.role != Role.ORGANISATION or not _YES & set(event.key):
        return ()
    return approve(event, where, preview, tx)


def approve(event: Doing, where: Situation, preview: Preview, tx: Transaction) -> Actions:
    """However somebody says yes. The first time it counts only once they have said that they read the language."""
    found = reviewable(where, preview, tx)
    if not isinstance(found, Meant):
        return note(event, where, found)
    notice, language = found.notice, preview.language
    translation = tx.texts.translation(notice.text, language)
    if translation is None or translation.result is None:
        return note(event, where, say("ok-nothing", language=LanguageName(language)))
    done = translation.state is TranslationState.HUMAN and translation.organisation is not None
    if done or (translation.state is TranslationState.REVIEWED and translation.organisation == found.organisation.id):
        return note(event, where, say("ok-done", language=LanguageName(language)))
    if not tx.readers.reads(where.person.id, found.organisation.id, language):
        return reader_question.ask(event, where, tx, preview)
    tx.texts.approve(translation.id, found.organisation.id)
    tx.notices.happened(notice, f"approved {language}", where.person.id)
    _remember(tx, notice, tx.texts.get(translation.result).text, language, found.organisation.id)
    return (
        *note(event, where, say("ok-done", language=LanguageName(language))),
        *previews.refresh(tx, notice, [language]),
        *publishing.follow(tx, notice, language),
    )


def reviewable(where: Situation, preview: Preview, tx: Transaction) -> Meant | Sentence:
    """The notice, if this room may review it in that language and the preview shows it as it is now; else why not."""
    found = checked(Act.REVIEW, preview.code, "", where, tx)
    if not isinstance(found, Meant):
        return found
    if preview.text != found.notice.text:
        return say("preview-outdated")
    there = tx.texts.translation(found.notice.text, preview.language)
    no = may_translate(found.notice, found.organisation, preview.language, there)
    if no is None:
        return found
    reads = " ".join([*found.organisation.reads, preview.language])
    if no == "review-not-read":
        return say(no, language=LanguageName(preview.language), command=f"!languages {reads}")
    return why(no, tx, found.notice)


def _remember(tx: Transaction, notice: Notice, target: Text, language: str, organisation: int) -> None:
    """What a reader approved is used again for exactly the same words."""
    source = tx.texts.get(notice.text).text.plain
    for before, after in paired_paragraphs(source, target.plain):
        tx.memory.remember(before, notice.language, after, language, organisation)


# --- writing a better one --------------------------------------------------------------------------------------------


def replied(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Words in reply to a preview are the translation; what people say otherwise in their room is theirs."""
    preview = previews.named(where.answered.name if where.answered else None)
    if preview is None or event.reply_to is None:
        return ()
    if not has_words(event.text.plain):
        return tell(event, where, say("translation-words"))
    if len(event.text.plain) > _LONGEST:
        return tell(event, where, say("notice-too-long", most=_LONGEST, length=len(event.text.plain)))
    found, words = reviewable(where, preview, tx), naming_nobody(event.text)
    if not isinstance(found, Meant) and found.key != "review-not-read":
        return tell(event, where, found)
    if isinstance(found, Meant) and tx.readers.reads(where.person.id, found.organisation.id, preview.language):
        return take(event, where, found, preview.language, words, tx)
    # Their words are kept while they say whether they read the language: nobody types a translation twice.
    kept = tx.texts.add(words, preview.language)
    tx.copies.came_in(where.chat.id, event.id, preview.code, kept)
    return reader_question.ask(event, where, tx, preview, kept)


def take(event: Doing, where: Situation, found: Meant, language: str, text: Text, tx: Transaction) -> Actions:
    """A person's translation takes the place of whatever was there."""
    notice, before = found.notice, tx.texts.translation(found.notice.text, language)
    said = None if before is None or before.result is None else tx.texts.get(before.result).text
    improves = said != text and way(tx, notice, notice.organisation, language) is Standing.READY
    made = tx.texts.put(notice.text, language, TranslationState.HUMAN, text, "notice", found.organisation.id)
    if isinstance(event, Message):
        tx.copies.came_in(where.chat.id, event.id, notice.code, made.result)
    tx.notices.happened(notice, f"translated {language}", where.person.id)
    _remember(tx, notice, text, language, found.organisation.id)
    doubts = findings.lines(notice_text.doubts(tx, notice, made))
    thanks = Line(say("translation-taken", code=notice.code, language=LanguageName(language)))
    warning = (Line(say("translation-doubts")), *doubts) if doubts else ()
    changed = () if before is None or before.result is None else what_changed(tx, before.result, text)
    return (
        reply(event, where, (thanks, *changed, *warning), notice.code),
        *previews.refresh(tx, notice, [language]),
        *publishing.follow(tx, notice, language, made.result if improves else None),
    )


def what_changed(tx: Transaction, before: int, after: Text) -> Content:
    """The difference to the text that was there, for the room; nothing where no word is another."""
    old = tx.texts.get(before)
    seen = differences(old.text.plain, after.plain)
    return (Line(say("what-changed")), Words(tx.texts.add(seen, old.language), "quote")) if seen else ()


# --- when an engine failed -------------------------------------------------------------------------------------------


def try_again(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """The button below a preview that nobody has translated."""
    assert where.choice is not None
    language, _, text = where.choice.value.partition("/")
    found = checked(Act.REVIEW, where.choice.subject, "", where, tx)
    if not isinstance(found, Meant):
        return note(event, where, found)
    translation = tx.texts.translation(int(text), language)
    if found.notice.text != int(text) or translation is None:
        return note(event, where, say("preview-outdated"))
    tx.texts.want_again(translation.id)
    return previews.refresh(tx, found.notice, [language])
