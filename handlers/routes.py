"""Which handler an event goes to: ordered, visible lists; the first that fits has it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.events import ChatGone, Due, Internal, Outcome, Quarantined, Translated
from bot.model import (
    Added,
    Deleted,
    Echo,
    Edited,
    Incoming,
    Message,
    MovedChat,
    Pressed,
    Reacted,
    Removed,
    Unreadable,
)
from bot.store.transaction import Transaction
from handlers import situation
from handlers.situation import Actions, ChoiceHandler, Handler, Situation

ANYWHERE = frozenset({"", "private", "coordination", "organisation", "group"})


@dataclass(frozen=True, slots=True)
class Route:
    """Messages in chats of these roles: the commands of these names, or every message if there are none."""

    roles: frozenset[str]
    commands: frozenset[str]
    handler: Handler

    def fits(self, where: Situation) -> bool:
        if where.chat.role not in self.roles:
            return False
        return not self.commands or (where.command is not None and where.command.name in self.commands)


def route(roles: str, commands: str, handler: Handler) -> Route:
    """`roles` and `commands` with spaces between; "*" for any role, "" for every message."""
    return Route(ANYWHERE if roles == "*" else frozenset(roles.split()), frozenset(commands.split()), handler)


MESSAGES: tuple[Route, ...] = ()

CHOICES: dict[str, ChoiceHandler] = {}
"""By the step that the button belongs to."""


def handle(event: Incoming | Internal, tx: Transaction) -> Actions:
    """What happens when something arrives."""
    match event:
        case Message():
            return _message(event, tx)
        case Pressed():
            return ()
        case Reacted():
            return ()
        case Edited() | Deleted() | Added() | Removed() | MovedChat() | Echo() | Unreadable():
            return ()
        case Translated() | Outcome() | ChatGone() | Due() | Quarantined():
            return ()


def _message(event: Message, tx: Transaction) -> Actions:
    where = situation.of_message(event, tx)
    for candidate in MESSAGES:
        if candidate.fits(where):
            return candidate.handler(event, where, tx)
    return ()
