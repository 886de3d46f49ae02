"""The parameters of a call, however they came: query, form, JSON or multipart, numbers and objects as text or not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.botapi.errors import bad_request

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    mime: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Params:
    values: Json = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default if value is None else json.dumps(value)

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self.values.get(name)
        try:
            return default if value is None or value == "" else int(value)
        except (TypeError, ValueError, OverflowError):
            return default

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "yes", "1")

    def parsed(self, name: str) -> Any:
        """An object or list: as it is, or out of its JSON text; None where it is absent or empty."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def array(self, name: str) -> list[Any]:
        value = self.parsed(name)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"expected an Array of {name}")
        return value or []

    def objects(self, name: str) -> list[Json]:
        values = self.array(name)
        if not all(isinstance(value, dict) for value in values):
            raise bad_request(f"expected an Array of Objects as {name}")
        return values

    def object(self, name: str) -> Json:
        """Empty where it is absent."""
        value = self.parsed(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"object expected as {name.replace('_', ' ')}")
        return value or {}

    def upload(self, name: str) -> Upload | None:
        """The file sent as `name`, directly or by `attach://…`."""
        value = self.values.get(name)
        if isinstance(value, str) and value.startswith("attach://"):
            return self.uploads.get(value.removeprefix("attach://"))
        return self.uploads.get(name)


async def read_params(request: web.Request) -> Params:
    """Raises ApiError 400 for a body that is not what it says it is."""
    values: Json = dict(request.query)
    if request.method != "POST" or not request.body_exists:
        return Params(values)
    match request.content_type:
        case "application/json":
            return Params(values | _json_object(await request.read()))
        case "multipart/form-data" | "application/x-www-form-urlencoded":
            return await _form(request, values)
    return Params(values)


def _json_object(body: bytes) -> Json:
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("object expected as JSON body")
    if b"\\u" in body:
        _check_encoding(value)
    return value


def _check_encoding(value: object) -> None:
    """Half a surrogate pair has no UTF-8 encoding; Telegram takes no such text."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


async def _form(request: web.Request, values: Json) -> Params:
    uploads = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            uploads[name] = Upload(value.filename, value.content_type, value.file.read())
        else:
            values[name] = value
    return Params(values, uploads)
