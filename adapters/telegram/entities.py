"""Spans of a text as Telegram's message entities, which count in UTF-16 code units, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telegram import MessageEntity, User

from adapters.telegram.wire import Entity, whole
from bot.model import Span, SpanKind, Text

MOST = 100  # entities of one message; Telegram refuses more

_KINDS = {
    "bold": SpanKind.BOLD,
    "italic": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "strikethrough": SpanKind.STRIKE,
    "spoiler": SpanKind.SPOILER,
    "code": SpanKind.CODE,
    "pre": SpanKind.PRE,
    "blockquote": SpanKind.QUOTE,
    "expandable_blockquote": SpanKind.QUOTE,
    "text_link": SpanKind.LINK,
    "text_mention": SpanKind.MENTION,
}
_TYPES = {kind: name for name, kind in _KINDS.items() if name != "expandable_blockquote"}
_MEANT = frozenset({"text_link", "text_mention"})
_NAME = r"(?:[a-z0-9.\-_!$,~*'();&+=]|%[0-9a-f]{2}|[^\x00-\x7f\s])"
_PORT = r"0*(?:[1-5]\d{4}|6(?:[0-4]\d{3}|5(?:[0-4]\d\d|5(?:[0-2]\d|3[0-5])))|[1-9]\d{0,3})"
_HOST = rf"(?=[^/?#:]*\.)(?!\.(?:[/?#:]|$)){_NAME}+"
# Telegram refuses a message for any other (TDLib's source, check_link_impl and parse_url).
_ADDRESS = re.compile(
    rf"(?:https?://(?:(?:{_NAME}|:)*@)?{_HOST}(?::{_PORT})?|tg://[a-z0-9_-]+)(?:[/?#]\S*)?", re.IGNORECASE | re.ASCII
)


# --- from Telegram -------------------------------------------------------------------------------------------------


def to_text(plain: str, entities: Sequence[Entity]) -> Text:
    """Addresses, @names, hashtags and commands are left plain: every network shows them as what they are."""
    if not entities:
        return Text(plain)
    points = _points(plain)
    spans = []
    for entity in entities:
        kind = _KINDS.get(entity.type)
        place = stretch(points, entity)
        if kind is not None and place is not None:
            spans.append(Span(*place, kind, _value(entity)))
    return Text(plain, tuple(spans))


def _value(entity: Entity) -> str | None:
    match entity.type:
        case "text_link":
            return entity.url
        case "text_mention":
            return str(entity.user.id) if entity.user else None
        case "pre":
            return entity.language
    return None


def words(plain: str, entity: Entity) -> str:
    """What the entity covers."""
    place = stretch(_points(plain), entity)
    return plain[place[0] : place[1]] if place else ""


def stretch(points: Sequence[int], entity: Entity) -> tuple[int, int] | None:
    """The code points that the entity covers; None where it covers nothing of the text."""
    start, end = max(entity.offset, 0), min(entity.offset + entity.length, len(points))
    return (points[start], points[end - 1] + 1) if start < end else None


def _points(plain: str) -> Sequence[int]:
    """For each UTF-16 code unit the code point it belongs to."""
    if plain.isascii():
        return range(len(plain))
    return [index for index, char in enumerate(plain) for _ in range(2 if char > "\uffff" else 1)]


# --- to Telegram ---------------------------------------------------------------------------------------------------


def to_entities(text: Text) -> list[MessageEntity]:
    """What Telegram would refuse the whole message for is left out; of too many, the links and the longest stay."""
    units = _units(text.plain)
    found = []
    for span in text.spans:
        start, end = max(span.start, 0), min(span.end, len(text.plain))
        if start < end and (entity := _entity(span, units[start], units[end] - units[start])) is not None:
            found.append(entity)
    found.sort(key=lambda entity: (entity.type not in _MEANT, -entity.length))
    return sorted(found[:MOST], key=lambda entity: (entity.offset, -entity.length))


def _entity(span: Span, offset: int, length: int) -> MessageEntity | None:
    """None where Telegram could make nothing of it."""
    type, value = _TYPES[span.kind], whole(span.value or "")
    match span.kind:
        case SpanKind.LINK:
            return MessageEntity(type, offset, length, url=value) if _ADDRESS.fullmatch(value) else None
        case SpanKind.MENTION:
            user = User(int(value), "", False) if value.isascii() and value.isdigit() else None
            return MessageEntity(type, offset, length, user=user) if user else None
        case SpanKind.PRE:
            return MessageEntity(type, offset, length, language=value or None)
    return MessageEntity(type, offset, length)


def _units(plain: str) -> Sequence[int]:
    """For each code point, and for the end, the UTF-16 code unit it begins at."""
    if plain.isascii():
        return range(len(plain) + 1)
    units, at = [], 0
    for char in plain:
        units.append(at)
        at += 2 if char > "\uffff" else 1
    return [*units, at]
