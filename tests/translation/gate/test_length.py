"""A translation that shrank, swelled, or says a sentence twice."""

from __future__ import annotations

from bot.translation.gate.checks import check
from tests.translation.gate.judged import codes


def test_a_text_that_shrank_or_swelled_is_seen() -> None:
    long = "Wij delen vandaag en morgen voedsel uit aan iedereen die daar nood aan heeft in onze wijk. " * 3
    short = "Today and tomorrow we hand out food to everybody who needs it in our neighbourhood. "
    assert codes(long, short) == ["(length)"]
    assert codes(long, "Food is handed out today") == ["length"]
    assert codes(short, "Wij delen voedsel uit aan iedereen die komt. " * 8, "en", "nl") == ["length", "repeated"]


def test_a_sentence_that_is_said_again_blocks_unless_the_source_says_one_again() -> None:
    once, twice = "The shop is closed on Monday. Come on Friday.", "De winkel is maandag dicht. Kom vrijdag. "
    (found,) = check(once, f"{twice}Kom! De winkel is maandag dicht.", "en", "nl")[1:]
    assert (found.code, found.blocking, found.detail) == ("repeated", True, "De winkel is maandag dicht.")
    assert codes(f"{once} {once}", twice * 2, "en", "nl") == []
    assert codes("Yes. It is closed.", "Ja. Ja. Het is dicht.", "en", "nl") == []
    two_numbers = "Brand? Bel 112. Politie? Bel 101.", "Fogo? Ligue para o 112. Polícia? Ligue para o 101."
    assert codes(*two_numbers, "nl", "pt") == []


def test_a_few_words_do_not_become_a_flood() -> None:
    """Engines that run in a circle do so with short texts above all, and their answer may have four million bytes."""
    assert codes("Oké, dank je", "Thank you. " * 50, "nl", "en") == ["length"]
    assert (
        codes("我们明天早上在学校门口见面好吗", "Shall we meet tomorrow morning at the gate of the school?", "zh", "en")
        == []
    )
    assert codes("Ça va?", "How are you doing today, is everything all right with you?", "fr", "en") == []
