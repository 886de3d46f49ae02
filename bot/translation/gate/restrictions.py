"""Seeing whether an "only" was lost: "only drink boiled water" is another thing than "drink boiled water"."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import regex

from bot.text.languages import engine_code
from bot.text.wordlists import compiled
from bot.translation.gate.negation import around, sentences


class _Signs(NamedTuple):
    """`clear` says "only" and nothing else, or "alone"; `ways` is all that a translation may say it with. What stands
    with `not_only` adds to something, or somebody is alone: it limits nothing."""

    clear: regex.Pattern[str]
    ways: regex.Pattern[str]
    not_only: regex.Pattern[str]


_LISTED: Mapping[str, tuple[str, ...]] = {
    "en": (
        "only solely exclusively",
        "just merely nothing but limit* restrict* confin* except unless sole alone single no_more until unique*"
        " reserved purely simply mere at_most maximum",
        r"\b(?:not|n[’']t|if) (?:\w+ )?(?:only|solely|exclusively)\b",
    ),
    "nl": (
        "alleen slechts uitsluitend",
        "enkel* enige pas beperk* behalve tenzij louter maar zelf apart bloot puur voorbehouden uniek*"
        " gewoon hoogstens maximaal",
        r"\bniet (?:alleen|slechts|uitsluitend)\b|\balleen\s*[?.!]",
    ),
    "de": (
        "nur ausschließlich lediglich",
        "allein* bloß einzig* erst begrenz* beschränk* außer rein* eingeschränkt* vorbehalten"
        " einfach höchstens maximal",
        r"\bnicht (?:nur|ausschließlich|lediglich)\b",
    ),
    "fr": (
        "seulement uniquement exclusivement",
        "seul* limit* restrei* restric* sauf juste unique* réserv* exclusif* exclusiv* simple* rien_que"
        " au_plus au_maximum",
        r"\b(?:non|pas) (?:seulement|uniquement|exclusivement)\b|\bsi seulement\b",
        r"\bn(?:e |[’'])[^.!?;:]{1,60}?\bqu(?:e\b|[’'])",
    ),
    "es": (
        "solo sólo solamente únicamente exclusivamente",
        "únic* sola solas solos más_que sino limit* restring* restric* excepto salvo apenas exclusiv* reserv* simple*"
        " basta como_máximo",
        r"\bno (?:solo|sólo|solamente|únicamente|exclusivamente)\b|\bsolo\s*[?.!]",
    ),
    "pt": (
        "apenas somente só exclusivamente unicamente",
        "sozinh* únic* sós limit* restrit* restring* exceto salvo mais_do_que senão exclusiv* reserv* simples*"
        " basta no_máximo",
        r"\bnão (?:apenas|somente|só|exclusivamente|unicamente)\b|\bsó\s*[?.!]",
    ),
    "it": (
        "solo soltanto solamente esclusivamente unicamente",
        "sol* unic* limit* tranne appena esclusiv* riserv* semplice* basta al_massimo",
        r"\bnon (?:solo|soltanto|solamente|esclusivamente|unicamente)\b|\bsolo\s*[?.!]",
        r"\bnon [^.!?;:]{1,60}?\bche\b",
    ),
    "ro": (
        "doar numai exclusiv",
        "singur* unic* limit* decât exclusiv* rezervat* simpl* abia cel_mult",
        r"\bnu (?:doar|numai|exclusiv)\b",
    ),
    "pl": (
        "tylko wyłącznie jedynie",
        "sam* jedyn* dopiero ogranicz* chyba oprócz poza wyłączn* pojedyn* zaledwie wystarcz* prostu najwyżej",
        r"\b(?:nie|jak|gdy) (?:tylko|wyłącznie|jedynie)\b",
    ),
    "sq": (
        "vetëm",
        "vetm* kufiz* përveç thjesht ekskluziv* rezervuar* mjafton më_së_shumti",
        r"\bjo vetëm\b|\bvetëm\s*[?.!]",
    ),
    "tr": (
        "sadece yalnızca",
        "yalnız ancak tek* sınırl* hariç dışında başka yegane bir münhasıran özel yeter* en_fazla en_çok",
        r"\b(?:sadece|yalnızca)\b.*\b(?:değil|kalma)",
    ),
    "ku": (
        "tenê",
        "bitenê sînor* ji_bilî xeynî bes tek* yek* herî_zêde",
        r"\bne tenê\b|\btenê na\b|\bbi tenê\b",
    ),
    "so": (
        "kaliya keliya",
        "kali* keli* xadid* mooyee mooyaane uun un ugu_badnaan",
        r"\bma (?:aha|ahan)\b",
    ),
    "ru": (
        "только лишь исключительно",
        "один одна одно одни одним одной одного единствен* огранич* кроме сам* всего"
        " исключением просто не_более не_больше",
        r"\b(?:не|как|если) (?:только|лишь|исключительно)\b|\bтолько что\b",
    ),
    "uk": (
        "лише тільки виключно",
        "єдин* один одна одно одні сам* обмеж* крім аж всього винятком"
        " просто щонайбільше",
        r"\b(?:не|як|якщо) (?:лише|тільки|виключно)\b",
    ),
    "bg": (
        "само единствено",
        "единствен* огранич* сам сама сами освен едва изключение просто най-много",
        r"\bне (?:само|единствено)\b",
    ),
    "ar": (
        "فقط حصرا حصرًا حصريا حصريًا",
        "إلا الا سوى مقتصر* يقتصر تقتصر اقتصار* محدود* مجرد وحد* إنما انما وحيد* حصري* بمفرد* يكفي أقصى",
        r"\b(?:ليس|ليست|لا)\b.*\bفقط\b",
    ),
    "fa": (
        "فقط تنها صرفا صرفاً",
        "محدود* منحصر* جز بجز مگر یگانه صرف تنهایی کافی حداکثر",
        r"\bنه (?:فقط|تنها)\b|\bتنها\s*(?:[؟?.!]|(?:هست|باش|است)\w*)",
    ),
    "ur": (
        "صرف محض فقط",
        "محدود* اکیل* تنہا علاوہ سوائے ہی واحد بس کافی زیادہ_سے_زیادہ",
        r"\bنہ صرف\b|\bصرف\b.*\bنہیں\b",
    ),
    "ps": (
        "یوازې یواځې يوازې يواځې",
        "محدود* پرته یوازین* صرف بس فقط یواز* یواځ* ځانګړ*",
        r"\bنه (?:یوازې|یواځې)\b|\b(?:یوازې|یواځې)\s*(?:[؟?.!]|(?:یاست|یم|یې|دی|ده|یو)\b)",
    ),
    "ti": (
        "ጥራይ",
        "ብቻ በይን* ገደብ* ዝተወሰነ ብዘይካ *ጥራይ",
        r"ጥራይ (?:ኣይኮን|ዘይኮ|እንተዘይኮ)",
    ),
}  # fmt: skip
"""The words that are clear, the others (as bot.text.wordlists reads them), what says "not only", and other ways."""


@cache
def _signs(language: str) -> _Signs | None:
    listed = _LISTED.get(engine_code(language))
    if listed is None:
        return None
    clear, other, not_only, *more = listed
    return _Signs(compiled(clear), compiled(f"{clear} {other}", *more), regex.compile(not_only, regex.IGNORECASE))


def only_lost(before: str, before_language: str, after: str, after_language: str) -> str | None:
    """The "only" of a sentence whose translation has nothing that may say it."""
    here, there = _signs(before_language), _signs(after_language)
    if here is None or there is None:
        return None
    for one, other in sentences(before, after):
        said = here.clear.search(one)
        if said and not here.not_only.search(one) and not there.ways.search(other):
            return around(said, one)
    return None
