"""A number to call is for whoever has claimed the request, in private: never in the room, the card, the thread."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.incoming import Deleted, Joined
from bot.model import ChatKind
from tests.handlers.conftest import Scene, sentence
from tests.paper import Shown
from tests.world import Somebody

NUMBER = "0470 12 34 56"
WITH_WORDS = f"{NUMBER}, à noite"


async def asked_for_number(scene: Scene) -> None:
    """The member wants a call, and the bot has asked for the number."""
    await scene.asks()
    for key in ("button-skip", "button-skip", "wont-say", "answer-call"):
        await scene.member.presses(sentence(key, "pt"))
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-phone", "pt")


async def gave_number(scene: Scene) -> None:
    await asked_for_number(scene)
    await scene.member.writes(WITH_WORDS)


async def opens(scene: Scene, who: Somebody, how: str = "link", code: str = "K1") -> None:
    """Goes to the private chat with the bot, by the link in the thread or by typing."""
    if how == "link":
        await who.writes("/start", start=f"c-{code}")
    else:
        await who.writes(f"!number {code}")


def number_seen_by(scene: Scene, who: Somebody) -> bool:
    return any("0470" in said for said in who.reads())


def way(scene: Scene) -> Shown:
    label = sentence("button-get-number")
    return next(m for m in reversed(scene.ann.sees(scene.room)) if label in m.labels)


def leaked(scene: Scene) -> bool:
    return "0470" in scene.room_reads() or "12 34 56" in scene.room_reads()


# --- given -----------------------------------------------------------------------------------------------------------


async def test_the_number_is_kept_and_the_room_does_not_see_it(scene: Scene) -> None:
    """The card says that there is one."""
    await gave_number(scene)
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-phone-kept", "pt")
    assert sentence("card-answer-call-number") in scene.card().plain
    assert not leaked(scene)


async def test_the_number_can_be_skipped(scene: Scene) -> None:
    """Then the card says that a call is wanted, and nothing more."""
    await asked_for_number(scene)
    await scene.member.presses(sentence("button-skip", "pt"))
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-thanks", "pt")
    assert sentence("card-answer-call") in scene.card().plain
    await scene.in_thread("!claim")
    assert not any(sentence("button-get-number") in m.labels for m in scene.ann.sees(scene.room))


async def test_a_number_with_digits_missing_is_asked_for_once_more(scene: Scene) -> None:
    """It goes nowhere, and can still be skipped."""
    await asked_for_number(scene)
    await scene.member.writes("0470 12")
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-phone-unclear", "pt")
    assert not leaked(scene)
    await scene.member.presses(sentence("button-skip", "pt"))
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-thanks", "pt")


async def test_words_instead_of_a_number_are_for_the_helpers(scene: Scene) -> None:
    """Nobody has to answer a question to be heard."""
    await asked_for_number(scene)
    await scene.member.writes("Não tenho telefone, podem escrever aqui")
    assert "Não tenho telefone" in "\n".join(scene.thread())


async def test_a_number_put_into_words_while_it_is_asked_for_does_not_go_to_the_thread(scene: Scene) -> None:
    """An answer is an answer, also to whoever changes what they have written just before."""
    await asked_for_number(scene)
    message = await scene.member.writes("Liguem amanhã, por favor")
    await scene.member.edits(message, f"Liguem amanhã, por favor: {NUMBER}")
    assert sentence("card-answer-call-number") in scene.card().plain
    assert not leaked(scene)


async def test_a_number_in_reply_to_the_question_does_not_go_to_the_thread(scene: Scene) -> None:
    """Telegram's people swipe to answer."""
    await asked_for_number(scene)
    await scene.member.writes(NUMBER, reply_to=scene.member.sees()[-1].id)
    assert sentence("card-answer-call-number") in scene.card().plain
    assert not leaked(scene)


async def test_a_long_story_goes_on_without_the_number_in_it(scene: Scene) -> None:
    """What is needed is for all helpers, the number for one."""
    await asked_for_number(scene)
    await scene.member.writes(f"O meu número é {NUMBER}. " + "Temos dois filhos e não há comida em casa. " * 5)
    assert "dois filhos" in "\n".join(scene.thread())
    assert "•••• •• •• ••" in "\n".join(scene.thread())
    assert not leaked(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    assert number_seen_by(scene, scene.ann)


async def test_another_number_is_for_the_same_eyes(scene: Scene) -> None:
    """A slip of the finger put right, or a neighbour's telephone: whoever has claimed sees both, the room none."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    second = await scene.member.writes("0470 12 34 57")
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-phone-kept", "pt")
    assert not leaked(scene)
    shown = scene.ann.reads()[-1]
    assert NUMBER in shown
    assert "à noite" in shown
    assert "0470 12 34 57" in shown
    await scene.member.edits(second, "0470 12 34 58")
    assert not leaked(scene)
    assert "0470 12 34 58" in scene.ann.reads()[-1]


async def test_the_number_said_again_is_hidden(scene: Scene) -> None:
    """In words to the helpers, and in a message that is changed."""
    await gave_number(scene)
    message = await scene.member.writes("Por favor liguem para +32 470 12 34 56 hoje")
    await scene.member.edits(message, f"Por favor liguem hoje: {NUMBER}")
    assert "Por favor liguem" in "\n".join(scene.thread())
    assert not leaked(scene)


@pytest.mark.parametrize("typed", ["!ask {}", "{}"])
@pytest.mark.parametrize("edited", [False, True])
async def test_the_number_once_more_is_dots_in_a_new_request_too(scene: Scene, typed: str, edited: bool) -> None:
    """Written at once, or put into words that were not sent yet."""
    await gave_number(scene)
    plea = "Preciso de um médico para a minha mãe, liguem para o"
    message = await scene.member.writes(f"!ask {plea} {'serviço' if edited else NUMBER}")
    if edited:
        await scene.member.edits(message, typed.format(f"{plea} {NUMBER}"))
    await scene.member.presses(sentence("button-send", "pt"))
    assert f"{plea} •••• •• •• ••" in scene.card("K2").plain
    assert "!ask" not in scene.card("K2").plain
    assert not leaked(scene)


@pytest.mark.parametrize("with_photo", [False, True])
async def test_a_number_among_more_is_kept_apart_and_handed_over(scene: Scene, with_photo: bool) -> None:
    """In a long story, or below a photo: whoever has claimed it gets the digits, the others read dots."""
    await asked_for_number(scene)
    await scene.in_thread("!claim")
    if with_photo:
        await scene.member.sends("photo", caption=f"O meu número: {NUMBER}")
    else:
        await scene.member.writes(f"{'Espero há muito tempo por uma resposta. ' * 8}{NUMBER}")
    assert sentence("card-answer-call-number") in scene.card().plain
    assert "•••• •• •• ••" in scene.room_reads()
    assert not leaked(scene)
    assert way(scene).plain == sentence("call-open-chat", name="Ann", code="K1", command="!number K1")
    await opens(scene, scene.ann)
    assert number_seen_by(scene, scene.ann)


STORY = "Temos dois filhos e não há comida em casa. " * 5


@pytest.mark.parametrize("with_photo", [False, True])
async def test_a_number_corrected_in_a_story_takes_the_place_of_the_old_one(scene: Scene, with_photo: bool) -> None:
    """It is as much for one as the first was; the thread shows the words, and not even the wrong number."""
    await asked_for_number(scene)
    await scene.in_thread("!claim")
    if with_photo:
        message = await scene.member.sends("photo", caption=f"O meu número: {NUMBER}")
    else:
        message = await scene.member.writes(f"O meu número é {NUMBER}. {STORY}")
    await opens(scene, scene.ann)
    await scene.member.edits(message, f"Enganei-me, o meu número é 0489 65 43 21. {STORY}")
    assert "Enganei-me, o meu número é •••• •• •• ••" in "\n".join(scene.thread())
    assert "0489" not in scene.room_reads()
    await opens(scene, scene.ann)
    assert "0489 65 43 21" in scene.ann.reads()[-1]
    await scene.member.edits(message, f"Enganei-me, o meu número é 0489 65 43 21. {STORY} Por favor!")
    assert "Por favor!" in scene.thread()[-1]
    assert "0489" not in scene.room_reads()


@pytest.mark.parametrize("how", ["edited", "deleted"])
async def test_a_number_taken_out_of_a_story_is_taken_back(scene: Scene, how: str) -> None:
    """Whoever has it no longer has it, as with one that stood alone."""
    await asked_for_number(scene)
    await scene.in_thread("!claim")
    message = await scene.member.writes(f"O meu número é {NUMBER}. {STORY}")
    await opens(scene, scene.ann)
    assert number_seen_by(scene, scene.ann)
    if how == "edited":
        await scene.member.edits(message, STORY)
    else:
        scene.world.network.happens(Deleted(scene.member.private, message, scene.world.clock.now()))
        await scene.world.settled()
        assert sentence("thread-taken-back", code="K1") in scene.thread()[-1]
    assert not number_seen_by(scene, scene.ann)
    assert sentence("card-answer-call-number") not in scene.card().plain


SECOND = "0489 65 43 21"


async def changes(scene: Scene, message: str, how: str, words: str) -> None:
    if how == "edited":
        await scene.member.edits(message, words)
    else:
        scene.world.network.happens(Deleted(scene.member.private, message, scene.world.clock.now()))
        await scene.world.settled()


def shown(scene: Scene) -> list[str]:
    """The numbers that Ann reads in private now, a line for each message."""
    *_, said = [said for said in scene.ann.reads() if said.startswith(sentence("call-head", code="K1"))] or [""]
    return said.split("\n")[1:-1]


async def test_a_number_that_is_corrected_leaves_the_other_one(scene: Scene) -> None:
    """Of two messages each is a number of its own, whichever of them changes, in however many lines."""
    await asked_for_number(scene)
    first = await scene.member.writes(f"{NUMBER}\nà noite")
    second = await scene.member.writes(SECOND)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    assert shown(scene) == [f"{NUMBER} à noite", SECOND]
    await scene.member.edits(second, "0489 00 00 00")
    assert shown(scene) == [f"{NUMBER} à noite", "0489 00 00 00"]
    await scene.member.edits(first, "0470 99 99 99\nde manhã")
    assert shown(scene) == ["0470 99 99 99 de manhã", "0489 00 00 00"]


@pytest.mark.parametrize("how", ["edited", "deleted"])
@pytest.mark.parametrize("which", [0, 1])
async def test_a_number_that_is_taken_back_leaves_the_other_one(scene: Scene, which: int, how: str) -> None:
    """And when that one goes as well, there is none."""
    await asked_for_number(scene)
    given = [await scene.member.writes(number) for number in (NUMBER, SECOND)]
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await changes(scene, given.pop(which), how, "Já não")
    assert shown(scene) == [(SECOND, NUMBER)[which]]
    await changes(scene, given.pop(), how, "Já não")
    assert shown(scene) == []
    assert sentence("card-answer-call-number") not in scene.card().plain


@pytest.mark.parametrize("how", ["edited", "deleted"])
async def test_a_number_from_a_story_and_one_by_itself_are_taken_back_each(scene: Scene, how: str) -> None:
    """What goes from the story does not stay because the other one does."""
    await asked_for_number(scene)
    story = await scene.member.writes(f"O meu número é {NUMBER}. {STORY}")
    second = await scene.member.writes(SECOND)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    assert shown(scene) == [NUMBER, SECOND]
    await changes(scene, story, how, STORY)
    assert shown(scene) == [SECOND]
    await changes(scene, second, how, "Já não")
    assert shown(scene) == []


async def test_a_number_that_becomes_words_is_heard_and_can_become_one_again(scene: Scene) -> None:
    """Whoever must not be called says so in its place; what is a number then is for the same eyes as before."""
    await asked_for_number(scene)
    first = await scene.member.writes(NUMBER)
    await scene.member.writes(SECOND)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await scene.member.edits(first, "Não liguem, ele está em casa")
    assert "Não liguem, ele está em casa" in "\n".join(scene.thread())
    assert shown(scene) == [SECOND]
    await scene.member.edits(first, NUMBER)
    assert shown(scene) == [NUMBER, SECOND]
    await scene.member.edits(first, "0470 12")
    assert shown(scene) == ["0470 12", SECOND]
    await scene.member.edits(first, "0470 00 00 01")
    assert shown(scene) == ["0470 00 00 01", SECOND]
    assert not leaked(scene)
    assert "0489" not in scene.room_reads()


async def test_words_that_become_the_first_number_are_for_its_claimer(scene: Scene) -> None:
    await asked_for_number(scene)
    message = await scene.member.writes("Escrevo já o número")
    await scene.in_thread("!claim")
    await scene.member.edits(message, NUMBER)
    assert not leaked(scene)
    await opens(scene, scene.ann)
    assert shown(scene) == [NUMBER]


async def test_a_new_number_beside_the_known_one_is_for_the_same_eyes(scene: Scene) -> None:
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await scene.member.writes(f"{NUMBER} / {SECOND}")
    assert "0489" not in scene.room_reads()
    assert SECOND in "\n".join(shown(scene))


async def test_all_numbers_in_the_answer_are_kept_apart(scene: Scene) -> None:
    """ "If I do not answer, call my sister": hers is nobody else's business either."""
    await asked_for_number(scene)
    await scene.in_thread("!claim")
    await scene.member.writes(f"O meu é {NUMBER}, o da minha irmã 0489 65 43 21. {STORY}")
    assert "O meu é •••• •• •• ••, o da minha irmã •••• •• •• ••." in scene.room_reads()
    await opens(scene, scene.ann)
    assert f"{NUMBER}, 0489 65 43 21" in "\n".join(scene.ann.reads())


@pytest.mark.parametrize("first", [WITH_WORDS, f"O meu número é {NUMBER}. {STORY}"], ids=["alone", "in a story"])
async def test_a_number_that_stands_in_two_messages_is_not_taken_back_in_one(scene: Scene, first: str) -> None:
    """Another one put in its place comes beside it: who knows which of them is right."""
    await asked_for_number(scene)
    await scene.in_thread("!claim")
    await scene.member.writes(first)
    message = await scene.member.writes(f"Liguem para o {NUMBER}, por favor. {STORY}")
    await scene.member.edits(message, f"Liguem para o 0489 65 43 21, por favor. {STORY}")
    assert "0489" not in scene.room_reads()
    await opens(scene, scene.ann)
    shown = scene.ann.reads()[-1]
    assert NUMBER in shown
    assert "0489 65 43 21" in shown
    await scene.member.edits(message, STORY)
    assert sentence("card-answer-call-number") in scene.card().plain
    assert not leaked(scene)


async def test_a_number_that_comes_later_is_kept_apart_too(scene: Scene) -> None:
    """They had skipped the question; the helper asked again."""
    await asked_for_number(scene)
    await scene.member.presses(sentence("button-skip", "pt"))
    await scene.in_thread("!claim")
    await scene.in_thread("!r Op welk nummer kunnen we u bellen?")
    await scene.member.writes(NUMBER)
    assert not leaked(scene)
    assert sentence("thread-number", code="K1") in scene.thread()
    assert way(scene)


# --- handed over -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["link", "typed"])
async def test_whoever_claims_gets_it_in_private(scene: Scene, how: str) -> None:
    """The thread leads there: by a link, or by what to type where links carry nothing."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    told = sentence("call-open-chat", name="Ann", code="K1", command="!number K1")
    assert way(scene).plain == told
    assert way(scene).button(sentence("button-get-number")).url == "https://paper.example/?start=c-K1"
    await opens(scene, scene.ann, how)
    shown = scene.ann.sees()[-1]
    assert shown.plain.split("\n") == [sentence("call-head", code="K1"), WITH_WORDS, sentence("call-hint")]
    assert shown.labels == [sentence("button-reached"), sentence("button-not-reached")]
    assert not leaked(scene)


@pytest.mark.parametrize("how", ["link", "typed"])
async def test_nobody_else_gets_it(scene: Scene, how: str) -> None:
    """Not before it is claimed, not a colleague, not a stranger; and the answer does not tell whether there is one."""
    await gave_number(scene)
    await opens(scene, scene.ann, how)
    await scene.in_thread("!claim", scene.ann)
    stranger = scene.world.somebody("Eve")
    for who in (scene.bob, stranger):
        await opens(scene, who, how)
        assert who.reads()[-1] == sentence("call-not-yours", code="K1")
        assert not number_seen_by(scene, who)
        await opens(scene, who, how, "K9")
        assert who.reads()[-1] == sentence("call-not-yours", code="K9")
    assert not number_seen_by(scene, scene.ann)


async def test_whoever_has_a_private_chat_already_gets_the_next_one_there(scene: Scene) -> None:
    """The thread says so, and shows nothing."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    other = scene.world.somebody("Rui", language="pt")
    await scene.asks("Preciso de um médico para a minha mãe", other)
    for key in ("button-skip", "button-skip", "wont-say", "answer-call"):
        await other.presses(sentence(key, "pt"))
    await other.writes("0499 99 88 77")
    await scene.in_thread("!claim", code="K2")
    assert "0499 99 88 77" in scene.ann.reads()[-1]
    assert sentence("call-sent", code="K2", name="Ann") in scene.thread("K2")
    assert "0499" not in scene.room_reads()


async def test_a_helper_who_writes_in_private_is_not_taken_for_somebody_in_need(scene: Scene) -> None:
    """No first screen, no Send; with `ask` they can still ask for somebody."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await scene.ann.writes("/start")
    await opens(scene, scene.ann)
    await scene.ann.writes("Ik heb haar gesproken, alles goed")
    assert scene.ann.reads()[-1] == sentence("helper-in-private")
    assert "alles goed" not in scene.room_reads()
    await scene.ann.writes("!ask Ik zoek een slaapplaats voor een jongen van 16 jaar")
    await scene.ann.presses(sentence("button-send"))
    assert "slaapplaats" in scene.card("K2").plain


async def test_a_private_chat_that_others_have_joined_gets_nothing(scene: Scene) -> None:
    """The way leads to another one."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await scene.in_thread("!release")
    scene.world.network.kinds[scene.ann.private.id] = ChatKind.GROUP
    await scene.bob.writes("Hallo", scene.ann.private)
    await scene.in_thread("!claim")
    assert not number_seen_by(scene, scene.ann)


async def test_number_below_the_card_leads_there_again(scene: Scene) -> None:
    """For the claimer alone."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await scene.in_thread("!number")
    assert len([said for said in scene.ann.reads() if NUMBER in said]) == 1
    await scene.in_thread("!number", scene.bob)
    assert sentence("call-not-yours", code="K1") == scene.ann.reads(scene.room)[-1]
    assert not leaked(scene)


# --- taken away ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["!release", "!close helped", "lapse", "deleted"])
async def test_whoever_no_longer_looks_after_it_no_longer_has_the_number(scene: Scene, how: str) -> None:
    """Released, closed, lapsed, or taken back by the member: the message is withdrawn, and the link is dead."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    assert number_seen_by(scene, scene.ann)
    if how == "lapse":
        for _ in range(40):
            await scene.world.advance(timedelta(hours=1))
    elif how == "deleted":
        await scene.member.edits(_message_with_number(scene), "prefiro não dar o número")
    else:
        await scene.in_thread(how)
    assert not number_seen_by(scene, scene.ann)
    await opens(scene, scene.ann)
    assert not number_seen_by(scene, scene.ann)


async def test_it_goes_from_every_chat_in_which_they_have_asked_for_it(scene: Scene) -> None:
    """On Matrix somebody may have two with the bot."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    other = scene.world.network.chat("other", ChatKind.PRIVATE, "Ann")
    for chat in (scene.ann.private, other, scene.ann.private):
        await scene.ann.writes("!number K1", chat)
        assert NUMBER in scene.ann.reads(chat)[-1]
    await scene.in_thread("!release")
    assert not any(NUMBER in said for chat in (scene.ann.private, other) for said in scene.ann.reads(chat))


async def test_it_goes_from_a_chat_that_somebody_else_joins(scene: Scene) -> None:
    """The claimer can ask for it elsewhere."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    at = scene.world.clock.now()
    scene.world.network.happens(Joined(scene.ann.private, ChatKind.GROUP, scene.bob.person, at))
    await scene.world.settled()
    assert not number_seen_by(scene, scene.ann)
    other = scene.world.network.chat("other", ChatKind.PRIVATE, "Ann")
    await scene.ann.writes("!number K1", other)
    assert NUMBER in scene.ann.reads(other)[-1]


def _message_with_number(scene: Scene) -> str:
    return next(m.id for m in scene.world.network.messages(scene.member.private) if m.plain == WITH_WORDS)


async def test_the_next_claimer_gets_it_and_the_first_may_claim_again(scene: Scene) -> None:
    """One at a time."""
    await gave_number(scene)
    await scene.in_thread("!claim", scene.ann)
    await opens(scene, scene.ann)
    await scene.in_thread("!release", scene.ann)
    await scene.in_thread("!claim", scene.bob)
    await opens(scene, scene.bob)
    assert [number_seen_by(scene, scene.ann), number_seen_by(scene, scene.bob)] == [False, True]
    await scene.in_thread("!release", scene.bob)
    await scene.in_thread("!claim", scene.ann)
    assert [number_seen_by(scene, scene.ann), number_seen_by(scene, scene.bob)] == [True, False]


async def test_opened_again_the_claimer_has_it_again(scene: Scene) -> None:
    """By a helper, or by the member's words."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await scene.in_thread("!close helped")
    await scene.member.writes("Ainda estamos à espera aqui em casa")
    assert number_seen_by(scene, scene.ann)


async def test_a_changed_number_takes_the_place_of_the_old_one(scene: Scene) -> None:
    """The room hears nothing of it."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await scene.member.edits(_message_with_number(scene), "0470 99 99 99")
    assert "0470 99 99 99" in scene.ann.reads()[-1]
    assert NUMBER not in "\n".join(scene.ann.reads())
    assert not leaked(scene)


# --- how the call went -----------------------------------------------------------------------------------------------


async def test_reached_is_one_tap(scene: Scene) -> None:
    """The card and the thread say when, and the member counts as answered."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    before = scene.member.reads()
    await scene.ann.presses(sentence("button-reached"))
    told = sentence("called-reached", at="10:00")
    assert told in scene.card().plain
    assert told in scene.thread()
    assert sentence("card-answered") in scene.card().plain
    assert scene.member.reads() == before


async def test_not_reached_tells_the_member(scene: Scene) -> None:
    """In their language; the second try can succeed."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    await scene.ann.presses(sentence("button-not-reached"))
    await scene.ann.presses(sentence("button-not-reached"))
    assert scene.member_reads().count(sentence("ready-not-reached", "pt")) == 1
    assert sentence("called-not-reached", at="10:00") in scene.card().plain
    await scene.world.advance(timedelta(hours=2))
    await scene.ann.presses(sentence("button-reached"))
    assert sentence("called-reached", at="12:00") in scene.card().plain


async def test_an_old_button_of_somebody_who_let_go_does_nothing(scene: Scene) -> None:
    """The network could not take the message away."""
    await gave_number(scene)
    await scene.in_thread("!claim")
    await opens(scene, scene.ann)
    shown = scene.ann.sees()[-1]
    await scene.in_thread("!release")
    before = scene.room_reads()
    await scene.ann.presses(sentence("button-reached"), message=shown)
    assert scene.room_reads() == before
    assert scene.world.network.toasts[-1][1] == sentence("call-not-yours", code="K1")
