"""Who is in a room, and who else could read along: what its state says of joining, earlier messages, encryption."""

from __future__ import annotations

from adapters.matrix.connection.errors import send_error
from adapters.matrix.connection.homeserver import Failure, Homeserver, Json, path
from bot.model import Chat


async def inspect(server: Homeserver, chat: Chat) -> tuple[str, ...]:
    """Raises a SendError. A room that people must be let into, or that is open to the members of a space, is well."""
    try:
        joining = await _state(server, chat.id, "m.room.join_rules")
        history = await _state(server, chat.id, "m.room.history_visibility")
        encryption = await _state(server, chat.id, "m.room.encryption")
    except Failure as failure:
        raise send_error(failure) from failure
    found = []
    if joining is not None and joining.get("join_rule") == "public":
        found.append("public")
    # client-server API, "m.room.history_visibility": a room that does not say is "shared"
    match "shared" if history is None else history.get("history_visibility", "shared"):
        case "world_readable":
            found.append("open")
        case "shared":
            found.append("history")
    if encryption is None or "algorithm" not in encryption:
        found.append("unencrypted")
    return tuple(found)


async def is_in(server: Homeserver, chat: Chat, person: str) -> bool:
    """Raises a SendError."""
    try:
        member = await _state(server, chat.id, "m.room.member", person)
    except Failure as failure:
        raise send_error(failure) from failure
    return member is not None and member.get("membership") == "join"


async def _state(server: Homeserver, room_id: str, kind: str, *key: str) -> Json | None:
    try:
        return await server.call("GET", path("rooms", room_id, "state", kind, *key))
    except Failure as failure:
        if failure.errcode == "M_NOT_FOUND":
            return None
        raise
