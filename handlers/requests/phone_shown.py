"""A number to call, shown in private to whoever has claimed the request, and to nobody else.

It is handed over in steps, because networks answer later: a private chat with them is found or opened, they are looked
for in the coordination room, and only then is it shown. At each step they may have let go of the request meanwhile.
"""

from __future__ import annotations

from bot.actions import Action, Button, Buttons, Edit, LookFor, Named, OpenPrivate, Priority, Recall, Say
from bot.content import Line, Words, say
from bot.domain.chats import KnownChat
from bot.domain.requests import Request, RequestState
from bot.store.tables import Status
from bot.store.transaction import Transaction
from handlers.repeated import last_name, next_name
from handlers.requests import below
from handlers.situation import Actions

LINK = "c-"
"""What the payload of the link to a number begins with: c-K7."""

LOOKED_FOR = "number"
"""The report of the look whether somebody is in the room who is to have a number: who, for which request, in which
private chat and, if they have asked for it there, in which language, with colons between."""

OPENED = "private"
"""The report of a private chat that is to be opened, with whose it is, for which request and, if so, that they CAME,
with colons between."""
CAME = "came"
"""They have come into a private chat, and this is to find out whether it is the one."""


def is_for(request: Request, person: int) -> bool:
    """Whether there is a number, for that person."""
    return request.phone is not None and request.state is RequestState.CLAIMED and request.claimed_by == person


def hand_over(tx: Transaction, request: Request) -> Actions:
    """Whoever has claimed the request gets the number in private, or the way there."""
    if request.claimed_by is None or not is_for(request, request.claimed_by):
        return ()
    chat = tx.chats.private_of(request.claimed_by)
    if chat is None:
        return invite(tx, request) or way_there(tx, request)
    return show_if_in_room(tx, request, chat)


def invite(tx: Transaction, request: Request, *why: str) -> Actions:
    """Open a private chat with its claimer, where their network lets us: the room hears how to come there, later."""
    person, room = _claimer(request), tx.chats.coordination_room()
    if room is None or room.address.account not in tx.policy.opens_private:
        return ()
    if tx.chats.address_of(person).account != room.address.account:
        return ()
    return (OpenPrivate(room.id, person, ":".join((OPENED, str(person), request.code, *why))),)


def way_there(tx: Transaction, request: Request) -> Actions:
    """A link that only its claimer can use, and the words for networks whose links carry nothing."""
    room = tx.chats.coordination_room()
    if room is None:
        return ()
    told = say(
        "call-open-chat",
        name=below.name_of(tx, request.claimed_by),
        code=request.code,
        command=f"!number {request.code}",
    )
    link = tx.accounts.get(room.address.account).private_link.replace("{start}", f"{LINK}{request.code}")
    buttons: Buttons = ((Button(say("button-get-number"), url=link),),) if link else ()
    return below.in_thread(tx, request, Line(told), buttons=buttons)


def show_if_in_room(tx: Transaction, request: Request, chat: KnownChat, asked_in: str | None = None) -> Actions:
    """Show its claimer the number in that chat, as soon as it is known that they are in the room still. `asked_in`:
    they have asked for it there, in that language."""
    person, room = _claimer(request), tx.chats.coordination_room()
    if room is None or tx.chats.address_of(person).account != room.address.account:
        return not_sure(tx, request, chat, asked_in)
    if room.address.account not in tx.policy.knows_members:
        return show(tx, request, chat, asked_in)
    return (LookFor(room.id, person, f"{LOOKED_FOR}:{person}:{request.code}:{chat.id}:{asked_in or ''}"),)


def not_sure(tx: Transaction, request: Request, chat: KnownChat, asked_in: str | None) -> Actions:
    """Nobody can say whether they are in the room: rather no number than one for somebody who has left."""
    name, command = below.name_of(tx, request.claimed_by), f"!number {request.code}"
    told = Line(say("call-not-sure", code=request.code, name=name, command=command))
    return below.in_thread(tx, request, told) if asked_in is None else (Say(chat.id, (told,), language=asked_in),)


def show(tx: Transaction, request: Request, chat: KnownChat, asked_in: str | None) -> Actions:
    """The room hears of it, unless they have asked for it: then it stands only where they did."""
    if asked_in is not None:
        return (*take_away(tx, request), _number(tx, request, chat, asked_in))
    if _stands(tx, request, chat):
        return ()  # looked for twice, as the number was changed meanwhile or they have claimed it anew
    sent = Line(say("call-sent", code=request.code, name=below.name_of(tx, request.claimed_by)))
    return (_number(tx, request, chat), *below.in_thread(tx, request, sent))


def _number(tx: Transaction, request: Request, chat: KnownChat, language: str | None = None) -> Say:
    assert request.phone is not None
    content = (
        Line(say("call-head", code=request.code), "bold"),
        Words(request.phone),
        Line(say("call-hint"), "italic"),
    )
    results = ("reached", "not-reached")
    buttons = (tuple(Button(say(f"button-{result}"), "called", result, lasting=True) for result in results),)
    name = next_name(tx, chat.id, _name(request))
    return Say(chat.id, content, request.code, name, buttons=buttons, language=language)


def _stands(tx: Transaction, request: Request, chat: KnownChat) -> bool:
    """Whether they have the number there, or it is on its way: one that has changed since was taken away."""
    name = last_name(tx, chat.id, _name(request))
    said = None if name is None else tx.deliveries.says(chat.id, name)
    return any(isinstance(block, Words) for block in said or ())


def take_away(tx: Transaction, request: Request) -> Actions:
    """Whoever has claimed the request no longer has the number, as far as the network allows: wherever they were shown
    it, be they alone there still or not."""
    chats = () if request.claimed_by is None else tx.chats.of_helper(request.claimed_by)
    return [action for chat in chats for action in take_from(tx, request, chat)]


def take_from(tx: Transaction, request: Request, chat: KnownChat) -> Actions:
    """The number goes from one chat. First the words, then the message: some networks edit what they no longer
    delete."""
    name = last_name(tx, chat.id, _name(request))
    delivery = None if name is None else tx.deliveries.named(chat.id, name)
    if delivery is None or delivery.status in (Status.DROPPED, Status.FAILED):
        return ()
    shown, gone = Named(delivery.name), (Line(say("call-gone", code=request.code)),)
    actions: list[Action] = [Recall(chat.id, shown)]
    if not tx.lanes.unsent(delivery.id):
        actions.insert(0, Edit(chat.id, shown, gone, priority=Priority.ANSWER))
    return actions


def _claimer(request: Request) -> int:
    assert request.claimed_by is not None
    return request.claimed_by


def _name(request: Request) -> str:
    return f"{request.code}/number"
