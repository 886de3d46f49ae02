"""Previews: how a notice will read in each language, in its thread, kept up to date until a person has read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.actions import Action, Button, Buttons
from bot.content import Content, Gap, LanguageName, Line, Sentence, Words, say
from bot.domain.chats import KnownChat, Organisation
from bot.domain.notices import Notice, NoticeState, Translation, TranslationState
from bot.events import Translated
from bot.store.transaction import Transaction
from bot.translation.protecting import paragraphs
from handlers import findings
from handlers.notices.notice_text import doubts, label
from handlers.rooms import below, card_rooms, edit
from handlers.situation import Actions


@dataclass(frozen=True, slots=True)
class Preview:
    """What a preview is of. Its name in a chat says it: N1/preview/pt/57; `text` is the source as it was then."""

    code: str
    language: str
    text: int

    @property
    def name(self) -> str:
        return f"{self.code}/preview/{self.language}/{self.text}"


def named(name: str | None) -> Preview | None:
    """The preview with that name; None when it is something else's."""
    parts = (name or "").split("/")
    return Preview(parts[0], parts[2], int(parts[3])) if len(parts) == 4 and parts[1] == "preview" else None


def of(notice: Notice, language: str) -> Preview:
    return Preview(notice.code, language, notice.text)


# --- showing ---------------------------------------------------------------------------------------------------------


def show(tx: Transaction, notice: Notice, room: KnownChat) -> Actions:
    """A preview for each language of the room's organisation; whatever is not translated yet is asked for."""
    return _shown(tx, notice, room, languages_of(tx, notice, room.organisation or 0))


def complete(tx: Transaction, notice: Notice) -> Actions:
    """The previews in languages that groups have come to read since the notice was written."""
    shown: list[Action] = []
    for room in card_rooms(tx, notice):
        languages = languages_of(tx, notice, room.organisation or 0)
        new = [one for one in languages if tx.deliveries.named(room.id, of(notice, one).name) is None]
        shown += _shown(tx, notice, room, new)
    return shown


def _shown(tx: Transaction, notice: Notice, room: KnownChat, languages: Iterable[str]) -> list[Action]:
    shown: list[Action] = []
    for language in languages:
        want(tx, notice, language)
        content, buttons = _preview(tx, notice, room, language)
        shown.append(below(room, notice, content, of(notice, language).name, buttons))
    return shown


def languages_of(tx: Transaction, notice: Notice, organisation: int) -> list[str]:
    """The languages that a notice must be translated into for the groups of an organisation."""
    return [language for language in tx.chats.languages_of(organisation) if language != notice.language]


def want(tx: Transaction, notice: Notice, language: str) -> None:
    """Have it translated, where an engine or the memory of approved translations can."""
    source = tx.texts.get(notice.text)
    if source.language is None or tx.texts.translation(notice.text, language) is not None:
        return
    if tx.policy.translates_notices or _remembered(tx, source.text.plain, source.language, language):
        tx.texts.want(notice.text, language, "notice")


def _remembered(tx: Transaction, text: str, source: str, target: str) -> bool:
    """Whether every paragraph with words in it has been approved before."""
    worded = [piece for piece in paragraphs(text) if any(character.isalpha() for character in piece)]
    known = tx.memory.remembered(worded, source, target)
    return bool(worded) and all(piece in known for piece in worded)


def refresh(tx: Transaction, notice: Notice, languages: Iterable[str]) -> Actions:
    """Bring the previews of these languages up to date, wherever they stand."""
    changed: list[Action] = []
    for room in card_rooms(tx, notice):
        for language in languages:
            content, buttons = _preview(tx, notice, room, language)
            changed += edit(tx, room, of(notice, language).name, content, buttons)
    return changed


def close(tx: Transaction, before: Notice, why: Sentence) -> Actions:
    """What these previews show is no longer to be approved."""
    changed: list[Action] = []
    for room in card_rooms(tx, before):
        for language in languages_of(tx, before, room.organisation or 0):
            changed += edit(tx, room, of(before, language).name, (_head(before, language), Line(why)))
    return changed


def translated(event: Translated, tx: Transaction) -> Actions:
    """An engine has finished, or given up."""
    notice = tx.notices.of_text(event.text) if event.purpose == "notice" else None
    if notice is None or notice.state is NoticeState.RECALLED:
        return ()
    return refresh(tx, notice, [event.language])


# --- what stands in it -----------------------------------------------------------------------------------------------


def _head(notice: Notice, language: str) -> Line:
    return Line(say("preview-head", code=notice.code, language=LanguageName(language)), "bold")


def _preview(tx: Transaction, notice: Notice, room: KnownChat, language: str) -> tuple[Content, Buttons]:
    assert room.organisation is not None
    translation = tx.texts.translation(notice.text, language)
    head = _head(notice, language)
    if translation is not None and translation.state is TranslationState.WANTED:
        return (head, Line(say("preview-working"))), ()
    if translation is None or translation.result is None:
        again = translation is not None and tx.policy.translates_notices
        return (head, Line(say("preview-missing", language=LanguageName(language)))), _again(notice, language, again)
    hint, buttons = _hint(notice, tx.chats.organisation(room.organisation), translation)
    content = (
        head,
        Gap(),
        Words(translation.result),
        Gap(),
        *findings.lines(doubts(tx, notice, translation)),
        Line(label(tx, notice, translation), "italic"),
        Line(hint),
    )
    return content, buttons


def _hint(notice: Notice, organisation: Organisation, translation: Translation) -> tuple[Sentence, Buttons]:
    """What a reader can do with it."""
    language, name = translation.language, LanguageName(translation.language)
    value = f"{language}/{notice.text}"
    if translation.state is not TranslationState.MACHINE and translation.organisation is not None:
        return say("preview-read", language=name), ()
    if language not in organisation.reads:
        button = Button(say("button-we-read", language=name), "we-read", value)
        return say("preview-who-reads", language=name), ((button,),)
    return (
        say("preview-approve", command=f"!ok {notice.code} {language}"),
        ((Button(say("button-approve"), "approve", value, lasting=True),),),
    )


def _again(notice: Notice, language: str, possible: bool) -> Buttons:
    return ((Button(say("button-try-again"), "translate-again", f"{language}/{notice.text}"),),) if possible else ()
