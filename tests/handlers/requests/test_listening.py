"""A voice is written down for whoever cannot listen to it: after it was sent, below it, as a computer's work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from bot.ports import Engine, Heard, Limits, NotSent, Unavailable
from bot.store.tables import text_table, translation
from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.ear import Ear
from tests.handlers.phrasebook import Phrasebook
from tests.handlers.private.test_erasing import erases
from tests.handlers.requests.test_calling import asked_for_number
from tests.world import world

PLEA = "Preciso de comida para os meus dois filhos"
IN_DUTCH = "Ik heb eten nodig voor mijn twee kinderen"
VOICE = sentence("attached-long", what=sentence("attached-voice"), length="0:12")
HEARD = sentence("heard-by-computer", what=VOICE)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def scene(tmp_path: Path, limits: Limits, ear: Ear) -> AsyncIterator[Scene]:
    book = Phrasebook()
    engines: dict[str, list[Engine]] = {"notice": [book], "conversation": [book], "voice": [ear]}
    async with world(tmp_path, engines=engines, limits=limits) as w:
        yield scene_of(w, await w.paired("room", "coordination"), book)


async def speaks(scene: Scene, words: str = PLEA) -> None:
    await scene.member.sends("voice", words.encode(), seconds=12, mime="audio/ogg")
    if sentence("button-send", "pt") in scene.member.sees()[-1].labels:
        await scene.member.presses(sentence("button-send", "pt"))


def heard(scene: Scene) -> list[str]:
    """What stands in the room as a computer's hearing, each below the voice that it is of."""
    shown = scene.ann.sees(scene.room)
    voices = {message.id for message in shown if message.plain.startswith(sentence("thread-member-sent", code="K1"))}
    found = [message for message in shown if HEARD in message.plain]
    assert all(message.reply_to in voices for message in found)
    return [message.plain for message in found]


async def test_what_is_said_stands_below_the_voice_and_is_translated(scene: Scene, ear: Ear) -> None:
    """As what a computer heard, in the room's language; the recording is gone from the disk."""
    await speaks(scene)
    (said,) = heard(scene)
    assert said.startswith(HEARD)
    assert IN_DUTCH in said
    assert sentence("label-machine") in said
    assert ear.heard == [("audio/ogg", "pt")]
    assert not any(file.exists() for file in ear.files)
    await scene.member.sends("voice", b"Ainda estamos \xc3\xa0 espera aqui em casa", seconds=12, mime="audio/ogg")
    assert "Wij wachten hier thuis nog steeds" in heard(scene)[-1]


async def test_whoever_speaks_is_told_first_and_nobody_listens_before_they_send(scene: Scene, ear: Ear) -> None:
    """What is thrown away was heard by nobody."""
    await scene.member.sends("voice", PLEA.encode(), seconds=12, mime="audio/ogg")
    assert sentence("first-computer-listens", "pt") in scene.member.reads()[-1]
    assert ear.heard == []
    await scene.member.presses(sentence("button-delete", "pt"))
    assert ear.heard == []


async def test_words_and_photos_are_not_listened_to(scene: Scene, ear: Ear) -> None:
    await scene.asks()
    await scene.member.sends("photo", b"\xff\xd8", mime="image/jpeg")
    assert ear.heard == []


async def test_an_engine_that_is_down_delays_nothing(scene: Scene, ear: Ear) -> None:
    """The voice stands there at once; what was said comes later, or never, without a word about it."""
    ear.failure = Unavailable("down")
    await speaks(scene)
    assert heard(scene) == []
    assert any(shown.file for shown in scene.ann.sees(scene.room))
    await scene.world.advance(timedelta(minutes=2))
    assert len(heard(scene)) == 1


async def test_an_engine_that_answers_something_else_than_words_stops_nothing(scene: Scene, ear: Ear) -> None:
    """It is asked again like one that is down."""
    ear.gives = (Heard(None),)  # type: ignore[arg-type]
    await speaks(scene)
    assert heard(scene) == []
    await scene.world.advance(timedelta(minutes=2))
    assert len(heard(scene)) == 1


async def test_a_recording_that_is_too_much_for_an_engine_is_given_up(scene: Scene, ear: Ear) -> None:
    """To listen takes a small machine minutes, and others wait for it."""
    ear.gives = (Heard(12, "pt"),) * 20  # type: ignore[arg-type]
    await speaks(scene)
    for _ in range(90):
        await scene.world.advance(timedelta(minutes=1))
    assert (heard(scene), len(ear.heard)) == ([], 6)


async def test_a_file_that_cannot_be_had_just_now_is_listened_to_later(scene: Scene, ear: Ear) -> None:
    await scene.asks()
    scene.world.network.fetch_faults = [NotSent("down")] * 2  # on its way to the room, and to the engine
    await scene.member.sends("voice", PLEA.encode(), seconds=12, mime="audio/ogg")
    for _ in range(3):
        await scene.world.advance(timedelta(minutes=2))
    assert [IN_DUTCH in said for said in heard(scene)] == [True]


async def test_a_recording_that_brings_out_a_bug_stops_nothing(
    scene: Scene, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is listened to."""
    await scene.asks()

    def fetched(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr(scene.world.app.translators, "_media", SimpleNamespace(fetched=fetched))
        await scene.member.sends("voice", PLEA.encode(), seconds=12, mime="audio/ogg")
        assert heard(scene) == []
    await scene.member.sends("voice", PLEA.encode(), seconds=12, mime="audio/ogg")
    assert len(heard(scene)) == 1


async def test_a_recording_in_which_nobody_speaks_is_only_heard(scene: Scene, ear: Ear) -> None:
    await speaks(scene, "")
    assert heard(scene) == []


async def test_a_number_that_was_kept_apart_stays_so(scene: Scene, ear: Ear) -> None:
    """Said once more in a voice message, it is written down without its digits."""
    await asked_for_number(scene)
    await scene.member.writes("0470 12 34 56")
    await speaks(scene, "Podem ligar para 0470 12 34 56 amanhã de manhã")
    assert len(heard(scene)) == 1
    assert "0470" not in scene.room_reads()


async def test_erasing_takes_it_along(scene: Scene, ear: Ear) -> None:
    """What was said, what was written down of it, and its translation."""
    before = await rows(scene)
    await speaks(scene)
    assert await rows(scene) > before
    await erases(scene, "K1")
    await scene.world.advance(timedelta(hours=2))
    assert await rows(scene) == before


async def rows(scene: Scene) -> int:
    """Texts and what was made of them."""

    def unit(tx: Transaction) -> int:
        counts = [select(func.count()).select_from(table) for table in (text_table, translation)]
        return sum(tx.connection.execute(count).scalar_one() for count in counts)

    return await scene.world.app.unit(unit)
