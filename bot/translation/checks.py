"""The safety gate: what a translation may have lost, added or turned around, as far as a computer can see it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

import regex

from bot.text import languages
from bot.text.clocktimes import Time, explained, times
from bot.translation.daynames import InDigits, Name, changed, dates_in_digits, names
from bot.translation.negation import only_one_denies
from bot.translation.numbers import Number, another_word, differences, numbers, said_in_words
from bot.translation.opposites import opposite
from bot.translation.protecting import Kind, Stretch, stretches, western_digits
from bot.translation.units import amounts, another_unit, lost_unit

Code = Literal[
    "number-missing",
    "number-added",
    "link-changed",
    "phone-changed",
    "time-changed",
    "day-changed",
    "unit-changed",
    "wrong-language",
    "empty",
    "unchanged",
    "length",
    "repeated",
    "negation",
    "opposite",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reviewer should look at; a blocking one keeps the translation from going out unseen.

    `detail` is the stretch in question, for the preview: a person's words, so never for a log.
    """

    code: Code
    blocking: bool
    detail: str = field(default="", repr=False)


def check(
    source: str, target: str, source_language: str, target_language: str, fixed: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Compare a translation with its source. `fixed` lists the stretches that must stand in it to the letter."""
    if not _speaks(target):
        return (Finding("empty", blocking=True),) if _speaks(source) else ()
    before, after = _Side(source, source_language), _Side(target, target_language)
    language = tuple(_language(before, after))
    found = [
        *_addresses(before, after),
        *_phones(before, after),
        *(() if any(not finding.detail for finding in language) else _days(before, after)),
        *_times(before, after),
        *_numbers(before, after),
        *_fixed(target, fixed),
        *language,
        *_length(before, after),
        *_repeated(before, after),
        *_negation(before, after),
        *_opposite(before, after),
    ]
    return tuple(dict.fromkeys(found))


def _speaks(text: str) -> bool:
    return any(character.isalnum() for character in text)


# --- what has been compared is taken out ---------------------------------------------------------------------------

_MOST = 50
"""Of what seems lost so much is looked for in another form: a text that has lost more is in doubt anyway, and each look
reads all of it."""
_TAKEN = "\ufffc"
_ADDRESSES = (Kind.LINK, Kind.MAIL, Kind.NAME, Kind.TAG, Kind.PLACEHOLDER)
_ONLY_A_NUMBER = frozenset({"100", "101", "102", "103", "105", "106", "107", "110"})
"""Emergency numbers that are more often something else: "100 parcels"."""

_ROUND_THE_CLOCK = regex.compile(
    r"(?<=(?<!\d)24)\s?(?:h|heures?|u|uur)?\s?(?:/|sur|op)\s?24(?!\d)"
    r"|(?<=(?<!\d)7)\s?(?:j|jours?|d|dagen)?\s?(?:/|sur|op)\s?7(?!\d)"
)
"""In Belgium and France the number is said again: "24h/24 et 7j/7", where others write 24/7."""


class _Side:
    """One of the two texts: its stretches, and what is left to compare (same length, Western digits)."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language
        self.left = _ROUND_THE_CLOCK.sub(lambda said: _TAKEN * len(said[0]), western_digits(text))
        found = stretches(text)
        self.addresses = [stretch for stretch in found if stretch.kind in _ADDRESSES]
        self.phones = [
            stretch for stretch in found if stretch.kind is Kind.PHONE and _digits(stretch.text) not in _ONLY_A_NUMBER
        ]
        self.words = self._without(found)

    def _without(self, taken: Sequence[Stretch]) -> str:
        words = self.text
        for stretch in reversed(taken):
            words = words[: stretch.start] + " " + words[stretch.end :]
        return words

    def take(self, start: int, end: int) -> None:
        self.left = self.left[:start] + _TAKEN * (end - start) + self.left[end:]


def _digits(text: str) -> str:
    return "".join(character for character in western_digits(text) if character in "0123456789")


# --- addresses -----------------------------------------------------------------------------------------------------


def _addresses(before: _Side, after: _Side) -> Iterator[Finding]:
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


# --- phone numbers -------------------------------------------------------------------------------------------------


def _phones(before: _Side, after: _Side) -> Iterator[Finding]:
    """Every phone number of the source stands in the translation, however it is grouped, and no other does."""
    there = Counter(_digits(stretch.text) for stretch in after.phones)
    wanted = Counter(_digits(stretch.text) for stretch in before.phones)
    same = {_digits(stretch.text): (stretch.start, stretch.end) for stretch in after.phones}
    lost = 0
    for stretch in before.phones:
        before.take(stretch.start, stretch.end)
        digits = _digits(stretch.text)
        found = same.pop(digits, None) or (_find_digits(digits, after.left) if lost < _MOST else None)
        if found:
            after.take(*found)
        else:
            lost += 1
            yield Finding("phone-changed", blocking=True, detail=stretch.text)
    for stretch in after.phones:
        digits = _digits(stretch.text)
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


# --- days of the week and months ----------------------------------------------------------------------------------


def _days(before: _Side, after: _Side) -> Iterator[Finding]:
    """Monday stays Monday. Another day for it blocks; one that is said in a way that we do not know is worth a look."""
    here, there = names(before.left, before.language), names(after.left, after.language)
    if here is None or there is None:
        return
    here, there = _translated(here, before, there, after), _translated(there, after, here, before)
    doubts = (*_spell_out(before, here, there), *_spell_out(after, there, here))
    yield from (*doubts, *_dates(before, after))
    for change in changed(here, there):
        side = before if change.lost else after
        said = side.text[change.name.start : change.name.end]
        if change.instead:
            said += f" → {after.text[change.instead.start : change.instead.end]}"
        yield Finding("day-changed", blocking=change.instead is not None, detail=said)


def _translated(found: Sequence[Name], side: _Side, others: Sequence[Name], other: _Side) -> list[Name]:
    """Without those that stand in the other text to the letter: a street may be called Vrijdagmarkt, Rue du 4 août.

    What is a part of another name there does not: in Persian, Tuesday is written with Saturday in it.
    """
    there = {_word(other, name) for name in others}
    there |= set(_WORD.findall(_blanked(other.left, others).casefold()))
    return [name for name in found if _word(side, name) not in there]


def _blanked(text: str, found: Iterable[Name]) -> str:
    for name in found:
        text = text[: name.start] + " " * (name.end - name.start) + text[name.end :]
    return text


def _word(side: _Side, name: Name) -> str:
    return side.left[name.start : name.end].casefold()


def _spell_out(side: _Side, own: list[Name], others: Sequence[Name]) -> Iterator[Finding]:
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


def _dates(before: _Side, after: _Side) -> Iterator[Finding]:
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
        if turned and max(date.first, date.second) <= 12:
            other = turned.pop()
            _take_date(before, date)
            _take_date(after, other)
            was, now = before.text[date.start : date.end], after.text[other.start : other.end]
            yield Finding("day-changed", blocking=True, detail=f"{was} → {now}")


def _take_date(side: _Side, date: InDigits) -> None:
    for place in date.places:
        side.take(*place)


# --- times ---------------------------------------------------------------------------------------------------------


def _times(before: _Side, after: _Side) -> Iterator[Finding]:
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


def _changed_places(before: _Side, wanted: Sequence[Time], after: _Side, there: Sequence[Time]) -> Iterator[Finding]:
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
    missing = rest[_MOST:]
    for time in rest[:_MOST]:
        pair = next((other for other in added if other.same(time)), None)
        if pair:
            added.remove(pair)
        else:
            missing.append(time)
    return sorted(missing, key=lambda time: time.start), added


def _unexplained(found: Sequence[Time], side: _Side) -> list[Time]:
    return [time for place, time in enumerate(found) if place >= _MOST or not _explained(time, side)]


def _explained(time: Time, side: _Side) -> bool:
    places = explained(time, side.left)
    for start, end in places or ():
        side.take(start, end)
    return places is not None


# --- numbers -------------------------------------------------------------------------------------------------------


def _without_days(side: _Side) -> str:
    """The text with Western digits and no days of the week: Monday is "the second" in Arabic, Tuesday has a three in
    Persian."""
    text = western_digits(side.text)
    return _blanked(text, (name for name in names(text, side.language) or () if name.is_day))


def _numbers(before: _Side, after: _Side) -> Iterator[Finding]:
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


def _units(before: _Side, here: Sequence[Number], after: _Side, there: Sequence[Number]) -> Iterator[Finding]:
    """Milligrams stay milligrams, euros euros: another unit behind the same number blocks."""
    ones, others = amounts(before.left, before.language, here), amounts(after.left, after.language, there)
    another = another_unit(ones, others)
    if another:
        was, now = before.text[another[0].start : another[0].end], after.text[another[1].start : another[1].end]
        yield Finding("unit-changed", blocking=True, detail=f"{was} → {now}")
    elif lost := lost_unit(ones, there, after.left, after.language):
        yield Finding("unit-changed", blocking=False, detail=before.text[lost.start : lost.end])
    elif lost := lost_unit(others, here, before.left, before.language):
        yield Finding("unit-changed", blocking=False, detail=after.text[lost.start : lost.end])


# --- kept to the letter --------------------------------------------------------------------------------------------


def _fixed(target: str, fixed: Sequence[str]) -> Iterator[Finding]:
    for text in not_kept(fixed, target):
        yield Finding(_CODE_OF.get(_kind(text), "link-changed"), blocking=True, detail=text)


_CODE_OF: dict[Kind | None, Code] = {
    Kind.PHONE: "phone-changed",
    Kind.TIME: "time-changed",
    Kind.DATE: "number-missing",
    Kind.AMOUNT: "number-missing",
    Kind.ACCOUNT: "number-missing",
    Kind.CODE: "number-missing",
}


def _kind(text: str) -> Kind | None:
    return next((stretch.kind for stretch in stretches(text) if stretch.text == text), None)


def not_kept(fixed: Sequence[str], text: str) -> list[str]:
    """The stretches that do not stand in the text exactly as often as they are listed, as words of their own."""
    wanted = Counter(fixed)
    wrong = []
    for stretch in sorted(wanted, key=len, reverse=True):  # 14:00-16:00 before the 14:00 in it
        start = r"(?<![\p{Latin}\d])(?<!\d[.,])" if stretch[:1].isalnum() else ""  # Arabic writes "and" on to it
        end = rf"{_after(stretch)}(?![.,]\d)" if stretch[-1:].isalnum() else ""
        text, count = regex.subn(start + regex.escape(stretch) + end, _TAKEN, text, flags=regex.VERSION1)
        if count != wanted[stretch]:
            wrong.append(stretch)
    return wrong


_WRITTEN_ON = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts that write the next word, or an ending, on to a number: 14:00에, 14:00开门."""


def _after(stretch: str) -> str:
    """What may not follow it: a letter would be a part of an address in any script."""
    number = stretch[-1:].isdecimal() and _kind(stretch) not in _ADDRESSES
    return rf"(?![\w--[{_WRITTEN_ON}]]|\d)" if number else r"(?!\w)"


# --- language ------------------------------------------------------------------------------------------------------

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’]*")
_SENTENCE_END = regex.compile(r"(?<=[.!?؟۔።])\s+")
_SENTENCE_OR_LINE_END = regex.compile(rf"{_SENTENCE_END.pattern}|\n+")
_SURELY_A_LANGUAGE = 25
"""Letters of a text in which a guess is hardly ever wrong: "Dil zaten belli" may be anything."""
_LONG_SENTENCE = 40
"""Letters that a sentence needs before we believe that it is in the wrong language."""
_WIDELY_KNOWN = (
    "en",
    "fr",
    "nl",
    "de",
    "es",
    "pt",
    "it",
    "tr",
    "pl",
    "ro",
    "ru",
    "uk",
    "ar",
    "fa",
    "ur",
    "ps",
    "so",
    "am",
)
_ALIKE = ({"ru", "uk", "bg", "be", "mk"}, {"es", "pt", "gl", "it", "ca"}, {"ar", "fa", "ur", "ps"}, {"no", "da", "sv"})
_NEIGHBOURS = {one: group for group in (("es", "pt"), ("ru", "uk", "bg"), ("ar", "fa", "ur", "ps")) for one in group}
"""Alike, and yet told from each other without a mistake where there are no others to choose from."""


def _language(before: _Side, after: _Side) -> Iterator[Finding]:
    """The translation is in its language; what was merely repeated is not."""
    if before.language == after.language:
        return
    if _folded(before.words) == _folded(after.words):
        words = len(_WORD.findall(before.words))
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


def _guessed(before: _Side, after: _Side) -> Iterator[Finding]:
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
    for sentence in _SENTENCE_END.split(after.words):
        if languages.main_script(sentence)[1] >= _LONG_SENTENCE and languages.guess(sentence, pair) == before.language:
            yield Finding("wrong-language", blocking=True, detail=sentence)
            return


_ROW, _LONG_ROW = 5, 8
"""Words in a row that no translation has in common with its source; fewer than the second may be an organisation's
name."""


def _left_as_it_was(before: _Side, after: _Side) -> Iterator[Finding]:
    """A part of a sentence that was not translated, where the two languages are not so alike that it may be right."""
    pair = {languages.engine_code(before.language), languages.engine_code(after.language)}
    if len(pair) == 1 or any(pair <= alike for alike in _ALIKE):
        return
    known = set(_rows(_WORD.findall(before.words)))
    words = list(_WORD.finditer(after.words))
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


# --- length --------------------------------------------------------------------------------------------------------

_CHARACTERS = {
    "en": 1.0, "fr": 1.22, "nl": 1.12, "de": 1.15, "es": 1.17, "pt": 1.10, "it": 1.15, "ro": 1.15, "pl": 1.08,
    "tr": 1.02, "ar": 0.90, "fa": 0.95, "ur": 1.00, "ps": 0.98, "ru": 1.12, "uk": 1.08, "bg": 1.10, "so": 1.12,
    "ti": 0.68, "am": 0.65, "he": 0.80, "zh": 0.32, "ja": 0.45, "ko": 0.52,
}  # fmt: skip
"""How many characters a text takes, where English takes one (medians of TICO-19 where it has the language)."""
_SHORT_TEXT = 40
_INVENTED = 3.5  # times as long as usual


def _length(before: _Side, after: _Side) -> Iterator[Finding]:
    """A translation much shorter or longer than usual has probably lost or invented something."""
    expected = len(before.text.strip()) * _CHARACTERS.get(after.language, 1.0) / _CHARACTERS.get(before.language, 1.0)
    if len(before.text.strip()) < _SHORT_TEXT:  # a few words may well take more or less room: but not any amount of it
        if len(after.text.strip()) > _INVENTED * max(expected, _SHORT_TEXT):
            yield Finding("length", blocking=True)
        return
    ratio = len(after.text.strip()) / expected
    if not 0.5 < ratio < 2.0:
        yield Finding("length", blocking=not 0.3 < ratio < _INVENTED)


_SHORTEST_REPEATED = 12
"""Letters of a sentence that hardly anybody says twice."""


_SAID = regex.compile(r"\p{L}[\p{L}\p{M}'’]*|\d+")
"""Call 112, and call 101, are two things."""


def _repeated(before: _Side, after: _Side) -> Iterator[Finding]:
    """Engines that run in a circle say a sentence again; so may the source."""
    if _said_again(before.text) is None and (said := _said_again(after.text)):
        yield Finding("repeated", blocking=True, detail=said)


def _said_again(text: str) -> str | None:
    seen = set()
    for sentence in _SENTENCE_OR_LINE_END.split(text):
        words = " ".join(_SAID.findall(sentence.casefold()))
        if len(words) >= _SHORTEST_REPEATED:
            if words in seen:
                return sentence
            seen.add(words)
    return None


# --- negation ------------------------------------------------------------------------------------------------------


def _negation(before: _Side, after: _Side) -> Iterator[Finding]:
    """A clear "not" on one side only is worth a look; languages differ too much for more than that."""
    said = only_one_denies(before.words, before.language, after.words, after.language)
    if said:
        yield Finding("negation", blocking=False, detail=said)


def _opposite(before: _Side, after: _Side) -> Iterator[Finding]:
    """After for before, closed for open: languages say such things in too many ways for more than a warning."""
    said = opposite(before.words, before.language, after.words, after.language)
    if said:
        yield Finding("opposite", blocking=False, detail=" → ".join(said))
