"""Notices and the organisations they went to."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, bindparam, case, exists, func, literal_column, select, update

from bot.domain.chats import Role
from bot.domain.notices import Category, Notice, NoticeState, is_over
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import add, change
from bot.store.outbox import refs
from bot.store.tables import (
    BEFORE_A_CLOSED_CHAT,
    PASSED_OVER,
    UNFINISHED,
    PartStatus,
    Status,
    audience,
    broadcast,
    chat,
    delivery,
    event,
    notice,
    part,
)

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_NUMBERED = Prepared(select(notice).where(notice.c.number == bindparam("the_number")))


@dataclass(frozen=True, slots=True)
class Copies:
    """How far the copies of a notice are, in numbers of groups of one organisation that read one language.

    `since` is when the oldest of those that still wait was asked for.
    """

    organisation: int
    language: str
    sent: int
    waiting: int
    failed: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A group that did not get its copy. `gone`: the bot is not in it any more."""

    title: str
    gone: bool
    reason: str


class Notices:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(
        self,
        organisation: int,
        chat: int,
        person: int | None,
        category: Category,
        text: int,
        language: str,
        template: str | None = None,
        valid_until: date | None = None,
    ) -> Notice:
        """A new draft, with the next number."""
        number = self.last_number() + 1
        self._tx.connection.execute(
            self._tx.insert(notice).values(
                number=number,
                organisation_id=organisation,
                chat_id=chat,
                person_id=person,
                category=category.value,
                state=NoticeState.DRAFT.value,
                text_id=text,
                language=language,
                template=template,
                valid_until=valid_until.isoformat() if valid_until else None,
                created_at=self._tx.now,
            )
        )
        made = self.numbered(number)
        assert made is not None
        self.happened(made, "created", person)
        return made

    def last_number(self) -> int:
        """The highest that was given, or passed over because a backup did not know of it."""
        latest = self._tx.connection.execute(select(func.coalesce(func.max(notice.c.number), 0))).scalar_one()
        passed_over = event.c.what == literal_column(f"'{PASSED_OVER}'")  # in the words of its index
        passed = select(event.c.subject).where(passed_over, event.c.subject.like("N%"))
        code = self._tx.connection.execute(passed.order_by(event.c.id.desc()).limit(1)).scalar()
        return max(int(latest), 0 if code is None else int(code.removeprefix("N")))

    def numbered(self, number: int) -> Notice | None:
        row = _NUMBERED.first(self._tx.connection, {"the_number": number})
        return None if row is None else _notice(row)

    def is_over(self, code: str) -> bool:
        """Whether the last day of a notice has passed, marked or not."""
        found = self.numbered(int(code.removeprefix("N")))
        return found is not None and is_over(found, self._tx.today)

    def code(self, id: int) -> str:
        return f"N{self._tx.connection.execute(select(notice.c.number).where(notice.c.id == id)).scalar_one()}"

    def of_text(self, text: int) -> Notice | None:
        """The notice whose source this text is now; None for an older wording."""
        row = self._tx.connection.execute(select(notice).where(notice.c.text_id == text)).first()
        return None if row is None else _notice(row)

    def latest(self, organisation: int, limit: int = 20) -> list[Notice]:
        query = select(notice).where(notice.c.organisation_id == organisation).order_by(notice.c.number.desc())
        return [_notice(row) for row in self._tx.connection.execute(query.limit(limit))]

    def concerning(self, organisation: int, limit: int = 20) -> list[Notice]:
        """The latest that the organisation wrote, or that its groups receive."""
        passed = select(audience.c.notice_id).where(audience.c.organisation_id == organisation)
        query = select(notice).where((notice.c.organisation_id == organisation) | notice.c.id.in_(passed))
        rows = self._tx.connection.execute(query.order_by(notice.c.number.desc()).limit(limit))
        return [_notice(row) for row in rows]

    def save(self, changed: Notice) -> None:
        change(
            self._tx.connection,
            notice,
            changed.id,
            category=changed.category.value,
            state=changed.state.value,
            text_id=changed.text,
            language=changed.language,
            machine=changed.machine,
            valid_until=changed.valid_until.isoformat() if changed.valid_until else None,
            published_at=changed.published_at,
            corrected_at=changed.corrected_at,
            expired_at=changed.expired_at,
        )

    def reach(self, id: int, organisation: int) -> bool:
        """The organisation's groups receive the notice from now on; False when they already did."""
        made = self._tx.connection.execute(
            self._tx.insert(audience)
            .values(notice_id=id, organisation_id=organisation, at=self._tx.now)
            .on_conflict_do_nothing()
        )
        return made.rowcount == 1

    def reached(self, id: int) -> list[int]:
        """The organisations whose groups receive it."""
        query = select(audience.c.organisation_id).where(audience.c.notice_id == id).order_by(audience.c.at)
        return [organisation for (organisation,) in self._tx.connection.execute(query)]

    def copies(self, about: Notice) -> list[Copies]:
        """Where its copies are, by organisation and language; a group counts once."""
        waits = delivery.c.status.in_(UNFINISHED)

        def count(which: ColumnElement[bool]) -> ColumnElement[int]:
            return func.coalesce(func.sum(case((which, 1), else_=0)), 0)

        query = (
            select(
                chat.c.organisation_id,
                delivery.c.language,
                count(delivery.c.status == Status.DONE),
                count(waits),
                count(delivery.c.status == Status.FAILED),
                func.min(case((waits, delivery.c.created_at))),
            )
            .join(chat, chat.c.id == delivery.c.chat_id)
            .where(*self._is_copy(about))
            .group_by(chat.c.organisation_id, delivery.c.language)
            .order_by(chat.c.organisation_id, delivery.c.language)
        )
        return [Copies(*row) for row in self._tx.connection.execute(query)]

    def out(self, about: Notice) -> list[tuple[int, str]]:
        """By organisation and language: where its copies are, and where they go as soon as they are all stored."""
        there = [(one.organisation, one.language) for one in self.copies(about)]
        query = select(broadcast.c.organisation_id, broadcast.c.language).where(
            broadcast.c.subject == about.code, broadcast.c.name == about.code, broadcast.c.kind == "publish"
        )
        rows = self._tx.connection.execute(query.order_by(broadcast.c.id))
        return list(dict.fromkeys([*there, *((row.organisation_id, row.language) for row in rows)]))

    def shown_in(self, chat: int, limit: int) -> list[Notice]:
        """The latest of which a group has a copy, or will have one, that was not withdrawn."""
        withdrawn = delivery.alias("withdrawn")
        query = select(delivery.c.subject).where(
            delivery.c.chat_id == chat,
            delivery.c.subject.like("N%"),
            delivery.c.name == delivery.c.subject,
            delivery.c.kind == "say",
            delivery.c.status.in_((*UNFINISHED, Status.DONE)),
            ~exists().where(
                withdrawn.c.target == refs.to_delivery_in(delivery.c.id),
                withdrawn.c.kind == "withdraw",
                withdrawn.c.status.in_((*UNFINISHED, Status.DONE)),
            ),
        )
        codes = self._tx.connection.execute(query.order_by(delivery.c.id.desc()).limit(limit)).scalars().all()
        found = (self.numbered(int(code.removeprefix("N"))) for code in codes)
        return [one for one in found if one is not None]

    def reads_now(self, about: Notice, chat: int, language: str) -> None:
        """A group's copy is one in that language from now on."""
        copy = (delivery.c.chat_id == chat, delivery.c.name == about.code, delivery.c.kind == "say")
        self._tx.connection.execute(update(delivery).where(*copy).values(language=language))

    def to_send_again(self, about: Notice, organisation: int) -> list[tuple[int, str, str]]:
        """The copies that surely did not arrive and can now: their ids, accounts and languages."""
        unsure = exists().where(part.c.delivery_id == delivery.c.id, part.c.status == PartStatus.SENDING)
        query = (
            select(delivery.c.id, delivery.c.account, delivery.c.language)
            .join(chat, chat.c.id == delivery.c.chat_id)
            .where(*self._is_copy(about), delivery.c.status == Status.FAILED, ~unsure)
            .where(chat.c.organisation_id == organisation, chat.c.active, chat.c.language == delivery.c.language)
            .order_by(delivery.c.id)
        )
        return [(id, account, language) for id, account, language in self._tx.connection.execute(query)]

    def undelivered(self, about: Notice, organisation: int, limit: int = 10) -> list[Undelivered]:
        """The groups of the organisation that it will not reach."""
        query = (
            select(chat.c.title, chat.c.active, delivery.c.failure)
            .join(chat, chat.c.id == delivery.c.chat_id)
            .where(*self._is_copy(about), delivery.c.status == Status.FAILED, chat.c.organisation_id == organisation)
            .order_by(delivery.c.id)
        )
        rows = self._tx.connection.execute(query.limit(limit))
        return [Undelivered(title or "", not active, failure or "") for title, active, failure in rows]

    def closed(self, about: Notice, organisation: int, limit: int = 10) -> list[str]:
        """The titles of the groups of the organisation that it waits for because nobody may write there now."""
        query = (
            select(chat.c.title)
            .join(chat, chat.c.id == delivery.c.chat_id)
            .where(*self._is_copy(about), *BEFORE_A_CLOSED_CHAT, chat.c.organisation_id == organisation)
            .order_by(delivery.c.id)
        )
        return [title or "" for (title,) in self._tx.connection.execute(query.limit(limit))]

    def _is_copy(self, about: Notice) -> tuple[ColumnElement[bool], ...]:
        code = about.code
        return (
            delivery.c.subject == code,
            delivery.c.name == code,
            delivery.c.kind == "say",
            chat.c.role == Role.GROUP,
        )

    def happened(self, about: Notice, what: str, person: int | None) -> None:
        """A state change, kept without any text."""
        add(self._tx.connection, event, subject=about.code, what=what, person_id=person, at=self._tx.now)

    def counted(self, about: Notice, what: str, language: str) -> int:
        """Count what happened to a reader of a language, and nothing of who or at what hour; how often now."""
        day = self._tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
        add(self._tx.connection, event, subject=about.code, what=f"{what}:{language}", person_id=None, at=day)
        return self.counts(about, what)[language]

    def counts(self, about: Notice, what: str) -> dict[str, int]:
        """How often it happened to readers of each language."""
        query = (
            select(event.c.what, func.count())
            .where(event.c.subject == about.code, event.c.what.startswith(f"{what}:", autoescape=True))
            .group_by(event.c.what)
            .order_by(event.c.what)
        )
        return {name.partition(":")[2]: count for name, count in self._tx.connection.execute(query)}


_NAMES = {"organisation": "organisation_id", "text": "text_id"}


def _notice(row: Row) -> Notice:
    values = {field.name: getattr(row, _NAMES.get(field.name, field.name)) for field in fields(Notice)}
    values["category"] = Category(values["category"])
    values["state"] = NoticeState(values["state"])
    values["valid_until"] = date.fromisoformat(values["valid_until"]) if values["valid_until"] else None
    return Notice(**values)
