"""The address of an engine's server, as the configuration gives it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from bot.configuration.addresses import names_a_server


def _checked(address: str) -> str:
    if not names_a_server(address):
        raise ValueError("must be a web address such as http://127.0.0.1:5000")
    if "@" in urlsplit(address).netloc:
        raise ValueError("must hold no name and password")
    return address.rstrip("/")


Address = Annotated[str, AfterValidator(_checked)]
