"""From blocks to the text that one reader sees, in their language. Pure but for the look-ups it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.content import (
    Block,
    Content,
    Gap,
    HelpLink,
    LanguageName,
    Line,
    Sentence,
    Style,
    Translated,
    Verbatim,
    Words,
    say,
)
from bot.model import SpanKind, Text
from bot.notices import TranslationState


class Speaks(Protocol):
    def render(self, sentence: Sentence, language: str) -> Text: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a text in the reader's language. `translated` is None where there is nothing to show."""

    original: Text
    language: str | None  # the original's
    translated: Text | None = None
    state: TranslationState | None = None
    doubtful: bool = False  # there is a translation, but the gate found it wrong


@dataclass(frozen=True, slots=True)
class Lookups:
    """`reading(text, language)`; `help_link(start)` is the address of the private chat, None where there is none."""

    reading: Callable[[int, str], Reading]
    help_link: Callable[[str], str | None]


_STYLES = {"bold": SpanKind.BOLD, "italic": SpanKind.ITALIC, "quote": SpanKind.QUOTE}


def render(content: Content, language: str, catalogue: Speaks, lookups: Lookups) -> Text:
    """The whole text; blocks stand on lines of their own, and a block that comes out empty leaves no line."""
    result = Text("")
    for block in content:
        if isinstance(block, Gap):
            if result:
                result = result + Text("\n")
            continue
        text = _block(block, language, catalogue, lookups)
        if text:
            result = result + Text("\n") + text if result else text
    return result


def _block(block: Block, language: str, catalogue: Speaks, lookups: Lookups) -> Text:
    match block:
        case Line(sentence, style):
            return _styled(catalogue.render(sentence, language), style)
        case Verbatim(plain, style):
            return _styled(Text(plain), style)
        case Words(text, style):
            return _styled(lookups.reading(text, language).original, style)
        case Translated():
            return _translated(block, lookups.reading(block.text, language), language, catalogue)
        case HelpLink(key, start):
            address = lookups.help_link(start)
            label = catalogue.render(say(key), language)
            return label.styled(SpanKind.LINK, address) if address else label
        case Gap():
            return Text("")


def _translated(block: Translated, reading: Reading, language: str, catalogue: Speaks) -> Text:
    if reading.language == language:
        return _styled(reading.original, block.style)
    if reading.translated is None or reading.doubtful:
        note = say("note-doubtful") if reading.doubtful else _untranslated(reading.language)
        return _styled(reading.original, block.style) + Text("\n") + _small(catalogue, note, language)
    result = _styled(reading.translated, block.style)
    if reading.state is TranslationState.MACHINE:
        result = result + Text("\n") + _small(catalogue, say("label-machine"), language)
    if block.original:
        result = result + Text("\n") + reading.original.styled(SpanKind.QUOTE)
    return result


def _untranslated(source: str | None) -> Sentence:
    return say("note-untranslated", language=LanguageName(source)) if source else say("note-untranslated-unknown")


def _small(catalogue: Speaks, sentence: Sentence, language: str) -> Text:
    return catalogue.render(sentence, language).styled(SpanKind.ITALIC)


def _styled(text: Text, style: Style) -> Text:
    kind = _STYLES.get(style)
    return text if kind is None else text.styled(kind)
