"""The last day of a notice: every copy says that it has passed, until somebody gives it another."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.content import say
from bot.outgoing import SendText
from bot.ports import Closed, NotSent, Refused
from tests.handlers.conftest import sentence
from tests.handlers.house import LATER, LATER_PT, SOUP, SOUP_AR, SOUP_PT, House, house_in
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Paper
from tests.world import Clock, world

LAST = date(2026, 11, 24)
OVER = sentence("copy-expired", date=LAST)
OVER_PT = sentence("copy-expired", "pt", date=LAST)
DAY = timedelta(days=1)


@pytest.fixture
async def out(helped: House) -> House:
    """A notice is out in Dutch and Portuguese, valid until tomorrow; it is Monday morning."""
    await helped.says("!languages pt ar")
    await helped.says(f"!notice food until:24/11 {SOUP}")
    await helped.says("!ok N1 pt")
    await helped.says("!publish N1")
    return helped


async def test_when_the_last_day_has_passed_every_copy_says_so(out: House) -> None:
    """Above all else, in its reader's language; the text can still be read, and the way to help stays."""
    await out.world.advance(DAY)  # it is the last day
    assert OVER not in out.an.reads(out.nl)[0]
    await out.world.advance(timedelta(hours=14))  # Brussels is an hour ahead of midnight here
    dutch, portuguese = out.an.sees(out.nl)[0], out.rui.sees(out.pt)[0]
    assert dutch.plain.startswith(OVER + "\n")
    assert portuguese.plain.startswith(OVER_PT + "\n")
    assert SOUP_PT in portuguese.plain
    assert sentence("valid-until", "pt", date=LAST) not in portuguese.plain
    assert portuguese.plain.endswith(sentence("help-link", "pt") + "\n" + sentence("question-link", "pt"))
    assert not any(span.kind == "strike" for span in portuguese.text.spans)


async def test_the_room_is_told_once(out: House) -> None:
    """And sees it on the card, in the list and in how far it is."""
    await out.world.advance(2 * DAY)
    await out.world.advance(2 * DAY)
    told = sentence("expired", code="N1", command="!correct N1 until:31/12/2026")
    assert out.answers().count(told) == 1
    assert sentence("notice-state-expired") in out.card().plain
    await out.says("!notices")
    assert sentence("notice-state-expired") in out.last()
    await out.says("!status N1")
    assert OVER in out.last()


async def test_whoever_pinned_it_finds_it_unpinned(out: House) -> None:
    """Where the bot may do that; what is pinned besides stays."""
    network, copy = out.world.network, out.rui.sees(out.pt)[0]
    network.pinned |= {(out.pt.id, copy.id), (out.pt.id, "another")}
    await out.world.advance(2 * DAY)
    assert network.pinned == {(out.pt.id, "another")}


async def test_where_the_bot_may_not_unpin_nobody_is_disturbed(out: House) -> None:
    """The copies say what they have to say."""
    refusing = out.world.network.refusing_to_unpin = Refused("not enough rights")
    before = len(out.answers())
    await out.world.advance(2 * DAY)
    assert out.rui.reads(out.pt)[0].startswith(OVER_PT)
    assert len(out.answers()) == before + 1  # that it is over
    assert str(refusing) not in "\n".join(out.answers())


async def test_another_last_day_makes_it_valid_again(out: House) -> None:
    """`correct` with a day and no words; people see that it is, since nobody looks at an old message again."""
    await out.world.advance(2 * DAY)
    await out.says("!correct N1 until:30/11")
    assert sentence("until-now", code="N1", date=date(2026, 11, 30)) in out.answers()
    copy, told = out.rui.sees(out.pt)
    assert OVER_PT not in copy.plain
    assert sentence("valid-until", "pt", date=date(2026, 11, 30)) in copy.plain
    assert sentence("label-corrected", "pt") not in copy.plain
    assert (told.plain, told.reply_to) == (sentence("copy-valid-again", "pt", code="N1"), copy.id)
    assert sentence("notice-state-published") in out.card().plain
    await out.world.advance(7 * DAY)
    assert out.rui.sees(out.pt)[0].plain.startswith(sentence("copy-expired", "pt", date=date(2026, 11, 30)))


async def test_a_later_day_before_the_end_is_shown_and_not_announced(out: House) -> None:
    await out.says("!correct N1 until:30/11")
    (copy,) = out.rui.reads(out.pt)
    assert sentence("valid-until", "pt", date=date(2026, 11, 30)) in copy
    await out.world.advance(3 * DAY)
    assert OVER_PT not in out.rui.reads(out.pt)[0]


async def test_a_correction_can_bring_a_day_along(out: House) -> None:
    """Words and day together, in any order of the options."""
    await out.world.advance(2 * DAY)
    await out.says("!correct N1 lang:nl until:30/11 Er is weer soep")
    dutch = out.an.reads(out.nl)[0]
    assert "Er is weer soep" in dutch
    assert sentence("valid-until", date=date(2026, 11, 30)) in dutch
    assert OVER not in dutch


async def test_what_is_over_goes_to_nobody_new(out: House) -> None:
    """Neither when it is published again, nor passed on, nor when a translation is approved late."""
    await out.world.advance(2 * DAY)
    over = sentence("notice-over", code="N1", date=LAST, command="!correct N1 until:31/12/2026")
    await out.says("!publish N1")
    assert out.last() == over
    room, groups = await out.other("Casa", "nl")
    await out.an.writes("!pass N1", room)
    assert out.last(room) == sentence("copy-expired", date=LAST)  # another day is not theirs to give
    await out.says("!ok N1 ar")
    assert out.an.reads(out.ar) == out.an.reads(groups["nl"]) == []
    assert SOUP_AR in out.preview("Arabisch").plain


async def held_up(house: House, why: Exception) -> None:
    """A notice for today is out, but for the Dutch group, to which nothing can be sent until tomorrow."""
    await house.says("!languages pt ar")
    await house.says(f"!notice food until:23/11 {SOUP}")
    await house.says("!ok N1 pt")
    house.world.network.broken[house.nl.id] = why
    await house.says("!publish N1")
    await house.later(600)
    for _ in range(16):
        await house.world.advance(timedelta(hours=1))
    assert house.rui.reads(house.pt)[0].startswith(sentence("copy-expired", "pt", date=date(2026, 11, 23)))
    del house.world.network.broken[house.nl.id]
    await house.later(600)
    await house.later(600)


@pytest.mark.parametrize("why", [Closed("nobody may write there"), NotSent("later")])
async def test_what_could_not_arrive_before_its_last_day_was_over_never_does(helped: House, why: Exception) -> None:
    """Nobody is told of what they have never seen that it is no longer valid; the room reads who did not get it."""
    await held_up(helped, why)
    assert helped.an.reads(helped.nl) == []
    reason = say("copy-expired", date=date(2026, 11, 23))
    assert sentence("progress-undelivered", group="nl", reason=reason) in helped.progress()
    assert (await helped.world.app.unit(lambda tx: tx.dead_letters.counts()))["deliveries"] == 0


@pytest.mark.parametrize("words", ["", LATER])
async def test_who_missed_what_is_valid_again_has_it_then(helped: House, words: str) -> None:
    """Once, and nobody there hears that it was corrected or over."""
    await held_up(helped, NotSent("later"))
    await helped.says(f"!correct N1 until:30/11 {words}")
    (copy,) = helped.an.reads(helped.nl)
    assert (words or SOUP) in copy
    assert sentence("valid-until", date=date(2026, 11, 30)) in copy
    assert len([m for m in helped.rui.reads(helped.pt) if m.startswith("Ons Huis")]) == 1


async def test_who_missed_it_has_the_translation_as_soon_as_it_is_read(helped: House) -> None:
    """Their language was not ready when the notice got other words and another day."""
    await helped.says("!languages pt")
    await helped.says(f"!notice food until:23/11 {SOUP}")
    await helped.says("!ok N1 pt")
    helped.world.network.broken[helped.pt.id] = NotSent("later")
    await helped.says("!publish N1")
    await helped.world.advance(DAY)
    del helped.world.network.broken[helped.pt.id]
    await helped.later(600)
    await helped.says(f"!correct N1 until:30/11 {LATER}")
    assert helped.rui.reads(helped.pt) == []
    await helped.says("!ok N1 pt")
    (copy,) = helped.rui.reads(helped.pt)
    assert LATER_PT in copy


async def test_a_bot_that_was_away_over_the_last_day_does_not_send_what_is_over(tmp_path: Path) -> None:
    """Not even as it was before: whoever reads it would go there in vain."""
    network, clock = Paper(), Clock()
    async with world(tmp_path, network=network, clock=clock) as w:
        house = await house_in(w, Phrasebook())
        network.broken[house.nl.id] = NotSent("later")
        await house.says(f"!notice food until:23/11 {SOUP}")
        await house.says("!publish N1")
    del network.broken[house.nl.id]
    clock.advance(DAY)
    before = len(network.log)
    async with world(tmp_path, network=network, clock=clock) as w:
        await w.settled()
        await w.advance(timedelta(minutes=10))
    assert not [one for one in network.log[before:] if isinstance(one, SendText) and one.chat == house.nl]


async def test_a_draft_whose_day_has_passed_is_not_sent(house: House) -> None:
    await house.says(f"!notice food until:24/11 {SOUP}")
    await house.world.advance(2 * DAY)
    await house.says("!publish N1")
    assert house.last() == sentence("notice-over", code="N1", date=LAST, command="!correct N1 until:31/12/2026")
    await house.says("!correct N1 until:31/12")
    await house.says("!publish N1")
    assert SOUP in house.an.reads(house.nl)[0]


async def test_a_withdrawn_notice_does_not_expire(out: House) -> None:
    await out.says("!recall N1")
    before = out.answers()
    await out.world.advance(2 * DAY)
    assert out.answers() == before
    assert out.rui.reads(out.pt) == [sentence("copy-recalled", "pt", code="N1")]


@pytest.mark.parametrize(
    ("typed", "key", "what"),
    [
        ("until:gisteren", "until-unclear", "gisteren"),
        ("until:22/11/2026", "until-past", "22/11/2026"),
        ("lang:qq Er is geen soep", "language-unknown", "qq"),
    ],
)
async def test_a_correction_with_an_option_that_cannot_be_is_explained(
    house: House, typed: str, key: str, what: str
) -> None:
    """Nothing changes."""
    await house.says(f"!notice food {SOUP}")
    await house.says(f"!correct N1 {typed}")
    assert house.last() == sentence(key, what=what)
    await house.says("!publish N1")
    assert SOUP in house.an.reads(house.nl)[0]
