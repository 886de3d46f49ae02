"""What a failed send means, and that nothing is lost or said twice by it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.actions import Answer, Say
from bot.catalogue import Catalogue
from bot.content import Attached, Verbatim, Words
from bot.failing import MAX_KNOCKS, GiveUp, Move, Resend, Retry, after_failure, backoff
from bot.files.media import Media
from bot.incoming import Pressed
from bot.model import Attachment, Chat, ChatKind, Person, Text
from bot.outbox import MAX_FAULTS, Sender
from bot.outgoing import Outgoing, Receipt, SendText
from bot.ports import Closed, Gone, Limits, Moved, NotSent, Refused, SendError, Unknown
from bot.sending.in_flight import InFlight
from bot.store.database.writer import Writer
from bot.store.outbox.claimed import Claimed, Receipted
from bot.store.outbox.claims import Claims
from bot.store.tables import Status, delivery
from bot.store.transaction import Transaction
from tests.databases import POLICY, Ticking, writer
from tests.paper import Paper, PaperAdapter
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import Clock, Somebody, World, world

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failure", "resends", "repeatable", "expected"),
    [
        (NotSent("flood", timedelta(seconds=7)), 0, False, Retry(NOW + timedelta(seconds=7))),
        (NotSent("refused"), 0, False, Retry(NOW + timedelta(seconds=1))),
        (Moved("-100"), 0, False, Move("-100")),
        (Unknown("reset"), 0, False, Resend(NOW + timedelta(seconds=1))),
        (Unknown("reset"), 5, False, GiveUp("no answer from the network")),
        (Unknown("reset"), 99, True, Resend(NOW + timedelta(seconds=1))),
        (Refused("too long"), 0, False, GiveUp("too long")),
        (Gone("blocked"), 0, False, GiveUp("blocked", gone=True)),
    ],
)
def test_a_failure_is_judged_by_what_it_says_about_delivery(
    failure: SendError, resends: int, repeatable: bool, expected: object
) -> None:
    assert after_failure(failure, 1, resends, repeatable, NOW) == expected


def test_waits_grow_from_a_second_to_five_minutes() -> None:
    waits = [backoff(attempt).total_seconds() for attempt in range(1, 40)]
    assert waits[:4] == [1, 2, 4, 8]
    assert waits == sorted(waits)
    assert waits[-1] == 300


@contextlib.asynccontextmanager
async def bot_and_member(folder: Path, limits: Limits) -> AsyncIterator[tuple[World, Somebody, int]]:
    """A world with one member's chat, known to the store."""
    async with world(folder, limits=limits) as w:
        member = w.somebody()

        def unit(tx: Transaction) -> int:
            return tx.chats.known(member.private, w.network.kinds[member.private.id]).id

        yield w, member, await w.app.unit(unit)


async def say(w: World, chat: int, words: str, subject: str = "K1") -> None:
    await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Verbatim(words),), subject=subject)))
    await w.settled()


async def test_what_was_not_sent_is_sent_when_the_network_says(tmp_path: Path) -> None:
    """A rate limit delays; it loses nothing, and what follows in the lane waits its turn."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat):
        w.network.faults = [NotSent("Too Many Requests", timedelta(seconds=30))]
        await say(w, chat, "first")
        await say(w, chat, "second")
        assert member.reads() == []
        await w.advance(timedelta(seconds=31))
        assert member.reads() == ["first", "second"]


@pytest.mark.parametrize("whole_account", [False, True], ids=["chat", "account"])
async def test_a_long_pause_outlives_a_restart(whole_account: bool, tmp_path: Path) -> None:
    """The network said hours: it is not asked again before, whatever starts meanwhile; other chats go on."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, limits=LIKE_TELEGRAM, network=network, clock=clock) as w:
        member = w.somebody()
        chat = await w.app.unit(lambda tx: tx.chats.known(member.private, network.kinds[member.private.id]).id)
        network.faults = [NotSent("Too Many Requests", timedelta(seconds=10_000), whole_account)]
        await say(w, chat, "first")
        await w.advance(timedelta(minutes=30))
    async with world(tmp_path, limits=LIKE_TELEGRAM, network=network, clock=clock) as w:
        other = Somebody(w, Person("paper", "other"), network.chat("other", ChatKind.PRIVATE, "other"))
        elsewhere = await w.app.unit(lambda tx: tx.chats.known(other.private, ChatKind.PRIVATE).id)
        await say(w, chat, "second", subject="K2")
        await say(w, elsewhere, "elsewhere")
        await w.advance(timedelta(minutes=30))
        assert [shown.plain for shown in network.shown[member.private.id]] == []
        assert other.reads() == ([] if whole_account else ["elsewhere"])
        await w.advance(timedelta(hours=2))
        assert sorted(shown.plain for shown in network.shown[member.private.id]) == ["first", "second"]
        assert other.reads() == ["elsewhere"]


async def test_three_chats_that_are_paused_for_hours_silence_nobody_else(tmp_path: Path) -> None:
    """When several are refused at once it may be the account that was too fast: that is found out within minutes."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat):
        refused = [w.network.chat(f"refused {number}", ChatKind.PRIVATE, "refused") for number in range(3)]
        for one in refused:
            w.network.broken[one.id] = NotSent("Too Many Requests", timedelta(seconds=10_000))
            to = await w.app.unit(lambda tx, one=one: tx.chats.known(one, ChatKind.PRIVATE).id)  # type: ignore[misc]
            await say(w, to, "hello")
        await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Verbatim("come at ten"),), subject="K9")))
        for _ in range(7):
            w.clock.advance(timedelta(seconds=15))
            for _ in range(9):
                await w.app.unit(lambda tx: None)
        assert member.reads() == ["come at ten"]


async def test_a_limit_that_was_found_to_be_looser_is_kept(tmp_path: Path) -> None:
    """What was learnt outlives a restart in both directions."""
    async with bot_and_member(tmp_path, LIKE_MATRIX) as (w, member, chat):
        w.network.faults = [NotSent("slow down", timedelta(seconds=5), whole_account=True)]
        await say(w, chat, "first")
        assert (await w.app.unit(lambda tx: tx.accounts.get("paper"))).rate == pytest.approx(0.2)
        for number in range(110):
            await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Verbatim("more"),), subject="K1")))
            w.clock.advance(timedelta(seconds=6))
            while len(member.reads()) < number:
                await w.app.unit(lambda tx: None)
        assert (await w.app.unit(lambda tx: tx.accounts.get("paper"))).rate == pytest.approx(0.25)


async def test_a_clock_that_is_set_back_delays_nothing_for_long(tmp_path: Path) -> None:
    """What was to be tried again in a second is not tried again in an hour and a second."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat):
        w.network.faults = [NotSent("refused")]
        await say(w, chat, "first")
        w.clock.set_back(timedelta(hours=1))
        await w.advance(timedelta(seconds=2))
        await w.until(lambda: member.reads() == ["first"])


async def test_an_unknown_outcome_is_repeated_recognisably_where_people_would_see_it_twice(tmp_path: Path) -> None:
    """Telegram may have the message already: the second one bears a mark and its code."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat):
        w.network.faults = [Unknown("no answer")]
        await say(w, chat, "come at ten", subject="K7")
        await w.advance(timedelta(seconds=2))
        assert member.reads() == ["↻ K7\ncome at ten"]


async def test_an_unknown_outcome_is_repeated_as_it_is_where_repeating_is_harmless(tmp_path: Path) -> None:
    """Matrix knows the transaction id: what arrived already does not arrive again."""
    async with bot_and_member(tmp_path, LIKE_MATRIX) as (w, member, chat):
        w.network.faults = [Unknown("no answer")]
        await say(w, chat, "come at ten")
        await w.advance(timedelta(seconds=2))
        assert member.reads() == ["come at ten"]
        transactions = {getattr(action, "transaction", None) for action in w.network.log}
        assert len(transactions) == 1


async def test_five_repetitions_are_enough(tmp_path: Path) -> None:
    """After that it stands in the list of the failed, and whoever asked for it is told."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat):
        w.network.faults = [Unknown("no answer")] * 10
        await say(w, chat, "come at ten")
        for _ in range(10):
            await w.advance(timedelta(minutes=6))
        assert member.reads() == []
        assert 10 - len(w.network.faults) == 6
        queues = await w.app.unit(lambda tx: tx.lanes.queue_lengths())
        assert queues["paper"] == {"waiting": 0, "failed": 1}


async def test_a_chat_that_is_gone_is_not_written_to_again(tmp_path: Path) -> None:
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat):
        w.network.faults = [Gone("blocked")]
        await say(w, chat, "one")
        await say(w, chat, "two")
        assert member.reads() == []
        assert len(w.network.log) == 0
        assert not (await w.app.unit(lambda tx: tx.chats.get(chat))).active


@contextlib.asynccontextmanager
async def bot_and_group(folder: Path) -> AsyncIterator[tuple[World, Chat, int]]:
    async with world(folder, limits=LIKE_TELEGRAM) as w:
        group = await w.paired("group", "group", "Ons Huis", "nl")
        yield w, group, await w.app.unit(lambda tx: tx.chats.known(group, ChatKind.GROUP).id)


@pytest.mark.parametrize("limits", [LIKE_TELEGRAM, LIKE_MATRIX], ids=["like Telegram", "like Matrix"])
async def test_what_could_not_be_recorded_holds_its_lane_for_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    """Not until the bot is started again, in some months."""
    async with bot_and_member(tmp_path, limits) as (w, member, chat):
        with monkeypatch.context() as broken:
            broken.setattr(Claims, "sent", _bug)
            await say(w, chat, "one")
            await say(w, chat, "two")
            assert member.reads() == ["one"]
        await w.advance(timedelta(minutes=5))
        again = ["one"] if limits.idempotent else ["one", "↻ K1\none"]
        assert member.reads() == [*again, "two"]


async def test_what_can_never_be_recorded_holds_nothing_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up, and what follows goes."""
    async with bot_and_member(tmp_path, LIKE_MATRIX) as (w, member, chat):
        recorded = Claims.sent

        def sent(claims: Claims, receipts: Sequence[Receipted]) -> None:
            if receipts[0].part.action.text.plain == "one":  # type: ignore[union-attr]
                raise RuntimeError("a bug")
            recorded(claims, receipts)

        monkeypatch.setattr(Claims, "sent", sent)
        await say(w, chat, "one")
        await say(w, chat, "two")
        for _ in range(MAX_FAULTS):
            assert member.reads() == ["one"]
            await w.advance(timedelta(minutes=5))
        assert member.reads() == ["one", "two"]
        failed = select(delivery.c.status).where(delivery.c.failure.is_not(None))
        assert await w.app.unit(lambda tx: tx.connection.execute(failed).scalars().all()) == [Status.FAILED]


def _bug(*_: object) -> None:
    raise RuntimeError("a bug")


async def test_what_is_meant_for_a_closed_group_arrives_when_it_opens(tmp_path: Path) -> None:
    """In order, and after a night: it is knocked at every five minutes."""
    async with bot_and_group(tmp_path) as (w, group, chat):
        w.network.faults = [Closed("for the night") for _ in range(96)]
        await say(w, chat, "one")
        await say(w, chat, "two")
        for _ in range(96):
            assert w.network.messages(group) == []
            await w.advance(timedelta(minutes=5))
        assert [message.plain for message in w.network.messages(group)] == ["one", "two"]


async def test_a_group_that_stays_closed_for_a_day_is_gone(tmp_path: Path) -> None:
    async with bot_and_group(tmp_path) as (w, group, chat):
        w.network.faults = [Closed("for good") for _ in range(MAX_KNOCKS)]
        await say(w, chat, "one")
        for _ in range(MAX_KNOCKS):
            await w.advance(timedelta(minutes=5))
        assert not (await w.app.unit(lambda tx: tx.chats.get(chat))).active
        assert (w.network.messages(group), w.network.faults) == ([], [])


async def test_a_group_that_is_closed_after_an_outage_is_knocked_at_for_a_day(tmp_path: Path) -> None:
    """What was tried in vain before says nothing about the group."""
    async with bot_and_group(tmp_path) as (w, group, chat):
        w.network.faults = [NotSent("away")]
        await say(w, chat, "one")
        await w.app.unit(lambda tx: tx.connection.execute(update(delivery).values(attempts=5_000)))
        w.network.faults = [NotSent("away")]
        w.network.faults += [Closed("for the night") for _ in range(MAX_KNOCKS - 1)]
        while w.network.faults:
            assert (await w.app.unit(lambda tx: tx.chats.get(chat))).active
            await w.advance(timedelta(minutes=5))
        w.network.faults = [Closed("for good")]
        await w.advance(timedelta(minutes=5))
        assert not (await w.app.unit(lambda tx: tx.chats.get(chat))).active
        assert w.network.messages(group) == []


async def test_any_other_chat_that_is_closed_is_gone_at_once(tmp_path: Path) -> None:
    """Nobody would see that a room of helpers gets no more cards."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat):
        w.network.faults = [Closed("for the night")]
        await say(w, chat, "one")
        assert member.reads() == []
        assert not (await w.app.unit(lambda tx: tx.chats.get(chat))).active


async def test_a_chat_that_moved_gets_what_was_meant_for_it(tmp_path: Path) -> None:
    """The new id takes the place of the old one everywhere."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, _, chat):
        w.network.chat("-100", w.network.kinds["private-person-1"], "moved")
        w.network.faults = [Moved("-100")]
        await say(w, chat, "one")
        await say(w, chat, "two")
        assert [shown.plain for shown in w.network.shown["-100"]] == ["one", "two"]


async def test_what_was_being_sent_when_the_bot_died_is_sent_again(tmp_path: Path) -> None:
    """A part that was in the air is unsure: repeated with a mark where it may show twice."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, limits=LIKE_TELEGRAM, network=network, clock=clock) as w:
        member = w.somebody()
        chat = await w.app.unit(lambda tx: tx.chats.known(member.private, network.kinds[member.private.id]).id)
        hanging = HangingFault()
        network.faults = [hanging]
        await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Verbatim("hello"),), subject="K2")))
        await hanging.reached(w)
    network.faults = []
    async with world(tmp_path, limits=LIKE_TELEGRAM, network=network, clock=clock) as w:
        await w.advance(timedelta(seconds=2))
        assert [shown.text for shown in network.shown[member.private.id]] == [Text("↻ K2\nhello")]


async def test_what_cannot_be_made_out_fails_alone(tmp_path: Path) -> None:
    """Its text is gone, say: the others of the account are sent, and its lane goes on."""
    async with bot_and_member(tmp_path, LIKE_MATRIX) as (w, member, chat):
        await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, (Words(999),), subject="K1")))
        await say(w, chat, "next", subject="K1")
        await say(w, chat, "other", subject="K2")
        assert sorted(member.reads()) == ["next", "other"]
        queues = await w.app.unit(lambda tx: tx.lanes.queue_lengths())
        assert queues["paper"] == {"waiting": 0, "failed": 1}


async def test_a_fault_in_an_adapter_is_an_unknown_outcome(tmp_path: Path) -> None:
    """Its delivery does not hold its lane until the next start."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat), asyncio.timeout(10):
        w.network.faults = [ZeroDivisionError()]
        await say(w, chat, "come at ten", subject="K7")
        await w.advance(timedelta(seconds=2))
        assert member.reads() == ["↻ K7\ncome at ten"]


async def test_what_an_adapter_fails_over_each_time_is_given_up(tmp_path: Path) -> None:
    """Even where repeating is harmless: what follows in the lane must not wait for a programmer."""
    async with bot_and_member(tmp_path, LIKE_MATRIX) as (w, member, chat), asyncio.timeout(10):
        w.network.faults = [ZeroDivisionError() for _ in range(6)]
        await say(w, chat, "impossible")
        await say(w, chat, "next")
        for _ in range(10):
            await w.advance(timedelta(minutes=6))
        assert member.reads() == ["next"]


async def test_a_press_is_answered_while_the_network_wants_a_pause(tmp_path: Path) -> None:
    """The pause is for messages; an answer to a press is worthless after it."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, member, chat), asyncio.timeout(10):
        w.network.faults = [NotSent("Too Many Requests", timedelta(seconds=30), whole_account=True)]
        await say(w, chat, "later")
        pressed = Pressed(
            member.private, ChatKind.PRIVATE, member.person, message="1", choice="", press="P", at=w.clock.now()
        )
        await w.app.unit(lambda tx: tx.deliveries.add(Answer(chat, pressed)))
        await w.settled()
        assert member.reads() == []
        assert [where for where, _ in w.network.toasts] == [member.private.id]


async def test_what_was_claimed_when_the_end_came_still_lands(database_url: str, tmp_path: Path) -> None:
    """A claim that was under way when the sender was stopped is in the air like any other."""
    clock = Looked()
    async with writer(database_url, Ticking()) as made:
        network = Paper()
        network.chat("c", ChatKind.PRIVATE, "c")
        adapter = PaperAdapter("paper", PaperAdapter.Settings(), network)
        sender = Sender(
            "paper", adapter, made, Catalogue(POLICY.languages), clock, lambda *_: None, Media(tmp_path, {})
        )
        await made.run(
            lambda tx: tx.deliveries.add(
                Say(tx.chats.known(Chat("paper", "c"), ChatKind.PRIVATE).id, (Verbatim("hello"),))
            )
        )
        running = asyncio.create_task(sender.run())
        await clock.looked.wait()  # just before it claims
        await sender.stop(5)
        assert len(network.log) == 1
        await running
        left = await made.run(lambda tx: tx.lanes.queue_lengths())
    assert left.get("paper", {"waiting": 0})["waiting"] == 0


async def test_what_nothing_waits_before_is_claimed_in_the_commit_that_brings_it(
    database_url: str, tmp_path: Path
) -> None:
    """Also while something else is in the air. One flush of the disk, and it is on its way."""
    commits: list[float] = []
    async with writer(database_url, Ticking(), committed=commits.append) as made, asyncio.timeout(20):
        network = Hanging(commits)
        async with network.sending(made, tmp_path) as add:
            await add("hangs")
            await network.hangs.wait()
            await network.lies_down(made)
            commits.clear()
            await add("goes")
            await network.sent.wait()
            assert network.commits_before["goes"] == 1
            network.answer.set_result(None)


async def test_what_comes_just_when_the_network_wants_a_pause_waits(database_url: str, tmp_path: Path) -> None:
    """The refusal of what is in the air and the next message share a commit."""
    async with writer(database_url, Ticking()) as made, asyncio.timeout(20):
        network = Hanging([])
        async with network.sending(made, tmp_path) as add:
            await add("hangs")
            await network.hangs.wait()
            await network.lies_down(made)
            began, go_on, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

            def hold(tx: Transaction) -> None:
                loop.call_soon_threadsafe(began.set)
                assert go_on.wait(10)

            holding = asyncio.create_task(made.run(hold))
            await began.wait()
            adding = asyncio.create_task(add("waits"))
            network.answer.set_exception(NotSent("Too Many Requests", timedelta(hours=1), whole_account=True))
            await network.refused.wait()
            go_on.set()
            await asyncio.gather(holding, adding)
            await network.lies_down(made)
            assert list(network.commits_before) == []


class Hanging(PaperAdapter):
    """One message hangs until it gets its `answer`; of each other one it notes how many commits there were before."""

    def __init__(self, commits: list[float]) -> None:
        super().__init__("paper", PaperAdapter.Settings(), limits=LIKE_MATRIX)
        self.hangs, self.sent, self.refused = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.commits_before: dict[str, int] = {}
        self._commits = commits

    async def send(self, action: Outgoing) -> Receipt:
        assert isinstance(action, SendText)
        if action.text.plain == "hangs" and not self.hangs.is_set():
            self.hangs.set()
            await self.answer
        else:
            self.commits_before[action.text.plain] = len(self._commits)
            self.sent.set()
        return Receipt(action.text.plain)

    @contextlib.asynccontextmanager
    async def sending(self, made: Writer, folder: Path) -> AsyncIterator[Callable[[str], Coroutine[Any, Any, None]]]:
        """A sender, and what adds a message in a lane of its own."""
        clock, catalogue = Clock(), Catalogue(POLICY.languages)
        sender = Sender("paper", self, made, catalogue, clock, self._failed, Media(folder, {}))

        async def add(words: str) -> None:
            def unit(tx: Transaction) -> None:
                chat = tx.chats.known(Chat("paper", words), ChatKind.PRIVATE)
                tx.deliveries.add(Say(chat.id, (Verbatim(words),)))

            await made.run(unit)

        running = asyncio.create_task(sender.run())
        await self.lies_down(made)
        yield add
        await sender.stop(5)
        await running

    def _failed(self, account: str, kind: str, error: SendError) -> None:
        self.refused.set()

    async def lies_down(self, made: Writer) -> None:
        """Until the sender has seen that there is nothing more, and waits for what is not there yet."""
        for _ in range(10):
            await made.run(lambda tx: None)


class Looked(Clock):
    """Tells when somebody looks how late it is."""

    def __init__(self) -> None:
        super().__init__()
        self.looked = asyncio.Event()

    def steady(self) -> float:
        self.looked.set()
        return super().steady()


class HangingFault(Unknown):
    """Stands for a send whose answer never came before the end."""

    def __init__(self) -> None:
        super().__init__("cut off")

    async def reached(self, w: World) -> None:
        while w.network.faults:
            await w.app.unit(lambda tx: None)


async def test_what_may_go_while_the_sender_lies_down_is_not_slept_over(database_url: str, tmp_path: Path) -> None:
    """The gap to the message before ends between the look at what can go and the look at how long to wait."""
    clock = Sleepless()
    async with writer(database_url, Ticking()) as made, asyncio.timeout(10):
        network = Paper()
        network.chat("c", ChatKind.PRIVATE, "c")
        adapter = PaperAdapter("paper", PaperAdapter.Settings(), network, replace(LIKE_TELEGRAM, chat_gap=1.0))
        sender = Sender(
            "paper", adapter, made, Catalogue(POLICY.languages), clock, lambda *_: None, Media(tmp_path, {})
        )

        async def says(words: str) -> None:
            there = len(network.log)
            await made.run(
                lambda tx: tx.deliveries.add(
                    Say(tx.chats.known(Chat("paper", "c"), ChatKind.PRIVATE).id, (Verbatim(words),))
                )
            )
            sender.wake()
            while len(network.log) == there:
                await made.run(lambda tx: None)

        running = asyncio.create_task(sender.run())
        await says("one")
        while (await made.run(lambda tx: tx.lanes.queue_lengths())).get("paper", {"waiting": 0})["waiting"]:
            pass
        for _ in range(10):
            await made.run(lambda tx: None)  # meanwhile the sender has seen that there is nothing more
        clock.shows, clock.passes = 0.8, 0.4
        await says("two")
        await sender.stop(5)
        await running


class Sleepless(Clock):
    """Shows what a test says, and so much later with every look at it. Whoever sleeps by it never wakes."""

    shows, passes = 0.0, 0.0

    def steady(self) -> float:
        self.shows += self.passes
        return self.shows - self.passes

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_a_file_that_is_claimed_again_before_it_has_landed_takes_no_place(tmp_path: Path) -> None:
    """In its chat it would wait for itself for ever."""
    async with bot_and_member(tmp_path, LIKE_TELEGRAM) as (w, _, chat):
        attachment = Attachment("photo", "file")

        def unit(tx: Transaction) -> list[Claimed]:
            text = tx.texts.add("", None)
            tx.attachments.keep(text, "paper", [attachment])
            tx.deliveries.add(Say(chat, (Attached(text),), subject="K1"))
            return Claims(tx, "paper", LIKE_TELEGRAM, Catalogue(POLICY.languages)).claim(1, [])

        [claimed] = await w.app.unit(unit)
        in_flight = InFlight(1)
        before, after = (asyncio.create_task(w.clock.sleep(0)) for _ in range(2))
        in_flight.add(before, claimed)
        in_flight.add(after, claimed)
        in_flight.landed(before)
        assert in_flight.room() == InFlight(1).room()
        before.cancel()
        after.cancel()


async def test_a_part_that_still_waits_for_its_turn_is_not_taken_for_sent(tmp_path: Path) -> None:
    """A bot that dies while it paces a long text says the rest after the start, without a mark of repetition."""
    network, clock = Paper(), Clock()
    slow = replace(LIKE_TELEGRAM, chat_gap=1.0)
    async with world(tmp_path, limits=slow, network=network, clock=clock) as w:
        member = w.somebody()
        chat = await w.app.unit(lambda tx: tx.chats.known(member.private, network.kinds[member.private.id]).id)
        long = (Verbatim("A sentence. " * 600),)
        await w.app.unit(lambda tx: tx.deliveries.add(Say(chat, long, subject="K1")))
        while len(network.shown[member.private.id]) < 1:
            await w.app.unit(lambda tx: None)
    assert len(network.shown[member.private.id]) == 1
    async with world(tmp_path, limits=slow, network=network, clock=clock) as w:
        await w.advance(timedelta(seconds=2))
        texts = [shown.text.plain for shown in network.shown[member.private.id]]
    assert len(texts) == 2
    assert not any(text.startswith("↻") for text in texts)
