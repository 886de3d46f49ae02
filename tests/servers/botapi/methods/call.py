"""What every method gets: the world, the bot that calls, and the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.servers.botapi import access
from tests.servers.botapi.params import Params
from tests.servers.botapi.state import Bot, Chat, World


@dataclass(frozen=True, slots=True)
class Call:
    world: World
    bot: Bot
    params: Params

    def chat(self) -> Chat:
        return access.chat_named(self.world, self.bot, self.params)


Method = Callable[[Call], Any]
