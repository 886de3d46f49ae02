"""Somebody who has a room of the web page open: what they do and what they see, without a screen."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any, Self

import httpx
import msgspec

WAIT = 30.0  # seconds, on a machine that does ten other things
_DEEDS = itertools.count()


@dataclass(frozen=True)
class Post:
    """A message as the page shows it now. `html` is that of its words; `file`: img, audio, video, a, or "" for none."""

    id: str
    by_the_bot: bool
    html: str
    file: str
    address: str
    thread: str | None
    reply_to: str | None
    reactions: list[str]
    withdrawn: bool

    @property
    def words(self) -> str:
        return unescape(re.sub("<[^>]*>", "", self.html))


class WebUser:
    """Use as `async with WebUser(address, "room", "ann") as ann`. Comes back when the page is served again."""

    def __init__(self, address: str, room: str, person: str) -> None:
        self.room, self.person = room, person
        self.pins: list[str] = []
        self._posts: dict[str, Post] = {}
        self._http = httpx.AsyncClient(base_url=address, timeout=WAIT)
        self._since = ""
        self._news = asyncio.Condition()
        self._loop: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        page = (await self._http.get("/")).text
        self._since = re.findall(r'data-since="(\d+)"', page)[0]
        self._loop = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        await self._http.aclose()

    # --- what they do ----------------------------------------------------------------------------------------------

    async def say(self, text: str, *, thread: str | None = None, reply_to: str | None = None) -> str:
        about = {"thread": thread and int(thread), "reply_to": reply_to and int(reply_to)}
        return await self._does("messages", text=text, deed=f"d{next(_DEEDS)}", **about)

    async def send_file(self, name: str, data: bytes, mime: str, text: str = "") -> str:
        words, deed = text.encode(), f"d{next(_DEEDS)}"
        about = {"person": self.person, "deed": deed, "name": name, "mime": mime, "words": str(len(words))}
        headers, body = {"content-type": "application/octet-stream"}, words + data
        answer = await self._http.post(f"/api/chats/{self.room}/files", params=about, content=body, headers=headers)
        return _done(answer)

    async def edit(self, message: str, text: str) -> None:
        await self._does("edits", message=int(message), text=text)

    async def take_back(self, message: str) -> None:
        await self._does("withdrawals", message=int(message))

    async def react(self, message: str, emoji: str, on: bool = True) -> None:
        await self._does("reactions", message=int(message), emoji=emoji, on=on)

    async def pin(self, message: str, on: bool = True) -> None:
        await self._does("pins", message=int(message), on=on)

    async def fetch(self, post: Post) -> bytes:
        """The bytes of a message's file."""
        return (await self._http.get(post.address)).content

    async def _does(self, what: str, **body: Any) -> str:
        return _done(await self._http.post(f"/api/chats/{self.room}/{what}", json={"person": self.person} | body))

    # --- what they see ---------------------------------------------------------------------------------------------

    def seen(self) -> list[Post]:
        """The room's messages in the order in which they were said."""
        return [self._posts[id] for id in sorted(self._posts, key=int)]

    def post(self, id: str | None) -> Post | None:
        return None if id is None else self._posts.get(id)

    async def wait(self, condition: Callable[[], Any], timeout: float = WAIT) -> Any:
        """Until the condition holds; it is tried again whenever something has changed. Its value."""
        async with asyncio.timeout(timeout), self._news:
            while not (value := condition()):
                await self._news.wait()
            return value

    async def _follow(self) -> None:
        while True:
            try:
                await self._listen()
            except httpx.TransportError:  # the page is not served at the moment
                await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        fields: dict[str, str] = {}
        async with self._http.stream("GET", "/events", params={"since": self._since}) as response:
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
                    continue
                self._since = fields.get("id", self._since)
                if "event" in fields:
                    await self._note(fields["event"], msgspec.json.decode(fields["data"]))
                fields = {}

    async def _note(self, what: str, data: dict[str, Any]) -> None:
        async with self._news:
            if what == "message" and data["chat"] == self.room:
                post = _read(data["html"])
                self._posts[post.id] = post
            elif what == "chat" and data["chat"] == self.room:
                self.pins = re.findall(r'href="#m(\d+)"', data["pins"])
            self._news.notify_all()


def _read(html: str) -> Post:
    file = re.search(r'<(\w+) class="file"[^>]*?(?:href|src)="([^"]*)"[^>]*>(<img)?', html)
    return Post(
        id=_found(r'id="m(\d+)"', html) or "",
        by_the_bot='class="post bot"' in html,
        html=_found(r'<div class="text"[^>]*>(.*?)</div>', html) or "",
        file="" if file is None else "img" if file[3] else file[1],
        address="" if file is None else file[2],
        thread=_found(r'data-thread="(\d+)"', html),
        reply_to=_found(r'class="quoted" href="#m(\d+)"', html),
        reactions=re.findall(r'class="reaction" data-react="([^"]*)"', html),
        withdrawn='class="withdrawn"' in html,
    )


def _found(pattern: str, html: str) -> str | None:
    found = re.search(pattern, html, re.DOTALL)
    return None if found is None else found[1]


def _done(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])
