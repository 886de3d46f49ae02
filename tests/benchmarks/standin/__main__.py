"""`python -m tests.benchmarks.standin CHATS ECHO`: both networks in one process; it writes its address and serves.

POST /go?from=telegram&messages=N&at_once=N sends messages through whoever connects them, and answers with what that
took once all have arrived.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import parse_qs

from tests.benchmarks.standin.http import Answer, Request, serve
from tests.benchmarks.standin.load import Load
from tests.benchmarks.standin.matrix import Homeserver
from tests.benchmarks.standin.telegram import BotApi


class Networks:
    def __init__(self, chats: int, echo: bool) -> None:
        self._load: Load | None = None
        self._telegram = BotApi(chats, self._arrived)
        self._matrix = Homeserver(chats, self._arrived, echo)
        self._going: set[asyncio.Task[None]] = set()

    def answer(self, request: Request) -> Answer | asyncio.Future[Answer]:
        if request.path.startswith(b"/_matrix/"):
            return self._matrix.answer(request)
        if request.path.startswith(b"/bot"):
            return self._telegram.answer(request)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._go(request, answer))
        self._going.add(task)
        task.add_done_callback(self._going.discard)
        return answer

    def _arrived(self, body: bytes) -> None:
        if self._load is not None:
            self._load.arrived(body)

    async def _go(self, request: Request, answer: asyncio.Future[Answer]) -> None:
        given = {name: values[0] for name, values in parse_qs(request.query.decode()).items()}
        await asyncio.gather(self._telegram.asked.wait(), self._matrix.asked.wait())
        side = self._telegram if given["from"] == "telegram" else self._matrix
        self._load = Load(int(given["messages"]), int(given["at_once"]), side.release)
        measured = await self._load.done
        answer.set_result(Answer(json.dumps(measured).encode()))


async def main(chats: int, echo: bool) -> None:
    server, address = await serve(Networks(chats, echo).answer)
    print(address, flush=True)  # noqa: T201 - this is its answer
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until its input closes


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2] == "echo"))
