"""Measuring the safety gate: how often it stops a human translation, how many spoilt ones it lets pass.

`python -m tests.gate` prints the tables of docs/benchmarks.md. Read them with care: the word lists and patterns of
the gate were made while looking at these memories and at our own sample, so it does worse on texts it has not met.
What was made since "exchanged numbers" and the faults after it are measured was made on every other text; the rest
has a table of its own. The faults are also the plain ones; none of them is a sentence that is fluent and wrong.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice

from bot.translation.gate.checks import check
from tests.parallel import Pair, memories, sample, units
from tests.spoilt import FAULTS


@dataclass
class Figures:
    """Of `texts` translations by people `stopped` have a blocking finding and `warned` another one; `seen` counts all
    findings by code.

    `spoilt` and `caught` are counted by the kind of fault that was put in; a warning counts as caught.
    """

    texts: int = 0
    stopped: int = 0
    warned: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    spoilt: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def false_alarms(self) -> float:
        return self.stopped / self.texts

    def recall(self, fault: str) -> float:
        return self.caught[fault] / self.spoilt[fault] if self.spoilt[fault] else 1.0


def measure(pairs: Iterable[Pair], seed: int = 1) -> Figures:
    chances = {fault: random.Random(seed) for fault in FAULTS}
    figures = Figures()
    for pair in pairs:
        begun = time.process_time()
        findings = check(pair.source, pair.target, pair.source_language, pair.target_language)
        figures.seconds += time.process_time() - begun
        figures.texts += 1
        stopped = any(finding.blocking for finding in findings)
        figures.stopped += stopped
        figures.warned += bool(findings) and not stopped
        figures.seen.update({finding.code for finding in findings})
        if findings:
            continue  # what is flagged already proves nothing when it is spoilt
        for fault, spoil in FAULTS.items():
            spoilt = spoil(pair, chances[fault])
            if spoilt is not None:
                figures.spoilt[fault] += 1
                figures.caught[fault] += bool(check(pair.source, spoilt, pair.source_language, pair.target_language))
    return figures


def together(parts: Iterable[Figures]) -> Figures:
    whole = Figures()
    for part in parts:
        for count in fields(Figures):
            setattr(whole, count.name, getattr(whole, count.name) + getattr(part, count.name))
    return whole


def table(named: Sequence[tuple[str, Figures]]) -> str:
    lines = [
        "| texts | translations | stopped | warned | " + " | ".join(FAULTS) + " | ms |",
        "| --- " * (5 + len(FAULTS)) + "|",
    ]
    for name, figures in named:
        caught = " | ".join(f"{figures.caught[fault]}/{figures.spoilt[fault]}" for fault in FAULTS)
        lines.append(
            f"| {name} | {figures.texts} | {figures.stopped} ({figures.false_alarms:.1%}) | {figures.warned} | {caught}"
            f" | {figures.seconds / figures.texts * 1000:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table([("our own sample", measure(sample()))]) + "\n")
    for half, first in (("looked at", 0), ("not looked at", 1)):
        measured = [(path.stem, measure(islice(units(path), first, None, 2))) for path in memories()]
        whole = together(figures for _, figures in measured)
        sys.stdout.write(f"\n{half}:\n\n{table([*measured, ('together', whole)])}\n" if measured else "")
