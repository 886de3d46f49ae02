"""A reader does not understand a notice, or asks about it: in private, counted, and its publisher hears how many."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from bot.content import LanguageName
from bot.domain.requests import Request
from bot.model import Chat
from bot.store.tables import event
from bot.store.transaction import Transaction
from tests.handlers.conftest import sentence
from tests.handlers.house import SOUP, SOUP_PT, House
from tests.world import Somebody

PUZZLED, ASK = sentence("button-not-understood", "pt"), sentence("button-question", "pt")
WORDS = "A sopa é também para quem não tem papéis?"


def payload(house: House, chat: Chat) -> str:
    """What the second link below the copy in that group carries."""
    copy = next(shown for shown in house.an.sees(chat) if shown.text.spans)
    links = [span.value or "" for span in copy.text.spans if span.kind == "link"]
    return links[1].partition("?start=")[2]


@pytest.fixture
async def asked(helped: House) -> House:
    """A notice is out in Dutch and Portuguese, and helpers are there."""
    await helped.world.paired("help", "coordination")
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    return helped


async def follows(house: House, who: Somebody, chat: Chat | None = None) -> None:
    await who.writes("/start", start=payload(house, chat or house.pt))


async def sends_a_question(house: House, who: Somebody, words: str = WORDS) -> None:
    await follows(house, who)
    await who.presses(ASK)
    await who.writes(words)
    await who.presses(sentence("button-send", "pt"))


async def requests(house: House) -> list[Request]:
    return await house.world.app.unit(lambda tx: tx.requests.all())


# --- the screen ------------------------------------------------------------------------------------------------------


async def test_the_link_below_a_copy_opens_the_notice_in_private(asked: House) -> None:
    """In the reader's language as it was published, with who answers for it, and two buttons one below the other."""
    assert len(payload(asked, asked.pt)) <= 64
    await follows(asked, asked.rui)
    (screen,) = asked.rui.sees()
    assert screen.plain.split("\n") == [
        sentence("about-notice", "pt", code="N1", organisation="Ons Huis"),
        "",
        SOUP_PT,
        "",
        sentence("label-reviewed", "pt", organisation="Ons Huis"),
    ]
    assert [[choice.label for choice in row] for row in screen.buttons] == [[PUZZLED], [ASK]]


async def test_whose_language_it_was_not_published_in_sees_it_as_it_was_written(asked: House) -> None:
    """What nobody approved is not shown here either."""
    sara = asked.world.somebody("Sara", language="ar")
    await sara.writes("/start", start="q-N1-g999")
    (screen,) = sara.sees()
    assert sentence("copy-original", "ar", language=LanguageName("nl")) in screen.plain
    assert SOUP in screen.plain


@pytest.mark.parametrize("typed", ["q-N9-g1", "q-N2-g1", "q-N1-g1-x", "q-", "q-N٣", "q-N1-g" + "9" * 30])
async def test_a_link_to_nothing_public_is_a_first_contact_like_any_other(asked: House, typed: str) -> None:
    """A draft is nobody's business, whoever guesses its number."""
    await asked.says("!notice food lang:nl Nog geheim")
    await asked.rui.writes("/start", start=typed)
    assert "Nog geheim" not in "\n".join(asked.rui.reads())
    assert sentence("first-write", "pt") in asked.rui.reads()[-1]


async def test_a_draft_that_was_withdrawn_is_no_more_public(asked: House) -> None:
    """Nobody learns that there was one, nor whose."""
    await asked.says("!notice food lang:nl Nog geheim")
    await asked.says("!recall N2")
    await asked.rui.writes("/start", start="q-N2-g1")
    assert "N2" not in asked.rui.reads()[-1]
    assert sentence("first-write", "pt") in asked.rui.reads()[-1]


async def test_a_withdrawn_notice_says_so(asked: House) -> None:
    """Its text is shown to nobody any more; a question about it can still be asked."""
    link = payload(asked, asked.pt)
    await asked.says("!recall N1")
    await asked.rui.writes("/start", start=link)
    (screen,) = asked.rui.sees()
    assert sentence("copy-recalled", "pt", code="N1") in screen.plain
    assert SOUP_PT not in screen.plain
    assert screen.labels == [ASK]


# --- not understood --------------------------------------------------------------------------------------------------


async def test_who_does_not_understand_is_thanked_and_may_ask(asked: House) -> None:
    await follows(asked, asked.rui)
    await asked.rui.presses(PUZZLED)
    thanks = asked.rui.sees()[-1]
    assert sentence("not-understood-thanks", "pt") in thanks.plain
    assert thanks.labels == [ASK]
    await asked.says("!status N1")
    assert sentence("progress-questions", language=LanguageName("pt"), puzzled=1, asked=0) in asked.last()


async def test_a_reader_counts_once_however_often_they_press(asked: House) -> None:
    """Also when they open the link again."""
    for _ in range(2):
        await follows(asked, asked.rui)
        await asked.rui.presses(PUZZLED)
        await asked.rui.presses(PUZZLED)
    notice = await asked.notice()
    counts = await asked.world.app.unit(lambda tx: tx.notices.counts(notice, "not-understood"))
    assert counts == {"pt": 1}


async def test_nothing_is_kept_of_who_did_not_understand(asked: House) -> None:
    """The count names no person, and no hour by which one could be found."""
    await follows(asked, asked.rui)
    await asked.rui.presses(PUZZLED)
    await sends_a_question(asked, asked.rui)

    def rows(tx: Transaction) -> list[tuple[int | None, datetime]]:
        query = select(event.c.person_id, event.c.at).where(event.c.what.in_(("not-understood:pt", "question:pt")))
        return [(person, at) for person, at in tx.connection.execute(query)]

    found = await asked.world.app.unit(rows)
    assert [(person, at.hour, at.minute, at.second) for person, at in found] == [(None, 0, 0, 0)] * 2


async def test_the_publisher_hears_of_it_at_three_and_whenever_they_have_doubled(asked: House) -> None:
    """In the notice's thread, by language; below the threshold nobody is disturbed."""
    told: list[int] = []
    for number in range(1, 8):
        reader = asked.world.somebody(f"Reader {number}", language="pt")
        await follows(asked, reader)
        await reader.presses(PUZZLED)
        said = [one for one in asked.an.sees(asked.room) if sentence("not-understood-do") in one.plain]
        told.append(len(said))
    assert told == [0, 0, 1, 1, 1, 2, 2]
    three, six = said
    for shown, count in ((three, 3), (six, 6)):
        line = sentence("not-understood-many", code="N1", language=LanguageName("pt"), count=count)
        assert shown.plain.split("\n")[0] == line
        assert asked.card().id in (shown.thread, shown.reply_to)


# --- a question ------------------------------------------------------------------------------------------------------


async def test_a_question_becomes_a_request_about_the_notice(asked: House) -> None:
    """Whoever asks is told first who reads it; then nobody asks what kind of help they need."""
    await follows(asked, asked.rui)
    await asked.rui.presses(ASK)
    assert asked.rui.reads()[-1] == sentence("question-write", "pt", code="N1")
    await asked.rui.writes(WORDS)
    first = asked.rui.reads()[-1]
    assert sentence("first-readers", "pt", readers="volunteers of the centre") in first
    assert sentence("about-notice", "pt", code="N1", organisation="Ons Huis") in first
    await asked.rui.presses(sentence("button-send", "pt"))
    (request,) = await requests(asked)
    assert request.notice == (await asked.notice()).id
    assert sentence("intake-begin", "pt") not in "\n".join(asked.rui.reads())


async def test_helpers_see_which_notice_it_is_about(asked: House) -> None:
    """On the card, and the notice itself in its thread: they may never have seen it."""
    await sends_a_question(asked, asked.rui)
    card, below = asked.an.sees(Chat("paper", "group-help"))[:2]
    assert card.plain.startswith("K1")
    assert sentence("card-notice", code="N1") in card.plain
    assert WORDS in card.plain
    assert SOUP in below.plain
    assert card.id in (below.thread, below.reply_to)


async def test_the_publisher_hears_only_that_there_was_a_question(asked: House) -> None:
    """One message that goes on counting; never the words, never who."""
    await sends_a_question(asked, asked.rui)
    await sends_a_question(asked, asked.world.somebody("Eva", language="pt"), "Outra pergunta sobre a sopa quente")
    counted = [said for said in asked.answers() if sentence("questions-where") in said]
    assert counted == [sentence("questions-asked", code="N1", count=2) + "\n" + sentence("questions-where")]
    room = "\n".join(asked.answers())
    assert WORDS not in room
    assert "K1" not in room
    await asked.says("!status N1")
    assert sentence("progress-questions", language=LanguageName("pt"), puzzled=0, asked=2) in asked.last()


async def test_a_question_that_is_not_sent_is_nobodys(asked: House) -> None:
    await follows(asked, asked.rui)
    await asked.rui.presses(ASK)
    await asked.rui.writes(WORDS)
    await asked.rui.presses(sentence("button-delete", "pt"))
    assert await requests(asked) == []
    assert not any(sentence("questions-where") in said for said in asked.answers())


async def test_a_question_stays_apart_from_what_else_they_have_asked(asked: House) -> None:
    """Their open request goes on as it was; opening the link alone changes nothing."""
    await asked.rui.writes("Preciso de comida para os meus dois filhos")
    await asked.rui.presses(sentence("button-send", "pt"))
    await follows(asked, asked.rui)
    await asked.rui.writes("Somos quatro pessoas em casa, com dois bebés")
    assert len(await requests(asked)) == 1
    await asked.rui.presses(ASK)
    await asked.rui.writes(WORDS)
    await asked.rui.presses(sentence("button-send", "pt"))
    first, second = await requests(asked)
    assert (first.notice, second.notice) == (None, (await asked.notice()).id)


async def test_who_answers_the_screen_asks_about_the_notice(asked: House) -> None:
    await follows(asked, asked.rui)
    await asked.rui.writes(WORDS, reply_to=asked.rui.sees()[0].id)
    await asked.rui.presses(sentence("button-send", "pt"))
    (request,) = await requests(asked)
    assert request.notice == (await asked.notice()).id


async def test_a_question_may_be_spoken(asked: House) -> None:
    """A voice message that answers the screen is the question; it is not answered with the notice once more."""
    await follows(asked, asked.rui)
    await asked.rui.sends("voice", seconds=4, reply_to=asked.rui.sees()[0].id)
    await asked.rui.presses(sentence("button-send", "pt"))
    (request,) = await requests(asked)
    assert request.notice == (await asked.notice()).id


# --- where links carry nothing ---------------------------------------------------------------------------------------


async def test_words_that_begin_with_the_code_are_a_question_about_it(asked: House) -> None:
    """Where a link cannot say which notice it stood below."""
    await asked.rui.writes(f"N1 {WORDS}")
    assert sentence("about-notice", "pt", code="N1", organisation="Ons Huis") in asked.rui.reads()[-1]
    await asked.rui.presses(sentence("button-send", "pt"))
    (request,) = await requests(asked)
    assert request.notice == (await asked.notice()).id


async def test_the_code_alone_shows_the_notice(asked: House) -> None:
    await asked.rui.writes("n1")
    assert SOUP_PT in asked.rui.reads()[-1]
    assert asked.rui.sees()[-1].labels == [PUZZLED, ASK]


async def test_a_code_that_is_no_notice_is_words_like_any_other(asked: House) -> None:
    await asked.rui.writes("N7 é o autocarro que nunca chega aqui à paragem")
    assert sentence("first-held", "pt") in asked.rui.reads()[-1]
    await asked.rui.presses(sentence("button-send", "pt"))
    (request,) = await requests(asked)
    assert request.notice is None
