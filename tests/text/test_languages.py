"""Codes of languages, and guessing the language of what people write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.languages import closest, engine_code, guess, knows, main_script, normalise, written_in
from tests.parallel import SAMPLE, TICO19

FIRST = ("nl", "fr", "en", "pt", "tr", "ar")
MANY = (*FIRST, "es", "ru", "ps", "ur", "fa", "so", "ti", "pl", "ro", "bg", "uk", "de", "it")


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("PT-br", "pt"),
        ("por_BR", "pt"),
        ("zh-Hans", "zh"),
        ("es-419", "es"),
        (" NL ", "nl"),
        ("nld", "nl"),
        ("dut", "nl"),
        ("iw", "he"),
        ("prs", "prs"),
        ("fa-AF", "prs"),
        ("fa-IR", "fa"),
        ("nb", "no"),
        ("kmr", "ku"),
        ("ckb", "ckb"),
        ("xx", "xx"),
        ("", ""),
    ],
)
def test_a_code_is_written_in_one_way(code: str, ours: str) -> None:
    assert normalise(code) == ours
    assert normalise(ours) == ours


def test_who_has_an_app_in_persian_reads_dari_where_there_is_no_persian() -> None:
    """Telegram has no Dari: all of Afghanistan says that it is Persian."""
    assert closest("fa", ["nl", "prs"]) == "prs"
    assert closest("fa", ["nl", "prs", "fa"]) == "fa"
    assert closest("fa-AF", ["nl", "fa"]) == "fa"
    assert closest("pt-BR", ["nl", "pt"]) == "pt"
    assert closest("uk", ["nl", "ru"]) is None
    assert closest("", ["nl"]) is None


DARI = "ما امشب برای خود و دو کودک خود جای خواب پیدا کرده نمی‌توانیم، لطفاً کمک کنید"


def test_dari_is_a_language_of_its_own_that_engines_know_as_persian() -> None:
    """Where a bot speaks both, words alone cannot tell which: the group or the app suggests it."""
    assert guess(DARI, ("nl", "prs", "ar")) == "prs"
    assert guess(DARI, ("nl", "fa", "ar")) == "fa"
    assert guess(DARI, ("fa", "prs")) is None
    assert (engine_code("prs"), engine_code("fa-AF"), engine_code("pt-BR")) == ("fa", "fa", "pt")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("waar kan ik slapen vannacht", "nl"),
        ("heeft iemand melk voor mn baby", "nl"),
        ("j'ai besoin d'un médecin pour ma fille", "fr"),
        ("HELP ME PLEASE I AM SICK", "en"),
        ("preciso de ajuda", "pt"),
        ("Çocuğum hasta, doktor lazım", "tr"),
        ("أحتاج مساعدة", "ar"),
        ("ابغى اكل", "ar"),
    ],
)
def test_a_short_cry_for_help_is_recognised(text: str, language: str) -> None:
    assert guess(text, FIRST) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SOS",
        "ok 👍",
        "🙏🙏🙏🙏🙏🙏🙏🙏🙏🙏🙏🙏",
        "12345 67890 12345",
        "https://www.dezelfdewoorden.nl/over/de/regels",
        "@iemand_van_de_buurt #samensterk",
        "Hallo",
        "کمک لازم دارم خواهش می کنم",
        "Jestem głodny i potrzebuję pomocy",
        "мне нужна помощь, пожалуйста",
        "ናብ ሆስፒታል ክኸይድ ይደሊ",
    ],
)
def test_where_it_is_too_little_or_none_of_the_languages_nobody_guesses(text: str) -> None:
    assert guess(text, FIRST) is None


@pytest.mark.parametrize(
    ("text", "among"),
    [("من گرسنه هستم", ("nl", "ar")), ("مجھے بھوک", ("nl", "ar")), ("Їжа є?", ("nl", "ru")), ("Їжа є?", ("nl", "bg"))],
)
def test_a_short_text_with_letters_that_the_only_candidate_has_not_is_in_none(
    text: str, among: tuple[str, ...]
) -> None:
    """“I am hungry” in Persian, taken for Arabic, is translated as something else."""
    assert guess(text, among) is None
    assert guess("أنا جائع", ("nl", "ar")) == "ar"


def test_a_script_of_one_language_alone_says_enough() -> None:
    assert guess("βοήθεια", (*FIRST, "el")) == "el"
    assert guess("ክኸይድ", (*FIRST, "ti")) == "ti"
    assert guess("ናብ ሆስፒታል ክኸይድ ይደሊ ኣለኹ", (*FIRST, "am", "ti")) == "ti"
    assert guess("ወደ ሆስፒታል መሄድ እፈልጋለሁ አሁን", (*FIRST, "am", "ti")) == "am"
    assert guess("ድሕሪ ኣእዳው ምሕጻብን ቅድሚ ኮፍ ምባልን፡ ነቲ ኮፍ መበሊኻ ተጠቂምካ ወልዉሎ።", (*FIRST, "am", "ti")) == "ti"
    assert guess("ወደ ሆስፒታል መሄድ እፈልጋለሁ አሁን", (*FIRST, "ti")) is None


@pytest.mark.parametrize(
    "text",
    ["ክሊኒኩ መቼ ይከፈታል?", "ብቻዬን ነኝ", "ብርድልብስ ይዘው ይምጡ", "ብዙዎቹ ታመዋል", "ሐኪም ያስፈልገኛል"],
)
def test_a_few_words_of_amharic_are_no_tigrinya(text: str) -> None:
    """Both have words that begin with ን, ብ, ክ and ዝ."""
    assert guess(text, ("am", "ti")) == "am"


@pytest.mark.parametrize("text", ["ሓገዝ የድልየኒ", "ሰዓታት ሓገዝቲ", "ሎሚ ብዙሕ ፈሳሲ ስተ", "ኩሎም ጉጅለታትኩም በዚ ቋንቋ የንብቡ።"])
def test_a_few_words_of_tigrinya_are_no_amharic(text: str) -> None:
    assert guess(text, ("am", "ti")) == "ti"


def test_a_few_words_that_either_may_say_are_asked_about() -> None:
    assert guess("ኮምፒተር", ("am", "ti")) is None
    assert guess("ቤት የለኝም", ("ti",)) is None
    assert guess("ክኸይድ", ("ti",)) == "ti"


def test_addresses_and_codes_do_not_count_as_words() -> None:
    text = "K7 https://www.example.org/the/quick/brown/fox waar kan ik vannacht slapen"
    assert guess(text, FIRST) == "nl"
    assert main_script("https://example.org 👍") == (None, 0)


def test_no_language_is_guessed_that_is_not_asked_for() -> None:
    assert guess("waar kan ik slapen vannacht", ("fr", "ar")) is None
    assert guess("waar kan ik slapen vannacht", ()) is None
    assert guess("waar kan ik slapen vannacht", ("xx", "nl")) == "nl"


def test_languages_that_cannot_be_recognised_are_known_as_such() -> None:
    assert knows("nl")
    assert knows("ti")
    assert not knows("ckb")
    assert written_in("مرحبا", "ckb")
    assert not written_in("hello", "ckb")


@given(st.text(max_size=100))
def test_no_text_is_too_strange_to_guess(text: str) -> None:
    assert guess(text, FIRST) in (None, *FIRST)


def test_our_own_notices_are_recognised_in_every_language() -> None:
    for line in SAMPLE.read_text("utf-8").splitlines():
        for language, text in json.loads(line).items():
            assert guess(text, MANY) == language


@pytest.mark.skipif(not TICO19.exists(), reason="the TICO-19 data is not beside the project")
def test_lines_of_real_help_talk_are_hardly_ever_taken_for_another_language() -> None:
    """Better to ask than to be wrong: at most 1 in 200 wrong, and 19 in 20 recognised."""
    lines = (TICO19 / "notices" / "chat-lines.jsonl").read_text("utf-8").splitlines()
    talk = [
        (normalise(language), text)
        for line in lines
        for language, text in json.loads(line).items()
        if language != "id" and normalise(language) in MANY
    ]
    guessed = [(language, guess(text, MANY)) for language, text in talk]
    assert len(talk) > 500
    assert sum(found not in (None, language) for language, found in guessed) <= len(talk) / 200
    assert sum(found == language for language, found in guessed) >= len(talk) * 0.95
