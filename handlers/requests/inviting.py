"""A private chat with a helper: opened when the bot has something for them alone, and theirs once they are in it."""

from __future__ import annotations

from bot.actions import Action
from bot.content import Line, say
from bot.domain.chats import Role
from bot.domain.requests import Request
from bot.events import Outcome
from bot.incoming import Joined
from bot.model import Chat, ChatKind
from bot.store.transaction import Transaction
from handlers.requests import asking, below, phone_shown
from handlers.situation import Actions


def settled(event: Outcome, tx: Transaction) -> Actions:
    """They are in it already, or invited; or none could be opened, and they have to come by themselves."""
    _, whose, code, *why = (event.report or "").split(":")
    request, person = tx.requests.by_code(code), int(whose)
    there = Chat(tx.chats.get(event.chat).address.account, event.findings[0]) if event.findings else None
    if tx.chats.private_of(person) is not None:  # they came before the answer did, maybe for another number
        return () if request is None or phone_shown.CAME in why else phone_shown.hand_over(tx, request)
    if phone_shown.CAME in why:  # where not into ours, the room has been told already how to come there
        return _handed_over(tx, person, there) if there is not None and _theirs(tx, person) else ()
    if request is None or not phone_shown.is_for(request, person):
        return ()  # let go of before the answer came
    if event.failure is not None:
        return phone_shown.way_there(tx, request)
    if there is not None:
        return _handed_over(tx, person, there) or phone_shown.way_there(tx, request)
    told = say("call-invited", name=below.name_of(tx, person), code=code, command=f"!number {code}")
    return below.in_thread(tx, request, Line(told))


def joined(event: Joined, tx: Transaction) -> Actions:
    """A helper for whom we have something comes into a private chat with us: it may be ours.

    Somebody else can make a chat for the two of us as well, leave it, and read there all the same. So their network is
    asked where they are in one of which that is not so.
    """
    person = tx.chats.known_person(event.person)
    if event.kind is not ChatKind.PRIVATE or person is None or tx.chats.private_of(person) is not None:
        return ()
    theirs = _theirs(tx, person)
    return phone_shown.invite(tx, theirs[0], phone_shown.CAME) if theirs else ()


def _handed_over(tx: Transaction, person: int, where: Chat) -> list[Action]:
    """All that waits for them; nothing where the chat is something else to us."""
    chat = tx.chats.known(where, ChatKind.PRIVATE)
    if chat.role != Role.PRIVATE:
        return []
    if not chat.active:
        tx.chats.set_active(chat.id, True)
    belongs_to(tx, chat.id, person)
    return [action for request in _theirs(tx, person) for action in phone_shown.hand_over(tx, request)]


def _theirs(tx: Transaction, person: int) -> list[Request]:
    """The requests whose number is for them."""
    return [request for request in tx.requests.open() if phone_shown.is_for(request, person)]


def belongs_to(tx: Transaction, chat: int, person: int) -> None:
    """A private chat turns out to be a helper's, who was greeted there like anybody and has not asked for help."""
    tx.chats.set_person(chat, person)
    held = asking.held(tx, chat)
    if held is not None and not held.texts:
        tx.dialogues.save(chat, {})
