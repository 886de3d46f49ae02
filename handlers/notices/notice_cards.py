"""The card of a notice in an organisation's room: what it is, and how it goes on. Its thread begins with it."""

from __future__ import annotations

from bot.actions import Action, OnNetwork, Say
from bot.content import Block, Content, Gap, LanguageName, Line, Sentence, Words, say
from bot.domain.chats import KnownChat
from bot.domain.notices import Notice, NoticeState
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.notices import planning, previews
from handlers.notices.notice_text import category_name, state_name
from handlers.rooms import card, card_rooms, edit
from handlers.situation import Actions


def post(tx: Transaction, notice: Notice, room: KnownChat, event: Message) -> Actions:
    """The card below the message that asked for it, and in its thread the previews, once the language is known."""
    shown = Say(room.id, content(tx, notice, room), notice.code, card(notice).name, reply_to=OnNetwork(event.id))
    return (shown, *(previews.show(tx, notice, room) if _language_known(tx, notice) else ()))


def refresh(tx: Transaction, notice: Notice) -> Actions:
    changed: list[Action] = []
    for room in card_rooms(tx, notice):
        changed += edit(tx, room, card(notice).name, content(tx, notice, room))
    return changed


def about(tx: Transaction, notice: Notice) -> Sentence:
    """Its code, category, language and state, in one line."""
    return say(
        "notice-card",
        code=notice.code,
        category=category_name(notice),
        language=LanguageName(notice.language) if _language_known(tx, notice) else "?",
        state=state_name(notice),
    )


def content(tx: Transaction, notice: Notice, room: KnownChat) -> Content:
    own = room.organisation == notice.organisation
    blocks: list[Block] = [Line(about(tx, notice), "bold")]
    if notice.valid_until is not None:
        blocks.append(Line(say("valid-until", date=notice.valid_until)))
    if own:
        blocks += planning.line(tx, notice)
    else:
        by = tx.chats.organisation(notice.organisation).name
        blocks += [Line(say("notice-by", organisation=by)), Gap(), Words(notice.text), Gap()]
    if notice.state is not NoticeState.RECALLED and _language_known(tx, notice):
        blocks += _next(tx, notice, room)
    return tuple(blocks)


def _next(tx: Transaction, notice: Notice, room: KnownChat) -> Content:
    """What comes next, as far as the room has a hand in it."""
    assert room.organisation is not None
    if not tx.chats.count_groups(room.organisation):
        return (Line(say("no-groups", command="!groups")),)
    languages = previews.languages_of(tx, notice, room.organisation)
    names = tuple(LanguageName(language) for language in languages)
    shown = say("card-previews", languages=names) if names else say("card-one-language")
    own = room.organisation == notice.organisation
    if not own or notice.state is NoticeState.PUBLISHED:
        return (Line(shown),)
    return (Line(shown), Line(say("card-publish", command=f"!publish {notice.code}")))


def _language_known(tx: Transaction, notice: Notice) -> bool:
    return tx.texts.get(notice.text).language is not None
