"""The optional questions: at most four, each can be skipped, and the card follows every answer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.incoming import Deleted, Reacted
from bot.store.tables import text_table
from tests.handlers.conftest import Scene, sentence


async def press(scene: Scene, key: str) -> None:
    await scene.member.presses(sentence(key, "pt"))


async def words_kept(scene: Scene) -> str:
    query = select(text_table.c.body)
    bodies = await scene.world.app.unit(lambda tx: tx.connection.execute(query).scalars().all())
    return b"\n".join(bodies).decode()


async def test_four_taps_tell_what_is_needed(scene: Scene) -> None:
    """What, for whom, where and how to answer: all of it stands on the card at once."""
    await scene.asks()
    await press(scene, "need-food")
    assert sentence("card-what", what=sentence("need-food")) in scene.card().plain
    await press(scene, "for-me")
    await scene.member.writes("Molenbeek")
    await press(scene, "answer-chat")
    lines = scene.card().plain.split("\n")
    assert lines[:7] == [
        sentence("card-open", code="K1"),
        sentence("card-what", what=sentence("need-food")),
        sentence("card-for-me"),
        sentence("card-area", area="Molenbeek"),
        sentence("card-language", language="Portugees"),
        sentence("card-answer-chat"),
        sentence("card-since", since="10:00"),
    ]
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-thanks", "pt")


async def test_every_question_can_be_skipped(scene: Scene) -> None:
    """Then the card says nothing of it."""
    await scene.asks()
    before = scene.card().plain
    for key in ("button-skip", "button-skip", "wont-say", "button-skip"):
        await press(scene, key)
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-thanks", "pt")
    assert scene.card().plain == before


async def test_for_someone_else_we_ask_how_to_reach_them(scene: Scene) -> None:
    """A street worker writes for a client."""
    await scene.asks()
    await press(scene, "button-skip")
    await press(scene, "for-other")
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-reach", "pt")
    await scene.member.writes("0470 12 34 56, à noite")
    assert sentence("card-for-other") in scene.card().plain
    assert "0470 12 34 56" in scene.card().plain
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-area", "pt")


async def test_how_to_reach_them_can_be_skipped_too(scene: Scene) -> None:
    """The next question follows."""
    await scene.asks()
    await press(scene, "button-skip")
    await press(scene, "for-other")
    await press(scene, "button-skip")
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-area", "pt")


async def test_who_goes_on_telling_is_heard(scene: Scene) -> None:
    """A long text is no area: it goes to the thread."""
    await scene.asks()
    await press(scene, "need-food")
    await press(scene, "for-me")
    await scene.member.writes("Ainda há outra coisa: ontem cortaram-nos a luz e não temos aquecimento em casa")
    assert "aquecimento" in "\n".join(scene.thread())
    assert sentence("card-area", area="")[:6] not in scene.card().plain


async def test_words_instead_of_a_tap_go_to_the_thread(scene: Scene) -> None:
    """Nobody has to answer a question to be heard."""
    await scene.asks()
    await scene.member.writes("Somos quatro pessoas nesta casa")
    assert "quatro pessoas" in "\n".join(scene.thread())


async def test_a_second_answer_to_one_question_changes_nothing(scene: Scene) -> None:
    """The presser is told what was chosen."""
    await scene.asks()
    question = scene.member.sees()[-1]
    await scene.member.presses(sentence("need-food", "pt"), message=question)
    await scene.member.presses(sentence("need-money", "pt"), message=question)
    assert sentence("need-food") in scene.card().plain
    toast = scene.world.network.toasts[-1][1].replace("\u2068", "").replace("\u2069", "")
    assert toast == sentence("choice-made", "pt", choice=sentence("need-food", "pt"))


async def test_an_earlier_question_can_be_answered_late(scene: Scene) -> None:
    """It counts, and the conversation goes on where it was."""
    await scene.asks()
    await scene.member.writes("Somos quatro pessoas nesta casa")
    question = next(m for m in scene.member.sees() if sentence("need-food", "pt") in m.labels)
    await scene.member.presses(sentence("need-food", "pt"), message=question)
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-who", "pt")


@pytest.mark.parametrize("typed", ["1", "1.", "١", "1\ufe0f\u20e3"])
async def test_numbers_choose(scene: Scene, typed: str) -> None:
    """In whatever digits, where they stand beside the choices; elsewhere they are words, how many somebody is say."""
    await scene.asks()
    await scene.member.writes(typed)
    numbered = not scene.world.app.parts.adapters["paper"].limits.buttons
    assert (sentence("need-food") in scene.card().plain) is numbered
    assert any(said.endswith(f"\n{typed}") for said in scene.thread()) is not numbered


@pytest.mark.parametrize("typed", ["Comida", "comida", "«Comida».", "Food", "طعام"])
async def test_the_words_of_a_button_choose(scene: Scene, typed: str) -> None:
    """In whatever language: many write what they read, and some networks show no buttons at all."""
    await scene.asks()
    await scene.member.writes(typed)
    assert sentence("card-what", what=sentence("need-food")) in scene.card().plain


async def test_a_number_that_answers_a_person_chooses_nothing(scene: Scene) -> None:
    """How many children? — 3. The open question above is not what that was about."""
    await scene.asks()
    await scene.in_thread("!r Hoeveel kinderen hebt u bij u in huis?")
    await scene.member.writes("3")
    assert sentence("need-health") not in scene.card().plain
    assert scene.thread()[-1].split("\n")[1] == "3"


async def test_words_after_something_else_was_said_are_for_the_helpers(scene: Scene) -> None:
    """Somebody looks after it — Come quickly! On the card, as an area, nobody would hear of it."""
    await scene.asks()
    for key in ("need-food", "for-me"):
        await press(scene, key)
    await scene.in_thread("!claim")
    await scene.member.writes("Venham depressa")
    assert sentence("card-area", area="Venham depressa") not in scene.card().plain
    assert "Venham depressa" in scene.thread()[-1]


async def test_a_digit_as_reaction_chooses(scene: Scene) -> None:
    """Where a network has reactions instead of buttons."""
    await scene.asks()
    question = scene.member.sees()[-1]
    await scene.member.reacts("1\ufe0f\u20e3", question.id, scene.member.private)
    assert sentence("need-food") in scene.card().plain
    await scene.member.reacts("👍", question.id, scene.member.private)
    assert Reacted.__name__ not in scene.member_reads()


async def test_the_questions_end_with_the_request(scene: Scene) -> None:
    """Closed in the meantime: a late tap is noted, and nothing breaks."""
    await scene.asks()
    await scene.in_thread("!close helped")
    await press(scene, "need-food")
    assert sentence("need-food") in scene.card().plain


async def test_an_area_cannot_break_the_card(scene: Scene) -> None:
    """Whatever is typed stands on its line."""
    await scene.asks()
    await press(scene, "need-food")
    await press(scene, "for-me")
    await scene.member.writes("{code} <b>Gent</b> \u202eabc")
    assert "{code} <b>Gent</b> abc" in scene.card().plain


@pytest.mark.parametrize("need", ["need-food", "need-violence"])
async def test_an_answer_that_is_changed_is_read_anew_where_it_stands(scene: Scene, need: str) -> None:
    """Nobody goes to the wrong town: on the card, or below it where it is nobody else's business."""
    await scene.asks()
    for key in (need, "for-me"):
        await press(scene, key)
    message = await scene.member.writes("Gent")
    await scene.member.edits(message, "Genk")
    assert sentence("card-area", area="Genk") in scene.room_reads()
    assert "Gent" not in scene.room_reads()
    await scene.ann.writes("!list genk", scene.room)
    assert scene.ann.reads(scene.room)[-1].startswith("K1")
    story = "Agora estamos em casa de uma amiga em Liège, mas só até amanhã de manhã"
    await scene.member.edits(message, story)
    assert story in scene.thread()[-1]
    assert sentence("card-area", area="Genk") not in scene.room_reads()
    assert "Genk" not in await words_kept(scene)


@pytest.mark.parametrize("need", ["need-food", "need-violence"])
async def test_an_answer_that_is_taken_back_stands_nowhere(scene: Scene, need: str) -> None:
    """Where they are, and how to reach whom it is for: neither on the card nor below it. The question was answered."""
    await scene.asks()
    for key in (need, "for-other"):
        await press(scene, key)
    reach = await scene.member.writes("por Fatou, 3.º andar")
    area = await scene.member.writes("Gent")
    assert "Fatou" in scene.room_reads()
    assert "Gent" in scene.room_reads()
    for message in (reach, area):
        scene.world.network.happens(Deleted(scene.member.private, message, scene.world.clock.now()))
        await scene.world.settled()
        assert sentence("thread-taken-back", code="K1") in scene.thread()[-1]
    assert "Fatou" not in scene.room_reads()
    assert "Gent" not in scene.room_reads()
    assert "Gent" not in await words_kept(scene)
    assert "Fatou" not in await words_kept(scene)
    await scene.member.presses(sentence("answer-chat", "pt"))
    assert sentence("card-answer-chat") in scene.card().plain
