"""Looking through requests in the coordination room: `list [FILTER]` and `find WORDS`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot import commands
from bot.actions import OnNetwork, Say
from bot.catalogue import language_name, own_name
from bot.content import Arg, Content, LanguageName, Line, Said, Words, say
from bot.domain.requests import CATEGORIES, Request, RequestState
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.requests import below, cards
from handlers.situation import Actions, Situation
from handlers.spoken import folded, place, spoken

_ROWS = 30
_HITS = 10
_NOTHING = (Line(say("find-nothing")),)
_BEFORE, _EXCERPT = 30, 90  # characters before what was found, and in all


def list(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`list`: what is open; `list FILTER`: mine, unanswered, unclaimed, closed, a category, a language or an area."""
    filter = folded(where.argument).strip()
    if (request := _by_code(where, tx)) is not None:
        return _shown(event, request, where, tx)
    looked_through = tx.requests.all() if filter == "closed" else tx.requests.open()
    found = [request for request in looked_through if _fits(request, filter, where, tx)]
    if not found:
        return _answer(event, where, (Line(say("list-empty")),))
    found.sort(key=lambda request: not request.unanswered)  # of many those at the end are only named
    rows = [_row(tx, request) for request in found[:_ROWS]]
    return _answer(event, where, (*rows, *_more(found[_ROWS:])))


def _more(unshown: Sequence[Request]) -> Content:
    return (Line(say("list-more", codes=tuple(request.code for request in unshown))),) if unshown else ()


def _fits(request: Request, filter: str, where: Situation, tx: Transaction) -> bool:
    language = tx.policy.language_in(where.chat)
    match filter:
        case "closed":
            return request.state is RequestState.CLOSED
        case "" | "open":
            return True
        case "mine":
            return request.claimed_by == where.person.id
        case "unclaimed":
            return request.state is RequestState.OPEN
        case "unanswered":
            return request.unanswered
        case _ if filter in (needs := _needs(language)):
            return request.category == needs[filter]
        case _:
            return filter in _names_of(request.language, language) or _is_in(request, filter, tx)


def _needs(language: str) -> dict[str, str]:
    return spoken("need-", CATEGORIES, language)


def _names_of(language: str, reader: str) -> set[str]:
    return {
        folded(name) for name in (language, own_name(language), *(language_name(language, r) for r in (reader, "en")))
    }


def _is_in(request: Request, area: str, tx: Transaction) -> bool:
    return request.area is not None and area in folded(tx.texts.get(request.area).text.plain)


def _row(tx: Transaction, request: Request) -> Line:
    what: Arg = "–" if request.category is None else say(f"need-{request.category}")
    state = say(f"state-{request.state.value}", name=below.name_of(tx, request.claimed_by))
    return Line(
        say(
            "list-row",
            code=request.code,
            state=state,
            what=what,
            area="–" if request.area is None or cards.sensitive(tx, request) else Said(request.area),
            language=LanguageName(request.language),
            since=below.clock(tx, request.created_at),
            waiting=say("card-unanswered" if request.unanswered else "card-answered"),
        )
    )


def find(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`find WORDS`: the requests in which somebody said them, in the original or its translation."""
    words = folded(where.argument).strip()
    if not words:
        return _answer(event, where, (Line(say("find-how")),))
    if (request := _by_code(where, tx)) is not None:
        return _shown(event, request, where, tx)
    language = tx.policy.language_in(where.chat)
    places = ((request, _place(request, words, language, tx)) for request in reversed(tx.requests.all()))
    found = [(request, place) for request, place in places if place is not None]
    content: Content = tuple(block for request, place in found[:_HITS] for block in _hit(tx, request, place))
    return _answer(event, where, (*content, *_more([request for request, _ in found[_HITS:]])) or _NOTHING)


def _hit(tx: Transaction, request: Request, place: Words) -> Content:
    name = below.name_of(tx, request.claimed_by)
    head = Line(say("find-row", code=request.code, state=say(f"state-{request.state.value}", name=name)), "bold")
    return (head,) if cards.sensitive(tx, request) else (head, place)


def _place(request: Request, words: str, language: str, tx: Transaction) -> Words | None:
    """Where in the request's texts the words stand first; else the first of them, if all stand somewhere there."""
    texts = tuple(_texts(request, language, tx))
    each = words.split()
    if not any(words in text for _, text in texts):
        if not all(any(word in text for _, text in texts) for word in each):
            return None
        words = each[0]
    found = next(id for id, text in texts if words in text)
    at = place(words, tx.texts.get(found).text.plain) or 0
    return Words(found, "quote", max(0, at - _BEFORE), _EXCERPT)


def _texts(request: Request, language: str, tx: Transaction) -> Iterator[tuple[int, str]]:
    """All that was said about it, and how that reads in a language, as it is looked through."""
    spoken = [line.text for line in tx.requests.lines(request.id)]
    for text in (*spoken, *(text for text in (request.area, request.reach) if text is not None)):
        translation = tx.texts.translation(text, language)
        for id in (text, translation.result if translation else None):
            if id is not None:
                yield id, folded(tx.texts.get(id).text.plain)


def _by_code(where: Situation, tx: Transaction) -> Request | None:
    code = commands.code_in(where.argument, "K")
    return None if code is None else tx.requests.by_code(code)


def _shown(event: Message, request: Request, where: Situation, tx: Transaction) -> Actions:
    """In reply to the card of that code: one tap leads there, however far up it stands; below it where it stands in a
    topic of its own."""
    card, row = below.card(request), (_row(tx, request),)
    if tx.deliveries.named(where.chat.id, card.name) is None:
        return _answer(event, where, row)
    if where.chat.has_topics:
        return (Say(where.chat.id, row, request.code, thread=card),)
    return (Say(where.chat.id, row, request.code, reply_to=card),)


def _answer(event: Message, where: Situation, content: Content) -> Actions:
    return (Say(where.chat.id, content, reply_to=OnNetwork(event.id)),)
