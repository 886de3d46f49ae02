"""`erase`: what is gone, where, and what is honestly said of the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.domain import erasing as domain
from bot.domain.chats import Role
from bot.model import ChatKind
from bot.outgoing import SendText
from bot.ports import Limits, NotSent
from bot.store.tables import chat, metadata
from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Shown
from tests.paper.adapter import LIKE_TELEGRAM
from tests.world import Somebody, World, world

DOCTOR = "Preciso de um médico para a minha mãe"
CONTENTS = ("text", "translation", "attachment", "line", "request", "part", "choice", "dialogue", "person")


async def rows(w: World, *tables: str) -> dict[str, int]:
    """How many rows there are in each table that has any."""

    def unit(tx: Transaction) -> dict[str, int]:
        counts = {name: select(func.count()).select_from(metadata.tables[name]) for name in tables or metadata.tables}
        return {name: tx.connection.execute(query).scalar_one() for name, query in counts.items()}

    return {name: count for name, count in (await w.app.unit(unit)).items() if count}


async def private_chats(w: World) -> int:
    def unit(tx: Transaction) -> int:
        return len(tx.connection.execute(select(chat.c.id).where(chat.c.role == Role.PRIVATE)).all())

    return await w.app.unit(unit)


async def erases(scene: Scene, *codes: str, who: Somebody | None = None) -> None:
    """`erase CODE`, or all of them, and Erase."""
    member = who or scene.member
    await member.writes(f"!erase {codes[0]}" if len(codes) == 1 else "!erase")
    one = sentence("button-erase", "pt", code=codes[0]) if codes else ""
    labels = member.sees()[-1].labels
    await member.presses(one if one in labels else labels[0])


def ending(*before: str) -> str:
    return "\n".join((*before, sentence("erased-your-app", "pt")))


@pytest.fixture
async def told(scene: Scene) -> Scene:
    """A request with a reply, a note and more words."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread("!r Kom om 10:00 naar de Stationsstraat")
    await scene.in_thread("Zij heeft twee kinderen")
    await scene.member.writes("Obrigada, vou lá")
    return scene


# --- what is gone ----------------------------------------------------------------------------------------------------


async def test_after_erasing_nothing_of_it_is_left_anywhere(told: Scene) -> None:
    """Not in the store, not in the member's chat, not in the helpers' room, where they see that it was erased."""
    await erases(told)
    assert told.member.reads() == [ending(sentence("erased-all", "pt"))]
    assert [m.plain for m in told.world.network.messages(told.room)] == [sentence("card-erased", code="K1")]
    assert not set(await rows(told.world)) & (set(CONTENTS) - {"part"})
    assert await private_chats(told.world) == 0


async def test_what_a_translator_made_of_it_is_gone_too(translated: Scene) -> None:
    """In both directions."""
    await translated.asks()
    await translated.in_thread("!r Morgen om 10:00 kunt u een pakket halen")
    assert (await rows(translated.world))["translation"] == 2
    await erases(translated)
    assert not await rows(translated.world, *CONTENTS[:5])


async def test_a_translation_that_comes_too_late_disturbs_nobody(translated: Scene) -> None:
    """The engine was out of reach, and comes back when the words are gone."""
    translated.engine.down = True
    await translated.asks()
    await erases(translated)
    translated.engine.down = False
    await translated.world.advance(timedelta(minutes=2))
    assert not await rows(translated.world, *CONTENTS[:5])
    assert sentence("operator-put-aside", network="Paper") not in translated.room_reads()


async def test_a_changed_answer_that_was_never_sent_is_gone_too(scene: Scene) -> None:
    """Whoever wrote it has changed it twice, and has not sent it anew."""
    await scene.asks()
    await scene.in_thread("!claim")
    answer = await scene.in_thread("!r Kom om 10:00 naar de Stationsstraat")
    await scene.ann.edits(answer, "!r Kom om 11:00 naar de Kerkstraat", scene.room)
    await scene.ann.edits(answer, "!r Kom om 12:00 naar de Kerkstraat", scene.room)
    await erases(scene)
    assert not await rows(scene.world, "text", "translation")


async def test_a_button_that_was_typed_is_gone_too(scene: Scene) -> None:
    """What it says may be the worst of all to be found on a telephone."""
    await scene.asks()
    await scene.member.writes(sentence("need-violence", "pt"))
    await erases(scene)
    shown = scene.world.network.messages(scene.member.private)
    assert sentence("need-violence", "pt") not in [message.plain for message in shown]


async def test_what_find_showed_of_it_is_taken_back(told: Scene) -> None:
    """An excerpt in the middle of the room is as good as the words."""
    await told.ann.writes("!find Stationsstraat", told.room)
    assert "Stationsstraat" in told.ann.reads(told.room)[-1]
    await erases(told)
    assert "Stationsstraat" not in told.room_reads()


async def test_what_stands_in_the_room_before_is_taken_back_too(told: Scene) -> None:
    """The bot is still in what was the coordination room: an excerpt goes, and so does what was kept of an answer that
    an app has cut."""
    await told.ann.writes("!find Stationsstraat", told.room)
    await told.in_thread("!r " + "\n".join(["Kom om 10:00 naar de Kerkstraat."] * 120))
    await told.ann.writes(f"!pair {await told.world.pairing('coordination')}", told.world.group("new"))
    await erases(told)
    assert told.ann.reads(told.room) == [sentence("coordination-moved")]
    assert not await rows(told.world, "text")


async def test_a_reply_that_has_not_gone_out_never_does(scene: Scene) -> None:
    """Nobody wants an answer to what they have erased."""
    await scene.asks()
    scene.world.network.faults = [NotSent("the network is down")] * 9
    await scene.in_thread("!r Kom om 10:00")
    scene.world.network.faults.clear()
    await erases(scene)
    await scene.world.advance(timedelta(minutes=10))
    assert not any("10:00" in words for words in (*scene.member.reads(), *scene.ann.reads(scene.room)))


async def test_erasing_one_leaves_the_others(told: Scene) -> None:
    """A street worker erases what a client no longer wants kept; the seven others are worked on."""
    await told.member.writes(f"!ask {DOCTOR}")
    await told.member.presses(sentence("button-send", "pt"))
    await told.in_thread("!r De dokter komt vanavond", code="K2")
    await erases(told, "K1")
    assert told.member.reads()[-1] == ending(sentence("erased", "pt", codes=("K1",)))
    assert not any("Stationsstraat" in words for words in told.member.reads())
    assert "De dokter komt vanavond" in told.member_reads()
    assert DOCTOR in told.card("K2").plain
    await told.in_thread("!r Zij is onderweg", code="K2")
    assert "Zij is onderweg" in told.member_reads()
    await told.member.writes("!my")
    assert told.member.reads()[-1] == sentence("my-open", "pt", code="K2")


async def test_nobody_elses_requests_are_touched(told: Scene) -> None:
    """Not even by their code."""
    other = told.world.somebody("Rui", language="pt")
    await other.writes(DOCTOR)
    await other.presses(sentence("button-send", "pt"))
    await other.writes("!erase K1")
    assert other.reads()[-1] == sentence("erase-not-yours", "pt", code="K1")
    await erases(told)
    assert DOCTOR in told.card("K2").plain
    assert len(other.reads()) > 1


@pytest.mark.parametrize(
    "typed", ["!erase K9", "!erase everything", "!erase 9", "!erase K", "!erase ¹", "!erase <b>{code}"]
)
async def test_what_is_no_code_of_theirs_erases_nothing(told: Scene, typed: str) -> None:
    """Whatever is typed."""
    before = await rows(told.world, "request", "line", "text")
    await told.member.writes(typed)
    assert told.member.reads()[-1].startswith(sentence("erase-not-yours", "pt", code="X").partition("X")[0])
    assert await rows(told.world, "request", "line", "text") == before


@pytest.mark.parametrize("typed", ["!erase k1", "/erase #K1", "!erase 1"])
async def test_a_code_counts_however_it_is_typed(told: Scene, typed: str) -> None:
    """On a small keyboard."""
    await told.member.writes(typed)
    assert told.member.reads()[-1] == sentence("erase-sure", "pt", codes=("K1",))


# --- asked once ------------------------------------------------------------------------------------------------------


async def test_keep_keeps_it(told: Scene) -> None:
    """And a late Erase below the same question counts no more."""
    await told.member.writes("!erase")
    question = told.member.sees()[-1]
    await told.member.presses(sentence("button-keep", "pt"))
    assert told.member.reads()[-1] == sentence("erase-kept", "pt")
    await told.member.presses(sentence("button-erase", "pt", code="K1"), message=question)
    assert "Stationsstraat" in told.member_reads()
    assert "request" in await rows(told.world, "request")


async def test_what_was_asked_after_the_question_is_not_erased_with_it(told: Scene) -> None:
    """The phone is shared, and somebody else was quicker."""
    await told.member.writes("!erase")
    question = told.member.sees()[-1]
    await told.member.writes(f"!ask {DOCTOR}")
    await told.member.presses(sentence("button-send", "pt"))
    await told.member.presses(sentence("button-erase", "pt", code="K1"), message=question)
    assert DOCTOR in told.card("K2").plain
    assert sentence("erased", "pt", codes=("K1",)) in told.member.reads()[-1]


async def test_a_second_press_is_answered_kindly(told: Scene) -> None:
    """Nothing is erased twice, and nothing breaks."""
    await told.member.writes("!erase")
    question = told.member.sees()[-1]
    for _ in range(2):
        await told.member.presses(sentence("button-erase", "pt", code="K1"), message=question)
    assert told.world.network.toasts[-1][1] == sentence("choice-unknown", "pt")
    assert len([words for words in told.member.reads() if sentence("erased-all", "pt") in words]) == 1


async def test_words_that_were_not_sent_go_at_once(scene: Scene) -> None:
    """There is nothing to ask: nobody has seen them."""
    await scene.member.writes(DOCTOR)
    await scene.member.writes("!erase")
    assert scene.member.reads()[-1] == ending(sentence("erased-all", "pt"))
    assert not await rows(scene.world, *CONTENTS)
    assert scene.ann.reads(scene.room) == []


async def test_who_has_asked_nothing_is_forgotten_at_once(scene: Scene) -> None:
    """Also that they were ever there."""
    await scene.member.writes("/start", start="")
    await scene.member.writes("!erase")
    assert scene.member.reads() == [ending(sentence("erased-all", "pt"))]
    assert await private_chats(scene.world) == 0


async def test_who_erases_again_and_again_does_not_hold_up_everybody(
    told: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file is rebuilt, which everybody waits for, and then rests; but what was erased meanwhile goes."""
    monkeypatch.setattr(domain, "_A_MINUTE_S", 1)
    w = told.world

    async def waits() -> float | None:
        """Minutes until it is rebuilt."""
        when = await w.app.unit(lambda tx: tx.schedule.planned(domain.COMPACT))
        return None if when is None else round((when - w.clock.now()).total_seconds() / 60)

    await erases(told)
    assert await waits() == 1
    await w.advance(timedelta(minutes=2))
    assert await waits() is None
    for _ in range(2):
        await told.member.writes(DOCTOR)
        await told.member.writes("!erase")
        assert await waits() == 60
    await w.advance(timedelta(minutes=61))
    assert await waits() is None


async def test_who_is_told_late_leaves_nothing_behind_either(told: Scene) -> None:
    """The network was away when all else was wiped out: who they were goes after that, and is wiped out as well."""
    w = told.world

    async def planned() -> bool:
        return await w.app.unit(lambda tx: tx.schedule.planned(domain.COMPACT)) is not None

    def away(action: object) -> None:
        if isinstance(action, SendText) and sentence("erased-all", "pt") in action.text.plain:
            raise NotSent("the network is away", timedelta(minutes=5))

    w.network.before = away
    await erases(told)
    await w.advance(timedelta(minutes=2))
    assert not await planned()
    assert await private_chats(w) == 1
    w.network.before = None
    await w.advance(timedelta(minutes=5))
    assert await private_chats(w) == 0
    assert await planned()


async def test_who_comes_back_is_met_as_somebody_new(told: Scene) -> None:
    """And gets a code that nobody has had."""
    await erases(told)
    await told.member.writes(DOCTOR)
    assert sentence("first-held", "pt") in told.member.reads()[-1]
    await told.member.presses(sentence("button-send", "pt"))
    assert DOCTOR in told.card("K2").plain


async def test_a_number_is_never_given_again(told: Scene) -> None:
    """K1 on a helper's paper must not become somebody else."""
    await erases(told)
    for code in ("K2", "K3"):
        await told.asks(DOCTOR)
        assert DOCTOR in told.card(code).plain
        await erases(told, code)


# --- meanwhile -------------------------------------------------------------------------------------------------------


async def test_helpers_cannot_write_to_what_is_erased(told: Scene) -> None:
    """Nor to anybody else by its code."""
    await erases(told)
    before = told.member.reads()
    for typed in ("!r K1 Waar bent u?", "!claim K1", "!close K1 helped", "!reopen K1"):
        await told.ann.writes(typed, told.room)
        assert told.ann.reads(told.room)[-1] == sentence("no-such-request", code="K1")
    assert told.member.reads() == before


async def test_the_old_buttons_of_the_room_do_nothing_any_more(told: Scene) -> None:
    """Somebody has the card open still."""
    card = told.card()
    await erases(told)
    await told.bob.presses(sentence("button-claim"), told.room, card)
    assert not await rows(told.world, "request", "line")


# --- what cannot be removed ------------------------------------------------------------------------------------------


async def test_what_a_network_keeps_is_counted_and_said(told: Scene) -> None:
    """Matrix and Telegram let nobody's words be removed everywhere."""
    member = told.member
    own = [m for m in told.world.network.messages(member.private) if m.by == member.person.id]
    assert len(own) == 2
    helpers = [m for m in told.world.network.messages(told.room) if m.by is not None]
    told.world.network.keeps = lambda chat, message: message.by is not None
    await erases(told)
    assert told.member.reads()[-1] == ending(
        sentence("erased-all", "pt"),
        sentence("erased-not-here", "pt", n=len(own)),
        sentence("erased-not-rooms", "pt", n=len(helpers)),
    )
    assert not await rows(told.world, *CONTENTS[:5], "copy") or await rows(told.world, "copy") == {"copy": 1}


async def test_a_silent_network_is_waited_for_an_hour_and_no_longer(told: Scene) -> None:
    """The member hears the truth as it is then."""
    network = told.world.network
    await told.member.writes("!erase")
    question = told.member.sees()[-1]
    network.faults = [NotSent("the network is down")] * 1000
    await told.member.presses(sentence("button-erase", "pt", code="K1"), message=question)
    assert not await rows(told.world, "line", "request", "text")
    await told.world.advance(timedelta(minutes=59))
    assert network.faults
    network.faults = [NotSent("the network is down")] * 1000
    await told.world.advance(timedelta(minutes=2))
    network.faults.clear()
    await told.world.advance(timedelta(minutes=20))
    assert sentence("erased-not-here", "pt", n="X").partition("X")[0] in told.member.reads()[-1]
    assert not await rows(told.world, *CONTENTS[:5])


@pytest.fixture
async def forgetful(tmp_path: Path) -> AsyncIterator[Scene]:
    """On a network that lets messages be withdrawn within two days."""
    limits: Limits = replace(LIKE_TELEGRAM, withdraw_within=timedelta(hours=48))
    async with world(tmp_path, limits=limits) as w:

        def too_old(chat: str, message: Shown) -> bool:
            return w.clock.now() - timedelta(days=2) > old

        old = w.clock.now()
        w.network.keeps = too_old
        yield scene_of(w, await w.paired("room", "coordination"), Phrasebook())


async def test_what_is_too_old_to_be_withdrawn_loses_its_words(forgetful: Scene) -> None:
    """Our own messages can still be changed; theirs are theirs."""
    scene = forgetful
    await scene.asks()
    await scene.in_thread("!r Kom om 10:00 naar de Stationsstraat")
    await scene.world.advance(timedelta(days=3))
    scene.world.network.keeps = lambda chat, message: message.by is not None
    await erases(scene)
    ours = [m.plain for m in scene.world.network.messages(scene.room) if m.by is None]
    assert set(ours) == {sentence("card-erased", code="K1")}
    assert not any("10:00" in words for words in scene.member.reads())
    assert scene.member.reads()[-1] == ending(
        sentence("erased-all", "pt"), sentence("erased-not-here", "pt", n=1), sentence("erased-not-rooms", "pt", n=1)
    )


async def test_who_has_blocked_the_bot_meanwhile_is_forgotten_all_the_same(told: Scene) -> None:
    """Nobody has to be told for it to be done."""
    await told.member.writes("!erase")
    question = told.member.sees()[-1]
    told.world.network.faults = [NotSent("the network is down")] * 30
    await told.member.presses(sentence("button-erase", "pt", code="K1"), message=question)
    told.world.network.faults.clear()
    await told.member.blocks_the_bot()
    await told.world.advance(timedelta(hours=2))
    assert not await rows(told.world, *CONTENTS[:5])


# --- a crash half-way ------------------------------------------------------------------------------------------------


async def test_a_stop_half_way_goes_on_after_the_start(tmp_path: Path, limits: Limits) -> None:
    """It is all in the store."""
    async with world(tmp_path, limits=limits) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await scene.asks()
        await scene.in_thread("!r Kom om 10:00")
        await scene.member.writes("!erase")
        question = scene.member.sees()[-1]
        w.network.faults = [NotSent("the network is down")] * 100
        await scene.member.presses(sentence("button-erase", "pt", code="K1"), message=question)
        assert not await rows(w, "text", "line", "request")
        w.network.faults.clear()
    async with world(tmp_path, limits=limits, network=w.network, clock=w.clock) as again:
        scene.world = scene.member.world = scene.ann.world = again
        await again.advance(timedelta(minutes=5))
        assert scene.member.reads() == [ending(sentence("erased-all", "pt"))]
        assert [m.plain for m in again.network.messages(scene.room)] == [sentence("card-erased", code="K1")]
        assert await private_chats(again) == 0


async def test_a_private_chat_that_others_have_joined_is_told_nothing(told: Scene) -> None:
    """Whoever was let in does not read that there was a request."""
    await told.member.writes("!erase")
    question = told.member.sees()[-1]
    told.world.network.faults = [NotSent("the network is down")] * 30
    await told.member.presses(sentence("button-erase", "pt", code="K1"), message=question)
    told.world.network.faults.clear()
    told.world.network.kinds[told.member.private.id] = ChatKind.GROUP
    await told.bob.writes("Olá", told.member.private)
    await told.world.advance(timedelta(hours=2))
    assert sentence("erased-all", "pt") not in told.member_reads()
