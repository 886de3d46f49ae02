"""The program itself, as an operator runs it: a process with a configuration file, started, asked, stopped, killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from bot.operation import control

START = 120.0  # seconds, on a machine that does ten other things
PROGRAM = (sys.executable, "-m", "bot")
ROOT = Path(__file__).parents[2]

BOT = {
    "languages": ["nl", "fr", "en", "pt", "es", "ar"],
    "working_language": "fr",
    "readers": "volunteers of the test house",
    "hours": "Mon-Sun 00:00-24:00",
    "delete_after_days": 30,
}


class RunningBot:
    """`schakel` on a folder of its own. Everything it needs is in the configuration file written there."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.config.write_text("\n".join(_toml(settings)), encoding="utf-8")
        self._process: asyncio.subprocess.Process | None = None
        self.log = folder / "log.txt"

    async def start(self) -> None:
        """Start, and wait for the line `ready`."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *PROGRAM,
                "run",
                "--config",
                str(self.config),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=environment(),
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(START):
            line = await self._process.stdout.readline()
        assert line == b"ready\n", f"the bot did not start: {self.log.read_text()[-2000:]}"

    async def stop(self, how: signal.Signals = signal.SIGTERM, within: float = 5.0) -> int:
        """Stop as `systemctl stop` does; the exit code. Raises TimeoutError after so many seconds."""
        return await self._end(how, within)

    async def kill(self) -> None:
        """Gone at once, in the middle of whatever it was doing."""
        await self._end(signal.SIGKILL, 5.0)

    async def _end(self, how: signal.Signals, within: float) -> int:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(how)
        async with asyncio.timeout(within):
            code = await self._process.wait()
        self._process = None
        return code

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Another command of the program, beside it: exit code, standard output, standard error."""
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *arguments,
            "--config",
            str(self.config),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def pairs(self, role: str, *options: str) -> str:
        """A fresh pairing code."""
        code, out, err = await self.command("pair", role, *options)
        assert code == 0, err
        return out.strip()

    async def asks(self, command: str, **more: str) -> dict[str, Any]:
        """What the command line asks of the running bot, without starting a process for it."""
        answer = await asyncio.to_thread(
            control.ask, self.folder / "data" / "control.sock", {"command": command} | more
        )
        assert answer is not None
        return answer

    async def status(self) -> dict[str, Any]:
        code, out, err = await self.command("status", "--json")
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    async def __aenter__(self) -> RunningBot:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._process is not None:
            await self.kill()


@contextlib.asynccontextmanager
async def running(folder: Path, settings: Mapping[str, Any]) -> AsyncIterator[RunningBot]:
    async with RunningBot(folder, settings) as bot:
        yield bot


def settings(
    telegram: str | None = None,
    matrix: tuple[str, str, str] | None = None,
    apertium: str | None = None,
    token: str = "123456:schakel-test-token-0123456789",
    **bot: Any,
) -> dict[str, Any]:
    """A configuration. `telegram` and `apertium` are addresses, `matrix` is (homeserver, user, password)."""
    adapters: dict[str, Any] = {}
    if telegram is not None:
        adapters["telegram"] = {"token": token, "api_url": telegram, "poll_timeout": 20}
    if matrix is not None:
        homeserver, user, password = matrix
        adapters["matrix"] = {"homeserver": homeserver, "user": user, "password": password}
    found: dict[str, Any] = {"bot": BOT | bot, "adapters": adapters}
    if apertium is not None:
        found["translation"] = {
            "notices": ["apertium"],
            "conversations": ["apertium"],
            "engines": {"apertium": {"url": apertium}},
        }
    return found


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("SCHAKEL_")}


def _toml(table: Mapping[str, Any], at: tuple[str, ...] = ()) -> list[str]:
    """The table as TOML."""
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"[{'.'.join(at)}]"] if at and plain else []
    lines += [f"{key} = {_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += _toml(value, (*at, key))
    return lines


def _value(value: object) -> str:
    """json.dumps writes strings, numbers and booleans the way TOML does."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_value(one)}' for key, one in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)
