"""Translations with a fault in them: what a machine may do to a sentence that still reads well."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

import regex
from babel import Locale

from bot.catalogue import locale_of
from tests.parallel import Pair

Spoil = Callable[[Pair, random.Random], str | None]
"""A translation with the fault; None where there is no place for it."""


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


_PLAIN_NUMBER = regex.compile(r"(?<![\w.,:/-])\d{1,3}(?!\w|[.,:/-]\w)")
_SENTENCE_END = regex.compile(r"(?<=[.!?؟۔።])\s+")


def _exchanged_numbers(pair: Pair, chance: random.Random) -> str | None:
    """Two of one sentence, only where the source has them, too."""
    start = 0
    places = []
    for sentence in _SENTENCE_END.split(pair.target):
        start = pair.target.index(sentence, start)
        found = list(_PLAIN_NUMBER.finditer(pair.target, start, start + len(sentence)))
        places += [(one, other) for one, other in pairwise(found) if one[0] != other[0]]
    there = set(_PLAIN_NUMBER.findall(pair.source))
    places = [(one, other) for one, other in places if {one[0], other[0]} <= there]
    if not places:
        return None
    one, other = chance.choice(places)
    text = pair.target
    return text[: one.start()] + other[0] + text[one.end() : other.start()] + one[0] + text[other.end() :]


_OPPOSITES: Mapping[str, Mapping[str, str]] = {
    "before, after": {
        "en": "before/after", "nl": "voordat/nadat", "fr": "avant/après", "es": "antes/después", "pt": "antes/depois",
        "tr": "önce/sonra", "ru": "перед/после", "ar": "قبل/بعد", "ur": "سے پہلے/کے بعد", "ps": "مخکې/وروسته",
        "so": "ka hor/ka dib", "ti": "ቅድሚ/ድሕሪ",
    },
    "more, less": {
        "en": "at least/at most, more/less", "nl": "minstens/hoogstens, meer/minder",
        "fr": "au moins/au plus, plus de/moins de", "es": "al menos/como máximo, más/menos",
        "pt": "pelo menos/no máximo, mais/menos", "tr": "en az/en çok, fazla/az",
        "ru": "не менее/не более, более/менее, больше/меньше", "ar": "على الأقل/على الأكثر, أكثر/أقل",
        "ur": "کم از کم/زیادہ سے زیادہ, زیادہ/کم", "ps": "لږ تر لږه/ډېر تر ډېره, زیات/کم",
        "so": "ugu yaraan/ugu badnaan, ka badan/ka yar", "ti": "ልዕሊ/ትሕቲ",
    },
    "with, without": {
        "en": "with/without", "nl": "met/zonder", "fr": "avec/sans", "es": "con/sin", "pt": "com/sem",
        "tr": "ile/olmadan", "ru": "с/без", "ar": "مع/بدون", "ur": "کے ساتھ/کے بغیر", "ps": "سره/پرته",
        "so": "leh/la’aan", "ti": "ምስ/ብዘይ",
    },
    "always, never": {
        "en": "always/never", "nl": "altijd/nooit", "fr": "toujours/jamais", "es": "siempre/nunca",
        "pt": "sempre/nunca", "tr": "her zaman/asla", "ru": "всегда/никогда не", "ar": "دائمًا/لا, دائما/لا",
        "ur": "ہمیشہ/کبھی نہیں", "ps": "تل/هیڅکله نه",
    },
    "open, closed": {
        "en": "open/closed", "nl": "open/dicht", "fr": "ouvert/fermé, ouverte/fermée, ouverts/fermés, ouvertes/fermées",
        "es": "abierto/cerrado, abierta/cerrada, abiertos/cerrados, abiertas/cerradas",
        "pt": "aberto/fechado, aberta/fechada, abertos/fechados, abertas/fechadas", "tr": "açık/kapalı",
        "ru": "открыт/закрыт, открыта/закрыта, открыты/закрыты", "ar": "مفتوح/مغلق, مفتوحة/مغلقة",
    },
}  # fmt: skip
"""Words that turn a sentence round when one is put for the other; the longer ones come first."""
_ONLY = {
    "en": "only", "nl": "alleen, slechts, enkel", "fr": "seulement, uniquement", "pt": "apenas, somente, só",
    "es": "solo, sólo, solamente, únicamente", "tr": "sadece, yalnızca", "ru": "только, лишь", "ar": "فقط",
    "ur": "صرف", "ps": "یوازې", "so": "keliya, kaliya", "ti": "ጥራይ",
}  # fmt: skip


def _whole(words: Sequence[str]) -> regex.Pattern[str]:
    return regex.compile(rf"(?<!\p{{L}})(?:{'|'.join(words)})(?!\p{{L}})", regex.IGNORECASE)


def _sides(kind: str, language: str) -> tuple[Sequence[str], Sequence[str]]:
    listed = _OPPOSITES[kind].get(language)
    if listed is None:
        return (), ()
    ones, others = zip(*(both.split("/") for both in listed.split(", ")), strict=True)
    return ones, others


def _turned(kind: str, pair: Pair, chance: random.Random) -> str | None:
    """Only where the source has a word of the same side."""
    here, there = _sides(kind, pair.target_language), _sides(kind, pair.source_language)
    found = [
        (match, side)
        for side in (0, 1)
        if here[side] and there[side] and _whole(there[side]).search(pair.source)
        for match in _whole(here[side]).finditer(pair.target)
    ]
    if not found:
        return None
    match, side = chance.choice(found)
    instead = here[1 - side][[word.casefold() for word in here[side]].index(match[0].casefold())]
    return pair.target[: match.start()] + instead + pair.target[match.end() :]


def _dropped_only(pair: Pair, _: random.Random) -> str | None:
    """Only where the source says it, too."""
    here, there = (_ONLY.get(one, "").split(", ") for one in (pair.target_language, pair.source_language))
    found = _whole(here).search(pair.target) if here[0] and there[0] and _whole(there).search(pair.source) else None
    return found and pair.target[: found.start()].rstrip() + pair.target[found.end() :]


def _dropped_word(pair: Pair, chance: random.Random) -> str | None:
    places = list(regex.finditer(r"(?<!\S)\p{L}{3,}\s", pair.target))
    if not places:
        return None
    place = chance.choice(places)
    return pair.target[: place.start()] + pair.target[place.end() :]


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
    "exchanged numbers": _exchanged_numbers,
    **{kind: partial(_turned, kind) for kind in _OPPOSITES},
    "only dropped": _dropped_only,
    "word dropped": _dropped_word,
}
