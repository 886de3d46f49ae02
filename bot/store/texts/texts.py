"""Texts, each stored once, and their translations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from bot.domain.notices import StoredFinding, Translation, TranslationState
from bot.events import Translated
from bot.model import Text
from bot.store.database.encoding import decode, encode
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import add, change
from bot.store.tables import copy, delivery, referring, text_table, translation

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

Purpose = Literal["notice", "conversation", "voice"]
WRITTEN_DOWN = ""
"""Instead of a language: what somebody says in the recording that came with a text."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """`language` is None where nobody knows it."""

    id: int
    text: Text
    language: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A translation that an engine is to make."""

    id: int
    text: StoredText
    language: str
    purpose: str
    attempts: int


REFERRING = referring(text_table)
"""What can say a text."""

_TRANSLATION = Prepared(
    select(translation).where(translation.c.text_id == bindparam("text"), translation.c.language == bindparam("reader"))
)
_RESULTS = Prepared(
    select(translation.c.result_id).where(
        translation.c.text_id == bindparam("text"), translation.c.result_id.is_not(None)
    )
)
_BY_ID = Prepared(select(text_table).where(text_table.c.id == bindparam("id")))


class Texts:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._read: dict[int, StoredText] = {}  # what this unit has read already

    def add(self, body: Text | str, language: str | None) -> int:
        value = Text(body) if isinstance(body, str) else body
        row = {"body": encode(value), "language": language, "created_at": self._tx.now}
        return add(self._tx.connection, text_table, **row)

    def get(self, id: int) -> StoredText:
        if id not in self._read:
            row = _BY_ID.one(self._tx.connection, {"id": id})
            self._read[id] = StoredText(row.id, decode(row.body, Text), row.language)
        return self._read[id]

    def find(self, id: int) -> StoredText | None:
        """None: it was thrown away."""
        return None if _BY_ID.first(self._tx.connection, {"id": id}) is None else self.get(id)

    def set_language(self, ids: Iterable[int], language: str | None) -> None:
        """A person has said which language these texts are in."""
        self._read.clear()
        self._tx.connection.execute(update(text_table).where(text_table.c.id.in_(list(ids))).values(language=language))

    def replace(self, id: int, body: Text, language: str | None) -> None:
        """Its writer has changed a text that nobody has seen yet."""
        self._read.clear()
        change(self._tx.connection, text_table, id, body=encode(body), language=language)
        self._tx.erasing.wipe()

    def results(self, id: int) -> list[int]:
        """The texts that are translations of a text."""
        return _RESULTS.scalars(self._tx.connection, {"text": id})

    def with_results(self, ids: Iterable[int]) -> list[int]:
        """The texts, and what was made of them, and of that: what was said is written down, and then translated."""
        found: list[int] = []
        left = list(ids)
        while left:
            id = left.pop()
            if id not in found:
                found.append(id)
                left += self.results(id)
        return found

    def delete(self, ids: Iterable[int]) -> None:
        """Throw texts away, with their translations and the way to what came with them; but none that something else
        still says."""
        self._read.clear()
        given = list(ids)
        gone = self.with_results(given)
        of_these = select(translation.c.id).where(translation.c.text_id.in_(gone))
        execute = self._tx.connection.execute
        execute(update(copy).where(copy.c.text_id.in_(gone)).values(text_id=None))
        execute(update(delivery).where(delivery.c.translation_id.in_(of_these)).values(translation_id=None))
        execute(delete(translation).where(translation.c.text_id.in_(gone)))
        self._tx.attachments.forget(gone)
        used = [select(column).where(column == text_table.c.id).exists() for column in REFERRING]
        execute(delete(text_table).where(text_table.c.id.in_(gone), *(~one for one in used)))
        self._tx.erasing.wipe()

    def forget_orphans(self, before: datetime, limit: int, kept: Iterable[int] = ()) -> int:
        """Throw away texts of before that nothing says; `kept` are held where no column tells. How many there were."""
        used = [select(column).where(column == text_table.c.id).exists() for column in REFERRING]
        orphans = select(text_table.c.id).where(
            text_table.c.created_at < before, text_table.c.id.not_in(list(kept)), *(~one for one in used)
        )
        found = list(self._tx.connection.execute(orphans.limit(limit)).scalars())
        if found:
            self.delete(found)
        return len(found)

    # --- translations --------------------------------------------------------------------------------------------

    def translation(self, text: int, language: str) -> Translation | None:
        row = _TRANSLATION.first(self._tx.connection, {"text": text, "reader": language})
        return None if row is None else _translation(row)

    def translations(self, text: int) -> list[Translation]:
        query = select(translation).where(translation.c.text_id == text).order_by(translation.c.language)
        return [_translation(row) for row in self._tx.connection.execute(query)]

    def translation_by_id(self, id: int) -> Translation:
        return _translation(self._tx.connection.execute(select(translation).where(translation.c.id == id)).one())

    def has_translation(self, id: int) -> bool:
        """Whether a translation is still known: with its text it can be thrown away."""
        return self._tx.connection.execute(select(translation.c.id).where(translation.c.id == id)).first() is not None

    def want(self, text: int, language: str, purpose: Purpose) -> Translation:
        """Have the text translated, unless it is already, or is being."""
        self._tx.connection.execute(
            self._tx.insert(translation)
            .values(
                text_id=text,
                language=language,
                state=TranslationState.WANTED.value,
                purpose=purpose,
                due_at=self._tx.now,
            )
            .on_conflict_do_nothing()
        )
        self._tx.stirred.add("translation")
        found = self.translation(text, language)
        assert found is not None
        return found

    def put(
        self,
        text: int,
        language: str,
        state: TranslationState,
        body: Text | str,
        purpose: Purpose,
        organisation: int | None = None,
    ) -> Translation:
        """A person's translation (or one already approved): it takes the place of whatever was there."""
        values = {
            "state": state.value,
            "result_id": self.add(body, language),
            "engine": None,
            "findings": None,
            "organisation_id": organisation,
            "due_at": None,
            "failure": None,
            "failed_at": None,
        }
        row = self._tx.insert(translation).values(text_id=text, language=language, purpose=purpose, **values)
        self._tx.connection.execute(row.on_conflict_do_update(index_elements=["text_id", "language"], set_=values))
        found = self.translation(text, language)
        assert found is not None
        return found

    def approve(self, id: int, organisation: int) -> None:
        """A person of the organisation has read it and found it right."""
        reviewed = {"state": TranslationState.REVIEWED.value, "organisation_id": organisation}
        change(self._tx.connection, translation, id, **reviewed)

    def wanted(self, purpose: str, limit: int, busy: Sequence[int]) -> list[Wanted]:
        """Translations to be made now."""
        query = (
            select(translation)
            .where(
                translation.c.state == TranslationState.WANTED.value,
                translation.c.purpose == purpose,
                translation.c.due_at <= self._tx.now,
                translation.c.id.not_in(busy),
            )
            .order_by(translation.c.due_at)
            .limit(limit)
        )
        rows = [row._mapping for row in self._tx.connection.execute(query)]
        return [
            Wanted(row["id"], self.get(row["text_id"]), row["language"], row["purpose"], row["attempts"])
            for row in rows
        ]

    def next_wanted_at(self, purposes: Sequence[str], busy: Sequence[int]) -> datetime | None:
        query = select(func.min(translation.c.due_at)).where(
            translation.c.state == TranslationState.WANTED.value,
            translation.c.purpose.in_(purposes),
            translation.c.id.not_in(busy),
        )
        when: datetime | None = self._tx.connection.execute(query).scalar()
        return when

    def done(
        self,
        id: int,
        result: str | None,
        engine: str | None,
        findings: Sequence[StoredFinding],
        failure: str | None = None,
        language: str | None = None,
        passes: bool = False,
    ) -> None:
        """What the pipeline brought. `result` None: it failed, `failure` says why, and `passes` whether that may pass.
        A person may have been faster, or the text been thrown away. `language`: of what was written down, if it is
        known."""
        row = self._tx.connection.execute(select(translation).where(translation.c.id == id)).first()
        if row is None or (found := _translation(row)).state is not TranslationState.WANTED:
            return
        values: dict[str, Any] = {"engine": engine, "findings": msgspec.json.encode(findings), "due_at": None}
        if result is None:
            values |= {"state": TranslationState.FAILED.value, "failure": failure, "failed_at": self._tx.now}
            values["attempts"] = row.attempts + 1
        else:
            values["state"] = TranslationState.MACHINE.value
            values["result_id"] = self.add(result, language if found.language == WRITTEN_DOWN else found.language)
        change(self._tx.connection, translation, id, **values)
        self._tx.inbox.put(Translated(id, found.text, found.language, row.purpose, passes), lane=f"text:{found.text}")

    def postpone(self, id: int, wait: timedelta, attempts: int) -> None:
        change(self._tx.connection, translation, id, due_at=self._tx.now + wait, attempts=attempts)
        self._tx.stirred.add("translation")

    def set_back(self, by: timedelta, since: datetime) -> None:
        """The clock was set back: what is to be tried again after so many minutes still is. What is due
        before `since` is left."""
        rows = self._tx.connection.execute(
            select(translation.c.id, translation.c.due_at).where(
                translation.c.state == TranslationState.WANTED.value, translation.c.due_at >= since
            )
        ).all()
        for id, due_at in rows:
            change(self._tx.connection, translation, id, due_at=due_at - by)
        self._tx.stirred.add("translation")

    def want_again(self, id: int, *, once: bool = False) -> None:
        """Try a failed translation again, as often as at first or `once`."""
        values: dict[str, Any] = {"state": TranslationState.WANTED.value, "due_at": self._tx.now}
        values |= {"failure": None, "failed_at": None} | ({} if once else {"attempts": 0})
        self._tx.connection.execute(
            update(translation)
            .where(translation.c.id == id, translation.c.state == TranslationState.FAILED.value)
            .values(values)
        )
        self._tx.stirred.add("translation")


def _translation(row: Row) -> Translation:
    findings = row.findings
    return Translation(
        id=row.id,
        text=row.text_id,
        language=row.language,
        state=TranslationState(row.state),
        result=row.result_id,
        findings=() if findings is None else msgspec.json.decode(findings, type=tuple[StoredFinding, ...]),
        organisation=row.organisation_id,
    )
