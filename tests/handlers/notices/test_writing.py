"""Writing a notice: its code and card, options, languages, categories, templates, edits, and what is no notice."""

from __future__ import annotations

from datetime import date

import pytest

from bot.content import LanguageName, say
from bot.domain.notices import Category, NoticeState
from bot.domain.templates import ready_made
from bot.incoming import Deleted, Message
from bot.model import Attachment, ChatKind, Span, SpanKind, Text
from tests.handlers.conftest import sentence
from tests.handlers.house import LATER, LATER_PT, MEALS, MEALS_PT, SOUP, SOUP_AR, SOUP_PT, House, until

# --- a notice is written ---------------------------------------------------------------------------------------------


async def test_a_notice_gets_a_code_and_a_card(house: House) -> None:
    """The card says what it is, which languages it has to be read in, and how to send it."""
    message = await house.says(f"!notice food {SOUP}")
    card = house.card()
    assert card.plain.split("\n") == [
        "Bericht N1 · Eten · Nederlands · nog niet verstuurd",
        sentence("card-previews", languages=(LanguageName("ar"), LanguageName("pt"))),
        sentence("card-publish", command="!publish N1"),
    ]
    assert card.reply_to == message
    notice = await house.notice()
    assert (notice.category, notice.language, notice.state) == (Category.FOOD, "nl", NoticeState.DRAFT)
    assert house.an.reads(house.nl) == []


async def test_a_preview_stands_in_the_thread_for_each_language_of_the_groups(helped: House) -> None:
    """As it will be read there, with who made it; not for the language it was written in."""
    await helped.says(f"!notice food {SOUP}")
    portuguese, arabic = helped.preview("Portugees"), helped.preview("Arabisch")
    assert portuguese.plain.split("\n")[2] == SOUP_PT
    assert arabic.plain.split("\n")[2] == SOUP_AR
    assert sentence("label-machine") in portuguese.plain
    assert helped.card().id in (portuguese.thread, portuguese.reply_to)
    assert not any("in het Nederlands" in said for said in helped.answers())


async def test_who_is_mentioned_in_a_notice_cannot_be_written_to(house: House) -> None:
    """By no group: a colleague's account is known in the organisation's room alone. In a translation and a correction
    neither."""

    def mentioning(words: str) -> Text:
        return Text(f"{words} Eva", (Span(len(words) + 1, len(words) + 4, SpanKind.MENTION, "@eva:example.org"),))

    async def says(words: str, reply_to: str | None = None) -> None:
        at, happens = house.world.clock.now(), house.world.network.happens
        happens(Message(house.room, ChatKind.GROUP, house.an.person, f"m-{at}", at, mentioning(words), None, reply_to))
        await house.world.settled()

    await house.says("!languages pt")
    await says(f"!notice food {SOUP}. Vraag naar")
    await says(f"{SOUP_PT}. Pergunte por", house.preview("Portugees").id)
    await house.says("!publish N1")
    assert house.an.reads(house.nl)[-1].split("\n")[3] == f"{SOUP}. Vraag naar Eva"
    assert house.an.reads(house.pt)[-1].split("\n")[3] == f"{SOUP_PT}. Pergunte por Eva"
    shown = [*house.an.sees(house.nl), *house.an.sees(house.pt)]
    await says(f"!correct N1 {LATER}. Vraag naar")
    await says(f"{LATER_PT}. Pergunte por", house.preview("Portugees").id)
    shown += [*house.an.sees(house.nl), *house.an.sees(house.pt)]
    assert any(f"{LATER_PT}. Pergunte por Eva" in message.plain for message in shown)
    assert all(span.kind is not SpanKind.MENTION for message in shown for span in message.text.spans)


async def test_while_the_computer_translates_the_preview_says_so(helped: House) -> None:
    """It is edited when the translation comes, not said again."""
    helped.engine.gate.clear()
    writing = helped.world.network
    message = Message(
        helped.room,
        writing.kinds[helped.room.id],
        helped.an.person,
        writing.id(),
        helped.world.clock.now(),
        Text(f"!notice food {SOUP}"),
    )
    writing.happens(message)
    working = sentence("preview-working")
    await until(lambda: any("in het Portugees" in said and working in said for said in helped.answers()))
    helped.engine.gate.set()
    await helped.world.settled()
    assert sentence("preview-working") not in helped.preview("Portugees").plain
    assert helped.preview("Portugees").edits >= 1
    assert sum("in het Portugees" in said for said in helped.answers()) == 1


async def test_without_an_engine_the_preview_asks_for_a_translation(house: House) -> None:
    """Nobody has translated it yet, and a reply to it is the translation."""
    await house.says(f"!notice food {SOUP}")
    assert house.preview("Portugees").plain.split("\n")[1] == sentence("preview-missing", language=LanguageName("pt"))


async def test_an_engine_that_fails_can_be_asked_again(helped: House) -> None:
    """The preview says that nobody has translated it, and has a button."""
    await helped.says("!notice food Wij delen vandaag dekens uit aan het station")
    preview = helped.preview("Portugees")
    assert sentence("preview-missing", language=LanguageName("pt")) in preview.plain
    asked = len(helped.engine.asked)
    await helped.an.presses(sentence("button-try-again"), helped.room, preview)
    assert len(helped.engine.asked) > asked


async def test_an_engine_that_comes_back_in_the_night_is_asked_again(helped: House) -> None:
    """After half an hour the room reads that nobody has translated it; nobody has to press the button."""
    helped.engine.down = True
    await helped.says(f"!notice food {SOUP}")
    for _ in range(40):
        await helped.later(60)
    assert sentence("preview-missing", language=LanguageName("pt")) in helped.preview("Portugees").plain
    helped.engine.down = False
    for _ in range(60):
        await helped.later(60)
    assert SOUP_PT in helped.preview("Portugees").plain


async def test_what_the_check_found_stands_in_the_preview(helped: House) -> None:
    """In words that a publisher understands, with the stretch in question."""
    await helped.says(f"!notice food {MEALS}")
    preview = helped.preview("Portugees").plain
    assert MEALS_PT in preview
    assert sentence("finding-number-missing") in preview
    assert "40" in preview.split(sentence("finding-number-missing"))[1]
    assert sentence("finding-number-missing") not in helped.preview("Arabisch").plain


async def test_a_notice_to_groups_of_one_language_needs_no_preview(house: House) -> None:
    """The card says so."""
    room, _ = await house.other("Casa", "nl")
    await house.an.writes(f"!notice food {SOUP}", room)
    assert sentence("card-one-language") in house.card(room).plain


async def test_an_organisation_without_groups_is_told_how_to_get_some(house: House) -> None:
    """The notice is kept; sending it waits for somebody to send it to."""
    room, _ = await house.other("Casa")
    await house.an.writes(f"!notice food {SOUP}", room)
    assert sentence("no-groups", command="!groups") in house.card(room).plain
    await house.an.writes("!publish N1", room)
    assert house.last(room) == sentence("no-groups", command="!groups")


async def test_formatting_is_kept(house: House) -> None:
    """The words after the options, with their styles."""
    await house.says("/notice food lang:nl   Eerste regel\nTweede regel  ")
    notice = await house.notice()
    stored = await house.world.app.unit(lambda tx: tx.texts.get(notice.text))
    assert stored.text.plain == "Eerste regel\nTweede regel"


# --- options ---------------------------------------------------------------------------------------------------------


async def test_without_a_category_it_counts_as_health(house: House) -> None:
    """It says so, and another can be chosen by a button."""
    await house.says(f"!notice {SOUP}")
    assert (await house.notice()).category is Category.HEALTH
    question = sentence("notice-no-category", code="N1", category=say("category-health"))
    assert question in house.answers()
    await house.an.presses(sentence("category-food"), house.room)
    assert (await house.notice()).category is Category.FOOD
    assert "Eten" in house.card().plain
    assert question not in house.answers()


async def test_a_category_is_not_changed_after_sending(house: House) -> None:
    """What health must not, it would then have done."""
    await house.says(f"!notice {SOUP}")
    await house.says("!publish N1")
    await house.an.presses(sentence("category-food"), house.room)
    assert (await house.notice()).category is Category.HEALTH


async def test_the_language_is_found_or_named(house: House) -> None:
    """lang:fr overrides what the words look like; a language outside the bot's own is found, too."""
    await house.says("!notice food La soupe chaude est servie ce soir à la maison du quartier")
    await house.says(f"!notice food lang:fr {SOUP}")
    await house.says("!notice food Esta noche repartimos sopa caliente en la estación para todos los vecinos")
    assert [(await house.notice(number)).language for number in (1, 2, 3)] == ["fr", "fr", "es"]


async def test_an_unsure_language_is_asked_for(helped: House) -> None:
    """The code is given at once; previews come when somebody has said which language it is."""
    await helped.says("!notice food OK 12:00")
    assert sentence("notice-which-language", code="N1") in helped.answers()
    assert not any("in het " in said for said in helped.answers())
    await helped.says("!notices")
    assert " · ? · " in helped.last()
    await helped.says("!publish N1")
    assert helped.last() == sentence("notice-language-first", code="N1")
    await helped.an.presses("Nederlands", helped.room)
    assert "Nederlands" in helped.card().plain
    assert helped.preview("Portugees")


async def test_a_last_day_stands_on_the_card(house: House) -> None:
    """until: takes a day with or without its year."""
    await house.says(f"!notice food until:24/12 {SOUP}")
    assert (await house.notice()).valid_until == date(2026, 12, 24)
    assert sentence("valid-until", date=date(2026, 12, 24)) in house.card().plain


async def test_the_last_day_may_stand_on_a_last_line(house: House) -> None:
    """It is no part of the text; an edit changes it there."""
    message = await house.says(f"!notice food {SOUP}\nuntil:24/12")
    notice = await house.notice()
    assert notice.valid_until == date(2026, 12, 24)
    assert await house.world.app.unit(lambda tx: tx.texts.get(notice.text).text.plain) == SOUP
    await house.an.edits(message, f"!notice food {SOUP}\nuntil:25/12", house.room)
    assert (await house.notice()).valid_until == date(2026, 12, 25)
    assert (await house.notice()).text == notice.text


async def test_who_writes_the_last_day_where_it_is_text_reads_how_to_say_it(house: House) -> None:
    how = sentence("help-until", command="!notice food until:31/12 …")
    await house.says(f"!notice food {SOUP} until:24/12")
    assert (await house.notice()).valid_until is None
    assert house.answers()[-1] == how
    await house.says(f"!notice food until:24/12 {SOUP} until:24/12")
    assert house.answers().count(how) == 1


@pytest.mark.parametrize(
    ("typed", "key", "what"),
    [
        ("!notice food until:gisteren soep", "until-unclear", "gisteren"),
        ("!notice food until:31/02/2027 soep", "until-unclear", "31/02/2027"),
        ("!notice food until:22/11/2026 soep", "until-past", "22/11/2026"),
        ("!notice lang:qq soep", "language-unknown", "qq"),
    ],
)
async def test_an_option_that_cannot_be_is_explained(house: House, typed: str, key: str, what: str) -> None:
    """Nothing is made of a notice that says something else than its writer meant."""
    await house.says(typed)
    assert house.answers() == [sentence(key, what=what)]


@pytest.mark.parametrize("typed", ["!notice", "!notice food", "!notice food lang:nl", "!notice ☺️", "/notice food  . "])
async def test_a_notice_without_words_is_explained_with_an_example(house: House, typed: str) -> None:
    await house.says(typed)
    assert house.answers() == [sentence("notice-empty", example="!notice food …")]


@pytest.mark.parametrize("length", [20_001, 60_000])
async def test_a_notice_that_is_too_long_is_refused_with_the_limit(house: House, length: int) -> None:
    await house.says("!notice food " + "a" * length)
    assert house.answers() == [sentence("notice-too-long", most=20_000, length=length)]


async def test_a_picture_stays_behind(house: House) -> None:
    """The words are taken, and it is said that nothing else is."""
    network = house.world.network
    message = Message(
        house.room,
        network.kinds[house.room.id],
        house.an.person,
        network.id(),
        house.world.clock.now(),
        Text(f"!notice food {SOUP}"),
        attachments=(Attachment("photo", "p1"),),
    )
    network.happens(message)
    await house.world.settled()
    assert sentence("notice-words-only") in house.answers()
    assert house.card()


# --- where it does not belong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [f"!notice food {SOUP}", "!publish N1", "!recall N1", "!template", "!pass N1", "!groups"]
)
async def test_a_notice_in_the_wrong_room_is_explained(house: House, command: str) -> None:
    """In a group, in the coordination room and in private: nothing is made, nothing is sent."""
    coordination = await house.world.paired("coordination", "coordination")
    await house.rui.writes(command, house.pt)
    await house.an.writes(command, coordination)
    await house.rui.writes(command)
    wrong = "notice-wrong-room"
    assert house.rui.reads(house.pt) == [sentence(wrong, "pt")]
    assert house.an.reads(coordination) == [sentence(wrong)]
    assert house.rui.reads() == [sentence(wrong, "pt")]
    assert await house.world.app.unit(lambda tx: tx.notices.numbered(1)) is None


async def test_an_unknown_command_is_answered(house: House) -> None:
    await house.says("!pubish N1")
    assert house.answers() == [sentence("organisation-unknown", word="!pubish", command="!help")]
    await house.says("!help")
    assert sentence("help-publish", command="!publish N1") in house.last()


@pytest.mark.parametrize("sign", ["!", "/", "\uff01"])
async def test_a_command_with_a_blank_behind_its_sign_is_answered(house: House, sign: str) -> None:
    """Its writer may believe that it is on its way. What is no command's name is talk."""
    await house.says(f"{sign} Notice food soep om 12 uur")
    assert house.answers() == [sentence("organisation-unknown", word="! notice", command="!help")]
    for talk in ("belangrijk", "noticed", "", "2", "\nnotice"):
        await house.says(f"{sign} {talk}")
    assert len(house.answers()) == 1


async def test_people_can_talk_in_their_room(house: House) -> None:
    """What is no command and no reply to a preview is theirs."""
    await house.says("Wie doet de soep vandaag?")
    await house.says(f"!notice food {SOUP}")
    before = house.answers()
    await house.says("Mooi zo", thread=house.card().id)
    await house.says("Mooi zo", reply_to=house.card().id)
    assert house.answers() == before


@pytest.mark.parametrize("command", ["publish", "correct", "recall", "pass", "copy", "status", "ok"])
async def test_a_code_that_is_missing_or_unknown_is_explained(house: House, command: str) -> None:
    await house.says(f"!{command}")
    assert house.last() == sentence("notice-which", example=f"!{command} N1")
    await house.says(f"!{command} N77 pt")
    assert house.last() == sentence("notice-unknown", code="N77")


async def test_in_a_thread_the_code_is_understood(house: House) -> None:
    """`publish` below the card is about that notice."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish", thread=house.card().id)
    assert (await house.notice()).state is NoticeState.PUBLISHED


# --- people edit their message ----------------------------------------------------------------------------------------


async def test_an_edit_before_sending_replaces_the_text(helped: House) -> None:
    """New previews come, and the old ones can no longer be approved."""
    message = await helped.says(f"!notice food {SOUP}")
    await helped.says("!languages pt")
    old = helped.preview("Portugees")
    await helped.an.edits(message, f"!notice food {LATER}", helped.room)
    assert LATER_PT in helped.preview("Portugees").plain
    await helped.an.edits(message, f"!notice food {SOUP}!", helped.room)
    notice = await helped.notice()
    stored = await helped.world.app.unit(lambda tx: tx.texts.get(notice.text))
    assert stored.text.plain == f"{SOUP}!"
    assert notice.corrected_at is None
    now = next(m for m in helped.an.sees(helped.room) if m.id == old.id)
    assert now.plain.split("\n")[1] == sentence("preview-outdated")
    assert now.labels == []


async def test_an_edit_before_sending_may_name_what_was_forgotten(house: House) -> None:
    """Without a category it counted as health, and asked; without a day it would have stood for ever."""
    message = await house.says(f"!notice {SOUP}")
    asked = next(m for m in house.an.sees(house.room) if m.labels and "geen onderwerp" in m.plain)
    await house.an.edits(message, f"!notice food until:31/12/2026 {SOUP}", house.room)
    notice = await house.notice()
    assert (notice.category, notice.valid_until) == (Category.FOOD, date(2026, 12, 31))
    now = sentence("category-now", code="N1", category=say("category-food"))
    until = sentence("until-now", code="N1", date=date(2026, 12, 31))
    assert house.last() == f"{now}\n{until}"
    question = next(m for m in house.an.sees(house.room) if m.id == asked.id)
    assert (question.plain, question.labels) == (now, [])


async def test_an_edit_before_sending_may_change_everything(helped: House) -> None:
    """A computer's translation of what turns out to be about health no longer goes out unread."""
    message = await helped.says(f"!notice food {SOUP}")
    await helped.an.edits(message, f"!notice health lang:fr {LATER}", helped.room)
    notice = await helped.notice()
    stored = await helped.world.app.unit(lambda tx: tx.texts.get(notice.text))
    assert (notice.category, notice.language) == (Category.HEALTH, "fr")
    assert (stored.text.plain, stored.language) == (LATER, "fr")
    told = next(said for said in helped.answers() if said.startswith(sentence("edited-draft", code="N1")))
    assert sentence("category-now", code="N1", category=say("category-health")) in told


async def test_an_edit_that_changes_nothing_is_not_talked_about(house: House) -> None:
    """Networks tell of an edit when a link's picture has come."""
    message = await house.says(f"!notice food {SOUP}")
    before = house.answers()
    await house.an.edits(message, f"!notice food {SOUP}", house.room)
    assert house.answers() == before


async def test_an_edit_after_sending_changes_nothing_and_explains_how(house: House) -> None:
    message = await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await house.an.edits(message, f"!notice food {LATER}", house.room)
    assert house.last() == sentence("edited-published", code="N1", command="!correct N1 …")
    assert SOUP in house.an.reads(house.nl)[0]


async def test_a_last_day_that_is_added_after_sending_is_not_passed_over(house: House) -> None:
    message = await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await house.an.edits(message, f"!notice food until:31/12/2026 {SOUP}", house.room)
    assert house.last() == sentence("edited-published", code="N1", command="!correct N1 …")


async def test_an_edit_that_is_no_notice_any_more_is_explained(house: House) -> None:
    message = await house.says(f"!notice food {SOUP}")
    await house.an.edits(message, "toch niet", house.room)
    assert house.last() == sentence("edited-unclear", code="N1")


async def test_a_message_that_is_taken_back_takes_no_notice_with_it(house: House) -> None:
    """It is said what stays, and how it goes."""
    message = await house.says(f"!notice food {SOUP}")
    house.world.network.happens(Deleted(house.room, message, house.world.clock.now()))
    await house.world.settled()
    assert house.last() == sentence("deleted-notice", code="N1", command="!recall N1")


# --- ready-made ------------------------------------------------------------------------------------------------------

FOOD = '!template food-parcels place="Rue X 12" date=24/11/2026 time=14:00-16:00'


async def test_templates_are_listed_with_what_to_write(house: House) -> None:
    """By their titles in the room's language. What to write is marked so that a tap on Telegram copies it."""
    await house.says("!template")
    listed = house.an.sees(house.room)
    assert "Voedselpakketten" in "\n".join(shown.plain for shown in listed)
    copied = [
        s.text.plain[span.start : span.end] for s in listed for span in s.text.spans if span.kind is SpanKind.CODE
    ]
    assert len(copied) == len(ready_made())
    assert any(line.startswith("!template food-parcels place=") for line in copied)


async def test_a_filled_template_is_ready_in_every_language_without_an_engine(house: House) -> None:
    """It goes out at once, and says in each language who has not read it. What stands last says how to send it."""
    await house.says(FOOD)
    assert house.last().split("\n")[-1] == sentence("card-publish", command="!publish N1")
    assert "Rue X 12" in house.preview("Arabisch").plain
    await house.says("!publish N1")
    portuguese = house.rui.reads(house.pt)[0]
    assert "Vão ser distribuídos cabazes de alimentos." in portuguese
    assert sentence("label-template", "pt") in portuguese
    assert sentence("label-template") not in house.an.reads(house.nl)[0]
    assert len(house.rui.reads(house.ar)) == 1


async def test_a_language_that_a_template_does_not_have_is_held(house: House) -> None:
    amharic = await house.world.paired("am", "group", "Ons Huis", "am")
    await house.says(FOOD)
    await house.says("!publish N1")
    assert house.rui.reads(amharic) == []
    assert sentence("progress-held", language=LanguageName("am"), reason=say("held-missing")) in house.progress()


async def test_everything_wrong_with_a_template_is_said_at_once(house: House) -> None:
    await house.says("!template food-parcels place=X date=morgen hal=3")
    assert house.last().split("\n")[:2] == [
        sentence("template-missing", slots=("time",)),
        sentence("template-invalid", slots=("date",)),
    ]
    assert "!template food-parcels place=" in house.last()
    await house.says("!template soep")
    assert house.last() == sentence("template-unknown", name="soep", command="!template")
    await house.says("!template food-parcels")
    assert house.last().startswith("Voedselpakketten")


async def test_a_template_for_a_day_that_has_passed_is_not_made_a_notice(house: House) -> None:
    """The year of last week's notice, or an example that was copied as it stood."""
    await house.says('!template food-parcels place="Rue X 12" date=05/01/2026 time=14:00')
    assert house.last() == sentence("until-past", what="05/01/2026")
    await house.says("!notices")
    assert house.last() == sentence("notices-none", example="!notice food …")


# --- the list --------------------------------------------------------------------------------------------------------


async def test_notices_are_listed_with_their_state(house: House) -> None:
    await house.says("!notices")
    assert house.last() == sentence("notices-none", example="!notice food …")
    await house.says(f"!notice food {SOUP}")
    await house.says(f"!notice shelter {LATER}")
    await house.says("!publish N1")
    await house.says("!notices")
    assert house.last().split("\n") == [
        "Bericht N2 · Onderdak · Nederlands · nog niet verstuurd",
        LATER,
        "Bericht N1 · Eten · Nederlands · verstuurd",
        SOUP,
    ]
