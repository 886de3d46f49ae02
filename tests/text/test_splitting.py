"""A long text is cut where a reader would cut it, and nothing of it is lost."""

from __future__ import annotations

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from bot.model import Span, SpanKind, Text
from bot.text.splitting import Unit, split

UNITS: tuple[Unit, ...] = ("utf16", "bytes")


def length(plain: str, unit: Unit) -> int:
    if unit == "utf16":
        return len(plain.encode("utf-16-le")) // 2
    return len(plain.encode())


def plains(parts: list[Text]) -> list[str]:
    return [part.plain for part in parts]


def places(text: str, parts: list[Text]) -> list[tuple[int, int]]:
    """Where each part stands in the text; fails where more than white space is between two."""
    found, at = [], 0
    for part in parts:
        while not text.startswith(part.plain, at) or (part.plain[:1].strip() and text[at : at + 1].isspace()):
            assert text[at].isspace()
            at += 1
        found.append((at, at + len(part.plain)))
        at += len(part.plain)
    assert not text[at:].strip()
    return found


WORDS = ["woord", "मदद", "مساعدة", "e\u0301", "👨‍👩‍👧", "🇧🇪", "👍🏽", "Zo.", "Ja!", "你好。", "10\u00a0000", "a" * 30]
BETWEEN = [" ", "  ", "\n", "\n\n", "\r\n", " \u0301", "\u0600", "\u202e"]
PIECES = [*WORDS, *BETWEEN, "https://example.org/a.b", "ana@example.org"]


@st.composite
def texts(draw: st.DrawFn) -> Text:
    plain = "".join(draw(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=40)))
    plain = plain.encode("utf-8", "ignore").decode()
    spans = []
    for _ in range(draw(st.integers(0, 4)) if plain else 0):
        start = draw(st.integers(0, len(plain) - 1))
        end = draw(st.integers(start + 1, len(plain)))
        kind = draw(st.sampled_from([SpanKind.BOLD, SpanKind.LINK, SpanKind.MENTION, SpanKind.QUOTE]))
        spans.append(Span(start, end, kind, "v" if kind in (SpanKind.LINK, SpanKind.MENTION) else None))
    return Text(plain, tuple(spans))


limits = st.integers(4, 60)
units = st.sampled_from(UNITS)


@given(texts(), limits, units)
def test_no_part_is_longer_than_the_limit(text: Text, limit: int, unit: Unit) -> None:
    """Whatever the text is made of, every part can be sent."""
    assert all(length(part.plain, unit) <= limit for part in split(text, limit, unit))


@given(texts(), limits, units)
@example(Text("a" + " " * 200 + "b"), 4, "utf16")
@example(Text(" " * 200), 4, "utf16")
def test_the_parts_together_are_the_text_but_for_white_space_at_the_cuts(text: Text, limit: int, unit: Unit) -> None:
    """Each part stands in the text after the one before, with nothing but white space left out."""
    parts = split(text, limit, unit)
    assert parts
    places(text.plain, parts)


@given(texts(), limits, units)
def test_no_part_is_empty_unless_there_is_nothing_to_read(text: Text, limit: int, unit: Unit) -> None:
    """A network refuses messages without a visible character."""
    if text.plain.strip():
        assert all(part.plain.strip() for part in split(text, limit, unit))


@given(texts(), limits, units)
def test_a_text_that_fits_is_left_as_it_is(text: Text, limit: int, unit: Unit) -> None:
    """White space around it included."""
    if length(text.plain, unit) <= limit:
        assert split(text, limit, unit) == [text]


@given(texts(), limits, units)
@example(Text("aa\u0600 bbbb"), 4, "utf16")
@example(Text("👨‍👩‍👧👨‍👩‍👧", (Span(0, 3, SpanKind.LINK, "v"), Span(2, 9, SpanKind.LINK, "v"))), 12, "utf16")
def test_no_character_that_people_see_is_cut(text: Text, limit: int, unit: Unit) -> None:
    """Letters with their accents, families and flags stay whole, unless one alone is longer than the limit."""
    ends = {0, *(match.end() for match in regex.finditer(r"\X", text.plain))}
    too_long = {
        place
        for match in regex.finditer(r"\X", text.plain)
        if length(match.group(), unit) > limit
        for place in range(match.start(), match.end())
    }
    for start, end in places(text.plain, split(text, limit, unit)):
        assert start in ends or start in too_long
        assert end in ends or end in too_long


@given(texts(), limits, units)
@example(Text("een twee drie vier", (Span(4, 13, SpanKind.LINK, "v"),)), 9, "utf16")
def test_no_link_and_no_mention_is_cut(text: Text, limit: int, unit: Unit) -> None:
    """Links that stand clear of each other and fit into a part stay whole, blanks and all."""
    ends = {0, *(match.end() for match in regex.finditer(r"\X", text.plain))}
    kept = [span for span in text.spans if span.kind in (SpanKind.LINK, SpanKind.MENTION)]
    clear = [
        span
        for span in kept
        if all(other is span or other.end <= span.start or span.end <= other.start for other in kept)
        and not regex.search(r"@|https?:|www", text.plain)  # addresses are held together too, and may overlap
        and {span.start, span.end} <= ends
        and (words := text.plain[span.start : span.end]) == words.strip()
        and length(words, unit) <= limit
    ]
    cuts = [start for start, _ in places(text.plain, split(text, limit, unit))]
    for span in clear:
        assert not any(span.start < cut < span.end for cut in cuts)


@given(texts(), limits, units)
def test_every_part_shows_what_the_text_shows_there(text: Text, limit: int, unit: Unit) -> None:
    """Every visible character keeps its spans, with their values."""
    parts = split(text, limit, unit)
    for part, (start, _) in zip(parts, places(text.plain, parts), strict=True):
        for index in range(len(part.plain)):
            shown = sorted((s.kind, s.value) for s in part.spans if s.start <= index < s.end)
            meant = sorted((s.kind, s.value) for s in text.spans if s.start <= start + index < s.end)
            assert shown == meant


def test_the_end_of_a_paragraph_is_the_best_place() -> None:
    """Even where more of the text would fit."""
    text = Text("Eerste alinea. Nog een zin.\n\nTweede alinea. Nog een zin.\nRegel.")
    assert plains(split(text, 50, "utf16")) == ["Eerste alinea. Nog een zin.", "Tweede alinea. Nog een zin.\nRegel."]


def test_then_the_end_of_a_line_then_of_a_sentence_then_of_a_word() -> None:
    """The next best place serves where a better one would leave the part less than half full."""
    assert plains(split(Text("een twee. drie\nvier vijf zes"), 20, "utf16")) == ["een twee. drie", "vier vijf zes"]
    assert plains(split(Text("een twee drie. vier vijf zes"), 20, "utf16")) == ["een twee drie.", "vier vijf zes"]
    assert plains(split(Text("een. twee drie vier vijf"), 20, "utf16")) == ["een. twee drie vier", "vijf"]


def test_chinese_sentences_end_without_a_blank() -> None:
    """A script without blanks is cut after a sentence."""
    assert plains(split(Text("今天下午三点开会。请大家准时参加会议。"), 12, "utf16")) == [
        "今天下午三点开会。",
        "请大家准时参加会议。",
    ]


def test_an_address_written_out_is_not_cut() -> None:
    """A link that people copy must work."""
    address = "https://example.org/een/lang/pad"
    assert plains(split(Text(f"你好你好你好你好{address}你好"), 40, "utf16"))[1].startswith(address)


def test_a_number_with_a_no_break_space_is_not_cut() -> None:
    """It is there to hold the two together."""
    assert plains(split(Text("het zijn er 10\u00a0000"), 15, "utf16")) == ["het zijn er", "10\u00a0000"]


def test_a_link_longer_than_a_message_goes_on_in_the_next() -> None:
    """Both parts lead to the same place."""
    parts = split(Text("x" * 30).styled(SpanKind.LINK, "https://example.org"), 20, "utf16")
    assert [(part.plain, part.spans) for part in parts] == [
        ("x" * 20, (Span(0, 20, SpanKind.LINK, "https://example.org"),)),
        ("x" * 10, (Span(0, 10, SpanKind.LINK, "https://example.org"),)),
    ]


def test_a_very_long_text_is_cut_in_time() -> None:
    """Sixty thousand characters of words, links and emoji, as somebody may paste them."""
    text = Text("👍🏽 woord https://example.org/x \n" * 2000)
    assert sum(len(part.plain) for part in split(text, 4096, "utf16")) > 60_000


def test_a_limit_below_the_size_of_a_character_is_a_mistake() -> None:
    """Nothing sensible could come of it."""
    with pytest.raises(ValueError, match="room"):
        split(Text("x"), 3, "utf16")
