"""What happens when something arrives: its routes are found, and the handlers there are asked what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.actions import Action, Answer, OnNetwork, Publish, Say
from bot.content import Line, Verbatim, say
from bot.domain import naming
from bot.domain.chats import Role
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
from bot.incoming import (
    Added,
    Deleted,
    Echo,
    Edited,
    Incoming,
    Joined,
    Left,
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
from bot.model import Chat
from bot.store.chats.choices import OfferedChoice
from bot.store.transaction import Transaction
from handlers import cut, operator, routes, situation, unreadable
from handlers.chats import leaks, leaving, linked_threads, membership
from handlers.requests import asking, attached, forum, inviting
from handlers.situation import Actions, Doing, Situation

E = TypeVar("E")


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
            return _all(routes.EDITED, cut.edited(situation.storable(event), tx), tx)
        case Deleted():
            if (reaction := _reaction_of(event, tx)) is not None:
                return _all(routes.UNREACTED, reaction, tx)
            return _all(routes.DELETED, event, tx)
        case Unreacted():
            known = tx.chats.at(event.chat)
            if known is not None:
                tx.reactions.removed(known.id, event)
            return _all(routes.UNREACTED, event, tx)
        case Pinned():
            return _all(routes.PINNED, event, tx)
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
        case Left():
            return leaving.left(event, tx)
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
        case Outcome() | SentAgain() | ChatGone() | TopicGone() if tx.chats.find(event.chat) is None:
            return ()  # nothing is left of that chat
        case Outcome(report=report):
            handler = routes.OUTCOMES.get((report or "").partition(":")[0])
            return (*(handler(event, tx) if handler else ()), *operator.given_up(event, tx))
        case SentAgain():
            return operator.sent_again(event, tx)
        case FileLost():
            return attached.lost(event, tx)
        case TopicGone():
            return forum.gone(event, tx)
        case ChatGone():
            return _all(routes.GONE, event, tx)
        case Translated():
            if not tx.texts.has_translation(event.translation):
                return ()  # its text was thrown away
            if event.purpose == "conversation":
                tx.deliveries.translated(event.translation)
            return _all(routes.TRANSLATED, event, tx)
        case Due():
            return routes.DUE[event.what](event, tx) if event.what in routes.DUE else ()
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
    whole = cut.whole(event, where, tx)
    if isinstance(whole, Edited):
        return _all(routes.EDITED, whole, tx)
    if whole is not None:
        event, where = whole, situation.of_message(whole, tx)
    if where.choice is not None:
        return _chosen(event, where, where.choice, tx)
    for candidate in routes.MESSAGES:
        if candidate.fits(event, where):
            return candidate.handler(event, where, tx)
    return ()


def _all(handlers: Sequence[Callable[[E, Transaction], Actions]], event: E, tx: Transaction) -> Actions:
    """What all of them ask for."""
    return [action for handler in handlers for action in handler(event, tx)]


# --- choices: buttons, digits as reactions, typed numbers ------------------------------------------------------------


def _pressed(event: Pressed, tx: Transaction) -> Actions:
    where = situation.of_press(event, tx)
    if where.choice is None or where.choice.step not in routes.choices(where.chat.role):
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
        return [action for handler in routes.REACTED for action in handler(event, where, tx)]
    return _chosen(event, where, where.choice, tx)


def _chosen(event: Doing, where: Situation, choice: OfferedChoice, tx: Transaction) -> Actions:
    """One of the choices offered together counts, once; whoever chooses again is told what was chosen."""
    handler = routes.choices(where.chat.role).get(choice.step)
    if handler is None:
        return ()
    if isinstance(event, Message) and choice.subject:
        tx.copies.came_in(where.chat.id, event.id, choice.subject)  # it is erased with the rest
    if choice.used:
        made = tx.choices.made(choice.chat, choice.offer)
        if made is None:
            return ()
        label = made.label.plain if isinstance(made.label, Verbatim) else made.label
        told = say("choice-made", choice=label)
        if isinstance(event, Pressed):
            return (Answer(where.chat.id, event, told),)
        chosen_on = OnNetwork(event.id if isinstance(event, Message) else event.message)
        return (Say(where.chat.id, (Line(told),), choice.subject, reply_to=chosen_on),)
    if not choice.lasting:
        tx.choices.use(choice)
    return handler(event, where, tx)
