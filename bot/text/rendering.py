"""From blocks to the text that one reader sees, in their language. Pure but for the look-ups it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Protocol

from bot.content import (
    Arg,
    Attached,
    Block,
    Content,
    Gap,
    HelpLink,
    LanguageName,
    Line,
    Said,
    Sentence,
    Style,
    Translated,
    Verbatim,
    Words,
    say,
)
from bot.domain.notices import TranslationState
from bot.files.kinds import wordless
from bot.model import SpanKind, Text
from bot.text.direction import in_reading_order
from bot.text.graphemes import GRAPHEME


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


_WITHIN_A_SENTENCE = 80  # characters of somebody's words

_STYLES = {"bold": SpanKind.BOLD, "italic": SpanKind.ITALIC, "quote": SpanKind.QUOTE, "code": SpanKind.CODE}


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
    return in_reading_order(result)


def _block(block: Block, language: str, catalogue: Speaks, lookups: Lookups) -> Text:
    match block:
        case Line(sentence, style):
            return _styled(catalogue.render(_filled(sentence, language, lookups), language), style)
        case Verbatim(plain, style):
            return _styled(Text(plain), style)
        case Words(text, style, start, most):
            return _styled(_stretch(lookups.reading(text, language).original, start, most), style)
        case Translated():
            reader = block.into or language
            return _translated(block, _cut(lookups.reading(block.text, reader), block.most), reader, catalogue)
        case HelpLink(key, start):
            address = lookups.help_link(start)
            label = catalogue.render(say(key), language)
            return label.styled(SpanKind.LINK, address) if address else label
        case Gap() | Attached():
            return Text("")


def _translated(block: Translated, reading: Reading, language: str, catalogue: Speaks) -> Text:
    if reading.language == language or wordless(reading.original.plain):
        return _styled(reading.original, block.style)
    if reading.translated is None or reading.doubtful:
        note = say("note-doubtful") if reading.doubtful else _untranslated(reading.language)
        return _styled(reading.original, block.style) + Text("\n") + _small(catalogue, note, language)
    translated = reading.translated
    if any(span.kind is SpanKind.SPOILER for span in reading.original.spans):
        translated = translated.styled(SpanKind.SPOILER)  # which of the words are meant nobody can tell
    result = _styled(translated, block.style)
    if reading.state is TranslationState.MACHINE:
        result = result + Text("\n") + _small(catalogue, say("label-machine"), language)
    if block.original:
        result = result + Text("\n") + reading.original.styled(SpanKind.QUOTE)
    return result


def _untranslated(source: str | None) -> Sentence:
    return say("note-untranslated", language=LanguageName(source)) if source else say("note-untranslated-unknown")


def _small(catalogue: Speaks, sentence: Sentence, language: str) -> Text:
    return catalogue.render(sentence, language).styled(SpanKind.ITALIC)


def _filled(sentence: Sentence, language: str, lookups: Lookups) -> Sentence:
    """The sentence with people's words in their places."""
    return Sentence(sentence.key, {name: _argument(value, language, lookups) for name, value in sentence.args.items()})


def _argument(value: Arg, language: str, lookups: Lookups) -> Arg:
    match value:
        case Said(text):
            words = " ".join(lookups.reading(text, language).original.plain.split())
            return _stretch(Text(words), 0, _WITHIN_A_SENTENCE).plain
        case Sentence():
            return _filled(value, language, lookups)
        case tuple():
            return tuple(_argument(item, language, lookups) for item in value)
        case _:
            return value


def _cut(reading: Reading, most: int | None) -> Reading:
    translated = reading.translated and _stretch(reading.translated, 0, most)
    return replace(reading, original=_stretch(reading.original, 0, most), translated=translated)


def _stretch(text: Text, start: int, most: int | None) -> Text:
    """The text from `start` on, at most `most` characters of it, with dots where something is left out."""
    end = len(text.plain)
    if most is not None and end > start + most:
        whole = takewhile(lambda found: found.end() <= start + most, GRAPHEME.finditer(text.plain, start))
        end = max((found.end() for found in whole), default=start)
    before, after = "…" if start > 0 else "", "…" if end < len(text.plain) else ""
    return Text(before) + text[start:end] + Text(after) if before or after else text


def _styled(text: Text, style: Style) -> Text:
    kind = _STYLES.get(style)
    return text if kind is None else text.styled(kind)
