"""Publishing: what goes to which groups now, what is held and why, and what follows by itself later."""

from __future__ import annotations

from datetime import datetime

from bot.actions import Action, Amend, Button, Publish
from bot.content import LanguageName, Line, Sentence, say
from bot.domain.moments import MomentError, end_of, read_moment
from bot.domain.notices import NEVER_UNREVIEWED, PLAN_HOLDS, Notice, NoticeState, Standing, published
from bot.domain.rights import Act
from bot.events import Due, Translated
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.notices import expiry, notice_cards, notice_text, planning, previews, progress
from handlers.rooms import Meant, below, checked, meant, numbered, reply, tell, writers_rooms
from handlers.situation import Actions, Doing, Situation

SAY_CORRECTING = "notice-correcting"
"""The timer of a line that says that a correction is coming, where a computer may be faster."""

# --- the command -----------------------------------------------------------------------------------------------------


def publish(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`publish N1 [machine] [now | cancel | at MOMENT]`."""
    found = meant(Act.PUBLISH, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    notice, words = found.notice, found.rest.strip(" .").split()
    machine = any(word.lower() == "machine" for word in words)
    asked = " ".join(word for word in words if word.lower() != "machine")
    if asked.lower() == "cancel":
        return _cancel(event, where, notice, tx)
    try:
        at = None if asked.lower() in ("", "now") else read_moment(asked, tx.now, tx.policy.zone)
    except MomentError as error:
        return tell(event, where, *_how(notice, error.reason), subject=notice.code)
    no = refusal(tx, notice) or _too_late(tx, notice, at)
    if no is not None:
        return tell(event, where, no, subject=notice.code)
    new = previews.complete(tx, notice)
    if machine:
        return (*new, *_machine(event, where, notice, at, tx))
    return (*new, *_now_or_then(event, where, notice, machine=False, at=at, tx=tx))


def refusal(tx: Transaction, notice: Notice) -> Sentence | None:
    """Why it cannot go out now, whoever wants it to; None when it can."""
    if tx.texts.get(notice.text).language is None:
        return say("notice-language-first", code=notice.code)
    if not tx.chats.count_groups(notice.organisation):
        return say("no-groups", command="!groups")
    return expiry.refusal(tx, notice)


def _too_late(tx: Transaction, notice: Notice, at: datetime | None) -> Sentence | None:
    """A plan for after its last day would come to nothing."""
    if at is None or notice.valid_until is None or at < end_of(notice.valid_until, tx.policy.zone):
        return None
    return say("planned-too-late", code=notice.code, date=notice.valid_until)


def _how(notice: Notice, reason: str) -> list[Sentence]:
    now, later = f"!publish {notice.code}", f"!publish {notice.code} at 18:00"
    if reason != "when-unclear":
        return [say(reason, command=later)]
    return [say("publish-how", command=now), say("publish-how-later", command=later)]


def _cancel(event: Message, where: Situation, notice: Notice, tx: Transaction) -> Actions:
    at = planning.planned(tx, notice)
    planning.drop(tx, notice)
    said = say("nothing-planned", code=notice.code) if at is None else say("planned-no-more", code=notice.code)
    return (*tell(event, where, said, subject=notice.code), *notice_cards.refresh(tx, notice))


def _now_or_then(
    event: Doing, where: Situation, notice: Notice, machine: bool, at: datetime | None, tx: Transaction
) -> Actions:
    if at is None:
        return go(event, where, published(notice, machine=machine, at=tx.now), tx)
    said = planning.plan(tx, notice, machine, at, where.person.id)
    return (reply(event, where, said, notice.code), *notice_cards.refresh(tx, notice))


def _machine(event: Message, where: Situation, notice: Notice, at: datetime | None, tx: Transaction) -> Actions:
    """Unreviewed translations go out only after somebody has seen which ones, and said yes."""
    if notice.category in NEVER_UNREVIEWED:
        category = notice_text.category_name(notice)
        never = say("machine-never", category=category, command=f"!publish {notice.code}")
        return tell(event, where, never, subject=notice.code)
    ways = {
        language: progress.way(tx, notice, notice.organisation, language)
        for language in tx.chats.languages_of(notice.organisation)
    }
    unread = [language for language, one in ways.items() if one in (Standing.UNREAD, Standing.WORKING)]
    if not unread:
        return _now_or_then(event, where, notice, machine=True, at=at, tx=tx)
    question = say("machine-sure", languages=tuple(LanguageName(language) for language in unread))
    value = f"{notice.text}/{'' if at is None else at.isoformat()}"
    buttons = (
        (
            Button(say("button-send-unreviewed"), "publish-machine", f"yes/{value}"),
            Button(say("button-hold"), "publish-machine", f"no/{value}"),
        ),
    )
    return (reply(event, where, (Line(question),), notice.code, buttons=buttons),)


def machine_confirmed(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """The answer to whether unreviewed translations may go out."""
    assert where.choice is not None
    answer, text, moment = where.choice.value.split("/")
    at = datetime.fromisoformat(moment) if moment else None
    found = checked(Act.PUBLISH, where.choice.subject, "", where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    if found.notice.text != int(text):
        return tell(event, where, say("machine-outdated"))
    if answer == "no":
        return tell(event, where, say("machine-held"))
    if at is not None and at <= tx.now:
        return tell(event, where, *_how(found.notice, "when-over"))
    no = refusal(tx, found.notice) or _too_late(tx, found.notice, at)
    if no is not None:
        return tell(event, where, no)
    return _now_or_then(event, where, found.notice, machine=True, at=at, tx=tx)


def go(event: Doing, where: Situation, notice: Notice, tx: Transaction) -> Actions:
    """Everything that may go out goes; the answer counts it and names what is held."""
    sent = _out(tx, notice, where.person.id)
    return (*sent, *progress.begin(event, where, notice, tx), *notice_cards.refresh(tx, notice))


def _out(tx: Transaction, notice: Notice, person: int | None) -> Actions:
    planning.drop(tx, notice)
    corrected = _unread_corrections(tx, notice)
    tx.notices.save(notice)
    tx.notices.reach(notice.id, notice.organisation)
    tx.notices.happened(notice, "published", person)
    expiry.watch(tx, notice)
    sent = [action for organisation in tx.notices.reached(notice.id) for action in to_groups(tx, notice, organisation)]
    return [*sent, *(action for language in corrected for action in follow(tx, notice, language))]


def _unread_corrections(tx: Transaction, notice: Notice) -> list[str]:
    """Languages in which copies say that a correction is coming, and unread ones may go out from now on."""
    before = tx.notices.numbered(notice.number)
    if before is None or before.machine or not notice.machine:
        return []
    out = [language for to, language in tx.notices.out(notice) if to == notice.organisation]
    return [
        language
        for language in out
        if progress.way(tx, before, notice.organisation, language) is Standing.UNREAD
        and progress.way(tx, notice, notice.organisation, language) is Standing.READY
    ]


def due(event: Due, tx: Transaction) -> Actions:
    """Its time has come: everything is looked at as if somebody had said `publish` now; unless it came long ago."""
    notice = numbered(tx, event.subject)
    if notice is None or notice.state is NoticeState.RECALLED:
        return ()
    late = event.at is not None and tx.now - event.at > PLAN_HOLDS
    no = refusal(tx, notice) or (say("planned-no-more", code=notice.code) if late else None)
    if no is not None:
        return _not_sent(tx, notice, say("planned-not-sent", code=notice.code), no)
    new = previews.complete(tx, notice)
    notice = published(notice, machine=event.what == planning.UNREAD_TOO, at=tx.now)
    sent = _out(tx, notice, None)
    return (*new, *sent, *progress.shown(tx, notice), *notice_cards.refresh(tx, notice))


def in_doubt(event: Due, tx: Transaction) -> Actions:
    """Its time came after the backup to which the bot was put back: it may be out, or somebody had cancelled it."""
    notice = numbered(tx, event.subject)
    if notice is None or notice.state is NoticeState.RECALLED:
        return ()
    return _not_sent(tx, notice, say("planned-no-more", code=notice.code))


def _not_sent(tx: Transaction, notice: Notice, *why: Sentence) -> Actions:
    said = tuple(Line(sentence) for sentence in why)
    return (
        *(below(room, notice, said) for room in writers_rooms(tx, notice)),
        *notice_cards.refresh(tx, notice),
    )


# --- what goes out ---------------------------------------------------------------------------------------------------


def to_groups(tx: Transaction, notice: Notice, organisation: int) -> Actions:
    """To all groups of an organisation that can have it now and have not had it yet."""
    _send_again(tx, notice, organisation)
    return [
        Publish(organisation, language, notice_text.copy(tx, notice, organisation, language), notice.code)
        for language in tx.chats.languages_of(organisation)
        if progress.way(tx, notice, organisation, language) is Standing.READY
    ]


def _send_again(tx: Transaction, notice: Notice, organisation: int, only: str | None = None) -> None:
    """What has failed and can arrive now; `only` in that language."""
    for id, account, language in tx.notices.to_send_again(notice, organisation):
        if only in (None, language) and progress.way(tx, notice, organisation, language) is Standing.READY:
            tx.dead_letters.send_again(id, [account])


def follow(tx: Transaction, notice: Notice, language: str, improved: int | None = None) -> Actions:
    """A translation is new, or has been read: what was held goes out, what is out is changed.

    Whoever was told that a correction is coming is told that it is there. `improved`: the text of a translation that
    takes the place of another, so that whoever read the old one sees that there is a better one.
    """
    if notice.state is not NoticeState.PUBLISHED:
        return ()
    actions: list[Action] = []
    untold = tx.schedule.planned(SAY_CORRECTING, f"{correcting(notice)}/{language}") is not None
    reached = tx.notices.reached(notice.id)
    # Groups that have another organisation now keep the copy that they have, and shall have it as it is.
    for organisation in dict.fromkeys([*reached, *(to for to, _ in tx.notices.out(notice))]):
        if progress.way(tx, notice, organisation, language) is not Standing.READY:
            continue
        content = notice_text.copy(tx, notice, organisation, language)
        actions.append(Amend(organisation, language, content, notice.code))
        own = organisation == notice.organisation
        below_what = notice.code if own and untold else correcting(notice)
        if own:
            tx.schedule.cancel(SAY_CORRECTING, f"{correcting(notice)}/{language}")
        actions.append(post(notice, organisation, language, "copy-corrected", corrected(notice), below_what))
        if improved is not None:
            name = f"{notice.code}/improved/{improved}"
            actions.append(post(notice, organisation, language, "copy-improved", name, notice.code))
        if organisation in reached and not notice.expired_at:
            _send_again(tx, notice, organisation, language)
            actions.append(Publish(organisation, language, content, notice.code))
    progress.look_again(tx, notice)
    return actions


def translated(event: Translated, tx: Transaction) -> Actions:
    """A machine's translation can go out at once where that was asked for."""
    notice = tx.notices.of_text(event.text) if event.purpose == "notice" else None
    return () if notice is None else follow(tx, notice, event.language)


# --- what is said about a copy, so that people see it ----------------------------------------------------------------


def post(notice: Notice, organisation: int, language: str, key: str, name: str, below: str) -> Publish:
    """A short public line below a copy, to the groups that have had what is called `below`."""
    return Publish(organisation, language, (Line(say(key, code=notice.code)),), notice.code, name, below)


def correcting(notice: Notice) -> str:
    """What the line is called that says that a correction is coming, of the text as it is now."""
    return f"{notice.code}/correcting/{notice.text}"


def corrected(notice: Notice) -> str:
    return f"{notice.code}/corrected/{notice.text}"


def withdrawn(notice: Notice) -> str:
    return f"{notice.code}/recalled"
