"""The card of a request in the coordination room, its thread, and how both are kept true."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row

from bot.actions import Action, Button, Buttons, Edit, Named, Priority, Say
from bot.chats import KnownChat
from bot.content import Block, Content, Gap, LanguageName, Line, Said, Sentence, Translated, Words, say
from bot.events import Due, Outcome
from bot.events import Translated as TranslationCame
from bot.requests import Request, RequestState
from bot.store.requests import Line as Spoken
from bot.store.tables import Role, Status
from bot.store.transaction import Transaction
from handlers import attached, opening
from handlers.situation import Actions

SHOWN = 900
"""Characters of the member's words on a card: with their translation they still fit one message of any network."""
_SHOWN_TEXTS = 8

CALLS = {"call-reached": "called-reached", "call-not-reached": "called-not-reached"}
"""What happened, and how it is told."""

_ECHO_WAITS = timedelta(seconds=3)  # for its translation: whoever replied wants to see that it was taken


# --- the card --------------------------------------------------------------------------------------------------------


def post(tx: Transaction, request: Request) -> Actions:
    """A request's card, with what it cannot hold in its thread. Nothing where no room is there to read it."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    content, buttons = _card(tx, request)
    tx.schedule.at(_midnight(tx), Due("card-date", request.code))
    opening.watch(tx, room)
    card = Say(room.id, content, request.code, _name(request), buttons=buttons, priority=Priority.COORDINATION)
    if sensitive(tx, request):
        return (card, *words_below(tx, request))
    first = _first_words(tx, request)
    below = [line for line in first if tx.attachments.of(line.text)] if _fits(tx, first) else first
    return (card, *(_line(tx, room, request, line) for line in below))


def refresh(tx: Transaction, request: Request) -> Actions:
    """Bring the card up to date, if there is one."""
    room = tx.chats.coordination_room()
    if room is None or tx.deliveries.named(room.id, _name(request)) is None:
        return ()
    opening.watch(tx, room)
    content, buttons = _card(tx, request)
    return (Edit(room.id, Named(_name(request)), content, buttons),)


def sensitive(tx: Transaction, request: Request) -> bool:
    """Whether what the member writes stands in the thread alone: a card's beginning is seen on locked telephones."""
    return request.category in tx.policy.sensitive


def words_below(tx: Transaction, request: Request) -> Actions:
    """What the card of a sensitive request no longer says, in its thread; each piece once."""
    room = tx.chats.coordination_room()
    if room is None or not sensitive(tx, request):
        return ()
    fields = (("area", request.area), ("reach", request.reach))
    said = {
        f"{request.code}/{key}": say(f"card-{key}", **{key: Said(text)}) for key, text in fields if text is not None
    }
    return (
        *(_line(tx, room, request, line) for line in _first_words(tx, request)),
        *(_below(room, request, (Line(sentence),), name) for name, sentence in said.items()),
    )


def refresh_date(event: Due, tx: Transaction) -> Actions:
    """A day has passed: "since 12:04" is no longer enough."""
    request = tx.requests.by_code(event.subject)
    return () if request is None or request.state is RequestState.CLOSED else refresh(tx, request)


def post_waiting(tx: Transaction) -> Actions:
    """All that a coordination room that is new, or back, has not been shown yet: open requests with their threads."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    actions: list[Action] = []
    for request in tx.requests.open():
        actions += _all_of(tx, room, request)
    return actions


def _all_of(tx: Transaction, room: KnownChat, request: Request) -> Actions:
    """What of a request and its conversation does not stand in the room yet."""
    before = tx.deliveries.named(room.id, _name(request))
    shown = before is not None and before.status != Status.FAILED
    first = _first_words(tx, request)
    lines = [
        line for line in tx.requests.lines(request.id) if line not in first and not _stands(tx, room, request, line)
    ]
    said = [
        echoed(tx, request, line) if line.author == "coordinator" else (_line(tx, room, request, line),)
        for line in lines
    ]
    return (*(refresh(tx, request) if shown else post(tx, request)), *(say for one in said for say in one))


def _stands(tx: Transaction, room: KnownChat, request: Request, line: Spoken) -> bool:
    names = (_line_name(request, line), reply_name(request, line.id))
    said = [found for name in names if (found := tx.deliveries.named(room.id, name)) is not None]
    return any(found.status != Status.FAILED for found in said) or tx.copies.has_come_in(room.id, line.text)


def _card(tx: Transaction, request: Request) -> tuple[Content, Buttons]:
    content: Content = (
        Line(_state(tx, request), "bold"),
        *(Line(sentence) for sentence in _fields(tx, request)),
        Gap(),
        *_excerpt(tx, request),
        Gap(),
        Line(say("card-hint"), "italic"),
    )
    return content, _buttons(request)


def _excerpt(tx: Transaction, request: Request) -> Content:
    """The member's words, as far as they may stand on the card."""
    if sensitive(tx, request):
        return (Line(say("card-words-below"), "italic"),)
    first = _first_words(tx, request)
    if _fits(tx, first):
        return tuple(block for line in first for block in (*attached.lines(tx, line.text), Translated(line.text)))
    beginning = (*attached.lines(tx, first[0].text), Translated(first[0].text, most=SHOWN))
    return (*beginning, Line(say("card-cut"), "italic"))


def _state(tx: Transaction, request: Request) -> Sentence:
    match request.state:
        case RequestState.OPEN:
            return say("card-open", code=request.code)
        case RequestState.CLAIMED:
            return say("card-claimed", code=request.code, name=name_of(tx, request.claimed_by))
        case RequestState.CLOSED:
            return say("card-closed", code=request.code, outcome=say(f"outcome-{request.outcome or 'other'}"))


def _fields(tx: Transaction, request: Request) -> list[Sentence]:
    """What is known; what the member did not say has no line."""
    fields = []
    if request.notice is not None:
        fields.append(say("card-notice", code=tx.notices.code(request.notice)))
    if request.category is not None:
        fields.append(say("card-what", what=say(f"need-{request.category}")))
    if request.for_whom is not None:
        fields.append(say(f"card-for-{request.for_whom}"))
    if request.reach is not None and not sensitive(tx, request):
        fields.append(say("card-reach", reach=Said(request.reach)))
    if request.area is not None and not sensitive(tx, request):
        fields.append(say("card-area", area=Said(request.area)))
    missing = request.language_missing
    fields.append(say("card-language-missing" if missing else "card-language", language=LanguageName(request.language)))
    if request.answer_by is not None:
        fields.append(say("card-answer-call-number" if request.phone else f"card-answer-{request.answer_by}"))
    if (last := called(tx, request)) is not None:
        fields.append(last)
    fields.append(say("card-since", since=clock(tx, request.created_at)))
    if request.state is not RequestState.CLOSED:
        fields.append(say("card-unanswered" if request.unanswered else "card-answered"))
    if not tx.chats.get(request.chat).active or not in_private(tx, request):
        fields.append(unreachable(tx, request))
    return fields


def called(tx: Transaction, request: Request) -> Sentence | None:
    """How the last call went."""
    calls = {what: at for what, at in tx.requests.history([request])[request.id].items() if what in CALLS}
    last = max(calls, key=calls.__getitem__, default=None)
    return None if last is None else say(CALLS[last], at=clock(tx, calls[last]))


def in_private(tx: Transaction, request: Request) -> bool:
    """Whether the member is alone with the bot: where others have joined, whatever was said would be theirs, too."""
    return tx.chats.get(request.chat).role == Role.PRIVATE


def unreachable(tx: Transaction, request: Request) -> Sentence:
    return say("member-unreachable", network=tx.policy.network(tx.chats.get(request.chat).address.account))


def _buttons(request: Request) -> Buttons:
    rows = (("reopen",),) if request.state is RequestState.CLOSED else (("claim", "reply", "close"), ("ready",))
    return tuple(tuple(Button(say(f"button-{step}"), step, request.code, lasting=True) for step in row) for row in rows)


def _first_words(tx: Transaction, request: Request) -> list[Spoken]:
    """What the member had written when they pressed Send."""
    lines = tx.requests.lines(request.id)
    return [line for line in lines if line.author == "member" and line.at == request.created_at] or lines[:1]


def _fits(tx: Transaction, lines: list[Spoken]) -> bool:
    return len(lines) <= _SHOWN_TEXTS and sum(len(tx.texts.get(line.text).text.plain) for line in lines) <= SHOWN


# --- the thread ------------------------------------------------------------------------------------------------------


def in_thread(
    tx: Transaction, request: Request, *content: Block, name: str | None = None, buttons: Buttons = ()
) -> Actions:
    """Say something below the card."""
    room = tx.chats.coordination_room()
    return () if room is None else (_below(room, request, content, name, buttons),)


def heard(tx: Transaction, request: Request, line: int, changed: bool = False) -> Actions:
    """The member has written more, or has `changed` what they wrote."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    if tx.deliveries.named(room.id, _name(request)) is None:
        return _all_of(tx, room, request)  # it is open again, in another room than before
    spoken = tx.requests.line(line)[1]
    head = "thread-changed" if changed else "thread-member"
    return (_line(tx, room, request, spoken, head), *refresh(tx, request))


def _line(tx: Transaction, room: KnownChat, request: Request, line: Spoken, head: str = "thread-member") -> Say:
    files = attached.files(tx, line.text)
    words: Translated | Words = Translated(line.text)
    if line.author == "note":
        head, words = "thread-note", Words(line.text)
    elif files:
        head = "thread-member-sent"
    content: Content = (Line(say(head, code=request.code), "bold"), *attached.lines(tx, line.text), words, *files)
    return _below(room, request, content, _line_name(request, line))


def _line_name(request: Request, line: Spoken) -> str:
    return f"{request.code}/line/{line.id}"


def _below(room: KnownChat, request: Request, content: Content, name: str | None, buttons: Buttons = ()) -> Say:
    thread = Named(_name(request))
    return Say(room.id, content, request.code, name, thread, buttons=buttons, priority=Priority.COORDINATION)


# --- the echo of a reply ---------------------------------------------------------------------------------------------


def reply_name(request: Request, line: int) -> str:
    """What the reply is called in the member's chat, and its echo in the room."""
    return f"{request.code}/reply/{line}"


def echo(tx: Transaction, request: Request, line: Spoken) -> Content:
    """What the member receives, in both languages, and how far it is."""
    language, name = member_language(tx, request), name_of(tx, line.person)
    translation = tx.texts.translation(line.text, language)
    findings = [] if translation is None else list(dict.fromkeys(finding.code for finding in translation.findings))
    return (
        Line(say("echo-from", code=request.code, name=name, language=LanguageName(language)), "bold"),
        *attached.lines(tx, line.text),
        Translated(line.text, into=language),
        *(Line(say(f"finding-{code}"), "italic") for code in findings),
        Line(_progress(tx, request, line), "italic"),
    )


def _progress(tx: Transaction, request: Request, line: Spoken) -> Sentence:
    sent = tx.deliveries.named(request.chat, reply_name(request, line.id))
    if line.withdrawn_at is not None:
        key = "echo-taken-back-late" if _may_be_there(sent) else "echo-taken-back"
        return say(key, at=clock(tx, line.withdrawn_at))
    if sent is not None and sent.status == Status.DONE:
        return say("echo-delivered", at=clock(tx, sent.done_at))
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
    shown = _below(room, request, echo(tx, request, line), reply_name(request, line.id), _undo(line))
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
    return bool(sent.status != Status.FAILED or sent.failure == "no answer from the network")


def reply_settled(event: Outcome, tx: Transaction) -> Actions:
    """A reply has reached the member, or never will."""
    request, line = tx.requests.line(int((event.report or "").partition(":")[2]))
    return refresh_echo(tx, request, line)


def reply_translated(event: TranslationCame, tx: Transaction) -> Actions:
    """The echo names what the checks found in the translation."""
    found = tx.requests.line_of_text(event.text)
    if found is None or found[1].author != "coordinator":
        return ()
    request, line = found
    translation = tx.texts.translation_by_id(event.translation)
    return refresh_echo(tx, request, line) if translation.findings else ()


# --- small things ----------------------------------------------------------------------------------------------------


def member_language(tx: Transaction, request: Request) -> str:
    return tx.chats.get(request.chat).language or tx.policy.working_language


def name_of(tx: Transaction, person: int | None) -> str | Sentence:
    """A coordinator's name: they see each other in the room anyway."""
    name = "" if person is None else tx.chats.person_by_id(person).name
    return name or say("somebody")


def clock(tx: Transaction, at: datetime) -> datetime | time:
    """The clock time, with the date when it was not today."""
    there, today = at.astimezone(tx.policy.zone), tx.now.astimezone(tx.policy.zone).date()
    return there.time() if there.date() == today else at


def _midnight(tx: Transaction) -> datetime:
    tomorrow = tx.now.astimezone(tx.policy.zone) + timedelta(days=1)
    return tomorrow.replace(hour=0, minute=0, second=1, microsecond=0)


def _name(request: Request) -> str:
    return f"{request.code}/card"
