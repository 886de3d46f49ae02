"""Downloading what people send."""

from __future__ import annotations

from pathlib import Path

from telegram import Bot

from adapters.telegram.errors import fetch_error
from adapters.telegram.request import AiohttpRequest
from bot.model import Attachment
from bot.ports import Refused, SendError


async def fetch(bot: Bot, request: AiohttpRequest, attachment: Attachment, into: Path, most: int) -> None:
    """Raises a SendError."""
    try:
        file = await bot.get_file(attachment.key)
        if file.file_path is None:
            raise Refused("Telegram does not give this file out")
        await request.download(file.file_path, into, most)
    except SendError:
        raise
    except Exception as error:
        raise fetch_error(error) from None
