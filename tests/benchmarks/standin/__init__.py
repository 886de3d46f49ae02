"""A stand-in for both networks that answers at once: enough of them for the clients, and nothing more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def standin(chats: int, echo: bool = True) -> Iterator[str]:
    """Both networks with so many chats each, in a process of their own, at this address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.standin", str(chats), "echo" if echo else "silent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()
