"""Phone numbers: the same ones stand in both texts, however they are grouped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import regex

from bot.translation.gate.findings import Finding
from bot.translation.gate.sides import MOST, Side, digits_of


def doubts(before: Side, after: Side) -> Iterator[Finding]:
    """Every phone number of the source stands in the translation, however it is grouped, and no other does."""
    there = Counter(digits_of(stretch.text) for stretch in after.phones)
    wanted = Counter(digits_of(stretch.text) for stretch in before.phones)
    same = {digits_of(stretch.text): (stretch.start, stretch.end) for stretch in after.phones}
    lost = 0
    for stretch in before.phones:
        before.take(stretch.start, stretch.end)
        digits = digits_of(stretch.text)
        found = same.pop(digits, None) or (_find_digits(digits, after.left) if lost < MOST else None)
        if found:
            after.take(*found)
        else:
            lost += 1
            yield Finding("phone-changed", blocking=True, detail=stretch.text)
    for stretch in after.phones:
        digits = digits_of(stretch.text)
        if there[digits] > wanted[digits]:
            after.take(stretch.start, stretch.end)
            if lost:
                lost -= 1  # the two are one change
            elif len(digits) > 4:  # a short one is compared as a number
                yield Finding("phone-changed", blocking=True, detail=stretch.text)


def _find_digits(digits: str, text: str) -> tuple[int, int] | None:
    grouped = r"[\s().\-/\u2010-\u2015\u00a0\u202f\u2066-\u2069\u200e\u200f]{0,3}".join(digits)
    found = regex.search(rf"\+?\(?(?<!\d){grouped}(?!\d)", text)
    return found.span() if found else None
