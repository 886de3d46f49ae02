"""What matrix-nio is to see of what comes from the network, so that no stranger's event can trip it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from typing import Any

import nio
from peewee import PeeweeException  # type: ignore[import-untyped]  # what nio's key store raises

from adapters.matrix.connection.homeserver import Failure, Json
from adapters.matrix.events.fields import inner

log = logging.getLogger(__name__)

_STATE = {"m.room.member", "m.room.encryption", "m.room.name", "m.room.canonical_alias", "m.room.create"}


def read(answer: Json, known: Container[str]) -> nio.SyncResponse | None:
    """A /sync answer as nio reads it; None: there is nothing in it for nio. Raises Failure."""
    told = _for_nio(answer, known)
    if not (told["rooms"]["join"] or told["to_device"]["events"] or any(told["device_lists"].values())):
        return None
    response = guarded(nio.SyncResponse.from_dict, told)
    if response is None:  # one event in it trips nio already when it is read
        response = nio.SyncResponse.from_dict(_for_nio(answer, known, accept=_parses))
    if not isinstance(response, nio.SyncResponse):
        raise Failure(200)
    return response


def _for_nio(
    answer: Json, known: Container[str], accept: Callable[[Any, Json], bool] = lambda reader, event: True
) -> Json:
    """The part of a /sync answer that nio is to see: state, devices and keys, as far as `accept` lets it through.

    What people write is read by `receiving` from the answer itself, so that nothing in it can trip nio; of rooms that
    are `known`, and where people only write, nothing is left: nio checks each room against a schema, at length. State
    goes in as timeline, where each event is handled by itself.
    """
    rooms = {}
    for room_id, room in answer.get("rooms", {}).get("join", {}).items():
        events = [*room.get("state", {}).get("events", []), *room.get("timeline", {}).get("events", [])]
        told = [legible(e) for e in events if "state_key" in e and e.get("type") in _STATE]
        state = [e for e in told if accept(nio.Event, e)]
        if state or room_id not in known:
            rooms[room_id] = {
                "timeline": {"events": state, "limited": False, "prev_batch": ""},
                "state": {"events": []},
            }
    to_device = [e for e in answer.get("to_device", {}).get("events", []) if accept(nio.ToDeviceEvent, e)]
    return {
        "next_batch": answer["next_batch"],
        "rooms": {"join": rooms},
        "to_device": {"events": to_device},
        "device_lists": inner(answer, "device_lists"),
        "device_one_time_keys_count": answer.get("device_one_time_keys_count", {}),
    }


def _parses(reader: Any, event: Json) -> bool:
    return guarded(reader.parse_event, event) is not None


def legible(event: Json) -> Json:
    """A member without such a name or picture as makes nio overlook them: who is in the room must not go unseen.

    Who has no name any more says so: else nio goes on calling them what they were called before.
    """
    content = event.get("content")
    if event.get("type") != "m.room.member" or not isinstance(content, dict):
        return event
    shown = {key: content.get(key) for key in ("displayname", "avatar_url")}
    plain = {key: value if isinstance(value, str) else None for key, value in shown.items()}
    return event | {"content": content | plain}


def guarded(function: Callable[..., Any], *given: Any) -> Any:
    """Call into nio with what a stranger's client or server wrote; None where nio trips over it."""
    try:
        return function(*given)
    except PeeweeException:  # our own disk's fault
        raise
    except Exception as error:  # one crafted event must not stop the stream of everybody's
        log.warning("matrix-nio cannot handle something from the network: %s", type(error).__name__)
        return None
