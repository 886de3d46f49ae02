"""Threads of linked chats: what stands in one, and the topics of a forum, each of which is a thread in the others."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import Action, Edit, Named, OpenTopic, Priority, Say
from bot.content import Content, Verbatim
from bot.domain import links
from bot.domain.chats import KnownChat
from bot.domain.links import KnownLink, LinkedMessage
from bot.events import Outcome
from bot.failing import NO_ANSWER
from bot.incoming import Message, TopicNamed, TopicOpened
from bot.model import TOPIC
from bot.store.tables import Status
from bot.store.transaction import Transaction
from handlers.situation import Actions

OPENED = "linked-topic"
"""The report of a topic that is to be opened in a linked forum."""

_SIGN = "💬"
_SHOWS_ITSELF = timedelta(minutes=10)
"""Within which the network shows us a topic that it has opened, though its answer was lost."""


def place(chat: KnownChat, tx: Transaction) -> str:
    """What a chat is called where its network goes without saying."""
    return chat.title or tx.policy.network(chat.address.account)


def around(
    event: Message, here: KnownChat, of: KnownLink, tx: Transaction
) -> tuple[LinkedMessage | None, LinkedMessage | None]:
    """The first message of the thread, or the topic, in which a message stands; and what it answers there.

    What answers something in a thread stands in the thread, too: not every network can say so.
    """
    root, answered = (None if ref is None else tx.links.meant(here, ref) for ref in (event.thread, event.reply_to))
    if event.thread is not None and event.thread.startswith(TOPIC) and (root is None or root.link != of.id):
        root = tx.links.topic(of, here.id, event.thread)
    if root is None and answered is not None:
        root = answered if answered.is_topic else _root_of(answered, tx)
    elif root is not None and root.root is not None:  # a thread within a thread: no network has that
        root, answered = _root_of(root, tx), answered or root
    if root is not None and root.link != of.id:
        root = None  # of another conversation, of which a chat was one before
    return root, None if answered == root else answered


def _root_of(said: LinkedMessage, tx: Transaction) -> LinkedMessage | None:
    return None if said.root is None else tx.links.by_id(said.root)


# --- topics ----------------------------------------------------------------------------------------------------------


def named(event: TopicNamed, tx: Transaction) -> Actions:
    """Somebody has opened a topic, or calls it otherwise: the others read its name."""
    here = tx.chats.at(event.chat)
    if here is None or here.link is None:
        return ()
    known = tx.links.meant(here, event.id)
    if known is not None and known.chat != here.id:
        return ()  # opened for one of another forum, whose name counts
    topic = tx.links.topic(tx.links.get(here.link), here.id, event.id)
    return heard(topic, event.title, tx, again=True)


def stood_in(root: LinkedMessage | None, event: Message, here: KnownChat, tx: Transaction) -> Actions:
    """What has to be said before something that stands in a topic."""
    if root is None or not root.is_topic:
        return ()
    return heard(root, event.topic if root.chat == here.id else None, tx)


def heard(topic: LinkedMessage, name: str | None, tx: Transaction, again: bool = False) -> Actions:
    """A topic stands wherever its conversation is heard, under its name as far as that is known: as the first message
    of a thread, or as a topic of the same name where the bot may open one. `again`: the name is the newest."""
    known, changed = tx.links.topic_name(topic), False
    if name and name != known and (again or known == ""):
        topic, known, changed = tx.links.call_topic(topic, name), name, True
    chats = [chat for chat in tx.links.chats(topic.link) if chat.id != topic.chat]
    shown = known or name or ""
    line = _line(topic, shown, len(chats) + 1, tx)
    actions: list[Action] = []
    for chat in chats:
        if not _is_there(chat, topic, tx):
            actions.append(_first(chat, topic, shown, line, tx))
        elif changed and _is_message(chat, topic, tx):
            actions.append(Edit(chat.id, Named(topic.name), line))
    return actions


def _line(topic: LinkedMessage, name: str, chats: int, tx: Transaction) -> Content:
    head = links.head(name, place(tx.chats.get(topic.chat), tx), chats)
    return (Verbatim(f"{_SIGN} {head}", "bold"),)


def _first(chat: KnownChat, topic: LinkedMessage, name: str, line: Content, tx: Transaction) -> Action:
    if not chat.has_topics:
        return Say(chat.id, line, topic.subject, topic.name, priority=Priority.COORDINATION)
    tx.deliveries.let_go(chat.id, topic.name)
    title = (Verbatim(name or place(tx.chats.get(topic.chat), tx)),)
    return OpenTopic(chat.id, topic.name, title, OPENED, topic.subject)


def _is_message(chat: KnownChat, topic: LinkedMessage, tx: Transaction) -> bool:
    said = tx.deliveries.named(chat.id, topic.name)
    return said is not None and said.kind == "say"


def _is_there(chat: KnownChat, topic: LinkedMessage, tx: Transaction) -> bool:
    """Whether a topic stands in another chat, or soon will; one that may have been opened is not opened twice."""
    said = tx.deliveries.named(chat.id, topic.name)
    if said is None or said.status != Status.FAILED:
        return said is not None
    if said.failure == NO_ANSWER and tx.now - said.done_at < _SHOWS_ITSELF:
        return True
    return tx.links.has_opened(said.id)


def seen(event: TopicOpened, tx: Transaction) -> Actions:
    """The network shows a topic of ours, maybe before or instead of its answer."""
    chat = tx.chats.at(event.chat)
    if chat is not None:
        tx.links.topic_opened(chat.id, event.id, event.title)
    return ()


def settled(event: Outcome, tx: Transaction) -> Actions:
    """A topic was opened, or could not be: then its name stands in the chat itself, and answers below it."""
    if event.failure in (None, NO_ANSWER):
        return ()
    chat = tx.chats.get(event.chat)
    tx.chats.set_topics(chat.id, forum=chat.forum, allowed=False)
    id = None if chat.link is None else links.named(chat.link, event.name)
    topic = None if id is None else tx.links.by_id(id)
    return () if topic is None or not chat.active else heard(topic, None, tx)
