"""A person on Matrix with an app that encrypts: what they do, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import nio
from nio.crypto import decrypt_attachment
from nio.store import SqliteMemoryStore

from tests.servers.synapse import Synapse

WAIT = 20.0  # seconds until something that should be seen counts as missing


@dataclass
class Seen:
    """A message as it stands now, with edits applied; a redacted one has no body."""

    id: str
    sender: str
    body: str
    html: str | None = None
    type: str = "m.text"
    thread: str | None = None
    reply_to: str | None = None
    edited: bool = False
    redacted: bool = False
    reactions: list[tuple[str, str]] = field(default_factory=list)  # (sender, key)
    content: dict[str, Any] = field(default_factory=dict, repr=False)
    shields: list[str] = field(default_factory=list)  # what Element warns of beside it, or why it cannot show it


class Writes:
    """What people write, whatever their app: it is put into the room as events."""

    async def put(self, room: str, kind: str, content: dict[str, Any]) -> str:
        """Send any event at all, encrypted where the room is."""
        raise NotImplementedError

    async def say(
        self,
        room: str,
        body: str,
        *,
        html: str | None = None,
        thread: str | None = None,
        reply_to: str | None = None,
        **more: Any,
    ) -> str:
        content: dict[str, Any] = {"msgtype": "m.text", "body": body} | more
        if html is not None:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        if thread is not None:
            last = {"event_id": reply_to or thread}
            relation = {"rel_type": "m.thread", "event_id": thread, "m.in_reply_to": last}
            content["m.relates_to"] = relation | {"is_falling_back": reply_to is None}
        elif reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return await self.put(room, "m.room.message", content)

    async def edit(self, room: str, event: str, body: str) -> str:
        content = {
            "msgtype": "m.text",
            "body": f"* {body}",
            "m.new_content": {"msgtype": "m.text", "body": body},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        }
        return await self.put(room, "m.room.message", content)

    async def react(self, room: str, event: str, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return await self.put(room, "m.reaction", {"m.relates_to": relation})


class _Client(nio.AsyncClient):  # type: ignore[misc]  # nio has no types
    """nio's own client; with `held` a list, keys for messages are kept in it instead of handed out."""

    held: list[tuple[Any, ...]] | None = None

    async def _send(self, response_class: Any, *given: Any, **more: Any) -> Any:
        if self.held is not None and response_class is nio.ShareGroupSessionResponse:
            self.held.append((given, more))
            return response_class(*more["response_data"])
        return await super()._send(response_class, *given, **more)


class MatrixUser(Writes):
    """Use as `async with MatrixUser(synapse, "maria") as maria`."""

    def __init__(self, server: Synapse, name: str) -> None:
        self.id, self.password = server.register(name)
        config = nio.AsyncClientConfig(store=SqliteMemoryStore, pickle_key="test", max_timeouts=3)
        self.client = _Client(server.address, self.id, config=config)
        self.undecrypted: set[str] = set()
        self.left: set[str] = set()
        self.events: dict[str, list[dict[str, Any]]] = {}  # every room's timeline, as decrypted
        self._news = asyncio.Condition()
        self._loop: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._did(self.client.login(self.password, device_name="an app"))
        await self._sync(first=True)
        self._loop = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        await self.client.close()
        self.client.store.database.close()

    # --- what they do ----------------------------------------------------------------------------------------------

    async def create_room(
        self, *invited: str, name: str | None = None, encrypted: bool = False, direct: bool = False
    ) -> str:
        encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        answer = await self._did(
            self.client.room_create(
                name=name,
                invite=invited,
                is_direct=direct,
                preset=nio.RoomPreset.trusted_private_chat if direct else nio.RoomPreset.private_chat,
                initial_state=[encryption] if encrypted else [],
            )
        )
        room: str = answer.room_id
        everybody = {self.id, *invited}
        await self.wait(lambda: room in self.client.rooms and set(self.client.rooms[room].users) == everybody)
        assert self.client.rooms[room].encrypted == encrypted
        return room

    async def invite(self, room: str, user: str) -> None:
        await self._did(self.client.room_invite(room, user))

    async def join(self, room: str) -> None:
        await self._did(self.client.join(room))
        await self.wait(lambda: room in self.client.rooms)

    async def leave(self, room: str) -> None:
        await self._did(self.client.room_leave(room))

    async def kick(self, room: str, user: str) -> None:
        await self._did(self.client.room_kick(room, user))

    async def redact(self, room: str, event: str) -> str:
        answer = await self._did(self.client.room_redact(room, event, tx_id=uuid4().hex))
        event_id: str = answer.event_id
        return event_id

    async def send_file(
        self,
        room: str,
        name: str,
        data: bytes,
        mime: str,
        msgtype: str = "m.file",
        *,
        caption: str | None = None,
        voice: int | None = None,
        thread: str | None = None,
    ) -> str:
        """Upload and send a file, encrypted where the room is; as a voice message of so many seconds."""
        encrypt = self.client.rooms[room].encrypted
        size = len(data)
        answer, keys = await self.client.upload(BytesIO(data), mime, name, encrypt=encrypt, filesize=size)
        assert isinstance(answer, nio.UploadResponse), answer
        content: dict[str, Any] = {"msgtype": msgtype, "body": name, "info": {"size": size, "mimetype": mime}}
        if caption is not None:
            content |= {"body": caption, "filename": name}
        if voice is not None:
            content["info"]["duration"] = voice * 1000
            content |= {"org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": {"duration": voice * 1000}}
        if thread is not None:
            last = {"event_id": thread}
            content["m.relates_to"] = {
                "rel_type": "m.thread",
                "event_id": thread,
                "m.in_reply_to": last,
                "is_falling_back": True,
            }
        where = {"file": {"url": answer.content_uri, **keys}} if encrypt else {"url": answer.content_uri}
        return await self.put(room, "m.room.message", content | where)

    async def put(self, room: str, kind: str, content: dict[str, Any]) -> str:
        if self.client.should_query_keys:
            await self._did(self.client.keys_query())
        answer = await self._did(self.client.room_send(room, kind, content, ignore_unverified_devices=True))
        event_id: str = answer.event_id
        return event_id

    async def pin(self, room: str, *messages: str) -> None:
        """Put these at the top of the room, and nothing else."""
        await self._did(self.client.room_put_state(room, "m.room.pinned_events", {"pinned": list(messages)}))

    async def pinned(self, room: str) -> list[str]:
        content = (await self._did(self.client.room_get_state_event(room, "m.room.pinned_events"))).content
        found: list[str] = content["pinned"]
        return found

    async def makes_moderator(self, room: str, user: str) -> None:
        levels = (await self._did(self.client.room_get_state_event(room, "m.room.power_levels"))).content
        users = levels.get("users", {}) | {user: 50}
        await self._did(self.client.room_put_state(room, "m.room.power_levels", levels | {"users": users}))

    async def fetch(self, seen: Seen) -> bytes:
        """The bytes of a file, as their app shows them."""
        where = seen.content.get("file") or seen.content
        answer = await self._did(self.client.download(where["url"]))
        data: bytes = answer.body
        if "key" in where:
            data = decrypt_attachment(data, where["key"]["k"], where["hashes"]["sha256"], where["iv"])
        return data

    async def upgrade(self, room: str) -> str:
        """Replace the room by a newer one; its id."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/upgrade"
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        answer = await self.client.send("POST", path, '{"new_version": "11"}', headers)
        new: str = (await answer.json())["replacement_room"]
        return new

    def hold_keys(self) -> None:
        """Write messages from now on that nobody else can read."""
        self.client.held = []

    async def release_keys(self) -> None:
        held, self.client.held = self.client.held or [], None
        for given, more in held:
            await self.client._send(nio.ShareGroupSessionResponse, *given, **more)

    async def _did(self, asked: Any) -> Any:
        answer = await asked
        assert not isinstance(answer, nio.ErrorResponse), answer
        return answer

    # --- what they see ---------------------------------------------------------------------------------------------

    def seen(self, room: str) -> list[Seen]:
        """The room's messages in order, as an app would show them."""
        messages: dict[str, Seen] = {}
        annotations: dict[str, tuple[Seen, tuple[str, str]]] = {}
        for event in self.events.get(room, []):
            content, kind = event.get("content") or {}, event["type"]
            relation = content.get("m.relates_to") or {}
            target = messages.get(relation.get("event_id", ""))
            if kind == "m.reaction" and target:
                given = (event["sender"], relation["key"])
                target.reactions.append(given)
                annotations[event["event_id"]] = (target, given)
            elif kind == "m.room.redaction":
                gone = event.get("redacts") or content.get("redacts")
                if gone in messages:
                    messages[gone].body, messages[gone].html, messages[gone].redacted = "", None, True
                elif gone in annotations:
                    target, given = annotations.pop(gone)
                    target.reactions.remove(given)
            elif kind == "m.room.message" and relation.get("rel_type") == "m.replace":
                if target and target.sender == event["sender"] and not target.redacted:
                    new = content["m.new_content"]
                    target.body, target.html, target.edited = new["body"], new.get("formatted_body"), True
            elif kind == "m.room.message":
                messages[event["event_id"]] = _seen(event, content, relation)
        return list(messages.values())

    def bodies(self, room: str) -> list[str]:
        return [message.body for message in self.seen(room)]

    def invited_to(self) -> list[str]:
        return list(self.client.invited_rooms)

    def members(self, room: str) -> set[str]:
        """Who has joined; what is said before is not meant for those who are only invited."""
        return {id for id, user in self.client.rooms[room].users.items() if not user.invited}

    async def wait(self, condition: Callable[[], Any], timeout: float = WAIT) -> Any:
        """Until the condition holds; it is tried again whenever something has arrived. Its value."""
        async with asyncio.timeout(timeout), self._news:
            while not (value := condition()):
                await self._news.wait()
            return value

    async def sees(self, room: str, body: str) -> Seen:
        """Wait for a message with these words."""
        found: Seen = await self.wait(lambda: next((m for m in self.seen(room) if m.body == body), None))
        return found

    # --- their app -------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            await self._sync()

    async def _sync(self, first: bool = False) -> None:
        limits = {"room": {"timeline": {"limit": 100}}}
        try:
            answer = await self.client.sync(0 if first else 5000, limits, full_state=first)
        except (TimeoutError, OSError):  # the server is being restarted
            answer = None
        if not isinstance(answer, nio.SyncResponse):
            await asyncio.sleep(0.1)
            return
        for room, info in answer.rooms.join.items():
            for event in info.timeline.events:
                self._note(room, event)
        self.left |= set(answer.rooms.leave)
        await self.client.send_to_device_messages()
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()
        async with self._news:
            self._news.notify_all()

    def _note(self, room: str, event: Any) -> None:
        if isinstance(event, nio.MegolmEvent):
            self.undecrypted.add(event.event_id)
        self.events.setdefault(room, []).append(event.source)


def _seen(event: dict[str, Any], content: dict[str, Any], relation: dict[str, Any]) -> Seen:
    threaded = relation.get("rel_type") == "m.thread"
    replied = relation.get("m.in_reply_to", {}).get("event_id")
    return Seen(
        event["event_id"],
        event["sender"],
        content.get("body", ""),
        content.get("formatted_body"),
        content.get("msgtype", ""),
        relation["event_id"] if threaded else None,
        None if threaded and relation.get("is_falling_back") else replied,
        content=content,
    )
