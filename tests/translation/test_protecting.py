"""What a translation must leave alone is found, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import Keep
from bot.text.words import western_digits
from bot.translation.protecting import Kind, mark, paragraphs, stretches


def kept(text: str) -> list[str]:
    return [part.text for part in mark(text) if isinstance(part, Keep)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zie https://aetcis.org/nl?x=1&y=2.", ["https://aetcis.org/nl?x=1&y=2"]),
        ("(https://a.be/x_(y))", ["https://a.be/x_(y)"]),
        ("www.brussel.be en t.me/schakel_bot?start=K7", ["www.brussel.be", "t.me/schakel_bot?start=K7"]),
        ("schakel.brussels en hulp.gent", ["schakel.brussels", "hulp.gent"]),
        ("انظر https://a.be/x؟", ["https://a.be/x"]),
        ("https://a.be/x، info@a.be۔", ["https://a.be/x", "info@a.be"]),
        ("https://matrix.to/#/@a:b.org", ["https://matrix.to/#/@a:b.org"]),
        ("We zijn open.De winkel is dicht", []),
        ("sinds 2013.As of nu", []),
        ("enz. z.o.z. a.u.b. e.g. i.e.", []),
    ],
)
def test_links_and_addresses(text: str, found: list[str]) -> None:
    assert kept(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bel 02 511 00 11", ["02 511 00 11"]),
        ("bel +32 471 12 34 56 of 0471/12.34.56", ["+32 471 12 34 56", "0471/12.34.56"]),
        ("0800 14 689 is gratis", ["0800 14 689"]),
        ("bel 06-12345678 of 01 42 68 53 00", ["06-12345678", "01 42 68 53 00"]),
        ("اتصل ٠٤٧١١٢٣٤٥٦", ["٠٤٧١١٢٣٤٥٦"]),
        ("bel 112, 1813 of 116 117", ["112", "1813", "116 117"]),
        ("اتصل بالرقم ١١٢ الآن", ["١١٢"]),
        ("112,5 km, 112%, 1120, 112 000, € 112 en K112", ["€ 112", "K112"]),
        ("1 279 gevallen en 118 381 doden in 2019-2020", []),
        ("tussen 10 en 12 maart", []),
    ],
)
def test_phone_numbers(text: str, found: list[str]) -> None:
    assert kept(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("om 14:00", ["14:00"]),
        ("van 14u30 tot 17u", ["14u30", "17u"]),
        ("de 14h30 à 17 h", ["14h30", "17 h"]),
        ("14:00-16:00 en 9-17u", ["14:00-16:00", "9-17u"]),
        ("at 2 pm, 2:30 p.m. or 11AM", ["2 pm", "2:30 p.m.", "11AM"]),
        ("10.30 uur", ["10.30"]),
        ("من ١٤:٣٠ و١٧:٠٠", ["١٤:٣٠", "١٧:٠٠"]),
        ("op 2026-03-12, 12/03/2026 en 12.03.26", ["2026-03-12", "12/03/2026", "12.03.26"]),
        ("25:70, 1:2:3:4:5, 3 hoeken", []),
    ],
)
def test_times_and_dates(text: str, found: list[str]) -> None:
    assert kept(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("voor € 3.500,50 of 20 EUR", ["€ 3.500,50", "20 EUR"]),
        ("1 500 € et 5€", ["1 500 €", "5€"]),
        ("$5 or £7.50", ["$5", "£7.50"]),
        ("5 euro voor 10 kilo", []),
        ("stort op BE71 0961 2345 6769", ["BE71 0961 2345 6769"]),
        ("vraag @jan_peeters, @a:b.org of #eten", ["@jan_peeters", "@a:b.org", "#eten"]),
        ("K7/N3 en k7", ["K7", "N3"]),
        ("dag {naam}, {{ count }} en { }", ["{naam}", "{{ count }}"]),
        ("kunst#9 en a@b", []),
    ],
)
def test_amounts_names_tags_codes_and_placeholders(text: str, found: list[str]) -> None:
    assert kept(text) == found


def test_where_two_finds_overlap_the_longer_one_stands() -> None:
    assert [stretch.kind for stretch in stretches("@schakel:example.org https://a.be/#/@x:y.org/N3")] == [
        Kind.NAME,
        Kind.LINK,
    ]


anything = st.text(st.characters(codec="utf-8"), max_size=120)
likely = st.lists(
    st.sampled_from(
        [
            "bel ",
            "02 511 00 11",
            " ",
            "14:00",
            "-",
            "https://a.be/x",
            "€ 5",
            "@jan",
            "#eten",
            "K7",
            "{n}",
            "،",
            "112",
            "\n",
        ]
    ),
    max_size=12,
).map("".join)


@given(anything | likely)
def test_a_marked_paragraph_is_the_paragraph(text: str) -> None:
    assert "".join(part.text if isinstance(part, Keep) else part for part in mark(text)) == text
    assert all(part for part in mark(text))


@given(anything | likely)
def test_stretches_stand_in_order_without_overlaps(text: str) -> None:
    end = 0
    for stretch in stretches(text):
        assert end <= stretch.start < stretch.end
        assert text[stretch.start : stretch.end] == stretch.text
        end = stretch.end


@given(anything)
def test_paragraphs_and_their_breaks_are_the_text(text: str) -> None:
    pieces = paragraphs(text)
    assert "".join(pieces) == text
    assert len(pieces) % 2 == 1
    assert not any("\n" in paragraph for paragraph in pieces[::2])


def test_breaks_stand_between_the_paragraphs() -> None:
    assert paragraphs("een\n\ntwee\r\ndrie") == ("een", "\n\n", "twee", "\r\n", "drie")


@given(anything)
def test_western_digits_keep_every_place(text: str) -> None:
    assert len(western_digits(text)) == len(text)
