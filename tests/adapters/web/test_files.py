"""Pictures, voices and files on the page."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from adapters.web.files import LARGEST
from bot.incoming import Message
from bot.model import Attachment, Chat, Text
from bot.outgoing import EditText, SendFile, Withdraw
from bot.ports import NotSent, Refused, TooLarge
from tests.adapters.web.conftest import Core, Web, web_network

PICTURE = b"\xff\xd8 a picture"


async def send(
    web: Web, data: bytes = PICTURE, chat: str = "member", person: str = "amina", text: bytes = b"", **about: str
) -> httpx.Response:
    """The words of a file stand before its bytes."""
    query = {"person": person, "deed": "d1", "name": "IMG_1.jpg", "mime": "image/jpeg", "words": str(len(text))} | about
    headers = {"content-type": "application/octet-stream"}
    return await web.http.post(f"/api/chats/{chat}/files", params=query, content=text + data, headers=headers)


def passed_on(folder: Path, kind: str, mime: str, caption: str = "") -> SendFile:
    file = folder / "kept"
    file.write_bytes(PICTURE)
    of = Attachment(kind, "key", "<b>.pdf", len(PICTURE), mime)
    return SendFile(Chat("web", "member"), "telegram", of, 1, Text(caption), "t1", file=file)


def shelf(folder: Path) -> list[Path]:
    return list((folder / "files").iterdir())


async def member(web: Web) -> str:
    return re.search(r'id="member".*?name="person" value="([^"]+)"', (await web.http.get("/")).text, re.DOTALL)[1]  # type: ignore[index]


async def test_a_photo_from_the_page_reaches_the_bot(web: Web, core: Core, tmp_path: Path) -> None:
    """With the words under it; its bytes can be fetched, within bounds."""
    async with core.receiving():
        answer = await send(web, person=await member(web), text=b"a letter")
        assert answer.status_code == 200, answer.text
        events = await core.until(lambda events: any(isinstance(e, Message) for e in events))
    message = next(e for e in events if isinstance(e, Message))
    (photo,) = message.attachments
    assert (message.text.plain, photo.kind, photo.size, photo.mime) == ("a letter", "photo", len(PICTURE), "image/jpeg")
    await web.adapter.fetch(photo, tmp_path / "out", len(PICTURE))
    assert (tmp_path / "out").read_bytes() == PICTURE
    with pytest.raises(TooLarge):
        await web.adapter.fetch(photo, tmp_path / "out", len(PICTURE) - 1)


@pytest.mark.parametrize(
    ("mime", "kind"), [("audio/webm;codecs=opus", "voice"), ("video/mp4", "video"), ("x", "document")]
)
async def test_a_file_is_what_its_type_says(web: Web, core: Core, mime: str, kind: str) -> None:
    """A sound on the page is somebody speaking."""
    async with core.receiving():
        await send(web, person=await member(web), mime=mime, name="x")
        events = await core.until(lambda events: any(isinstance(e, Message) for e in events))
    assert [e.attachments[0].kind for e in events if isinstance(e, Message)] == [kind]


async def test_a_repeated_request_sends_nothing_twice(web: Web, tmp_path: Path) -> None:
    first, second = [await send(web, person=await member(web)) for _ in range(2)]
    assert first.json() == second.json()
    assert len(shelf(tmp_path)) == 1


async def test_what_cannot_be_taken_leaves_nothing_behind(web: Web, tmp_path: Path) -> None:
    """Too large, empty, from a stranger, or from a page of somebody else's."""
    who = await member(web)
    assert (await send(web, bytes(LARGEST + 1), person=who)).status_code == 413
    assert (await send(web, b"", person=who)).status_code == 400
    assert (await send(web, person="nobody")).status_code == 403
    assert (await send(web, person=who, text=b"\xff")).status_code == 400
    assert (await send(web, person=who, text=b"x" * 100_001)).status_code == 400
    for count in ("-1", "x", "1000001", str(len(PICTURE)), str(len(PICTURE) + 1)):
        assert (await send(web, b"\0" * len(PICTURE), person=who, words=count)).status_code == 400
    foreign = await web.http.post("/api/chats/member/files", params={"person": who, "deed": "x"}, content=b"x")
    assert foreign.status_code == 415
    assert shelf(tmp_path) == []


async def test_a_file_is_shown_where_it_can_do_no_harm(web: Web, tmp_path: Path) -> None:
    """A picture as one, a voice with a player; what could be a program is only given to keep."""
    for kind, mime, tag in (
        ("photo", "image/jpeg", "<img "),
        ("voice", "audio/ogg", "<audio "),
        ("video", "video/mp4", "<video "),
        ("document", "image/svg+xml", "download="),
        ("document", "text/html", "download="),
    ):
        folder = tmp_path / mime.replace("/", "-")
        folder.mkdir()
        async with web_network(folder) as other, other.events() as stream:
            await other.adapter.send(passed_on(tmp_path, kind, mime, "the words"))
            html = (await stream.next())[1]["html"]
            assert tag in html
            assert "the words" in html
            assert "<b>.pdf" not in html
            (address,) = set(re.findall(r'"(/api/chats/member/files/[0-9a-f]{32})"', html))
            answer = await other.http.get(address)
            assert answer.content == PICTURE
            shown = tag != "download="
            assert answer.headers["content-type"].startswith(mime if shown else "application/octet-stream")
            assert answer.headers["content-disposition"].startswith("inline" if shown else "attachment")
            assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_file_is_served_to_its_own_chat_alone(web: Web, tmp_path: Path) -> None:
    """Whoever has its name still needs the chat."""
    await web.adapter.send(passed_on(tmp_path, "photo", "image/jpeg"))
    (kept,) = shelf(tmp_path)
    assert (await web.http.get(f"/api/chats/member/files/{kept.name}")).status_code == 200
    for wrong in (f"coordination/files/{kept.name}", "member/files/history.db", "member/files/..%2Fhistory.db"):
        assert (await web.http.get(f"/api/chats/{wrong}")).status_code == 404


async def test_what_is_taken_back_is_gone_from_the_disk(web: Web, tmp_path: Path) -> None:
    """The caption may change before; the file does not."""
    action = passed_on(tmp_path, "photo", "image/jpeg", "one")
    receipts = [await web.adapter.send(action) for _ in range(2)]
    assert receipts[0] == receipts[1]
    message = str(receipts[0].message)
    await web.adapter.send(EditText(action.chat, message, Text("two"), "t2", caption=True))
    assert len(shelf(tmp_path)) == 1
    await web.adapter.send(Withdraw(action.chat, message, "t3"))
    assert shelf(tmp_path) == []


async def test_a_file_that_is_gone_is_refused(web: Web, tmp_path: Path) -> None:
    """And one of a network that is closed can be asked for again."""
    for key in ("0" * 32, "../history.db"):
        with pytest.raises(Refused):
            await web.adapter.fetch(Attachment("photo", key), tmp_path / "out", 2**20)
    await web.adapter.close()
    with pytest.raises(NotSent):
        await web.adapter.fetch(Attachment("photo", "0" * 32), tmp_path / "out", 2**20)
