"""Spans and entities mean the same stretch of a text, whatever its characters are."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram import wire
from adapters.telegram.entities import MOST, to_entities, to_text
from adapters.telegram.placing import sayable
from bot.model import Span, SpanKind, Text
from tests.servers.botapi.errors import ApiError
from tests.servers.botapi.formatting import formatted, is_empty
from tests.styled import styled_texts, styles

VALUES = {SpanKind.LINK: "https://example.org/a?b=c", SpanKind.MENTION: "7100000001", SpanKind.PRE: "python"}


@st.composite
def texts(draw: st.DrawFn) -> Text:
    plain = draw(st.text(st.sampled_from("aé€👍🏽\U0001f468\u200d \n<&_*مर"), min_size=1, max_size=30))
    spans = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(plain) - 1))
        end = draw(st.integers(start + 1, len(plain)))
        kind = draw(st.sampled_from(SpanKind))
        spans.append(Span(start, end, kind, VALUES.get(kind)))
    return Text(plain, tuple(spans))


def received(text: Text) -> Text:
    """The text after the way to Telegram and back."""
    entities = [msgspec.convert(entity.to_dict(), wire.Entity) for entity in to_entities(text)]
    return to_text(text.plain, entities)


def _in_order(spans: tuple[Span, ...]) -> list[Span]:
    return sorted(spans, key=lambda span: (span.start, span.end, span.kind))


@given(texts())
def test_what_is_sent_with_spans_comes_back_with_the_same_spans(text: Text) -> None:
    """Emoji count double for Telegram; here every character counts once."""
    back = received(text)
    assert back.plain == text.plain
    assert _in_order(back.spans) == _in_order(text.spans)


@given(styled_texts("7100000001"))
def test_what_telegram_has_made_of_a_text_looks_as_it_was_meant(text: Text) -> None:
    """After its own cleaning, and beside what it finds itself: every character wears what it wore, whatever it is made
    of and however the styles cross."""
    cleaned, entities = formatted(text.plain, [entity.to_dict() for entity in to_entities(text)])
    back = to_text(cleaned, msgspec.convert(entities, list[wire.Entity]))
    assert back.plain == text.plain
    assert styles(back) == styles(text)


@given(st.text(st.sampled_from(" \n\u00a0\u200d\u2800\u0301\ufffc\u202e\r\x07aé👍"), min_size=1, max_size=6))
def test_whatever_is_said_telegram_finds_something_in_it(words: str) -> None:
    """A message that it takes for an empty one would be refused."""
    text = sayable(Text(words).styled(SpanKind.BOLD))
    said, _ = formatted(text.plain, [entity.to_dict() for entity in to_entities(text)])
    assert not is_empty(said)
    if not is_empty(formatted(words, [])[0]):
        assert text.plain == words


@given(texts(), st.text(max_size=20), st.integers(-5, 50), st.integers(-5, 50))
def test_telegram_takes_the_entities_of_any_text(text: Text, value: str, start: int, end: int) -> None:
    """Spans out of place and addresses that are none are left out, and the words still arrive."""
    odd = tuple(Span(start, end, kind, value) for kind in SpanKind)
    wide = Text(text.plain, text.spans + odd)
    formatted(wide.plain, [entity.to_dict() for entity in to_entities(wide)])


@given(st.text(max_size=20), st.integers(-3, 30), st.integers(-3, 30))
def test_no_entity_can_break_a_text(plain: str, offset: int, length: int) -> None:
    """An entity that begins or ends within a character covers the whole of it; one outside covers nothing."""
    text = to_text(plain, [wire.Entity("bold", offset, length)])
    assert text.plain == plain
    assert all(0 <= span.start < span.end <= len(plain) for span in text.spans)


def test_of_too_many_spans_the_links_stay() -> None:
    """Telegram takes a hundred; a link that does not work is worse than a word that is not bold."""
    bold = tuple(Span(i, i + 1, SpanKind.BOLD) for i in range(150))
    entities = to_entities(Text("x" * 151, (*bold, Span(150, 151, SpanKind.LINK, "https://example.org"))))
    assert len(entities) == MOST
    assert [entity.url for entity in entities if entity.url] == ["https://example.org"]


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "https://", "example", "https://a b", ""),
        *("http://localhost:8000/", "https://nas/film?a.b", "https://.", "https://a.b@c/", "https://a.b@c@d.e"),
        *("https://a.b:/", "https://a.b:0", "https://a.b:65536", "https://a.b:80a", "https://a.b:1:2"),
        *("https://a|b.c", "https://a.b\\c", "https://a%b.c", "https://[::1].a", "tg://a.b", "tg://a:1", "tg:///a"),
    ],
)
def test_an_address_that_telegram_would_refuse_is_left_out(address: str) -> None:
    """One bad link must not keep a whole message from its readers."""
    assert to_entities(Text("hier").styled(SpanKind.LINK, address)) == []
    with pytest.raises(ApiError):
        formatted("hier", [{"type": "text_link", "offset": 0, "length": 4, "url": address}])


def test_an_address_that_telegram_would_lead_astray_is_left_out() -> None:
    """It makes http://mailto:a@b.c of it."""
    assert to_entities(Text("hier").styled(SpanKind.LINK, "mailto:a@b.c")) == []


@pytest.mark.parametrize(
    "address",
    [
        *("https://a.b", "HTTP://A.B/c", "https://a.b?c=d|e", "https://a.b#c", "https://a.b./c:d@e"),
        *("https://a.b:0443/", "https://a:b@c.d:65535/", "https://café.be/ü", "https://a%20b.c_d/", "tg://resolve?a=b"),
    ],
)
def test_an_address_that_telegram_takes_is_a_link(address: str) -> None:
    """However it is made."""
    (entity,) = to_entities(Text("hier").styled(SpanKind.LINK, address))
    assert entity.url == address
    formatted("hier", [entity.to_dict()])


def test_a_mention_of_somebody_on_another_network_is_plain_text() -> None:
    """Telegram knows people by numbers."""
    assert to_entities(Text("Ana").styled(SpanKind.MENTION, "@ana:example.org")) == []


def test_an_emoji_of_somebodys_own_is_the_one_it_stands_for() -> None:
    """Telegram writes it beside it; a quotation that can be folded is a quotation, and a moment its words."""
    entities = [
        wire.Entity("custom_emoji", 0, 2),
        wire.Entity("expandable_blockquote", 3, 3),
        wire.Entity("date_time", 3, 3),
    ]
    assert to_text("👍 now", entities) == Text("👍 now", (Span(2, 5, SpanKind.QUOTE),))


def test_addresses_and_names_that_telegram_finds_itself_are_plain_text() -> None:
    """Each network shows them as links by itself."""
    entities = [wire.Entity("url", 0, 11), wire.Entity("mention", 12, 4), wire.Entity("custom_emoji", 0, 1)]
    assert to_text("example.org @ana", entities).spans == ()
