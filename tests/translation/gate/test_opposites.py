"""A word that became its opposite."""

from __future__ import annotations

import pytest

from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("Take it before dinner.", "Neem het na het eten.", "en", "nl", []),  # "na" is more than "after"
        ("Take it before dinner.", "Prenez-le après le repas.", "en", "fr", ["(opposite)"]),
        ("Take it before dinner.", "Prenez-le avant le repas.", "en", "fr", []),
        ("Neem het voordat u eet.", "خذه بعد الأكل.", "nl", "ar", ["(opposite)"]),
        ("At least two people.", "Hoogstens twee mensen.", "en", "nl", ["(opposite)"]),
        ("At least two people.", "Minstens twee mensen.", "en", "nl", []),
        ("At least two people.", "زیادہ سے زیادہ دو لوگ", "en", "ur", ["(opposite)"]),
        ("At least two people.", "کم از کم دو لوگ", "en", "ur", []),
        ("Не менее двух человек.", "At most two people.", "ru", "en", ["(opposite)"]),
        ("De winkel is open.", "The shop is closed.", "nl", "en", ["(opposite)"]),
        ("De winkel is open.", "The shop opens.", "nl", "en", []),
        ("De winkel is open.", "Dükkan kapalı.", "nl", "tr", ["(opposite)"]),
        ("The shop is open, the door is closed.", "La boutique est fermée, la porte ouverte.", "en", "fr", []),
        ("Open. Come before five.", "Ouvert. Venez après cinq heures.", "en", "fr", ["(opposite)"]),
        ("Niet meer dan twee mensen.", "At most two people.", "nl", "en", []),
        ("De winkel is niet open.", "The shop is closed.", "nl", "en", ["(negation)"]),
        ("Wash before meals, and after.", "Lavez-vous après les repas, et après.", "en", "fr", ["(opposite)"]),
        ("Wash before meals, and after.", "Lavez-vous avant les repas, et après.", "en", "fr", []),
        ("Do not eat before noon.", "Ne mangez pas après midi.", "en", "fr", ["(opposite)"]),
        ("Een masker kost niet meer dan € 5.", "لا يزيد سعر الكمامة عن 5 يورو.", "nl", "ar", []),
        ("Zij zorgt al voor K7.", "She is looking after K7 already.", "nl", "en", []),
        ("Take it before dinner.", "Tomar tras la cena.", "en", "gl", []),
    ],
)
def test_a_word_that_became_its_opposite_is_a_warning(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    assert codes(source, target, source_language, target_language) == found
