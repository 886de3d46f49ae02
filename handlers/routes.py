"""Which handler an event goes to: ordered, visible lists; the first that fits has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import commands
from bot.domain.chats import Role
from bot.domain.erasing import COMPACT, SWEEP
from bot.domain.notices import PLAN_IN_DOUBT
from bot.events import ChatGone, Due, Outcome, Translated
from bot.incoming import Deleted, Edited, Message, Pinned, Reacted, Unreacted
from bot.store.erasing import REPORT, TOLD
from bot.store.transaction import Transaction
from handlers import cut, operator, purging, situation, unreadable, untranslated
from handlers.chats import groups, leaks, leaving, linked_threads, linking, membership, pairing
from handlers.notices import (
    correcting,
    expiry,
    passing,
    planning,
    previews,
    progress,
    publishing,
    questions,
    reader_question,
    reading,
    ready_made,
    reviewing,
    writing,
)
from handlers.private import erasing, member, privacy
from handlers.requests import (
    asking,
    calling,
    cards,
    continuing,
    digest,
    echoes,
    forum,
    intake,
    inviting,
    listening,
    looking,
    notes,
    opening,
    phone_shown,
    ready_answers,
    replies,
    second_thoughts,
    silence,
    topics,
    triage,
    undoing,
)
from handlers.situation import Actions, ChoiceHandler, Handler, Situation

ANYWHERE = frozenset({"", "private", "coordination", "organisation", "group"})


@dataclass(frozen=True, slots=True)
class Route:
    """Messages in chats of these roles: the commands of these names, or every message if there are none.

    `any_command`: every command, and nothing else. `if_so`: only where that is so. `apart`: messages that would be a
    command of these names but for a blank behind its sign.
    """

    roles: frozenset[str]
    commands: frozenset[str]
    handler: Handler
    any_command: bool = False
    if_so: Callable[[Situation], bool] | None = None
    apart: bool = False

    def fits(self, event: Message, where: Situation) -> bool:
        if where.chat.role not in self.roles or (self.if_so is not None and not self.if_so(where)):
            return False
        if self.any_command:
            return where.command is not None
        if self.apart:
            return where.command is None and commands.name_apart(event.text.plain) in self.commands
        return not self.commands or (where.command is not None and where.command.name in self.commands)


def route(roles: str, commands: str, handler: Handler) -> Route:
    """`roles` and `commands` with spaces between. Roles: "*" for any, "" for none yet; commands: "" for any message."""
    return Route(ANYWHERE if roles == "*" else frozenset(roles.split(" ")), frozenset(commands.split()), handler)


def unknown_command(roles: str, handler: Handler) -> Route:
    return Route(frozenset(roles.split()), frozenset(), handler, any_command=True)


def apart(roles: str, commands: str, handler: Handler) -> Route:
    return replace(route(roles, commands, handler), apart=True)


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
    route("private group coordination", NOTICE_COMMANDS, writing.wrong_room),
    route("organisation", "notice", writing.write),
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
    route("organisation", "help start", writing.help),
    apart("organisation", f"{NOTICE_COMMANDS} link unlink help", writing.unknown),
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
    apart("coordination", "claim release ready undo close reopen number list find report help", triage.nearly),
    route("coordination", "", notes.plain),
    route("private", "", continuing.words),
    # --- what no conversation knows ---
    unknown_command("organisation", writing.unknown),
    route("organisation", "", reviewing.replied),
)

CHOICES_IN_ROOMS: dict[str, ChoiceHandler] = {
    # --- notices and linked chats ---
    "notice-language": writing.language_chosen,
    "notice-category": writing.category_chosen,
    "approve": reviewing.approve_pressed,
    "we-read": reading.we_read,
    reader_question.STEP: reading.answered,
    "translate-again": reviewing.try_again,
    "publish-machine": publishing.machine_confirmed,
    "unlink": linking.take_out,
    # --- requests ---
    "claim": triage.claim,
    "reply": replies.pressed,
    "ready": ready_answers.pressed,
    "ready-send": ready_answers.send,
    "send-note": notes.send,
    "send-change": second_thoughts.send,
    "undo": undoing.pressed,
    "close": triage.close,
    "outcome": triage.close,
    "reopen": triage.reopen,
}
"""By the step that the button belongs to."""

CHOICES_IN_PRIVATE: dict[str, ChoiceHandler] = {
    # --- about a notice ---
    "not-understood": questions.not_understood,
    "question": questions.question,
    # --- requests ---
    "language": asking.language_chosen,
    "languages": asking.languages_wanted,
    "language-missing": asking.language_missing,
    "send": continuing.send,
    "delete": asking.delete,
    "which": continuing.which_chosen,
    "intake-what": intake.chosen,
    "intake-who": intake.chosen,
    "intake-reach": intake.chosen,
    "intake-area": intake.chosen,
    "intake-phone": intake.chosen,
    "intake-how": intake.chosen,
    "called": calling.called,
    "erase": erasing.confirmed,
    "keep": erasing.kept,
}
"""What was offered to somebody alone: a room on Matrix may have been such a chat before others came, and it got a
role."""


def choices(role: str) -> dict[str, ChoiceHandler]:
    """What can be chosen in a chat of that role. Nothing where it has none: what was offered to somebody alone is not
    for whoever has joined them."""
    if role == Role.NONE:
        return {}
    return CHOICES_IN_PRIVATE if role == Role.PRIVATE else CHOICES_IN_ROOMS


OUTCOMES: dict[str, OutcomeHandler] = {
    # --- pairing, notices and the groups that receive them ---
    "": operator.not_delivered,
    leaks.FOUND: leaks.found,
    membership.FOLLOWED: membership.followed,
    membership.RETURNED: membership.returned,
    topics.OPENED: forum.settled,
    topics.CLOSED: forum.rested,
    linked_threads.OPENED: linked_threads.settled,
    # --- requests: the member's private chat, the coordination room ---
    "reply": replies.settled,
    phone_shown.OPENED: inviting.settled,
    phone_shown.LOOKED_FOR: leaving.number_wanted,
    leaving.LOOKED_FOR: leaving.found,
    REPORT: erasing.answered,
    TOLD: erasing.told,
    purging.PURGED: purging.purged,
}
"""By the report that the delivery asked for, up to a colon ("reply:12" is for "reply")."""

DUE: dict[str, DueHandler] = {
    SWEEP: purging.sweep,
    REPORT: erasing.due,
    COMPACT: erasing.compact,
    pairing.UNPAIRED: pairing.give_up,
    progress.BUSINESS: progress.due,
    expiry.BUSINESS: expiry.due,
    planning.AS_READ: publishing.due,
    planning.UNREAD_TOO: publishing.due,
    PLAN_IN_DOUBT: publishing.in_doubt,
    publishing.SAY_CORRECTING: correcting.still_correcting,
    untranslated.BUSINESS: untranslated.due,
    asking.UNSENT: asking.remind,
    continuing.UNSETTLED: continuing.ask_again,
    "card-date": cards.refresh_date,
    opening.SILENCE: silence.look,
    silence.LOOKING: silence.still_nobody,
    opening.DIGEST: digest.due,
    unreadable.BUSINESS: unreadable.due,
    situation.TOPICS: forum.begins,
    situation.BACK: membership.wrote,
    cut.WAITING: cut.over,
    forum.MISSING: forum.missing,
    topics.QUIET: forum.quiet,
    operator.BUSINESS: operator.due,
}
"""By the timer's business."""

GONE: tuple[GoneHandler, ...] = (membership.gone, triage.member_gone)
"""All of them hear of a chat that is out of reach."""

TRANSLATED: tuple[TranslatedHandler, ...] = (
    previews.translated,
    untranslated.failed,
    publishing.translated,
    echoes.reply_translated,
    listening.written_down,
)
"""All of them hear of a translation; what waited for it in a conversation has gone by then."""

EDITED: tuple[EditedHandler, ...] = (correcting.edited, continuing.edited, second_thoughts.edited, linking.edited)
"""All of them hear of a message that its writer has changed."""

DELETED: tuple[DeletedHandler, ...] = (
    correcting.deleted,
    continuing.deleted,
    second_thoughts.deleted,
    linking.deleted,
)
"""All of them hear of a message that was taken back."""

REACTED: tuple[ReactedHandler, ...] = (reviewing.reacted, linking.reacted)
"""All of them hear of a reaction that chose nothing."""

UNREACTED: tuple[UnreactedHandler, ...] = (linking.unreacted,)
"""All of them hear of a reaction that was taken back."""

PINNED: tuple[PinnedHandler, ...] = (linking.pinned,)
"""All of them hear of a message that somebody has put at the top of its chat, or taken from there."""
