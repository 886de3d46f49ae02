"""Requests, and what was said in them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Row, func, select, update

from bot.requests import Request, RequestState
from bot.store.tables import event, line, request

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

Author = Literal["member", "coordinator", "note"]


@dataclass(frozen=True, slots=True)
class Line:
    """Something said in a request; `text` is an id in the store."""

    id: int
    author: str
    text: int
    at: datetime


class Requests:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, chat: int, person: int | None, language: str, language_missing: bool = False) -> Request:
        """A new open request, with the next number."""
        number = int(self._tx.connection.execute(select(func.coalesce(func.max(request.c.number), 0) + 1)).scalar_one())
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
            )
        )
        made = self.numbered(number)
        assert made is not None
        self.happened(made, "created", person)
        return made

    def numbered(self, number: int) -> Request | None:
        row = self._tx.connection.execute(select(request).where(request.c.number == number)).first()
        return None if row is None else _request(row)

    def by_code(self, code: str) -> Request | None:
        """The request with a code like K7, however it is typed."""
        number = code.strip().lstrip("#").upper().removeprefix("K")
        return self.numbered(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None

    def of_chat(self, chat: int, open_only: bool = False) -> list[Request]:
        """The requests made in a private chat, the newest first."""
        query = select(request).where(request.c.chat_id == chat).order_by(request.c.number.desc())
        if open_only:
            query = query.where(request.c.state != RequestState.CLOSED.value)
        return [_request(row) for row in self._tx.connection.execute(query)]

    def open(self) -> list[Request]:
        """All that are not closed, the oldest first."""
        query = select(request).where(request.c.state != RequestState.CLOSED.value).order_by(request.c.number)
        return [_request(row) for row in self._tx.connection.execute(query)]

    def all(self) -> list[Request]:
        return [_request(row) for row in self._tx.connection.execute(select(request).order_by(request.c.number))]

    def save(self, changed: Request) -> None:
        values = {_NAMES.get(field.name, field.name): getattr(changed, field.name) for field in fields(Request)}
        values["state"] = changed.state.value
        del values["id"], values["number"], values["created_at"]
        self._tx.connection.execute(update(request).where(request.c.id == changed.id).values(**values))

    def say(self, id: int, author: Author, text: int) -> int:
        """Add a line to the request's conversation; the line's id."""
        made = self._tx.connection.execute(
            self._tx.insert(line)
            .values(request_id=id, author=author, text_id=text, at=self._tx.now)
            .returning(line.c.id)
        )
        return int(made.scalar_one())

    def line_of_text(self, text: int) -> tuple[Request, Line] | None:
        """Where a text was said, and in which request."""
        row = self._tx.connection.execute(
            select(line.c.request_id, line.c.id, line.c.author, line.c.text_id, line.c.at).where(line.c.text_id == text)
        ).first()
        if row is None:
            return None
        found = self._tx.connection.execute(select(request).where(request.c.id == row.request_id)).one()
        return _request(found), Line(*row[1:])

    def line(self, id: int) -> tuple[Request, Line]:
        text = self._tx.connection.execute(select(line.c.text_id).where(line.c.id == id)).scalar_one()
        found = self.line_of_text(text)
        assert found is not None
        return found

    def lines(self, id: int) -> list[Line]:
        query = select(line.c.id, line.c.author, line.c.text_id, line.c.at).where(line.c.request_id == id)
        return [Line(*row) for row in self._tx.connection.execute(query.order_by(line.c.id))]

    def happened(self, about: Request, what: str, person: int | None) -> None:
        """A state change, kept without any text."""
        self._tx.connection.execute(
            self._tx.insert(event).values(subject=about.code, what=what, person_id=person, at=self._tx.now)
        )


_NAMES = {"chat": "chat_id", "person": "person_id", "reach": "reach_text_id", "area": "area_text_id"}


def _request(row: Row[Any]) -> Request:
    found = row._mapping
    values = {field.name: found[_NAMES.get(field.name, field.name)] for field in fields(Request)}
    values["state"] = RequestState(values["state"])
    return Request(**values)
