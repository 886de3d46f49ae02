"""Whoever runs the bot has what it needs: the lock of those who run it, not only that of those who develop it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]

_IMPORTS_ALL = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
for top in ("bot", "adapters", "handlers"):
    for module in pkgutil.walk_packages(importlib.import_module(top).__path__, f"{top}."):
        if ".migrations." not in module.name:  # alembic runs these
            importlib.import_module(module.name)
            print(module.name)
"""


def locked(lock: str) -> set[str]:
    names = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
    return {_plain(name) for name in names}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_module_can_be_imported_with_what_an_operator_installs() -> None:
    theirs, ours = locked("requirements.lock"), locked("requirements-dev.lock")
    assert theirs < ours
    only_for_us = ours - theirs
    absent = {top for top, of in packages_distributions().items() if {_plain(name) for name in of} <= only_for_us}
    assert {"pytest", "playwright"} <= absent
    script = _IMPORTS_ALL.replace("ABSENT", repr(absent))
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert {"bot.commandline", "bot.app", "handlers.requests.asking", "adapters.telegram.adapter"} <= set(
        done.stdout.split()
    )
