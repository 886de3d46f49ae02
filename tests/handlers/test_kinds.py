"""A place, a contact, a poll in the private chat: helpers can use it, and a number meant to be secret stays secret."""

from __future__ import annotations

import pytest

from bot.files import kinds
from bot.files.kinds import Place
from bot.model import Text
from tests.handlers.conftest import Scene, sentence
from tests.handlers.requests.test_calling import asked_for_number, leaked

PLACE = kinds.place(Place(50.8467, 4.3525, "Café Belga, Place Flagey 18")).plain
SOMEBODY = kinds.contact("Rui Sá", "+32 470 99 88 77").plain
OWN = kinds.contact("", "+32 470 12 34 56").plain


async def test_a_place_and_a_contact_are_passed_on_as_they_are(translated: Scene) -> None:
    """There is nothing to translate, and nothing is said about that."""
    await translated.asks()
    asked = list(translated.engine.asked)
    for words in (PLACE, SOMEBODY, "+32 2 511 22 33"):
        await translated.member.writes(words)
        said = translated.thread()[-1]
        assert words in said
        assert sentence("label-machine") not in said
        assert "Portugees" not in said
    assert translated.engine.asked == asked


async def test_a_place_can_be_the_first_words(scene: Scene) -> None:
    """It says nothing of the language somebody speaks: the app does."""
    await scene.member.writes(PLACE)
    assert scene.member.reads()[-1].startswith(sentence("first-speak", "pt"))
    await scene.member.presses(sentence("button-send", "pt"))
    assert "50.84670, 4.35250" in scene.card().plain


async def test_a_poll_is_translated_like_words(translated: Scene) -> None:
    """Its question and its answers are somebody's words."""
    await translated.asks()
    before = len(translated.engine.asked)
    answers = [kinds.Answer(Text("Amanhã de manhã às dez")), kinds.Answer(Text("Depois de amanhã à tarde"))]
    await translated.member.writes(kinds.poll(Text("Quando podem vir buscar a comida?"), answers).plain)
    assert len(translated.engine.asked) > before


@pytest.mark.parametrize("words", [PLACE, SOMEBODY])
async def test_a_helpers_place_or_contact_below_a_card_can_be_sent(scene: Scene, words: str) -> None:
    """Apps send it alone, without /r: it is a note, and says so, until somebody sends it."""
    await scene.asks()
    await scene.in_thread(words)
    assert scene.ann.reads(scene.room)[-1] == sentence("note-only", code="K1")
    assert words not in scene.member_reads()
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert words in scene.member_reads()


async def test_ones_own_contact_is_the_number_that_was_asked_for(scene: Scene) -> None:
    """Kept apart like one that was typed."""
    await asked_for_number(scene)
    await scene.member.writes(OWN)
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-phone-kept", "pt")
    assert not leaked(scene)
    await scene.in_thread("!claim")
    await scene.ann.writes("/start", start="c-K1")
    assert any(OWN in said for said in scene.ann.reads())


async def test_a_place_is_not_taken_for_the_number_that_was_asked_for(scene: Scene) -> None:
    """Its degrees are as long as one."""
    await asked_for_number(scene)
    await scene.member.writes(PLACE)
    assert PLACE in scene.thread()[-1]
    assert sentence("card-answer-call-number") not in scene.card().plain
