"""What a publisher types after `!notice`."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.drafts import Draft, DraftError, options, parse, read_until
from bot.domain.notices import Category

TODAY = date(2026, 11, 23)
DUTCH = {"eten": Category.FOOD, "vergadering": Category.MEETING, "rechten en papieren": Category.LEGAL}


def read(argument: str) -> Draft:
    return parse(argument, TODAY, DUTCH)


@pytest.mark.parametrize(
    ("typed", "text", "category"),
    [
        ("food Er is soep", "Er is soep", Category.FOOD),
        ("Food: er is soep", "er is soep", Category.FOOD),
        ("FOOD\nEr is soep", "Er is soep", Category.FOOD),
        ("Eten: er is soep", "er is soep", Category.FOOD),
        ("rechten en papieren: kom langs", "kom langs", Category.LEGAL),
        ("Food is given out today", "Food is given out today", None),
        ("Vergadering op maandag", "Vergadering op maandag", None),
        ("eten is er om 12:00", "eten is er om 12:00", None),
        ("foodtruck op het plein", "foodtruck op het plein", None),
        ("food food is klaar", "food is klaar", Category.FOOD),
        ("food", "", Category.FOOD),
        ("", "", None),
    ],
)
def test_a_category_is_what_is_typed_as_one(typed: str, text: str, category: Category | None) -> None:
    """A sentence that begins with such a word keeps it."""
    assert read(typed) == Draft(text, category)


@pytest.mark.parametrize(
    "typed",
    [
        "food lang:pt until:24/11/2026 Sopa",
        "food lang:\u2066pt\u2069 until：\u206624/11/2026\u2069 Sopa",
        "until:24/11 lang:PT-br food Sopa",
        "lang: por food until: 2026-11-24 Sopa",
        "LANG:pt\nfood\nuntil:24.11.2026\nSopa",
        "FOOD lang:pt until:24/11 Sopa",
        "lang:pt Eten until:24/11 Sopa",
    ],
)
def test_options_come_in_any_order(typed: str) -> None:
    assert read(typed) == Draft("Sopa", Category.FOOD, "pt", date(2026, 11, 24))


def test_dari_can_be_named_though_it_is_recognised_as_persian_alone() -> None:
    assert read("food lang:prs سوپ").language == "prs"


def test_options_stand_before_the_text_only() -> None:
    """What looks like one later is the text's own."""
    assert read("food Schrijf lang:fr of until:morgen").text == "Schrijf lang:fr of until:morgen"


@pytest.mark.parametrize(
    ("typed", "day"),
    [("24/11", date(2026, 11, 24)), ("23/11", TODAY), ("1/3", date(2027, 3, 1)), ("2027-01-02,", date(2027, 1, 2))],
)
def test_a_day_without_a_year_is_the_next_one(typed: str, day: date) -> None:
    assert read_until(typed, TODAY) == day


@pytest.mark.parametrize("typed", ["29/2", "31/11", "morgen", "24", "99/99/9999", "nooit"])
def test_a_day_that_is_none_is_not_guessed(typed: str) -> None:
    with pytest.raises(DraftError) as told:
        read_until(typed, TODAY)
    assert (told.value.reason, told.value.what) == ("until-unclear", typed)
    assert typed not in str(told.value)


@given(st.text(), st.sampled_from(["", "food ", "lang:nl ", "food lang:fr "]))
def test_what_is_left_is_a_part_of_what_was_typed(words: str, options: str) -> None:
    """Nothing is lost, changed or invented, whatever people write."""
    argument = (options + words).strip()
    with suppress(DraftError):
        assert read(argument).text in argument


@pytest.mark.parametrize("end", ["until:24/11", " Until : 24.11.2026 ", "lang:pt until:24/11", "until:24/11 lang:pt"])
def test_options_may_stand_on_a_last_line_of_their_own(end: str) -> None:
    """Which no text ends with."""
    draft = read(f"food Sopa\nàs 12\n\n{end}")
    language = "pt" if "lang" in end else None
    assert draft == Draft("Sopa\nàs 12", Category.FOOD, language, date(2026, 11, 24))
    assert options(f"Sopa\n{end}", TODAY) == Draft("Sopa", None, language, date(2026, 11, 24))


@pytest.mark.parametrize("end", ["until: stocks last", "open until:24/11", "until:24/11 or so", "until:"])
def test_a_last_line_that_says_anything_else_is_the_text_s_own(end: str) -> None:
    assert read(f"food Soup\n{end}") == Draft(f"Soup\n{end}", Category.FOOD)


@pytest.mark.parametrize("end", ["until:31/02", "until:22/11/2026", "lang:qq"])
def test_an_option_on_the_last_line_that_cannot_be_is_told(end: str) -> None:
    with pytest.raises(DraftError):
        read(f"food Soup\n{end}")


# --- a correction ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "draft"),
    [
        ("until:24/12", Draft("", valid_until=date(2026, 12, 24))),
        ("lang:fr until:24/12 Soupe", Draft("Soupe", language="fr", valid_until=date(2026, 12, 24))),
        ("until: 24/12 lang:FR Soupe", Draft("Soupe", language="fr", valid_until=date(2026, 12, 24))),
        ("food is given out until:24/12", Draft("food is given out until:24/12")),
        ("Food: parcels", Draft("Food: parcels")),
    ],
)
def test_a_correction_has_options_and_no_category(typed: str, draft: Draft) -> None:
    """A word that names one is the text's own."""
    assert options(typed, TODAY) == draft
