"""A notice's last day: when it has passed, every copy says so, and stands at the top of no group any more."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import Action, Amend, UnpinAll
from bot.content import Line, Sentence, say
from bot.domain.chats import Role
from bot.domain.moments import end_of
from bot.domain.notices import Notice, NoticeState, is_over
from bot.events import Due
from bot.store.transaction import Transaction
from handlers.notices import notice_cards, planning, progress
from handlers.rooms import below, numbered
from handlers.situation import Actions

BUSINESS = "notice-expiry"
"""Its timer."""


def watch(tx: Transaction, notice: Notice) -> None:
    """It is out: its last day ends at midnight, by the clocks of the zone."""
    tx.schedule.cancel(BUSINESS, notice.code)
    if notice.state is NoticeState.PUBLISHED and notice.valid_until is not None:
        tx.schedule.at(end_of(notice.valid_until, tx.policy.zone), Due(BUSINESS, notice.code, calendar=True))


def refusal(tx: Transaction, notice: Notice, own: bool = True) -> Sentence | None:
    """Why it cannot go out: its last day has passed. Another one only its writer can give."""
    if notice.valid_until is None or not is_over(notice, tx.today):
        return None
    if not own:
        return say("copy-expired", date=notice.valid_until)
    command = f"!correct {notice.code} until:{_example(tx)}"
    return say("notice-over", code=notice.code, date=notice.valid_until, command=command)


def _example(tx: Transaction) -> str:
    """A day that is still to come, as it is typed."""
    return f"31/12/{tx.today.year}"


# --- the day has passed ----------------------------------------------------------------------------------------------


def due(event: Due, tx: Transaction) -> Actions:
    notice = numbered(tx, event.subject)
    if (
        notice is None
        or notice.state is not NoticeState.PUBLISHED
        or notice.expired_at
        or not is_over(notice, tx.today)
    ):
        return ()
    notice = replace(notice, expired_at=tx.now)
    tx.notices.save(notice)
    tx.notices.happened(notice, "expired", None)
    said = say("expired", code=notice.code, command=f"!correct {notice.code} until:{_example(tx)}")
    own = tx.chats.with_role(Role.ORGANISATION, notice.organisation)
    return (
        *shown_everywhere(tx, notice),
        UnpinAll(notice.code),
        *(below(room, notice, (Line(said),)) for room in own),
        *notice_cards.refresh(tx, notice),
    )


def shown_everywhere(tx: Transaction, notice: Notice) -> list[Action]:
    """Every copy that is out or on its way, as it reads now."""
    changed: list[Action] = []
    for organisation, language in tx.notices.out(notice):
        content = progress.as_it_is(tx, notice, organisation, language)
        changed.append(Amend(organisation, language, content, notice.code))
    progress.look_again(tx, notice)
    return changed


def stop(tx: Transaction, notice: Notice) -> None:
    """It is withdrawn: nothing will happen to it by itself any more."""
    tx.schedule.cancel(BUSINESS, notice.code)
    planning.drop(tx, notice)
