"""Opening hours: what may be written, and what it means on the clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import DAYS, next_time, parse_hours

BRUSSELS = ZoneInfo("Europe/Brussels")


def at(day: int, clock: str) -> datetime:
    """That time in Brussels, on a day of a week in November 2026 that begins on Monday the 16th (1)."""
    return datetime.fromisoformat(f"2026-11-{15 + day} {clock}").replace(tzinfo=BRUSSELS)


@pytest.mark.parametrize(
    ("text", "day", "clock", "is_open"),
    [
        ("Mon-Fri 09:00-18:00", 1, "08:59", False),
        ("Mon-Fri 09:00-18:00", 1, "09:00", True),
        ("Mon-Fri 09:00-18:00", 5, "17:59", True),
        ("Mon-Fri 09:00-18:00", 5, "18:00", False),
        ("Mon-Fri 09:00-18:00", 6, "12:00", False),
        ("Mon-Fri 9:00 - 18:00, Sat 10:00-12:30", 6, "12:00", True),
        ("Mon-Tue 09:00-12:00, Mon-Tue 13:00-17:00", 2, "12:30", False),
        ("Sat-Mon 09:00-10:00", 7, "09:30", True),
        ("Sat-Mon 09:00-10:00", 2, "09:30", False),
        ("Fri 20:00-02:00", 5, "23:00", True),
        ("Fri 20:00-02:00", 6, "01:59", True),
        ("Fri 20:00-02:00", 5, "01:00", False),
        ("Mon-Sun 00:00-24:00", 7, "23:59", True),
    ],
)
def test_the_hours_are_open_from_the_first_minute_until_before_the_last(
    text: str, day: int, clock: str, is_open: bool
) -> None:
    """On the operator's clock, on the days that are named, past midnight where the span goes on."""
    assert parse_hours(text, BRUSSELS).open_at(at(day, clock)) is is_open


@pytest.mark.parametrize(
    "text",
    [
        "Mon–Fri 09:00–18:00",
        "Mon-Fri\u00a009:00\u2011\u200a18:00",
        "\u2066Mon-Fri 9:00-18：00\u2069",
        "Mon-Fri ۰۹:۰۰-۱۸:۰۰",
    ],
)
def test_hours_look_alike_on_every_keyboard(text: str) -> None:
    """What looks right is not refused for a dash that a telephone has made longer."""
    english = "Mon-Fri 09:00-18:00"
    assert parse_hours(text, BRUSSELS).spans == parse_hours(english, BRUSSELS).spans
    several = parse_hours(f"{text}، Sat 10:00-12:00", BRUSSELS).spans
    assert several == parse_hours(f"{english}, Sat 10:00-12:00", BRUSSELS).spans


def test_the_clock_is_that_of_the_time_zone() -> None:
    """Nine in Brussels is eight in UTC in winter and seven in summer."""
    hours = parse_hours("Mon-Sun 09:00-18:00", BRUSSELS)
    assert hours.open_at(datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
    assert not hours.open_at(datetime(2026, 1, 5, 7, 59, tzinfo=UTC))
    assert hours.open_at(datetime(2026, 7, 6, 7, 0, tzinfo=UTC))


def test_the_next_opening_is_the_earliest_one() -> None:
    """Whatever the order in which the spans are written; now, when it is open."""
    hours = parse_hours("Mon-Thu 13:00-17:00, Sat 10:00-12:00, Mon-Thu 09:00-12:00", BRUSSELS)
    assert hours.next_opening(at(4, "18:00")) == at(6, "10:00")
    assert hours.next_opening(at(6, "12:00")) == at(8, "09:00")
    assert hours.next_opening(at(1, "12:15")) == at(1, "13:00")
    assert hours.next_opening(at(1, "14:15")) == at(1, "14:15")


def test_on_closed_dates_nobody_is_there() -> None:
    """Nor in the part of a night that falls on one; what would begin on it does not."""
    hours = parse_hours("Mon-Fri 09:00-18:00, Mon-Sun 22:00-02:00", BRUSSELS, [date(2026, 11, 17), date(2026, 11, 18)])
    assert hours.open_at(at(1, "23:59"))
    assert not hours.open_at(at(2, "01:00"))
    assert not hours.open_on(date(2026, 11, 17))
    assert hours.open_on(date(2026, 11, 19))
    assert hours.next_opening(at(2, "00:00")) == at(4, "09:00")


def test_however_many_dates_are_closed_the_next_opening_is_found() -> None:
    """A centre that is away for the whole summer."""
    summer = [date(2026, 7, 1) + timedelta(days=n) for n in range(62)]
    hours = parse_hours("Tue 09:00-12:00", BRUSSELS, summer)
    assert hours.next_opening(datetime(2026, 6, 30, 12, 0, tzinfo=BRUSSELS)) == datetime(
        2026, 9, 1, 9, 0, tzinfo=BRUSSELS
    )


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Mon-Fri 09:00-18:00", 0, 4),
        ("Sat-Mon 09:00-18:00", 5, 0),
        ("Wed 09:00-18:00", 2, 2),
        ("Sun-Sat 1:00-2:00", 0, 6),
    ],
)
def test_a_span_knows_its_first_and_last_day(text: str, first: int, last: int) -> None:
    """Also over a weekend; of all seven days Monday is the first."""
    assert parse_hours(text, BRUSSELS).spans[0].first_and_last() == (first, last)


@pytest.mark.parametrize(
    ("after", "then"),
    [("08:59", (1, "09:00")), ("09:00", (1, "17:00")), ("17:00", (2, "09:00")), ("23:59", (2, "09:00"))],
)
def test_the_next_of_some_times_of_day(after: str, then: tuple[int, str]) -> None:
    """Later than the moment, on the clocks of the zone."""
    assert next_time([time(17), time(9)], BRUSSELS, at(1, after)) == at(*then)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", '"" is not a time span'),
        ("always", '"always" is not a time span'),
        ("Mo-Fr 9-18", '"Mo-Fr 9-18" is not a time span'),
        ("Mon-Fri 09:00-18:00,", '"" is not a time span'),
        ("Maa-Vri 09:00-18:00", '"Maa" in "Maa-Vri 09:00-18:00" is not a day; the days are Mon, Tue,'),
        ("Mon-Vri 09:00-18:00", '"Vri" in'),
        ("Mon 09:00-24:01", "no valid times"),
        ("Mon 09:60-10:00", "no valid times"),
        ("Mon 09:00-09:00", "no valid times"),
        ("Mon 24:00-02:00", "no valid times"),
    ],
)
def test_what_is_no_time_span_is_quoted(text: str, said: str) -> None:
    """The sentence names the part that was not understood."""
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_hours(text, BRUSSELS)


clocks = st.integers(0, 24 * 60 - 1).map(lambda minutes: f"{minutes // 60:02}:{minutes % 60:02}")
spans = st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS), clocks, clocks).filter(lambda span: span[2] != span[3])
texts = st.lists(spans.map(lambda span: f"{span[0]}-{span[1]} {span[2]}-{span[3]}"), min_size=1, max_size=3).map(
    ", ".join
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(texts, moments)
def test_whatever_is_written_opens_within_two_weeks_and_not_before(text: str, moment: datetime) -> None:
    """Also over the nights in which the clock is changed."""
    hours = parse_hours(text, BRUSSELS)
    opening = hours.next_opening(moment)
    assert hours.open_at(opening)
    assert moment <= opening <= moment + timedelta(days=15)
    assert opening == moment or not hours.open_at(moment)
