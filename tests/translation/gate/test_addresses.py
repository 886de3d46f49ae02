"""Links, addresses and names: they stand in both texts, to the letter."""

from __future__ import annotations

import pytest

from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("zie https://a.be/x?y=1", "see https://a.be/x?y=1", []),
        ("zie https://a.be/x?y=1", "see https://a.be/x?y=2", ["link-changed", "link-changed"]),
        ("zie https://a.be/x_y", "see https://a.be/x y", ["link-changed", "link-changed"]),
        ("zie www.a.be", "see the website", ["link-changed"]),
        ("schrijf naar info@a.be", "write to info@b.be", ["link-changed", "link-changed"]),
        ("vraag @jan of #eten", "ask @jan or #food", ["(link-changed)", "(link-changed)"]),
        ("dag {naam}, welkom", "hello {name}, welcome", ["link-changed", "link-changed"]),
        ("in dat land.De winkel", "the shop in that land.de", []),
        ("kom langs", "come along to a.be", ["(link-changed)"]),
        ("انظر https://a.be/x؟", "see https://a.be/x?", []),
    ],
)
def test_addresses_stand_in_both_to_the_letter(source: str, target: str, found: list[str]) -> None:
    assert codes(source, target) == found
