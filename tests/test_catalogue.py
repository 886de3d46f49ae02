"""The bot's own sentences: complete in every language, safe to fill, readable in both directions."""

from __future__ import annotations

import ast
import re
import unicodedata
from datetime import UTC, date, datetime, time
from gettext import c2py
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import (
    FIRST_STRONG_ISOLATE,
    PLACEHOLDER,
    POP_ISOLATE,
    SOURCE,
    Catalogue,
    available,
    is_rtl,
    isolated,
    language_name,
    locale_of,
    own_name,
    placeholders,
    write_date,
    write_moment,
    write_number,
    write_time,
    write_weekday,
)
from bot.content import LanguageName, OpenHours, Sentence, Weekday, say

EVERY_LANGUAGE = {
    *("nl", "fr", "en", "pt", "tr", "ar"),
    *("es", "ro", "pl", "bg", "uk", "ru", "fa", "prs", "ps", "so", "ti", "sq", "ur", "ku"),
}
LANGUAGES = available()
OTHERS = [language for language in LANGUAGES if language != SOURCE]
ROOT = Path(__file__).parents[1]
SAYING = {"say", "Sentence", "HelpLink"}
"""What takes the key of a sentence first."""

BRUSSELS = ZoneInfo("Europe/Brussels")

SAME_AS_ENGLISH = {
    "nl": {"notice-via"},
    "fr": {"notice-via"},
    "es": {"category-general", "button-i-do-not"},
    "sq": {"attached-video"},
}
"""Sentences that a language rightly writes as English does."""

SCRIPTS = {
    **dict.fromkeys(("ar", "fa", "prs", "ps", "ur"), "ARABIC"),
    **dict.fromkeys(("bg", "ru", "uk"), "CYRILLIC"),
    "ti": "ETHIOPIC",
}
"""Languages that are not written in Latin letters, with the Unicode name of theirs."""

TYPED = re.compile(r"[!/][a-z]+\b|\b[a-z]+:[a-z0-9/]+|\b[KN]\d+\b")
"""What people type as it stands there."""

BUTTONS = ("button-send", "button-delete", "button-skip", "button-reply")
"""Those that sentences speak of."""

WRONG_SIGNS = {
    "ARABIC": (r"\?", r";", r"[\u0600-\u06ff],"),
    "fr": (r"[ \w…][?!;:»]", r"«[ \w]"),
}
"""By language, or by its script, signs that are another's; French has a no-break space before its double signs."""

FOREIGN_LETTERS = {
    "uk": "ыэёъ",
    "ru": "іїєґў",
    "bg": "ыэёіїє",
    "ro": "şţŞŢ",
    "ar": "یکپگچہے",
    **dict.fromkeys(("fa", "prs", "ur"), "يكةى"),
}
WORD = re.compile(r"[^\W\d_]+")


def catalog(language: str) -> Catalog:
    with (files("translations") / "catalogue" / f"{language}.po").open("rb") as file:
        return read_po(file)


def sentences(language: str) -> dict[str, Message]:
    return {key_of(message): message for message in catalog(language) if message.id}


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def written(folder: Path, language: str, body: str, plural: str = "nplurals=2; plural=(n != 1);") -> None:
    """A catalogue of a test's own."""
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    (folder / f"{language}.po").write_text(head + body, encoding="utf-8")


# --- the files -----------------------------------------------------------------------------------------------------


def test_twenty_languages_have_a_catalogue() -> None:
    """The first six, and those that people on the run in Europe speak most."""
    assert set(LANGUAGES) >= EVERY_LANGUAGE


def test_every_sentence_that_the_code_says_is_in_the_catalogue() -> None:
    """A key that is written out in the code and missing in English would fail in front of somebody."""
    said = {
        node.args[0].value
        for package in ("bot", "handlers", "adapters")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert said - sentences(SOURCE).keys() == set()


def test_every_sentence_that_the_code_says_is_given_what_it_asks_for() -> None:
    """A forgotten argument would fail in front of somebody; arguments that come as ** are left to other tests."""
    english = sentences(SOURCE)
    forgotten = [
        (path.name, node.lineno, key, name)
        for package in ("bot", "handlers", "adapters")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"
        if node.args and isinstance(node.args[0], ast.Constant) and all(given.arg for given in node.keywords)
        if (key := str(node.args[0].value)) in english
        for name in {name for form in forms_of(english[key]) for name in placeholders(form)}
        if name not in {given.arg for given in node.keywords}
    ]
    assert forgotten == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_there_in_every_language(language: str) -> None:
    """The same keys in the same order as in English, none empty, none marked as doubtful."""
    found = sentences(language)
    assert list(found) == list(sentences(SOURCE))
    assert [key for key, message in found.items() if not all(forms_of(message)) or message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice_in_a_file(language: str) -> None:
    """The second of two would silently win."""
    text = (files("translations") / "catalogue" / f"{language}.po").read_text(encoding="utf-8")
    keys = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))
    assert [key for key in keys if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_has_the_placeholders_of_the_english(language: str) -> None:
    """A plural form may leave out the count ("one answer"), nothing else, and none brings names of its own."""
    english = sentences(SOURCE)
    wrong = []
    for key, message in sentences(language).items():
        wanted = {name for form in forms_of(english[key]) for name in placeholders(form)}
        for form in forms_of(message):
            missing = wanted ^ set(placeholders(form))
            if missing and not (missing == {"n"} and len(forms_of(message)) > 1):
                wrong.append(key)
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_as_many_forms_as_the_language(language: str) -> None:
    """What has a plural in English has one everywhere, in exactly the forms that the file's header announces."""
    found = catalog(language)
    assert {found.num_plurals} >= {len(forms_of(m)) for m in sentences(language).values() if m.pluralizable}
    assert {key for key, m in sentences(language).items() if m.pluralizable} == {
        key for key, m in sentences(SOURCE).items() if m.pluralizable
    }
    form = c2py(found.plural_expr)
    assert {form(count) for count in range(1000)} == set(range(found.num_plurals))


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_over(language: str) -> None:
    """A sentence that reads exactly as in English was forgotten, unless it is listed as rightly the same."""
    english = sentences(SOURCE)
    same = {
        key
        for key, message in sentences(language).items()
        if forms_of(message) == forms_of(english[key])
        if any(character.isalpha() for form in forms_of(message) for character in PLACEHOLDER.sub("", form))
    }
    assert same == SAME_AS_ENGLISH.get(language, set())


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_sentences_are_written_in_the_languages_own_script(language: str) -> None:
    """Apart from placeholders, names of networks and commands there are more letters of the script than Latin ones."""
    foreign = []
    for key, message in sentences(language).items():
        for form in forms_of(message):
            letters = [unicodedata.name(char) for char in re.sub(r"\{[^}]*\}", "", form) if char.isalpha()]
            own = [name for name in letters if name.startswith(SCRIPTS[language])]
            if letters and len(own) * 2 <= len(letters):
                foreign.append(key)
    assert foreign == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    """Each form of the file stands for one of Unicode's; so 21 days are not counted as five."""
    form = c2py(catalog(language).plural_expr)
    known = locale_of(language)
    pairs = {(form(count), known.plural_form(count)) for count in range(1000)}
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_to_be_typed_is_the_same_in_every_language(language: str) -> None:
    """Commands, codes and keywords are English everywhere: /erase K7, lang:fr."""
    english = sentences(SOURCE)
    wrong = [
        key
        for key, message in sentences(language).items()
        for form in forms_of(message)
        if set(TYPED.findall(form)) != set(TYPED.findall(forms_of(english[key])[-1]))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_button_is_called_in_a_sentence_what_stands_on_it(language: str) -> None:
    """Whoever is told to press Send finds a button with that word, to the letter."""
    english, found = sentences(SOURCE), sentences(language)
    wrong = [
        (key, button)
        for key, message in english.items()
        for button in BUTTONS
        if re.search(rf"\b(?:[Pp]ress|or) {forms_of(english[button])[0]}\b", " ".join(forms_of(message)))
        if not all(forms_of(found[button])[0] in form for form in forms_of(found[key]))
    ]
    assert wrong == []


def test_sentences_that_name_a_button_are_found() -> None:
    """The test above would pass over what it cannot find."""
    text = " ".join(form for message in sentences(SOURCE).values() for form in forms_of(message))
    assert all(re.search(rf"\b(?:[Pp]ress|or) {forms_of(sentences(SOURCE)[button])[0]}\b", text) for button in BUTTONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_punctuation_is_the_languages_own(language: str) -> None:
    """No Latin question mark in Arabic, none alone on the next line in French, a beginning and an end in Spanish."""
    wrong = [
        key
        for key, message in sentences(language).items()
        for form in forms_of(message)
        if any(re.search(sign, TYPED.sub("", form)) for sign in WRONG_SIGNS.get(SCRIPTS.get(language, language), ()))
        or form.count("(") != form.count(")")
        or (language == "es" and (form.count("?"), form.count("!")) != (form.count("¿"), form.count("¡")))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_writes_no_letters_of_its_neighbour(language: str) -> None:
    """A Russian ы in Ukrainian, an Arabic ي in Persian, a cedilla in Romanian look right and are found by no search."""
    letters = {letter for message in sentences(language).values() for form in forms_of(message) for letter in form}
    assert letters & set(FOREIGN_LETTERS.get(language, "")) == set()
    words = {
        word for message in sentences(language).values() for form in forms_of(message) for word in WORD.findall(form)
    }
    assert [word for word in words if len({unicodedata.name(char).split()[0] for char in word}) > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_says_whether_a_native_reader_has_read_it(language: str) -> None:
    """X-Review is one of two words."""
    header = (files("translations") / "catalogue" / f"{language}.po").read_text(encoding="utf-8").partition("\n\n")[0]
    assert re.search(r'^"X-Review: (un)?reviewed\\n"$', header, re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_carries_invisible_direction_marks_or_markup(language: str) -> None:
    """Direction is the renderer's business and style that of the block; a file holds plain words."""
    found = [
        key
        for key, message in sentences(language).items()
        for form in forms_of(message)
        if re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]|<[a-z/]|\\*\\*|&[a-z]+;", form) or form != form.strip()
    ]
    assert found == []


# --- rendering -----------------------------------------------------------------------------------------------------


def test_a_sentence_is_rendered_in_the_readers_language() -> None:
    """The key finds the sentence, the arguments fill it."""
    catalogue = Catalogue(["nl", "pt"])
    assert catalogue.render(say("button-send"), "nl").plain == "Versturen"
    assert catalogue.render(say("label-human", organisation="AETCIS"), "pt").plain == "Traduzido por AETCIS"


def test_a_language_without_a_catalogue_reads_english() -> None:
    """Amharic, and a code that nobody knows, are no reason to say nothing."""
    catalogue = Catalogue(["am"])
    for language in ("am", "ckb", "xx", "../en", "", "zh-TW"):
        assert catalogue.render(say("button-send"), language).plain == "Send"


def test_what_is_to_be_typed_stands_as_one_piece_among_arabic_letters() -> None:
    """The slash stays at its beginning, the code after it, and a line that begins with it is still an Arabic line."""
    catalogue = Catalogue(["ar"])
    deleted = catalogue.render(say("first-deleted", n=30), "ar").plain
    assert f"{FIRST_STRONG_ISOLATE}/erase{POP_ISOLATE}" in deleted
    assert f"{FIRST_STRONG_ISOLATE}/erase K7{POP_ISOLATE}" in catalogue.render(say("privacy-erase"), "ar").plain
    assert FIRST_STRONG_ISOLATE not in catalogue.render(say("help-private"), "nl").plain
    lines = catalogue.render(say("help-private"), "ar").plain.split("\n")
    typed = [line for line in lines if "/" in line]
    assert typed
    assert all(line.startswith(FIRST_STRONG_ISOLATE) for line in typed)


def test_a_region_reads_its_language() -> None:
    """Brazilian Portuguese finds Portuguese."""
    assert Catalogue([]).render(say("button-send"), "pt-BR").plain == "Enviar"


def test_a_missing_or_broken_sentence_is_shown_in_english(tmp_path: Path) -> None:
    """An untranslated, doubtful or damaged entry, and one that asks for what is not given, do not reach the reader."""
    keys = ["empty", "doubtful", "attribute", "brace", "unasked", "fine", "absent"]
    written(tmp_path, "en", "\n".join(f'msgid "{key}"\nmsgstr "English {{name}}"\n' for key in keys))
    broken = {
        "empty": "",
        "attribute": "{name.__class__}",
        "brace": "{name} }",
        "unasked": "{name} {secret}",
        "fine": "goed {name}",
    }
    body = "\n".join(f'msgid "{key}"\nmsgstr "{text}"\n' for key, text in broken.items())
    written(tmp_path, "nl", body + '\n#, fuzzy\nmsgid "doubtful"\nmsgstr "twijfel {name}"\n')
    catalogue = Catalogue(["nl"], folder=tmp_path)
    rendered = {key: catalogue.render(say(key, name="x"), "nl").plain for key in keys}
    assert rendered.pop("fine") == "goed x"
    assert set(rendered.values()) == {"English x"}


@pytest.mark.parametrize("sentence", [say("no-such-sentence"), say("label-human")])
def test_what_is_missing_in_english_is_a_programming_error(sentence: Sentence) -> None:
    """An unknown key and a forgotten argument are told at once; the error names the key alone."""
    with pytest.raises(KeyError, match=sentence.key):
        Catalogue(["nl"]).render(sentence, "nl")


def test_the_count_chooses_the_plural_form(tmp_path: Path) -> None:
    """Each language by its own rule: Arabic has a form for two."""
    entry = 'msgid "answers"\nmsgid_plural "answers"\n'
    written(tmp_path, "en", entry + 'msgstr[0] "{n} answer"\nmsgstr[1] "{n} answers"\n')
    six = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
    written(tmp_path, "ar", entry + "".join(f'msgstr[{i}] "form {i}"\n' for i in range(6)), six)
    catalogue = Catalogue([], folder=tmp_path)
    assert [catalogue.render(say("answers", n=n), "en").plain for n in (0, 1, 2)] == [
        "0 answers",
        "1 answer",
        "2 answers",
    ]
    assert [catalogue.render(say("answers", n=n), "ar").plain[-1] for n in (0, 1, 2, 3, 11, 100)] == list("012345")
    with pytest.raises(KeyError):
        catalogue.render(say("answers"), "en")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", "a, Portugees en verzonden om 24 november 2026, 14:05 of 14:05, 3.000"),
        ("en", "a, Portuguese and sent at 24 November 2026, 14:05 or 14:05, 3,000"),
    ],
)
def test_arguments_are_written_as_the_language_writes_them(language: str, expected: str, tmp_path: Path) -> None:
    """Lists, language names, nested sentences, moments in the configured zone, times and numbers."""
    written(tmp_path, "en", 'msgid "all"\nmsgstr "{list}, {n}"\n\nmsgid "sent"\nmsgstr "sent at {moment} or {time}"\n')
    written(
        tmp_path, "nl", 'msgid "all"\nmsgstr "{list}, {n}"\n\nmsgid "sent"\nmsgstr "verzonden om {moment} of {time}"\n'
    )
    sent = say("sent", moment=datetime(2026, 11, 24, 13, 5, tzinfo=UTC), time=time(14, 5))
    sentence = say("all", list=("a", LanguageName("pt"), sent), n=3000)
    assert Catalogue([language], BRUSSELS, tmp_path).render(sentence, language).plain == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_date_that_ends_with_a_full_stop_gets_no_second_one(language: str) -> None:
    """Russian writes "24 ноября 2026 г.", and a sentence may end with it."""
    day = date(2026, 11, 24)
    ends = [say("copy-expired", date=day), say("mydata-closed", code="K7", day=day), say("first-readers", readers="A.")]
    text = [Catalogue([]).render(sentence, language).plain for sentence in ends]
    assert [line for line in text if ".." in line or not line.endswith((".", "።", "۔"))] == []


def test_a_placeholder_in_an_argument_stays_what_was_typed() -> None:
    """Nobody can make the bot fill in something by being called {organisation}."""
    text = Catalogue([]).render(say("notice-via", organisation="{via}", via="{0.__class__}"), "en").plain
    assert text == "{via}, via {0.__class__}"


# --- direction -----------------------------------------------------------------------------------------------------


def test_a_name_in_an_arabic_sentence_is_fenced_off() -> None:
    """The Latin name and what follows it keep their places."""
    text = Catalogue(["ar"]).render(say("notice-via", organisation="AETCIS (Brussel)", via="الأمل"), "ar").plain
    assert text == "\u2068AETCIS (Brussel)\u2069، عبر \u2068الأمل\u2069"


def test_an_arabic_name_in_a_dutch_sentence_is_fenced_off_and_a_latin_one_left_plain() -> None:
    """Marks stand only where they do something, so that codes and names stay easy to search and copy."""
    text = Catalogue(["nl"]).render(say("notice-via", organisation="AETCIS", via="الأمل"), "nl").plain
    assert text == "AETCIS, via \u2068الأمل\u2069"


def test_an_english_sentence_inside_an_arabic_one_is_fenced_off() -> None:
    """A sentence may be a fallback, in the other direction than the one around it."""
    inner = say("button-send")
    assert "\u2068إرسال\u2069" in Catalogue([]).render(say("first-readers", readers=inner), "ar").plain


@pytest.mark.parametrize("language", ["nl", "ar"])
@given(name=st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\u202e\u2067\u2069\u202cא\n{}"))))
def test_no_name_can_turn_the_rest_of_a_sentence_round(language: str, name: str) -> None:
    """Isolates are balanced on every line, no override survives, and every other character arrives."""
    text = isolated(name, language)
    for line in text.split("\n"):
        assert line.count(FIRST_STRONG_ISOLATE) == line.count(POP_ISOLATE) <= 1
    controls = "[\u202a-\u202e\u2066-\u2069]"
    assert not re.search("[\u202a-\u202e\u2066\u2067]", text)
    assert re.sub(controls, "", text) == re.sub(controls, "", name)


# --- languages -----------------------------------------------------------------------------------------------------


def test_languages_are_offered_by_their_own_names() -> None:
    """As their speakers write them."""
    names = {
        "nl": "Nederlands",
        "fr": "français",
        "en": "English",
        "pt": "português",
        "tr": "Türkçe",
        "ar": "العربية",
        "prs": "دری",
        "uk": "українська",
        "so": "Soomaali",
        "ti": "ትግርኛ",
    }
    assert {code: own_name(code) for code in names} == names


def test_a_language_is_named_in_the_readers_language() -> None:
    """With its own name where the reader's language has no word for it."""
    assert language_name("pt", "nl") == "Portugees"
    assert language_name("prs", "nl") == "Dari"
    assert language_name("pt-BR", "fr") == "portugais brésilien"
    assert language_name("ar", "pt") == "árabe"
    assert (language_name("qq", "nl"), own_name("qq")) == ("qq", "qq")


def test_direction_is_known_for_languages_babel_does_not_know() -> None:
    """Dari runs from right to left as Persian does; what nobody knows runs from left to right."""
    assert [is_rtl(code) for code in ("ar", "fa", "prs", "ps", "ur", "ckb", "ar-MA")] == [True] * 7
    assert [is_rtl(code) for code in ("nl", "tr", "so", "ti", "xx", "")] == [False] * 6


def test_dates_and_numbers_follow_the_readers_country_and_digits() -> None:
    """Portuguese as in Portugal, English as in Europe, Dari in its own digits."""
    day = date(2026, 11, 24)
    assert write_date(day, "pt") == "24 de novembro de 2026"
    assert write_date(day, "en", weekday=True) == "Tuesday, 24 November 2026"
    assert write_date(day, "nl", weekday=True) == "dinsdag 24 november 2026"
    assert write_date(day, "ar") == "24 نوفمبر 2026"
    assert write_date(day, "prs") == "۲۴ نومبر ۲۰۲۶"
    assert write_date(day, "ps", weekday=True) == "سه\u200cشنبه ۲۴ نومبر ۲۰۲۶"
    assert write_number(12345, "nl") == "12.345"
    assert write_number(7, "fa") == "۷"


@pytest.mark.parametrize("language", [*LANGUAGES, "prs", "so", "ti", "xx"])
def test_times_are_of_twenty_four_hours_everywhere(language: str) -> None:
    """Nobody has to guess whether 7:30 is in the morning."""
    digits = "".join(str(unicodedata.digit(char)) for char in write_time(time(19, 30), language) if char.isdecimal())
    assert digits == "1930"


def test_a_moment_needs_a_zone_and_is_told_in_the_readers() -> None:
    """A winter afternoon in UTC is an hour later in Brussels; a moment without a zone is refused."""
    assert write_moment(datetime(2026, 12, 1, 23, 30, tzinfo=UTC), "fr", BRUSSELS) == "2 décembre 2026, 00:30"
    with pytest.raises(ValueError, match="time zone"):
        write_moment(datetime(2026, 12, 1), "fr", BRUSSELS)  # noqa: DTZ001 (the fault that is tested)


# --- hours ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "hours", "said"),
    [
        ("fr", "Mon-Fri 09:00-18:00", "lundi – vendredi 09:00–18:00"),
        ("nl", "Mon-Thu 9:00-17:00, Sat 10:00-12:30", "maandag – donderdag 09:00–17:00 en zaterdag 10:00–12:30"),
        ("pt", "Sat-Mon 20:00-02:00", "sábado – segunda-feira 20:00–02:00"),
        ("tr", "Mon-Sun 00:00-24:00", "Pazartesi – Pazar"),
        ("en", "Wed 10:00-24:00", "Wednesday 10:00–00:00"),
        ("ar", "Mon-Fri 09:00-18:00", "من الاثنين إلى الجمعة من 09:00 إلى 18:00"),
    ],
)
def test_hours_are_written_in_the_readers_language(language: str, hours: str, said: str) -> None:
    """The operator writes Mon-Fri; nobody else has to know what that means."""
    text = Catalogue(()).render(say("first-hours", hours=OpenHours(hours)), language).plain
    assert said in text.replace(FIRST_STRONG_ISOLATE, "").replace(POP_ISOLATE, "")
    assert text.count(FIRST_STRONG_ISOLATE) == text.count(POP_ISOLATE)
    assert (FIRST_STRONG_ISOLATE in text) is is_rtl(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_own_names_of_days(language: str) -> None:
    """Seven of them, none of them twice."""
    names = {Catalogue(()).render(say("opens-weekday", day=Weekday(d), time=time(9)), language).plain for d in range(7)}
    assert len(names) == 7


def test_no_day_is_called_a_week_in_pashto() -> None:
    """The days are those that people say; the learned word for Saturday means a week, too."""
    assert [write_weekday(day, "ps") for day in (4, 5, 6)] == ["جمعه", "شنبه", "یکشنبه"]
