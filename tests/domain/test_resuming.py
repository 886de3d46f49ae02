"""How far numbers are passed over after a backup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.resuming import is_too_late, next_number

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "lately", "days", "since", "following"),
    [
        (7, 7, 30, timedelta(days=1), 200),  # a quiet house, last night's backup
        (7, 7, 30, timedelta(minutes=5), 20),  # moved to another machine
        (0, 0, 0, timedelta(days=1), 100),
        (3000, 3000, 30, timedelta(days=7), 5200),  # a hundred a day, for a week
        (300, 300, 3, timedelta(days=2), 1000),  # the same house, three days old
    ],
)
def test_the_next_number_is_beyond_whatever_may_have_been_given(
    last: int, lately: int, days: float, since: timedelta, following: int
) -> None:
    """Three times as many as the house was used to, and a round number."""
    assert next_number(last, lately, days, since) == following


@given(
    last=st.integers(0, 10**6),
    lately=st.integers(0, 10**5),
    days=st.floats(0, 30),
    since=st.timedeltas(timedelta(0), timedelta(days=3650)),
)
def test_no_number_is_given_twice_at_three_times_the_pace(
    last: int, lately: int, days: float, since: timedelta
) -> None:
    """Whatever the house and the age of the backup."""
    given_since = 3 * lately / max(days, 1) * (since / timedelta(days=1))
    following = next_number(last, lately, days, since)
    assert following > last + given_since
    assert following % 10 == 0


def test_notices_of_yesterday_are_too_late() -> None:
    """They have most likely arrived."""
    assert not is_too_late(NOW, NOW + timedelta(hours=23))
    assert is_too_late(NOW, NOW + timedelta(hours=24))
