"""What was acknowledged survives a power cut: the short form of `python -m tests.benchmarks.powercut`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.benchmarks.powercut import cut

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a process is watched by LD_PRELOAD on Linux only"),
    pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="a C compiler is missing: install gcc"),
]
CUTS, ROUNDS = 20, 8


def test_nothing_acknowledged_is_lost_to_a_power_cut(tmp_path: Path) -> None:
    """Whatever the disk had taken of what was not flushed, in whatever order, with sectors torn."""
    found = cut(tmp_path, CUTS, "FULL", ROUNDS)
    assert (found.lost, found.broken) == (0, 0)
    assert found.units > CUTS * ROUNDS


def test_without_flushes_something_is(tmp_path: Path) -> None:
    """The power cut is a real one: a store that acknowledges too early is caught."""
    assert cut(tmp_path, CUTS, "NORMAL", ROUNDS).lost > 0
