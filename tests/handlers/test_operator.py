"""The coordination room hears of what needs the operator's hands: once, again after a day, and when it is well."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.actions import Say
from bot.content import Arg, Verbatim, say
from bot.events import OPERATOR, Trouble, TroubleOver
from bot.incoming import Batch, Raw, Removed
from bot.model import Chat, ChatKind
from bot.operation import dead_letters, operating
from bot.operation.troubles import ENOUGH, LOW, Watcher
from bot.ports import Marked, NotSent, Rejected, Revoked, Unknown
from bot.serving.leases import HOUSE, LASTS, Shared
from bot.store.database.encoding import encode
from bot.store.tables import inbox
from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Paper
from tests.paper.adapter import LIKE_TELEGRAM
from tests.world import Clock, World, world


def told(key: str, command: str = "schakel check", **args: Arg) -> str:
    """What the room reads: what it is, and where whoever looks after the bot finds more."""
    return f"{sentence(key, **args)}\n{sentence('operator-look', command=command)}"


def well(key: str, **args: Arg) -> str:
    return f"{sentence(key, **args)}\n{sentence('operator-well')}"


async def room_of(w: World) -> tuple[Scene, Chat]:
    room = await w.paired("room", "coordination")
    return scene_of(w, room, Phrasebook()), room


async def happens(w: World, event: Trouble | TroubleOver) -> None:
    """As the running parts tell it."""
    await w.app.unit(lambda tx: tx.inbox.put(event, lane=OPERATOR))
    await w.settled()


async def test_a_trouble_is_told_once_and_again_after_a_day_until_it_is_well(nobody: Scene) -> None:
    """However often it is noticed meanwhile; the last message quotes what is solved."""
    w = nobody.world
    scene, room = await room_of(w)
    for _ in range(3):
        await happens(w, Trouble("account/telegram"))
    said = told("operator-account", network="Telegram")
    assert scene.ann.reads(room) == [said]
    await w.advance(timedelta(hours=23))
    assert scene.ann.reads(room) == [said]
    await w.advance(timedelta(hours=1, seconds=1))
    assert scene.ann.reads(room) == [said, said]
    await happens(w, TroubleOver("account/telegram"))
    solved = well("operator-account", network="Telegram")
    assert scene.ann.reads(room) == [said, said, solved]
    assert scene.ann.sees(room)[-1].reply_to == scene.ann.sees(room)[-2].id
    await w.advance(timedelta(days=2))
    assert scene.ann.reads(room) == [said, said, solved]
    await happens(w, Trouble("account/telegram"))
    assert scene.ann.reads(room)[-1] == said


async def test_what_lasts_is_not_told_for_each_day_of_an_outage_when_the_room_can_be_reached(nobody: Scene) -> None:
    """The room's own network is away for three weeks meanwhile; and what is over by then was not there for the room."""
    w = nobody.world
    scene, room = await room_of(w)
    await happens(w, Trouble("disk"))
    w.network.broken[room.id] = NotSent("away")
    await happens(w, Trouble("engine/libretranslate"))
    await happens(w, Trouble("engine/apertium"))
    for _ in range(21):
        await w.advance(timedelta(days=1, seconds=1))
    await happens(w, TroubleOver("engine/apertium"))
    await happens(w, TroubleOver("disk"))
    w.network.broken.clear()
    for _ in range(5):
        await w.advance(timedelta(minutes=5))
    about_disk, about_engine = (
        told("operator-disk", "schakel status"),
        told("operator-engine", engine="libretranslate"),
    )
    assert sorted(scene.ann.reads(room)) == sorted([about_disk, about_engine, well("operator-disk")])
    solved = next(shown for shown in scene.ann.sees(room) if shown.plain == well("operator-disk"))
    assert solved.reply_to == scene.ann.sees(room)[0].id
    for _ in range(2):
        await w.advance(timedelta(days=1, seconds=1))
    assert scene.ann.reads(room).count(about_engine) == 3


async def test_a_network_that_is_out_of_reach_is_told_of_on_another(nobody: Scene) -> None:
    scene, room = await room_of(nobody.world)
    await happens(nobody.world, Trouble("away/matrix"))
    assert scene.ann.reads(room) == [told("operator-away", network="Matrix")]
    await happens(nobody.world, TroubleOver("away/matrix"))
    assert scene.ann.reads(room)[-1] == well("operator-away", network="Matrix")


async def test_a_network_that_is_out_of_reach_cannot_tell_of_itself(nobody: Scene) -> None:
    scene, room = await room_of(nobody.world)
    await happens(nobody.world, Trouble("away/paper"))
    found = await nobody.world.app.unit(lambda tx: operating.status(tx, ("paper",)))
    assert "Needs hands: paper cannot be reached" in "\n".join(operating.lines(found, "schakel"))
    await happens(nobody.world, TroubleOver("away/paper"))
    await nobody.world.advance(timedelta(hours=2))
    assert scene.ann.reads(room) == []


async def test_without_a_room_it_stands_in_the_status_and_is_told_when_there_is_one(nobody: Scene) -> None:
    """Whoever is at the terminal reads it; the room hears of it within the hour, and not of what was over before."""
    w = nobody.world
    await happens(w, Trouble("engine/libretranslate"))
    await happens(w, Trouble("disk"))
    await happens(w, TroubleOver("disk"))
    found = await w.app.unit(lambda tx: operating.status(tx, ("paper",)))
    [trouble] = found["troubles"]
    assert (trouble["kind"], trouble["about"], trouble["told"]) == ("engine", "libretranslate", False)
    assert any("the engine libretranslate does not accept its key" in line for line in operating.lines(found, "x"))
    scene, room = await room_of(w)
    await w.advance(timedelta(hours=1, seconds=1))
    assert scene.ann.reads(room) == [told("operator-engine", engine="libretranslate")]


async def test_an_account_cannot_tell_of_itself(tmp_path: Path) -> None:
    """The room is on the network that does not let us in: the status says it, until the bot is let in again."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, network=network, clock=clock) as w:
        scene, room = await room_of(w)
        network.falls(Revoked("wrong token"))
        while not await w.app.unit(lambda tx: tx.troubles.all()):
            pass
        await w.settled()
        found = await w.app.unit(lambda tx: operating.status(tx, ("paper",)))
        assert [trouble["kind"] for trouble in found["troubles"]] == ["account"]
        assert "Needs hands: paper does not accept the bot's login" in "\n".join(operating.lines(found, "schakel"))
    network.falls(None)
    async with world(tmp_path, network=network, clock=clock) as w:
        while await w.app.unit(lambda tx: tx.troubles.all()):
            pass
        await w.settled()
        assert scene.ann.reads(room) == []


class Locked(Phrasebook):
    """An engine that does not accept our key, until it does."""

    locked = True

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        if self.locked:
            raise Rejected("the key")
        return await super().translate(paragraphs, source, target)


async def test_an_engine_that_rejects_its_key_is_told_and_that_it_works_again(tmp_path: Path) -> None:
    """People's words go out all the same."""
    engine = Locked()
    async with world(tmp_path, engines=[engine]) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), engine)
        await scene.asks("Preciso de comida para os meus dois filhos")
        await w.advance(timedelta(seconds=30))
        assert scene.ann.reads(scene.room).count(told("operator-engine", engine="phrasebook")) == 1
        engine.locked = False
        await w.advance(timedelta(minutes=11))
        await w.settled()
        assert scene.ann.reads(scene.room)[-1] == well("operator-engine", engine="phrasebook")


async def test_a_disk_that_fills_up_is_told_while_there_is_room_to_say_so(tmp_path: Path) -> None:
    """And that somebody has made room, well above the mark."""
    free = [ENOUGH]
    async with world(tmp_path, free=lambda folder: free[0]) as w:
        scene, room = await room_of(w)
        await _passes(w, timedelta(seconds=61))
        assert scene.ann.reads(room) == []
        free[0] = LOW - 1
        await _passes(w, timedelta(seconds=61))
        assert scene.ann.reads(room) == [told("operator-disk", "schakel status")]
        free[0] = LOW + 1
        await _passes(w, timedelta(seconds=61))
        assert len(scene.ann.reads(room)) == 1
        free[0] = ENOUGH
        await _passes(w, timedelta(seconds=61))
        assert scene.ann.reads(room)[-1] == well("operator-disk")


async def _passes(w: World, time: timedelta) -> None:
    """Long enough for the watcher to look, and to have told what it saw."""
    await w.advance(time)
    for _ in range(5):
        await asyncio.sleep(0)
        await w.settled()


def _known(tx: Transaction, room: Chat) -> int:
    return tx.chats.known(room, ChatKind.GROUP).id


async def test_a_network_that_lets_us_write_only_slowly_is_told(tmp_path: Path) -> None:
    """When half of the time goes into waiting; and when half an hour has gone by without."""
    async with world(tmp_path) as w:
        scene, room = await room_of(w)
        w.network.faults = [NotSent("slowly", timedelta(minutes=6), whole_account=True)]
        await w.app.unit(lambda tx: tx.deliveries.add(Say(_known(tx, room), (Verbatim("hello"),))))
        while not await w.app.unit(lambda tx: tx.troubles.all()):
            pass
        await _passes(w, timedelta(minutes=7))
        assert scene.ann.reads(room) == ["hello", told("operator-limited", "schakel status", network="Paper")]
        await _passes(w, timedelta(minutes=31))
        assert scene.ann.reads(room)[-1] == well("operator-limited", network="Paper")


async def test_an_answer_that_was_given_up_is_told_to_the_room_and_not_whose_it_was(tmp_path: Path) -> None:
    """Beside the echo in its thread, which nobody may look at again; and when it has arrived after all."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        scene, room = await room_of(w)
        await scene.asks()
        w.network.broken[scene.member.private.id] = Unknown("no answer")
        for words in ("Kom morgen", "Of overmorgen"):
            await scene.in_thread(f"!r {words}")
            for _ in range(10):
                await w.advance(timedelta(minutes=6))
        said = told("operator-not-delivered", "schakel status --failed", chat=say("a-private-chat"))
        assert scene.ann.reads(room).count(said) == 1
        w.network.broken.clear()
        while (answer := await w.app.unit(lambda tx: dead_letters.retry_all(tx, ("paper",), {})))["after"]:
            pass
        assert len(answer["retried"]) == 2
        await w.settled()
        await w.advance(timedelta(minutes=2))
        assert scene.ann.reads(room)[-1] == well("operator-not-delivered", chat=say("a-private-chat"))


async def test_what_was_put_aside_is_well_when_it_was_handled_after_all(nobody: Scene) -> None:
    """Not when it is put aside once more."""
    w = nobody.world
    scene, room = await room_of(w)
    await w.app.inbox.accept("paper")(Batch((Raw("x", "somewhere", b"garbage"),), "0"))
    await w.settled()
    said = told("operator-put-aside", "schakel status --failed", network="Paper")
    assert scene.ann.reads(room) == [said]
    [letter] = await w.app.unit(lambda tx: tx.dead_letters.events(10))
    await _handled_again(w, letter.id)
    assert scene.ann.reads(room) == [said]
    good = encode(Removed(Chat("paper", "somewhere"), ChatKind.GROUP, w.clock.now()))
    await w.app.unit(lambda tx: tx.connection.execute(update(inbox).where(inbox.c.id == letter.id).values(body=good)))
    await _handled_again(w, letter.id)
    assert scene.ann.reads(room) == [said, well("operator-put-aside", network="Paper")]
    assert (await w.app.unit(dead_letters.failed))["events"] == []


async def _handled_again(w: World, event: int) -> None:
    assert await w.app.unit(lambda tx: tx.dead_letters.handle_again(event, ("paper",))) is None
    await w.settled()
    await w.advance(timedelta(minutes=2))


async def test_what_nobody_has_mended_is_not_called_well(nobody: Scene) -> None:
    """When it is too old to matter it leaves the list, and nothing is said."""
    w = nobody.world
    scene, room = await room_of(w)
    await w.app.inbox.accept("paper")(Batch((Raw("x", "somewhere", b"garbage"),), "0"))
    await w.settled()
    await w.advance(timedelta(days=30, hours=2))
    await w.advance(timedelta(days=2))
    assert await w.app.unit(lambda tx: tx.troubles.all()) == []
    assert sentence("operator-well") not in "".join(scene.ann.reads(room))


async def test_what_belongs_to_an_account_that_is_no_more_is_named(tmp_path: Path) -> None:
    """It was renamed, and nobody would know why the helpers' room does not hear of a request."""
    async with world(tmp_path, network=Paper("telegram")) as w:
        await w.paired("room", "coordination")
        await w.paired("group", "group", "Ons Huis", "pt")
        await w.somebody("Ana").writes("Goedemorgen")
        for accounts, named in ((("telegram",), 0), (("tg",), 1)):
            found = await w.app.unit(partial(operating.status, accounts=accounts))
            lines = [line for line in operating.lines(found, "schakel") if "is not in this configuration" in line]
            assert len(lines) == named
        assert lines[0].startswith("telegram is not in this configuration, but 2 paired chats")
        assert "put [adapters.telegram] back" in lines[0]


@pytest.mark.postgres
async def test_what_another_process_has_told_of_is_ended_by_whoever_finds_it_well(
    tmp_path: Path, migrated: Callable[[str], str]
) -> None:
    """The account was that one's until it died; what this one does not serve it leaves alone, also at its start."""
    url, network, clock = migrated("postgresql"), Paper(), Clock()

    def standing(tx: Transaction) -> list[str]:
        return sorted(known.cause for known in tx.troubles.all())

    for causes in (["account/elsewhere", "away/paper"], ["away/paper"]):
        async with world(tmp_path, url=url, network=network, clock=clock) as w:
            for cause in causes:
                await happens(w, Trouble(cause))
            w.app.troubles.over("away/paper")
            async with asyncio.timeout(10):
                while "away/paper" in await w.app.unit(standing):
                    pass
            assert await w.app.unit(standing) == ["account/elsewhere"]
        clock.advance(LASTS)


def _standing(tx: Transaction) -> list[str]:
    return sorted(known.cause for known in tx.troubles.all())


class Elsewhere(Shared):
    """The leases of one of several processes: it has taken what a test says."""

    def __init__(self, *taken: str) -> None:
        self.taken = set(taken)

    def has_taken(self, account: str) -> bool:
        return account in self.taken


class Process:
    """Another process on the database of a world: what watches in it, for the account "there"."""

    def __init__(self, w: World, *taken: str, free: int = ENOUGH, engines: Sequence[str] = ()) -> None:
        self.leases = Elsewhere(*taken)
        self.troubles = Watcher(w.app.writer, w.clock, lambda: free, self.leases, ["there"], engines)
        self._at_work = asyncio.create_task(self.troubles.run())

    async def dies(self) -> None:
        self._at_work.cancel()
        await asyncio.gather(self._at_work, return_exceptions=True)


async def _minutes(w: World, count: int) -> None:
    for _ in range(count):
        await _passes(w, timedelta(minutes=1))


async def test_what_a_process_leaves_behind_when_it_dies_is_ended_by_the_one_that_goes_on(tmp_path: Path) -> None:
    """When that one finds it well: a network that has wanted no pause for half an hour, an engine that answers, a disk
    with room. An engine that it does not know is nobody's, an account that it does not know may be another's."""
    others = ["account/elsewhere", "limited/elsewhere"]
    async with world(tmp_path) as w:
        dying = Process(w, "there", HOUSE, free=LOW - 1, engines=["deepl", "gone"])
        going_on = Process(w, engines=["deepl"])
        await _minutes(w, 1)
        for cause in ("engine/deepl", "engine/gone", *others):
            dying.troubles.begins(cause)
        dying.troubles.limited("there", timedelta(minutes=5))
        await _minutes(w, 2)
        uncertain = sorted([*others, "engine/deepl", "limited/there"])
        assert await w.app.unit(_standing) == sorted(["disk", "engine/gone", *uncertain])
        await dying.dies()
        going_on.leases.taken = {"there", HOUSE}
        await _minutes(w, 25)
        assert await w.app.unit(_standing) == uncertain
        going_on.troubles.over("engine/deepl")
        await _minutes(w, 7)
        assert await w.app.unit(_standing) == others
        await going_on.dies()


async def test_what_still_holds_is_not_ended_by_a_process_that_joins(tmp_path: Path) -> None:
    """Nor when the account has come to it, and the network still wants pauses: it does not know what was waited."""
    async with world(tmp_path) as w:
        before = Process(w, "there", HOUSE, free=LOW - 1, engines=["deepl"])
        before.troubles.limited("there", timedelta(minutes=40))
        await _minutes(w, 1)
        joining = Process(w)
        await _minutes(w, 3)
        assert await w.app.unit(_standing) == ["disk", "limited/there"]
        before.leases.taken = {HOUSE}
        joining.leases.taken = {"there"}
        await _minutes(w, 20)
        joining.troubles.limited("there", timedelta(minutes=4))
        await _minutes(w, 32)
        assert await w.app.unit(_standing) == ["disk", "limited/there"]
        await _minutes(w, 5)
        assert await w.app.unit(_standing) == ["disk"]
        for process in (before, joining):
            await process.dies()


async def test_what_comes_again_after_another_process_has_ended_it_is_told_again(tmp_path: Path) -> None:
    """A process that has lost an account and got it back does not believe what it knew before."""
    async with world(tmp_path) as w:
        one, other = Process(w, "there", HOUSE), Process(w)
        one.troubles.begins("account/there")
        await _minutes(w, 1)
        one.leases.taken, other.leases.taken = {HOUSE}, {"there"}
        other.troubles.over("account/there")
        await _minutes(w, 2)
        assert await w.app.unit(_standing) == []
        one.leases.taken, other.leases.taken = {"there", HOUSE}, set()
        one.troubles.begins("account/there")
        await _minutes(w, 1)
        assert await w.app.unit(_standing) == ["account/there"]
        for process in (one, other):
            await process.dies()


def test_the_operators_page_says_what_to_do_about_each() -> None:
    """In the words in which the room hears of it."""
    root = Path(__file__).parents[2]
    page = (root / "docs" / "operating.md").read_text()
    messages = re.findall(r'^msgid "operator-(.+)"\nmsgstr "(.+?)[.:"]', _english(root), re.MULTILINE)
    told = {key: re.sub(r"{\w+}", "…", first) for key, first in messages if key not in ("look", "well")}
    assert len(told) == 7
    assert [key for key, first in told.items() if f"| {first} " not in page] == []


def _english(root: Path) -> str:
    return (root / "translations" / "catalogue" / "en.po").read_text()
