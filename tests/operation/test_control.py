"""How a command beside the running bot finds it, asks it, and keeps out of its way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.operation.control import MAX_REQUEST, Lock, NoAnswer, ask, serve


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
async def echoing(path: Path) -> AsyncIterator[Path]:
    """A bot that answers every request with what was asked."""

    async def handle(request: dict[str, Any]) -> dict[str, Any]:
        return {"asked": request}

    async with serve(path, handle):
        yield path


async def asked(path: Path, request: dict[str, Any]) -> dict[str, Any] | None:
    return await asyncio.to_thread(ask, path, request)


async def said(path: Path, *lines: bytes) -> list[Any]:
    """What comes back for raw bytes, until the bot closes the connection."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b"".join(lines))
    writer.write_eof()
    answers = (await reader.read()).splitlines()
    writer.close()
    await writer.wait_closed()
    return [json.loads(answer) for answer in answers]


# --- asking --------------------------------------------------------------------------------------------------------


async def test_a_command_gets_the_running_bots_answer(echoing: Path) -> None:
    """A request is a JSON object and so is the answer, in any script."""
    assert await asked(echoing, {"command": "pair", "name": "بيت"}) == {"asked": {"command": "pair", "name": "بيت"}}


async def test_commands_are_answered_side_by_side(echoing: Path) -> None:
    """One command does not wait for another."""
    answers = await asyncio.gather(*(asked(echoing, {"n": n}) for n in range(20)))
    assert answers == [{"asked": {"n": n}} for n in range(20)]


async def test_only_the_bots_own_user_can_connect(echoing: Path) -> None:
    """The socket's mode is 0600, and nothing else is left in the folder."""
    assert stat.S_IMODE(os.stat(echoing).st_mode) == 0o600
    assert os.listdir(echoing.parent) == ["control.sock"]


def test_where_no_bot_runs_there_is_no_answer(path: Path) -> None:
    """Nothing there is no error: the command opens the database itself then."""
    assert ask(path, {"command": "status"}) is None


async def test_a_socket_that_a_killed_bot_left_is_nobody_and_is_replaced(path: Path) -> None:
    """A stale socket stops neither a command nor the next bot."""
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    assert await asked(path, {}) is None

    async def handle(_request: dict[str, Any]) -> dict[str, Any]:
        return {"here": True}

    async with serve(path, handle):
        assert await asked(path, {}) == {"here": True}
    assert os.listdir(path.parent) == []


async def test_the_folder_may_be_deeper_than_a_sockets_address_is_long(tmp_path: Path) -> None:
    """The limit of some hundred bytes is the kernel's, not the operator's."""
    deep = tmp_path / ("d" * 90) / ("é" * 60)
    deep.mkdir(parents=True)

    async def handle(request: dict[str, Any]) -> dict[str, Any]:
        return {"asked": request}

    assert await asked(deep / "control.sock", {}) is None
    async with serve(deep / "control.sock", handle):
        assert await asked(deep / "control.sock", {"n": 1}) == {"asked": {"n": 1}}


def test_something_else_that_listens_there_is_told_from_a_bot(path: Path) -> None:
    """A listener that hangs up raises NoAnswer, it does not pass for "no bot runs"."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        hanging_up = threading.Thread(target=lambda: listener.accept()[0].close())
        hanging_up.start()
        with pytest.raises(NoAnswer):
            ask(path, {"command": "status"})
        hanging_up.join()


# --- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [b"", b"hello", b"[1]", b'"text"', b"\xff\xfe", b"{" * 5000, b"[" * 30000])
async def test_what_is_not_a_request_is_said_so_and_the_next_one_answered(echoing: Path, bad: bytes) -> None:
    """Bad input costs its sender an error, and nobody else anything."""
    refused, answered = await said(echoing, bad + b"\n", b'{"n": 1}\n')
    assert refused == {"error": "the request is not a JSON object"}
    assert answered == {"asked": {"n": 1}}


async def test_a_request_too_long_is_refused(echoing: Path) -> None:
    """What a request may hold is bounded; others are served as before."""
    assert await said(echoing, b'{"x": "' + b"x" * 2 * MAX_REQUEST + b'"}\n') == [{"error": "the request is too long"}]
    assert await asked(echoing, {"n": 2}) == {"asked": {"n": 2}}


async def test_a_failing_answer_names_the_class_of_the_error_and_no_words(path: Path) -> None:
    """An error's message may hold a person's words: it reaches neither the command nor the log."""

    async def handle(request: dict[str, Any]) -> dict[str, Any]:
        if request.get("n"):
            return {"fine": True}
        raise RuntimeError("Fatima, 0470 12 34 56")

    with capture_logs() as logged:
        async with serve(path, handle):
            refused = await asked(path, {})
            assert await asked(path, {"n": 1}) == {"fine": True}
    assert refused == {"error": "the bot could not do this (RuntimeError); its log says where"}
    assert [line["event"] for line in logged] == ["a command could not be answered"]


async def test_an_answer_that_is_no_json_is_an_error_too(path: Path) -> None:
    """A handler's mistake does not close the socket."""

    async def handle(_request: dict[str, Any]) -> dict[str, Any]:
        return {"path": object()}

    with capture_logs():
        async with serve(path, handle):
            answer = await asked(path, {})
    assert answer is not None
    assert "TypeError" in answer["error"]


async def test_stopping_does_not_wait_for_a_command_that_says_nothing(path: Path) -> None:
    """An open connection, or an answer that takes its time, is cut when the bot stops."""
    begun = asyncio.Event()

    async def handle(_request: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await asyncio.Event().wait()
        return {}

    async with serve(path, handle):
        silent_reader, silent = await asyncio.open_unix_connection(str(path))
        waiting_reader, waiting = await asyncio.open_unix_connection(str(path))
        waiting.write(b"{}\n")
        await begun.wait()
    assert await silent_reader.read() == b""
    assert await waiting_reader.read() == b""
    for writer in (silent, waiting):
        writer.close()
        await writer.wait_closed()


# --- the lock ------------------------------------------------------------------------------------------------------

HOLD = """
import sys, pathlib
from bot.operation.control import Lock
print(Lock(pathlib.Path(sys.argv[1])).acquire(), flush=True)
sys.stdin.read()
"""


def test_a_second_process_does_not_get_the_lock_until_the_first_is_gone(tmp_path: Path) -> None:
    """Even `kill -9` gives the lock back, and the holder's process can be named until then."""
    path = tmp_path / "data" / "schakel.lock"
    lock = Lock(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        assert lock.acquire() is False
        assert int(path.read_text()) == holder.pid
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with lock.taken() as taken:
        assert taken
        assert int(path.read_text()) == os.getpid()
    assert path.read_text() == ""


def test_the_bot_waits_a_moment_for_a_command_to_finish(tmp_path: Path) -> None:
    """`patience` outlasts a short holder, and ends with a longer one."""
    command, bot = Lock(tmp_path / "schakel.lock"), Lock(tmp_path / "schakel.lock")
    now = 0.0

    def clock() -> float:
        return now

    def passing(at: float) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            nonlocal now
            now += seconds
            if now >= at:
                command.release()

        return sleep

    assert command.acquire()
    assert bot.acquire(patience=2.0, clock=clock, sleep=passing(99.0)) is False
    assert now == pytest.approx(2.0, abs=0.1)
    assert bot.acquire(patience=2.0, clock=clock, sleep=passing(now + 1.0)) is True
    bot.release()


def test_a_lock_on_several_things_is_on_all_of_them_or_none(tmp_path: Path) -> None:
    """Two names of one thing are no other process."""
    (tmp_path / "also").symlink_to(tmp_path)
    first, second = tmp_path / "first.lock", tmp_path / "second.lock"
    both = Lock(first, second, tmp_path / "also" / "first.lock")
    with Lock(second).taken():
        assert both.acquire() is False
        with Lock(first).taken() as taken:
            assert taken
    with both.taken() as taken:
        assert taken
        assert Lock(first).acquire() is False
        assert Lock(second).acquire() is False
    with Lock(first).taken() as one, Lock(second).taken() as other:
        assert (one, other) == (True, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_locks_the_folders_own_user_can_lock_afterwards(tmp_path: Path) -> None:
    """Root has restored a backup, say, before the bot ran for the first time."""
    os.chown(tmp_path, 65534, 65534)
    with Lock(tmp_path / "schakel.lock").taken():
        pass
    made = (tmp_path / "schakel.lock").stat()
    assert (made.st_uid, made.st_gid) == (65534, 65534)


def test_the_folder_made_for_the_lock_is_the_bots_own(tmp_path: Path) -> None:
    """The data folder holds people's words: nobody else may look into it."""
    with Lock(tmp_path / "data" / "schakel.lock").taken():
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "data" / "schakel.lock").stat().st_mode) == 0o600
