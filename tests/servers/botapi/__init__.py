"""A Bot API server for tests and for trying the bot without Telegram, faithful where a bot can tell."""

from tests.servers.botapi.calls import LoggedCall
from tests.servers.botapi.people import TOKEN
from tests.servers.botapi.server import BotApiServer

__all__ = ["TOKEN", "BotApiServer", "LoggedCall"]
