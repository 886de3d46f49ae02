"""Seeing whether a text says "not" or "without": clear signs, and the weaker ones that say it in another language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import regex

from bot.text.languages import engine_code
from bot.text.wordlists import compiled
from bot.translation.gate.sides import SENTENCE_OR_LINE_END


@dataclass(frozen=True, slots=True)
class _Signs:
    """How a language denies. `clear` hardly ever stands for anything but "not" or "without". What another language may
    have turned a clear "not" into is also `other` ("avoid", "no") or a `hint`: a word that goes with a "not" as often
    as it stands alone, or a part of a word that may mean something else. `loose` is what another language may have made
    a clear "not" of: "still" became "not yet", "wrong" became "not right"."""

    clear: regex.Pattern[str]
    other: regex.Pattern[str]
    hint: regex.Pattern[str]
    loose: regex.Pattern[str]


_IN = (
    r"\bi[lmnr](?!f(?:an|[elo])|t[eroé]|c(?:l|en)|d[iu](?!s)|dex|st|v(?:es?t|[eio](?!s))|gr|m?[aá]|p(?:ort|act|one|os[eét]|l|r[ei]|ut)"
    r"|m[eéu]|[ií][ctz]|si)\p{L}{3,}"
)
"""The Latin "un-", where it is not the "in" of information, importance or interest."""

_LISTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "clear": (
            "never cannot nobody nothing no_one without",
            r"(?:\bnot|n[’']t)\b(?! (?:only\b|forg[eo]t|hesitate))",
        ),
        "other": (
            "no none neither avoid* lack* fail* free_of prevent* stop* prohibit* only hardly not except "
            "instead at_most refus* forbid* absen* cease* *less little out_of exclud* unclear",
            r"\bnon-?\p{L}{3,}",
        ),
        "hint": (
            "few nor less rather whether away_from against rarely scarce* barred ban* forg*",
            r"\bun(?!it|ion|iv|der|til|less)\p{L}{3,}|\bdis(?!ea|t|inf|c[uo]|pl)\p{L}{3,}|\bmis\p{L}{3,}",
            r"\bi[mnr](?!f[elo]|t[eor]|cl|cr|d[iu]|st|v(?:est|[eio](?!s))|gr|ma|p(?:ort|act|ose|l|r)|mu|mig|j|side)\p{L}{3,}",
        ),
        "loose": ("still yet but unless wrong mistake* error* too most stay* let_go left_out instead",),
    },
    "nl": {
        "clear": ("niet geen nooit niemand niets verboden zonder",),
        "other": (
            "hoogstens vermijd* verbied* geen* nauwelijks tenzij behalve alleen slechts gebrek* stop* voorkom* "
            "mislukt* *loos *loze *vrij",
        ),
        "hint": (
            "weinig nergens noch",
            r"\bon(?!der|s|geveer|t[hvmsw])\p{L}{3,}",
        ),
        "loose": ("of maar fout* hoogstens te_groot te_lang te_veel weiger* los* weglaten laten_we_weg weg blijf*",),
    },
    "de": {
        "clear": ("nicht kein* nie niemals niemand* nichts verboten* ohne",),
        "other": ("weder nur vermeid* außer fehl* statt kaum selten erst höchstens verbiet* verhinder* stopp*",),
        "hint": (
            "wenig* noch weg",
            r"\bun(?!d\b|ter|ser|s\b|gef)\p{L}{3,}|\p{L}los\b",
        ),
        "loose": ("noch aber oder falsch* fehler* hoch zuviel zu_viel zu_groß zu_lang höchstens",),
    },
    "fr": {
        "clear": (
            "jamais interdit interdite interdits interdites sans",
            r"\b(?:ne\s|n[’'](?!oubli|hésit))[^.!?;:]{1,50}?\b(?:pas|jamais|rien|personne|aucune?)\b",
        ),
        "other": (
            "au_plus au_maximum évit* interdi* manqu* absence empêch* sauf arrêt* cess* refus* prév* échec échou* "
            "sinon omet* asympt* uniquement déconseill* non omett*",
            r"\bnon-\p{L}{3,}|\bpeu de\b",
        ),
        "hint": (
            "rien personne aucun aucune ni peu pas ne plutôt seul*",
            _IN,
            r"\bn[’']",
        ),
        "loose": ("encore toujours mais si erreur* problème* trop maximum plus laiss*",),
    },
    "pt": {
        "clear": ("não nunca ninguém proibid* sem",),
        "other": (
            "no_máximo evit* proíb* proib* falt* exceto apenas somente deix* imped* ausência prev* recus* incapa* "
            "impossív* falh*",
        ),
        "hint": (
            "nenhum* nada nem jamais pouc* só",
            _IN,
            r"\bdes(?!d|en|c|inf)\p{L}{4,}",
        ),
        "loose": ("ainda mas se erro* demasiad* máximo",),
    },
    "es": {
        "clear": ("no nunca nadie prohibid*", r"\bsin\b(?! embargo\b)"),
        "other": ("como_máximo evit* prohib* prohíb* falt* excepto salvo dej* impid* imped* ausencia fall*",),
        "hint": (
            "ningun* ningún nada ni jamás tampoco poc* sol* sólo sino",
            _IN,
            r"\bdes(?!d|en|c|p|a|inf)\p{L}{4,}",
        ),
        "loose": ("aún todavía pero si error* demasiad* máximo",),
    },
    "it": {
        "clear": ("non vietat* senza",),
        "other": ("al_massimo evit* soltanto tranne fallit* manc* proib* diviet* salvo invece",),
        "hint": (
            "niente nessun* mai né neanche nemmeno nulla poc* solo",
            _IN,
        ),
        "loose": ("ancora ma se sbagliat* error* troppo massimo",),
    },
    "ro": {
        "clear": (
            "nu interzis* fără",
            r"\bn-(?=a|o|am|ai|au)",
        ),
        "other": ("evit* doar numai interzi* imposibil* insuficient* eșu* eşu* lips*",),
        "hint": (
            "nicio niciun* nimic nimeni niciodată nici puțin*",
            r"\bne(?!ce|voie|gr)\p{L}{3,}",
        ),
        "loose": ("încă dar greș* greş* prea maxim maximum rămân* expir*",),
    },
    "sq": {
        "clear": (
            "nuk mos pa",
            r"\bs[’'](?=\p{L})",
        ),
        "other": ("pamundur* ndal* vetëm shman* mungo* mungesë*",),
        "hint": (
            "askush asgjë kurrë asnjë* as pak jo",
            r"\b(?:pa|mos)\p{L}{5,}",
        ),
        "loose": ("ende po gabim* tepër shumë mbetet skad*",),
    },
    "tr": {
        "clear": (
            "değil* yok yoktur yasak* olmadan",
            r"\p{L}(?:m[ae]y[ıiae]n|m[aeıiuü]yor|m[ae]d[ıi]|m[ae]mal[ıi]|m[ae]mel[ıi]|m[ae]y[ae](?:c[ae]|bil)|m[ae]y[ıi]z\b)",
            r"(?!namaz)\b\p{L}{2,}m[ae]z(?:l[ae]r|s[ıi]n\p{L}*)?\b",
        ),
        "other": ("kaçın* önle* engel* eksik* başarısız*",),
        "hint": (
            "asla hiç* ne yalnız* ancak sadece yok*",
            r"\p{L}(?:m[ae]y[ae]n|m[ae]d|m[ae]z|m[ae]m|sız|(?<!ücret)siz|suz|süz|(?<!\ba|[ıi])m[ae]\b)",
        ),
        "loose": (
            "henüz hala hâlâ ama yanlış* hata* fazla çok",
            r"\p{L}m[ae](?:y\p{L}|l[ıi])",
        ),
    },
    "ku": {
        "clear": (
            "nikar* nizan* nîn* tune*",
            r"\bn[ae](?:be|bin|kin|ke|ye|yê|de|din|gir|kir|xw(?!eş)|hêl|tê|hat|çin|çe|pirs)\p{L}*",
        ),
        "other": ("bê* tenê qedexe*",),
        "hint": (
            "ne na qet",
            r"\bn[aeêî](?!xweş|v|zîk|m)\p{L}{2,}",
        ),
        "loose": ("hê hîn lê şaş* zêde nemîn* dimîne çênebû",),
    },
    "so": {
        "clear": (
            "maaha aysan uusan aanay aanad lama looma laguma mamnuuc la’aan la'aan bilaa",
            r"\bma (?![^.!]*\?)",
        ),
        "other": ("kaliya keliya fogow diid* jooji* suurto* iska_ilaali*",),
        "hint": (
            "waligaa ma mana aan aanan inaan inaanay ayna ayan inayna inayan aana ha yaan* ahayn aha aadan aanan"
            " maydaan uma kari_way* kari_wey* heli_wey* heli_way* weyn*",
            r"la['’]|\bha(?:la|na|ka|ku|u|is)\b|\b[klui]\p{L}{0,5}m?aana?\b|\b[klui]\p{L}{1,5}ma\b|\bmaa?la\b|\baanu\b",
            r"\b(?:\p{L}*(?:ays|uus|aads)an|\p{L}{2,}(?:ayna|ynin|anin|ooyin))\b",
        ),
        "loose": ("weli laakiin khalad* khald* dhac*",),
    },
    "ru": {
        "clear": (
            "нет нельзя запрещен* запрещён* без",
            r"\bне\b(?! (?:только|менее)\b)",
        ),
        "other": ("отсутств* кроме избега* воздерж* прекрат* предотвр* вместо запре* отказ* вне",),
        "hint": (
            "никогда никто никого ничего ни не мало только лишь",
            r"\bне(?!дел|скольк|обход|медл|которы|мно)\p{L}{4,}",
        ),
        "loose": ("ещё еще но ошибк* слишком максимум остается останется остаётся истек* истёк* закрыт* если",),
    },
    "uk": {
        "clear": (
            "немає нема заборонен* без",
            r"\bне\b(?! (?:тільки|лише|менше)\b)",
        ),
        "other": ("відсутн* уника* крім замість заборон* відмов* поза окрім брак*",),
        "hint": (
            "ніколи ніхто нікого нічого жод* ні не лише тільки",
            r"\bне(?!діл|обхід|гайн)\p{L}{4,}",
        ),
        "loose": ("ще але помилк* надто завелик* залиш* закінч*",),
    },
    "bg": {
        "clear": (
            "няма* недей* забранен* без",
            r"\bне\b(?! (?:само|по-малко)\b)",
        ),
        "other": ("освен избягва* липс* вместо неуспе* отказ* забран*",),
        "hint": (
            "нито никога никой никого нищо не нямат само",
            r"\bне(?!дел|обход|забав|ка)\p{L}{4,}",
        ),
        "loose": ("още но грешк* греш* твърде остава остане изтек* най-много",),
    },
    "pl": {
        "clear": (
            "zabronion* bez",
            r"\bnie\b(?! (?:tylko|mniej)\b)",
        ),
        "other": ("brak* unika* zakaz* zamiast odm* poza oprócz",),
        "hint": (
            "nigdy nikt nikogo niczego żaden żadn* nie nic ani tylko jedynie",
            r"\bnie(?!dziel|kt|ch|mie|st)\p{L}{3,}",
        ),
        "loose": ("jeszcze ale błąd błęd* pomyłk* zbyt zostaje najwyżej wygas*",),
    },
    "ar": {
        "clear": (
            "لم لن ليس* لست* لسنا ممنوع* يمنع بدون بلا",
            r"(?<!\p{L})[وف]?لا(?! (?:[يت]زال|سيما|بد|تقل|يقل))(?!\p{L})",
        ),
        "other": (
            "دون غير عدم بعدم ألا إلا تجنب* منع* يمنع* تمنع* انعدام نقص توقف سوى عوض* بدل بدلا بدلاً "
            "مستحيل* ألّا لئلا امتن* وقاية *تعذر* *عجز* حظر* يحظر*",
        ),
        "hint": (
            "لا قل* أقل نادر* فقط",
            r"(?<!\p{L})[وف]?ما(?! ه[وي])(?!\p{L})",
        ),
        "loose": ("قبل لكن",),
    },
    "fa": {
        "clear": (
            "نمی* نیست* نباید نباش* نبود* نشد* نشو* نکن* نکرد* ندار* نداشت* نتوان* نخواه* ندهید نگیرید ممنوع* بدون",
        ),
        "other": ("غیر* عدم جلوگیری خودداری پرهیز اجتناب جز مگر بی*",),
        "hint": (
            "هرگز هیچ* نه کم کمی کمتر* فقط تنها",
            r"(?<!\p{L})(?:نا\p{L}{3,}|ن\p{L}{2,}(?:ید|ند|یم|ده|ته|اد|رد|شد))|(?<!\p{L})بر?نمی",
        ),
        "loose": ("هنوز اما ولی اشتباه* غلط* خطا مانده می_ماند می‌ماند منصرف",),
    },
    "ur": {
        "clear": ("نہیں ممنوع بغیر",),
        "other": ("بنا غیر* بلا گریز اجتناب پرہیز بجائے منع روک* بچیں بچنا بچنے بچاؤ بچو عدم",),
        "hint": ("نہ مت کم صرف بے*", r"(?<!\p{L})نا(?!ک|ل|ف)\p{L}{2,}"),
        "loose": ("ابھی لیکن مگر غلط* ختم",),
    },
    "ps": {
        "clear": ("مه نۀ نشته نشي ندي نلري ونلري نکوي نکړئ نکړي پرته",),
        "other": ("ډډه مخنیوی بغیر غیر* ناشونی",),
        "hint": (
            "نه رانه درنه ورنه منع بندي نده هیڅ* هېڅ* بې* یوازې",
            r"(?<!\p{L})(?:نا(?!روغ)\p{L}+|و?ن(?!ور|وي)[شلکدو]\p{L}{1,4}(?!\p{L}))",
        ),
        "loose": ("لا خو تېروتن* غلط* پاتې",),
    },
    "ti": {
        "clear": (
            "ኣይኮነን*",
            r"(?<!\p{L})[ብዝንስ]?(?:[ኣአ]ይ(?!ሁድ)|ኣየ(?!ር|ናይ|ኖት))\p{L}+",
        ),
        "other": (
            "ምክልኻል ኣወግድ*",
            r"(?<!\p{L})\p{L}*(?:ዘይ|ዘየ|ከይ|ከየ|የብል|የብሉ|የብላ)\p{L}*",
        ),
        "hint": (
            "ዋላ ጥራይ",
            r"(?<!\p{L})\p{L}*(?:የለ|ኣይ|ኣየ|አይ)\p{L}*",
        ),
        "loose": ("ገና ግን ጌጋ ቀይር*",),
    },
}


@cache
def _signs(language: str) -> _Signs | None:
    listed = _LISTED.get(engine_code(language))  # Dari as Persian
    return _Signs(**{kind: compiled(*ways) for kind, ways in listed.items()}) if listed else None


_OR_NOT = regex.compile(
    r"\b(?:or not|of niet|oder nicht|ou (?:pas|non|não)|o no|sau nu|czy nie|ose jo|an na|или (?:нет|не)|чи ні|أم لا"
    r"|یا (?:نہیں|نه))(?![\w ]*\p{L})",
    regex.IGNORECASE,
)
"""Whether or not: others say whether."""
_VOWEL_SIGNS = regex.compile(r"[\u064b-\u0652]")


def only_one_denies(before: str, before_language: str, after: str, after_language: str) -> str | None:
    """The words around the "not" that one of two texts says clearly, while nothing in the other could mean it.

    Where both have as many sentences, each is compared with its own: another "not" further on says nothing about it.
    """
    here, there = _signs(before_language), _signs(after_language)
    if here is None or there is None:
        return None
    before, after = (_OR_NOT.sub(" ", _VOWEL_SIGNS.sub("", text)) for text in (before, after))
    for one, other in sentences(before, after):
        if _lost(one, here, other, there):
            return around(here.clear.search(one), one)
        if _added(one, here, other, there):
            return around(there.clear.search(other), other)
    return None


def sentences(before: str, after: str) -> list[tuple[str, str]]:
    """Each sentence with its translation; the whole texts where they have not as many."""
    ones, others = SENTENCE_OR_LINE_END.split(before), SENTENCE_OR_LINE_END.split(after)
    return list(zip(ones, others, strict=True)) if len(ones) == len(others) else [(before, after)]


_NEAR = 30  # characters


def around(said: regex.Match[str] | None, text: str) -> str | None:
    """What was said with some of what stands beside it: a "not" alone says nothing in a text that has several."""
    if said is None:
        return None
    start = text.rfind(" ", 0, max(said.start() - _NEAR, 0)) + 1
    end = text.find(" ", said.end() + _NEAR)
    return "… " * (start > 0) + text[start : end if end > 0 else len(text)] + " …" * (end > 0)


def _lost(one: str, here: _Signs, other: str, there: _Signs) -> bool:
    """A translation may say "avoid" for "do not": the "not" is lost where there are fewer signs of any kind, too.

    What may be a sign in the source stands for one in the translation: "unable" for "unable" leaves none for the "not".
    """
    denials = _count(here.clear, one)
    found = _count(there.clear, other)
    if found >= denials:
        return False
    one, other = here.clear.sub(" ", one), there.clear.sub(" ", other)
    avoided, hinted = _count(here.other, one), _count(here.hint, one)
    avoids, hints = _count(there.other, other), _count(there.hint, other)
    return (
        found + max(avoids - avoided, 0) + max(hints - hinted, 0) < denials
        or found + avoids + hints < denials + avoided
    )


def _added(one: str, here: _Signs, other: str, there: _Signs) -> bool:
    """A translation may say "not yet" for "still": the "not" is added where the source has no sign of it, or only weak
    ones that have one of their own in the translation."""
    if not there.clear.search(other) or any(signs.search(one) for signs in (here.clear, here.other, here.loose)):
        return False
    other = there.clear.sub(" ", other)
    weak = _count(here.hint, one) + _count(_PERHAPS, one)
    return weak <= _count(there.hint, other) + _count(_PERHAPS, other)


_PERHAPS = regex.compile(r"\b(?:un|in|im|ir|dis|des|dés|mal|on)\p{L}{3,}", regex.IGNORECASE)
"""What begins like the "un-" of one of the Latin languages, and Dutch; it may be as well an island, or important."""


def denies(text: str, language: str) -> bool:
    """Whether the text says "not" clearly, in a language whose signs we know."""
    signs = _signs(language)
    return signs is not None and signs.clear.search(text) is not None


def _count(signs: regex.Pattern[str], text: str) -> int:
    return sum(1 for _ in signs.finditer(text))
