"""Do you read it? Asked of whoever approves a language for the first time; only their own answer counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.content import LanguageName
from bot.domain.notices import TranslationState
from bot.model import Person
from tests.handlers.conftest import sentence
from tests.handlers.house import SOUP, SOUP_AR, SOUP_PT, House
from tests.handlers.notices.test_reviewing import BETTER, NO, YES, state

ARABIC, PORTUGUESE = LanguageName("ar"), LanguageName("pt")
QUESTION = sentence("do-you-read", name="Rui", language=ARABIC)


@pytest.fixture
async def drafted(helped: House) -> House:
    """The organisation checks Arabic and Portuguese; Rui is in its room and has not said what he reads."""
    await helped.says("!languages pt ar")
    await helped.says(f"!notice food {SOUP}")
    return helped


async def approves(house: House, way: str) -> None:
    match way:
        case "button":
            await house.rui.presses(sentence("button-approve"), house.room, house.preview("Arabisch"))
        case "reaction":
            await house.rui.reacts("✅", house.preview("Arabisch").id, house.room)
        case "command":
            await house.rui.writes("!ok N1 ar", house.room)


@pytest.mark.parametrize("way", ["button", "reaction", "command"])
async def test_before_an_approval_counts_its_reader_is_asked(drafted: House, way: str) -> None:
    """However they approve; yes is remembered, and the approval counts with it."""
    await approves(drafted, way)
    assert drafted.last() == QUESTION
    assert await state(drafted, "ar") is TranslationState.MACHINE
    await drafted.rui.presses(YES, drafted.room)
    assert await state(drafted, "ar") is TranslationState.REVIEWED
    assert sentence("reads-yes", name="Rui", language=ARABIC) in drafted.answers()
    assert not any(NO in shown.labels for shown in drafted.an.sees(drafted.room))


async def test_the_second_time_nobody_asks(drafted: House) -> None:
    await approves(drafted, "button")
    await drafted.rui.presses(YES, drafted.room)
    await drafted.says(f"!notice food {SOUP}")
    await drafted.rui.presses(sentence("button-approve"), drafted.room, drafted.preview("Arabisch", code="N2"))
    assert await state(drafted, "ar", 2) is TranslationState.REVIEWED


async def test_another_language_is_another_question(drafted: House) -> None:
    await approves(drafted, "button")
    await drafted.rui.presses(YES, drafted.room)
    await drafted.rui.presses(sentence("button-approve"), drafted.room, drafted.preview("Portugees"))
    assert drafted.last() == sentence("do-you-read", name="Rui", language=PORTUGUESE)
    assert await state(drafted, "pt") is TranslationState.MACHINE


async def test_another_organisation_asks_for_itself(drafted: House) -> None:
    """What somebody said in one room binds nobody in another."""
    await drafted.reads(drafted.rui, "ar")
    room, _ = await drafted.other("Casa", "ar")
    await drafted.an.writes("!languages ar", room)
    await drafted.says("!publish N1")
    await drafted.an.writes("!pass N1", room)
    await drafted.rui.writes("!ok N1 ar", room)
    assert drafted.last(room) == QUESTION


async def test_whoever_does_not_read_it_approves_nothing(drafted: House) -> None:
    """And hears who could."""
    await approves(drafted, "button")
    await drafted.rui.presses(NO, drafted.room)
    assert await state(drafted, "ar") is TranslationState.MACHINE
    assert drafted.last().split("\n") == [sentence("reads-nothing-done"), sentence("readers-are", names=("An",))]
    assert sentence("reads-no", name="Rui", language=ARABIC) in drafted.answers()


async def test_where_nobody_reads_it_that_is_said(drafted: House) -> None:
    await drafted.says("!languages pt ar tr")
    await drafted.world.paired("tr", "group", "Ons Huis", "tr")
    await drafted.says("!notice food lang:nl Soep")
    await drafted.an.writes("Çorba", drafted.room, reply_to=drafted.preview("Turks", code="N2").id)
    await drafted.an.presses(NO, drafted.room)
    assert drafted.last().split("\n") == [sentence("reads-nothing-done"), sentence("readers-none")]
    assert await state(drafted, "tr", 2) in (None, TranslationState.FAILED)


async def test_who_said_no_may_think_again(drafted: House) -> None:
    """The button below the preview is still there, for them and for others."""
    await approves(drafted, "button")
    await drafted.rui.presses(NO, drafted.room)
    await approves(drafted, "button")
    assert drafted.last() == QUESTION
    await drafted.an.presses(sentence("button-approve"), drafted.room, drafted.preview("Arabisch"))
    assert await state(drafted, "ar") is TranslationState.REVIEWED


async def test_nobody_answers_for_another(drafted: House) -> None:
    """Whoever presses somebody else's button is told so, and nothing happens."""
    await approves(drafted, "button")
    await drafted.an.presses(YES, drafted.room)
    _, toast = drafted.world.network.toasts[-1]
    assert toast == sentence("reads-not-you", name="Rui")
    assert await state(drafted, "ar") is TranslationState.MACHINE
    assert drafted.last() == QUESTION


@pytest.mark.parametrize("way", ["approval", "translation"])
async def test_who_writes_in_the_name_of_the_room_answers_in_their_own(drafted: House, way: str) -> None:
    """On Telegram administrators can be anonymous in what they write, and never in what they press. It holds for them,
    and for nobody else who writes in that name."""
    anonymous = replace(drafted.rui, person=Person("paper", drafted.room.id, "Ons Huis"))
    question = sentence("do-you-read", name="Ons Huis", language=ARABIC)
    if way == "approval":
        await anonymous.writes("!ok N1 ar", drafted.room)
    else:
        await anonymous.writes(SOUP_AR, drafted.room, reply_to=drafted.preview("Arabisch").id)
    assert drafted.last().endswith(question)
    await drafted.rui.presses(YES, drafted.room)
    done = TranslationState.REVIEWED if way == "approval" else TranslationState.HUMAN
    assert await state(drafted, "ar") is done
    assert sentence("reads-yes", name="Rui", language=ARABIC) in drafted.answers()
    await drafted.says(f"!notice food {SOUP}!")
    await anonymous.writes(f"{SOUP_AR}!", drafted.room, reply_to=drafted.preview("Arabisch", code="N2").id)
    assert drafted.last().endswith(question)


async def test_one_person_does_not_register_and_approve_in_one_breath(helped: House) -> None:
    """Saying that the organisation reads a language is not saying that one reads it oneself."""
    await helped.says(f"!notice food {SOUP}")
    await helped.rui.presses(sentence("button-we-read", language=ARABIC), helped.room)
    await approves(helped, "button")
    assert helped.last() == QUESTION
    assert await state(helped, "ar") is TranslationState.MACHINE


async def test_an_answer_after_a_correction_approves_nothing(drafted: House) -> None:
    """The text that they read is no longer the text."""
    await approves(drafted, "button")
    question = drafted.an.sees(drafted.room)[-1]
    await drafted.says("!correct N1 Er is vandaag geen soep in de Stationsstraat 5")
    await drafted.rui.presses(YES, drafted.room, question)
    assert await state(drafted, "ar") is not TranslationState.REVIEWED


async def test_a_translation_of_somebody_who_does_not_read_it_is_not_taken(drafted: House) -> None:
    await drafted.rui.writes(BETTER, drafted.room, reply_to=drafted.preview("Portugees").id)
    await drafted.rui.presses(NO, drafted.room)
    assert await state(drafted, "pt") is TranslationState.MACHINE
    assert BETTER not in drafted.preview("Portugees").plain


# --- what a better translation changed -------------------------------------------------------------------------------


async def test_the_room_sees_what_a_better_translation_changed(drafted: House) -> None:
    """What was taken out is struck through, what is new is bold."""
    await drafted.says(SOUP_PT.replace("14:00", "15:00"), reply_to=drafted.preview("Portugees").id)
    taken = next(shown for shown in drafted.an.sees(drafted.room) if sentence("what-changed") in shown.plain)
    styled = {(span.kind.value, taken.text.plain[span.start : span.end]) for span in taken.text.spans}
    assert {("strike", "14:00"), ("bold", "15:00")} <= styled
    assert SOUP_AR not in taken.plain


async def test_a_first_translation_has_nothing_to_be_compared_with(house: House) -> None:
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says(SOUP_PT, reply_to=house.preview("Portugees").id)
    assert sentence("what-changed") not in "\n".join(house.answers())
