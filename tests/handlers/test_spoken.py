"""What people type for the words of ours, and how it is compared with what others have written."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import available
from bot.domain.drafts import parse
from bot.domain.notices import Category
from bot.domain.requests import CATEGORIES, OUTCOMES
from handlers.notices.writing import category_names
from handlers.spoken import folded, named, place, spoken

CAPITALS = str.maketrans("iı", "İI")


@pytest.mark.parametrize("language", available())
@pytest.mark.parametrize(("prefix", "values"), [("need-", CATEGORIES), ("outcome-", OUTCOMES)])
def test_a_word_of_ours_is_understood_however_it_is_typed(prefix: str, values: tuple[str, ...], language: str) -> None:
    """In capitals, those of Turkish too, with accents apart, with marks of direction around it."""
    for word, value in named(prefix, values, language).items():
        for typed in (
            word.upper(),
            unicodedata.normalize("NFD", word),
            word.translate(CAPITALS).upper(),
            f"\u2067{word}\u200f",
        ):
            assert spoken(prefix, values, language)[folded(typed)] == value


@pytest.mark.parametrize("language", available())
def test_so_is_a_category_of_a_notice(language: str) -> None:
    for word, category in category_names(language).items():
        for typed in (word.upper(), unicodedata.normalize("NFD", word), word.translate(CAPITALS).upper()):
            draft = parse(f"{typed}: 123", date(2026, 11, 2), category_names(language))
            assert (draft.category, draft.text) == (Category(category), "123")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("cafe\u0301", "een CAFÉ hier"),
        ("café", "een cafe\u0301 hier"),
        ("strasse", "in de Hauptstraße 5"),
        ("ışık", "nerede IŞIK var"),
        ("istanbul", "ben İSTANBUL'dan"),
        ("محمد", "اسمي مُحَمَّد هنا"),
        ("كتاب", "عندي كـتـاب"),
        ("میخواهم", "غذا می\u200cخواهم"),
        ("012", "bel ٠١٢ nu"),
        ("ΔΡΟΜΟΣ", "ο δρόμος μου"),
        ("де їжа", "скажіть, ДЕ ЇЖА"),
    ],
)
def test_words_are_found_however_they_are_written(typed: str, written: str) -> None:
    at = place(folded(typed), written)
    assert at is not None
    assert written[:at].endswith(" ") or written[:at].endswith("haupt") or written[:at].endswith("Haupt")


@given(st.text(), st.integers(0, 20), st.integers(1, 20))
def test_a_piece_of_a_text_is_found_there(text: str, start: int, length: int) -> None:
    words = folded(text[start : start + length])
    at = place(words, text)
    assert at is not None
    assert at <= start or not words
    assert words in folded(text[at:]) or words in folded(text)


@given(st.text())
def test_what_is_compared_stays_as_it_is(text: str) -> None:
    assert folded(folded(text)) == folded(text)
