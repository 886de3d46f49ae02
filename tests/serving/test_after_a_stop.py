"""What people did while the bot was away counts before what became due meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.domain.notices import NoticeState
from bot.incoming import Message
from bot.model import Chat, ChatKind, Text
from bot.outgoing import EditText, Outgoing, SendText
from bot.ports import Down, NotSent, Revoked
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.house import SOUP, House, house_in
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Paper
from tests.world import Clock, Somebody, World, world


@asynccontextmanager
async def started(folder: Path, network: Paper, clock: Clock) -> AsyncIterator[World]:
    async with world(folder, network=network, clock=clock) as w:
        await w.settled()
        yield w
        await w.settled()


def meanwhile(network: Paper, clock: Clock, who: Somebody, words: str, chat: Chat, thread: str | None = None) -> None:
    """Somebody writes while nobody hears it."""
    at = clock.now()
    network.happens(
        Message(
            chat, ChatKind.GROUP, who.person, network.id(), at, Text(words), thread, addressed=words.startswith("!")
        )
    )


async def state_of_the_notice(w: World) -> NoticeState:
    notice = await w.app.unit(lambda tx: tx.notices.numbered(1))
    assert notice is not None
    return notice.state


async def planned(folder: Path, network: Paper, clock: Clock) -> House:
    """A notice that is to go out ten minutes later, when the bot has stopped."""
    async with started(folder, network, clock) as w:
        house = await house_in(w, Phrasebook())
        await house.says(f"!notice food {SOUP}")
        await house.says("!publish N1 at 18:00")
    clock.advance(timedelta(hours=7, minutes=50))
    return house


async def test_a_plan_that_was_dropped_meanwhile_goes_nowhere(tmp_path: Path) -> None:
    """Whoever cancels a notice ten minutes before its time has cancelled it."""
    network, clock = Paper(), Clock()
    house = await planned(tmp_path, network, clock)
    meanwhile(network, clock, house.an, "!publish N1 cancel", house.room)
    clock.advance(timedelta(hours=1))
    async with started(tmp_path, network, clock) as again:
        assert await state_of_the_notice(again) is NoticeState.DRAFT


async def on_its_way(folder: Path, network: Paper, clock: Clock) -> House:
    """A notice whose copy for the Dutch group had to wait, and still did when the bot stopped."""

    def wants_a_rest(action: Outgoing) -> None:
        if isinstance(action, SendText) and action.chat == house.nl:
            raise NotSent("wait", retry_after=timedelta(minutes=10))

    async with started(folder, network, clock) as w:
        house = await house_in(w, Phrasebook())
        network.before = wants_a_rest
        await house.says(f"!notice food {SOUP}")
        await house.says("!publish N1")
    assert house.rui.reads(house.nl) == []
    return house


async def ever_said(folder: Path, network: Paper, clock: Clock, house: House) -> list[str]:
    """All that the Dutch group hears after the next start, also what is taken back at once."""
    said: list[str] = []

    def listens(action: Outgoing) -> None:
        if isinstance(action, (SendText, EditText)) and action.chat == house.nl:
            said.append(str(action.text))

    network.before = listens
    clock.advance(timedelta(hours=1))
    async with started(folder, network, clock):
        pass
    return said


async def test_a_notice_that_was_recalled_meanwhile_reaches_no_further_group(tmp_path: Path) -> None:
    """A wrong rule is not said once more to be taken back a moment later."""
    network, clock = Paper(), Clock()
    house = await on_its_way(tmp_path, network, clock)
    for _ in range(20):  # it is not the first that is heard
        meanwhile(network, clock, house.an, "!list", house.room)
    meanwhile(network, clock, house.an, "!recall N1", house.room)
    assert await ever_said(tmp_path, network, clock, house) == []


async def test_a_notice_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """When all that was said meanwhile has been heard, the groups that still waited get it."""
    network, clock = Paper(), Clock()
    house = await on_its_way(tmp_path, network, clock)
    assert len(await ever_said(tmp_path, network, clock, house)) == 1


@asynccontextmanager
async def started_while(tmp_path: Path, wrong: Exception) -> AsyncIterator[World]:
    """An hour after the notice was due, on a network on which that is so; it must soon be out."""
    network, clock = Paper(), Clock()
    await planned(tmp_path, network, clock)
    network.falls(wrong)
    clock.advance(timedelta(hours=1))
    async with world(tmp_path, network=network, clock=clock) as again, asyncio.timeout(10):
        yield again


async def test_what_is_due_does_not_wait_for_a_network_that_is_away(tmp_path: Path) -> None:
    """Not for long: others are there."""
    async with started_while(tmp_path, Down("no answer")) as again:
        before = again.clock.now()
        while await state_of_the_notice(again) is not NoticeState.PUBLISHED:
            again.clock.advance(timedelta(seconds=5))
        assert again.clock.now() - before >= timedelta(seconds=30)


async def test_what_is_due_does_not_wait_for_an_account_that_is_not_let_in(tmp_path: Path) -> None:
    async with started_while(tmp_path, Revoked("no such account")) as again:
        while await state_of_the_notice(again) is not NoticeState.PUBLISHED:
            await again.app.unit(lambda _: None)


async def _claimed_and_asked_after(w: World) -> Scene:
    scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
    await scene.asks()
    await scene.in_thread("!claim")
    await w.advance(timedelta(minutes=121))
    return scene


async def test_who_answered_meanwhile_has_answered(tmp_path: Path) -> None:
    """The claim does not lapse, and the member does not hear that another helper is looked for."""
    network, clock = Paper(), Clock()
    async with started(tmp_path, network, clock) as w:
        scene = await _claimed_and_asked_after(w)
        card = scene.card()
    meanwhile(network, clock, scene.ann, "!r Morgen om 10:00 kunt u een pakket halen", scene.room, card.id)
    clock.advance(timedelta(hours=3))
    async with started(tmp_path, network, clock) as again:
        history = await again.app.unit(lambda tx: tx.requests.history(tx.requests.open()))
        assert {"claimed", "nudged"} <= {*history[1]}
        assert "lapsed" not in history[1]
        assert sentence("request-looking", "pt", code="K1") not in scene.member_reads()
