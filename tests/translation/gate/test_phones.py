"""Phone numbers: the same ones stand in both texts."""

from __future__ import annotations

import pytest

from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("bel 02 511 00 11", "call 02/511.00.11", []),
        ("bel 02 511 00 11", "اتصل ٠٢ ٥١١ ٠٠ ١١", []),
        ("bel 02 511 00 11", "call 02 511 00 12", ["phone-changed"]),
        ("bel 0471 12 34 56", "call me", ["phone-changed"]),
        ("bel mij", "call 0471 12 34 56", ["phone-changed"]),
        ("bel 112", "call 112", []),
        ("bel 112", "اتصل بـ ١١٢", []),
        ("bel 112", "call 911", ["phone-changed", "number-added"]),
        ("bel 1813", "call us", ["phone-changed"]),
        ("100 pakketten", "100 parcels", []),
    ],
)
def test_phone_numbers_stand_in_both_however_they_are_grouped(source: str, target: str, found: list[str]) -> None:
    assert codes(source, target, "nl", "ar" if "ت" in target else "en") == found
