"""The bot's numbers as Prometheus reads them. Every label is a word from the configuration or from our own code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.actions import Priority
from bot.operation.measuring import Histogram, Numbers, Waiting

__all__ = ["CONTENT_TYPE", "exposition"]

PRIORITIES = {int(priority): priority.name.lower() for priority in Priority}


def exposition(numbers: Numbers) -> bytes:
    """All of it, in the text format."""
    registry = CollectorRegistry()
    registry.register(_Families(numbers))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterable[Metric]:
        yield from self._connections()
        yield from self._queues()
        yield from self._work()

    def _connections(self) -> Iterator[Metric]:
        numbers = self._numbers
        connected = GaugeMetricFamily(
            "schakel_connected", "1 while an account is connected to its network.", labels=["account"]
        )
        silence = GaugeMetricFamily(
            "schakel_poll_age_seconds", "Seconds since the network answered last.", labels=["account"]
        )
        for account, fault in numbers.connected.items():
            connected.add_metric([account], 0.0 if fault else 1.0)
            if (seconds := numbers.measures.silent_for(account)) is not None:
                silence.add_metric([account], seconds)
        yield connected
        yield silence
        yield GaugeMetricFamily(
            "schakel_disk_free_bytes", "Room on the disk of the bot's folder.", value=float(numbers.free)
        )

    def _queues(self) -> Iterator[Metric]:
        queues = self._numbers.queues
        if queues is None:
            return
        by = ["account", "priority"]
        length = GaugeMetricFamily("schakel_outbox_length", "Deliveries that are not finished.", labels=by)
        age = GaugeMetricFamily("schakel_outbox_oldest_seconds", "Age of the oldest of them.", labels=by)
        for account in self._numbers.connected:
            for number, priority in PRIORITIES.items():
                waiting = queues.outbox.get((account, number), Waiting())
                length.add_metric([account, priority], waiting.count)
                age.add_metric([account, priority], self._age(waiting.since))
        yield length
        yield age
        yield GaugeMetricFamily(
            "schakel_inbox_length", "Events that are stored and not handled yet.", value=queues.inbox.count
        )
        yield GaugeMetricFamily(
            "schakel_inbox_oldest_seconds", "Age of the oldest of them.", value=self._age(queues.inbox.since)
        )
        failed = GaugeMetricFamily(
            "schakel_dead_letters", "What failed for good and needs hands (schakel status --failed).", labels=["kind"]
        )
        for kind, count in queues.failed.items():
            failed.add_metric([kind], count)
        yield failed

    def _age(self, since: datetime | None) -> float:
        return 0.0 if since is None else max(0.0, (self._numbers.now - since).total_seconds())

    def _work(self) -> Iterator[Metric]:
        measures = self._numbers.measures
        sends = CounterMetricFamily(
            "schakel_sends", "Attempts to send something, by what became of them.", labels=["account", "result"]
        )
        for (account, result), count in measures.sends.items():
            sends.add_metric([account, result], count)
        yield sends
        yield _histogram(
            "schakel_send_wait_seconds",
            "From when a message could have gone to when the network had it: the wait for the pace.",
            "account",
            measures.waits,
        )
        yield _histogram(
            "schakel_event_lag_seconds",
            "From when people did something to when it was handled.",
            "account",
            measures.lags,
        )
        yield _histogram(
            "schakel_translation_seconds", "How long an engine took for a text.", "engine", measures.translations
        )
        failures = CounterMetricFamily(
            "schakel_translation_failures", "Calls to an engine that brought nothing.", labels=["engine", "reason"]
        )
        for (engine, reason), count in measures.translation_failures.items():
            failures.add_metric([engine, reason], count)
        yield failures
        commits = HistogramMetricFamily("schakel_commit_seconds", "How long the writer took to store a group of units.")
        commits.add_metric([], *_filled(measures.commits))
        yield commits


def _histogram(name: str, told: str, label: str, values: dict[str, Histogram]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, told, labels=[label])
    for of, histogram in values.items():
        family.add_metric([of], *_filled(histogram))
    return family


def _filled(histogram: Histogram) -> tuple[list[tuple[str, float]], float]:
    """The cumulated counts by their bounds as Prometheus writes them, and the sum."""
    buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in histogram.cumulated()]
    return [(bound, float(count)) for bound, count in buckets], histogram.total
