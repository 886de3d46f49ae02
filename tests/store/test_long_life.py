"""What gathers in the store over months and is of no use to anybody goes; what somebody may still speak of stays."""

from __future__ import annotations

from sqlalchemy import select

from bot.store.tables import event
from tests.databases import transaction
from tests.store.test_erasing import a_request, private


def test_of_a_request_stay_the_days_that_were_promised(database_url: str) -> None:
    """Not how often others were asked for help with it, nor that somebody was called."""
    with transaction(database_url) as tx:
        request = a_request(tx)
        for what in ("claimed", "reminded", "asked:3", "call-reached", "closed"):
            tx.requests.happened(request, what, None)
        tx.erasing.forget(request, "purged")
        rows = tx.connection.execute(select(event.c.what).order_by(event.c.id)).scalars().all()
        assert rows == ["created", "claimed", "closed", "purged"]


def test_what_happens_every_day_is_kept_once(database_url: str) -> None:
    """A request that nobody takes is looked at each time with all that ever happened to it."""
    with transaction(database_url) as tx:
        request = tx.requests.add(private(tx), None, "pt")
        for _ in range(3):
            tx.requests.happened_again(request, "asked:3")
            tx.requests.overview_told()
        assert sorted(tx.requests.history([request])[request.id]) == ["asked:3", "created"]
        assert tx.requests.last_overview() is not None
        assert len(tx.connection.execute(select(event.c.id)).all()) == 3
