"""What the operator configures for a bot on Telegram."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.configuration.addresses import names_a_server
from bot.configuration.listening import host_and_port, is_loopback

LONGEST_POLL = 50  # seconds; the Bot API server waits no longer, whatever it is asked (its source, Client.cpp)
TELEGRAMS_OWN = "https://api.telegram.org"
_PORTS = frozenset({80, 88, 443, 8443})  # those that Telegram delivers to (core.telegram.org/bots/api, setWebhook)

_ROLES = {"coordination": "coordination", "organisations": "organisation", "members": "private"}
"""Whom messages can be protected for, and the role of their chats."""


def _address(value: str) -> str:
    if not names_a_server(value):
        raise ValueError('write the address in full, such as "https://api.telegram.org"')
    return value.rstrip("/")


def _listen(value: str) -> str:
    host_and_port(value)
    return value


def _telegram_brings_to(address: str) -> bool:
    url = urlsplit(address)
    try:
        return url.scheme == "https" and (url.port or 443) in _PORTS
    except ValueError:  # no port at all
        return False


def _token(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("write the token that @BotFather gave for this bot")
    return SecretStr(value.get_secret_value().strip())


class TelegramSettings(BaseModel):
    """`[adapters.telegram]`. `poll_timeout`: for how many seconds Telegram holds a question for news.
    `allow_paid_broadcast`: more than 30 messages a second, which Telegram takes Stars for. `protect_content`: from
    which chats nothing can be forwarded. `webhook_url` and `webhook_listen`: where Telegram brings news, and where
    they arrive here; without them it is asked for news."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    login_key: ClassVar[str] = "token"  # whoever asks second for a bot's news is answered 409

    token: Annotated[SecretStr, AfterValidator(_token)]
    api_url: Annotated[str, AfterValidator(_address)] = TELEGRAMS_OWN
    allow_paid_broadcast: bool = False
    poll_timeout: int = Field(default=LONGEST_POLL, ge=1, le=LONGEST_POLL)
    protect_content: tuple[Literal["coordination", "organisations", "members"], ...] = ("coordination",)
    webhook_url: Annotated[str, AfterValidator(_address)] | None = None
    webhook_listen: Annotated[str, AfterValidator(_listen)] | None = None
    open_to_network: bool = False

    @property
    def protected(self) -> frozenset[str]:
        """The roles of the chats whose messages are protected."""
        return frozenset(_ROLES[who] for who in self.protect_content)

    @model_validator(mode="after")
    def news_can_be_brought(self) -> Self:
        if (self.webhook_url is None) != (self.webhook_listen is None):
            raise ValueError(
                "webhook_url and webhook_listen belong together: write both, or neither to have the bot ask Telegram "
                "for news by itself"
            )
        if self.webhook_url is None or self.webhook_listen is None:
            return self
        if self.api_url == TELEGRAMS_OWN and not _telegram_brings_to(self.webhook_url):
            raise ValueError("webhook_url must begin with https://, and Telegram knows the ports 443, 80, 88 and 8443")
        if not self.open_to_network and not is_loopback(host_and_port(self.webhook_listen)[0]):
            raise ValueError(
                "what arrives at webhook_listen is not encrypted: listen on 127.0.0.1 behind a proxy that has a "
                "certificate, or add open_to_network = true if the network between the proxy and the bot is yours alone"
            )
        return self
