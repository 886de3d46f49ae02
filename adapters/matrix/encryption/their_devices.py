"""Which devices people have: everybody's in a room has to be given the key to what is said there."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection

import nio

from adapters.matrix.connection.for_nio import guarded
from adapters.matrix.connection.homeserver import Failure, Homeserver, path
from adapters.matrix.events.fields import inner

log = logging.getLogger(__name__)

_ASKED_AT_ONCE = 8  # servers
_ASK_AGAIN = 300.0  # seconds until users whose server was silent are asked for their devices again


class TheirDevices:
    """nio keeps what is known, and who is to be asked for; this asks."""

    def __init__(self, server: Homeserver, client: nio.Client) -> None:
        self._server = server
        self._client = client
        self._asking: dict[str, asyncio.Future[None]] = {}  # users about whom the server is being asked
        self._asking_around: asyncio.Task[None] | None = None
        self._silent: dict[str, float] = {}  # until when users whose server was silent are not asked

    def close(self) -> None:
        if self._asking_around is not None:
            self._asking_around.cancel()

    async def learn(self, of: Collection[str]) -> None:
        """Learn the devices of these users, as far as we do not know them, or know that they changed. Raises Failure.

        Whoever needs others does not wait for it: one server that is silent must not hold up every room.
        """
        while others := {self._asking[user] for user in of if user in self._asking}:
            await asyncio.wait(others)
        pending: set[str] = self._client.olm.users_for_key_query
        loop = asyncio.get_running_loop()
        now, done = loop.time(), loop.create_future()
        asked = {user for user in pending.intersection(of) if self._silent.get(user, now) <= now}
        if not asked:
            return
        pending -= asked
        self._asking |= dict.fromkeys(asked, done)
        try:
            body = {"device_keys": {user: [] for user in asked}, "timeout": 10000}
            answer = await self._server.call("POST", path("keys", "query"), body)
        except BaseException:
            pending |= asked
            raise
        finally:
            for user in asked:
                del self._asking[user]
            done.set_result(None)
        changed_meanwhile = set(pending)
        for user, devices in inner(answer, "device_keys").items():
            guarded(self._client.receive_response, nio.KeysQueryResponse({user: devices}, {}))
        silent_servers = inner(answer, "failures")
        silent = {user for user in asked if user.partition(":")[2] in silent_servers}
        self._silent = {u: t for u, t in self._silent.items() if t > now} | dict.fromkeys(silent, now + _ASK_AGAIN)
        pending |= changed_meanwhile | silent

    def ask_around(self) -> None:
        """Learn everybody's devices before they are needed."""
        if self._asking_around is None or self._asking_around.done():
            self._asking_around = asyncio.create_task(self._ask_around())

    async def _ask_around(self) -> None:
        """Each server's people by themselves."""
        by_server = defaultdict(set)
        for user in self._client.olm.users_for_key_query:
            by_server[user.partition(":")[2]].add(user)
        few = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def ask(users: set[str]) -> None:
            async with few:
                await self.learn(users)

        for result in await asyncio.gather(*map(ask, by_server.values()), return_exceptions=True):
            if isinstance(result, Failure):
                log.warning("the homeserver does not tell people's devices (%s); it is asked again", result)
            elif isinstance(result, BaseException):
                raise result
