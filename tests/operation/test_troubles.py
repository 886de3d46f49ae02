"""When a network's limit is hard enough on us to need somebody's hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.operation.troubles import Slowness

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_notice_to_a_few_dozen_groups_is_no_trouble() -> None:
    """Synapse asks for five seconds after each message: that passes by itself."""
    slowness = Slowness()
    assert not any(slowness.paused(NOW + number * 5 * SECOND, 5 * SECOND) for number in range(40))


def test_half_of_the_last_minutes_spent_waiting_is() -> None:
    slowness = Slowness()
    assert any(slowness.paused(NOW + number * 5 * SECOND, 5 * SECOND) for number in range(61))
    assert Slowness().paused(NOW, timedelta(hours=1))


def test_it_is_over_when_the_network_has_wanted_no_pause_for_half_an_hour() -> None:
    """Counted from the end of the last one."""
    slowness = Slowness()
    assert slowness.is_over(NOW)
    slowness.paused(NOW, timedelta(minutes=10))
    assert not slowness.is_over(NOW + timedelta(minutes=39))
    assert slowness.is_over(NOW + timedelta(minutes=40))


def test_what_was_hard_before_anybody_looked_is_over_after_half_an_hour_as_well() -> None:
    """Another process has waited for it, and nobody knows how long."""
    slowness = Slowness(NOW)
    assert not slowness.is_over(NOW + timedelta(minutes=29))
    assert slowness.is_over(NOW + timedelta(minutes=30))


@given(st.lists(st.tuples(st.integers(0, 3600), st.integers(1, 60))))
def test_only_what_was_waited_lately_counts(pauses: list[tuple[int, int]]) -> None:
    """What was long ago is forgotten, whatever it was."""
    slowness, seen = Slowness(), []
    for at, wait in sorted(pauses):
        seen.append((at, wait))
        lately = sum(w for a, w in seen if a >= at - 600)
        assert slowness.paused(NOW + at * SECOND, wait * SECOND) == (lately >= 300)
