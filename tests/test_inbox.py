"""The inbox keeps what arrived before the network is told, and handles each event once in effect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot import inbox
from bot.actions import Action
from bot.events import Internal
from bot.incoming import Batch, Incoming, Message, Raw, Unreadable
from bot.model import Chat, ChatKind, Person, Text
from bot.store.database.encoding import encode
from bot.store.database.writer import Writer
from bot.store.transaction import Transaction
from tests.databases import Ticking, transaction, writer
from tests.paper import PaperAdapter

AT = datetime(2026, 11, 23, tzinfo=UTC)


def message(chat: str, said: str) -> bytes:
    return encode(Message(Chat("paper", chat), ChatKind.PRIVATE, Person("paper", "p"), said, AT, Text(said)))


class Desk:
    """A handler that writes down what it was given, and fails where a message says so."""

    def __init__(self, failures: int = 0) -> None:
        self.handled: list[str] = []
        self.failures = failures
        self.errors: list[str] = []

    def handle(self, event: Incoming | Internal, tx: Transaction) -> Iterable[Action]:
        said = event.text.plain if isinstance(event, Message) else type(event).__name__
        tx.chats.organisation_named(said)  # an effect that must not happen twice, or without the mark
        if said == "fails" and self.failures:
            self.failures -= 1
            raise ZeroDivisionError
        self.handled.append(said)
        return ()

    def failed(self, account: str, error: Exception) -> None:
        self.errors.append(type(error).__name__)


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


async def until_quiet(made: Writer) -> None:
    """Until nothing can be handled any more."""
    async with asyncio.timeout(30):
        while await made.run(lambda tx: tx.inbox.waiting(1000, ("", "paper"))):
            pass


async def through(url: str, desk: Desk, *batches: Batch, one_by_one: bool = False) -> list[str]:
    """Accept the batches and handle all; the effects that are durable afterwards. `one_by_one`: each is handled before
    the next one comes."""
    woken: list[inbox.Worker] = []

    def wake(_stirred: frozenset[str]) -> None:
        for worker in woken:
            worker.wake()

    async with writer(url, Ticking(), wake) as made:
        paper = PaperAdapter("paper", PaperAdapter.Settings())
        worker = inbox.Worker(made, {"paper": paper}, desk.handle, desk.failed, no_wait)
        woken.append(worker)
        task = asyncio.create_task(worker.run())
        for batch in batches:
            await worker.accept("paper")(batch)
            if one_by_one:
                await until_quiet(made)
        await until_quiet(made)
        effects = await made.run(lambda tx: sorted(found.name for found in tx.chats.organisations()))
        cursor = await made.run(lambda tx: tx.accounts.get("paper").cursor)
        assert cursor == batches[-1].cursor
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return effects


async def test_each_chat_is_handled_in_its_order(database_url: str) -> None:
    desk = Desk()
    events = [Raw(f"{chat}{n}", chat, message(chat, f"{chat}{n:02}")) for n in range(20) for chat in "abc"]
    await through(database_url, desk, Batch(tuple(events), "1"))
    for chat in "abc":
        mine = [said for said in desk.handled if said.startswith(chat)]
        assert mine == sorted(mine)
        assert len(mine) == 20


async def test_the_same_event_delivered_twice_has_its_effect_once(database_url: str) -> None:
    """A network that was not told in time brings a batch again."""
    desk = Desk()
    batch = Batch((Raw("1", "a", message("a", "one")), Raw("2", "a", message("a", "two"))), "2")
    await through(database_url, desk, batch, batch)
    assert desk.handled == ["one", "two"]


async def test_a_handler_that_fails_for_a_moment_is_run_again(database_url: str) -> None:
    """Nothing of the failed runs remains, and the chat's order holds."""
    desk = Desk(failures=4)
    batch = Batch((Raw("1", "a", message("a", "fails")), Raw("2", "a", message("a", "next"))), "2")
    effects = await through(database_url, desk, batch)
    assert desk.handled == ["fails", "next"]
    assert effects == ["fails", "next"]
    assert set(desk.errors) == {"ZeroDivisionError"}


async def test_what_comes_alone_is_kept_and_handled_in_one_commit(database_url: str) -> None:
    """Where nothing waits before it, that is one flush of the disk; it is durable when the network is told."""
    desk = Desk()
    commits: list[float] = []
    async with writer(database_url, Ticking(), committed=commits.append) as made:
        worker = inbox.Worker(
            made, {"paper": PaperAdapter("paper", PaperAdapter.Settings())}, desk.handle, desk.failed, no_wait
        )
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0)  # it looks for what is there already …
        await until_quiet(made)  # … and finds nothing
        commits.clear()
        await worker.accept("paper")(Batch((Raw("1", "a", message("a", "one")),), "1"))
        assert desk.handled == ["one"]
        assert len(commits) == 1
        await worker.accept("paper")(Batch((Raw("1", "a", message("a", "one")),), "1"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert desk.handled == ["one"]
    with transaction(database_url) as tx:
        assert [found.name for found in tx.chats.organisations()] == ["one"]
        assert tx.accounts.get("paper").cursor == "1"


async def test_what_comes_alone_and_cannot_be_handled_is_kept_all_the_same(database_url: str) -> None:
    """It is tried again as anything else; what follows it in its chat waits."""
    desk = Desk(failures=3)
    one, next_ = (Batch((Raw(said, "a", message("a", said)),), said) for said in ("fails", "next"))
    effects = await through(database_url, desk, one, next_)
    assert desk.handled == ["fails", "next"]
    assert effects == ["fails", "next"]


async def test_an_event_that_always_fails_is_put_aside_and_the_operator_is_told(database_url: str) -> None:
    """The chat goes on, and the failed event has changed nothing."""
    desk = Desk(failures=99)
    batch = Batch((Raw("1", "a", message("a", "fails")), Raw("2", "a", message("a", "next"))), "2")
    effects = await through(database_url, desk, batch)
    assert desk.handled == ["next", "Quarantined"]
    assert "fails" not in effects


async def test_an_event_that_was_put_aside_is_handled_when_it_is_tried_again(database_url: str) -> None:
    """The fault is mended; what somebody wrote then is not lost."""
    desk = Desk(failures=99)
    await through(database_url, desk, Batch((Raw("1", "a", message("a", "fails")),), "1"))
    mended = Desk()
    with transaction(database_url) as tx:
        [letter] = tx.dead_letters.events(10)
        assert tx.dead_letters.handle_again(letter.id, ("paper",)) is None
    effects = await through(database_url, mended, Batch((Raw("2", "a", message("a", "next")),), "2"))
    assert [said for said in mended.handled if said in ("fails", "next")] == ["fails", "next"]
    assert "fails" in effects


async def test_what_cannot_be_parsed_is_put_aside_at_once(database_url: str) -> None:
    """Garbage before two good events takes neither with it."""
    desk = Desk()
    events = (Raw("0", "a", b"garbage"), Raw("1", "a", message("a", "one")), Raw("2", "b", message("b", "two")))
    await through(database_url, desk, Batch(events, "2"))
    assert sorted(desk.handled) == ["Quarantined", "one", "two"]
    assert desk.errors == ["ValueError"]


async def test_an_unreadable_event_is_read_when_its_key_comes(database_url: str) -> None:
    """The adapter brings the same event again, readable; one that was handled is not handled again."""
    desk = Desk()
    locked = encode(Unreadable(Chat("paper", "a"), ChatKind.GROUP, "1", AT))
    first = Batch((Raw("1", "a", locked), Raw("2", "a", message("a", "later"))), "1")
    second = Batch((Raw("1", "a", message("a", "read at last")), Raw("2", "a", message("a", "later"))), "2")
    await through(database_url, desk, first, second, one_by_one=True)
    assert sorted(set(desk.handled)) == ["Unreadable", "later", "read at last"]
    assert desk.handled.count("read at last") == desk.handled.count("later") == 1


async def test_a_key_that_comes_at_once_may_find_the_event_unhandled(database_url: str) -> None:
    """Nobody needs to hear then that it could not be read; it is read once all the same."""
    desk = Desk()
    locked = Raw("1", "a", encode(Unreadable(Chat("paper", "a"), ChatKind.GROUP, "1", AT)))
    readable = Raw("1", "a", message("a", "read at last"))
    await through(database_url, desk, Batch((locked,), "1"), Batch((readable,), "2"))
    assert [said for said in desk.handled if said != "Unreadable"] == ["read at last"]


async def test_traces_of_handled_events_are_forgotten_after_days(database_url: str) -> None:
    """They hold no words by then, and no network brings such an event again."""
    clock = Ticking()
    async with writer(database_url, clock) as made:
        await made.run(lambda tx: tx.inbox.accept("paper", Batch((Raw("1", "a", b"x"),), "1")))
        [arrived] = await made.run(lambda tx: tx.inbox.waiting(10, ("paper",)))
        await made.run(lambda tx: tx.inbox.take(arrived.id))
        clock.at += timedelta(days=4)
        assert await made.run(lambda tx: tx.inbox.forget(timedelta(days=3))) == 1


async def test_a_busy_chat_with_a_failing_event_keeps_nobody_waiting(database_url: str) -> None:
    """However much of one chat waits behind an event that is tried again, other chats are handled."""
    woken: list[inbox.Worker] = []
    desk, never, other = Desk(failures=1_000), asyncio.Event(), asyncio.Event()

    def handle(event: Incoming | Internal, tx: Transaction) -> Iterable[Action]:
        if isinstance(event, Message) and event.text.plain == "other":
            loop.call_soon_threadsafe(other.set)
        return desk.handle(event, tx)

    def wake(_stirred: frozenset[str]) -> None:
        for worker in woken:
            worker.wake()

    async def wait(_seconds: float) -> None:
        await never.wait()

    loop = asyncio.get_running_loop()
    events = [Raw(f"a{n}", "a", message("a", "fails" if n == 0 else f"a{n}")) for n in range(300)]
    async with writer(database_url, Ticking(), wake) as made:
        worker = inbox.Worker(
            made, {"paper": PaperAdapter("paper", PaperAdapter.Settings())}, handle, desk.failed, wait
        )
        woken.append(worker)
        await worker.accept("paper")(Batch((*events, Raw("b", "b", message("b", "other"))), "1"))
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(10):
            await other.wait()
            assert "fails" not in desk.handled
            desk.failures = 0
            never.set()
            while await made.run(lambda tx: tx.inbox.waiting(1, ("", "paper"))):
                pass
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert list(dict.fromkeys(desk.handled)) == ["other", "fails", *(f"a{n}" for n in range(1, 300))]


async def test_a_busy_chat_keeps_its_order_beside_many_that_are_held_up(database_url: str) -> None:
    """Also where more of it came than is taken up at a time, and more than one look shows waits elsewhere."""
    woken: list[inbox.Worker] = []
    desk, slept, short, never = Desk(), list[float](), asyncio.Event(), asyncio.Event()
    failing = {*(f"held {n} 0" for n in range(20)), "000"}

    def handle(event: Incoming | Internal, tx: Transaction) -> Iterable[Action]:
        if isinstance(event, Message) and event.text.plain in failing:
            raise ZeroDivisionError
        return desk.handle(event, tx)

    def wake(_stirred: frozenset[str]) -> None:
        for worker in woken:
            worker.wake()

    async def wait(seconds: float) -> None:
        slept.append(seconds)
        await (short if seconds < 1 else never).wait()

    def busy(numbers: range) -> list[Raw]:
        return [Raw(f"{n:03}", "busy", message("busy", f"{n:03}")) for n in numbers]

    async with writer(database_url, Ticking(), wake) as made, asyncio.timeout(30):
        worker = inbox.Worker(
            made, {"paper": PaperAdapter("paper", PaperAdapter.Settings())}, handle, desk.failed, wait
        )
        woken.append(worker)
        accept = worker.accept("paper")
        held = [(f"held {n}", f"held {n} {k}") for k in range(16) for n in range(20)]
        await accept(Batch(tuple(Raw(said, chat, message(chat, said)) for chat, said in held), "1"))
        task = asyncio.create_task(worker.run())
        short.set()
        while slept.count(1.0) < 20:
            await made.run(lambda tx: None)
        short.clear()
        await accept(Batch(tuple(busy(range(60))), "2"))
        while len(slept) < 41:
            await made.run(lambda tx: None)
        await accept(Batch((*busy(range(60, 100)), Raw("other", "other", message("other", "other"))), "3"))
        while "other" not in desk.handled:
            await made.run(lambda tx: None)
        failing.discard("000")
        short.set()
        while "059" not in desk.handled:
            await made.run(lambda tx: None)
        await accept(Batch(tuple(busy(range(100, 140))), "4"))
        while "139" not in desk.handled:
            await made.run(lambda tx: None)
        failing.clear()
        never.set()
        await until_quiet(made)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [said for said in desk.handled if said.isdecimal()] == [f"{n:03}" for n in range(140)]


async def test_what_another_process_has_left_of_an_account_comes_before_what_is_new(database_url: str) -> None:
    """Also where this one has others' events in hand, which came later."""
    woken: list[inbox.Worker] = []
    desk, served, held, never = Desk(failures=1_000), {"", "ours"}, asyncio.Event(), asyncio.Event()

    def wake(_stirred: frozenset[str]) -> None:
        for worker in woken:
            worker.wake()

    async def wait(_seconds: float) -> None:
        held.set()
        await never.wait()

    with transaction(database_url) as tx:
        tx.inbox.accept("paper", Batch((Raw("1", "a", message("a", "left")),), "1"))
    async with writer(database_url, Ticking(), wake) as made, asyncio.timeout(30):
        adapters = {name: PaperAdapter(name, PaperAdapter.Settings()) for name in ("ours", "paper")}
        worker = inbox.Worker(made, adapters, desk.handle, desk.failed, wait, served.__contains__)
        woken.append(worker)
        task = asyncio.create_task(worker.run())
        await worker.accept("ours")(Batch((Raw("1", "b", message("b", "fails")),), "1"))
        await held.wait()
        served.add("paper")
        worker.wake()
        await worker.accept("paper")(Batch((Raw("2", "a", message("a", "new")),), "2"))
        while "new" not in desk.handled:
            await made.run(lambda tx: None)
        desk.failures = 0
        never.set()
        await until_quiet(made)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert desk.handled == ["left", "new", "fails"]


async def test_what_may_not_be_handled_here_is_left_alone_for_a_while(database_url: str) -> None:
    """Until this process knows that it has lost the account, it does not try again and again; and then, if it may."""
    desk, refused, slept, go_on = Desk(), {"paper"}, list[float](), asyncio.Event()
    with transaction(database_url) as tx:
        tx.inbox.accept("paper", Batch((Raw("1", "a", message("a", "one")),), "1"))

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await go_on.wait()

    async with writer(database_url, Ticking(), fence=lambda _, accounts: frozenset(refused & accounts)) as made:
        worker = inbox.Worker(
            made, {"paper": PaperAdapter("paper", PaperAdapter.Settings())}, desk.handle, desk.failed, sleep
        )
        task = asyncio.create_task(worker.run())
        for _ in range(50):
            await made.run(lambda tx: None)
        assert (desk.handled, slept) == ([], [0.2])
        refused.clear()
        go_on.set()
        await until_quiet(made)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert desk.handled == ["one"]
