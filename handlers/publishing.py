"""Publishing: what goes to which groups now, what is held and why, and what follows by itself later."""

from __future__ import annotations

from bot.actions import Action, Amend, Button, Publish
from bot.content import LanguageName, Line, say
from bot.events import Translated
from bot.model import Message
from bot.notices import (
    NEVER_UNREVIEWED,
    Notice,
    NoticeState,
    Standing,
    published,
)
from bot.rights import Act
from bot.store.transaction import Transaction
from handlers import notice_cards, notice_text, progress
from handlers.rooms import Doing, Meant, checked, meant, reply, tell
from handlers.situation import Actions, Situation

# --- the command -----------------------------------------------------------------------------------------------------


def publish(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`publish N1 [machine]`."""
    found = meant(Act.PUBLISH, where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    notice, asked = found.notice, found.rest.lower().strip(" .")
    if asked not in ("", "machine"):
        return tell(event, where, say("publish-how", command=f"!publish {notice.code}"), subject=notice.code)
    if tx.texts.get(notice.text).language is None:
        return tell(event, where, say("notice-language-first", code=notice.code), subject=notice.code)
    if not tx.chats.count_groups(found.organisation.id):
        return tell(event, where, say("no-groups", command="!groups"), subject=notice.code)
    if asked == "machine":
        return _machine(event, where, notice, tx)
    return go(event, where, published(notice, machine=False, at=tx.now), tx)


def _machine(event: Message, where: Situation, notice: Notice, tx: Transaction) -> Actions:
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
        return go(event, where, published(notice, machine=True, at=tx.now), tx)
    question = say("machine-sure", languages=tuple(LanguageName(language) for language in unread))
    buttons = (
        (
            Button(say("button-send-unreviewed"), "publish-machine", f"yes/{notice.text}"),
            Button(say("button-hold"), "publish-machine", f"no/{notice.text}"),
        ),
    )
    return (reply(event, where, (Line(question),), notice.code, buttons=buttons),)


def machine_confirmed(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """The answer to whether unreviewed translations may go out."""
    assert where.choice is not None
    answer, _, text = where.choice.value.partition("/")
    found = checked(Act.PUBLISH, where.choice.subject, "", where, tx)
    if not isinstance(found, Meant):
        return tell(event, where, found)
    if found.notice.text != int(text):
        return tell(event, where, say("machine-outdated"))
    if answer == "no":
        return tell(event, where, say("machine-held"))
    return go(event, where, published(found.notice, machine=True, at=tx.now), tx)


def go(event: Doing, where: Situation, notice: Notice, tx: Transaction) -> Actions:
    """Everything that may go out goes; the answer counts it and names what is held."""
    tx.notices.save(notice)
    tx.notices.reach(notice.id, notice.organisation)
    tx.notices.happened(notice, "published", where.person.id)
    sent = [action for organisation in tx.notices.reached(notice.id) for action in to_groups(tx, notice, organisation)]
    return (*sent, *progress.begin(event, where, notice, tx), *notice_cards.refresh(tx, notice))


# --- what goes out ---------------------------------------------------------------------------------------------------


def to_groups(tx: Transaction, notice: Notice, organisation: int) -> Actions:
    """To all groups of an organisation that can have it now and have not had it yet."""
    return [
        Publish(organisation, language, notice_text.copy(tx, notice, organisation, language), notice.code)
        for language in tx.chats.languages_of(organisation)
        if progress.way(tx, notice, organisation, language) is Standing.READY
    ]


def follow(tx: Transaction, notice: Notice, language: str, improved: int | None = None) -> Actions:
    """A translation is new, or has been read: what was held goes out, what is out is changed.

    Whoever was told that a correction is coming is told that it is there. `improved`: the text of a translation that
    takes the place of another, so that whoever read the old one sees that there is a better one.
    """
    if notice.state is not NoticeState.PUBLISHED:
        return ()
    actions: list[Action] = []
    for organisation in tx.notices.reached(notice.id):
        if progress.way(tx, notice, organisation, language) is not Standing.READY:
            continue
        content = notice_text.copy(tx, notice, organisation, language)
        actions.append(Amend(organisation, language, content, notice.code))
        actions.append(post(notice, organisation, language, "copy-corrected", corrected(notice), correcting(notice)))
        if improved is not None:
            name = f"{notice.code}/improved/{improved}"
            actions.append(post(notice, organisation, language, "copy-improved", name, notice.code))
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
