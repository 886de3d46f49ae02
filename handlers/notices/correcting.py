"""Correcting and withdrawing: every copy that is out changes, and people see that it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot import commands
from bot.actions import Action, Amend, Publish, RecallAll
from bot.content import Block, LanguageName, Line, Sentence, Words, say
from bot.domain import drafts
from bot.domain.chats import Role
from bot.domain.drafts import Draft, DraftError
from bot.domain.notices import Notice, NoticeState, Standing, is_over, recalled, reworded, valid_until
from bot.domain.rights import Act
from bot.events import Due
from bot.incoming import Deleted, Edited, Message
from bot.model import Text
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from bot.text.words import has_words
from handlers.notices import expiry, notice_cards, previews, progress, publishing, reviewing, writing
from handlers.notices.progress import way
from handlers.rooms import Meant, below, card_rooms, checked, meant, numbered, reply, tail, tell
from handlers.situation import Actions, Situation

_LONGEST_REASON = 500  # characters
_PATIENCE = timedelta(seconds=30)  # before a group hears of a correction that a computer may bring by then

# --- correct ---------------------------------------------------------------------------------------------------------


def correct(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`correct N1 [lang:xx] [until:DATE] [TEXT]`."""
    found = meant(Act.CHANGE, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    try:
        draft = drafts.options(found.rest, tx.today)
    except DraftError as error:
        return tell(event, where, say(error.reason, what=error.what), subject=found.notice.code)
    if draft.valid_until is not None and not draft.text:
        return _extend(event, where, found.notice, draft.valid_until, tx)
    named, words = draft.language, draft.text
    no = writing.unreadable(words, f"!correct {found.notice.code} …") or _other_language(tx, found.notice, named, words)
    if no is not None:
        return tell(event, where, no, subject=found.notice.code)
    source = tx.texts.get(found.notice.text)
    if tail(event.text, words) == source.text and named in (None, source.language):
        # It was sent twice, or only the day is another: nobody reads it again, and what was approved stays so.
        if draft.valid_until is not None:
            return _extend(event, where, found.notice, draft.valid_until, tx)
        return progress.status(event, where, tx)
    said = "corrected-draft" if found.notice.state is NoticeState.DRAFT else "corrected-published"
    text = tail(event.text, words)
    told = say(said, code=found.notice.code, language=LanguageName(found.notice.language))
    changed = reviewing.what_changed(tx, found.notice.text, text)
    return (
        reply(event, where, (Line(told), *changed), found.notice.code),
        *_reword(tx, found.notice, text, event.id, where, named, draft.valid_until),
    )


def _extend(event: Message, where: Situation, before: Notice, day: date, tx: Transaction) -> Actions:
    """Another last day, and the text as it was: what was over is valid again, and people see that it is."""
    notice = valid_until(before, day)
    tx.notices.save(notice)
    tx.notices.happened(notice, "extended", where.person.id)
    expiry.watch(tx, notice)
    told = tell(event, where, say("until-now", code=notice.code, date=day), subject=notice.code)
    cards = notice_cards.refresh(tx, notice)
    if notice.state is not NoticeState.PUBLISHED:
        return (*told, *cards)
    name = f"{notice.code}/until/{day}"
    out = tx.notices.out(notice) if before.expired_at else []
    again = [publishing.post(notice, to, language, "copy-valid-again", name, notice.code) for to, language in out]
    return (*told, *expiry.shown_everywhere(tx, notice), *again, *_to_who_missed_it(tx, before, notice), *cards)


def _to_who_missed_it(tx: Transaction, before: Notice, notice: Notice) -> list[Action]:
    """What was over is valid again: groups whose copies came too late for the last day have them now."""
    if not is_over(before, tx.today) or is_over(notice, tx.today):
        return []
    return [action for to in tx.notices.reached(notice.id) for action in publishing.to_groups(tx, notice, to)]


def _other_language(tx: Transaction, notice: Notice, named: str | None, words: str) -> Sentence | None:
    """A correction stays in the language of the notice: in another one it would reach the wrong groups."""
    if tx.texts.get(notice.text).language is None:
        return None
    language = named or writing.guess(tx, words, [notice.language])
    if language in (None, notice.language):
        return None
    return say(
        "correct-language",
        code=notice.code,
        language=LanguageName(notice.language),
        other=LanguageName(str(language)),
        command=f"!correct {notice.code} lang:{notice.language} …",
    )


def _reword(
    tx: Transaction,
    before: Notice,
    text: Text,
    message: str,
    where: Situation,
    named: str | None = None,
    until: date | None = None,
) -> Actions:
    """The notice has a new text: new previews everywhere, and no copy goes on saying the old one."""
    known = named or tx.texts.get(before.text).language or writing.guess(tx, text.plain, [])
    new = tx.texts.add(text, known)
    notice = replace(reworded(before, new, tx.now), language=known or before.language)
    notice = notice if until is None else valid_until(notice, until)
    tx.notices.save(notice)
    expiry.watch(tx, notice)
    tx.notices.happened(notice, "corrected", where.person.id)
    tx.copies.came_in(where.chat.id, message, notice.code, new)
    outdated = previews.close(tx, before, say("preview-outdated"))
    shown = [action for room in card_rooms(tx, notice) for action in previews.show(tx, notice, room)] if known else []
    copies = _correct_copies(tx, notice) if notice.state is NoticeState.PUBLISHED else []
    copies += _to_who_missed_it(tx, before, notice)
    return (*outdated, *notice_cards.refresh(tx, notice), *shown, *copies)


def _correct_copies(tx: Transaction, notice: Notice) -> list[Action]:
    """The source language at once; other languages say at once that the new text is coming."""
    actions: list[Action] = []
    for organisation, language in tx.notices.out(notice):
        there, content = way(tx, notice, organisation, language), progress.as_it_is(tx, notice, organisation, language)
        if there is Standing.READY:
            key, name = "copy-corrected", publishing.corrected(notice)
        else:
            key, name = "copy-correcting", publishing.correcting(notice)
        actions.append(Amend(organisation, language, content, notice.code))
        if there is Standing.WORKING and notice.machine and organisation == notice.organisation:
            tx.schedule.at(tx.now + _PATIENCE, Due(publishing.SAY_CORRECTING, f"{name}/{language}"))
        else:
            actions.append(publishing.post(notice, organisation, language, key, name, notice.code))
    progress.look_again(tx, notice)
    return actions


def still_correcting(event: Due, tx: Transaction) -> Actions:
    """The computer was not as fast as hoped: people hear that the new text is coming."""
    code, _, text, language = event.subject.split("/")
    notice = numbered(tx, code)
    if notice is None or notice.state is not NoticeState.PUBLISHED or notice.text != int(text):
        return ()
    if way(tx, notice, notice.organisation, language) is Standing.READY:
        return ()
    name = publishing.correcting(notice)
    return (publishing.post(notice, notice.organisation, language, "copy-correcting", name, notice.code),)


# --- people edit their message instead -------------------------------------------------------------------------------


def edited(event: Edited, tx: Transaction) -> Actions:
    """The message of a notice, a correction or a translation was edited.

    What nobody has received yet becomes what its writer made of it; of a notice that is out, `correct` is the way,
    so that nobody changes what people have read without meaning to.
    """
    chat = tx.chats.at(event.chat)
    copy = None if chat is None else tx.copies.at(chat.id, event.id)
    if chat is None or copy is None or copy.text is None or not copy.subject.startswith("N"):
        return ()
    person = tx.chats.person(event.person)
    command = commands.parse(event.text.plain)
    where = Situation(chat, person, tx.policy.language_in(chat), copy.subject, copy, command)
    message = Message(event.chat, event.kind, event.person, event.id, event.at, event.text)
    found = checked(Act.REVIEW, copy.subject, "", where, tx)
    if not isinstance(found, Meant):
        return tell(message, where, found)
    if found.notice.text == copy.text:
        return _edited_notice(message, where, found.notice, tx)
    words = naming_nobody(event.text)
    for translation in tx.texts.translations(found.notice.text) if event.text else ():
        if translation.result == copy.text and tx.texts.get(copy.text).text != words and command is None:
            may = reviewing.reviewable(where, previews.of(found.notice, translation.language), tx)
            if not isinstance(may, Meant):
                return tell(message, where, may)
            return reviewing.take(message, where, may, translation.language, words, tx)
    if command is None and chat.role == Role.ORGANISATION and has_words(event.text.plain):
        # It waits for its writer to say whether they read the language; what is over and done with is shown nowhere.
        tx.texts.replace(copy.text, words, tx.texts.get(copy.text).language)
    return ()


def deleted(event: Deleted, tx: Transaction) -> Actions:
    """The message of a notice was taken back: its copies stay until somebody says `recall`."""
    chat = tx.chats.at(event.chat)
    copy = None if chat is None else tx.copies.at(chat.id, event.id)
    if chat is None or copy is None or copy.text is None or not copy.subject.startswith("N"):
        return ()
    notice = numbered(tx, copy.subject)
    if notice is None or notice.text != copy.text or notice.state is NoticeState.RECALLED:
        return ()
    return (below(chat, notice, (Line(say("deleted-notice", code=notice.code, command=f"!recall {notice.code}")),)),)


def _edited_notice(event: Message, where: Situation, notice: Notice, tx: Transaction) -> Actions:
    """What the message names counts; what it leaves out stays as it is, for it may have been said with a button."""
    draft, source = _draft(where, tx), tx.texts.get(notice.text)
    if draft is None:
        return tell(event, where, _no_change(notice))
    text = tail(event.text, draft.text)
    now = replace(
        notice, category=draft.category or notice.category, valid_until=draft.valid_until or notice.valid_until
    )
    other_words = text != source.text or draft.language not in (None, source.language)
    if now == notice and not other_words:
        return ()  # networks tell of an edit when a link's picture has come
    if notice.state is NoticeState.PUBLISHED or writing.unreadable(draft.text, "") is not None:
        return tell(event, where, _no_change(notice))
    told: list[Block] = []
    if other_words:
        told += [Line(say("edited-draft", code=notice.code)), *reviewing.what_changed(tx, notice.text, text)]
    if now.category is not notice.category:
        told.append(Line(writing.category_now(now)))
    if now.valid_until is not None and now.valid_until != notice.valid_until:
        told.append(Line(say("until-now", code=notice.code, date=now.valid_until)))
    tx.notices.save(now)
    asked = () if draft.category is None else writing.category_asked(tx, now, where.chat)
    more = _reword(tx, now, text, event.id, where, draft.language) if other_words else notice_cards.refresh(tx, now)
    return (reply(event, where, tuple(told)), *asked, *more)


def _no_change(notice: Notice) -> Sentence:
    if notice.state is NoticeState.PUBLISHED:
        return say("edited-published", code=notice.code, command=f"!correct {notice.code} …")
    return say("edited-unclear", code=notice.code)


def _draft(where: Situation, tx: Transaction) -> Draft | None:
    """What an edited message says now; None when it is no longer a notice, or its correction."""
    command = where.command
    try:
        if command is not None and command.name == "correct":
            return drafts.options(command.code("N")[1], tx.today)
        if command is not None and command.name == "notice":
            return writing.read(command.argument, where.chat, tx)
    except DraftError:
        pass
    return None


# --- recall ----------------------------------------------------------------------------------------------------------


def recall(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`recall N1 [REASON]`: every copy disappears, and a short line says that it was withdrawn."""
    found = meant(Act.RECALL, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    if len(found.rest) > _LONGEST_REASON:
        return tell(event, where, say("notice-too-long", most=_LONGEST_REASON, length=len(found.rest)))
    notice = recalled(found.notice)
    tx.notices.save(notice)
    tx.notices.happened(notice, "recalled", where.person.id)
    tx.schedule.cancel(progress.BUSINESS, notice.code)
    expiry.stop(tx, notice)
    if found.notice.state is NoticeState.DRAFT:
        said = say("recalled-draft", code=notice.code)
        closed = previews.close(tx, found.notice, say("preview-withdrawn"))
        return (*tell(event, where, said, subject=notice.code), *closed, *notice_cards.refresh(tx, notice))
    copies = tx.notices.copies(notice)
    groups = sum(one.sent + one.waiting for one in copies)
    spoken = _spoken(found.rest, notice, {one.language for one in copies}, tx)
    reason = tx.texts.add(tail(event.text, found.rest), spoken) if found.rest else None
    return (
        *tell(event, where, say("recalled-published", code=notice.code, n=groups), subject=notice.code),
        RecallAll(notice.code),
        *(
            _withdrawn(notice, one.organisation, one.language, reason if one.language == spoken else None)
            for one in copies
        ),
        *_tell_others(tx, notice, reason),
        *previews.close(tx, found.notice, say("preview-withdrawn")),
        *notice_cards.refresh(tx, notice),
    )


def _spoken(reason: str, notice: Notice, read: set[str], tx: Transaction) -> str:
    """The language of a reason. Where none that is read in the groups can be made out, it is the notice's."""
    guessed = writing.guess(tx, reason, [notice.language, *sorted(read)])
    return guessed if guessed in read else notice.language


def _withdrawn(notice: Notice, organisation: int, language: str, reason: int | None) -> Publish:
    """The reason is in the words of who gave it, so it goes to those who read them."""
    because = () if reason is None else (Words(reason),)
    content = (Line(say("copy-recalled", code=notice.code)), *because)
    return Publish(organisation, language, content, notice.code, publishing.withdrawn(notice), notice.code)


def _tell_others(tx: Transaction, notice: Notice, reason: int | None) -> list[Action]:
    """The rooms of those who passed it on."""
    by = tx.chats.organisation(notice.organisation).name
    because = () if reason is None else (Words(reason, "quote"),)
    said = (Line(say("recalled-by", code=notice.code, organisation=by)), *because)
    return [below(room, notice, said) for room in card_rooms(tx, notice) if room.organisation != notice.organisation]
