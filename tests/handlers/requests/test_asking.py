"""First contact and what follows: held words, languages, Send and Delete, later messages, closed requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.content import LanguageName, OpenHours
from bot.incoming import Deleted, Edited, Message, Unreadable
from bot.model import Chat, ChatKind, Person, Span, SpanKind, Text
from bot.store.tables import text_table
from handlers.situation import storable
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import MONDAY_MORNING, POLICY, world

PLEA = "Preciso de comida para os meus dois filhos"


async def count_texts(scene: Scene) -> int:
    query = select(func.count()).select_from(text_table)
    return int(await scene.world.app.unit(lambda tx: tx.connection.execute(query).scalar_one()))


# --- the first screen ------------------------------------------------------------------------------------------------


async def test_whoever_writes_first_is_heard_first(scene: Scene) -> None:
    """The words are held; who reads and what to press are shown in the language of the words.

    Send stands before the languages: twenty of them are higher than the screen of a small phone. Delete stands below
    them: whoever answers "2" to a question nobody asked has thrown nothing away.
    """
    other = scene.world.somebody("Rui")  # the app says nothing
    await other.writes(PLEA)
    (screen,) = other.sees()
    assert screen.labels == [
        sentence("button-send", "pt"),
        *("Nederlands", "français", "English", "português", "Türkçe", "العربية"),
        sentence("language-missing", "pt"),
        sentence("button-delete", "pt"),
    ]
    assert screen.plain.split("\n") == [
        sentence("first-speak", "pt"),
        "",
        sentence("first-readers", "pt", readers="volunteers of the centre"),
        sentence("first-network", "pt", network="Paper"),
        sentence("first-deleted", "pt", n=30),
        sentence("first-danger", "pt", number="112"),
        sentence("first-hours", "pt", hours=OpenHours("Mon-Fri 09:00-18:00")),
        "",
        sentence("first-held", "pt"),
    ]


async def test_nothing_reaches_the_helpers_before_send(scene: Scene) -> None:
    """Words wait for as long as their writer wants."""
    await scene.member.writes(PLEA)
    await scene.member.writes("e o aluguer")
    await scene.world.advance(timedelta(days=2))
    assert scene.ann.reads(scene.room) == []
    assert (await scene.world.app.unit(lambda tx: tx.requests.all())) == []


async def test_who_is_mentioned_by_a_member_is_named_and_no_more(scene: Scene) -> None:
    """It may be themselves: helpers see a code, and no account to open."""

    def mentioning(words: str) -> Text:
        return Text(f"{words} Rui", (Span(len(words) + 1, len(words) + 4, SpanKind.MENTION, "@rui:example.org"),))

    async def happens(kind: type[Message] | type[Edited], id: str, words: str) -> None:
        who, at = scene.member.person, scene.world.clock.now()
        scene.world.network.happens(kind(scene.member.private, ChatKind.PRIVATE, who, id, at, mentioning(words)))
        await scene.world.settled()

    await happens(Message, "m1", f"{PLEA}. Sou o")
    await scene.member.presses(sentence("button-send", "pt"))
    await happens(Message, "m2", "Também para o meu amigo")
    await happens(Edited, "m2", "Também para o meu irmão")
    shown = scene.ann.sees(scene.room)
    assert f"{PLEA}. Sou o Rui" in scene.card().plain
    assert any("meu irmão Rui" in message.plain for message in shown)
    assert all(span.kind is not SpanKind.MENTION for message in shown for span in message.text.spans)


async def test_whoever_forgets_to_press_send_is_reminded_once(scene: Scene) -> None:
    """An hour after they began: an unread screen of languages must not cost them their help."""
    await scene.member.writes(PLEA)
    await scene.world.advance(timedelta(minutes=30))
    await scene.member.writes("e o aluguer")
    seen = len(scene.member.sees())
    await scene.world.advance(timedelta(minutes=31))
    (reminder,) = scene.member.sees()[seen:]
    assert reminder.plain == sentence("first-held", "pt")
    assert reminder.labels == [sentence("button-send", "pt"), sentence("button-delete", "pt")]
    await scene.world.advance(timedelta(days=2))
    assert len(scene.member.sees()) == seen + 1
    await scene.member.presses(sentence("button-send", "pt"))
    assert PLEA in scene.card().plain


async def test_nobody_is_reminded_of_what_is_sent_or_deleted(scene: Scene) -> None:
    """Words written afterwards have an hour of their own."""
    for button in ("button-send", "button-delete"):
        await scene.member.writes("!ask " + PLEA)
        await scene.member.presses(sentence(button, "pt"))
    await scene.world.advance(timedelta(minutes=50))
    await scene.member.writes("!ask " + PLEA)
    seen = len(scene.member.sees())
    await scene.world.advance(timedelta(minutes=20))
    assert len(scene.member.sees()) == seen
    await scene.world.advance(timedelta(minutes=41))
    assert scene.member.sees()[-1].plain == sentence("first-held", "pt")


async def test_a_reminder_speaks_the_language_of_the_first_screen(scene: Scene) -> None:
    """Nobody has chosen one yet; and of a photo it does not say "words"."""
    other = scene.world.somebody("Rui", language="tr")
    await other.sends("photo")
    await scene.world.advance(timedelta(minutes=61))
    assert other.sees()[-1].plain == sentence("first-held-message", "tr")


async def test_nothing_personal_goes_to_any_other_room(scene: Scene) -> None:
    """Organisations and groups see nothing of a request, whatever happens to it."""
    others = [
        await scene.world.paired("AETCIS", "organisation", "AETCIS", "pt"),
        await scene.world.paired("famílias", "group", "AETCIS", "pt"),
    ]
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread("!r Morgen om 10:00 kunt u een pakket halen")
    await scene.member.blocks_the_bot()
    await scene.in_thread("!close helped")
    assert [scene.ann.reads(chat) for chat in others] == [[], []]


async def test_more_words_are_held_with_the_first(scene: Scene) -> None:
    """All of them stand on the card; the screen is not shown again."""
    await scene.member.writes(PLEA)
    await scene.member.writes("Moramos perto da estação do norte")
    assert scene.member.reads()[1] == sentence("held-too", "pt")
    await scene.member.presses(sentence("button-send", "pt"))
    assert PLEA in scene.card().plain
    assert "Moramos perto da estação do norte" in scene.card().plain


async def test_whoever_was_greeted_first_hears_what_to_press_when_they_write(scene: Scene) -> None:
    """Most people come by the link below a notice: they have read the screen before they have said a word."""
    await scene.member.writes("/start")
    assert sentence("first-write", "pt") in scene.member.reads()[0]
    await scene.member.writes(PLEA)
    await scene.member.writes("Moramos perto da estação do norte")
    assert scene.member.reads()[1:] == [sentence("first-held", "pt"), sentence("held-too", "pt")]


async def test_a_language_says_everything_again_in_it(scene: Scene) -> None:
    """One tap, and the same screen speaks it; the confirmation too."""
    await scene.member.writes(PLEA)
    await scene.member.presses("Türkçe")
    (screen,) = scene.member.sees()
    assert sentence("first-speak", "tr") in screen.plain
    await scene.member.presses("français")
    await scene.member.presses(sentence("button-send", "fr"))
    assert sentence("request-received", "fr", code="K1") in scene.member_reads()


async def test_the_language_of_the_words_goes_before_that_of_the_app(scene: Scene) -> None:
    """The app's language is not the person's."""
    someone = scene.world.somebody("Ayşe", language="en")
    await someone.writes("Bu akşam kalacak bir yerim yok, yardım edebilir misiniz?")
    assert sentence("first-speak", "tr") in someone.reads()[0]


async def test_who_writes_dari_in_latin_letters_reads_dari(tmp_path: Path) -> None:
    """Nothing but the app tells, and apps know only Persian."""
    async with world(tmp_path, policy=replace(POLICY, languages=("nl", "prs"))) as w:
        await w.paired("room", "coordination")
        zahra = w.somebody("Zahra", language="fa")
        await zahra.writes("salam, komak mikhaham")
        assert sentence("first-held", "prs") in zahra.reads()[0]


async def test_words_too_short_to_tell_get_the_language_of_the_app_or_ours(scene: Scene) -> None:
    """A guess, with every language one tap away."""
    await scene.member.writes("ola")
    assert sentence("first-speak", "pt") in scene.member.reads()[0]
    stranger = scene.world.somebody("X", language="sw")
    await stranger.writes("ola")
    assert sentence("first-speak", "nl") in stranger.reads()[0]


async def test_the_screen_is_said_again_when_the_words_show_another_language(scene: Scene) -> None:
    """A greeting told nothing; the plea does."""
    someone = scene.world.somebody("Rui", language="en")
    await someone.writes("ola")
    await someone.writes(PLEA)
    assert sentence("first-speak", "en") in someone.reads()[0]
    assert sentence("first-speak", "pt") in someone.reads()[1]


async def test_my_language_is_not_here_marks_the_card(scene: Scene) -> None:
    """The bot goes on in the working language, and nobody pretends to know what the words are in."""
    await scene.member.writes("Waxaan u baahanahay cunto iyo meel aan seexdo")
    await scene.member.presses(sentence("language-missing", "pt"))
    assert sentence("language-missing-noted", "nl") in scene.member.reads()[0]
    await scene.member.presses(sentence("button-send", "nl"))
    card = scene.card().plain
    assert "Waxaan u baahanahay" in card
    assert sentence("card-language-missing", "nl", language=LanguageName("nl")) in card
    assert sentence("note-untranslated-unknown", "nl") in card


async def test_a_link_below_a_notice_suggests_the_groups_language(scene: Scene) -> None:
    """And nothing of the group stands on the card."""
    group = await scene.world.paired("Famílias de Anderlecht", "group", "AETCIS", "tr")
    id = await scene.world.app.unit(lambda tx: tx.chats.at(group).id)  # type: ignore[union-attr]
    someone = scene.world.somebody("Ayşe", language="fr")
    await someone.writes(f"/start g-{id}", start=f"g-{id}")
    assert sentence("first-write", "tr") in someone.reads()[0]
    assert sentence("button-send", "tr") not in someone.sees()[0].labels
    await someone.writes("ekmek")
    await someone.presses(sentence("button-send", "tr"))
    assert "Anderlecht" not in scene.room_reads()
    assert "AETCIS" not in scene.room_reads()


@pytest.mark.parametrize("payload", ["g-999", "g-", "g-٣", "x-1", "g-1; drop", "🙂", "g-99999999999999999999"])
async def test_a_strange_link_begins_like_any_other(scene: Scene, payload: str) -> None:
    """Whatever stands in it."""
    await scene.member.writes(f"/start {payload}", start=payload)
    assert sentence("first-write", "pt") in scene.member.reads()[0]


async def test_what_is_promised_is_what_is_configured(tmp_path: Path) -> None:
    """The computer where one translates, the authorities where the operator has stated it, readers per language."""
    policy = replace(
        POLICY,
        readers={"nl": "vrijwilligers", "pt": "voluntários de AETCIS"},
        not_authorities=True,
        emergency_number="15",
        hours="",
        networks={"paper": "Matrix"},
    )
    engine = Phrasebook()
    async with world(tmp_path, policy, [engine]) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), engine)
        await scene.member.writes(PLEA)
        lines = scene.member.reads()[0].split("\n")
    assert lines[2:8] == [
        sentence("first-readers", "pt", readers="voluntários de AETCIS"),
        sentence("first-computer", "pt"),
        sentence("first-network", "pt", network="Matrix"),
        sentence("first-deleted", "pt", n=30),
        sentence("not-authorities", "pt"),
        sentence("first-danger", "pt", number="15"),
    ]


async def test_who_reads_along_by_translating_is_named(tmp_path: Path) -> None:
    """Where the engine is somebody else's, its owner reads every word."""
    engine = Phrasebook()
    async with world(tmp_path, replace(POLICY, read_by=("Google",)), [engine]) as w:
        scene = scene_of(w, await w.paired("room", "coordination"), engine)
        await scene.member.writes(PLEA)
        lines = scene.member.reads()[0].split("\n")
    assert sentence("first-computer-of", "pt", names=("Google",)) in lines
    assert sentence("first-computer", "pt") not in lines


# --- Send and Delete -------------------------------------------------------------------------------------------------


async def test_send_gives_a_code_and_says_when_somebody_reads(scene: Scene) -> None:
    """On a Monday morning helpers are there."""
    await scene.asks()
    received = scene.member.reads()[1]
    assert received.split("\n") == [
        sentence("request-received", "pt", code="K1"),
        sentence("helpers-are-there", "pt"),
    ]


async def test_another_language_is_a_sign_away(scene: Scene) -> None:
    """Whoever was understood wrongly cannot read which button to press; a globe they can."""
    await scene.asks()
    await scene.member.presses("🌐")
    assert sentence("lang-choose", "pt") in scene.member.reads()[-1]
    await scene.member.presses("Türkçe")
    assert scene.member.reads()[-1] == sentence("language-set", "tr")


async def test_at_night_nobody_is_promised(scene: Scene) -> None:
    """The time at which helpers come again, and the emergency number."""
    await scene.world.advance(timedelta(hours=12))  # 22:00 in Brussels
    await scene.asks()
    assert "amanhã (terça-feira) a partir das 09:00" in scene.member.reads()[1]
    assert sentence("first-danger", "pt", number="112") in scene.member.reads()[1]


async def test_pressing_send_twice_sends_once(scene: Scene) -> None:
    """The second press finds nothing."""
    await scene.asks()
    await scene.member.presses(sentence("button-send", "pt"))
    assert len(await scene.world.app.unit(lambda tx: tx.requests.all())) == 1
    assert scene.member.reads()[-1] == sentence("nothing-held", "pt")


async def test_delete_throws_the_words_away(scene: Scene) -> None:
    """They are no longer in the store, and no Send brings them back."""
    await scene.member.writes(PLEA)
    await scene.member.writes("e o aluguer")
    await scene.member.presses(sentence("button-delete", "pt"))
    assert scene.member.reads()[-1] == sentence("held-deleted", "pt")
    assert await count_texts(scene) == 0
    await scene.member.presses(sentence("button-send", "pt"))
    assert scene.ann.reads(scene.room) == []


async def test_a_number_is_as_good_as_a_button(scene: Scene) -> None:
    """Where there are no buttons, Send is number 1."""
    await scene.member.writes(PLEA)
    await scene.member.writes("1")
    assert sentence("request-received", "pt", code="K1") in scene.member_reads()


async def test_a_number_throws_nothing_away_where_none_stands_beside_delete(tmp_path: Path) -> None:
    """Two, says who has two children; nor is that a language. Where choices are a list, its numbers count."""
    for limits, kept in ((LIKE_TELEGRAM, True), (LIKE_MATRIX, False)):
        (folder := tmp_path / str(kept)).mkdir()
        async with world(folder, limits=limits) as w:
            scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
            await scene.member.writes(PLEA)
            await scene.member.writes("2")
            spoken = "pt" if kept else "nl"
            assert sentence("first-speak", spoken) in scene.member.reads()[0]
            await scene.member.writes("para todos")
            await scene.member.writes("2")
            assert scene.member.reads()[-1] == sentence("held-too" if kept else "held-deleted", spoken)
            if kept:
                await scene.member.presses(sentence("button-send", "pt"))
                assert "\n2\n" in scene.card().plain


async def test_a_number_chooses_a_language_where_nothing_waits(tmp_path: Path) -> None:
    """Whoever asks for the languages and types one has nothing to lose by it, though no number stands beside them."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        ana = w.somebody("Ana")
        await ana.writes("/lang")
        await ana.writes("2")
        known = await w.app.unit(lambda tx: tx.chats.at(ana.private))
        assert known is not None
        assert known.language == POLICY.languages[1]


@pytest.mark.parametrize("typed", ["Enviar", "enviar!", "Send", "إرسال"])
async def test_the_word_of_a_button_is_as_good_as_the_button(scene: Scene, typed: str) -> None:
    """Who is told to press Send may write it instead; it is no part of what they say."""
    await scene.member.writes(PLEA)
    await scene.member.writes(typed)
    assert sentence("request-received", "pt", code="K1") in scene.member_reads()
    assert typed not in scene.card().plain


async def test_send_is_understood_whatever_was_said_since(scene: Scene) -> None:
    """An emoji, a question about privacy: the words are still held, and their writer wants them sent."""
    await scene.member.writes(PLEA)
    await scene.member.writes("🙏")
    await scene.member.writes("!privacy")
    await scene.member.writes("Enviar")
    assert sentence("request-received", "pt", code="K1") in scene.member_reads()
    assert scene.card().plain.count("Enviar") == 0


@pytest.mark.parametrize("typed", ["Enviar comida para o Mercado", "Enviar?", "Apagar ?"])
async def test_words_that_only_look_like_a_button_are_words(scene: Scene, typed: str) -> None:
    """They go on, or they ask."""
    await scene.member.writes(PLEA)
    await scene.member.writes(typed)
    assert sentence("held-too", "pt") in scene.member.reads()[-1]


@pytest.mark.parametrize("words", ["!offer", "!offer Posso cozinhar"])
async def test_an_offer_is_something_new_and_held_until_send(scene: Scene, words: str) -> None:
    """It does not end up in the plea of somebody who is waiting for help, nor anywhere before they press Send."""
    await scene.asks()
    await scene.member.writes(words)
    await scene.member.writes("Posso cozinhar para dez pessoas")
    assert "Posso cozinhar" not in scene.room_reads()
    await scene.member.writes("Enviar")
    assert "Posso cozinhar" in scene.card("K2").plain


async def test_whoever_asks_for_their_codes_hears_of_what_is_not_sent(scene: Scene) -> None:
    """They think that somebody has read it."""
    await scene.member.writes(PLEA)
    await scene.member.writes("/my")
    assert scene.member.reads()[-1] == sentence("first-held", "pt")
    await scene.member.presses(sentence("button-send", "pt"))
    assert PLEA in scene.card().plain


@pytest.mark.parametrize("typed", ["Enviar", "1"])
async def test_what_stands_below_a_picture_presses_nothing(scene: Scene, typed: str) -> None:
    """The picture would be lost."""
    await scene.member.writes(PLEA)
    await scene.member.sends("photo", caption=typed)
    assert scene.ann.reads(scene.room) == []
    await scene.member.presses(sentence("button-send", "pt"))
    assert [shown for shown in scene.ann.sees(scene.room) if shown.file]


@pytest.mark.parametrize(
    "typed",
    ["إرسال", "ارسال", "اِرسال!", "\u2067إرسال\u2069"],
    ids=["as shown", "without hamza", "with a vowel", "copied"],
)
async def test_send_counts_as_people_type_it_in_arabic(scene: Scene, typed: str) -> None:
    """Hardly anybody writes the hamza on a telephone."""
    amina = scene.world.somebody("Amina", language="ar")
    await amina.writes("أحتاج إلى طعام لأطفالي")
    await amina.writes(typed)
    assert sentence("request-received", "ar", code="K1") in "\n".join(amina.reads())


async def test_held_words_survive_a_restart(tmp_path: Path) -> None:
    """Send works on the screen of the bot before."""
    async with world(tmp_path) as w:
        before = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await before.member.writes(PLEA)
    async with world(tmp_path, network=w.network, clock=w.clock) as again:
        after = replace(before, world=again, member=replace(before.member, world=again))
        await after.member.presses(sentence("button-send", "pt"))
        assert PLEA in after.card().plain


# --- what is no text -------------------------------------------------------------------------------------------------


async def test_a_sign_while_words_wait_says_what_to_press(scene: Scene) -> None:
    """ "?", says who has overlooked Send and wonders that nobody answers: words we have."""
    await scene.member.writes(PLEA)
    for sign in ("?", "🙏"):
        await scene.member.writes(sign)
        told = scene.member.sees()[-1]
        assert told.plain == sentence("first-held", "pt")
        assert told.labels == [sentence("button-send", "pt"), sentence("button-delete", "pt")]
    await scene.member.writes("", unsupported="story")
    assert scene.member.reads()[-1].startswith(sentence("words-please", "pt"))


@pytest.mark.parametrize("how", ["typed", "chosen"])
async def test_a_language_is_answered_where_it_was_asked_for(scene: Scene, how: str) -> None:
    """The first screen changes, far above; whoever asked below sees there that it did, and what to press."""
    await scene.member.writes(PLEA)
    await scene.member.writes("A minha filha está doente")
    if how == "typed":
        await scene.member.writes("/lang ar")
    else:
        await scene.member.writes("", unsupported="story")
        await scene.member.presses("🌐")
        await scene.member.presses("العربية", message=scene.member.sees()[-1])
    assert sentence("first-held", "ar") in scene.member.reads()[0]
    told = scene.member.sees()[-1]
    assert told.plain == sentence("language-set", "ar") + "\n" + sentence("first-held", "ar")
    assert told.labels == [sentence("button-send", "ar"), sentence("button-delete", "ar")]


@pytest.mark.parametrize("words", ["", "   ", "😢😢", "???", "…", "\u202e\u202d"])
async def test_without_words_we_ask_for_words(scene: Scene, words: str) -> None:
    """Kindly, and what was held stays held."""
    await scene.member.writes(PLEA)
    await scene.member.writes(words, unsupported=None if words else "sticker")
    await scene.member.presses(sentence("button-send", "pt"))
    assert scene.member.reads()[1] != ""
    assert PLEA in scene.card().plain


async def test_a_poll_or_sticker_as_first_message_is_answered(scene: Scene) -> None:
    """In the language of the app, as nothing else is known: with whom to call in danger, and the way to another."""
    await scene.member.writes("", unsupported="poll")
    (answer,) = scene.member.sees()
    assert answer.plain == f"{sentence('words-please', 'pt')}\n{sentence('first-danger', 'pt', number='112')}"
    await scene.member.presses("🌐")
    await scene.member.presses("العربية")
    assert scene.member.reads()[-1] == sentence("language-set", "ar")
    assert scene.ann.reads(scene.room) == []


async def test_a_message_whose_key_never_comes_is_asked_for_again(scene: Scene) -> None:
    """After a minute; one whose key comes in time is handled as if nothing had been."""
    chat, network = scene.member.private, scene.world.network
    await scene.asks()
    network.happens(Unreadable(chat, ChatKind.PRIVATE, "u1", scene.world.clock.now()))
    await scene.world.settled()
    before = len(scene.member.reads())
    await scene.world.advance(timedelta(seconds=61))
    assert scene.member.reads()[before:] == [sentence("message-unreadable", "pt")]


def test_half_characters_are_replaced_one_for_one() -> None:
    """No store takes them; the spans of the text still fit."""
    person = Person("paper", "p", "Zo\ud83d")
    message = Message(
        Chat("paper", "c"), ChatKind.GROUP, person, "1", MONDAY_MORNING, Text("a\udc00b"), title="T\ud800"
    )
    found = storable(message)
    assert (found.text.plain, found.person.name, found.title) == ("a\ufffdb", "Zo\ufffd", "T\ufffd")
    edited = Edited(message.chat, message.kind, person, "1", message.at, Text("\ud83d\ude00"))
    assert storable(edited).text.plain == "\ufffd\ufffd"
    assert storable(found) is found


@pytest.mark.parametrize("size", [20_000, 60_000])
async def test_a_very_long_message_is_kept_whole(scene: Scene, size: int) -> None:
    """The card shows its beginning, the thread all of it."""
    words = ("Preciso de ajuda com muitas coisas. " * (size // 36 + 1))[:size] + "FIM"
    await scene.asks(words)
    card = scene.card().plain
    assert len(card) < 2000
    assert sentence("card-cut", "nl") in card
    assert "FIM" not in card
    assert "FIM" in scene.room_reads()


async def test_of_many_short_messages_the_card_shows_the_first(scene: Scene) -> None:
    """A mere "hello" tells nobody what it is about; all of it stands in the thread."""
    said = ["olá", "bom dia", "preciso de ajuda", *(f"e mais {number}" for number in range(9))]
    for words in said:
        await scene.member.writes(words)
    await scene.member.presses(sentence("button-send", "pt"))
    card = scene.card().plain.split("\n")
    assert [words for words in said if words in card] == said[:8]
    assert sentence("card-cut", "nl") in card
    assert all(words in scene.room_reads() for words in said)


@pytest.mark.parametrize(
    "words", ["<b>ajuda</b> & *tudo* [x](y)", "ajuda \u202eesrever", "ajuda\u0000\u0007", "{code} ajuda"]
)
async def test_markup_and_controls_arrive_as_they_were_typed(scene: Scene, words: str) -> None:
    """Nothing a person types is read as anything but words."""
    await scene.asks(words)
    assert words in scene.card().plain


# --- later messages --------------------------------------------------------------------------------------------------


async def test_later_words_continue_the_request(scene: Scene) -> None:
    """They stand in its thread, and it is unanswered again."""
    await scene.asks()
    await scene.in_thread("!r Morgen om 10:00 kunt u een pakket halen")
    assert sentence("card-answered", "nl") in scene.card().plain
    await scene.member.writes("Ainda estamos à espera aqui em casa")
    assert any("Ainda estamos à espera" in said for said in scene.thread())
    assert sentence("card-unanswered", "nl") in scene.card().plain
    assert scene.member.reads()[-1] == sentence("request-continues", "pt", code="K1")


async def test_after_a_day_the_bot_asks_what_it_is_about(scene: Scene) -> None:
    """The words are held until that is said."""
    await scene.asks()
    await scene.world.advance(timedelta(days=1, minutes=1))
    await scene.member.writes("A minha filha está doente")
    assert scene.member.reads()[-1] == sentence("which-request", "pt", codes=("K1",))
    assert "doente" not in scene.room_reads()
    await scene.member.presses("K1")
    assert "doente" in "\n".join(scene.thread())


async def test_the_question_which_request_is_asked_once_more_an_hour_later(scene: Scene) -> None:
    """Nobody has seen what was written before it is answered; what was written since goes along."""
    await scene.asks()
    await scene.world.advance(timedelta(days=2))
    await scene.member.writes("a minha filha está doente")
    await scene.world.advance(timedelta(minutes=30))
    await scene.member.writes("tem febre")
    seen = len(scene.member.sees())
    await scene.world.advance(timedelta(minutes=31))
    (again,) = scene.member.sees()[seen:]
    assert again.plain == sentence("which-request", "pt", codes=("K1",))
    await scene.world.advance(timedelta(hours=5))
    assert len(scene.member.sees()) == seen + 1
    await scene.member.presses("K1")
    assert "doente" in "\n".join(scene.thread())
    assert "febre" in "\n".join(scene.thread())
    seen = len(scene.member.sees())
    await scene.world.advance(timedelta(hours=5))
    assert len(scene.member.sees()) == seen


async def test_a_sign_answers_a_helper(scene: Scene) -> None:
    """A thumb says yes, and "?" that somebody still waits."""
    await scene.asks()
    for sign in ("👍🏽", "?"):
        await scene.member.writes(sign)
        assert any(sign in said for said in scene.thread())
        assert scene.member.reads()[-1] == sentence("request-continues", "pt", code="K1")


async def test_a_sign_names_no_area(scene: Scene) -> None:
    """Where the bot has asked for one, helpers read it all the same, and the question stands."""
    await scene.asks()
    for _ in range(2):
        await scene.member.presses(sentence("button-skip", "pt"))
    await scene.member.writes("🤷")
    assert any("🤷" in said for said in scene.thread())
    await scene.member.presses(sentence("wont-say", "pt"))
    assert "🤷" not in scene.card().plain


async def test_a_sign_opens_nothing_again(scene: Scene) -> None:
    """Words are asked for, as they are for what cannot be seen."""
    await scene.asks()
    await scene.member.writes("\u200d \ufe0f")
    assert scene.member.reads()[-1].startswith(sentence("words-please", "pt"))
    await scene.in_thread("!close helped")
    said = len(scene.thread())
    await scene.member.writes("🙏")
    assert scene.member.reads()[-1].startswith(sentence("words-please", "pt"))
    assert len(scene.thread()) == said


async def test_with_several_open_the_bot_asks_each_time(scene: Scene) -> None:
    """And a code that is typed is an answer."""
    await scene.asks()
    await scene.member.writes("!ask Preciso também de um médico para a minha mãe")
    await scene.member.presses(sentence("button-send", "pt"))
    await scene.member.writes("É urgente por favor ajudem")
    await scene.member.writes("ainda hoje")
    await scene.member.writes("k2")
    assert "urgente" in "\n".join(scene.thread("K2"))
    assert "ainda hoje" in "\n".join(scene.thread("K2"))
    assert "urgente" not in "\n".join(scene.thread("K1"))


async def test_ask_takes_along_what_waits_for_an_answer(scene: Scene) -> None:
    """Words that were held while the bot asked about K1 are not forgotten."""
    await scene.asks()
    await scene.world.advance(timedelta(days=2))
    await scene.member.writes("A minha filha está doente")
    await scene.member.writes("!ask Precisamos de um médico")
    await scene.member.presses(sentence("button-send", "pt"))
    assert "doente" in scene.card("K2").plain
    assert "médico" in scene.card("K2").plain


async def test_whoever_asks_without_end_fills_no_room_with_cards(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they write goes to the last that is open, and is lost to nobody."""
    monkeypatch.setattr("handlers.requests.continuing.MOST_OPEN", 2)
    for words in ("Preciso de comida", "Preciso de roupa", "Preciso de um médico para a minha mãe"):
        await scene.member.writes(f"!ask {words}")
        await scene.member.presses(sentence("button-send", "pt"))
    assert scene.member.reads()[-1] == sentence("request-continues", "pt", code="K2")
    assert any("médico" in said for said in scene.thread("K2"))
    assert not any(shown.plain.startswith("K3") for shown in scene.ann.sees(scene.room))
    await scene.in_thread("!close helped", code="K1")
    await scene.member.writes("!ask Preciso de uma cama")
    await scene.member.presses(sentence("button-send", "pt"))
    assert "cama" in scene.card("K3").plain


async def test_something_new_begins_again(scene: Scene) -> None:
    """With Send and Delete, as the first time."""
    await scene.asks()
    await scene.world.advance(timedelta(days=2))
    await scene.member.writes("Preciso de um médico para a minha mãe")
    await scene.member.presses(sentence("button-new", "pt"))
    assert "médico" not in scene.room_reads()
    await scene.member.presses(sentence("button-send", "pt"))
    assert "médico" in scene.card("K2").plain


async def test_a_reply_says_itself_what_it_is_about(scene: Scene) -> None:
    """No question is asked, even after days and with several open."""
    await scene.asks()
    await scene.member.writes("!ask Preciso também de um médico para a minha mãe")
    await scene.member.presses(sentence("button-send", "pt"))
    await scene.in_thread("!r Morgen om 10:00 kunt u een pakket halen")
    answer = next(m for m in scene.member.sees() if "Morgen om" in m.plain)
    await scene.world.advance(timedelta(days=3))
    await scene.member.writes("Obrigada, até amanhã", reply_to=answer.id)
    assert "Obrigada" in "\n".join(scene.thread("K1"))


async def test_a_word_to_a_closed_request_opens_it(scene: Scene) -> None:
    """The helpers see why."""
    await scene.asks()
    await scene.in_thread("!close helped")
    await scene.member.writes("O cabaz não chegou")
    assert scene.card().plain.startswith(sentence("card-open", "nl", code="K1"))
    assert sentence("thread-reopened", "nl", code="K1") in scene.thread()
    assert scene.member.reads()[-1] == sentence("request-open-again", "pt", code="K1")


async def test_long_after_closing_words_are_something_new(scene: Scene) -> None:
    """Unless they answer a message of the old request."""
    await scene.asks()
    await scene.in_thread("!close helped")
    await scene.world.advance(timedelta(days=5))
    await scene.member.writes("Preciso de um médico para a minha mãe")
    assert "médico" not in scene.room_reads()
    await scene.member.presses(sentence("button-send", "pt"))
    assert "médico" in scene.card("K2").plain


# --- second thoughts -------------------------------------------------------------------------------------------------


async def test_an_edited_message_is_shown_as_such(scene: Scene) -> None:
    """Below the card, with the words as they are now."""
    id = await scene.member.writes(PLEA)
    await scene.member.presses(sentence("button-send", "pt"))
    await scene.in_thread("!r Morgen om 10:00 kunt u een pakket halen")
    await scene.member.edits(id, "Preciso de comida para os meus três filhos")
    said = "\n".join(scene.thread())
    assert sentence("thread-changed", "nl", code="K1") in said
    assert "três filhos" in said
    assert sentence("card-unanswered", "nl") in scene.card().plain


async def test_an_edit_that_changes_nothing_is_nothing(scene: Scene) -> None:
    """Networks report more edits than people make."""
    id = await scene.member.writes(PLEA)
    await scene.member.presses(sentence("button-send", "pt"))
    await scene.member.edits(id, PLEA)
    assert scene.thread() == []


async def test_editing_held_words_changes_what_is_sent(scene: Scene) -> None:
    """What stood there before is nobody's business."""
    id = await scene.member.writes("Preciso de comida e não quero que o meu marido saiba")
    await scene.member.edits(id, PLEA)
    await scene.member.presses(sentence("button-send", "pt"))
    assert PLEA in scene.card().plain
    assert "marido" not in scene.room_reads()


async def test_a_message_taken_back_before_send_is_gone(scene: Scene) -> None:
    """And afterwards the helpers are told that it was taken back."""
    await scene.member.writes(PLEA)
    id = await scene.member.writes("não contem ao meu marido")
    scene.world.network.happens(Deleted(scene.member.private, id, scene.world.clock.now()))
    await scene.world.settled()
    await scene.member.presses(sentence("button-send", "pt"))
    assert "marido" not in scene.room_reads()
    assert await count_texts(scene) == 1
    later = await scene.member.writes("Ainda estamos à espera aqui em casa")
    scene.world.network.happens(Deleted(scene.member.private, later, scene.world.clock.now()))
    await scene.world.settled()
    assert scene.thread()[-1] == sentence("thread-taken-back", "nl", code="K1")


async def test_in_a_new_room_what_was_taken_back_is_called_so(scene: Scene) -> None:
    """Whoever did not see it happen knows that the member does not stand by it, or hides it from somebody."""
    await scene.asks()
    later = await scene.member.writes("Ainda estamos à espera aqui em casa")
    scene.world.network.happens(Deleted(scene.member.private, later, scene.world.clock.now()))
    await scene.world.settled()
    code = await scene.world.pairing("coordination")
    scene.room = scene.world.group("new")
    await scene.world.adds_bot(scene.ann, scene.room)
    await scene.ann.writes(f"!pair {code}", scene.room)
    assert scene.thread()[-1].split("\n")[0] == sentence("thread-taken-back", "nl", code="K1")


# --- nobody there ----------------------------------------------------------------------------------------------------


async def test_without_a_room_nobody_is_promised_and_nothing_lost(nobody: Scene) -> None:
    """People are told so before they write, and the card appears when a room is there."""
    await nobody.member.writes(PLEA)
    screen = nobody.member.reads()[0]
    assert sentence("nobody-reads", "pt", number="112") in screen
    assert "volunteers" not in screen
    await nobody.member.presses(sentence("button-send", "pt"))
    assert sentence("nobody-reads", "pt", number="112") in nobody.member.reads()[1]
    await nobody.member.writes("Ainda estamos à espera aqui em casa")
    assert sentence("nobody-reads", "pt", number="112") in nobody.member.reads()[-1]


async def test_what_waited_for_a_room_appears_in_it(nobody: Scene) -> None:
    """Every open request with all that was said; a second time nothing is said again."""
    from handlers.requests.cards import post_waiting

    await nobody.asks()
    await nobody.member.writes("Ainda estamos à espera aqui em casa")
    room = await nobody.world.paired("helpers", "coordination")
    scene = replace(nobody, room=room)

    def again(tx: object) -> None:
        for action in post_waiting(tx):  # type: ignore[arg-type]
            tx.deliveries.add(action)  # type: ignore[attr-defined]

    for _ in range(2):
        await nobody.world.app.unit(again)
        await nobody.world.settled()
    assert PLEA in scene.card().plain
    assert len(scene.thread()) == 1
    assert "Ainda estamos" in scene.thread()[0]
