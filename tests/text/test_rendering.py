"""From blocks to text: what one reader sees, where translations are there, missing or doubtful."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.content import Content, Gap, HelpLink, LanguageName, Line, Said, Translated, Verbatim, Words, say
from bot.domain.notices import TranslationState
from bot.model import Span, SpanKind, Text
from bot.text.rendering import Lookups, Reading, render

WORDS = Catalogue(["nl", "pt"])
PLEA = Reading(Text("Preciso de comida"), "pt")
IN_DUTCH = replace(PLEA, translated=Text("Ik heb eten nodig"), state=TranslationState.MACHINE)


def shown(
    content: Content, reading: Reading = PLEA, language: str = "nl", link: str | None = "https://x.example"
) -> Text:
    return render(content, language, WORDS, Lookups(lambda text, reader: reading, lambda start: link))


def plain(content: Content, reading: Reading = PLEA, language: str = "nl") -> str:
    return shown(content, reading, language).plain.replace("\u2068", "").replace("\u2069", "")


def sentence(key: str, language: str = "nl") -> str:
    return WORDS.render(say(key), language).plain


def test_a_translation_stands_above_its_original() -> None:
    """Labelled as the machine's; the original is a quote."""
    text = shown((Translated(1),), IN_DUTCH)
    assert text.plain.split("\n") == ["Ik heb eten nodig", sentence("label-machine"), "Preciso de comida"]
    start = text.plain.index("Preciso")
    assert Span(start, len(text.plain), SpanKind.QUOTE) in text.spans


def test_what_is_hidden_is_hidden_in_every_language() -> None:
    """Whoever wants to see it taps on it, as in the original; a computer does not say which words it has become."""
    hidden = replace(IN_DUTCH, original=Text("Preciso de comida", (Span(11, 17, SpanKind.SPOILER),)))
    text = shown((Translated(1),), hidden)
    start = text.plain.index("comida")
    assert [span for span in text.spans if span.kind is SpanKind.SPOILER] == [
        Span(0, len("Ik heb eten nodig"), SpanKind.SPOILER),
        Span(start, start + len("comida"), SpanKind.SPOILER),
    ]


@pytest.mark.parametrize("state", [TranslationState.REVIEWED, TranslationState.HUMAN])
def test_what_a_person_translated_is_not_called_a_computers(state: TranslationState) -> None:
    """Nothing is said about it."""
    assert plain((Translated(1),), replace(IN_DUTCH, state=state)) == "Ik heb eten nodig\nPreciso de comida"


def test_without_a_translation_the_original_is_shown_as_one() -> None:
    """With its language where it is known; nothing of a doubtful translation is shown."""
    assert plain((Translated(1),)).split("\n")[0] == "Preciso de comida"
    assert "Portugees" in plain((Translated(1),))
    assert plain((Translated(1),), Reading(Text("Waxaan"), None)) == f"Waxaan\n{sentence('note-untranslated-unknown')}"
    doubtful = plain((Translated(1),), replace(IN_DUTCH, doubtful=True))
    assert doubtful == f"Preciso de comida\n{sentence('note-doubtful')}"


def test_the_readers_own_language_needs_nothing() -> None:
    """No label, no note."""
    assert plain((Translated(1),), language="pt") == "Preciso de comida"


def test_a_telephone_number_in_arabic_words_is_read_from_left_to_right() -> None:
    """Also in the original below a translation, and with its style on the same words."""
    asked = Reading(Text("اتصلوا بي على 0470 12 34 56"), "ar", Text("Bel me op 0470 12 34 56"), TranslationState.HUMAN)
    text = shown((Translated(1),), asked)
    assert text.plain.split("\n")[1] == "اتصلوا بي على \u20660470 12 34 56\u2069"
    (quote,) = (span for span in text.spans if span.kind is SpanKind.QUOTE)
    assert text.plain[quote.start : quote.end] == text.plain.split("\n")[1]


def test_into_shows_what_another_reader_sees() -> None:
    """To the letter: the label too is in that reader's language."""
    reply = Reading(Text("Morgen"), "nl", Text("Amanhã"), TranslationState.MACHINE)
    lookups = Lookups(
        lambda text, reader: reply if reader == "pt" else Reading(Text("Morgen"), "nl"), lambda start: None
    )
    theirs = render((Translated(1),), "pt", WORDS, lookups)
    assert render((Translated(1, into="pt"),), "nl", WORDS, lookups) == theirs
    assert theirs.plain.split("\n")[1] == sentence("label-machine", "pt")


def test_words_within_a_sentence_are_one_line_and_short() -> None:
    """However they were typed, and deep inside, too."""
    reading = Reading(Text("Molen\n\nbeek   " + "x" * 200), None)
    line = plain((Line(say("card-area", area=Said(1))),), reading)
    assert line.startswith(WORDS.render(say("card-area", area="Molen beek x"), "nl").plain)
    assert line.endswith("x…")
    assert len(line) < 100
    nested = plain((Line(say("card-what", what=say("card-area", area=(Said(1), "b")))),), Reading(Text("{code}"), None))
    assert "{code} en b" in nested


@given(words=st.text(max_size=60), start=st.integers(0, 70), most=st.none() | st.integers(0, 70))
def test_an_excerpt_is_never_longer_and_says_what_it_left_out(words: str, start: int, most: int | None) -> None:
    """A stretch of the words as they are, with dots on the sides that go on."""
    found = render(
        (Words(1, start=start, most=most),), "nl", WORDS, Lookups(lambda *_: Reading(Text(words), None), str)
    )
    inner = found.plain
    if start > 0:
        assert inner.startswith("…")
        inner = inner[1:]
    if most is not None and len(words) > start + most:
        assert inner.endswith("…")
        inner = inner[:-1]
        assert len(inner) <= most
    assert words[start:].startswith(inner)


def test_an_excerpt_cuts_no_character_in_two() -> None:
    """A letter with its accent, a family of emoji."""
    for whole in ("e\u0301", "👩\u200d👧"):
        assert plain((Words(1, most=2),), Reading(Text("x" + whole + "y"), None)) in ("x…", f"x{whole}…")


def test_blocks_stand_on_lines_of_their_own_and_empty_ones_leave_none() -> None:
    """A gap is an empty line between others, never the first."""
    content: Content = (Gap(), Verbatim("a"), Words(1), Gap(), Verbatim("b", "bold"))
    text = shown(content, Reading(Text(""), None))
    assert text.plain == "a\n\nb"
    assert text.spans == (Span(3, 4, SpanKind.BOLD),)


def test_a_help_link_without_an_address_is_words() -> None:
    """A network whose bot has no link."""
    assert shown((HelpLink("help-link"),)).spans == (
        Span(0, len(sentence("help-link")), SpanKind.LINK, "https://x.example"),
    )
    assert shown((HelpLink("help-link"),), link=None).spans == ()


def test_a_language_can_be_named_in_a_sentence() -> None:
    """In the reader's own words."""
    assert plain((Line(say("card-language", language=LanguageName("pt"))),)).endswith("Portugees")
