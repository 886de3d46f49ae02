"""Seeing a word that became its opposite: before and after, at least and at most, open and closed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import regex

from bot.text.languages import engine_code
from bot.text.wordlists import alternatives, whole_words
from bot.translation.gate.negation import denies, sentences

# What says the one and what says its opposite, as bot.text.wordlists reads them; behind each stroke what may say
# it, too, or may mean something else: it alarms nobody, and where it stands nothing is missed.
_BEFORE_AFTER = {
    "en": "before / until prior earlier ahead first previous* pre* by already, after / look_after looks_after"
    " looking_after since later follow* then next once past",
    "nl": "voordat vooraleer vóór vooraf / voor tot eerst eerder, nadat nadien / na daarna later sinds vervolgens",
    "de": "bevor vorher / vor bis zuvor ehe zuerst, nachdem / nach danach nachher später seit",
    "fr": "avant / abord jusqu* préalable* avance devant, après / ensuite depuis puis suite dès lorsque",
    "es": "antes / hasta previ* primero, después tras / luego desde posterior* una_vez",
    "pt": "antes / até prévi* previ* primeiro, depois após / desde posterior* seguida pós*",
    "it": "prima / fino previ* davanti, dopo / poi da successiv*",
    "ro": "înainte / până întâi, după / apoi ulterior*",
    "pl": "przed zanim / do wcześniej najpierw, potem następnie / po później od",
    "sq": "para / deri, pas / vonë pasi",
    "tr": "önce / öncesi* öncek* kadar ilk evvel, sonra / sonras* ardından itibaren",
    "ku": "berî / heta, piştî / paşê",
    "so": "ka_hor kahor / hor* ilaa, kadib ka_dib / dabadeed*",
    "ru": "перед прежде / до раньше пока предварит*, после / затем потом спустя через",
    "uk": "перед / до раніше поки, після / потім через",
    "bg": "преди / до предварит*, след / после",
    "ar": "قبل / حتى أولا مسبق* سابق*, بعد / ثم عقب منذ إثر",
    "fa": "قبل پیش_از / از_قبل تا ابتدا پیش*, بعد پس_از / سپس پس",
    "ur": "پہلے قبل / پہلے_ہی پہلے_سے تک پیش*, بعد / پھر",
    "ps": "مخکې / له_مخکې تر وړاندې, وروسته / بیا",
    "ti": "ቅድሚ / ክሳብ ቅድም*, ድሕሪ / ብድሕሪ ደሓር",
}
_LEAST_MOST = {
    "en": "at_least no_less more above / over minimum from least most,"
    " at_most no_more less fewer below / under maximum up_to within",
    "nl": "minstens minimaal ten_minste tenminste meer / minimum boven vanaf ouder over,"
    " hoogstens maximaal ten_hoogste minder / maximum onder jonger tot binnen",
    "de": "mindestens wenigstens mehr / über ab minimum, höchstens maximal weniger / unter bis jünger maximum",
    "fr": "au_moins du_moins plus_de / minim* supérieur* plus, au_plus au_maximum moins / maxim* inférieur* jusqu*",
    "es": "al_menos como_mínimo por_lo_menos más / mínim* superior*, como_máximo menos / máxim* inferior* hasta",
    "pt": "pelo_menos no_mínimo ao_menos mais / mínim* superior*, no_máximo menos / máxim* inferior* até",
    "it": "almeno più / minim*, al_massimo meno / massim* fino",
    "ro": "cel_puțin mai_mult / minim* peste, cel_mult mai_puțin / maxim* sub până",
    "pl": "co_najmniej przynajmniej więcej / ponad minim*, co_najwyżej najwyżej mniej / maks* do poniżej",
    "sq": "të_paktën më_shumë / mbi, më_së_shumti më_pak / nën",
    "tr": "en_az / fazla üzeri* asgari, en_fazla en_çok / az azami alt* kadar",
    "ku": "bi_kêmanî herî_kêm / zêde*, herî_zêde / kêm*",
    "so": "ugu_yaraan / badan*, ugu_badnaan / yar*",
    "ru": "не_менее не_меньше более больше / минимум свыше от мере, не_более не_больше менее меньше / максимум до",
    "uk": "щонайменше не_менше принаймні більше / понад, щонайбільше не_більше менше / максимум до",
    "bg": "най-малко поне повече / над минимум, най-много по-малко / под максимум до",
    "ar": "على_الأقل أكثر لا_يقل لا_تقل / يزيد تزيد فوق, على_الأكثر أقل كحد_أقصى لا_يزيد لا_تزيد / يقل تقل أقصى دون",
    "fa": "حداقل دست_کم بیشتر / بیش*, حداکثر کمتر / کم*",
    "ur": "کم_از_کم / زیادہ, زیادہ_سے_زیادہ / کم",
    "ps": "لږ_تر_لږه / ډیر زیات ډېر, ډېر_تر_ډېره / کم لږ",
    "ti": "ብውሑዱ ንዝወሓደ ልዕሊ, ብዝበዝሐ ትሕቲ",
}
_OPEN_CLOSED = {
    "en": "open opened opens reopen* / opening*, closed closes shut closing closure* / clos*",
    "nl": "open geopend* opent / openen opening*, gesloten dicht sluit sluiting* / sluit* toe",
    "de": "offen* geöffnet* öffnet öffnen, geschlossen* schließt schließ* / zu",
    "fr": "ouvert* ouvre* / ouv*, fermé* ferme fermeture* / ferm*",
    "es": "abiert* abre* / abr* apert*, cerrad* cierr* / cerr*",
    "pt": "abert* abre* / abr*, fechad* fecha* encerrad* / fech* encerr*",
    "it": "apert* apre* / apr*, chius* chiud*",
    "ro": "deschis* / deschi*, închis* / închi*",
    "pl": "otwart* czynn* / otw*, zamknięt* / zamk* nieczynn*",
    "sq": "hapur hapet / hap*, mbyllur mbyllet mbyll*",
    "tr": "açık açıktır / aç*, kapalı* / kapa*",
    "ku": "vekirî / ve*, girtî / gir* di*",
    "so": "furan / fur*, xiran xidhan / xir* xidh*",
    "ru": "открыт* / откр* работа*, закрыт* / закр*",
    "uk": "відчинен* відкрит* / від* працю*, зачинен* закрит* / за*",
    "bg": "отворен* / отв* работ*, затворен* / затв*",
    "ar": "مفتوح* / فتح* تفتح* يفتح*, مغلق* إغلاق* / غلق* تغلق* يغلق* أغلق*",
    "fa": "باز / گشو*, تعطیل* بسته_است / بست*",
    "ur": "کھلا کھلی کھلے / کھ*, بند_ہے بند_ہیں بندش / بند*",
    "ps": "خلاص خلاصه پرانیستی / پرانی*, تړلی تړلې / تړ* بند*",
    "ti": "ክፉት ክፉታት / ክፍ* ምኽፋ*, ዕጹው ዕጹዋት / ዕጽ* ተዓጽ*",
}
_KINDS: tuple[Mapping[str, str], ...] = (_BEFORE_AFTER, _LEAST_MOST, _OPEN_CLOSED)
_GROUPS = ("one", "maybe_one", "other", "maybe_other")


@cache
def _words(kind: int, language: str) -> regex.Pattern[str] | None:
    """One pattern for all, so that "زیادہ سے زیادہ" (at most) is not the "زیادہ" (more) in it."""
    listed = _KINDS[kind].get(engine_code(language))
    if listed is None:
        return None
    sides = [part for side in listed.split(",") for part in f"{side}/".split("/")[:2]]
    words = {word: group for group, side in zip(_GROUPS, sides, strict=True) for word in side.split()}
    ways = (f"(?P<{words[word]}>{alternatives(word)})" for word in sorted(words, key=lambda word: (-len(word), word)))
    return regex.compile(whole_words("|".join(ways)), regex.IGNORECASE)


def opposite(before: str, before_language: str, after: str, after_language: str) -> tuple[str, str] | None:
    """The word that one text says and the opposite that the other says for it: fewer of the one, more of the other."""
    for kind in range(len(_KINDS)):
        here, there = _words(kind, before_language), _words(kind, after_language)
        if here is None or there is None:
            continue
        for one, other in sentences(before, after):
            ones, others = _said(here, one), _said(there, other)
            for side, turned in (("one", "other"), ("other", "one")):
                lost = len(ones[side]) > len(others[side]) + len(others[f"maybe_{side}"])
                added = len(others[turned]) > len(ones[turned]) + len(ones[f"maybe_{turned}"])
                if lost and added and _comparable(kind, denies(one, before_language), denies(other, after_language)):
                    return ones[side][0], others[turned][0]
    return None


def _comparable(kind: int, denied: bool, still_denied: bool) -> bool:
    """Where only one denies, it may be right: not open is closed. No more than two are at most two in any case."""
    return denied == still_denied and not (denied and _KINDS[kind] is _LEAST_MOST)


def _said(words: regex.Pattern[str], text: str) -> Mapping[str, list[str]]:
    """The words that a text has of each group."""
    said: dict[str, list[str]] = {group: [] for group in _GROUPS}
    for match in words.finditer(text):
        said[str(match.lastgroup)].append(match[0])
    return said
