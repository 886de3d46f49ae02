"""The world's inhabitants over HTTP: `POST /control/ACT` with a JSON object, `GET /control/…` to look.

For tests in another process, and for whoever tries the bot by hand. GET /control lists the acts and their fields.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, Protocol

from aiohttp import web

from tests.servers.botapi import faults as fault_kinds
from tests.servers.botapi import wire
from tests.servers.botapi.calls import LoggedCall
from tests.servers.botapi.faults import Fault, Faults
from tests.servers.botapi.limits import FloodLimits
from tests.servers.botapi.people import Group, People, Person, Seen
from tests.servers.botapi.state import Message, World

Json = dict[str, Any]


class Controlled(Protocol):
    """What of the server can be controlled."""

    world: World
    faults: Faults
    limits: FloodLimits | None
    calls: list[LoggedCall]

    def revoke(self, *, revoked: bool) -> None: ...


class Given:
    """The fields of one request, looked up in the world."""

    def __init__(self, people: People, fields: Json) -> None:
        self.people, self.fields = people, fields

    def get(self, name: str, default: Any = None) -> Any:
        return self.fields.get(name, default)

    @property
    def user(self) -> Person:
        return self.people.person(int(self.fields["user"]))

    @property
    def by(self) -> Person | None:
        return self.people.person(int(self.fields["by"])) if "by" in self.fields else None

    @property
    def group(self) -> Group:
        return self.people.group_of(int(self.fields["group"]))

    @property
    def chat(self) -> Seen:
        """The group, or without one the user's private chat."""
        return self.group if "group" in self.fields else self.user.private

    def message(self, name: str = "message") -> Message:
        return self.chat.chat.messages[int(self.fields[name])]

    @property
    def optional(self) -> Json:
        return {
            "reply_to": self.message("reply_to") if "reply_to" in self.fields else None,
            "topic": self.get("topic"),
        }


def _makes_user(given: Given) -> Json:
    names = {name: given.get(name) for name in ("last_name", "username")}
    return {"user": given.people.user(given.get("first_name", "Somebody"), given.get("language_code"), **names).id}


def _makes_group(given: Given) -> Json:
    members = [given.people.person(int(user_id)) for user_id in given.get("members", [])]
    supergroup, forum = bool(given.get("supergroup")), bool(given.get("forum"))
    return {"group": given.people.group(given.get("title", "A group"), members, supergroup=supergroup, forum=forum).id}


def _presses(given: Given) -> Json:
    message = given.message() if "message" in given.fields else None
    return {"press": given.user.presses(given.get("button"), given.chat, message).id}


def _said(message: Message | None) -> Json:
    return {"message": message.id if message else None}


# Each act with its fields, those in brackets may be left out; `group` stands for "there, not in the private chat".
ACTS: dict[str, tuple[str, Callable[[Given], Json | None]]] = {
    "user": ("first_name [language_code last_name username]", _makes_user),
    "group": ("title [members supergroup forum]", _makes_group),
    "writes": (
        "user text [group reply_to topic]",
        lambda given: _said(given.user.writes(given.get("text"), given.chat, **given.optional)),
    ),
    "starts": ("user [payload]", lambda given: _said(given.user.starts(given.get("payload", "")))),
    "follows": (
        "user url [group]",
        lambda given: _said(given.user.follows(given.get("url"), given.group if "group" in given.fields else None)),
    ),
    "sends": (
        "user kind [group caption reply_to topic]",
        lambda given: _said(
            given.user.sends(given.get("kind"), given.chat, caption=given.get("caption", ""), **given.optional)
        ),
    ),
    "presses": ("user button [group message]", _presses),
    "edits": ("user message text [group]", lambda given: given.user.edits(given.message(), given.get("text"))),
    "deletes": ("user message [group]", lambda given: given.user.deletes(given.message())),
    "reacts": ("user message emoji [group]", lambda given: given.user.reacts(given.message(), given.get("emoji"))),
    "blocks_bot": ("user", lambda given: given.user.blocks_bot()),
    "unblocks_bot": ("user", lambda given: given.user.unblocks_bot()),
    "deletes_account": ("user", lambda given: given.user.deletes_account()),
    "adds_bot": (
        "group [start_payload administrator by]",
        lambda given: _said(
            given.group.adds_bot(
                given.get("start_payload"), administrator=bool(given.get("administrator")), by=given.by
            )
        ),
    ),
    "removes_bot": ("group [by]", lambda given: given.group.removes_bot(by=given.by)),
    "promotes_bot": ("group [by]", lambda given: given.group.promotes_bot(by=given.by)),
    "demotes_bot": ("group [by]", lambda given: given.group.demotes_bot(by=given.by)),
    "joins": ("user group", lambda given: given.group.adds(given.user)),
    "leaves": ("user group", lambda given: given.group.loses(given.user)),
    "upgrades": ("group", lambda given: {"group": given.group.upgrades()}),
    "opens_topic": ("group name", lambda given: {"topic": given.group.opens_topic(given.get("name"))}),
}
FAULTS: dict[str, type[Fault]] = {
    kind.__name__: kind
    for kind in (
        fault_kinds.TooMany,
        fault_kinds.Status,
        fault_kinds.Error,
        fault_kinds.Hold,
        fault_kinds.Reset,
        fault_kinds.Truncate,
        fault_kinds.Hang,
        fault_kinds.BadShape,
        fault_kinds.RepeatUpdates,
    )
}


class Control:
    """The routes; `server` is what they act upon, `people` the same through its inhabitants."""

    def __init__(self, server: Controlled, people: People) -> None:
        self.server, self.people = server, people

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control", self.help),
            web.get("/control/world", self.world),
            web.get("/control/messages", self.messages),
            web.get("/control/press/{id}", self.press),
            web.get("/control/calls", self.calls),
            web.post("/control/fault", self.fault),
            web.post("/control/faults/clear", self.clear_faults),
            web.post("/control/limits", self.limits),
            web.post("/control/revoke", self.revoke),
            web.post("/control/{act}", self.act),
        ]

    async def help(self, request: web.Request) -> web.Response:
        return _shown(
            {
                "POST /control/ACT": {act: fields for act, (fields, _) in ACTS.items()},
                "POST /control/fault": {
                    "fields": "kind [method chat nth times] and the kind's own",
                    "kinds": {name: [field.name for field in dataclasses.fields(k)] for name, k in FAULTS.items()},
                },
                "POST /control/faults/clear": "forget all faults, let go what they hold",
                "POST /control/limits": "on",
                "POST /control/revoke": "revoked",
                "GET": {
                    "/control/world": "bots, users and groups",
                    "/control/messages": "?user=ID or ?group=ID [&wait=WORDS&timeout=SECONDS]",
                    "/control/press/ID": "[?timeout=SECONDS] what the bot answered to a press",
                    "/control/calls": "[?method=NAME] every call of the bots, with its time",
                },
            }
        )

    async def act(self, request: web.Request) -> web.Response:
        act = request.match_info["act"]
        if act not in ACTS:
            return _shown({"error": "no such act; GET /control lists them"}, status=404)
        fields, perform = ACTS[act]
        try:
            return _shown(perform(Given(self.people, await _fields(request))) or {})
        except (KeyError, TypeError, ValueError, AssertionError) as error:
            return _shown({"error": f"{type(error).__name__}: {error}", "fields": fields}, status=400)

    # --- looking ----------------------------------------------------------------------------------------------------

    async def world(self, request: web.Request) -> web.Response:
        world = self.server.world
        return _shown(
            {
                "bots": [wire.me_json(bot) for bot in world.bots.values()],
                "users": [wire.user_json(user) for user in world.users.values() if not user.is_bot],
                "groups": [
                    wire.chat_json(chat) | {"members": {str(user): status for user, status in chat.members.items()}}
                    for chat in world.groups.values()
                    if chat.moved_to is None
                ],
            }
        )

    async def messages(self, request: web.Request) -> web.Response:
        """What stands in a chat; with `wait`, as soon as a bot has said the words."""
        try:
            chat = Given(self.people, dict(request.query)).chat
            if "wait" in request.query:
                await chat.sees(request.query["wait"], float(request.query.get("timeout", 10)))
        except (KeyError, ValueError):
            return _shown({"error": "user=ID or group=ID"}, status=400)
        except AssertionError:
            return _shown({"error": "waited in vain", "messages": _list(chat)}, status=408)
        return _shown({"messages": _list(chat)})

    async def press(self, request: web.Request) -> web.Response:
        press = self.server.world.presses.get(request.match_info["id"])
        if press is None:
            return _shown({"error": "no such press"}, status=404)
        try:
            timeout = float(request.query.get("timeout", 0))
            await self.people.waits_for(lambda: press.answer is not None, timeout)
        except TimeoutError:
            pass
        return _shown({"answer": press.answer, "alert": press.alert})

    async def calls(self, request: web.Request) -> web.Response:
        wanted = request.query.get("method", "").lower()
        shown = [call.as_json() for call in self.server.calls if wanted in ("", call.method)]
        return _shown({"calls": shown})

    # --- what goes wrong --------------------------------------------------------------------------------------------

    async def fault(self, request: web.Request) -> web.Response:
        fields = await _fields(request)
        try:
            kind = FAULTS[fields.pop("kind")]
            where = {name: fields.pop(name) for name in ("method", "chat", "nth", "times") if name in fields}
            if "body" in fields:
                fields["body"] = str(fields["body"]).encode()
            self.server.faults.add(kind(**fields), **where)
        except (KeyError, TypeError) as error:
            return _shown({"error": f"{type(error).__name__}: {error}", "kinds": list(FAULTS)}, status=400)
        return _shown({})

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.server.faults.clear()
        return _shown({})

    async def limits(self, request: web.Request) -> web.Response:
        refused = self.server.limits.refused if self.server.limits else 0
        self.server.limits = FloodLimits() if (await _fields(request)).get("on", True) else None
        return _shown({"refused": refused})

    async def revoke(self, request: web.Request) -> web.Response:
        """Refuse the bot's token, or accept it again."""
        self.server.revoke(revoked=bool((await _fields(request)).get("revoked", True)))
        return _shown({})


async def _fields(request: web.Request) -> Json:
    fields = json.loads(await request.read() or b"{}")
    if not isinstance(fields, dict):
        raise TypeError("a JSON object is expected")
    return fields


def _list(chat: Seen) -> list[Json]:
    return [wire.message_json(message) for message in chat.messages()]


def _shown(body: Json, status: int = 200) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    return web.Response(status=status, text=text, content_type="application/json")
