"""Whether the translation is in its language, all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.text import languages
from bot.translation.gate.findings import Finding
from bot.translation.gate.sides import SENTENCE_END, WORD, Side

_SURELY_A_LANGUAGE = 25
"""Letters of a text in which a guess is hardly ever wrong: "Dil zaten belli" may be anything."""
_LONG_SENTENCE = 40
"""Letters that a sentence needs before we believe that it is in the wrong language."""
_WIDELY_KNOWN = (
    "en", "fr", "nl", "de", "es", "pt", "it", "tr", "pl", "ro", "ru", "uk", "ar", "fa", "ur", "ps", "so", "am",
)  # fmt: skip
_ALIKE = ({"ru", "uk", "bg", "be", "mk"}, {"es", "pt", "gl", "it", "ca"}, {"ar", "fa", "ur", "ps"}, {"no", "da", "sv"})
_NEIGHBOURS = {one: group for group in (("es", "pt"), ("ru", "uk", "bg"), ("ar", "fa", "ur", "ps")) for one in group}
"""Alike, and yet told from each other without a mistake where there are no others to choose from."""


def doubts(before: Side, after: Side) -> Iterator[Finding]:
    """The translation is in its language; what was merely repeated is not."""
    if before.language == after.language:
        return
    if _folded(before.words) == _folded(after.words):
        words = len(WORD.findall(before.words))
        if words:  # a name or two may be the same everywhere
            yield Finding("unchanged", blocking=words >= 3)
        return
    if languages.main_script(after.words)[1] >= languages.SHORTEST_LATIN and not languages.written_in(
        after.words, after.language
    ):
        yield Finding("wrong-language", blocking=True)
        return
    guessed = tuple(_guessed(before, after)) if languages.knows(after.language) else ()
    yield from guessed or _left_as_it_was(before, after)


def _guessed(before: Side, after: Side) -> Iterator[Finding]:
    pair = (before.language, after.language)
    whole = languages.guess(after.words, pair)
    if whole is None and not any(set(pair) <= alike for alike in _ALIKE):
        whole = languages.guess(after.words, (*pair, *_WIDELY_KNOWN))
        if whole and any({whole, after.language} <= alike for alike in _ALIKE):
            whole = None
    if whole is None and languages.main_script(after.words)[1] >= _LONG_SENTENCE:
        whole = languages.guess(after.words, _NEIGHBOURS.get(after.language, ()))
    if whole not in (None, after.language):
        yield Finding("wrong-language", blocking=languages.main_script(after.words)[1] >= _SURELY_A_LANGUAGE)
        return
    for sentence in SENTENCE_END.split(after.words):
        if languages.main_script(sentence)[1] >= _LONG_SENTENCE and languages.guess(sentence, pair) == before.language:
            yield Finding("wrong-language", blocking=True, detail=sentence)
            return


_ROW, _LONG_ROW = 5, 8
"""Words in a row that no translation has in common with its source; fewer than the second may be an organisation's
name."""


def _left_as_it_was(before: Side, after: Side) -> Iterator[Finding]:
    """A part of a sentence that was not translated, where the two languages are not so alike that it may be right."""
    pair = {languages.engine_code(before.language), languages.engine_code(after.language)}
    if len(pair) == 1 or any(pair <= alike for alike in _ALIKE):
        return
    known = set(_rows(WORD.findall(before.words)))
    words = list(WORD.finditer(after.words))
    longest = length = end = 0
    for place, row in enumerate(_rows([word[0] for word in words])):
        length = length + 1 if row in known and _in_a_sentence(row) else 0
        if length > longest:
            longest, end = length, place + _ROW
    if longest:
        start = end - longest - _ROW + 1
        said = after.words[words[start].start() : words[end - 1].end()]
        yield Finding("wrong-language", blocking=end - start >= _LONG_ROW, detail=said)


def _in_a_sentence(row: Sequence[str]) -> bool:
    """Not a name, most words of which have a capital, and no units."""
    small = [word for word in row if not word[0].isupper()]
    return len(small) >= _ROW - 1 and sum(len(word) > 2 for word in small) >= _ROW - 2


def _rows(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[first:] for first in range(_ROW)), strict=False)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
