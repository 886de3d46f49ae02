"""Voice messages, photos and files: how they come from Telegram, and how they get there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.telegram import TelegramAdapter
from adapters.telegram.adapter import CONNECTIONS, DOWNLOADS
from adapters.telegram.files import LARGEST_PHOTO
from bot.incoming import Message
from bot.model import Attachment, Chat, Text
from bot.outgoing import Choice, EditText, SendFile, SendText, Withdraw
from bot.ports import NotSent, Refused, SendError, TooLarge, Unknown
from tests.adapters.telegram.conftest import ACCOUNT, Inbox
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import Error, Hang, Reset, Status, TooMany
from tests.servers.botapi.people import Person

MIMES = {
    "photo": "image/jpeg",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "animation": "video/mp4",
    "document": "application/pdf",
}


@pytest.fixture
def ana(server: BotApiServer) -> Person:
    """Somebody who has written to the bot."""
    ana = server.user("Ana", "pt")
    ana.starts()
    return ana


def passed_on(
    to: Person,
    folder: Path,
    kind: str,
    data: bytes = b"OggS",
    mime: str | None = None,
    caption: str = "",
    **more: object,
) -> SendFile:
    file = folder / "kept"
    file.write_bytes(data)
    attachment = Attachment(kind, "key", "brief é.pdf", len(data), mime or MIMES[kind], 12, 640, 360)
    whole = {"choices": (), "thread": None, "reply_to": None} | more
    return SendFile(Chat(ACCOUNT, str(to.id)), "matrix", attachment, 1, Text(caption), "t1", file=file, **whole)  # type: ignore[arg-type]


# --- coming --------------------------------------------------------------------------------------------------------


async def test_what_telegram_tells_of_a_file_is_kept(server: BotApiServer, inbox: Inbox) -> None:
    """Its kind, size, type and length; photos of one album belong together."""
    ana = server.user("Ana", "pt")
    ana.sends("voice", body=b"OggS", seconds=12)
    for _ in range(2):
        ana.sends("photo", album="77")
    ana.sends("video_note", seconds=7)
    ana.sends("document", name="brief.pdf", caption="a carta")
    voice, *photos, note, letter = [e for e in await inbox.holds(5) if isinstance(e, Message)]
    (spoken,) = voice.attachments
    assert (spoken.kind, spoken.size, spoken.mime, spoken.seconds) == ("voice", 4, "audio/ogg", 12)
    assert [photo.album for photo in photos] == ["77", "77"]
    assert note.attachments[0].mime == "video/mp4"
    assert (letter.attachments[0].name, letter.text.plain) == ("brief.pdf", "a carta")


async def test_what_people_send_besides_files_arrives_written_out(server: BotApiServer, inbox: Inbox) -> None:
    """As Telegram tells it; a sticker is a picture."""
    ana = server.user("Ana", "pt")
    for kind in ("location", "venue", "contact", "poll", "dice", "sticker"):
        ana.sends(kind)
    *written, sticker = [e for e in await inbox.holds(6) if isinstance(e, Message)]
    place = "50.84660, 4.35280\nhttps://www.openstreetmap.org/?mlat=50.84660&mlon=4.35280#map=17/50.84660/4.35280"
    assert [message.text.plain for message in written] == [
        f"📍 {place}",
        f"📍 Grote Markt, Grote Markt 1\n{place}",
        "👤 Somebody\n+32470000000",
        "📊 When?\n1. Today\n2. Tomorrow",
        "🎲 4",
    ]
    assert (sticker.attachments[0].kind, sticker.attachments[0].mime) == ("photo", "image/webp")


async def test_what_is_larger_than_it_may_be_is_not_fetched(
    server: BotApiServer, adapter: TelegramAdapter, inbox: Inbox, tmp_path: Path
) -> None:
    """Neither what Telegram refuses to give, nor what goes on longer than allowed."""
    ana = server.user("Ana", "pt")
    ana.sends("document", body=bytes(20 * 2**20 + 1))
    ana.sends("document", body=bytes(200_000))
    large, smaller = [e.attachments[0] for e in await inbox.holds(2) if isinstance(e, Message)]
    for attachment, most in ((large, 2**30), (smaller, 199_999)):
        with pytest.raises(TooLarge):
            await adapter.fetch(attachment, tmp_path / "file", most)
    await adapter.fetch(smaller, tmp_path / "file", 200_000)
    assert (tmp_path / "file").read_bytes() == bytes(200_000)


async def test_a_file_server_that_is_down_can_be_asked_again(
    server: BotApiServer, adapter: TelegramAdapter, inbox: Inbox, tmp_path: Path
) -> None:
    server.user("Ana", "pt").sends("voice")
    (event,) = await inbox.holds(1)
    assert isinstance(event, Message)
    await server.stop()
    with pytest.raises(NotSent):
        await adapter.fetch(event.attachments[0], tmp_path / "file", 2**20)


# --- going ---------------------------------------------------------------------------------------------------------


async def test_files_that_telegram_does_not_give_out_keep_nothing_else_waiting(
    server: BotApiServer, adapter: TelegramAdapter, ana: Person, tmp_path: Path
) -> None:
    """However many are asked for."""
    server.faults.add(Hang(), "getFile", times=None)
    wanted = [Attachment("photo", f"key{number}", None, 1, None) for number in range(2 * CONNECTIONS)]
    fetching = [asyncio.create_task(adapter.fetch(one, tmp_path / one.key, 10)) for one in wanted]
    await server.waits_for(lambda: len(server.calls_of("getFile")) >= DOWNLOADS)
    async with asyncio.timeout(5):
        await adapter.send(SendText(Chat(ACCOUNT, str(ana.id)), Text("come at ten"), "t1"))
    for task in fetching:
        task.cancel()
    await asyncio.wait(fetching)


@pytest.mark.parametrize("kind", sorted(MIMES))
async def test_everything_arrives_as_what_it_is(
    kind: str, server: BotApiServer, adapter: TelegramAdapter, ana: Person, tmp_path: Path
) -> None:
    """Byte for byte, with its length and its measures; a round video alone has no words."""
    receipt = await adapter.send(passed_on(ana, tmp_path, kind, b"the bytes", caption="olá 🙂"))
    shown = ana.private.last
    assert receipt.message == str(shown.id)
    stored = shown.file(kind, server.world)
    assert stored is not None
    assert stored.body == b"the bytes"
    assert shown.text == ("" if kind == "video_note" else "olá 🙂")
    if kind == "voice":
        assert shown.content["voice"]["duration"] == 12
    if kind in ("video", "animation"):
        assert (shown.content[kind]["width"], shown.content[kind]["height"]) == (640, 360)
    if kind == "document":
        assert shown.content["document"]["file_name"] == "brief é.pdf"


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("voice", "audio/webm"), ("audio", "audio/ogg"), ("video", "video/webm"), ("photo", "image/heic")],
)
async def test_what_telegram_cannot_play_arrives_as_a_document(
    kind: str, mime: str, server: BotApiServer, adapter: TelegramAdapter, ana: Person, tmp_path: Path
) -> None:
    await adapter.send(passed_on(ana, tmp_path, kind, mime=mime))
    assert ana.private.last.file("document", server.world) is not None


async def test_a_photo_too_large_for_a_photo_arrives_as_a_document(
    server: BotApiServer, adapter: TelegramAdapter, ana: Person, tmp_path: Path
) -> None:
    await adapter.send(passed_on(ana, tmp_path, "photo", bytes(LARGEST_PHOTO + 1)))
    assert ana.private.last.file("document", server.world) is not None
    assert not server.calls_of("sendPhoto")


@pytest.mark.parametrize("reason", ["PHOTO_INVALID_DIMENSIONS", "VOICE_MESSAGES_FORBIDDEN"])
async def test_what_is_refused_as_it_is_goes_as_a_document(
    reason: str, server: BotApiServer, adapter: TelegramAdapter, ana: Person, tmp_path: Path
) -> None:
    """A panorama, or a person who takes no voice messages."""
    server.faults.add(Error(400, f"Bad Request: {reason}"), "sendPhoto")
    await adapter.send(passed_on(ana, tmp_path, "photo", caption="olá"))
    assert ana.private.last.file("document", server.world) is not None
    assert ana.private.last.text == "olá"


async def test_a_file_stands_in_its_thread_with_its_buttons(
    server: BotApiServer, adapter: TelegramAdapter, ana: Person, tmp_path: Path
) -> None:
    first = ana.writes("K7")
    await adapter.send(passed_on(ana, tmp_path, "voice", thread=str(first.id), choices=((Choice("c1", "Sim"),),)))
    assert ana.private.last.reply_to is first
    assert ana.private.last.labels == ["Sim"]


async def test_a_caption_is_edited_and_the_file_taken_back(
    server: BotApiServer, adapter: TelegramAdapter, ana: Person, tmp_path: Path
) -> None:
    """A caption is not a text to Telegram; the file stays the same one."""
    receipt = await adapter.send(passed_on(ana, tmp_path, "photo", caption="um"))
    assert receipt.message is not None
    chat = Chat(ACCOUNT, str(ana.id))
    for _ in range(2):  # the second changes nothing
        await adapter.send(EditText(chat, receipt.message, Text("dois"), "t2", caption=True))
    assert ana.private.last.text == "dois"
    assert ana.private.last.file("photo", server.world) is not None
    await adapter.send(Withdraw(chat, receipt.message, "t3"))
    assert ana.private.from_bot() == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (TooMany(7), NotSent),
        (Reset(applied=True), Unknown),
        (Status(413), TooLarge),
        (Error(400, 'Bad Request: file "x" of size 1 bytes is too big for a document'), TooLarge),
        (Error(400, "Bad Request: not enough rights to send photos to the chat"), Refused),
    ],
    ids=repr,
)
async def test_each_failure_says_what_became_of_the_file(
    fault: object,
    expected: type[SendError],
    server: BotApiServer,
    adapter: TelegramAdapter,
    ana: Person,
    tmp_path: Path,
) -> None:
    """A chat that takes no photos still takes words: it is not given up."""
    server.faults.add(fault, "sendDocument")  # type: ignore[arg-type]
    with pytest.raises(SendError) as raised:
        await adapter.send(passed_on(ana, tmp_path, "document"))
    assert type(raised.value) is expected
