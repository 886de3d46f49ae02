"""Requests, and what was said in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import bindparam, delete, func, select

from bot.domain.requests import Request, RequestState
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import add, change
from bot.store.tables import PASSED_OVER, event, line, request

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

Author = Literal["member", "coordinator", "note"]


@dataclass(frozen=True, slots=True)
class Line:
    """Something said in a request; `text` is an id in the store. `person` is who said it among helpers, and
    `withdrawn_at` when it was taken back."""

    id: int
    author: str
    text: int
    at: datetime
    person: int | None = None
    withdrawn_at: datetime | None = None


_LINE = (line.c.id, line.c.author, line.c.text_id, line.c.at, line.c.person_id, line.c.withdrawn_at)

_BY_ID = Prepared(select(request).where(request.c.id == bindparam("the_id")))
_NUMBERED = Prepared(select(request).where(request.c.number == bindparam("the_number")))
_FROM_CHAT = select(request).where(request.c.chat_id == bindparam("chat")).order_by(request.c.number.desc())
_OF_CHAT = Prepared(_FROM_CHAT)
_OPEN_OF_CHAT = Prepared(_FROM_CHAT.where(request.c.state != RequestState.CLOSED.value))
_ONE_LINE = Prepared(select(line.c.request_id, *_LINE).where(line.c.id == bindparam("the_id")))
_LINES = Prepared(select(*_LINE).where(line.c.request_id == bindparam("request")).order_by(line.c.id))
_HISTORY = (
    select(event.c.subject, event.c.what, func.max(event.c.at))
    .where(event.c.subject.in_(bindparam("codes", expanding=True)))
    .group_by(event.c.subject, event.c.what)
)
_LAST_SAID = Prepared(select(line.c.id).where(line.c.text_id == bindparam("said")).order_by(line.c.id.desc()).limit(1))


class Requests:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, chat: int, person: int | None, language: str, language_missing: bool = False) -> Request:
        """A new open request, with the next number: never one that was given before, even if that one was erased."""
        number = self.last_number() + 1
        self._tx.connection.execute(
            self._tx.insert(request).values(
                number=number,
                chat_id=chat,
                person_id=person,
                state=RequestState.OPEN.value,
                language=language,
                language_missing=language_missing,
                created_at=self._tx.now,
                heard_at=self._tx.now,
                waits_since=self._tx.now,
            )
        )
        made = self.numbered(number)
        assert made is not None
        self.happened(made, "created", person)
        return made

    def last_number(self) -> int:
        """Of what was erased remains that it began; of what a backup did not know, that numbers were passed over."""
        latest = self._tx.connection.execute(select(func.coalesce(func.max(request.c.number), 0))).scalar_one()
        begun = select(event.c.subject).where(event.c.what.in_(("created", PASSED_OVER)), event.c.subject.like("K%"))
        code = self._tx.connection.execute(begun.order_by(event.c.id.desc()).limit(1)).scalar()
        return max(int(latest), 0 if code is None else int(code.removeprefix("K")))

    def numbered(self, number: int) -> Request | None:
        row = _NUMBERED.first(self._tx.connection, {"the_number": number})
        return None if row is None else _request(row)

    def by_code(self, code: str) -> Request | None:
        """The request with a code like K7, however it is typed."""
        number = code.strip().lstrip("#").upper().removeprefix("K")
        return self.numbered(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None

    def of_chat(self, chat: int, open_only: bool = False) -> list[Request]:
        """The requests made in a private chat, the newest first."""
        rows = (_OPEN_OF_CHAT if open_only else _OF_CHAT).all(self._tx.connection, {"chat": chat})
        return [_request(row) for row in rows]

    def open(self) -> list[Request]:
        """All that are not closed, the oldest first."""
        query = select(request).where(request.c.state != RequestState.CLOSED.value).order_by(request.c.number)
        return [_request(row) for row in self._tx.connection.execute(query)]

    def of_helper(self, person: int) -> list[Request]:
        """All that somebody has claimed, closed or not, the oldest first."""
        query = select(request).where(request.c.claimed_by == person).order_by(request.c.number)
        return [_request(row) for row in self._tx.connection.execute(query)]

    def helpers(self) -> list[int]:
        """The persons who have claimed anything that is still there."""
        query = select(request.c.claimed_by).where(request.c.claimed_by.is_not(None)).distinct()
        return sorted(self._tx.connection.execute(query).scalars())

    def closed_before(self, at: datetime, limit: int) -> list[Request]:
        """Closed at that moment or before, the oldest first."""
        closed = select(request).where(request.c.state == RequestState.CLOSED.value, request.c.closed_at <= at)
        rows = self._tx.connection.execute(closed.order_by(request.c.closed_at).limit(limit))
        return [_request(row) for row in rows]

    def all(self) -> list[Request]:
        return [_request(row) for row in self._tx.connection.execute(select(request).order_by(request.c.number))]

    def save(self, changed: Request) -> None:
        values = {_NAMES.get(field.name, field.name): getattr(changed, field.name) for field in fields(Request)}
        values["state"] = changed.state.value
        del values["id"], values["number"], values["created_at"]
        change(self._tx.connection, request, changed.id, **values)

    def say(self, id: int, author: Author, text: int, person: int | None = None) -> int:
        """Add a line to the request's conversation; the line's id. `person`: the helper who says it."""
        values = {"request_id": id, "author": author, "text_id": text, "person_id": person, "at": self._tx.now}
        return add(self._tx.connection, line, **values)

    def withdraw(self, line_id: int) -> None:
        """Its writer has taken a line back."""
        change(self._tx.connection, line, line_id, withdrawn_at=self._tx.now)

    def forget_line(self, line_id: int) -> None:
        """It was never said, as it were; its text stays."""
        self._tx.connection.execute(delete(line).where(line.c.id == line_id))

    def line_of_text(self, text: int) -> tuple[Request, Line] | None:
        """Where a text was said last, and in which request: a note can become a reply."""
        row = _LAST_SAID.first(self._tx.connection, {"said": text})
        return None if row is None else self.line(row.id)

    def of_text(self, text: int) -> Request | None:
        """The request that a text belongs to: it was said there, or says where somebody is, or can be reached."""
        found = self.line_of_text(text)
        if found is not None:
            return found[0]
        return next((request for request in self.open() if text in (request.reach, request.area)), None)

    def has_line(self, id: int) -> bool:
        return _ONE_LINE.first(self._tx.connection, {"the_id": id}) is not None

    def line(self, id: int) -> tuple[Request, Line]:
        row = _ONE_LINE.one(self._tx.connection, {"the_id": id})
        found = _BY_ID.one(self._tx.connection, {"the_id": row.request_id})
        return _request(found), Line(*row[1:])

    def lines(self, id: int) -> list[Line]:
        return [Line(*row) for row in _LINES.all(self._tx.connection, {"request": id})]

    def happened(self, about: Request, what: str, person: int | None) -> None:
        """A state change, kept without any text."""
        add(self._tx.connection, event, subject=about.code, what=what, person_id=person, at=self._tx.now)

    def happened_again(self, about: Request, what: str) -> None:
        """What comes back every day as long as nothing changes: only the last time is kept."""
        self._tx.connection.execute(delete(event).where(event.c.subject == about.code, event.c.what == what))
        self.happened(about, what, None)

    def overview_told(self) -> None:
        """Of those before only the last one matters, as long as this one has not got there."""
        before = self.last_overview() or self._tx.now
        self._tx.connection.execute(delete(event).where(event.c.subject == _OVERVIEW, event.c.at < before))
        add(self._tx.connection, event, subject=_OVERVIEW, what="told", at=self._tx.now)

    def last_overview(self, before: datetime | None = None) -> datetime | None:
        """When the coordination room was last told what is open; before that moment, if one is given."""
        query = select(func.max(event.c.at)).where(event.c.subject == _OVERVIEW)
        last: datetime | None = self._tx.connection.execute(
            query if before is None else query.where(event.c.at < before)
        ).scalar()
        return last

    def history(self, about: Sequence[Request]) -> dict[int, dict[str, datetime]]:
        """When each thing happened last to each of the requests, by their ids and the names of what happened."""
        ids = {request.code: request.id for request in about}
        found: dict[int, dict[str, datetime]] = {id: {} for id in ids.values()}
        codes = list(ids)
        for start in range(0, len(codes), _AT_ONCE):
            some = {"codes": codes[start : start + _AT_ONCE]}
            for code, what, at in self._tx.connection.execute(_HISTORY, some):
                found[ids[code]][what] = at
        return found


_OVERVIEW = "overview"
_AT_ONCE = 500  # codes in one statement
_NAMES = {
    "chat": "chat_id",
    "person": "person_id",
    "reach": "reach_text_id",
    "area": "area_text_id",
    "phone": "phone_text_id",
    "notice": "notice_id",
}


def _request(row: Row) -> Request:
    values = {field.name: getattr(row, _NAMES.get(field.name, field.name)) for field in fields(Request)}
    values["state"] = RequestState(values["state"])
    return Request(**values)
