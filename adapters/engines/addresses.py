"""The address of an engine's server, as the configuration gives it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address such as http://127.0.0.1:5000")
    if parts.username or parts.password:
        raise ValueError("must hold no name and password")
    return address.rstrip("/")


Address = Annotated[str, AfterValidator(_checked)]
