"""What comes with words, or instead of them: kept with its text, shown, and told of where it cannot be passed on."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace as changed

from bot.actions import OnNetwork, Say
from bot.content import Attached, Block, Line, Sentence, say
from bot.domain.chats import Role
from bot.events import FileLost
from bot.files.attached import called
from bot.incoming import Edited, Message
from bot.model import Attachment
from bot.ports import LARGEST_FILE
from bot.store.transaction import Transaction
from handlers.requests import below
from handlers.situation import Actions


def fitting(event: Message | Edited, tx: Transaction) -> list[Attachment]:
    """The files of a message that can be passed on, as far as anybody can tell from their size."""
    most = tx.policy.largest_files.get(event.chat.account, LARGEST_FILE)
    return [one for one in event.attachments if one.size is None or one.size <= most]


def too_large(event: Message | Edited, tx: Transaction) -> list[Sentence]:
    """What to tell whoever sent the others."""
    fit = fitting(event, tx)
    return [say("file-too-large", what=called(one)) for one in event.attachments if one not in fit]


def keep(event: Message, text: int, tx: Transaction) -> None:
    """What came with a message belongs to its text from now on."""
    tx.attachments.keep(text, event.chat.account, fitting(event, tx))


def says_nothing(event: Edited, before: int, tx: Transaction) -> bool:
    """Whether a changed message has neither words nor a file: then it is none that anybody could have written."""
    return not (event.text or event.attachments or tx.attachments.of(before))


def is_replaced(event: Edited, before: int, tx: Transaction) -> bool:
    """Whether a changed message has other files than came with its text `before`. A network may tell the same one by
    another key."""
    if not event.attachments:
        return False
    now, had = fitting(event, tx), [kept.attachment for kept in tx.attachments.of(before)]
    return len(now) != len(had) or not all(
        one.key == other.key or changed(one, key=other.key) == other for one, other in zip(now, had, strict=True)
    )


def renew(event: Edited, text: int, tx: Transaction) -> None:
    """A changed message still has its text: the files that it has now belong to that."""
    if is_replaced(event, text, tx):
        tx.attachments.forget([text])
        tx.attachments.keep(text, event.chat.account, fitting(event, tx))


def go_on(event: Edited, before: int, text: int, tx: Transaction) -> None:
    """A changed message has a new text: the files that it has now belong to that."""
    if is_replaced(event, before, tx):
        tx.attachments.keep(text, event.chat.account, fitting(event, tx))
    else:
        tx.attachments.copy(before, text)


def named(tx: Transaction, text: int) -> list[Sentence]:
    """What came with a text, in words: "voice message, 0:12"."""
    return [called(kept.attachment) for kept in tx.attachments.of(text)]


def lines(tx: Transaction, text: int) -> tuple[Block, ...]:
    """The same, a line for each."""
    return tuple(Line(what, "italic") for what in named(tx, text))


def files(tx: Transaction, text: int) -> tuple[Block, ...]:
    """What came with a text, itself."""
    return (Attached(text),) if tx.attachments.of(text) else ()


def once(event: Message | None) -> str | None:
    """What an answer is called that several photos sent as one need only once."""
    return None if event is None or event.album is None else f"album/{event.album}"


def came_with(tx: Transaction, texts: Sequence[int]) -> bool:
    """Whether anything did with these texts."""
    return any(tx.attachments.of(text) for text in texts)


def lost(event: FileLost, tx: Transaction) -> Actions:
    """It could not be passed on: whoever sent it is told, below what they sent."""
    found = tx.requests.line_of_text(event.text)
    room = tx.chats.coordination_room()
    whats = named(tx, event.text)
    if not whats:
        return ()
    told = Line(say("file-too-large" if event.too_large else "file-lost", what=tuple(whats)))
    if (said := tx.links.of_text(event.text)) is not None:
        name = f"{said.name}/lost"  # once, in however many chats it is missing
        return (Say(said.chat, (told,), said.subject, name, reply_to=OnNetwork(said.network_id)),)
    if found is None:
        return ()
    request, line = found
    if line.author == "member":
        if tx.chats.get(request.chat).role != Role.PRIVATE:
            return ()  # others have joined: what was sent in private is not for them
        sent = tx.copies.message_of(request.chat, line.text)
        reply = None if sent is None else OnNetwork(sent)
        return (Say(request.chat, (told,), request.code, reply_to=reply),)
    if room is None or room.role != Role.COORDINATION:
        return ()
    sent = tx.copies.message_of(room.id, line.text)
    reply = None if sent is None else OnNetwork(sent)
    return (Say(room.id, (told,), request.code, thread=below.card(request), reply_to=reply),)
