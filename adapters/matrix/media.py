"""Files: fetched and decrypted, encrypted and uploaded, piece by piece, and told of in an event."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from Crypto.Cipher import AES  # what nio itself decrypts with, but whole
from Crypto.Hash import SHA256
from Crypto.Util import Counter
from nio.crypto.attachments import encrypted_attachment_generator

from adapters.matrix.connection.errors import send_error
from adapters.matrix.connection.homeserver import Failure, Homeserver, Json
from adapters.matrix.events.html import body, formatted
from bot.files.attached import mime_of, name_of
from bot.model import Attachment
from bot.outgoing import SendFile
from bot.ports import LARGEST_FILE, NotSent, Refused, SendError, TooLarge

PIECE = 64 * 1024
_MSGTYPES = {
    "photo": "m.image",
    "voice": "m.audio",
    "audio": "m.audio",
    "video": "m.video",
    "video_note": "m.video",
    "animation": "m.video",
}

# --- coming --------------------------------------------------------------------------------------------------------


async def fetch(server: Homeserver, attachment: Attachment, into: Path, most: int) -> None:
    """Raises a SendError."""
    where = json.loads(attachment.key)
    if not where["url"].isascii():
        raise Refused("the attachment has no address that there could be")
    authority, _, media_id = where["url"].removeprefix("mxc://").partition("/")
    media = f"download/{quote(authority, safe=':')}/{quote(media_id, safe='')}"
    try:
        try:
            await server.download(f"/_matrix/client/v1/media/{media}", into, most)
        except Failure as failure:
            if failure.errcode != "M_UNRECOGNIZED":  # a homeserver from before Matrix 1.11
                raise
            await server.download(f"/_matrix/media/v3/{media}", into, most)
    except Failure as failure:
        raise send_error(failure) from failure
    if "key" in where:
        await asyncio.to_thread(_decrypt, into, where)


def _decrypt(file: Path, where: Json) -> None:
    """In place: what was encrypted is as long as what comes out of it."""
    try:
        key, start = _bytes(where["key"]["k"]), _bytes(where["iv"])
        if len(key) != 32 or len(start) != 16:
            raise ValueError
        counter = Counter.new(64, prefix=start[:8], initial_value=int.from_bytes(start[8:], "big"))
        cipher = AES.new(key, AES.MODE_CTR, counter=counter)
        with file.open("r+b") as content:
            if _digest(content) != _bytes(where["hashes"]["sha256"]):
                raise ValueError
            content.seek(0)
            while piece := content.read(PIECE):
                content.seek(-len(piece), 1)
                content.write(cipher.decrypt(piece))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        file.unlink()
        raise Refused("the attachment cannot be decrypted") from error


def _digest(content: BinaryIO) -> bytes:
    sha256 = SHA256.new()
    while piece := content.read(PIECE):
        sha256.update(piece)
    return sha256.digest()


def _bytes(encoded: str) -> bytes:
    """Base64 in either alphabet, without its padding."""
    plain = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


# --- going ---------------------------------------------------------------------------------------------------------


async def largest(server: Homeserver) -> int:
    """Bytes of the largest file that the homeserver takes, and we want to pass on. Raises Failure."""
    for where in ("/_matrix/client/v1/media/config", "/_matrix/media/v3/config"):
        try:
            size = (await server.call("GET", where)).get("m.upload.size")
        except Failure as failure:
            if not failure.errcode:  # an answer, and be it a refusal, is the homeserver's last word
                raise
        else:
            return min(size, LARGEST_FILE) if isinstance(size, int) and size >= 0 else LARGEST_FILE
    return LARGEST_FILE


async def uploaded(server: Homeserver, action: SendFile, encrypt: bool) -> Json:
    """Where the file is now, as the event tells it. Raises a SendError: nothing has been said by it yet."""
    if action.file is None:
        raise Refused("there is no file to send")
    size = await asyncio.to_thread(lambda file: file.stat().st_size, action.file)
    keys: Json = {}
    pieces = _encrypted(action.file, keys) if encrypt else _read(action.file)
    mime = "application/octet-stream" if encrypt else mime_of(action.attachment)
    try:
        url = await server.upload(pieces, size, mime)
    except Failure as failure:
        raise _upload_error(failure) from failure
    where: Json = {"file": {"url": url, **keys}} if encrypt else {"url": url}
    return where | {"size": size}


def _upload_error(failure: Failure) -> SendError:
    if failure.status == 413 or failure.errcode == "M_TOO_LARGE":
        return TooLarge("the homeserver finds it too large")
    error = send_error(failure)
    return error if isinstance(error, NotSent | Refused) else NotSent(f"the file could not be uploaded ({failure})")


async def _read(file: Path) -> AsyncIterator[bytes]:
    for piece in _pieces(file):
        yield piece


async def _encrypted(file: Path, keys: Json) -> AsyncIterator[bytes]:
    """The encrypted pieces; then `keys` holds what decrypts them."""
    for piece in encrypted_attachment_generator(_pieces(file)):
        if isinstance(piece, dict):
            keys |= piece
        else:
            yield piece


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece


def told(action: SendFile, where: Json) -> Json:
    """The event's content, but for what it relates to."""
    of = action.attachment
    mime = mime_of(of)
    info: dict[str, Any] = {"mimetype": mime, "size": where["size"]}
    if of.seconds is not None:
        info["duration"] = of.seconds * 1000
    if of.width is not None and of.height is not None:
        info |= {"w": of.width, "h": of.height}
    moves = of.kind == "animation" and mime.startswith("image/")
    content: Json = {
        "msgtype": "m.image" if moves else _MSGTYPES.get(of.kind, "m.file"),
        "body": name_of(of),
        "filename": name_of(of),
        "info": info,
        "m.mentions": {},
    } | {key: value for key, value in where.items() if key != "size"}
    if of.kind == "voice":  # MSC3245, as every app writes and reads it
        content["org.matrix.msc3245.voice"] = {}
        if of.seconds is not None:  # apps on ruma drop a whole message in which this field says no duration
            shape = {"waveform": list(of.waveform)} if of.waveform else {}
            content["org.matrix.msc1767.audio"] = {"duration": info["duration"]} | shape
    if action.caption:
        content["body"] = body(action.caption)
        html = formatted(action.caption)
        content |= {} if html is None else {"format": "org.matrix.custom.html", "formatted_body": html}
    return content
