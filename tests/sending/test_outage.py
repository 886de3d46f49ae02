"""A network that takes nothing costs one message at a time to find out when it does again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.sending.outage import LONGEST, SEVERAL, Outage


def test_what_surely_never_arrived_stops_all_for_a_moment() -> None:
    """Then one message tries it; the waits grow."""
    outage = Outage()
    assert outage.slots(0) is None
    outage.failed(1, 0, surely=True)
    assert (outage.slots(0.9), outage.slots(1)) == (0, 1)
    outage.tried(1)
    assert (outage.slots(2.9), outage.slots(3)) == (0, 1)
    assert outage.well()
    assert outage.slots(3) is None
    assert not outage.well()


def test_a_network_that_is_away_for_days_is_tried_now_and_then() -> None:
    outage, now = Outage(), 0.0
    outage.failed(1, now, surely=True)
    for _ in range(10_000):
        now += LONGEST
        assert outage.slots(now) == 1
        outage.tried(now)
        assert outage.slots(now) == 0
        outage.failed(1, now, surely=True)
    assert outage.well()
    outage.failed(1, now, surely=True)
    assert (outage.slots(now + 0.9), outage.slots(now + 1)) == (0, 1)


def test_where_nobody_knows_it_takes_several_chats() -> None:
    """One that hangs again and again stops nobody else."""
    outage = Outage()
    for now in range(100):
        outage.failed(1, now, surely=False)
    assert outage.slots(100) is None
    for chat in range(2, SEVERAL + 1):
        outage.failed(chat, 100, surely=False)
    assert outage.slots(100) == 0


def test_a_success_in_between_shows_that_the_network_is_there() -> None:
    outage = Outage()
    for chat in range(100):
        outage.failed(chat, 0, surely=False)
        assert not outage.well()


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 9), st.booleans()), max_size=300))
def test_no_storm_and_no_sleep(attempts: list[tuple[float, int, bool]]) -> None:
    """However its failures come in, while a network is away there are at most a handful of tries a minute, and never
    none for longer than the longest wait."""
    outage, now, tries = Outage(), 0.0, []
    outage.failed(1, now, surely=True)
    for passed, chat, surely in attempts:
        now += passed
        assert outage.until is not None
        assert outage.until - now <= LONGEST + 1e-6
        if outage.slots(now):
            tries.append(now)
            outage.tried(now)
        outage.failed(chat, now, surely)
    assert all(sum(at <= other < at + 60 for other in tries) <= 6 for at in tries)
