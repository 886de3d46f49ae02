"""The web address of a server, as an operator writes it. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

_WRITTEN_OUT = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"({_LABEL}\.)*{_LABEL}\.?", re.IGNORECASE | re.ASCII)


def names_a_server(address: str) -> bool:
    """Whether it is written in full, and something could be connected to by it: libraries raise what they like where a
    port or a machine's name is none."""
    if not _WRITTEN_OUT.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        return parts.port != 0 and _is_a_host(parts.hostname or "", in_brackets="[" in parts.netloc)
    except ValueError:
        return False


def _is_a_host(host: str, in_brackets: bool) -> bool:
    """Raises ValueError for what nobody can have meant as a name or a number of a machine."""
    if in_brackets:
        return bool(IPv6Address(host))
    if host.rpartition(".")[2].isdecimal():
        return bool(IPv4Address(host))
    return _NAME.fullmatch(host.encode("idna").decode("ascii")) is not None
