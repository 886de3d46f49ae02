"""Numbers and their units: the same ones stand in both texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.text.words import western_digits
from bot.translation.gate.daynames import names
from bot.translation.gate.findings import Finding
from bot.translation.gate.numbers import Number, another_word, differences, numbers, said_in_words
from bot.translation.gate.sides import Side, blanked
from bot.translation.gate.units import amounts, another_unit, another_value, in_a_row, in_order, lost_unit


def _without_days(side: Side) -> str:
    """The text with Western digits and no days of the week: Monday is "the second" in Arabic, Tuesday has a three in
    Persian."""
    text = western_digits(side.text)
    return blanked(text, (name for name in names(text, side.language) or () if name.is_day))


def doubts(before: Side, after: Side) -> Iterator[Finding]:
    """The same numbers stand on both sides, with the same units, as digits or, small ones, as words."""
    here, there = numbers(before.left), numbers(after.left)
    yield from _units(before, here, after, there)
    missing, added = differences(here, there)
    for number in dict.fromkeys(missing):
        if not said_in_words(number, after.text, after.language):
            yield Finding("number-missing", blocking=True, detail=number.shown)
    for number in dict.fromkeys(added):
        if not said_in_words(number, before.text, before.language):
            yield Finding("number-added", blocking=True, detail=number.shown)
    word = another_word(_without_days(before), before.language, _without_days(after), after.language)
    if word:
        yield Finding("number-missing", blocking=True, detail=word)


def _units(before: Side, here: Sequence[Number], after: Side, there: Sequence[Number]) -> Iterator[Finding]:
    """Milligrams stay milligrams, euros euros: another unit behind the same number blocks."""
    ones, others = amounts(before.left, before.language, here), amounts(after.left, after.language, there)
    both = {number.value for number in here} & {number.value for number in there}
    another = another_unit(ones, others) or another_value(ones, others, both)
    if another:
        was, now = before.text[another[0].start : another[0].end], after.text[another[1].start : another[1].end]
        beside = any(in_a_row([amount.value for amount in another], side) for side in (here, there))
        yield Finding("unit-changed", blocking=not beside, detail=f"{was} → {now}")
    elif lost := lost_unit(ones, there, after.left, after.language):
        yield Finding("unit-changed", blocking=False, detail=before.text[lost.start : lost.end])
    elif lost := lost_unit(others, here, before.left, before.language):
        yield Finding("unit-changed", blocking=False, detail=after.text[lost.start : lost.end])
    elif moved := _moved(before.language, in_order(here, ones), after.language, in_order(there, others)):
        yield Finding("number-moved", blocking=False, detail=moved)


_VERB_LAST = frozenset(("tr", "ku", "fa", "prs", "ur", "ps", "ti", "am"))
"""Languages that build a sentence from the other end: in them the numbers of different things often change places."""


def _moved(
    language: str, before: Mapping[str, Sequence[str]], other: str, after: Mapping[str, Sequence[str]]
) -> str | None:
    """The numbers of one unit, or without any, that stand there in another order: 7 days and 14 are not 14 and 7."""
    for unit, values in before.items():
        moved = after.get(unit, ())
        if not unit and _VERB_LAST & {language, other}:
            continue
        if values != moved and sorted(values) == sorted(moved):
            first = next(place for place, value in enumerate(values) if value != moved[place])
            return " → ".join(", ".join(side[first : first + 2]) for side in (values, moved))
    return None
