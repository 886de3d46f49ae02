"""Downloading what people send. Telegram gives bots files of at most 20 MB."""

from __future__ import annotations

import asyncio
from pathlib import Path

from telegram import Bot

from adapters.telegram.errors import fetch_error
from adapters.telegram.request import AiohttpRequest
from bot.model import Attachment
from bot.ports import Refused, SendError


async def fetch(bot: Bot, request: AiohttpRequest, attachment: Attachment, into: Path) -> None:
    """Raises a SendError."""
    try:
        file = await bot.get_file(attachment.key)
        if file.file_path is None:
            raise Refused("Telegram does not give this file out")
        content = await request.retrieve(file.file_path)
    except SendError:
        raise
    except Exception as error:
        raise fetch_error(error) from None
    await asyncio.to_thread(into.write_bytes, content)
