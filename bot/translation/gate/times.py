"""Clock times: they agree, in whatever way each language writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from bot.text.clocktimes import Time, explained, times
from bot.translation.gate.findings import Finding
from bot.translation.gate.sides import MOST, Side


def doubts(before: Side, after: Side) -> Iterator[Finding]:
    """Clock times agree, in whatever way each language writes them; what only numbers can explain is left to those."""
    wanted, there = times(before.left, before.language), times(after.left, after.language)
    missing, added = _without_pairs(wanted, there)
    if not missing and not added:
        yield from _changed_places(before, wanted, after, there)
    for side, found in ((before, wanted), (after, there)):
        for time in found:
            side.take(time.start, time.end)
    missing = _unexplained(missing, after)
    added = _unexplained(added, before)
    for lost, new in zip_longest(missing, added):
        said = [side.text[time.start : time.end] for side, time in ((before, lost), (after, new)) if time]
        yield Finding("time-changed", blocking=True, detail=" → ".join(said))


def _changed_places(before: Side, wanted: Sequence[Time], after: Side, there: Sequence[Time]) -> Iterator[Finding]:
    """From nine to five is not from five to nine; in a sentence that is built the other way round it may be right."""
    for time, other in zip(wanted, there, strict=True):
        if not time.same(other):
            was, now = before.text[time.start : time.end], after.text[other.start : other.end]
            yield Finding("time-changed", blocking=False, detail=f"{was} → {now}")
            return


def _without_pairs(wanted: Sequence[Time], there: Sequence[Time]) -> tuple[list[Time], list[Time]]:
    """Those told alike first, so that few are left to be compared with all others."""
    alike = defaultdict(list)
    for time in reversed(there):
        alike[time.minutes].append(time)
    rest = [time for time in wanted if not alike[time.minutes] or not alike[time.minutes].pop()]
    added = sorted((time for times in alike.values() for time in times), key=lambda time: time.start)
    missing = rest[MOST:]
    for time in rest[:MOST]:
        pair = next((other for other in added if other.same(time)), None)
        if pair:
            added.remove(pair)
        else:
            missing.append(time)
    return sorted(missing, key=lambda time: time.start), added


def _unexplained(found: Sequence[Time], side: Side) -> list[Time]:
    return [time for place, time in enumerate(found) if place >= MOST or not _explained(time, side)]


def _explained(time: Time, side: Side) -> bool:
    places = explained(time, side.left)
    for start, end in places or ():
        side.take(start, end)
    return places is not None
