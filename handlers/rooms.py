"""What the conversations in an organisation's room share: how it is answered, and which notice is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.actions import Action, Answer, Buttons, Edit, Named, OnNetwork, Say
from bot.catalogue import language_name, own_name
from bot.content import Content, Line, Sentence, say
from bot.domain.chats import KnownChat, Organisation, Role
from bot.domain.notices import Notice
from bot.domain.rights import Act, refusal
from bot.incoming import Message, Pressed
from bot.model import Text
from bot.store.transaction import Transaction
from bot.text import languages
from bot.text.mentions import naming_nobody
from handlers.situation import Doing, Situation

_ROOMS = frozenset({Role.COORDINATION.value, Role.ORGANISATION.value, Role.GROUP.value})


# --- answering -------------------------------------------------------------------------------------------------------


def reply(
    event: Doing,
    where: Situation,
    content: Content,
    subject: str | None = None,
    name: str | None = None,
    buttons: Buttons = (),
) -> Say:
    """Answer where it was said. A room has one language; somebody who is alone with the bot has their own."""
    about = where.subject if subject is None else subject
    if isinstance(event, Message):
        answered = OnNetwork(event.id)
        thread: OnNetwork | Named | None = OnNetwork(event.thread) if event.thread else None
    else:
        answered = OnNetwork(event.message)
        thread = Named(f"{about}/card") if about else None
    return Say(
        where.chat.id,
        content,
        about,
        name,
        thread,
        answered,
        buttons,
        None if where.chat.role in _ROOMS else where.language,
    )


def tell(event: Doing, where: Situation, *sentences: Sentence, subject: str | None = None) -> tuple[Action, ...]:
    """Answer with sentences alone."""
    return (reply(event, where, tuple(Line(sentence) for sentence in sentences), subject),)


def note(event: Doing, where: Situation, sentence: Sentence) -> tuple[Action, ...]:
    """A word to whoever did it: to the presser alone where a button was pressed."""
    if isinstance(event, Pressed):
        return (Answer(where.chat.id, event, sentence),)
    return tell(event, where, sentence)


def tell_all(chats: Iterable[KnownChat], *sentences: Sentence) -> list[Action]:
    """Say the same in several chats, in answer to nothing."""
    return [Say(chat.id, tuple(Line(sentence) for sentence in sentences)) for chat in chats]


def tail(text: Text, end: str) -> Text:
    """The last part of a text, with its spans; `end` is what its plain words end with, but for white space and for what
    is no part of them. It is read elsewhere: who is mentioned in it is only named."""
    found = text.plain.rfind(end)
    stop = len(text.plain.rstrip()) if found < 0 else found + len(end)
    return naming_nobody(text[stop - len(end) : stop])


# --- which notice ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meant:
    """The notice that a command speaks of, the organisation whose room it was given in, what followed the code."""

    notice: Notice
    organisation: Organisation
    rest: str


def meant(act: Act, where: Situation, tx: Transaction) -> Meant | Sentence:
    """By the code in the command, else by the thread; or why it cannot be done."""
    assert where.command is not None
    code, rest = where.command.code("N")
    if code is None and where.subject.startswith("N"):
        code = where.subject
    if code is None:
        return say("notice-which", example=f"!{where.command.name} N1")
    return checked(act, code, rest, where, tx)


def checked(act: Act, code: str, rest: str, where: Situation, tx: Transaction) -> Meant | Sentence:
    """The notice with that code, if this room's organisation may do that with it; else why not."""
    notice = numbered(tx, code)
    if where.chat.organisation is None:
        return say("notice-wrong-room")
    if notice is None:
        return say("notice-unknown", code=code)
    organisation = tx.chats.organisation(where.chat.organisation)
    involved = organisation.id in tx.notices.reached(notice.id)
    no = refusal(act, notice, organisation.id, involved)
    if no is not None:
        return why(no, tx, notice)
    return Meant(notice, organisation, rest)


def why(key: str, tx: Transaction, notice: Notice) -> Sentence:
    """A refusal in words."""
    return say(
        key,
        code=notice.code,
        organisation=tx.chats.organisation(notice.organisation).name,
        pass_command=f"!pass {notice.code}",
        publish_command=f"!publish {notice.code}",
    )


def numbered(tx: Transaction, code: str) -> Notice | None:
    return tx.notices.numbered(int(code.removeprefix("N")))


# --- where a notice is spoken of -------------------------------------------------------------------------------------


def card(notice: Notice) -> Named:
    """What an organisation's room is shown first of a notice; its thread begins with it."""
    return Named(f"{notice.code}/card")


def involved(tx: Transaction, notice: Notice) -> list[int]:
    """The organisations that have to do with it: who wrote it, then those whose groups receive it."""
    return list(dict.fromkeys([notice.organisation, *tx.notices.reached(notice.id)]))


def card_rooms(tx: Transaction, notice: Notice) -> list[KnownChat]:
    """The rooms in which its card stands."""
    return [room for organisation in involved(tx, notice) for room in _shown_in(tx, notice, organisation)]


def writers_rooms(tx: Transaction, notice: Notice) -> list[KnownChat]:
    """Those of them in which whoever wrote it speaks of it."""
    return _shown_in(tx, notice, notice.organisation)


def _shown_in(tx: Transaction, notice: Notice, organisation: int) -> list[KnownChat]:
    rooms = tx.chats.with_role(Role.ORGANISATION, organisation)
    return [room for room in rooms if tx.deliveries.named(room.id, card(notice).name) is not None]


def below(room: KnownChat, notice: Notice, content: Content, name: str | None = None, buttons: Buttons = ()) -> Say:
    """Say something in the notice's thread in a room."""
    return Say(room.id, content, notice.code, name, card(notice), buttons=buttons)


def edit(tx: Transaction, room: KnownChat, name: str, content: Content, buttons: Buttons = ()) -> tuple[Edit, ...]:
    """Change what stands there, unless it says just that already."""
    if tx.deliveries.says(room.id, name) in (None, content):
        return ()
    return (Edit(room.id, Named(name), content, buttons),)


def language_named(word: str, where: Situation, tx: Transaction) -> str | None:
    """A code ("pt", "por"), or the name of a language we work in, in its own words or in the room's."""
    code = languages.normalise(word)
    if languages.knows(languages.engine_code(code)):
        return code
    room = tx.policy.language_in(where.chat)
    for known in tx.policy.languages:
        if word.casefold() in (own_name(known).casefold(), language_name(known, room).casefold()):
            return known
    return None
