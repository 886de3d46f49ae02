"""Publishing: what goes out, what is held and why, counts that follow, corrections, recalls, and copies to forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.content import LanguageName, say
from bot.domain.chats import Pairing
from bot.domain.notices import NoticeState
from bot.incoming import Message
from bot.model import ChatKind, Text
from bot.operation import operating
from bot.outgoing import EditText
from bot.ports import Closed, Gone, NotSent, Refused
from bot.store.transaction import Transaction
from tests.handlers.conftest import sentence
from tests.handlers.house import LATER, LATER_PT, MEALS, SOUP, SOUP_AR, SOUP_PT, SOUP_TR, House
from tests.world import World

TODAY = date(2026, 11, 23)
SEND = sentence("button-send-unreviewed")
BETTER = "Sopa quente, das 12:00 às 14:00, na Stationsstraat 5"


def held(language: str, why: str) -> str:
    return sentence("progress-held", language=LanguageName(language), reason=say(f"held-{why}"))


def counted(language: str, sent: int, waiting: int = 0, failed: int = 0) -> str:
    name = LanguageName(language)
    return sentence("progress-language", language=name, sent=sent, waiting=waiting, failed=failed)


async def many_groups(house: House, language: str, count: int) -> None:
    """More of them than are stored at once."""

    def unit(tx: Transaction) -> None:
        organisation = tx.chats.organisation_named("Ons Huis").id
        for title in (f"{language} {number}" for number in range(count)):
            known = tx.chats.known(house.world.group(title), ChatKind.GROUP, title)
            tx.chats.pair(known.id, Pairing("group", organisation, language))

    await house.world.app.unit(unit)


def said_in(house: House, words: str) -> Message:
    """The publisher writes in the organisation's room, and nobody waits for what comes of it."""
    network = house.world.network
    kind, id = network.kinds[house.room.id], network.id()
    return Message(house.room, kind, house.an.person, id, house.world.clock.now(), Text(words), addressed=True)


# --- publish ---------------------------------------------------------------------------------------------------------


async def test_every_copy_carries_what_belongs_on_it(helped: House) -> None:
    """Publisher, category, date and code, the text, the last day, who answers for it, and the way to help."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food until:30/11 {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    (copy,) = helped.rui.sees(helped.pt)
    assert copy.plain.split("\n") == [
        "Ons Huis",
        sentence("copy-about", "pt", category=say("category-food"), date=TODAY, code="N1"),
        "",
        SOUP_PT,
        "",
        sentence("valid-until", "pt", date=date(2026, 11, 30)),
        sentence("label-reviewed", "pt", organisation="Ons Huis"),
        sentence("help-link", "pt"),
        sentence("question-link", "pt"),
    ]
    help, question = [span.value or "" for span in copy.text.spans if span.kind == "link"]
    assert help.startswith("https://paper.example/?start=g-")
    assert question.startswith("https://paper.example/?start=q-N1-g")


async def test_only_what_a_person_read_goes_out_and_the_rest_is_named_as_held(helped: House) -> None:
    """The source language and approved translations; the answer says what is held, why, and what can be done."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    assert [len(helped.an.reads(chat)) for chat in (helped.nl, helped.pt, helped.ar)] == [1, 1, 0]
    await helped.later()
    assert helped.progress().split("\n") == [
        sentence("progress-head", code="N1"),
        counted("nl", 1),
        counted("pt", 1),
        "",
        held("ar", "unread"),
        sentence("progress-held-follow"),
        sentence("progress-machine", command="!publish N1 machine"),
    ]


async def test_a_held_language_follows_by_itself_when_it_is_approved(helped: House) -> None:
    await helped.says("!languages ar")
    await helped.says(f"!notice health {SOUP}")
    await helped.says("!publish N1")
    assert helped.an.reads(helped.ar) == []
    await helped.says("!ok N1 ar")
    assert SOUP_AR in helped.an.reads(helped.ar)[0]
    await helped.later()
    assert counted("ar", 1) in helped.progress()


async def test_a_translation_written_after_sending_follows_too(house: House) -> None:
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    assert held("pt", "missing") in house.progress()
    await house.says(BETTER, reply_to=house.preview("Portugees").id)
    assert BETTER in house.rui.reads(house.pt)[0]
    assert sentence("label-human", "pt", organisation="Ons Huis") in house.rui.reads(house.pt)[0]


async def test_publishing_again_reaches_only_new_groups(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    new = await house.world.paired("nl2", "group", "Ons Huis", "nl")
    await house.says("!publish N1")
    assert [len(house.an.reads(chat)) for chat in (house.nl, new)] == [1, 1]
    await house.later()
    assert counted("nl", 2) in house.progress()


async def test_a_word_behind_publish_that_means_nothing_is_explained(house: House) -> None:
    """Nothing goes out by mistake."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1 morgen")
    assert house.last().split("\n")[0] == sentence("publish-how", command="!publish N1")
    assert house.an.reads(house.nl) == []


# --- machine ---------------------------------------------------------------------------------------------------------


async def test_unreviewed_translations_go_out_after_one_confirmation(helped: House) -> None:
    """The question names them; in the copies it says that a computer made them."""
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    names = (LanguageName("ar"), LanguageName("pt"))
    assert helped.last() == sentence("machine-sure", languages=names)
    assert helped.an.reads(helped.nl) == []
    await helped.an.presses(SEND, helped.room)
    assert SOUP_PT in helped.rui.reads(helped.pt)[0]
    assert sentence("label-machine", "pt") in helped.rui.reads(helped.pt)[0]
    await helped.later()
    assert [line for line in helped.progress().split("\n") if line][1:] == [counted(c, 1) for c in ("ar", "nl", "pt")]


async def test_who_waits_sends_nothing(helped: House) -> None:
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(sentence("button-hold"), helped.room)
    assert helped.last() == sentence("machine-held")
    assert helped.an.reads(helped.nl) == helped.an.reads(helped.pt) == []


@pytest.mark.parametrize("category", ["health", "legal"])
async def test_in_health_and_legal_matters_nothing_unread_goes_out(helped: House, category: str) -> None:
    """Whatever anybody confirms; it says why, and what goes instead."""
    await helped.says(f"!notice {category} {SOUP}")
    await helped.says("!publish N1 machine")
    name = say(f"category-{category}")
    assert helped.last() == sentence("machine-never", category=name, command="!publish N1")
    await helped.says("!publish N1")
    assert helped.rui.reads(helped.pt) == []
    assert sentence("progress-must-be-read", category=name) in helped.progress()


async def test_a_translation_that_the_check_found_wrong_waits_for_a_person(helped: House) -> None:
    """The question does not offer it; approving it is a person's decision."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {MEALS}")
    await helped.says("!publish N1 machine")
    assert helped.last() == sentence("machine-sure", languages=(LanguageName("ar"),))
    await helped.an.presses(SEND, helped.room)
    assert helped.rui.reads(helped.pt) == []
    assert held("pt", "doubtful") in helped.progress()
    await helped.says("!ok N1 pt")
    assert len(helped.rui.reads(helped.pt)) == 1


async def test_a_confirmation_is_for_the_text_it_was_asked_about(helped: House) -> None:
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    question = helped.an.sees(helped.room)[-1]
    await helped.says(f"!correct N1 {LATER}")
    await helped.an.presses(SEND, helped.room, question)
    assert helped.last() == sentence("machine-outdated")
    assert helped.an.reads(helped.nl) == []


async def test_approving_what_is_out_changes_its_label_and_says_nothing_more(helped: House) -> None:
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    await helped.says("!ok N1 pt")
    (copy,) = helped.rui.reads(helped.pt)
    assert sentence("label-reviewed", "pt", organisation="Ons Huis") in copy


async def test_a_better_translation_of_what_is_out_is_shown_and_told(helped: House) -> None:
    """Silent edits are not seen."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    await helped.says(BETTER, reply_to=helped.preview("Portugees").id)
    copy, told = helped.rui.sees(helped.pt)
    assert BETTER in copy.plain
    assert told.plain == sentence("copy-improved", "pt", code="N1")
    assert told.reply_to == copy.id
    assert len(helped.an.reads(helped.ar)) == 1


async def test_the_same_words_from_a_person_change_the_label_and_say_nothing_more(helped: House) -> None:
    """Nobody is asked to read again what they have read."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    await helped.says(SOUP_PT, reply_to=helped.preview("Portugees").id)
    (copy,) = helped.rui.reads(helped.pt)
    assert sentence("label-human", "pt", organisation="Ons Huis") in copy


# --- groups in a language that nobody read before --------------------------------------------------------------------


async def test_a_language_that_is_new_since_the_notice_was_written_can_be_translated(house: House) -> None:
    """Its preview comes with the next `publish`; once somebody has translated it there, the new group has its copy."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    tr = await house.world.paired("tr", "group", "Ons Huis", "tr")
    await house.reads(house.an, "tr")
    await house.says("!languages tr")
    await house.says("!publish N1")
    await house.says("!publish N1")
    head = sentence("preview-head", code="N1", language=LanguageName("tr"))
    (preview,) = [m for m in house.an.sees(house.room) if m.plain.startswith(head)]
    await house.says(SOUP_TR, preview.id)
    (copy,) = house.an.reads(tr)
    assert SOUP_TR in copy


async def test_an_engine_is_asked_for_a_language_that_is_new(helped: House) -> None:
    """Also when a plan's time has come, and for the groups of who passes the notice on."""
    casa, _ = await helped.other("Casa", "nl")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1")
    await helped.an.writes("!pass N1", casa)
    await helped.says("!publish N1 at 18:00")
    await helped.world.paired("Casa pt", "group", "Casa", "pt")
    await helped.world.advance(timedelta(hours=9))
    assert SOUP_PT in helped.preview("Portugees", casa).plain


# --- counts ----------------------------------------------------------------------------------------------------------


async def test_counts_follow_in_one_message_until_nothing_waits(house: House) -> None:
    """It is edited, not said again, and rests when it is final."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    assert counted("nl", 0, waiting=1) in house.progress()
    assert sentence("progress-going-on") in house.progress()
    await house.later()
    assert counted("nl", 1) in house.progress()
    assert sentence("progress-going-on") not in house.progress()
    edits = [one for one in house.world.network.log if isinstance(one, EditText)]
    await house.later(3600)
    assert [one for one in house.world.network.log if isinstance(one, EditText)] == edits


async def test_a_group_that_came_later_is_not_said_to_be_waiting(house: House) -> None:
    """Nothing is on its way to it until somebody publishes again."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await house.later()
    await house.world.paired("nl2", "group", "Ons Huis", "nl")
    await house.says("!status N1")
    assert counted("nl", 1) in house.progress()
    assert sentence("progress-going-on") not in house.progress()


async def test_a_copy_that_failed_is_named_with_the_reason(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    house.world.network.faults += [NotSent("the answer can wait"), Refused("the topic is closed")]
    await house.says("!publish N1")
    await house.later()
    await house.later()
    assert counted("nl", 0, failed=1) in house.progress()
    assert sentence("progress-undelivered", group="nl", reason=say("undelivered-refused")) in house.progress()


async def networks_line(w: World) -> str:
    """What `schakel status` shows of the network."""
    found = await w.app.unit(lambda tx: operating.status(tx, (w.network.account,)))
    return operating.lines(found, "schakel")[0]


async def test_a_group_that_is_closed_for_the_night_is_named_while_its_copy_waits(house: House) -> None:
    """With the reason, until it opens; whoever runs the bot reads it, too."""
    await house.says(f"!notice food {SOUP}")
    house.world.network.broken[house.nl.id] = Closed("nobody may write there")
    await house.says("!publish N1")
    await house.later(600)
    assert counted("nl", 0, waiting=1) in house.progress()
    assert sentence("progress-closed", group="nl") in house.progress()
    assert "(1 waiting to be sent, some of it for 1 group where nobody may write now" in await networks_line(
        house.world
    )
    del house.world.network.broken[house.nl.id]
    await house.later(600)
    assert counted("nl", 1) in house.progress()
    assert sentence("progress-closed", group="nl") not in house.progress()
    assert "(0 waiting to be sent, 0 failed)" in await networks_line(house.world)


async def test_why_a_copy_waits_is_as_new_as_its_last_try(house: House) -> None:
    """The group may be open again while the network is away."""
    await house.says(f"!notice food {SOUP}")
    house.world.network.broken[house.nl.id] = Closed("nobody may write there")
    await house.says("!publish N1")
    await house.later(600)
    house.world.network.broken[house.nl.id] = NotSent("too many of its members write")
    await house.later(600)
    assert counted("nl", 0, waiting=1) in house.progress()
    assert sentence("progress-closed", group="nl") not in house.progress()


async def test_a_closed_group_of_another_organisation_is_its_own_business(house: House) -> None:
    """Whoever wrote the notice reads how many groups have it; the others read of theirs why it waits."""
    room, groups = await house.other("Casa", "nl")
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await house.later()
    house.world.network.broken[groups["nl"].id] = Closed("nobody may write there")
    await house.an.writes("!pass N1", room)
    await house.later(600)
    assert sentence("progress-closed", group="Casa nl") in house.progress(room)
    assert sentence("progress-closed", group="Casa nl") not in house.progress()


async def test_a_group_that_threw_the_bot_out_is_named(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    house.world.network.faults += [NotSent("the answer can wait"), Gone("kicked")]
    await house.says("!publish N1")
    await house.later()
    await house.later()
    assert sentence("progress-undelivered", group="nl", reason=say("undelivered-gone")) in house.progress()
    assert sentence("group-gone", group="nl") in house.answers()


async def test_status_tells_how_far_it_is(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    await house.says("!status N1")
    assert house.last() == sentence("status-is", code="N1", state=say("notice-state-draft"))
    await house.says("!publish N1")
    await house.says("!status N1")
    await house.later()
    assert house.last() == house.progress()
    assert counted("nl", 1) in house.last()


# --- correct ---------------------------------------------------------------------------------------------------------


async def test_a_correction_changes_every_copy_and_says_so(helped: House) -> None:
    """In its own language at once; elsewhere the old number goes at once, and the new text when it is approved."""
    await helped.says("!languages pt")
    await helped.says(f"!notice health {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    await helped.says(f"!correct N1 {LATER}")
    dutch, told = helped.an.sees(helped.nl)
    assert LATER in dutch.plain
    assert sentence("label-corrected") in dutch.plain
    assert (told.plain, told.reply_to) == (sentence("copy-corrected", code="N1"), dutch.id)

    portuguese, coming = helped.rui.sees(helped.pt)
    assert SOUP_PT not in portuguese.plain
    assert sentence("copy-being-corrected", "pt") in portuguese.plain
    assert LATER in portuguese.plain
    assert coming.plain == sentence("copy-correcting", "pt", code="N1")
    await helped.later()
    assert held("pt", "unread") in helped.progress()

    await helped.says("!ok N1 pt")
    portuguese, _, corrected = helped.rui.sees(helped.pt)
    assert LATER_PT in portuguese.plain
    assert sentence("copy-being-corrected", "pt") not in portuguese.plain
    assert sentence("label-corrected", "pt") in portuguese.plain
    assert corrected.plain == sentence("copy-corrected", "pt", code="N1")
    assert helped.an.reads(helped.ar) == []


async def test_a_correction_that_waits_for_a_reader_can_be_let_out_unread(helped: House) -> None:
    """By `publish machine`, like what has not been out yet."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    await helped.says(f"!correct N1 {LATER}")
    assert sentence("copy-being-corrected", "pt") in helped.rui.reads(helped.pt)[0]
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    copy, _, told = helped.rui.reads(helped.pt)
    assert LATER_PT in copy
    assert sentence("label-machine", "pt") in copy
    assert told == sentence("copy-corrected", "pt", code="N1")


async def test_a_correction_overtakes_copies_that_are_not_stored_yet(house: House) -> None:
    """A notice for hundreds of groups is stored in pieces; those whose turn had not come never read the old text."""
    await many_groups(house, "nl", 200)
    await house.says("!languages pt")
    await house.says(f"!notice food {SOUP}")
    await house.says(SOUP_PT, house.preview("Portugees").id)
    for command in ("!publish N1", f"!correct N1 {LATER}"):  # both before the bot gets to look at either
        house.world.network.happens(said_in(house, command))
    await house.world.settled()
    copy, *_ = house.rui.reads(house.pt)
    assert SOUP_PT not in copy
    assert sentence("copy-being-corrected", "pt") in copy
    assert LATER in copy


async def test_a_correction_before_sending_is_a_new_text(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    await house.says(f"!correct N1 {LATER}")
    assert any(said.startswith(sentence("corrected-draft", code="N1")) for said in house.answers())
    await house.says("!publish N1")
    (copy,) = house.an.reads(house.nl)
    assert LATER in copy
    assert sentence("label-corrected") not in copy


async def test_a_correction_in_another_language_is_asked_about(house: House) -> None:
    """It would reach groups that cannot read it."""
    await house.says(f"!notice food {SOUP}")
    await house.says(f"!correct N1 {LATER_PT}")
    assert house.last() == sentence(
        "correct-language",
        code="N1",
        language=LanguageName("nl"),
        other=LanguageName("pt"),
        command="!correct N1 lang:nl …",
    )
    await house.says(f"!correct N1 lang:nl {LATER_PT}")
    await house.says("!publish N1")
    assert LATER_PT in house.an.reads(house.nl)[0]


async def test_an_empty_correction_is_explained(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    await house.says("!correct N1")
    assert house.last() == sentence("notice-empty", example="!correct N1 …")


# --- recall ----------------------------------------------------------------------------------------------------------


async def test_what_is_forwarded_recalls_nothing(helped: House) -> None:
    """Somebody shows the others what was written elsewhere. A draft is often brought so, and goes out to nobody."""
    await helped.says(f"!notice {SOUP}")
    await helped.says("!publish N1")
    before = helped.an.reads(helped.room)
    for words in ("!recall N1", "/publish N1 machine", "!correct N1 Geen soep"):
        helped.world.network.happens(replace(said_in(helped, words), forwarded=True))
        await helped.world.settled()
    assert SOUP in helped.an.reads(helped.nl)[-1]
    assert helped.an.reads(helped.room) == before
    helped.world.network.happens(replace(said_in(helped, "/notice Morgen gesloten"), forwarded=True))
    await helped.world.settled()
    assert "N2" in "".join(helped.an.reads(helped.room)[len(before) :])


async def test_a_recall_withdraws_every_copy_and_says_so(helped: House) -> None:
    """The reason goes to those who read its language."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    await helped.says("!recall N1 De kok is ziek")
    assert helped.an.reads(helped.nl) == [sentence("copy-recalled", code="N1") + "\nDe kok is ziek"]
    assert helped.rui.reads(helped.pt) == [sentence("copy-recalled", "pt", code="N1")]
    assert helped.an.reads(helped.ar) == []
    assert sentence("recalled-published", code="N1", n=2) in helped.answers()
    assert "ingetrokken" in helped.card().plain
    for command in ("!publish N1", "!correct N1 x", "!ok N1 ar", "!recall N1", "!copy N1"):
        await helped.says(command)
        assert helped.last() == sentence("notice-recalled", code="N1")


@pytest.mark.parametrize(
    ("reason", "read_by"),
    [("A sopa estragou-se, não há nada hoje", "pt"), ("La soupe ne sera pas prête aujourd’hui", "nl"), ("Ziek", "nl")],
)
async def test_a_reason_is_in_the_language_in_which_it_is_written(helped: House, reason: str, read_by: str) -> None:
    """It goes to the groups that read it; where none does, to those that read what the notice was written in."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    await helped.says(f"!recall N1 {reason}")
    for language, group in (("nl", helped.nl), ("pt", helped.pt)):
        [told] = (helped.an if language == "nl" else helped.rui).reads(group)
        said = sentence("copy-recalled", language, code="N1")
        assert told == (f"{said}\n{reason}" if language == read_by else said)


async def test_a_correction_that_says_the_same_corrects_nothing(helped: House) -> None:
    """It was sent twice, say: nobody has to read it again, and what was approved stays so. Another day counts."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    await helped.later()
    before = helped.rui.reads(helped.pt)
    await helped.says(f"!correct N1 {SOUP}")
    assert helped.rui.reads(helped.pt) == before
    assert helped.last() == helped.progress()
    await helped.says(f"!correct N1 until:30/11 {SOUP}")
    assert helped.last() == sentence("until-now", code="N1", date=date(2026, 11, 30))
    [copy] = helped.rui.reads(helped.pt)
    assert sentence("label-reviewed", "pt", organisation="Ons Huis") in copy
    assert sentence("valid-until", "pt", date=date(2026, 11, 30)) in copy


async def test_a_long_reason_is_refused_before_anything_happens(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await house.says("!recall N1 " + "omdat " * 100)
    assert house.last() == sentence("notice-too-long", most=500, length=599)
    assert SOUP in house.an.reads(house.nl)[0]


async def test_a_draft_can_be_withdrawn(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    await house.says("!recall N1")
    assert sentence("recalled-draft", code="N1") in house.answers()
    assert (await house.notice()).state is NoticeState.RECALLED
    assert house.an.reads(house.nl) == []


async def test_a_draft_that_was_withdrawn_is_nobody_elses_business(house: House) -> None:
    """Another organisation hears no more of it than of a number that was never given."""
    other, _ = await house.other("Casa", "pt")
    await house.says(f"!notice food {SOUP}")
    await house.says("!recall N1")
    for command in ("status", "copy", "pass", "correct", "recall", "publish"):
        await house.an.writes(f"!{command} N1 pt", other)
        assert house.last(other) == sentence("notice-unknown", code="N1")
    await house.says("!status N1")
    assert house.last() == sentence("status-is", code="N1", state=say("notice-state-recalled"))


async def test_a_withdrawn_notice_does_not_come_back_with_its_translation(helped: House) -> None:
    """An engine that is late changes nothing."""
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    await helped.says("!recall N1")
    await helped.says("!publish N1")
    assert helped.rui.reads(helped.pt) == [sentence("copy-recalled", "pt", code="N1")]


async def test_a_correction_that_a_group_did_not_take_is_not_said_before_the_recall(house: House) -> None:
    """The network said for a while that it could not have it; by then the notice is withdrawn."""
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    house.world.network.broken[house.nl.id] = NotSent("later")
    await house.says(f"!correct N1 {LATER}")
    await house.says("!recall N1")
    del house.world.network.broken[house.nl.id]
    await house.later()
    assert house.an.reads(house.nl) == [sentence("copy-recalled", code="N1")]
    assert not [one for one in house.world.network.log if isinstance(one, EditText) and LATER in one.text.plain]


@pytest.mark.parametrize("why", [Closed("nobody may write there"), NotSent("later")])
async def test_a_group_that_was_closed_reads_the_correction_alone(house: House, why: Exception) -> None:
    """Its copy was tried before: what was wrong then is not said first, and nobody hears of a correction."""
    house.world.network.broken[house.nl.id] = why
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    await house.says(f"!correct N1 {LATER}")
    del house.world.network.broken[house.nl.id]
    await house.later(600)
    (copy,) = house.an.sees(house.nl)
    assert LATER in copy.plain
    assert copy.edits == 0


async def test_of_two_corrections_a_closed_group_reads_the_latest(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    await house.says("!publish N1")
    house.world.network.broken[house.nl.id] = Closed("nobody may write there")
    await house.says(f"!correct N1 {LATER}")
    await house.says("!correct N1 Er is geen soep vandaag")
    del house.world.network.broken[house.nl.id]
    await house.later(600)
    copy = house.an.sees(house.nl)[0]
    assert "geen soep" in copy.plain
    assert copy.edits == 1


async def test_a_closed_group_that_reads_another_language_by_then_has_its_copy_in_it(helped: House) -> None:
    """As it would have if it had got its copy before."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    helped.world.network.broken[helped.pt.id] = Closed("nobody may write there")
    await helped.says("!publish N1")
    await helped.rui.writes(f"!pair {await helped.world.pairing('group', 'Ons Huis', 'nl')}", helped.pt)
    del helped.world.network.broken[helped.pt.id]
    await helped.later(600)
    assert [SOUP in said for said in helped.rui.reads(helped.pt) if said.startswith("Ons Huis")] == [True]


# --- copy ------------------------------------------------------------------------------------------------------------


async def test_a_copy_to_forward_is_the_text_with_all_that_belongs_to_it(helped: House) -> None:
    """Nothing around it, and no link of ours."""
    await helped.says(f"!notice food until:30/11 {SOUP}")
    await helped.says("!copy N1 pt")
    assert helped.last().split("\n") == [
        "Ons Huis",
        sentence("copy-about", "pt", category=say("category-food"), date=TODAY, code="N1"),
        "",
        SOUP_PT,
        "",
        sentence("valid-until", "pt", date=date(2026, 11, 30)),
        sentence("label-machine", "pt"),
    ]
    await helped.says("!copy N1")
    assert SOUP in helped.last()
    await helped.says("!copy N1 Portugees")
    assert SOUP_PT in helped.last()


async def test_what_must_be_read_first_is_not_copied_either(helped: House) -> None:
    await helped.says(f"!notice health {SOUP}")
    await helped.says("!copy N1 pt")
    assert sentence("held-unread") in helped.last()
    await helped.says("!copy N1 so")
    assert sentence("held-missing") in helped.last()


# --- other organisations ---------------------------------------------------------------------------------------------


async def test_another_organisation_passes_a_notice_on(helped: House) -> None:
    """To its own groups, with both names; who wrote it hears of it."""
    room, groups = await helped.other("Casa", "pt", "nl")
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    await helped.an.writes("!pass N1", room)
    via = sentence("notice-via", "pt", organisation="Ons Huis", via="Casa")
    assert helped.rui.reads(groups["pt"])[0].startswith(via)
    assert helped.an.reads(groups["nl"])[0].startswith(sentence("notice-via", organisation="Ons Huis", via="Casa"))
    assert helped.rui.reads(helped.pt)[0].startswith("Ons Huis\n")
    assert sentence("passed-on-by", organisation="Casa", code="N1", n=2) in helped.answers()
    await helped.later()
    assert counted("pt", 1) in helped.progress(room)
    assert sentence("progress-passed", organisation="Casa", sent=2) in helped.progress()


async def test_who_passes_on_holds_what_nobody_read(helped: House) -> None:
    """Letting a computer's work out is a decision for one's own groups; a reader of theirs approves it for all."""
    room, groups = await helped.other("Casa", "ar")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    await helped.an.writes("!pass N1", room)
    assert helped.an.reads(groups["ar"]) == []
    assert held("ar", "unread") in helped.progress(room)
    await helped.an.writes("!languages ar", room)
    await helped.an.presses(sentence("button-approve"), room)
    label = sentence("label-reviewed", "ar", organisation="Casa")
    for chat in (groups["ar"], helped.ar):
        assert [label in said for said in helped.an.reads(chat)] == [True]


async def test_corrections_and_recalls_reach_those_groups_too(helped: House) -> None:
    room, groups = await helped.other("Casa", "nl")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1")
    await helped.an.writes("!pass N1", room)
    await helped.says(f"!correct N1 {LATER}")
    copy, told = helped.an.reads(groups["nl"])
    assert copy.startswith(sentence("notice-via", organisation="Ons Huis", via="Casa"))
    assert LATER in copy
    assert told == sentence("copy-corrected", code="N1")
    await helped.says("!recall N1")
    assert helped.an.reads(groups["nl"]) == [sentence("copy-recalled", code="N1")]
    assert sentence("recalled-by", code="N1", organisation="Ons Huis") in helped.answers(room)


async def test_what_only_its_writer_may_is_explained_to_others(helped: House) -> None:
    room, groups = await helped.other("Casa", "nl")
    await helped.says(f"!notice food {SOUP}")
    await helped.an.writes("!pass N1", room)
    assert helped.last(room) == sentence("notice-unknown", code="N1")
    await helped.says("!publish N1")
    await helped.an.writes("!publish N1", room)
    assert helped.last(room) == sentence(
        "publish-not-yours", code="N1", organisation="Ons Huis", pass_command="!pass N1", publish_command="!publish N1"
    )
    for command in ("!correct N1 anders", "!recall N1"):
        await helped.an.writes(command, room)
        assert helped.last(room) == sentence("change-not-yours", code="N1", organisation="Ons Huis")
    assert helped.an.reads(groups["nl"]) == []
    await helped.says("!pass N1")
    assert helped.last() == sentence("pass-own", code="N1", publish_command="!publish N1")


async def test_what_its_writer_has_read_is_not_replaced_by_others(helped: House) -> None:
    room, _ = await helped.other("Casa", "pt")
    await helped.says("!languages pt")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    await helped.an.writes("!languages pt", room)
    await helped.an.writes("!pass N1", room)
    await helped.an.writes(BETTER, room, reply_to=helped.preview("Portugees", room).id)
    assert helped.last(room) == sentence("review-done")


async def test_passing_on_twice_reaches_only_new_groups(helped: House) -> None:
    room, groups = await helped.other("Casa", "nl")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1")
    await helped.an.writes("!pass N1", room)
    await helped.an.writes("!pass N1", room)
    assert len(helped.an.reads(groups["nl"])) == 1
    assert len([said for said in helped.answers() if "Casa" in said and said.startswith("Casa geeft")]) == 1
