"""Trying the account without starting it, and saying what is wrong with the remedy."""

from __future__ import annotations

from adapters.matrix.homeserver import Failure, Homeserver, path
from adapters.matrix.login import login_body, login_error
from adapters.matrix.settings import MatrixSettings


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
