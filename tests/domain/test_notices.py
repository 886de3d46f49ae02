"""The rules of notices: what may go out, what a correction changes, which paragraphs belong together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.notices import (
    NEVER_UNREVIEWED,
    Category,
    Notice,
    NoticeState,
    Standing,
    StoredFinding,
    Translation,
    TranslationState,
    is_over,
    is_told,
    next_look,
    paired_paragraphs,
    published,
    recalled,
    reworded,
    standing,
    valid_until,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

findings = st.lists(st.builds(StoredFinding, st.just("number-missing"), st.booleans(), st.just("14")), max_size=3)
translations = st.builds(
    Translation,
    id=st.just(1),
    text=st.just(1),
    language=st.just("pt"),
    state=st.sampled_from(TranslationState),
    result=st.one_of(st.none(), st.just(2)),
    findings=findings.map(tuple),
    organisation=st.none(),
)
categories = st.sampled_from(Category)
notices = st.builds(
    Notice,
    id=st.just(1),
    number=st.just(1),
    organisation=st.just(1),
    category=categories,
    state=st.sampled_from(NoticeState),
    text=st.just(1),
    language=st.just("nl"),
    template=st.none(),
    machine=st.booleans(),
    valid_until=st.none(),
    published_at=st.one_of(st.none(), st.just(NOW)),
    corrected_at=st.none(),
)


@given(st.one_of(st.none(), translations), categories, st.booleans())
def test_nothing_goes_out_without_a_text(there: Translation | None, category: Category, machine: bool) -> None:
    """A translation that is wanted, failed or missing is held, whatever anybody allows."""
    if standing(there, category, machine) is Standing.READY:
        assert there is not None
        assert there.result is not None
        assert there.state not in (TranslationState.WANTED, TranslationState.FAILED)


@given(translations, st.sampled_from(sorted(NEVER_UNREVIEWED)), st.booleans())
def test_in_health_and_legal_matters_a_person_has_always_read_it(
    there: Translation, category: Category, machine: bool
) -> None:
    if standing(there, category, machine) is Standing.READY:
        assert there.state in (TranslationState.REVIEWED, TranslationState.HUMAN)


@given(translations, categories, st.booleans())
def test_what_the_gate_found_wrong_never_goes_out_unread(there: Translation, category: Category, machine: bool) -> None:
    if there.blocked and there.state is TranslationState.MACHINE:
        assert standing(there, category, machine) is not Standing.READY


@given(translations, categories)
def test_allowing_machines_never_holds_back_what_went_before(there: Translation, category: Category) -> None:
    if standing(there, category, machine=False) is Standing.READY:
        assert standing(there, category, machine=True) is Standing.READY


@given(translations, categories, st.booleans())
def test_what_a_person_read_always_goes_out(there: Translation, category: Category, machine: bool) -> None:
    """Findings are warnings to a person."""
    read = replace(there, state=TranslationState.REVIEWED, result=2)
    assert standing(read, category, machine) is Standing.READY


@given(notices, st.booleans())
def test_the_first_day_of_a_notice_stays_its_day(notice: Notice, machine: bool) -> None:
    """Publishing again changes neither the date nor takes back what was allowed."""
    once = published(notice, machine, NOW + timedelta(days=1))
    again = published(once, machine=False, at=NOW + timedelta(days=2))
    assert again.published_at == once.published_at is not None
    assert again.machine == once.machine == (notice.machine or machine)


@given(notices)
def test_only_what_somebody_has_read_is_called_corrected(notice: Notice) -> None:
    changed = reworded(notice, 7, NOW)
    assert changed.text == 7
    assert (changed.corrected_at is None) == (notice.state is NoticeState.DRAFT)


@given(notices)
def test_a_recall_changes_nothing_else(notice: Notice) -> None:
    assert replace(recalled(notice), state=notice.state) == notice


paragraphs = st.lists(st.text("abc é", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=5)


@given(paragraphs, st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_paragraphs_pair_up_where_they_match(pieces: list[str], between: str) -> None:
    """Each beside its own, whatever the line breaks; none where the numbers differ."""
    source, target = between.join(pieces), "\n".join(piece.upper() for piece in pieces)
    assert paired_paragraphs(source, f"  {target}\n") == [(piece, piece.upper()) for piece in pieces]
    assert paired_paragraphs(source, target + "\nmore") == []


@given(st.lists(st.integers(0, 10_000), min_size=2).map(sorted))
def test_counting_grows_rarer_but_never_stops(seconds: list[int]) -> None:
    """From two seconds to five minutes, the longer something waits."""
    waits = [next_look(NOW, NOW + timedelta(seconds=passed)) for passed in seconds]
    assert waits == sorted(waits)
    assert all(timedelta(seconds=2) <= wait <= timedelta(minutes=5) for wait in waits)
    assert next_look(None, NOW) == timedelta(seconds=2)


# --- its last day ----------------------------------------------------------------------------------------------------


@given(notices, st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_a_last_day_is_a_whole_day(notice: Notice, day: date, today: date) -> None:
    """It is over on the day after; a notice without one never is. Another day takes the mark away."""
    assert not is_over(notice, today)
    dated = valid_until(replace(notice, expired_at=NOW), day)
    assert is_over(dated, today) == (today > day)
    assert dated.expired_at is None


# --- readers who do not understand -----------------------------------------------------------------------------------


@given(st.integers(1, 50))
def test_a_publisher_is_told_at_the_threshold_and_whenever_there_are_twice_as_many(threshold: int) -> None:
    told = [count for count in range(1, threshold * 8 + 1) if is_told(count, threshold)]
    assert told == [threshold, threshold * 2, threshold * 4, threshold * 8]
