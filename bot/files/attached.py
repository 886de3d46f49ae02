"""What came with words, or instead of them: how it is called, and what it may be named. Pure."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from bot.content import Sentence, say
from bot.model import Attachment

CALLED = {
    "photo": "attached-photo",
    "voice": "attached-voice",
    "audio": "attached-audio",
    "video": "attached-video",
    "video_note": "attached-video",
    "animation": "attached-video",
}
SPOKEN = frozenset({"voice", "audio", "video_note"})
"""Kinds in which somebody most likely speaks."""

_NAMED = {
    "photo": "photo",
    "voice": "voice",
    "audio": "sound",
    "video": "video",
    "video_note": "video",
    "animation": "animation",
}
_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/x-m4a": ".m4a",
    "audio/aac": ".aac",
    "audio/wav": ".wav",
    "audio/webm": ".weba",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}
_TYPES = {suffix: mime for mime, suffix in reversed(_SUFFIXES.items())} | {
    ".jpeg": "image/jpeg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}
_ANY = "application/octet-stream"
_LONGEST_STEM, _LONGEST_SUFFIX = 60, 10  # characters
_SUFFIX = re.compile(r"\.[A-Za-z0-9]+")
_MIME = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")


def called(attachment: Attachment) -> Sentence:
    """What it is, with its length where that is known: "voice message, 0:12"."""
    what = say(CALLED.get(attachment.kind, "attached-file"))
    if attachment.seconds is None:
        return what
    return say("attached-long", what=what, length=clock_of(attachment.seconds))


def clock_of(seconds: int) -> str:
    """A length of time as players show it: 0:12, 1:02:03."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def mime_of(attachment: Attachment) -> str:
    """Its type, if what its sender's app says of it is one; where it says none, what its name ends in."""
    mime = (attachment.mime or "").partition(";")[0].strip().lower()
    if mime != _ANY and _MIME.fullmatch(mime):
        return mime
    return _TYPES.get(PurePosixPath(attachment.name or "").suffix.lower(), _ANY)


def name_of(attachment: Attachment) -> str:
    """What a file is called when it is passed on.

    A document keeps its name, without what could lead elsewhere, hide its ending or turn around the text beside it.
    Everything else gets a plain one: what a telephone calls a photo says when it was made, and on what.
    """
    suffix = _SUFFIXES.get(mime_of(attachment), "")
    if attachment.kind in _NAMED:
        return _NAMED[attachment.kind] + suffix
    given = _plain(attachment.name or "")
    path = PurePosixPath(given)
    named = path.suffix if _SUFFIX.fullmatch(path.suffix) and len(path.suffix) <= _LONGEST_SUFFIX else ""
    stem = given[: len(given) - len(named)].strip(" .")[:_LONGEST_STEM].strip(" .")
    return (stem or "file") + (named or suffix)


def _plain(name: str) -> str:
    """The last step of a path, in letters, digits and harmless signs."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char if unicodedata.category(char)[0] in "LMN" or char in " .-_()" else "_" for char in last)
    return " ".join(kept.split()).strip(" .")
