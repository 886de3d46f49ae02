"""Telegram: one bot, by the Bot API."""

from adapters.telegram.adapter import TelegramAdapter

__all__ = ["TelegramAdapter"]
