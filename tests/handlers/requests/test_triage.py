"""The coordination room: cards, claiming, replies and their echoes, notes, closing, lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from msgspec.structs import replace as changed
from sqlalchemy import select

from bot.content import LanguageName, say
from bot.domain.chats import Pairing
from bot.incoming import Message
from bot.model import Chat, ChatKind, Text
from bot.ports import Gone, NotSent, Refused, SendError
from bot.store.tables import event
from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, sentence
from tests.world import POLICY, Somebody

PLEA = "Preciso de comida para os meus dois filhos"
MORE = "Ainda estamos à espera aqui em casa"
REPLY = "Morgen om 10:00 kunt u een pakket halen"


async def events(scene: Scene, code: str = "K1") -> list[str]:
    query = select(event.c.what).where(event.c.subject == code).order_by(event.c.id)
    return list(await scene.world.app.unit(lambda tx: list(tx.connection.execute(query).scalars())))


# --- the card --------------------------------------------------------------------------------------------------------


async def test_a_card_tells_what_helpers_need_and_nothing_more(scene: Scene) -> None:
    """No name, no id; the words and what they are in."""
    await scene.asks()
    card = scene.card()
    assert card.plain.split("\n") == [
        sentence("card-open", code="K1"),
        sentence("card-language", language=LanguageName("pt")),
        sentence("card-since", since="10:00"),
        sentence("card-unanswered"),
        "",
        PLEA,
        sentence("note-untranslated", language=LanguageName("pt")),
        "",
        sentence("card-hint"),
    ]
    assert card.labels == [sentence(f"button-{step}") for step in ("claim", "reply", "close", "ready")]
    for secret in ("Maria", scene.member.person.id, scene.member.private.id):
        assert secret not in scene.room_reads()


async def test_the_card_brings_the_translation_and_the_original(translated: Scene) -> None:
    """The machine's work is marked as such."""
    await translated.asks()
    lines = translated.card().plain.split("\n")
    at = lines.index("Ik heb eten nodig voor mijn twee kinderen")
    assert lines[at + 1 : at + 3] == [sentence("label-machine"), PLEA]


async def test_a_late_translation_is_edited_into_the_card(translated: Scene) -> None:
    """A failing translator does not hold up a plea."""
    translated.engine.down = True
    await translated.asks()
    await translated.world.advance(timedelta(seconds=21))
    assert sentence("note-untranslated", language=LanguageName("pt")) in translated.card().plain
    translated.engine.down = False
    await translated.world.advance(timedelta(seconds=30))
    assert "Ik heb eten nodig" in translated.card().plain


async def test_words_said_while_an_engine_is_started_anew_are_translated_in_the_end(translated: Scene) -> None:
    """That takes it some minutes, for the models that it has to load."""
    translated.engine.down = True
    await translated.asks()
    for _ in range(20):
        await translated.world.advance(timedelta(seconds=15))
    translated.engine.down = False
    for _ in range(8):
        await translated.world.advance(timedelta(seconds=15))
    assert "Ik heb eten nodig" in translated.card().plain


async def test_an_engine_that_comes_back_in_the_night_is_asked_again(translated: Scene) -> None:
    """In the morning the helpers read everything, and the member the answer, with a line for which the phone rings;
    nobody had to try again."""
    await translated.asks()
    translated.engine.down = True
    await translated.member.writes(MORE)
    await translated.in_thread(f"!r {REPLY}")
    for _ in range(60):
        await translated.world.advance(timedelta(minutes=1))
    assert "Amanhã às 10:00" not in translated.member_reads()
    translated.engine.down = False
    for _ in range(20):
        await translated.world.advance(timedelta(minutes=1))
    assert any("Wij wachten hier" in said for said in translated.thread())
    assert "Amanhã às 10:00" in translated.member_reads()
    assert sentence("answer-readable", "pt") in translated.member.reads()[-1]


async def test_nobody_asks_for_the_words_of_a_closed_request_again(translated: Scene) -> None:
    """Nobody reads them."""
    translated.engine.down = True
    await translated.asks()
    for _ in range(20):
        await translated.world.advance(timedelta(minutes=1))
    await translated.in_thread("!close helped")
    translated.engine.down = False
    for _ in range(60):
        await translated.world.advance(timedelta(minutes=1))
    assert PLEA not in translated.engine.asked


async def test_a_day_later_the_card_says_the_date(scene: Scene) -> None:
    """Since 10:00 is no longer enough."""
    await scene.asks()
    await scene.world.advance(timedelta(days=1))
    assert "23 november 2026" in scene.card().plain


# --- claiming --------------------------------------------------------------------------------------------------------


async def test_the_first_to_claim_has_it_and_the_second_is_told(scene: Scene) -> None:
    """By button and by command alike."""
    await scene.asks()
    await scene.ann.presses(sentence("button-claim"), scene.room)
    assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name="Ann"))
    await scene.bob.presses(sentence("button-claim"), scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("request-is-claimed", code="K1", name="Ann")
    await scene.in_thread("!claim", scene.bob)
    assert sentence("request-is-claimed", code="K1", name="Ann") in scene.room_reads()
    assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name="Ann"))
    assert await events(scene) == ["created", "claimed"]


async def test_the_member_hears_that_somebody_is_on_it(scene: Scene) -> None:
    """Once, without a name."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread("!release")
    await scene.in_thread("!claim", scene.bob)
    said = [text for text in scene.member.reads() if text == sentence("request-claimed", "pt", code="K1")]
    assert len(said) == 1
    assert "Ann" not in scene.member_reads()


async def test_claiming_twice_is_explained(scene: Scene) -> None:
    """Nothing happens, and it is said."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread("!claim")
    assert scene.ann.reads(scene.room)[-1] == sentence("request-is-yours", code="K1")


async def test_a_claim_can_be_released_and_taken_by_another(scene: Scene) -> None:
    """Its card says so each time."""
    await scene.asks()
    await scene.ann.writes("!claim K1", scene.room)
    await scene.bob.writes("/release k1", scene.room)
    assert scene.card().plain.startswith(sentence("card-open", code="K1"))
    await scene.bob.writes("/claim #K1", scene.room)
    assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name="Bob"))
    assert await events(scene) == ["created", "claimed", "released", "claimed"]


async def test_releasing_what_nobody_has_is_explained(scene: Scene) -> None:
    """A wrong order of commands breaks nothing."""
    await scene.asks()
    await scene.in_thread("!release")
    assert scene.ann.reads(scene.room)[-1] == sentence("request-is-not-claimed", code="K1")


async def test_numbers_as_reactions_press_the_cards_buttons(scene: Scene) -> None:
    """The first is Claim, as in the list that such networks show."""
    await scene.asks()
    await scene.ann.reacts("1\ufe0f\u20e3", scene.card().id, scene.room)
    assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name="Ann"))


# --- notes -----------------------------------------------------------------------------------------------------------


async def test_what_is_typed_below_the_card_stays_in_the_room(scene: Scene) -> None:
    """A note is the default; a reply is an act. The bot keeps silent."""
    await scene.asks()
    before = len(scene.member.reads()), len(scene.ann.reads(scene.room))
    note = await scene.in_thread("Ik ken deze familie van vorig jaar")
    await scene.bob.writes("Ik ook", scene.room, reply_to=note)
    assert (len(scene.member.reads()), len(scene.ann.reads(scene.room))) == before
    lines = await scene.world.app.unit(lambda tx: tx.requests.lines(1))
    assert [line.author for line in lines] == ["member", "note", "note"]


async def test_a_note_can_be_kept_from_anywhere_in_the_room(scene: Scene) -> None:
    """With its code, and then it is confirmed."""
    await scene.asks()
    await scene.ann.writes("!note K1 gebeld, niemand thuis", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("note-kept", code="K1")
    lines = await scene.world.app.unit(lambda tx: tx.requests.lines(1))
    assert [line.author for line in lines] == ["member", "note"]
    assert "niemand thuis" not in scene.member_reads()


@pytest.mark.parametrize("typed", ["r morgen om 10 uur", "R: morgen om 10 uur", "reply morgen om 10 uur"])
async def test_a_reply_without_its_stroke_is_a_note_and_says_so(scene: Scene, typed: str) -> None:
    """Nobody should wait for an answer that was never sent."""
    await scene.asks()
    await scene.in_thread(typed)
    assert scene.ann.reads(scene.room)[-1] == sentence("note-only", code="K1")
    assert "morgen" not in scene.member_reads()


async def test_helpers_talk_among_themselves_undisturbed(scene: Scene) -> None:
    """Outside of threads nothing is kept and nothing said."""
    await scene.asks()
    before = scene.ann.reads(scene.room)
    await scene.ann.writes("Goedemorgen allemaal, koffie?", scene.room)
    await scene.ann.writes("", scene.room, unsupported="poll")
    assert scene.ann.reads(scene.room) == before


# --- replies ---------------------------------------------------------------------------------------------------------


async def test_a_reply_reaches_the_member_with_the_original_under_it(translated: Scene) -> None:
    """So that somebody at a reception desk can read it, too."""
    await translated.asks()
    await translated.in_thread(f"!r {REPLY}")
    assert translated.member.reads()[-1].split("\n") == [
        sentence("answer-head", "pt", code="K1"),
        "Amanhã às 10:00 pode vir buscar um cabaz",
        sentence("label-machine", "pt"),
        REPLY,
    ]


async def test_the_thread_shows_exactly_what_the_member_got(translated: Scene) -> None:
    """In both languages, and whether it was delivered: one message, edited."""
    await translated.asks()
    await translated.in_thread(f"!r {REPLY}")
    (echo,) = [said for said in translated.thread() if REPLY in said]
    assert echo.split("\n") == [
        sentence("echo-from", code="K1", name="Ann", language=LanguageName("pt")),
        *translated.member.reads()[-1].split("\n")[1:],
        sentence("echo-delivered", at="10:00"),
    ]


async def test_without_an_engine_the_member_gets_the_words_themselves(scene: Scene) -> None:
    """Marked as not translated, and the echo shows it."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    note = sentence("note-untranslated", "pt", language=LanguageName("nl"))
    assert scene.member.reads()[-1].split("\n")[1:] == [REPLY, note]
    assert note in scene.thread()[-1]
    assert sentence("card-answered") in scene.card().plain


async def test_a_reply_in_the_members_own_language_needs_no_translation(translated: Scene) -> None:
    """A helper who speaks Portuguese."""
    await translated.asks()
    await translated.in_thread("!r Amanhã às dez horas pode vir buscar a comida aqui")
    assert translated.member.reads()[-1].split("\n")[1:] == ["Amanhã às dez horas pode vir buscar a comida aqui"]
    assert translated.engine.asked == [PLEA]


async def test_a_reply_waits_for_a_slow_engine_only_so_long(translated: Scene) -> None:
    """First the original with a note; the translation is edited in when it comes, in the echo too."""
    await translated.asks()
    translated.engine.down = True
    await translated.in_thread(f"!r {REPLY}")
    await translated.world.advance(timedelta(seconds=4))
    assert sentence("echo-on-its-way") in translated.thread()[-1]
    assert REPLY not in translated.member_reads()
    await translated.world.advance(timedelta(seconds=17))
    assert REPLY in translated.member.reads()[-1]
    assert sentence("note-untranslated", "pt", language=LanguageName("nl")) in translated.member.reads()[-1]
    translated.engine.down = False
    await translated.world.advance(timedelta(seconds=30))
    assert "Amanhã às 10:00" in translated.member.reads()[-1]
    assert "Amanhã às 10:00" in translated.thread()[-1]
    assert sentence("echo-delivered", at="10:00") in translated.thread()[-1]


async def test_a_translation_the_checks_distrust_is_not_sent(translated: Scene) -> None:
    """A phone number has changed: the member gets the original, the thread says why."""
    await translated.asks()
    await translated.in_thread("!r Bel ons op het nummer 02 511 22 33 alstublieft")
    assert "02 511 99 99" not in translated.member_reads()
    assert sentence("note-doubtful", "pt") in translated.member.reads()[-1]
    assert f"{sentence('finding-phone-changed')}\n02 511 22 33" in translated.thread()[-1]
    assert sentence("note-doubtful", "pt") in translated.thread()[-1]


async def test_r_without_thread_and_code_goes_nowhere(scene: Scene) -> None:
    """It is refused with an explanation."""
    await scene.asks()
    await scene.ann.writes(f"!r {REPLY}", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-needs-request")
    assert REPLY not in scene.member_reads()


@pytest.mark.parametrize("before", ["r K1", "R: k1:", "K1 /r", "#k1: !r", "!rK1", "! r K1"])
async def test_what_names_somebody_and_is_no_command_does_not_pass_for_an_answer(scene: Scene, before: str) -> None:
    """Whoever wrote it beside the cards would believe that the person has it."""
    await scene.asks()
    await scene.ann.writes(f"{before} {REPLY}", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-needs-request")
    assert REPLY not in scene.member_reads()


@pytest.mark.parametrize(
    "words", ["K1 belt morgen terug", "r u there?", "Reply as soon as you can", "K1", "/r/brussel"]
)
async def test_talk_about_somebody_is_no_answer(scene: Scene, words: str) -> None:
    """Only what looks sent is remarked on."""
    await scene.asks()
    before = scene.ann.reads(scene.room)
    await scene.ann.writes(words, scene.room)
    assert scene.ann.reads(scene.room) == before


async def test_an_answer_that_is_forwarded_is_none(scene: Scene) -> None:
    """Somebody shows the others how it is done, or what they wrote last week."""
    await scene.asks()
    network, text = scene.world.network, Text(f"/r K1 {REPLY}")
    at = scene.world.clock.now()
    network.happens(Message(scene.room, ChatKind.GROUP, scene.ann.person, "f1", at, text, forwarded=True))
    await scene.world.settled()
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-needs-request")
    assert REPLY not in scene.member_reads()


async def test_a_command_that_is_forwarded_is_what_was_said_elsewhere(scene: Scene) -> None:
    """It closes no request; in its thread it is a note, as all words there are."""
    await scene.asks()
    network, card = scene.world.network, scene.card()
    for id, thread in (("f1", None), ("f2", card.id)):
        words, at = Text("/close K1 helped"), scene.world.clock.now()
        said = Message(scene.room, ChatKind.GROUP, scene.ann.person, id, at, words, thread, thread, forwarded=True)
        network.happens(said)
        await scene.world.settled()
    assert [request.code for request in await scene.world.app.unit(lambda tx: tx.requests.open())] == ["K1"]
    lines = await scene.world.app.unit(lambda tx: tx.requests.lines(tx.requests.open()[0].id))
    assert [line.author for line in lines][-1] == "note"


async def test_a_command_that_a_member_forwards_in_private_is_carried_out(scene: Scene) -> None:
    """Whoever helps them has sent it; and other words that are forwarded are a request like any."""
    network = scene.world.network
    for id, words in (("f1", "Preciso de um médico para a minha mãe"), ("f2", "/my")):
        at = scene.world.clock.now()
        said = Message(scene.member.private, ChatKind.PRIVATE, scene.member.person, id, at, Text(words), forwarded=True)
        network.happens(said)
        await scene.world.settled()
        if id == "f1":
            await scene.member.presses(sentence("button-send", "pt"))
    assert "Preciso de um médico" in scene.card().plain
    assert "K1" in scene.member.reads()[-1]


async def test_r_with_two_codes_goes_to_nobody(scene: Scene) -> None:
    """One of them would have got it, with the other's code."""
    await scene.asks()
    await scene.asks("Preciso de um médico para a minha mãe", scene.world.somebody("Rui", language="pt"))
    await scene.ann.writes(f"!r K1 K2 {REPLY}", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-two-requests", code="K2", thread="K1")
    assert REPLY not in scene.member_reads()


@pytest.mark.parametrize("code", ["k1", "#K1", "K 1", "k١", "K1:", "K1 ,"])
async def test_r_with_a_code_works_anywhere_in_the_room(scene: Scene, code: str) -> None:
    """The echo stands in the thread all the same."""
    await scene.asks()
    await scene.ann.writes(f"/r {code} {REPLY}", scene.room)
    assert scene.member.reads()[-1].split("\n")[1] == REPLY
    assert REPLY in scene.thread()[-1]


@pytest.mark.parametrize("code", ["K2", "k 2"])
async def test_r_below_one_card_with_the_code_of_another_is_refused(scene: Scene, code: str) -> None:
    """Replies must not reach the wrong person."""
    await scene.asks()
    other = scene.world.somebody("Rui", language="pt")
    await scene.asks("Preciso de um médico para a minha mãe", other)
    await scene.in_thread(f"!r {code} {REPLY}")
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-two-requests", code="K2", thread="K1")
    assert REPLY not in scene.member_reads() + "\n".join(other.reads())


@pytest.mark.parametrize("typed", ["!r", "!r   ", "!r K1", "!r 😢", "!r ..."])
async def test_an_empty_reply_is_not_sent(scene: Scene, typed: str) -> None:
    """How to write one is explained."""
    await scene.asks()
    before = scene.member.reads()
    await scene.in_thread(typed)
    assert scene.member.reads() == before
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-how", code="K1")


async def test_r_to_an_unknown_code_says_so(scene: Scene) -> None:
    """Nothing is guessed."""
    await scene.asks()
    await scene.ann.writes(f"!r K77 {REPLY}", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("no-such-request", code="K77")


async def test_a_reply_in_a_closed_request_is_explained(scene: Scene) -> None:
    """Open it first."""
    await scene.asks()
    await scene.in_thread("!close helped")
    await scene.in_thread(f"!r {REPLY}")
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-is-closed", code="K1")
    await scene.in_thread("!reopen")
    await scene.in_thread(f"!r {REPLY}")
    assert REPLY in scene.member.reads()[-1]


async def test_two_helpers_at_once_both_arrive_and_both_are_seen(scene: Scene) -> None:
    """In order."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}", scene.ann)
    await scene.in_thread("!r Vandaag is er helaas niemand aanwezig", scene.bob)
    assert REPLY in scene.member.reads()[-2]
    assert "Vandaag" in scene.member.reads()[-1]
    assert REPLY in scene.thread()[-3]
    assert "Vandaag" in scene.thread()[-2]


async def test_an_answer_to_an_echo_belongs_to_its_request(scene: Scene) -> None:
    """On a network without threads a conversation is a chain of replies."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    echo = next(m for m in scene.ann.sees(scene.room) if REPLY in m.plain)
    await scene.bob.writes("!r Breng een tas mee alstublieft", scene.room, reply_to=echo.id)
    assert "Breng een tas mee" in scene.member.reads()[-1]


async def test_the_reply_button_explains_how(scene: Scene) -> None:
    """To the presser, and in the thread, where the answer can be given."""
    await scene.asks()
    await scene.ann.presses(sentence("button-reply"), scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("reply-how", code="K1")
    how = next(m for m in scene.ann.sees(scene.room) if m.plain == sentence("reply-how", code="K1"))
    await scene.ann.writes(f"/r {REPLY}", scene.room, reply_to=how.id)
    assert REPLY in scene.member.reads()[-1]


async def test_a_long_reply_arrives_whole(scene: Scene) -> None:
    """Cut where the network asks for it."""
    await scene.asks()
    words = " ".join(f"Zin {number} van een heel lang antwoord." for number in range(400))
    await scene.in_thread(f"!r {words}")
    assert "Zin 399 van" in scene.member_reads()


# --- out of reach ----------------------------------------------------------------------------------------------------


async def test_a_member_who_blocked_the_bot_is_out_of_reach(scene: Scene) -> None:
    """The echo says that it was not delivered, the thread and the card why."""
    await scene.asks()
    scene.world.network.faults.append(Gone("Forbidden: bot was blocked by the user"))
    await scene.in_thread(f"!r {REPLY}")
    unreachable = sentence("member-unreachable", network="Paper")
    assert unreachable in scene.card().plain
    assert unreachable in scene.thread()
    echo = next(said for said in scene.thread() if REPLY in said)
    assert sentence("echo-unreachable", network="Paper") in echo
    await scene.member.writes("Estou de volta, desculpem")
    assert unreachable not in scene.card().plain
    assert scene.thread().count(sentence("member-reachable", network="Paper")) == 1


async def test_a_reply_to_somebody_who_had_left_says_so_at_once(scene: Scene) -> None:
    """They blocked the bot long before."""
    await scene.asks()
    await scene.member.blocks_the_bot()
    assert sentence("member-unreachable", network="Paper") in scene.thread()
    await scene.in_thread(f"!r {REPLY}")
    assert sentence("echo-unreachable", network="Paper") in scene.thread()[-1]
    await scene.world.settled()


async def test_a_member_who_lets_the_bot_in_again_is_in_reach(scene: Scene) -> None:
    """The card says so before they write."""
    await scene.asks()
    await scene.member.blocks_the_bot()
    await scene.world.adds_bot(scene.member, scene.member.private)
    await scene.member.writes("Olá")
    assert sentence("member-unreachable", network="Paper") not in scene.card().plain
    assert scene.thread().count(sentence("member-reachable", network="Paper")) == 1
    await scene.in_thread(f"!r {REPLY}")
    assert REPLY in scene.member.reads()[-1]


async def test_a_member_who_writes_again_is_in_reach(scene: Scene) -> None:
    """Also when the network has not told that they let the bot in, and they have said nothing yet."""
    await scene.asks()
    await scene.member.blocks_the_bot()
    await scene.member.writes("/start")
    assert sentence("member-unreachable", network="Paper") not in scene.card().plain


async def test_a_member_who_lets_the_bot_in_again_goes_on_where_they_were(scene: Scene) -> None:
    """Telegram then says `start` for them: their answer stands below their card, and waits for no Send."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    await scene.member.blocks_the_bot()
    await scene.member.writes("/start")
    assert scene.member.reads()[-1].startswith(sentence("my-open", "pt", code="K1"))
    await scene.member.writes("Somos quatro pessoas")
    assert any("Somos quatro pessoas" in said for said in scene.thread())
    assert scene.member.reads()[-1] == sentence("request-continues", "pt", code="K1")


@pytest.mark.parametrize("why", [Refused("message is too strange"), Gone("Forbidden: bot was blocked by the user")])
async def test_an_answer_that_never_arrived_is_none(scene: Scene, why: SendError) -> None:
    """The member still waits, and the room is told so in time; until it arrives after all."""
    await scene.asks()
    scene.world.network.faults.append(why)
    await scene.in_thread(f"!r {REPLY}")
    assert sentence("card-unanswered") in scene.card().plain
    await scene.world.advance(POLICY.patience.remind)
    assert sentence("waiting-thread", code="K1", since=time(10)) in scene.thread()
    await scene.world.adds_bot(scene.member, scene.member.private)
    await scene.in_thread(f"!r {REPLY}")
    assert sentence("card-answered") in scene.card().plain


async def test_an_answer_beside_one_that_never_arrived_counts(scene: Scene) -> None:
    """The member has that one."""
    await scene.asks()
    await scene.in_thread(f"!r {REPLY}")
    scene.world.network.faults.append(Refused("message is too strange"))
    await scene.in_thread("!r Tot morgen")
    assert sentence("card-answered") in scene.card().plain


async def test_a_reply_the_network_refuses_says_why(scene: Scene) -> None:
    """The chat itself stays reachable."""
    await scene.asks()
    scene.world.network.faults.append(Refused("message is too strange"))
    await scene.in_thread(f"!r {REPLY}")
    assert sentence("echo-failed", reason="message is too strange") in scene.thread()[-1]


# --- closing ---------------------------------------------------------------------------------------------------------


async def test_closing_tells_the_member_and_asks_nothing(scene: Scene) -> None:
    """The card keeps how it ended; its one button opens it again."""
    await scene.asks()
    await scene.in_thread("!close referred")
    assert scene.member.reads()[-1] == sentence("request-closed", "pt", code="K1")
    card = scene.card()
    assert card.plain.startswith(sentence("card-closed", code="K1", outcome=sentence("outcome-referred")))
    assert card.labels == [sentence("button-reopen")]
    await scene.bob.presses(sentence("button-reopen"), scene.room)
    assert scene.card().plain.startswith(sentence("card-open", code="K1"))
    assert await events(scene) == ["created", "closed", "reopened"]


@pytest.mark.parametrize("typed", ["!close", "!close zomaar", None])
async def test_closing_needs_an_outcome(scene: Scene, typed: str | None) -> None:
    """Without one the room chooses."""
    await scene.asks()
    if typed is None:
        await scene.ann.presses(sentence("button-close"), scene.room)
    else:
        await scene.in_thread(typed)
    await scene.ann.presses(sentence("outcome-helped"), scene.room)
    assert scene.card().plain.startswith(sentence("card-closed", code="K1", outcome=sentence("outcome-helped")))


async def test_closing_twice_is_explained(scene: Scene) -> None:
    """The first outcome stays."""
    await scene.asks()
    await scene.in_thread("!close helped")
    await scene.in_thread("!close other")
    assert scene.ann.reads(scene.room)[-1] == sentence("request-is-closed", code="K1")
    assert sentence("outcome-helped") in scene.card().plain


async def test_opening_what_is_open_is_explained(scene: Scene) -> None:
    """Nothing changes."""
    await scene.asks()
    await scene.in_thread("!reopen")
    assert scene.ann.reads(scene.room)[-1] == sentence("request-is-not-closed", code="K1")


# --- looking ---------------------------------------------------------------------------------------------------------


async def two(scene: Scene) -> Somebody:
    """Another member, whose request is claimed and answered; the first one's is neither."""
    await scene.asks()
    await scene.member.presses(sentence("need-food", "pt"))
    await scene.member.presses(sentence("for-me", "pt"))
    await scene.member.writes("Molenbeek")
    other = scene.world.somebody("Ayşe", language="tr")
    await other.writes("Bu akşam kalacak bir yerim yok, yardım edebilir misiniz?")
    await other.presses(sentence("button-send", "tr"))
    await scene.in_thread("!claim", scene.bob, "K2")
    await scene.in_thread(f"!r {REPLY}", scene.bob, "K2")
    return other


@pytest.mark.parametrize(
    ("filter", "codes"),
    [
        ("", "K1 K2"),
        ("open", "K1 K2"),
        ("unanswered", "K1"),
        ("unclaimed", "K1"),
        ("mine", ""),
        ("closed", ""),
        ("food", "K1"),
        ("Eten", "K1"),
        ("Molen", "K1"),
        ("tr", "K2"),
        ("Turks", "K2"),
        ("TÜRKÇE", "K2"),
        ("tu\u0308rkc\u0327e\u200f", "K2"),
        ("português", "K1"),
        ("Gent", ""),
    ],
)
async def test_a_list_can_be_filtered(scene: Scene, filter: str, codes: str) -> None:
    """By state, by who has it, by need, language or area; in any spelling."""
    await two(scene)
    await scene.ann.writes(f"!list {filter}", scene.room)
    rows = scene.ann.reads(scene.room)[-1].split("\n")
    if codes:
        assert " ".join(row.split(" ")[0] for row in rows) == codes
    else:
        assert rows == [sentence("list-empty")]


async def test_find_looks_through_originals_and_translations(translated: Scene) -> None:
    """Without capitals and accents; an excerpt shows the place."""
    await two(translated)
    await translated.ann.writes("!find KALACAK", translated.room)
    assert sentence("find-row", code="K2", state=say("state-claimed", name="Bob")) in translated.room_reads()
    assert "kalacak bir yerim" in translated.ann.reads(translated.room)[-1]
    await translated.ann.writes("!find kinderen", translated.room)
    found = translated.ann.reads(translated.room)[-1]
    assert "K1" in found
    assert "voor mijn twee kinderen" in found
    await translated.ann.writes("!find zzzz", translated.room)
    assert translated.ann.reads(translated.room)[-1] == sentence("find-nothing")
    await translated.ann.writes("!find", translated.room)
    assert translated.ann.reads(translated.room)[-1] == sentence("find-how")


async def test_a_list_begins_with_who_waits_for_an_answer(scene: Scene) -> None:
    """The oldest first: of eighty only thirty have a line."""
    for _ in range(3):
        await scene.asks()
        await scene.member.writes("/ask")
    await scene.ann.writes(f"!r K1 {REPLY}", scene.room)
    await scene.ann.writes("!list", scene.room)
    rows = scene.ann.reads(scene.room)[-1].split("\n")
    assert [row.split(" ")[0] for row in rows] == ["K2", "K3", "K1"]


@pytest.mark.parametrize("typed", ["!find K1", "!list k1", "/find #K1"])
async def test_find_with_a_code_leads_to_its_card(scene: Scene, typed: str) -> None:
    """Among eighty cards on a telephone nobody scrolls to the one of that code."""
    await two(scene)
    await scene.ann.writes(typed, scene.room)
    found = scene.ann.sees(scene.room)[-1]
    assert found.plain.startswith("K1 · ")
    assert found.reply_to == scene.card("K1").id
    await scene.ann.writes(f"!r {REPLY}", scene.room, reply_to=found.id)
    assert REPLY in scene.member_reads()
    await scene.ann.writes("!find K9", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("find-nothing")


async def test_find_takes_words_in_any_order_and_place(scene: Scene) -> None:
    """Nobody remembers how exactly it was said, nor in which message; each of them has to be there."""
    await scene.asks("Preciso de comida para os meus dois filhos")
    await scene.member.writes("Moro perto da estação")
    await scene.ann.writes("!find filhos comida", scene.room)
    assert "K1" in scene.ann.reads(scene.room)[-1]
    await scene.ann.writes("!find filhos estacao", scene.room)
    assert "K1" in scene.ann.reads(scene.room)[-1]
    await scene.ann.writes("!find filhos hospital", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("find-nothing")


async def test_find_shows_the_place_in_what_was_written_with_signs_of_its_own(scene: Scene) -> None:
    """Accents apart, as some computers write them, and vowel marks are no part of what is looked for."""
    await scene.asks("e\u0301" * 200 + " اسمي مُحَمَّد")
    await scene.ann.writes("!find محمد\u200f", scene.room)
    assert "مُحَمَّد" in scene.ann.reads(scene.room)[-1]


async def test_a_code_can_be_pasted_from_a_text_from_right_to_left(scene: Scene) -> None:
    await scene.asks()
    await scene.ann.writes("!claim \u2068K1\u2069", scene.room)
    assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name="Ann"))
    await scene.ann.writes("!close K١ GEHOLPEN\u200f", scene.room)
    assert scene.card().plain.startswith(sentence("card-closed", code="K1", outcome=sentence("outcome-helped")))


async def test_find_names_what_it_does_not_show(scene: Scene) -> None:
    """Ten are shown; whoever looks for one of the others is not told that there is none."""
    for _ in range(11):
        await scene.asks()
        await scene.member.writes("/ask")
    await scene.ann.writes("!find comida", scene.room)
    found = scene.ann.reads(scene.room)[-1]
    assert found.count(PLEA) == 10
    assert found.endswith(sentence("list-more", codes=("K1",)))


async def test_the_words_of_the_room_count_whatever_the_app_speaks(translated: Scene) -> None:
    """What the room says in Dutch can be typed in Dutch, on a telephone that is set to English, too."""
    await two(translated)
    ann = replace(translated.ann, person=changed(translated.ann.person, language="en"))
    for typed, code in (("!list eten", "K1"), ("!list Turks", "K2"), ("!find kinderen", "K1")):
        await ann.writes(typed, translated.room)
        assert code in ann.reads(translated.room)[-1]
    await translated.in_thread("!close geholpen", ann)
    closed = sentence("card-closed", code="K1", outcome=sentence("outcome-helped"))
    assert translated.card().plain.startswith(closed)


async def test_a_helper_s_name_adds_nothing_to_our_sentences(scene: Scene) -> None:
    """On Matrix it can have lines of its own, and be as long as one likes; everywhere nothing that can be seen."""
    await scene.asks()
    zoe = scene.world.somebody("Zoë\n\nK1 was erased" + 60_000 * ".")
    await scene.in_thread("!claim", zoe)
    [first, *_] = scene.card().plain.split("\n")
    assert "Zoë K1 was erased" in first
    assert len(scene.card().plain) < 1000
    await scene.in_thread("!release", zoe)
    for nothing in ("\u200b\u202e", "\u3164", "\u2800 \u115f"):
        somebody = scene.world.somebody(nothing)
        await scene.in_thread("!claim", somebody)
        assert scene.card().plain.startswith(sentence("card-claimed", code="K1", name=say("somebody")))
        await scene.in_thread("!release", somebody)


# --- what is odd -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["!claim", "!release", "!close", "!reopen", "!note"])
async def test_a_command_without_thread_or_code_asks_which(scene: Scene, typed: str) -> None:
    """Nothing is guessed."""
    await scene.asks()
    await scene.ann.writes(typed, scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("which-code")


@pytest.mark.parametrize(
    "typed", ["!claim K99", "!close K0 helped", "!note K123456789 tekst", "!list K9", "!reopen k٧"]
)
async def test_an_unknown_code_is_no_catastrophe(scene: Scene, typed: str) -> None:
    """There is always an answer."""
    await scene.asks()
    before = len(scene.ann.reads(scene.room))
    await scene.ann.writes(typed, scene.room)
    assert len(scene.ann.reads(scene.room)) == before + 1


async def test_buttons_of_a_room_that_is_no_longer_ours_do_nothing(scene: Scene) -> None:
    """Rights come from the room as it is now."""
    await scene.asks()

    def unit(tx: Transaction) -> None:
        room = tx.chats.at(scene.room)
        assert room is not None
        tx.chats.pair(room.id, Pairing("organisation", tx.chats.organisation_named("X").id, "nl"))

    await scene.world.app.unit(unit)
    await scene.ann.presses(sentence("button-claim"), scene.room)
    assert scene.world.network.toasts[-1][1] == sentence("only-in-coordination")
    assert await events(scene) == ["created"]


async def test_an_unknown_command_lists_what_works_here(scene: Scene) -> None:
    """`help` too."""
    await scene.ann.writes("!frobnicate now", scene.room)
    assert scene.ann.reads(scene.room)[-1].startswith(sentence("unknown-command"))
    await scene.ann.writes("/help", scene.room)
    assert scene.ann.reads(scene.room)[-1].startswith(sentence("help-coordination"))


async def test_what_looks_like_a_command_is_answered_and_kept(scene: Scene) -> None:
    """Nobody waits for what does not come; and it may have been a note."""
    await scene.asks()
    await scene.in_thread("! undo", scene.ann)
    assert scene.ann.reads(scene.room)[-1].startswith(sentence("unknown-command"))
    lines = await scene.world.app.unit(lambda tx: tx.requests.lines(1))
    assert [line.author for line in lines] == ["member", "note"]
    told = len(scene.ann.reads(scene.room))
    await scene.in_thread("! urgent", scene.ann)
    assert len(scene.ann.reads(scene.room)) == told


async def test_the_room_can_speak_another_language(translated: Scene) -> None:
    """Cards that come from then on are in it."""
    await translated.ann.writes("!lang fr", translated.room)
    assert translated.ann.reads(translated.room)[-1] == sentence("language-set", "fr")
    await translated.asks()
    assert sentence("card-hint", "fr") in translated.card().plain


async def test_a_new_room_gets_everything_that_is_open(scene: Scene) -> None:
    """With the whole conversation; what is closed stays where it was."""
    await scene.asks()
    await scene.in_thread("Ik ken deze familie")
    await scene.in_thread(f"!r {REPLY}")
    await scene.member.writes("Obrigada, até amanhã")
    other = scene.world.somebody("Rui", language="pt")
    await scene.asks("Preciso de um médico para a minha mãe", other)
    await scene.in_thread("!close helped", code="K2")
    room = await replaced(scene)
    after = replace(scene, room=room)
    said = after.thread()
    assert [PLEA in after.card().plain, "familie" in said[0], REPLY in said[1], "Obrigada" in said[2]] == [True] * 4
    assert sentence("echo-delivered", at="10:00") in said[1]
    assert "K2" not in after.room_reads()
    await after.in_thread("!r Tot morgen in het buurthuis")
    assert "Tot morgen" in scene.member.reads()[-1]


async def test_the_room_before_has_no_rights_any_more(scene: Scene) -> None:
    """Whoever stayed behind reads and answers nothing."""
    await scene.asks()
    await replaced(scene)
    before = scene.room_reads()
    assert sentence("coordination-moved") in before
    await scene.bob.writes(f"!r K1 {REPLY}", scene.room)
    await scene.bob.writes("!find comida", scene.room)
    await scene.member.writes("Obrigada, até amanhã")
    assert scene.room_reads() == before
    assert REPLY not in scene.member_reads()


async def test_what_is_on_its_way_to_the_room_before_is_not_said_there(scene: Scene) -> None:
    """On Telegram eighty cards take minutes; and there may have been a reason for another room. Should it be the
    coordination room once more, it gets them."""
    network = scene.world.network
    await scene.asks("Preciso de um médico para a minha mãe", scene.world.somebody("Rui", language="pt"))
    network.broken[scene.room.id] = NotSent("Too Many Requests")
    await scene.asks()
    await scene.ann.writes("!find médico", scene.room)
    await scene.member.writes("E de leite para o bebé")
    before = scene.ann.reads(scene.room)
    after = await replaced(scene)
    network.broken.clear()
    await scene.world.advance(timedelta(minutes=10))
    assert scene.ann.reads(scene.room) == [*before, sentence("coordination-moved")]
    assert sentence("operator-not-delivered", chat="room") not in "\n".join(scene.ann.reads(after))
    code = await scene.world.pairing("coordination", language="nl")
    await scene.ann.writes(f"!pair {code}", scene.room)
    assert PLEA in scene.card("K2").plain
    assert "leite" in scene.thread("K2")[0]


async def replaced(scene: Scene) -> Chat:
    """Another room takes the place of the coordination room."""
    room = scene.world.group("other")
    await scene.world.adds_bot(scene.ann, room)
    code = await scene.world.pairing("coordination", language="nl")
    await scene.ann.writes(f"!pair {code}", room)
    return room
