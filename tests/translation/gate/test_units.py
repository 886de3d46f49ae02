"""Units: milligrams stay milligrams, euros euros."""

from __future__ import annotations

import pytest

from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("take 500 mg", "neem 500 g", "en", "nl", ["unit-changed"]),
        ("take 500 mg", "neem 500 mg", "en", "nl", []),
        ("neem 5 mg", "take 5 milligrams", "nl", "en", []),
        ("neem 5 mg", "خذ 5 مل", "nl", "ar", ["unit-changed"]),
        ("neem 5 ml", "принимайте 5 мл", "nl", "ru", []),
        ("gedurende 14 dagen", "for 14 hours", "nl", "en", ["unit-changed"]),
        ("gedurende 14 dagen", "14 gün boyunca", "nl", "tr", []),
        ("gedurende 14 dagen", "14 hafta boyunca", "nl", "tr", ["unit-changed"]),
        ("4 luni", "4 months", "ro", "en", []),
        ("a 7-day course", "kuur van 7 dagen", "en", "nl", []),
        ("within 48 h", "binnen 48 uur", "en", "nl", []),
        ("within 48 h", "binnen 48 dagen", "en", "nl", ["unit-changed"]),
        ("6 feet (2 m)", "2 m (6 pieds)", "en", "fr", []),
        ("5 km verder", "5 m further", "nl", "en", ["unit-changed"]),
        ("het kost € 25", "it costs $ 25", "nl", "en", ["unit-changed"]),
        ("het kost 25 euro", "25 євро", "nl", "uk", []),
        ("het kost € 25", "it costs 25", "nl", "en", ["(unit-changed)"]),
        ("it costs 25", "het kost 25 euro", "en", "nl", ["(unit-changed)"]),
        ("20 % korting", "%20 indirim", "nl", "tr", []),
        ("20 % korting", "yüzde 20 indirim", "nl", "tr", []),
        ("20 % korting", "20 discount", "nl", "en", ["(unit-changed)"]),
        ("boven 38 °C", "above 38 °F", "nl", "en", ["unit-changed"]),
        ("boven 38 °C", "above 38 degrees", "nl", "en", []),
        ("bij -5 °C open", "open at 5 °C", "nl", "en", ["unit-changed"]),
        ("le 12 l'eau", "12 m", "fr", "en", []),
        ("the 2009 H1N1 flu", "la grippe H1N1 de 2009 ans", "en", "fr", []),
    ],
)
def test_a_number_keeps_its_unit(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    """A unit that nobody names in the other text may be understood there; one that is another one may not."""
    assert codes(source, target, source_language, target_language) == found
