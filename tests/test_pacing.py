"""Pacing is arithmetic: every limit holds at every moment, and none is wasted."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import Pacer, Rate
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM

TELEGRAM = replace(LIKE_TELEGRAM, per_second=28, burst=1, chat_gap=1.0, group_window=(19, 60.0))


def run(pacer: Pacer, wanted: list[int], group: bool) -> list[tuple[float, int]]:
    """Send as early as allowed, first come first served; when each went where."""
    now, log = 0.0, []
    for chat in wanted:
        now = max(now, pacer.next_slot(), pacer.free_at(chat))
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


def test_a_chat_is_free_for_the_slot_that_comes_as_its_gap_ends() -> None:
    """Twenty-eight chats in turn at 28 a second: none misses its slot for what adding up seconds rounds off."""
    pacer, now = Pacer(TELEGRAM), 0.0
    for number in range(5_000):
        now = max(now, pacer.next_slot())
        assert pacer.free_at(number % 28) <= now
        pacer.sent(number % 28, False, now)


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
    assert pacer.next_slot() == 10
    assert pacer.slots(10) == 1


def test_several_chats_refused_at_once_mean_the_account() -> None:
    """Telegram tells its limit on all that a bot sends to one chat after the other."""
    pacer = Pacer(TELEGRAM)
    for chat in (1, 2):
        pacer.refused_chat(chat, until=30, now=1)
    assert pacer.slots(2) > 0
    pacer.refused_chat(3, until=31, now=2)
    assert pacer.slots(3) == 0
    assert pacer.next_slot() == 31


def test_chats_that_each_deserved_hours_do_not_silence_the_others() -> None:
    """Three that may be written to again in three hours are no reason to write to nobody for so long."""
    pacer = Pacer(TELEGRAM)
    for chat in (1, 2, 3):
        pacer.refused_chat(chat, until=10_000, now=0)
    assert pacer.slots(59) == 0
    assert pacer.slots(61) > 0
    assert [pacer.free_at(chat) for chat in (1, 2, 3, 4)] == [10_000, 10_000, 10_000, 0]


def test_chats_that_have_just_had_a_message_say_nothing_about_the_account() -> None:
    """They may be in slow mode; when they are refused once more without having had another, it may be the account."""
    pacer = Pacer(TELEGRAM)
    for chat in (1, 2, 3):
        pacer.sent(chat, True, now=0)
        pacer.taken(chat)
    assert [pacer.refused_chat(chat, until=60, now=1) for chat in (1, 2, 3)] == [False, False, False]
    assert pacer.slots(2) > 0
    assert [pacer.refused_chat(chat, until=90, now=60) for chat in (1, 2, 3)] == [False, False, True]


def test_that_every_chat_is_in_slow_mode_is_not_believed() -> None:
    """In the middle of notices of two messages all of them have just had the first."""
    pacer = Pacer(TELEGRAM)
    for chat in range(100):
        pacer.sent(chat, True, now=0)
        pacer.taken(chat)
    refused = [pacer.refused_chat(chat, until=60, now=2) for chat in range(30)]
    assert refused.index(True) == 22
    assert pacer.slots(3) == 0


def test_what_is_taken_meanwhile_shows_that_the_account_is_well() -> None:
    pacer = Pacer(TELEGRAM)
    for chat in (1, 2, 3, 4):
        assert not pacer.refused_chat(chat, until=60, now=1)
        pacer.taken(5)
    assert pacer.slots(2) > 0


HOMESERVER = replace(LIKE_MATRIX, per_second=0)


def homeserver(rate: float, burst: int, pacer: Pacer, messages: int) -> tuple[float, int]:
    """A server with a limit that nobody has told us of: when all has been sent, and how often it refused."""
    level, at, now, refusals, sent = float(burst), 0.0, 0.0, 0, 0
    while sent < messages:
        if pacer.slots(now) < 1:
            now = max(pacer.next_slot(), now + 0.001)
            continue
        level, at = min(burst, level + (now - at) * rate), now
        pacer.sent(1, False, now)
        if level < 1:
            refusals += 1
            pacer.refused(now + (1 - level) / rate, now)
        else:
            level -= 1
            sent += 1
    return now, refusals


def test_a_limit_that_nobody_told_is_learnt() -> None:
    """Synapse's default: ten at once, then one in five seconds. It is not asked again and again."""
    pacer = Pacer(HOMESERVER)
    took, refusals = homeserver(0.2, 10, pacer, 60)
    assert took <= 1.1 * 50 / 0.2
    assert refusals <= 6
    assert pacer.learnt is not None
    assert 0.1 <= pacer.learnt.per_second <= 0.3


def test_a_limit_that_stays_is_tried_less_and_less() -> None:
    """It might have been lifted, but asking costs a refusal."""
    pacer = Pacer(HOMESERVER)
    took, refusals = homeserver(0.2, 10, pacer, 3000)
    assert took <= 1.01 * 2990 / 0.2
    assert refusals <= 15


def test_what_was_learnt_can_be_taken_along() -> None:
    """After a restart the first messages already keep to it."""
    pacer = Pacer(HOMESERVER, Rate(0.2, 1))
    assert pacer.slots(0) == 1
    pacer.sent(1, False, 0)
    assert pacer.slots(1) == 0
    assert pacer.next_slot() == 5


def test_what_was_learnt_is_forgotten_when_all_goes_well() -> None:
    """An administrator has exempted the account: it finds out by itself."""
    pacer = Pacer(HOMESERVER, Rate(1.0, 1))
    took, refusals = homeserver(1e9, 10**9, pacer, 3000)
    assert refusals == 0
    assert pacer.learnt is None
    assert took < 600


def test_a_burst_of_refusals_teaches_once() -> None:
    """Thirty were in the air when the first was refused."""
    pacer = Pacer(HOMESERVER)
    for _ in range(40):
        pacer.sent(1, False, 1.0)
    for _ in range(30):
        pacer.refused(6.0, 1.0)
    assert pacer.learnt == Rate(0.2, 20)


def test_chats_are_forgotten_when_their_limits_are() -> None:
    """Memory holds the chats of the last minute, not of the last year."""
    pacer = Pacer(TELEGRAM)
    run(pacer, list(range(100)), group=True)
    pacer.busy_chats(1000)
    assert pacer.free_at(3) == 0.0
    assert pacer._chats == {}
