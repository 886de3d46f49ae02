"""What a message brings beside words: its files."""

from __future__ import annotations

import json

from msgspec.structs import replace as changed

from adapters.matrix.connection.homeserver import Json
from adapters.matrix.events.fields import storable, string
from bot.model import Attachment

MEDIA = {"m.image": "photo", "m.audio": "audio", "m.video": "video", "m.file": "document"}
GALLERIES = {"m.gallery", "dm.filament.gallery"}  # several files with one caption: MSC4274
_MOST_FILES = 50  # of one message; an event has room for a thousand
LOUDEST = 1024  # of a waveform, says MSC1767; it recommends 30 to 120 bars
_MOST_BARS = 500
_WIDEST = 100_000  # pixels; what is wider is a mistake
_LONGEST = 24 * 3600 * 1000  # milliseconds; what is longer is a mistake


def files(content: Json) -> tuple[Attachment, ...]:
    """What a message brings beside words; nothing where that is more than anybody chooses by hand."""
    msgtype = content.get("msgtype")
    if msgtype in GALLERIES:
        items = content["itemtypes"]
        return tuple(_attachment(item, item["itemtype"]) for item in items) if len(items) <= _MOST_FILES else ()
    return (_attachment(content, msgtype),) if msgtype in MEDIA else ()


def files_now(content: Json) -> tuple[Attachment, ...]:
    """The same of a changed message, whose words count whatever is wrong with its file."""
    try:
        return files(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        return ()


def sticker(content: Json) -> tuple[Attachment, ...]:
    picture = _attachment(content, "m.image")
    return (changed(picture, mime=picture.mime or "image/png"),)


def _attachment(content: Json, msgtype: str) -> Attachment:
    info = content.get("info") or {}
    voice = "org.matrix.msc3245.voice" in content or "m.voice" in content
    encrypted = content.get("file")
    where = encrypted if isinstance(encrypted, dict) else {"url": string(content["url"])}
    if not string(where["url"]).startswith("mxc://"):
        raise ValueError("an attachment that is not in the media store")
    size, mime = info.get("size"), info.get("mimetype")
    width, height = _measures(info)
    return Attachment(
        "voice" if voice and msgtype == "m.audio" else "animation" if mime == "image/gif" else MEDIA[msgtype],
        json.dumps(where, separators=(",", ":"), sort_keys=True),
        string(content["filename" if content.get("filename") else "body"]),
        size if isinstance(size, int) and size >= 0 else None,
        storable(mime) if isinstance(mime, str) else None,
        _seconds(content, info),
        width,
        height,
        _waveform(content),
    )


def _measures(info: Json) -> tuple[int, int] | tuple[None, None]:
    """Width and height: both, or neither."""
    width, height = info.get("w"), info.get("h")
    known = all(type(one) is int and 0 < one <= _WIDEST for one in (width, height))
    return (width, height) if known else (None, None)


def _waveform(content: Json) -> tuple[int, ...]:
    """How loud a voice is along its length (MSC1767); empty where what stands there is none."""
    loud = (content.get("org.matrix.msc1767.audio") or {}).get("waveform")
    if not isinstance(loud, list) or len(loud) > _MOST_BARS or not all(type(one) is int for one in loud):
        return ()
    return tuple(min(max(one, 0), LOUDEST) for one in loud)


def _seconds(content: Json, info: Json) -> int | None:
    told = info.get("duration")
    if told is None:
        told = (content.get("org.matrix.msc1767.audio") or {}).get("duration")
    return round(told / 1000) if isinstance(told, int | float) and 0 <= told < _LONGEST else None
