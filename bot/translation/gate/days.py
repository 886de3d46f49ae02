"""Days and dates: Monday stays Monday, 12/03 does not become 03/12."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bot.translation.gate.dates import InDigits, dates_in_digits
from bot.translation.gate.daynames import Name, changed, names
from bot.translation.gate.findings import Finding
from bot.translation.gate.sides import WORD, Side, blanked


def doubts(before: Side, after: Side) -> Iterator[Finding]:
    """Monday stays Monday. Another day for it blocks; one that is said in a way that we do not know is worth a look."""
    here, there = names(before.left, before.language), names(after.left, after.language)
    if here is None or there is None:
        return
    here, there = _translated(here, before, there, after), _translated(there, after, here, before)
    spelt_out = (*_spell_out(before, here, there), *_spell_out(after, there, here))
    yield from (*spelt_out, *_dates(before, after))
    for change in changed(here, there):
        side = before if change.lost else after
        said = side.text[change.name.start : change.name.end]
        if change.instead:
            said += f" → {after.text[change.instead.start : change.instead.end]}"
        yield Finding("day-changed", blocking=change.instead is not None, detail=said)


def _translated(found: Sequence[Name], side: Side, others: Sequence[Name], other: Side) -> list[Name]:
    """Without those that stand in the other text to the letter: a street may be called Vrijdagmarkt, Rue du 4 août.

    What is a part of another name there does not: in Persian, Tuesday is written with Saturday in it.
    """
    there = {_word(other, name) for name in others}
    there |= set(WORD.findall(blanked(other.left, others).casefold()))
    return [name for name in found if _word(side, name) not in there]


def _word(side: Side, name: Name) -> str:
    return side.left[name.start : name.end].casefold()


def _spell_out(side: Side, own: list[Name], others: Sequence[Name]) -> Iterator[Finding]:
    """12/03 says March: where the other text has the name for it, it is not compared as a number.

    In English it may say December as well: then whichever the other text names is worth a look.
    """
    for date in dates_in_digits(side.left, side.language):
        for month, place in date.months():
            if sum(month in name.what for name in others) > sum(month in name.what for name in own):
                own.append(Name(*place, (month,), True))
                side.take(*place)
                if not date.sure:
                    yield Finding("day-changed", blocking=False, detail=side.text[date.start : date.end])
                break


def _dates(before: Side, after: Side) -> Iterator[Finding]:
    """12/03 may become 12.03. but not 03/12: for most people that is another day; and 1/2 is another dose than 2/1."""
    there: dict[tuple[int, int], list[InDigits]] = defaultdict(list)
    for date in reversed(dates_in_digits(after.left, after.language)):
        there[date.first, date.second].append(date)
    left = []
    for date in dates_in_digits(before.left, before.language):
        same = there[date.first, date.second]
        if same:
            _take_date(before, date)
            _take_date(after, same.pop())
        else:
            left.append(date)
    for date in left:
        turned = there[date.second, date.first]
        if turned:
            other = turned.pop()
            _take_date(before, date)
            _take_date(after, other)
            if max(date.first, date.second) > 12:
                continue  # the twenty-fifth of December, either way
            was, now = before.text[date.start : date.end], after.text[other.start : other.end]
            yield Finding("day-changed", blocking=True, detail=f"{was} → {now}")


def _take_date(side: Side, date: InDigits) -> None:
    for place in date.places:
        side.take(*place)
