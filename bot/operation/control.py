"""How a command speaks to the bot that runs beside it: a lock that tells whether one runs, and a socket to ask it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import structlog

Request = dict[str, Any]
Answer = dict[str, Any]
Handle = Callable[[Request], Awaitable[Answer]]

MAX_REQUEST = 64 * 1024
MAX_ANSWER = 4 * 1024 * 1024
IDLE_SECONDS = 30.0

LONGEST_ADDRESS = 103
"""Bytes in a Unix socket's address: 107 on Linux, 103 on the BSDs and macOS (sys/un.h, less the closing zero)."""

log = structlog.get_logger()


# --- the lock ------------------------------------------------------------------------------------------------------


class Lock:
    """The right to open the database: one process has it, and loses it by ending, however it ends.

    The bot takes it for as long as it runs, a command for the moment it needs the database. So the bot waits a little
    at its start (`patience`), and a command that does not get it knows that a bot is running.
    """

    def __init__(self, path: Path, *others: Path) -> None:
        """With `others` it is the right to several things at once: all of it or none."""
        self._paths = (path, *others)
        self._files: list[int] = []

    def acquire(
        self,
        patience: float = 0.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> bool:
        """Take the lock; False where another process still has it after `patience` seconds. Makes its folder."""
        give_up = clock() + patience
        for path in self._paths:
            while not self._take(path):
                if clock() >= give_up:
                    self.release()
                    return False
                sleep(0.05)
        return True

    def _take(self, path: Path) -> bool:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.geteuid() == 0:  # or whoever the folder belongs to, who is seldom root, could not take it afterwards
            owner = path.parent.stat()
            os.fchown(file, owner.st_uid, owner.st_gid)
        if any(os.path.sameopenfile(file, held) for held in self._files):
            os.close(file)  # two names of one file, which would keep us from it ourselves
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._files.append(file)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        return True

    def release(self) -> None:
        while self._files:
            file = self._files.pop()
            os.ftruncate(file, 0)
            os.close(file)  # the file stays: removing it would let two processes lock two files of one name

    @contextlib.contextmanager
    def taken(self, patience: float = 0.0) -> Iterator[bool]:
        """The same for as long as the context is open: whether it was got."""
        try:
            yield self.acquire(patience)
        finally:
            self.release()


# --- the bot's side ------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def serve(path: Path, handle: Handle) -> AsyncIterator[None]:
    """Answer on the socket while the context is open: one JSON object a line, each answered by one.

    Only the bot's own user can connect. Whoever holds the Lock may serve; a socket that a killed bot left behind is
    replaced in one step, so there is never a moment at which another one could be removed by mistake.
    """
    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_converse(reader, writer, handle))
        connections.add(task)
        task.add_done_callback(connections.discard)

    fresh = path.with_name(path.name + ".new")
    listener = _listen(fresh)
    server = await asyncio.start_unix_server(connected, sock=listener, limit=MAX_REQUEST)
    try:
        fresh.replace(path)
        yield
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _listen(path: Path) -> socket.socket:
    """A bound socket; nobody can connect before it listens, and by then it is the bot's own user's alone."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(path) as address:
            listener.bind(address)
        path.chmod(0o600)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handle) -> None:
    """Answer one connection's requests, one after another, until it closes, says nothing, or says too much."""
    try:
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    line = await reader.readline()
            except ValueError:  # the line is longer than the limit
                writer.write(_encode({"error": "the request is too long"}))
                break
            if not line:
                break
            writer.write(await _answer(line, handle))
            async with asyncio.timeout(IDLE_SECONDS):
                await writer.drain()
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()


async def _answer(line: bytes, handle: Handle) -> bytes:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        return _encode({"error": "the request is not a JSON object"})
    try:
        answer = _encode(await handle(request))
    except Exception as error:
        log.exception("a command could not be answered")
        return _encode({"error": f"the bot could not do this ({type(error).__name__}); its log says where"})
    return answer if len(answer) <= MAX_ANSWER else _encode({"error": "the answer is too long"})


def _encode(value: Answer) -> bytes:
    return json.dumps(value).encode() + b"\n"


# --- the command's side --------------------------------------------------------------------------------------------


class NoAnswer(Exception):
    """Something listens, and does not answer as a bot would; the message says what to do."""


def ask(path: Path, request: Request, timeout: float = 10.0) -> Answer | None:
    """The running bot's answer; None where nobody listens. Raises NoAnswer.

    A socket without a listener is left where it is: the next bot replaces it, and removing it here could hit one that
    is just starting.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            with _address(path) as address:
                connection.connect(address)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise NoAnswer(
                f"the bot's control socket cannot be opened ({type(error).__name__}): do this as the bot's own user"
            ) from None
        try:
            connection.sendall(_encode(request))
            with connection.makefile("rb") as lines:
                line = lines.readline(MAX_ANSWER + 1)
            answer = json.loads(line)
        except (OSError, ValueError, RecursionError) as error:
            raise NoAnswer(
                f"the running bot did not answer ({type(error).__name__}): if it does not in a minute either, start it "
                "again"
            ) from None
    if not isinstance(answer, dict):
        raise NoAnswer("the running bot did not answer with a JSON object")
    return answer


@contextlib.contextmanager
def _address(path: Path) -> Iterator[str]:
    """An address of the socket that is short enough, whatever the length of the path.

    A long path is named through an open descriptor of its folder. The other ways are worse: the working folder
    belongs to the whole process, and a short path elsewhere needs a second file that says where, and its protection.
    """
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    if not Path("/proc/self/fd").is_dir():
        raise OSError(
            f"the path of the control socket is longer than {LONGEST_ADDRESS} bytes; choose a shorter data_dir"
        )
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
