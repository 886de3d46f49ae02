"""Which handler an event goes to: ordered, visible lists; the first that fits has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import naming
from bot.actions import Action, Answer, Publish, Say
from bot.content import Line, Verbatim, say
from bot.erasing import SWEEP
from bot.events import (
    ChatGone,
    Due,
    FileLost,
    HandledAgain,
    Internal,
    Outcome,
    Quarantined,
    SentAgain,
    TopicGone,
    Translated,
    Trouble,
    TroubleOver,
)
from bot.model import (
    Added,
    Chat,
    Deleted,
    Echo,
    Edited,
    Incoming,
    Joined,
    Message,
    MovedChat,
    Pinned,
    Pressed,
    Reacted,
    Removed,
    Renamed,
    TopicNamed,
    TopicOpened,
    Unreacted,
    Unreadable,
)
from bot.store.choices import OfferedChoice
from bot.store.erasing import REPORT, TOLD
from bot.store.tables import Role
from bot.store.transaction import Transaction
from handlers import (
    asking,
    attached,
    calling,
    cards,
    continuing,
    correcting,
    digest,
    echoes,
    erasing,
    expiry,
    forum,
    groups,
    intake,
    inviting,
    leaks,
    linked_threads,
    linking,
    listening,
    looking,
    member,
    membership,
    notes,
    notices,
    opening,
    operator,
    pairing,
    passing,
    phone,
    planning,
    previews,
    privacy,
    progress,
    publishing,
    purging,
    questions,
    reader_question,
    reading,
    ready_answers,
    ready_made,
    replies,
    reviewing,
    second_thoughts,
    silence,
    situation,
    topics,
    triage,
    undoing,
    unreadable,
)
from handlers.situation import Actions, ChoiceHandler, Handler, Situation

ANYWHERE = frozenset({"", "private", "coordination", "organisation", "group"})


@dataclass(frozen=True, slots=True)
class Route:
    """Messages in chats of these roles: the commands of these names, or every message if there are none.

    `any_command`: every command, and nothing else. `if_so`: only where that is so.
    """

    roles: frozenset[str]
    commands: frozenset[str]
    handler: Handler
    any_command: bool = False
    if_so: Callable[[Situation], bool] | None = None

    def fits(self, where: Situation) -> bool:
        if where.chat.role not in self.roles or (self.if_so is not None and not self.if_so(where)):
            return False
        if self.any_command:
            return where.command is not None
        return not self.commands or (where.command is not None and where.command.name in self.commands)


def route(roles: str, commands: str, handler: Handler) -> Route:
    """`roles` and `commands` with spaces between. Roles: "*" for any, "" for none yet; commands: "" for any message."""
    return Route(ANYWHERE if roles == "*" else frozenset(roles.split(" ")), frozenset(commands.split()), handler)


def unknown_command(roles: str, handler: Handler) -> Route:
    return Route(frozenset(roles.split()), frozenset(), handler, any_command=True)


def said_to_others(roles: str, handler: Handler) -> Route:
    """Words in a linked chat that are meant for the others there."""
    return Route(frozenset(roles.split()), frozenset(), handler, if_so=linking.is_said)


NOTICE_COMMANDS = "notice template ok languages publish correct recall pass copy status notices groups"
COORDINATION_COMMANDS = "claim release r reply note ready undo close reopen list find refer duplicate report"

OutcomeHandler = Callable[[Outcome, Transaction], Actions]
GoneHandler = Callable[[ChatGone, Transaction], Actions]
TranslatedHandler = Callable[[Translated, Transaction], Actions]
DueHandler = Callable[[Due, Transaction], Actions]
EditedHandler = Callable[[Edited, Transaction], Actions]
DeletedHandler = Callable[[Deleted, Transaction], Actions]
ReactedHandler = Callable[[Reacted, Situation, Transaction], Actions]
UnreactedHandler = Callable[[Unreacted, Transaction], Actions]
PinnedHandler = Callable[[Pinned, Transaction], Actions]

MESSAGES: tuple[Route, ...] = (
    # --- pairing, notices and the groups that receive them ---
    route("*", "pair", pairing.pair),
    route("group", "start", pairing.started),
    route("", "start", pairing.started),
    route("", "", pairing.anything),
    route("private group coordination", NOTICE_COMMANDS, notices.wrong_room),
    route("organisation", "notice", notices.write),
    route("organisation", "template", ready_made.template),
    route("organisation", "ok", reviewing.ok),
    route("organisation", "languages", reading.register),
    route("organisation", "publish", publishing.publish),
    route("organisation", "correct", correcting.correct),
    route("organisation", "recall", correcting.recall),
    route("organisation", "pass", passing.pass_on),
    route("organisation", "copy", passing.copy),
    route("organisation", "status", progress.status),
    route("organisation", "notices", passing.listing),
    route("organisation", "groups", pairing.groups),
    route("organisation", "help start", notices.help),
    # --- linked chats ---
    route("*", "link", linking.link),
    route("*", "unlink", linking.unlink),
    route("group organisation", "delete", linking.delete),
    said_to_others("group organisation", linking.words),
    # --- requests: the member's private chat, the coordination room ---
    route("group", "", groups.pointer),
    route("private", "start", member.start),
    route("private", "ask", member.ask),
    route("private", "my", member.my),
    route("private", "offer", member.offer),
    route("private", "stop", privacy.stop),
    route("private", "mydata", privacy.mydata),
    route("private", "erase", erasing.erase),
    route("private", "privacy", privacy.privacy),
    route("private", "help", member.help),
    route("private coordination organisation", "lang", member.lang),
    route("private organisation", COORDINATION_COMMANDS, member.elsewhere),
    route("coordination", "claim", triage.claim),
    route("coordination", "release", triage.release),
    route("coordination", "r reply", replies.reply),
    route("coordination", "note", notes.note),
    route("coordination", "ready", ready_answers.ready_typed),
    route("coordination", "undo", undoing.undo),
    route("coordination", "number", calling.number_in_room),
    route("private", "number", calling.number_in_private),
    route("coordination", "close", triage.close),
    route("coordination", "reopen", triage.reopen),
    route("coordination", "list", looking.list),
    route("coordination", "report", digest.report),
    route("coordination organisation", "hours", opening.hours),
    route("coordination", "find", looking.find),
    route("coordination", "help start", triage.help),
    unknown_command("coordination", triage.unknown),
    unknown_command("private", member.unknown),
    route("coordination", "", notes.plain),
    route("private", "", continuing.words),
    # --- what no conversation knows ---
    unknown_command("organisation", notices.unknown),
    route("organisation", "", reviewing.replied),
)

CHOICES: dict[str, ChoiceHandler] = {
    # --- pairing, notices and the groups that receive them ---
    "notice-language": notices.language_chosen,
    "notice-category": notices.category_chosen,
    "approve": reviewing.approve_pressed,
    "we-read": reading.we_read,
    reader_question.STEP: reading.answered,
    "translate-again": reviewing.try_again,
    "publish-machine": publishing.machine_confirmed,
    "not-understood": questions.not_understood,
    "question": questions.question,
    "unlink": linking.take_out,
    # --- requests: the member's private chat, the coordination room ---
    "language": asking.language_chosen,
    "languages": asking.languages_wanted,
    "language-missing": asking.language_missing,
    "send": asking.send,
    "delete": asking.delete,
    "which": continuing.which_chosen,
    "intake-what": intake.chosen,
    "intake-who": intake.chosen,
    "intake-reach": intake.chosen,
    "intake-area": intake.chosen,
    "intake-phone": intake.chosen,
    "intake-how": intake.chosen,
    "claim": triage.claim,
    "reply": replies.pressed,
    "ready": ready_answers.pressed,
    "ready-send": ready_answers.send,
    "send-note": notes.send,
    "send-change": second_thoughts.send,
    "undo": undoing.pressed,
    "called": calling.called,
    "close": triage.close,
    "outcome": triage.close,
    "reopen": triage.reopen,
    "erase": erasing.confirmed,
    "keep": erasing.kept,
}
"""By the step that the button belongs to."""

OUTCOMES: dict[str, OutcomeHandler] = {
    # --- pairing, notices and the groups that receive them ---
    "": operator.not_delivered,
    leaks.FOUND: leaks.found,
    membership.FOLLOWED: membership.followed,
    topics.OPENED: forum.settled,
    topics.CLOSED: forum.rested,
    linked_threads.OPENED: linked_threads.settled,
    # --- requests: the member's private chat, the coordination room ---
    "reply": echoes.reply_settled,
    phone.OPENED: inviting.settled,
    REPORT: erasing.answered,
    TOLD: erasing.told,
    purging.PURGED: purging.purged,
}
"""By the report that the delivery asked for, up to a colon ("reply:12" is for "reply")."""

DUE: dict[str, DueHandler] = {
    SWEEP: purging.sweep,
    REPORT: erasing.due,
    erasing.COMPACT: erasing.compact,
    pairing.UNPAIRED: pairing.give_up,
    progress.BUSINESS: progress.due,
    expiry.BUSINESS: expiry.due,
    planning.AS_READ: publishing.due,
    planning.UNREAD_TOO: publishing.due,
    publishing.SAY_CORRECTING: correcting.still_correcting,
    "card-date": cards.refresh_date,
    opening.SILENCE: silence.look,
    silence.LOOKING: silence.still_nobody,
    opening.DIGEST: digest.due,
    unreadable.BUSINESS: unreadable.due,
    situation.TOPICS: forum.begins,
    forum.MISSING: forum.missing,
    topics.QUIET: forum.quiet,
    operator.BUSINESS: operator.due,
}
"""By the timer's business."""

GONE: tuple[GoneHandler, ...] = (membership.gone, triage.member_gone)
"""All of them hear of a chat that is out of reach."""

TRANSLATED: tuple[TranslatedHandler, ...] = (
    previews.translated,
    publishing.translated,
    echoes.reply_translated,
    listening.written_down,
)
"""All of them hear of a translation; what waited for it in a conversation has gone by then."""

EDITED: tuple[EditedHandler, ...] = (correcting.edited, continuing.edited, second_thoughts.edited, linking.edited)
"""All of them hear of a message that its writer has changed."""

DELETED: tuple[DeletedHandler, ...] = (correcting.deleted, continuing.deleted, linking.deleted)
"""All of them hear of a message that was taken back."""

REACTED: tuple[ReactedHandler, ...] = (reviewing.reacted, linking.reacted)
"""All of them hear of a reaction that chose nothing."""

UNREACTED: tuple[UnreactedHandler, ...] = (linking.unreacted,)
"""All of them hear of a reaction that was taken back."""

PINNED: tuple[PinnedHandler, ...] = (linking.pinned,)
"""All of them hear of a message that somebody has put at the top of its chat, or taken from there."""


def handle(event: Incoming | Internal, tx: Transaction) -> Actions:
    """What happens when something arrives."""
    actions = [_naming(action, tx) for action in _handled(event, tx)]
    if isinstance(event, (Message, Pressed, Reacted, Edited)) and _may_be_known(event, tx):
        return [_marking(action, event.chat, tx) for action in actions]
    return actions


def _may_be_known(event: Message | Pressed | Reacted | Edited, tx: Transaction) -> bool:
    """Whether it may have been handled already, before the bot was put back to a backup."""
    until = tx.policy.again.get(event.chat.account)
    return until is not None and event.at < until


def _marking(action: Action, written_in: Chat, tx: Transaction) -> Action:
    """Who hears of it in another chat, maybe a second time, sees that it may be the same."""
    if not isinstance(action, (Say, Publish)):
        return action
    if isinstance(action, Say) and tx.chats.get(action.to).address == written_in:
        return action
    return replace(action, content=(Verbatim(f"↻ {action.subject}".rstrip()), *action.content))


def _naming(action: Action, tx: Transaction) -> Action:
    """Whatever is said in private about a request names its code: the phone may be shared, the requests eight."""
    if not isinstance(action, Say) or not action.subject.startswith("K"):
        return action
    if tx.chats.get(action.to).role != Role.PRIVATE:
        return action
    return replace(action, content=naming.naming(action.content, action.subject))


def _handled(event: Incoming | Internal, tx: Transaction) -> Actions:
    match event:
        case Message():
            return _message(situation.storable(event), tx)
        case Pressed():
            return _pressed(event, tx)
        case Reacted():
            return _reacted(event, tx)
        case Edited():
            changed = situation.storable(event)
            return [action for handler in EDITED for action in handler(changed, tx)]
        case Deleted():
            if (reaction := _reaction_of(event, tx)) is not None:
                return [action for handler in UNREACTED for action in handler(reaction, tx)]
            return [action for handler in DELETED for action in handler(event, tx)]
        case Unreacted():
            known = tx.chats.at(event.chat)
            if known is not None:
                tx.reactions.removed(known.id, event)
            return [action for handler in UNREACTED for action in handler(event, tx)]
        case Pinned():
            return [action for handler in PINNED for action in handler(event, tx)]
        case Renamed():
            return membership.renamed(event, tx)
        case Echo(chat, transaction, network_id):
            known = tx.chats.at(chat)
            if known is not None:
                tx.copies.echoed(known.id, transaction, network_id)
            return ()
        case Added():
            return membership.added(event, tx)
        case Joined():
            return (*leaks.joined(event, tx), *inviting.joined(event, tx))
        case Removed():
            return membership.removed(event, tx)
        case MovedChat():
            return membership.moved(event, tx)
        case TopicOpened():
            return (*forum.seen(event, tx), *linked_threads.seen(event, tx))
        case TopicNamed():
            return linked_threads.named(event, tx)
        case Unreadable():
            return unreadable.arrived(event, tx)
        case Outcome() | SentAgain() | ChatGone() | TopicGone() if not tx.chats.exists(event.chat):
            return ()  # nothing is left of that chat
        case Outcome(report=report):
            handler = OUTCOMES.get((report or "").partition(":")[0])
            return (*(handler(event, tx) if handler else ()), *operator.given_up(event, tx))
        case SentAgain():
            return operator.sent_again(event, tx)
        case FileLost():
            return attached.lost(event, tx)
        case TopicGone():
            return forum.gone(event, tx)
        case ChatGone():
            return [action for handler in GONE for action in handler(event, tx)]
        case Translated():
            if not tx.texts.has_translation(event.translation):
                return ()  # its text was thrown away
            if event.purpose == "conversation":
                tx.deliveries.translated(event.translation)
            return [action for handler in TRANSLATED for action in handler(event, tx)]
        case Due():
            return DUE[event.what](event, tx) if event.what in DUE else ()
        case Quarantined():
            return operator.put_aside(event, tx)
        case HandledAgain():
            return operator.handled_again(event, tx)
        case Trouble():
            return operator.trouble(event, tx)
        case TroubleOver():
            return operator.trouble_over(event, tx)


def _message(event: Message, tx: Transaction) -> Actions:
    where = situation.of_message(event, tx)
    if where.choice is not None:
        return _chosen(event, where, where.choice, tx)
    for candidate in MESSAGES:
        if candidate.fits(where):
            return candidate.handler(event, where, tx)
    return ()


# --- choices: buttons, digits as reactions, typed numbers ------------------------------------------------------------


def _pressed(event: Pressed, tx: Transaction) -> Actions:
    where = situation.of_press(event, tx)
    if where.choice is None or where.choice.step not in CHOICES:
        # In private they may not have settled on a language yet.
        language = asking.language_of(where, tx) if where.chat.role == Role.PRIVATE else None
        return (Answer(where.chat.id, event, say("choice-unknown"), language),)
    actions = _chosen(event, where, where.choice, tx)
    if any(isinstance(action, Answer) for action in actions):
        return actions
    return (Answer(where.chat.id, event), *actions)


def _reaction_of(event: Deleted, tx: Transaction) -> Unreacted | None:
    """What was taken back, where it was no message but a reaction."""
    chat = tx.chats.at(event.chat)
    found = None if chat is None else tx.reactions.taken_back(chat.id, event.id)
    if chat is None or found is None:
        return None
    message, key = found
    return Unreacted(event.chat, chat.kind, event.person, message, key, event.at)


def _reacted(event: Reacted, tx: Transaction) -> Actions:
    where = situation.of_reaction(event, tx)
    tx.reactions.added(where.chat.id, event)
    if where.choice is None:
        return [action for handler in REACTED for action in handler(event, where, tx)]
    return _chosen(event, where, where.choice, tx)


def _chosen(event: Pressed | Reacted | Message, where: Situation, choice: OfferedChoice, tx: Transaction) -> Actions:
    """One of the choices offered together counts, once; whoever chooses again is told what was chosen."""
    if choice.used:
        made = tx.choices.made(choice.chat, choice.offer)
        if made is None:
            return ()
        label = made.label.plain if isinstance(made.label, Verbatim) else made.label
        told = say("choice-made", choice=label)
        if isinstance(event, Pressed):
            return (Answer(where.chat.id, event, told),)
        return (Say(where.chat.id, (Line(told),), choice.subject),)
    if choice.step not in CHOICES:
        return ()
    if not choice.lasting:
        tx.choices.use(choice)
    return CHOICES[choice.step](event, where, tx)
