"""People on Matrix whose app has Element's own encryption (matrix-js-sdk), in the mode "exclude insecure devices"."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tests.servers.matrixuser import WAIT, Seen, Writes

PROGRAM = Path(__file__).with_name("people.mjs")
OLDEST = 18  # of Node.js
INSTALLED = Path(__file__).parents[3] / ".cache" / "element"


@pytest.fixture(scope="session")
def element() -> Iterator[Element]:
    node = shutil.which("node")
    if node is None or not (INSTALLED / "installed").exists() or _version(node) < OLDEST:
        pytest.skip("Node.js with matrix-js-sdk, Element's own encryption, is not installed; see: make parts")
    program = Element(node)
    yield program
    program.stop()


def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, check=True, text=True).stdout  # v18.20.4
    return int(said.removeprefix("v").partition(".")[0])


class Element:
    """One process for the apps of all; what it says reaches each person in the event loop that they live in."""

    def __init__(self, node: str) -> None:
        self._process = subprocess.Popen(
            [node, PROGRAM], cwd=INSTALLED, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None
        )
        self._ids = itertools.count(1)
        self._answers: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]] = {}
        self._people: dict[str, tuple[asyncio.AbstractEventLoop, Callable[[dict[str, Any]], None]]] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._reader.join()
        self._process.stdout.close()
        self._process.wait(10)

    def follow(self, person: str, told: Callable[[dict[str, Any]], None]) -> None:
        self._people[person] = asyncio.get_running_loop(), told

    def forget(self, person: str) -> None:
        del self._people[person]

    async def ask(self, person: str, does: str, **given: Any) -> Any:
        loop = asyncio.get_running_loop()
        id, answer = next(self._ids), loop.create_future()
        self._answers[id] = loop, answer
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(given | {"id": id, "person": person, "does": does}).encode() + b"\n")
        self._process.stdin.flush()
        async with asyncio.timeout(WAIT):
            said = await answer
        assert "failed" not in said, said["failed"]
        return said["did"]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "id" in said:
                loop, answer = self._answers.pop(said["id"])
                loop.call_soon_threadsafe(_answered, answer, said)
            elif said["person"] in self._people:
                loop, told = self._people[said["person"]]
                loop.call_soon_threadsafe(told, said)


def _answered(answer: asyncio.Future[Any], said: Any) -> None:
    if not answer.done():
        answer.set_result(said)


class ElementUser(Writes):
    """Use as `async with ElementUser(element, synapse.address, *synapse.register("maria")) as maria`."""

    def __init__(self, element: Element, address: str, user_id: str, password: str) -> None:
        self.id, self._password = user_id, password
        self._element = element
        self._address = address
        self._rooms: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._element.follow(self.id, self._told)
        await self._does("logs_in", address=self._address, password=self._password)
        await self._does("makes_identity", password=self._password)
        await self._does("excludes_insecure_devices")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._does("logs_out")
        self._element.forget(self.id)
        await asyncio.gather(*self._telling)

    # --- what they do ----------------------------------------------------------------------------------------------

    async def create_room(self, *invited: str, name: str | None = None, direct: bool = False) -> str:
        """It is encrypted, as are all that Element makes."""
        room: str = await self._does("creates_room", invite=invited, name=name, direct=direct)
        await self.wait(lambda: self.members(room) | self.invited(room) == {self.id, *invited})
        return room

    async def put(self, room: str, kind: str, content: dict[str, Any]) -> str:
        event: str = await self._does("puts", room=room, type=kind, content=content)
        return event

    async def send_photo(self, room: str, name: str, data: bytes, thread: str | None = None) -> str:
        file = await self._does("uploads", bytes=base64.b64encode(data).decode())
        info = {"mimetype": "image/png", "size": len(data)}
        return await self.say(room, name, msgtype="m.image", file=file, info=info, thread=thread)

    async def resets_identity(self) -> None:
        """Make a new one in place of the account's."""
        await self._does("makes_identity", password=self._password, anew=True)

    async def signs_device(self, device: str) -> None:
        """Vouch for another device of the same account."""
        await self._does("signs_device", device=device)

    async def fetch(self, seen: Seen) -> bytes:
        """The bytes of a file, as their app shows them."""
        return base64.b64decode(await self._does("fetches", file=seen.content["file"]))

    # --- what they see ---------------------------------------------------------------------------------------------

    def seen(self, room: str) -> list[Seen]:
        messages = self._rooms.get(room, {}).get("messages", [])
        return [Seen(**m | {"reactions": [(who, key) for who, key in m["reactions"]]}) for m in messages]

    def members(self, room: str) -> set[str]:
        return set(self._rooms.get(room, {}).get("members", []))

    def invited(self, room: str) -> set[str]:
        return set(self._rooms.get(room, {}).get("invited", []))

    async def wait(self, condition: Callable[[], Any]) -> Any:
        """Until the condition holds; it is tried again whenever something has arrived. Its value."""
        async with asyncio.timeout(WAIT), self._news:
            while not (value := condition()):
                await self._news.wait()
            return value

    async def sees(self, room: str, body: str) -> Seen:
        """Wait for a message with these words."""
        found: Seen = await self.wait(lambda: next((m for m in self.seen(room) if m.body == body), None))
        return found

    # --- their app -------------------------------------------------------------------------------------------------

    async def _does(self, what: str, **given: Any) -> Any:
        return await self._element.ask(self.id, what, **given)

    def _told(self, news: dict[str, Any]) -> None:
        self._rooms[news["room"]] = news
        task = asyncio.create_task(self._tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()
