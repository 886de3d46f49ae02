"""Numbers keep their order among letters that run from right to left."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Command, parse
from bot.files import kinds
from bot.files.kinds import Place
from bot.model import Span, SpanKind, Text
from bot.text.direction import in_reading_order

MARKS = re.compile("[\u2066-\u2069]")


def fenced(words: str) -> list[str]:
    """What is to be read from left to right."""
    return re.findall("\u2066([^\u2066-\u2069]*)\u2069", in_reading_order(Text(words)).plain)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("اتصلوا على 0470 12 34 56 أو +32 2 123 45 67 قبل 17:30.", ["0470 12 34 56", "+32 2 123 45 67"]),
        ("نمبر (02) 123.45.67 ہے", ["(02) 123.45.67"]),
        ("شماره: ۰۴۷۰ ۱۲ ۳۴ ۵۶", ["۰۴۷۰ ۱۲ ۳۴ ۵۶"]),
        ("زنگ بزنید\n0470/12.34.56", ["0470/12.34.56"]),
        ("الهاتف 612 34 56 78 في مدريد", ["612 34 56 78"]),
        ("الطابق 3 0470123456", ["0470123456"]),
        ("رقم 0470 12 34 56 / 0489 65 43 21", ["0470 12 34 56 / 0489 65 43 21"]),
        ("رقم 0470 12 34 56 0489 65 43 21 قبل", ["0470 12 34 56 0489 65 43 21"]),
        ("يُحذف بعد 30 يومًا. /erase يحذف", ["/erase"]),
        ("اكتب !number K7 هنا و/erase.", ["!number K7", "/erase"]),
        (kinds.place(Place(50.8467, -4.3525, "المركز", accuracy=20)).plain, ["50.84670, -4.35250 (±20 m)"]),
    ],
)
def test_the_numbers_of_telephones_and_places_are_fenced_off(words: str, numbers: list[str]) -> None:
    """In whatever digits; every other character stays."""
    assert fenced(words) == numbers
    assert MARKS.sub("", in_reading_order(Text(words)).plain) == words


@pytest.mark.parametrize(
    "words",
    [
        "Bel 0470 12 34 56",
        "يوم 08/11/2026 14:00",
        "يوم 24.11.2026 من 09:00-17:30",
        "K7: طفلان عمرهما 10 12",
        "https://example.org/?n=0470123456 رابط",
        "هنا 01:30 02 10:00",
        "اكتب و/أو قل a/b",
        "\u20680470 12 34 56\u2069 رقم",
    ],
)
def test_nothing_else_is_touched(words: str) -> None:
    """Texts from left to right, days, clocks, ages, addresses that an app opens, and what is fenced off already."""
    assert in_reading_order(Text(words)) == Text(words)


def test_a_command_copied_from_such_a_text_is_one() -> None:
    assert parse("\u2066/erase\u2069 ") == Command("erase", "")
    copied = parse(in_reading_order(Text("!number K7 من")).plain)
    assert copied is not None
    assert copied.code("K") == ("K7", "من")


def test_what_is_to_be_copied_gets_no_marks() -> None:
    """They would stand in what somebody pastes."""
    text = Text("اكتبوا 0470 12 34 56", (Span(7, 20, SpanKind.CODE),))
    assert in_reading_order(text) == text


@given(
    st.text(alphabet=st.sampled_from("ابج +0470123456\n().ab")),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20))),
)
def test_every_style_stays_on_its_letters(words: str, styled: list[tuple[int, int]]) -> None:
    """Also where one begins or ends within a number."""
    spans = tuple(Span(at, min(at + long, len(words)), SpanKind.BOLD) for at, long in styled if at < len(words))
    result = in_reading_order(Text(words, spans))
    assert MARKS.sub("", result.plain) == words
    for before, after in zip(spans, result.spans, strict=True):
        assert MARKS.sub("", result.plain[after.start : after.end]) == words[before.start : before.end]
