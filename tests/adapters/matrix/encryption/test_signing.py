"""Element's own encryption judges the bot: in its mode "exclude insecure devices", both ways."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed
from pydantic import SecretStr

from adapters.matrix import MatrixAdapter
from adapters.matrix.checking import FOREIGN, NOT_SIGNED
from adapters.matrix.encryption.signing import TRIED_AGAIN, Signing
from bot.incoming import Edited, Message, Reacted, Unreadable
from bot.model import ChatKind, Text
from bot.outgoing import EditText, SendReaction
from tests.adapters.matrix.conftest import ACCOUNT, Core
from tests.adapters.matrix.encryption.test_returning import backup, restore
from tests.adapters.matrix.test_media import PICTURE, passed_on
from tests.servers.element import Element, ElementUser
from tests.servers.faults import FaultyProxy, faulty_proxy
from tests.servers.matrixuser import Seen
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse]

NOT_KNOWN = 404, {"errcode": "M_UNRECOGNIZED", "error": "x"}
WHO_ASKS = 401, {"session": "s", "flows": [{"stages": ["m.login.password"]}]}
PUBLISHING = "POST .*/keys/device_signing/upload"


@pytest.fixture
async def zohra(element: Element, synapse: Synapse) -> AsyncIterator[ElementUser]:
    async with ElementUser(element, synapse.address, *synapse.register("zohra")) as user:
        yield user


@pytest.fixture
def stopped(synapse: Synapse, tmp_path: Path) -> Core:
    folder = tmp_path / "account"
    folder.mkdir()
    return Core(synapse, folder)


@pytest.fixture
async def proxy(stopped: Core, synapse: Synapse) -> AsyncIterator[FaultyProxy]:
    """Between the account and its homeserver."""
    async with faulty_proxy(synapse.address) as proxy:
        stopped.settings = stopped.settings.model_copy(update={"homeserver": proxy.address})
        yield proxy


async def room_with(core: Core, person: ElementUser) -> str:
    room = await person.create_room(core.user, name="Neighbours")
    await core.joins(room)
    await person.wait(lambda: core.user in person.members(room))
    return room


async def understand_each_other(core: Core, person: ElementUser, room: str, words: str) -> None:
    """What the bot says stands there without a warning, and it reads the answer."""
    said = await core.says(room, f"{words}?", words)
    await person.sees(room, f"{words}?")
    assert shown(person, room)[said].shields == []
    await person.say(room, f"{words}!")
    await core.hears(room, f"{words}!")


def shown(person: ElementUser, room: str) -> dict[str, Seen]:
    return {message.id: message for message in person.seen(room)}


def device(core: Core) -> str:
    assert core.state is not None
    return str(json.loads(core.state)["id"])


async def remarks(core: Core, **changes: Any) -> list[str]:
    """What `schakel check` says of the account beside its faults."""
    return await MatrixAdapter(ACCOUNT, core.settings.model_copy(update=changes)).remarks(core.state)


# --- what people in that mode see and are read ------------------------------------------------------------------------


@pytest.mark.element
async def test_what_the_bot_does_is_shown_without_a_warning(core: Core, zohra: ElementUser, tmp_path: Path) -> None:
    """A message, one in a thread, a picture, an edit and a reaction."""
    room = await room_with(core, zohra)
    root = await zohra.say(room, "root")
    await core.hears(room, "root")
    card = await core.says(room, "card", "t1")
    in_thread = await core.says(room, "in the thread", "t2", thread=root)
    picture = changed(passed_on(room, tmp_path, "photo", "image/png", thread=root), transaction="t3")
    photo = str((await core.adapter.send(picture)).message)
    await core.adapter.send(EditText(core.chat(room), card, Text("card, claimed"), "t4"))
    await core.adapter.send(SendReaction(core.chat(room), root, "👀", "t5"))

    def there() -> bool:
        seen = shown(zohra, room)
        return {root, card, in_thread, photo} <= set(seen) and seen[card].edited and bool(seen[root].reactions)

    await zohra.wait(there)
    seen = shown(zohra, room)
    assert [message.shields for message in seen.values()] == [[]] * 4
    assert seen[card].body == "card, claimed"
    assert (seen[in_thread].body, seen[in_thread].thread) == ("in the thread", root)
    assert seen[root].reactions == [(core.user, "👀")]
    assert seen[photo].thread == root
    assert await zohra.fetch(seen[photo]) == PICTURE


@pytest.mark.element
async def test_what_such_people_write_is_read(core: Core, zohra: ElementUser, tmp_path: Path) -> None:
    """The same the other way round."""
    room = await room_with(core, zohra)
    card = await core.says(room, "card", "t1")
    await zohra.sees(room, "card")
    written = await zohra.say(room, "I can com")
    await zohra.edit(room, written, "I can come")
    await zohra.say(room, "in the thread", thread=card)
    await zohra.send_photo(room, "letter.png", PICTURE, thread=card)
    await zohra.react(room, card, "✅")

    assert (await core.hears(room, "I can com")).person.id == zohra.id
    edited = await core.gets(Edited, room)
    assert (edited.id, edited.text.plain) == (written, "I can come")
    assert (await core.hears(room, "in the thread")).thread == card
    photo = await core.gets(Message, room, lambda message: bool(message.attachments))
    assert photo.thread == card
    await core.adapter.fetch(photo.attachments[0], tmp_path / "letter.png", 2**20)
    assert (tmp_path / "letter.png").read_bytes() == PICTURE
    reaction = await core.gets(Reacted, room)
    assert (reaction.message, reaction.key) == (card, "✅")


@pytest.mark.element
async def test_the_first_cry_for_help_is_read(core: Core, zohra: ElementUser) -> None:
    """Written in a new private chat, before the bot had joined it."""
    room = await zohra.create_room(core.user, direct=True)
    await zohra.say(room, "Preciso de ajuda")
    await core.joins(room)
    assert (await core.hears(room, "Preciso de ajuda")).kind is ChatKind.PRIVATE


@pytest.mark.element
@pytest.mark.parametrize("lost", ["keys", "folder and state", "disk"])
async def test_a_new_device_is_trusted_like_the_one_before(stopped: Core, zohra: ElementUser, lost: str) -> None:
    """After its keys were lost; where another process stands in, in a folder of its own; and back from a backup."""
    core = stopped
    async with core:
        room = await room_with(core, zohra)
        await understand_each_other(core, zohra, room, "before")
        before, kept = device(core), backup(core)
    if lost == "keys":
        (core.folder / "olm.db").unlink()
    elif lost == "disk":
        restore(core, kept)
    else:
        core.state, core.folder = None, core.folder.with_name("elsewhere")
        core.folder.mkdir()
    async with core:
        assert device(core) != before
        await understand_each_other(core, zohra, room, "after")


@pytest.mark.element
async def test_a_homeserver_without_cross_signing_is_done_without(
    stopped: Core, proxy: FaultyProxy, zohra: ElementUser, told: list[str]
) -> None:
    """The bot works; such people and it do not see each other's words, and `schakel check` says so. When the homeserver
    has learnt it, the next start is enough."""
    proxy.fault(PUBLISHING, *NOT_KNOWN)
    core = stopped
    async with core:
        room = await room_with(core, zohra)
        said = await core.says(room, "hello", "t1")
        await zohra.wait(lambda: said in shown(zohra, room))
        assert shown(zohra, room)[said].shields == ["UNSIGNED_SENDER_DEVICE"]
        written = await zohra.say(room, "can you read this?")
        assert (await core.gets(Unreadable, room)).id == written
        assert await remarks(core) == [f"{NOT_SIGNED}."]
    assert [warning for warning in told if "knows no cross-signing" in warning]
    async with core:
        assert await remarks(core) == []
        await understand_each_other(core, zohra, room, "after")


# --- whose identity it is ---------------------------------------------------------------------------------------------


@pytest.mark.element
async def test_an_identity_made_in_another_app_is_not_replaced_unasked(
    stopped: Core, element: Element, synapse: Synapse, told: list[str]
) -> None:
    """Somebody has used the account in Element, before the first start or later: it is said, with the remedy."""
    core = stopped
    assert core.settings.password is not None
    account = core.user, core.settings.password.get_secret_value()
    async with ElementUser(element, synapse.address, *account) as operator:
        assert await remarks(core) == [f"{FOREIGN}."]
        assert await remarks(core, password=None) == []  # nobody to ask as
        async with core:
            assert len(told) == 1
            assert "made in another app" in told[0]
            assert await remarks(core) == [f"{FOREIGN}."]
        core.settings = core.settings.model_copy(update={"reset_identity": True})
        assert await remarks(core) == [f"{NOT_SIGNED}."]
        async with core:
            assert await remarks(core) == []
        core.settings = core.settings.model_copy(update={"reset_identity": False})
        await operator.resets_identity()
        async with core:
            assert told[2] == told[0]
            assert await remarks(core) == [f"{FOREIGN}."]


@pytest.mark.element
async def test_a_login_that_somebody_has_signed_in_another_app_stays_so(
    stopped: Core, element: Element, synapse: Synapse, told: list[str]
) -> None:
    """It is trusted; whether that somebody may do so only the operator can know."""
    core = stopped
    assert core.settings.password is not None
    account = core.user, core.settings.password.get_secret_value()
    async with ElementUser(element, synapse.address, *account) as operator:
        async with core:
            await operator.signs_device(device(core))
        async with core:
            assert "somebody else is in the account" in told[-1]
            assert await remarks(core) == []


async def test_an_identity_of_ours_whose_secrets_are_lost_is_replaced(stopped: Core, told: list[str]) -> None:
    """As long as a login of ours is signed with it, nothing has to be done; a new one needs another."""
    core = stopped
    async with core:
        pass
    core.shared = None
    async with core:
        assert await remarks(core) == []
    assert told == []
    core.state, core.folder = None, core.folder.with_name("elsewhere")
    core.folder.mkdir()
    async with core:
        assert await remarks(core) == []
    assert "new cryptographic identity" in told[0]


@pytest.mark.parametrize("password", [None, SecretStr("wrong")])
async def test_a_homeserver_that_wants_to_know_who_asks_is_told(
    stopped: Core, proxy: FaultyProxy, told: list[str], password: SecretStr | None
) -> None:
    """With the password; without the right one the account works unsigned, and the operator hears what is missing."""
    core, settings = stopped, stopped.settings
    proxy.fault(PUBLISHING, *NOT_KNOWN)
    async with core:
        pass
    core.settings = settings.model_copy(update={"password": password})
    proxy.fault(PUBLISHING, *WHO_ASKS, times=1 if password is None else 2)
    async with core:
        assert await remarks(core) == [f"{NOT_SIGNED}."]
    assert "password" in told[-1]
    assert "wrong" not in told[-1]
    core.settings = settings
    proxy.fault(PUBLISHING, *WHO_ASKS)
    async with core:
        assert await remarks(core) == []


async def test_a_homeserver_that_fails_is_asked_again_later(stopped: Core, proxy: FaultyProxy) -> None:
    """Not at once, and not in vain for ever: one that refuses is left alone."""
    core, clock = stopped, [0.0]
    failing = proxy.fault(PUBLISHING, 502, {}, times=2)
    async with core:
        assert core.adapter._client is not None
        signing = Signing(core.adapter._server, core.adapter._client, core.settings, core.share, lambda: clock[0])
        for _ in range(3):
            await signing.tend()
        assert failing.met == 2  # at the start, and now
        assert await remarks(core) == [f"{NOT_SIGNED}."]
        clock[0] = TRIED_AGAIN
        refusing = proxy.fault(PUBLISHING, 400, {"errcode": "M_INVALID_SIGNATURE", "error": "x"})
        await signing.tend()
        assert refusing.met == 1
        clock[0] *= 2
        await signing.tend()
        assert await remarks(core) == [f"{NOT_SIGNED}."]


async def test_a_login_whose_keys_the_homeserver_has_otherwise_is_not_signed(
    stopped: Core, proxy: FaultyProxy, told: list[str]
) -> None:
    """We vouch for nothing but our own keys."""
    core = stopped
    proxy.fault(PUBLISHING, *NOT_KNOWN)
    async with core:
        assert core.adapter._client is not None
        ours = device(core)
        keys = {f"ed25519:{ours}": "another", f"curve25519:{ours}": "another"}
        login = {"user_id": core.user, "device_id": ours, "keys": keys}
        proxy.fault("POST .*/keys/query", 200, {"device_keys": {core.user: {ours: login}}})
        await Signing(core.adapter._server, core.adapter._client, core.settings, core.share).tend()
        assert "other encryption keys" in told[-1]
        assert await remarks(core) == [f"{NOT_SIGNED}."]
