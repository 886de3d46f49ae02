"""Text to HTML. Everything is escaped; a tag comes only from a span, a link only to where links may go."""

from __future__ import annotations

from functools import cache

from linkify_it import LinkifyIt
from markupsafe import Markup, escape

from bot.model import Span, SpanKind, Text
from bot.text import direction

SCHEMES = ("https://", "http://", "mailto:", "tel:")
NUMBER = Markup('<bdi dir="ltr">{}</bdi>')  # stands on one line where it can
COMMAND = Markup('<bdi dir="ltr" class="command">{}</bdi>')
BLOCKS = (SpanKind.QUOTE, SpanKind.PRE)
TAGS = {
    SpanKind.BOLD: (Markup("<b>"), Markup("</b>")),
    SpanKind.ITALIC: (Markup('<i dir="auto">'), Markup("</i>")),
    SpanKind.UNDERLINE: (Markup("<u>"), Markup("</u>")),
    SpanKind.STRIKE: (Markup("<s>"), Markup("</s>")),
    SpanKind.CODE: (Markup('<code dir="auto">'), Markup("</code>")),
    SpanKind.PRE: (Markup('<pre dir="auto">'), Markup("</pre>")),
    SpanKind.QUOTE: (Markup('<blockquote dir="auto">'), Markup("</blockquote>")),
    SpanKind.SPOILER: (Markup('<span class="spoiler" tabindex="0">'), Markup("</span>")),
    SpanKind.MENTION: (Markup('<b class="mention">'), Markup("</b>")),
}


def to_html(text: Text) -> Markup:
    """The text with its spans as properly nested tags; addresses in it become links.

    A span that crosses another is closed and opened again. A line break next to a quote is the quote's own edge.
    """
    spans = sorted((*_clean(text), *_addresses(text)), key=_nesting)
    edges = sorted({0, len(text.plain), *(s.start for s in spans), *(s.end for s in spans)})
    beginning: dict[int, list[Span]] = {}
    for span in spans:
        beginning.setdefault(span.start, []).append(span)
    parts: list[Markup] = []
    opened: list[Span] = []
    for start, end in zip(edges, [*edges[1:], None], strict=True):
        lasting = [span for span in opened if span.end > start]
        wanted = sorted([*lasting, *beginning.get(start, ())], key=_nesting)
        same = _common(opened, wanted)
        after_block = any(span.kind in BLOCKS for span in opened[same:])
        parts += [_closing(span) for span in reversed(opened[same:])]
        parts += [_opening(span) for span in wanted[same:]]
        opened = wanted
        stretch = text.plain[start:end] if end is not None else ""
        if after_block and stretch.startswith("\n"):
            stretch = stretch[1:]
        parts.append(_escaped(stretch))
    return Markup("").join(parts)


def _escaped(words: str) -> Markup:
    out, at = Markup(""), 0
    for start, end in direction.from_left(words):
        kind = COMMAND if words[start] in "!/" else NUMBER
        out += escape(words[at:start]) + kind.format(words[start:end])
        at = end
    return out + escape(words[at:])


def excerpt(text: Text, length: int = 80) -> Markup:
    """The beginning of a text, on one line."""
    line = " ".join(text.plain[: 4 * length].split())
    return _escaped(line if len(line) <= length else line[: length - 1].rstrip() + "…")


def safe_address(address: str) -> bool:
    return address.lower().startswith(SCHEMES) and not any(sign.isspace() for sign in address)


def _clean(text: Text) -> list[Span]:
    """The spans that can be shown; a link within a link cannot."""
    kept: list[Span] = []
    linked = bytearray(len(text.plain))
    for span in text.spans:
        if not 0 <= span.start < span.end <= len(text.plain):
            continue
        if span.kind is SpanKind.LINK:
            if any(linked[span.start : span.end]) or not safe_address(span.value or ""):
                continue
            linked[span.start : span.end] = b"\x01" * (span.end - span.start)
        kept.append(span)
    return kept


def _addresses(text: Text) -> list[Span]:
    """Links for the web addresses that stand in the text itself, as every messenger makes them."""
    if "://" not in text.plain:
        return []
    found = _linkify().match(text.plain) or []
    taken = bytearray(len(text.plain))
    for span in text.spans:
        if span.kind in (SpanKind.LINK, SpanKind.CODE, SpanKind.PRE):
            stretch = range(len(text.plain))[max(span.start, 0) : max(span.end, 0)]
            taken[stretch.start : stretch.stop] = b"\x01" * len(stretch)
    return [
        Span(match.index, match.last_index, SpanKind.LINK, match.url)
        for match in found
        if safe_address(match.url) and not any(taken[match.index : match.last_index])
    ]


@cache
def _linkify() -> LinkifyIt:
    return LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})


def _nesting(span: Span) -> tuple[bool, int, int, str]:
    """Blocks outside, then who begins first, then the longest."""
    return (span.kind not in BLOCKS, span.start, -span.end, span.kind)


def _common(one: list[Span], other: list[Span]) -> int:
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine is not yours:
            break
        count += 1
    return count


def _opening(span: Span) -> Markup:
    if span.kind is SpanKind.LINK:
        return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">').format(span.value)
    return TAGS[span.kind][0]


def _closing(span: Span) -> Markup:
    return Markup("</a>") if span.kind is SpanKind.LINK else TAGS[span.kind][1]
