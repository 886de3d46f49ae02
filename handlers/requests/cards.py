"""The card of a request in the coordination room, its thread, and how both are kept true."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.actions import Action, Button, Buttons, Edit, InTopic, Named, Priority, Recall, Repost, Say
from bot.content import Content, Gap, LanguageName, Line, Said, Sentence, Translated, Words, say
from bot.domain.chats import KnownChat, Role
from bot.domain.requests import Request, RequestState
from bot.events import Due
from bot.store.requests import Line as Spoken
from bot.store.tables import Status
from bot.store.transaction import Transaction
from handlers.requests import attached, below, echoes, opening, topics
from handlers.situation import Actions

SHOWN = 900
"""Characters of the member's words on a card: with their translation they still fit one message of any network."""
_SHOWN_TEXTS = 8

CALLS = {"call-reached": "called-reached", "call-not-reached": "called-not-reached"}
"""What happened, and how it is told."""


# --- the card --------------------------------------------------------------------------------------------------------


def post(tx: Transaction, request: Request) -> Actions:
    """A request's card, with what it cannot hold in its thread. Nothing where no room is there to read it."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    content, buttons = _card(tx, request)
    tx.schedule.at(_midnight(tx), Due("card-date", request.code, calendar=True))
    opening.watch(tx, room)
    topic, asked = topics.place(tx, room, request)
    name, priority = below.card(request).name, Priority.COORDINATION
    card = Say(room.id, content, request.code, name, topic, buttons=buttons, priority=priority)
    if sensitive(tx, request):
        return (*asked, card, *words_below(tx, request))
    return (*asked, card, *(_line(tx, room, request, line) for line in _beside_the_card(tx, request)))


def _beside_the_card(tx: Transaction, request: Request) -> list[Spoken]:
    """Of the first words what the card cannot hold."""
    first = _first_words(tx, request)
    return [line for line in first if tx.attachments.of(line.text)] if _fits(tx, first) else first


def refresh(tx: Transaction, request: Request) -> Actions:
    """Bring the card up to date, if there is one."""
    room = tx.chats.coordination_room()
    card = None if room is None else tx.deliveries.named(room.id, below.card(request).name)
    if room is None or card is None:
        return ()
    opening.watch(tx, room)
    if request.state is RequestState.CLOSED:
        topics.rest(tx, room, request)
    topic, asked = topics.place(tx, room, request)
    if topic is not None and request.state is not RequestState.CLOSED and not tx.deliveries.stands_in(card, topic):
        return (*asked, *_moved(tx, room, request, topic))
    content, buttons = _card(tx, request)
    return (*asked, Edit(room.id, below.card(request), content, buttons))


def _moved(tx: Transaction, room: KnownChat, request: Request, topic: InTopic) -> Actions:
    """The card goes into its topic, and the conversation with it: nobody has to look for half of it elsewhere. What
    stands in the old place stays, for whoever is just answering there, and the card's place says where it is now."""
    content, buttons = _card(tx, request)
    instead = (Line(say("card-moved", code=request.code, topic=say(f"need-{request.category}"))),)
    card = Repost(room.id, below.card(request), topic, content, instead, buttons)
    before = tx.deliveries.named(room.id, below.card(request).name)
    if before is not None and tx.lanes.unsent(before.id):
        return (card, *words_below(tx, request))  # nothing of it has been read anywhere
    on_the_card = [] if sensitive(tx, request) else _first_words(tx, request)
    beside = [] if sensitive(tx, request) else _beside_the_card(tx, request)
    lines = [one for one in tx.requests.lines(request.id) if one not in on_the_card or one in beside]
    for line in lines:
        tx.deliveries.let_go(room.id, echoes.reply_name(request, line.id))
    theirs = (*(line_name(request, line) for line in lines), *(f"{request.code}/{key}" for key in ("area", "reach")))
    left = [name for said in theirs if (name := tx.deliveries.let_go(room.id, said)) is not None]
    taken = [Recall(room.id, Named(name)) for name in left] if sensitive(tx, request) else []
    said = [action for line in lines for action in _said(tx, room, request, line)]
    return (card, *said, *words_below(tx, request), *taken)


def _said(tx: Transaction, room: KnownChat, request: Request, line: Spoken) -> Actions:
    """A line of the conversation, whoever said it."""
    return echoes.echoed(tx, request, line) if line.author == "coordinator" else (_line(tx, room, request, line),)


def sensitive(tx: Transaction, request: Request) -> bool:
    """Whether what the member writes stands in the thread alone: a card's beginning is seen on locked telephones."""
    return request.category in tx.policy.sensitive


def words_below(tx: Transaction, request: Request) -> Actions:
    """What the card of a sensitive request no longer says, in its thread; each piece once."""
    room = tx.chats.coordination_room()
    if room is None or not sensitive(tx, request):
        return ()
    return (
        *(_line(tx, room, request, line) for line in _first_words(tx, request)),
        *(below.said(room, request, content, name) for name, content in _answers_below(request).items()),
    )


def _answers_below(request: Request) -> dict[str, Content]:
    """What the member typed in answer to questions, by what shows it below the card."""
    fields = (("area", request.area), ("reach", request.reach))
    return {
        f"{request.code}/{key}": (Line(say(f"card-{key}", **{key: Said(text)})),)
        for key, text in fields
        if text is not None
    }


def answer_changed(tx: Transaction, request: Request) -> Actions:
    """The member has changed what they typed in answer to a question: it is read anew wherever it stands."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    answers = _answers_below(request)
    shown = [name for name in answers if tx.deliveries.named(room.id, name) is not None]
    return (*refresh(tx, request), *(Edit(room.id, Named(name), answers[name]) for name in shown))


def answer_gone(tx: Transaction, request: Request, question: str) -> Actions:
    """The member has taken back what they typed in answer to a question."""
    room, name = tx.chats.coordination_room(), f"{request.code}/{question}"
    if room is None:
        return ()
    shown = () if tx.deliveries.named(room.id, name) is None else (Recall(room.id, Named(name)),)
    return (*refresh(tx, request), *shown)


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
    before = tx.deliveries.named(room.id, below.card(request).name)
    shown = before is not None and before.status != Status.FAILED
    first = _first_words(tx, request)
    lines = [
        line for line in tx.requests.lines(request.id) if line not in first and not _stands(tx, room, request, line)
    ]
    said = [_said(tx, room, request, line) for line in lines]
    return (*(refresh(tx, request) if shown else post(tx, request)), *(say for one in said for say in one))


def _stands(tx: Transaction, room: KnownChat, request: Request, line: Spoken) -> bool:
    names = (line_name(request, line), echoes.reply_name(request, line.id))
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
    shown = first[: next((n for n in range(_SHOWN_TEXTS, 0, -1) if _fits(tx, first[:n])), 1)]
    beginning = (block for one in shown for block in (*attached.lines(tx, one.text), Translated(one.text, most=SHOWN)))
    return (*beginning, Line(say("card-cut"), "italic"))


def _state(tx: Transaction, request: Request) -> Sentence:
    match request.state:
        case RequestState.OPEN:
            return say("card-open", code=request.code)
        case RequestState.CLAIMED:
            return say("card-claimed", code=request.code, name=below.name_of(tx, request.claimed_by))
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
    fields.append(say("card-since", since=below.clock(tx, request.created_at)))
    if request.state is not RequestState.CLOSED:
        fields.append(say("card-unanswered" if request.unanswered else "card-answered"))
    if not tx.chats.get(request.chat).active or not in_private(tx, request):
        fields.append(unreachable(tx, request))
    return fields


def called(tx: Transaction, request: Request) -> Sentence | None:
    """How the last call went."""
    calls = {what: at for what, at in tx.requests.history([request])[request.id].items() if what in CALLS}
    last = max(calls, key=calls.__getitem__, default=None)
    return None if last is None else say(CALLS[last], at=below.clock(tx, calls[last]))


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


def heard(tx: Transaction, request: Request, line: int) -> Actions:
    """The member has written more."""
    return _heard(tx, request, line, "thread-member", True)


def changed(tx: Transaction, request: Request, line: int, replaced: bool) -> Actions:
    """The member has changed what they wrote; a file that was `replaced` is shown as well."""
    return _heard(tx, request, line, "thread-changed", replaced)


def _heard(tx: Transaction, request: Request, line: int, head: str, with_files: bool) -> Actions:
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    if tx.deliveries.named(room.id, below.card(request).name) is None:
        return _all_of(tx, room, request)  # it is open again, in another room than before
    spoken = tx.requests.line(line)[1]
    return (_line(tx, room, request, spoken, head, with_files), *refresh(tx, request))


def _line(
    tx: Transaction,
    room: KnownChat,
    request: Request,
    line: Spoken,
    head: str = "thread-member",
    with_files: bool = True,
) -> Say:
    files = attached.files(tx, line.text) if with_files else ()
    words: Translated | Words = Translated(line.text)
    if line.author == "note":
        head, words = "thread-note", Words(line.text)
    elif line.author == "member" and line.withdrawn_at is not None:
        head = "thread-taken-back"  # they may have hidden it from somebody at home: it is no secret from helpers
    elif files and head == "thread-member":
        head = "thread-member-sent"
    content: Content = (Line(say(head, code=request.code), "bold"), *attached.lines(tx, line.text), words, *files)
    return below.said(room, request, content, line_name(request, line))


def line_name(request: Request, line: Spoken) -> str:
    """What it is called that shows the room a line of the conversation."""
    return f"{request.code}/line/{line.id}"


# --- small things ----------------------------------------------------------------------------------------------------


def _midnight(tx: Transaction) -> datetime:
    tomorrow = tx.now.astimezone(tx.policy.zone) + timedelta(days=1)
    return tomorrow.replace(hour=0, minute=0, second=1, microsecond=0)
