"""A note is never taken for an answer, two answers at once are seen, and an answer can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.incoming import Deleted, Edited, Message
from bot.model import ChatKind, Span, SpanKind, Text
from bot.ports import Gone, NotSent, Unknown
from tests.handlers.conftest import Scene, sentence
from tests.paper import Shown
from tests.world import Somebody

REPLY = "Morgen om 10:00 kunt u een pakket halen"
OTHER = "Vandaag is er helaas niemand aanwezig"
WORDS = "Komt u morgen maar langs"


def last(scene: Scene) -> str:
    return scene.ann.reads(scene.room)[-1]


def echo(scene: Scene, words: str = REPLY) -> Shown:
    return next(m for m in reversed(scene.ann.sees(scene.room)) if words in m.plain and m.plain.startswith("K1:"))


# --- a note, or a reply? ---------------------------------------------------------------------------------------------


async def test_the_claimers_plain_words_after_the_members_are_said_to_be_a_note(scene: Scene) -> None:
    """They look like an answer to whoever typed them; one press makes them one."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread(WORDS)
    assert last(scene) == sentence("note-only", code="K1")
    assert WORDS not in scene.member_reads()
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.member.reads()[-1].split("\n")[:2] == [sentence("answer-head", "pt", code="K1"), WORDS]
    assert WORDS in scene.thread()[-1]
    assert sentence("card-answered") in scene.card().plain


async def test_a_note_is_sent_once(scene: Scene) -> None:
    """Whoever presses second is told."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread(WORDS)
    await scene.bob.presses(sentence("button-send-note"), scene.room)
    before = scene.member.reads()
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.member.reads() == before
    assert scene.world.network.toasts[-1][1] == sentence("choice-made", choice=sentence("button-send-note"))


async def test_a_train_of_thought_is_remarked_on_once(scene: Scene) -> None:
    """The next one, later or after the member has written again, is again."""
    await scene.asks()
    await scene.in_thread("!claim")
    told = sentence("note-only", code="K1")
    for words in (WORDS, "Ik vraag het nog even na", "Om tien uur"):
        await scene.in_thread(words)
    assert scene.room_reads().count(told) == 1
    await scene.world.advance(timedelta(minutes=6))
    await scene.in_thread("Wie heeft de sleutel?")
    assert scene.room_reads().count(told) == 2
    await scene.member.writes("Ainda estamos à espera aqui em casa")
    await scene.in_thread("Ik kom eraan")
    assert scene.room_reads().count(told) == 3


async def test_others_talk_about_the_member_undisturbed(scene: Scene) -> None:
    """So does the claimer once the member has an answer, and with `note` at any time."""
    await scene.asks()
    await scene.in_thread("!claim")
    before = len(scene.ann.reads(scene.room))
    await scene.in_thread("Ik ken deze familie", scene.bob)
    await scene.in_thread("!note Ik ook")
    assert len(scene.ann.reads(scene.room)) == before
    await scene.in_thread(f"!r {REPLY}")
    before = len(scene.ann.reads(scene.room))
    await scene.in_thread("Zo, dat is geregeld")
    assert len(scene.ann.reads(scene.room)) == before


async def test_whoever_has_answered_before_talks_with_the_member_too(scene: Scene) -> None:
    """Nobody has claimed it, but the words are likely meant for them."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    await scene.member.writes("Obrigada, até amanhã")
    await scene.in_thread("Graag gedaan")
    assert last(scene) == sentence("note-only", code="K1")


@pytest.mark.parametrize("r", ["r ", "! r ", "!r: ", "/reply, ", "!\u200er ", "!r\u200f ", "!ر ", "/р "])
async def test_what_is_nearly_a_command_is_left_out_of_what_is_sent(scene: Scene, r: str) -> None:
    """The r was for the bot; and whoever wrote it is told each time that it is only a note."""
    await scene.asks()
    await scene.in_thread("Ik antwoord zo")
    await scene.in_thread(f"{r}{WORDS}")
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.member.reads()[-1].split("\n")[1] == WORDS


async def test_a_note_that_is_changed_into_an_answer_can_be_sent(scene: Scene) -> None:
    """Whoever has forgotten the r puts it before their words; nothing goes by itself, and they hear so."""
    await scene.asks()
    note = await scene.in_thread(WORDS, scene.bob)
    await scene.bob.edits(note, f"!r {WORDS}", scene.room)
    assert last(scene) == sentence("note-only", code="K1")
    await scene.bob.presses(sentence("button-send-note"), scene.room)
    assert scene.member.reads()[-1].split("\n")[1] == WORDS


async def test_a_command_that_is_changed_into_an_answer_is_none(scene: Scene) -> None:
    """It had no code, and was refused; with the code it has to be written anew."""
    await scene.asks()
    refused = await scene.ann.writes(f"!r {REPLY}", scene.room)
    await scene.ann.edits(refused, f"!r K1 {REPLY}", scene.room)
    assert scene.room_reads().count(sentence("reply-needs-request")) == 2
    assert REPLY not in scene.member_reads()


async def test_a_note_for_another_is_not_sent_to_this_one(scene: Scene) -> None:
    """Replies must not reach the wrong person: the / was forgotten, and it stands below the wrong card."""
    await scene.asks()
    await scene.asks("Preciso de um médico para a minha mãe", scene.world.somebody("Rui", language="pt"))
    await scene.in_thread(f"r K2 {WORDS}")
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("reply-two-requests", code="K2", thread="K1")
    await scene.in_thread("r k1")
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("reply-how", code="K1")
    await scene.in_thread(f"r k1 {WORDS}")
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.member.reads()[-1].split("\n")[1] == WORDS


@pytest.mark.parametrize("r", ["！r ", "／reply　"])
async def test_signs_as_wide_as_chinese_letters_are_signs(scene: Scene, r: str) -> None:
    """Some keyboards have no others at hand."""
    await scene.asks()
    await scene.in_thread(f"{r}{WORDS}")
    assert scene.member.reads()[-1].split("\n")[1] == WORDS


async def test_a_note_is_sent_as_it_stands_now(scene: Scene) -> None:
    """It was edited on the network before the button was pressed."""
    await scene.asks()
    await scene.in_thread("!claim")
    note = await scene.in_thread(WORDS)
    await scene.ann.edits(note, "Komt u vandaag maar langs", scene.room)
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert "Komt u vandaag maar langs" in scene.member_reads()
    assert WORDS not in scene.member_reads()


async def test_nobody_changes_another_s_note(scene: Scene) -> None:
    """Apps on Matrix do not show it in the room; a homeserver hands it on all the same."""
    await scene.asks()
    await scene.in_thread("!claim")
    note = await scene.in_thread(WORDS)
    await scene.bob.edits(note, "Komt u nooit meer langs", scene.room)
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert WORDS in scene.member_reads()


async def test_a_note_that_was_deleted_is_gone(scene: Scene) -> None:
    """It is not found, not sent, and not shown in a new room."""
    await scene.asks()
    await scene.in_thread("!claim")
    note = await scene.in_thread("Zij woont bij Fatima")
    scene.world.network.happens(Deleted(scene.room, note, scene.world.clock.now(), scene.ann.person))
    await scene.world.settled()
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("choice-unknown")
    await scene.ann.writes("!find Fatima", scene.room)
    assert last(scene) == sentence("find-nothing")
    new, code = scene.world.group("new"), await scene.world.pairing("coordination")
    await scene.world.adds_bot(scene.ann, new)
    await scene.ann.writes(f"!pair {code}", new)
    assert "Fatima" not in scene.member_reads() + "\n".join(scene.ann.reads(new))


async def test_an_answer_whose_message_was_deleted_stands(scene: Scene) -> None:
    """The member has it, and whoever deleted it is told so: `undo` is the way to take it back."""
    await scene.asks()
    message = await scene.in_thread(f"!r {REPLY}")
    scene.world.network.happens(Deleted(scene.room, message, scene.world.clock.now(), scene.ann.person))
    await scene.world.settled()
    assert REPLY in scene.member_reads()
    assert last(scene) == sentence("reply-deleted", code="K1")
    await scene.ann.presses(sentence("button-undo"), scene.room)
    assert REPLY not in scene.member_reads()


@pytest.mark.parametrize("how", ["!undo", "!close helped", "days later"])
async def test_nothing_is_asked_about_an_answer_that_is_over(scene: Scene, how: str) -> None:
    """Taken back before, or long past: helpers tidy their room."""
    await scene.asks()
    message = await scene.in_thread(f"!r {REPLY}")
    if how.startswith("!"):
        await scene.in_thread(how)
    else:
        await scene.world.advance(timedelta(days=2))
    scene.world.network.happens(Deleted(scene.room, message, scene.world.clock.now(), scene.ann.person))
    await scene.world.settled()
    assert sentence("reply-deleted", code="K1") not in scene.room_reads()


async def test_a_note_to_a_closed_request_is_not_sent(scene: Scene) -> None:
    """As with any answer."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread(WORDS)
    await scene.in_thread("!close helped")
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("reply-is-closed", code="K1")
    assert WORDS not in scene.member_reads()


# --- two at once -----------------------------------------------------------------------------------------------------


async def test_two_who_answer_at_once_hear_of_each_other(scene: Scene) -> None:
    """Both answers go out, both echoes say whose they are, and the thread says that there are two."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}", scene.ann)
    await scene.in_thread(f"!r {OTHER}", scene.bob)
    assert REPLY in scene.member_reads()
    assert OTHER in scene.member_reads()
    assert sentence("reply-too", code="K1", name="Ann") in scene.thread()
    assert "Ann" in echo(scene, REPLY).plain
    assert "Bob" in echo(scene, OTHER).plain


async def test_later_or_by_the_same_person_is_not_at_once(scene: Scene) -> None:
    """They have seen what stands there."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}", scene.ann)
    await scene.in_thread("!r En neem een tas mee", scene.ann)
    await scene.world.advance(timedelta(minutes=3))
    await scene.in_thread(f"!r {OTHER}", scene.bob)
    assert sentence("reply-too", code="K1", name="Ann") not in scene.room_reads()


async def test_an_answer_in_what_another_has_claimed_goes_out_and_says_so_once(scene: Scene) -> None:
    """Somebody may know better than the claimer; but they should agree."""
    await scene.asks()
    await scene.in_thread("!claim", scene.ann)
    await scene.in_thread(f"!r {OTHER}", scene.bob)
    told = sentence("reply-claimed", code="K1", name="Ann")
    assert OTHER in scene.member_reads()
    assert told in scene.thread()
    await scene.in_thread("!r Tot ziens", scene.bob)
    await scene.in_thread("!r Tot morgen", scene.ann)
    assert scene.room_reads().count(told) == 1


# --- undo ------------------------------------------------------------------------------------------------------------


async def _undoes(scene: Scene, how: str, who: Somebody | None = None) -> None:
    if how == "command":
        await scene.in_thread("!undo", who)
    elif how == "code":
        await (who or scene.ann).writes("!undo K1", scene.room)
    else:
        await (who or scene.bob).presses(sentence("button-undo"), scene.room)


HOW = pytest.mark.parametrize("how", ["command", "code", "button"])


@HOW
async def test_what_is_not_delivered_yet_never_is(scene: Scene, how: str) -> None:
    """The network was down; the echo says that the member has not seen it."""
    await scene.asks()
    scene.world.network.faults.append(NotSent("down", timedelta(minutes=1)))
    await scene.in_thread(f"!r {REPLY}")
    await _undoes(scene, how)
    await scene.world.advance(timedelta(minutes=5))
    assert REPLY not in scene.member_reads()
    assert sentence("answer-taken-back", "pt") not in scene.member_reads()
    shown = echo(scene)
    assert shown.plain.endswith(sentence("echo-taken-back", at="10:00"))
    assert shown.labels == []
    assert sentence("card-unanswered") in scene.card().plain


async def test_what_waits_for_its_translation_never_goes_out(translated: Scene) -> None:
    """Nor does the translation, when it comes."""
    await translated.asks()
    translated.engine.down = True
    await translated.in_thread(f"!r {REPLY}")
    await translated.in_thread("!undo")
    translated.engine.down = False
    await translated.world.advance(timedelta(minutes=2))
    assert "cabaz" not in translated.member_reads()
    assert REPLY not in translated.member_reads()


@HOW
async def test_what_is_delivered_is_replaced_and_said_to_be(scene: Scene, how: str) -> None:
    """The words are gone from the chat, a message says so, and the echo is honest."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    await _undoes(scene, how)
    assert REPLY not in scene.member_reads()
    assert scene.member.reads()[-2].split("\n")[1] == sentence("answer-taken-back", "pt")
    assert scene.member.reads()[-1] == sentence("answer-taken-back-told", "pt", code="K1")
    assert echo(scene).plain.endswith(sentence("echo-taken-back-late", at="10:00"))
    assert sentence("card-unanswered") in scene.card().plain


async def test_what_nobody_can_say_arrived_may_have_been_seen(scene: Scene) -> None:
    """A network that gave no answer may have delivered it."""
    await scene.asks()
    scene.world.network.faults.append(Unknown("no answer"))
    await scene.in_thread(f"!r {REPLY}")
    await scene.in_thread("!undo")
    assert echo(scene).plain.endswith(sentence("echo-taken-back-late", at="10:00"))
    await scene.world.advance(timedelta(minutes=2))
    assert REPLY not in scene.member_reads()
    assert sentence("answer-taken-back-told", "pt", code="K1") in scene.member.reads()


async def test_what_never_arrived_is_taken_back_quietly(scene: Scene) -> None:
    """The member had blocked the bot."""
    await scene.asks()
    scene.world.network.faults.append(Gone("blocked"))
    await scene.in_thread(f"!r {REPLY}")
    await scene.in_thread("!undo")
    assert echo(scene).plain.endswith(sentence("echo-taken-back", at="10:00"))


async def test_undo_takes_back_ones_own_last_answer_one_by_one(scene: Scene) -> None:
    """Never a colleague's; and when nothing is left, it says so."""
    await scene.asks()
    await scene.in_thread("!r Een", scene.ann)
    await scene.in_thread("!r Twee", scene.ann)
    await scene.in_thread("!r Drie", scene.bob)
    await scene.in_thread("!undo", scene.ann)
    assert ["Een" in scene.member_reads(), "Twee" in scene.member_reads(), "Drie" in scene.member_reads()] == [
        True,
        False,
        True,
    ]
    assert sentence("card-answered") in scene.card().plain
    await scene.in_thread("!undo", scene.ann)
    await scene.in_thread("!undo", scene.ann)
    assert last(scene) == sentence("undo-nothing", code="K1")
    assert "Drie" in scene.member_reads()


async def test_undo_after_the_member_has_written_again_changes_nothing_else(scene: Scene) -> None:
    """Another helper's answer after those words stands."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}", scene.ann)
    await scene.member.writes("Ainda estamos à espera aqui em casa")
    await scene.in_thread(f"!r {OTHER}", scene.bob)
    await scene.in_thread("!undo", scene.ann)
    assert sentence("card-answered") in scene.card().plain
    await scene.in_thread("!undo", scene.bob)
    assert sentence("card-unanswered") in scene.card().plain


async def test_a_second_press_says_that_there_is_nothing_left(scene: Scene) -> None:
    """The button of an old echo."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    shown = echo(scene)
    await scene.ann.presses(sentence("button-undo"), scene.room, shown)
    await scene.bob.presses(sentence("button-undo"), scene.room, shown)
    assert scene.world.network.toasts[-1][1] == sentence("undo-nothing", code="K1")
    assert scene.member_reads().count(sentence("answer-taken-back-told", "pt", code="K1")) == 1


async def test_undo_in_a_closed_request_leaves_it_closed(scene: Scene) -> None:
    """The answer goes all the same."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    await scene.in_thread("!close helped")
    await scene.in_thread("!undo")
    assert REPLY not in scene.member_reads()
    assert sentence("outcome-helped") in scene.card().plain


@pytest.mark.parametrize("typed", ["!undo", "!undo K9", "!undo rubbish"])
async def test_undo_without_a_request_asks_which(scene: Scene, typed: str) -> None:
    """Nothing is guessed."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    before = scene.member.reads()
    await scene.ann.writes(typed, scene.room)
    assert last(scene) in (sentence("which-code"), sentence("no-such-request", code="K9"))
    assert scene.member.reads() == before


@pytest.mark.parametrize(
    ("typed", "button"), [("!r ", None), ("", "button-send-note"), ("!r nee: ", "button-send-change")]
)
async def test_who_is_mentioned_in_an_answer_cannot_be_written_to(scene: Scene, typed: str, button: str | None) -> None:
    """A colleague's account is known in the room of helpers alone; the member reads the name."""
    await scene.asks()
    await scene.in_thread("!claim")
    answered = await scene.in_thread("!r Kom morgen") if button == "button-send-change" else None
    name = len(typed) + len("Vraag het ")
    words = Text(f"{typed}Vraag het Eva", (Span(name, name + 3, SpanKind.MENTION, "@eva:example.org"),))
    who, at, below = scene.ann.person, scene.world.clock.now(), scene.card().id
    if answered is None:
        scene.world.network.happens(Message(scene.room, ChatKind.GROUP, who, "m1", at, words, below, below))
    else:
        scene.world.network.happens(Edited(scene.room, ChatKind.GROUP, who, answered, at, words))
    await scene.world.settled()
    if button is not None:
        await scene.ann.presses(sentence(button), scene.room)
    answer = scene.member.sees()[-1]
    assert "Vraag het Eva" in answer.plain
    assert SpanKind.MENTION not in {span.kind for span in answer.text.spans}


# --- an answer is changed --------------------------------------------------------------------------------------------


async def test_a_changed_answer_goes_out_when_somebody_says_so(scene: Scene) -> None:
    """It takes the place of the old one, which is no longer there to be followed."""
    await scene.asks()
    message = await scene.in_thread("!r Kom om 10:00")
    await scene.ann.edits(message, "!r Kom om 11:00", scene.room)
    assert last(scene) == sentence("reply-changed", code="K1")
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert "Kom om 10:00" not in scene.member_reads()
    assert "Kom om 11:00" in scene.member.reads()[-1]
    assert echo(scene, "Kom om 10:00").plain.endswith(sentence("echo-taken-back-late", at="10:00"))
    assert sentence("answer-taken-back-told", "pt", code="K1") not in scene.member.reads()


@pytest.mark.parametrize("words", ["Maandag kom om 10:00", "K1 niet: kom om 10:00"])
async def test_words_before_an_answer_change_it_too(scene: Scene, words: str) -> None:
    """What is the same is nothing to ask about: networks tell of an edit when a link's picture has come."""
    await scene.asks()
    message = await scene.in_thread("!r kom om 10:00")
    for same in ("!r kom om 10:00", "!r  K1 kom om 10:00 "):
        await scene.ann.edits(message, same, scene.room)
        assert sentence("reply-changed", code="K1") not in scene.room_reads()
    await scene.ann.edits(message, f"!r {words}", scene.room)
    assert last(scene) == sentence("reply-changed", code="K1")
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert scene.member.reads()[-1].split("\n")[1] == words.removeprefix("K1 ")


async def test_a_note_that_was_sent_is_changed_without_its_r(scene: Scene) -> None:
    await scene.asks()
    message = await scene.in_thread("r kom om 10:00")
    await scene.ann.presses(sentence("button-send-note"), scene.room)
    await scene.ann.edits(message, "r kom om 10:00", scene.room)
    assert sentence("reply-changed", code="K1") not in scene.room_reads()
    await scene.ann.edits(message, "r kom om 11:00", scene.room)
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert scene.member.reads()[-1].split("\n")[1] == "kom om 11:00"


async def test_the_latest_change_is_the_one_that_is_offered(scene: Scene) -> None:
    """And what was sent can be changed again."""
    await scene.asks()
    message = await scene.in_thread("!r Kom om 10:00")
    for words in ("!r Kom om 11:00", "!r Kom om 12:00"):
        await scene.ann.edits(message, words, scene.room)
    assert scene.room_reads().count(sentence("reply-changed", code="K1")) == 1
    await scene.bob.presses(sentence("button-send-change"), scene.room)
    await scene.ann.edits(message, "!r Kom om 13:00", scene.room)
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    shown = [hour for hour in (10, 11, 12, 13) if f"Kom om {hour}:00" in scene.member_reads()]
    assert shown == [13]


async def test_a_change_can_be_sent_as_long_as_the_request_is_open(scene: Scene) -> None:
    """Its words are kept with it, and no shorter."""
    await scene.asks()
    message = await scene.in_thread("!r Kom om 10:00")
    await scene.ann.edits(message, "!r Kom om 11:00", scene.room)
    await scene.world.advance(timedelta(days=31))
    await scene.world.swept()
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert "Kom om 11:00" in scene.member.reads()[-1]


async def test_a_change_to_another_code_goes_nowhere(scene: Scene) -> None:
    """Nor does one that leaves no words."""
    await scene.asks()
    message = await scene.in_thread("!r Kom om 10:00")
    await scene.ann.edits(message, "!r K2 Kom om 10:00 uur", scene.room)
    assert last(scene) == sentence("reply-two-requests", code="K2", thread="K1")
    await scene.ann.edits(message, "!r", scene.room)
    assert last(scene) == sentence("reply-how", code="K1")
    assert "Kom om 10:00" in scene.member_reads()


async def test_a_ready_answer_can_be_changed_too(scene: Scene) -> None:
    """Its gaps are filled anew, in the member's language."""
    await scene.asks()
    message = await scene.in_thread("!ready 15 Stationsstraat 5 | 14:00")
    await scene.ann.edits(message, "!ready 15 Stationsstraat 5 | 15:00", scene.room)
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert sentence("ready-come", "pt", place="Stationsstraat 5", time="15:00") in scene.member.reads()[-1]
