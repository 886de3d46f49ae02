"""A real Synapse homeserver on a free local port, started and thrown away by the tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PYTHON = Path(__file__).parents[2] / ".cache" / "synapse" / "bin" / "python"
READY_WITHIN = 60.0

_NO_LIMITS = """
rc_message: &off {per_second: 100000, burst_count: 100000}
rc_registration: *off
rc_login: {address: *off, account: *off, failed_attempts: *off}
rc_admin_redaction: *off
rc_joins: {local: *off, remote: *off}
rc_joins_per_room: *off
rc_invites: {per_room: *off, per_user: *off, per_issuer: *off}
rc_key_requests: *off
rc_media_create: *off
rc_room_creation: *off
rc_presence: {per_user: *off}
"""


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    if not PYTHON.exists():
        pytest.skip("Synapse is not installed; install with: make parts")
    server = Synapse(tmp_path_factory.mktemp("synapse"))
    server.start()
    yield server
    server.stop()


class Synapse:
    """One homeserver called "localhost"; `stop`, `kill` and `start` keep its data, and so do `pause` and `resume`."""

    def __init__(self, folder: Path, limits: bool = False) -> None:
        """`limits`: Synapse's own rate limits instead of none."""
        self._folder = folder
        self._backup = folder.with_name(f"{folder.name}-backup")
        self._port = _free_port()
        self._secret = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._counter = itertools.count(1)
        self._admin: str | None = None
        self.address = f"http://127.0.0.1:{self._port}"
        self._configure("" if limits else _NO_LIMITS)

    # --- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        with (self._folder / "stdout.log").open("ab") as log:
            self._process = subprocess.Popen(
                [PYTHON, "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                env=os.environ | {"SYNAPSE_CACHE_FACTOR": "0.5"},
            )
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Synapse does not start:\n" + (self._folder / "stdout.log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def back_up(self) -> None:
        """Keep what it knows, for `put_back`; it must not run meanwhile."""
        shutil.copytree(self._folder, self._backup, dirs_exist_ok=True)

    def put_back(self) -> None:
        for found in self._folder.glob("homeserver.db*"):
            found.unlink()
        shutil.copytree(self._backup, self._folder, dirs_exist_ok=True)

    def pause(self) -> None:
        """Connections are still taken, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def _answers(self) -> bool:
        try:
            self.call("GET", "/_matrix/client/versions")
        except OSError:
            return False
        return True

    def _configure(self, limits: str) -> None:
        config = f"""
server_name: localhost
pid_file: homeserver.pid
listeners:
  - {{port: {self._port}, type: http, tls: false, bind_addresses: ['127.0.0.1'], resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: 'homeserver.db'}}}}
log_config: log.yaml
media_store_path: media
signing_key_path: signing.key
registration_shared_secret: {self._secret}
macaroon_secret_key: {secrets.token_hex(16)}
form_secret: {secrets.token_hex(16)}
report_stats: false
trusted_key_servers: []
federation_domain_whitelist: []
presence: {{enabled: false}}
bcrypt_rounds: 4
caches: {{sync_response_cache_duration: 0s}}  # else a second identical first sync is answered from two minutes ago
{limits}
"""
        log = """
version: 1
handlers: {file: {class: logging.FileHandler, filename: homeserver.log}}
root: {level: WARNING, handlers: [file]}
disable_existing_loggers: false
"""
        (self._folder / "homeserver.yaml").write_text(config)
        (self._folder / "log.yaml").write_text(log)
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (self._folder / "signing.key").write_text(f"ed25519 a_test {key}\n")

    # --- its administrator -----------------------------------------------------------------------------------------

    def register(self, name: str, admin: bool = False) -> tuple[str, str]:
        """A new account whose name begins with `name`: its user id and password."""
        localpart, password = f"{name}{next(self._counter)}", secrets.token_hex(8)
        token = self._register(localpart, password, admin)
        self.call("POST", "/_matrix/client/v3/logout", {}, token)  # an account nobody has logged in to yet
        return f"@{localpart}:localhost", password

    def _register(self, localpart: str, password: str, admin: bool) -> str:
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        role = "admin" if admin else "notadmin"
        signed = b"\0".join(part.encode() for part in (nonce, localpart, password, role))
        answer = self.call(
            "POST",
            "/_synapse/admin/v1/register",
            {
                "nonce": nonce,
                "username": localpart,
                "password": password,
                "admin": admin,
                "mac": hmac.new(self._secret.encode(), signed, hashlib.sha1).hexdigest(),
            },
        )
        token: str = answer["access_token"]
        return token

    def administer(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request to the admin API, below /_synapse/admin."""
        if self._admin is None:
            self._admin = self._register(f"admin{next(self._counter)}", secrets.token_hex(8), admin=True)
        answer: dict[str, Any] = self.call(method, f"/_synapse/admin{path}", body, self._admin)
        return answer

    def limit(self, user_id: str, per_second: int, burst: int) -> None:
        """Let a user write so fast and no faster; 0 and 0 is no limit at all."""
        path = f"/v1/users/{urllib.parse.quote(user_id)}/override_ratelimit"
        self.administer("POST", path, {"messages_per_second": per_second, "burst_count": burst})

    def purge(self, room_id: str, before: str) -> None:
        """Delete what was said in a room before an event, as its retention would."""
        room = urllib.parse.quote(room_id, safe="")
        path = f"/v1/purge_history/{room}/{urllib.parse.quote(before, safe='')}"
        id = self.administer("POST", path, {"delete_local_events": True})["purge_id"]
        deadline = time.monotonic() + READY_WITHIN
        while self.administer("GET", f"/v1/purge_history_status/{id}")["status"] == "active":
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.1)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, token: str | None = None) -> Any:
        """Raises OSError (urllib's HTTPError included)."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            error.close()
            raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
