"""Text becomes HTML that says exactly what the text says, and can do nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.html import excerpt, to_html
from bot.files import kinds
from bot.files.kinds import Place
from bot.model import Span, SpanKind, Text
from tests.styled import styled_texts

NO_LINE_BREAK = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=30)


@st.composite
def texts(draw: st.DrawFn) -> Text:
    plain = draw(NO_LINE_BREAK)
    place = st.integers(-2, len(plain) + 2)
    spans = st.builds(
        Span, place, place, st.sampled_from(SpanKind), st.sampled_from([None, "https://example.org", "x"])
    )
    return Text(plain, tuple(draw(st.lists(spans, max_size=6))))


class Reader(HTMLParser):
    """Reads HTML as a browser does, and insists that every tag is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.words = ""
        self.links: list[str] = []
        self.feed(str(html))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not (tag == "a" and "a" in self.open), "a link within a link"
        self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@given(texts())
def test_every_text_reads_the_same_and_every_tag_is_closed_in_order(text: Text) -> None:
    assert Reader(to_html(text)).words == text.plain


@given(styled_texts("@ana:example.org"))
def test_lines_and_signs_of_many_characters_stay_whole(text: Text) -> None:
    """But for the line break beside a block, which is the block's own edge."""
    assert Reader(to_html(text)).words.replace("\n", "") == text.plain.replace("\n", "")


def test_markup_that_people_type_is_shown_as_they_typed_it() -> None:
    html = to_html(Text('<script>alert("1")</script> <b>&amp; *no*'))
    assert Reader(html).words == '<script>alert("1")</script> <b>&amp; *no*'
    assert "<script" not in html


def test_spans_that_cross_are_closed_and_opened_again() -> None:
    text = Text("abcd", (Span(0, 3, SpanKind.BOLD), Span(1, 4, SpanKind.ITALIC)))
    assert to_html(text) == '<b>a<i dir="auto">bc</i></b><i dir="auto">d</i>'


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", " https://a b", "//example.org", ""])
def test_a_link_goes_only_where_links_may_go(address: str) -> None:
    assert to_html(Text("here", (Span(0, 4, SpanKind.LINK, address),))) == "here"


def test_an_address_cannot_break_out_of_its_attribute() -> None:
    html = to_html(Text("here", (Span(0, 4, SpanKind.LINK, 'https://example.org/"onclick="x'),)))
    assert Reader(html).links == ['https://example.org/"onclick="x']


def test_web_addresses_in_a_text_become_links_but_not_within_code() -> None:
    text = Text("see https://example.org/a?b=1&c=2, or https://x.example", (Span(38, 55, SpanKind.CODE),))
    assert Reader(to_html(text)).links == ["https://example.org/a?b=1&c=2"]


def test_the_line_break_after_a_quote_is_the_quotes_own_edge() -> None:
    text = Text("one\ntwo\nthree", (Span(4, 7, SpanKind.QUOTE),))
    assert to_html(text) == 'one\n<blockquote dir="auto">two</blockquote>three'


def test_an_excerpt_is_one_line_and_says_that_it_was_cut() -> None:
    assert excerpt(Text("  one\n\ttwo ")) == "one two"
    assert excerpt(Text("word " * 100), 12) == "word word w…"
    assert excerpt(Text("<b>one & two")) == "&lt;b&gt;one &amp; two"


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (kinds.place(Place(50.8467, -4.3525, "المركز", accuracy=20)).plain, ["50.84670, -4.35250 (±20 m)"]),
        (kinds.contact("ليلى", "+32 470 12 34 56").plain, ["+32 470 12 34 56"]),
        ("اتصل بي على 0470 12 34 56 يوم 2026-12-01 بين 10:00 و 12:00", ["0470 12 34 56"]),
    ],
)
def test_the_numbers_of_places_and_telephones_keep_their_order_in_every_script(words: str, numbers: list[str]) -> None:
    """What surrounds them runs from right to left."""
    html = to_html(Text(words))
    assert re.findall(r'<bdi dir="ltr">(.*?)</bdi>', html) == numbers
    assert re.findall(r'<bdi dir="ltr">(.*?)</bdi>', excerpt(Text(words))) == numbers
    assert Reader(html).words == words


@pytest.mark.timeout(5, func_only=True)
@pytest.mark.parametrize("kind", [SpanKind.BOLD, SpanKind.PRE, SpanKind.LINK])
def test_a_text_in_thousands_of_styles_is_soon_made(kind: SpanKind) -> None:
    """Everybody waits for it: it must take no longer than its length asks for."""
    value = "https://a.be" if kind is SpanKind.LINK else None
    styled = Text("x" * 20_000, tuple(Span(at, at + 1, kind, value) for at in range(0, 20_000, 2)))
    assert to_html(styled).count("</") >= 10_000
