"""A homeserver, as far as /sync and sending; its rooms are not encrypted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.benchmarks.standin.http import Answer, Request
from tests.benchmarks.standin.load import words

USER = "@bench:bench.example"
SAM = "@sam:bench.example"
DEVICE = "BENCH"
_CLIENT = b"/_matrix/client/v3/"

Json = dict[str, Any]


def room(number: int) -> str:
    return f"!room{number}:bench.example"


class Homeserver:
    """`sent` hears the body of each message. As any homeserver, it shows the sender what it sent, unless not `echo`."""

    def __init__(self, chats: int, sent: Callable[[bytes], None], echo: bool) -> None:
        self._chats = chats
        self._sent = sent
        self._echo = echo
        self._events: list[tuple[str, Json]] = []
        self._waiting: tuple[int, asyncio.Future[Answer]] | None = None
        self.asked = asyncio.Event()  # for news, for the first time

    def answer(self, request: Request) -> Answer | asyncio.Future[Answer]:
        what = request.path.removeprefix(_CLIENT).split(b"/")
        match what:
            case [b"rooms", where, b"send", _, transaction]:
                return self._said(unquote(where.decode()), unquote(transaction.decode()), request.body)
            case [b"sync"]:
                return self._sync(request)
            case [b"login"]:
                given = json.loads(request.body)
                device = given.get("device_id", DEVICE)
                return _ok({"user_id": USER, "access_token": f"token-{device}", "device_id": device})
            case [b"account", b"whoami"]:
                return _ok({"user_id": USER})
            case [b"keys", b"upload"]:
                return _ok({"one_time_key_counts": {"signed_curve25519": 50}})
            case [b"keys", b"query"]:
                return _ok({"device_keys": {}, "failures": {}})
            case _:
                return Answer(b'{"errcode": "M_NOT_FOUND", "error": "not here"}', 404)

    def release(self, number: int) -> None:
        """Sam writes in one of the rooms."""
        self._happens(room(number % self._chats), SAM, {"msgtype": "m.text", "body": words(number)})

    def _happens(self, where: str, sender: str, content: Json, **unsigned: str) -> str:
        id = f"$event{len(self._events)}"
        event = {
            "type": "m.room.message",
            "event_id": id,
            "sender": sender,
            "origin_server_ts": int(time.time() * 1000),
            "content": content,
            "unsigned": unsigned,
        }
        self._events.append((where, event))
        if self._waiting is not None:
            (since, waiting), self._waiting = self._waiting, None
            asyncio.get_running_loop().call_soon(lambda: waiting.set_result(self._since(since)))
        return id

    def _said(self, where: str, transaction: str, body: bytes) -> Answer:
        if self._echo:
            id = self._happens(where, USER, json.loads(body), transaction_id=transaction)
        else:
            id = f"$said-{transaction}"
        self._sent(body)
        return _ok({"event_id": id})

    def _sync(self, request: Request) -> Answer | asyncio.Future[Answer]:
        given = parse_qs(request.query.decode())
        if "since" not in given:
            state = {room(number): _joined(_state(number), []) for number in range(self._chats)}
            return self._answer(len(self._events), state)
        since = int(given["since"][0])
        self.asked.set()
        if since < len(self._events):
            return self._since(since)
        self._waiting = since, asyncio.get_running_loop().create_future()
        return self._waiting[1]

    def _since(self, place: int) -> Answer:
        rooms: dict[str, list[Json]] = {}
        for where, event in self._events[place:]:
            rooms.setdefault(where, []).append(event)
        return self._answer(len(self._events), {where: _joined([], events) for where, events in rooms.items()})

    def _answer(self, place: int, rooms: dict[str, Json]) -> Answer:
        return _ok(
            {
                "next_batch": str(place),
                "rooms": {"join": rooms, "invite": {}, "leave": {}},
                "device_one_time_keys_count": {"signed_curve25519": 50},
                "device_lists": {"changed": [], "left": []},
                "to_device": {"events": []},
                "account_data": {"events": []},
                "presence": {"events": []},
            }
        )


def _joined(state: list[Json], events: list[Json]) -> Json:
    return {
        "timeline": {"events": events, "limited": False, "prev_batch": "0"},
        "state": {"events": state},
        "account_data": {"events": []},
        "ephemeral": {"events": []},
        "summary": {},
        "unread_notifications": {},
    }


def _state(number: int) -> list[Json]:
    """A room with a name and three people in it, one of them the bot."""
    told: list[tuple[str, str, Json]] = [("m.room.name", "", {"name": f"Room {number}"})]
    told += [
        ("m.room.member", user, {"membership": "join", "displayname": user[1:4]})
        for user in (USER, SAM, "@alex:bench.example")
    ]
    return [
        {
            "type": kind,
            "state_key": key,
            "sender": key or SAM,
            "event_id": f"$state{number}-{place}",
            "origin_server_ts": 1_795_000_000_000,
            "content": content,
        }
        for place, (kind, key, content) in enumerate(told)
    ]


def _ok(body: Json) -> Answer:
    return Answer(json.dumps(body).encode())
