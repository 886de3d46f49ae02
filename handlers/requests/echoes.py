"""The echo of an answer below the card: exactly what the member gets, in both languages, whose it is and how far."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from bot.actions import Button, Buttons, Edit, Named, Say
from bot.content import Content, LanguageName, Line, Sentence, Translated, say
from bot.domain import answering
from bot.domain.requests import Request
from bot.events import Translated as TranslationCame
from bot.failing import NO_ANSWER
from bot.store.requests import Line as Spoken
from bot.store.tables import Status
from bot.store.transaction import Transaction
from handlers import findings
from handlers.requests import attached, below
from handlers.situation import Actions

_ECHO_WAITS = timedelta(seconds=3)  # for its translation: whoever replied wants to see that it was taken
_PUT_AWAY = timedelta(minutes=2)  # the phone, by whoever cannot read what it shows


def reply_name(request: Request, line: int) -> str:
    """What the reply is called in the member's chat, and its echo in the room."""
    return f"{request.code}/reply/{line}"


def echo(tx: Transaction, request: Request, line: Spoken) -> Content:
    """What the member receives, in both languages, and how far it is."""
    language, name = request.language, below.name_of(tx, line.person)
    translation = tx.texts.translation(line.text, language)
    return (
        Line(say("echo-from", code=request.code, name=name, language=LanguageName(language)), "bold"),
        *attached.lines(tx, line.text),
        Translated(line.text, into=language),
        *(() if translation is None else findings.lines(translation.findings)),
        Line(_progress(tx, request, line), "italic"),
    )


def _progress(tx: Transaction, request: Request, line: Spoken) -> Sentence:
    sent = tx.deliveries.named(request.chat, reply_name(request, line.id))
    if line.withdrawn_at is not None:
        key = "echo-taken-back-late" if _may_be_there(sent) else "echo-taken-back"
        return say(key, at=below.clock(tx, line.withdrawn_at))
    if sent is not None and sent.status == Status.DONE:
        return say("echo-delivered", at=below.clock(tx, sent.done_at))
    if sent is not None and sent.status == Status.FAILED:
        member = tx.chats.get(request.chat)
        if not member.active:
            return say("echo-unreachable", network=tx.policy.network(member.address.account))
        return say("echo-failed", reason=sent.failure or "")
    return say("echo-on-its-way")


def echoed(tx: Transaction, request: Request, line: Spoken) -> Actions:
    """Show a reply below the card."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    shown = below.said(room, request, echo(tx, request, line), reply_name(request, line.id), _undo(line))
    return (replace(shown, deadline=_ECHO_WAITS),)


def refresh_echo(tx: Transaction, request: Request, line: Spoken) -> Actions:
    room = tx.chats.coordination_room()
    name = reply_name(request, line.id)
    if room is None or tx.deliveries.named(room.id, name) is None:
        return ()
    return (Edit(room.id, Named(name), echo(tx, request, line), _undo(line)),)


def _undo(line: Spoken) -> Buttons:
    return () if line.withdrawn_at else ((Button(say("button-undo"), "undo", str(line.id), lasting=True),),)


def _may_be_there(sent: Row[Any] | None) -> bool:
    """Whether the member may have a reply in front of them."""
    if sent is None or sent.status == Status.DROPPED:
        return False
    return bool(sent.status != Status.FAILED or sent.failure == NO_ANSWER)


def never_arrived(tx: Transaction, request: Request, line: Spoken) -> bool:
    """Whether it is sure that the member has nothing of a reply, and will not have."""
    sent = tx.deliveries.named(request.chat, reply_name(request, line.id))
    return sent is not None and sent.status == Status.FAILED and not _may_be_there(sent)


def is_answered(tx: Transaction, request: Request) -> bool:
    """Whether after the member's last words stands an answer that they have, or may have yet."""
    lines = tx.requests.lines(request.id)
    return answering.is_answered([line for line in lines if not never_arrived(tx, request, line)])


def reply_translated(event: TranslationCame, tx: Transaction) -> Actions:
    """The echo names what the checks found in the translation; the member hears of one that comes late."""
    found = tx.requests.line_of_text(event.text)
    if found is None or found[1].author != "coordinator":
        return ()
    request, line = found
    translation = tx.texts.translation_by_id(event.translation)
    shown = refresh_echo(tx, request, line) if translation.findings else ()
    if translation.result is None or translation.blocked or translation.language != request.language:
        return shown
    return (*shown, *_readable_now(tx, request, line))


def _readable_now(tx: Transaction, request: Request, line: Spoken) -> Actions:
    """No phone rings for an edit: whoever could not read the answer has put it away by now."""
    name = reply_name(request, line.id)
    sent = tx.deliveries.named(request.chat, name)
    if sent is None or sent.status != Status.DONE or line.withdrawn_at or tx.now - sent.done_at < _PUT_AWAY:
        return ()
    return (Say(request.chat, (Line(say("answer-readable")),), request.code, reply_to=Named(name)),)
