"""The commands of a private chat, and what they honestly can do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.content import LanguageName
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.world import POLICY, world

PLEA = "Preciso de comida para os meus dois filhos"


async def test_start_shows_languages_and_invites_to_write(scene: Scene) -> None:
    """There is nothing to send yet."""
    await scene.member.writes("/start", start="")
    (screen,) = scene.member.sees()
    assert screen.plain.endswith(sentence("first-write", "pt"))
    assert sentence("button-send", "pt") not in screen.labels
    await scene.member.writes(PLEA)
    await scene.member.presses(sentence("button-send", "pt"))
    assert PLEA in scene.card().plain


@pytest.mark.parametrize("words", ["", "/start g-1"])
async def test_a_followed_link_begins_the_chat_whatever_words_stand_for_it(scene: Scene, words: str) -> None:
    """Networks show it differently: Telegram's payload is no part of the message."""
    await scene.member.writes(words, start="g-1")
    assert scene.member.reads()[0].endswith(sentence("first-write", "pt"))


@pytest.mark.parametrize("words", ["", "/start CODE"])
async def test_a_followed_link_pairs_the_group_it_adds_the_bot_to(scene: Scene, words: str) -> None:
    """The one-tap link of `groups`."""
    code = await scene.world.pairing("group", "AETCIS", "pt")
    group = scene.world.group("Vizinhos")
    await scene.member.writes(words, group, start=code)
    assert (await scene.world.app.unit(lambda tx: tx.chats.at(group))).role == "group"  # type: ignore[union-attr]


async def test_my_shows_codes_and_states_only(scene: Scene) -> None:
    """Somebody else may look at this screen."""
    await scene.member.writes("!my")
    assert scene.member.reads()[-1] == sentence("my-none", "pt")
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.member.writes("!ask Preciso também de um médico")
    await scene.member.presses(sentence("button-send", "pt"))
    await scene.member.writes("/my")
    assert scene.member.reads()[-1].split("\n") == [
        sentence("my-open", "pt", code="K2"),
        sentence("my-claimed", "pt", code="K1"),
    ]


async def test_my_shows_nothing_of_other_people(scene: Scene) -> None:
    """Each chat has its own."""
    await scene.asks()
    other = scene.world.somebody("Rui", language="pt")
    await other.writes("!my")
    assert other.reads()[-1] == sentence("my-none", "pt")


@pytest.mark.parametrize(
    "copied", ["\u2068/my\u2069", " \u2068/my \u2068\u2069\u2069", "\ufeff/my", "\u200b\u200f／my"]
)
async def test_a_command_copied_from_an_arabic_sentence_is_one(scene: Scene, copied: str) -> None:
    """There it stands between marks that nobody sees, and copies."""
    await scene.member.writes(copied)
    assert scene.member.reads() == [sentence("my-none", "pt")]


async def test_lang_changes_the_language_at_once(scene: Scene) -> None:
    """By code, in any spelling, or by button; open requests follow."""
    await scene.asks()
    await scene.member.writes("!lang TR")
    assert scene.member.reads()[-1] == sentence("language-set", "tr")
    assert sentence("card-language", language=LanguageName("tr")) in scene.card().plain
    await scene.member.writes("/lang")
    await scene.member.presses("français")
    assert scene.member.reads()[-1] == sentence("language-set", "fr")


@pytest.mark.parametrize("typed", ["!lang", "!lang xx", "!lang klingon please", "!lang ../../etc"])
async def test_lang_without_a_language_we_speak_offers_them(scene: Scene, typed: str) -> None:
    """Each by its own name."""
    await scene.member.writes(typed)
    assert scene.member.reads()[-1] == sentence("lang-choose", "pt")
    assert "العربية" in scene.member.sees()[-1].labels


async def test_ask_begins_something_new_beside_what_is_open(scene: Scene) -> None:
    """With its words, or before them."""
    await scene.asks()
    await scene.member.writes("!ask")
    await scene.member.writes("Preciso de um médico para a minha mãe")
    await scene.member.presses(sentence("button-send", "pt"))
    assert "médico" in scene.card("K2").plain
    assert "!ask" not in scene.room_reads()


@pytest.mark.parametrize("command", ["help", "offer", "stop", "mydata", "erase", "privacy", "my", "lang", "start"])
async def test_every_command_has_an_answer_in_the_members_language(scene: Scene, command: str) -> None:
    """None of them reaches the helpers."""
    await scene.member.writes(f"!{command}")
    assert len(scene.member.reads()) == 1
    assert scene.ann.reads(scene.room) == []


async def test_an_unknown_command_lists_what_works(scene: Scene) -> None:
    """And is no plea."""
    await scene.member.writes("/frobnicate")
    assert scene.member.reads()[0].split("\n", 1)[0] == sentence("unknown-command", "pt")
    assert sentence("help-private", "pt") in scene.member.reads()[0]


async def test_an_exclamation_that_is_no_command_is_heard(scene: Scene) -> None:
    """Frightened people write exclamation marks."""
    await scene.member.writes("!!! Preciso de comida para os meus filhos !!!")
    assert sentence("first-held", "pt") in scene.member.reads()[0]


@pytest.mark.parametrize("typed", ["!claim K1", "!r K1 olá", "!close K1 helped", "!find comida", "!list", "!note K1 x"])
async def test_the_helpers_commands_do_nothing_in_private(scene: Scene, typed: str) -> None:
    """Rights come from the room."""
    await scene.asks()
    stranger = scene.world.somebody("Eve", language="pt")
    before = scene.room_reads()
    await stranger.writes(typed)
    assert stranger.reads() == [f"{sentence('only-in-coordination', 'pt')}\n{sentence('help-private', 'pt')}"]
    assert scene.room_reads() == before


async def test_an_organisation_is_not_told_to_write_what_it_needs(scene: Scene) -> None:
    """Nobody would read it in its room."""
    room = await scene.world.paired("office", "organisation", "Ons Huis")
    await scene.ann.writes("!claim K1", room)
    assert scene.ann.reads(room)[-1] == sentence("only-in-coordination")


async def test_stop_throws_away_what_is_held(scene: Scene) -> None:
    """At once."""
    await scene.member.writes(PLEA)
    await scene.member.writes("!stop")
    assert scene.member.reads()[-1].startswith(sentence("held-deleted", "pt"))
    await scene.member.presses(sentence("button-send", "pt"))
    assert scene.member.reads()[-1] == sentence("nothing-held", "pt")


async def test_privacy_is_what_the_operator_configured(tmp_path: Path) -> None:
    """Who reads, when it is deleted, and what deleting cannot do."""
    policy = replace(POLICY, readers={"": "AETCIS"}, not_authorities=True, delete_after_days=14)
    async with world(tmp_path, policy) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await scene.member.writes("!privacy")
        said = scene.member.reads()[0].split("\n")
    assert sentence("first-readers", "pt", readers="AETCIS") in said
    assert sentence("not-authorities", "pt") in said
    assert sentence("first-computer", "pt") not in said
    assert sentence("first-deleted", "pt", n=14) in said
    assert sentence("privacy-unsent", "pt", n=3) in said
    assert sentence("privacy-cannot", "pt", network="Paper") in said


async def test_mydata_names_what_is_kept(scene: Scene) -> None:
    """Codes, not contents."""
    await scene.asks()
    await scene.member.writes("!mydata")
    assert sentence("mydata-requests", "pt", codes=("K1",)) in scene.member.reads()[-1]
    assert PLEA not in scene.member.reads()[-1]


async def test_mydata_says_when_what_is_closed_will_be_deleted(scene: Scene) -> None:
    """The day, as their calendar has it; and that words wait to be sent."""
    await scene.asks()
    await scene.in_thread("!close helped")
    await scene.member.writes("!ask Preciso também de um médico")
    await scene.member.writes("!mydata")
    said = scene.member.reads()[-1].split("\n")
    assert sentence("mydata-closed", "pt", code="K1", day=date(2026, 12, 23)) in said
    assert sentence("mydata-held", "pt") in said


async def test_an_old_button_is_answered_kindly(scene: Scene) -> None:
    """One that we do not know, and one of another chat; in the language of whoever pressed it."""
    await scene.member.writes(PLEA)
    stranger = scene.world.somebody("Eve", language="pt")
    send = scene.member.sees()[0]
    await stranger.presses(sentence("button-send", "pt"), message=send)
    assert scene.world.network.toasts == [(stranger.private.id, sentence("choice-unknown", "pt"))]
    assert scene.ann.reads(scene.room) == []
