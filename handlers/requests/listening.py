"""What members say in voice messages, written down by a computer for whoever cannot listen, or not in that language."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import Named
from bot.content import Line, Translated, say
from bot.events import Translated as TranslationCame
from bot.files.attached import SPOKEN, called
from bot.store.texts.texts import WRITTEN_DOWN
from bot.store.transaction import Transaction
from bot.text import languages
from handlers.requests import below, cards, phone_given
from handlers.situation import Actions


def listen(text: int, tx: Transaction) -> None:
    """Have written down what came with a member's words, once they are sent: nobody listens to what is only held."""
    if tx.policy.transcribes and any(kept.attachment.kind in SPOKEN for kept in tx.attachments.of(text)):
        tx.texts.want(text, WRITTEN_DOWN, "voice")


def written_down(event: TranslationCame, tx: Transaction) -> Actions:
    """It stands below the voice, as what a computer has made of it; where it made nothing there is the voice."""
    found = tx.requests.line_of_text(event.text) if event.purpose == "voice" else None
    result = tx.texts.translation_by_id(event.translation).result if found is not None else None
    room = tx.chats.coordination_room()
    if found is None or result is None or room is None:
        return ()
    request, line = found
    heard = tx.texts.get(result)
    words = phone_given.without_number(heard.text, request.chat, tx)
    language = heard.language or languages.guess(words.plain, tx.policy.languages)
    tx.texts.replace(result, words, language or (None if request.language_missing else request.language))
    whats = (called(kept.attachment) for kept in tx.attachments.of(line.text) if kept.attachment.kind in SPOKEN)
    head = Line(say("heard-by-computer", what=next(whats, say("attached-voice"))), "italic")
    voice = Named(cards.line_name(request, line))
    stands = tx.deliveries.named(room.id, voice.name) is not None
    shown = below.said(room, request, (head, Translated(result)), f"{request.code}/heard/{line.id}")
    return (replace(shown, reply_to=voice if stands else None),)
