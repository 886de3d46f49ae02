"""Trying the account without starting it, and saying what is wrong with the remedy."""

from __future__ import annotations

from adapters.matrix.homeserver import Failure, Homeserver, path
from adapters.matrix.identity import Standing, standing
from adapters.matrix.login import login_body, login_error
from adapters.matrix.settings import MatrixSettings
from adapters.matrix.signing import published

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


async def check(server: Homeserver, settings: MatrixSettings) -> list[str]:
    try:
        await server.call("GET", "/_matrix/client/versions")
    except Failure as failure:
        if failure.status is None:
            return [f"{settings.homeserver} does not answer: check `homeserver`, and that this machine can reach it."]
        return [
            f"{settings.homeserver} answers, but not as a Matrix homeserver ({failure}): `homeserver` must be the "
            'address under "m.homeserver" in https://SERVER/.well-known/matrix/client.'
        ]
    if settings.password is None:
        return []  # it logged in earlier, or `run` will ask for the password
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


async def remarks(server: Homeserver, settings: MatrixSettings, device: str | None) -> list[str]:
    """What others see of the login that was kept; None: there is none yet, and the password is tried."""
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
