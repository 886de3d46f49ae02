"""The parts are put together as the configuration says, also where a start was broken off."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from bot import wiring
from bot.configuration.config import load

CONFIG = """
[bot]
languages = ["nl"]
working_language = "nl"
readers = "volunteers"
hours = "Mon-Fri 09:00-18:00"
delete_after_days = 30
[database]
url = "postgresql://schakel@localhost/schakel"
[adapters.telegram]
token = "123456:schakel-test-token-0123456789"
"""


def test_a_data_folder_has_a_name_of_its_own_although_the_disk_was_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one it would take itself for another server's, and go on with that one's login without its keys."""
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(CONFIG)
    config = load(Path("config.toml"), {})
    before, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            wiring.place(config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)
    name = wiring.place(config)
    assert len(name) == 8
    assert wiring.place(config) == name
