"""Sending files: each as what it is, where Telegram takes it as that, else as a document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

from telegram import Bot, InputFile, Message

from adapters.telegram.entities import to_entities
from adapters.telegram.errors import send_error
from adapters.telegram.placing import Manner, keyboard, number, placed, writable
from bot.files.attached import mime_of, name_of
from bot.model import Attachment
from bot.outgoing import Receipt, SendFile
from bot.ports import Refused, TooLarge, Unknown

# core.telegram.org/bots/api, "Sending files", sendPhoto, sendVoice, sendAudio, sendVideo
LARGEST_PHOTO = 10 * 2**20  # bytes
_TAKEN = {
    "photo": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "voice": frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/x-m4a"}),
    "audio": frozenset({"audio/mpeg", "audio/mp4", "audio/x-m4a"}),
    "video": frozenset({"video/mp4"}),
    "video_note": frozenset({"video/mp4"}),
    "animation": frozenset({"video/mp4", "image/gif"}),
}
_TIMED = frozenset({"voice", "audio", "video", "video_note", "animation"})
_MEASURED = frozenset({"video", "animation"})

Send = Callable[..., Awaitable[Message]]


async def send(bot: Bot, action: SendFile, manner: Manner) -> Receipt:
    """Raises a SendError."""
    if action.file is None:
        raise Refused("there is no file to send")
    kind = _kind(action.attachment, action.file)
    try:
        return await _send_as(bot, kind, action, action.file, manner)
    except TooLarge:
        raise
    except Refused:
        if kind == "document":
            raise
    # A picture with odd measures, or a person who takes no voice messages: as a document it can still be had.
    return await _send_as(bot, "document", action, action.file, manner)


def _kind(attachment: Attachment, file: Path) -> str:
    taken = mime_of(attachment) in _TAKEN.get(attachment.kind, ())
    if attachment.kind == "photo" and file.stat().st_size > LARGEST_PHOTO:
        return "document"
    return attachment.kind if taken else "document"


async def _send_as(bot: Bot, kind: str, action: SendFile, file: Path, manner: Manner) -> Receipt:
    with file.open("rb") as content:
        try:
            message = await _call(bot, kind, action, content, manner)
        except Exception as error:
            raise send_error(error) from None
    if not isinstance(message, Message):
        raise Unknown("no clear answer from Telegram")  # PTB hands through whatever came
    return Receipt(str(message.message_id))


def _call(bot: Bot, kind: str, action: SendFile, content: BinaryIO, manner: Manner) -> Awaitable[Message]:
    upload = InputFile(content, name_of(action.attachment), attach=True, read_file_handle=False)
    more = placed(action, manner) | {"reply_markup": keyboard(action.choices)}
    if kind in _TIMED and action.attachment.seconds is not None:
        more["duration"] = action.attachment.seconds
    if kind in _MEASURED and action.attachment.width is not None and action.attachment.height is not None:
        more |= {"width": action.attachment.width, "height": action.attachment.height}
    if kind != "video_note" and action.caption:  # a round video has no words
        caption = writable(action.caption)
        more |= {"caption": caption.plain, "caption_entities": to_entities(caption)}
    calls: dict[str, Send] = {
        "photo": bot.send_photo,
        "voice": bot.send_voice,
        "audio": bot.send_audio,
        "video": bot.send_video,
        "video_note": bot.send_video_note,
        "animation": bot.send_animation,
        "document": bot.send_document,
    }
    return calls[kind](number(action.chat.id), upload, **more)
