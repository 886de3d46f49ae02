"""When a notice is to go out, and when a day is over."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moments import MomentError, end_of, read_moment

BRUSSELS = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Brussels
zones = st.sampled_from([BRUSSELS, ZoneInfo("UTC"), ZoneInfo("Asia/Kabul"), ZoneInfo("America/New_York")])
moments = st.integers(0, 4 * 365 * 24 * 60 * 60).map(lambda seconds: NOW + timedelta(seconds=seconds))


def read(words: str) -> str:
    return read_moment(words, NOW, BRUSSELS).astimezone(BRUSSELS).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("18:00", "2026-11-23 18:00"),
        ("at 18:00", "2026-11-23 18:00"),
        ("om 18u30", "2026-11-23 18:30"),
        ("à 18h", "2026-11-23 18:00"),
        ("at 6 pm", "2026-11-23 18:00"),
        ("الساعة ١٨:٠٠", "2026-11-23 18:00"),
        ("at 9:00", "2026-11-24 09:00"),
        ("10:00", "2026-11-24 10:00"),
        ("at 2026-12-01 09:00", "2026-12-01 09:00"),
        ("09:00 on 1/12/2026", "2026-12-01 09:00"),
        ("op 24/12 om 14:30.", "2026-12-24 14:30"),
        ("1/2 14:30", "2027-02-01 14:30"),
        ("23/11 18:00", "2026-11-23 18:00"),
        ("at \u206618:00\u2069", "2026-11-23 18:00"),
        ("a\u0300 18：00", "2026-11-23 18:00"),
    ],
)
def test_days_and_times_are_read_as_people_write_them(words: str, moment: str) -> None:
    """A time that has passed today is tomorrow's; a day without its year is the next one."""
    assert read(words) == moment


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "when-unclear"),
        ("soon", "when-unclear"),
        ("om half 9", "when-unclear"),
        ("om half 9 's ochtends", "when-unclear"),
        ("at 25:00", "when-unclear"),
        ("tomorrow 18:00", "when-unclear"),
        ("18:00 or 19:00", "when-unclear"),
        ("18:00 19:00", "when-unclear"),
        ("31/2/2027 18:00", "when-unclear"),
        ("31/2 18:00", "when-unclear"),
        ("2026-12-01", "when-unclear"),
        ("2026-11-23 09:59", "when-over"),
        ("2025-12-01 09:00", "when-over"),
        ("2206-12-01 09:00", "when-far"),
    ],
)
def test_what_is_not_one_moment_to_come_is_refused(words: str, reason: str) -> None:
    """Nothing is guessed: a word that we do not know may change the meaning."""
    with pytest.raises(MomentError) as refused:
        read(words)
    assert refused.value.reason == reason


@given(st.times(), moments, zones)
def test_a_time_alone_is_within_a_day(clock: time, now: datetime, zone: ZoneInfo) -> None:
    """Never in the past, never later than tomorrow."""
    found = read_moment(f"at {clock:%H:%M}", now, zone)
    assert now < found <= now + timedelta(hours=25)


@given(st.text())
def test_anything_else_is_refused_kindly(words: str) -> None:
    with suppress(MomentError):
        assert read_moment(words, NOW, BRUSSELS) > NOW


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), zones)
def test_a_day_is_over_when_the_next_begins(day: date, zone: ZoneInfo) -> None:
    end = end_of(day, zone)
    assert (end - timedelta(seconds=1)).astimezone(zone).date() == day
    assert end.astimezone(zone).date() == day + timedelta(days=1)
