"""Numbers: the same ones stand in both texts, as digits or as words."""

from __future__ import annotations

import pytest

from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("1.279 gevallen in 2020", "1,279 cases in 2020"),
        ("1 279 gevallen", "1279 cases"),
        ("1.279.500,50 inwoners", "1’279’500.50 people"),
        ("maak 3 kopieën", "make three copies"),
        ("maak drie kopieën", "make 3 copies"),
        ("1,5 miljoen kinderen", "1,500,000 children"),
        ("10 duizend kinderen", "10,000 children"),
        ("het jaar 2019-20 was zwaar", "the year 2019-2020 was hard"),
        ("10%, 20 % en 30", "10 %, 20% and 30"),
        ("2,5 ml en 0,125 mg", "2.5 ml and 0.125 mg"),
        ("19,00 kilo", "19 kilos"),
    ],
)
def test_a_number_may_be_written_as_each_language_does(source: str, target: str) -> None:
    assert codes(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("neem 2 pillen per dag", "take pills every day", ["number-missing"]),
        ("neem 2 pillen van 500 mg", "take 2 pills of 5000 mg", ["number-missing", "number-added"]),
        ("neem een pil per dag", "take 14 pills a day", ["number-added"]),
        ("kamer 12, gang 21", "room 21, corridor 12", ["(number-moved)"]),
        ("tussen 10 en 12 stuks", "between 10 and 21 pieces", ["number-missing", "number-added"]),
        ("10, 10 en 10", "10, 10", ["number-missing"]),
        ("5 duizend maskers", "5 million masks", ["number-missing", "number-added"]),
        ("2,5 ml per kilo", "25 ml per kilo", ["number-missing", "number-added"]),
        ("25 ml per kilo", "2.5 ml per kilo", ["number-missing", "number-added"]),
        ("0,125 mg per dag", "125 mg every day", ["number-missing", "number-added"]),
    ],
)
def test_a_number_that_is_lost_or_new_is_found(source: str, target: str, found: list[str]) -> None:
    assert codes(source, target) == found


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("take 2 tablets in 8 hours", "neem 8 tabletten in 2 uur", "en", "nl", ["unit-changed"]),
        ("take 2 tablets in 8 hours", "8 saatte 2 tablet alın", "en", "tr", []),
        ("take 2 tablets in 8 hours", "2 saatte 8 tablet alın", "en", "tr", ["unit-changed"]),
        ("after 7 days, or 14 days if somebody is ill", "na 14 dagen, of 7 dagen", "en", "nl", ["(number-moved)"]),
        ("after 7 days, or 14 days if somebody is ill", "7 gün sonra, ya da 14 gün", "en", "tr", []),
        ("after 7 days, or 14 days if somebody is ill", "14 gün sonra, ya da 7 gün", "en", "tr", ["(number-moved)"]),
        ("for 5 to 10 minutes", "gedurende 5 minuten tot 10", "en", "nl", ["(unit-changed)"]),
        ("in 2019 there were 250 cases", "250 gevallen in 2019", "en", "nl", []),
        ("250 parcels at room 12", "12 numaralı odada 250 koli", "en", "tr", []),
        ("op 25/12 open", "open on 12/25", "nl", "en", []),
    ],
)
def test_numbers_that_changed_places_are_found(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    """Another number of hours blocks. In a sentence built the other way round, only those of one unit are seen."""
    assert [code for code in codes(source, target, source_language, target_language) if code != "(length)"] == found


@pytest.mark.parametrize("target", ["24h/24 et 7j/7", "24 heures sur 24, 7 jours sur 7", "24h sur 24 et 7 jours / 7"])
def test_round_the_clock_is_said_in_each_language_s_way(target: str) -> None:
    assert codes("Wij zijn 24/7 open", f"Nous sommes ouverts {target}", "nl", "fr") == []
    assert codes("Wij zijn 24 uur op 24 en 7 dagen op 7 open", "We are open 24 hours a day, 7 days a week") == []
    assert codes("Wij zijn 12/7 open", f"Nous sommes ouverts {target}", "nl", "fr") == [
        "number-missing",
        "number-added",
    ]


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("closed for two weeks", "fermé pendant deux semaines", "en", "fr", []),
        ("closed for two weeks", "fermé pendant trois semaines", "en", "fr", ["number-missing"]),
        ("two weeks", "أسبوعين", "en", "ar", []),
        ("three weeks", "أسبوعين", "en", "ar", ["number-missing"]),
        ("thirteen or three", "ثلاثة عشر أو ثلاثة", "en", "ar", []),
        ("thirteen weeks", "ثلاثة عشر أسبوعا", "en", "ar", []),
        ("two of the three", "les deux autres", "en", "fr", []),
        ("both houses and four cars", "twee huizen en vier auto's", "en", "nl", []),
        ("half past two", "half drie", "en", "nl", []),
        ("a new car for nine people", "une voiture neuve pour neuf", "en", "fr", []),
        ("two cars", "quatre voitures neuves", "en", "fr", ["number-missing"]),
        ("the second of two", "2. von zwei", "en", "de", []),
        ("on iki hafta", "twelve weeks", "tr", "en", []),
        ("iki hafta", "twelve weeks", "tr", "en", ["number-missing"]),
        ("two weeks, page 3", "три недели, страница 3", "en", "ru", []),
        ("two weeks", "три недели", "en", "ru", ["number-missing"]),
        ("two weeks", "две недели", "en", "ru", []),
        ("three weeks", "thirty weeks", "en", "en", ["number-missing"]),
        ("drie weken", "thirty weeks", "nl", "en", ["number-missing"]),
        ("drie weken", "ثلاثين أسبوعا", "nl", "ar", ["number-missing"]),
        ("vijfendertig mensen en drie auto's", "thirty-five people and three cars", "nl", "en", []),
        ("tachtig mensen", "quatre-vingts personnes", "nl", "fr", []),
        ("2 meters", "دوه متره", "en", "ps", []),
        ("2 meters", "درې متره", "en", "ps", ["number-missing"]),
        ("over 100 people", "له سلو زیات خلک", "en", "ps", []),
        ("two meters", "درې متره", "en", "ps", ["number-missing"]),
        ("5 April", "ኣብ ሓሙሽተ ሚያዝያ", "en", "ti", []),
        ("two weeks", "دو هفته", "en", "prs", []),
        ("four weeks", "سه هفته", "en", "prs", ["number-missing"]),
        ("laba iyo toban", "twelve", "so", "en", []),
        ("на семью", "for 7 people", "ru", "en", ["number-added"]),
        ("у п'ятницю", "on day 5", "uk", "en", ["(day-changed)", "number-added"]),
    ],
)
def test_a_number_in_words_is_not_another_one(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    assert codes(source, target, source_language, target_language) == found


def test_a_thousand_million_is_a_billion() -> None:
    assert codes("5 miljard euro", "5 mil milhões de euros", "nl", "pt") == []
    assert codes("5 miljard euro", "5 mil millones de euros", "nl", "es") == []


def test_the_digits_of_every_script_count_as_their_values() -> None:
    assert codes("250 pakketten, 12 straten", "٢٥٠ طردًا و١٢ شارعًا", "nl", "ar") == []
    assert codes("250 pakketten", "۲۵۱ بسته", "nl", "fa") == ["number-missing", "number-added"]
    assert codes("250 packages", "২৫০টি প্যাকেজ", "en", "bn") == []
    assert codes("250 packages at 14:30", "१४:३० बजे २५० प्याकेज", "en", "ne") == []
    assert codes("call 02 511 00 11", "၀၂ ၅၁၁ ၀၀ ၁၁ ကို ခေါ်ပါ", "en", "my") == []
    assert codes("250 packages", "২৫১টি প্যাকেজ", "en", "bn") == ["number-missing", "number-added"]


@pytest.mark.parametrize(
    ("target", "language", "number"),
    [
        ("Venez le chercher en septembre", "fr", 7),
        ("Aperto tutta la settimana", "it", 7),
        ("Non più al giorno", "it", 9),
        ("Na quinta-feira de março", "pt", 5),
        ("Masanın altında", "tr", 6),
        ("Achteraan in de zaal", "nl", 8),
        ("Achtung, in der Halle", "de", 8),
    ],
)
def test_a_word_that_only_begins_like_a_number_does_not_say_it(target: str, language: str, number: int) -> None:
    assert codes(f"xxx {number}", target, "xx", language) == ["number-missing"]


def test_the_number_beside_such_a_word_is_still_seen() -> None:
    assert codes("het 5e kwartier", "o quinto quarteirão", "nl", "pt") == []
    assert codes("de 6e keer", "altıncı kez", "nl", "tr") == []
    assert codes("7 dagen", "sette giorni alla settimana", "nl", "it") == []


def test_the_name_of_a_day_is_no_number_and_a_year_no_weight() -> None:
    """Monday is "the second" in Arabic, Tuesday has a three in Persian; 2026 г. is a year."""
    assert codes("الاثنين في المدرسة", "دوشنبه در مدرسه", "ar", "fa") == []
    assert "number-missing" not in codes("سه‌شنبه در مدرسه", "الاثنين في المدرسة", "fa", "ar")
    assert (
        codes("Открыто до 14 мая 2026 г.\nДень отдыха: вторник", "Open until 14 May 2026\nDay off: Tuesday", "ru", "en")
        == []
    )
