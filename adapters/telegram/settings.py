"""What the operator configures for a bot on Telegram."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")

LONGEST_POLL = 50  # seconds; the Bot API server waits no longer, whatever it is asked (its source, Client.cpp)


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError('write the address in full, such as "https://api.telegram.org"')
    return value.rstrip("/")


def _token(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("write the token that @BotFather gave for this bot")
    return SecretStr(value.get_secret_value().strip())


class TelegramSettings(BaseModel):
    """`[adapters.telegram]`. `poll_timeout`: for how many seconds Telegram holds a question for news.
    `allow_paid_broadcast`: more than 30 messages a second, which Telegram takes Stars for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: Annotated[SecretStr, AfterValidator(_token)]
    api_url: Annotated[str, AfterValidator(_address)] = "https://api.telegram.org"
    allow_paid_broadcast: bool = False
    poll_timeout: int = Field(default=LONGEST_POLL, ge=1, le=LONGEST_POLL)
