"""What people send besides text, each kind with the fields Telegram gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers.botapi import wire
from tests.servers.botapi.state import World

Json = dict[str, Any]
Describe = Callable[[Json], Any]

_PLACE = {"latitude": 50.8466, "longitude": 4.3528}
_CLIP = {"width": 320, "height": 240, "duration": 2}


def _sizes(file: Json) -> list[Json]:
    return [file | {"width": 90, "height": 67}, file | {"width": 800, "height": 600}]


# Kinds that are files: the folder of the file on the server, its type, and the object made of the file's own fields.
_FILES: dict[str, tuple[str, str | None, Describe]] = {
    "photo": ("photos", None, _sizes),
    "voice": ("voice", "audio/ogg", lambda file: file | {"duration": 3}),
    "audio": ("music", "audio/mpeg", lambda file: file | {"duration": 3}),
    "video": ("videos", "video/mp4", lambda file: file | _CLIP),
    "animation": ("animations", "video/mp4", lambda file: file | _CLIP),
    "video_note": ("video_notes", None, lambda file: file | {"length": 240, "duration": 2}),
    "document": ("documents", "application/pdf", lambda file: file | {"file_name": "paper.pdf"}),
    "sticker": (
        "stickers",
        None,
        lambda file: (
            file
            | {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": "👍"}
        ),
    ),
}
_OTHERS: dict[str, Json] = {
    "location": _PLACE,
    "venue": {"location": _PLACE, "title": "Grote Markt", "address": "Grote Markt 1"},
    "contact": {"phone_number": "+32470000000", "first_name": "Somebody"},
    "dice": {"emoji": "🎲", "value": 4},
    "story": {"id": 1, "chat": {"id": 7100000777, "type": "private", "first_name": "Somebody"}},
    "poll": {
        "id": "5330000000000000001",
        "question": "When?",
        "options": [
            {"persistent_id": "0", "text": "Today", "voter_count": 0},
            {"persistent_id": "1", "text": "Tomorrow", "voter_count": 0},
        ],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": True,
        "members_only": False,
    },
}
KINDS = (*_FILES, *_OTHERS)


def content_of(kind: str, world: World, body: bytes, seconds: int | None = None, name: str | None = None) -> Json:
    """The message fields of a new attachment; an animation is a document as well, a venue a location."""
    if kind in _OTHERS:
        return {kind: _OTHERS[kind]} | ({"location": _PLACE} if kind == "venue" else {})
    folder, mime, describe = _FILES[kind]
    file = wire.file_json(world.add_file(body, folder, mime=mime)) | wire.present(mime_type=mime)
    described = describe(file)
    if seconds is not None:
        described["duration"] = seconds
    if name is not None:
        described["file_name"] = name
    content = {kind: described}
    return content | ({"document": file} if kind == "animation" else {})
