"""Places, contacts and polls read the same for everybody."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import phones
from bot.files import kinds
from bot.files.kinds import Answer, Place, contact, place, places, poll, tasks, wordless
from bot.model import Span, SpanKind, Text
from bot.text import languages
from bot.text.direction import in_reading_order

BRUSSELS = Place(50.8467, 4.3525)
WORDS = st.text(max_size=20)


@given(
    st.builds(
        Place,
        st.floats(-90, 90),
        st.floats(-180, 180),
        WORDS,
        st.none() | st.floats(),
        st.booleans(),
    )
)
def test_any_place_on_earth_is_two_numbers_and_a_link(where: Place) -> None:
    """Which no translator touches, and nobody takes for a number to call or for a language."""
    text = place(where)
    assert text.plain.splitlines()[-1].startswith("https://www.openstreetmap.org/?mlat=")
    assert places(text.plain) == [(0, len(text.plain))]
    assert wordless(text.plain)
    assert languages.guess(text.plain, ["nl", "en", "pt"]) is None
    assert phones.find(place(Place(where.latitude, where.longitude)).plain) is None


@pytest.mark.parametrize("where", [Place(90.1, 0), Place(0, -181), Place(math.nan, 0), Place(0, math.inf)])
def test_what_is_not_on_earth_is_no_place(where: Place) -> None:
    """Its sender hears that we could not read it."""
    with pytest.raises(ValueError, match="no place on earth"):
        place(where)


def test_a_number_beside_a_place_is_still_a_number() -> None:
    """Somebody says where they are, and how to reach them."""
    words = place(BRUSSELS).plain + "\n0470 12 34 56"
    found = phones.find(words)
    assert found is not None
    assert words[slice(*found)] == "0470 12 34 56"


def test_a_place_that_is_copied_from_a_text_from_right_to_left_is_still_a_place() -> None:
    """It has marks around its numbers, which are no number to call."""
    copied = in_reading_order(place(Place(50.8467, 4.3525, "المركز"))).plain
    assert "\u2066" in copied
    assert places(copied) == [(0, len(copied))]
    assert phones.find(copied) is None


def test_a_contact_is_a_name_and_a_number() -> None:
    """The number alone where somebody shares their own: then it counts as one that was typed."""
    assert contact(" Ana \n Silva ", "+32 470 12 34 56").plain == "👤 Ana Silva\n+32 470 12 34 56"
    assert not phones.is_number(contact("Ana", "+32470123456").plain)
    assert contact("", "+32470123456").plain == "👤 +32470123456"
    assert phones.is_number(contact("", "+32470123456").plain)
    with pytest.raises(ValueError, match="without name"):
        contact(" ", "")


def test_a_name_is_not_translated_and_words_are() -> None:
    """Whatever sign they stand behind."""
    assert wordless(contact("Ana Silva", "+32470123456").plain)
    assert wordless(phones.masked(contact("Ana Silva", "+32470123456"), "0470123456").plain)
    assert wordless("0470 12 34 56\nhttps://example.org/a?b=c 👍")
    assert wordless("")
    assert not wordless("👤 Ana komt morgen")
    assert not wordless("📍 De ingang is achteraan")
    assert not wordless(poll(Text("When?"), []).plain)


def test_a_poll_is_a_question_with_numbered_answers() -> None:
    """How many chose each is said once it is known; what is bold stays bold."""
    bold = Text("When", (Span(0, 4, SpanKind.BOLD),))
    text = poll(bold, [Answer(Text("Today"), 12), Answer(Text("Tomorrow"), 0)])
    assert text == Text("📊 When\n1. Today — 12\n2. Tomorrow — 0", (Span(2, 6, SpanKind.BOLD),))
    assert poll(Text("When"), [Answer(Text("Today"))]).plain == "📊 When\n1. Today"
    with pytest.raises(ValueError, match="nothing"):
        poll(Text(""), [])


def test_a_task_is_done_or_not() -> None:
    assert tasks(Text("To bring"), [(Text("rent"), False), (Text("pass"), True)]).plain == "📋 To bring\n☐ rent\n☑ pass"
    with pytest.raises(ValueError, match="nothing"):
        tasks(Text(""), [])
    assert kinds.said(kinds.GAME, Text("")) == Text("🎮")
