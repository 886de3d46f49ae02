"""Frozen values that every part of Schakel speaks in: text, who and where; this module imports nothing of ours."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Value(msgspec.Struct, frozen=True, tag_field="#", tag=lambda name: f"model.{name}"):
    """What is made for every message: msgspec makes and writes it in a tenth of the time that a dataclass takes.

    Its subclasses hold only what JSON knows, and each other. They are stored by their names, which therefore stay.
    """


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


class Span(Value, frozen=True):
    """A stretch of a text that is shown differently. `start` and `end` count code points; `end` is exclusive.

    `value` is the address of a link, the person's network id of a mention, or the language of preformatted text.
    """

    start: int
    end: int
    kind: SpanKind
    value: str | None = None


class Text(Value, frozen=True):
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


class Chat(Value, frozen=True):
    """A group, channel, room or private chat: `id` is the network's own name for it, as text."""

    account: str
    id: str


class Person(Value, frozen=True):
    """Somebody on a network. `language` is what the app says, which need not be the person's."""

    account: str
    id: str
    name: str = ""
    language: str | None = None

    def __repr__(self) -> str:
        return f"Person(account={self.account!r}, id={self.id!r})"


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


class Attachment(Value, frozen=True):
    """Something that is not text. `kind`: photo, voice, audio, video, video_note, animation, document; `key` finds it
    again on its network, and may hold what decrypts it. `size` in bytes, `seconds` of sound or film, `width` and
    `height` in pixels. `waveform` is how loud a voice is along its length, from 0 to 1024; empty where nobody says."""

    kind: str
    key: str
    name: str | None = None
    size: int | None = None
    mime: str | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    waveform: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Attachment(kind={self.kind!r}, size={self.size!r}, mime={self.mime!r})"


TOPIC = "topic:"
"""How a forum topic's id begins as `thread`, so that it is not taken for the id of a message."""
