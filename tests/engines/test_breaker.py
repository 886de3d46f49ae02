"""The gate before an engine, with a clock of the test's own."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.engines.breaker import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PAUSE_WHEN_REJECTED,
    PAUSE_WHEN_TOLD,
    Gate,
    Stumbled,
)
from bot.ports import Busy, EngineError, NotOffered, Rejected, Unavailable, Unsupported


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def passes(self, time: timedelta) -> None:
        self.now += time.total_seconds()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> Gate:
    return Gate(2, clock)


async def call(gate: Gate, failure: EngineError | None = None, text: str = "") -> bool:
    """Whether the call got through the gate; it then fails as told."""
    try:
        async with gate(text):
            if failure:
                raise failure
    except EngineError as raised:
        return raised is failure
    return True


async def test_failures_in_a_row_close_it_and_each_further_one_for_longer(gate: Gate, clock: Clock) -> None:
    assert [await call(gate, Unavailable("")) for _ in range(FAILURES + 1)] == [True] * FAILURES + [False]
    clock.passes(FIRST_PAUSE)
    assert await call(gate, Unavailable(""))
    clock.passes(FIRST_PAUSE)
    assert not await call(gate)
    clock.passes(FIRST_PAUSE)
    assert await call(gate)


async def test_an_engine_that_is_away_for_days_is_tried_now_and_then(gate: Gate, clock: Clock) -> None:
    """And is taken up again when it is back."""
    for _ in range(FAILURES):
        assert await call(gate, Unavailable(""))
    for _ in range(2000):
        clock.passes(LONGEST_PAUSE)
        assert await call(gate, Unavailable(""))
        assert not await call(gate)
    clock.passes(LONGEST_PAUSE)
    assert [await call(gate), await call(gate)] == [True, True]


async def test_a_success_in_between_starts_the_count_again(gate: Gate) -> None:
    for _ in range(FAILURES):
        for _ in range(FAILURES - 1):
            assert await call(gate, Unavailable(""))
        assert await call(gate)


async def test_a_pair_that_is_not_supported_is_no_failure(gate: Gate) -> None:
    assert all([await call(gate, Unsupported("")) for _ in range(FAILURES * 2)])


async def test_a_pair_that_is_not_offered_hides_no_failure(gate: Gate, clock: Clock) -> None:
    """It is known without asking: whoever fails over all others is left alone all the same, and not tried with it."""
    for _ in range(FAILURES):
        assert await call(gate, Unavailable(""))
        await call(gate, NotOffered(""))
    assert not await call(gate)
    clock.passes(FIRST_PAUSE)
    assert await call(gate, NotOffered(""))
    assert await call(gate, Unavailable(""))
    assert not await call(gate)


async def test_one_text_over_which_the_server_stumbles_keeps_nobody_from_it(gate: Gate, clock: Clock) -> None:
    """However often it is tried; a server that stumbles over all of them is left alone."""
    for _ in range(FAILURES * 2):
        assert await call(gate, Stumbled(""), "one")
    for text in ("two", "three"):
        assert await call(gate, Stumbled(""), text)
    assert not await call(gate, None, "four")
    clock.passes(FIRST_PAUSE)
    assert await call(gate, Stumbled(""), "one")
    assert await call(gate, None, "four")
    assert await call(gate, Stumbled(""), "one")


@pytest.mark.parametrize(
    ("failure", "pause"),
    [
        (Busy("", timedelta(seconds=7)), timedelta(seconds=7)),
        (Busy(""), PAUSE_WHEN_TOLD),
        (Rejected(""), PAUSE_WHEN_REJECTED),
    ],
)
async def test_one_word_of_the_server_closes_it(
    gate: Gate, clock: Clock, failure: EngineError, pause: timedelta
) -> None:
    assert await call(gate, failure)
    clock.passes(pause - timedelta(seconds=1))
    with pytest.raises(Busy) as refused:
        async with gate():
            pass
    assert refused.value.retry_after == timedelta(seconds=1)
    clock.passes(timedelta(seconds=1))
    assert await call(gate)


async def test_after_a_pause_one_call_tries_while_the_others_wait(gate: Gate, clock: Clock) -> None:
    await call(gate, Busy("", timedelta(seconds=5)))
    clock.passes(timedelta(seconds=5))
    inside, leave = asyncio.Event(), asyncio.Event()

    async def trial() -> None:
        async with gate():
            inside.set()
            await leave.wait()

    first = asyncio.create_task(trial())
    await inside.wait()
    assert not await call(gate)
    leave.set()
    await first
    assert await call(gate)


async def test_a_cancelled_trial_lets_the_next_one_try(gate: Gate, clock: Clock) -> None:
    await call(gate, Busy("", timedelta(seconds=5)))
    clock.passes(timedelta(seconds=5))
    inside = asyncio.Event()

    async def trial() -> None:
        async with gate():
            inside.set()
            await asyncio.Event().wait()

    first = asyncio.create_task(trial())
    await inside.wait()
    first.cancel()
    await asyncio.wait([first])
    assert await call(gate)


async def test_calls_that_nobody_waited_for_to_the_end_close_it(gate: Gate) -> None:
    """An engine that hangs is not asked again and again, however short its callers' patience."""
    for _ in range(FAILURES):
        inside = asyncio.Event()

        async def hangs(inside: asyncio.Event = inside) -> None:
            async with gate():
                inside.set()
                await asyncio.Event().wait()

        caller = asyncio.create_task(hangs())
        await inside.wait()
        caller.cancel()
        await asyncio.wait([caller])
    assert not await call(gate)


async def test_what_an_adapter_did_not_foresee_is_a_failure_too(gate: Gate) -> None:
    """An answer of a shape that nobody thought of, each time: it is left alone like any other."""
    for _ in range(FAILURES):
        with pytest.raises(KeyError):
            async with gate():
                raise KeyError
    assert not await call(gate)


async def test_those_who_waited_while_it_closed_do_not_go_through(gate: Gate) -> None:
    leave = asyncio.Event()

    async def fails() -> None:
        async with gate():
            await leave.wait()
            raise Busy("")

    inside = [asyncio.create_task(fails()) for _ in range(2)]
    waiting = [asyncio.create_task(call(gate)) for _ in range(5)]
    await asyncio.sleep(0)
    leave.set()
    await asyncio.wait([*inside, *waiting])
    assert [task.result() for task in waiting] == [False] * 5
    assert all(isinstance(task.exception(), Busy) for task in inside)
