"""One slow or dead chat, network or engine never delays another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.actions import Answer, Edit, Named, Priority, Recall, Say
from bot.content import Attached, Content, Verbatim
from bot.incoming import Added, Pressed
from bot.model import Attachment, Chat, ChatKind, Person
from bot.outgoing import EditText, Outgoing, SendText, SetCommands
from bot.ports import Down, Engine, Limits, Marked, NotSent, Refused, SendError, Unknown
from bot.sending.in_flight import COMINGS, MOST, ONE_CHAT, PRESSES
from bot.store.transaction import Transaction
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Paper
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import POLICY, Clock, World, world

FAST = replace(LIKE_TELEGRAM, per_second=10_000, burst=10_000, chat_gap=1.0, group_window=(19, 60.0))
"""Paced like Telegram, as far as chats are concerned."""


async def until(w: World, true: Callable[[], bool]) -> None:
    """Let the bot work, while no time passes, until something is so."""
    async with asyncio.timeout(10):
        while not true():
            await w.app.unit(lambda tx: None)


async def works(w: World) -> None:
    """Let it do what it can do at this moment."""
    for _ in range(100):
        await w.app.unit(lambda tx: None)


async def within(w: World, seconds: int, true: Callable[[], bool]) -> None:
    """Let the bot work, and time pass, until something is so."""
    for _ in range(seconds):
        if true():
            return
        w.clock.advance(timedelta(seconds=1))
        await works(w)
    assert true()


def chat_of(network: Paper, name: str, kind: ChatKind = ChatKind.PRIVATE) -> Chat:
    return network.chat(name, kind, name)


async def says(
    w: World, chat: Chat, *words: str, priority: Priority = Priority.ANSWER, subject: str | None = None
) -> None:
    """Each in a lane of its own, unless there is a subject."""

    def unit(tx: Transaction) -> None:
        to = tx.chats.known(chat, w.network.kinds.get(chat.id, ChatKind.GROUP)).id
        for word in words:
            tx.deliveries.add(Say(to, (Verbatim(word),), subject=subject or word, priority=priority))

    await w.app.unit(unit)


def read(network: Paper, chat: Chat) -> list[str]:
    return [shown.plain for shown in network.shown[chat.id]]


# --- a chat ----------------------------------------------------------------------------------------------------------


async def test_a_room_that_hangs_delays_no_other_chat(tmp_path: Path) -> None:
    """However much is on its way there."""
    async with world(tmp_path, limits=LIKE_MATRIX) as w:
        dead, alive = chat_of(w.network, "dead", ChatKind.GROUP), chat_of(w.network, "alive")
        stuck = w.network.sticks("dead")
        await says(w, dead, *(f"card {number}" for number in range(3 * MOST)))
        await until(w, lambda: len(w.app.senders["paper"].in_flight) == ONE_CHAT)
        await says(w, alive, "come at ten")
        await until(w, lambda: read(w.network, alive) == ["come at ten"])
        stuck.set()
        await until(w, lambda: len(read(w.network, dead)) == 3 * MOST)


@pytest.mark.parametrize("limits", [LIKE_MATRIX, FAST], ids=["like Matrix", "like Telegram"])
async def test_notices_that_hang_leave_room_for_answers(tmp_path: Path, limits: Limits) -> None:
    """To hundreds of groups at once; a group after the other is no reason for a person to wait."""
    async with world(tmp_path, limits=limits) as w:
        person = chat_of(w.network, "person")
        groups = [chat_of(w.network, f"group {number}", ChatKind.GROUP) for number in range(2 * MOST)]
        stuck = [w.network.sticks(group.id) for group in groups]

        def published(tx: Transaction) -> None:
            for group in groups:
                to = tx.chats.known(group, ChatKind.GROUP).id
                tx.deliveries.add(Say(to, (Verbatim("soup"),), subject="N1", priority=Priority.NOTICE))

        await w.app.unit(published)
        await until(w, lambda: len(w.app.senders["paper"].in_flight) >= MOST // 2)
        for number in range(20):  # what there is room for goes at once, and lands
            await says(w, person, f"answer {number}")
            await until(w, lambda number=number: f"answer {number}" in read(w.network, person))  # type: ignore[misc]
            w.clock.advance(timedelta(seconds=1))
        for one in stuck:
            one.set()
        await until(w, lambda: all(read(w.network, group) == ["soup"] for group in groups))


SLOW = replace(LIKE_MATRIX, per_second=1, burst=1)
"""Like a homeserver that has shown how little it takes."""


@pytest.mark.parametrize("limits", [FAST, SLOW], ids=["like Telegram", "like a slow Matrix"])
async def test_somebody_who_writes_without_end_holds_up_nobody_else_s_request(tmp_path: Path, limits: Limits) -> None:
    """What is said about different things takes turns, however much there is of one of them."""
    async with world(tmp_path, limits=limits) as w:
        room = await w.paired("room", "coordination")
        await says(w, room, *(f"K7: word {n}" for n in range(40)), priority=Priority.COORDINATION, subject="K7")
        await within(w, 10, lambda: len(read(w.network, room)) >= 3)
        await says(w, room, "K8: my child is ill", priority=Priority.COORDINATION, subject="K8")
        await within(w, 10, lambda: "K8: my child is ill" in read(w.network, room))


@pytest.mark.parametrize("limits", [FAST, SLOW], ids=["like Telegram", "like a slow Matrix"])
async def test_people_who_talk_without_end_in_a_linked_chat_hold_up_no_notice(tmp_path: Path, limits: Limits) -> None:
    """What is said elsewhere comes faster than the group takes it; each notice goes before what of it waits."""
    async with world(tmp_path, limits=limits) as w:
        group = chat_of(w.network, "group", ChatKind.GROUP)
        talk = [f"word {n}" for n in range(100)]
        await says(w, group, *talk, priority=Priority.COORDINATION, subject="L1")
        await within(w, 10, lambda: len(read(w.network, group)) >= 3)
        for said in ("soup", "bread", "rice"):
            await says(w, group, said, priority=Priority.NOTICE)
        await within(w, 70, lambda: {"soup", "bread", "rice"} <= set(read(w.network, group)))
        assert len(read(w.network, group)) < 30
        await within(w, 400, lambda: len(read(w.network, group)) == len(talk) + 3)
        assert [said for said in read(w.network, group) if said in talk] == talk


@asynccontextmanager
async def slowly_told(folder: Path, words: str) -> AsyncIterator[tuple[World, list[Chat]]]:
    """N1 is on its way to sixty groups, one in a second; the first two have it."""
    slow = replace(LIKE_TELEGRAM, per_second=1, burst=1, chat_gap=1.0)
    async with world(folder, limits=slow) as w:
        groups = [chat_of(w.network, f"group {number}", ChatKind.GROUP) for number in range(60)]

        def published(tx: Transaction) -> None:
            for group in groups:
                to = tx.chats.known(group, ChatKind.GROUP).id
                tx.deliveries.add(Say(to, (Verbatim(words),), subject="N1", name="N1", priority=Priority.NOTICE))

        await w.app.unit(published)
        await within(w, 5, lambda: len(read(w.network, groups[1])) == 1)
        yield w, groups


async def test_groups_that_take_a_message_a_minute_delay_nobody_else(tmp_path: Path) -> None:
    """On Telegram that is slow mode: refused at once as they are, it is their own limit, and not the account's."""
    async with world(tmp_path, limits=FAST) as w:
        person = chat_of(w.network, "person")
        slow = [chat_of(w.network, f"slow {number}", ChatKind.GROUP) for number in range(5)]
        opens = {chat.id: 0.0 for chat in slow}

        def takes(action: Outgoing) -> None:
            if isinstance(action, SendText) and action.chat in slow:
                if (wait := opens[action.chat.id] - w.clock.steady()) > 0:
                    raise NotSent("slow mode", timedelta(seconds=wait))
                opens[action.chat.id] = w.clock.steady() + 60

        w.network.before = takes
        for group in slow:
            await says(w, group, *(f"word {n}" for n in range(4)), priority=Priority.COORDINATION, subject="L1")
        for number in range(30):
            await says(w, person, f"answer {number}")
            await within(w, 2, lambda number=number: f"answer {number}" in read(w.network, person))  # type: ignore[misc]
            w.clock.advance(timedelta(seconds=5))
            await works(w)
        await within(w, 120, lambda: all(len(read(w.network, group)) == 4 for group in slow))


async def test_a_notice_waits_for_none_of_those_that_were_withdrawn_before_it(tmp_path: Path) -> None:
    """However many of them were about to go."""
    async with slowly_told(tmp_path, "soup") as (w, groups):

        def recalled(tx: Transaction) -> None:
            for group in groups[2:]:
                to = tx.chats.known(group, ChatKind.GROUP).id
                tx.deliveries.add(Recall(to, Named("N1"), priority=Priority.NOTICE))

        await w.app.unit(recalled)
        await says(w, groups[-1], "bread", priority=Priority.NOTICE)
        await within(w, 5, lambda: read(w.network, groups[-1]) == ["bread"])


async def test_what_is_wrong_in_some_groups_is_mended_before_others_get_what_is_right(tmp_path: Path) -> None:
    """A correction and a recall do not wait for the thousands of groups that have nothing wrong yet."""
    async with slowly_told(tmp_path, "stay in") as (w, groups):

        def mended(tx: Transaction) -> None:
            first, second = (tx.chats.known(group, ChatKind.GROUP).id for group in groups[:2])
            tx.deliveries.add(Edit(first, Named("N1"), (Verbatim("stay in until 8"),), priority=Priority.NOTICE))
            tx.deliveries.add(Recall(second, Named("N1"), priority=Priority.NOTICE))

        await w.app.unit(mended)
        await within(w, 5, lambda: read(w.network, groups[0]) == ["stay in until 8"] and not read(w.network, groups[1]))
        assert not read(w.network, groups[30])


async def test_a_notice_s_change_that_is_refused_holds_up_nothing_else_there(tmp_path: Path) -> None:
    """Its chat has its turn among the others as if it had been taken."""
    slow = replace(LIKE_TELEGRAM, per_second=1, burst=1, chat_gap=1.0)
    async with world(tmp_path, limits=slow) as w:
        here = chat_of(w.network, "here", ChatKind.GROUP)
        others = [chat_of(w.network, f"group {number}", ChatKind.GROUP) for number in range(60)]

        def refuses(action: Outgoing) -> None:
            if isinstance(action, EditText):
                raise Refused("message can't be edited")

        w.network.before = refuses
        await says(w, here, "soup", priority=Priority.NOTICE)

        def unit(tx: Transaction) -> None:
            to = tx.chats.known(here, ChatKind.GROUP).id
            tx.deliveries.add(Say(to, (Verbatim("bread"),), subject="N1", name="N1", priority=Priority.NOTICE))

        await w.app.unit(unit)
        await within(w, 10, lambda: read(w.network, here) == ["soup", "bread"])

        def published(tx: Transaction) -> None:
            for group in others:
                of = tx.chats.known(group, ChatKind.GROUP).id
                tx.deliveries.add(Say(of, (Verbatim("soup"),), subject="N2", priority=Priority.NOTICE))
            to = tx.chats.known(here, ChatKind.GROUP).id
            tx.deliveries.add(Edit(to, Named("N1"), (Verbatim("rice"),), priority=Priority.NOTICE))
            for said in ("salad", "cheese"):
                tx.deliveries.add(Say(to, (Verbatim(said),), subject=said, priority=Priority.NOTICE))

        await w.app.unit(published)
        await within(w, 10, lambda: read(w.network, here) == ["soup", "bread", "salad"])


async def test_button_presses_that_hang_delay_no_message(tmp_path: Path) -> None:
    """Nor do they take more connections than there are."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        dead, alive = chat_of(w.network, "dead"), chat_of(w.network, "alive")
        stuck = w.network.sticks("dead")

        def unit(tx: Transaction) -> None:
            to = tx.chats.known(dead, ChatKind.PRIVATE).id
            for number in range(5 * PRESSES):
                person = Person("paper", "somebody", "Sam")
                pressed = Pressed(dead, ChatKind.PRIVATE, person, "1", "", f"P{number}", w.clock.now())
                tx.deliveries.add(Answer(to, pressed))

        await w.app.unit(unit)
        await says(w, alive, "come at ten")
        await until(w, lambda: read(w.network, alive) == ["come at ten"])
        await until(w, lambda: len(w.app.senders["paper"].in_flight) == PRESSES)
        w.clock.advance(timedelta(seconds=16))
        stuck.set()
        await w.settled()
        assert len(w.network.toasts) == PRESSES  # nobody waits for the others any more


async def invited(w: World, *chats: Chat) -> None:
    """Somebody has brought the bot into each of them."""
    person = Person("paper", "somebody", "Sam")
    for chat in chats:
        w.network.happens(Added(chat, ChatKind.GROUP, person, w.clock.now(), invited=True, title=chat.id))
    await works(w)


async def test_chats_that_cannot_be_joined_hold_up_nobody(tmp_path: Path) -> None:
    """Whoever has a server of their own can invite the bot into any number of rooms, and never let it in."""
    async with world(tmp_path, limits=LIKE_MATRIX) as w:
        person = chat_of(w.network, "person")
        closed = [chat_of(w.network, f"closed {number}", ChatKind.GROUP) for number in range(2 * MOST)]
        stuck = [w.network.sticks(chat.id) for chat in closed]
        await invited(w, *closed)
        await until(w, lambda: len(w.app.senders["paper"].in_flight) == COMINGS)
        await says(w, person, "come at ten")
        await until(w, lambda: read(w.network, person) == ["come at ten"])
        for one in stuck:
            one.set()
        await until(w, lambda: len(w.network.joined) == len(closed))


async def test_a_chat_that_lets_the_bot_in_waits_for_none_that_does_not(tmp_path: Path) -> None:
    """Those that were tried already come after it."""
    async with world(tmp_path, limits=LIKE_MATRIX) as w:
        closed = [chat_of(w.network, f"closed {number}", ChatKind.GROUP) for number in range(3 * COMINGS)]
        for chat in closed:
            w.network.broken[chat.id] = Unknown("the other server does not answer")
        await invited(w, *closed)
        stuck = [w.network.sticks(chat.id) for chat in closed[:COMINGS]]
        w.clock.advance(timedelta(seconds=2))  # all of them are tried again
        await until(w, lambda: len(w.app.senders["paper"].in_flight) == COMINGS)
        await invited(w, chat_of(w.network, "open", ChatKind.GROUP))
        stuck[0].set()
        await until(w, lambda: w.network.joined == ["open"])


@pytest.mark.parametrize(
    "failure",
    [Unknown("the other server does not answer"), NotSent("not so many at once", timedelta(minutes=2))],
    ids=str,
)
async def test_that_chats_cannot_be_joined_says_nothing_about_the_network(tmp_path: Path, failure: SendError) -> None:
    """Several messages that came to nothing would say so."""
    async with world(tmp_path, limits=LIKE_MATRIX) as w:
        person = chat_of(w.network, "person")
        closed = [chat_of(w.network, f"closed {number}", ChatKind.GROUP) for number in range(10)]
        for chat in closed:
            w.network.broken[chat.id] = failure
        await invited(w, *closed)
        await says(w, person, "come at ten", "bring a friend")
        await until(w, lambda: len(read(w.network, person)) == 2)


# --- a network -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def two_networks(folder: Path, limits: Limits) -> AsyncIterator[tuple[World, Paper]]:
    other = Paper("other")
    async with world(folder, limits=limits, others=[other]) as w:
        yield w, other


async def sends_file(w: World, to: Chat, key: str, data: bytes, subject: str) -> None:
    """A file of the other network goes to a chat."""

    def unit(tx: Transaction) -> None:
        text = tx.texts.add("", None)
        tx.attachments.keep(text, "other", [Attachment("photo", key, f"{key}.bin", len(data), "image/x", None)])
        content: Content = (Attached(text),)
        tx.deliveries.add(Say(tx.chats.known(to, ChatKind.PRIVATE).id, content, subject=subject))

    await w.app.unit(unit)


@pytest.mark.parametrize("limits", [LIKE_MATRIX, FAST], ids=["like Matrix", "like Telegram"])
async def test_files_that_another_network_does_not_give_out_delay_no_words(tmp_path: Path, limits: Limits) -> None:
    """Not even words to the same chat about something else; they arrive when they can be had."""
    async with two_networks(tmp_path, limits) as (w, other):
        chat = chat_of(w.network, "person")
        stuck = []
        for number in range(MOST + 10):
            other.files[f"file {number}"] = b"bytes"
            stuck.append(other.sticks(f"file {number}"))
            await sends_file(w, chat, f"file {number}", b"bytes", f"K{number}")
        await says(w, chat, "come at ten", subject="K999")
        await until(w, lambda: "come at ten" in read(w.network, chat))
        for one in stuck:
            one.set()
        there = w.network.shown[chat.id]
        await within(w, 2 * MOST, lambda: len([shown for shown in there if shown.file]) == MOST + 10)


async def test_a_file_keeps_to_the_pace_when_it_is_here(tmp_path: Path) -> None:
    """Twenty files that come in the same moment are twenty messages: one a second."""
    async with two_networks(tmp_path, FAST) as (w, other):
        chat = chat_of(w.network, "person")
        stuck = []
        for number in range(20):
            other.files[f"file {number}"] = b"bytes"
            stuck.append(other.sticks(f"file {number}"))
            await sends_file(w, chat, f"file {number}", b"bytes", f"K{number}")
        await w.app.unit(lambda tx: None)
        for one in stuck:
            one.set()
        there = [0]
        for _ in range(25):
            await works(w)
            there.append(len(w.network.shown[chat.id]))
            w.clock.advance(timedelta(seconds=1))
        assert all(after - before <= 1 for before, after in pairwise(there))
        assert there[-1] == 20


async def test_a_file_is_not_lost_because_its_network_wants_a_long_pause(tmp_path: Path) -> None:
    """Nor is it asked for again and again meanwhile."""
    async with two_networks(tmp_path, LIKE_TELEGRAM) as (w, other):
        chat = chat_of(w.network, "person")
        other.files["photo"] = b"bytes"
        other.fetch_faults = [NotSent("Too Many Requests", timedelta(seconds=1_000))] * 30
        await sends_file(w, chat, "photo", b"bytes", "K1")
        await w.until(lambda: len(other.fetch_faults) < 30)
        await works(w)
        assert len(other.fetch_faults) == 29
        assert read(w.network, chat) == []
        other.fetch_faults = []
        for _ in range(3):
            w.clock.advance(timedelta(minutes=5))
            await works(w)
        assert read(w.network, chat) == []
        await within(w, 600, lambda: any(shown.file for shown in w.network.shown[chat.id]))
        assert [shown.file.data for shown in w.network.shown[chat.id] if shown.file] == [b"bytes"]


@pytest.mark.parametrize(("subject", "since", "is_given_up"), [("L1", 1, True), ("L1", 0, False), ("K1", 1, False)])
async def test_a_conversation_does_not_wait_an_hour_for_a_file(
    tmp_path: Path, subject: str, since: int, is_given_up: bool
) -> None:
    """Whose server gives none out could silence linked chats. What nothing waits for is tried on, and so is a letter
    that somebody who needs help has photographed."""
    async with two_networks(tmp_path, LIKE_MATRIX) as (w, other):
        chat = chat_of(w.network, "person")
        other.files["photo"] = b"bytes"
        other.fetch_faults = [Unknown("the other server does not answer")] * 100
        await sends_file(w, chat, "photo", b"bytes", subject)
        await says(w, chat, *["after"] * since, subject=subject)
        for _ in range(40):
            w.clock.advance(timedelta(seconds=10))
            for _ in range(10):
                await w.app.unit(lambda tx: None)
        assert read(w.network, chat)[1:] == (["after"] if is_given_up else [])
        other.fetch_faults = []
        w.clock.advance(timedelta(minutes=5))
        await until(w, lambda: len(w.network.shown[chat.id]) == 1 + since)
        assert (w.network.shown[chat.id][0].file is None) is is_given_up


async def test_a_network_that_is_slow_with_menus_sends_all_the_same(tmp_path: Path) -> None:
    """There are dozens of them, and nobody waits for them; one that fails is tried again."""
    network = Paper()
    stuck = network.sticks("menu")
    menu = SetCommands("paper", "private", "nl", (("help", "Hulp"),))
    async with world(tmp_path, limits=LIKE_TELEGRAM, network=network, menus=lambda *_: [menu]) as w:
        alive = chat_of(network, "alive")
        await says(w, alive, "come at ten")
        await until(w, lambda: read(network, alive) == ["come at ten"])
        network.faults = [Unknown("no answer"), NotSent("flood", timedelta(seconds=9))]
        stuck.set()
        for _ in range(12):
            await w.app.unit(lambda tx: None)
            await w.advance(timedelta(seconds=1))
        assert network.faults == []
        assert network.log.count(menu) == 1


async def test_a_network_that_is_down_delays_no_other(tmp_path: Path) -> None:
    """Whether it hangs or refuses."""
    async with two_networks(tmp_path, LIKE_TELEGRAM) as (w, other):
        dead, alive = [chat_of(other, f"dead {number}") for number in range(100)], chat_of(w.network, "alive")
        for number, chat in enumerate(dead):
            if number % 2:
                other.sticks(chat.id)
            else:
                other.broken[chat.id] = NotSent("cannot be reached", whole_account=True)
            await says(w, chat, "hello")
        await says(w, alive, "come at ten")
        await until(w, lambda: read(w.network, alive) == ["come at ten"])


# --- an engine -------------------------------------------------------------------------------------------------------


class Hanging(Phrasebook):
    """Never answers."""

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        self.asked.append(target)
        await asyncio.Event().wait()
        raise AssertionError


async def test_an_engine_that_hangs_delays_no_other(tmp_path: Path) -> None:
    """Notices wait for theirs by the dozen; a person's words are translated by another at once."""
    hanging, quick = Hanging("hanging"), Phrasebook("quick")
    engines: dict[str, Sequence[Engine]] = {"notice": [hanging], "conversation": [quick]}
    policy = replace(POLICY, translates_notices=True, translates_conversations=True)
    async with world(tmp_path, policy=policy, engines=engines) as w:

        def unit(tx: Transaction) -> None:
            for number in range(50):
                tx.texts.want(tx.texts.add(f"Soep {number}", "nl"), "pt", "notice")

        await w.app.unit(unit)
        await until(w, lambda: bool(hanging.asked))
        words = "Preciso de comida para os meus dois filhos"
        wanted = await w.app.unit(lambda tx: tx.texts.want(tx.texts.add(words, "pt"), "nl", "conversation").id)
        await until(w, lambda: quick.asked == [words])
        async with asyncio.timeout(10):
            while (await w.app.unit(lambda tx: tx.texts.translation_by_id(wanted))).result is None:
                pass


# --- an outage -------------------------------------------------------------------------------------------------------


async def test_an_outage_is_found_out_with_one_message_at_a_time(tmp_path: Path) -> None:
    """A thousand chats are not all tried in vain, again and again; when it is over all go at once."""
    clock = Clock()
    async with world(tmp_path, limits=LIKE_TELEGRAM, clock=clock) as w:
        chats = [chat_of(w.network, f"chat {number}") for number in range(300)]
        tries = 0

        def away(_: object) -> None:
            nonlocal tries
            tries += 1
            raise NotSent("cannot be reached", whole_account=True)

        w.network.before = away
        for chat in chats:
            await says(w, chat, "hello")
        for _ in range(120):
            await w.app.unit(lambda tx: None)
            clock.advance(timedelta(seconds=5))
        assert tries <= MOST + 60
        w.network.before = None
        clock.advance(timedelta(seconds=30))
        await until(w, lambda: all(read(w.network, chat) == ["hello"] for chat in chats))


async def test_what_was_put_off_goes_as_soon_as_the_network_answers_again(tmp_path: Path) -> None:
    """Ten minutes of outage are not followed by five minutes of silence; what may have arrived waits until the line has
    held for a while, since it cannot be repeated often."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        one, two = chat_of(w.network, "one"), chat_of(w.network, "two")
        w.network.broken = {one.id: NotSent("cannot be reached"), two.id: Unknown("no answer")}
        await says(w, one, "hello")
        await says(w, two, "hello")
        w.network.falls(Down("away"))
        for _ in range(8):
            w.clock.advance(timedelta(seconds=25))
            await works(w)
        w.network.broken = {}
        w.network.falls(None)
        await within(w, 30, lambda: read(w.network, one) == ["hello"])
        assert read(w.network, two) == []
        await within(w, 30, lambda: len(read(w.network, two)) == 1)
