"""The safety gate: what a translation may have lost, added or turned around, as far as a computer can see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.text.words import has_words
from bot.translation.gate import addresses, days, kept, length, phones, quantities, rightlanguage, times
from bot.translation.gate.findings import Finding
from bot.translation.gate.negation import only_one_denies
from bot.translation.gate.opposites import opposite
from bot.translation.gate.restrictions import only_lost
from bot.translation.gate.sides import Side


def check(
    source: str, target: str, source_language: str, target_language: str, fixed: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Compare a translation with its source. `fixed` lists the stretches that must stand in it to the letter."""
    if not has_words(target):
        return (Finding("empty", blocking=True),) if has_words(source) else ()
    before, after = Side(source, source_language), Side(target, target_language)
    language = tuple(rightlanguage.doubts(before, after))
    found = [
        *addresses.doubts(before, after),
        *phones.doubts(before, after),
        *(() if any(not finding.detail for finding in language) else days.doubts(before, after)),
        *times.doubts(before, after),
        *quantities.doubts(before, after),
        *kept.doubts(target, fixed),
        *language,
        *length.doubts(before, after),
        *_negation(before, after),
        *_opposite(before, after),
        *_restriction(before, after),
    ]
    return tuple(dict.fromkeys(found))


def _negation(before: Side, after: Side) -> Iterator[Finding]:
    """A clear "not" on one side only is worth a look; languages differ too much for more than that."""
    said = only_one_denies(before.words, before.language, after.words, after.language)
    if said:
        yield Finding("negation", blocking=False, detail=said)


def _opposite(before: Side, after: Side) -> Iterator[Finding]:
    """After for before, closed for open: languages say such things in too many ways for more than a warning."""
    said = opposite(before.words, before.language, after.words, after.language)
    if said:
        yield Finding("opposite", blocking=False, detail=" → ".join(said))


def _restriction(before: Side, after: Side) -> Iterator[Finding]:
    """An "only" that nothing in the translation says is worth a look."""
    said = only_lost(before.words, before.language, after.words, after.language)
    if said:
        yield Finding("only-missing", blocking=False, detail=said)
