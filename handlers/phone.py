"""A number to call: asked for, kept apart, and shown in private to whoever has claimed the request, to nobody else."""

from __future__ import annotations

from dataclasses import replace

from bot import phones
from bot.actions import Action, Button, Buttons, Edit, LookFor, Named, OnNetwork, OpenPrivate, Priority, Recall, Say
from bot.chats import KnownChat
from bot.content import Line, Words, say
from bot.incoming import Edited, Message
from bot.model import Text, joined
from bot.requests import RECENT, Request, RequestState
from bot.store.tables import Status
from bot.store.transaction import Transaction
from handlers import below, cards
from handlers.situation import Actions, Situation

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

_LONGEST = 200  # characters; of whoever writes more, only the number is kept apart
_SHORT = 40  # characters in which some digits were meant as a number


# --- given by the member ---------------------------------------------------------------------------------------------


def typed(event: Message, where: Situation, tx: Transaction) -> Actions | None:
    """Words with a number in answer to the question for it; None for words about anything else."""
    request, asked = _waiting_for_number(event, where, tx)
    words = event.text.plain.strip()
    if request is None or event.attachments:
        return None
    if phones.find(words) is None:
        near = asked and len(words) <= _SHORT and any(character.isdecimal() for character in words)
        return (_unclear(request, event),) if near else None
    if len(words) > _LONGEST or not (asked or phones.is_number(words)):
        return None
    if request.phone is not None:
        text, known = request.phone, tx.texts.get(request.phone).text
        if phones.find(phones.masked(event.text, known.plain).plain) is None:
            return None  # the same number once more
        tx.texts.replace(text, known + Text("\n") + _on_one_line(event.text), None)
    else:
        text = tx.texts.add(_on_one_line(event.text), None)
    tx.copies.came_in(where.chat.id, event.id, request.code, text)
    kept = _keep(replace(request, phone=text), tx)
    thanks = Line(say("intake-phone-kept"))
    told = () if asked else below.in_thread(tx, request, Line(say("thread-number", code=request.code)))
    return (*kept, *told, Say(request.chat, (thanks,), request.code, reply_to=OnNetwork(event.id)))


def _waiting_for_number(event: Message, where: Situation, tx: Transaction) -> tuple[Request | None, bool]:
    """The request that a number would be for, and whether it was asked for just now. Another number than the one that
    we have is for the same eyes."""
    state, last = tx.dialogues.get(where.chat.id), tx.deliveries.last_about(where.chat.id)
    spoken_of = where.subject or ("" if last is None else last[1])
    mine = [r for r in tx.requests.of_chat(where.chat.id, open_only=True) if r.code == spoken_of]
    for request in mine:
        if state.get("question") == "phone" and state.get("request") == request.number:
            return (request, True) if tx.now - request.heard_at <= RECENT else (None, False)
    calls = [request for request in mine if request.answer_by == "call"]
    free = not {"held", "which"} & state.keys()
    return (calls[0], False) if len(calls) == 1 == len(mine) and free else (None, False)


def _unclear(request: Request, event: Message) -> Say:
    buttons: Buttons = ((Button(say("button-skip"), "intake-phone", "skip"),),)
    told = Line(say("intake-phone-unclear"))
    return Say(request.chat, (told,), request.code, reply_to=OnNetwork(event.id), buttons=buttons)


def _keep(request: Request, tx: Transaction) -> Actions:
    tx.requests.save(request)
    if tx.dialogues.get(request.chat).get("question") == "phone":
        tx.dialogues.put(request.chat, request=None, question=None)
    back = () if request.claimed_by is None else take_away(tx, request, request.claimed_by)
    return (*cards.refresh(tx, request), *back, *hand_over(tx, request))


def kept_apart(event: Message, where: Situation, tx: Transaction) -> tuple[Message, Actions]:
    """A long story with the number in it, a photo with it, or the number once more: the words go on without its digits.
    And what is to be done about a number that is new."""
    request, asked = _waiting_for_number(event, where, tx)
    found = phones.numbers(event.text.plain)
    kept: Actions = ()
    more = bool(event.attachments) or len(event.text.plain.strip()) > _LONGEST
    if asked and request is not None and found and more:
        kept = _keep(replace(request, phone=tx.texts.add(found, None)), tx)
    return replace(event, text=without_number(event.text, where.chat.id, tx)), kept


def without_number(words: Text, chat: int, tx: Transaction) -> Text:
    """The member's words as others may see them."""
    for request in tx.requests.of_chat(chat):
        if request.phone is not None:
            words = phones.masked(words, tx.texts.get(request.phone).text.plain)
    return words


def edited(event: Edited, before: int, request: Request, tx: Transaction) -> Actions | None:
    """The member has changed a message that is a number, with a slip of the finger maybe, or has made it one; None
    where it is none now."""
    words = event.text.plain
    if before != request.phone:
        kept = before in (request.area, request.reach) or phones.is_hidden(tx.texts.get(before).text.plain)
        with_file = event.attachments or tx.attachments.of(before)
        new = phones.is_number(without_number(event.text, request.chat, tx).plain)
        made_one = request.answer_by == "call" and new and not kept and not with_file
        return _made_one(event, request, tx) if made_one else None
    slip = any(map(str.isdecimal, words)) and not any(map(str.isalpha, words))
    if phones.find(words) is None and not slip:
        return None
    lines, place = _its_line(event.id, request, tx)
    lines[place] = _on_one_line(event.text)
    now = joined(lines, "\n")
    if now == tx.texts.get(before).text:
        return ()
    tx.texts.replace(request.phone, now, None)
    return _keep(request, tx)


def _made_one(event: Edited, request: Request, tx: Transaction) -> Actions:
    """A message that was something else is a number now: it is no more for the others than one that was typed."""
    words = _on_one_line(event.text)
    new = request.phone is None
    request = replace(request, phone=tx.texts.add(words, None)) if new else request
    assert request.phone is not None
    tx.copies.reads_now(request.chat, event.id, request.phone)
    if not new:
        lines = _lines(tx.texts.get(request.phone).text)
        lines.insert(_place(event.id, request, tx, len(lines) + 1), words)
        tx.texts.replace(request.phone, joined(lines, "\n"), None)
    return (*_keep(request, tx), *below.in_thread(tx, request, Line(say("thread-number", code=request.code))))


def taken_back(message: str, request: Request, tx: Transaction) -> Actions:
    """A message that is a number is gone, or has none any more; what the member has given in others stays."""
    assert request.phone is not None
    lines, place = _its_line(message, request, tx)
    tx.copies.reads_now(request.chat, message, None)
    del lines[place]
    if not lines:
        return deleted(request, tx)
    tx.texts.replace(request.phone, joined(lines, "\n"), None)
    return _keep(request, tx)


# What we have is a line for each message that is a number, in their order; above them, the numbers from among words.


def _on_one_line(words: Text) -> Text:
    return Text(words.plain.replace("\n", " "), words.spans)


def _lines(known: Text) -> list[Text]:
    lines, start = [], 0
    for line in known.plain.split("\n"):
        lines.append(known[start : start + len(line)])
        start += len(line) + 1
    return lines


def _place(message: str, request: Request, tx: Transaction, lines: int) -> int:
    """Which of so many lines a message is."""
    assert request.phone is not None
    messages = tx.copies.messages_of(request.chat, request.phone)
    return max(0, lines - len(messages) + messages.index(message))


def _its_line(message: str, request: Request, tx: Transaction) -> tuple[list[Text], int]:
    """The lines of what we have, and which of them a message is."""
    assert request.phone is not None
    known = tx.texts.get(request.phone).text
    if len(tx.copies.messages_of(request.chat, request.phone)) == 1 and not _stands_elsewhere(message, request, tx):
        return [known], 0  # an earlier version kept its lines
    lines = _lines(known)
    return lines, _place(message, request, tx, len(lines))


def among_changed(words: Text, before: int, message: str, request: Request, tx: Transaction) -> tuple[Request, Actions]:
    """The member has changed, or taken back (then there are no `words`), a message in which the number stood among
    others, `before`: another number there takes its place, and none at all takes it back, unless it may stand among
    the words of another message as well. What messages say that are a number stays."""
    if request.phone is None or not phones.is_hidden(tx.texts.get(before).text.plain):
        return request, ()
    known = tx.texts.get(request.phone).text.plain
    alone = len(tx.copies.messages_of(request.chat, request.phone))
    stays = known if _stands_elsewhere(message, request, tx) else "\n".join(known.split("\n")[-alone:] if alone else ())
    new = phones.numbers(phones.masked(words, stays).plain)
    now = "\n".join(part for part in (new, stays) if part)
    if not now:
        return replace(request, phone=None), deleted(request, tx)
    if now == known:
        return request, ()
    tx.texts.replace(request.phone, Text(now), None)
    return request, _keep(request, tx)


def _stands_elsewhere(message: str, request: Request, tx: Transaction) -> bool:
    said = tx.copies.texts_about(request.chat, request.code, but=message)
    return any(text != request.phone and phones.is_hidden(tx.texts.get(text).text.plain) for text in said)


def deleted(request: Request, tx: Transaction) -> Actions:
    """The member has taken back all that they have given."""
    assert request.phone is not None
    back = () if request.claimed_by is None else take_away(tx, request, request.claimed_by)
    changed = replace(request, phone=None)
    tx.requests.save(changed)
    tx.texts.delete([request.phone])
    return (*back, *cards.refresh(tx, changed))


# --- shown to whoever has claimed ------------------------------------------------------------------------------------


def hand_over(tx: Transaction, request: Request) -> Actions:
    """Whoever has claimed the request gets the number in private, or the way there."""
    person = request.claimed_by
    if person is None or not is_for(request, person):
        return ()
    chat = tx.chats.private_of(person)
    if chat is None:
        return invite(tx, request, person) or way_there(tx, request)
    return give(tx, request, person, chat)


def give(tx: Transaction, request: Request, person: int, chat: KnownChat, language: str | None = None) -> Actions:
    """Show them the number as soon as it is known that they are in the room still. `language`: they have asked for it
    in that chat."""
    room = tx.chats.coordination_room()
    if room is None or tx.chats.address_of(person).account != room.address.account:
        return not_sure(tx, request, person, chat, language)
    if room.address.account not in tx.policy.knows_members:
        return show(tx, request, person, chat, language)
    return (LookFor(room.id, person, f"{LOOKED_FOR}:{person}:{request.code}:{chat.id}:{language or ''}"),)


def not_sure(tx: Transaction, request: Request, person: int, chat: KnownChat, language: str | None) -> Actions:
    """Nobody can say whether they are in the room: rather no number than one for somebody who has left."""
    name, command = below.name_of(tx, person), f"!number {request.code}"
    told = Line(say("call-not-sure", code=request.code, name=name, command=command))
    return below.in_thread(tx, request, told) if language is None else (Say(chat.id, (told,), language=language),)


def is_for(request: Request, person: int) -> bool:
    """Whether there is a number, for that person."""
    return request.phone is not None and request.state is RequestState.CLAIMED and request.claimed_by == person


def invite(tx: Transaction, request: Request, person: int, *why: str) -> Actions:
    """Open a private chat with them, where their network lets us: the room hears how to come there afterwards."""
    room = tx.chats.coordination_room()
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


def show(tx: Transaction, request: Request, person: int, chat: KnownChat, language: str | None) -> Actions:
    """The room hears of it, unless they have asked for it: then it stands only where they did."""
    if language is not None:
        return (*take_away(tx, request, person), _number(tx, request, chat, language))
    if _stands(tx, request, chat):
        return ()  # looked for twice, as the number was changed meanwhile or they have claimed it anew
    sent = Line(say("call-sent", code=request.code, name=below.name_of(tx, person)))
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
    name = _name(request, _times_shown(tx, request, chat) + 1)
    return Say(chat.id, content, request.code, name, buttons=buttons, language=language)


def take_away(tx: Transaction, request: Request, person: int) -> Actions:
    """Whoever no longer looks after a request no longer has the number, as far as the network allows: wherever they
    were shown it, be they alone there still or not."""
    return [action for chat in tx.chats.of_helper(person) for action in take_from(tx, request, chat)]


def take_from(tx: Transaction, request: Request, chat: KnownChat) -> Actions:
    """The number goes from one chat. First the words, then the message: some networks edit what they no longer
    delete."""
    times = _times_shown(tx, request, chat)
    if times == 0:
        return ()
    shown = Named(_name(request, times))
    delivery = tx.deliveries.named(chat.id, shown.name)
    if delivery is None or delivery.status in (Status.DROPPED, Status.FAILED):
        return ()
    gone = (Line(say("call-gone", code=request.code)),)
    actions: list[Action] = [Recall(chat.id, shown)]
    if not tx.lanes.unsent(delivery.id):
        actions.insert(0, Edit(chat.id, shown, gone, priority=Priority.ANSWER))
    return actions


def _stands(tx: Transaction, request: Request, chat: KnownChat) -> bool:
    """Whether they have the number there, or it is on its way: one that has changed since was taken away."""
    said = tx.deliveries.says(chat.id, _name(request, _times_shown(tx, request, chat))) or ()
    return any(isinstance(block, Words) for block in said)


def _name(request: Request, times: int) -> str:
    return f"{request.code}/number/{times}"


def _times_shown(tx: Transaction, request: Request, chat: KnownChat) -> int:
    times = 0
    while tx.deliveries.named(chat.id, _name(request, times + 1)) is not None:
        times += 1
    return times
