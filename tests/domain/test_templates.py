"""Ready notices: they fill in every language, keep what was filled in, and say which slot is at fault."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date
from importlib.resources import files
from itertools import permutations
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from linkify_it import LinkifyIt

from bot.catalogue import available
from bot.domain.notices import Category
from bot.domain.templates import (
    MOST_CHARACTERS,
    Hours,
    Template,
    TemplateError,
    load,
    parse_fill,
    read_date,
    read_time,
    read_value,
)
from bot.translation.gate.checks import check

TEMPLATES = load()
LANGUAGES = set(available())
NAMES = sorted(TEMPLATES)
LINKS = LinkifyIt()

SCRIPTS = dict.fromkeys(("ar", "fa", "prs", "ps", "ur"), "ARABIC")
SCRIPTS |= dict.fromkeys(("bg", "ru", "uk"), "CYRILLIC") | {"ti": "ETHIOPIC"}

VALID = {
    "place": st.sampled_from(["Rue X 12", "De Linde", "شارع الأمل 5", "10,5 m2 {date} <b>", "\u202eomgekeerd"]),
    "text": st.sampled_from(["AETCIS", "الأمل", "Femmes Épanouies et Actives"]),
    "date": st.dates(date(1000, 1, 1)).map(str)
    | st.dates(date(1000, 1, 1)).map(lambda day: f"{day.day}/{day.month}/{day.year}"),
    "time": st.sampled_from(["14:00", "9u", "14u30-16u", "22:00–06:00", "14.00 - 16.00", "9h tot 12h30", "24:00"]),
    "phone": st.sampled_from(["112", "0470 00 00 00", "+32 (0)2/555.01.23", "٠٤٧٠ ٠٠ ٠٠ ٠٠"]),
    "link": st.sampled_from(
        ["https://example.org/a_b?c=1&d=2", "http://example.org:8080/", "https://zoom.example/j/9?p=x"]
    ),
    "number": st.integers(0, 10**9 - 1).map(str),
}
INVALID = {
    "place": ["", "  ", "—", "x" * (MOST_CHARACTERS + 1)],
    "text": ["", "\n", "..."],
    "date": ["", "tomorrow", "24/11", "31/02/2026", "24/11/26", "2026-13-01", "2026"],
    "time": ["", "noon", "25:00", "14:60", "14:00-", "24:01", "14:00-16:00-18:00", "2pm"],
    "phone": ["", "call us", "12", "1234567890123456", "0470 X"],
    "link": ["", "example.org", "javascript:alert(1)", "https://", "https://x", "https://a b.org", "https://me@x.org"],
    "number": ["", "many", "-1", "1.5", "²", "12345678901"],
}


def examples(template: Template) -> dict[str, str]:
    return {slot.name: slot.example for slot in template.slots}


def numbers(text: str) -> Counter[str]:
    """The numbers of a text, whatever digits they are written in."""
    plain = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in text)
    return Counter(re.findall(r"\d+", plain))


def plain(text: str) -> str:
    return re.sub("[\u2066-\u2069\u202a-\u202e]", "", text)


# --- the files -----------------------------------------------------------------------------------------------------


def test_common_notices_are_there() -> None:
    """What organisations announce again and again, in every category."""
    assert len(TEMPLATES) >= 14
    assert {template.category for template in TEMPLATES.values()} == set(Category)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_complete_in_every_language(name: str) -> None:
    """Text, title and review state in every language that the bot speaks; names are lower-case English with hyphens."""
    template = TEMPLATES[name]
    assert set(template.text) == set(template.title) == set(template.review) == LANGUAGES
    assert set(template.review.values()) <= {"unreviewed", "reviewed"}
    for word in (name, *(slot.name for slot in template.slots)):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", word)


@pytest.mark.parametrize("name", NAMES)
def test_no_language_of_a_template_reads_as_another(name: str) -> None:
    """A text that was copied and not translated would be the same as its source, or in the wrong script."""
    template = TEMPLATES[name]
    assert len(set(template.text.values())) == len(LANGUAGES)
    for language, script in SCRIPTS.items():
        for text in (re.sub(r"\{[^}]*\}", "", template.text[language]), template.title[language]):
            assert {unicodedata.name(char).split()[0] for char in text if char.isalpha()} == {script}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_numbers_and_lines_stand_in_every_language(name: str) -> None:
    """No language names another emergency number, or misses a line."""
    template = TEMPLATES[name]
    assert len({text.count("\n") for text in template.text.values()}) == 1
    assert len({tuple(sorted(numbers(text).items())) for text in template.text.values()}) == 1
    assert set(numbers(template.text["en"])) <= {"112", "101"}


@pytest.mark.parametrize("name", NAMES)
def test_a_link_stands_alone_on_its_line(name: str) -> None:
    """A full stop or a direction mark next to it would end up in the address that an app opens."""
    template = TEMPLATES[name]
    links = [slot.name for slot in template.slots if slot.kind == "link"]
    for text in template.text.values():
        for link in links:
            assert f"\n{{{link}}}\n" in f"\n{text}\n"


# --- filling -------------------------------------------------------------------------------------------------------


def test_a_telephone_number_copied_from_an_arabic_notice_is_one() -> None:
    """The marks around it there are not seen, and are no reason to refuse it."""
    assert read_value("\u20680470 00 00 00\u2069", "phone") == "0470 00 00 00"


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(data=st.data())
def test_a_filled_template_keeps_every_value_in_every_language(name: str, data: st.DataObject) -> None:
    """All numbers and links of one language stand in the others; names and phones stand as typed."""
    template = TEMPLATES[name]
    values = {slot.name: data.draw(VALID[slot.kind], slot.name) for slot in template.slots}
    filled = template.fill(values)
    assert set(filled) == LANGUAGES
    for text in filled.values():
        assert numbers(text) == numbers(filled["en"])
        assert [link.url for link in LINKS.match(text) or [] if "://" in link.url] == [
            values[slot.name] for slot in template.slots if slot.kind == "link"
        ]
        for slot in template.slots:
            match read_value(values[slot.name], slot.kind):
                case Hours(start=start, end=end):
                    assert plain(text).find(start) < plain(text).rfind(end)
                case str() as value:
                    assert plain(value) in plain(text)


def test_a_filled_template_reads_as_it_should() -> None:
    """Dates with their weekday in the reader's language; hours with words where people read from right to left."""
    filled = TEMPLATES["food-parcels"].fill({"place": "Rue X 12", "date": "24/11/2026", "time": "14u-16u30"})
    assert filled["nl"].splitlines()[:3] == [
        "Er worden voedselpakketten uitgedeeld.",
        "Waar: Rue X 12",
        "Wanneer: dinsdag 24 november 2026, 14:00–16:30",
    ]
    assert plain(filled["ar"]).splitlines()[1:3] == [
        "المكان: Rue X 12",
        "الموعد: الثلاثاء، 24 نوفمبر 2026، من 14:00 إلى 16:30",
    ]
    assert "\u2068Rue X 12\u2069" in filled["ar"]


@pytest.mark.parametrize("name", NAMES)
def test_the_safety_gate_finds_nothing_in_a_filled_template(name: str, full: bool) -> None:
    """Whichever language is the source: numbers, times, links, phones, language, length and denial agree. At its full
    length each is compared with each, else with two."""
    filled = TEMPLATES[name].fill(examples(TEMPLATES[name]))
    pairs = [pair for pair in permutations(filled, 2) if full or not {"nl", "ar"}.isdisjoint(pair)]
    assert [(*pair, check(filled[pair[0]], filled[pair[1]], *pair)) for pair in pairs] == [
        (*pair, ()) for pair in pairs
    ]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in INVALID.items() for value in values])
def test_what_does_not_fit_a_slot_is_refused_without_being_repeated(kind: str, value: str) -> None:
    """The error names the slot, and never what was typed."""
    template, slot = next((t, s) for t in TEMPLATES.values() for s in t.slots if s.kind == kind)
    with pytest.raises(TemplateError) as caught:
        template.fill(examples(template) | {slot.name: value})
    assert (caught.value.invalid, caught.value.missing, caught.value.unknown) == ((slot.name,), (), ())
    assert str(caught.value) == f"invalid: {slot.name}"


def test_every_fault_is_named_at_once() -> None:
    """What is missing, what is wrong and what is unknown, so that nobody has to try three times."""
    with pytest.raises(TemplateError) as caught:
        TEMPLATES["food-parcels"].fill({"date": "soon", "colour": "blue"})
    assert caught.value.missing == ("place", "time")
    assert caught.value.invalid == ("date",)
    assert caught.value.unknown == ("colour",)
    assert str(caught.value) == "missing: place, time; invalid: date; unknown: 1"


@given(value=st.text(max_size=40), kind=st.sampled_from(sorted(VALID)))
@example(value="https://[", kind="link")
@example(value="\ud800", kind="place")
def test_any_value_is_understood_or_refused(value: str, kind: str) -> None:
    """Nothing that a person can type does anything else."""
    template, slot = next((t, s) for t in TEMPLATES.values() for s in t.slots if s.kind == kind)
    try:
        filled = template.fill(examples(template) | {slot.name: value})
    except TemplateError:
        return
    for text in filled.values():
        assert text.encode("utf-8")
        assert text.count("\n") == template.text["en"].count("\n")


@pytest.mark.parametrize("written", ["2026-11-24", "24/11/2026", "24-11-2026", "24.11.2026"])
def test_a_date_is_read_in_the_ways_people_write_it(written: str) -> None:
    """The day first, or the year first."""
    assert read_date(written) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("14:00", "14:00"),
        ("14u", "14:00"),
        ("9", "09:00"),
        ("9h30", "09:30"),
        ("14.15", "14:15"),
        ("14u-16u", Hours("14:00", "16:00")),
        ("14:00–16:00", Hours("14:00", "16:00")),
        ("9 u 30 tot 12 u", Hours("09:30", "12:00")),
        ("9h à 12h", Hours("09:00", "12:00")),
    ],
)
def test_a_time_is_read_in_the_ways_people_write_it(written: str, understood: str | Hours) -> None:
    """Dutch and French habits, with and without minutes, alone or as a stretch."""
    assert read_time(written) == understood


def test_digits_of_other_scripts_are_understood() -> None:
    """An Arabic or Persian keyboard writes the same numbers."""
    assert read_value("٢٤/١١/٢٠٢٦", "date") == date(2026, 11, 24)
    assert read_value("۱۴:۰۰", "time") == "14:00"


# --- the chat command ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argument",
    [
        'food-parcels place="Rue X 12" date=2026-11-24 time=14:00',
        "food-parcels place=Rue X 12 date=2026-11-24 time=14:00",
        "food-parcels place=“Rue X 12” date = 2026-11-24 time=«14:00»",
        "Food-Parcels\nPlace: Rue X 12\nDate: 2026-11-24\nTime: 14:00\n",
        "food-parcels place: Rue X 12\r\ndate: 2026-11-24\r\n\r\n time=14:00",
        "food-parcels date=2026-11-24 time=14:00\nplace: Rue X 12",
    ],
)
def test_slots_can_be_written_in_one_line_or_many(argument: str) -> None:
    """With or without quotes, those of telephones too, and capitals where a keyboard puts them."""
    values = {"place": "Rue X 12", "date": "2026-11-24", "time": "14:00"}
    assert parse_fill(argument) == ("food-parcels", values)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("", ("", {})),
        ("  \n ", ("", {})),
        ("curfew", ("curfew", {})),
        ("x link=https://x.org/?a=b&c=d", ("x", {"link": "https://x.org/?a=b&c=d"})),
        ("x\nlink: https://x.org/?a=b", ("x", {"link": "https://x.org/?a=b"})),
        ("x place='s-Gravenstraat 5 time=14:00", ("x", {"place": "'s-Gravenstraat 5", "time": "14:00"})),
        ('x place="De “Linde” 5" time=9', ("x", {"place": "De “Linde” 5", "time": "9"})),
        ('x place="open', ("x", {"place": '"open'})),
        ("x place= time=9", ("x", {"place": "", "time": "9"})),
        ('x place="a=b c=d" time=9', ("x", {"place": "a=b c=d", "time": "9"})),
    ],
)
def test_odd_arguments_are_read_sensibly(argument: str, expected: tuple[str, dict[str, str]]) -> None:
    """Nothing at all, addresses with signs of their own, quotes that do not close."""
    assert parse_fill(argument) == expected


@pytest.mark.parametrize(
    ("argument", "unknown", "invalid"),
    [
        ("x tomorrow at two", ("tomorrow at two",), ()),
        ('x place="a" and time=9', ("and",), ()),
        ("x place=a\nplace: b", (), ("place",)),
    ],
)
def test_words_that_belong_nowhere_are_told(argument: str, unknown: tuple[str, ...], invalid: tuple[str, ...]) -> None:
    """Rather than lost; the message of the error does not repeat them."""
    with pytest.raises(TemplateError) as caught:
        parse_fill(argument)
    assert (caught.value.unknown, caught.value.invalid) == (unknown, invalid)
    assert not any(word in str(caught.value) for word in unknown)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from('ab=: "\n“”'))))
def test_any_argument_is_read_or_refused(argument: str) -> None:
    """No message makes the command fail otherwise."""
    try:
        name, values = parse_fill(argument)
    except TemplateError:
        return
    assert name == name.strip()
    assert all(slot and "\n" not in value for slot, value in values.items())


@pytest.mark.parametrize("name", NAMES)
def test_the_usage_can_be_copied_and_sent(name: str) -> None:
    """The example that the bot shows fills the template, for days that are still to come."""
    template = TEMPLATES[name]
    found, values = parse_fill(template.usage(date(2031, 12, 30)))
    days = {slot.name: values.pop(slot.name) for slot in template.slots if slot.kind == "date"}
    assert (found, values) == (name, {key: value for key, value in examples(template).items() if key not in days})
    assert set(days.values()) <= {"06/01/2032", "19/01/2032"}
    assert template.fill(values | days)
    assert template.over(values | days, date(2031, 12, 30)) == ()


@pytest.mark.parametrize(
    ("name", "days", "over"),
    [
        ("food-parcels", {"date": "٢٤/١١/٢٠٢٦"}, ("٢٤/١١/٢٠٢٦",)),
        ("food-parcels", {"date": "2026-11-25"}, ()),
        ("school-closed", {"from": "23/11/2026", "until": "24/11/2026"}, ("24/11/2026",)),
        ("night-shelter", {"from": "23/11/2026"}, ()),
    ],
)
def test_what_happens_or_ends_does_so_on_a_day_still_to_come(
    name: str, days: dict[str, str], over: tuple[str, ...]
) -> None:
    """A beginning may have passed: the shelter is open since Monday."""
    template = TEMPLATES[name]
    assert template.over(examples(template) | days, date(2026, 11, 25)) == over


# --- broken files --------------------------------------------------------------------------------------------------

GOOD = (files("translations") / "templates" / "showers.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (("{place}", "{plase}"), "text nl"),
        (('category = "shelter"', 'category = "wellness"'), "Category"),
        (('kind = "place"', 'kind = "spot"'), "slot place"),
        (('category = "shelter"', ""), "category"),
        (("[text]", "[texts]"), "text"),
        (('ar = "الاستحمام"', ""), "title ar"),
        (("[slots]", "[slots"), "line"),
    ],
)
def test_a_damaged_template_is_named_with_its_fault(change: tuple[str, str], remark: str, tmp_path: Path) -> None:
    """Whoever edits the file sees which one it is and where to look."""
    assert change[0] in GOOD
    (tmp_path / "showers.toml").write_text(GOOD.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"showers\.toml: .*{remark}"):
        load(tmp_path)


def test_links_of_the_examples_lead_nowhere_real() -> None:
    """An example that is published by mistake shows nobody's page."""
    links = [slot.example for template in TEMPLATES.values() for slot in template.slots if slot.kind == "link"]
    assert {urlsplit(link).hostname for link in links} == {"example.org"}
