"""Whether a translation is in its language, all of it."""

from __future__ import annotations

import pytest

from bot.translation.gate.checks import check
from tests.translation.gate.judged import codes

NL = "De winkel is maandag open van 14u30 tot 17u."


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("", ["empty"]),
        (" \n… ", ["empty"]),
        (NL, ["unchanged"]),
        (NL.upper(), ["unchanged"]),
        ("The shop is open on Monday from 2:30 pm to 5 pm.", []),
        ("Le magasin est ouvert lundi de 14h30 à 17h.", ["wrong-language"]),
        ("المتجر مفتوح يوم الاثنين من 14:30 إلى 17:00.", ["wrong-language"]),
        ("De winkel is dan op maandag geopend, van 14:30 tot 17:00.", ["wrong-language"]),
    ],
)
def test_a_translation_is_there_and_in_its_language(target: str, found: list[str]) -> None:
    assert codes(NL, target) == found


def test_one_sentence_left_in_the_source_language_is_found() -> None:
    source = "Kom morgen naar de winkel. Breng alstublieft uw eigen tas mee want die van ons zijn al allemaal op."
    target = "Come to the shop tomorrow. Breng alstublieft uw eigen tas mee want die van ons zijn al allemaal op."
    assert codes(source, target) == ["wrong-language"]


def test_a_few_letters_that_look_like_another_language_are_a_warning() -> None:
    """A guess from so little is often wrong: this is Turkish."""
    assert codes("The language is known already.", "Dil zaten belli.", "en", "tr") == ["(wrong-language)"]


def test_a_language_that_is_like_another_is_not_that_one() -> None:
    source = "On Monday we hand out food parcels to everybody who needs them."
    spanish = "El lunes repartimos paquetes de alimentos a todas las personas que los necesitan."
    portuguese = "Na segunda-feira distribuímos cabazes de alimentos a todas as pessoas que precisam deles."
    assert "wrong-language" in codes(source, spanish, "en", "pt")
    assert "wrong-language" in codes(source, portuguese, "en", "es")
    assert codes(source, spanish, "en", "es") == codes(source, portuguese, "en", "pt") == []


def test_amharic_is_no_tigrinya() -> None:
    source = "The food parcels are for free. Come to the shop tomorrow."
    assert codes(source, "የምግብ እሽግ በነፃ ነው። ነገ ጠዋት ወደ ሱቁ ይምጡ።", "en", "ti") == ["wrong-language"]
    assert codes(source, "ናይ ምግቢ ጥቕላል ብነጻ እዩ። ጽባሕ ናብቲ ድኳን ምጽኡ።", "en", "ti") == []


def test_half_a_sentence_left_in_the_source_language_is_found() -> None:
    source = "Kom morgen met uw kinderen naar de winkel in onze straat en breng daarvoor zelf een grote tas mee."
    half = "Come to the shop in our street tomorrow with your children en breng daarvoor zelf een grote tas mee."
    (found,) = check(source, half, "nl", "en")
    assert (found.code, found.blocking, found.detail) == (
        "wrong-language",
        True,
        "en breng daarvoor zelf een grote tas mee",
    )


def test_a_few_words_left_as_they_were_may_be_a_name_and_hide_no_other_day() -> None:
    source = "Kom maandag met uw kinderen en vrienden naar Huis van de buurt en ontmoeting."
    target = "On Monday, please come with your children and all your friends to the Huis van de buurt en ontmoeting."
    assert codes(source, target) == ["(wrong-language)"]
    assert codes(source, target.replace("Monday", "Friday")) == ["day-changed", "(wrong-language)"]
    assert codes(source, target.replace("buurt en o", "Buurt En O")) == []


def test_languages_that_are_alike_may_have_words_in_common() -> None:
    source = "Hubo miles de casos confirmados de coronavirus en las ciudades."
    assert codes(source, "Houve milhares de casos confirmados de coronavirus nas cidades.", "es", "pt") == []
    assert codes("لطفا در خانه بمانید و آب بنوشید", "لطفا در خانه بمانید و آب نوش کنید", "fa", "prs") == []


def test_names_may_stay_as_they_are() -> None:
    assert codes("Maria Janssens", "Maria Janssens") == ["(unchanged)"]
    assert codes("AETCIS", "AETCIS") == ["(unchanged)"]
    assert codes("https://a.be 14:00", "https://a.be 14:00") == []


def test_a_language_that_nobody_can_recognise_is_known_by_its_script() -> None:
    assert codes("Stay at home and wash your hands.", "ኣብ ገዛኹም ጽንሑ ኣእዳውኩም ድማ ተሓጸቡ።", "en", "ti") == []
    assert codes("Stay at home and wash your hands.", "Bleiben Sie zu Hause und so weiter.", "en", "ti") == [
        "wrong-language"
    ]
