"""What is written about violence, papers or sorrow stands in the thread alone; and what may be asked is configured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper.adapter import LIKE_MATRIX
from tests.world import POLICY, world

PLEA = "O meu marido bate-me todas as noites"
NUMBER = "0470 12 34 56"


async def press(scene: Scene, key: str) -> None:
    await scene.member.presses(sentence(key, "pt"))


def outside_the_thread(scene: Scene) -> str:
    """All that the room shows, but for what stands below the card."""
    card = scene.card()
    return "\n".join(m.plain for m in scene.ann.sees(scene.room) if card.id not in (m.thread, m.reply_to))


async def test_the_words_move_from_the_card_to_the_thread(scene: Scene) -> None:
    """At Send nobody knows what it is about; from the tap on the card says only that there are words."""
    await scene.asks(PLEA)
    assert PLEA in scene.card().plain
    await press(scene, "need-violence")
    assert PLEA not in scene.card().plain
    assert sentence("card-words-below") in scene.card().plain
    assert sum(PLEA in said for said in scene.thread()) == 1


async def test_other_needs_keep_their_words_on_the_card(scene: Scene) -> None:
    """Whoever reads it knows at once what is needed."""
    await scene.asks(PLEA)
    await press(scene, "need-food")
    assert PLEA in scene.card().plain
    assert scene.thread() == []


async def test_where_somebody_lives_and_how_to_reach_them_stand_below_too(scene: Scene) -> None:
    """They are words like any others, and each is shown once."""
    await scene.asks(PLEA)
    await press(scene, "need-violence")
    await press(scene, "for-other")
    await scene.member.writes(NUMBER)
    await scene.member.writes("Molenbeek")
    await scene.in_thread("!claim")
    for words in (PLEA, NUMBER, "Molenbeek"):
        assert words not in outside_the_thread(scene)
        assert sum(words in said for said in scene.thread()) == 1


async def test_lists_and_what_is_found_show_no_words(scene: Scene) -> None:
    """That there is something, and where, but not what."""
    await scene.asks(PLEA)
    await press(scene, "need-violence")
    await press(scene, "button-skip")
    await scene.member.writes("Molenbeek")
    await scene.ann.writes("!list molenbeek", scene.room)
    assert "K1" in scene.ann.reads(scene.room)[-1]
    await scene.ann.writes("!find marido", scene.room)
    assert "K1" in scene.ann.reads(scene.room)[-1]
    for words in ("marido", "Molenbeek"):
        assert words not in outside_the_thread(scene)


async def test_a_new_room_gets_the_words_below_the_card_too(scene: Scene) -> None:
    """Moving to another room shows no more than before."""
    await scene.asks(PLEA)
    await press(scene, "need-papers")
    new = scene.world.group("new")
    code = await scene.world.pairing("coordination")
    await scene.world.adds_bot(scene.ann, new)
    await scene.ann.writes(f"!pair {code}", new)
    scene.room = new
    assert PLEA not in outside_the_thread(scene)
    assert sum(PLEA in said for said in scene.thread()) == 1


async def test_who_is_hurt_is_told_whom_to_call_and_how_to_hide_it(scene: Scene) -> None:
    """Somebody may be looking at the phone."""
    await scene.asks(PLEA)
    await press(scene, "need-violence")
    assert scene.member.reads()[-2].split("\n") == [
        "K1",
        sentence("first-danger", "pt", number="112"),
        sentence("safe-phone", "pt"),
    ]
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-who", "pt")


async def test_where_a_deleted_chat_does_not_come_back_nobody_is_told_that_it_does(tmp_path: Path) -> None:
    """On Matrix whoever deletes it has left the room, and no answer reaches them there."""
    async with world(tmp_path, limits=replace(LIKE_MATRIX, opens_private=True)) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await scene.asks(PLEA)
        await press(scene, "need-violence")
        assert scene.member.reads()[-2].split("\n")[-1] == sentence("safe-phone-room", "pt")


async def test_the_operator_chooses_what_can_be_asked_and_how_it_ends(tmp_path: Path) -> None:
    """In the order of the configuration; what was not chosen is not offered, nor sensitive."""
    policy = replace(POLICY, categories=("papers", "food"), sensitive=("food",), outcomes=("helped", "other"))
    async with world(tmp_path, policy) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await scene.asks(PLEA)
        offered = scene.member.sees()[-1].labels
        assert offered == [sentence(key, "pt") for key in ("need-papers", "need-food", "button-skip")]
        await press(scene, "need-food")
        assert PLEA not in scene.card().plain
        await scene.in_thread("!close referred")
        assert scene.ann.sees(scene.room)[-1].labels == [sentence("outcome-helped"), sentence("outcome-other")]
