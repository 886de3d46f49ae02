"""Passing on: another organisation's groups receive a notice, too; a copy to forward elsewhere; what there is."""

from __future__ import annotations

from bot.actions import Action, Say
from bot.content import Block, LanguageName, Line, Sentence, Words, say
from bot.domain.chats import Role
from bot.domain.notices import Notice, NoticeState, Standing, standing
from bot.domain.rights import Act
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.notices import expiry, notice_cards, notice_text, planning, progress, publishing
from handlers.rooms import Meant, below, language_named, meant, reply, tell
from handlers.situation import Actions, Situation

_EXCERPT = 80  # characters


def pass_on(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`pass N1`, in the room of an organisation that did not write it: the link in the chain."""
    found = meant(Act.HAND_ON, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    notice, organisation = found.notice, found.organisation
    over = expiry.refusal(tx, notice, own=False)
    if over is not None:
        return tell(event, where, over, subject=notice.code)
    groups = tx.chats.count_groups(organisation.id)
    if not groups:
        return tell(event, where, say("no-groups", command="!groups"))
    first = tx.notices.reach(notice.id, organisation.id)
    if first:
        tx.notices.happened(notice, f"passed {organisation.id}", where.person.id)
    return (
        *notice_cards.post(tx, notice, where.chat, event),
        *publishing.to_groups(tx, notice, organisation.id),
        *progress.begin(event, where, notice, tx),
        *(_tell_writer(tx, notice, organisation.name, groups) if first else ()),
    )


def _tell_writer(tx: Transaction, notice: Notice, by: str, groups: int) -> list[Action]:
    said = (Line(say("passed-on-by", code=notice.code, organisation=by, n=groups)),)
    rooms = tx.chats.with_role(Role.ORGANISATION, notice.organisation)
    return [below(room, notice, said) for room in rooms]


def copy(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`copy N1 [pt]`: plain text with everything on it that a forwarded notice needs, and nothing around it."""
    found = meant(Act.SEE, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    notice = found.notice
    if notice.state is NoticeState.RECALLED:
        return tell(event, where, say("notice-recalled", code=notice.code), subject=notice.code)
    named = found.rest.strip(" .,;")
    language = (language_named(named, where, tx) or named) if named else notice.language
    if language != notice.language:
        # Somebody hands it on as their own: in harmless matters a computer's work may go along, as it is labelled.
        why = standing(tx.texts.translation(notice.text, language), notice.category, machine=True)
        if why is not Standing.READY:
            return tell(event, where, _not_yet(tx, notice, language, why), subject=notice.code)
    via = found.organisation.id if found.organisation.id in tx.notices.reached(notice.id) else notice.organisation
    text = notice_text.copy(tx, notice, via, language, link=False)
    said = reply(event, where, text, notice.code)
    return (Say(said.to, text, said.subject, None, said.thread, said.reply_to, language=language),)


def _not_yet(tx: Transaction, notice: Notice, language: str, why: Standing) -> Sentence:
    ready = [notice.language] + [
        translation.language
        for translation in tx.texts.translations(notice.text)
        if standing(translation, notice.category, machine=True) is Standing.READY
    ]
    return say(
        "copy-not-yet",
        reason=say(f"held-{why.value}"),
        languages=tuple(LanguageName(code) for code in ready),
        example=f"!copy {notice.code} {ready[-1]}",
    )


def listing(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`notices`: the latest ones, with the beginning of their texts."""
    assert where.chat.organisation is not None
    known = tx.notices.concerning(where.chat.organisation)
    if not known:
        return tell(event, where, say("notices-none", example="!notice food …"))
    blocks: list[Block] = []
    for notice in known:
        plan = planning.line(tx, notice) if notice.organisation == where.chat.organisation else ()
        blocks += [Line(notice_cards.about(tx, notice), "bold"), *plan, Words(notice.text, most=_EXCERPT)]
    return (reply(event, where, tuple(blocks), ""),)
