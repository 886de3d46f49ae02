"""What the operator configures for a Matrix account."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from bot.configuration.addresses import names_a_server

_USER = re.compile(r"@[^:\s]+:[^\s/]+")


def _address(value: str) -> str:
    if not names_a_server(value):
        raise ValueError('write the homeserver\'s address in full, such as "https://matrix.example.org"')
    if "@" in urlsplit(value).netloc:
        raise ValueError("must hold no name and password; they have keys of their own: user and password")
    return value.rstrip("/")


def _user(value: str) -> str:
    if not _USER.fullmatch(value):
        raise ValueError('write the user with its server, such as "@schakel:example.org"')
    return value


class MatrixSettings(BaseModel):
    """`[adapters.matrix]`. The password is used once: afterwards the account's own device and token are kept.

    `reset_identity`: the cryptographic identity that somebody gave the account in another app may be replaced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    login_key: ClassVar[str] = "user"  # as two devices of one user it would answer everything twice

    homeserver: Annotated[str, AfterValidator(_address)]
    user: Annotated[str, AfterValidator(_user)]
    password: SecretStr | None = None
    reset_identity: bool = False
