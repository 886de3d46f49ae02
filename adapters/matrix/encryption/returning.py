"""Going on as another device, with all that the one before could read: after a restore, or when that was logged out.

An older copy of a device's keys must not be used to send: what it then hands out was handed out already, and nobody
can read it. Nor can it be found by people who are new to it, to whom the homeserver gives keys that it no longer has.
To read it does no harm. So after a restore a new device logs in; before that, the old one takes in once more the keys
that were sent to it since, and is logged out.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path

from peewee import DatabaseError  # type: ignore[import-untyped]  # what nio's key store raises
from vodozemac import LibolmPickleException, PickleException

from adapters.matrix.connection.client import KEY_STORE, Client
from adapters.matrix.connection.errors import REVOKED
from adapters.matrix.connection.homeserver import Failure, Homeserver, path
from adapters.matrix.encryption.device import Before, Device
from bot.ports import PutBack

log = logging.getLogger(__name__)

BEFORE_STORE = "before.db"
ONLY_KEYS = json.dumps({"presence": {"types": []}, "account_data": {"types": []}, "room": {"rooms": []}})
AGAIN = (
    "What was written since the backup comes once more and is handled once more: people may get an answer or a notice "
    "twice (it is marked with ↻ then), or be asked to write again what could not be decrypted."
)
NEW_DEVICE = "The bot logs in as a new device, since old encryption keys do more harm than none."
WANTED = "Put the account's password into config.toml for that; it can go when the bot has run."


def put_back(folder: Path | None, state: bytes | None, has_password: bool) -> PutBack:
    """Make a new device of the one in a backup; it logs in when the bot starts."""
    if folder is None:
        return PutBack(state, (AGAIN,), tells_again=True)  # the keys are those that the device has now
    told = (AGAIN, NEW_DEVICE) if has_password else (AGAIN, NEW_DEVICE, WANTED)
    old = None if state is None else Device.of(state)
    if old is None or old.token is None:
        return PutBack(state, told, tells_again=True)
    if not (folder / KEY_STORE).exists():
        return PutBack(None, told, tells_again=True)
    set_aside(folder)
    return PutBack(another(old).state, told, tells_again=True)


def another(old: Device) -> Device:
    """One that takes over the keys of one that had logged in."""
    assert old.token is not None
    return Device.new(old.user, old.before or Before(old.id, old.pickle_key, old.token))


def set_aside(folder: Path) -> None:
    """The keys that are there belong to the device before; a newer one, which never came to take them over, had none
    that matter. May run twice."""
    keys, kept = folder / KEY_STORE, folder / BEFORE_STORE
    if keys.exists() and kept.exists():
        keys.unlink()
    elif keys.exists():
        for ending in ("-journal", ""):  # what a kill has left half written is put right when they are opened
            with suppress(FileNotFoundError):
                keys.with_name(keys.name + ending).rename(kept.with_name(kept.name + ending))


async def take_over(client: Client, address: str, folder: Path, before: Before) -> None:
    """Have a new device read whatever the one before could, or could have by now. Raises Failure; may run twice."""
    server = Homeserver(address, before.token)
    try:
        old = Client(server, client.user_id, before.id, folder, before.pickle_key, BEFORE_STORE)
    except (DatabaseError, PickleException, LibolmPickleException) as error:
        log.error("the keys in the backup cannot be read (%s): the bot goes on without them", type(error).__name__)
        return
    try:
        known = await _catch_up(server, old)
        client.adopt(old)
        if known:
            await server.call("POST", path("logout"), {})
    finally:
        old.close()
        await server.close()


async def _catch_up(server: Homeserver, old: Client) -> bool:
    """Take in the keys that wait on the homeserver; False: it does not know the device any more."""
    query = {"filter": ONLY_KEYS, "timeout": "0"}
    try:
        while True:
            answer = await server.call("GET", path("sync"), query=query)
            news = answer.get("to_device", {}).get("events", [])
            following = answer["next_batch"]
            old.absorb({"next_batch": following, "to_device": {"events": news}})
            if not news:
                return True
            query["since"] = following
    except Failure as failure:
        if failure.errcode in REVOKED:
            return False
        raise
