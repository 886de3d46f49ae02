"""Who is mentioned in a text: a name to read, and an account that is nobody else's business. Pure."""

from __future__ import annotations

from bot.model import SpanKind, Text


def naming_nobody(words: Text) -> Text:
    """What people say, as those may have it who were not there: whoever is mentioned is named, and cannot be written
    to. Of an account that stands there for want of a name, the server goes."""
    mentions = sorted((span for span in words.spans if span.kind is SpanKind.MENTION), key=lambda span: -span.start)
    words = Text(words.plain, tuple(span for span in words.spans if span.kind is not SpanKind.MENTION))
    for span in mentions:
        shown = words.plain[span.start : span.end]
        name, found, _ = shown.partition(":")
        if found and shown == span.value:
            words = words[: span.start + len(name)] + words[span.end :]
    return words
