"""Voice messages, photos and files between a member's chat and their request's thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.content import LanguageName
from bot.incoming import Deleted, Joined
from bot.model import Chat, ChatKind
from bot.outbox import MAX_FETCHES
from bot.ports import Down, Limits, NotSent, Refused, TooLarge, Unknown
from bot.store.tables import attachment
from tests.handlers.conftest import Scene, sentence
from tests.paper import Shown
from tests.pictures import PLACE, jpeg

PLEA = "Preciso de comida para os meus dois filhos"
VOICE = sentence("attached-long", what=sentence("attached-voice"), length="0:12")


async def speaks_first(scene: Scene) -> None:
    await scene.member.sends("voice", b"OggS what she says", seconds=12, mime="audio/ogg")
    await scene.member.presses(sentence("button-send", "pt"))


def files(scene: Scene, chat: Chat) -> list[Shown]:
    return [shown for shown in scene.ann.sees(chat) if shown.file]


async def kept(scene: Scene) -> int:
    query = select(func.count()).select_from(attachment)
    return int(await scene.world.app.unit(lambda tx: tx.connection.execute(query).scalar_one()))


async def below_card(
    scene: Scene, kind: str, data: bytes, caption: str = "", seconds: int | None = None, size: int | None = None
) -> None:
    """A helper sends something below the card."""
    card = scene.card().id
    threads = scene.world.app.parts.adapters["paper"].limits.threads
    thread, reply_to = (card, None) if threads else (None, card)
    await scene.ann.sends(kind, data, caption, scene.room, thread, reply_to, seconds=seconds, size=size)


# --- the member's ----------------------------------------------------------------------------------------------------


async def test_a_voice_message_is_first_words_like_any_other(scene: Scene) -> None:
    """It is held until Send; the card says what it is, and the voice itself stands below it, still a voice."""
    await scene.member.sends("voice", b"OggS what she says", seconds=12, mime="audio/ogg")
    (screen,) = scene.member.sees()
    assert screen.plain.startswith(sentence("first-speak", "pt"))
    assert sentence("first-held-message", "pt") in screen.plain
    assert scene.ann.reads(scene.room) == []
    await scene.member.presses(sentence("button-send", "pt"))
    card = scene.card().plain.split("\n")
    assert VOICE in card
    assert sentence("card-language", language=LanguageName("pt")) in card
    (voice,) = files(scene, scene.room)
    assert voice.file is not None
    assert (voice.file.kind, voice.file.name, voice.file.seconds) == ("voice", "voice.ogg", 12)
    assert voice.file.data == b"OggS what she says"
    assert scene.card().id in (voice.thread, voice.reply_to)
    assert any(text.startswith(sentence("thread-member-sent", code="K1")) for text in scene.thread())


async def test_delete_leaves_nothing_of_a_voice_message(scene: Scene) -> None:
    """Not even where it could be fetched."""
    await scene.member.sends("voice")
    assert await kept(scene) == 1
    await scene.member.presses(sentence("button-delete", "pt"))
    assert await kept(scene) == 0
    assert files(scene, scene.room) == []


async def test_a_photo_that_is_taken_back_before_send_goes_nowhere(scene: Scene) -> None:
    message = await scene.member.sends("photo")
    await scene.member.writes(PLEA)
    scene.world.network.happens(Deleted(scene.member.private, message, scene.world.clock.now()))
    await scene.world.settled()
    await scene.member.presses(sentence("button-send", "pt"))
    assert files(scene, scene.room) == []
    assert await kept(scene) == 0


async def test_who_has_no_language_here_can_speak(scene: Scene) -> None:
    """The card says so, and the voice arrives."""
    await scene.member.sends("voice", seconds=12)
    await scene.member.presses(sentence("language-missing", "pt"))
    await scene.member.presses(sentence("button-send", "nl"))
    assert sentence("card-language-missing", language=LanguageName("nl")) in scene.card().plain
    assert len(files(scene, scene.room)) == 1


async def test_the_words_under_a_photo_are_translated(translated: Scene) -> None:
    """They stand with it where the network lets words stand with a photo, else above it."""
    await translated.asks()
    await translated.member.sends("photo", jpeg(), "Ainda estamos à espera aqui em casa", mime="image/jpeg")
    (photo,) = files(translated, translated.room)
    said = "\n".join(translated.thread())
    assert "Wij wachten hier thuis nog steeds" in said
    assert "Ainda estamos à espera aqui em casa" in said
    captions = translated.world.app.parts.adapters["paper"].limits.caption
    assert ("Wij wachten" in photo.plain) == bool(captions)
    assert sentence("request-continues", "pt", code="K1") in translated.member_reads()


async def test_a_late_translation_is_edited_into_the_caption(translated: Scene) -> None:
    """The photo stays, and is not sent again."""
    await translated.asks()
    translated.engine.down = True
    await translated.member.sends("photo", jpeg(), "Ainda estamos à espera aqui em casa")
    await translated.world.advance(timedelta(seconds=21))
    (before,) = files(translated, translated.room)
    assert sentence("note-untranslated", language=LanguageName("pt")) in "\n".join(translated.thread())
    translated.engine.down = False
    await translated.world.advance(timedelta(seconds=30))
    (after,) = files(translated, translated.room)
    assert after.id == before.id
    assert "Wij wachten hier thuis nog steeds" in "\n".join(translated.thread())


async def test_words_too_long_for_a_caption_stand_above_the_photo(scene: Scene) -> None:
    """Nothing of them is cut."""
    await scene.asks()
    words = " ".join(["palavra"] * 200)
    await scene.member.sends("photo", jpeg(), words)
    (photo,) = files(scene, scene.room)
    assert photo.plain == ""
    assert words in "\n".join(scene.thread())


async def test_a_photo_tells_nobody_where_it_was_made(scene: Scene) -> None:
    """Nor what else its telephone wrote into it."""
    await scene.asks()
    await scene.member.sends("photo", jpeg(turned=6), mime="image/jpeg")
    (photo,) = files(scene, scene.room)
    assert photo.file is not None
    assert PLACE not in photo.file.data


async def test_photos_sent_as_one_all_arrive_and_are_answered_once(scene: Scene) -> None:
    """In their order; a long album is no reason for a long conversation."""
    await scene.asks()
    said = len(scene.member.sees())
    for number in range(4):
        await scene.member.sends("photo", b"photo %d" % number, album="album-1")
    sent = [photo.file.data for photo in files(scene, scene.room) if photo.file]
    assert sent == [b"photo %d" % number for number in range(4)]
    assert len(scene.member.sees()) == said + 1


async def test_a_spoken_answer_to_a_question_of_the_bot_is_for_the_helpers(scene: Scene) -> None:
    """Nobody would find it in a field of the card."""
    await scene.asks()
    for answer in ("need-food", "for-me"):
        await scene.member.presses(sentence(answer, "pt"))
    await scene.member.sends("voice", b"OggS Molenbeek")
    assert len(files(scene, scene.room)) == 1
    assert sentence("request-continues", "pt", code="K1") in scene.member_reads()


async def test_a_voice_message_waits_for_its_request_to_be_known(scene: Scene) -> None:
    """With two requests open the bot asks which; the voice goes there, and nowhere else."""
    await scene.asks()
    await scene.member.writes("/ask Onde posso dormir esta noite com os meus filhos?")
    await scene.member.presses(sentence("button-send", "pt"))
    await scene.member.sends("voice", b"OggS which one")
    assert files(scene, scene.room) == []
    await scene.member.presses("K1")
    (voice,) = files(scene, scene.room)
    assert scene.card("K1").id in (voice.thread, voice.reply_to)


# --- the helpers' ----------------------------------------------------------------------------------------------------


async def test_a_spoken_reply_reaches_the_member(scene: Scene) -> None:
    """`/r` under a photo or a voice message sends it; the thread shows what went, and how far."""
    await scene.asks()
    await below_card(scene, "photo", jpeg(), "/r Morgen om 10 uur hier")
    (photo,) = files(scene, scene.member.private)
    assert photo.file is not None
    assert PLACE not in photo.file.data
    assert "Morgen om 10 uur hier" in scene.member_reads()
    assert "/r" not in scene.member_reads()
    echo = next(text for text in scene.thread() if "Morgen om 10 uur hier" in text)
    assert sentence("attached-photo") in echo
    assert sentence("echo-delivered", at="10:00") in echo
    assert files(scene, scene.room) == []


@pytest.mark.parametrize("where", ["below the card", "by its code"])
async def test_photos_sent_as_one_are_one_answer(scene: Scene, where: str) -> None:
    """Apps put the words under the first of them: the others are no notes, and are not forgotten."""
    await scene.asks()
    threads = scene.world.app.parts.adapters["paper"].limits.threads
    card = scene.card().id if where == "below the card" else None
    thread, reply_to = (card, None) if threads else (None, card)
    for number, words in enumerate(("/r K1 Vul deze bladen in", "", "")):
        await scene.ann.sends("photo", b"form %d" % number, words, scene.room, thread, reply_to, album="forms")
    sent = [photo.file.data for photo in files(scene, scene.member.private) if photo.file]
    assert sent == [b"form %d" % number for number in range(3)]
    assert sentence("note-only", code="K1") not in scene.room_reads()
    await scene.ann.sends("photo", b"a cat", "", scene.room, thread, reply_to, album="cats")
    assert len(files(scene, scene.member.private)) == 3


async def test_a_voice_message_below_a_card_is_a_note_until_it_is_sent(scene: Scene) -> None:
    """Not every app lets people write under a voice message: then the button makes it a reply."""
    await scene.asks()
    await below_card(scene, "voice", b"OggS come at ten", "", seconds=5)
    assert files(scene, scene.member.private) == []
    assert sentence("note-only", code="K1") in scene.room_reads()
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    (voice,) = files(scene, scene.member.private)
    assert voice.file is not None
    assert voice.file.data == b"OggS come at ten"
    assert scene.member_reads().count(sentence("answer-head", "pt", code="K1")) == 1


async def test_a_reply_that_is_taken_back_takes_its_photo_with_it(scene: Scene) -> None:
    """What was sent to the wrong person does not stay there."""
    await scene.asks()
    await below_card(scene, "photo", jpeg(), "/r Morgen om 10 uur hier")
    await scene.in_thread("/undo")
    assert files(scene, scene.member.private) == []
    assert "Morgen om 10 uur hier" not in scene.member_reads()
    assert sentence("answer-taken-back", "pt") in scene.member_reads()


async def test_what_people_send_in_the_room_outside_a_thread_is_theirs(scene: Scene) -> None:
    await scene.asks()
    await scene.ann.sends("photo", b"a cat", "", scene.room)
    assert await kept(scene) == 0
    assert sentence("note-only", code="K1") not in scene.room_reads()


# --- what cannot be passed on ----------------------------------------------------------------------------------------


async def test_a_file_too_large_is_refused_before_it_is_fetched(scene: Scene) -> None:
    """Kindly, in the sender's language; the words under it are taken all the same."""
    await scene.member.sends("video", b"", PLEA, size=60 * 2**20)
    told = sentence("file-too-large", "pt", what=sentence("attached-video", "pt"))
    assert told in scene.member_reads()
    await scene.member.presses(sentence("button-send", "pt"))
    assert PLEA in scene.card().plain
    assert await kept(scene) == 0
    await below_card(scene, "video", b"", "/r Kijk", size=60 * 2**20)
    assert sentence("file-too-large", what=sentence("attached-video")) in scene.room_reads()
    assert "Kijk" not in scene.member_reads()


@pytest.mark.parametrize(
    ("fault", "key"), [(Refused("gone"), "file-lost"), (TooLarge("too large"), "file-too-large")], ids=["gone", "large"]
)
async def test_what_cannot_be_had_is_named_and_its_sender_told(scene: Scene, fault: Exception, key: str) -> None:
    """The words arrive; a line says what is missing; whoever sent it can send it again. What follows is not held up."""
    await scene.asks()
    scene.world.network.fetch_faults = [fault]
    sent = await scene.member.sends("voice", b"OggS", PLEA, seconds=12)
    missing = sentence("file-not-here", what=VOICE)
    assert missing in scene.room_reads()
    assert scene.room_reads().count(PLEA) >= 2
    what = sentence("attached-long", "pt", what=sentence("attached-voice", "pt"), length="0:12")
    (told,) = [m for m in scene.member.sees() if sentence(key, "pt", what=what) in m.plain]
    assert told.reply_to == sent
    await scene.member.writes("Ainda estamos à espera aqui em casa")
    assert "Ainda estamos" in scene.room_reads()


async def test_a_helper_hears_when_a_photo_did_not_arrive(scene: Scene) -> None:
    """In the thread, in reply to it; the words did."""
    await scene.asks()
    scene.world.network.fetch_faults = [Refused("gone")]
    await below_card(scene, "photo", b"", "/r Morgen om 10 uur hier")
    assert sentence("file-lost", what=sentence("attached-photo")) in scene.room_reads()
    assert sentence("file-not-here", "pt", what=sentence("attached-photo", "pt")) in scene.member_reads()
    assert "Morgen om 10 uur hier" in scene.member_reads()


async def test_a_file_that_cannot_be_fetched_now_is_fetched_later(scene: Scene) -> None:
    """The source's network is down: nothing was sent, so nothing is marked as said twice."""
    await scene.asks()
    scene.world.network.fetch_faults = [NotSent("down"), Unknown("no answer")]
    await scene.member.sends("voice", b"OggS")
    assert files(scene, scene.room) == []
    for _ in range(2):
        await scene.world.advance(timedelta(seconds=5))
    (voice,) = files(scene, scene.room)
    assert "↻" not in scene.room_reads()
    assert voice.file is not None


async def test_a_source_that_stays_away_holds_up_nothing_for_ever(scene: Scene) -> None:
    """After about an hour a line says what is missing."""
    await scene.asks()
    scene.world.network.fetch_faults = [NotSent("down")] * 99
    await scene.member.sends("voice", b"OggS")
    for _ in range(MAX_FETCHES):
        await scene.world.advance(timedelta(minutes=6))
    assert sentence("file-not-here", what=sentence("attached-voice")) in scene.room_reads()


async def test_a_file_is_not_given_up_for_an_outage_before_it(scene: Scene) -> None:
    """How often it could not be sent says nothing about whether it can be had."""
    await scene.asks()
    scene.world.network.file_faults = [NotSent("down")] * (2 * MAX_FETCHES)
    await scene.member.sends("voice", b"OggS")
    while scene.world.network.file_faults:
        await scene.world.advance(timedelta(minutes=6))
    assert files(scene, scene.room) == []
    scene.world.network.fetch_faults = [NotSent("not yet")]
    for _ in range(2):
        await scene.world.advance(timedelta(minutes=6))
    assert len(files(scene, scene.room)) == 1


async def test_a_file_is_not_given_up_while_nothing_could_be_sent(scene: Scene) -> None:
    """Our own connection is down: what cannot be had then is had when it is back."""
    await scene.asks()
    network = scene.world.network
    network.fetch_faults = [NotSent("down")] * 999
    await scene.member.sends("voice", b"OggS")
    network.falls(Down("no connection"))
    await scene.world.until(lambda: scene.world.app.services[0].line.fault is not None)
    for _ in range(2 * MAX_FETCHES):
        await scene.world.advance(timedelta(minutes=6))
    network.fetch_faults = []
    network.falls(None)
    for _ in range(3):
        await scene.world.advance(timedelta(minutes=6))
    assert len(files(scene, scene.room)) == 1


async def test_a_file_that_the_other_network_refuses_is_named(scene: Scene) -> None:
    """Its format, or a person who takes no voice messages."""
    await scene.asks()
    scene.world.network.file_faults = [Refused("not here")]
    await below_card(scene, "voice", b"OggS", "/r Luister")
    assert sentence("file-not-here", "pt", what=sentence("attached-voice", "pt")) in scene.member_reads()
    assert "Luister" in scene.member_reads()
    assert sentence("file-lost", what=sentence("attached-voice")) in scene.room_reads()


async def test_a_file_that_may_have_arrived_is_sent_again_recognisably(scene: Scene) -> None:
    """Where the network cannot tell; where it can, it arrives once."""
    await scene.asks()
    scene.world.network.file_faults = [Unknown("no answer")]
    await scene.member.sends("voice", b"OggS")
    await scene.world.advance(timedelta(seconds=2))
    (voice,) = files(scene, scene.room)
    idempotent = scene.world.app.parts.adapters["paper"].limits.idempotent
    assert voice.plain.startswith("↻ K1") == (not idempotent)


async def test_a_network_that_takes_no_files_gets_a_line(scene: Scene, limits: Limits) -> None:
    """A third party's network may know only words."""
    scene.world.app.parts.adapters["paper"].limits = replace(limits, upload=0)
    await speaks_first(scene)
    assert sentence("file-not-here", what=VOICE) in scene.room_reads()


async def test_nothing_of_a_file_stays_on_the_disk(scene: Scene) -> None:
    """Sent, refused or broken."""
    await speaks_first(scene)
    scene.world.network.fetch_faults = [Refused("gone")]
    await scene.member.sends("photo", b"\xff\xd8 no picture")
    await scene.member.sends("photo", b"\xff\xd8 no picture")
    folder = scene.world.app.parts.data_dir / "media"
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700


# --- second thoughts -------------------------------------------------------------------------------------------------


async def test_words_under_a_photo_that_are_removed_before_send_are_not_sent(scene: Scene) -> None:
    """The photo is."""
    message = await scene.member.sends("photo", b"a letter", "não contem ao meu marido")
    await scene.member.edits(message, "")
    await scene.member.presses(sentence("button-send", "pt"))
    assert "marido" not in scene.room_reads()
    assert len(files(scene, scene.room)) == 1


async def test_words_under_a_photo_that_are_removed_later_are_shown_as_changed(scene: Scene) -> None:
    """Whoever reads the thread sees that the photo has no words any more; it is not shown again."""
    await scene.asks()
    message = await scene.member.sends("photo", b"a letter", PLEA)
    await scene.member.edits(message, "")
    changed = [text for text in scene.thread() if sentence("thread-changed", code="K1") in text]
    assert changed == [f"{sentence('thread-changed', code='K1')}\n{sentence('attached-photo')}"]
    assert len(files(scene, scene.room)) == 1


async def test_a_text_that_is_edited_to_nothing_says_nothing_new(scene: Scene) -> None:
    """There is no message without words and without a file."""
    await scene.asks()
    message = await scene.member.writes("Ainda estamos à espera aqui em casa")
    before = scene.thread()
    await scene.member.edits(message, "")
    assert scene.thread() == before


async def test_a_photo_that_is_replaced_before_send_goes_nowhere(scene: Scene) -> None:
    """It was the wrong one; the right one is sent."""
    message = await scene.member.sends("photo", b"the wrong letter", PLEA)
    await scene.member.edits(message, PLEA, file=("photo", b"the right letter now"))
    await scene.member.presses(sentence("button-send", "pt"))
    (photo,) = files(scene, scene.room)
    assert photo.file is not None
    assert photo.file.data == b"the right letter now"
    assert await kept(scene) == 1


async def test_a_photo_that_is_replaced_by_one_too_large_is_told_of(scene: Scene) -> None:
    """Otherwise they would wait for an answer to what nobody has seen."""
    message = await scene.member.sends("video", b"short", PLEA)
    await scene.member.edits(message, PLEA, file=("video", b"long"), size=60 * 2**20)
    told = sentence("file-too-large", "pt", what=sentence("attached-video", "pt"))
    assert told in scene.member_reads()
    await scene.member.presses(sentence("button-send", "pt"))
    assert files(scene, scene.room) == []


async def test_a_photo_that_is_replaced_later_stands_in_the_thread(scene: Scene) -> None:
    """Helpers see that it is another one; a change of its words alone brings no photo again."""
    await scene.asks()
    message = await scene.member.sends("photo", b"the wrong letter", PLEA)
    await scene.member.edits(message, "Esta é a carta", file=("photo", b"the wrong letter"))
    assert [photo.file.data for photo in files(scene, scene.room) if photo.file] == [b"the wrong letter"]
    await scene.member.edits(message, "Esta é a carta", file=("photo", b"the right letter now"))
    sent = [photo.file.data for photo in files(scene, scene.room) if photo.file]
    assert sent == [b"the wrong letter", b"the right letter now"]
    assert sentence("thread-changed", code="K1") in scene.thread()[-1] + scene.thread()[-2]


async def test_a_note_is_sent_with_the_file_that_it_has_now(scene: Scene) -> None:
    """And without the words that were removed from it."""
    await scene.asks()
    await below_card(scene, "photo", b"the wrong map", "alleen voor ons")
    (note,) = [m for m in scene.world.network.messages(scene.room) if m.by and "alleen voor ons" in m.plain]
    await scene.ann.edits(note.id, "", scene.room, ("photo", b"the right map now"))
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    (photo,) = files(scene, scene.member.private)
    assert photo.file is not None
    assert photo.file.data == b"the right map now"
    assert "alleen voor ons" not in scene.member_reads()


@pytest.mark.parametrize("words", ["/r Morgen om 10 uur hier", "/r", ""])
async def test_an_answer_is_sent_anew_with_the_file_that_it_has_now(scene: Scene, words: str) -> None:
    """Its words may be the same, or gone."""
    await scene.asks()
    await below_card(scene, "photo", b"the wrong map", "/r Morgen om 10 uur hier")
    (answer,) = [m for m in scene.world.network.messages(scene.room) if m.by and "/r Morgen" in m.plain]
    await scene.ann.edits(answer.id, words, scene.room, ("photo", b"the right map now"))
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    (photo,) = files(scene, scene.member.private)
    assert photo.file is not None
    assert photo.file.data == b"the right map now"
    assert scene.member_reads().count("Morgen om 10 uur hier") == words.count("Morgen")


# --- where others have joined ----------------------------------------------------------------------------------------


async def test_a_room_that_others_have_joined_hears_nothing_of_a_file_that_was_lost(scene: Scene) -> None:
    """What somebody has sent in private is not the others' business."""
    await scene.asks()
    scene.world.network.fetch_faults = [NotSent("down")]
    await scene.member.sends("voice", b"OggS", seconds=12)
    scene.world.network.fetch_faults = [Refused("gone")]
    scene.world.network.happens(Joined(scene.member.private, ChatKind.GROUP, scene.bob.person, scene.world.clock.now()))
    await scene.world.settled()
    before = len(scene.member.sees())
    await scene.world.advance(timedelta(minutes=6))
    assert sentence("file-not-here", what=VOICE) in scene.room_reads()
    what = sentence("attached-long", "pt", what=sentence("attached-voice", "pt"), length="0:12")
    assert sentence("file-lost", "pt", what=what) not in scene.member_reads()
    assert len(scene.member.sees()) == before
