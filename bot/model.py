"""Frozen values that every part of Schakel speaks in: text, who and where; this module imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

# --- text ----------------------------------------------------------------------------------------------------------


class SpanKind(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    CODE = "code"
    PRE = "pre"
    QUOTE = "quote"
    SPOILER = "spoiler"
    LINK = "link"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that is shown differently. `start` and `end` count code points; `end` is exclusive.

    `value` is the address of a link, the person's network id of a mention, or the language of preformatted text.
    """

    start: int
    end: int
    kind: SpanKind
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text plus spans. Never markup: what a person types can break nothing."""

    plain: str
    spans: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.plain)

    def __add__(self, other: Text) -> Text:
        shift = len(self.plain)
        moved = tuple(Span(s.start + shift, s.end + shift, s.kind, s.value) for s in other.spans)
        return Text(self.plain + other.plain, self.spans + moved)

    def __getitem__(self, part: slice) -> Text:
        """A stretch of the text, with the spans that touch it cut to fit."""
        start, end, _ = part.indices(len(self.plain))
        kept = tuple(
            Span(max(s.start, start) - start, min(s.end, end) - start, s.kind, s.value)
            for s in self.spans
            if s.start < end and s.end > start
        )
        return Text(self.plain[start:end], kept)

    def styled(self, kind: SpanKind, value: str | None = None) -> Text:
        """The whole text under one more span."""
        return Text(self.plain, (Span(0, len(self.plain), kind, value), *self.spans)) if self.plain else self


def joined(texts: list[Text], separator: str) -> Text:
    """The texts one after another; empty ones are left out."""
    result = Text("")
    for text in texts:
        if text:
            result = result + Text(separator) + text if result else text
    return result


# --- who and where -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chat:
    """A group, channel, room or private chat: `id` is the network's own name for it, as text."""

    account: str
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a network. `language` is what the app says, which need not be the person's."""

    account: str
    id: str
    name: str = field(default="", repr=False)
    language: str | None = None


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that is not text. `kind`: photo, voice, audio, video, video_note, animation, document; `key` finds it
    again on its network, and may hold what decrypts it. `size` in bytes, `seconds` of sound or film, `width` and
    `height` in pixels. `waveform` is how loud a voice is along its length, from 0 to 1024; empty where nobody says."""

    kind: str
    key: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    size: int | None = None
    mime: str | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    waveform: tuple[int, ...] = ()


TOPIC = "topic:"
"""How a forum topic's id begins as `thread`, so that it is not taken for the id of a message."""
