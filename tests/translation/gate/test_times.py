"""Clock times: they agree, however each language tells them."""

from __future__ import annotations

import pytest

from bot.translation.gate.checks import check
from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language"),
    [
        ("open om 14u", "open at 2 pm", "nl", "en"),
        ("open om 14u30", "open at 2:30 p.m.", "nl", "en"),
        ("open om 14u30", "ouvert à 14h30", "nl", "fr"),
        ("open om 14u30", "ouvert à 14 h 30", "nl", "fr"),
        ("open om 14:00", "ouvert à 14 heures", "nl", "fr"),
        ("ouvert à 14h", "aberto às 2 da tarde", "fr", "pt"),
        ("ouvert à 14h30", "saat 14.30'da açık", "fr", "tr"),
        ("ouvert à 14h", "saat 14.00'te açık", "fr", "tr"),
        ("open at 2 pm", "مفتوح الساعة ٢ بعد الظهر", "en", "ar"),
        ("open at 2 pm", "مفتوح الساعة ١٤:٠٠", "en", "ar"),
        ("open from 9 am to 5 pm", "open van 9 tot 17 uur", "en", "nl"),
        ("open van 9-17u", "ouvert de 9h à 17h", "nl", "fr"),
        ("om 0:30 dicht", "closed at 12:30 am", "nl", "en"),
        ("om 10.30 uur", "at 10:30", "nl", "en"),
        ("om half 9", "at 8:30", "nl", "en"),
        ("van half 9 tot half 12", "from 8:30 am to 11:30 am", "nl", "en"),
        ("om half 9 's avonds", "at 8:30 pm", "nl", "en"),
        ("om half 9", "à 20h30", "nl", "fr"),
        ("om half 1", "à 12h30", "nl", "fr"),
        ("um halb 9", "saat 8.30'da", "de", "tr"),
        ("om half 9", "at half past 8", "nl", "en"),
    ],
)
def test_a_time_may_be_told_as_each_language_does(
    source: str, target: str, source_language: str, target_language: str
) -> None:
    assert codes(source, target, source_language, target_language) == []


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("open om 14u30", "open at 2:40 pm"),
        ("open om 14u30", "open at 2:30 am"),
        ("open om 14u", "open at noon"),
        ("open om 14u tot 17u", "open from 2 pm"),
        ("open in de namiddag", "open at 3 pm"),
        ("open om 14:00", "open at 15:00"),
        ("open om half 9", "open at 9:30"),
        ("open om half 9", "open at half past 9"),
        ("open om half 9", "open at half 9"),
        ("open om half 9 's avonds", "open at 8:30 am"),
    ],
)
def test_a_time_that_is_another_is_found(source: str, target: str) -> None:
    assert codes(source, target) == ["time-changed"]


def test_times_that_changed_places_are_a_warning_that_shows_them() -> None:
    assert check("open van 9:00 tot 17:00", "open from 9 am to 5 pm", "nl", "en") == ()
    (found,) = check("open van 9:00 tot 17:00", "open from 5 pm to 9 am", "nl", "en")
    assert (found.code, found.blocking, found.detail) == ("time-changed", False, "9:00 → 5 pm")
