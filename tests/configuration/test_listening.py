"""Where something of ours can be reached."""

from __future__ import annotations

import socket
from contextlib import closing

from bot.configuration.listening import bound


def test_who_has_connected_and_vanished_is_noticed_some_day() -> None:
    """For months each such connection would keep a file open."""
    with closing(bound("127.0.0.1", 0)) as listener:
        listener.setblocking(True)
        with closing(socket.create_connection(listener.getsockname())):
            connection, _ = listener.accept()
            with closing(connection):
                assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
