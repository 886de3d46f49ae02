"""Days and dates: Monday stays Monday, 12/03 does not become 03/12."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import available, write_date, write_weekday
from tests.translation.gate.judged import codes

DATED = sorted({"en", "nl", "de", "fr", "es", "it", *available()})


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.sampled_from(DATED), st.sampled_from(DATED))
def test_a_date_is_the_same_in_every_language_as_it_is_written_there(day: date, one: str, other: str) -> None:
    source, target = (write_date(day, language, weekday=True) for language in (one, other))
    assert [code for code in codes(source, target, one, other) if "day" in code] == []


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 6), st.sampled_from(DATED), st.sampled_from(DATED)
)
def test_another_day_of_the_week_blocks_in_every_language(day: date, later: int, one: str, other: str) -> None:
    source = f"{write_weekday(day.weekday(), one)}, 9:30"
    target = f"{write_weekday((day.weekday() + later) % 7, other)}, 9:30"
    found = codes(source, target, one, other)
    assert "day-changed" in found or "wrong-language" in found  # one word alone may look like another language's


@given(st.integers(1, 12), st.integers(1, 11), st.sampled_from(DATED), st.sampled_from(DATED))
def test_another_month_blocks_in_every_language(month: int, later: int, one: str, other: str) -> None:
    source = write_date(date(2026, month, 14), one)
    target = write_date(date(2026, (month + later - 1) % 12 + 1, 14), other)
    assert "day-changed" in codes(source, target, one, other)


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("open until Monday", "abierto hasta el lunes", "en", "es", []),
        ("open until Monday", "abierto hasta el domingo", "en", "es", ["day-changed"]),
        ("شنبه ساعت 9:30", "سه‌شنبه ساعت 9:30", "fa", "prs", ["day-changed"]),
        ("op maandag en dinsdag", "lundi et lundi", "nl", "fr", ["day-changed"]),
        ("elke maandagavond", "chaque lundi soir", "nl", "fr", []),
        ("elke maandagavond", "chaque soir", "nl", "fr", ["(day-changed)"]),
        ("chaque soir", "elke maandagavond", "fr", "nl", ["(day-changed)"]),
        ("ma-vr open", "open Monday to Friday", "nl", "en", []),
        ("you may march on Friday", "le vendredi, vous pouvez manifester", "en", "fr", []),
        ("closed on 5 May", "fermé le 5 mars", "en", "fr", ["day-changed"]),
        ("in March", "в марте", "en", "ru", []),
        ("in March", "в мае", "en", "ru", ["(day-changed)"]),
        ("en mars", "в мае", "fr", "ru", ["day-changed"]),
        ("до п'ятниці", "until Friday", "uk", "en", []),
        ("do środy", "bis Mittwoch", "pl", "de", []),
        ("bis Samstag", "do soboty", "de", "pl", []),
        ("в понедельник", "Pazartesi günü", "ru", "tr", []),
        ("в воскресенье", "Pazartesi günü", "ru", "tr", ["day-changed"]),
        ("on Sunday at the market", "pazar günü pazarda", "en", "tr", []),
        ("three months", "trei luni", "en", "ro", []),
        ("on Monday", "luni", "en", "ro", []),
        ("trei luni", "on Monday", "ro", "en", []),
        ("on Monday at 9:30", "luni, 9:30", "en", "ro", []),
        ("op dinsdag", "يوم الثلاثاء", "nl", "ar", []),
        ("op dinsdag", "ويوم الإثنين", "nl", "ar", ["day-changed"]),
        ("on 3 August", "في 3 غشت", "en", "ar", []),
        ("on 3 August", "3 آب", "en", "ar", []),
        ("come at 3", "ساعت 3 می‌آیند", "en", "fa", []),
        ("ساعت 10 می آیید", "ساعت 10 تشریف بیاورید", "fa", "prs", []),
        ("open on 5 May", "۵ می ۲۰۲۶ باز است", "en", "prs", ["number-added"]),
        ("closed on 5 June", "۵ می: بسته است", "en", "prs", ["day-changed"]),
        ("on Tuesday", "سه شنبه", "en", "prs", []),
        ("on Tuesday", "یک‌شنبه", "en", "fa", ["day-changed"]),
        ("on Tuesday", "ብሰሉስ", "en", "ti", []),
        ("in 2 weeks", "2 ہفتے میں", "en", "ur", []),
        ("on Monday", "Isniinta", "en", "so", []),
        ("on Monday", "ku leuni", "en", "sw", []),
        ("maandag op de Vrijdagmarkt", "lundi sur le Vrijdagmarkt", "nl", "fr", []),
        ("ouvert le 3 mai, rue du 4 Août", "the shop is open on 3 May, in the Rue du 4 Août", "fr", "en", []),
        (
            "ouvert le 3 mai, rue du 4 Août",
            "the shop is open on 3 June, in the Rue du 4 Août",
            "fr",
            "en",
            ["day-changed"],
        ),
        ("op 3 april", "on 3 April", "nl", "en", []),
        ("JUİL. APRİL", "JUİL. APRİL", "fr", "tr", ["(unchanged)"]),
        ("le 3 JUİL. à midi", "3 JUİL. at noon", "fr", "en", []),
    ],
)
def test_days_and_months_are_the_same(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    """Another one blocks; one that only one side names may have been said in a way that we do not know."""
    assert codes(source, target, source_language, target_language) == found


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("op 12/03 open", "open on 12 March", "nl", "en", []),
        ("op 12/03/2026 open", "ouvert le 12 mars 2026", "nl", "fr", []),
        ("open on 12 March", "op 12/03 open", "en", "nl", []),
        ("op 12.03.2026 open", "12 Mart 2026'da açık", "nl", "tr", []),
        ("on 2026-03-12", "le 12 mars 2026", "en", "fr", []),
        ("on 3/25", "le 25 mars", "en", "fr", []),
        ("op 12/03 en 14 maart", "on 12 March and 14 March", "nl", "en", []),
        ("op 12/03 open", "open on 3 December", "nl", "en", ["(day-changed)", "number-missing"]),
        ("op 12/03 open", "open on 12 May", "nl", "en", ["(day-changed)", "number-missing"]),
        ("on 12/03", "le 12 mars", "en", "fr", ["(day-changed)"]),
        ("on 12/03", "le 3 décembre", "en", "fr", ["(day-changed)"]),
        ("on 12/03", "le 12 mai", "en", "fr", ["(day-changed)", "number-missing"]),
        ("on 12/03/2026", "op 12 maart 2026", "en", "nl", ["(day-changed)"]),
        ("op 12-03 open", "on 12 March", "nl", "en", []),
        ("am 12.3. offen", "on 12 March", "de", "en", []),
        ("op 12/03 open", "le 03/12", "nl", "fr", ["day-changed"]),
        ("op 12/03/2026 open", "le 03.12.2026", "nl", "fr", ["day-changed"]),
        ("op 2026-03-12 open", "ouvert le 12/03/2026", "nl", "fr", []),
        ("op 2026-03-12 open", "ouvert le 2026-12-03", "nl", "fr", ["day-changed"]),
        ("op 12/03/2026 open", "12.03.2026'da açık", "nl", "tr", []),
        ("op 12/03/2026 open", "13.03.2026'da açık", "nl", "tr", ["number-missing", "number-missing", "number-added"]),
        ("op 25/12 open", "open on 12/25", "nl", "en", []),
        ("1/2 tablet", "2/1 tablet", "nl", "en", ["day-changed"]),
        ("op 12/03, 12 maart", "on 12 March", "nl", "en", ["number-missing", "number-missing"]),
        ("1/2 pil in maart", "1 pill in March", "nl", "en", ["number-missing"]),
    ],
)
def test_a_date_in_digits_may_be_written_out(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    """Where nobody could read another month in it: in English 12/03 may be in December."""
    assert codes(source, target, source_language, target_language) == found
