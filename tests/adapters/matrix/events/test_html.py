"""Texts become Matrix's HTML and come back."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.events.html import body, formatted, from_html, mentioned
from adapters.matrix.sending import with_choices
from bot.model import Span, SpanKind, Text
from bot.outgoing import Choice
from tests.styled import LINK, styled_texts, styles


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>foo <b>bar</b></p>\n<p>baz</p>\n", "foo bar\n\nbaz"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>end</p>", "• a\n• b\n\nend"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<p>a</p><ul><li><p>b</p></li><li><p>c</p></li></ul>", "a\n\n• b\n• c"),
        ("<mx-reply><blockquote>quoted</blockquote></mx-reply>mine", "mine"),
        ('<pre><code class="language-py">x\n  y\n</code></pre>after', "x\n  y\nafter"),
        ("  too   much\n space ", "too much space"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("1 < 2 > 1 <3", "1 < 2 > 1 <3"),
        ('<img alt=":wave:" src="mxc://a/b"> hi', ":wave: hi"),
        ("<script>alert(1)</script>ok", "ok"),
        ('<a href="tel:+32499000111">call us</a>!', "call us (+32499000111)!"),
        ('<a href="tel:+32499000111">0499/00.01.11</a>!', "0499/00.01.11!"),
        ('<a href="mailto:help@centre.example?subject=x">write</a>', "write (help@centre.example)"),
        ('<a href="mailto:help@centre.example">Help@centre.example</a>', "Help@centre.example"),
        ("</b>stray<p>", "stray"),
        ("", ""),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "• a\n  • b\n• c"),
        ("<ol><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ol>", "1. a\n  1. b\n  2. c\n2. d"),
        ("<h1>Title</h1><p>text</p>", "Title\n\ntext"),
        ("a<hr>b", "a\n———\nb"),
        (
            "<table><thead><tr><th>day</th><th>hour</th></tr></thead><tbody><tr><td>Mon</td><td>10</td></tr></table>c",
            "day | hour\nMon | 10\nc",
        ),
        ('<img data-mx-emoticon alt=":party:" title=":party:" src="mxc://a/b" height="32">!', ":party:!"),
        ('<img alt="\'-\'" src="mxc://a/b">!', "'-'!"),
        ('<span data-mx-spoiler="the end">he lives</span>', "(the end) he lives"),
        ("<details><summary>More</summary>all of it</details>", "More\nall of it"),
        ("a\u00a0: b", "a\u00a0: b"),
    ],
)
def test_html_is_read_as_it_is_shown(html: str, plain: str) -> None:
    """Paragraphs, lists, line breaks and white space come out as an app shows them."""
    assert from_html(html).plain == plain


@pytest.mark.parametrize(
    ("html", "span"),
    [
        ("<b>x</b>", Span(0, 1, SpanKind.BOLD)),
        ("<em>x</em>", Span(0, 1, SpanKind.ITALIC)),
        ("<u>x</u>", Span(0, 1, SpanKind.UNDERLINE)),
        ("<del>x</del>", Span(0, 1, SpanKind.STRIKE)),
        ("<code>x</code>", Span(0, 1, SpanKind.CODE)),
        ("<pre><code>x</code></pre>", Span(0, 1, SpanKind.PRE)),
        ("<blockquote>x</blockquote>", Span(0, 1, SpanKind.QUOTE)),
        ("<span data-mx-spoiler>x</span>", Span(0, 1, SpanKind.SPOILER)),
        ('<a href="https://a.be/?b=1&amp;c">x</a>', Span(0, 1, SpanKind.LINK, "https://a.be/?b=1&c")),
        (
            '<a href="https://a.be/?b=1&section=2&copy=3">x</a>',
            Span(0, 1, SpanKind.LINK, "https://a.be/?b=1&section=2&copy=3"),
        ),
        ("<a href=\"https://a.be/'b'\">x</a>", Span(0, 1, SpanKind.LINK, "https://a.be/'b'")),
        ("<a href='https://matrix.to/#/%40maria%3Aa.be'>x</a>", Span(0, 1, SpanKind.MENTION, "@maria:a.be")),
        ("<b>x", Span(0, 1, SpanKind.BOLD)),
        ("<h3>x</h3>", Span(0, 1, SpanKind.BOLD)),
        ('<pre><code class="language-c++">x</code></pre>', Span(0, 1, SpanKind.PRE, "c++")),
        ('<a href="matrix:u/maria:a.be?action=chat">x</a>', Span(0, 1, SpanKind.MENTION, "@maria:a.be")),
        ('<a href="https://matrix.to/#/#room:a.be">x</a>', Span(0, 1, SpanKind.LINK, "https://matrix.to/#/#room:a.be")),
    ],
)
def test_simple_styles_become_spans(html: str, span: Span) -> None:
    """Each style that we know is kept, closed or not."""
    assert from_html(html) == Text("x", (span,))


def test_a_link_to_a_script_is_only_words() -> None:
    """Addresses that could do something are not taken for links, nor sent as such."""
    assert from_html('<a href="javascript:alert(1)">x</a>') == Text("x")
    assert formatted(Text("x", (Span(0, 1, SpanKind.LINK, "javascript:alert(1)"),))) is None


@pytest.mark.timeout(5, func_only=True)
@pytest.mark.parametrize(
    "junk", ["<", "<!--", "<a ", "<a b='", '<a b="x" ', "<b>", "<b></i>", "<ul><li>", "&", "<p>", "<pre>", '="', "\n "]
)
def test_hostile_markup_takes_no_long_time(junk: str) -> None:
    """A message full of broken tags, as long as an event may be, costs moments and not minutes."""
    from_html((junk * 60_000)[:60_000])


@given(st.text())
def test_any_markup_at_all_can_be_read(source: str) -> None:
    """Nothing that somebody writes breaks the reader, and its spans lie within the text."""
    text = from_html(source)
    assert all(0 <= span.start < span.end <= len(text.plain) for span in text.spans)


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'\n"), max_size=30)


@st.composite
def texts(draw: st.DrawFn) -> Text:
    plain = draw(WORDS)
    place = st.integers(0, len(plain))
    kinds = st.sampled_from([(k, None) for k in SpanKind if k not in (SpanKind.LINK, SpanKind.MENTION)])
    valued = st.sampled_from([(SpanKind.LINK, 'https://a.be/"<b>&'), (SpanKind.MENTION, "@a<b>:c.be")])
    spans = draw(st.lists(st.tuples(place, place, kinds | valued), max_size=5))
    return Text(plain, tuple(Span(min(a, b), max(a, b), kind, value) for a, b, (kind, value) in spans))


@given(texts())
def test_what_we_send_is_well_formed_and_escaped(text: Text) -> None:
    """Tags nest properly, and what is between them is the text and nothing else, line breaks beside blocks apart."""
    html = formatted(text)
    if html is None:
        return
    inside: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z]+)[^<>]*>", html):
        if closing:
            assert inside.pop() == name
        elif name != "br":
            inside.append(name)
    assert inside == []
    shown = unescape(re.sub(r"<[^<>]*>", "", html.replace("<br>", "\n")))
    assert spaced(shown) == spaced(text.plain)


@given(styled_texts("@ana:example.org"))
def test_what_we_send_is_read_back_as_it_was(text: Text) -> None:
    """Words, line breaks, spaces and styles, whatever characters they are made of and however they cross."""
    html = formatted(text)
    back = Text(text.plain) if html is None else from_html(html)
    assert back.plain == text.plain
    # What cannot be shown within another thing: code in program text, a link in a link, a style on a line break.
    linked = {SpanKind.LINK, SpanKind.MENTION} & {span.kind for span in text.spans}
    for place, (shown, meant) in enumerate(zip(styles(back), styles(text), strict=True)):
        lost = ANCHORS if linked else set()
        if any(kind is SpanKind.PRE for kind, _ in meant):
            lost = lost | {(SpanKind.CODE, None)}
        assert text.plain[place] == "\n" or shown - lost == meant - lost


ANCHORS: set[tuple[SpanKind, str | None]] = {(SpanKind.LINK, LINK), (SpanKind.MENTION, "@ana:example.org")}


@given(styled_texts("@ana:example.org"))
def test_a_link_is_where_it_was_unless_it_is_in_another(text: Text) -> None:
    """Of those that overlap the first one stays."""
    anchors = [span for span in text.spans if span.kind in (SpanKind.LINK, SpanKind.MENTION)]
    if len(anchors) != 1:
        return
    html = formatted(text)
    assert html is not None
    found = [s for s in from_html(html).spans if s.kind is anchors[0].kind]
    assert {s.value for s in found} == {anchors[0].value}
    assert html.count("<a ") == html.count("</a>") > 0


def spaced(words: str) -> str:
    """Without line breaks, and with every space as the one that people type."""
    return words.replace("\n", "").replace("\u00a0", " ")


def test_overlapping_styles_are_cut_to_nest() -> None:
    """Bold that ends inside italic closes both and opens italic again."""
    text = Text("abc", (Span(0, 2, SpanKind.BOLD), Span(1, 3, SpanKind.ITALIC)))
    assert formatted(text) == "<strong>a<em>b</em></strong><em>c</em>"


def test_a_quotation_brings_its_own_line_breaks() -> None:
    """No empty lines appear around a block."""
    text = Text("a\nb\nc", (Span(2, 3, SpanKind.QUOTE),))
    assert formatted(text) == "a<blockquote>b</blockquote>c"


def test_an_empty_line_beside_a_quotation_stays() -> None:
    """One line break beside a block is its edge, two are an empty line."""
    text = Text("a\n\nb\n\nc", (Span(3, 4, SpanKind.QUOTE),))
    assert formatted(text) == "a<br><br><blockquote>b</blockquote><br>c"


def test_somebody_on_another_network_is_only_named() -> None:
    """A link that leads nowhere helps nobody."""
    text = Text("Ana").styled(SpanKind.MENTION, "7100000001")
    assert formatted(text) is None
    assert mentioned(text) == []
    assert mentioned(Text("Ana").styled(SpanKind.MENTION, "@ana:a.be")) == ["@ana:a.be"]


def test_plain_readers_see_where_a_link_leads() -> None:
    """The address follows the words, unless it is the words."""
    text = Text(
        "here, https://b.be", (Span(0, 4, SpanKind.LINK, "https://a.be"), Span(6, 18, SpanKind.LINK, "https://b.be"))
    )
    assert body(text) == "here (https://a.be), https://b.be"


def test_choices_are_written_out_but_for_numbers_of_a_list_above() -> None:
    """A list that brings its own numbers is not followed by "1. 1"."""
    named = ((Choice("a", "Claim"), Choice("b", "Close")),)
    assert with_choices(Text("K1"), named).plain == "K1\n\n1. Claim\n2. Close"
    numbers = ((Choice("a", "1"), Choice("b", "2")),)
    assert with_choices(Text("1. Yes\n2. No"), numbers).plain == "1. Yes\n2. No"


@pytest.mark.timeout(5, func_only=True)
@pytest.mark.parametrize("unit", ["<b>x</b>", "<pre>x</pre>", '<a href="https://a.be">x</a>'])
def test_a_text_in_thousands_of_styles_is_soon_made(unit: str) -> None:
    """Everybody waits for it: it must take no longer than its length asks for."""
    text = from_html(unit * (60_000 // len(unit)))
    assert text.spans
    assert len(formatted(text) or "") > 50_000
