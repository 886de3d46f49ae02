"""Voices, photos and files on the real program, between Telegram and encrypted rooms, with deaths in between."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.content import say
from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.house import PATIENCE, said
from tests.pictures import PLACE, SCAN, jpeg
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import Hold
from tests.servers.botapi.people import Person
from tests.servers.botapi.state import Message
from tests.servers.matrixuser import MatrixUser, Seen
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600)]

LARGE = 40 * 2**20
OUT_OF_A_PHOTO = SCAN[:100]
"""Some of the picture itself, which must arrive."""


@dataclass
class Scene:
    """A helper in the encrypted coordination room; Ana on Telegram, who reads French."""

    bot: RunningBot
    id: str
    telegram: BotApiServer
    helper: MatrixUser
    room: str
    ana: Person

    def below(self, card: str) -> list[Seen]:
        """What the bot has said in a request's thread."""
        return [m for m in self.helper.seen(self.room) if m.sender == self.id and m.thread == card]

    async def card(self, code: str) -> Seen:
        def there() -> Seen | None:
            shown = (m for m in self.helper.seen(self.room) if m.sender == self.id and not m.thread)
            return next((m for m in shown if re.match(rf"{code}\b", m.body)), None)

        found: Seen = await self.helper.wait(there, PATIENCE)
        return found

    async def arrives(self, card: str, msgtype: str, number: int = 1) -> Seen:
        """Wait for so many files of a kind in a thread; the last of them."""

        def there() -> Seen | None:
            files = [m for m in self.below(card) if m.type == msgtype]
            return files[number - 1] if len(files) >= number else None

        found: Seen = await self.helper.wait(there, PATIENCE)
        return found

    async def ana_gets(self, kind: str, number: int = 1) -> Message:
        """Wait for so many files of a kind in her chat; the last of them."""

        def there(_: list[Message]) -> Message | None:
            files = [m for m in self.ana.private.from_bot() if m.file(kind, self.telegram.world)]
            return files[number - 1] if len(files) >= number else None

        found = await self.ana.private.waits_for(there, PATIENCE)
        assert found is not None
        return found

    def bytes_of(self, message: Message, kind: str) -> bytes:
        stored = message.file(kind, self.telegram.world)
        assert stored is not None
        return stored.body

    async def speaks_first(self) -> Seen:
        """Ana says what she needs; her request's card."""
        self.ana.sends("voice", body=b"OggS what she needs", seconds=12)
        await self.ana.private.sees(said("first-held-message", "fr"), PATIENCE)
        self.ana.presses(said("button-send", "fr"))
        return await self.card("K1")


@asynccontextmanager
async def running(
    folder: Path, synapse: Synapse, translation: Mapping[str, object] | None = None
) -> AsyncIterator[Scene]:
    user, password = synapse.register("schakel")
    async with BotApiServer() as telegram, MatrixUser(synapse, "helper") as helper:
        wanted = settings(telegram.url, (synapse.address, user, password), token=telegram.token)
        wanted |= {"translation": translation} if translation else {}
        async with RunningBot(folder, wanted) as bot:
            room = await helper.create_room(user, name="Coordination", encrypted=True)
            await helper.wait(lambda: user in helper.members(room), PATIENCE)
            await helper.say(room, f"!pair {(await bot.asks('pair', role='coordination'))['code']}")
            await helper.wait(lambda: any(said("paired-coordination") in m.body for m in helper.seen(room)), PATIENCE)
            yield Scene(bot, user, telegram, helper, room, telegram.user("Ana", "fr"))
            await bot.stop()  # what is being put away just now is put away
    assert list((folder / "data" / "media").iterdir()) == []
    log = (folder / "log.txt").read_bytes()
    assert PLACE not in log
    assert b"mxc://" not in log


async def test_who_cannot_write_speaks_and_is_answered(tmp_path: Path, synapse: Synapse) -> None:
    """A voice message makes the request; photos without their place and voices go both ways; the bot dies twice."""
    async with running(tmp_path, synapse) as scene:
        card = await scene.speaks_first()
        length = said("attached-long", what=say("attached-voice"), length="0:12")
        assert length in card.body
        voice = await scene.arrives(card.id, "m.audio")
        assert "org.matrix.msc3245.voice" in voice.content
        assert voice.content["info"]["duration"] == 12000
        assert "file" in voice.content  # encrypted
        assert await scene.helper.fetch(voice) == b"OggS what she needs"

        # A photo is on its way from Telegram when the bot dies: it arrives once.
        held = scene.telegram.faults.add(Hold(None), "getFile")
        scene.ana.sends("photo", body=jpeg(), caption="La lettre de la commune")
        await held.met(PATIENCE)
        await scene.bot.kill()
        held.release()
        await scene.bot.start()
        photo = await scene.helper.fetch(await scene.arrives(card.id, "m.image"))
        assert PLACE not in photo
        assert OUT_OF_A_PHOTO in photo
        assert any("La lettre de la commune" in m.body for m in scene.below(card.id))

        # The answer is a photo; the bot dies while Telegram takes it, and nobody can say whether it did.
        held = scene.telegram.faults.add(Hold(None), "sendPhoto")
        await scene.helper.send_file(
            scene.room,
            "IMG.jpg",
            jpeg(),
            "image/jpeg",
            "m.image",
            caption="!r Demain à dix heures, ici",
            thread=card.id,
        )
        await held.met(PATIENCE)
        await scene.bot.kill()
        held.release()
        await scene.bot.start()
        answers = [await scene.ana_gets("photo", number) for number in (1, 2)]
        assert [answer.text.startswith("↻ K1") for answer in answers] == [False, True]  # Telegram did have it
        for answer in answers:
            assert "Demain à dix heures, ici" in answer.text
            assert PLACE not in scene.bytes_of(answer, "photo")
            assert OUT_OF_A_PHOTO in scene.bytes_of(answer, "photo")

        # A voice message below the card is a note, until the button makes it an answer.
        note = await scene.helper.send_file(
            scene.room, "Voice.ogg", b"OggS at ten", "audio/ogg", "m.audio", voice=5, thread=card.id
        )
        only = await scene.helper.wait(
            lambda: next((m for m in scene.below(card.id) if m.reply_to == note), None), PATIENCE
        )
        assert said("note-only", code="K1") in only.body
        await scene.helper.react(scene.room, only.id, "1\ufe0f\u20e3")
        spoken = await scene.ana_gets("voice")
        assert scene.bytes_of(spoken, "voice") == b"OggS at ten"
        assert spoken.content["voice"]["duration"] == 5
        assert len([m for m in scene.below(card.id) if m.type == "m.image"]) == 1
        assert len([m for m in scene.ana.private.from_bot() if m.file("photo", scene.telegram.world)]) == 2


async def test_files_between_matrix_rooms_that_are_encrypted(tmp_path: Path, synapse: Synapse) -> None:
    """From a private chat to the coordination room and back: decrypted, made harmless, encrypted anew."""
    async with running(tmp_path, synapse) as scene, MatrixUser(synapse, "omar") as omar:
        chat = await omar.create_room(scene.id, encrypted=True, direct=True)
        await omar.wait(lambda: scene.id in omar.members(chat), PATIENCE)
        await omar.send_file(chat, "photo.jpg", jpeg(turned=6), "image/jpeg", "m.image")
        screen: Seen = await omar.wait(
            lambda: next((m for m in omar.seen(chat) if said("button-send") in m.body), None), PATIENCE
        )
        number = re.search(rf"^(\d+)\. {said('button-send')}$", screen.body, re.MULTILINE)
        assert number is not None
        await omar.say(chat, number[1])
        card = await scene.card("K1")
        photo = await scene.arrives(card.id, "m.image")
        there = await scene.helper.fetch(photo)
        assert PLACE not in there
        assert OUT_OF_A_PHOTO in there
        assert b"MM\x00\x2a" in there  # it stays the right way up
        await scene.helper.send_file(
            scene.room, "réponse.pdf", b"%PDF", "application/pdf", "m.file", caption="!r Voici", thread=card.id
        )
        letter: Seen = await omar.wait(lambda: next((m for m in omar.seen(chat) if m.type == "m.file"), None), PATIENCE)
        assert letter.content["filename"] == "réponse.pdf"
        assert await omar.fetch(letter) == b"%PDF"


EAR = '''
"""An engine by somebody else that hears what is written in a recording."""
from pathlib import Path
from typing import ClassVar
from pydantic import BaseModel
from bot.ports import Heard, Unsupported

class Settings(BaseModel):
    pass

class Ear:
    Settings = Settings
    questions = ()
    read_by = None

    def __init__(self, name, settings):
        self.name = name

    async def open(self): ...

    async def close(self): ...

    async def check(self):
        return []

    async def translate(self, paragraphs, source, target):
        raise Unsupported("it only listens")

    async def transcribe(self, recording, mime, language):
        return Heard(recording.read_bytes().removeprefix(b"OggS ").decode(), language)
'''


def installed(site: Path) -> Path:
    """A package as pip would put it there."""
    info = site / "ear-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ear\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[schakel.engines]\near = ear:Ear\n")
    (site / "ear.py").write_text(EAR)
    return site


async def test_a_voice_is_written_down_by_an_engine_of_somebody_elses(
    tmp_path: Path, synapse: Synapse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found where it is installed, and named in the configuration; it stands below the voice, as a computer's work."""
    monkeypatch.setenv("PYTHONPATH", str(installed(tmp_path / "site")))
    async with running(tmp_path, synapse, {"voices": ["ear"], "engines": {"ear": {"kind": "ear"}}}) as scene:
        card = await scene.speaks_first()
        voice = await scene.arrives(card.id, "m.audio")
        head = said("heard-by-computer", what=say("attached-long", what=say("attached-voice"), length="0:12"))
        heard = await scene.helper.wait(
            lambda: next((m for m in scene.below(card.id) if head in m.body), None), PATIENCE
        )
        assert "what she needs" in heard.body
        assert scene.below(card.id).index(heard) > scene.below(card.id).index(voice)


async def test_what_is_too_large_is_refused_and_what_is_not_takes_no_memory(tmp_path: Path, synapse: Synapse) -> None:
    """Telegram gives bots 20 MB and takes 50; 40 MB pass through without ever being whole in memory."""
    async with running(tmp_path, synapse) as scene:
        card = await scene.speaks_first()
        await scene.arrives(card.id, "m.audio")
        scene.ana.sends("video", body=bytes(20 * 2**20 + 1))
        await scene.ana.private.sees(
            said("file-too-large", "fr", what=say("attached-long", what=say("attached-video"), length="0:02"))
        )
        assert [call.params["file_id"] for call in scene.telegram.calls_of("getFile")] == [
            scene.ana.private.messages()[0].content["voice"]["file_id"]
        ]
        before = peak(scene.bot.pid)
        await scene.helper.send_file(
            scene.room, "film.pdf", bytes(LARGE), "application/pdf", "m.file", caption="!r Voici", thread=card.id
        )
        letter = await scene.ana_gets("document")
        assert len(scene.bytes_of(letter, "document")) == LARGE
        assert peak(scene.bot.pid) - before < LARGE / 2


def peak(pid: int) -> int:
    """The most memory that a process has ever had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024
