"""Where the files that came with texts can be fetched again; their bytes are never kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from bot.model import Attachment
from bot.store.database.encoding import decode, encode
from bot.store.database.prepared import Prepared, Row
from bot.store.tables import attachment

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """A file, and the account whose network has its bytes."""

    account: str
    attachment: Attachment


_OF = Prepared(select(attachment).where(attachment.c.text_id == bindparam("text")).order_by(attachment.c.position))


class Attachments:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, text: int, account: str, came: Sequence[Attachment]) -> None:
        """What came with a text, in this order."""
        for position, one in enumerate(came):
            self._tx.connection.execute(
                self._tx.insert(attachment).values(
                    text_id=text,
                    position=position,
                    account=account,
                    kind=one.kind,
                    key=one.key.encode(),
                    name=one.name,
                    size=one.size,
                    mime=one.mime,
                    seconds=one.seconds,
                    width=one.width,
                    height=one.height,
                    waveform=encode(one.waveform) if one.waveform else None,
                )
            )

    def of(self, text: int) -> list[Kept]:
        return [Kept(row.account, _attachment(row)) for row in _OF.all(self._tx.connection, {"text": text})]

    def copy(self, before: int, text: int) -> None:
        """What came with a text, in one message, belongs to another one as well: its writer has changed the words."""
        if came := self.of(before):
            self.keep(text, came[0].account, [kept.attachment for kept in came])

    def forget(self, texts: Iterable[int]) -> None:
        """They can no longer be fetched."""
        self._tx.connection.execute(delete(attachment).where(attachment.c.text_id.in_(list(texts))))


def _attachment(row: Row) -> Attachment:
    return Attachment(
        row.kind,
        row.key.decode(),
        row.name,
        row.size,
        row.mime,
        row.seconds,
        row.width,
        row.height,
        () if row.waveform is None else decode(row.waveform, tuple),
    )
