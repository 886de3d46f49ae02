"""Files come from Matrix and get there, encrypted where the room is."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from adapters.matrix import media
from bot.incoming import Message
from bot.model import Attachment, Chat, Text
from bot.outgoing import EditText, SendFile
from bot.ports import NotSent, Refused, TooLarge
from tests.adapters.matrix.conftest import ACCOUNT, Core
from tests.adapters.matrix.test_rooms import room_with
from tests.servers.matrixuser import MatrixUser

pytestmark = pytest.mark.synapse

PICTURE = bytes(range(256)) * 500


async def test_a_file_comes_out_as_it_went_in(core: Core, maria: MatrixUser, encrypted: bool, tmp_path: Path) -> None:
    """What is told of the file is enough to fetch it, and to decrypt it where the room is encrypted."""
    room = await room_with(core, maria, encrypted)
    await maria.send_file(room, "cat.png", PICTURE, "image/png", "m.image")
    (file,) = (await core.gets(Message, room)).attachments
    assert (file.kind, file.name, file.size, file.mime) == ("photo", "cat.png", len(PICTURE), "image/png")
    await core.adapter.fetch(file, tmp_path / "cat.png", 2**20)
    assert (tmp_path / "cat.png").read_bytes() == PICTURE


async def test_a_file_that_is_not_there_is_refused(core: Core, maria: MatrixUser, tmp_path: Path) -> None:
    """A wrong address, or a wrong key, is no file, and leaves nothing behind."""
    room = await room_with(core, maria, encrypted=True)
    await maria.send_file(room, "cat.png", PICTURE, "image/png", "m.image")
    (file,) = (await core.gets(Message, room)).attachments
    where = json.loads(file.key)
    wrong = [where | {"url": url} for url in ("mxc://localhost/nothing", "mxc://localhost/\ud800")]
    wrong += [where | {"hashes": {"sha256": "x"}}, where | {"key": {"k": 5}}, where | {"iv": None}]
    for key in wrong:
        with pytest.raises(Refused):
            await core.adapter.fetch(changed(file, key=json.dumps(key)), tmp_path / "cat.png", 2**20)
        assert not (tmp_path / "cat.png").exists()


async def test_a_voice_message_is_known_as_one(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """With its length; and words under a picture are words."""
    room = await room_with(core, maria, encrypted)
    await maria.send_file(room, "Voice message.ogg", b"OggS", "audio/ogg", "m.audio", voice=12)
    (voice,) = (await core.gets(Message, room)).attachments
    assert (voice.kind, voice.seconds) == ("voice", 12)
    await maria.send_file(room, "letter.jpg", b"\xff\xd8", "image/jpeg", "m.image", caption="a letter")
    message = await core.hears(room, "a letter")
    assert message.attachments[0].name == "letter.jpg"


async def test_more_than_a_file_may_be_is_not_fetched(core: Core, maria: MatrixUser, tmp_path: Path) -> None:
    """Whatever its sender says of its size."""
    room = await room_with(core, maria, False)
    await maria.send_file(room, "cat.png", PICTURE, "image/png", "m.image")
    (file,) = (await core.gets(Message, room)).attachments
    with pytest.raises(TooLarge):
        await core.adapter.fetch(file, tmp_path / "cat.png", len(PICTURE) - 1)


# --- going ---------------------------------------------------------------------------------------------------------


def passed_on(room: str, folder: Path, kind: str, mime: str, data: bytes = PICTURE, **more: str) -> SendFile:
    file = folder / "kept"
    file.write_bytes(data)
    of = Attachment(kind, "key", "رسالة.pdf", len(data), mime, 12 if kind == "voice" else None)
    return SendFile(Chat(ACCOUNT, room), "telegram", of, 1, Text(""), "t1", file=file, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "mime", "msgtype", "name"),
    [
        ("photo", "image/jpeg", "m.image", "photo.jpg"),
        ("voice", "audio/ogg", "m.audio", "voice.ogg"),
        ("video_note", "video/mp4", "m.video", "video.mp4"),
        ("document", "application/pdf", "m.file", "رسالة.pdf"),
    ],
)
async def test_a_file_arrives_as_what_it_is(
    core: Core, maria: MatrixUser, encrypted: bool, tmp_path: Path, kind: str, mime: str, msgtype: str, name: str
) -> None:
    """The bytes, what they are, and how long; said again after a crash, it stands there once."""
    room = await room_with(core, maria, encrypted)
    root = await maria.say(room, "root")
    action = passed_on(room, tmp_path, kind, mime, thread=root)
    receipts = [await core.adapter.send(action) for _ in range(2)]
    assert receipts[0] == receipts[1]
    seen = await maria.wait(lambda: next((m for m in maria.seen(room) if m.type == msgtype), None))
    assert (seen.id, seen.thread) == (receipts[0].message, root)
    assert seen.content["filename"] == name
    assert seen.content["info"]["size"] == len(PICTURE)
    assert seen.content["info"]["mimetype"] == mime
    assert ("file" in seen.content) == encrypted
    assert await maria.fetch(seen) == PICTURE
    assert ("org.matrix.msc3245.voice" in seen.content) == (kind == "voice")
    if kind == "voice":
        assert seen.content["org.matrix.msc1767.audio"]["duration"] == 12000
    assert not maria.undecrypted


def told(of: Attachment) -> dict[str, Any]:
    action = SendFile(Chat(ACCOUNT, "!room"), "telegram", of, 1, Text(""), "t1")
    return media.told(action, {"url": "mxc://a/b", "size": 5})


def test_a_voice_is_shown_as_one_whatever_is_known_of_it() -> None:
    """Apps draw the waveform where there is one; half of what belongs together, and some show nothing at all."""
    known = told(Attachment("voice", "key", None, 5, "audio/ogg", 12, waveform=(0, 512, 1024)))
    assert known["org.matrix.msc1767.audio"] == {"duration": 12_000, "waveform": [0, 512, 1024]}
    from_telegram = told(Attachment("voice", "key", None, 5, "audio/ogg", 12))
    assert from_telegram["org.matrix.msc1767.audio"] == {"duration": 12_000}
    bare = told(Attachment("voice", "key", None, 5, "audio/ogg"))
    assert "org.matrix.msc1767.audio" not in bare
    assert known["org.matrix.msc3245.voice"] == from_telegram["org.matrix.msc3245.voice"] == {}
    assert bare["org.matrix.msc3245.voice"] == {}


def test_pictures_bring_their_measures() -> None:
    """So that what stands below them does not jump; a picture that moves is a picture."""
    photo = told(Attachment("photo", "key", None, 5, "image/jpeg", None, 800, 600))
    assert (photo["info"]["w"], photo["info"]["h"]) == (800, 600)
    assert "w" not in told(Attachment("photo", "key", None, 5, "image/jpeg"))["info"]
    kinds = {
        mime: told(Attachment("animation", "key", None, 5, mime))["msgtype"] for mime in ("image/gif", "video/mp4")
    }
    assert kinds == {"image/gif": "m.image", "video/mp4": "m.video"}


async def test_what_the_homeserver_takes_is_known(core: Core, maria: MatrixUser, tmp_path: Path) -> None:
    """A file larger than that is refused, and nothing is said of it."""
    room = await room_with(core, maria, False)
    assert core.adapter.limits.upload == 50 * 2**20
    action = passed_on(room, tmp_path, "document", "application/pdf", b"")
    assert action.file is not None
    with action.file.open("wb") as file:
        file.truncate(50 * 2**20 + 1)
    with pytest.raises((TooLarge, NotSent)):  # Synapse hangs up on it
        await core.adapter.send(action)


async def test_a_file_keeps_its_words(core: Core, maria: MatrixUser, tmp_path: Path) -> None:
    """Nothing asks for an edit; an edit would turn the file into words."""
    room = await room_with(core, maria, False)
    receipt = await core.adapter.send(passed_on(room, tmp_path, "photo", "image/jpeg"))
    with pytest.raises(Refused):
        await core.adapter.send(EditText(core.chat(room), str(receipt.message), Text("x"), "t2", caption=True))


async def test_a_large_file_is_encrypted_and_decrypted_piece_by_piece(tmp_path: Path) -> None:
    """40 MB take no more memory than a few pieces."""
    file = tmp_path / "film"
    with file.open("wb") as content:
        content.truncate(40 * 2**20)
    keys: dict[str, object] = {}
    sealed = tmp_path / "sealed"
    tracemalloc.start()
    with sealed.open("wb") as content:
        async for piece in media._encrypted(file, keys):
            content.write(piece)
    media._decrypt(sealed, keys)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 * 2**20
    assert sealed.stat().st_size == 40 * 2**20
    with sealed.open("rb") as content:
        assert not any(any(piece) for piece in iter(lambda: content.read(2**16), b""))
