"""The days of the week and the months that a text names, to be compared across languages: Monday, lunes, الاثنين."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import regex
from babel import Locale

from bot.catalogue import locale_of
from bot.text.wordlists import alternatives, compiled, whole_words

JANUARY = 101


@dataclass(frozen=True, slots=True)
class Name:
    """A day (Monday is 0) or a month (January is 101) that stands in a text, at `start`..`end`. Not `sure`: the word
    may mean something else, or, being short, one of several: "mar" is Tuesday and March in Spanish."""

    start: int
    end: int
    what: tuple[int, ...]
    sure: bool

    @property
    def is_day(self) -> bool:
        """Whether it may be one of the week."""
        return any(what < JANUARY for what in self.what)


@dataclass(frozen=True, slots=True)
class Changed:
    """A day or month that only one of two texts names; `instead`: what the translation names for one that
    it lost."""

    name: Name
    lost: bool
    instead: Name | None


def names(text: str, language: str) -> list[Name] | None:
    """The days and months in a text with Western digits, in order; None in a language whose names we do not know."""
    words = _words(language)
    if words is None:
        return None
    text = text.translate(_FOLDED)
    found = []
    for match in words.pattern.finditer(text):
        group = str(match.lastgroup)
        if group == "short":
            found.append(Name(*match.span(), words.short.get(" ".join(match["short"].casefold().split()), ()), False))
        else:
            what = int(group[1:])
            doubtful = words.otherwise is not None and words.otherwise.fullmatch(match[0]) is not None
            beside = _beside_a_number(text, *match.span(), before=what >= JANUARY)
            sure = not doubtful or (beside and not _PART_OF_A_VERB.match(text, match.end()))
            found.append(Name(*match.span(), (what,), sure))
    return found


_FOLDED = str.maketrans("أإآٱىيېۍكةۀʼ’şţ\u200c", "اااایییی\u06a9هه''șț ")
"""One letter for those that people do not tell apart."""
_BEFORE = regex.compile(r"(?<![\w-])(?:0?[1-9]|[12]\d|3[01])(?:\p{L}{1,3}|[.°º])?,?\s{1,2}(?:(?:de|of|د|من)\s)?$")
_AFTER = regex.compile(r"\.?[,،]?\s?\d")
_PART_OF_A_VERB = regex.compile(r"(?<=می)\s\p{L}")
"""In Persian "may" begins every other verb: at three they come."""
_YEAR = regex.compile(r"(?<!\d)20\d\d,?\s$")


def _beside_a_number(text: str, start: int, end: int, before: bool) -> bool:
    """A day stands before the number, a month (`before`) on either side: in Romanian "4 luni" are four months."""
    earlier = text[max(start - 12, 0) : start]
    return bool(_AFTER.match(text, end) or _YEAR.search(earlier) or (before and _BEFORE.search(earlier)))


def changed(before: Sequence[Name], after: Sequence[Name]) -> Iterator[Changed]:
    """At most one day and one month: where one has changed, the others of the text need a look as well."""
    for first, last in ((0, 6), (JANUARY, JANUARY + 11)):
        one, other = ([name for name in side if any(first <= w <= last for w in name.what)] for side in (before, after))
        lost, added = _unmatched(one, other), _unmatched(other, one)
        if lost or added:
            yield Changed((lost or added)[0], bool(lost), added[0] if lost and added else None)


def _unmatched(names: Sequence[Name], others: Sequence[Name]) -> list[Name]:
    """Those that are surely named, more often than the other text may name them."""
    there = Counter(what for other in others for what in other.what)
    missing = []
    for name in names:
        if name.sure:
            there[name.what[0]] -= 1
            if there[name.what[0]] < 0:
                missing.append(name)
    return missing


# --- the words -----------------------------------------------------------------------------------------------------

# Babel knows the names. What it does not know: how they change in a sentence, and how else people write them; Monday
# to Sunday and January to December, as bot.text.wordlists reads them.
_DAYS = {
    "de": ",,,,,sonnabend*,",
    "pt": "segunda segundas, terça terças, quarta quartas, quinta quintas, sexta sextas,,",
    "ru": "понедельник*, вторник* вторн*, в_среду на_среду по_средам, четверг*, пятниц*, суббот*, воскресень*",
    "uk": (
        "понеділ*, вівтор*, середа середу середи середою середам середах, четверга четвергу четвергом четверги,"
        "п'ятниц*, субот*, неділ*"
    ),
    "bg": "понеделни*, вторни*, сряда срядата срядите, четвъртък четвъртъка четвъртъци, петък* петъц*, събот*, недел*",
    "pl": (
        "poniedział*, wtork* wtorek, środa środę środy środą, czwartk* czwartek, piątek piątku piątki piątkiem,"
        "sobot* sobó*, niedziel*"
    ),
    "ro": "lunea, marți*, miercur*, joia, vinere*, sâmbăt* sîmbăt*, duminic*",
    "sq": (
        "e_hëna të_hënën të_hënave, e_marta të_martën të_martave, mërkur*, enjte*, premte*, shtun*,"
        "e_diela të_dielën të_dielave"
    ),
    "tr": "pazartesi*, salıya salıdan salıları, çarşamba*, perşembe*, cumaya cumadan cumaları, cumartesi*, pazar_gün*",
    "ku": "duşemb*, sêşemb*, çarşemb*, pêncşemb*, înê îniyê, şemiyê şemîyê, yekşemb*",
    "so": "isniin*, talaad*, arbac*, khamiis*, jimc*, sabti*, axad*",
    "ar": ",,,,,,",
    "fa": "دوشنبه دو_شنبه, سه_شنبه سهشنبه, چهارشنبه چهار_شنبه, پنجشنبه پنج_شنبه, جمعه, شنبه, یکشنبه یک_شنبه",
    "ur": "سوموار, منگل, بدھ_کے بدھ_کو, جمعرات, جمعے, سنیچر, اتوار",
    "ps": (
        "دوشنبه دوشنبی, سه_شنبه سه_شنبی سی_شنبه سی_شنبی, چهارشنبه چهارشنبی چارشنبه چارشنبی چهار_شنبه چهار_شنبی,"
        "پنجشنبه پنجشنبی, جمعه جمعی, شنبه شنبی, یکشنبه یکشنبی"
    ),
    "ti": "*ሰኑይ *ሶኑይ, *ሰሉስ *ሠሉስ, *ረቡዕ *ሮቡዕ, *ሓሙስ *ሃሙስ, *ዓርቢ *ዓርብ, *ቀዳም, *ሰንበት",
}
_MONTHS = {
    "ru": "январ*, феврал*, марте, апрел*, мае, июн*, июл*, август*, сентябр*, октябр*, ноябр*, декабр*",
    "uk": "січні, лютому, березні, квітні, травні, червні, липні, серпні, вересні, жовтні, листопаді, грудні",
    "pl": (
        "styczniu, lutym, marcu, kwietniu, maju, czerwcu, lipcu, sierpniu, wrześniu, październiku, listopadzie, grudniu"
    ),
    "sq": "janar*, shkurtit, marsit, prill*, majit, qershor*, korrik*, gusht*, shtatorit, tetorit, nëntorit, dhjetorit",
    "tr": (
        "ocak*, şubat*, martta marttan, nisan*, mayıs*, haziran*, temmuz*, ağustos*, eylül*, ekim*, kasım*, aralık*"
    ),
    "ku": (
        "rêbendan* çile*, sibat* reşemî*, adar* avdar*, nîsan* avrêl*, gulan*, hezîran* pûşper*, tîrmeh*,"
        "tebax* gelawêj*, îlon* rezber*, cotmeh*, mijdar* sermawez*, berfanbar* kanûn*"
    ),
    "so": (
        "janaayo jannaayo janawari, febraayo feebaraayo, maarso marso maarij, abriil* abril, maajo, juun juunyo,"
        "luulyo luuliyo julaay, agoosto ogosto, sebte*, oktoob* oktob*, nof* noof*, dise*"
    ),
    "fa": ",,,,,,,اگوست,,,,",
    "prs": ",,,,,,,اگوست,,,,",
    "ps": "جنوری, فبروری, مارچ, اپریل, می, جون, جولای, اګست اگست, سپتمبر سپټمبر, اکتوبر اکټوبر, نومبر, دسمبر ډسمبر",
    "ti": "ጥሪ, *ለካቲት, *መጋቢት, *ሚያዝያ, *ጉንበት *ግንቦት, ሰነ, *ሓምለ, *ነሓሰ, *መስከረም, *ጥቅምቲ, ሕዳር ብሕዳር ንሕዳር, *ታሕሳስ",
}  # fmt: skip
_OTHERWISE = {
    "en": "may march",
    "ar": "مارس اب",
    "bg": "май",
    "fa": "می مه",
    "prs": "می مه",
    "ps": "می اونی",
    "pt": "segunda segundas terça terças quarta quartas quinta quintas sexta sextas",
    "ro": "luni mai",
    "ru": "среда среду среды среде средой",
    "sq": "shkurt",
    "tr": "pazar pazara pazardan pazarı ocak* ekim* aralık*",
    "uk": "лютий лютого лютому",
    "ur": "پیر بدھ ہفتہ ہفتے",
}
"""Names that are everyday words besides: may, market, week, environment. Beside a number they are sure."""

_KNOWN = frozenset(("en", "nl", "fr", "es", "it", *_DAYS, "prs"))
_REGIONS = {"ar": ("ar_MA", "ar_DZ", "ar_SY"), "fa": ("fa_AF",), "prs": ("fa",)}
"""Where the months have other names in the same language."""
_WITH_ENDINGS = frozenset(("en", "nl", "de", "fr", "es", "it", "bg"))
"""Where nothing else begins like a day of the week: Mondays, maandagavond, lundis."""


@dataclass(frozen=True, slots=True)
class _Words:
    pattern: regex.Pattern[str]
    short: Mapping[str, tuple[int, ...]]
    otherwise: regex.Pattern[str] | None


@cache
def _words(language: str) -> _Words | None:
    if language not in _KNOWN:
        return None
    long: dict[int, list[str]] = defaultdict(list)
    short: dict[str, list[int]] = defaultdict(list)
    ending = "*" if language in _WITH_ENDINGS else ""
    for locale in (locale_of(language), *map(Locale.parse, _REGIONS.get(language, ()))):
        # Never the days that stand alone: once Pashto was read, Babel 2.18 gives its names in every language.
        for day, name in locale.days["format"]["wide"].items():
            long[day].append(name + ending)
        for form in ("format", "stand-alone"):
            for month, name in locale.months[form]["wide"].items():
                long[JANUARY + month - 1].append(name)
        for first, shortened in ((0, locale.days), (JANUARY - 1, locale.months)):
            for number, name in shortened["format"]["abbreviated"].items():
                short[name.rstrip(".").casefold().translate(_FOLDED)].append(first + number)
    for first, listed in ((0, _DAYS.get(language, "")), (JANUARY, _MONTHS.get(language, ""))):
        for number, words in enumerate(listed.split(","), start=first):
            long[number] += words.split()
    ways = [f"(?P<n{number}>{alternatives(' '.join(map(_folded, words)))})" for number, words in long.items()]
    ways.append(f"(?P<short>{alternatives(' '.join(map(_folded, short)))})")
    return _Words(
        regex.compile(whole_words("|".join(ways)), regex.IGNORECASE),
        {word: tuple(numbers) for word, numbers in short.items()},
        compiled(_OTHERWISE[language]) if language in _OTHERWISE else None,
    )


def _folded(name: str) -> str:
    return name.translate(_FOLDED).replace(" ", "_")
