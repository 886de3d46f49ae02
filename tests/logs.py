"""Where the log goes is one for the whole process: a test that configures it puts it back for the next."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs_put_back() -> Iterator[None]:
    """Everything that configuring the log changes is put back."""
    root = logging.getLogger()
    kept = (
        (root, "handlers", list(root.handlers)),
        (root, "level", root.level),
        (logging, "lastResort", logging.lastResort),
        (logging, "raiseExceptions", logging.raiseExceptions),
        (sys, "excepthook", sys.excepthook),
        (sys, "unraisablehook", sys.unraisablehook),
        (threading, "excepthook", threading.excepthook),
    )
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    for holder, name, value in kept:
        setattr(holder, name, value)
