"""The dead-letter list: what failed for good and needs somebody's hands, and its way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, update

from bot.content import Translated
from bot.domain.chats import Role
from bot.domain.notices import NoticeState, TranslationState
from bot.domain.requests import RequestState
from bot.events import OPERATOR, HandledAgain, SentAgain
from bot.ports import NOT_OFFERED
from bot.store.database.prepared import Row
from bot.store.outbox import messages, refs
from bot.store.outbox.obstacles import ERASED, OBSTACLE, OUT_OF_REACH
from bot.store.tables import (
    InboxStatus,
    PartStatus,
    Status,
    chat,
    delivery,
    inbox,
    line,
    notice,
    part,
    request,
    text_table,
    translation,
)

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

NOT_THERE = "there is nothing of that number"
NO_ACCOUNT = "its account is not in the configuration any more"

_NEVER = ("answer", "inspect", "look-for", "open-private", "open-topic", "close-topic", "reopen-topic")
"""Worthless when late, or done again at the next occasion."""

_CHOSEN = (
    delivery.c.id,
    delivery.c.account,
    delivery.c.subject,
    delivery.c.kind,
    delivery.c.priority,
    func.coalesce(delivery.c.failure, ""),
    delivery.c.done_at,
    delivery.c.attempts,
    OBSTACLE,
)

_PUT_ASIDE = inbox.c.status == InboxStatus.QUARANTINED

_IN_USE = or_(
    exists().where(
        notice.c.text_id == translation.c.text_id,
        notice.c.state != NoticeState.RECALLED.value,
        notice.c.expired_at.is_(None),
    ),
    exists().where(
        line.c.text_id == translation.c.text_id,
        line.c.request_id == request.c.id,
        request.c.state != RequestState.CLOSED.value,
    ),
    exists().where(
        or_(request.c.reach_text_id == translation.c.text_id, request.c.area_text_id == translation.c.text_id),
        request.c.state != RequestState.CLOSED.value,
    ),
)
_UNTRANSLATED = (translation.c.state == TranslationState.FAILED.value, _IN_USE)
_OFFERED = func.coalesce(translation.c.failure, "") != NOT_OFFERED


@dataclass(frozen=True, slots=True)
class DeadDelivery:
    """`obstacle`: why it cannot be sent again now; None where it can."""

    id: int
    account: str
    subject: str
    kind: str
    priority: int
    why: str
    at: datetime
    attempts: int
    obstacle: str | None


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """`account` is "" where it happened inside. `error` is the class of what was raised."""

    id: int
    account: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadTranslation:
    id: int
    purpose: str
    source: str
    target: str
    why: str
    at: datetime | None


class DeadLetters:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    # --- looking -------------------------------------------------------------------------------------------------

    def deliveries(self, limit: int, after: int = 0) -> list[DeadDelivery]:
        """Deliveries that failed, by their id; also those that would go out if their chat were within reach."""
        query = _deliveries(self._since(), _CHOSEN).where(delivery.c.id > after).order_by(delivery.c.id).limit(limit)
        return [DeadDelivery(*row) for row in self._tx.connection.execute(query)]

    def events(self, limit: int, after: int = 0) -> list[DeadEvent]:
        """What arrived and could not be handled, by its id."""
        query = select(inbox.c.id, inbox.c.account, func.coalesce(inbox.c.error, ""), inbox.c.received_at)
        query = query.where(_PUT_ASIDE, inbox.c.id > after).order_by(inbox.c.id).limit(limit)
        return [DeadEvent(*row) for row in self._tx.connection.execute(query)]

    def translations(self, limit: int, after: int = 0, offered: bool = False) -> list[DeadTranslation]:
        """Translations that no engine made, of what is still in use, by their id; those between languages that an
        engine does translate alone where they are to be `offered`."""
        query = select(translation).where(*_UNTRANSLATED, translation.c.id > after).order_by(translation.c.id)
        query = query.where(_OFFERED) if offered else query
        rows = self._tx.connection.execute(query.limit(limit)).all()
        languages = {row.id: self._tx.texts.get(row.text_id).language or "" for row in rows}
        return [
            DeadTranslation(row.id, row.purpose, languages[row.id], row.language, row.failure or "", row.failed_at)
            for row in rows
        ]

    def not_offered(self) -> list[tuple[str, str, int]]:
        """From which language to which no engine translates, and how much of what is still in use that concerns."""
        source, count = func.coalesce(text_table.c.language, ""), func.count()
        query = select(source, translation.c.language, count).join(text_table, text_table.c.id == translation.c.text_id)
        query = query.where(*_UNTRANSLATED, ~_OFFERED).group_by(source, translation.c.language)
        rows = self._tx.connection.execute(query.order_by(count.desc(), source, translation.c.language))
        return [(row[0], row[1], row[2]) for row in rows]

    def counts(self) -> dict[str, int]:
        """How much of each needs hands."""
        queries = counting(self._since())
        return {kind: int(self._tx.connection.execute(query).scalar_one()) for kind, query in queries.items()}

    def by_account(self) -> dict[str, int]:
        """How many deliveries of each account need hands."""
        query = _deliveries(self._since(), (delivery.c.account, func.count())).where(OBSTACLE.is_(None))
        rows = self._tx.connection.execute(query.group_by(delivery.c.account))
        return {row[0]: row[1] for row in rows}

    def has_events(self, account: str) -> bool:
        """Whether something of an account was put aside; "" for what happened inside."""
        query = select(inbox.c.id).where(_PUT_ASIDE, inbox.c.account == account).limit(1)
        return self._tx.connection.execute(query).first() is not None

    def has_deliveries(self, chat_id: int | None) -> bool:
        """Whether something to a chat could be sent again; None: to any private chat."""
        query = _deliveries(self._since(), (delivery.c.id,)).where(OBSTACLE.is_(None))
        to = chat.c.role == Role.PRIVATE if chat_id is None else chat.c.id == chat_id
        return self._tx.connection.execute(query.where(to).limit(1)).first() is not None

    def has_translation(self, id: int) -> bool:
        """Whether no engine made it, and what it is of is still in use."""
        query = select(translation.c.id).where(*_UNTRANSLATED, translation.c.id == id)
        return self._tx.connection.execute(query).first() is not None

    def _since(self) -> datetime:
        """What failed longer ago than anything else is kept helps nobody any more."""
        return self._tx.now - timedelta(days=self._tx.policy.delete_after_days)

    # --- trying again ----------------------------------------------------------------------------------------------

    def send_again(self, id: int, accounts: Sequence[str]) -> str | None:
        """Put a delivery back into its lane. Why not, where it cannot be."""
        query = select(delivery, OBSTACLE.label("obstacle"), chat.c.active).select_from(delivery.join(chat))
        row = self._tx.connection.execute(query.where(delivery.c.id == id)).first()
        if row is None or row.kind in _NEVER:
            return NOT_THERE
        if row.status != Status.FAILED:
            return "it was delivered meanwhile" if row.status == Status.DONE else "it has not failed"
        if row.account not in accounts:
            return NO_ACCOUNT
        parts = self._tx.connection.execute(select(part.c.status, part.c.body).where(part.c.delivery_id == id)).all()
        erased = any(one.body is None and one.status != PartStatus.SENT for one in parts)
        if row.obstacle is not None or erased:
            return row.obstacle or ERASED
        if any(one.status == PartStatus.SENT for one in parts):  # it goes on where it stood
            self._tx.lanes.bring_back(id, attempts=1, resends=0)
        else:
            self._begin_anew(row, unsure=any(one.status == PartStatus.SENDING for one in parts))
        self._tx.inbox.put(
            SentAgain(row.chat_id, row.subject, row.name, row.report), lane=row.subject or f"chat:{row.chat_id}"
        )
        return None

    def _begin_anew(self, row: Row, unsure: bool) -> None:
        """It says what it would say if it were said now. `unsure`: the network may have it already, so it is marked."""
        self._tx.connection.execute(delete(part).where(part.c.delivery_id == row.id))
        latest = select(delivery.c.message_id, delivery.c.language, delivery.c.translation_id).where(
            delivery.c.target == refs.to_delivery(row.id),
            delivery.c.kind == "edit",
            delivery.c.message_id > (row.message_id or 0),  # an older one was overtaken before it had failed
        )
        edited = self._tx.connection.execute(latest.order_by(delivery.c.id.desc()).limit(1)).first()
        values = {} if edited is None else dict(edited._mapping)
        self._tx.lanes.bring_back(row.id, attempts=0, resends=1 if unsure else 0, **values)
        if unsure and row.kind == "say":
            # A network that shows a transaction once keeps to the words that it had first.
            self._tx.deliveries.change_again(row.id)

    def handle_again(self, id: int, accounts: Sequence[str]) -> str | None:
        """Have an event handled that was put aside. Why not, where it cannot be."""
        row = self._tx.connection.execute(select(inbox).where(inbox.c.id == id)).first()
        if row is None:
            return NOT_THERE
        if row.status != InboxStatus.QUARANTINED:
            return "it was handled meanwhile" if row.status == InboxStatus.HANDLED else "it was not put aside"
        if row.account and row.account not in accounts:
            return NO_ACCOUNT
        self._tx.connection.execute(
            update(inbox).where(inbox.c.id == id).values(status=InboxStatus.NEW, attempts=0, error=None)
        )
        self._tx.inbox.put(HandledAgain(row.account), lane=OPERATOR)
        return None

    def translate_again(self, id: int, *, once: bool = False) -> str | None:
        """Want a translation again, as often as at first or `once`. Why not, where it cannot be."""
        row = self._tx.connection.execute(select(translation).where(translation.c.id == id)).first()
        if row is None:
            return NOT_THERE
        if row.state != TranslationState.FAILED:
            return "it has not failed"
        policy = self._tx.policy
        configured = {"notice": policy.translates_notices, "voice": policy.transcribes}
        if not configured.get(row.purpose, policy.translates_conversations):
            return "no translation engine is configured for it"
        self._show_when_it_comes(row)
        self._tx.texts.want_again(id, once=once)
        return None

    def _show_when_it_comes(self, row: Row) -> None:
        """Words that went out in the original are edited when their translation comes after all."""
        found = self._tx.requests.of_text(row.text_id)
        if found is None:
            return
        said = select(delivery.c.id, delivery.c.message_id, delivery.c.language).where(
            delivery.c.subject == found.code,
            delivery.c.status.not_in((Status.FAILED, Status.DROPPED)),
            delivery.c.kind.in_(("say", "edit")),
            delivery.c.message_id.is_not(None),
            delivery.c.translation_id.is_(None),
        )
        for id, message_id, language in self._tx.connection.execute(said).all():
            content, _ = messages.stored(self._tx.connection, message_id)
            shown = [block for block in content if isinstance(block, Translated)]
            if any(block.text == row.text_id and (block.into or language) == row.language for block in shown):
                self._tx.lanes.set(id, translation_id=row.id)


def counting(since: datetime) -> dict[str, Select[Any]]:
    """Counts what needs hands, by kind. Left out is where there is nothing to do: what goes to chats out of reach, or
    between languages that no engine translates."""
    return {
        "deliveries": _deliveries(since, (func.count(),)).where(OBSTACLE.is_(None)),
        "events": select(func.count()).select_from(inbox).where(_PUT_ASIDE),
        "translations": select(func.count()).select_from(translation).where(*_UNTRANSLATED, _OFFERED),
    }


def _deliveries(since: datetime, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """What failed since then and could still go out, were its chat within reach."""
    return (
        select(*columns)
        .select_from(delivery.join(chat, chat.c.id == delivery.c.chat_id))
        .where(
            delivery.c.status == Status.FAILED,
            delivery.c.kind.not_in(_NEVER),
            delivery.c.done_at >= since,
            or_(OBSTACLE.is_(None), OBSTACLE == OUT_OF_REACH),
        )
    )
