"""Waiting, counted within somebody's hours: the arithmetic, and what is due because of it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import requests
from bot.domain.hours import DAYS, Hours, parse_hours
from bot.domain.requests import Request, RequestState
from bot.domain.waiting import ALWAYS, ONE_DAY, Patience, Step, Waiting, after_open, ask_at, asked, due, waiting

BRUSSELS = ZoneInfo("Europe/Brussels")
OFFICE = parse_hours("Mon-Fri 09:00-18:00", BRUSSELS)
PATIENCE = Patience()
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=BRUSSELS)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def open_time(hours: Hours, since: datetime, until: datetime) -> timedelta:
    """How much of the time from `since` to `until` was within the hours."""
    total = timedelta()
    if since >= until:
        return total
    for start, end in hours.periods(since):
        if start >= until:
            break
        total += min(end, until) - start
    return total


# --- the arithmetic --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "wait", "at"),
    [
        (MONDAY, 30, MONDAY + minutes(30)),
        (MONDAY - minutes(600), 30, MONDAY + minutes(30)),  # written in the night
        (MONDAY + minutes(525), 30, MONDAY + ONE_DAY + minutes(15)),  # a quarter to six
        (MONDAY + 4 * ONE_DAY + minutes(540), 30, MONDAY + 7 * ONE_DAY + minutes(30)),  # Friday evening
        (MONDAY, 540, MONDAY + minutes(540)),
        (MONDAY + minutes(60), 540, MONDAY + ONE_DAY + minutes(60)),
    ],
)
def test_only_minutes_in_which_somebody_is_there_count(since: datetime, wait: int, at: datetime) -> None:
    """Nights and weekends do not."""
    assert after_open(OFFICE, since, minutes(wait)) == at
    assert open_time(OFFICE, since, at) == minutes(wait)


def test_on_closed_dates_nothing_is_counted() -> None:
    """Nobody is there on a holiday, nor in the night that leads into it."""
    hours = parse_hours("Mon-Sun 20:00-02:00", BRUSSELS, [MONDAY.date() + ONE_DAY])
    monday_at_ten = MONDAY + minutes(13 * 60)
    assert open_time(hours, monday_at_ten, monday_at_ten + 3 * ONE_DAY) == minutes(2 * 60 + 6 * 60 + 2 * 60)
    assert after_open(hours, monday_at_ten, minutes(121)) == MONDAY + 2 * ONE_DAY + minutes(11 * 60 + 1)


clocks = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
spans = st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS), clocks, clocks).filter(lambda span: span[2] != span[3])
texts = st.lists(spans.map(lambda span: f"{span[0]}-{span[1]} {span[2]}-{span[3]}"), min_size=1, max_size=3).map(
    ", ".join
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
dates = st.lists(st.dates(datetime(2026, 1, 1).date(), datetime(2027, 8, 1).date()), max_size=5)  # noqa: DTZ001
anybodys = st.builds(parse_hours, texts, st.just(BRUSSELS), dates)
waits = st.integers(0, 3000).map(minutes)


@settings(max_examples=60)
@given(anybodys, moments, waits)
def test_after_so_much_open_time_exactly_so_much_has_passed(hours: Hours, since: datetime, wait: timedelta) -> None:
    """And not a moment earlier."""
    at = after_open(hours, since, wait)
    assert at >= since + wait
    assert open_time(hours, since, at) == wait
    if wait:
        assert open_time(hours, since, at - timedelta(microseconds=1)) < wait


@settings(max_examples=60)
@given(anybodys, moments, waits, waits)
def test_open_time_adds_up(hours: Hours, since: datetime, first: timedelta, second: timedelta) -> None:
    """Two stretches of waiting are as long as the whole, and never longer than the clock says."""
    middle = since + first
    end = middle + second
    whole = open_time(hours, since, end)
    assert open_time(hours, since, middle) + open_time(hours, middle, end) == whole
    assert timedelta() <= whole <= end - since


@settings(max_examples=60)
@given(anybodys, moments)
def test_the_stretches_of_open_time_are_what_is_open(hours: Hours, after: datetime) -> None:
    """In order, without overlap; open at the beginning of each, and no longer at its end unless the next follows."""
    found = [period for period, _ in zip(hours.periods(after), range(6), strict=False)]
    for start, end in found:
        assert after <= start < end
        assert hours.open_at(start)
        assert hours.open_at(end - timedelta(microseconds=1))
    for (_, end), (start, _) in itertools.pairwise(found):
        assert end <= start
        assert hours.open_at(end) is (end == start)


def test_without_hours_all_time_counts() -> None:
    """Nobody has said when they are there."""
    assert after_open(ALWAYS, MONDAY, timedelta(days=3)) == MONDAY + timedelta(days=3)


# --- what is due -----------------------------------------------------------------------------------------------------


def request(state: RequestState = RequestState.OPEN, since: datetime | None = MONDAY) -> Request:
    return Request(
        id=1,
        number=7,
        chat=1,
        person=1,
        state=state,
        language="pt",
        language_missing=False,
        category=None,
        for_whom=None,
        reach=None,
        area=None,
        answer_by=None,
        claimed_by=5 if state is RequestState.CLAIMED else None,
        unanswered=since is not None,
        outcome=None,
        created_at=MONDAY,
        heard_at=MONDAY,
        closed_at=None,
        waits_since=since,
    )


def case(about: Request, **last: datetime) -> Waiting:
    found = waiting(about, {"created": MONDAY} | last)
    assert found is not None
    return found


def test_nobody_waits_where_an_answer_was_given_or_all_is_done() -> None:
    """Silence after an answer is no silence."""
    assert waiting(request(since=None), {}) is None
    assert waiting(request(RequestState.CLOSED), {}) is None


def test_the_first_unanswered_message_counts_however_often_somebody_writes_again() -> None:
    """Asking again does not start the clock anew."""
    later = requests.heard(requests.heard(request(), MONDAY + minutes(10)), MONDAY + minutes(20))
    assert later.waits_since == MONDAY
    answered = requests.answered(later)
    assert answered.waits_since is None
    assert requests.heard(answered, MONDAY + minutes(50)).waits_since == MONDAY + minutes(50)


def test_an_unclaimed_request_is_reminded_of_once() -> None:
    """Half an hour after it came; then not again until somebody has let go of it."""
    assert due(case(request()), PATIENCE, OFFICE) == (Step.REMIND, MONDAY + minutes(30))
    assert due(case(request(), reminded=MONDAY + minutes(30)), PATIENCE, OFFICE) is None
    released = MONDAY + minutes(90)
    again = case(request(), reminded=MONDAY + minutes(30), released=released)
    assert due(again, PATIENCE, OFFICE) == (Step.REMIND, released + minutes(30))


def test_nothing_is_due_outside_the_hours() -> None:
    """What became due at closing time waits for the morning."""
    evening = MONDAY + minutes(510)
    assert due(case(request(since=evening)), PATIENCE, OFFICE) == (Step.REMIND, MONDAY + ONE_DAY)


def test_a_silent_claim_is_reminded_of_and_then_lapses() -> None:
    """At half the time, and at the end of it."""
    claimed = MONDAY + minutes(5)
    held = request(RequestState.CLAIMED)
    assert due(case(held, claimed=claimed), PATIENCE, OFFICE) == (Step.NUDGE, claimed + minutes(120))
    nudged = case(held, claimed=claimed, nudged=claimed + minutes(120))
    assert due(nudged, PATIENCE, OFFICE) == (Step.LAPSE, claimed + minutes(240))


def test_other_rooms_are_asked_once_a_day_in_their_own_hours() -> None:
    """A night shelter's room is asked at night."""
    night = parse_hours("Mon-Sun 20:00-08:00", BRUSSELS)
    assert ask_at(case(request()), 3, PATIENCE, OFFICE, OFFICE) == MONDAY + minutes(120)
    assert ask_at(case(request()), 3, PATIENCE, OFFICE, night) == MONDAY + minutes(11 * 60)
    before = case(request(), **{asked(3): MONDAY + minutes(120)})
    assert ask_at(before, 3, PATIENCE, OFFICE, OFFICE) == MONDAY + ONE_DAY + minutes(120)
    assert ask_at(before, 4, PATIENCE, OFFICE, OFFICE) == MONDAY + minutes(120)
    assert ask_at(case(request(RequestState.CLAIMED)), 3, PATIENCE, OFFICE, OFFICE) is None


histories = st.dictionaries(
    st.sampled_from(["created", "claimed", "released", "lapsed", "reopened", "reminded", "nudged", "asked:3"]), moments
)


@settings(max_examples=60)
@given(anybodys, moments, histories, st.sampled_from([RequestState.OPEN, RequestState.CLAIMED]))
def test_whatever_has_happened_what_is_due_comes_within_hours_and_after_a_wait(
    hours: Hours, since: datetime, history: dict[str, datetime], state: RequestState
) -> None:
    """So one look at what is due never calls for another at the same moment."""
    found = waiting(request(state, since), history)
    assert found is not None
    step = due(found, PATIENCE, hours)
    if step is not None:
        assert hours.open_at(step[1])
        assert step[1] >= found.counted + PATIENCE.soonest
    at = ask_at(found, 3, PATIENCE, hours, hours)
    assert at is None or (at >= found.counted + PATIENCE.escalate and hours.open_at(at))
