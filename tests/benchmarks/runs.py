"""One run of one side, in a process of its own: neither leaves anything behind for the other."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OURS = Path(sys.executable)
RIVALS = ROOT / ".cache" / "rivals" / "bin" / "python"

Measured = dict[str, float]
"""What a run found out, by name."""


def run(python: Path, function: str, **given: Any) -> Measured:
    """Call "module:function" with these arguments in a fresh interpreter; it returns what it measured.

    Raises RuntimeError with what it wrote when it failed.
    """
    done = subprocess.run(
        [str(python), "-m", "tests.benchmarks.runs", function, json.dumps(given)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{function} failed:\n{done.stdout}{done.stderr}")
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def _call(function: str, given: str) -> None:
    module, _, name = function.partition(":")
    measured = getattr(importlib.import_module(module), name)(**json.loads(given))
    print(json.dumps(measured))  # noqa: T201 - this is its answer


if __name__ == "__main__":
    _call(*sys.argv[1:])
