"""Trying the account without starting it, and saying what is wrong with the remedy."""

from __future__ import annotations

from adapters.matrix.connection.errors import REVOKED
from adapters.matrix.connection.homeserver import Failure, Homeserver, path
from adapters.matrix.connection.login import LOGGED_OUT, confirm, login_body, login_error
from adapters.matrix.encryption.device import Device
from adapters.matrix.encryption.identity import Standing, standing
from adapters.matrix.encryption.signing import published
from adapters.matrix.settings import MatrixSettings
from bot.configuration.addresses import host_outside
from bot.ports import Revoked

UNSIGNED = "Element warns of its messages, and people who exclude insecure devices cannot be read"
FOREIGN = (
    f"the account's cryptographic identity was made in another app, so the bot's login cannot be signed: {UNSIGNED}. "
    "Put reset_identity = true and the password into the configuration and start again, or give the bot an account of "
    "its own. If it was none of you, change the account's password first"
)
NOT_SIGNED = (
    f"the bot's login is not signed: {UNSIGNED}. Start the bot with the account's password in the configuration; if "
    "that does not help, its log says why"
)

NOT_YET = "The account has not logged in yet: write its password into the configuration, for the first start."
NOT_ENCRYPTED = (
    "what goes to the homeserver, the password too, can be read by whoever is on the way: write its address with "
    '"https://"'
)


async def check(server: Homeserver, settings: MatrixSettings, kept: Device | None) -> list[str]:
    """`kept`: the login of the last run, which the bot goes on with; the password is only for when there is none."""
    try:
        await server.call("GET", "/_matrix/client/versions")
    except Failure as failure:
        if failure.status is None:
            return [
                f"{settings.homeserver} does not answer: check `homeserver`, that this machine can reach it, and that "
                "its date and time are right."
            ]
        return [
            f"{settings.homeserver} answers, but not as a Matrix homeserver ({failure}): `homeserver` must be the "
            'address under "m.homeserver" in https://SERVER/.well-known/matrix/client.'
        ]
    return [*await _of_the_password(server, settings, kept), *await _of_the_kept(server, settings, kept)]


async def _of_the_password(server: Homeserver, settings: MatrixSettings, kept: Device | None) -> list[str]:
    if settings.password is None:
        return [] if kept else [NOT_YET]
    try:
        answer = await server.call("POST", path("login"), login_body(settings, None))
    except Failure as failure:
        return [f"{settings.user} cannot log in: {login_error(failure)}."]
    server.token = answer["access_token"]
    faults = []
    if answer.get("user_id") != settings.user:
        faults.append(f"The homeserver knows this account by another name than {settings.user}: correct `user`.")
    await server.call("POST", path("logout"), {})  # the device was only for this check
    return faults


async def _of_the_kept(server: Homeserver, settings: MatrixSettings, kept: Device | None) -> list[str]:
    if kept is None:
        return []
    server.token = kept.token
    try:
        await confirm(server, kept)
    except Revoked as fault:
        return [f"{fault}."]
    except Failure as failure:
        if failure.errcode in REVOKED and settings.password is None:  # with it the bot logs in again
            return [f"{LOGGED_OUT}."]
    return []


async def remarks(server: Homeserver, settings: MatrixSettings, device: str | None) -> list[str]:
    """How well guarded the way there is, and what others see of the login that was kept; None: there is none yet, and
    the password is tried."""
    clear = settings.homeserver.startswith("http:") and host_outside(settings.homeserver) is not None
    return [*([f"{NOT_ENCRYPTED}."] if clear else []), *await _of_the_login(server, settings, device)]


async def _of_the_login(server: Homeserver, settings: MatrixSettings, device: str | None) -> list[str]:
    try:
        if device is None:
            if settings.password is None:
                return []
            answer = await server.call("POST", path("login"), login_body(settings, None))
            server.token = answer["access_token"]
        found = standing(await published(server, settings.user), settings.user, device)
        if device is None:
            await server.call("POST", path("logout"), {})  # the device was only for this
    except Failure:
        return []  # what is wrong with the account itself has been told
    match found:
        case Standing.FOREIGN if not settings.reset_identity:
            return [f"{FOREIGN}."]
        case Standing.SIGNED:
            return []
    return [] if device is None else [f"{NOT_SIGNED}."]
