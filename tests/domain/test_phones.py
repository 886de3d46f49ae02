"""Telephone numbers among words, and how they are kept from others' eyes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import phones
from bot.model import Text


@pytest.mark.parametrize(
    "words",
    [
        "0470 12 34 56",
        "+32 470 12 34 56",
        "+32(0)470/12.34.56",
        "0470-123456 à noite",
        "٠٤٧٠١٢٣٤٥٦",
        "bel 02/123.45.67 na 17 uur",
        "(02) 123 45 67",
    ],
)
def test_a_number_is_found_however_it_is_written(words: str) -> None:
    """With spaces, strokes, words around it, in other digits."""
    assert phones.find(words) is not None


@pytest.mark.parametrize("words", ["", "17 uur", "4 kinderen, 2 jaar en 7 jaar", "K7", "123456", "1" * 40, "geen"])
def test_what_is_no_number_is_not_taken_for_one(words: str) -> None:
    """Hours, ages, codes, and far too many digits."""
    assert phones.find(words) is None


def test_a_number_alone_is_nothing_but_a_number() -> None:
    """Whoever writes words beside it says something more."""
    assert phones.is_number(" 0470 12 34 56. ")
    assert phones.is_number("0470 12 34 56 / 0489 65 43 21")
    assert not phones.is_number("")
    assert not phones.is_number("0470 12 34 56 na 17 uur")


def test_a_number_is_hidden_with_its_country_or_without() -> None:
    """Other numbers stay; so do the words and their places."""
    words = Text("Bel +32 470 12 34 56 of 02 123 45 67, liefst 0470123456")
    hidden = phones.masked(words, "0470 12 34 56, 's avonds").plain
    assert hidden == "Bel +•• ••• •• •• •• of 02 123 45 67, liefst ••••••••••"


@pytest.mark.parametrize("between", ["\n", " / ", " ", " - ", "  ", "/"])
@pytest.mark.parametrize(("one", "other"), [("0470 12 04 56", "02 511 00 11"), ("0470/12.34.06", "0488123456")])
def test_two_numbers_are_two_whatever_stands_between_them(one: str, other: str, between: str) -> None:
    """Together they have too many digits for a number, and were left for everybody to read."""
    words = f"Bel {one}{between}{other} na 17 uur"
    found = phones.find(words)
    assert found is not None
    assert words[slice(*found)] == one
    for number in (one, other):
        hidden = phones.masked(Text(words), number).plain
        assert number not in hidden
        assert hidden.count("•") == sum(character.isdecimal() for character in number)
    assert phones.masked(Text(other), words).plain.count("•") == sum(character.isdecimal() for character in other)


@given(st.text(), st.text())
def test_hiding_never_breaks_and_changes_no_length(words: str, number: str) -> None:
    """Spans stand where they stood."""
    assert len(phones.masked(Text(words), number).plain) == len(words)


@given(st.lists(st.sampled_from(["0470 12 34 56", "+32 2 511 22 33", "0489/65.43.21"]), min_size=1, max_size=3))
def test_what_is_hidden_is_recognised_as_a_number_that_was(given_numbers: list[str]) -> None:
    """And all that are found are hidden by what was found."""
    words = " ou ".join(given_numbers) + ", à noite"
    assert phones.numbers(words) == ", ".join(given_numbers)
    hidden = phones.masked(Text(words), phones.numbers(words)).plain
    assert phones.is_hidden(hidden)
    assert phones.numbers(hidden) == ""
    assert not phones.is_hidden(words)
    assert not phones.is_hidden("• pão\n• leite\n• fraldas\n• sabão\n• arroz\n• sal\n• óleo")
