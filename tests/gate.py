"""Measuring the safety gate: how often it stops a human translation, how many spoilt ones it lets pass.

`python -m tests.gate` prints the table of docs/benchmarks.md. Read it with care: the word lists and patterns of the
gate were made while looking at these memories and at our own sample, so it does worse on texts it has not met. The
faults are also the plain ones; none of them is a sentence that is fluent and wrong.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import regex
from babel import Locale

from bot.catalogue import locale_of
from bot.translation.gate.checks import check
from tests.parallel import Pair, memories, sample, units

Spoil = Callable[[Pair, random.Random], str | None]


@dataclass
class Figures:
    """Of `texts` translations by people `stopped` have a blocking finding and `warned` another one; `seen` counts all
    findings by code.

    `spoilt` and `caught` are counted by the kind of fault that was put in; a warning counts as caught.
    """

    texts: int = 0
    stopped: int = 0
    warned: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    spoilt: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def false_alarms(self) -> float:
        return self.stopped / self.texts

    def recall(self, fault: str) -> float:
        return self.caught[fault] / self.spoilt[fault] if self.spoilt[fault] else 1.0


def measure(pairs: Iterable[Pair], seed: int = 1) -> Figures:
    chance = random.Random(seed)
    figures = Figures()
    for pair in pairs:
        begun = time.process_time()
        findings = check(pair.source, pair.target, pair.source_language, pair.target_language)
        figures.seconds += time.process_time() - begun
        figures.texts += 1
        stopped = any(finding.blocking for finding in findings)
        figures.stopped += stopped
        figures.warned += bool(findings) and not stopped
        figures.seen.update({finding.code for finding in findings})
        if findings:
            continue  # what is flagged already proves nothing when it is spoilt
        for fault, spoil in FAULTS.items():
            spoilt = spoil(pair, chance)
            if spoilt is not None:
                figures.spoilt[fault] += 1
                figures.caught[fault] += bool(check(pair.source, spoilt, pair.source_language, pair.target_language))
    return figures


# --- faults --------------------------------------------------------------------------------------------------------


def _another_digit(pair: Pair, chance: random.Random) -> str | None:
    places = [place for place, character in enumerate(pair.target) if character.isdecimal()]
    if not places:
        return None
    place = chance.choice(places)
    old = pair.target[place]
    zero = ord(old) - int(old)
    return pair.target[:place] + chr(zero + (int(old) + chance.randint(1, 9)) % 10) + pair.target[place + 1 :]


def _swapped_digits(pair: Pair, chance: random.Random) -> str | None:
    text = pair.target
    places = [
        place
        for place in range(len(text) - 1)
        if text[place].isdecimal() and text[place + 1].isdecimal() and text[place] != text[place + 1]
    ]
    if not places:
        return None
    place = chance.choice(places)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _dropped_number(pair: Pair, _: random.Random) -> str | None:
    start = next((place for place, character in enumerate(pair.target) if character.isdecimal()), None)
    if start is None:
        return None
    end = start
    while end < len(pair.target) and pair.target[end].isdecimal():
        end += 1
    return pair.target[:start] + pair.target[end:]


def _untranslated(pair: Pair, _: random.Random) -> str | None:
    return pair.source if len(pair.source.split()) > 3 else None


def _cut_short(pair: Pair, _: random.Random) -> str | None:
    return pair.target[: len(pair.target) // 3] if len(pair.source) > 60 else None


_NOT = {
    language: regex.compile(found, regex.IGNORECASE)
    for language, found in {
        "en": r"\bnot\s|(?<=\bcan)not\b|n['’]t\b|['’]t\b(?<=\bcan['’]t)",
        "nl": r"\b(?:niet|geen)\b\s?",
        "fr": r"\b(?:ne\s|n['’])(\P{P}{1,40}?)\s(?:pas|jamais)\b",
        "es": r"\bno\s(?=\p{L})",
        "pt": r"\bnão\s",
        "it": r"\bnon\s",
        "ro": r"\bnu\s|\bn-(?=a)",
        "de": r"\bnicht\b\s?|\bk(?=eine?[nmrs]?\b)",
        "tr": r"(?<=\p{L}{2})m(?=[ıiuü]yor)|(?<=\p{L}{2})m[ae](?=d[ıi]|y[ıiae]n)|\s(?:değil)(?=\p{L}*\b)",
        "ru": r"\bне\s(?=\p{L})",
        "uk": r"\bне\s(?=\p{L})",
        "bg": r"\bне\s(?=\p{L})",
        "pl": r"\bnie\s(?=\p{L})",
        "sq": r"\b(?:nuk|mos)\s",
        "ku": r"\bna(?=\p{L}{4})|\bne\s",
        "ar": r"(?<=(?<!\p{L})[وف]?)(?:لا|لم|لن|ليس\p{L}?)\s",
        "fa": r"(?<!\p{L})ن(?=می)|(?<=\p{L})ن(?=باید)|(?<!\p{L})نه\s|(?<!\p{L})ن(?=کنید|شو|کرد|دار)",
        "ur": r"(?<!\p{L})(?:نہیں|نہ|مت)(?!\p{L})\s?",
        "ps": r"(?<!\p{L})(?:نه|مه|نۀ)(?!\p{L})\s?",
        "so": r"\b(?:ma|aan|maaha|aanay|aanu|aysan|uusan|inaan)\s",
        "ti": r"(?<!\p{L})\p{L}?ኣይ(\p{L}+)(?<=ን)",
    }.items()
}  # fmt: skip


def _dropped_not(pair: Pair, chance: random.Random) -> str | None:
    """Only where the source says it too, in as plain a way."""
    here, there = _NOT.get(pair.target_language), _NOT.get(pair.source_language)
    found = list(here.finditer(pair.target)) if here and there and there.search(pair.source) else []
    if not found:
        return None
    dropped = chance.choice(found)
    left = dropped[1] if dropped.lastindex else ""
    return pair.target[: dropped.start()] + left + pair.target[dropped.end() :]


def _another_name(pair: Pair, chance: random.Random, names_of: Callable[[Locale], Mapping[int, str]]) -> str | None:
    """Only where the source has such a name as well; both as Babel has them, so that inflected ones are passed over."""
    here, there = (list(names_of(locale_of(one)).values()) for one in (pair.target_language, pair.source_language))
    found = regex.search(rf"(?<!\p{{L}})(?:{'|'.join(map(regex.escape, here))})(?!\p{{L}})", pair.target)
    if not found or not any(name in pair.source for name in there):
        return None
    another = chance.choice([name for name in here if name != found[0]])
    return pair.target[: found.start()] + another + pair.target[found.end() :]


def _another_weekday(pair: Pair, chance: random.Random) -> str | None:
    return _another_name(pair, chance, lambda locale: locale.days["format"]["wide"])


def _another_month(pair: Pair, chance: random.Random) -> str | None:
    return _another_name(pair, chance, lambda locale: locale.months["format"]["wide"])


_COUNTED = {
    "en": "two three four five six seven eight nine ten",
    "nl": "twee drie vier vijf zes zeven acht negen tien",
    "fr": "deux trois quatre cinq six sept huit neuf dix",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez",
    "pt": "dois três quatro cinco seis sete oito nove dez",
    "tr": "iki üç dört beş altı yedi sekiz dokuz on",
    "ar": "اثنين ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة",
}


def _another_word(pair: Pair, chance: random.Random) -> str | None:
    """Only where the source says the same number, in words as well."""
    here, there = (_COUNTED.get(one, "").split() for one in (pair.target_language, pair.source_language))
    said = pair.source.casefold().split()
    for word, same in zip(here, there, strict=False):
        found = regex.search(rf"(?<!\p{{L}}){word}(?!\p{{L}})", pair.target)
        if found and same in said:
            another = chance.choice([other for other in here if other != word])
            return pair.target[: found.start()] + another + pair.target[found.end() :]
    return None


_LASTING = {
    "en": "days weeks months years",
    "nl": "dagen weken maanden jaar",
    "fr": "jours semaines mois ans",
    "es": "días semanas meses años",
    "pt": "dias semanas meses anos",
    "tr": "gün hafta ay yıl",
    "ar": "أيام أسابيع أشهر سنوات",
    "ru": "дней недель месяцев лет",
}


def _another_unit(pair: Pair, chance: random.Random) -> str | None:
    """Only where the source has the same number in digits."""
    units = _LASTING.get(pair.target_language, "").split()
    found = regex.search(rf"(?<!\d)(\d+)\s({'|'.join(units)})(?!\p{{L}})", pair.target) if units else None
    if not found or not regex.search(rf"(?<!\d){found[1]}(?!\d)", pair.source):
        return None
    another = chance.choice([other for other in units if other != found[2]])
    return pair.target[: found.start(2)] + another + pair.target[found.end() :]


FAULTS: Mapping[str, Spoil] = {
    "another digit": _another_digit,
    "swapped digits": _swapped_digits,
    "dropped number": _dropped_number,
    "untranslated": _untranslated,
    "cut to a third": _cut_short,
    "not dropped": _dropped_not,
    "another weekday": _another_weekday,
    "another month": _another_month,
    "another word": _another_word,
    "another unit": _another_unit,
}


def table(named: Sequence[tuple[str, Figures]]) -> str:
    lines = [
        "| texts | translations | stopped | warned | " + " | ".join(FAULTS) + " | ms |",
        "| --- " * (5 + len(FAULTS)) + "|",
    ]
    for name, figures in named:
        caught = " | ".join(f"{figures.caught[fault]}/{figures.spoilt[fault]}" for fault in FAULTS)
        lines.append(
            f"| {name} | {figures.texts} | {figures.stopped} ({figures.false_alarms:.1%}) | {figures.warned} | {caught}"
            f" | {figures.seconds / figures.texts * 1000:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    measured = [("our own sample", measure(sample())), *((path.stem, measure(units(path))) for path in memories())]
    sys.stdout.write(table(measured) + "\n")
