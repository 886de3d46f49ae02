"""Where something of ours can be reached: reading "HOST:PORT", and a socket that listens there."""

from __future__ import annotations

import socket
from ipaddress import ip_address


def host_and_port(listen: str) -> tuple[str, int]:
    """The two parts of an address as it is configured. Raises ValueError with the remedy."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError('write it as "HOST:PORT", for example "127.0.0.1:8080"')
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises OSError when the address is taken, is not ours, or is a name that nobody knows."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # For what connects: whoever has vanished without a word (a phone without a signal) is not waited for for ever.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.bind(address)
        listener.listen(128)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
