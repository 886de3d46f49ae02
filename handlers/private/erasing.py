"""`erase`: a member's requests go, from our store at once and from the chats as far as the networks let us.

Two steps. First the contents are gone and everything that stands in a chat is being withdrawn; when the networks have
answered, the last rows go, and the member is told once what could not be removed. Both steps are in the store, so a
crash between them changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.actions import Action, Button, Priority, Say
from bot.content import Content, Line, say
from bot.domain import erasing
from bot.domain.chats import Role
from bot.domain.erasing import COMPACT, Erasure
from bot.domain.requests import Request
from bot.events import Due, Outcome
from bot.incoming import Message
from bot.store.erasing import REPORT, TOLD
from bot.store.transaction import Transaction
from handlers.requests import continuing
from handlers.requests.asking import language_of, tell
from handlers.situation import Actions, Doing, Situation

RESTS = "rests"
"""The timer that runs while the traces of deleted rows are not to be wiped out of the database's pages once more."""

_LOOKS_AGAIN = timedelta(minutes=1)


def erase(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`erase [K7]`: what nobody has seen goes at once; about the rest we ask first."""
    if where.argument:
        return _ask_about_one(event, where, tx)
    held = throw_away(where, tx)
    codes = tuple(request.code for request in reversed(tx.requests.of_chat(where.chat.id)))
    if not codes:
        return _begin((), where, tx)
    return (*(tell(where, tx, say("held-deleted"), to=event) if held else ()), *_ask(codes, where, tx))


def _ask_about_one(event: Message, where: Situation, tx: Transaction) -> Actions:
    assert where.command is not None
    argument = where.argument
    code = where.command.code("K")[0] or (f"K{int(argument)}" if argument.isdecimal() and len(argument) < 10 else None)
    mine = [request.code for request in tx.requests.of_chat(where.chat.id)]
    if code not in mine:
        return tell(where, tx, say("erase-not-yours", code=code or argument), to=event)
    return _ask((code,), where, tx)


def _ask(codes: tuple[str, ...], where: Situation, tx: Transaction) -> Actions:
    """The answer names the codes it was about: a request that somebody makes meanwhile is not erased with them."""
    label = say("button-erase", code=codes[0]) if len(codes) == 1 else say("button-erase-all")
    buttons = ((Button(label, "erase", " ".join(codes)), Button(say("button-keep"), "keep")),)
    return tell(where, tx, say("erase-sure", codes=codes), buttons=buttons)


def confirmed(event: Doing, where: Situation, tx: Transaction) -> Actions:
    assert where.choice is not None
    return _begin(tuple(where.choice.value.split()), where, tx)


def kept(event: Doing, where: Situation, tx: Transaction) -> Actions:
    return tell(where, tx, say("erase-kept"))


def throw_away(where: Situation, tx: Transaction) -> bool:
    """Words that nobody has seen yet; whether there were any."""
    texts = [*continuing.waiting(tx, where.chat.id)]
    if texts:
        tx.dialogues.put(where.chat.id, held=None, which=None)
        tx.texts.delete(texts)
    return bool(texts)


# --- the contents go -------------------------------------------------------------------------------------------------


def _begin(codes: tuple[str, ...], where: Situation, tx: Transaction) -> Actions:
    erasure = Erasure(where.chat.id, codes)
    tx.chats.set_language(where.chat.id, language_of(where, tx))  # the last sentence is said in it, too
    elsewhere: list[int] = []
    actions: list[Action] = []
    for request in tx.requests.of_chat(erasure.chat):
        if request.code in erasure.codes:
            actions += _rooms_hear(request, tx)
            elsewhere += tx.erasing.forget(request, "erased")
    if not tx.requests.of_chat(erasure.chat) and not continuing.waiting(tx, erasure.chat):
        tx.dialogues.save(erasure.chat, {})
    tx.erasing.take_back(erasure, elsewhere, _instead)
    if not tx.erasing.is_under_way(erasure):
        return (*actions, *_end(erasure, tx))
    _look_again(erasure, tx)
    return actions


def _rooms_hear(request: Request, tx: Transaction) -> list[Action]:
    """The helpers who know of it are told that it is gone, and nothing else."""
    told = Line(say("card-erased", code=request.code))
    rooms = (tx.chats.get(room) for room in tx.erasing.rooms_of(request))
    return [Say(room.id, (told,), priority=Priority.COORDINATION) for room in rooms if room.active]


def _instead(role: str, code: str) -> Content:
    """What takes the place of a message of ours that is too old to be withdrawn."""
    in_room = role != Role.PRIVATE and code
    return (Line(say("card-erased", code=code) if in_room else say("erased-message"), "italic"),)


def _look_again(erasure: Erasure, tx: Transaction) -> None:
    tx.schedule.at(tx.now + _LOOKS_AGAIN, Due(REPORT, erasure.name), lane=f"{REPORT}/{erasure.chat}")


# --- the networks have answered --------------------------------------------------------------------------------------


def answered(event: Outcome, tx: Transaction) -> Actions:
    """One of the messages was withdrawn, or will never be."""
    return _end_if_settled(Erasure.named((event.report or "").partition(":")[2]), tx)


def due(event: Due, tx: Transaction) -> Actions:
    """Looks until all is settled: what a network has not done after an hour counts as what it will not do."""
    erasure = Erasure.named(event.subject)
    if tx.erasing.is_under_way(erasure) and not tx.erasing.is_settled(erasure):
        _look_again(erasure, tx)
    return _end_if_settled(erasure, tx)


def _end_if_settled(erasure: Erasure, tx: Transaction) -> Actions:
    if not tx.erasing.is_under_way(erasure) or not tx.erasing.is_settled(erasure):
        return ()
    tx.schedule.cancel(REPORT, erasure.name)
    return _end(erasure, tx)


def _end(erasure: Erasure, tx: Transaction) -> Actions:
    chat = tx.chats.get(erasure.chat)
    remains, everything = tx.erasing.remains(erasure), tx.erasing.is_everything(erasure)
    tx.erasing.end(erasure)
    compact_soon(tx.now + _LOOKS_AGAIN, tx)
    if not chat.active or chat.role != Role.PRIVATE:
        tx.erasing.forget_chat(chat.id)
        return ()
    lines = erasing.told_at_the_end(remains, everything, erasure.codes)
    return (Say(chat.id, tuple(Line(sentence) for sentence in lines), report=f"{TOLD}:{chat.id}"),)


def told(event: Outcome, tx: Transaction) -> Actions:
    """The member knows, or cannot be told: what was needed to tell them goes, too."""
    tx.erasing.forget_told(event.chat)
    if tx.erasing.forget_chat(event.chat):
        compact_soon(tx.now + _LOOKS_AGAIN, tx)  # it may have been told long after the rest was wiped out
    return ()


def compact_soon(at: datetime, tx: Transaction) -> None:
    """At that moment, unless it was done lately: whoever erases again and again does not hold up everybody."""
    rests_until = tx.schedule.planned(RESTS)
    tx.schedule.no_later(at if rests_until is None else max(at, rests_until), Due(COMPACT))


def compact(event: Due, tx: Transaction) -> Actions:
    tx.erasing.remove_unsaid()  # it looks through all that was ever said: not every hour
    tx.stirred.add("rebuild")
    tx.schedule.at(tx.now + erasing.rest_after(tx.erasing.file_size()), Due(RESTS))
    return ()
