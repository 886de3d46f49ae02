"""The bot comes into a chat, leaves it, or the chat moves: whoever counts on that chat is told."""

from __future__ import annotations

from bot.actions import Join
from bot.content import Sentence, say
from bot.domain.chats import KnownChat, Role
from bot.events import ChatGone, Due, Outcome
from bot.incoming import Added, MovedChat, Removed, Renamed
from bot.model import ChatKind
from bot.store.chats.chats import TAKEN
from bot.store.transaction import Transaction
from bot.text import languages
from handlers import operator, situation
from handlers.chats import leaks, leaving, pairing
from handlers.notices import catching_up
from handlers.requests import cards, triage
from handlers.rooms import tell_all
from handlers.situation import TOPICS, Actions

FOLLOWED = "followed"
"""The report of joining the chat that takes another's place."""
RETURNED = "returned"
"""The report of joining a group again."""


def added(event: Added, tx: Transaction) -> Actions:
    """The bot is in a chat, is invited to it, or may do more or less there than before."""
    if event.kind is ChatKind.PRIVATE and event.invited and tx.chats.at(event.chat) is None:
        _go_on_there(event, tx)
    # A private chat is called by its member's name, which is kept nowhere.
    chat = tx.chats.known(event.chat, event.kind, None if event.kind is ChatKind.PRIVATE else event.title)
    before = chat = situation.turned_out(chat, event.kind, event.person, tx)
    if event.invited or not before.active:
        tx.chats.added(chat.id)
    tx.chats.set_administrator(chat.id, event.administrator)
    tx.chats.set_topics(chat.id, forum=event.forum, allowed=event.topics)
    chat = tx.chats.get(chat.id)
    back = RETURNED if chat.role == Role.GROUP and not before.active else None
    join = (Join(chat.id, report=back),) if event.invited else ()
    if not chat.role:
        pairing.wait(chat, tx)
        language = languages.closest(event.person.language or "", tx.policy.languages) or tx.policy.working_language
        return (*join, *pairing.explain(chat, language, tx))
    caught_up = catching_up.catch_up(chat, tx) if back and not event.invited else ()
    return (*join, *_rights_changed(before, chat, tx), *(_back(chat, tx) if not before.active else ()), *caught_up)


def _go_on_there(event: Added, tx: Transaction) -> None:
    """Where a member has left their private chat, or is not alone in it, and opens another one, it is the same to us:
    its requests, its language and the answers to come are there now."""
    person = tx.chats.known_person(event.person)
    left = None if person is None else tx.chats.left_by(person)
    if left is not None and left.address.account == event.chat.account and tx.chats.move(left.id, event.chat.id):
        tx.chats.set_active(left.id, False)  # until it has been let in, below


def _rights_changed(before: KnownChat, chat: KnownChat, tx: Transaction) -> Actions:
    """A room is told when the bot can read it now, or what it can do no longer."""
    if chat.has_topics and not before.has_topics:
        tx.inbox.put(Due(TOPICS, str(chat.id)), lane=TOPICS)
    lacked, lacks = pairing.missing_rights(before, tx), pairing.missing_rights(chat, tx)
    told = [sentence for sentence in lacks if sentence not in lacked]
    if chat.administrator and not before.administrator and lacked:
        told.insert(0, say("administrator-now"))
    return tell_all([chat], *told) if told else ()


def _back(chat: KnownChat, tx: Transaction) -> Actions:
    """The bot has been let in again, in its old role."""
    if chat.role == Role.COORDINATION:
        return (*cards.post_waiting(tx), *leaving.look(tx))
    if chat.role == Role.PRIVATE:
        return triage.member_back(chat, tx)
    if chat.role == Role.GROUP:
        return _tell_owner(chat, tx, say("group-back", group=chat.title or say("a-group")))
    return ()


def wrote(event: Due, tx: Transaction) -> Actions:
    """Somebody has written where nobody could be reached: so they can."""
    chat = tx.chats.find(int(event.subject))
    if chat is None or chat.role not in (Role.GROUP, Role.PRIVATE) or not chat.active:
        return ()
    return (*_back(chat, tx), *(catching_up.catch_up(chat, tx) if chat.role == Role.GROUP else ()))


def returned(event: Outcome, tx: Transaction) -> Actions:
    """The bot was invited to a group where it has been before, and is in it, or is not let in."""
    if event.failure is not None:
        return operator.not_delivered(event, tx)
    return catching_up.catch_up(tx.chats.get(event.chat), tx)


def removed(event: Removed, tx: Transaction) -> Actions:
    """Nothing is written to that chat any more; who is told is decided where a chat is found gone in any way."""
    chat = tx.chats.at(event.chat)
    if chat is not None:
        tx.lanes.chat_gone(chat.id, "the bot was removed")
        tx.schedule.cancel(pairing.UNPAIRED, str(chat.id))
    return ()


def renamed(event: Renamed, tx: Transaction) -> Actions:
    """Who hears of the chat reads its title as it is now. A private chat is called by its member's name."""
    if event.kind is not ChatKind.PRIVATE and tx.chats.at(event.chat) is not None:
        tx.chats.known(event.chat, event.kind, event.title)
    return ()


def moved(event: MovedChat, tx: Transaction) -> Actions:
    """A supergroup, a new version of a room: the same chat under another name. What is on its way goes there."""
    chat = tx.chats.at(event.chat)
    if chat is not None:
        other = tx.chats.at(event.to)
        if other is not None:
            tx.schedule.cancel(pairing.UNPAIRED, str(other.id))
        if not tx.chats.move(chat.id, event.to.id):
            tx.lanes.chat_gone(chat.id, TAKEN)
            return ()
    else:
        chat = tx.chats.at(event.to)  # a sender may have found it out before
    if chat is None or not chat.role:
        return ()
    # Cards that were left behind can be neither read nor pressed.
    anew = cards.post_waiting(tx) if chat.role == Role.COORDINATION else ()
    return (Join(chat.id, report=FOLLOWED), *anew)


def followed(event: Outcome, tx: Transaction) -> Actions:
    """The bot is in the chat that takes another's place; or it is not let in until somebody invites it."""
    if event.failure is not None:
        tx.lanes.chat_gone(event.chat, "the chat has moved, and does not let the bot in")
        return ()
    return leaks.look_again(tx.chats.get(event.chat))


def gone(event: ChatGone, tx: Transaction) -> Actions:
    """A chat is out of reach: its organisation hears of a group, coordinators of a room, everybody of theirs."""
    chat = tx.chats.get(event.chat)
    match chat.role:
        case Role.GROUP:
            return _tell_owner(chat, tx, say("group-gone", group=chat.title or say("a-group")))
        case Role.ORGANISATION if chat.organisation is not None:
            name = tx.chats.organisation(chat.organisation).name
            return tell_all(tx.chats.with_role(Role.COORDINATION), say("organisation-gone", organisation=name))
        case Role.COORDINATION if tx.chats.coordination_room() is None:
            return tell_all(tx.chats.with_role(Role.ORGANISATION), say("coordination-gone"))
        case _:
            return ()


def _tell_owner(chat: KnownChat, tx: Transaction, sentence: Sentence) -> Actions:
    """The rooms of the organisation whose group it is; the coordinators where it has none."""
    rooms = [] if chat.organisation is None else tx.chats.with_role(Role.ORGANISATION, chat.organisation)
    return tell_all(rooms or tx.chats.with_role(Role.COORDINATION), sentence)
