"""Texts as people write them, for property tests: families and flags of many characters, Arabic with its marks, styles
that cross each other."""

from __future__ import annotations

import regex
from hypothesis import strategies as st

from bot.model import Span, SpanKind, Text

_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
_FLAGS = ("\U0001f1e7\U0001f1ea", "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "🏳️‍🌈")
_SIGNS = ("a", "é", "e\u0301", "€", "👍🏽", "❤️", "1️⃣", "<", "&", "_*`", "مُحَمَّد", "שָׁלוֹם", "नमस्ते", "한국", "𝔘")
GRAPHEMES = (_FAMILY, *_FLAGS, *_SIGNS)

LINK, PRE = 'https://example.org/?a=<b>&c="d"\'e', "python"
BLOCKS = frozenset({SpanKind.PRE, SpanKind.QUOTE})
INLINE = tuple(kind for kind in SpanKind if kind not in BLOCKS)

plain_texts = st.lists(st.sampled_from([*GRAPHEMES, " ", "\n"]), min_size=1, max_size=24).map("".join)


@st.composite
def styled_texts(draw: st.DrawFn, mention: str) -> Text:
    """Words without white space at their ends; styles of any kind over any stretch of them, begun and ended between
    what people see as characters; program text and quotations over whole lines. `mention` is somebody's id."""
    plain = draw(plain_texts.map(tidy).filter(bool))
    values = {SpanKind.LINK: LINK, SpanKind.MENTION: mention, SpanKind.PRE: PRE}
    edges = [0, *(found.end() for found in regex.finditer(r"\X", plain))]
    lines = _lines(plain)
    spans = []
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(SpanKind))
        if kind in BLOCKS:
            first = draw(st.integers(0, len(lines) - 1))
            last = draw(st.integers(first, len(lines) - 1))
            start, end = lines[first][0], lines[last][1]
        else:
            start, end = sorted(draw(st.tuples(st.sampled_from(edges), st.sampled_from(edges))))
        if start < end and plain[start:end].strip():
            spans.append(Span(start, end, kind, values.get(kind)))
    return Text(plain, tuple(spans))


def tidy(words: str) -> str:
    """Without spaces at the ends of lines, or line breaks at its own: no network shows them."""
    return regex.sub(r" +(?=\n|\Z)", "", words).strip(" \n")


def _lines(plain: str) -> list[tuple[int, int]]:
    ends = [found.start() for found in regex.finditer(r"\n|\Z", plain)]
    starts = [0, *(end + 1 for end in ends)]
    return list(zip(starts, ends, strict=False))


def styles(text: Text) -> list[frozenset[tuple[SpanKind, str | None]]]:
    """What each character looks like: however the spans are cut, that is what a reader sees."""
    return [
        frozenset((span.kind, span.value) for span in text.spans if span.start <= place < span.end)
        for place in range(len(text.plain))
    ]
