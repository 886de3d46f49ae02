"""What comes with words, or instead of them: kept with its text, shown, and told of where it cannot be passed on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.actions import Named, OnNetwork, Say
from bot.attached import called
from bot.content import Attached, Block, Line, Sentence, say
from bot.events import FileLost
from bot.incoming import Message
from bot.model import Attachment
from bot.ports import LARGEST_FILE
from bot.store.tables import Role
from bot.store.transaction import Transaction
from handlers.situation import Actions


def fitting(event: Message, tx: Transaction) -> list[Attachment]:
    """The files of a message that can be passed on, as far as anybody can tell from their size."""
    most = tx.policy.largest_files.get(event.chat.account, LARGEST_FILE)
    return [one for one in event.attachments if one.size is None or one.size <= most]


def too_large(event: Message, tx: Transaction) -> list[Sentence]:
    """What to tell whoever sent the others."""
    fit = fitting(event, tx)
    return [say("file-too-large", what=called(one)) for one in event.attachments if one not in fit]


def keep(event: Message, text: int, tx: Transaction) -> None:
    """What came with a message belongs to its text from now on."""
    tx.attachments.keep(text, event.chat.account, fitting(event, tx))


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
        sent = tx.copies.message_of(request.chat, line.text)
        reply = None if sent is None else OnNetwork(sent)
        return (Say(request.chat, (told,), request.code, reply_to=reply),)
    if room is None or room.role != Role.COORDINATION:
        return ()
    sent = tx.copies.message_of(room.id, line.text)
    thread = Named(f"{request.code}/card")
    return (Say(room.id, (told,), request.code, thread=thread, reply_to=None if sent is None else OnNetwork(sent)),)
