"""What is counted of the bot's own work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.operation.measuring import RESULTS, Histogram, MeasuredEngine, Measures, result_of
from bot.ports import (
    Busy,
    EngineError,
    Gone,
    Marked,
    Moved,
    NotSent,
    Refused,
    Rejected,
    SendError,
    TooLarge,
    Unavailable,
    Unknown,
    Unsupported,
)
from tests.handlers.phrasebook import Phrasebook
from tests.world import Clock


@given(st.lists(st.floats(0, 1e6)), st.sets(st.floats(0.001, 1e5), min_size=1))
def test_a_histogram_counts_every_value_at_or_below_its_bound(values: list[float], bounds: set[float]) -> None:
    """Cumulated as Prometheus wants it: the last bound is infinity, and has them all."""
    histogram = Histogram(tuple(sorted(bounds)))
    for value in values:
        histogram.add(value)
    for bound, count in histogram.cumulated():
        assert count == sum(value <= bound for value in values)
    assert histogram.cumulated()[-1] == (float("inf"), len(values))
    assert histogram.total == pytest.approx(sum(values))


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (NotSent("later"), "retried"),
        (Refused("no"), "refused"),
        (TooLarge("no"), "refused"),
        (Gone("blocked"), "gone"),
        (Moved("there"), "moved"),
        (Unknown("?"), "unknown"),
    ],
)
def test_every_way_to_fail_has_its_name(error: SendError, result: str) -> None:
    assert result_of(error) == result
    assert result in RESULTS


def test_lags_are_told_by_the_given_clock_and_never_negative() -> None:
    """A phone whose clock is ahead is not from the future."""
    clock = Clock()
    measures = Measures(["telegram"], [], clock)
    assert measures.silent_for("telegram") is None
    measures.heard("telegram")
    happened_at = clock.now()
    clock.advance(timedelta(seconds=30))
    assert measures.silent_for("telegram") == pytest.approx(30, abs=0.01)
    measures.handled("telegram", happened_at)
    measures.handled("telegram", clock.now() + timedelta(hours=1))
    assert measures.lags["telegram"].total == pytest.approx(30, abs=0.01)
    measures.sent("telegram", happened_at)
    measures.sent("telegram", None)
    assert measures.sends["telegram", "sent"] == 2
    assert measures.waits["telegram"].cumulated()[-1][1] == 1


def test_how_long_a_network_is_silent_does_not_change_with_the_clock_on_the_wall() -> None:
    """Else somebody is called at night because it was set right, or for an hour nobody is."""
    clock = Clock()
    measures = Measures(["telegram"], [], clock)
    measures.heard("telegram")
    clock.advance(timedelta(seconds=30))
    clock.set_back(timedelta(hours=1))
    assert measures.silent_for("telegram") == pytest.approx(30, abs=0.01)


class Failing(Phrasebook):
    """An engine that raises what it is told to."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = failure

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        raise self.failure


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Unsupported("no such pair"), "unsupported"),
        (Busy("a pause"), "busy"),
        (Unavailable("down"), "unavailable"),
        (Rejected("the key"), "rejected"),
        (ZeroDivisionError(), "fault"),
    ],
)
async def test_a_failed_translation_is_counted_by_its_reason_and_raised_all_the_same(
    failure: Exception, reason: str
) -> None:
    measures = Measures([], [Phrasebook().name], Clock())
    engine = MeasuredEngine(Failing(failure), measures)
    with pytest.raises(type(failure)):
        await engine.translate([("hello",)], "en", "nl")
    assert measures.translation_failures == {(engine.name, reason): 1}
    assert measures.translations[engine.name].total == 0
    assert isinstance(failure, EngineError) == (reason != "fault")


async def test_a_translation_is_timed_by_a_steady_clock() -> None:
    times = iter((10.0, 12.5))
    measures = Measures([], [Phrasebook().name], Clock())
    engine = MeasuredEngine(Phrasebook(), measures, lambda: next(times))
    await engine.translate([("Vandaag is er helaas niemand aanwezig",)], "nl", "pt")
    assert measures.translations[engine.name].total == 2.5
