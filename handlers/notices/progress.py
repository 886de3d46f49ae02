"""How far a notice is: sent, waiting, held, failed and why; one message that follows the numbers until they stand."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions import Action
from bot.content import Content, Gap, LanguageName, Line, Sentence, say
from bot.domain.notices import NEVER_UNREVIEWED, Notice, NoticeState, Standing, next_look, standing
from bot.domain.rights import Act
from bot.events import Due, Outcome, SentAgain
from bot.failing import NO_ANSWER
from bot.incoming import Message
from bot.store.outbox.obstacles import OVER
from bot.store.texts.notices import Copies, Undelivered
from bot.store.transaction import Transaction
from handlers.notices import feedback, planning
from handlers.notices.notice_text import being_corrected, category_name, copy, over, state_name
from handlers.repeated import last_name, next_name
from handlers.rooms import Meant, below, card_rooms, edit, involved, meant, numbered, reply, tell, writers_rooms
from handlers.situation import Actions, Doing, Situation

BUSINESS = "notice-progress"
"""Its timer."""


def way(tx: Transaction, notice: Notice, organisation: int, language: str) -> Standing:
    """How far a notice is in a language, for the groups of an organisation.

    Only who wrote a notice can let unreviewed translations out, and to their own groups; who passes it on has to know
    that somebody read it.
    """
    if language == notice.language:
        return Standing.READY
    machine = notice.machine and organisation == notice.organisation
    return standing(tx.texts.translation(notice.text, language), notice.category, machine)


def as_it_is(tx: Transaction, notice: Notice, organisation: int, language: str) -> Content:
    """What a copy that is out has to say now: also that it is being corrected, where the new text may not go out."""
    if way(tx, notice, organisation, language) is Standing.READY:
        return copy(tx, notice, organisation, language)
    return being_corrected(tx, notice, organisation)


# --- the message and its timer ---------------------------------------------------------------------------------------


def begin(event: Doing, where: Situation, notice: Notice, tx: Transaction, sending: bool = True) -> Actions:
    """Answer with how far it is, and keep that answer true. `sending`: it goes to all groups with this very answer."""
    assert where.chat.organisation is not None
    look_again(tx, notice)
    name = next_name(tx, where.chat.id, _name(notice))
    said = content(tx, notice, where.chat.organisation, sending)
    return (reply(event, where, said, notice.code, name),)


def shown(tx: Transaction, notice: Notice) -> Actions:
    """The same in the notice's thread, when nobody has asked just now: it went out as planned."""
    look_again(tx, notice)
    said: list[Action] = []
    for room in writers_rooms(tx, notice):
        assert room.organisation is not None
        name = next_name(tx, room.id, _name(notice))
        said.append(below(room, notice, content(tx, notice, room.organisation, sending=True), name))
    return said


def look_again(tx: Transaction, notice: Notice) -> None:
    """The numbers are about to change."""
    tx.schedule.at(tx.now + next_look(None, tx.now), Due(BUSINESS, notice.code))


def due(event: Due, tx: Transaction) -> Actions:
    """Show the numbers as they are now; look again later as long as something waits."""
    notice = numbered(tx, event.subject)
    if notice is None or notice.state is NoticeState.RECALLED:
        return ()
    waiting = [copies.since for copies in tx.notices.copies(notice) if copies.since is not None]
    if waiting:
        tx.schedule.at(tx.now + next_look(min(waiting), tx.now), Due(BUSINESS, notice.code))
    changed: list[Action] = []
    for room in card_rooms(tx, notice):
        name = last_name(tx, room.id, _name(notice))
        if name is not None and room.organisation is not None:
            changed += edit(tx, room, name, content(tx, notice, room.organisation))
    return changed


def copy_changed(event: Outcome | SentAgain, tx: Transaction) -> None:
    """A group will not get its copy, or may get it after all: the numbers say so soon."""
    notice = numbered(tx, event.subject) if event.name == event.subject else None
    if notice is not None:
        look_again(tx, notice)


def _name(notice: Notice) -> str:
    return f"{notice.code}/progress"


# --- what it says ----------------------------------------------------------------------------------------------------


def content(tx: Transaction, notice: Notice, organisation: int, sending: bool = False) -> Content:
    """Of one organisation's groups; who wrote the notice also sees who passed it on, and to how many."""
    copies = tx.notices.copies(notice)
    own = {one.language: one for one in copies if one.organisation == organisation}
    languages = sorted({*own, *tx.chats.languages_of(organisation)})
    ways = {language: way(tx, notice, organisation, language) for language in languages}
    sent = [
        _counted(language, own.get(language), _groups(tx, organisation, language, sending and way is Standing.READY))
        for language, way in ways.items()
        if language in own or (sending and way is Standing.READY)
    ]
    held = {language: one for language, one in ways.items() if one is not Standing.READY}
    closed, failed = tx.notices.closed(notice, organisation), tx.notices.undelivered(notice, organisation)
    return (
        Line(say("progress-head", code=notice.code), "bold"),
        *over(notice),
        *(Line(sentence) for sentence in sent),
        *(Line(_passed(tx, notice, other, copies)) for other in _others(tx, notice, organisation)),
        *(_held(notice, organisation, held) if not notice.expired_at else ()),
        *(feedback.lines(tx, notice) if organisation == notice.organisation else ()),
        *([Gap()] if closed or failed else []),
        *(Line(say("progress-closed", group=title or say("a-group"))) for title in closed),
        *(Line(_undelivered(notice, one)) for one in failed),
        *([Line(say("progress-going-on"), "italic")] if _going_on(sent) else []),
    )


def _groups(tx: Transaction, organisation: int, language: str, sending: bool) -> int:
    """How many groups are being sent to at this very moment."""
    return tx.chats.count_groups(organisation, language) if sending else 0


def _counted(language: str, there: Copies | None, groups: int) -> Sentence:
    sent, waiting, failed = (there.sent, there.waiting, there.failed) if there else (0, 0, 0)
    waiting = max(waiting, groups - sent - failed)
    name = LanguageName(language)
    return say("progress-language", language=name, sent=sent, waiting=waiting, failed=failed)


def _going_on(sent: list[Sentence]) -> bool:
    return any(sentence.args["waiting"] for sentence in sent)


def _others(tx: Transaction, notice: Notice, organisation: int) -> list[int]:
    return (
        [other for other in involved(tx, notice) if other != organisation]
        if organisation == notice.organisation
        else []
    )


def _passed(tx: Transaction, notice: Notice, other: int, copies: list[Copies]) -> Sentence:
    sent = sum(one.sent for one in copies if one.organisation == other)
    return say("progress-passed", organisation=tx.chats.organisation(other).name, sent=sent)


def _held(notice: Notice, organisation: int, held: Mapping[str, Standing]) -> Content:
    """Which languages wait, for what, and what can be done about it."""
    if not held:
        return ()
    lines = [
        Line(say("progress-held", language=LanguageName(language), reason=say(f"held-{why.value}")))
        for language, why in held.items()
    ]
    hint = say("progress-held-follow")
    if organisation != notice.organisation or Standing.UNREAD not in held.values():
        return (Gap(), *lines, Line(hint))
    if notice.category in NEVER_UNREVIEWED:
        return (Gap(), *lines, Line(hint), Line(say("progress-must-be-read", category=category_name(notice))))
    return (Gap(), *lines, Line(hint), Line(say("progress-machine", command=f"!publish {notice.code} machine")))


def _undelivered(notice: Notice, one: Undelivered) -> Sentence:
    reason = "gone" if one.gone else "unsure" if one.reason == NO_ANSWER else "refused"
    why = say(f"undelivered-{reason}")
    if one.reason == OVER and not one.gone and notice.expired_at and notice.valid_until is not None:
        why = say("copy-expired", date=notice.valid_until)
    return say("progress-undelivered", group=one.title or say("a-group"), reason=why)


# --- asking for it ---------------------------------------------------------------------------------------------------


def status(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`status N1`."""
    found = meant(Act.SEE, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    notice, organisation = found.notice, found.organisation
    state = say("status-is", code=notice.code, state=state_name(notice))
    if notice.state is not NoticeState.PUBLISHED or organisation.id not in tx.notices.reached(notice.id):
        return (reply(event, where, (Line(state), *planning.line(tx, notice)), notice.code),)
    return begin(event, where, notice, tx, sending=False)
