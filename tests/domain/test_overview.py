"""The overview counts, and names nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.overview import ENOUGH, overview
from bot.domain.requests import Request, RequestState
from tests.domain.test_waiting import MONDAY, request


def several(count: int, area: int | None = None, **changes: object) -> list[Request]:
    return [replace(request(), number=n, area=area, **changes) for n in range(count)]  # type: ignore[arg-type]


def test_what_is_open_is_counted_and_the_oldest_named() -> None:
    """Closed requests do not count; a claimed one is nobody's no longer."""
    old = replace(request(RequestState.CLAIMED), number=3, created_at=MONDAY - timedelta(days=1), unanswered=False)
    found = overview([*several(2), old, request(RequestState.CLOSED)], {})
    assert (found.open, found.oldest, found.unanswered, found.unclaimed) == (3, old, 2, 2)
    assert found.languages == (("pt", 3),)


def test_an_area_is_named_when_three_share_it() -> None:
    """Two families in a small place would be recognised: they are elsewhere, as are those who gave none."""
    areas = {1: "molenbeek", 2: "molenbeek", 3: "jette"}
    asked = [*several(2, 1), *several(1, 2), *several(2, 3), *several(1)]
    found = overview(asked, areas)
    assert found.areas == ((2, 3),)
    assert found.elsewhere == 3


@given(st.lists(st.sampled_from([None, 1, 2, 3, 4]), max_size=20))
def test_every_open_request_is_counted_once(areas: list[int | None]) -> None:
    """By area as well as by language, and never an area that few share."""
    found = overview([one for area in areas for one in several(1, area)], {1: "a", 2: "b", 3: "b", 4: ""})
    assert sum(number for _, number in found.areas) + found.elsewhere == found.open == len(areas)
    assert sum(number for _, number in found.languages) == len(areas)
    assert all(number >= ENOUGH for _, number in found.areas)


def test_nothing_open_has_no_oldest() -> None:
    """A quiet day."""
    assert overview([request(RequestState.CLOSED)], {}).oldest is None
