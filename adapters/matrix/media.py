"""Fetching the bytes of an attachment, and decrypting them where they came through an encrypted room."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import quote

import nio
from nio.crypto import decrypt_attachment

from adapters.matrix.errors import send_error
from adapters.matrix.homeserver import Failure, Homeserver, Json
from bot.model import Attachment
from bot.ports import Refused


async def fetch(server: Homeserver, attachment: Attachment, into: Path) -> None:
    """Raises a SendError."""
    where = json.loads(attachment.key)
    authority, _, media_id = where["url"].removeprefix("mxc://").partition("/")
    media = f"download/{quote(authority, safe=':')}/{quote(media_id, safe='')}"
    try:
        try:
            await server.download(f"/_matrix/client/v1/media/{media}", into)
        except Failure as failure:
            if failure.errcode != "M_UNRECOGNIZED":  # a homeserver from before Matrix 1.11
                raise
            await server.download(f"/_matrix/media/v3/{media}", into)
    except Failure as failure:
        raise send_error(failure) from failure
    if "key" in where:
        await asyncio.to_thread(_decrypt, into, where)


def _decrypt(file: Path, where: Json) -> None:
    try:
        clear = decrypt_attachment(file.read_bytes(), where["key"]["k"], where["hashes"]["sha256"], where["iv"])
    except (nio.EncryptionError, KeyError, TypeError, ValueError) as error:
        file.unlink()
        raise Refused("the attachment cannot be decrypted") from error
    file.write_bytes(clear)
