"""Texts that are longer than a message: their parts in order, however often they change and whenever the bot dies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.actions import Edit, Named, OnNetwork, Recall, Say
from bot.content import Verbatim
from bot.model import ChatKind
from bot.outgoing import Outgoing
from bot.ports import Limits, Unknown
from bot.store.transaction import Transaction
from tests.paper import Paper
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import Clock, Somebody, World, world

LIKE = {"like-telegram": replace(LIKE_TELEGRAM, text=64), "like-matrix": replace(LIKE_MATRIX, text=64)}


def text(parts: int, version: int) -> str:
    """Falls into so many parts."""
    return "\n\n".join(f"Version {version}, paragraph {number} of it." for number in range(1, parts + 1))


def paragraphs(parts: int, version: int) -> list[str]:
    return text(parts, version).split("\n\n")


@pytest.fixture(params=list(LIKE.values()), ids=list(LIKE))
def limits(request: pytest.FixtureRequest) -> Limits:
    found: Limits = request.param
    return found


async def begun(w: World) -> tuple[Somebody, int]:
    member = w.somebody()
    return member, await w.app.unit(lambda tx: tx.chats.known(member.private, ChatKind.PRIVATE).id)


async def says(w: World, chat: int, parts: int) -> None:
    said = Say(chat, (Verbatim(text(parts, 1)),), subject="L1", name="long", reply_to=OnNetwork("question"))
    await w.app.unit(lambda tx: tx.deliveries.add(said))
    await w.settled()


async def changes(w: World, chat: int, parts: int, version: int) -> None:
    await w.app.unit(lambda tx: tx.deliveries.add(Edit(chat, Named("long"), (Verbatim(text(parts, version)),))))
    await w.settled()


async def test_an_edit_grows_and_shrinks(limits: Limits, tmp_path: Path) -> None:
    """What is there is edited in place, what is missing is said after the last, what is too much is taken back; and
    whoever answers any of it speaks of that subject."""
    async with world(tmp_path, limits=limits) as w:
        member, chat = await begun(w)
        await says(w, chat, 2)
        first = [shown.id for shown in member.sees()]
        for version, parts in enumerate((4, 1, 3, 3), start=2):
            await changes(w, chat, parts, version)
            assert member.reads() == paragraphs(parts, version)
        assert member.sees()[0].id == first[0]

        def known(tx: Transaction) -> list[tuple[str, str | None]]:
            found = [tx.copies.at(chat, shown.id) for shown in member.sees()]
            return [(one.subject, one.name) for one in found if one is not None]

        assert await w.app.unit(known) == [("L1", "long")] * 3
        await w.app.unit(lambda tx: tx.deliveries.add(Recall(chat, Named("long"))))
        await w.settled()
        assert member.reads() == []


async def test_what_an_edit_adds_answers_the_last_part_there(limits: Limits, tmp_path: Path) -> None:
    """Much may have been said since: where it belongs is seen."""
    async with world(tmp_path, limits=limits) as w:
        member, chat = await begun(w)
        await says(w, chat, 2)
        last = member.sees()[-1].id
        await member.writes("!help")
        await changes(w, chat, 4, 2)
        assert [shown.reply_to for shown in member.sees() if shown.plain in paragraphs(4, 2)[2:]] == [last] * 2


async def test_what_is_too_old_to_be_taken_back_says_nothing_any_more(tmp_path: Path) -> None:
    """And says something again when there is more to say."""
    async with world(tmp_path, limits=replace(LIKE["like-telegram"], withdraw_within=timedelta(hours=48))) as w:
        member, chat = await begun(w)
        await says(w, chat, 3)
        await w.advance(timedelta(hours=49))
        await changes(w, chat, 1, 2)
        assert member.reads() == [*paragraphs(1, 2), "…", "…"]
        await changes(w, chat, 3, 3)
        assert member.reads() == paragraphs(3, 3)


def cut_off(network: Paper, at: int, arrives: bool, idempotent: bool) -> None:
    """The answer to the message at that place never comes: the bot has died meanwhile."""
    seen = 0

    def before(action: Outgoing) -> None:
        nonlocal seen
        seen += 1
        if seen - 1 != at:
            return
        network.before = None
        if arrives:
            network.do(action, idempotent)
        raise Unknown("cut off")

    network.before = before


@pytest.mark.parametrize("arrives", [False, True], ids=["before it arrives", "after it has arrived"])
@pytest.mark.parametrize("at", range(4))
async def test_an_edit_goes_on_at_the_part_that_nobody_can_vouch_for(
    limits: Limits, at: int, arrives: bool, tmp_path: Path
) -> None:
    """Nothing is missing after the next start; what may be there twice says so, and the next edit finds the parts."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, limits=limits, network=network, clock=clock) as w:
        member, chat = await begun(w)
        await says(w, chat, 2)
        cut_off(network, at, arrives, limits.idempotent)
        await changes(w, chat, 4, 2)
    async with world(tmp_path, limits=limits, network=network, clock=clock) as w:
        await w.advance(timedelta(minutes=10))
        kept = [words.removeprefix("↻ L1\n") for words in member.reads()]
        assert list(dict.fromkeys(kept)) == paragraphs(4, 2)
        twice = len(kept) - 4
        assert twice == (1 if arrives and at >= 2 and not limits.idempotent else 0)
        await changes(w, chat, 1, 3)
        assert member.reads()[:1] == paragraphs(1, 3)
        assert len(member.reads()) == 1 + twice
