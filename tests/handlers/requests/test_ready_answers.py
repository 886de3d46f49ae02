"""Ready answers: help in every language without any engine."""

from __future__ import annotations

from importlib.resources import files

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import SOURCE, Catalogue, available, placeholders
from bot.content import Arg, LanguageName, Sentence, say
from bot.domain import ready
from bot.domain.ready import EXAMPLES, READY
from tests.handlers.conftest import Scene, sentence

PLACE = "Stationsstraat 5"


def number(name: str) -> int:
    return next(place for place, one in enumerate(READY, 1) if one.name == name)


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_every_ready_answer_is_a_sentence_with_its_gaps() -> None:
    """Nobody finds out in front of a member that a gap has another name."""
    with (files("translations") / "catalogue" / f"{SOURCE}.po").open("rb") as file:
        english = {message.id: str(message.string) for message in read_po(file) if isinstance(message.id, str)}
    for answer in READY:
        assert set(placeholders(english[answer.key])) - {"number"} == set(answer.gaps), answer.name
        assert all(f"gap-{gap}" in english and gap in EXAMPLES for gap in answer.gaps)
    assert len(READY) >= 16


@pytest.mark.parametrize("language", available())
def test_every_ready_answer_can_be_said_in_every_language(language: str) -> None:
    """With what was typed in it as it was typed."""
    catalogue = Catalogue(())
    for answer in READY:
        values: dict[str, Arg] = {**{gap: EXAMPLES[gap] for gap in answer.gaps}, "number": "112"}
        said = catalogue.render(Sentence(answer.key, values), language).plain
        assert all(EXAMPLES[gap] in said for gap in answer.gaps)


def test_what_needs_no_words_comes_first() -> None:
    """The numbers of the buttons are those of the list."""
    gaps = [bool(answer.gaps) for answer in READY]
    assert gaps == sorted(gaps)


@given(st.text())
def test_whatever_is_typed_is_a_number_with_words_or_nothing(words: str) -> None:
    """And it never breaks."""
    typed = ready.parse(words)
    if typed is not None and typed.answer is not None:
        filled = ready.fill(typed.answer, typed.values)
        assert filled is None or tuple(filled) == typed.answer.gaps


@given(st.sampled_from(READY))
def test_the_example_can_be_typed(answer: ready.ReadyAnswer) -> None:
    """Whoever copies it has an answer that goes out."""
    typed = ready.parse(ready.usage(answer))
    assert typed is not None
    assert typed.answer == answer
    assert ready.fill(answer, typed.values) == {gap: EXAMPLES[gap] for gap in answer.gaps}


@pytest.mark.parametrize("typed", ["٣ a | b", "3. a | b", "3) a|b", "#3 a ｜ b", "3 a\nb"])
def test_a_number_is_read_however_it_is_typed(typed: str) -> None:
    """In whatever digits, with whatever between the gaps."""
    assert ready.parse(typed) == ready.Typed(3, ("a", "b"))


# --- in the room -----------------------------------------------------------------------------------------------------


async def test_the_list_stands_in_the_thread_in_the_rooms_language(scene: Scene) -> None:
    """By command and by button alike."""
    await scene.asks()
    await scene.in_thread("!ready")
    listed = scene.thread()[-1]
    assert listed.startswith(sentence("ready-list", code="K1", command="!ready 1"))
    assert f"{number('where')}. {sentence('ready-where')}" in listed
    gaps = {"place": say("gap-place"), "time": say("gap-time")}
    assert f"{number('come')}. {sentence('ready-come', **gaps)}" in listed
    await scene.bob.presses(sentence("button-ready"), scene.room)
    assert scene.thread()[-1] == listed
    assert len([said for said in scene.thread() if said == listed]) == 2


async def test_one_tap_reaches_the_member_in_their_language_without_an_engine(scene: Scene) -> None:
    """The original stands under it for whoever helps on the spot; the echo shows both, and can take it back."""
    await scene.asks()
    await scene.ann.presses(sentence("button-ready"), scene.room)
    await scene.ann.presses(str(number("urgent")), scene.room)
    both = [sentence("ready-urgent", "pt"), sentence("ready-urgent")]
    assert scene.member.reads()[-1].split("\n") == [sentence("answer-head", "pt", code="K1"), *both]
    assert scene.thread()[-1].split("\n") == [
        sentence("echo-from", code="K1", name="Ann", language=LanguageName("pt")),
        *both,
        sentence("echo-delivered", at="10:00"),
    ]
    assert sentence("button-undo") in scene.ann.sees(scene.room)[-1].labels
    assert sentence("card-answered") in scene.card().plain


async def test_a_second_tap_on_the_same_list_sends_nothing(scene: Scene) -> None:
    """Two helpers, or one trembling finger."""
    await scene.asks()
    await scene.ann.presses(sentence("button-ready"), scene.room)
    await scene.ann.presses(str(number("read")), scene.room)
    before = scene.member.reads()
    await scene.bob.presses(str(number("where")), scene.room)
    assert scene.member.reads() == before
    assert scene.world.network.toasts[-1][1] == sentence("choice-made", choice=str(number("read")))


async def test_whoever_chooses_again_is_answered_where_they_chose(scene: Scene) -> None:
    """Where numbers are typed or reactions, a word in the middle of the room is about nothing."""
    await scene.asks()
    await scene.in_thread("!ready")
    offered = scene.ann.sees(scene.room)[-1]
    await scene.ann.reacts("1\ufe0f\u20e3", offered.id, scene.room)
    await scene.bob.reacts("2\ufe0f\u20e3", offered.id, scene.room)
    told = scene.ann.sees(scene.room)[-1]
    assert told.plain == sentence("choice-made", choice="1")
    assert told.reply_to == offered.id


@pytest.mark.parametrize("where", ["thread", "code"])
async def test_gaps_are_filled_with_the_words_as_typed(scene: Scene, where: str) -> None:
    """Below the card, or with the code from anywhere in the room."""
    await scene.asks()
    rest = f"{number('come')} {PLACE} | 14:00"
    if where == "thread":
        await scene.in_thread(f"!ready {rest}")
    else:
        await scene.ann.writes(f"!ready k1 {rest}", scene.room)
    assert sentence("ready-come", "pt", place=PLACE, time="14:00") in scene.member.reads()[-1]
    assert sentence("ready-come", place=PLACE, time="14:00") in scene.thread()[-1]


@pytest.mark.parametrize("rest", ["", PLACE, f"{PLACE} | ", f"{PLACE} | 14:00 | x", f"{PLACE} | {'x' * 300}"])
async def test_gaps_that_do_not_fit_are_explained(scene: Scene, rest: str) -> None:
    """Nothing is sent."""
    await scene.asks()
    before = scene.member.reads()
    await scene.in_thread(f"!ready {number('come')} {rest}")
    shown = sentence("ready-come", place=say("gap-place"), time=say("gap-time"))
    example = f"!ready {number('come')} {PLACE} | 14:00"
    assert scene.ann.reads(scene.room)[-1] == sentence("ready-gaps", text=shown, example=example)
    assert scene.member.reads() == before


@pytest.mark.parametrize("typed", ["99", "0", "abc", "-1", "1.5"])
async def test_an_unknown_number_is_explained(scene: Scene, typed: str) -> None:
    """Nothing is guessed."""
    await scene.asks()
    before = scene.member.reads()
    await scene.in_thread(f"!ready {typed}")
    assert scene.ann.reads(scene.room)[-1] == sentence("ready-unknown", command="!ready")
    assert scene.member.reads() == before


async def test_the_emergency_number_is_the_operators(scene: Scene) -> None:
    """Nobody has to type it."""
    await scene.asks()
    await scene.in_thread(f"!ready {number('danger')}")
    assert sentence("ready-danger", "pt", number="112") in scene.member.reads()[-1]


async def test_an_engine_is_not_asked_for_what_a_person_has_translated(translated: Scene) -> None:
    """And nothing says that a computer did it."""
    await translated.asks()
    asked = list(translated.engine.asked)
    await translated.in_thread(f"!ready {number('letter')}")
    assert translated.engine.asked == asked
    assert sentence("label-machine", "pt") not in translated.member.reads()[-1]
    assert sentence("ready-letter", "pt") in translated.member.reads()[-1]


async def test_a_member_who_reads_the_rooms_language_reads_it_once(scene: Scene) -> None:
    """There is nothing to translate."""
    other = scene.world.somebody("Jan", language="nl")
    await other.writes("Ik heb vanavond geen plaats om te slapen, kunt u helpen?")
    await other.presses(sentence("button-send"))
    await scene.in_thread(f"!ready {number('full')}")
    assert other.reads()[-1].split("\n")[1:] == [sentence("ready-full")]


async def test_in_arabic_foreign_words_are_set_apart(scene: Scene) -> None:
    """A street in Latin letters does not turn the sentence round."""
    other = scene.world.somebody("Nour", language="ar")
    await other.writes("نحتاج إلى مكان للنوم هذه الليلة من فضلكم")
    await other.presses(sentence("button-send", "ar"))
    await scene.in_thread(f"!ready {number('bed')} {PLACE} | 20:00")
    said = scene.world.network.messages(other.private)[-1].text.plain
    assert f"\u2068{PLACE}\u2069" in said


async def test_ready_without_a_request_asks_which(scene: Scene) -> None:
    """A button of a closed one says that it is closed."""
    await scene.asks()
    await scene.ann.writes("!ready 1", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("which-code")
    await scene.ann.presses(sentence("button-ready"), scene.room)
    await scene.in_thread("!close helped")
    before = scene.member.reads()
    await scene.ann.presses("1", scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("reply-is-closed", code="K1")
    await scene.in_thread("!ready 1")
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-is-closed", code="K1")
    assert scene.member.reads() == before


async def test_ready_below_one_card_with_the_code_of_another_is_refused(scene: Scene) -> None:
    """As with any reply."""
    await scene.asks()
    other = scene.world.somebody("Rui", language="pt")
    await scene.asks("Preciso de um médico para a minha mãe", other)
    before = other.reads()
    await scene.in_thread("!ready K2 1")
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-two-requests", code="K2", thread="K1")
    assert other.reads() == before


async def test_the_members_taps_stand_on_the_card_in_the_rooms_language(scene: Scene) -> None:
    """They tapped in Arabic, the room reads Dutch, and no engine is there."""
    other = scene.world.somebody("Nour", language="ar")
    await other.writes("نحتاج إلى مكان للنوم هذه الليلة من فضلكم")
    await other.presses(sentence("button-send", "ar"))
    for key in ("need-shelter", "for-other", "button-skip", "wont-say", "answer-chat"):
        await other.presses(sentence(key, "ar"))
    for key in ("card-for-other", "card-answer-chat"):
        assert sentence(key) in scene.card().plain
    assert sentence("card-what", what=sentence("need-shelter")) in scene.card().plain


async def test_help_names_what_there_is(scene: Scene) -> None:
    """Ready answers, and taking one back."""
    await scene.ann.writes("!help", scene.room)
    said = scene.ann.reads(scene.room)[-1]
    assert "\nready: " in said
    assert "\nundo: " in said
