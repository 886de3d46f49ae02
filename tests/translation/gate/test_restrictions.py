"""An "only" that was lost."""

from __future__ import annotations

import pytest

from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("Only drink boiled water.", "Drink gekookt water.", "en", "nl", ["(only-missing)"]),
        ("Only drink boiled water.", "Drink alleen gekookt water.", "en", "nl", []),
        ("Only drink boiled water.", "اشربوا الماء المغلي.", "en", "ar", ["(only-missing)"]),
        ("Only drink boiled water.", "اشربوا الماء المغلي فقط.", "en", "ar", []),
        ("Only drink boiled water.", "Buvez de l’eau bouillie.", "en", "fr", ["(only-missing)"]),
        ("Only drink boiled water.", "Ne buvez que de l’eau bouillie.", "en", "fr", []),
        ("Bel alleen als er gevaar is.", "Tehlike varsa arayın.", "nl", "tr", ["(only-missing)"]),
        ("Bel alleen als er gevaar is.", "Yalnızca tehlike varsa arayın.", "nl", "tr", []),
        ("Bent u alleen?", "Are you alone?", "nl", "en", []),
        ("Bent u bang of alleen?", "Are you afraid or lonely?", "nl", "en", []),
        ("تنها هستید؟", "Are you lonely?", "fa", "en", []),
        (
            "Come only on Monday. Bring a bag.",
            "Vengan el lunes. Traigan solo una bolsa.",
            "en",
            "es",
            ["(only-missing)"],
        ),
        ("Not only on Monday.", "Het is ook op dinsdag.", "en", "nl", []),
        ("Only on Monday.", "Solo de luns.", "en", "gl", []),
        ("It is open on Monday.", "Het is alleen op maandag open.", "en", "nl", []),
    ],
)
def test_an_only_that_nothing_says_any_more_is_a_warning(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    """What is added to something is no limit, and whoever is alone is not "only"."""
    found_there = codes(source, target, source_language, target_language)
    assert [code for code in found_there if code == "(only-missing)"] == found
