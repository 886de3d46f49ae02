"""Language codes as Schakel writes them ("pt", "ar"), and guessing which language a text is in."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import regex
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from bot.files.kinds import wordless
from bot.text.wordlists import compiled

# --- codes ---------------------------------------------------------------------------------------------------------

_THREE = {
    "am": "amh", "ar": "ara", "az": "aze", "be": "bel", "bg": "bul", "bn": "ben", "bs": "bos", "ca": "cat",
    "cs": "ces", "cy": "cym", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "eo": "epo", "es": "spa",
    "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra", "ga": "gle", "gl": "glg", "gu": "guj",
    "ha": "hau", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind", "ig": "ibo",
    "is": "isl", "it": "ita", "ja": "jpn", "ka": "kat", "kk": "kaz", "km": "khm", "ko": "kor", "ku": "kur",
    "ky": "kir", "lb": "ltz", "ln": "lin", "lo": "lao", "lt": "lit", "lv": "lav", "mg": "mlg", "mk": "mkd",
    "ml": "mal", "mn": "mon", "mr": "mar", "ms": "msa", "mt": "mlt", "my": "mya", "ne": "nep", "nl": "nld",
    "no": "nor", "oc": "oci", "om": "orm", "pa": "pan", "pl": "pol", "ps": "pus", "pt": "por", "rn": "run",
    "ro": "ron", "ru": "rus", "rw": "kin", "si": "sin", "sk": "slk", "sl": "slv", "so": "som", "sq": "sqi",
    "sr": "srp", "sv": "swe", "sw": "swa", "ta": "tam", "te": "tel", "tg": "tgk", "th": "tha", "ti": "tir",
    "tk": "tuk", "tl": "tgl", "tr": "tur", "uk": "ukr", "ur": "urd", "uz": "uzb", "vi": "vie", "wo": "wol",
    "xh": "xho", "yo": "yor", "zh": "zho", "zu": "zul",
}  # fmt: skip
"""ISO 639-1 to ISO 639-3, for the languages that are likely to be met."""

_SAME = {three: two for two, three in _THREE.items()} | {
    # ISO 639-2/B, codes that were withdrawn, and members of a language that is written as one
    "alb": "sq", "ger": "de", "dut": "nl", "fre": "fr", "gre": "el", "ice": "is", "may": "ms", "per": "fa",
    "rum": "ro", "slo": "sk", "baq": "eu", "chi": "zh", "cze": "cs", "geo": "ka", "arm": "hy", "bur": "my",
    "mac": "mk", "wel": "cy", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "nb": "no", "nn": "no",
    "nob": "no", "nno": "no", "fil": "tl", "pes": "fa", "kmr": "ku", "swh": "sw", "zsm": "ms",
    "arb": "ar", "arz": "ar", "ary": "ar", "cmn": "zh", "khk": "mn", "ekk": "et", "lvs": "lv", "als": "sq",
    "pbt": "ps", "pst": "ps", "uzn": "uz", "plt": "mg", "npi": "ne", "gaz": "om",
}  # fmt: skip


_DIALECTS = {"prs": "fa"}
"""Languages that engines and the model of languages know by another's name."""


@lru_cache(1024)
def normalise(code: str) -> str:
    """The language alone, as we spell it: "PT-br", "por_BR" and "pt" are all "pt". Unknown codes stay, lower case."""
    whole = code.strip().replace("_", "-").lower()
    language = whole.split("-", 1)[0]
    return "prs" if whole.startswith("fa-af") else _SAME.get(language, language)


def engine_code(code: str) -> str:
    """The language as engines call it: they know Dari as Persian."""
    return _DIALECTS.get(normalise(code), normalise(code))


def closest(code: str, among: Sequence[str]) -> str | None:
    """The one of `among` that somebody whose app is in this language reads: in Afghanistan apps speak Persian."""
    wanted = normalise(code)
    return wanted if wanted in among else next((one for one in among if engine_code(one) == engine_code(wanted)), None)


# --- scripts -------------------------------------------------------------------------------------------------------

_SCRIPTS = (
    "Latin", "Arabic", "Cyrillic", "Greek", "Hebrew", "Ethiopic", "Devanagari", "Bengali", "Gurmukhi", "Gujarati",
    "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai", "Lao", "Khmer", "Myanmar", "Georgian", "Armenian",
    "Hangul", "Hiragana", "Katakana", "Han",
)  # fmt: skip
_LETTERS = regex.compile("|".join(rf"(?P<{script}>\p{{{script}}}+)" for script in _SCRIPTS))
# An address from where a word begins: from each letter, a script without blanks would be read again and again.
_NOT_WORDS = regex.compile(r"(?:https?://|www\.)\S+|(?<!\S)[^\s@]++@\S+|[@#]\w+|\{\w*\}|[A-Z]?\d[\w.,:/]*")

_WRITTEN_IN: Mapping[str, frozenset[str]] = {
    language: frozenset(scripts.split())
    for scripts, languages in {
        "Arabic": "ar fa prs ur ps ckb sdh ug sd",
        "Cyrillic": "ru uk be bg mk kk ky tg tt mn ba",
        "Latin Cyrillic": "sr bs uz az tk",
        "Latin Arabic": "ku",
        "Greek": "el grc",
        "Hebrew": "he yi",
        "Ethiopic": "am ti",
        "Devanagari": "hi ne mr sa gom",
        "Bengali": "bn as",
        "Gurmukhi": "pa",
        "Gujarati": "gu",
        "Tamil": "ta",
        "Telugu": "te",
        "Kannada": "kn",
        "Malayalam": "ml",
        "Sinhala": "si",
        "Thai": "th",
        "Lao": "lo",
        "Khmer": "km",
        "Myanmar": "my",
        "Georgian": "ka",
        "Armenian": "hy",
        "Hangul": "ko",
        "Hiragana Katakana Han": "ja",
        "Han": "zh",
    }.items()
    for language in languages.split()
}
_LATIN = frozenset({"Latin"})
_TIGRINYA = compiled(
    "ናይ ናብ ካብ ከም ክሳብ እዩ ኢዩ እያ እዮም ኢዮም ድማ ምስ እቲ እቶም ነቲ እዚ እዞም ነዚ በዚ እንተ ኩሉ ኩሎም ሎሚ ብዙሕ ግዜ ሰብ የለን ቅድሚ ድሕሪ",
    r"[ኣሓዕኸ-ኾቐ-ቖቘ-ቝ]|(?<=\p{L})(?:ኒ|ኩም|ታት|ታትን)(?!\p{L})",
    r"(?<!\p{L})(?:ዝ(?!ርዝር|ናብ)|ን(?!ብረት|ግግር|ጹ)|ክ(?!ፍ|ሊኒ|ትባት)|ብ(?!ርሃን|ርድ|ቻ|ዙ))\p{L}{3,}",
)
_AMHARIC = compiled(
    "እና ነው ናቸው ነኝ ነች ወደ ላይ ውስጥ ወይም እንደ ስለ ጋር ሁሉ በፊት በኋላ ይህ ዛሬ ነገ ምንም ብቻ የት መቼ ማን ስንት እንዴት የለም በጣም እባክ* ይምጡ",
    r"አ|(?<!\p{L})የ(?!ለ)\p{L}|(?<=\p{L})(?:ች|ቸው|ችሁ|ዎን|ዎች|ዎቹ|ልኝ|ኝም|[ላሏታቷናኛዋሟቋጧ]ል)(?!\p{L})|ለሁ(?!\p{L})",
)
"""Everyday letters and words of the one that the other hardly uses."""


def letters_by_script(text: str) -> dict[str, int]:
    """How many letters of each script the text has, addresses, names and codes left out."""
    count: dict[str, int] = {}
    for found in _LETTERS.finditer(_NOT_WORDS.sub(" ", text)):
        script = str(found.lastgroup)
        count[script] = count.get(script, 0) + len(found[0])
    return count


def main_script(text: str) -> tuple[str | None, int]:
    """The script that most of the text is in, and its number of letters; None where no script prevails."""
    count = letters_by_script(text)
    if not count:
        return None, 0
    script = max(count, key=count.__getitem__)
    if count[script] < 0.6 * sum(count.values()):
        return None, count[script]
    # Japanese mixes three scripts: kana beside Han say which language it is
    kana = "Hiragana" if count.get("Hiragana") else script
    return (kana if script == "Han" else script), count[script]


def written_in(text: str, language: str) -> bool:
    """Whether the text is, for the most part, in a script of that language. True where no script prevails."""
    script, _ = main_script(text)
    return script is None or script in _WRITTEN_IN.get(language, _LATIN)


_NOT_OF = {
    "ar": regex.compile("[پچژگٹڈڑںےہھۃټځڅډړږښڼۀەڕڵۆێ]"),  # Persian, Urdu, Pashto, Sorani
    "ru": regex.compile("[іїєґўјљњћђџ]", regex.IGNORECASE),
    "uk": regex.compile("[ыэёъўјљњћђџ]", regex.IGNORECASE),
    "bg": regex.compile("[ыэёіїєґўјљњћђџ]", regex.IGNORECASE),
}
"""Letters that others of the same script have, and this language has not."""

# --- guessing ------------------------------------------------------------------------------------------------------

SHORTEST_LATIN = 12
"""Fewer letters than this say too little where many languages share a script."""
SHORTEST_OTHER = 4
MARGIN = 4.0
"""How much likelier than the next candidate (natural logarithm) a language must be."""
STRANGER = 12.0
"""How much likelier a language outside the candidates may be before we say that the text is in none of them."""
STRANGER_PER_LETTER = 0.25
"""The same for short texts, where the likelihoods lie closer together."""

_loading = threading.Lock()


@cache
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def load() -> None:
    """Read the model (95 MB in memory, a quarter of a second) now rather than at the first guess."""
    with _loading:
        _model()


def _likelihoods(text: str) -> dict[str, float]:
    """Each language that the model knows, with the logarithm of its likelihood; dialects count as their language."""
    load()
    scores: dict[str, float] = {}
    for label, score in _model().rank(text):
        code = normalise(label)
        scores[code] = max(float(score), scores.get(code, float("-inf")))
    return scores


def knows(code: str) -> bool:
    """Whether a text in this language can be recognised at all."""
    return code == "ti" or code in _known()


@cache
def _known() -> frozenset[str]:
    load()
    return frozenset(normalise(label) for label in _model().labels)


def guess(text: str, among: Sequence[str]) -> str | None:
    """The language of the text, one of `among`; None when it is too short, in between, or in none of them."""
    if wordless(text):
        return None
    script, letters = main_script(text)
    candidates = [code for code in dict.fromkeys(among) if script in _WRITTEN_IN.get(code, _LATIN)]
    shared = script in ("Latin", "Arabic", "Cyrillic")
    if not candidates or letters < (SHORTEST_LATIN if script == "Latin" else SHORTEST_OTHER):
        return None
    if script == "Ethiopic":
        return _of_ethiopia(text, candidates)
    if len(candidates) == 1 and (not shared or (script != "Latin" and letters < SHORTEST_LATIN)):
        return None if _has_letters_of_others(text, candidates[0]) else candidates[0]
    return _likeliest(_NOT_WORDS.sub(" ", text), candidates, min(STRANGER, STRANGER_PER_LETTER * letters))


def _of_ethiopia(text: str, candidates: Sequence[str]) -> str | None:
    """One sign may be a loan word or a slip: beside others, it takes two more for a language that was not expected."""
    signs = {"ti": len(_TIGRINYA.findall(text)), "am": len(_AMHARIC.findall(text))}
    own, other = signs[candidates[0]], signs["am" if candidates[0] == "ti" else "ti"]
    if len(candidates) > 1:
        return max(candidates, key=signs.__getitem__) if own != other else None
    return candidates[0] if other - own < (_CLEARLY if own else 1) else None


_CLEARLY = 2


def _has_letters_of_others(text: str, language: str) -> bool:
    """Whether a short text cannot be in the language, though its script is."""
    others = _NOT_OF.get(language)
    return bool(others and others.search(text))


def _likeliest(text: str, candidates: Sequence[str], stranger: float) -> str | None:
    scores = _likelihoods(text)
    scores |= {dialect: scores[code] for dialect, code in _DIALECTS.items() if dialect in candidates and code in scores}
    known = sorted((code for code in candidates if code in scores), key=scores.__getitem__, reverse=True)
    if not known:
        return None
    best = known[0]
    if len(known) > 1 and scores[best] - scores[known[1]] < MARGIN:
        return None
    return best if max(scores.values()) - scores[best] < stranger else None
