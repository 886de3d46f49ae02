"""A group that was out of reach, or has another language or organisation now: what it has of notices is put right, and
what people have changed or taken back in linked chats is so there, too.

What was corrected or withdrawn meanwhile was so everywhere else; nobody is to go on reading it there.
"""

from __future__ import annotations

from dataclasses import replace

from bot.actions import Action, Edit, Named, Priority, Recall, Say
from bot.content import Attached, Content, Line, Translated, Words, say
from bot.domain.chats import KnownChat
from bot.domain.links import LinkedMessage
from bot.domain.notices import Notice, NoticeState, Standing
from bot.store.transaction import Transaction
from handlers.notices import progress, publishing
from handlers.situation import Actions

_LATEST = 20  # notices, and linked messages: what is older hardly anybody scrolls up to


def catch_up(group: KnownChat, tx: Transaction) -> Actions:
    changed: list[Action] = [Recall(group.id, Named(name)) for name in tx.links.not_taken_back(group)]
    for said in tx.links.latest_in(group, _LATEST):
        changed += _as_it_reads_now(said, group, tx)
    for notice in tx.notices.shown_in(group.id, _LATEST):
        if notice.state is NoticeState.RECALLED:
            changed += _withdrawn(notice, group)
        elif group.organisation is not None and group.language is not None:
            changed += _put_right(notice, group, group.organisation, group.language, tx)
    return changed


def _as_it_reads_now(said: LinkedMessage, group: KnownChat, tx: Transaction) -> Actions:
    shown, now = tx.deliveries.says(group.id, said.name) or (), said.text
    before = next((block.text for block in shown if isinstance(block, Translated)), now)
    if before is None or now is None or before == now:
        return ()
    if [one.attachment for one in tx.attachments.of(before)] != [one.attachment for one in tx.attachments.of(now)]:
        return (Recall(group.id, Named(said.name)),)  # no network lets us put another file in its place
    content = [replace(block, text=now) if isinstance(block, Translated | Attached) else block for block in shown]
    return (Edit(group.id, Named(said.name), tuple(content)),)


def _withdrawn(notice: Notice, group: KnownChat) -> Actions:
    told = (Line(say("copy-recalled", code=notice.code)),)
    return (
        Recall(group.id, Named(notice.code), priority=Priority.NOTICE),
        Say(group.id, told, notice.code, publishing.withdrawn(notice), priority=Priority.NOTICE),
    )


def _put_right(notice: Notice, group: KnownChat, organisation: int, language: str, tx: Transaction) -> Actions:
    ready = progress.way(tx, notice, organisation, language) is Standing.READY
    shown = tx.deliveries.says(group.id, notice.code) or ()
    holds = _holds(notice, shown, tx)
    tx.notices.reads_now(notice, group.id, language)
    progress.look_again(tx, notice)
    if holds and not ready:  # it stays in the language of before, until there is something better
        return ()
    content = progress.as_it_is(tx, notice, organisation, language)
    if shown == content:
        return ()
    edit = Edit(group.id, Named(notice.code), content, language=language, priority=Priority.NOTICE)
    if holds:
        return (edit,)
    key, name = ("corrected", publishing.corrected) if ready else ("correcting", publishing.correcting)
    told, copy = (Line(say(f"copy-{key}", code=notice.code)),), Named(notice.code)
    return (edit, Say(group.id, told, notice.code, name(notice), reply_to=copy, priority=Priority.NOTICE))


def _holds(notice: Notice, shown: Content, tx: Transaction) -> bool:
    """Whether these are words of the notice as it is now, in whichever language."""
    now = {notice.text, *(one.result for one in tx.texts.translations(notice.text))}
    return any(isinstance(block, Words) and block.text in now for block in shown)
