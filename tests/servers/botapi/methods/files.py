"""Messages with a file, and getting files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers.botapi import wire
from tests.servers.botapi.errors import bad_request
from tests.servers.botapi.methods.call import Call
from tests.servers.botapi.methods.sending import caption_content, send

Json = dict[str, Any]


def _file_content(call: Call, kind: str, describe: Callable[[Json], Any]) -> Json:
    upload = call.params.upload(kind)
    if upload is not None:
        file = call.world.add_file(upload.body, f"{kind}s", upload.name, upload.mime)
    else:
        known = call.world.files.get(call.params.text(kind))
        if known is None:
            empty = not call.params.text(kind)
            raise bad_request(
                f"there is no {kind} in the request" if empty else "wrong file identifier/HTTP URL specified"
            )
        file = known
    shown = wire.file_json(file) | wire.present(file_name=file.name, mime_type=file.mime)
    return {kind: describe(shown)} | caption_content(call.params)


def _sizes(shown: Json) -> list[Json]:
    plain = {key: value for key, value in shown.items() if key not in ("file_name", "mime_type")}
    return [plain | {"width": 90, "height": 67}, plain | {"width": 800, "height": 600}]


def _voice(shown: Json) -> Json:
    return {key: value for key, value in shown.items() if key != "file_name"} | {"duration": 1}


def send_photo(call: Call) -> Json:
    return send(call, lambda: _file_content(call, "photo", _sizes))


def send_document(call: Call) -> Json:
    return send(call, lambda: _file_content(call, "document", lambda shown: shown))


def send_voice(call: Call) -> Json:
    return send(call, lambda: _file_content(call, "voice", _voice))


def get_file(call: Call) -> Json:
    file = call.world.files.get(call.params.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    return wire.file_json(file) | {"file_path": file.path}
