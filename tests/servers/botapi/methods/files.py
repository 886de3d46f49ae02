"""Messages with a file, their captions, and getting files.

The refusals of what is too large are worded as TDLib words them (FileManager.cpp) and the Bot API server hands them on.
"""

from __future__ import annotations

from typing import Any

from tests.servers.botapi import wire
from tests.servers.botapi.errors import bad_request
from tests.servers.botapi.methods.call import Call, Method
from tests.servers.botapi.methods.messages import edit, editable
from tests.servers.botapi.methods.sending import caption_content, send
from tests.servers.botapi.state import StoredFile

Json = dict[str, Any]

LARGEST_DOWNLOAD = 20 * 2**20  # bytes
LARGEST_PHOTO = 10 * 2**20

# Each kind with the fields that it shows besides those of every file.
_SHOWN: dict[str, tuple[str, ...]] = {
    "photo": (),
    "voice": ("mime_type", "duration"),
    "audio": ("mime_type", "file_name", "duration"),
    "video": ("mime_type", "file_name", "duration", "width", "height"),
    "video_note": ("duration", "length"),
    "animation": ("mime_type", "file_name", "duration", "width", "height"),
    "document": ("mime_type", "file_name"),
}


def sender(kind: str) -> Method:
    """sendPhoto, sendVoice, …"""
    return lambda call: send(call, lambda: _content(call, kind))


def _content(call: Call, kind: str) -> Json:
    file = _file(call, kind)
    known: Json = {
        "mime_type": file.mime,
        "file_name": file.name,
        "duration": call.params.number("duration", 0),
        "length": call.params.number("length", 240),
        "width": call.params.number("width", 320),
        "height": call.params.number("height", 240),
    }
    shown = wire.file_json(file) | wire.present(**{name: known[name] for name in _SHOWN[kind]})
    content: Json = {kind: _sizes(shown) if kind == "photo" else shown}
    if kind == "animation":
        content["document"] = wire.file_json(file) | wire.present(mime_type=file.mime, file_name=file.name)
    return content | ({} if kind == "video_note" else caption_content(call.params))


def _file(call: Call, kind: str) -> StoredFile:
    upload = call.params.upload(kind)
    if upload is None:
        known = call.world.files.get(call.params.text(kind))
        if known is None:
            empty = not call.params.text(kind)
            raise bad_request(
                f"there is no {kind} in the request" if empty else "wrong file identifier/HTTP URL specified"
            )
        return known
    if not upload.body:
        raise bad_request("file must be non-empty")
    if kind == "photo" and len(upload.body) > LARGEST_PHOTO:
        raise bad_request(f'file "{upload.name}" of size {len(upload.body)} bytes is too big for a photo')
    if kind == "photo" and upload.mime not in ("image/jpeg", "image/png", "image/webp"):
        raise bad_request("IMAGE_PROCESS_FAILED")
    return call.world.add_file(upload.body, f"{kind}s", upload.name, upload.mime)


def _sizes(shown: Json) -> list[Json]:
    return [shown | {"width": 90, "height": 67}, shown | {"width": 800, "height": 600}]


def edit_message_caption(call: Call) -> Json:
    message = editable(call)
    if message.content.keys().isdisjoint(_SHOWN.keys() - {"video_note"}):
        raise bad_request("there is no caption in the message to edit")
    kept = {name: value for name, value in message.content.items() if name not in ("caption", "caption_entities")}
    return edit(call, message, kept | caption_content(call.params))


def get_file(call: Call) -> Json:
    file = call.world.files.get(call.params.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    if len(file.body) > LARGEST_DOWNLOAD:
        raise bad_request("file is too big")
    return wire.file_json(file) | {"file_path": file.path}
