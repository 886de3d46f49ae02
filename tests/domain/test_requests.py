"""Requests: what may follow what, and which of them a member's words are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import requests
from bot.domain.requests import Begins, Continues, Request, RequestState, TransitionError, Unclear, meant

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = st.integers(1, 3)
AGES = st.timedeltas(timedelta(0), timedelta(days=4))


@st.composite
def a_request(draw: st.DrawFn, number: int = 1) -> Request:
    """Any request that the transitions can lead to."""
    state = draw(st.sampled_from(RequestState))
    heard = NOW - draw(AGES)
    claimed_by = draw(PEOPLE) if state is RequestState.CLAIMED else None
    if state is RequestState.CLOSED:
        claimed_by = draw(st.none() | PEOPLE)
    return Request(
        id=number,
        number=number,
        chat=1,
        person=1,
        state=state,
        language="pt",
        language_missing=False,
        category=None,
        for_whom=None,
        reach=None,
        area=None,
        answer_by=None,
        claimed_by=claimed_by,
        unanswered=False if state is RequestState.CLOSED else draw(st.booleans()),
        outcome="helped" if state is RequestState.CLOSED else None,
        created_at=heard,
        heard_at=heard,
        closed_at=heard if state is RequestState.CLOSED else None,
    )


MANY = st.lists(st.integers(1, 9), max_size=4, unique=True).flatmap(
    lambda numbers: st.tuples(*(a_request(number) for number in sorted(numbers, reverse=True)))
)


@given(a_request(), PEOPLE, PEOPLE)
def test_of_two_who_claim_one_has_it(request: Request, first: int, second: int) -> None:
    """Whoever came first, and the other is refused; a closed request has nobody."""
    if request.state is RequestState.CLOSED:
        with pytest.raises(TransitionError, match="request-is-closed"):
            requests.claim(request, first)
        return
    if request.claimed_by not in (None, first):
        with pytest.raises(TransitionError, match="request-is-claimed"):
            requests.claim(request, first)
        return
    claimed = requests.claim(request, first)
    assert (claimed.state, claimed.claimed_by) == (RequestState.CLAIMED, first)
    if second != first:
        with pytest.raises(TransitionError, match="request-is-claimed"):
            requests.claim(claimed, second)
    assert requests.release(claimed).claimed_by is None


@given(a_request())
def test_closing_and_opening_again_keeps_whose_it_is(request: Request) -> None:
    """And is refused twice in a row."""
    if request.state is RequestState.CLOSED:
        with pytest.raises(TransitionError, match="request-is-closed"):
            requests.close(request, "other", NOW)
        request = requests.reopen(request)
    with pytest.raises(TransitionError, match="request-is-not-closed"):
        requests.reopen(request)
    closed = requests.close(request, "helped", NOW)
    assert (closed.outcome, closed.closed_at, closed.unanswered) == ("helped", NOW, False)
    again = requests.reopen(closed)
    assert (again.state, again.claimed_by, again.outcome) == (request.state, request.claimed_by, None)


@given(a_request())
def test_whose_helper_is_gone_is_nobodys(request: Request) -> None:
    """Closed it stays closed; whoever opens it again finds nobody who looks after it."""
    left = requests.deserted(request)
    assert left.claimed_by is None
    assert (left.state is RequestState.CLOSED) == (request.state is RequestState.CLOSED)
    assert requests.heard(left, NOW).state is RequestState.OPEN


@given(a_request())
def test_a_members_word_makes_it_unanswered_and_open(request: Request) -> None:
    """Whatever it was before; an answer settles that."""
    heard = requests.heard(request, NOW)
    assert heard.unanswered
    assert heard.state is not RequestState.CLOSED
    assert heard.heard_at == NOW
    assert not requests.answered(heard).unanswered


@given(MANY, st.data())
def test_words_are_never_given_to_a_request_by_mere_guess(mine: tuple[Request, ...], data: st.DataObject) -> None:
    """Only the one open request with a fresh conversation, or the only one closed lately; otherwise the member says."""
    said = {request.id: NOW - data.draw(AGES) for request in mine}
    open = [request for request in mine if request.state is not RequestState.CLOSED]
    match meant(mine, said, NOW):
        case Continues(request):
            assert open in ([request], [])
            assert open or len(mine) == 1
            closed_lately = request.closed_at is not None and NOW - request.closed_at <= requests.RECENT
            assert NOW - said[request.id] <= requests.RECENT or closed_lately
        case Unclear(candidates):
            assert list(candidates) == open
            assert open
        case Begins():
            assert not open
