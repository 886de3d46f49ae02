"""Reviewing: who may approve what, by button, reaction or command; a reply that is a better translation."""

from __future__ import annotations

import pytest

from bot.content import LanguageName
from bot.domain.notices import TranslationState
from bot.ports import NotSent
from tests.handlers.conftest import sentence
from tests.handlers.house import LATER, MEALS, SOUP, SOUP_PT, House

PORTUGUESE = LanguageName("pt")
BETTER = "Sopa quente, das 12:00 às 14:00, na Stationsstraat 5"
YES, NO = sentence("button-i-read"), sentence("button-i-do-not")


async def state(house: House, language: str = "pt", number: int = 1) -> TranslationState | None:
    notice = await house.notice(number)
    found = await house.world.app.unit(lambda tx: tx.texts.translation(notice.text, language))
    return None if found is None else found.state


# --- who reads what --------------------------------------------------------------------------------------------------


async def test_an_organisation_says_which_languages_it_reads(house: House) -> None:
    """By codes or by names; `languages` alone tells."""
    await house.says("!languages")
    assert house.last().split("\n")[0] == sentence("languages-none")
    await house.says("!languages pt, Turks العربية")
    names = tuple(LanguageName(code) for code in ("pt", "tr", "ar"))
    assert house.last() == sentence("languages-are", languages=names)
    await house.says("!languages")
    assert house.last().split("\n")[0] == sentence("languages-are", languages=names)


async def test_an_unknown_language_is_named_and_nothing_changes(house: House) -> None:
    await house.says("!languages pt")
    await house.says("!languages tr klingon qq")
    assert house.last() == sentence("languages-unknown", words=("klingon", "qq"), example="!languages pt tr")
    await house.says("!languages")
    assert "Portugees" in house.last()


# --- approving -------------------------------------------------------------------------------------------------------


async def test_only_a_language_that_is_read_can_be_approved(helped: House) -> None:
    """The preview has no such button before; the command explains."""
    await helped.says(f"!notice food {SOUP}")
    assert sentence("button-approve") not in helped.preview("Portugees").labels
    await helped.says("!ok N1 pt")
    assert helped.last() == sentence("review-not-read", language=PORTUGUESE, command="!languages pt")
    assert await state(helped) is TranslationState.MACHINE


async def test_the_button_below_a_preview_says_that_it_is_read(helped: House) -> None:
    """One tap, and the translation can be approved with the next."""
    await helped.says(f"!notice food {SOUP}")
    await helped.an.presses(sentence("button-we-read", language=PORTUGUESE), helped.room)
    await helped.an.presses(sentence("button-approve"), helped.room)
    assert await state(helped) is TranslationState.REVIEWED
    preview = helped.preview("Portugees")
    assert sentence("label-reviewed", organisation="Ons Huis") in preview.plain
    assert preview.labels == []


async def test_the_reaction_and_the_command_approve_as_well(helped: House) -> None:
    await helped.says("!languages pt ar")
    await helped.says(f"!notice food {SOUP}")
    await helped.an.reacts("❤️", helped.preview("Portugees").id, helped.room)
    assert await state(helped) is TranslationState.MACHINE
    await helped.an.reacts("✅", helped.preview("Portugees").id, helped.room)
    assert await state(helped) is TranslationState.REVIEWED
    await helped.says("!ok N1 ar")
    assert helped.last() == sentence("ok-done", language=LanguageName("ar"))
    assert await state(helped, "ar") is TranslationState.REVIEWED


async def test_ok_in_reply_to_a_preview_needs_no_more(helped: House) -> None:
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok", reply_to=helped.preview("Portugees").id)
    assert await state(helped) is TranslationState.REVIEWED


@pytest.mark.parametrize("typed", ["!ok N1 Portugees", "!ok n1 português.", "!ok N1 POR,"])
async def test_ok_takes_a_language_by_its_name_as_well(helped: House, typed: str) -> None:
    """As `languages` does."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says(typed)
    assert await state(helped) is TranslationState.REVIEWED


async def test_dari_can_be_read_and_approved_by_its_code(helped: House) -> None:
    """Though the model of languages knows Persian alone."""
    await helped.world.paired("prs", "group", "Ons Huis", "prs")
    await helped.reads(helped.an, "prs")
    await helped.says("!languages prs")
    assert helped.last() == sentence("languages-are", languages=(LanguageName("prs"),))
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 prs")
    assert helped.last() == sentence("ok-nothing", language=LanguageName("prs"))


@pytest.mark.parametrize("typed", ["!ok N1", "!ok N1 klingon", "!ok N1 so"])
async def test_ok_without_a_language_of_the_notice_is_explained(helped: House, typed: str) -> None:
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says(typed)
    assert helped.last() == sentence("ok-how", command="!ok N1 …")


async def test_what_nobody_has_translated_cannot_be_approved(house: House) -> None:
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says("!ok N1 pt")
    assert house.last() == sentence("ok-nothing", language=PORTUGUESE)


async def test_an_old_preview_cannot_be_approved(helped: House) -> None:
    """Whoever reads slowly does not approve a text that has gone."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    old = helped.preview("Portugees")
    await helped.says(f"!correct N1 {LATER}")
    await helped.an.reacts("✅", old.id, helped.room)
    assert helped.last() == sentence("preview-outdated")
    await helped.says(BETTER, reply_to=old.id)
    assert helped.last() == sentence("preview-outdated")
    assert await state(helped) is TranslationState.MACHINE


async def test_what_the_room_has_not_been_shown_yet_cannot_be_approved(helped: House) -> None:
    """Whoever types `ok` has read the preview before it: the network is too slow for the newer one."""
    await helped.says("!languages pt")
    await helped.says(f"!notice health {SOUP}")
    helped.world.network.broken[helped.room.id] = NotSent("too fast")
    await helped.says(f"!correct N1 {LATER}")
    await helped.says("!ok N1 pt")
    assert await state(helped) is TranslationState.MACHINE
    del helped.world.network.broken[helped.room.id]
    await helped.later(600)
    assert sentence("preview-outdated") in helped.answers()
    await helped.says("!ok N1 pt")
    assert await state(helped) is TranslationState.REVIEWED


async def test_a_second_press_only_says_what_was_chosen(helped: House) -> None:
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    preview = helped.preview("Portugees")
    await helped.an.presses(sentence("button-approve"), helped.room, preview)
    before = helped.answers()
    await helped.rui.presses(sentence("button-approve"), helped.room, preview)
    assert helped.answers() == before


# --- a better one ----------------------------------------------------------------------------------------------------


async def test_a_reply_to_a_preview_is_the_translation(house: House) -> None:
    """The preview shows it, with who wrote it."""
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says(BETTER, reply_to=house.preview("Portugees").id)
    assert house.last() == sentence("translation-taken", code="N1", language=PORTUGUESE)
    assert BETTER in house.preview("Portugees").plain
    assert sentence("label-human", organisation="Ons Huis") in house.preview("Portugees").plain
    assert await state(house) is TranslationState.HUMAN


async def test_a_reply_takes_the_place_of_the_computers_work(helped: House) -> None:
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says(BETTER, reply_to=helped.preview("Portugees").id)
    assert SOUP_PT not in helped.preview("Portugees").plain
    assert await state(helped) is TranslationState.HUMAN


async def test_the_check_looks_at_a_persons_words_too(house: House) -> None:
    """It warns, and the words are taken: the person knows better."""
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says("Sopa quente das 12:00 às 16:00 na Stationsstraat 5", reply_to=house.preview("Portugees").id)
    assert sentence("translation-doubts") in house.last()
    assert sentence("finding-time-changed") in house.last()
    assert sentence("finding-time-changed") in house.preview("Portugees").plain
    assert await state(house) is TranslationState.HUMAN


async def test_whoever_writes_in_a_language_not_said_before_is_asked_once(house: House) -> None:
    """The words are kept meanwhile: nobody types a translation twice."""
    await house.says(f"!notice food {SOUP}")
    await house.rui.writes(BETTER, house.room, reply_to=house.preview("Portugees").id)
    assert house.last().split("\n") == [
        sentence("translation-kept"),
        sentence("do-you-read", name="Rui", language=PORTUGUESE),
    ]
    assert await state(house) is None
    await house.rui.presses(YES, house.room)
    assert await state(house) is TranslationState.HUMAN
    assert BETTER in house.preview("Portugees").plain
    await house.rui.writes(BETTER + ".", house.room, reply_to=house.preview("Portugees").id)
    assert BETTER + "." in house.preview("Portugees").plain
    await house.says("!languages")
    assert "Portugees" in house.last()


async def test_a_reply_without_words_is_explained(house: House) -> None:
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says("👍", reply_to=house.preview("Portugees").id)
    assert house.last() == sentence("translation-words")


async def test_a_reply_that_is_edited_changes_the_translation(house: House) -> None:
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    reply = await house.says("Sopa qente", reply_to=house.preview("Portugees").id)
    await house.an.edits(reply, BETTER, house.room)
    assert BETTER in house.preview("Portugees").plain
    await house.an.edits(reply, BETTER + ".", house.room)
    assert BETTER + "." in house.preview("Portugees").plain


# --- what was approved is remembered ---------------------------------------------------------------------------------


async def test_approved_paragraphs_are_used_again(house: House) -> None:
    """For exactly the same words, even where no engine is; a person still reads it as a whole."""
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}\n\n{MEALS}")
    await house.says(f"{BETTER}\n\nAmanhã damos 40 refeições", reply_to=house.preview("Portugees").id)
    await house.says(f"!notice food {SOUP}")
    assert BETTER in house.preview("Portugees", code="N2").plain
    await house.says("!publish N2")
    assert house.rui.reads(house.pt) == []
    await house.says("!ok N2 pt")
    assert BETTER in house.rui.reads(house.pt)[0]
