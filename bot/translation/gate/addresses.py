"""Links, e-mail addresses, names and placeholders: they stand in both texts, to the letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bot.translation.gate.findings import Finding
from bot.translation.gate.sides import Side
from bot.translation.protecting import Kind


def doubts(before: Side, after: Side) -> Iterator[Finding]:
    """Links, e-mail addresses, names and placeholders stand in both, to the letter; a tag may be translated."""
    wanted = Counter(stretch.text for stretch in before.addresses)
    there = Counter(stretch.text for stretch in after.addresses)
    kinds = {stretch.text: stretch.kind for stretch in (*before.addresses, *after.addresses)}
    for side in (before, after):
        for stretch in side.addresses:
            side.take(stretch.start, stretch.end)
    yield from (Finding("link-changed", blocking=kinds[text] is not Kind.TAG, detail=text) for text in wanted - there)
    for text in there - wanted:
        bare = kinds[text] is Kind.LINK and "/" not in text
        if bare and text.casefold() in before.text.casefold():
            continue  # a full stop without its space: "landen.In" became "countries.in"
        yield Finding("link-changed", blocking=not bare and kinds[text] is not Kind.TAG, detail=text)
