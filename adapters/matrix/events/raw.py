"""The shape of a stored Matrix event: what parsing needs of it and of its room, and nothing more."""

from __future__ import annotations

import json
from dataclasses import dataclass

from adapters.matrix.connection.homeserver import Json
from bot.incoming import Raw

_KEPT = ("event_id", "type", "sender", "origin_server_ts", "state_key", "redacts", "sealed")
_BEFORE = {"m.room.pinned_events": "pinned"}
"""What is kept of how a state was before, where it is not a membership."""
DERIVED = "~choice"  # in the transaction ids of what accompanies a message, of which nobody needs an echo


@dataclass(frozen=True, slots=True)
class Room:
    """What only the client knows of a room, at the time an event in it arrived."""

    direct: bool  # a private chat with one person
    encrypted: bool
    members: int  # joined or invited, ourselves included
    name: str | None


@dataclass(frozen=True, slots=True)
class Me:
    """The account, as others call it."""

    id: str
    name: str | None


def raw(event: Json, room_id: str, room: Room, me: Me, sender_name: str | None, raw_id: str | None = None) -> Raw:
    """The event as it is kept. `raw_id` is needed where the event has no id of its own."""
    where = {"direct": room.direct, "encrypted": room.encrypted, "members": room.members, "name": room.name}
    body = {"event": trimmed(event), "room": where, "me": {"id": me.id, "name": me.name}, "name": sender_name}
    # JSON's escapes keep whatever strange characters a client has sent
    return Raw(raw_id or event["event_id"], room_id, json.dumps(body, separators=(",", ":")).encode())


def trimmed(event: Json) -> Json:
    kept: Json = {key: event[key] for key in _KEPT if key in event}
    unsigned = event.get("unsigned") or {}
    if "transaction_id" in unsigned:
        kept["transaction"] = unsigned["transaction_id"]  # of our own: what it says we know
    elif event.get("type") != "m.room.encrypted":
        kept["content"] = event.get("content")
    if "redacted_because" in unsigned:
        kept["redacted"] = True
    if "prev_content" in unsigned:
        kept["before"] = unsigned["prev_content"].get(_BEFORE.get(event.get("type", ""), "membership"))
        kept["before_by"] = unsigned.get("prev_sender")
    return kept
