"""What there is to know before anybody decides: where an event happened, who did it, and what it speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec.structs import replace as changed

from bot import commands
from bot.actions import Action
from bot.commands import Command
from bot.domain.chats import KnownChat, KnownPerson, Role
from bot.events import Due
from bot.incoming import Edited, Message, Pressed, Reacted
from bot.model import ChatKind, Person, Text, joined
from bot.store.chats.choices import OfferedChoice
from bot.store.outbox.copies import KnownCopy
from bot.store.transaction import Transaction
from bot.text import languages
from bot.text.words import UNSEEN
from handlers.spoken import reads

Actions = Sequence[Action]
Doing = Message | Pressed | Reacted
"""What somebody has done who is answered for it."""
TOPICS = "topics"
"""The business of a room that has topics now, or no longer."""
BACK = "back"
"""The business of a group, or a member, that was out of reach, and is not."""


@dataclass(frozen=True, slots=True)
class Situation:
    """`answered` is the message replied to, or the first one of the thread; `subject` ("K7", "N3", "") is its lane.

    `language` is the one to answer in: the chat's own, else the person's app's if we speak it, else the working one.
    """

    chat: KnownChat
    person: KnownPerson
    language: str
    subject: str
    answered: KnownCopy | None
    command: Command | None = None
    choice: OfferedChoice | None = None

    @property
    def argument(self) -> str:
        """What stands behind the command; "" where none was given, or nothing behind it."""
        return self.command.argument if self.command else ""


Handler = Callable[[Message, Situation, Transaction], Actions]
ChoiceHandler = Callable[[Doing, Situation, Transaction], Actions]

_DIGITS = {f"{digit}\ufe0f\u20e3": digit for digit in range(1, 10)} | {
    f"{digit}\u20e3": digit for digit in range(1, 10)
}
_DIGITS |= {"🔟": 10}


_DIRECTION = re.compile(f"[{UNSEEN}]+")
_COPIED_COMMAND = re.compile(rf"\s*{_DIRECTION.pattern}\s*[!/\uff01\uff0f][A-Za-z]")
_HALVES = re.compile("[\ud800-\udfff]")
_LONGEST_CHOICE = 100  # characters; whoever writes more is telling, not choosing
_OF_HELPERS = frozenset({Role.COORDINATION, Role.ORGANISATION})
_FORWARDED_TOO = frozenset({"pair", "link", "notice", "r", "reply"})
"""Commands that may be forwarded into their rooms: a code and a draft are often brought so, and who forwards an answer
is told that it is none."""
_NO_NUMBER = frozenset({"delete", "erase", "what", "who", "how"})
"""What nobody means who writes "4" because there are four of them: it would cost them their words, or say on the card,
and on their screen, that somebody threatens them."""
_LANGUAGES = frozenset({"language", "language-missing"})
"""Nor these, for as long as words of theirs wait for Send; whoever has just been asked for a language answers that."""
Written = TypeVar("Written", Message, Edited)


def uncovered(text: Text) -> Text:
    """A command without the marks of direction that it has in our own sentences, and so when it is copied there."""
    if not _COPIED_COMMAND.match(text.plain):
        return text
    cuts = [0, *(place for mark in _DIRECTION.finditer(text.plain) for place in mark.span()), len(text.plain)]
    return joined([text[start:end] for start, end in zip(cuts[::2], cuts[1::2], strict=True)], "")


def storable(event: Written) -> Written:
    """The message with half characters, which no store and no network takes, replaced one for one."""
    if (text := uncovered(event.text)) is not event.text:
        event = replace(event, text=text)
    if not _HALVES.search(event.text.plain + event.person.name + (getattr(event, "title", None) or "")):
        return event
    text = changed(event.text, plain=_whole(event.text.plain))
    event = replace(event, text=text, person=changed(event.person, name=_whole(event.person.name)))
    return replace(event, title=_whole(event.title)) if isinstance(event, Message) and event.title else event


def _whole(words: str) -> str:
    return _HALVES.sub("\ufffd", words)


def of_message(event: Message, tx: Transaction) -> Situation:
    # A private chat is called by its member's name.
    chat = tx.chats.known(event.chat, event.kind, None if event.kind is ChatKind.PRIVATE else event.title)
    chat = turned_out(chat, event.kind, event.person, tx)
    if not chat.active:
        tx.chats.set_active(chat.id, True)  # who writes can be written to
        if chat.role in (Role.GROUP, Role.PRIVATE):
            tx.inbox.put(Due(BACK, str(chat.id)), lane=f"chat:{chat.id}")
    if chat.forum is not event.forum:
        # Nothing else tells of it. Whoever has just switched topics on may have allowed us to open some before.
        tx.chats.set_topics(chat.id, forum=event.forum, allowed=chat.administrator)
        if chat.role == Role.COORDINATION:
            tx.inbox.put(Due(TOPICS, str(chat.id)), lane=TOPICS)
    answered = None
    for network_id in (event.reply_to, event.thread):
        if network_id is not None and answered is None:
            answered = tx.copies.at(chat.id, network_id)
    # A followed link is the command start, whatever words the network shows for it.
    command = Command("start", event.start) if event.start else _typed_command(event, chat)
    situation = _situation(chat, event.person, tx, answered)
    choice = None if command else _typed_choice(event, chat, answered, tx)
    return Situation(
        situation.chat,
        situation.person,
        situation.language,
        situation.subject,
        answered,
        command,
        choice,
    )


def turned_out(chat: KnownChat, kind: ChatKind, who: Person, tx: Transaction) -> KnownChat:
    """A Matrix room can turn out to be a private chat, or the other way round, as long as it has no other role.

    It is never private again for somebody who had joined and was left behind: what is said there is for another.
    """
    if chat.role not in ("", "private") or (chat.kind is kind and chat.active):
        return chat
    if kind is ChatKind.PRIVATE and is_anothers(chat, who, tx):
        kind = ChatKind.GROUP
    tx.chats.set_kind(chat.id, kind, "private" if kind is ChatKind.PRIVATE else "")
    return tx.chats.get(chat.id)


def is_anothers(chat: KnownChat, who: Person, tx: Transaction) -> bool:
    """Whether it was somebody else's private chat."""
    theirs = _theirs(chat, tx)
    return bool(theirs) and tx.chats.known_person(who) not in theirs


def is_of(chat: KnownChat, who: Person, tx: Transaction) -> bool:
    """Whether it is a private chat in which they have asked for help, or were told what is for them alone."""
    return chat.role == Role.PRIVATE and tx.chats.known_person(who) in _theirs(chat, tx)


def _theirs(chat: KnownChat, tx: Transaction) -> set[int | None]:
    return {chat.person, *(request.person for request in tx.requests.of_chat(chat.id))} - {None}


def of_press(event: Pressed, tx: Transaction) -> Situation:
    chat = tx.chats.known(event.chat, event.kind)
    found = _situation(chat, event.person, tx, tx.copies.at(chat.id, event.message))
    choice = tx.choices.get(event.choice, chat.id)
    return Situation(found.chat, found.person, found.language, found.subject, found.answered, None, choice)


def of_reaction(event: Reacted, tx: Transaction) -> Situation:
    """A digit chooses; any other reaction stands for itself."""
    chat = tx.chats.known(event.chat, event.kind)
    found = _situation(chat, event.person, tx, tx.copies.at(chat.id, event.message))
    digit = _DIGITS.get(event.key)
    choice = None if digit is None else tx.choices.on_message(chat.id, event.message).get(digit)
    return Situation(found.chat, found.person, found.language, found.subject, found.answered, None, choice)


def _situation(chat: KnownChat, who: Person, tx: Transaction, answered: KnownCopy | None) -> Situation:
    # Of those who write in a group that is no room of ours nothing is kept.
    # A member's name is needed nowhere; helpers' names are told by the room, where they see each other anyway.
    known = changed(who, name="") if chat.role == Role.PRIVATE else who
    person = KnownPerson(0, "", who.language) if chat.role in ("", "group") else tx.chats.person(known)
    app = languages.closest(person.app_language or "", tx.policy.languages)
    language = chat.language or app or tx.policy.working_language
    return Situation(chat, person, language, answered.subject if answered else "", answered)


def _typed_command(event: Message, chat: KnownChat) -> Command | None:
    """The command that a message is. In a room of helpers one that is forwarded is what somebody has said elsewhere; a
    member in private may have got it from whoever helps them."""
    command = commands.parse(event.text.plain)
    if command is None or not event.forwarded or chat.role not in _OF_HELPERS:
        return command
    return command if command.name in _FORWARDED_TOO else None


def _typed_choice(event: Message, chat: KnownChat, answered: KnownCopy | None, tx: Transaction) -> OfferedChoice | None:
    """A number (or a button's own words) typed in a private chat, or as a reply to the message with the buttons."""
    if event.attachments or len(event.text.plain) > _LONGEST_CHOICE:
        return None
    if event.reply_to is not None and answered is not None and answered.delivery is not None:
        return _meant(event.text.plain, tx.choices.on_message(chat.id, event.reply_to), tx)
    if chat.kind is not ChatKind.PRIVATE or event.reply_to is not None or event.thread is not None:
        return None  # an answer to one message is none to another that happens to be the last
    offered = tx.choices.latest(chat.id)
    if chat.address.account in tx.policy.unnumbered and commands.number(event.text.plain) is not None:
        unmeant = _NO_NUMBER | _LANGUAGES if tx.dialogues.get(chat.id).get("held") else _NO_NUMBER
        offered = {
            number: choice for number, choice in offered.items() if choice.step.removeprefix("intake-") not in unmeant
        }
    chosen = _meant(event.text.plain, offered, tx)
    return None if chosen is None or chosen.used else chosen


def _meant(words: str, offered: Mapping[int, OfferedChoice], tx: Transaction) -> OfferedChoice | None:
    number = commands.number(words)
    if number is not None:
        return offered.get(number)
    meant = [choice for choice in offered.values() if reads(words, choice.label, tx.policy.languages)]
    return meant[0] if len(meant) == 1 else None
