"""Logging in once, and being the same device ever after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from peewee import DatabaseError  # type: ignore[import-untyped]  # what nio's key store raises
from vodozemac import LibolmPickleException, PickleException

from adapters.matrix.connection.client import KEY_STORE, Client
from adapters.matrix.connection.errors import REVOKED, receive_error
from adapters.matrix.connection.homeserver import Failure, Homeserver, Json, path
from adapters.matrix.encryption.device import Before, Device
from adapters.matrix.encryption.returning import BEFORE_STORE, another, set_aside, take_over
from adapters.matrix.settings import MatrixSettings
from bot.ports import Down, Home, Revoked

DEVICE_NAME = "Schakel"
LOGGED_OUT = (
    f"the homeserver no longer accepts the login of {DEVICE_NAME}'s device: write the account's password into the "
    "configuration and start again, as a new device"
)


async def logged_in(server: Homeserver, settings: MatrixSettings, home: Home, anew: bool, old_keys: bool) -> Client:
    """The account's client, with its token in the server. Raises Down or Revoked.

    It is another device's if the last one was logged out, there is a password, and `anew` says so; or if its keys are
    an older copy.
    """
    device = _kept(home, settings.user)
    if device is not None and device.token is not None and old_keys:
        device = another(device)
        await _save(home, device)
    if device is None:
        device = Device.new(settings.user, _before(home, settings.user))
        await _save(home, device)  # before it is used: a kill in between must not leave a device that nobody knows
    try:
        if device.token is None:
            device = await _log_in(server, settings, home, device)
        server.token = device.token
        try:
            await confirm(server, device)
        except Failure as failure:
            if failure.errcode not in REVOKED or not (failure.soft_logout or (anew and settings.password)):
                raise
            if not failure.soft_logout:  # otherwise the token has expired, the device has not
                device = another(device)
                await _save(home, device)
            device = await _log_in(server, settings, home, device)
            server.token = device.token
    except Failure as failure:
        if failure.errcode in REVOKED:
            raise Revoked(LOGGED_OUT) from failure
        raise receive_error(failure) from failure
    client = _client(server, home, device)
    try:
        await _returned(server, client, home, device)
    except BaseException:
        client.close()
        raise
    return client


async def _returned(server: Homeserver, client: Client, home: Home, device: Device) -> None:
    """After a restore: what the device before could read, this one can. Raises Down or Revoked."""
    if device.before is not None:
        try:
            await take_over(client, server.address, home.folder, device.before)
        except Failure as failure:
            raise receive_error(failure) from failure
        await _save(home, replace(device, before=None))
    (home.folder / BEFORE_STORE).unlink(missing_ok=True)


def _kept(home: Home, user: str) -> Device | None:
    """The device of the last run; None where there is none, or its keys are gone: it could read nothing any more."""
    device = _device(home.state, user)
    if device is not None and device.token is not None and not (home.folder / KEY_STORE).exists():
        return None
    return device


def _before(home: Home, user: str) -> Before | None:
    """Whose keys are still to be taken over after a restore."""
    device = _device(home.state, user)
    return None if device is None else device.before


def kept_login(state: bytes | None, user: str) -> Device | None:
    """The device of the last run, if it has logged in, for who only wants to look."""
    device = _device(state, user)
    return None if device is None or device.token is None else device


def _device(state: bytes | None, user: str) -> Device | None:
    """The user's own that is kept."""
    device = None if state is None else Device.of(state)
    return None if device is None or device.user != user else device


async def _save(home: Home, device: Device) -> None:
    await home.save(device.state)


async def _log_in(server: Homeserver, settings: MatrixSettings, home: Home, device: Device) -> Device:
    if settings.password is None:
        raise Revoked("the account has not logged in yet: give its password in the configuration, once")
    if device.before is not None:
        set_aside(home.folder)
    server.token = None
    try:
        answer = await server.call("POST", path("login"), login_body(settings, device.id))
    except Failure as failure:
        raise login_error(failure) from failure
    device = replace(device, token=answer["access_token"])
    await _save(home, device)
    return device


def login_body(settings: MatrixSettings, device_id: str | None) -> Json:
    body: Json = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": settings.user},
        "password": settings.password.get_secret_value() if settings.password else "",
        "initial_device_display_name": DEVICE_NAME,
    }
    return body | ({"device_id": device_id} if device_id else {})


def login_error(failure: Failure) -> Down | Revoked:
    match failure:
        case Failure(status=429, retry_after=wait):
            wait = wait or timedelta(seconds=60)
            return Down(f"the homeserver wants {wait.total_seconds():.0f} s between attempts to log in")
        case Failure(errcode="M_FORBIDDEN"):
            return Revoked("the homeserver does not accept this user and password: correct them in the configuration")
        case Failure(errcode="M_USER_DEACTIVATED"):
            return Revoked("the homeserver has deactivated the account: ask its administrator")
        case Failure(status=status, errcode="M_UNKNOWN" | "M_UNRECOGNIZED") if status and status < 500:
            return Revoked("the homeserver does not let this account log in with a password: ask its administrator")
    error = receive_error(failure)
    return error if isinstance(error, Revoked) else Down(str(error))


async def confirm(server: Homeserver, device: Device) -> None:
    """Whether the token still is this device's. Raises Failure or Revoked."""
    answer = await server.call("GET", path("account", "whoami"))
    if answer.get("user_id") != device.user or answer.get("device_id", device.id) != device.id:
        raise Revoked("the login kept for this account belongs to another user or device")


def _client(server: Homeserver, home: Home, device: Device) -> Client:
    try:
        client = Client(server, device.user, device.id, home.folder, device.pickle_key)
    except (DatabaseError, PickleException, LibolmPickleException) as error:
        raise Revoked(
            f"the encryption keys in {home.folder} cannot be read with this installation's state: put back the folder "
            "that belongs to it, or move the folder away and start again with the password, as a new device"
        ) from error
    (home.folder / KEY_STORE).chmod(0o600)
    return client
