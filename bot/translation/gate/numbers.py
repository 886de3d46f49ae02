"""Reading the numbers of a text so that they can be compared across languages: 1.279, 1 279 and ١٬٢٧٩ are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

import regex

from bot.text.languages import engine_code
from bot.text.wordlists import compiled, pattern


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text. `value` is its digits, with a point where there can be no doubt of one (2,5 ml
    are not 25): whether 1.500 is grouped or has decimals is a matter of the language, so it must not matter. `also` is
    another value it may be read as: 1.5 million written out, the 20 of 2019-20 as a year, 19.00 as 19. It stands at
    `start`..`end`."""

    value: str
    shown: str
    also: str | None = None
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


_THOUSAND = pattern("thousand duizend mille mil bin tausend آلاف ألف ألفا ألفًا тыс* ہزار هزار زره kun")
_MILLION = pattern(
    "million millions miljoen milhão milhões millón millones milyon مليون ملايين миллион* млн ملین میلیون malyan"
)
_BILLION = pattern(
    "billion billions miljard milliard milliards mil_millones mil_milhões bilhão bilhões milyar مليار* миллиард* млрд"
    " ارب میلیارد"
)
_NUMBER = regex.compile(
    r"(?P<number>\d{1,3}(?:[ \u00a0\u202f\u2009.,'\u2019\u066c\u060c]\d{3})+(?!\d)(?:[.,\u066b]\d{1,2}(?!\d))?"
    r"|\d+(?:[.,\u066b]\d{1,3}(?!\d))?)"
    rf"(?:[\s-]?(?:(?P<billion>{_BILLION})|(?P<million>{_MILLION})|(?P<thousand>{_THOUSAND})))?",
    regex.IGNORECASE,
)
_DECIMALS = regex.compile(r"(?:(?<=^0)[.,\u066b]|[.,\u066b](?=\d{1,2}$))(?P<decimals>\d+)$")
"""What groups digits has three after it, and more than a nought before it."""
_YEARS = regex.compile(r"(?<!\d)(?P<century>1[89]|20)\d\d\s?[-/\u2010-\u2015]\s?$")


def numbers(text: str) -> list[Number]:
    """The numbers in a text with Western digits, in order."""
    return [
        Number(_value(match["number"]), match["number"], _also(match, text), *match.span())
        for match in _NUMBER.finditer(text)
    ]


def _value(shown: str) -> str:
    point = _DECIMALS.search(shown)
    return f"{_digits(shown[: point.start()])}.{point['decimals']}" if point else _digits(shown)


def _digits(shown: str) -> str:
    return "".join(character for character in shown if character.isdecimal()).lstrip("0") or "0"


def _also(match: regex.Match[str], text: str) -> str | None:
    power = 3 if match["thousand"] else 6 if match["million"] else 9 if match["billion"] else 0
    if power:
        whole, _, decimals = match["number"].replace(",", ".").replace("٫", ".").partition(".")
        return _digits(whole + decimals) + "0" * max(power - len(decimals), 0)
    if match["number"][-3:] in (".00", ",00"):
        return _digits(match["number"][:-3])
    years = _YEARS.search(text, max(match.start() - 8, 0), match.start()) if len(match["number"]) == 2 else None
    return years["century"] + match["number"] if years else None


def differences(before: Sequence[Number], after: Sequence[Number]) -> tuple[list[Number], list[Number]]:
    """The numbers that only one of two texts has: what went missing, and what was added."""
    missing, added = _unpaired(before, after, _same_digits, lambda number: {number.value})
    return _unpaired(missing, added, _same_otherwise, lambda number: {number.value, number.also or number.value})


def _same_digits(one: Number, other: Number) -> bool:
    """A word like "million" may be one that we do not know; where both have one, it is the same."""
    return one.value == other.value and (None in (one.also, other.also) or one.also == other.also)


def _same_otherwise(one: Number, other: Number) -> bool:
    return one.also == other.value or one.value == other.also or (one.also is not None and one.also == other.also)


def _unpaired(
    before: Sequence[Number],
    after: Sequence[Number],
    same: Callable[[Number, Number], bool],
    keys: Callable[[Number], set[str]],
) -> tuple[list[Number], list[Number]]:
    """Two that are the same share a key: without them, a thousand numbers would be compared with a thousand others."""
    places: dict[str, dict[int, Number]] = defaultdict(dict)
    for place, number in enumerate(after):
        for key in keys(number):
            places[key][place] = number
    missing, left = [], dict(enumerate(after))
    for number in before:
        near = sorted({place for key in keys(number) for place in islice(places[key], _NEAR)})
        pair = next((place for place in near if same(number, left[place])), None)
        if pair is None:
            missing.append(number)
        else:
            for key in keys(left.pop(pair)):
                del places[key][pair]
    return missing, list(left.values())


_NEAR = 20
"""So many of one value are looked at for the one that is meant: "5", "5 thousand", "5 million"."""


_WORDS = {
    "en": (
        "one once first single, two twice second both double, three third thrice, four*, five fifth fifteen, six*,"
        "seven*, eight*, nine ninth, ten tenth, eleven*, twelve twelfth"
    ),
    "nl": (
        "een één eerste enkel*, twee*, drie derde, vier*, vijf*, zes*, zeven*, acht*, negen*, tien*, elf*, twaalf*"
    ),
    "fr": (
        "un une premier première seul seule, deux* second seconde double, trois*, quatr*, cinq*, six*, sept*, huit*,"
        "neuf neuvi*, dix dixi*, onz*, douz*"
    ),
    "pt": (
        "um uma primeir*, dois duas segund* ambos ambas dupl*, três terceir*, quatro quart*, cinco quint*, seis sext*,"
        "sete sétim*, oito oitav*, nove non*, dez décim*, onze, doze"
    ),
    "es": (
        "un una uno primer*, dos segund* ambos ambas doble, tres tercer*, cuatro cuart*, cinco quint*, seis sext*,"
        "siete séptim*, ocho octav*, nueve noven*, diez décim*, once, doce"
    ),
    "de": (
        "ein* erste*, zwei* beide*, drei* dritt*, vier*, fünf*, sechs*, sieb*, acht*, neun*, zehn*, elf*, zwölf*"
    ),
    "it": (
        "un una uno prim*, due second* entramb*, tre terz*, quattro quart*, cinque quint*, sei sest*, sette settim*,"
        "otto ottav*, nove non*, dieci decim*, undici, dodici"
    ),
    "tr": (
        "bir* ilk tek, iki* çift, üç*, dört* dördüncü, beş*, altı*, yedi*, sekiz*, dokuz*, on onuncu, on_bir*, on_iki*"
    ),
    "ar": (
        "واحد واحدة أول أولى مرة, اثنان اثنين اثنتان اثنتين إثنين ثاني ثانية ثان كلا كلتا"
        " يومان يومين ساعتان ساعتين أسبوعان أسبوعين شهران شهرين سنتان سنتين عامان عامين متران مترين مرتان مرتين"
        " دقيقتان دقيقتين لتران لترين شخصان شخصين طفلان طفلين قطعتان قطعتين قرصان قرصين كيسان كيسين جرعتان جرعتين"
        " حبتان حبتين خطوتان خطوتين مليونان مليوني طردان طردين وجبتان وجبتين,"
        "ثلاث ثلاثة ثالث ثالثة ثلاثا ثلاثًا, أربع أربعة رابع رابعة, خمس خمسة خامس خامسة, ست ستة سادس سادسة,"
        "سبع سبعة سابع سابعة, ثماني ثمانية ثمان ثامن ثامنة, تسع تسعة تاسع تاسعة, عشر عشرة عاشر عاشرة,"
        "أحد_عشر إحدى_عشرة, اثنا_عشر اثني_عشر اثنتا_عشرة اثنتي_عشرة"
    ),
    "ro": (
        "un o unu una prim* singur* dată, doi două ambii ambele, trei treia treilea, patru patra patrulea, cinci,"
        " șase şase, șapte şapte, opt opta optulea, nouă noua, zece zecea, unsprezece, doisprezece douăsprezece"
    ),
    "sq": (
        "një parë vetëm, dy dytë dyja, tre tri tretë, katër*, pesë pestë, gjashtë, shtatë, tetë, nëntë, dhjetë,"
        " njëmbëdhjetë, dymbëdhjetë"
    ),
    "ku": (
        "yek yekem*, du duyem* didu, sê sêyem*, çar çarem*, pênc pêncem*, şeş, heft, heşt, neh, deh, yanzdeh,"
        " dwanzdeh diwanzdeh"
    ),
    "so": (
        "hal koow kow mid, laba labada labaad, saddex*, afar afarta, shan shanta, lix lixda, toddoba todoba,"
        " siddeed sideed, sagaal, toban, kow_iyo_toban, laba_iyo_toban"
    ),
    "pl": (
        "jeden jedna jedno jednego jednej jedną jednym raz pierwsz*, dwa dwie dwóch dwu dwaj dwoje drug* oba obie,"
        " trzy trzech trzej troje trzeci*, cztery czterech czwarty czwarta czwarte, pięć pięciu piąty piąta piąte,"
        " sześć sześciu szóst*, siedem siedmiu siódm*, osiem ośmiu ósm*, dziewięć dziewięciu dziewiąt*,"
        " dziesięć dziesięciu dziesiąt*, jedenaście jedenastu, dwanaście dwunastu"
    ),
    "ru": (
        "один одна одно одного одной одну одним раз перв* единствен*, два две двух двум двумя втор* оба обе дважды,"
        " три трех трёх трем трём тремя трет* трижды, четыре четырех четырёх четверт*, пять пяти пятый пятая пятое,"
        " шесть шести шестой шестая шестое, семь семи седьм*, восемь восьми восьм*, девят*, десят*, одиннадцат*,"
        " двенадцат*"
    ),
    "uk": (
        "один одна одне одного одній одну раз перш* єдин*, два дві двох двом двома друг* обидва обидві двічі,"
        " три трьох трьом трьома трет* тричі, чотири чотирьох четверт*, п'ять п’ять п'яти п’яти п'ятий п’ятий,"
        " шість шести шост*, сім семи сьом*, вісім восьми восьм*, дев'ят* дев’ят*, десят*, одинадцят*, дванадцят*"
    ),
    "bg": (
        "един една едно първ* веднъж, два две двама двата двете втор*, три трима трите трет*, четири четирима четвърти,"
        " пет петима пети пета, шест шести, седем седми, осем осми, девет девети, десет десети,"
        " единадесет единайсет, дванадесет дванайсет"
    ),
    "fa": (
        "یک اول نخست, دو دوم هردو, سه سوم, چهار چهارم, پنج پنجم, شش ششم, هفت هفتم, هشت هشتم, نه نهم, ده دهم, یازده,"
        " دوازده"
    ),
    "ur": (
        "ایک پہلا پہلی پہلے, دو دوسر* دونوں, تین تیسر*, چار چوتھ*, پانچ پانچو*, چھ چھے چھٹ*, سات ساتو*, آٹھ آٹھو*,"
        " نو نوی*, دس دسو*, گیارہ, بارہ"
    ),
    "ps": (
        "یو یوه لومړ*, دوه دوو دویم* دوهم* دواړ*, درې دریو دریم*, څلور څلورو څلورم*, پنځه پنځو پنځم*, شپږ شپږو,"
        " اووه اوه اوو, اته اتو, نهه نه, لس لسو, یوولس, دولس"
    ),
    "ti": (
        "ሓደ ሓንቲ *ቀዳማይ *ቀዳመይቲ, *ክልተ *ክልቲኡ *ካልኣይ, *ሰለስተ *ሳልሳይ, *ኣርባዕተ *ራብዓይ, *ሓሙሽተ *ሓምሽተ, *ሽዱሽተ *ሽድሽተ,"
        " *ሸውዓተ, *ሸሞንተ *ሾሞንተ, *ትሽዓተ, *ዓሰርተ, *ዓሰርተ_ሓደ, *ዓሰርተ_ክልተ"
    ),
}  # fmt: skip
"""How each language says 1, 2, 3 … 12 in words, in that order (see `bot.text.wordlists`)."""
_TENS = {
    "en": "twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety, hundred",
    "nl": "twintig, dertig, veertig, vijftig, zestig, zeventig, tachtig, negentig, honderd",
    "de": "zwanzig, dreißig, vierzig, fünfzig, sechzig, siebzig, achtzig, neunzig, hundert",
    "fr": "vingt, trente, quarante, cinquante, soixante, soixante-dix septante, quatre-vingts,"
          " quatre-vingt-dix nonante, cent",
    "es": "veinte, treinta, cuarenta, cincuenta, sesenta, setenta, ochenta, noventa, cien",
    "pt": "vinte, trinta, quarenta, cinquenta, sessenta, setenta, oitenta, noventa, cem",
    "it": "venti, trenta, quaranta, cinquanta, sessanta, settanta, ottanta, novanta, cento",
    "ro": "douăzeci, treizeci, patruzeci, cincizeci, șaizeci, șaptezeci, optzeci, nouăzeci, sută",
    "pl": "dwadzieścia dwudziestu, trzydzieści trzydziestu, czterdzieści, pięćdziesiąt, sześćdziesiąt, siedemdziesiąt,"
          " osiemdziesiąt, dziewięćdziesiąt, sto stu",
    "sq": "njëzet, tridhjetë, dyzet, pesëdhjetë, gjashtëdhjetë, shtatëdhjetë, tetëdhjetë, nëntëdhjetë, njëqind",
    "tr": "yirmi, otuz, kırk, elli, altmış, yetmiş, seksen, doksan,",
    "ku": "bîst,, çil, pêncî, şêst, heftê, heştê, nod,",
    "so": "labaatan, soddon, afartan, konton, lixdan, toddobaatan, siddeetan, sagaashan, boqol",
    "ru": "двадцать двадцати, тридцать тридцати, сорок сорока, пятьдесят, шестьдесят, семьдесят, восемьдесят,"
          " девяносто, сто ста",
    "uk": "двадцять двадцяти, тридцять тридцяти, сорок, п'ятдесят п’ятдесят, шістдесят, сімдесят, вісімдесят,"
          " дев'яносто дев’яносто, сто",
    "bg": "двадесет двайсет, тридесет трийсет, четиридесет четирийсет, петдесет, шестдесет, седемдесет, осемдесет,"
          " деветдесет, сто",
    "ar": "عشرون عشرين, ثلاثون ثلاثين, أربعون أربعين, خمسون خمسين, ستون ستين, سبعون سبعين, ثمانون ثمانين, تسعون تسعين,",
    "fa": "بیست,, چهل, پنجاه, شصت, هفتاد, هشتاد, نود, صد",
    "ur": "بیس, تیس, چالیس, پچاس, ساٹھ, ستر,, نوے,",
    "ps": "شل, دېرش دیرش, څلوېښت څلویښت, پنځوس, شپېته شپیته, اویا, اتیا,, سل سلو",
    "ti": "*ዕስራ, *ሰላሳ, *ኣርብዓ, *ሓምሳ, *ስሳ, *ሰብዓ, *ሰማንያ, *ተስዓ, *ሚእቲ",
}  # fmt: skip
"""How each language says 20, 30 … 100 in words, where that word says nothing else."""


def _tens(language: str) -> list[tuple[int, str]]:
    return list(zip(range(20, 101, 10), _TENS.get(language, "").split(","), strict=False))


_ONLY_ALIKE = {
    "nl": compiled("achter* vieren viering* tiener*"),
    "fr": compiled("septembre*"),
    "pt": compiled("segunda-feira segundas-feiras quarta-feira quartas-feiras quinta-feira quintas-feiras sexta-feira"
                   " sextas-feiras quarteir*"),
    "de": compiled("achtung* achten achtet viertel* einfach*"),
    "it": compiled("settiman* quartier* non"),
    "tr": compiled("altında altından altına altındaki"),
}  # fmt: skip
"""Everyday words that begin like a number: September, the week, Thursday, "behind", "not", "under"."""


@cache
def _in_words(language: str) -> Mapping[str, regex.Pattern[str]]:
    """By the number. Made when a language is first met: all together they take a tenth of the program's start."""
    listed = _WORDS.get(language, "").split(",")
    numbered = (*enumerate(listed, start=1), *_tens(language))
    return {str(value): compiled(words) for value, words in numbered if words.strip()}


_ROMAN = "I,II,III,IV,V,VI,VII,VIII,IX,X,XI,XII,XIII,XIV,XV,XVI,XVII,XVIII,XIX,XX,XXI"
_IN_ROMAN = {
    str(value): regex.compile(rf"(?<!\w){numeral}(?:e|ème)?(?!\w)")
    for value, numeral in enumerate(_ROMAN.split(","), start=1)
    if len(numeral) > 1  # a single letter may be anything
}


def said_in_words(number: Number, text: str, language: str) -> bool:
    """Whether the text says this small number as a word, or as a Roman numeral ("siglo XXI")."""
    language = engine_code(language)
    ways = [way for way in (_in_words(language).get(number.value), _IN_ROMAN.get(number.value)) if way]
    if not ways:
        return False
    alike = _ONLY_ALIKE.get(language)
    text = alike.sub(" ", text) if alike else text
    return any(way.search(text) for way in ways)


_SURELY = {
    "en": "two, three, four, five, six, seven, eight, nine, ten, eleven, twelve",
    "nl": "twee, drie, vier, vijf, zes, zeven, acht, negen, tien, elf, twaalf",
    "de": "zwei, drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf",
    "fr": "deux, trois, quatre, cinq, six, sept, huit,, dix, onze, douze",
    "es": "dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez,, doce",
    "pt": "dois duas, três, quatro, cinco, seis, sete, oito, nove, dez, onze, doze",
    "it": "due, tre, quattro, cinque,, sette, otto, nove, dieci, undici, dodici",
    "tr": "iki, üç, dört, beş,,, sekiz, dokuz,, on_bir, on_iki",
    "ar": (
        "اثنان اثنين اثنتان اثنتين إثنين يومان يومين أسبوعان أسبوعين شهران شهرين ساعتان ساعتين مرتان مرتين,"
        "ثلاث ثلاثة, أربع أربعة, خمس خمسة, ست ستة, سبع سبعة, ثماني ثمانية, تسع تسعة,,,"
    ),
    "ro": "doi două, trei, patru, cinci, șase şase, șapte şapte, opt,, zece, unsprezece, doisprezece douăsprezece",
    "sq": "dy, tre tri, katër, pesë, gjashtë, shtatë, tetë, nëntë, dhjetë, njëmbëdhjetë, dymbëdhjetë",
    "ku": "du, sê, çar, pênc, şeş, heft, heşt, neh, deh, yanzdeh, dwanzdeh diwanzdeh",
    "so": "laba, saddex, afar, shan, lix, toddoba todoba, siddeed sideed, sagaal, toban,,",
    "pl": (
        "dwa dwie dwóch, trzy trzech, cztery czterech, pięć pięciu, sześć sześciu, siedem siedmiu, osiem ośmiu,"
        " dziewięć dziewięciu, dziesięć dziesięciu, jedenaście, dwanaście"
    ),
    "ru": (
        "два две двух, три трех трёх, четыре четырех четырёх, пять пяти, шесть шести, семь семи, восемь восьми,"
        " девять девяти, десять десяти, одиннадцать, двенадцать"
    ),
    "uk": (
        "два дві двох, три трьох, чотири чотирьох, п'ять п’ять п'яти п’яти, шість шести, сім семи, вісім восьми,"
        " дев'ять дев’ять, десять десяти, одинадцять, дванадцять"
    ),
    "bg": (
        "два две двама, три трима, четири, пет, шест, седем, осем, девет, десет, единадесет единайсет,"
        " дванадесет дванайсет"
    ),
    "fa": ", سه, چهار, پنج, شش, هفت, هشت,,, یازده, دوازده",
    "ur": "دو, تین, چار, پانچ, چھ چھے, سات, آٹھ,, دس, گیارہ, بارہ",
    "ps": "دوه دوو, درې دریو, څلور څلورو, پنځه پنځو, شپږ شپږو, اووه, اته, نهه, لس لسو, یوولس, دولس",
    "ti": "*ክልተ, *ሰለስተ, *ኣርባዕተ, *ሓሙሽተ *ሓምሽተ, *ሽዱሽተ *ሽድሽተ, *ሸውዓተ, *ሸሞንተ *ሾሞንተ, *ትሽዓተ, *ዓሰርተ,,",
}  # fmt: skip
"""What says 2, 3 … 12 and nothing else: not the French "neuf", which is "new", or the Turkish "altı", "under"."""


@cache
def _said_surely(language: str) -> regex.Pattern[str]:
    numbered = (*reversed(_tens(language)), *enumerate(_SURELY[language].split(","), start=2))
    ways = (f"(?P<n{n}>{pattern(words)})" for n, words in numbered if words.strip())
    return regex.compile("|".join(ways), regex.IGNORECASE)


_PART_OF_MORE = regex.compile(r"\s+و?(?:عشرة?|عشر[يو]ن|(?:ثلاث|أربع|خمس|ست|سبع|ثمان|تسع)[يو]ن)(?!\p{L})")
"""In Arabic the small number comes first: three-ten is thirteen, five-and-twenty is 25."""
_BY_HALVES = regex.compile(r"\b(?:half|halb|halve|buçuk)\b", regex.IGNORECASE)
"""Where half past two may have become "half drie"."""


def another_word(before: str, before_language: str, after: str, after_language: str) -> str | None:
    """The small number that one text says in words while the other says a different one in words: two weeks, three.

    Texts with Western digits. One that merely has no word there says it in another way: both, a pair, a fortnight.
    """
    before_language, after_language = engine_code(before_language), engine_code(after_language)
    if before_language not in _SURELY or after_language not in _SURELY:
        return None
    if _BY_HALVES.search(before) or _BY_HALVES.search(after):
        return None
    lost = _only_here(before, before_language, after, after_language)
    return lost if lost and _only_here(after, after_language, before, before_language) else None


def _only_here(text: str, language: str, other: str, other_language: str) -> str | None:
    for match in _said_surely(language).finditer(text):
        value = str(match.lastgroup)[1:]
        if _PART_OF_MORE.match(text, match.end()) or regex.search(rf"(?<!\d){value}(?!\d)", other):
            continue
        if not said_in_words(Number(value, match[0]), other, other_language):
            return str(match[0])
    return None
