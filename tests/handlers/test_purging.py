"""What time deletes by itself, and that nothing of it can be read in the database's files."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.domain.erasing import COMPACT
from bot.incoming import Pressed
from bot.model import ChatKind
from bot.ports import Limits
from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.handlers.private.test_erasing import CONTENTS, erases, private_chats, rows
from tests.paper import Paper
from tests.world import POLICY, Clock, World, world

PLEA = "Preciso de um Zebrafinco para a minha irmã Ágata"
YEARS = timedelta(days=3 * 365)
WRITTEN = ("Zebrafinco", "Ágata", "Quincunx 7", "Xylofoonstraat", "0470998877")


async def _whole_story(scene: Scene) -> None:
    """Words of every kind: a plea, an area, a reply, a note, a change of mind, what was found and listed."""
    member, room = scene.member, scene.room
    message = await member.writes(PLEA)
    await member.presses(sentence("button-send", "pt"))
    await member.presses(sentence("need-food", "pt"))
    await member.presses(sentence("for-me", "pt"))
    await member.writes("Quincunx 7")
    await member.edits(message, f"{PLEA} em casa")
    await scene.in_thread("!claim")
    await scene.in_thread("!r Kom naar de Xylofoonstraat")
    await scene.in_thread("Bel 0470998877")
    await scene.ann.writes("!find Xylofoonstraat", room)
    await scene.ann.writes("!list", room)


def _in_the_files(folder: Path, *words: str) -> list[str]:
    """Which of these words can be read in the database's files, in any of the ways in which a program writes them."""
    data = b"".join(file.read_bytes() for file in folder.glob("schakel.db*"))
    data += b"".join(file.read_bytes() for file in folder.glob("media/**/*") if file.is_file())
    forms = {word: (word.encode(), word.encode("unicode-escape"), word.encode("utf-16-le")) for word in words}
    return [word for word, written in forms.items() if any(form in data for form in written)]


async def _hour(scene: Scene, **by: float) -> None:
    await scene.world.advance(timedelta(**by))


async def test_erased_words_cannot_be_read_in_the_files(scene: Scene, tmp_path: Path) -> None:
    """Neither the words nor who said them, however hard somebody looks."""
    who = (scene.member.person.id, scene.member.private.id)
    await _whole_story(scene)
    assert _in_the_files(tmp_path, *WRITTEN, *who) == [*WRITTEN, *who]
    await erases(scene)
    assert _in_the_files(tmp_path, "Zebrafinco") == []
    await _hour(scene, minutes=2)
    assert _in_the_files(tmp_path, *WRITTEN, *who) == []
    await scene.world.app.unit(lambda tx: None)
    assert _in_the_files(tmp_path, *WRITTEN, *who) == []


async def test_closed_requests_are_deleted_when_their_days_are_over(scene: Scene, tmp_path: Path) -> None:
    """Their words, who asked, and every row that led to them; the card says so, and no more."""
    who = (scene.member.person.id, scene.member.private.id)
    await _whole_story(scene)
    await scene.in_thread("!close helped")
    await _hour(scene, days=29, hours=23)
    assert _in_the_files(tmp_path, *WRITTEN) == [*WRITTEN]
    await _hour(scene, hours=2)
    await _hour(scene, hours=2)
    assert _in_the_files(tmp_path, *WRITTEN) == []
    assert not await rows(scene.world, *CONTENTS[:5])
    card = next(m for m in scene.ann.sees(scene.room) if m.plain.startswith("K1"))
    assert card.plain == sentence("card-purged", code="K1", n=30)
    assert card.buttons == ()
    await _hour(scene, days=31)
    await _hour(scene, days=4)
    assert _in_the_files(tmp_path, *who) == []
    assert await private_chats(scene.world) == 0


async def test_a_large_database_is_rebuilt_at_night(scene: Scene) -> None:
    """It takes many seconds after some years, and in a busy bot something is deleted each hour."""
    await _whole_story(scene)
    await scene.in_thread("!close helped")
    await _hour(scene, days=30, hours=1)
    assert not await rows(scene.world, "request")
    await _is_rebuilt_at_night(scene)


async def _is_rebuilt_at_night(scene: Scene) -> None:
    planned = await scene.world.app.unit(lambda tx: tx.schedule.planned(COMPACT))
    assert planned is not None
    assert planned.astimezone(POLICY.zone).time() == time(4)
    assert timedelta() < planned - scene.world.clock.now() < timedelta(days=1)


@pytest.mark.parametrize("way", ["Delete", "stop", "other words"])
async def test_words_that_their_writer_takes_back_leave_nothing_behind(scene: Scene, tmp_path: Path, way: str) -> None:
    """Not for longer than until the coming night, also where nothing else is deleted for weeks."""
    message = await scene.member.writes(PLEA)
    match way:
        case "Delete":
            await scene.member.presses(sentence("button-delete", "pt"))
        case "stop":
            await scene.member.writes("/stop")
        case _:
            await scene.member.edits(message, "Preciso de um médico")
    assert _in_the_files(tmp_path, "Zebrafinco") == []
    await _is_rebuilt_at_night(scene)


async def test_what_is_open_is_kept(scene: Scene) -> None:
    """However long it takes: also when it was closed once."""
    await _whole_story(scene)
    await scene.in_thread("!close helped")
    await _hour(scene, days=20)
    await scene.in_thread("!reopen")
    await _hour(scene, days=40)
    assert "Zebrafinco" in scene.card().plain
    await scene.in_thread("!r Wij zijn er nog")
    assert "Wij zijn er nog" in scene.member_reads()
    await scene.in_thread("!close helped")
    await _hour(scene, days=29)
    assert "request" in await rows(scene.world, "request")
    await _hour(scene, days=2)
    assert "request" not in await rows(scene.world, "request")


async def test_a_stop_in_between_changes_nothing(tmp_path: Path, limits: Limits) -> None:
    """What became due while the bot was away is deleted soon after it starts."""
    async with world(tmp_path, limits=limits) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await _whole_story(scene)
        await scene.in_thread("!close helped")
    w.clock.advance(timedelta(days=31))
    async with world(tmp_path, limits=limits, network=w.network, clock=w.clock) as again:
        await again.settled()
        await again.advance(timedelta(hours=2))
        assert _in_the_files(tmp_path, *WRITTEN) == []


async def test_a_clock_that_is_years_ahead_at_the_start_deletes_nothing(tmp_path: Path, limits: Limits) -> None:
    """There is an hour to set it right: what is deleted is gone, also what a member has not sent yet."""
    async with world(tmp_path, limits=limits) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await _whole_story(scene)
        await scene.in_thread("!close helped")
        rui = w.somebody("Rui", "pt")
        await rui.writes("Preciso de um Alcaravão")
    w.clock.set_back(-YEARS)
    async with world(tmp_path, limits=limits, network=w.network, clock=w.clock) as again:
        await again.advance(timedelta(minutes=50))
        again.clock.set_back(YEARS)
        again.app.scheduler.wake()
        await again.settled()
        await again.advance(timedelta(hours=2))
        assert _in_the_files(tmp_path, *WRITTEN, "Alcaravão") == [*WRITTEN, "Alcaravão"]
        await again.advance(timedelta(days=31))
        await again.advance(timedelta(hours=2))
        assert _in_the_files(tmp_path, *WRITTEN, "Alcaravão") == []


async def test_a_clock_that_is_put_forward_by_years_deletes_nothing(tmp_path: Path, limits: Limits) -> None:
    """By a slip of the hand, say. When it stays so for an hour, that is the time."""
    async with world(tmp_path, limits=limits) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await _whole_story(scene)
        await scene.in_thread("!close helped")
        for years in (-YEARS, YEARS):
            w.clock.set_back(years)
            w.app.scheduler.wake()
            await w.settled()
            await w.advance(timedelta(minutes=1))
        assert _in_the_files(tmp_path, *WRITTEN) == [*WRITTEN]
        w.clock.set_back(-YEARS)
        w.app.scheduler.wake()
        await w.settled()
        await w.advance(timedelta(hours=2))
        await w.advance(timedelta(minutes=2))
        assert _in_the_files(tmp_path, *WRITTEN) == []


async def test_a_clock_that_was_years_ahead_keeps_nothing_for_years(tmp_path: Path, limits: Limits) -> None:
    """It was set right while the bot was stopped: what is due after that is deleted at its time."""
    async with world(tmp_path, limits=limits) as w:
        await w.paired("room", "coordination")
    w.clock.set_back(-YEARS)
    async with world(tmp_path, limits=limits, network=w.network, clock=w.clock) as wrong:
        await wrong.advance(timedelta(hours=2))
    w.clock.set_back(YEARS)
    async with world(tmp_path, limits=limits, network=w.network, clock=w.clock) as again:
        room = await again.app.unit(lambda tx: tx.chats.coordination_room())
        assert room is not None
        scene = scene_of(again, room.address, Phrasebook())
        await _whole_story(scene)
        await scene.in_thread("!close helped")
        await again.advance(timedelta(days=30))
        await again.advance(timedelta(hours=2))
        assert _in_the_files(tmp_path, *WRITTEN) == []


async def test_send_that_was_pressed_while_the_bot_was_away_counts(tmp_path: Path, limits: Limits) -> None:
    """Also where the days are over in which it could be pressed: they were not when it was."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, limits=limits, network=network, clock=clock) as w:
        await w.paired("room", "coordination")
        rui = w.somebody("Rui", "pt")
        await rui.writes(PLEA)
        screen = rui.sees()[-1]
    send, at = screen.button(sentence("button-send", "pt")), clock.now()
    network.happens(Pressed(rui.private, ChatKind.PRIVATE, rui.person, screen.id, send.id, network.id(), at))
    clock.advance(timedelta(days=4))
    async with world(tmp_path, limits=limits, network=network, clock=clock) as again:
        await again.settled()
        found = await again.app.unit(lambda tx: tx.requests.open())
        assert [request.code for request in found] == ["K1"]
        await again.advance(timedelta(hours=1))
        assert not any(sentence("held-deleted", "pt") in read for read in rui.reads())


async def test_the_operator_says_how_many_days(tmp_path: Path) -> None:
    """Shorter than the words that were never sent are kept otherwise."""
    async with world(tmp_path, replace(POLICY, delete_after_days=1)) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await _whole_story(scene)
        await scene.in_thread("!close helped")
        other = w.somebody("Rui", "pt")
        await other.writes(PLEA)
        await _hour(scene, days=1, hours=1)
        await _hour(scene, minutes=2)
        assert _in_the_files(tmp_path, *WRITTEN) == []


async def test_words_never_sent_are_deleted_after_three_days(scene: Scene, tmp_path: Path) -> None:
    """Whoever believes that helpers have them is told, and asked to write again."""
    await scene.member.writes(PLEA)
    await _hour(scene, days=2, hours=23)
    assert _in_the_files(tmp_path, "Zebrafinco") == ["Zebrafinco"]
    await _hour(scene, hours=2)
    await _hour(scene, hours=1)
    assert _in_the_files(tmp_path, "Zebrafinco") == []
    gone = sentence("held-deleted", "pt") + "\n" + sentence("nothing-held", "pt")
    assert scene.member.reads().count(gone) == 1
    await _hour(scene, days=1)
    assert scene.member.reads()[-1] == gone
    await scene.member.presses(sentence("button-send", "pt"))
    assert scene.member.reads()[-1] == sentence("nothing-held", "pt")
    assert scene.ann.reads(scene.room) == []


async def test_many_become_due_at_once(scene: Scene) -> None:
    """More than one unit deletes."""
    for number in range(1, 13):
        who = scene.world.somebody(language="pt")
        await who.writes(PLEA)
        await who.presses(sentence("button-send", "pt"))
        await scene.ann.writes(f"!close K{number} helped", scene.room)
    await _hour(scene, days=31)
    assert not await rows(scene.world, *CONTENTS[:5])
    assert re.findall(r"K\d+", scene.room_reads())
    assert not any("Zebrafinco" in m.plain for m in scene.ann.sees(scene.room) if m.plain.startswith("K"))


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[tuple[World, Path]]:
    async with world(tmp_path) as w:
        yield w, tmp_path


async def test_rows_that_moved_within_the_file_leave_nothing_behind(busy: tuple[World, Path]) -> None:
    """Texts of all lengths, changed and thrown away among others that stay, until pages have split and joined."""
    w, folder = busy
    kept: list[int] = []
    for turn in range(12):

        def unit(tx: Transaction, turn: int = turn) -> list[int]:
            made = [tx.texts.add(f"Zebrafinco{turn}x{n} " + "a" * (n * 37 % 2900), "pt") for n in range(60)]
            for text in made[::2]:
                tx.texts.replace(text, tx.texts.get(text).text + tx.texts.get(text).text, "pt")
            tx.texts.delete(made[1::2])
            return made[::2]

        kept += await w.app.unit(unit)

    def last(tx: Transaction) -> None:
        tx.texts.delete(kept)
        tx.stirred.add("rebuild")

    await w.app.unit(last)
    assert _in_the_files(folder, "Zebrafinco") == []
