"""Measure, beside others, what Schakel costs: one line of a Markdown table for each figure.

python -m tests.benchmarks [NAME …] [--runs N] [--slower MS]      (all of them: make bench)
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import broadcast, fanout, inbound, outbox, pending, relay, sends, start, takeover, way
from tests.benchmarks.figures import HEAD, Figure
from tests.benchmarks.preload import compiled
from tests.benchmarks.runs import RIVALS

FIGURES: dict[str, Callable[[int], Iterable[Figure]]] = {
    "outbox": outbox.sqlite,
    "outbox-postgresql": outbox.postgresql,
    "way": way.figures,
    "broadcast": broadcast.figures,
    "sends": sends.figures,
    "inbound": inbound.figures,
    "fanout": fanout.figures,
    "pending": pending.figures,
    "start": start.figures,
    "takeover": takeover.figures,
    "relay": relay.figures,
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}; all unless given")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slower", type=float, default=0, metavar="MS", help="what a flush takes beside what it takes")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(FIGURES):
        parser.error(f"there is no figure called {', '.join(sorted(unknown))}")
    if not RIVALS.exists():
        sys.exit("what it is measured against is not installed; install with: make rivals")
    slower = f" and {asked.slower:g} ms more on both sides" if asked.slower else ""
    say(f"{machine()}{slower}; {asked.runs} runs\n\n{HEAD}")
    with slow_disk(asked.slower):
        for name in asked.names or FIGURES:
            for figure in FIGURES[name](asked.runs):
                say(figure.row())


@contextmanager
def slow_disk(slower: float) -> Iterator[None]:
    """What is started meanwhile has a disk whose flush takes so many milliseconds more (`slowdisk.c`)."""
    if not slower:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SLOWDISK_MICROSECONDS"] = str(round(slower * 1000))
        os.environ["LD_PRELOAD"] = str(compiled("slowdisk", Path(folder)))
        try:
            yield
        finally:
            del os.environ["SLOWDISK_MICROSECONDS"], os.environ["LD_PRELOAD"]


def machine() -> str:
    """What the figures were taken on, and how fast its disk is, which decides many of them."""
    said = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in said if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} cores ({model}), {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, fdatasync {flush() * 1e6:.0f} µs"
    )


def flush() -> float:
    """Seconds until 4 kB are on the disk; the median of 200."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the figures are its answer


if __name__ == "__main__":
    main(sys.argv[1:])
