"""What a message brings beside words: files, and what is no file, named or written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace as changed

from adapters.telegram import kinds, wire
from bot.model import Attachment, Text, joined

_FILES = ("voice", "audio", "video", "video_note", "animation", "document")
_MIME = {
    "photo": "image/jpeg",
    "voice": "audio/ogg",
    "video_note": "video/mp4",
}  # what these are where Telegram does not say
# Kinds that are no file, named as Telegram names the field; a venue has a location too, so it stands first.
_OTHERS = (
    "sticker",
    "poll",
    "venue",
    "location",
    "contact",
    "dice",
    "game",
    "story",
    "checklist",
    "invoice",
    "paid_media",
    "giveaway",
    "live_photo",
    "rich_message",
)
# What Telegram itself says in a private chat.
_SERVICE_FIELDS = """
    pinned_message message_auto_delete_timer_changed write_access_allowed users_shared chat_shared connected_website
    passport_data successful_payment refunded_payment proximity_alert_triggered chat_background_set web_app_data gift
    unique_gift gift_upgrade_sent boost_added forum_topic_created forum_topic_edited forum_topic_closed
    forum_topic_reopened checklist_tasks_done checklist_tasks_added suggested_post_approved suggested_post_declined
    suggested_post_paid suggested_post_refunded suggested_post_approval_failed
"""
_SERVICE = frozenset(_SERVICE_FIELDS.split())


def files(message: wire.Message) -> tuple[Attachment, ...]:
    """The file of a message: an album comes as one message for each."""
    if message.photo:
        return (_attachment("photo", _largest(message.photo)),)
    files = ((kind, getattr(message, kind)) for kind in _FILES)
    # An animation comes as a document as well; the first one that is there is what the message is.
    return next(((_attachment(kind, file),) for kind, file in files if file is not None), ())


def picture(fields: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """What is shown as a picture elsewhere: a sticker, or of one that moves the picture in its place; a live photo."""
    try:
        if "sticker" in fields:
            sticker = msgspec.convert(fields["sticker"], wire.Sticker)
            shown = sticker.thumbnail if sticker.is_animated or sticker.is_video else sticker
            return () if shown is None else (changed(_attachment("photo", shown), mime="image/webp"),)
        if "live_photo" in fields:
            live = msgspec.convert(fields["live_photo"], wire.LivePhoto)
            return (_attachment("photo", _largest(live.photo)) if live.photo else _attachment("video", live),)
    except msgspec.ValidationError:
        pass  # not as documented: then it is one of the kinds that are only named
    return ()


def _largest(sizes: Sequence[wire.File]) -> wire.File:
    return max(sizes, key=lambda size: (size.width * size.height, size.file_size or 0))


def _attachment(kind: str, file: wire.File) -> Attachment:
    mime = file.mime_type or _MIME.get(kind)
    width, height = file.width or file.length, file.height or file.length
    size = (width, height) if width > 0 and height > 0 else (None, None)
    return Attachment(kind, file.file_id, file.file_name, file.file_size, mime, file.duration, *size)


def told(kind: str, fields: Mapping[str, Any], sender: wire.User | None) -> Text:
    """What it says, written out; empty where nothing can be said but what it is."""
    try:
        return kinds.told(kind, fields, None if sender is None else sender.id)
    except ValueError:
        return Text("")


def written(fields: Mapping[str, Any], sender: wire.User | None) -> Text:
    """The words of a message that is no plain text, and was written like one; empty for any other."""
    return joined([told(kind, fields, sender) for kind in ("checklist", "rich_message") if kind in fields], "\n\n")


def other(message: wire.Message, fields: Mapping[str, Any]) -> str | None:
    """What it is; None for a service message. In private an unknown kind counts too: nobody is left unanswered."""
    known = next((kind for kind in _OTHERS if kind in fields), None)
    if known is None and message.chat.type == "private" and _SERVICE.isdisjoint(fields):
        return "unknown"
    return known
