"""The web address of a server, as an operator writes it. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

_WRITTEN_OUT = re.compile(r"https?://[^\s/?#\\]+(/[^\s?#]*)?")
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


def host_outside(url: str) -> str | None:
    """The server's name if it is somebody else's machine: neither this one, nor one of the same private network."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        # names without a dot are a machine of the local network or a container beside this one
        near = "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))
        return None if near else host
    return None if address.is_loopback or address.is_private or address.is_link_local else host


def _is_a_host(host: str, in_brackets: bool) -> bool:
    """Raises ValueError for what nobody can have meant as a name or a number of a machine."""
    if in_brackets:
        return bool(IPv6Address(host))
    if host.rpartition(".")[2].isdecimal():
        return bool(IPv4Address(host))
    return _NAME.fullmatch(host.encode("idna").decode("ascii")) is not None
