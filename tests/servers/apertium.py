"""A real Apertium: the APY server of the Debian package, with the pairs that are installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

PAIRS = Path("/usr/share/apertium")
MISSING = (
    "Apertium is not installed: apt-get install apertium apertium-apy apertium-fr-es apertium-eng-spa apertium-es-pt"
)


@pytest.fixture(scope="session")
def apertium_url() -> Iterator[str]:
    """The address of a running APY server that translates fr-es, en-es and es-pt, both ways."""
    program = shutil.which("apertium-apy")
    if program is None or not (PAIRS / "modes" / "fr-es.mode").exists():
        pytest.skip(MISSING)
    port = _free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--num-processes", "1", str(PAIRS)],
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # its pipelines are processes of their own
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(url, server)
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    transport = httpx.HTTPTransport(retries=8)  # the waits between them grow to 32 s in all
    deadline = time.monotonic() + 30
    with httpx.Client(transport=transport, trust_env=False) as client:
        while server.poll() is None and time.monotonic() < deadline:
            try:
                client.get(f"{url}/listPairs").raise_for_status()
            except httpx.TransportError:
                continue
            return
    raise RuntimeError("the APY server did not start")
