"""Our texts as Matrix bodies, and Matrix's HTML as our texts."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from html import escape, unescape
from itertools import pairwise
from urllib.parse import quote, unquote

from bot.model import Span, SpanKind, Text

_LINK = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)
_PERSON = re.compile(r"https://matrix\.to/#/((?:@|%40)[^/?]+)|matrix:u/([^/?]+)", re.IGNORECASE)
_USER_ID = re.compile(r"@[^:\s]*:[^\s/?#]+")
_BLOCKS = {SpanKind.PRE, SpanKind.QUOTE}
_ANCHORS = {SpanKind.LINK, SpanKind.MENTION}
_NO_BREAK = "\u00a0"


# --- ours to Matrix ------------------------------------------------------------------------------------------------


def body(text: Text) -> str:
    """The text for clients that show no HTML: a link's address follows its words."""
    plain = text.plain
    for link in sorted((s for s in text.spans if s.kind is SpanKind.LINK), key=lambda s: s.end, reverse=True):
        if link.value and link.value != plain[link.start : link.end]:
            plain = f"{plain[: link.end]} ({link.value}){plain[link.end :]}"
    return plain


def mentioned(text: Text) -> list[str]:
    """The people on Matrix who are named."""
    named = {s.value for s in text.spans if s.kind is SpanKind.MENTION and s.value and _USER_ID.fullmatch(s.value)}
    return sorted(named)


def formatted(text: Text) -> str | None:
    """The text as HTML, everything in it escaped; None where nothing in it is styled."""
    spans = _shown(text)
    if not spans:
        return None
    spaced = re.sub(r"(?<=[ \n]) |\A ", _NO_BREAK, text.plain)  # HTML shows spaces in a row, or in front, as none
    cuts = sorted({0, len(text.plain)} | {s.start for s in spans} | {s.end for s in spans})
    beginning: dict[int, list[Span]] = {}
    for span in spans:
        beginning.setdefault(span.start, []).append(span)
    blocks_begin = {s.start for s in spans if s.kind in _BLOCKS}
    blocks_end = {s.end for s in spans if s.kind in _BLOCKS}
    out: list[str] = []
    inside: list[Span] = []
    for position, following in zip(cuts, [*cuts[1:], len(text.plain)], strict=True):
        for span in [*_closed(inside, position, out), *_opening(beginning.get(position, []))]:
            out.append(_tags(span)[0])
            inside.append(span)
        preformatted = any(s.kind is SpanKind.PRE for s in inside)
        words = (text.plain if preformatted else spaced)[position:following]
        # A block has lines of its own: the line break beside it would show as an empty line.
        after = position in blocks_end
        if after:
            words = words.removeprefix("\n")
        between_blocks = after and not words.strip("\n")
        # The last line break before a block is the end of a line, unless there is an empty line to be seen.
        if following in blocks_begin and not between_blocks and not text.plain.endswith("\n\n", 0, following):
            words = words.removesuffix("\n")
        out.append(escape(words) if preformatted else escape(words).replace("\n", "<br>"))
    return "".join(out)


def _shown(text: Text) -> list[Span]:
    """The spans that can be shown: none outside of the text, no link within a link, and what begins outside of a block
    and ends in it cut in two, so that the block stays whole."""
    kept: list[Span] = []
    anchored = 0  # up to where there is a link
    for span in sorted(text.spans, key=lambda s: (s.start, -s.end)):
        span = _fitted(span, text.plain)
        if span.start >= span.end or not _tags(span)[0]:
            continue
        if span.kind in _ANCHORS:
            if anchored > span.start:
                continue
            anchored = span.end
        kept.append(span)
    edges = sorted({edge for s in kept if s.kind in _BLOCKS for edge in (s.start, s.end)})
    return [piece for span in kept for piece in (_cut(span, edges) if span.kind not in _BLOCKS else [span])]


def _fitted(span: Span, plain: str) -> Span:
    """Within the text; a block without empty lines at its ends, which HTML would not show."""
    start, end = max(span.start, 0), min(span.end, len(plain))
    if span.kind in _BLOCKS:
        start += len(plain[start:end]) - len(plain[start:end].lstrip("\n"))
        end = start + len(plain[start:end].rstrip("\n"))
    return Span(start, end, span.kind, span.value)


def _cut(span: Span, edges: list[int]) -> list[Span]:
    places = [span.start, *edges[bisect_right(edges, span.start) : bisect_left(edges, span.end)], span.end]
    return [Span(start, end, span.kind, span.value) for start, end in pairwise(places)]


def _opening(here: list[Span]) -> list[Span]:
    """The spans that begin here, blocks and then the longest first, so that the others nest in them."""
    return sorted(here, key=lambda s: (s.kind not in _BLOCKS, -s.end, s.kind is SpanKind.PRE))


def _closed(inside: list[Span], position: int, out: list[str]) -> list[Span]:
    """Close the spans that end here, and those opened after them; these are returned, to be opened again."""
    again: list[Span] = []
    while any(s.end <= position for s in inside):
        span = inside.pop()
        out.append(_tags(span)[1])
        if span.end > position:
            again.insert(0, span)
    return again


def _tags(span: Span) -> tuple[str, str]:
    """What opens and what closes the span in HTML; empty where it can only be shown plain."""
    match span.kind:
        case SpanKind.LINK if span.value and _LINK.match(span.value):
            return f'<a href="{escape(span.value)}">', "</a>"
        case SpanKind.LINK:
            return "", ""
        case SpanKind.MENTION if span.value and _USER_ID.fullmatch(span.value):
            return f'<a href="https://matrix.to/#/{quote(span.value, safe="@:")}">', "</a>"
        case SpanKind.MENTION:
            return "", ""
        case SpanKind.PRE if span.value and re.fullmatch(r"[\w+#.-]{1,40}", span.value):
            return f'<pre><code class="language-{span.value}">', "</code></pre>"
        case SpanKind.PRE:
            return "<pre><code>", "</code></pre>"
        case SpanKind.SPOILER:
            return "<span data-mx-spoiler>", "</span>"
        case kind:
            name = _NAMES[kind]
            return f"<{name}>", f"</{name}>"


_NAMES = {
    SpanKind.BOLD: "strong",
    SpanKind.ITALIC: "em",
    SpanKind.UNDERLINE: "u",
    SpanKind.STRIKE: "del",
    SpanKind.CODE: "code",
    SpanKind.QUOTE: "blockquote",
}


# --- Matrix to ours ------------------------------------------------------------------------------------------------

_KINDS = {
    "b": SpanKind.BOLD,
    "strong": SpanKind.BOLD,
    "i": SpanKind.ITALIC,
    "em": SpanKind.ITALIC,
    "u": SpanKind.UNDERLINE,
    "ins": SpanKind.UNDERLINE,
    "s": SpanKind.STRIKE,
    "del": SpanKind.STRIKE,
    "strike": SpanKind.STRIKE,
    "code": SpanKind.CODE,
    "pre": SpanKind.PRE,
    "blockquote": SpanKind.QUOTE,
    "th": SpanKind.BOLD,
    "summary": SpanKind.BOLD,
} | {f"h{level}": SpanKind.BOLD for level in range(1, 7)}
_LINES = {"div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "tr", "table", "caption", "pre", "blockquote"}
_LINES |= {"hr", "details", "summary"}
_RULE = "———"
_LANGUAGE = re.compile(r"(?:^|\s)language-([\w+#.-]{1,40})(?:\s|$)")
_SILENT = {"mx-reply", "script", "style", "title"}
_VOID = {"br", "img", "hr"}
_DEEPEST = 5  # lists within lists that are still set further in
_DEPTH = 100  # the specification's own limit on nesting
_SPACES = re.compile(rf"(?<=[ \n{_NO_BREAK}]){_NO_BREAK}|\A{_NO_BREAK}")
"""Spaces that do not break where others would be lost: in a row, or at the beginning of a line."""
_SPACE = re.compile(r"[ \t\n\r\f]+")
# The standard library's parser needs minutes for 60 KB of hostile markup; these take time in proportion.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?""")
_NO_REFERENCE = re.compile(r"&(?=[a-zA-Z][a-zA-Z0-9]*(?![a-zA-Z0-9;]))")
"""Within an attribute "&section=2" is no §, as it would be in words (HTML, "Named character reference state")."""


def from_html(source: str) -> Text:
    """The words and the simple styles of a message's `formatted_body`; a quoted reply is left out.

    Raises ValueError for a character reference beyond reason.
    """
    reader = _Reader()
    position = 0
    for tag in _TAG.finditer(source):
        reader.words(unescape(source[position : tag.start()]))
        reader.tag(tag[2].lower(), tag[3], closing=bool(tag[1]))
        position = tag.end()
    reader.words(unescape(source[position:]))
    return reader.text()


class _Reader:
    def __init__(self) -> None:
        self._plain: list[str] = []  # single characters
        self._spans: list[Span] = []
        self._open: list[tuple[str, int, SpanKind | None, str | None]] = []
        self._silent = 0
        self._pre = 0
        self._counters: list[int | None] = []  # a numbered list's next number, None in a bulleted one
        self._breaks = 0  # line breaks due before the next word
        self._after_bullet = False
        self._cells = 0  # in this row of a table so far

    def words(self, data: str) -> None:
        self._write(data if self._pre else _SPACE.sub(" ", data))

    def tag(self, tag: str, attributes: str, closing: bool) -> None:
        if closing:
            self._end(tag)
        elif len(self._open) < _DEPTH:
            self._start(tag, {m[1].lower(): _value(m) for m in _ATTRIBUTE.finditer(attributes)})

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "br":
            self._write("\n")
        elif tag == "img":
            self._write(given.get("alt", ""))
        self._break(tag)
        if tag == "hr":
            self._write(_RULE)
            self._break(tag)
        elif tag == "tr":
            self._cells = 0
        elif tag in ("td", "th"):
            self._write(" | " if self._cells else "")
            self._cells += 1
        elif given.get("data-mx-spoiler"):
            self._write(f"({given['data-mx-spoiler']}) ")
        if tag == "li":
            self._bullet()
        elif tag in ("ul", "ol"):
            start = given.get("start", "1")
            self._counters.append(int(start) if tag == "ol" and re.fullmatch(r"[0-9]{1,6}", start) else None)
        if tag not in _VOID:
            self._silent += tag in _SILENT
            self._pre += tag == "pre"
            kind, value = _meaning(tag, given)
            if tag == "code" and self._pre and (language := _LANGUAGE.search(given.get("class", ""))):
                self._in_language(language[1])
            self._open.append((tag, len(self._plain) + self._breaks, kind, value))

    def _in_language(self, language: str) -> None:
        """Of the program text that the code stands in, which says so itself nowhere."""
        place = next(i for i in reversed(range(len(self._open))) if self._open[i][0] == "pre")
        tag, start, kind, _ = self._open[place]
        self._open[place] = (tag, start, kind, language)

    def _end(self, tag: str) -> None:
        if not any(entry[0] == tag for entry in self._open):
            return
        while self._open:
            name, start, kind, value = self._open.pop()
            self._ended(name, start, kind, value)
            if name == tag:
                break

    def text(self) -> Text:
        while self._open:
            self._ended(*self._open.pop())
        plain = _SPACES.sub(" ", "".join(self._plain).rstrip())
        spans = [Span(s.start, min(s.end, len(plain)), s.kind, s.value) for s in self._spans]
        spans.sort(key=lambda s: (s.start, -s.end))
        return Text(plain, tuple(s for s in spans if s.start < s.end))

    def _ended(self, tag: str, start: int, kind: SpanKind | None, value: str | None) -> None:
        self._silent -= tag in _SILENT
        self._pre -= tag == "pre"
        if tag in ("ul", "ol") and self._counters:
            self._counters.pop()
        code_in_pre = kind is SpanKind.CODE and self._pre
        if kind is not None and start < len(self._plain) and not code_in_pre:
            self._spans.append(Span(start, len(self._plain), kind, value))
            if kind is SpanKind.LINK and (unsaid := _unsaid(value or "", "".join(self._plain[start:]))):
                self._write(f" ({unsaid})")
        self._break(tag)

    def _break(self, tag: str) -> None:
        """Blocks stand on lines of their own, paragraphs with an empty line between them."""
        in_list = any(entry[0] == "li" for entry in self._open)
        wanted = (1 if in_list else 2) if tag == "p" else 1 if tag in _LINES else 0
        if wanted and self._plain and not self._after_bullet:
            while self._plain and self._plain[-1] == " " and not self._pre:
                self._plain.pop()
            present = 0
            while present < wanted and self._plain[-1 - present : len(self._plain) - present] == ["\n"]:
                present += 1
            self._breaks = max(self._breaks, wanted - present)

    def _bullet(self) -> None:
        number = self._counters[-1] if self._counters else None
        deeper = _NO_BREAK * 2 * min(len(self._counters) - 1, _DEEPEST)
        self._write(deeper + ("• " if number is None else f"{number}. "))
        self._after_bullet = True
        if number is not None:
            self._counters[-1] = number + 1

    def _write(self, words: str) -> None:
        if self._silent or not words:
            return
        if not self._pre and (self._breaks or not self._plain or self._plain[-1] in " \n"):
            words = words.lstrip(" ")
            if not words:
                return
        self._plain.extend("\n" * self._breaks + words)
        self._breaks = 0
        self._after_bullet = False


def _unsaid(link: str, words: str) -> str | None:
    """The e-mail address or phone number behind words that do not say it: Telegram shows no such link."""
    scheme, _, address = link.partition(":")
    address = unquote(address.partition("?")[0])
    match scheme.lower():
        case "mailto":
            is_said = address.casefold() in words.casefold()
        case "tel":
            is_said = _digits(address)[-6:] in _digits(words)  # it can be written with or without the country
        case _:
            return None
    return None if is_said else address


def _digits(number: str) -> str:
    return "".join(filter(str.isdecimal, number))


def _value(attribute: re.Match[str]) -> str:
    given = next((value for value in attribute.groups()[1:] if value is not None), "")
    return unescape(_NO_REFERENCE.sub("&amp;", given))


def _meaning(tag: str, given: dict[str, str]) -> tuple[SpanKind | None, str | None]:
    if tag == "a":
        address = given.get("href", "")
        if person := _PERSON.match(address):
            return SpanKind.MENTION, unquote(person[1] or f"@{person[2]}")
        return (SpanKind.LINK, address) if _LINK.match(address) else (None, None)
    if tag == "span" and "data-mx-spoiler" in given:
        return SpanKind.SPOILER, None
    return _KINDS.get(tag), None
