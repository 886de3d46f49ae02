"""The stream of a Matrix account: our own /sync loop, which leaves no gap and hands over before it goes on."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from peewee import PeeweeException  # type: ignore[import-untyped]  # what nio's key store raises

from adapters.matrix import direct
from adapters.matrix.connection.client import Client
from adapters.matrix.connection.errors import REVOKED, receive_error
from adapters.matrix.connection.homeserver import REQUEST_TIMEOUT, Failure, Homeserver, Json, path
from adapters.matrix.encryption.signing import Signing
from adapters.matrix.encryption.undecrypted import Undecrypted
from adapters.matrix.events.live import Shares
from adapters.matrix.events.raw import Me, Room, raw
from adapters.matrix.intake.heard import LastHeard
from adapters.matrix.intake.news import News, changes_own, last_place
from adapters.matrix.intake.put_off import Latecomers, PutOff
from bot.incoming import NOTHING_NEW, Batch, Raw
from bot.ports import Deliver, Down

log = logging.getLogger(__name__)

LONG_POLL = 30.0
FIRST_SYNC = 300.0  # seconds: the state of every room
_NO_ROOMS: Json = {"room": {"rooms": []}, "presence": {"types": []}, "account_data": {"types": []}}
_TOLD = {"m.room.tombstone", "m.room.name", "m.room.pinned_events"}
"""The state of a room of which the core hears, beside who is in it."""
SOON = 10.0  # seconds that everybody waits for the earlier messages of one room; then only that room does


def _now_ms() -> int:
    return int(time.time() * 1000)


class Receiver:
    def __init__(
        self,
        server: Homeserver,
        client: Client,
        signing: Signing,
        undecrypted: Undecrypted,
        put_off: PutOff,
        shares: Shares,
        heard: LastHeard,
        me: Me,
        timeline: int,
        now_ms: Callable[[], int] = _now_ms,
    ) -> None:
        """`timeline` is how many events of a room one /sync answer may hold; the server allows at most 100."""
        self._server = server
        self._client = client
        self._signing = signing
        self._undecrypted = undecrypted
        self._shares = shares
        self._put_off = put_off
        self._heard = heard
        self._me = me
        self._now_ms = now_ms
        self._filter = json.dumps(
            {
                "presence": {"types": []},
                "account_data": {"types": ["m.direct"]},
                "room": {"timeline": {"limit": timeline}, "ephemeral": {"types": []}, "account_data": {"types": []}},
            }
        )
        self._followed: set[str] = set()  # rooms that have said where they are now
        self._full_state = True  # once in the client's life: nio keeps no rooms on disk
        self._try_decrypting = True
        self._news = News(server, me, lambda room_id: self._room(room_id).direct)
        self._latecomers = Latecomers(put_off, self._raws_since, now_ms)

    async def run(self, cursor: str | None, deliver: Deliver) -> None:
        stream = asyncio.create_task(self._follow_stream(cursor, deliver))
        late = asyncio.create_task(self._latecomers.run(deliver))
        try:
            done, _ = await asyncio.wait((stream, late), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Failure as failure:
            raise receive_error(failure) from failure
        except (PeeweeException, sqlite3.Error) as error:
            raise Down("the account's folder cannot be written now", anew=True) from error
        finally:
            stream.cancel()
            late.cancel()
            await asyncio.gather(stream, late, return_exceptions=True)

    async def _follow_stream(self, cursor: str | None, deliver: Deliver) -> None:
        await self._collect_keys()
        lost = cursor is not None and await self._heard.is_gone(self._server)
        cursor = await self._round(cursor, deliver, patience=0.0, lost=lost)  # soon it is known that it is there, …
        await deliver(NOTHING_NEW)  # … and its first answer tells all
        while True:
            cursor = await self._round(cursor, deliver, LONG_POLL, lost=False)

    async def _round(self, cursor: str | None, deliver: Deliver, patience: float, lost: bool) -> str:
        """One answer handed over; the place after it. `lost`: the cursor leads nowhere."""
        answer, lost = await self._next(cursor, patience, lost)
        rooms = answer.get("rooms", {})
        left = {room_id: (room, self._room(room_id)) for room_id, room in rooms.get("leave", {}).items()}
        self._note_direct(answer)
        self._try_decrypting |= self._client.absorb(answer)
        self._full_state = False

        readable = await self._readable_now() if self._try_decrypting else []
        events = [*readable]
        own_joins: list[tuple[str, Json]] = []
        if cursor is not None:  # at the very first start what was said before is not ours to answer
            joined = rooms.get("join", {})
            found = await (self._all_lately(joined) if lost else self._all_news(joined, cursor))
            for room_id, news in found.items():
                own_joins += [(room_id, event) for event in news if changes_own(self._me, event, "join")]
                events += await self._raws(news, room_id, self._room(room_id))
            for room_id, (room, known) in left.items():
                events += await self._last_raws(room_id, room, known, cursor)
        # Last: whoever puts us out of a room and lets us in again may have done so since the last answer.
        events += [self._invitation(room_id, room, cursor) for room_id, room in rooms.get("invite", {}).items()]

        await self._follow_all(rooms)  # before the core hears of it: then it can write there at once
        following: str = answer["next_batch"]
        once = {event.id: event for event in events}  # a key may have come for what this answer repeats
        anything = once or following != cursor
        await deliver(Batch(tuple(once.values()), following) if anything else NOTHING_NEW)
        if lost:
            self._put_off.forget_all()  # it is among what was found
        self._heard.note(events, self._now_ms())
        self._undecrypted.forget(event.id for event in readable)
        self._shares.forget_old(self._now_ms())
        self._try_decrypting = False
        await self._afterwards(rooms, own_joins)
        return following

    async def _next(self, cursor: str | None, patience: float, lost: bool) -> tuple[Json, bool]:
        """What the homeserver answers; and whether the cursor leads nowhere, so that the answer begins anew."""
        if not lost:
            try:
                return await self._sync(cursor, patience), False
            except Failure as failure:
                if cursor is None or failure.status != 400 or not failure.errcode:
                    raise  # otherwise the place is another homeserver's, or an older one's
        log.error(
            "the homeserver was put back to a backup, or is another one now: what was said since the last that was "
            "heard is looked for in every room"
        )
        return await self._sync_anew(), True

    async def _collect_keys(self) -> None:
        """Take in what was sent to this device alone. The cursor may be another device's of the account, which took
        over for a while: the server would throw away what came for us before it."""
        query = {"filter": json.dumps(_NO_ROOMS), "timeout": "0"}
        while True:
            answer = await self._answer(query, LONG_POLL + 30)
            if not answer.get("to_device", {}).get("events"):
                return
            self._try_decrypting |= self._client.absorb(answer)
            query["since"] = answer["next_batch"]

    async def _sync(self, cursor: str | None, patience: float) -> Json:
        query = {"filter": self._filter}
        if cursor is not None:
            query["since"] = cursor
        if self._full_state:
            query["full_state"] = "true"
            return await self._answer(query, FIRST_SYNC)
        query["timeout"] = str(int(patience * 1000))
        return await self._answer(query, LONG_POLL + 30)

    async def _answer(self, query: dict[str, str], timeout: float) -> Json:
        answer = await self._server.call("GET", path("sync"), query=query, timeout=timeout)
        if not isinstance(answer.get("next_batch"), str):
            raise Failure(200)  # JSON, but not the homeserver's
        return answer

    async def _sync_anew(self) -> Json:
        """As at the very first start; whose devices have changed meanwhile nobody tells."""
        self._full_state = True
        self._client.olm.users_for_key_query |= self._client.olm.tracked_users
        return await self._sync(None, 0.0)

    # --- what is new in a room -------------------------------------------------------------------------------------

    async def _all_news(self, rooms: Json, cursor: str) -> dict[str, list[Json]]:
        """By room its events since the cursor.

        A room whose earlier messages cannot be had is put off, with all that follows there, so that no other waits for
        it. When it is more than one, the homeserver may be in trouble rather than they: Failure is raised.
        """
        found: dict[str, list[Json]] = {}
        put_off = self._latecomers.rooms
        failed = False
        for room_id, room in rooms.items():
            if room_id not in put_off:
                try:
                    found[room_id] = await self._news.since(room_id, room, cursor, SOON)
                    continue
                except Failure as failure:
                    if failed or failure.errcode in REVOKED:
                        raise
                    failed = True
                    log.warning("a room's earlier messages cannot be had now (%s): it has to wait", failure)
            if room.get("timeline", {}).get("events"):
                self._latecomers.put_off(room_id, cursor, room)
        return found

    async def _all_lately(self, rooms: Json) -> dict[str, list[Json]]:
        """By room its events since the last that we heard. Raises Failure."""
        since = self._heard.since_ms(self._now_ms(), self._put_off.oldest_ms())
        return {
            room_id: await self._news.lately(room_id, room, since, REQUEST_TIMEOUT) for room_id, room in rooms.items()
        }

    async def _last_raws(self, room_id: str, room: Json, known: Room, cursor: str) -> list[Raw]:
        """Of a room that we are out of; what cannot be had of it now never can."""
        try:
            news = await self._news.since(room_id, room, cursor, SOON)
        except Failure as failure:
            if failure.errcode in REVOKED:
                raise
            news = room.get("timeline", {}).get("events", [])
        raws = await self._raws(news, room_id, known)
        if not any(changes_own(self._me, event, "leave", "ban") for event in news):
            raws.append(self._departure(room_id, known, cursor))
        return raws

    async def _raws_since(self, room_id: str, room: Json, cursor: str, within: float) -> list[Raw]:
        return await self._raws(await self._news.since(room_id, room, cursor, within), room_id, self._room(room_id))

    # --- handing over ----------------------------------------------------------------------------------------------

    async def _raws(self, events: list[Json], room_id: str, room: Room) -> list[Raw]:
        opened = []
        for event in events:
            self._shares.note(room_id, event, self._now_ms())
            if event["type"] == "m.room.redaction":  # a key that comes now brings it back no more
                self._undecrypted.forget([_redacted(event)])
            if self._concerns(event) or _comes(event) or _goes(event, alone=room.direct and room.members == 1):
                opened.append(self._opened(event, room_id))
        # All at once: nobody waits for one of them after the other where the homeserver is slow.
        may = await asyncio.gather(*(self._may_say_so(event, room_id) for event in opened))
        return [self._raw(event, room_id, room) for event, may_say in zip(opened, may, strict=True) if may_say]

    def _raw(self, event: Json, room_id: str, room: Room) -> Raw:
        known = self._client.rooms.get(room_id)
        sender = known.users.get(event["sender"]) if known else None
        event, id = self._shares.named(room_id, event)
        return raw(event, room_id, room, self._me, sender.display_name if sender else None, id)

    def _concerns(self, event: Json) -> bool:
        """Whether anybody could want to know, whoever is in the room: not what our other devices do."""
        if "state_key" in event:
            return event["type"] in _TOLD or changes_own(self._me, event, "join", "leave", "ban")
        return event["sender"] != self._me.id or "transaction_id" in event.get("unsigned", {})

    async def _may_say_so(self, event: Json, room_id: str) -> bool:
        """Whether it is not a change of what another has said: homeservers take such from anybody in the room, and
        leave it to whoever reads it to look. Failure is raised only where the login is not accepted any more."""
        changed = _changed(event)
        if changed is None or event["sender"] == self._me.id:
            return True
        try:
            original = await self._server.call("GET", path("rooms", room_id, "event", changed), timeout=SOON)
        except Failure as failure:
            if failure.errcode in REVOKED:
                raise
            return failure.status not in (403, 404)  # what we may not see was never handed over
        return bool(original.get("sender") == event["sender"])

    def _opened(self, event: Json, room_id: str) -> Json:
        """The event decrypted; one that cannot be is remembered and stays as it is. So does a change of what cannot be
        read yet: heard first, it would be about nothing, and what is not so any more would be heard in the end."""
        unsigned = event.get("unsigned", {})
        if event["type"] != "m.room.encrypted" or "transaction_id" in unsigned or "redacted_because" in unsigned:
            return event
        clear = self._client.decrypted(event, room_id)
        if clear is None or self._undecrypted.has(_changed(clear)):
            self._undecrypted.keep(room_id, event, self._now_ms())
            return event
        return clear

    async def _readable_now(self) -> list[Raw]:
        """The events whose key has come since, under the ids that they already had."""
        self._undecrypted.forget_old(self._now_ms())
        waiting = ((room_id, e) for room_id, e in self._undecrypted.waiting() if self._client.has_key(e, room_id))
        attempts = ((room_id, self._client.decrypted(e, room_id)) for room_id, e in waiting)
        readable: list[Raw] = []
        opened: set[str | None] = set()
        for room_id, event in attempts:
            if event is None:
                continue
            if (changed := _changed(event)) not in opened and self._undecrypted.has(changed):
                continue
            opened.add(event["event_id"])
            if not await self._may_say_so(event, room_id):
                self._undecrypted.forget([event["event_id"]])
                continue
            found = self._raw(event, room_id, self._room(room_id))
            readable += [found] if found.id == event["event_id"] else [found, replace(found, id=event["event_id"])]
        return readable

    def _invitation(self, room_id: str, room: Json, cursor: str | None) -> Raw:
        """Its id names the place in the stream: the invitation is shown without one, and may come again as it was."""
        state = [event for event in room.get("invite_state", {}).get("events", []) if _is_state(event)]
        ours = last_place(state, lambda e: e.get("type") == "m.room.member" and e.get("state_key") == self._me.id)
        unsaid: Json = {"type": "m.room.member", "content": {"membership": "invite"}}
        event = state[ours] if ours is not None else unsaid
        inviter = event.get("sender")
        names = (e["content"].get("displayname") for e in state if e.get("state_key") == inviter)
        titles = (e["content"].get("name") for e in state if e.get("type") == "m.room.name")
        kinds = {e.get("type") for e in state}
        direct = event.get("content", {}).get("is_direct") is True
        if direct:
            self._client.direct.add(room_id)
        event = {"origin_server_ts": self._now_ms(), "state_key": self._me.id} | event | {"unsigned": {}}
        facts = Room(direct, "m.room.encryption" in kinds, 0, _words(titles))
        return raw(event, room_id, facts, self._me, _words(names), f"invite:{room_id}:{cursor}")

    def _departure(self, room_id: str, room: Room, cursor: str) -> Raw:
        """We are out of the room, and the server does not say how that came."""
        event = {
            "type": "m.room.member",
            "sender": self._me.id,
            "state_key": self._me.id,
            "origin_server_ts": self._now_ms(),
            "content": {"membership": "leave"},
        }
        return raw(event, room_id, room, self._me, None, f"leave:{room_id}:{cursor}")

    def _room(self, room_id: str) -> Room:
        """A private chat has at most one person besides us, whatever anybody calls it: what is said there is secret."""
        room = self._client.rooms.get(room_id)
        called_direct = room_id in self._client.direct
        if room is None:
            return Room(called_direct, room_id in self._client.encrypted_rooms, 0, None)
        name = room.named_room_name()
        direct = len(room.users) <= 2 and (called_direct or not name)
        return Room(direct, room.encrypted, len(room.users), name)

    # --- afterwards ------------------------------------------------------------------------------------------------

    def _note_direct(self, answer: Json) -> None:
        for event in answer.get("account_data", {}).get("events", []):
            if event.get("type") == "m.direct":
                self._client.direct |= direct.rooms_of(event.get("content"))
        for room_id, room in answer.get("rooms", {}).get("join", {}).items():
            for event in room.get("timeline", {}).get("events", []):
                before = event.get("unsigned", {}).get("prev_content", {})
                if changes_own(self._me, event, "join") and before.get("is_direct") is True:
                    self._client.direct.add(room_id)

    async def _afterwards(self, rooms: Json, own_joins: list[tuple[str, Json]]) -> None:
        """What the server is told or asked once the batch is safe; none of it may hold up the stream."""
        try:
            await self._client.chores()
            await self._signing.tend()
            for room_id, event in own_joins:
                inviter = event.get("unsigned", {}).get("prev_sender")
                if room_id in self._client.direct and inviter:
                    await direct.remember(self._server, self._me.id, room_id, inviter)
        except Failure as failure:
            if failure.errcode in REVOKED:
                raise
            log.warning("the homeserver did not take what follows a sync (%s); it is tried again", failure)

    async def _follow_all(self, rooms: Json) -> None:
        """Join the rooms that replace others, where they let us in soon; the core asks again, with more patience, and
        alone where a room says so again."""
        tombstones: list[tuple[str, Json]] = []
        for room_id, room in rooms.get("join", {}).items():
            events: list[Json] = room.get("timeline", {}).get("events", [])
            tombstone = last_place(events, lambda e: e["type"] == "m.room.tombstone" and e.get("state_key") == "")
            if tombstone is None:
                continue
            if room_id in self._followed:
                self._client.replacement(room_id, events[tombstone])
            else:
                self._followed.add(room_id)
                tombstones.append((room_id, events[tombstone]))
        await asyncio.gather(*(self._client.follow(room_id, event, SOON) for room_id, event in tombstones))


def _is_state(event: object) -> bool:
    """What an invitation tells of its room the inviter's homeserver says, and nobody checks the shape of it."""
    return isinstance(event, dict) and isinstance(event.get("type"), str) and isinstance(event.get("content"), dict)


def _words(said: Iterator[object]) -> str | None:
    """The first that is any."""
    return next((words for words in said if isinstance(words, str)), None)


def _changed(event: Json) -> str | None:
    """The event that this one says reads otherwise now."""
    content = event.get("content")
    relation = content.get("m.relates_to") if isinstance(content, dict) else None
    if not isinstance(relation, dict) or relation.get("rel_type") != "m.replace":
        return None
    original = relation.get("event_id")
    return original if isinstance(original, str) and original.isascii() else None


def _redacted(event: Json) -> str:
    """The event that is taken back; where that is said depends on the room's version."""
    return str(event.get("redacts") or event["content"].get("redacts"))


def _comes(event: Json) -> bool:
    """Whether somebody joins the room, rather than changing their name in it."""
    now, before = _membership(event)
    return now == "join" != before


def _goes(event: Json, alone: bool) -> bool:
    """Whether somebody has left the room or was put out of it; where we are `alone` then, also who does not want to
    come."""
    now, before = _membership(event)
    return now in ("leave", "ban") and before in ("join", None, *(("invite",) if alone else ()))


def _membership(event: Json) -> tuple[object, object]:
    """What somebody is to the room now, and what they were before; nothing where it is about something else."""
    if event.get("type") != "m.room.member" or "state_key" not in event:
        return None, None
    now, before = event.get("content", {}), event.get("unsigned", {}).get("prev_content", {})
    return now.get("membership"), before.get("membership")
