"""A notice that goes out at a time its publisher chose, and corrections that people see."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.backups.resuming import resume
from bot.content import LanguageName, say
from bot.domain.notices import NoticeState
from bot.store.transaction import Transaction
from tests.handlers.conftest import sentence
from tests.handlers.house import LATER, LATER_PT, SOUP, SOUP_PT, House
from tests.handlers.notices.test_publishing import SEND, counted, held

SIX = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 18:00 in Brussels; it is 10:00 there
HOUR = timedelta(hours=1)


@pytest.fixture
async def drafted(helped: House) -> House:
    await helped.says("!languages pt ar")
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!ok N1 pt")
    return helped


def planned(at: datetime, machine: bool = False) -> list[str]:
    return [
        sentence("planned", code="N1", at=at),
        sentence("planned-as-it-is"),
        *([] if machine else [sentence("planned-held")]),
        sentence("planned-cancel", command="!publish N1 cancel"),
    ]


async def test_a_notice_goes_out_at_the_time_that_was_chosen(drafted: House) -> None:
    """The time is said back with its date; at that time what is held is named, as when somebody publishes."""
    await drafted.says("!publish N1 at 18:00")
    assert drafted.last().split("\n") == planned(SIX)
    await drafted.world.advance(7 * HOUR)
    assert drafted.rui.reads(drafted.pt) == []
    await drafted.world.advance(HOUR)
    assert SOUP_PT in drafted.rui.reads(drafted.pt)[0]
    assert SOUP in drafted.an.reads(drafted.nl)[0]
    assert drafted.an.reads(drafted.ar) == []
    await drafted.later()
    assert counted("pt", 1) in drafted.progress()
    assert held("ar", "unread") in drafted.progress()
    assert (await drafted.notice()).state is NoticeState.PUBLISHED


async def test_the_plan_stands_on_the_card_in_the_list_and_in_the_status(drafted: House) -> None:
    await drafted.says("!publish N1 at 18:00")
    line = sentence("card-planned", at=SIX)
    assert line in drafted.card().plain
    for command in ("!notices", "!status N1"):
        await drafted.says(command)
        assert line in drafted.last()
    await drafted.world.advance(9 * HOUR)
    assert line not in drafted.card().plain


async def test_a_time_that_has_passed_today_is_tomorrows(drafted: House) -> None:
    """It says so, and asks nothing."""
    await drafted.says("!publish N1 at 9:30")
    assert drafted.last().split("\n") == planned(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))


async def test_a_new_time_takes_the_place_of_the_old_one(drafted: House) -> None:
    await drafted.says("!publish N1 at 18:00")
    await drafted.says("!publish N1 at 2026-12-01 09:00")
    await drafted.world.advance(24 * HOUR)
    assert drafted.rui.reads(drafted.pt) == []
    await drafted.world.advance(timedelta(days=7))
    assert len(drafted.rui.reads(drafted.pt)) == 1


async def test_a_plan_can_be_dropped(drafted: House) -> None:
    await drafted.says("!publish N1 at 18:00")
    await drafted.says("!publish N1 cancel")
    assert drafted.last() == sentence("planned-no-more", code="N1")
    assert sentence("card-planned", at=SIX) not in drafted.card().plain
    await drafted.world.advance(24 * HOUR)
    assert drafted.rui.reads(drafted.pt) == []
    await drafted.says("!publish N1 cancel")
    assert drafted.last() == sentence("nothing-planned", code="N1")


async def test_publishing_now_leaves_nothing_for_later(drafted: House) -> None:
    await drafted.says("!publish N1 at 18:00")
    await drafted.says("!publish N1 now")
    assert len(drafted.rui.reads(drafted.pt)) == 1
    await drafted.later()
    before = drafted.answers()
    await drafted.world.advance(24 * HOUR)
    assert drafted.answers() == before


async def test_a_correction_before_that_time_is_taken_along(drafted: House) -> None:
    await drafted.says("!publish N1 at 18:00")
    await drafted.says(f"!correct N1 {LATER}")
    await drafted.says("!ok N1 pt")
    await drafted.world.advance(9 * HOUR)
    (copy,) = drafted.rui.reads(drafted.pt)
    assert LATER_PT in copy
    assert sentence("label-corrected", "pt") not in copy


async def test_a_withdrawn_notice_does_not_go_out(drafted: House) -> None:
    await drafted.says("!publish N1 at 18:00")
    await drafted.says("!recall N1")
    before = drafted.answers()
    await drafted.world.advance(24 * HOUR)
    assert drafted.an.reads(drafted.nl) == []
    assert drafted.answers() == before


async def test_unreviewed_translations_are_asked_about_before_the_plan_is_made(drafted: House) -> None:
    """Which ones are named; yes makes the plan, and nothing goes out yet."""
    await drafted.says("!publish N1 machine at 18:00")
    assert drafted.last() == sentence("machine-sure", languages=(LanguageName("ar"),))
    await drafted.world.advance(HOUR)
    await drafted.an.presses(SEND, drafted.room)
    assert drafted.last().split("\n") == planned(SIX, machine=True)
    assert drafted.an.reads(drafted.nl) == []
    await drafted.world.advance(8 * HOUR)
    assert sentence("label-machine", "ar") in drafted.an.reads(drafted.ar)[0]


async def test_who_says_yes_too_late_is_told(drafted: House) -> None:
    await drafted.says("!publish N1 machine at 18:00")
    await drafted.world.advance(9 * HOUR)
    await drafted.an.presses(SEND, drafted.room)
    assert drafted.last() == sentence("when-over", command="!publish N1 at 18:00")
    assert drafted.an.reads(drafted.nl) == []


async def test_a_plan_that_a_backup_still_has_is_for_its_publisher_to_decide(drafted: House) -> None:
    """Its time came after the backup was made and before it was put back: groups may have read it, or never should."""
    await drafted.says("!publish N1 at 18:00")
    assert sentence("card-planned", at=SIX) in drafted.card().plain

    def put_back(tx: Transaction) -> None:
        tx.now += 10 * HOUR
        resume(tx, made_at=tx.now - 10 * HOUR, token="TOKEN")

    await drafted.world.app.unit(put_back)
    await drafted.world.advance(11 * HOUR)
    assert drafted.an.reads(drafted.nl) == []
    assert sentence("planned-no-more", code="N1") in drafted.answers()
    assert sentence("card-planned", at=SIX) not in drafted.card().plain


@pytest.mark.parametrize(
    ("typed", "key"),
    [("at 2026-11-20 09:00", "when-over"), ("at 2206-12-01 09:00", "when-far")],
)
async def test_a_moment_that_cannot_be_is_explained(drafted: House, typed: str, key: str) -> None:
    await drafted.says(f"!publish N1 {typed}")
    assert drafted.last() == sentence(key, command="!publish N1 at 18:00")


@pytest.mark.parametrize("typed", ["at soon", "18:00 19:00", "at 25:00", "mchine", "tomorrow 18:00"])
async def test_what_is_not_understood_is_explained_and_nothing_goes_out(drafted: House, typed: str) -> None:
    await drafted.says(f"!publish N1 {typed}")
    how = sentence("publish-how-later", command="!publish N1 at 18:00")
    assert drafted.last().split("\n") == [sentence("publish-how", command="!publish N1"), how]
    await drafted.world.advance(timedelta(days=2))
    assert drafted.an.reads(drafted.nl) == []


async def test_a_plan_for_after_its_last_day_is_refused(house: House) -> None:
    await house.says(f"!notice food until:24/11 {SOUP}")
    await house.says("!publish N1 at 25/11 09:00")
    assert house.last() == sentence("planned-too-late", code="N1", date=date(2026, 11, 24))
    await house.says("!publish N1 at 24/11 23:30")
    assert house.last().startswith(sentence("planned", code="N1", at=datetime(2026, 11, 24, 22, 30, tzinfo=UTC)))


@pytest.mark.parametrize(("late", "goes"), [(5 * HOUR, True), (timedelta(days=21), False)])
async def test_a_plan_that_a_stopped_bot_has_missed_is_kept_for_some_hours(
    drafted: House, late: timedelta, goes: bool
) -> None:
    """Weeks later its "tomorrow" would be a day that nobody meant; its publisher decides."""
    await drafted.says("!publish N1 at 18:00")
    await drafted.world.advance(8 * HOUR + late)
    assert bool(drafted.an.reads(drafted.nl)) == goes
    told = [sentence("planned-not-sent", code="N1"), sentence("planned-no-more", code="N1")]
    assert ("\n".join(told) in drafted.answers()) != goes
    await drafted.says("!publish N1")
    assert len(drafted.an.reads(drafted.nl)) == 1


async def test_what_cannot_go_out_when_its_time_comes_says_why(drafted: House) -> None:
    """Everything is looked at as if somebody had said `publish` at that moment."""
    await drafted.says("!correct N1 until:23/11")
    await drafted.says("!publish N1 at 18:00")
    await drafted.world.advance(40 * HOUR)  # the bot was down over its time and its last day
    over = sentence("notice-over", code="N1", date=date(2026, 11, 23), command="!correct N1 until:31/12/2026")
    assert drafted.answers()[-1].split("\n") == [sentence("planned-not-sent", code="N1"), over]
    assert drafted.an.reads(drafted.nl) == []


# --- what a correction changed ---------------------------------------------------------------------------------------


async def test_the_room_sees_what_a_correction_changed(drafted: House) -> None:
    """Struck through and bold, with a few words around; groups read the new text alone."""
    await drafted.says("!publish N1")
    await drafted.says(f"!correct N1 {LATER}")
    shown = next(m for m in drafted.an.sees(drafted.room) if sentence("what-changed") in m.plain)
    styled = [(s.kind.value, shown.text.plain[s.start : s.end]) for s in shown.text.spans if s.kind != "quote"]
    assert styled == [("strike", "12:00"), ("bold", "13:00"), ("strike", "14:00"), ("bold", "15:00")]
    assert "12:00" not in drafted.an.reads(drafted.nl)[0]


async def test_a_fast_machine_correction_is_announced_once(helped: House) -> None:
    """Groups hear that a correction is coming only if it does not come by itself within half a minute."""
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    await helped.says(f"!correct N1 {LATER}")
    copy, told = helped.rui.reads(helped.pt)
    assert LATER_PT in copy
    assert told == sentence("copy-corrected", "pt", code="N1")
    await helped.world.advance(timedelta(minutes=5))
    assert len(helped.rui.reads(helped.pt)) == 2


async def test_a_slow_machine_correction_is_announced_before_it_comes(helped: House) -> None:
    """The old number goes at once; after half a minute people hear that the new text follows, then that it is there."""
    await helped.says(f"!notice food {SOUP}")
    await helped.says("!publish N1 machine")
    await helped.an.presses(SEND, helped.room)
    helped.engine.down = True
    await helped.says(f"!correct N1 {LATER}")
    (copy,) = helped.rui.reads(helped.pt)
    assert SOUP_PT not in copy
    await helped.world.advance(timedelta(seconds=31))
    assert helped.rui.reads(helped.pt)[1:] == [sentence("copy-correcting", "pt", code="N1")]
    helped.engine.down = False
    await helped.world.advance(timedelta(minutes=10))
    assert LATER_PT in helped.rui.reads(helped.pt)[0]
    assert helped.rui.reads(helped.pt)[2:] == [sentence("copy-corrected", "pt", code="N1")]


async def test_a_correction_may_say_its_language_when_nobody_knew_it(house: House) -> None:
    await house.says("!notice food OK 12:00")
    await house.says("!correct N1 lang:fr OK 13:00")
    assert (await house.notice()).language == "fr"
    assert (
        sentence(
            "notice-card",
            code="N1",
            category=say("category-food"),
            language=LanguageName("fr"),
            state=say("notice-state-draft"),
        )
        in house.card().plain
    )


# --- groups that come later ------------------------------------------------------------------------------------------


async def test_a_new_group_has_none_of_the_earlier_notices_and_its_organisation_is_told(house: House) -> None:
    await house.says(f"!notice food {SOUP}")
    later = house.world.group("later")
    code = await house.world.pairing("group", "Ons Huis", "nl")
    await house.an.writes(f"!pair {code}", later)
    told = sentence("group-new-notices", command="!publish N1")
    assert told not in house.last()
    await house.says("!publish N1")
    await house.later()
    code = await house.world.pairing("group", "Ons Huis", "pt")
    await house.an.writes(f"!pair {code}", house.world.group("much later"))
    assert told in house.last()
