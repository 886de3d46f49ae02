"""Seeing to it that our login is signed with the account's identity, at every start.

Beside what an unsigned login says Element shows a warning, and people who have told their app to exclude insecure
devices neither see it nor can be read by it. The secret halves of the identity belong to the account, not to a login:
who stands by, who has lost its keys, and who comes back from a backup signs with the same ones.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from adapters.matrix.connection.client import Client
from adapters.matrix.connection.errors import REVOKED
from adapters.matrix.connection.homeserver import Failure, Homeserver, Json, path
from adapters.matrix.encryption.identity import Identity, Standing, login_keys, new_seeds, standing
from adapters.matrix.settings import MatrixSettings
from bot.ports import Share

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds that the homeserver may take to answer; nothing of this may hold up the stream
TRIED_AGAIN = 300.0  # seconds until a homeserver that failed is asked again


class Signing:
    """Without a signature the account works all the same: nothing here stops it."""

    def __init__(
        self,
        server: Homeserver,
        client: Client,
        settings: MatrixSettings,
        share: Share,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._client = client
        self._settings = settings
        self._share = share
        self._now = now
        self._settled = False
        self._next = now()

    async def tend(self) -> None:
        """Do what is to be done, once; later again where the homeserver failed. Raises Failure for a revoked login."""
        if self._settled or self._now() < self._next:
            return
        self._next = self._now() + TRIED_AGAIN
        try:
            await self._settle()
        except Failure as failure:
            if failure.errcode in REVOKED:
                raise
            self._settled = _is_final(failure)
            if self._settled:
                log.warning("the homeserver refuses to have the bot's login signed (%s)", failure)
            else:
                log.warning("the bot's login could not be signed (%s); it is tried again", failure)
        else:
            self._settled = True

    async def _settle(self) -> None:
        user, device = self._client.user_id, self._client.device_id
        answer = await published(self._server, user)
        identity = Identity(await self._share(new_seeds()))
        match standing(answer, user, device, identity.public):
            case Standing.SIGNED:
                return
            case Standing.FOREIGN if not self._settings.reset_identity:
                log.warning(
                    "the account's cryptographic identity was made in another app, so the bot's login cannot be "
                    "signed: schakel check says what that means, and what to do"
                )
                return
            case Standing.LENT if not self._settings.reset_identity:
                log.warning(
                    "the bot's login is signed with a cryptographic identity that was made in another app. If it was "
                    "none of you, somebody else is in the account: change its password, put reset_identity = true and "
                    "the new password into the configuration, and start again"
                )
                return
            case Standing.FOREIGN | Standing.LENT | Standing.LOST:
                log.warning("the account gets a new cryptographic identity: whoever had verified the old one is warned")
                if not await self._publish(identity):
                    return
            case Standing.NONE:
                if not await self._publish(identity):
                    return
        await self._sign(login_keys(answer, user, device), identity)

    async def _publish(self, identity: Identity) -> bool:
        """Whether the homeserver has taken the identity. It asks who we are where it has another one, or is old."""
        where = path("keys", "device_signing", "upload")
        user, device = self._client.user_id, self._client.device_id
        body = identity.published(user, device, self._client.olm.sign_json)
        try:
            await self._server.call("POST", where, body, timeout=PATIENCE)
        except Failure as failure:
            if failure.status == 404 or failure.errcode == "M_UNRECOGNIZED":
                log.warning("the homeserver knows no cross-signing: Element warns of the bot's messages")
                return False
            if failure.session is None:
                raise
            return await self._publish_with_password(where, body, failure.session)
        return True

    async def _publish_with_password(self, where: str, body: Json, session: str) -> bool:
        if self._settings.password is None:
            log.warning(
                "the homeserver wants the account's password before the bot's login can be signed: put it into the "
                "configuration and start again; it can go when the bot has run"
            )
            return False
        auth = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self._client.user_id},
            "password": self._settings.password.get_secret_value(),
            "session": session,
        }
        try:
            await self._server.call("POST", where, body | {"auth": auth}, timeout=PATIENCE)
        except Failure as failure:
            if failure.session is None:
                raise
            log.warning(
                "the homeserver does not take the password for the signing of the bot's login: correct it, or allow a "
                "reset of the cryptographic identity where the homeserver's accounts are looked after; and start again"
            )
            return False
        return True

    async def _sign(self, login: Json, identity: Identity) -> None:
        user, device = self._client.user_id, self._client.device_id
        keys = self._client.olm.account.identity_keys
        ours = {"curve25519:" + device: keys["curve25519"], "ed25519:" + device: keys["ed25519"]}
        if (login.get("user_id"), login.get("device_id"), login.get("keys")) != (user, device, ours):
            log.error("the homeserver holds other encryption keys for this login than we do: it is not signed")
            return
        bare = {key: value for key, value in login.items() if key not in ("signatures", "unsigned")}
        body = {user: {device: identity.self_signing.signed(bare)}}
        answer = await self._server.call("POST", path("keys", "signatures", "upload"), body, timeout=PATIENCE)
        if answer.get("failures"):
            raise Failure(400, "M_INVALID_SIGNATURE")


async def published(server: Homeserver, user: str) -> Json:
    """What everybody can know of an account's keys. Raises Failure."""
    body: Json = {"device_keys": {user: []}}
    return await server.call("POST", path("keys", "query"), body, timeout=PATIENCE)


def _is_final(failure: Failure) -> bool:
    """Whether the homeserver itself refuses, and will do so again."""
    return bool(failure.errcode) and 400 <= (failure.status or 0) < 500 and failure.status not in (408, 429)
