"""Do you read Arabic? Asked of the one person whose approval of it would count for the first time."""

from __future__ import annotations

from bot.actions import Button
from bot.content import Content, LanguageName, Line, say
from bot.store.transaction import Transaction
from handlers.notices.previews import Preview
from handlers.rooms import reply
from handlers.situation import Actions, Doing, Situation

STEP = "do-you-read"


def ask(event: Doing, where: Situation, tx: Transaction, preview: Preview, kept: int | None = None) -> Actions:
    """Nothing is approved before the answer. `kept`: the text that they wrote, which is taken if they do read it."""
    name, language = where.person.name or "…", LanguageName(preview.language)
    content: Content = (Line(say("do-you-read", name=name, language=language)),)
    if kept is not None:
        content = (Line(say("translation-kept")), *content)
    value = f"{where.person.id}/{preview.language}/{preview.text}/{kept or ''}"
    buttons = (
        Button(say("button-i-read"), STEP, f"yes/{value}", lasting=True),
        Button(say("button-i-do-not"), STEP, f"no/{value}", lasting=True),
    )
    # Its buttons go when it is answered: each time it is asked it is another message.
    return (reply(event, where, content, preview.code, f"{preview.code}/reads/{tx.token()}", (buttons,)),)
