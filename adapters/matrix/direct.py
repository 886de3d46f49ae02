"""Private chats with one person: which of our rooms are such, and the one that we open with somebody ourselves."""

from __future__ import annotations

from itertools import chain

from adapters.matrix.connection.client import Client
from adapters.matrix.connection.errors import send_error
from adapters.matrix.connection.homeserver import Failure, Homeserver, Json, path
from bot.ports import NotSent, Refused

OPENING = 120.0  # seconds: the homeserver makes half a dozen events, and asks the person's own server
_ENCRYPTION: Json = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


# --- which of our rooms are such -------------------------------------------------------------------------------------


def rooms_of(content: object) -> set[str]:
    """The rooms of an m.direct account data event."""
    if not isinstance(content, dict):
        return set()
    lists = [rooms for rooms in content.values() if isinstance(rooms, list)]
    return {room for room in chain.from_iterable(lists) if isinstance(room, str)}


async def listed(server: Homeserver, user: str) -> Json:
    """The account's m.direct: each person's rooms. Raises Failure."""
    try:
        return await server.call("GET", _account_data(user))
    except Failure as failure:
        if failure.errcode == "M_NOT_FOUND":
            return {}
        raise


async def remember(server: Homeserver, user: str, room_id: str, person: str) -> None:
    """Write the private chat into the account data, where it outlives us; this is every client's duty. Raises
    Failure."""
    content = await listed(server, user)
    if room_id not in rooms_of(content):
        rooms = content.get(person)
        content[person] = [*(rooms if isinstance(rooms, list) else []), room_id]
        await server.call("PUT", _account_data(user), content)


def _account_data(user: str) -> str:
    return path("user", user, "account_data", "m.direct")


# --- opening one -----------------------------------------------------------------------------------------------------


async def open_with(server: Homeserver, client: Client, person: str) -> tuple[str, bool]:
    """The encrypted private chat with a person, and whether they are in it or only invited. Raises a SendError.

    There is no transaction for making a room. But a room that was made shows itself, since the invitation is part of
    it: so all our rooms are looked through before another one is made.
    """
    if not client.next_batch:
        raise NotSent("which rooms the account is in is not known yet")
    try:
        found = await _found(server, client, person)
        room_id, in_it = found or (await _made(server, person), False)
        client.direct.add(room_id)
        await remember(server, client.user_id, room_id, person)
    except Failure as failure:
        if failure.status == 403 and failure.errcode == "M_FORBIDDEN":
            raise Refused("the homeserver does not let the account open a private chat with them") from failure
        raise send_error(failure) from failure
    return room_id, in_it


async def _found(server: Homeserver, client: Client, person: str) -> tuple[str, bool] | None:
    """Rather one in which they are than one to which they are invited.

    What the last /sync told of a room spares us most of them; one that is being made was not complete then.
    """
    invited, both = None, {client.user_id, person}
    for room_id in (await server.call("GET", path("joined_rooms")))["joined_rooms"]:
        room = client.rooms.get(room_id)
        if room is not None and not both.issuperset(room.users):
            continue
        if room is not None and room.named_room_name() and room_id not in client.direct:
            continue  # a group to which nobody else has come yet
        memberships = await _memberships(server, room_id)
        if memberships.keys() != both or not await client.is_encrypted(room_id):
            continue
        if memberships[person] == "join":
            return room_id, True
        invited = invited or (room_id, False)
    return invited


async def _memberships(server: Homeserver, room_id: str) -> dict[str, str]:
    """Whoever is in the room or could come into it."""
    answer = await server.call("GET", path("rooms", room_id, "members"), query={"not_membership": "leave"})
    found = {event["state_key"]: event["content"]["membership"] for event in answer["chunk"]}
    return {user: membership for user, membership in found.items() if membership != "ban"}


async def _made(server: Homeserver, person: str) -> str:
    """It has no name: that of the other one is shown in its place. Nobody but us can bring others into it."""
    body: Json = {
        "preset": "private_chat",
        "is_direct": True,
        "invite": [person],
        "initial_state": [_ENCRYPTION],
        "power_level_content_override": {"invite": 100},
    }
    answer = await server.call("POST", path("createRoom"), body, timeout=OPENING)
    room_id: str = answer["room_id"]
    return room_id
