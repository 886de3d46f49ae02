"""Below a card: which request a command, a button or plain words speak of, and how whoever spoke is answered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.actions import Answer, OnNetwork, Say
from bot.content import Line, Sentence, say
from bot.domain.chats import Role
from bot.domain.requests import Request
from bot.incoming import Message, Pressed
from bot.model import Text
from bot.store.transaction import Transaction
from handlers.situation import Actions, Doing, Situation


@dataclass(frozen=True, slots=True)
class About:
    """A request that a command or a button speaks of, and what else was typed."""

    request: Request
    rest: str


def about(where: Situation, tx: Transaction) -> About | Sentence:
    """By the code typed, else by the thread; otherwise what to tell."""
    if where.chat.role != Role.COORDINATION:
        return say("only-in-coordination")  # a button in what was the coordination room once
    if where.choice is not None:
        found = tx.requests.by_code(where.choice.subject)
        return say("which-code") if found is None else About(found, "")
    assert where.command is not None
    code, rest = where.command.code("K")
    if code is None and not where.subject.startswith("K"):
        return say("which-code", command=where.command.name)
    found = tx.requests.by_code(code or where.subject)
    return say("no-such-request", code=code or where.subject) if found is None else About(found, rest)


def tell(event: Doing, where: Situation, sentence: Sentence, request: Request | None = None) -> Actions:
    """Answer whoever asked: the presser alone, else in reply."""
    if isinstance(event, Pressed):
        return (Answer(where.chat.id, event, sentence),)
    subject = where.subject if request is None else request.code
    reply = OnNetwork(event.id) if isinstance(event, Message) else OnNetwork(event.message)
    thread = OnNetwork(event.thread) if isinstance(event, Message) and event.thread else None
    return (Say(where.chat.id, (Line(sentence),), subject, thread=thread, reply_to=reply),)


def tail(text: Text, words: str) -> Text:
    """The end of a message that these words are, with its spans."""
    end = len(text.plain.rstrip())
    return text[end - len(words) : end]
