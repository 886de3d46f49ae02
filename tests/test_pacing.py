"""Pacing is arithmetic: every limit holds at every moment, and none is wasted."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import Pacer
from tests.paper.adapter import LIKE_TELEGRAM

TELEGRAM = replace(LIKE_TELEGRAM, per_second=28, burst=1, chat_gap=1.0, group_window=(19, 60.0))


def run(pacer: Pacer, wanted: list[int], group: bool) -> list[tuple[float, int]]:
    """Send as early as allowed, first come first served; when each went where."""
    now, log = 0.0, []
    for chat in wanted:
        now = max(now, pacer.next_slot(now), pacer.free_at(chat))
        assert pacer.slots(now) >= 1
        pacer.sent(chat, group, now)
        log.append((now, chat))
    return log


@given(st.lists(st.integers(1, 5), max_size=120), st.booleans())
def test_no_limit_is_ever_broken(wanted: list[int], group: bool) -> None:
    """At most 28 a second in all, one a second to a chat, 19 a minute to a group."""
    log = run(Pacer(TELEGRAM), wanted, group)
    for index, (at, chat) in enumerate(log):
        since = [(t, c) for t, c in log[: index + 1] if t > at - 1 + 1e-6]
        assert len(since) <= 29
        same = [t for t, c in log[:index] if c == chat]
        assert not same or at - same[-1] >= 1 - 1e-6
        if group:
            assert sum(t > at - 60 + 1e-6 for t in same) < 19


def test_single_messages_go_at_the_full_rate() -> None:
    """Three hundred people are written to in the time that the limit allows, not longer."""
    log = run(Pacer(TELEGRAM), list(range(300)), group=False)
    assert abs(log[-1][0] - 299 / 28) < 0.01


def test_a_pause_of_one_chat_holds_nobody_else() -> None:
    """What a network says of one chat is about that chat."""
    pacer = Pacer(TELEGRAM)
    pacer.pause_chat(1, until=30)
    assert pacer.free_at(1) == 30
    assert pacer.free_at(2) == 0
    assert pacer.busy_chats(5) == [1]
    assert pacer.busy_chats(31) == []


def test_a_pause_of_the_account_holds_all() -> None:
    pacer = Pacer(TELEGRAM)
    pacer.pause(until=10)
    assert pacer.slots(9.9) == 0
    assert pacer.next_slot(5) == 10
    assert pacer.slots(10) == 1


def test_chats_are_forgotten_when_their_limits_are() -> None:
    """Memory holds the chats of the last minute, not of the last year."""
    pacer = Pacer(TELEGRAM)
    run(pacer, list(range(100)), group=True)
    pacer.busy_chats(1000)
    assert pacer.free_at(3) == 0.0
    assert pacer._chats == {}
