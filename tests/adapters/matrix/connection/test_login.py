"""Logging in once, staying the same device, and saying what to do when that is not possible."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from adapters.matrix import MatrixAdapter
from adapters.matrix.checking import NOT_ENCRYPTED, NOT_YET
from adapters.matrix.connection.login import LOGGED_OUT
from adapters.matrix.settings import MatrixSettings
from bot.incoming import Removed, Unreadable
from bot.ports import Down, Gone, Home, Revoked
from tests.adapters.matrix.conftest import ACCOUNT, Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.faults import faulty_proxy
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.synapse


@pytest.fixture
def core(synapse: Synapse, tmp_path: Path) -> Core:
    return Core(synapse, tmp_path)


def devices(synapse: Synapse, core: Core) -> list[dict[str, Any]]:
    answer = synapse.administer("GET", f"/v2/users/{core.user}/devices")
    found: list[dict[str, Any]] = answer["devices"]
    return found


async def cannot_read(core: Core, event_id: str) -> None:
    await core.wait(lambda: any(isinstance(event, Unreadable) and event.id == event_id for event in core.events))


async def test_an_account_says_how_to_reach_it(core: Core, synapse: Synapse) -> None:
    """Its name and a link that opens a private chat; its device is called by our name."""
    account = await core.start()
    await core.stop()
    assert account.name == core.user
    assert account.private_link == f"https://matrix.to/#/{core.user}"
    assert [device["display_name"] for device in devices(synapse, core)] == ["Schakel"]


async def test_a_kill_during_the_first_login_leaves_no_stray_device(core: Core, synapse: Synapse) -> None:
    """The device's name is kept before it is used, so the second attempt is the same device."""
    kept: list[bytes] = []

    async def save(state: bytes) -> None:
        if kept:
            raise InterruptedError  # killed between the login and the keeping of its token
        kept.append(state)

    adapter = MatrixAdapter(ACCOUNT, core.settings)
    with pytest.raises(InterruptedError):
        await adapter.open(Home(core.folder, None, save))
    await adapter.close()
    core.state = kept[0]
    async with core:
        assert len(devices(synapse, core)) == 1


async def test_secrets_stay_in_the_state_and_the_folder(core: Core) -> None:
    """The key store can be read by nobody else, and nothing prints a password or a token."""
    async with core:
        assert core.state is not None
        token = json.loads(core.state)["token"]
        assert (core.folder / "olm.db").stat().st_mode & 0o077 == 0
        shown = repr([core.adapter, core.settings, core.home, core.inbox])
        assert core.settings.password is not None
        assert token not in shown
        assert core.settings.password.get_secret_value() not in shown


async def test_nothing_of_what_is_said_is_logged(
    core: Core, maria: MatrixUser, caplog: pytest.LogCaptureFixture
) -> None:
    """However much is logged, no words, names or tokens are in it, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    async with core:
        room = await room_with(core, maria, encrypted=True)
        maria.hold_keys()
        written = await maria.say(room, "my secret")
        await cannot_read(core, written)
        await core.says(room, "our secret", "t1")
        await maria.kick(room, core.user)
        await core.gets(Removed, room)
        with pytest.raises(Gone):
            await core.says(room, "our secret", "t2")
        token = json.loads(core.state or b"")["token"]
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("asyncio"))
    for secret in ("secret", token, maria.id, core.user, room, written):
        assert secret not in ours


@pytest.mark.parametrize("password", [None, SecretStr("wrong")])
async def test_no_login_without_the_right_password(core: Core, password: SecretStr | None) -> None:
    """The account is refused, and the remedy names the password but does not show it."""
    core.settings = core.settings.model_copy(update={"password": password})
    with pytest.raises(Revoked, match="password") as caught:
        await core.start()
    assert "wrong" not in str(caught.value)


async def test_a_login_that_was_taken_away_stops_the_account_until_the_next_start(
    core: Core, synapse: Synapse, maria: MatrixUser
) -> None:
    """Somebody may have meant it. Whoever starts the bot with the password goes on as another device, which reads what
    the one before could."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        (device,) = devices(synapse, core)
        await maria.say(room, "can you read this?")
        await core.hears(room, "can you read this?")
        await core.adapter.close()
        await maria.say(room, "is anybody there?")
        synapse.administer("DELETE", f"/v2/users/{core.user}/devices/{device['device_id']}")
        with pytest.raises(Revoked, match="start again"):
            await core.adapter.open(core.home)
    password = core.settings.password
    for missing in (None, SecretStr("wrong")):
        core.settings = core.settings.model_copy(update={"password": missing})
        with pytest.raises(Revoked, match="password"):
            await core.start()
    core.settings = core.settings.model_copy(update={"password": password})
    async with core:
        (new,) = devices(synapse, core)
        assert new["device_id"] != device["device_id"]
        await core.hears(room, "is anybody there?")
        await core.says(room, "yes", "t1")
        await maria.sees(room, "yes")


@pytest.mark.parametrize("kill", ["Path.rename", "login"])
async def test_a_kill_while_it_becomes_another_device_loses_no_keys(
    core: Core, synapse: Synapse, maria: MatrixUser, monkeypatch: pytest.MonkeyPatch, kill: str
) -> None:
    """Before the keys are set aside, or after."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        (device,) = devices(synapse, core)
        await maria.say(room, "can you read this?")
        await core.hears(room, "can you read this?")
    await maria.say(room, "is anybody there?")
    synapse.administer("DELETE", f"/v2/users/{core.user}/devices/{device['device_id']}")
    with monkeypatch.context() as patched:
        if kill == "login":
            patched.setattr("adapters.matrix.connection.login.login_body", killed)
        else:
            patched.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            await core.start()
    async with core:
        await core.hears(room, "is anybody there?")


def killed(*_: object) -> None:
    raise KeyboardInterrupt


async def test_an_expired_token_is_renewed_for_the_same_device(core: Core, synapse: Synapse) -> None:
    """A soft logout asks for the password again and changes nothing else."""
    async with core:
        before = core.state
    async with faulty_proxy(synapse.address) as proxy:
        core.settings = core.settings.model_copy(update={"homeserver": proxy.address})
        expired = {"errcode": "M_UNKNOWN_TOKEN", "error": "expired", "soft_logout": True}
        proxy.fault("GET .*/whoami", 401, expired)
        async with core:
            assert core.state != before
            assert len(devices(synapse, core)) == 1


async def test_lost_keys_make_a_new_device_that_can_be_written_to(
    core: Core, synapse: Synapse, maria: MatrixUser
) -> None:
    """Without its key store the old device would be deaf for ever: the account goes on as a new one."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        await core.says(room, "before", "t1")
    (core.folder / "olm.db").unlink()
    async with core:
        assert len(devices(synapse, core)) == 2
        await maria.say(room, "can you read this?")
        await core.hears(room, "can you read this?")
        await core.says(room, "yes", "t2")
        await maria.sees(room, "yes")


async def test_what_another_device_of_the_account_has_said_is_not_said_again(
    core: Core, synapse: Synapse, maria: MatrixUser, tmp_path: Path, encrypted: bool
) -> None:
    """The server knows transaction ids of one device; a process that takes over finds the message itself."""
    await core.start()
    room = await room_with(core, maria, encrypted=encrypted)
    said = await core.says(room, "come at ten", "t1")
    await core.says(room, "and bring the letter", "t2")
    await core.stop()
    core.state, core.folder = None, tmp_path / "elsewhere"
    core.folder.mkdir()
    await core.start()
    try:
        assert await core.says(room, "come at ten", "t1", again=True) == said
        assert await core.says(room, "by the back door", "t3", again=True) != said
    finally:
        await core.stop()


async def test_a_key_store_of_another_installation_is_refused(core: Core) -> None:
    """A folder that does not belong to the kept state is named, and nothing in it is overwritten."""
    async with core:
        state = json.loads(core.state or b"")
    core.state = json.dumps(state | {"pickle_key": "another"}).encode()
    with pytest.raises(Revoked, match="folder"):
        await core.start()


async def test_all_keys_used_up_during_an_absence_are_replaced(core: Core, synapse: Synapse, maria: MatrixUser) -> None:
    """Many devices that opened a channel while the bot was down do not make it deaf to the next one."""
    async with core:
        room = await room_with(core, maria, encrypted=True)
        (device,) = devices(synapse, core)
    wanted = {"one_time_keys": {core.user: {device["device_id"]: "signed_curve25519"}}}
    token = maria.client.access_token
    while synapse.call("POST", "/_matrix/client/v3/keys/claim", wanted, token)["one_time_keys"]:
        pass
    async with core:
        await core.wait(lambda: core.cursor)
        async with MatrixUser(synapse, "newcomer") as newcomer:
            await maria.invite(room, newcomer.id)
            await newcomer.wait(lambda: room in newcomer.invited_to())
            await newcomer.join(room)
            await newcomer.say(room, "hello")
            await core.hears(room, "hello")


async def put_back_by_hand(core: Core, synapse: Synapse, maria: MatrixUser) -> str:
    """The account's folder is an older copy; the room that they are in, which is encrypted."""
    async with core:
        older = (core.folder / "olm.db").read_bytes()
        (device,) = devices(synapse, core)
        wanted = {"one_time_keys": {core.user: {device["device_id"]: "signed_curve25519"}}}
        room = await room_with(core, maria, encrypted=True)
        synapse.call("POST", "/_matrix/client/v3/keys/claim", wanted, maria.client.access_token)
        await maria.say(room, "hello")
        await core.hears(room, "hello")
    (core.folder / "olm.db").write_bytes(older)
    synapse.call("POST", "/_matrix/client/v3/keys/claim", wanted, maria.client.access_token)
    return room


async def test_keys_from_an_older_copy_are_noticed_and_another_device_goes_on(
    core: Core, synapse: Synapse, maria: MatrixUser
) -> None:
    """The homeserver refuses keys that it knows otherwise: who is new to the bot could not be read."""
    room = await put_back_by_hand(core, synapse, maria)
    (old,) = devices(synapse, core)
    await core.start()
    with pytest.raises(Down) as caught:
        await core.receiving_ends()
    assert caught.value.anew
    await core.adapter.close()
    await core.go_on()
    (new,) = devices(synapse, core)
    assert new["device_id"] != old["device_id"]
    await maria.say(room, "and now?")
    await core.hears(room, "and now?")
    await core.says(room, "yes", "t1")
    await maria.sees(room, "yes")
    await core.stop()


async def test_without_the_password_keys_from_an_older_copy_are_named(
    core: Core, synapse: Synapse, maria: MatrixUser, told: list[str]
) -> None:
    """The log says what follows and what to do; the bot goes on as well as it can."""
    room = await put_back_by_hand(core, synapse, maria)
    core.settings = core.settings.model_copy(update={"password": None})
    async with core:
        for words in ("one", "two"):  # what follows the first batch is done when the second one is there
            await cannot_read(core, await maria.say(room, words))
    assert sum("older copy" in warning for warning in told) == 1


# --- checking ------------------------------------------------------------------------------------------------------


async def checked(core: Core, **changes: Any) -> list[str]:
    return await MatrixAdapter(ACCOUNT, core.settings.model_copy(update=changes)).check(core.state)


async def test_check_finds_nothing_wrong_and_leaves_no_trace(core: Core, synapse: Synapse) -> None:
    """A working account gives an empty list, and no device stays behind."""
    assert await checked(core) == []
    assert devices(synapse, core) == []
    async with core:
        pass
    assert await checked(core, password=None) == []
    assert len(devices(synapse, core)) == 1


async def test_check_says_that_the_kept_login_is_no_longer_accepted(core: Core, synapse: Synapse) -> None:
    """With a password in the configuration the bot logs in again."""
    async with core:
        pass
    async with faulty_proxy(synapse.address) as proxy:
        expired = {"errcode": "M_UNKNOWN_TOKEN", "error": "expired", "soft_logout": True}
        proxy.fault("GET .*/whoami", 401, expired, times=2)
        assert await checked(core, homeserver=proxy.address) == []
        assert await checked(core, homeserver=proxy.address, password=None) == [f"{LOGGED_OUT}."]
    (device,) = devices(synapse, core)
    synapse.administer("DELETE", f"/v2/users/{core.user}/devices/{device['device_id']}")
    assert await checked(core) == []
    assert await checked(core, password=None) == [f"{LOGGED_OUT}."]


async def test_check_names_fault_and_remedy(core: Core) -> None:
    """Nobody answers, the wrong server answers, or the password is wrong."""
    (fault,) = await checked(core, homeserver="http://127.0.0.1:9")
    assert "does not answer" in fault
    (fault,) = await checked(core, homeserver=core.settings.homeserver + "/nothing/here")
    assert "not as a Matrix homeserver" in fault
    (fault,) = await checked(core, password=SecretStr("wrong"))
    assert "password" in fault
    assert "wrong" not in fault


async def test_check_says_what_the_first_start_would_miss(core: Core) -> None:
    """A password; and a way on which nobody reads it."""
    adapter = MatrixAdapter(ACCOUNT, core.settings.model_copy(update={"password": None}))
    assert await adapter.check() == [NOT_YET]
    adapter = MatrixAdapter(ACCOUNT, core.settings.model_copy(update={"homeserver": "http://matrix.invalid"}))
    assert await adapter.remarks(None) == [f"{NOT_ENCRYPTED}."]


@pytest.mark.parametrize(
    ("key", "value"),
    [("homeserver", "matrix.example.org"), ("homeserver", "https://"), ("user", "schakel"), ("user", "@schakel")],
)
def test_settings_say_how_to_write_them(key: str, value: str) -> None:
    """The commonest mistakes are named with an example."""
    good = {"homeserver": "https://matrix.example.org", "user": "@schakel:example.org"}
    with pytest.raises(ValidationError, match="such as"):
        MatrixSettings.model_validate(good | {key: value})
    assert MatrixSettings.model_validate(good | {"homeserver": "https://a.be/"}).homeserver == "https://a.be"
