"""One device of the account: what rooms it is in, and its encryption; matrix-nio's machinery over our own requests.

Only nio's state machine is used, none of its network client: that one hangs a room for good when a send is cancelled
while keys are claimed, takes a failed handing out of keys for a success, forgets its token after some errors, loses
uploaded keys to a kill, and sleeps through rate limits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import uuid4

import nio
from nio.crypto import OlmDevice, OutboundGroupSession
from nio.store import SqliteStore

from adapters.matrix.connection import for_nio
from adapters.matrix.connection.errors import OldKeys
from adapters.matrix.connection.for_nio import guarded, legible
from adapters.matrix.connection.homeserver import REQUEST_TIMEOUT, Failure, Homeserver, Json, encoded, path
from adapters.matrix.encryption.their_devices import TheirDevices
from adapters.matrix.events.fields import inner
from bot.ports import NotSent

log = logging.getLogger(__name__)

KEY_STORE = "olm.db"
_OWED_FIRST, _OWED_AT_LAST = 300.0, 6 * 3600.0  # seconds until those who could not be given a key are tried again


class KeyStore(SqliteStore):  # type: ignore[misc]  # nio has no types
    """nio's own, which goes to the disk with every message of any room to note which new rooms are encrypted: mostly
    none. And it leaves its file open where that cannot be read."""

    def __post_init__(self) -> None:
        try:
            super().__post_init__()
        except BaseException:
            self.database.close()
            raise

    def save_encrypted_rooms(self, rooms: Collection[str]) -> None:
        if rooms:
            super().save_encrypted_rooms(rooms)


class Client(nio.Client):  # type: ignore[misc]  # nio has no types
    """What nio knows of our rooms and devices, kept up to date by `absorb`; `rooms` is nio's own."""

    def __init__(
        self,
        server: Homeserver,
        user_id: str,
        device_id: str,
        folder: Path,
        pickle_key: str,
        key_store: str = KEY_STORE,
    ) -> None:
        config = nio.ClientConfig(store=KeyStore, store_name=key_store, pickle_key=pickle_key)
        super().__init__(user_id, device_id, str(folder), config)
        self.server = server
        self._moved: dict[str, tuple[str, str]] = {}  # where a room says that it is now, and a server that is there
        self.direct: set[str] = set()  # rooms that the account data or an invitation call a direct chat
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._their_devices = TheirDevices(server, self)
        self.goes_on_with_old_keys = True
        self._deaf = False
        self._owed: dict[str, tuple[float, float]] = {}  # by room: when its key is due anew, and the wait till then
        try:
            self.restore_login(user_id, device_id, "held by the Homeserver")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._their_devices.close()
        if self.store is not None:
            self.store.database.close()

    def adopt(self, other: Client) -> None:
        """Take over what another device of ours can read; what it would send with stays behind."""
        for session in other.olm.inbound_group_store:
            if self.olm.inbound_group_store.add(session):
                self.olm.save_inbound_group_session(session)
        self.encrypted_rooms |= other.encrypted_rooms
        self.store.save_encrypted_rooms(other.encrypted_rooms)

    # --- receiving -------------------------------------------------------------------------------------------------

    def absorb(self, answer: Json) -> bool:
        """Take in a /sync answer: rooms, members, devices, keys. True: a key for messages came with it.

        Raises PeeweeException where its keys cannot be kept. None of them is then, and what opened them has moved on in
        memory: only a client that is made anew can open them when they come again.
        """
        response = for_nio.read(answer, self.rooms)
        if response is not None:
            self.next_batch = ""  # nio would skip an answer that it has seen, and we ask again after a failure
            with self.store.database.atomic():  # a kill must not fall between opening a key and keeping it
                self.receive_response(response)
        for room_id, room in answer.get("rooms", {}).get("join", {}).items():
            for event in room.get("state", {}).get("events", []):  # also one that we followed before a restart, in vain
                if event["type"] == "m.room.tombstone" and event.get("state_key") == "":
                    self.replacement(room_id, event)
        self.next_batch = answer["next_batch"]
        # nio overlooks a count of zero, and would never make new keys: nobody could write to us any more.
        counts = answer.get("device_one_time_keys_count")
        if isinstance(counts, dict):
            self.olm.uploaded_key_count = counts.get("signed_curve25519", 0)
        for room_id in answer.get("rooms", {}).get("leave", {}):
            self.forget(room_id)
        came = () if response is None else response.to_device_events
        return any(isinstance(e, nio.RoomKeyEvent | nio.ForwardedRoomKeyEvent) for e in came)

    def forget(self, room_id: str) -> None:
        self.rooms.pop(room_id, None)
        self._owed.pop(room_id, None)
        self.olm.outbound_group_sessions.pop(room_id, None)

    def has_key(self, event: Json, room_id: str) -> bool:
        """Whether it is worth trying to decrypt the event: nio needs milliseconds to find that it is not."""
        content = event.get("content")
        where = (content.get(key) for key in ("sender_key", "session_id")) if isinstance(content, dict) else ()
        match tuple(where):
            case str() as sender_key, str() as session_id:
                return session_id in self.olm.inbound_group_store[room_id].get(sender_key, {})
        return False

    def decrypted(self, event: Json, room_id: str) -> Json | None:
        """The event with what was encrypted in place of the ciphertext, and marked so. None: the key is missing, or it
        is broken."""
        parsed = nio.Event.parse_event(event)
        if not isinstance(parsed, nio.MegolmEvent):
            return None
        try:
            clear = self.olm.decrypt_megolm_event(parsed, room_id).source
        except Exception as error:  # what was encrypted is anybody's bytes, and must not stop the stream
            log.debug("an event could not be decrypted: %s", type(error).__name__)
            return None
        return {**event, "type": clear.get("type"), "content": clear.get("content"), "sealed": True}

    def _handle_timeline_event(self, event: Any, *rest: Any) -> Any:
        return guarded(super()._handle_timeline_event, event, *rest)

    def _handle_decrypt_to_device(self, to_device_event: Any) -> Any:
        return guarded(super()._handle_decrypt_to_device, to_device_event)

    def _collect_key_requests(self) -> None:
        self.olm.received_key_requests.clear()  # we hand nobody keys to other people's messages

    # --- our rooms -------------------------------------------------------------------------------------------------

    async def learn(self, room_id: str) -> nio.MatrixRoom | None:
        """Ask the homeserver about a room that no /sync has told of yet; None: we are not in it. Raises Failure."""
        try:
            members = await self.server.call(
                "GET", path("rooms", room_id, "members"), query={"not_membership": "leave"}
            )
        except Failure as failure:
            if failure.status == 403:
                return None
            raise
        encrypted = await self.is_encrypted(room_id)
        room = nio.MatrixRoom(room_id, self.user_id, encrypted)
        for event in members["chunk"]:
            member = nio.Event.parse_event(legible(event))
            if isinstance(member, nio.RoomMemberEvent):
                room.handle_membership(member)
        if self.user_id not in room.users or room.users[self.user_id].invited:
            return None
        room = self.rooms.setdefault(room_id, room)  # a /sync may have come in between
        if room.encrypted:
            self.olm.update_tracked_users(room)
        return room

    def replacement(self, room_id: str, tombstone: Json) -> str | None:
        """The room that replaces this one; the way there is known from now on, and no other: anybody can say of a room
        of theirs that it is elsewhere, again and again."""
        new, sender = inner(tombstone, "content").get("replacement_room"), tombstone.get("sender")
        if not isinstance(new, str) or not isinstance(sender, str):
            return None
        self._moved[room_id] = (new, sender.partition(":")[2])
        return new

    async def follow(self, room_id: str, tombstone: Json, within: float = REQUEST_TIMEOUT) -> str | None:
        """Join the room that replaces this one, where it lets us in; its id."""
        new = self.replacement(room_id, tombstone)
        if new is None:
            return None
        try:
            await self.join(new, within)
        except Failure as failure:
            log.info("the room that replaces another does not let us in yet (%s)", failure)
        return new

    async def join(self, room_id: str, within: float = REQUEST_TIMEOUT) -> None:
        """Raises Failure."""
        via = self.by_way_of(room_id)
        query = {"server_name": via, "via": via} if via else None
        await self.server.call("POST", path("join", room_id), {}, query=query, timeout=within)

    def by_way_of(self, room_id: str) -> str | None:
        """A server that is in a room that replaces another."""
        return next((server for new, server in self._moved.values() if new == room_id), None)

    async def is_encrypted(self, room_id: str) -> bool:
        """Raises Failure."""
        if room_id in self.encrypted_rooms:
            return True
        try:
            await self.server.call("GET", path("rooms", room_id, "state", "m.room.encryption"))
        except Failure as failure:
            if failure.errcode == "M_NOT_FOUND":
                return False
            raise
        return True

    # --- encrypting ------------------------------------------------------------------------------------------------

    async def sealed(self, room: nio.MatrixRoom, kind: str, content: Json) -> tuple[str, Json]:
        """Type and content as the room wants them: encrypted, once everybody in it has the key. Raises Failure, and
        NotSent while nobody can have it.

        Not to be cancelled: the key would be made anew.
        """
        if not room.encrypted or kind == "m.reaction":  # reactions are never encrypted
            return kind, content
        async with self._locks[room.room_id]:
            await self._their_devices.learn(room.users)
            if self.olm.should_share_group_session(room.room_id) or self._somebody_is_owed(room.room_id):
                session = await self._share(room)
            else:
                session = self.olm.outbound_group_sessions[room.room_id]
            clear = {"type": kind, "content": content, "room_id": room.room_id}
            sealed = {
                "algorithm": "m.megolm.v1.aes-sha2",
                "sender_key": self.olm.account.identity_keys["curve25519"],
                "device_id": self.device_id,
                "session_id": session.id,
                # UTF-8 rather than nio's ASCII, which triples the size of an Arabic text
                "ciphertext": session.encrypt(encoded(clear).decode()),
            }
            if "m.relates_to" in content:
                sealed["m.relates_to"] = content["m.relates_to"]
            return "m.room.encrypted", sealed

    async def _share(self, room: nio.MatrixRoom) -> OutboundGroupSession:
        """A new key, handed to every device in the room, those that come in the meantime included."""
        sessions = self.olm.outbound_group_sessions
        sessions.pop(room.room_id, None)
        asked: set[tuple[str, str]] = set()
        try:
            while True:
                missing = self.get_missing_sessions(room.room_id)
                new = {u: [d for d in devices if (u, d) not in asked] for u, devices in missing.items()}
                asked |= {(user, device) for user, devices in new.items() for device in devices}
                await self._claim({user: devices for user, devices in new.items() if devices})
                cut_off = self._cut_off(room)
                parts = list(self.olm.share_group_session_parallel(room.room_id, list(room.users), True))
                session: OutboundGroupSession = sessions[room.room_id]
                for devices, messages in parts:
                    await self._to_device("m.room.encrypted", str(uuid4()), messages)
                    session.users_shared_with.update(devices)
                await self._their_devices.learn(room.users)
                if not parts:
                    session.shared = True
                    self._owe(room.room_id, cut_off)
                    return session
        except BaseException:
            sessions.pop(room.room_id, None)  # somebody may not have it: the next message gets a new one
            raise

    def _cut_off(self, room: nio.MatrixRoom) -> set[str]:
        """People of the room to none of whose devices there is an encrypted channel; NotSent when it is everybody.

        A server that is away gives out no keys. What is sent all the same stays unreadable for ever.
        """
        missing: dict[str, list[str]] = self.olm.get_missing_sessions(list(room.users))
        others = {user for user in room.users if user != self.user_id}
        cut_off = {
            user
            for user in others
            if all(device.id in missing.get(user, ()) for device in self.device_store.active_user_devices(user))
        }
        if others and cut_off == others:
            raise NotSent("nobody in the room has a device that can be given the key now")
        return cut_off & missing.keys()

    def _owe(self, room_id: str, cut_off: Collection[str]) -> None:
        """Who has not been given the key of a room for want of a channel is tried again, at growing intervals."""
        _, wait = self._owed.pop(room_id, (0.0, _OWED_FIRST / 2))
        if cut_off:
            wait = min(2 * wait, _OWED_AT_LAST)
            self._owed[room_id] = (asyncio.get_running_loop().time() + wait, wait)

    def _somebody_is_owed(self, room_id: str) -> bool:
        return room_id in self._owed and self._owed[room_id][0] <= asyncio.get_running_loop().time()

    async def _claim(self, wanted: dict[str, list[str]]) -> None:
        """Open an encrypted channel to each device; those that offer none stay without."""
        if not wanted:
            return
        keys = {user: dict.fromkeys(devices, "signed_curve25519") for user, devices in wanted.items()}
        body = {"one_time_keys": keys, "timeout": 10000}
        answer = await self.server.call("POST", path("keys", "claim"), body)
        for user, devices in inner(answer, "one_time_keys").items():
            for device, key in devices.items():
                guarded(self.receive_response, nio.KeysClaimResponse({user: {device: key}}, {}))

    async def upload_keys(self) -> None:
        """Publish the device, and one-time keys with which others open channels to it. Raises Failure or OldKeys."""
        if not self.should_upload_keys or self._deaf:
            return
        content = self.olm.share_keys()
        self.olm.save_account()  # first: a kill after the upload must not lose the secret halves
        try:
            answer = await self.server.call("POST", path("keys", "upload"), content)
        except Failure as failure:
            if failure.status != 400:
                raise
            if not self.goes_on_with_old_keys:
                raise OldKeys from failure
            log.error(
                "the homeserver holds other encryption keys than the account's folder, which was probably put back "
                "from an older copy: people who are new to the bot cannot reach it in encrypted rooms; write the "
                "account's password into the configuration and start again, as a new device"
            )
            self._deaf = True
            return
        count = inner(answer, "one_time_key_counts").get("signed_curve25519", 0)
        self.receive_response(nio.KeysUploadResponse(0, count))

    async def chores(self) -> None:
        """What encryption wants done after a /sync. Raises Failure or OldKeys."""
        for message in list(self.outgoing_to_device_messages):
            await self._to_device(message.type, str(uuid4()), message.as_dict())
            self.receive_response(nio.ToDeviceResponse(message))
        await self.upload_keys()
        self._their_devices.ask_around()
        if self.should_claim_keys:
            lost: list[OlmDevice] = list(self.olm.wedged_devices)
            await self._claim(self.get_users_for_key_claiming())
            for device in lost:  # one that offers no key is not asked for ever
                if device in self.olm.wedged_devices:
                    self.olm.wedged_devices.remove(device)

    async def _to_device(self, kind: str, transaction: str, messages: Json) -> None:
        await self.server.call("PUT", path("sendToDevice", kind, transaction), messages)
