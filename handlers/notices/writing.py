"""Writing a notice, in the room of an organisation: `notice [CATEGORY] [lang:xx] [until:DATE] TEXT`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot import commands
from bot.actions import Action, Button, in_rows
from bot.catalogue import own_name
from bot.content import Line, Sentence, say
from bot.domain import drafts
from bot.domain.chats import KnownChat, Role
from bot.domain.drafts import MOST_CHARACTERS, Draft, DraftError
from bot.domain.notices import Category, Notice, NoticeState
from bot.domain.rights import Act
from bot.incoming import Message
from bot.store.transaction import Transaction
from bot.text import languages
from bot.text.words import has_words
from handlers.notices import notice_cards, previews
from handlers.notices.notice_text import category_name
from handlers.rooms import Meant, below, card_rooms, checked, edit, note, tail, tell
from handlers.situation import Actions, Doing, Situation
from handlers.spoken import named

_LIKELY = (
    "ar",
    "bg",
    "de",
    "en",
    "es",
    "fa",
    "fr",
    "it",
    "nl",
    "pl",
    "ps",
    "pt",
    "ro",
    "ru",
    "so",
    "sq",
    "ti",
    "tr",
    "uk",
)
"""Languages that an organisation here may write in, whether or not the bot speaks them."""


# --- writing ---------------------------------------------------------------------------------------------------------


def write(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`notice …`: a draft with its code, its card, and a preview for each language."""
    assert where.chat.organisation is not None
    try:
        draft = read(where.argument, where.chat, tx)
    except DraftError as error:
        return tell(event, where, say(error.reason, what=error.what))
    no = unreadable(draft.text, f"!notice {Category.FOOD.value} …")
    if no is not None:
        return tell(event, where, no)
    language = draft.language or guess(tx, draft.text, tx.chats.languages_of(where.chat.organisation))
    notice = tx.notices.add(
        where.chat.organisation,
        where.chat.id,
        where.person.id,
        draft.category or Category.HEALTH,
        tx.texts.add(tail(event.text, draft.text), language),
        language or tx.policy.language_in(where.chat),
        valid_until=draft.valid_until,
    )
    tx.copies.came_in(where.chat.id, event.id, notice.code, notice.text)
    return (
        *notice_cards.post(tx, notice, where.chat, event),
        *([] if language else [_ask_language(tx, notice, where.chat)]),
        *([] if draft.category else [_ask_category(notice, where.chat)]),
        *(tell(event, where, _how_until(), subject=notice.code) if draft.may_want_a_day else ()),
        *(tell(event, where, say("notice-words-only"), subject=notice.code) if event.attachments else ()),
    )


def read(argument: str, room: KnownChat, tx: Transaction) -> Draft:
    """What was typed after the command. Raises DraftError."""
    return drafts.parse(argument, tx.today, category_names(tx.policy.language_in(room)))


def category_names(language: str) -> dict[str, Category]:
    """What the categories are called in a language, in lower case."""
    values = tuple(one.value for one in Category)
    return {word: Category(value) for word, value in named("category-", values, language).items()}


def unreadable(text: str, example: str) -> Sentence | None:
    """Why a text cannot be a notice; None when it can."""
    if not has_words(text):
        return say("notice-empty", example=example)
    if len(text) > MOST_CHARACTERS:
        return say("notice-too-long", most=MOST_CHARACTERS, length=len(text))
    return None


def guess(tx: Transaction, text: str, near: Sequence[str]) -> str | None:
    """The language of a text: one of those spoken here, or another that is likely; None when that is unsure."""
    here = [*tx.policy.languages, *near]
    return languages.guess(text, here) or languages.guess(text, [*here, *_LIKELY])


# --- what was not said -----------------------------------------------------------------------------------------------


def _ask_language(tx: Transaction, notice: Notice, room: KnownChat) -> Action:
    buttons = [Button(own_name(code), "notice-language", code) for code in tx.policy.languages]
    return below(room, notice, (Line(say("notice-which-language", code=notice.code)),), buttons=in_rows(buttons, 2))


def language_chosen(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """Somebody says which language a notice is in: now it can be translated."""
    assert where.choice is not None
    found = checked(Act.CHANGE, where.choice.subject, "", where, tx)
    if not isinstance(found, Meant):
        return note(event, where, found)
    if tx.texts.get(found.notice.text).language is not None:
        return note(event, where, say("notice-language-known"))
    language = where.choice.value
    tx.texts.set_language([found.notice.text], language)
    notice = replace(found.notice, language=language)
    tx.notices.save(notice)
    shown = [action for room in card_rooms(tx, notice) for action in previews.show(tx, notice, room)]
    return (*notice_cards.refresh(tx, notice), *shown)


def _ask_category(notice: Notice, room: KnownChat) -> Action:
    others = [one for one in Category if one is not notice.category]
    buttons = [Button(say(f"category-{one.value}"), "notice-category", one.value) for one in others]
    return below(room, notice, (Line(_no_category(notice)),), _category_question(notice), in_rows(buttons, 2))


def category_chosen(event: Doing, where: Situation, tx: Transaction) -> Actions:
    assert where.choice is not None
    found = checked(Act.CHANGE, where.choice.subject, "", where, tx)
    if not isinstance(found, Meant):
        return note(event, where, found)
    if found.notice.state is not NoticeState.DRAFT:
        return note(event, where, say("category-too-late", code=found.notice.code))
    notice = replace(found.notice, category=Category(where.choice.value))
    tx.notices.save(notice)
    return (*category_asked(tx, notice, where.chat), *notice_cards.refresh(tx, notice))


def category_asked(tx: Transaction, notice: Notice, room: KnownChat) -> Actions:
    """The question, where it was asked, shows the answer."""
    return edit(tx, room, _category_question(notice), (Line(category_now(notice)),))


def category_now(notice: Notice) -> Sentence:
    return say("category-now", code=notice.code, category=category_name(notice))


def _no_category(notice: Notice) -> Sentence:
    return say("notice-no-category", code=notice.code, category=category_name(notice))


def _category_question(notice: Notice) -> str:
    return f"{notice.code}/category"


# --- the wrong room --------------------------------------------------------------------------------------------------


def wrong_room(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A notice, or a command about one, where no organisation is at home: nothing is kept, nothing is published."""
    rooms = tx.chats.with_role(Role.ORGANISATION)
    return tell(event, where, say("notice-wrong-room"), *([] if rooms else [say("notice-no-rooms")]))


# --- what there is to do ---------------------------------------------------------------------------------------------

_HELP = {
    "help-notice": "!notice food …",
    "help-until": "!notice food until:31/12 …",
    "help-template": "!template",
    "help-languages": "!languages pt tr",
    "help-ok": "!ok N1 pt",
    "help-publish": "!publish N1",
    "help-publish-later": "!publish N1 at 18:00",
    "help-correct": "!correct N1 …",
    "help-correct-until": "!correct N1 until:31/12",
    "help-recall": "!recall N1",
    "help-pass": "!pass N1",
    "help-copy": "!copy N1 pt",
    "help-status": "!status N1",
    "help-notices": "!notices",
    "help-groups": "!groups",
}


def _how_until() -> Sentence:
    return say("help-until", command=_HELP["help-until"])


def help(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`help`: what an organisation can do here."""
    lines = [say(key, command=command) for key, command in _HELP.items()]
    lines.append(say("link-how", command="!link …", end="!unlink …"))
    return tell(event, where, say("help-organisation"), *lines, subject="")


def unknown(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A command that nobody knows, or that somebody mistyped."""
    word = f"!{where.command.name}" if where.command else f"! {commands.name_apart(event.text.plain)}"
    return tell(event, where, say("organisation-unknown", word=word, command="!help"))
