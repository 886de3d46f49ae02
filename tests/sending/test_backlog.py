"""Of many notices that wait, the last arrives as early as the limits allow at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import Pacer, still_needs
from bot.sending.backlog import Backlog, Waiting
from tests.paper.adapter import LIKE_TELEGRAM

TELEGRAM = replace(LIKE_TELEGRAM, per_second=28, burst=2, chat_gap=1.0, group_window=(19, 60.0))
Chain = tuple[int, bool]
"""How many messages a chat gets, and whether it is a group."""


def run(chains: list[Chain], separate: bool) -> list[tuple[float, int, int]]:
    """Everything sent as early as it may be: when, to which chat, which message of it. `separate`: each message is a
    delivery of its own, otherwise all to one chat are parts of one."""
    pacer = Pacer(TELEGRAM)
    backlog = Backlog(TELEGRAM, pacer)
    waiting = [
        Waiting(1000 * chat + number, chat, group, 1 if separate else messages)
        for chat, (messages, group) in enumerate(chains)
        for number in range(messages if separate else 1)
    ]
    backlog.add(waiting, 0.0)
    now, log, sent = 0.0, [], Counter[int]()
    while backlog.size:
        for one in backlog.take(pacer.slots(now), now):
            pacer.sent(one.chat, one.group, now)
            log.append((now, one.chat, sent[one.chat]))
            sent[one.chat] += 1
            backlog.landed(one.id, one.chat, 0 if separate else one.messages - 1, now)
        later = [moment for moment in (pacer.next_slot(), pacer.next_free(now)) if moment is not None]
        now = min((moment for moment in later if moment > now + 1e-9), default=now + 0.001)
    return log


def earliest(chains: list[Chain]) -> float:
    """No order at all could be ready before: each message has a time before which its chat cannot take it, and from
    any of these on, all later ones still need a slot each."""
    times = sorted(still_needs(TELEGRAM, group, n) for messages, group in chains for n in range(1, messages + 1))
    after = len(times) - TELEGRAM.burst
    return max(time + max(0, after - place) / TELEGRAM.per_second for place, time in enumerate(times))


@pytest.mark.parametrize("separate", [True, False], ids=["notices", "one long notice"])
@pytest.mark.parametrize(
    "chains",
    [
        [(1, True)] * 1000,
        [(1, False)] * 3000,
        [(25, True)] * 200,
        [(40, True)] * 3,
        [(25, True)] * 60 + [(1, False)] * 1000,
        [(1, False)] * 2000 + [(25, True)] * 5,
        [(3, True), (1, True), (20, False), (45, True)] * 50,
    ],
    ids=["groups", "people", "long to groups", "few", "mixed", "the long ones come last", "every kind"],
)
def test_the_last_message_arrives_as_early_as_it_can(chains: list[Chain], separate: bool) -> None:
    log = run(chains, separate)
    assert len(log) == sum(messages for messages, _ in chains)
    assert log[-1][0] <= earliest(chains) * 1.001


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=30), st.booleans())
def test_each_is_sent_once_in_its_chats_order_and_within_the_limits(chains: list[Chain], separate: bool) -> None:
    log = run(chains, separate)
    for chat, (messages, group) in enumerate(chains):
        mine = [(time, number) for time, to, number in log if to == chat]
        assert [number for _, number in mine] == list(range(messages))
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(mine)]
        assert all(gap >= 1 - 1e-6 for gap in gaps)
        if group:
            spans = [later - earlier for (earlier, _), (later, _) in zip(mine, mine[19:], strict=False)]
            assert all(span >= 60 - 1e-6 for span in spans)


def test_what_something_urgent_was_sent_to_waits_for_its_turn_again() -> None:
    """An answer went to the chat that was to get a notice: the notice follows when the chat is free."""
    pacer = Pacer(TELEGRAM)
    backlog = Backlog(TELEGRAM, pacer)
    backlog.add([Waiting(1, 7, False, 1), Waiting(2, 8, False, 1)], 0.0)
    pacer.sent(7, False, 0.0)
    assert [one.chat for one in backlog.take(2, 0.0)] == [8]
    backlog.landed(2, 8, 0, 0.0)
    assert backlog.take(2, 0.5) == []
    [late] = backlog.take(2, 1.0)
    backlog.put_back(late, 1.0)
    assert backlog.take(2, 1.0) == [late]
