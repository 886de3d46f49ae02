"""The command line, as an operator meets it."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.databases import Postgres
from tests.endtoend.bot import PROGRAM, ROOT, START, RunningBot, environment, running, settings
from tests.servers.botapi import BotApiServer


async def test_a_bot_starts_answers_commands_and_stops_in_time(tmp_path: Path) -> None:
    """`ready` once Telegram is there; `pair`, `status` and `retry` work beside it, and whoever watches it is answered;
    SIGTERM ends it well within 5 s."""
    address = f"127.0.0.1:{free_port()}"
    async with BotApiServer() as telegram:
        settings_ = settings(telegram=telegram.url, token=telegram.token) | {"operations": {"listen": address}}
        async with running(tmp_path, settings_) as bot, httpx.AsyncClient(base_url=f"http://{address}") as monitor:
            code = await bot.pairs("group", "--organisation", "Ons Huis", "--language", "pt")
            assert len(code) == 12
            status = await bot.status()
            assert status["networks"][0]["name"].startswith("@")
            assert status["networks"][0]["error"] is None
            assert status["coordination_rooms"] == 0
            assert status["running"] is True
            assert (await monitor.get("/healthz")).json() == {"healthy": True, "wrong": {}}
            assert (await monitor.get("/readyz")).json() == {"ready": True, "accounts": {"telegram": "connected"}}
            assert 'schakel_connected{account="telegram"} 1.0' in (await monitor.get("/metrics")).text
            assert await bot.command("retry", "--all") == (0, "Nothing has failed.\n", "")
            assert await bot.stop() == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def begun(folder: Path, shell: str, stdout: int | None = None, stderr: int | None = None) -> Process:
    """The program as a shell starts it; its network is down, so it is ready soon."""
    bot = RunningBot(folder, settings(telegram="http://127.0.0.1:9"))
    command = (*PROGRAM, "run", "--config", str(bot.config))
    return await asyncio.create_subprocess_exec(
        "sh", "-c", shell, "sh", *command, cwd=ROOT, env=environment(), stdout=stdout, stderr=stderr
    )


async def read_until(line: bytes, stream: asyncio.StreamReader | None) -> None:
    assert stream is not None
    async with asyncio.timeout(START):
        await stream.readuntil(line)


def ignored_by(process: int) -> set[int]:
    """The numbers of the signals that do nothing to it (proc_pid_status(5))."""
    [mask] = re.findall(r"^SigIgn:\s*(\w+)$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return {number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1}


@pytest.mark.parametrize("closed", [">&-", ">/dev/full", "<&- >&-"])
async def test_a_bot_to_which_nobody_listens_serves_all_the_same(tmp_path: Path, closed: str) -> None:
    """Its `ready` has nowhere to go."""
    process = await begun(tmp_path, f'exec "$@" {closed}', stderr=PIPE)
    await read_until(b"No coordination room yet", process.stderr)
    process.terminate()
    _, said = await process.communicate()
    assert (process.returncode, b"stopped by an error" in said) == (0, False)


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "<&- 2>&-"])
async def test_a_bot_without_a_log_serves_all_the_same(tmp_path: Path, closed: str) -> None:
    process = await begun(tmp_path, f'exec "$@" {closed}', stdout=PIPE)
    await read_until(b"ready\n", process.stdout)
    process.terminate()
    assert await process.wait() == 0


@pytest.fixture
def with_a_terminal() -> Iterator[None]:
    """Also where the tests themselves were begun with `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("with_a_terminal")
async def test_a_terminal_that_is_closed_ends_it_in_order(tmp_path: Path) -> None:
    """As Ctrl-C does; unless it was begun with `nohup`, to outlive its terminal."""
    async with running(tmp_path, settings(telegram="http://127.0.0.1:9")) as bot:
        assert await bot.stop(signal.SIGHUP) == 0
    process = await begun(tmp_path, 'trap "" HUP; exec "$@"', stdout=PIPE)
    await read_until(b"ready\n", process.stdout)
    assert signal.SIGHUP in ignored_by(process.pid)
    process.terminate()
    assert await process.wait() == 0


@pytest.mark.postgres
async def test_a_database_that_says_nothing_more_does_not_hold_up_the_end(tmp_path: Path, postgres: Postgres) -> None:
    """No thread that waits for it can be stopped; the end is no good one, and says so."""
    wanted = settings(telegram="http://127.0.0.1:9") | {"database": {"url": postgres.url}}
    async with running(tmp_path, wanted) as bot:
        postgres.falls_silent()
        try:
            assert await bot.stop(within=60) == 1
        finally:
            postgres.speaks_again()
        assert "stopped without the database, which does not answer" in bot.log.read_text()
        await bot.start()
        assert await bot.stop() == 0


async def test_whatever_it_writes_is_its_user_s_alone(tmp_path: Path) -> None:
    """Also in a folder that somebody else made, in which others may look."""
    bot = RunningBot(tmp_path, settings(telegram="http://127.0.0.1:9"))
    (tmp_path / "data").mkdir(mode=0o755)
    async with bot:
        assert (await bot.command("backup", str(tmp_path / "backup.tar.gz")))[0] == 0
        written = {file for file in (tmp_path / "data").rglob("*") if file.is_file()} | {tmp_path / "backup.tar.gz"}
        assert {"schakel.db", "schakel.db-wal", "backup.tar.gz"} <= {file.name for file in written}
        assert {file.name for file in written if file.stat().st_mode & 0o077} == set()


async def test_commands_work_without_a_running_bot(tmp_path: Path) -> None:
    """A code given before the first start is as good as any."""
    async with BotApiServer() as telegram:
        bot = RunningBot(tmp_path, settings(telegram=telegram.url, token=telegram.token))
        assert len(await bot.pairs("coordination")) == 12
        assert (await bot.status())["organisations"] == []


async def test_a_network_that_is_down_is_named_and_the_bot_is_ready_all_the_same(tmp_path: Path) -> None:
    """One dead network stops no other, and the operator reads which it is."""
    async with BotApiServer() as telegram:
        wanted = settings(
            telegram=telegram.url, matrix=("http://127.0.0.1:9", "@bot:localhost", "x"), token=telegram.token
        )
        async with running(tmp_path, wanted) as bot:
            networks = {network["account"]: network for network in (await bot.status())["networks"]}
            assert networks["telegram"]["error"] is None
            assert networks["matrix"]["error"]


async def test_wrong_usage_is_told_apart_from_failure(tmp_path: Path) -> None:
    """Exit code 2, the file, the key and the remedy, all errors at once."""
    bot = RunningBot(tmp_path, {"bot": {"langages": ["nl"], "hours": "always"}, "adapters": {}})
    code, out, err = await bot.command("run")
    assert code == 2
    assert out == ""
    assert "bot.langages" in err
    assert "bot.hours" in err
    assert "bot.readers" in err
    code, _, err = await RunningBot(tmp_path, settings(telegram="http://127.0.0.1:9")).command("pair", "king")
    assert code == 2
    assert "coordination, organisation and group" in err


async def test_check_names_each_fault_with_its_remedy(tmp_path: Path) -> None:
    """Nothing is started, and a fault makes the exit code 1."""
    async with BotApiServer() as telegram:
        well = RunningBot(tmp_path, settings(telegram=telegram.url, token=telegram.token))
        code, out, _ = await well.command("check")
        assert "database: well" in out
        assert code in (0, 1)
        bad = RunningBot(
            tmp_path,
            settings(telegram=telegram.url, token=telegram.token, apertium="http://127.0.0.1:9"),
        )
        code, out, _ = await bad.command("check")
        assert code == 1
        assert "apertium:" in out
