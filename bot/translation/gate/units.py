"""The units behind the numbers of a text: 5 mg are not 5 g, 14 days not 14 hours, 25 euros not 25 dollars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import regex

from bot.text.languages import engine_code
from bot.text.wordlists import compiled, pattern
from bot.translation.gate.numbers import Number


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, at `start`..`end`. `value`: as a Number has it, with the minus of a temperature."""

    start: int
    end: int
    value: str
    unit: str


# Minutes, hours, days, weeks, months, years, as bot.text.wordlists reads them.
_TIME = {
    "en": "minute minutes min mins, hour hours h hr hrs, day days daily, week weeks weekly, month months, year years",
    "nl": "minuut minuten min, uur uren u, dag dagen dagelijks*, week weken weekje, maand maanden, jaar jaren",
    "de": "minute* min, stunde* std, tag tage tagen täglich*, woche* wöchentlich*, monat*, jahr*",
    "fr": "minute* min, heure* h, jour jours journée*, semaine*, mois, an ans année*",
    "es": "minuto* min, hora horas h, día días, semana*, mes meses, año años",
    "pt": "minuto* min, hora horas h, dia dias, semana*, mês meses, ano anos",
    "it": "minut* min, ora ore, giorn*, settiman*, mese mesi, anno anni",
    "ro": "minut* min, oră ore orelor, zi zile zilele zilei, săptămân*, lună luni lunilor, an ani anilor",
    "pl": "minut* min, godzin*, dzień dni dnia dniach, tydzień tygodni*, miesiąc* miesięc*, rok roku lat lata latach",
    "sq": "minut* min, orë orëve, ditë ditësh ditëve, javë javësh javëve, muaj muajsh muajve, vjet vit vite vjeç",
    "tr": "dakika* dk, saat*, gün*, hafta*, ay aylık aya aydan ayda aydır, yıl* sene* yaş*",
    "ku": "deqe* xulek*, saet*, roj*, hefte*, meh mehan mehê, sal salan salî",
    "so": "daqiiq*, saac*, maalin* maalm*, toddobaad* todobaad* usbuuc*, bil bilood bilo, sano sanad* sannad*",
    "ru": (
        "минут* мин, час часа часов часам часах, день дня дней дням днях сутки суток, недел*, месяц*,"
        "год года году годам годах лет"
    ),
    "uk": (
        "хвилин* хв, годин*, день дня днів дням днях доба доби діб, тиждень тижн*, місяц*,"
        "рік року років роки рокам роках"
    ),
    "bg": "минут* мин, час часа часове, ден дни дена, седмиц*, месец*, годин*",
    "ar": (
        "دقيقة دقائق, ساعة ساعات, يوم يوما يومًا أيام, أسبوع أسبوعا أسبوعًا أسابيع, شهر شهرا شهرًا أشهر شهور,"
        "سنة سنوات عام عاما عامًا أعوام"
    ),
    "fa": "دقیقه*, ساعت*, روز*, هفته*, ماه*, سال*",
    "ur": "منٹ*, گھنٹ* گهنٹ*, دن دنوں, ہفتہ ہفتے ہفتوں, ماہ مہینہ مہینے مہینوں, سال سالہ سالوں",
    "ps": "دقیقه دقیقې دقیقو, ساعته ساعتونه ساعتونو ساعت, ورځ*, اونۍ اوونۍ اونیو اوونیو, میاشت*, کال کاله کلونه کلونو",
    "ti": (
        "*ደቓይቕ* *ደቒቕ* *ደቂቕ* *ደቓይቅ* *ደቂቃ*, *ሰዓት *ሰዓታት, *መዓልቲ *መዓልታት* *መዓልትታት *ማዓልቲ *ማዓልታት, *ሰሙን *ሰሙናት,"
        "*ወርሒ *ኣዋርሕ*, *ዓመት *ዓመታት *ዓመትን"
    ),
}  # fmt: skip

# The same in all languages: where one has two words that are alike, the other means the same by them.
_MEASURES: Mapping[str, str] = {
    "second": "second seconds seconde secondes segundo segundos sekunde* secondi sec sekund* секунд* ثانية ثوان ثواني",
    "mg": "mg мг ملغ ملغم مجم ملجم milligram* miligram* миллиграмм* міліграм* милиграм* ملليغرام مليغرام",
    "µg": "µg μg mcg мкг microgram* mikrogram* микрограмм* мікрограм*",
    "g": "g gr г гр gram grams gramme* gramo* grama* gramm grammi غرام جرام غراما غرامًا گرم گرام грамм* грам*",
    "kg": "kg кг kilo kilos kilogram* quilo* килограмм* кілограм* кило كغ كجم كيلوغرام* کیلوگرم کیلو کلوگرام",
    "ml": "ml мл milliliter* millilitre* mililitr* mililitro* millilitr* миллилитр* مل ملليلتر مليلتر",
    "cl": "cl сл centiliter* centilitre*",
    "l": "l л liter* litre* litro* litr* litër литр* літр* لتر لترات لترا لیتر لٹر",
    "km": "km км kilomet* kilomèt* kilómet* quilómet* quilômet* километр* кілометр* كم كيلومتر* کیلومتر* کلومیٹر*",
    "m": "m м meter meters metre metres mètre mètres metro metros metri metra метр* متر مترا مترًا أمتار میٹر",
    "cm": "cm см centimet* centimèt* centímet* сантиметр* سم سنتيمتر* سانتیمتر* سینٹی_میٹر",
    "mm": "mm мм millimet* millimèt* milímet* миллиметр* مم مليمتر*",
    "foot": "ft foot feet pie pies pied pieds pés voet fuß фут* قدم قدما قدمًا أقدام فوت فٹ فوټه",
    "°": (
        "degree* graden graad grad grado grados grau graus degré degrés gradi stopni* stopień derece* grade gradë"
        " градус* درجة درجات درجه درجې ዲግሪ*"
    ),
    "%": (
        "percent* porcento per_cent pour_cent por_ciento por_cento procent* prozent* процент* відсот* përqind*"
        " بالمائة بالمئة في_المائة في_المئة درصد* فیصد* سلنه ሚእታዊ* ሚኢታዊ*"
    ),
    "€": "eur euro euros eurot euroja yuuro avro evro евро євро يورو یورو ዩሮ",
    "$": "usd us$ dollar* dólar* dollaro dollari dolar* доллар* долар* دولار* دلار ڈالر* ډالر*",
    "£": "gbp sterlin*",
    "CHF": "chf",
    "TRY": "tl lira* lirası",
    "MAD": "dirham* dh درهم* دراهم",
    "RUB": "rub рубл*",
    "UAH": "uah гривн* гривень",
}
_CURRENCIES = ("€", "$", "£", "CHF", "TRY", "MAD", "RUB", "UAH")
_SIGNS = {"°": "°º℃℉", "%": "%٪", "€": "€", "$": "$", "£": "£", "RUB": "₽", "TRY": "₺", "UAH": "₴"}
_DEGREES = (
    r"[°º]\s?(?:(?P<celsius>[CС]\b)|(?P<fahrenheit>F\b))|(?P<celsius>℃|\p{L}+\s(?:celsius|مئوية|سانتیگراد))"
    r"|(?P<fahrenheit>℉|\p{L}+\sfahrenheit)"
)
_PERCENT_FIRST = r"\b(?:yüzde|boqol?kiiba|ji sedî)"
_PARTED = r"[ \t\u00a0\u202f\u2009-]{0,2}"  # in the same line
_BEFORE = regex.compile(
    rf"(?:(?P<percent>[%٪]|{_PERCENT_FIRST})|(?P<euro>€|\b(?:euro|EUR))|(?P<dollar>[$]|\bUSD)|(?P<pound>£)){_PARTED}$"
)
_OF_GROUP = {"percent": "%", "euro": "€", "dollar": "$", "pound": "£", "celsius": "°C", "fahrenheit": "°F"}
_YEAR = regex.compile(rf"(?:19|20)\d\d{_PARTED}[гр]", regex.IGNORECASE)  # 2026 г. is no weight
_MINUS = regex.compile(r"(?<!\S)[-\u2212\u2013]$")
_DURATIONS = ("minute", "hour", "day", "week", "month", "year")


@cache
def _behind(language: str) -> tuple[regex.Pattern[str], Mapping[str, str]]:
    """What may stand behind a number in that language, and the unit that each group of it is."""
    listed = dict(_MEASURES)
    if language in _TIME:
        listed |= dict(zip(_DURATIONS, _TIME[language].split(","), strict=True))
    groups = dict(_OF_GROUP)
    ways = [_DEGREES]
    for number, (unit, words) in enumerate(listed.items()):
        groups[f"u{number}"] = unit
        sign = rf"[{_SIGNS[unit]}]|" if unit in _SIGNS else ""
        ways.append(f"(?P<u{number}>{sign}{pattern(words)})")
    return regex.compile(rf"{_PARTED}(?=[^\s\d])(?:{'|'.join(ways)})(?!['’\d])", regex.IGNORECASE), groups


def amounts(text: str, language: str, found: Sequence[Number]) -> list[Amount]:
    """Those of the numbers found in a text with Western digits that have a unit which we know."""
    behind, groups = _behind(engine_code(language))
    measured = []
    for number in found:
        unit = behind.match(text, number.end)
        if unit and not _YEAR.fullmatch(text, number.start, unit.end()):
            name = groups[str(unit.lastgroup)]
            minus = name.startswith("°") and _MINUS.search(text, max(number.start - 2, 0), number.start)
            measured.append(Amount(number.start, unit.end(), "-" * bool(minus) + number.value, name))
        elif before := _BEFORE.search(text, max(number.start - 12, 0), number.start):
            measured.append(Amount(before.start(), number.end, number.value, _OF_GROUP[str(before.lastgroup)]))
    return measured


def another_unit(before: Sequence[Amount], after: Sequence[Amount]) -> tuple[Amount, Amount] | None:
    """The amount of one text whose number has another unit in the other, with that one.

    A unit that only one text names may be said in a way that we do not know.
    """
    here, there = _by_value(before), _by_value(after)
    for value, ones in here.items():
        others = there.get(value, {})
        lost = [ones[unit] for unit in ones if unit not in others]
        added = [others[unit] for unit in others if unit not in ones]
        if lost and added and "°" not in (lost[0].unit, added[0].unit):
            return lost[0], added[0]
    return None


def another_value(
    before: Sequence[Amount], after: Sequence[Amount], both: Collection[str]
) -> tuple[Amount, Amount] | None:
    """The amount of one text whose unit stands behind another number in the other, with that one: 2 tablets in 8 hours
    are not 8 in 2 hours. `both`: the numbers that both texts have."""
    here, there = ({(amount.unit, amount.value) for amount in side} for side in (before, after))
    lost = {a.unit: a for a in before if a.value in both and (a.unit, a.value) not in there}
    added = {a.unit: a for a in after if a.value in both and (a.unit, a.value) not in here}
    return next(((lost[unit], added[unit]) for unit in lost if unit in added), None)


_ROOM_FOR_A_WORD = 6  # characters, with the blanks


def in_a_row(values: Collection[str], found: Sequence[Number]) -> bool:
    """Whether two different numbers stand side by side: 5 to 10 minutes may become 5 minutes to 10."""
    return len(set(values)) > 1 and any(
        {one.value, other.value} == set(values) and other.start - one.end <= _ROOM_FOR_A_WORD
        for one, other in pairwise(found)
    )


def in_order(found: Sequence[Number], measured: Sequence[Amount]) -> dict[str, list[str]]:
    """The values of each unit as they follow each other; without one (""), those too small for a year."""
    units = {place: amount.unit for amount in measured for place in (amount.start, amount.end)}
    values: dict[str, list[str]] = defaultdict(list)
    for number in found:
        unit = units.get(number.start) or units.get(number.end) or ""
        if unit or len(number.value) < _DIGITS_OF_A_YEAR:
            values[unit].append(number.value)
    return values


_DIGITS_OF_A_YEAR = 4


def _by_value(found: Sequence[Amount]) -> dict[str, dict[str, Amount]]:
    by_value: dict[str, dict[str, Amount]] = defaultdict(dict)
    for amount in found:
        digits = amount.value.lstrip("-")
        by_value[digits].setdefault(amount.value.removesuffix(digits) + amount.unit, amount)
    return by_value


_SIGNED = frozenset(("%", "°C", "°F", *_CURRENCIES))


def lost_unit(before: Sequence[Amount], after: Sequence[Number], text: str, language: str) -> Amount | None:
    """The amount in per cent, degrees or money whose number the other text has, with no such unit anywhere."""
    if engine_code(language) not in _TIME:
        return None
    plain = {number.value for number in after}
    there: dict[str, bool] = {}
    for amount in before:
        if amount.unit in _SIGNED and amount.value.lstrip("-") in plain:
            if amount.unit not in there:
                there[amount.unit] = bool(_anywhere(amount.unit).search(text))
            if not there[amount.unit]:
                return amount
    return None


@cache
def _anywhere(unit: str) -> regex.Pattern[str]:
    words = _MEASURES[unit[0] if unit.startswith("°") else unit]
    signs = _SIGNS.get(unit[0] if unit.startswith("°") else unit)
    others = [_PERCENT_FIRST] if unit == "%" else [r"\d\s?[CF]\b"] if unit.startswith("°") else []
    return compiled(words, *([f"[{signs}]"] if signs else []), *others)
